//! What is in a bundle: every file with its length and hash, and what the whole claims to be.
//!
//! INVARIANT: a manifest has one form, as entries have: members in alphabetical order, no white space. So its hash is a property of
//! what it says, and a byte in it that says nothing cannot be changed.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The form of bundle that this release writes and reads.
pub const FORMAT: &str = "bussola.evidence/1";

/// What a bundle is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Only what concerns this component; none: everything that happened in the period.
    pub component: Option<String>,
    /// Entries in `entries.jsonl`.
    pub entries: u64,
    /// Every file that the manifest vouches for, by path.
    pub files: Vec<Listed>,
    /// The number of the first entry; of none: of the entry that would be the first.
    pub first: u64,
    /// [`FORMAT`].
    pub format: String,
    /// Whose controls the report is arranged by.
    pub framework: String,
    /// The period begins then, in microseconds since 1970-01-01 UTC.
    pub from: i64,
    /// The program that made it: the same one makes the same report of the same entries.
    pub generator: String,
    /// When it was made.
    pub made_at: i64,
    /// The ledger.
    pub origin: String,
    /// Whether names stand beside the numbers of people.
    pub people: People,
    /// Paths of the policies in force, each under its SHA-256.
    pub policies: Vec<String>,
    /// The period ends before then.
    pub to: i64,
}

/// A file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its length.
    pub bytes: u64,
    /// Its path.
    pub path: String,
    /// Its hash, in hex.
    pub sha256: String,
}

/// What a bundle says of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum People {
    /// The opaque ids that entries have.
    Pseudonymous,
    /// Also the texts of the names that its entries give.
    Resolved,
}

impl Manifest {
    /// Its only byte form.
    pub fn encode(&self) -> Vec<u8> {
        // Plain data, which serde has no reason to refuse.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what [`Manifest::encode`] yields, and only that. None: it is something else.
    pub fn decode(bytes: &[u8]) -> Option<Manifest> {
        let manifest: Manifest = serde_json::from_slice(bytes).ok()?;
        (manifest.encode() == bytes).then_some(manifest)
    }
}

impl Listed {
    /// Of a file.
    pub fn of(path: &str, content: &[u8]) -> Listed {
        Listed { bytes: content.len() as u64, path: path.to_owned(), sha256: sha256_hex(content) }
    }
}

/// SHA-256 in lower-case hex, as `sha256sum` prints it.
pub fn sha256_hex(bytes: &[u8]) -> String {
    bussola_ledger::Hash(Sha256::digest(bytes).into()).to_string()
}
