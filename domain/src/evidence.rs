//! What the ledger says about itself: that it was recovered, and that evidence was taken from it.
//!
//! INVARIANT: neither changes the model. They are there for whoever holds copies, checkpoints or bundles against the entries.

use serde::{Deserialize, Serialize};

use crate::id::{BlobHash, Timestamp};

/// Size and root of the ledger at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// The root, in base64 as checkpoints write it.
    pub root: String,
    /// Number of entries.
    pub size: u64,
}

/// An operator let a ledger be served that is not what was served before: entries were lost, or another history is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRecovered {
    /// What there is instead, without this entry.
    pub new: LedgerHead,
    /// What was served last, as the second store knew; none: it did not know, or could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<LedgerHead>,
    /// The hash of the reason, which is kept aside: it may name a person.
    pub reason: BlobHash,
}

/// Evidence was taken out. The manifest names every file of the bundle with its hash, so this entry vouches for all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceExported {
    /// Only what concerns this component, by its ref; none: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Whose controls it is arranged by.
    pub framework: String,
    /// From when on.
    pub from: Timestamp,
    /// The hash of the bundle's manifest.
    pub manifest: BlobHash,
    /// Before when.
    pub to: Timestamp,
}
