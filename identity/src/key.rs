//! Public keys that verify signatures, and sets of them, read from JSON Web Keys (RFC 7517).
//!
//! Invariants: a key has exactly one algorithm, fixed when it is read; symmetric keys are never read, so no text that is
//! public can become the key of an HMAC; keys that are too weak, not for signatures, or carry their private half are
//! left out of a set, as RFC 7517 has it for keys that one does not understand.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{digest, signature};
use serde_json::{Map, Value, json};

use crate::limits::{KEY_ID_BYTES_MAX, KEYS_MAX};
use crate::strict_json::{JsonFault, parse_object};

/// How a signature is made and checked. HMAC and `none` are no members: they cannot be expressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// RSA PKCS#1 v1.5 with SHA-384.
    Rs384,
    /// RSA PKCS#1 v1.5 with SHA-512.
    Rs512,
    /// RSA PSS with SHA-256.
    Ps256,
    /// RSA PSS with SHA-384.
    Ps384,
    /// RSA PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// By its registered name. `Ed25519` is RFC 9864's name for what most still call `EdDSA`.
    pub fn from_name(name: &str) -> Option<Algorithm> {
        Some(match name {
            "RS256" => Algorithm::Rs256,
            "RS384" => Algorithm::Rs384,
            "RS512" => Algorithm::Rs512,
            "PS256" => Algorithm::Ps256,
            "PS384" => Algorithm::Ps384,
            "PS512" => Algorithm::Ps512,
            "ES256" => Algorithm::Es256,
            "ES384" => Algorithm::Es384,
            "EdDSA" | "Ed25519" => Algorithm::EdDsa,
            _ => return None,
        })
    }

    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Rs384 => "RS384",
            Algorithm::Rs512 => "RS512",
            Algorithm::Ps256 => "PS256",
            Algorithm::Ps384 => "PS384",
            Algorithm::Ps512 => "PS512",
            Algorithm::Es256 => "ES256",
            Algorithm::Es384 => "ES384",
            Algorithm::EdDsa => "EdDSA",
        }
    }

    /// The hash of OpenID Connect's `at_hash`: that of the signature.
    pub(crate) fn digest(self) -> &'static digest::Algorithm {
        match self {
            Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => &digest::SHA256,
            Algorithm::Rs384 | Algorithm::Ps384 | Algorithm::Es384 => &digest::SHA384,
            Algorithm::Rs512 | Algorithm::Ps512 | Algorithm::EdDsa => &digest::SHA512,
        }
    }

    /// Whether keys of this type (`kty`) and curve (`crv`) can have the algorithm.
    fn fits(self, kty: &str, curve: Option<&str>) -> bool {
        match self {
            Algorithm::EdDsa => kty == "OKP" && curve == Some("Ed25519"),
            Algorithm::Es256 => kty == "EC" && curve == Some("P-256"),
            Algorithm::Es384 => kty == "EC" && curve == Some("P-384"),
            _ => kty == "RSA",
        }
    }
}

/// Why a JSON Web Key is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// `kty`, `crv` or `alg` is none of ours, or they do not fit each other.
    #[error("its type or algorithm is not supported")]
    Unsupported,
    /// `use` or `key_ops` says that it is for something else.
    #[error("it is not for signatures")]
    Purpose,
    /// The private half is there, so anyone can sign with it.
    #[error("it contains its private half")]
    Private,
    /// A member is missing, no base64url, or of a wrong length.
    #[error("its members are malformed")]
    Malformed,
    /// RSA below 2048 bits.
    #[error("it is too short")]
    Weak,
}

/// Why a document is no set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// No JSON object.
    #[error("key set: {0}")]
    Json(JsonFault),
    /// No array `keys`.
    #[error("key set: it has no array `keys`")]
    NoKeys,
    /// More than [`KEYS_MAX`].
    #[error("key set: more than {KEYS_MAX} keys")]
    TooMany,
    /// None that verifies signatures.
    #[error("key set: no key in it can verify signatures")]
    Unusable,
}

/// A public key with the one algorithm that it verifies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey {
    id: Option<String>,
    algorithm: Algorithm,
    material: Material,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point of a NIST curve, or the 32 bytes of Ed25519.
    Point(Vec<u8>),
}

