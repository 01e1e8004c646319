//! Bundles of evidence: a part of a ledger that whoever holds its public key can verify offline, and read.
//!
//! - [`archive`]: the file, a tar archive in which every byte follows from names and contents.
//! - [`Manifest`]: what is in it, each file with its SHA-256; [`Seal`]: what ties the manifest to the ledger.
//! - [`Framework`]: which kinds of entries are evidence for which control; the data is in `controls.json`.
//! - [`Draft`]: making a bundle, in two steps: the contents, then the proof that the ledger vouches for them.
//! - [`verify`]: checking one. [`Fault`] names the file that is wrong.
//!
//! # Invariants
//!
//! - **Nothing unchecked.** Every byte of a bundle is covered by a hash, a signature, or the one form that the archive may have:
//!   change one, and verifying names the file.
//! - **The key comes from elsewhere.** The key in a bundle is compared with the one that was given, and never used in its place.
//! - **Gaps are said.** A control without evidence is in the report, as what it is.
//!
//! No network, no database, no clock, no async; it depends on `ledger/` alone. A third party can audit the two together.
//! `docs/evidence.md` is for its users.

pub mod archive;
mod controls;
mod draft;
pub mod limits;
mod manifest;
mod people;
mod population;
mod report;
mod seal;
mod select;
pub mod time;
mod verify;

pub use controls::{Control, ControlFinding, Coverage, Framework, Item, frameworks};
pub use draft::{Draft, Proof, Request};
pub use manifest::{FORMAT, Listed, Manifest, People, sha256_hex};
pub use people::Person;
pub use population::{KindCount, Population};
pub use report::GENERATOR;
pub use seal::Seal;
pub use select::{Selected, Selection};
pub use verify::{Fault, Sealed, Verified, name_numbers, named_texts, verify};
