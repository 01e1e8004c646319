//! Who sends a request: by a session's cookie, a bearer token, or the password of HTTP Basic, which is what Luigi's client
//! can send. An edge only finds out who it is; whether they may is decided where commands are executed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bussola_domain::access::{Act, Action, Caller, Denial, Resource};
use bussola_domain::command::RecordDenial;
use bussola_domain::id::{BlobHash, Timestamp};
use bussola_store::Context;
use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};

use crate::app::App;
use crate::limits::CREDENTIAL_BYTES_MAX;

/// The cookie of a session. The prefix has browsers refuse it unless it is for this host alone and came over TLS.
pub const COOKIE_SECURE: &str = "__Host-bussola";
/// The same over loopback without TLS, where browsers would refuse the prefix.
pub const COOKIE_LOOPBACK: &str = "bussola";

/// Why it is not known who sends a request, although it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unidentified {
    /// The header is neither `Bearer` nor `Basic`, or not what these are.
    #[error("the `Authorization` header cannot be read")]
    Malformed,
    /// Nobody has this token or session, or has it any more.
    #[error("the token or session is not known")]
    Unknown,
}

/// What a client presents.
fn presented(headers: &HeaderMap) -> Result<Option<String>, Unidentified> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let value = value.to_str().map_err(|_| Unidentified::Malformed)?;
        let (scheme, rest) = value.split_once(' ').ok_or(Unidentified::Malformed)?;
        let token = if scheme.eq_ignore_ascii_case("bearer") {
            rest.trim().to_owned()
        } else if scheme.eq_ignore_ascii_case("basic") {
            let decoded = STANDARD.decode(rest.trim()).map_err(|_| Unidentified::Malformed)?;
            let decoded = String::from_utf8(decoded).map_err(|_| Unidentified::Malformed)?;
            // The user's name is for people who read a configuration: who it is stands behind the token.
            decoded.split_once(':').ok_or(Unidentified::Malformed)?.1.to_owned()
        } else {
            return Err(Unidentified::Malformed);
        };
        return if token.len() > CREDENTIAL_BYTES_MAX { Err(Unidentified::Malformed) } else { Ok(Some(token)) };
    }
    Ok(cookie(headers, &[COOKIE_SECURE, COOKIE_LOOPBACK]))
}

/// The first cookie that has one of these names.
pub(crate) fn cookie(headers: &HeaderMap, names: &[&str]) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let found = pairs.find(|(name, _)| names.contains(name));
    found.map(|(_, secret)| secret.to_owned()).filter(|text| !text.is_empty() && text.len() <= CREDENTIAL_BYTES_MAX)
}

impl App {
    /// Who sends a request, and when.
    pub fn context(&self, headers: &HeaderMap) -> Result<Context, Unidentified> {
        let now = self.clock.now(headers);
        let caller = match presented(headers)? {
            None if self.knows_providers => Caller::ANONYMOUS,
            None => Caller::LOCAL,
            Some(secret) => self.caller(&secret, now).ok_or(Unidentified::Unknown)?,
        };
        Ok(Context { now, caller })
    }

    fn caller(&self, secret: &str, now: Timestamp) -> Option<Caller> {
        let hash = BlobHash::of(secret.as_bytes());
        self.store.read(|model| model.access.caller(hash, now))
    }

    /// Whether somebody may look at something. A denial is written down.
    pub async fn may(&self, context: &Context, action: Action, resource: Resource) -> Result<(), Denial> {
        let denied = match self.store.may(context, &Act::new(action, resource)) {
            Ok(()) => return Ok(()),
            Err(denied) => denied,
        };
        let command = RecordDenial { caller: context.caller.clone(), denial: denied.clone() };
        if let Err(error) = self.execute(context.clone(), command).await {
            tracing::warn!(%error, "cannot write down a denial");
        }
        Err(denied)
    }
}
