//! What a provider's discovery document says, as far as we use it.

use serde_json::{Map, Value};
use url::Url;

use crate::kept::{FetchError, discover};
use crate::limits::DISCOVERY_BYTES_MAX;
use crate::outbound::{Outbound, Reach};

/// How a client with a secret proves to the token endpoint who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// As the provider offers it: HTTP Basic, unless it offers only the other.
    #[default]
    Discovered,
    /// HTTP Basic, every provider's default.
    Basic,
    /// In the form.
    Post,
}

/// Endpoints and habits of a provider.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) userinfo_endpoint: Option<Url>,
    pub(super) device_authorization_endpoint: Option<Url>,
    pub(super) end_session_endpoint: Option<Url>,
    /// RFC 9207: whether every way back names the issuer.
    pub(super) says_issuer: bool,
    /// What a client does that was not told; never `Discovered`.
    pub(super) authentication: ClientAuthentication,
}

impl Metadata {
    pub(super) async fn discover(outbound: &Outbound, issuer: &str) -> Result<Metadata, FetchError> {
        Metadata::read(&discover(outbound, issuer, Reach::Operator, DISCOVERY_BYTES_MAX).await?)
    }

    fn read(document: &Map<String, Value>) -> Result<Metadata, FetchError> {
        let endpoint = |name: &str, missing: &'static str| match document.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => safe_url(value).map(Some).ok_or(FetchError::Discovery(missing)),
        };
        let required = |name: &str, missing: &'static str| {
            endpoint(name, missing).and_then(|found| found.ok_or(FetchError::Discovery(missing)))
        };
        let list = |name: &str| document.get(name).and_then(Value::as_array);
        let names = |list: &Vec<Value>, name: &str| list.iter().any(|item| item == name);
        if list("code_challenge_methods_supported").is_some_and(|methods| !names(methods, "S256")) {
            return Err(FetchError::Discovery("it offers no PKCE with S256"));
        }
        let authentication = match list("token_endpoint_auth_methods_supported") {
            Some(methods) if !names(methods, "client_secret_basic") && names(methods, "client_secret_post") => {
                ClientAuthentication::Post
            }
            _ => ClientAuthentication::Basic,
        };
        Ok(Metadata {
            authorization_endpoint: required("authorization_endpoint", "it has no `authorization_endpoint` on https")?,
            token_endpoint: required("token_endpoint", "it has no `token_endpoint` on https")?,
            userinfo_endpoint: endpoint("userinfo_endpoint", "its `userinfo_endpoint` is not on https")?,
            device_authorization_endpoint: endpoint(
                "device_authorization_endpoint",
                "its `device_authorization_endpoint` is not on https",
            )?,
            end_session_endpoint: endpoint("end_session_endpoint", "its `end_session_endpoint` is not on https")?,
            says_issuer: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
            authentication,
        })
    }
}

/// A URL to which people may be sent: `https`, or this machine.
pub(super) fn safe_url(value: &Value) -> Option<Url> {
    let url = Url::parse(value.as_str()?).ok()?;
    let here = match url.host()? {
        url::Host::Domain(name) => name == "localhost",
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
    };
    (url.scheme() == "https" || (url.scheme() == "http" && here)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(changes: Value) -> Result<Metadata, FetchError> {
        let mut document =
            json!({"authorization_endpoint": "https://idp/authorize", "token_endpoint": "https://idp/token"});
        let members = document.as_object_mut().expect("an object");
        members.extend(changes.as_object().expect("an object").clone());
        Metadata::read(members)
    }

    #[test]
    fn documents_that_are_refused() {
        for changes in [
            json!({"authorization_endpoint": "http://idp/authorize"}),
            json!({"authorization_endpoint": "javascript:alert(1)"}),
            json!({"authorization_endpoint": null}),
            json!({"token_endpoint": 7}),
            json!({"userinfo_endpoint": "ftp://idp/"}),
            json!({"end_session_endpoint": "http://evil/"}),
            json!({"code_challenge_methods_supported": ["plain"]}),
        ] {
            assert!(matches!(read(changes.clone()), Err(FetchError::Discovery(_))), "{changes}");
        }
    }

    #[test]
    fn habits() {
        use ClientAuthentication::{Basic, Post};
        for (methods, expected) in [
            (json!(null), Basic),
            (json!(["client_secret_post"]), Post),
            (json!(["client_secret_post", "client_secret_basic"]), Basic),
            (json!(["private_key_jwt"]), Basic),
        ] {
            let metadata = read(json!({"token_endpoint_auth_methods_supported": methods})).expect("a document");
            assert_eq!(metadata.authentication, expected, "{methods}");
        }
        assert!(read(json!({"authorization_endpoint": "http://127.0.0.1:1/a"})).is_ok(), "this machine");
        assert!(
            !read(json!({"authorization_response_iss_parameter_supported": "true"})).expect("a document").says_issuer
        );
    }
}
