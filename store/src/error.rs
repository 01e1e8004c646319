//! What can go wrong between a command and its place in the ledger.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bussola_domain::access::Denial;
use bussola_ledger::{EntryError, Fault, KeyError, OriginError};

use crate::guard::GuardError;
use crate::journal::JournalError;

/// Why the store did not do what was asked. Cloned to every caller that the same failure concerns.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The queue stayed full.
    #[error("the writer did not take the command within {} s: {waiting} commands wait", .after.as_secs())]
    Busy {
        /// How long the caller waited.
        after: Duration,
        /// The length of the queue.
        waiting: usize,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// Whoever gave the command may not. Nothing was done but to write that down.
    #[error("{denial}")]
    Denied {
        /// What, and why not.
        denial: Arc<Denial>,
    },
    /// The command stopped half way. Nothing of it was kept.
    #[error("a command failed: {message}")]
    Panicked {
        /// What it said.
        message: Arc<str>,
    },
    /// What the command recorded has no form in the ledger. Nothing of it was kept.
    #[error("cannot record `{kind}`: {source}")]
    Encode {
        /// The kind of the entry.
        kind: &'static str,
        /// Why.
        source: EntryError,
    },
    /// The transaction failed. Nothing of it was kept.
    #[error("cannot write the ledger: {source}")]
    Commit {
        /// Why.
        source: Arc<JournalError>,
    },
    /// An earlier transaction failed, and the disk has not recovered yet.
    #[error("the ledger cannot be written at the moment: {source}")]
    Unavailable {
        /// Why the last try failed.
        source: Arc<JournalError>,
    },
    /// What was read in memory was never committed.
    #[error("what was read could not be committed: {source}")]
    NotSettled {
        /// Why.
        source: Arc<JournalError>,
    },
    /// A question to the database failed.
    #[error("cannot read the ledger: {source}")]
    Read {
        /// Why.
        source: Arc<JournalError>,
    },
    /// The ledger has no such entry.
    #[error("there is no entry {seq}: the ledger has {size}")]
    NoSuchEntry {
        /// Which.
        seq: u64,
        /// How many there are.
        size: u64,
    },
    /// A file or directory.
    #[error("cannot {action} {}: {source}", .path.display())]
    File {
        /// `create`, `read`, ...
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: Arc<std::io::Error>,
    },
    /// Another server has the directory.
    #[error("data directory {} is in use by {holder}", .path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
        /// Who holds it, as far as it says.
        holder: String,
    },
    /// The directory has no ledger.
    #[error("there is no ledger in {}", .path.display())]
    NoLedger {
        /// The directory.
        path: PathBuf,
    },
    /// A newer release wrote the database.
    #[error("the ledger has format {found}, this release knows up to {known}")]
    TooNew {
        /// Of the database.
        found: i64,
        /// Of this release.
        known: i64,
    },
    /// A key file is not what it should be.
    #[error("key in {}: {source}", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
    /// There was a ledger here, and its database is gone.
    #[error("the ledger in {} is gone, its keys are there", .path.display())]
    Lost {
        /// The database.
        path: PathBuf,
    },
    /// The key file belongs to another ledger.
    #[error("key in {} is of `{found}`, the ledger is `{expected}`", .path.display())]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// Of the key.
        found: String,
        /// Of the ledger.
        expected: String,
    },
    /// The configured name cannot stand in a checkpoint.
    #[error("origin of the ledger: {0}")]
    Origin(OriginError),
    /// No randomness for a new key.
    #[error("cannot draw a key: {0}")]
    Randomness(String),
    /// The ledger is not as it was written.
    #[error("the ledger is damaged: {0}")]
    Broken(Fault),
    /// An entry that this release should understand does not read.
    #[error("the ledger is damaged: entry {seq} cannot be read: {reason}")]
    Unreadable {
        /// Which entry.
        seq: u64,
        /// Why.
        reason: String,
    },
    /// The second store does not let the ledger be served.
    #[error("{0}")]
    Guard(GuardError),
    /// There is no proof.
    #[error("cannot prove entry {seq}: {reason}")]
    Unproven {
        /// Which entry.
        seq: u64,
        /// Why.
        reason: String,
    },
}

impl StoreError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            StoreError::Busy { .. } => "try again; if it stays so, the disk or the machine is too slow for the load",
            StoreError::Closed => "the server is stopping: try again in a moment",
            StoreError::Denied { denial } if denial.why.asks_to_sign_in() => {
                "sign in with `bussola login`, or give a token in BUSSOLA_TOKEN"
            }
            StoreError::Denied { .. } => "ask whoever writes the policies: the ledger has what was denied, and to whom",
            StoreError::Panicked { .. } => "this is a bug in bussola: please report it with the server's log",
            StoreError::Encode { source, .. } => source.hint(),
            StoreError::Commit { source } | StoreError::Unavailable { source }
                if matches!(**source, JournalError::Locked) =>
            {
                "end the program that has a transaction open in `ledger.db`; the server goes on by itself"
            }
            StoreError::Commit { .. } | StoreError::Unavailable { .. } | StoreError::NotSettled { .. } => {
                "check the space and the health of the disk that holds the data directory; the server goes on by itself"
            }
            StoreError::Read { .. } => "run `bussola ledger verify` and check the health of the disk",
            StoreError::NoSuchEntry { .. } => "entries are counted from 0",
            StoreError::File { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                "free some space on the disk, or give another directory with `--data`"
            }
            StoreError::File { .. } => "check that the path exists and that the server's user may use it",
            StoreError::Locked { .. } => "stop the other server, or give this one another directory with `--data`",
            StoreError::NoLedger { .. } => "give the directory that `bussola serve --data` writes to",
            StoreError::TooNew { .. } => "use the release that wrote it, or a later one",
            StoreError::Lost { .. } => {
                "restore `ledger.db` from a backup; for a new ledger, which needs a new key, give an empty directory"
            }
            StoreError::Key { .. } | StoreError::OtherKey { .. } => {
                "restore `ledger.key` from a backup: checkpoints of this ledger can only be signed with it"
            }
            StoreError::Origin(_) => "set `[ledger] origin` to a name such as `bussola.example.com`",
            StoreError::Randomness(_) => "the operating system gave no random bytes",
            StoreError::Broken(fault) => fault.hint(),
            StoreError::Unreadable { .. } => {
                "run `bussola ledger verify`: if the entry is intact, a newer release wrote it; else restore a backup"
            }
            StoreError::Guard(error) => error.hint(),
            StoreError::Unproven { .. } => "run `bussola ledger verify` to see what is wrong",
        }
    }

    /// Whether the same command may succeed later.
    pub fn is_temporary(&self) -> bool {
        if let StoreError::Guard(error) = self {
            return error.is_temporary();
        }
        matches!(
            self,
            StoreError::Busy { .. }
                | StoreError::Closed
                | StoreError::Commit { .. }
                | StoreError::Unavailable { .. }
                | StoreError::NotSettled { .. }
        )
    }

    pub(crate) fn read(source: JournalError) -> StoreError {
        StoreError::Read { source: Arc::new(source) }
    }

    pub(crate) fn file(action: &'static str, path: &std::path::Path, source: std::io::Error) -> StoreError {
        StoreError::File { action, path: path.to_owned(), source: Arc::new(source) }
    }
}
