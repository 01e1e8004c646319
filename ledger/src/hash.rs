//! SHA-256 as RFC 6962 section 2.1 applies it.
//!
//! INVARIANT: leaves and nodes are hashed under different prefixes (0x00 and 0x01), so that no entry can pass for an
//! inner node of the tree.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// A SHA-256 hash: of a leaf, of a node, of a whole tree. Displayed in lower-case hex, as `sha256sum` prints it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// The text is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Not 64 hex digits.
    #[error("a hash is 64 lower-case hex digits, found {0} bytes of text")]
    NotHex(usize),
    /// Not the base64 of 32 bytes.
    #[error("a hash in base64 is 44 characters for 32 bytes, found {0} bytes of text")]
    NotBase64(usize),
}

impl Hash {
    /// The root of the tree without entries: the hash of no bytes at all (RFC 6962 section 2.1).
    pub const EMPTY_ROOT: Hash = Hash([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae,
        0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]);

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Standard base64 with padding, as C2SP notes and proofs write hashes.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads what [`Hash::to_base64`] writes, and only that.
    pub fn from_base64(text: &str) -> Result<Hash, HashError> {
        let mut bytes = [0; 32];
        match STANDARD.decode_slice(text, &mut bytes) {
            Ok(32) => Ok(Hash(bytes)),
            Ok(_) | Err(_) => Err(HashError::NotBase64(text.len())),
        }
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Hash {
        Hash(bytes)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        f.pad(str::from_utf8(&text).expect("hex digits are ascii"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Hash, HashError> {
        let wrong = || HashError::NotHex(text.len());
        let digits = <&[u8; 64]>::try_from(text.as_bytes()).map_err(|_| wrong())?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let (high, low) = (hex_digit(pair[0]).ok_or_else(wrong)?, hex_digit(pair[1]).ok_or_else(wrong)?);
            *byte = high << 4 | low;
        }
        Ok(Hash(bytes))
    }
}

/// Lower-case only: one hash has one text.
pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// The hash of a leaf: SHA-256(0x00 || leaf).
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0x00]);
    hasher.update(leaf);
    Hash(hasher.finalize().into())
}

/// The hash of a node over its two children: SHA-256(0x01 || left || right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // One update of a prepared block costs less than three small ones, and this is half of all hashing.
    let mut block = [0x01; 65];
    block[1..33].copy_from_slice(&left.0);
    block[33..].copy_from_slice(&right.0);
    Hash(Sha256::digest(block).into())
}
