//! Signs any header and any claims, also those that no honest issuer would.

#![allow(dead_code, reason = "each test file uses its part of this module")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bussola_identity::key::{KeySet, PublicKey};
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use serde_json::{Map, Value, json};

/// Made for these tests; it signs nothing else.
const RSA: &[u8] = include_bytes!("rsa_for_tests.pk8");

/// Private keys of each type; the id of each is its algorithm's name. All forges share one RSA key, the others are each
/// forge's own.
pub struct Forge {
    random: SystemRandom,
    rsa: RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
}

impl Forge {
    pub fn new() -> Forge {
        let random = SystemRandom::new();
        let ecdsa = |algorithm| {
            let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
            EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("the key just made")
        };
        let p256 = ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING);
        let p384 = ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING);
        let document = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
        let ed25519 = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("the key just made");
        Forge { rsa: RsaKeyPair::from_pkcs8(RSA).expect("the fixture"), p256, p384, ed25519, random }
    }

    /// A public key, fixed to an algorithm, with that algorithm's name as its id.
    pub fn jwk(&self, alg: &str) -> Map<String, Value> {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = |curve: &str, key: &EcdsaKeyPair| {
            let point = &key.public_key().as_ref()[1..];
            let (x, y) = point.split_at(point.len() / 2);
            json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
        };
        let mut jwk = match alg {
            "ES256" => point("P-256", &self.p256),
            "ES384" => point("P-384", &self.p384),
            "EdDSA" => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(self.ed25519.public_key().as_ref())}),
            _ => {
                let key = signature::RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
                json!({"kty": "RSA", "n": encode(&key.n), "e": encode(&key.e)})
            }
        };
        jwk["alg"] = alg.into();
        jwk["kid"] = alg.into();
        jwk.as_object().expect("an object").clone()
    }

    /// The keys of these algorithms.
    pub fn keys(&self, algs: &[&str]) -> KeySet {
        KeySet::new(algs.iter().map(|alg| PublicKey::from_jwk(&self.jwk(alg)).expect("a key")).collect())
    }

    /// Signs with the key of an algorithm, whatever the header says.
    pub fn sign(&self, alg: &str, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let message = signed.as_bytes();
        let rsa = |padding: &'static dyn signature::RsaEncoding| {
            let mut signature = vec![0; self.rsa.public().modulus_len()];
            self.rsa.sign(padding, &self.random, message, &mut signature).expect("a signature");
            signature
        };
        let signature = match alg {
            "RS256" => rsa(&signature::RSA_PKCS1_SHA256),
            "RS384" => rsa(&signature::RSA_PKCS1_SHA384),
            "RS512" => rsa(&signature::RSA_PKCS1_SHA512),
            "PS256" => rsa(&signature::RSA_PSS_SHA256),
            "PS384" => rsa(&signature::RSA_PSS_SHA384),
            "PS512" => rsa(&signature::RSA_PSS_SHA512),
            "ES256" => self.p256.sign(&self.random, message).expect("a signature").as_ref().to_vec(),
            "ES384" => self.p384.sign(&self.random, message).expect("a signature").as_ref().to_vec(),
            "EdDSA" => self.ed25519.sign(message).as_ref().to_vec(),
            other => panic!("the forge has no {other}"),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// An honest token of a kind.
    pub fn token(&self, alg: &str, kind: &str, claims: &Value) -> String {
        self.sign(alg, &json!({"alg": alg, "typ": kind, "kid": alg}).to_string(), &claims.to_string())
    }
}

/// HMAC-SHA256 over header and claims: what a confused verifier would accept.
pub fn sign_hmac(secret: &[u8], header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    let tag = ring::hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}
