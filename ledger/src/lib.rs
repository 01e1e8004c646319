//! The ledger: an append-only Merkle log, and everything an auditor needs to check one.
//!
//! What is in it, from the bottom up:
//!
//! - [`canonical`]: RFC 8785 JSON, checked without building a tree of values.
//! - [`Entry`], [`EntryBody`], [`Payload`]: what one line of the ledger says, and its only byte form, the **leaf**.
//! - [`struct@Hash`], [`leaf_hash`], [`node_hash`]: SHA-256 as RFC 6962 applies it.
//! - [`Frontier`], [`FullTile`]: the growing tree, and the 256-wide tiles of C2SP `tlog-tiles` that it completes.
//! - [`inclusion_proof`], [`consistency_proof`] and their `verify_` counterparts.
//! - [`multi_proof`]: one proof for many entries, as small as what they do not share with each other.
//! - [`WitnessKey`], [`Cosignature`]: C2SP `tlog-cosignature`, what witnesses add to a checkpoint.
//! - [`Checkpoint`], [`SigningKey`], [`VerifyingKey`]: C2SP `tlog-checkpoint` on C2SP `signed-note`, Ed25519.
//! - [`Verifier`], [`Fault`]: the whole ledger checked as a stream, naming the first entry that is wrong and why.
//!
//! # Invariants
//!
//! - **One form.** A leaf that decodes is the leaf that encoding its entry yields; every other byte string is refused.
//!   So the hash of an entry is a property of the entry and not of the program that wrote it.
//! - **Append only.** Nothing here changes or removes an entry; a [`Frontier`] only grows.
//! - **Opaque meaning.** Kinds, versions and payloads are hashed and kept, never interpreted. An auditor with an old
//!   binary can verify a ledger that a newer one wrote.
//! - **Signed means checked.** A [`Checkpoint`] from [`VerifyingKey::open`] had its signature verified; there is no way
//!   to read one out of a note without a key.
//!
//! # What it deliberately does not do
//!
//! No clock, no randomness (keys come from 32 bytes that the caller drew), no files, no SQL, no async, no domain.
//! A third party can audit this crate together with `docs/ledger-format.md` and nothing else.

pub mod canonical;
mod checkpoint;
mod cosignature;
mod entry;
mod frontier;
mod hash;
pub mod limits;
mod multi_proof;
mod note;
mod proof;
mod proof_text;
mod tile;
mod verify;

pub use checkpoint::{Checkpoint, CheckpointError, TreeHead};
pub use cosignature::{Cosignature, CosignatureError, WitnessKey, with_cosignature};
pub use entry::{Entry, EntryBody, EntryError, EntryRef, Payload, leaf_kind};
pub use frontier::{Frontier, RestoreError};
pub use hash::{Hash, HashError, leaf_hash, node_hash};
pub use multi_proof::{multi_proof, verify_multi};
pub use note::{KeyError, NoteError, Origin, OriginError, SigningKey, VerifyingKey};
pub use proof::{
    ProofError, ReadProofError, consistency_proof, inclusion_proof, root_at, verify_consistency, verify_inclusion,
};
pub use proof_text::{ConsistencyProofText, InclusionProofText, ProofTextError, format_hashes, parse_hashes};
pub use tile::{
    BundleError, FullTile, TILE_WIDTH, TileReader, WithEdge, entry_bundle, entry_bundle_path, tile_bytes, tile_hashes,
    tile_path,
};
pub use verify::{CheckedChunk, Fault, StoredEntry, Verified, Verifier, check_chunk, open_stored_checkpoint};
