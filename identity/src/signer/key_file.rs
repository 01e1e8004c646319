//! A private key and its file.
//!
//! A file is `<key id>.json`, mode 0600, in a directory of mode 0700. It is written whole under another name, flushed and
//! renamed, so a crash leaves either no key or a whole one. Files with other endings are left alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, Signature};
use serde_json::json;
use zeroize::Zeroizing;

use super::SignerError;
use crate::claims::time_of;
use crate::key::{Algorithm, PublicKey};
use crate::limits::{KEY_FILE_BYTES_MAX, SIGNING_KEYS_MAX};
use crate::strict_json::parse_object;

/// A private key with its times.
pub(super) struct SigningKey {
    pair: Pair,
    public: PublicKey,
    /// The encoded header of every token that it signs.
    header: String,
    /// PKCS#8, for the file.
    document: Zeroizing<Vec<u8>>,
    published_at: i64,
    signs_from: i64,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

impl SigningKey {
    pub(super) fn generate(
        algorithm: Algorithm,
        published_at: i64,
        signs_from: i64,
        random: &SystemRandom,
    ) -> Result<SigningKey, SignerError> {
        let document = match algorithm {
            Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(random),
            Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, random),
            other => return Err(SignerError::Algorithm(other)),
        };
        let document = document.map_err(|_| SignerError::Randomness)?;
        let document = Zeroizing::new(document.as_ref().to_vec());
        SigningKey::read(algorithm, document, published_at, signs_from).ok_or(SignerError::Randomness)
    }

    fn read(
        algorithm: Algorithm,
        document: Zeroizing<Vec<u8>>,
        published_at: i64,
        signs_from: i64,
    ) -> Option<SigningKey> {
        let (pair, public) = match algorithm {
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(&document).ok()?;
                let public = PublicKey::from_point(algorithm, pair.public_key().as_ref());
                (Pair::Ed25519(pair), public)
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &document, &SystemRandom::new());
                let pair = pair.ok()?;
                let public = PublicKey::from_point(algorithm, pair.public_key().as_ref());
                (Pair::P256(pair), public)
            }
            _ => return None,
        };
        let header = json!({"alg": algorithm.name(), "kid": public.id(), "typ": "at+jwt"});
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        Some(SigningKey { pair, public, header, document, published_at, signs_from })
    }

    pub(super) fn id(&self) -> &str {
        self.public.id().unwrap_or_default()
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn header(&self) -> &str {
        &self.header
    }

    pub(super) fn signs_from(&self) -> i64 {
        self.signs_from
    }

    /// Later keys replace earlier ones. Of two that begin in the same second the one published later is later, and of
    /// two that were also published in the same second, as good as any.
    pub(super) fn order(&self) -> (i64, i64, &str) {
        (self.signs_from, self.published_at, self.id())
    }

    pub(super) fn sign(&self, message: &[u8], random: &SystemRandom) -> Result<Signature, SignerError> {
        match &self.pair {
            Pair::Ed25519(pair) => Ok(pair.sign(message)),
            Pair::P256(pair) => pair.sign(random, message).map_err(|_| SignerError::Randomness),
        }
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SignerError {
    let path = path.to_path_buf();
    move |source| SignerError::File { action, path, source }
}

pub(super) fn make_directory(directory: &Path) -> Result<(), SignerError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed("make", directory))
}

/// All keys of a directory.
pub(super) fn load(directory: &Path) -> Result<Vec<SigningKey>, SignerError> {
    let mut keys = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed("read", directory))? {
        let path = entry.map_err(failed("read", directory))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            if keys.len() == SIGNING_KEYS_MAX {
                return Err(SignerError::Unreadable(directory.to_path_buf()));
            }
            keys.push(load_one(&path)?);
        }
    }
    Ok(keys)
}

fn load_one(path: &Path) -> Result<SigningKey, SignerError> {
    let about = fs::metadata(path).map_err(failed("read", path))?;
    if about.permissions().mode() & 0o077 != 0 {
        return Err(SignerError::Exposed(path.to_path_buf()));
    }
    let unreadable = || SignerError::Unreadable(path.to_path_buf());
    if about.len() > KEY_FILE_BYTES_MAX {
        return Err(unreadable());
    }
    let text = Zeroizing::new(fs::read(path).map_err(failed("read", path))?);
    let members = parse_object(&text).map_err(|_| unreadable())?;
    let member = |name: &str| members.get(name).and_then(|value| value.as_str());
    let time = |name: &str| members.get(name).and_then(time_of);
    let key = || {
        let algorithm = Algorithm::from_name(member("alg")?)?;
        let document = Zeroizing::new(URL_SAFE_NO_PAD.decode(member("pkcs8")?).ok()?);
        SigningKey::read(algorithm, document, time("published_at")?, time("signs_from")?)
    };
    key().ok_or_else(unreadable)
}

fn path_of(directory: &Path, key: &SigningKey) -> PathBuf {
    directory.join(format!("{}.json", key.id()))
}

pub(super) fn write(directory: &Path, key: &SigningKey, random: &SystemRandom) -> Result<(), SignerError> {
    let encoded = Zeroizing::new(URL_SAFE_NO_PAD.encode(&key.document));
    let text = Zeroizing::new(format!(
        "{{\n  \"alg\": \"{}\",\n  \"published_at\": {},\n  \"signs_from\": {},\n  \"pkcs8\": \"{}\"\n}}\n",
        key.algorithm().name(),
        key.published_at,
        key.signs_from,
        encoded.as_str()
    ));
    let mut suffix = [0; 8];
    random.fill(&mut suffix).map_err(|_| SignerError::Randomness)?;
    let unfinished = directory.join(format!(".{}-{}", key.id(), URL_SAFE_NO_PAD.encode(suffix)));
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, path_of(directory, key))
    });
    if written.is_err() {
        // The first error is the one that tells; what is left over is harmless.
        let _ = fs::remove_file(&unfinished);
    }
    written.and_then(|()| File::open(directory)?.sync_all()).map_err(failed("write", &path_of(directory, key)))
}

pub(super) fn remove(directory: &Path, key: &SigningKey) -> Result<(), SignerError> {
    let path = path_of(directory, key);
    fs::remove_file(&path).and_then(|()| File::open(directory)?.sync_all()).map_err(failed("remove", &path))
}
