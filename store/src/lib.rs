//! The store: one writer thread that executes commands on the model, and keeps what they record.
//!
//! ```text
//! execute ─► queue ─► engine: a group of commands ─► entries, tiles, head, names, texts, history ─► replies
//! (async)  (bounded)  under the model's lock          one SQLite transaction
//! ```
//!
//! - [`Store`]: commands in, replies out after the commit; questions to the model, the history and the ledger.
//! - [`Published`]: what is served of the ledger, once a second store has seen it ([`GuardError`]).
//! - [`audit`]: the same ledger seen from outside, beside a running server or after it has stopped.
//! - [`journal`]: what the writer writes to. SQLite, and one in memory that fails when told to.
//!
//! # Invariants
//!
//! - **A reply means kept.** It leaves after its entries are with the operating system (`Sync::Interval`) or on the disk
//!   (`Sync::Always`), all of its group's or none.
//! - **One transaction.** Entries, tree, names, texts and history cannot disagree.
//! - **State equals the log.** After a failed commit or a command that stopped half way the model is folded anew from what is
//!   stored, with the code that recovery uses.
//! - **Nobody waits for a reader.** Questions to tables use connections of their own; questions to the model hold a
//!   shared lock, the writer the exclusive one for at most some milliseconds.
//!
//! It is the only place with SQL. It knows no protocol, and of commands only that they can be executed.

pub mod audit;
#[doc(hidden)]
pub mod by_hand;
mod directory;
mod engine;
mod entry;
mod error;
mod find;
mod folds;
mod guard;
mod history;
mod job;
pub mod journal;
mod keeper;
pub mod limits;
mod options;
mod priority;
mod publish;
mod queue;
mod recovery;
mod salts;
mod signature;
mod snapshot;
mod state;
mod store;
mod writer;

pub use error::StoreError;
pub use find::{EntryFilter, FoundEntries};
pub use folds::FoldedRun;
pub use guard::GuardError;
pub use history::{AttemptFilter, AttemptRow, Recorded, RunFilter, RunRow, RunSort};
pub use limits::RUNS_COUNTED_MAX;
pub use options::{Context, Location, Options, Sync};
pub use publish::Published;
pub use state::Committed;
pub use store::Store;
