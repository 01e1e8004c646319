//! Tokens: a JSON Web Token (RFC 7519, in compact form) is verified, or refused for one named reason.
//!
//! The order: size, form, header, kind, key, signature, then claims. Nothing in the header chooses how the signature is
//! checked: `alg` must be the algorithm that the key has anyway, `kid` is looked up in the issuer's set and nowhere else,
//! `jku`, `x5u`, `jwk` and `x5c` are not read, and `crit` is refused (RFC 8725).
//!
//! Invariants: a token of one [`TokenKind`] is never accepted as another; it is for exactly one audience; it ends (`exp`),
//! or its age is bounded (`iat`) for the two kinds that are messages rather than credentials. A [`Refusal`] never holds
//! any part of the token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::claims::{Claims, time_of};
use crate::key::{Algorithm, KeySet, PublicKey};
use crate::limits::{EVENT_TOKEN_AGE_S_MAX, KEY_ID_BYTES_MAX, LEEWAY_S, LOGOUT_TOKEN_AGE_S_MAX, TOKEN_BYTES_MAX};
use crate::strict_json::{JsonFault, parse_object};

/// What a token is for, which its header's `typ` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An access token of RFC 9068, as our own issuer mints.
    Access,
    /// An ID token of OpenID Connect: the answer to one sign-in.
    Id,
    /// A logout token of OpenID Connect Back-Channel Logout.
    Logout,
    /// A security event token (RFC 8417).
    SecurityEvent,
    /// What a platform gives its workloads: GitHub Actions, Kubernetes, SPIFFE.
    Workload,
}

impl TokenKind {
    /// The accepted `typ`, lower-case and without `application/`; the empty one: it may be absent.
    fn types(self) -> &'static [&'static str] {
        match self {
            TokenKind::Access => &["at+jwt"],
            TokenKind::Id => &["jwt", ""],
            TokenKind::Logout => &["logout+jwt"],
            TokenKind::SecurityEvent => &["secevent+jwt"],
            // SPIFFE's JWT-SVID allows JOSE, too.
            TokenKind::Workload => &["jwt", "jose", ""],
        }
    }

    /// Claims that every token of the kind has, beside `iss` and `aud`.
    fn required(self) -> &'static [&'static str] {
        match self {
            TokenKind::Access => &["sub", "exp", "iat", "jti"],
            TokenKind::Id => &["sub", "exp", "iat"],
            TokenKind::Logout | TokenKind::SecurityEvent => &["iat", "jti", "events"],
            TokenKind::Workload => &["sub", "exp"],
        }
    }

    /// LIMIT: how old by `iat`, for kinds that need not end by themselves.
    fn age_max_s(self) -> Option<i64> {
        match self {
            TokenKind::Logout => Some(LOGOUT_TOKEN_AGE_S_MAX),
            TokenKind::SecurityEvent => Some(EVENT_TOKEN_AGE_S_MAX),
            TokenKind::Access | TokenKind::Id | TokenKind::Workload => None,
        }
    }
}

