//! OpenBao, and Vault, whose API it has.
//!
//! A run logs in by its own token (JWT auth), so what it may read is decided there, by policies about its claims; nothing is
//! stored here that could be stolen. The session that it gets is kept only if a lease depends on it: then both are renewed
//! while the run lives, and the session is revoked at its end, which revokes its leases.

use std::time::Duration;

use bussola_identity::Secret;
use bussola_identity::outbound::{Answer, Call, Outbound, Reach};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};
use url::Url;

use super::lease::{Lease, Renewed};
use super::provider::{Confidential, ProviderError, check_status, confidential_json};
use crate::limits::SECRET_ANSWER_BYTES_MAX;

const PROVIDER: &str = "vault";

/// Where it is, and as what a run logs in.
#[derive(Clone, Debug)]
pub struct VaultSettings {
    /// Its address, such as `https://bao.example.com:8200`.
    pub address: Url,
    /// A namespace, where there are such.
    pub namespace: Option<String>,
    /// Where JWT auth is mounted: usually `jwt`.
    pub auth_mount: String,
    /// The role to log in as.
    pub role: String,
    /// The audience that this role is bound to.
    pub audience: String,
}

/// What is at a path: fields, and where they come from.
pub(super) struct VaultSecret {
    pub(super) fields: Confidential,
    pub(super) version: Option<String>,
    pub(super) lease: Option<Lease>,
}

/// Logged in.
pub(super) struct Session {
    outbound: Outbound,
    settings: VaultSettings,
    token: Secret,
    /// `None`: it does not end.
    pub(super) lease: Option<Lease>,
}

impl Session {
    pub(super) async fn log_in(
        outbound: &Outbound,
        settings: &VaultSettings,
        run_token: &Secret,
    ) -> Result<Session, ProviderError> {
        let action = format!("log in to vault as `{}`", settings.role);
        let path = format!("auth/{}/login", settings.auth_mount);
        let body = json!({"role": settings.role, "jwt": run_token.expose()});
        let answer = call(outbound, settings, Method::POST, &path, Some(&body), None, &action).await?;
        check_status(PROVIDER, &action, &answer, said, &[run_token])?;
        let malformed = |fault: &str| malformed(&action, fault);
        let mut answer = confidential_json(answer).map_err(|fault| malformed(&fault.to_string()))?;
        let mut auth = answer.take_object("auth").ok_or_else(|| malformed("`auth` is missing"))?;
        let lease = lease("session of vault", None, &auth);
        let token = auth.take_value("client_token").ok_or_else(|| malformed("`client_token` is missing"))?;
        Ok(Session { outbound: outbound.clone(), settings: settings.clone(), token, lease })
    }

    /// Reads what is at a path of a mount, once: each question about dynamic credentials makes new ones.
    pub(super) async fn read(&self, mount: &str, path: &str) -> Result<VaultSecret, ProviderError> {
        let place = format!("{mount}/{path}");
        let action = format!("read `vault:{place}`");
        let engine = self.engine(mount, path, &action).await?;
        let at = match engine {
            Engine::VersionedValues => format!("{mount}/data/{path}"),
            Engine::Values | Engine::Database => place.clone(),
        };
        let answer = self.call(Method::GET, &at, None, &action).await?;
        let mut answer = confidential_json(answer).map_err(|fault| malformed(&action, &fault.to_string()))?;
        let no_data = || malformed(&action, "`data` is missing");
        let lease = if engine == Engine::Database {
            lease(&format!("vault:{place}"), answer.get("lease_id"), &answer)
        } else {
            None
        };
        let mut data = answer.take_object("data").ok_or_else(no_data)?;
        if engine != Engine::VersionedValues {
            return Ok(VaultSecret { fields: data, version: None, lease });
        }
        let metadata = data.take_object("metadata").ok_or_else(no_data)?;
        let version = metadata.get("version").map(Value::to_string);
        Ok(VaultSecret { fields: data.take_object("data").ok_or_else(no_data)?, version, lease })
    }

