//! Our own issuer: mints access tokens (RFC 9068) that others verify by its published keys.
//!
//! Keys are files in a directory, one each, readable by their owner only. A file says when its key was published and from
//! when on it signs; everything else follows from that and `now`: of each algorithm the key that began last signs, and a
//! key that no longer signs stays published as long as a token under it may be accepted anywhere. So a key that was copied
//! back from a backup, or a crash between two steps of a rotation, leads to no state that was not foreseen.
//!
//! Rotation on a schedule ([`Signer::rotate_if_due`]) publishes the next key [`PUBLISHED_BEFORE_S`] before it signs, so
//! that whoever caches our key set has it by then. [`Signer::rotate_at_once`] lets a new key sign now;
//! [`Signer::discard`] also withdraws one, for a key that leaked: what it signed dies within our own verification at
//! once, and elsewhere with their caches.
//!
//! Invariants: a minted token always has `iss`, `sub`, `aud`, `iat`, `exp` (at most [`TOKEN_LIFETIME_S_MAX`] later),
//! `jti`, `kid` and `typ: at+jwt`; nothing a caller gives can replace one of them.

mod key_file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Map, Value, json};

use crate::claims::Claims;
use crate::jwt::{Expected, Refusal, TokenKind, verify};
use crate::key::{Algorithm, KeySet};
use crate::limits::{
    JSON_DEPTH_MAX, KEY_KEPT_S, PUBLISHED_BEFORE_S, ROTATION_PERIOD_S_MIN, TOKEN_BYTES_MAX, TOKEN_LIFETIME_S_MAX,
};
use crate::secret::Secret;
use key_file::SigningKey;

/// What we sign with. EdDSA is quickest and has no choices to get wrong; ES256 is for those who do not know it, such as
/// the token services of large clouds.
pub const ALGORITHMS: [Algorithm; 2] = [Algorithm::EdDsa, Algorithm::Es256];

/// Claims that only the signer writes.
const RESERVED: [&str; 7] = ["iss", "sub", "aud", "iat", "exp", "nbf", "jti"];

/// What went wrong with our own keys or tokens.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// A file or directory.
    #[error("signing keys: cannot {action} `{}`", path.display())]
    File {
        /// `read`, `write`...
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key that others may read.
    #[error("signing keys: `{}` can be read by others than its owner", .0.display())]
    Exposed(PathBuf),
    /// A file that does not hold a key.
    #[error("signing keys: `{}` holds no signing key", .0.display())]
    Unreadable(PathBuf),
    /// There is no such key.
    #[error("signing keys: there is no key `{0}`")]
    NoSuchKey(String),
    /// An algorithm that we do not sign with.
    #[error("signing keys: tokens are not signed with {}", .0.name())]
    Algorithm(Algorithm),
    /// No key signs yet, which a clock that was set back can cause.
    #[error("signing keys: no key for {} signs at this time", .0.name())]
    NoKeyYet(Algorithm),
    /// A period that is too short to publish a key before it signs.
    #[error("signing keys: a rotation period of {0} s is shorter than {ROTATION_PERIOD_S_MIN} s")]
    Period(i64),
    /// A lifetime of zero or beyond the bound.
    #[error("token: a lifetime of {0} s is not within 1 to {TOKEN_LIFETIME_S_MAX} s")]
    Lifetime(i64),
    /// A subject or audience that is empty.
    #[error("token: `{0}` is empty")]
    Empty(&'static str),
    /// A claim that only the signer writes.
    #[error("token: the claim `{0}` is the issuer's own")]
    Reserved(String),
    /// More than verifiers accept.
    #[error("token: it would be longer than {TOKEN_BYTES_MAX} bytes or nested deeper than {JSON_DEPTH_MAX} levels")]
    TooLarge,
    /// The operating system gave no randomness.
    #[error("signing keys: the operating system gave no random bytes")]
    Randomness,
}

impl SignerError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            SignerError::File { .. } => "check that the directory exists and that the server's user may use it",
            SignerError::Exposed(_) => "let nobody else read it: `chmod 600`; if others could, discard the key",
            SignerError::Unreadable(_) => "remove the file to have a new key made, or restore it from a backup",
            SignerError::NoSuchKey(_) => "the key set at `/.well-known/jwks.json` lists the ids",
            SignerError::Algorithm(_) => "ask for EdDSA or ES256",
            SignerError::NoKeyYet(_) => "check the clock; `rotate at once` makes a key that signs now",
            SignerError::Period(_) => "a day or more is usual",
            SignerError::Lifetime(_) => "ask for a short token, and for a new one before it ends",
            SignerError::Empty(_) => "a token is for somebody and for one audience",
            SignerError::Reserved(_) => "choose another name for the claim",
            SignerError::TooLarge => "leave out claims that the audience does not need",
            SignerError::Randomness => "this is a fault of the operating system",
        }
    }
}

