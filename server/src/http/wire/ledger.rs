//! The ledger.

use bussola_ledger::{InclusionProofText, TreeHead, format_hashes};
use bussola_store::{Recorded, Store};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;
use crate::witness::{Standing, Witness, Witnesses};
use bussola_domain::id::Timestamp;

/// Size and root of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Head {
    /// Number of entries.
    pub size: u64,
    /// Root of the Merkle tree over them, in base64.
    pub root: String,
    /// The newest checkpoint that anybody may have: it lags behind by a second at most, or is stuck while its guard cannot be
    /// written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<PublishedHead>,
    /// Cosignatures that a checkpoint should have before it is served; 0: there are no witnesses.
    #[serde(default)]
    pub quorum: usize,
    /// Who cosigns, and how that goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<WitnessView>,
}

/// How far the ledger is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublishedHead {
    /// Number of entries of the newest signed checkpoint.
    pub size: u64,
    /// Of the newest that has its quorum of cosignatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosigned_size: Option<u64>,
}

/// A witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WitnessView {
    /// Its name.
    pub name: String,
    /// Where it is asked.
    pub url: String,
    /// How it is with it.
    pub standing: WitnessStanding,
    /// Since when.
    pub since: String,
    /// What it, or the network, said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Number of entries of the checkpoint that it cosigned last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When, by its own clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// How it is with a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WitnessStanding {
    /// It was not asked yet.
    New,
    /// It cosigns.
    Cosigned,
    /// It cannot be reached, or not be understood.
    Unreachable,
    /// It does not know this ledger, or not its key.
    Unknown,
    /// It saw another history of this ledger: a fork. Somebody should act.
    Refused,
}

impl Head {
    /// From the tree, and what is known of its publication.
    pub fn of(head: TreeHead, store: &Store, witnesses: &Witnesses) -> Head {
        let published = store.newest_checkpoint().map(|newest| PublishedHead {
            size: newest.head.size,
            cosigned_size: store.cosigned_checkpoint().map(|cosigned| cosigned.head.size),
        });
        Head {
            size: head.size,
            root: head.root.to_base64(),
            published,
            quorum: witnesses.quorum,
            witnesses: witnesses.all.iter().map(|witness| WitnessView::of(witness)).collect(),
        }
    }
}

impl WitnessView {
    fn of(witness: &Witness) -> WitnessView {
        let known = witness.known();
        let (standing, message) = match known.standing {
            Standing::New => (WitnessStanding::New, None),
            Standing::Cosigned => (WitnessStanding::Cosigned, None),
            Standing::Unreachable(why) => (WitnessStanding::Unreachable, Some(why)),
            Standing::Unknown(why) => (WitnessStanding::Unknown, Some(why)),
            Standing::Refused(why) => (WitnessStanding::Refused, Some(why)),
        };
        WitnessView {
            name: witness.settings.key.name().to_string(),
            url: witness.settings.url.to_string(),
            standing,
            since: time(Timestamp(known.since_us)),
            message,
            size: known.size,
            at: known.at_s.map(|at| time(Timestamp(i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(1_000_000)))),
        }
    }
}

/// A signed note of the head, as C2SP tlog-checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckpointNote {
    /// The note: keep it where the operator of the ledger cannot reach it.
    pub note: String,
    /// The key that opens it, as C2SP signed-note writes keys. Whoever checks should have it from elsewhere.
    pub vkey: String,
    /// The keys of the witnesses that this server asks, in the same form; their lines may be on the note.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<String>,
}

/// A text that stands beside the ledger because it may name a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NameText {
    /// Its number in entries.
    pub name: u32,
    /// What makes its hash in `names.given` of no use to who guesses, in hex: SHA-256 of salt and text is that hash.
    pub salt: String,
    /// It.
    pub text: String,
}

/// Evidence that is about to be handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// Only what concerns this component, by its ref; not given: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Whose controls it is arranged by: `soc2`, `iso27001` or `sox`.
    pub framework: String,
    /// From when on, as RFC 3339.
    pub from: String,
    /// SHA-256 of the bundle's manifest, in hex.
    pub manifest: String,
    /// Before when, as RFC 3339.
    pub to: String,
}

/// The export is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportRecorded {
    /// Number of entries; the one that says so is among the last.
    pub size: u64,
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