    /// What kind of secrets a mount has, asked as the command line of OpenBao asks: needs no right but that to the path.
    async fn engine(&self, mount: &str, path: &str, action: &str) -> Result<Engine, ProviderError> {
        let answer = self.call(Method::GET, &format!("sys/internal/ui/mounts/{mount}/{path}"), None, action).await?;
        let answer = answer.json().map_err(|fault| malformed(action, &fault.to_string()))?;
        let data = &answer.get("data").cloned().unwrap_or_default();
        match (data["type"].as_str(), data["options"]["version"].as_str()) {
            (Some("kv"), Some("2")) => Ok(Engine::VersionedValues),
            (Some("kv" | "generic"), _) => Ok(Engine::Values),
            (Some("database"), _) => Ok(Engine::Database),
            (Some(other), _) => Err(ProviderError::Unusable {
                reference: format!("vault:{mount}/{path}"),
                fault: format!("`{mount}` is an engine of type `{other}`; only `kv` and `database` are read"),
            }),
            (None, _) => Err(malformed(action, "the type of the mount is missing")),
        }
    }

    /// Prolongs a lease, or with `None` the session.
    pub(super) async fn renew(&self, lease_id: Option<&Secret>) -> Result<Renewed, ProviderError> {
        let action = "renew a lease of vault";
        let (path, body) = match lease_id {
            Some(id) => ("sys/leases/renew", json!({"lease_id": id.expose()})),
            None => ("auth/token/renew-self", json!({})),
        };
        let answer = self.call(Method::POST, path, Some(&body), action).await?;
        let mut answer = confidential_json(answer).map_err(|fault| malformed(action, &fault.to_string()))?;
        let about = if lease_id.is_none() { answer.take_object("auth").unwrap_or(answer) } else { answer };
        let seconds = about.get("lease_duration").and_then(Value::as_u64);
        let seconds = seconds.ok_or_else(|| malformed(action, "`lease_duration` is missing"))?;
        Ok(Renewed { lifetime: Duration::from_secs(seconds) })
    }

    /// Ends the session and all its leases.
    pub(super) async fn revoke(&self) -> Result<(), ProviderError> {
        let action = "revoke the session of vault";
        self.call(Method::POST, "auth/token/revoke-self", Some(&json!({})), action).await.map(|_| ())
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        action: &str,
    ) -> Result<Answer, ProviderError> {
        let answer = call(&self.outbound, &self.settings, method, path, body, Some(&self.token), action).await?;
        check_status(PROVIDER, action, &answer, said, &[&self.token])?;
        Ok(answer)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    VersionedValues,
    Values,
    Database,
}

async fn call(
    outbound: &Outbound,
    settings: &VaultSettings,
    method: Method,
    path: &str,
    body: Option<&Value>,
    token: Option<&Secret>,
    action: &str,
) -> Result<Answer, ProviderError> {
    let mut url = settings.address.clone();
    url.set_path(&format!("{}/v1/{path}", url.path().trim_end_matches('/')));
    url.set_query(None);
    let mut call = match body {
        Some(body) => Call::with_body(method, &url, HeaderValue::from_static("application/json"), body.to_string()),
        None => Call::get(&url),
    };
    call = call.bytes_max(SECRET_ANSWER_BYTES_MAX);
    // Against requests that somebody smuggles through a proxy.
    call = call.header(HeaderName::from_static("x-vault-request"), HeaderValue::from_static("true"));
    for (name, text) in
        [("x-vault-token", token.map(Secret::expose)), ("x-vault-namespace", settings.namespace.as_deref())]
    {
        if let Some(Ok(mut value)) = text.map(HeaderValue::from_str) {
            value.set_sensitive(true);
            call = call.header(HeaderName::from_static(name), value);
        }
    }
    let answer = outbound.send(call, Reach::Operator).await;
    answer.map_err(|source| ProviderError::Call { action: action.to_string(), source })
}

/// `lease_duration` and `renewable`, which both sessions and leases have. Zero is for ever.
fn lease(name: &str, id: Option<&Value>, about: &Confidential) -> Option<Lease> {
    let seconds = about.get("lease_duration").and_then(Value::as_u64).filter(|seconds| *seconds > 0)?;
    let renewable = about.get("renewable").and_then(Value::as_bool).unwrap_or_default();
    let id = id.and_then(Value::as_str).map(Secret::new);
    Some(Lease::new(name, id, Duration::from_secs(seconds), renewable))
}

fn said(answer: &Map<String, Value>) -> Option<String> {
    let errors: Vec<&str> = answer.get("errors")?.as_array()?.iter().filter_map(Value::as_str).collect();
    (!errors.is_empty()).then(|| errors.join("; "))
}

fn malformed(action: &str, fault: &str) -> ProviderError {
    ProviderError::Malformed { action: action.to_string(), provider: PROVIDER, fault: fault.to_string() }
}