impl PublicKey {
    /// Reads a JSON Web Key. An RSA key that names no algorithm verifies RS256, which OpenID Connect makes every
    /// provider's default; for other types the curve says it.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<PublicKey, KeyFault> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let kty = text("kty").ok_or(KeyFault::Malformed)?;
        if kty != "oct" && jwk.contains_key("d") {
            return Err(KeyFault::Private);
        }
        let for_signatures = jwk.get("use").is_none_or(|purpose| purpose == "sig")
            && jwk.get("key_ops").is_none_or(|ops| ops.as_array().is_some_and(|ops| ops.contains(&json!("verify"))));
        if !for_signatures {
            return Err(KeyFault::Purpose);
        }
        let algorithm = match (text("alg"), kty, text("crv")) {
            (Some(name), _, _) => Algorithm::from_name(name),
            (None, "RSA", _) => Some(Algorithm::Rs256),
            (None, "EC", Some("P-256")) => Some(Algorithm::Es256),
            (None, "EC", Some("P-384")) => Some(Algorithm::Es384),
            (None, "OKP", Some("Ed25519")) => Some(Algorithm::EdDsa),
            _ => None,
        };
        let algorithm = algorithm.filter(|found| found.fits(kty, text("crv"))).ok_or(KeyFault::Unsupported)?;
        let id = text("kid").map(str::to_string);
        if id.as_ref().is_some_and(|id| id.len() > KEY_ID_BYTES_MAX) {
            return Err(KeyFault::Malformed);
        }
        let bytes = |name: &str| {
            let text = text(name).ok_or(KeyFault::Malformed)?;
            URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyFault::Malformed)
        };
        let material = match algorithm {
            Algorithm::EdDsa => Material::Point(exactly(bytes("x")?, 32)?),
            Algorithm::Es256 => point(bytes("x")?, bytes("y")?, 32)?,
            Algorithm::Es384 => point(bytes("x")?, bytes("y")?, 48)?,
            _ => rsa(bytes("n")?, bytes("e")?)?,
        };
        Ok(PublicKey { id, algorithm, material })
    }

    /// `kid`.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// What it verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` is this key's over `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let point: &dyn signature::VerificationAlgorithm = match self.algorithm {
            Algorithm::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
            Algorithm::Es384 => &signature::ECDSA_P384_SHA384_FIXED,
            Algorithm::EdDsa => &signature::ED25519,
            _ => return self.rsa_verifies(message, signature),
        };
        match &self.material {
            Material::Point(key) => signature::UnparsedPublicKey::new(point, key).verify(message, signature).is_ok(),
            Material::Rsa { .. } => false,
        }
    }

    fn rsa_verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let parameters = match self.algorithm {
            Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
            Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
            Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
            Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => return false,
        };
        match &self.material {
            Material::Rsa { modulus: n, exponent: e } => {
                signature::RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }
            Material::Point(_) => false,
        }
    }

    /// The key as a JSON Web Key.
    pub fn to_jwk(&self) -> Map<String, Value> {
        let mut jwk = self.required_members();
        jwk.insert("alg".into(), self.algorithm.name().into());
        jwk.insert("use".into(), "sig".into());
        if let Some(id) = &self.id {
            jwk.insert("kid".into(), id.as_str().into());
        }
        jwk
    }

    /// RFC 7638: SHA-256 over the members that make the key, in base64url.
    pub fn thumbprint(&self) -> String {
        // Ordered by name and without spaces is the form that the standard hashes. `Map` may keep another order.
        let members: BTreeMap<String, Value> = self.required_members().into_iter().collect();
        let canonical: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let canonical = format!("{{{}}}", canonical.join(","));
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
    }

    fn required_members(&self) -> Map<String, Value> {
        let encode = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
        let members = match &self.material {
            Material::Rsa { modulus, exponent } => {
                vec![("kty", "RSA".into()), ("n", encode(modulus)), ("e", encode(exponent))]
            }
            Material::Point(key) if self.algorithm == Algorithm::EdDsa => {
                vec![("kty", "OKP".into()), ("crv", "Ed25519".into()), ("x", encode(key))]
            }
            Material::Point(key) => {
                let (x, y) = key[1..].split_at((key.len() - 1) / 2);
                let curve = if self.algorithm == Algorithm::Es256 { "P-256" } else { "P-384" };
                vec![("kty", "EC".into()), ("crv", curve.into()), ("x", encode(x)), ("y", encode(y))]
            }
        };
        members.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
    }

    /// A key of our own, from its point; its id is its thumbprint.
    pub(crate) fn from_point(algorithm: Algorithm, point: &[u8]) -> PublicKey {
        let mut key = PublicKey { id: None, algorithm, material: Material::Point(point.to_vec()) };
        key.id = Some(key.thumbprint());
        key
    }
}

fn exactly(bytes: Vec<u8>, length: usize) -> Result<Vec<u8>, KeyFault> {
    if bytes.len() == length { Ok(bytes) } else { Err(KeyFault::Malformed) }
}

fn point(x: Vec<u8>, y: Vec<u8>, length: usize) -> Result<Material, KeyFault> {
    let mut point = vec![4]; // uncompressed (SEC 1, section 2.3.3)
    point.extend(exactly(x, length)?);
    point.extend(exactly(y, length)?);
    Ok(Material::Point(point))
}

fn rsa(mut modulus: Vec<u8>, exponent: Vec<u8>) -> Result<Material, KeyFault> {
    // Some providers write the sign byte of their big integers.
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    modulus.drain(..zeros);
    match modulus.len() {
        256..=1024 => Ok(Material::Rsa { modulus, exponent }),
        0..256 => Err(KeyFault::Weak),
        _ => Err(KeyFault::Unsupported),
    }
}

/// The keys of one issuer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<PublicKey>,
}

impl KeySet {
    /// Reads a JSON Web Key Set. Keys that we do not use are left out; a set without any other is refused, since it is
    /// rather a fault of the provider than the wish that nobody may sign in.
    pub fn from_jwks(document: &[u8]) -> Result<KeySet, KeySetError> {
        let document = parse_object(document).map_err(KeySetError::Json)?;
        let listed = document.get("keys").and_then(Value::as_array).ok_or(KeySetError::NoKeys)?;
        if listed.len() > KEYS_MAX {
            return Err(KeySetError::TooMany);
        }
        let keys: Vec<PublicKey> =
            listed.iter().filter_map(Value::as_object).filter_map(|jwk| PublicKey::from_jwk(jwk).ok()).collect();
        if keys.is_empty() {
            return Err(KeySetError::Unusable);
        }
        Ok(KeySet { keys })
    }

    /// A set of these keys.
    pub fn new(keys: Vec<PublicKey>) -> KeySet {
        KeySet { keys }
    }

    /// The keys.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Whether a token that names this key, or none, can be tried.
    pub fn knows(&self, id: Option<&str>) -> bool {
        id.is_none_or(|id| self.keys.iter().any(|key| key.id() == Some(id)))
    }

    /// The set as a document.
    pub fn to_jwks(&self) -> Value {
        json!({ "keys": self.keys.iter().map(PublicKey::to_jwk).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests;