/// What a token shall say beside what every token says.
#[derive(Clone, Debug)]
pub struct TokenRequest<'a> {
    /// `sub`.
    pub subject: &'a str,
    /// `aud`: the one audience.
    pub audience: &'a str,
    /// Seconds until `exp`.
    pub lifetime_s: i64,
    /// Any other claims.
    pub claims: Map<String, Value>,
}

/// A token just minted.
#[derive(Clone, Debug)]
pub struct Minted {
    /// The token.
    pub token: Secret,
    /// `jti`.
    pub id: String,
    /// `exp`.
    pub expires_at: i64,
}

/// Our issuer. Shared by reference; a rotation does not hold up minting.
pub struct Signer {
    issuer: String,
    directory: PathBuf,
    period_s: i64,
    random: SystemRandom,
    keys: RwLock<Arc<[Arc<SigningKey>]>>,
    /// Rotations one after the other; never taken while minting.
    rotation: Mutex<()>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl Signer {
    /// Opens a directory of keys, which is made if it is not there, and makes the keys that are missing. `issuer` is our
    /// URL as others see it; a key signs for `period_s`.
    pub fn open(directory: &Path, issuer: &str, period_s: i64, now: i64) -> Result<Signer, SignerError> {
        if period_s < ROTATION_PERIOD_S_MIN {
            return Err(SignerError::Period(period_s));
        }
        key_file::make_directory(directory)?;
        let keys = key_file::load(directory)?;
        let signer = Signer {
            issuer: issuer.to_string(),
            directory: directory.to_path_buf(),
            period_s,
            random: SystemRandom::new(),
            keys: RwLock::new(keys.into_iter().map(Arc::new).collect()),
            rotation: Mutex::new(()),
        };
        for algorithm in ALGORITHMS {
            if signer.current(algorithm, now).is_err() {
                signer.rotate(algorithm, now)?;
            }
        }
        Ok(signer)
    }

    /// `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Makes and removes keys as the schedule has it; to be called every few minutes. Whether anything changed.
    pub fn rotate_if_due(&self, now: i64) -> Result<bool, SignerError> {
        let _one_at_a_time = self.rotation.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = false;
        for algorithm in ALGORITHMS {
            let keys = self.snapshot();
            let newest = keys.iter().filter(|key| key.algorithm() == algorithm).map(|key| key.signs_from()).max();
            let ends = newest.map_or(now, |signs_from| signs_from + self.period_s);
            if now >= ends - PUBLISHED_BEFORE_S {
                self.add(algorithm, now, ends.max(now + PUBLISHED_BEFORE_S))?;
                changed = true;
            }
        }
        for key in self.snapshot().iter() {
            if !self.is_published(key, now) {
                self.remove(key)?;
                changed = true;
            }
        }
        Ok(changed)
    }

    /// Lets a new key of each algorithm sign from now on. Those before stay published, so their tokens live on.
    pub fn rotate_at_once(&self, now: i64) -> Result<(), SignerError> {
        ALGORITHMS.into_iter().try_for_each(|algorithm| self.rotate(algorithm, now))
    }

    /// Withdraws a key that others may know, at once; if it signed, a new one does. Its tokens are refused from now on.
    pub fn discard(&self, key_id: &str, now: i64) -> Result<(), SignerError> {
        let _one_at_a_time = self.rotation.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = self.snapshot();
        let key = keys.iter().find(|key| key.id() == key_id);
        let key = key.ok_or_else(|| SignerError::NoSuchKey(key_id.to_string()))?;
        let algorithm = key.algorithm();
        // First the successor: there is no moment without a key, and never an older one signs again.
        if self.current(algorithm, now).is_ok_and(|current| current.id() == key_id) {
            self.add(algorithm, now, now)?;
        }
        self.remove(key)
    }

    /// The keys that verify our tokens at this time.
    pub fn key_set(&self, now: i64) -> KeySet {
        let keys = self.snapshot();
        KeySet::new(keys.iter().filter(|key| self.is_published(key, now)).map(|key| key.public().clone()).collect())
    }

    /// The document at `jwks_uri`.
    pub fn jwks(&self, now: i64) -> Value {
        self.key_set(now).to_jwks()
    }

    /// Mints a token.
    pub fn mint(&self, request: &TokenRequest<'_>, algorithm: Algorithm, now: i64) -> Result<Minted, SignerError> {
        check_request(request)?;
        let key = self.current(algorithm, now)?;
        let mut id = [0; 16];
        self.random.fill(&mut id).map_err(|_| SignerError::Randomness)?;
        let id = URL_SAFE_NO_PAD.encode(id);
        let expires_at = now + request.lifetime_s;
        let mut claims = request.claims.clone();
        let own: [(&str, Value); 6] = [
            ("iss", self.issuer.as_str().into()),
            ("sub", request.subject.into()),
            ("aud", request.audience.into()),
            ("iat", now.into()),
            ("exp", expires_at.into()),
            ("jti", id.as_str().into()),
        ];
        claims.extend(own.map(|(name, value)| (name.to_string(), value)));
        let mut token = key.header().to_string();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(Value::Object(claims).to_string(), &mut token);
        let signature = key.sign(token.as_bytes(), &self.random)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        if token.len() > TOKEN_BYTES_MAX {
            return Err(SignerError::TooLarge);
        }
        Ok(Minted { token: Secret::new(token), id, expires_at })
    }

    /// Verifies a token of our own for one of our audiences.
    pub fn verify(&self, token: &str, audience: &str, now: i64) -> Result<Claims, Refusal> {
        let expected = Expected { kind: TokenKind::Access, issuer: &self.issuer, audience, required: &[] };
        verify(token, &self.key_set(now), &expected, now)
    }

    fn snapshot(&self) -> Arc<[Arc<SigningKey>]> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key that signs: of those that may, the one that began last.
    fn current(&self, algorithm: Algorithm, now: i64) -> Result<Arc<SigningKey>, SignerError> {
        if !ALGORITHMS.contains(&algorithm) {
            return Err(SignerError::Algorithm(algorithm));
        }
        let keys = self.snapshot();
        let begun = keys.iter().filter(|key| key.algorithm() == algorithm && key.signs_from() <= now);
        begun.max_by_key(|key| key.order()).cloned().ok_or(SignerError::NoKeyYet(algorithm))
    }

    /// Whether a token under the key may still be accepted: until its successor has signed for long enough.
    fn is_published(&self, key: &SigningKey, now: i64) -> bool {
        let keys = self.snapshot();
        let later = keys.iter().filter(|other| other.algorithm() == key.algorithm() && other.order() > key.order());
        let retired_at = later.map(|other| other.signs_from()).min();
        retired_at.is_none_or(|retired_at| now < retired_at + KEY_KEPT_S)
    }

    fn rotate(&self, algorithm: Algorithm, now: i64) -> Result<(), SignerError> {
        let _one_at_a_time = self.rotation.lock().unwrap_or_else(PoisonError::into_inner);
        self.add(algorithm, now, now)
    }

    fn add(&self, algorithm: Algorithm, now: i64, signs_from: i64) -> Result<(), SignerError> {
        let key = SigningKey::generate(algorithm, now, signs_from, &self.random)?;
        key_file::write(&self.directory, &key, &self.random)?;
        let keys = self.snapshot();
        let with = keys.iter().cloned().chain([Arc::new(key)]).collect();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = with;
        Ok(())
    }

    fn remove(&self, key: &SigningKey) -> Result<(), SignerError> {
        // Memory first: if the file cannot be removed, the key is withdrawn at least until the next start.
        let without = self.snapshot().iter().filter(|other| other.id() != key.id()).cloned().collect();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = without;
        key_file::remove(&self.directory, key)
    }
}

fn check_request(request: &TokenRequest<'_>) -> Result<(), SignerError> {
    if !(1..=TOKEN_LIFETIME_S_MAX).contains(&request.lifetime_s) {
        return Err(SignerError::Lifetime(request.lifetime_s));
    }
    for (name, value) in [("sub", request.subject), ("aud", request.audience)] {
        if value.is_empty() {
            return Err(SignerError::Empty(name));
        }
    }
    if let Some(name) = RESERVED.into_iter().find(|name| request.claims.contains_key(*name)) {
        return Err(SignerError::Reserved(name.to_string()));
    }
    // INVARIANT: we mint nothing that we would refuse.
    let deepest = request.claims.values().map(depth).max().unwrap_or_default();
    if deepest > JSON_DEPTH_MAX { Err(SignerError::TooLarge) } else { Ok(()) }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 1,
    }
}

/// Where an OpenID provider's document says what is. Endpoints are whole URLs.
#[derive(Clone, Debug)]
pub struct Discovery<'a> {
    /// `iss` of the tokens.
    pub issuer: &'a str,
    /// Where [`Signer::jwks`] is served.
    pub jwks_uri: &'a str,
    /// Where tokens are exchanged, if so.
    pub token_endpoint: Option<&'a str>,
    /// The grants of that endpoint.
    pub grant_types: &'a [&'a str],
    /// What else the document says, e.g. `claims_supported`; replaces what is written here.
    pub more: BTreeMap<String, Value>,
}

impl Discovery<'_> {
    /// The document at `/.well-known/openid-configuration`, and at RFC 8414's `/.well-known/oauth-authorization-server`.
    pub fn document(&self) -> Value {
        let mut document = json!({
            "issuer": self.issuer,
            "jwks_uri": self.jwks_uri,
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ALGORITHMS.map(Algorithm::name),
            "grant_types_supported": self.grant_types,
        });
        if let Some(endpoint) = self.token_endpoint {
            document["token_endpoint"] = endpoint.into();
        }
        for (name, value) in &self.more {
            document[name.as_str()] = value.clone();
        }
        document
    }
}

#[cfg(test)]
mod tests;