/// What the verifier knows before it sees the token.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// What the token is for.
    pub kind: TokenKind,
    /// `iss`, compared byte by byte.
    pub issuer: &'a str,
    /// The only member of `aud`.
    pub audience: &'a str,
    /// Claims that must be there beyond those that the kind demands.
    pub required: &'a [&'static str],
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More than [`TOKEN_BYTES_MAX`].
    #[error("the token is longer than {TOKEN_BYTES_MAX} bytes")]
    TooLarge,
    /// Not three parts of base64url.
    #[error("the token is not three parts of base64url")]
    Form,
    /// The header is no JSON that we accept.
    #[error("the token's header: {0}")]
    HeaderJson(JsonFault),
    /// The claims are no JSON that we accept.
    #[error("the token's claims: {0}")]
    ClaimsJson(JsonFault),
    /// A member of the header has a wrong type or length.
    #[error("the token's header has a malformed `{0}`")]
    Header(&'static str),
    /// `crit`: it demands what we do not implement.
    #[error("the token demands extensions by `crit`")]
    Critical,
    /// `typ` says that it is another kind of token.
    #[error("the token is of another kind than expected here")]
    Kind,
    /// `alg` is `none`, an HMAC, or unknown.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// The issuer has no key of this id.
    #[error("the token is signed with a key that its issuer does not publish")]
    UnknownKey,
    /// No `kid`, and not exactly one key that it could be.
    #[error("the token does not say which key signed it")]
    AmbiguousKey,
    /// The key is for another algorithm.
    #[error("the token's algorithm is not that of its key")]
    KeyAlgorithm,
    /// The signature does not fit.
    #[error("the token's signature is wrong")]
    Signature,
    /// A claim is missing.
    #[error("the token has no `{0}`")]
    Missing(&'static str),
    /// A claim has a wrong type or range.
    #[error("the token's `{0}` is malformed")]
    Claim(&'static str),
    /// Another issuer.
    #[error("the token is from another issuer")]
    Issuer,
    /// Another audience.
    #[error("the token is for another audience")]
    Audience,
    /// More audiences than the one.
    #[error("the token is for more than one audience")]
    Audiences,
    /// `exp` is over.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is to come.
    #[error("the token is not valid yet")]
    NotYet,
    /// `iat` is to come.
    #[error("the token was issued in the future")]
    FromFuture,
    /// `iat` is too long ago for its kind.
    #[error("the token is too old")]
    TooOld,
}

impl Refusal {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Refusal::Expired | Refusal::TooOld => "get a new token; if it is new, compare the clocks of both machines",
            Refusal::NotYet | Refusal::FromFuture => "compare the clocks of both machines",
            Refusal::Issuer => "compare the configured issuer with the token's `iss`, a slash at the end included",
            Refusal::Audience | Refusal::Audiences => "ask its issuer for a token with exactly the configured audience",
            Refusal::Kind => "present the token that is meant for this, e.g. an access token rather than an ID token",
            Refusal::UnknownKey => "check that the issuer publishes the key in its key set (JWKS)",
            Refusal::Algorithm | Refusal::KeyAlgorithm | Refusal::AmbiguousKey => {
                "let the issuer sign with RS256, PS256, ES256 or EdDSA and publish `kid` and `alg` of its keys"
            }
            Refusal::Missing(_) | Refusal::Claim(_) => "configure the issuer to add the claim",
            _ => "get a new token from its issuer",
        }
    }
}

/// A token taken apart, about which nothing is proven yet.
#[derive(Clone)]
pub struct UnverifiedToken<'a> {
    signed: &'a str,
    signature: Vec<u8>,
    header: Header,
    members: Map<String, Value>,
}

/// What we read of a header.
#[derive(Clone)]
struct Header {
    algorithm: Algorithm,
    kind: String,
    key_id: Option<String>,
}

impl<'a> UnverifiedToken<'a> {
    /// Takes a compact token apart.
    pub fn parse(token: &'a str) -> Result<UnverifiedToken<'a>, Refusal> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(Refusal::Form)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Form);
        let (header, claims, signature) = (decode(header)?, decode(claims)?, decode(signature)?);
        let header = Header::read(&parse_object(&header).map_err(Refusal::HeaderJson)?)?;
        let members = parse_object(&claims).map_err(Refusal::ClaimsJson)?;
        Ok(UnverifiedToken { signed, signature, header, members })
    }

    /// The issuer that the token claims, to find whose keys to try.
    pub fn claimed_issuer(&self) -> Option<&str> {
        self.members.get("iss").and_then(Value::as_str)
    }

    /// The audience that the token claims, if it is one, to find which rules to try.
    pub fn claimed_audience(&self) -> Option<&str> {
        sole_audience(self.members.get("aud")?).ok()
    }

    /// `kid`.
    pub fn key_id(&self) -> Option<&str> {
        self.header.key_id.as_deref()
    }

    /// `alg`, for a hash that goes by it.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// Proves the claims, or refuses.
    pub fn verify(self, keys: &KeySet, expected: &Expected<'_>, now: i64) -> Result<Claims, Refusal> {
        if !expected.kind.types().contains(&self.header.kind.as_str()) {
            return Err(Refusal::Kind);
        }
        let candidates = self.candidates(keys)?;
        let message = self.signed.as_bytes();
        if !candidates.iter().any(|key| key.verifies(message, &self.signature)) {
            return Err(Refusal::Signature);
        }
        check_claims(&self.members, expected, now)?;
        Ok(Claims::proven(self.members))
    }

    /// The keys that may have signed it: those of its id (a provider may give two keys one id), or the only one that
    /// there is for the algorithm.
    fn candidates<'k>(&self, keys: &'k KeySet) -> Result<Vec<&'k PublicKey>, Refusal> {
        let fits = |key: &&PublicKey| key.algorithm() == self.header.algorithm;
        let Some(id) = &self.header.key_id else {
            let fitting: Vec<&PublicKey> = keys.keys().iter().filter(fits).collect();
            return if fitting.len() == 1 { Ok(fitting) } else { Err(Refusal::AmbiguousKey) };
        };
        let named: Vec<&PublicKey> = keys.keys().iter().filter(|key| key.id() == Some(id)).collect();
        if named.is_empty() {
            return Err(Refusal::UnknownKey);
        }
        let fitting: Vec<&PublicKey> = named.into_iter().filter(fits).collect();
        if fitting.is_empty() { Err(Refusal::KeyAlgorithm) } else { Ok(fitting) }
    }
}

