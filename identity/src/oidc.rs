//! Sign-in at an OpenID Connect provider, found by discovery.
//!
//! Authorization code with PKCE (S256), `state`, `nonce` and RFC 9207's `iss`; the device flow (RFC 8628), which the server
//! runs on behalf of a command line; refresh; logout from here and from there. The provider's addresses come from the
//! operator, so private networks are fine ([`Reach::Operator`]).
//!
//! Invariants: an [`Identity`] comes out of a verified ID token and nothing else; what `userinfo` adds is about the same
//! subject; what was learned from the ID token is not replaced. The issuer is compared byte by byte everywhere.

mod device;
mod logout;
mod metadata;
mod tokens;

use serde_json::{Map, Value};
use url::Url;

use crate::identity::{Identity, IdentityFault};
use crate::jwks::RemoteKeys;
use crate::jwt::Refusal;
use crate::kept::{FetchError, Fetching, Freshness, Kept};
use crate::limits::{DISCOVERY_FRESH_S, DISCOVERY_STALE_S_MAX};
use crate::outbound::{Call, Outbound, OutboundError, Reach};
use crate::random::NoRandomness;
use crate::secret::Secret;
use crate::sign_in::{Callback, CallbackFault, PendingSignIn, SignInStart};
use metadata::Metadata;
use tokens::Tokens;

pub use device::{DeviceOutcome, DeviceStart, PendingDevice};
pub use logout::LogoutNotice;
pub use metadata::ClientAuthentication;

/// What the operator says about a provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Exactly as the provider writes it.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; a public client has none.
    pub client_secret: Option<Secret>,
    /// How we show it.
    pub client_authentication: ClientAuthentication,
    /// Asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim with the person's groups: a name, or a JSON pointer such as `/realm_access/roles`.
    pub groups_claim: String,
}

