//! The token endpoint, and the ID token that it gives.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use ring::digest;
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::metadata::{ClientAuthentication, Metadata};
use super::{OidcError, Provider};
use crate::claims::Claims;
use crate::jwt::{Expected, TokenKind, UnverifiedToken};
use crate::limits::OPAQUE_BYTES_MAX;
use crate::outbound::{Call, Reach};
use crate::secret::Secret;
use crate::sign_in::error_code;

/// What the token endpoint gave.
pub(super) struct Tokens {
    pub(super) access_token: Secret,
    pub(super) id_token: Option<Secret>,
    pub(super) refresh_token: Option<Secret>,
}

impl Provider {
    /// Asks the token endpoint.
    pub(super) async fn request_tokens(
        &self,
        metadata: &Metadata,
        fields: &[(&str, &str)],
    ) -> Result<Tokens, OidcError> {
        let members = self.post(metadata, &metadata.token_endpoint, "token", fields).await?;
        let text = |name: &'static str| match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(Secret::new(text.as_str()))),
            Some(_) => Err(OidcError::Answer { endpoint: "token", member: name }),
        };
        let missing = OidcError::Answer { endpoint: "token", member: "access_token" };
        let refresh_token = text("refresh_token")?;
        if refresh_token.as_ref().is_some_and(|token| token.expose().len() > OPAQUE_BYTES_MAX) {
            return Err(OidcError::Answer { endpoint: "token", member: "refresh_token" });
        }
        Ok(Tokens { access_token: text("access_token")?.ok_or(missing)?, id_token: text("id_token")?, refresh_token })
    }

    /// Posts a form as our client, and reads the object that comes back. An error of OAuth is [`OidcError::Refused`].
    pub(super) async fn post(
        &self,
        metadata: &Metadata,
        url: &Url,
        endpoint: &'static str,
        fields: &[(&str, &str)],
    ) -> Result<Map<String, Value>, OidcError> {
        let mut fields = fields.to_vec();
        let id = self.settings.client_id.as_str();
        let authentication = match self.settings.client_authentication {
            ClientAuthentication::Discovered => metadata.authentication,
            told => told,
        };
        let call = match (&self.settings.client_secret, authentication) {
            (None, _) => {
                fields.push(("client_id", id));
                Call::post_form(url, &fields)
            }
            (Some(secret), ClientAuthentication::Post) => {
                fields.extend([("client_id", id), ("client_secret", secret.expose())]);
                Call::post_form(url, &fields)
            }
            // RFC 6749, section 2.3.1: both are form-encoded first, which matters for secrets with `:`, `%` or `+`.
            (Some(secret), ClientAuthentication::Basic | ClientAuthentication::Discovered) => {
                let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                Call::post_form(url, &fields).basic(&encode(id), &encode(secret.expose()))
            }
        };
        let answer = self.outbound.send(call, Reach::Operator).await?;
        let malformed = |member| OidcError::Answer { endpoint, member };
        let members = answer.json();
        if answer.status == StatusCode::OK {
            return members.map_err(|_| malformed("body"));
        }
        let code = members.ok().and_then(|members| members.get("error").and_then(Value::as_str).map(error_code));
        Err(code.map_or(malformed("status"), OidcError::Refused))
    }

    /// OpenID Connect Core, section 3.1.3.7.
    pub(super) async fn verify_id_token(
        &self,
        tokens: &Tokens,
        nonce: Option<&Secret>,
        now: i64,
    ) -> Result<Claims, OidcError> {
        let text = tokens.id_token.as_ref().ok_or(OidcError::Answer { endpoint: "token", member: "id_token" })?;
        let token = UnverifiedToken::parse(text.expose())?;
        let algorithm = token.algorithm();
        let keys = self.keys.for_key(token.key_id(), now).await?;
        let (issuer, audience) = (self.settings.issuer.as_str(), self.settings.client_id.as_str());
        let claims = token.verify(&keys, &Expected { kind: TokenKind::Id, issuer, audience, required: &[] }, now)?;
        if nonce.is_some_and(|nonce| !claims.string("nonce").is_some_and(|found| nonce.matches(found))) {
            return Err(OidcError::Mismatch("nonce"));
        }
        if claims.raw("azp").is_some_and(|party| party != audience) {
            return Err(OidcError::Mismatch("azp"));
        }
        // A logout token of a provider that does not write `typ`.
        if claims.raw("events").is_some() {
            return Err(OidcError::Mismatch("events"));
        }
        if let Some(hash) = claims.raw("at_hash") {
            let whole = digest::digest(algorithm.digest(), tokens.access_token.expose().as_bytes());
            let left = &whole.as_ref()[..whole.as_ref().len() / 2];
            if hash != URL_SAFE_NO_PAD.encode(left).as_str() {
                return Err(OidcError::Mismatch("at_hash"));
            }
        }
        Ok(claims)
    }
}