/// Verifies a token in one step, when its keys are known without looking at it.
pub fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>, now: i64) -> Result<Claims, Refusal> {
    UnverifiedToken::parse(token)?.verify(keys, expected, now)
}

impl Header {
    fn read(members: &Map<String, Value>) -> Result<Header, Refusal> {
        let text = |name: &'static str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(Refusal::Header(name)),
        };
        if members.contains_key("crit") {
            return Err(Refusal::Critical);
        }
        let algorithm = text("alg")?.ok_or(Refusal::Header("alg"))?;
        let algorithm = Algorithm::from_name(algorithm).ok_or(Refusal::Algorithm)?;
        let kind = text("typ")?.unwrap_or_default().to_ascii_lowercase();
        let kind = kind.strip_prefix("application/").unwrap_or(&kind).to_string();
        let key_id = text("kid")?.map(str::to_string);
        if key_id.as_ref().is_some_and(|id| id.len() > KEY_ID_BYTES_MAX) {
            return Err(Refusal::Header("kid"));
        }
        Ok(Header { algorithm, kind, key_id })
    }
}

fn check_claims(members: &Map<String, Value>, expected: &Expected<'_>, now: i64) -> Result<(), Refusal> {
    let issuer = members.get("iss").ok_or(Refusal::Missing("iss"))?;
    if issuer.as_str().ok_or(Refusal::Claim("iss"))? != expected.issuer {
        return Err(Refusal::Issuer);
    }
    let audience = sole_audience(members.get("aud").ok_or(Refusal::Missing("aud"))?)?;
    if audience != expected.audience {
        return Err(Refusal::Audience);
    }
    for name in expected.kind.required().iter().chain(expected.required) {
        if members.get(*name).is_none_or(Value::is_null) {
            return Err(Refusal::Missing(name));
        }
    }
    for name in ["sub", "jti"] {
        if members.get(name).is_some_and(|value| value.as_str().is_none_or(str::is_empty)) {
            return Err(Refusal::Claim(name));
        }
    }
    check_times(members, expected.kind, now)
}

fn check_times(members: &Map<String, Value>, kind: TokenKind, now: i64) -> Result<(), Refusal> {
    let time = |name: &'static str| match members.get(name) {
        None => Ok(None),
        Some(value) => time_of(value).map(Some).ok_or(Refusal::Claim(name)),
    };
    let (expires, issued, not_before) = (time("exp")?, time("iat")?, time("nbf")?);
    if expires.is_some_and(|expires| now >= expires + LEEWAY_S) {
        return Err(Refusal::Expired);
    }
    if not_before.is_some_and(|not_before| now + LEEWAY_S < not_before) {
        return Err(Refusal::NotYet);
    }
    let Some(issued) = issued else { return Ok(()) };
    if now + LEEWAY_S < issued {
        return Err(Refusal::FromFuture);
    }
    if kind.age_max_s().is_some_and(|age_max_s| now - issued > age_max_s + LEEWAY_S) {
        return Err(Refusal::TooOld);
    }
    Ok(())
}

/// The only audience, whether written as a text or as a list of one.
fn sole_audience(audience: &Value) -> Result<&str, Refusal> {
    match audience {
        Value::String(audience) => Ok(audience),
        Value::Array(list) => match list.as_slice() {
            [Value::String(audience)] => Ok(audience),
            [_, _, ..] => Err(Refusal::Audiences),
            _ => Err(Refusal::Claim("aud")),
        },
        _ => Err(Refusal::Claim("aud")),
    }
}