/// Why nobody signed in.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider's documents cannot be had.
    #[error("sign-in: {0}")]
    Fetch(#[from] FetchError),
    /// A call to the provider failed.
    #[error("sign-in: {0}")]
    Call(#[from] OutboundError),
    /// The way back does not count.
    #[error("sign-in: {0}")]
    Callback(#[from] CallbackFault),
    /// A token is refused.
    #[error("sign-in: {0}")]
    Token(#[from] Refusal),
    /// The ID token does not belong to this sign-in.
    #[error("sign-in: the id token's `{0}` is not that of this sign-in")]
    Mismatch(&'static str),
    /// The token endpoint refused.
    #[error("sign-in: the provider refused with `{0}`")]
    Refused(String),
    /// An answer is not what the standards say.
    #[error("sign-in: the provider's answer at its {endpoint} endpoint has no valid `{member}`")]
    Answer {
        /// Which endpoint.
        endpoint: &'static str,
        /// Which member.
        member: &'static str,
    },
    /// The provider lacks what is asked for.
    #[error("sign-in: the provider offers no {0}")]
    Unsupported(&'static str),
    /// The claims are no identity.
    #[error("sign-in: {0}")]
    Identity(#[from] IdentityFault),
    /// A logout token that is none.
    #[error("logout: the token has no valid `{0}`")]
    Logout(&'static str),
    /// The operating system's fault.
    #[error("sign-in: {0}")]
    Randomness(#[from] NoRandomness),
}

impl OidcError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            OidcError::Fetch(error) => error.hint(),
            OidcError::Call(error) => error.hint(),
            OidcError::Callback(fault) => fault.hint(),
            OidcError::Token(refusal) => refusal.hint(),
            OidcError::Refused(code) if code == "invalid_client" => "check `client_id` and `client_secret`",
            OidcError::Mismatch(_) | OidcError::Refused(_) => "sign in again",
            OidcError::Answer { .. } => "check that the issuer is an OpenID Connect provider",
            OidcError::Unsupported(_) => "enable it at the provider for this client, or sign in another way",
            OidcError::Identity(IdentityFault::Groups) => "let the provider send only the groups that matter here",
            OidcError::Identity(IdentityFault::Name) => "check the claims that the provider sends",
            OidcError::Logout(_) => "check the provider's back-channel logout",
            OidcError::Randomness(_) => "this is a fault of the operating system",
        }
    }

    /// Whether the provider says that what we hold of the person is void: a refresh that fails so ends the session.
    pub fn is_over(&self) -> bool {
        matches!(self, OidcError::Refused(code) if code == "invalid_grant")
    }
}

/// A finished sign-in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Who it is.
    pub identity: Identity,
    /// To be shown to the provider at logout. A refresh need not bring a new one.
    pub id_token: Option<Secret>,
    /// To ask again later whether the person is still welcome there.
    pub refresh_token: Option<Secret>,
}

/// An OpenID provider that we trust. Cheap to clone.
#[derive(Clone)]
pub struct Provider {
    settings: ProviderSettings,
    outbound: Outbound,
    metadata: Kept<Metadata>,
    keys: RemoteKeys,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Provider").field(&self.settings).finish()
    }
}

impl Provider {
    /// A provider; nothing is fetched before it is needed, so that we start without it.
    pub fn new(settings: ProviderSettings, outbound: Outbound) -> Provider {
        let keys = RemoteKeys::of_issuer(outbound.clone(), &settings.issuer, Reach::Operator);
        let (issuer, client) = (settings.issuer.clone(), outbound.clone());
        let fetch = move || -> Fetching<Metadata> {
            let (issuer, client) = (issuer.clone(), client.clone());
            Box::pin(async move { Metadata::discover(&client, &issuer).await })
        };
        let freshness = Freshness { fresh_s: DISCOVERY_FRESH_S, stale_s_max: DISCOVERY_STALE_S_MAX };
        Provider { settings, outbound, metadata: Kept::new(freshness, fetch), keys }
    }

    /// Exactly as configured.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Begins a sign-in in a browser.
    pub async fn begin(&self, redirect_uri: &Url, now: i64) -> Result<SignInStart, OidcError> {
        let metadata = self.metadata(now).await?;
        let pending = PendingSignIn::begin(redirect_uri, now)?;
        let mut url = metadata.authorization_endpoint.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", redirect_uri.as_str())
            .append_pair("scope", &self.scope())
            .append_pair("state", pending.state.expose())
            .append_pair("nonce", pending.nonce.expose())
            .append_pair("code_challenge", &pending.challenge())
            .append_pair("code_challenge_method", "S256");
        Ok(SignInStart { url, pending })
    }

    /// Ends it, when the browser is back.
    pub async fn finish(&self, callback: &Callback, pending: &PendingSignIn, now: i64) -> Result<SignIn, OidcError> {
        let metadata = self.metadata(now).await?;
        let code = pending.accept(callback, &self.settings.issuer, metadata.says_issuer, now)?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", pending.redirect_uri.as_str()),
            ("code_verifier", pending.verifier.expose()),
        ];
        let tokens = self.request_tokens(&metadata, &fields).await?;
        self.sign_in(&metadata, tokens, Some(&pending.nonce), now).await
    }

    /// Asks the provider again. [`OidcError::is_over`] on an error: the person is no longer welcome there.
    pub async fn refresh(&self, refresh_token: &Secret, before: &Identity, now: i64) -> Result<SignIn, OidcError> {
        let metadata = self.metadata(now).await?;
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        let tokens = self.request_tokens(&metadata, &fields).await?;
        let renewed = tokens.refresh_token.clone().unwrap_or_else(|| refresh_token.clone());
        let mut sign_in = if tokens.id_token.is_some() {
            self.sign_in(&metadata, tokens, None, now).await?
        } else {
            let identity = self.ask_again(&metadata, &tokens, before).await?;
            SignIn { identity, id_token: None, refresh_token: None }
        };
        if (&sign_in.identity.issuer, &sign_in.identity.subject) != (&before.issuer, &before.subject) {
            return Err(OidcError::Mismatch("sub"));
        }
        // Facts about the first sign-in, which a refresh need not repeat.
        let identity = &mut sign_in.identity;
        identity.sid = identity.sid.take().or_else(|| before.sid.clone());
        identity.acr = identity.acr.take().or_else(|| before.acr.clone());
        identity.auth_time = identity.auth_time.or(before.auth_time);
        if identity.amr.is_empty() {
            identity.amr.clone_from(&before.amr);
        }
        sign_in.refresh_token = Some(renewed);
        Ok(sign_in)
    }

    /// Without a new ID token: who it is stays; what the person is called and a member of now is asked for. Where it cannot
    /// be, nothing is known to have changed but that the person is still welcome.
    async fn ask_again(&self, metadata: &Metadata, tokens: &Tokens, before: &Identity) -> Result<Identity, OidcError> {
        if metadata.userinfo_endpoint.is_none() {
            return Ok(before.clone());
        }
        let (issuer, subject) = (before.issuer.clone(), before.subject.clone());
        let mut identity = Identity { issuer, subject, ..Identity::default() };
        self.learn_from_userinfo(metadata, tokens, &mut identity).await?;
        Ok(identity)
    }

    async fn metadata(&self, now: i64) -> Result<std::sync::Arc<Metadata>, OidcError> {
        Ok(self.metadata.get(now, |_| true).await?)
    }

    fn scope(&self) -> String {
        let mut scopes = vec!["openid"];
        scopes.extend(self.settings.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid"));
        scopes.join(" ")
    }

    /// From tokens to a person.
    async fn sign_in(
        &self,
        metadata: &Metadata,
        tokens: Tokens,
        nonce: Option<&Secret>,
        now: i64,
    ) -> Result<SignIn, OidcError> {
        let claims = self.verify_id_token(&tokens, nonce, now).await?;
        let subject = claims.subject().unwrap_or_default().to_string();
        let mut identity = Identity { issuer: claims.issuer().to_string(), subject, ..Identity::default() };
        identity.learn(claims.members(), &self.settings.groups_claim)?;
        if identity.name.is_none() || identity.email.is_none() || identity.groups.is_empty() {
            self.learn_from_userinfo(metadata, &tokens, &mut identity).await?;
        }
        Ok(SignIn { identity, id_token: tokens.id_token, refresh_token: tokens.refresh_token })
    }

    /// What the ID token leaves out, many providers say at `userinfo`.
    async fn learn_from_userinfo(
        &self,
        metadata: &Metadata,
        tokens: &Tokens,
        identity: &mut Identity,
    ) -> Result<(), OidcError> {
        let Some(url) = &metadata.userinfo_endpoint else { return Ok(()) };
        let answer = self.outbound.send(Call::get(url).bearer(&tokens.access_token), Reach::Operator).await?;
        if answer.status != 200 {
            return Err(OidcError::Answer { endpoint: "userinfo", member: "status" });
        }
        let members: Map<String, Value> =
            answer.json().map_err(|_| OidcError::Answer { endpoint: "userinfo", member: "body" })?;
        // INVARIANT: about the same person (OpenID Connect Core, section 5.3.4), or tokens could be swapped.
        if members.get("sub").and_then(Value::as_str) != Some(&identity.subject) {
            return Err(OidcError::Mismatch("sub"));
        }
        Ok(identity.learn(&members, &self.settings.groups_claim)?)
    }
}
