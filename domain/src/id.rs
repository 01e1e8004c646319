//! Identifiers: small copyable numbers for what the model holds by the thousand, and hashes for what is stored aside.
//!
//! INVARIANT: numbers are handed out by the model in rising order and never used twice, so a number in an old entry means
//! the same thing for ever.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($int:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $int);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A Luigi worker session. The client's own worker id holds a host and a user name, so it is a [`NameId`] and the
    /// ledger only ever sees this number.
    WorkerNo(u32)
}
number! {
    /// A text that may name a person (worker id, host, e-mail address), kept in an erasable table beside the ledger.
    NameId(u32)
}
number! {
    /// One execution of a pipeline by one worker session.
    RunId(u64)
}

number! {
    /// Somebody who acts: a person, a service, an agent. Who that is stands in the names.
    PrincipalNo(u32)
}
number! {
    /// Somebody's presence after signing in.
    SessionNo(u32)
}
number! {
    /// A personal access token.
    TokenNo(u32)
}

/// Microseconds since the Unix epoch. May be zero, negative or go back: time is an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// LIMIT: 2^53 - 1 microseconds either side of 1970, the range that entries can hold (the year 2255).
    pub const MICROSECONDS_MAX: i64 = (1 << 53) - 1;

    /// From Unix seconds, to the nearest microsecond; saturates.
    pub fn from_seconds(seconds: f64) -> Timestamp {
        Timestamp::clamped((seconds * 1e6).round() as i64)
    }

    /// Unix seconds, as Luigi's clients read them.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// This moment plus `seconds`, which may be infinite; saturates.
    pub fn plus_seconds(self, seconds: f64) -> Timestamp {
        Timestamp::clamped(self.0.saturating_add((seconds * 1e6) as i64))
    }

    fn clamped(microseconds: i64) -> Timestamp {
        Timestamp(microseconds.clamp(-Timestamp::MICROSECONDS_MAX, Timestamp::MICROSECONDS_MAX))
    }
}

/// SHA-256 of a text that is stored once, beside the ledger; the entry holds only this.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobHash(pub [u8; 32]);

impl BlobHash {
    /// The hash of `content`.
    pub fn of(content: &[u8]) -> BlobHash {
        BlobHash(Sha256::digest(content).into())
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobHash({self})")
    }
}

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 hash: `{0}`")]
pub struct BadHash(String);

impl FromStr for BlobHash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<BlobHash, BadHash> {
        let bad = || BadHash(text.chars().take(80).collect());
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(|d| matches!(d, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(bad());
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |d: u8| if d.is_ascii_digit() { d - b'0' } else { d - b'a' + 10 };
            *byte = digit(pair[0]) << 4 | digit(pair[1]);
        }
        Ok(BlobHash(hash))
    }
}

impl Serialize for BlobHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlobHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<BlobHash, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
