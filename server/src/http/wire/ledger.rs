//! The ledger.

use bussola_ledger::{InclusionProofText, TreeHead, format_hashes};
use bussola_store::Recorded;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;
use bussola_domain::id::Timestamp;

/// Size and root of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Head {
    /// Number of entries.
    pub size: u64,
    /// Root of the Merkle tree over them, in base64.
    pub root: String,
}

impl Head {
    /// From the tree.
    pub fn of(head: TreeHead) -> Head {
        Head { size: head.size, root: head.root.to_base64() }
    }
}

/// A signed note of the head, as C2SP tlog-checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointNote {
    /// The note: keep it where the operator of the ledger cannot reach it.
    pub note: String,
    /// The key that opens it, as C2SP signed-note writes keys. Whoever checks should have it from elsewhere.
    pub vkey: String,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EntryView {
    /// Its place in the ledger, from 0.
    pub seq: u64,
    /// When it happened.
    pub at: String,
    /// What happened.
    #[schema(example = "task.moved")]
    pub kind: String,
    /// The version of the payload.
    pub version: u16,
    /// To what.
    pub subject: String,
    /// All of it as one sentence for people, with the names that things have now; empty for a kind that this release does
    /// not know.
    #[serde(default)]
    #[schema(example = "manifest compass.yml declared component payments-api, owner payments")]
    pub sentence: String,
    /// Who did it: an opaque id.
    pub principal: String,
    /// By what right.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub authority: String,
    /// In the course of which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// What exactly.
    pub payload: serde_json::Value,
    /// SHA-256 of the leaf, in base64.
    pub hash: String,
    /// The entry as it was hashed: canonical JSON.
    pub leaf: String,
}

impl EntryView {
    /// From the store's, with its sentence.
    pub fn of(recorded: &Recorded, sentence: String) -> EntryView {
        let body = &recorded.entry.body;
        EntryView {
            seq: recorded.entry.seq,
            sentence,
            at: time(Timestamp(body.at_us)),
            kind: body.kind.clone(),
            version: body.version,
            subject: body.subject.clone(),
            principal: body.principal.clone(),
            authority: body.authority.clone(),
            run: body.run,
            payload: serde_json::from_slice(body.payload.as_bytes()).unwrap_or_default(),
            hash: recorded.hash.to_base64(),
            leaf: leaf(recorded),
        }
    }
}

/// An entry as it was hashed.
pub fn leaf(recorded: &Recorded) -> String {
    let mut leaf = Vec::new();
    // It was decoded from this form, so it has it.
    match recorded.entry.body.encode_into(recorded.entry.seq, &mut leaf) {
        Ok(()) => String::from_utf8_lossy(&leaf).into_owned(),
        Err(_) => String::new(),
    }
}

/// A page of entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EntryPage {
    /// Entries, in the order that was asked for. A page may be short, even empty, and have more after it.
    pub items: Vec<EntryView>,
    /// How many the ledger has, whatever was asked for.
    pub size: u64,
    /// The `from` of the next page in the same order; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_from: Option<u64>,
}

/// The proof that an entry is in the ledger: the content of the files that `docs/ledger-format.md` describes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntryProof {
    /// The entry.
    pub seq: u64,
    /// `entry.json`: the entry as it was hashed.
    pub leaf: String,
    /// `entry.tlog-proof`: proof and checkpoint in one text, as C2SP tlog-proof.
    pub proof: String,
    /// `entry.hashes`: the hashes of the proof alone, one in base64 on each line.
    pub hashes: String,
    /// `checkpoint`: the signed note that the proof leads to.
    pub checkpoint: String,
    /// The key that opens it. Whoever checks should have it from elsewhere.
    pub vkey: String,
}

impl EntryProof {
    /// From the store's.
    pub fn of(leaf: String, proof: &InclusionProofText, vkey: String) -> EntryProof {
        EntryProof {
            seq: proof.seq,
            leaf,
            proof: proof.to_string(),
            hashes: format_hashes(&proof.hashes),
            checkpoint: proof.note.clone(),
            vkey,
        }
    }
}

/// What the event stream says of a committed entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventData {
    /// Its place in the ledger.
    pub seq: u64,
    /// When it happened.
    pub at: String,
    /// What happened.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// In which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
}
