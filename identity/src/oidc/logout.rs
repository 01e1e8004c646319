//! Logout, from here (RP-initiated) and from there (back-channel).

use url::Url;

use super::{OidcError, Provider};
use crate::jwt::{Expected, TokenKind, UnverifiedToken};
use crate::secret::Secret;

/// The event of OpenID Connect Back-Channel Logout 1.0, section 2.4.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The provider says that a session, or all of a person's, are over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutNotice {
    /// The provider.
    pub issuer: String,
    /// Whose sessions; at least one of this and `sid` is there.
    pub subject: Option<String>,
    /// Which session only.
    pub sid: Option<String>,
    /// To be remembered for [`LOGOUT_TOKEN_AGE_S_MAX`](crate::limits::LOGOUT_TOKEN_AGE_S_MAX) and the leeway, so that a
    /// token counts once.
    pub token_id: String,
    /// When it was said.
    pub issued_at: i64,
}

impl Provider {
    /// Where to send the browser to sign out at the provider too, if it offers that.
    pub async fn logout_url(
        &self,
        id_token: Option<&Secret>,
        back_to: Option<(&Url, &str)>,
        now: i64,
    ) -> Result<Option<Url>, OidcError> {
        let metadata = self.metadata(now).await?;
        let Some(mut url) = metadata.end_session_endpoint.clone() else { return Ok(None) };
        url.query_pairs_mut().append_pair("client_id", &self.settings.client_id);
        if let Some(token) = id_token {
            url.query_pairs_mut().append_pair("id_token_hint", token.expose());
        }
        if let Some((back_to, state)) = back_to {
            url.query_pairs_mut().append_pair("post_logout_redirect_uri", back_to.as_str()).append_pair("state", state);
        }
        Ok(Some(url))
    }

    /// Verifies the `logout_token` that the provider posted.
    pub async fn verify_logout_token(&self, token: &str, now: i64) -> Result<LogoutNotice, OidcError> {
        let token = UnverifiedToken::parse(token)?;
        let keys = self.keys.for_key(token.key_id(), now).await?;
        let (issuer, audience) = (self.settings.issuer.as_str(), self.settings.client_id.as_str());
        let claims =
            token.verify(&keys, &Expected { kind: TokenKind::Logout, issuer, audience, required: &[] }, now)?;
        let event = claims.raw("events").and_then(|events| events.get(EVENT));
        if !event.is_some_and(serde_json::Value::is_object) {
            return Err(OidcError::Logout("events"));
        }
        // It would make an ID token of it.
        if claims.raw("nonce").is_some() {
            return Err(OidcError::Logout("nonce"));
        }
        let (subject, sid) = (claims.subject().map(str::to_string), claims.string("sid").map(str::to_string));
        if subject.is_none() && sid.is_none() {
            return Err(OidcError::Logout("sub"));
        }
        Ok(LogoutNotice {
            issuer: claims.issuer().to_string(),
            subject,
            sid,
            token_id: claims.token_id().unwrap_or_default().to_string(),
            issued_at: claims.issued_at().unwrap_or_default(),
        })
    }
}
