//! The second store: it knows the newest checkpoint that was ever served, and is not restored together with the ledger.
//!
//! A ledger that was restored from a backup, or copied and gone on with elsewhere, looks whole to itself. Signed and served it
//! would be a fork: two histories under one key. So a checkpoint is put into the second store before anybody sees it,
//! compared with what is there; and a ledger that does not contain the checkpoint there is not opened.
//!
//! INVARIANT: what a guard holds only grows, except by the hand of an operator ([`Store::recover`](crate::Store::recover)),
//! which the ledger says.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bussola_ledger::limits::NOTE_BYTES_MAX;
use bussola_ledger::{Checkpoint, Frontier, NoteError, TileReader, VerifyingKey, WithEdge, root_at};

use crate::directory::write_new;
use crate::error::StoreError;

/// Why a second store does not let a ledger be served.
#[derive(Clone, Debug, thiserror::Error)]
pub enum GuardError {
    /// It cannot be read or written.
    #[error("cannot {action} the guard `{place}`: {source}")]
    Io {
        /// `read`, `write`, ...
        action: &'static str,
        /// Where it is.
        place: String,
        /// Why.
        source: Arc<io::Error>,
    },
    /// Another server has it.
    #[error("the guard `{place}` is in use by another server")]
    InUse {
        /// Where it is.
        place: String,
    },
    /// The ledger has entries, and the guard was never told of any.
    #[error("the guard `{place}` is not there, and the ledger has {size} entries")]
    Missing {
        /// Where it should be.
        place: String,
        /// Entries of the ledger.
        size: u64,
    },
    /// The guard knows a ledger, and there is none.
    #[error("the guard `{place}` knows a ledger, and the data directory has none")]
    NoLedger {
        /// Where it is.
        place: String,
    },
    /// What it holds was not signed by this ledger.
    #[error("the guard `{place}` holds no checkpoint of this ledger: {reason}")]
    Foreign {
        /// Where it is.
        place: String,
        /// Why.
        reason: NoteError,
    },
    /// Entries that were served are gone.
    #[error(
        "the ledger has {size} entries, its guard `{place}` has a checkpoint of {served}: entries from {size} on are gone"
    )]
    Behind {
        /// Where it is.
        place: String,
        /// Entries of the ledger.
        size: u64,
        /// Entries of the checkpoint.
        served: u64,
    },
    /// Other entries were served.
    #[error("the first {served} entries of the ledger are not those that its guard `{place}` has a checkpoint of")]
    Forked {
        /// Where it is.
        place: String,
        /// Entries of the checkpoint.
        served: u64,
    },
    /// Somebody else wrote it meanwhile.
    #[error("the guard `{place}` was changed by somebody else")]
    Moved {
        /// Where it is.
        place: String,
    },
    /// There is nothing to recover from.
    #[error("the ledger contains the checkpoint of its guard `{place}`: there is nothing to recover")]
    InOrder {
        /// Where it is.
        place: String,
    },
    /// No guard is named.
    #[error("no guard is named")]
    None,
}

impl GuardError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            GuardError::Io { .. } => {
                "check that its disk is there and has space, and that the server's user may write it"
            }
            GuardError::InUse { .. } => "two servers on copies of one ledger would fork it: stop the other one",
            GuardError::Missing { .. } => {
                "mount its disk; if it is new or lost for good, file it: `bussola ledger recover --data DIR --guard FILE --reason …`"
            }
            GuardError::NoLedger { .. } => "restore the data directory, or name another guard for a new ledger",
            GuardError::Foreign { .. } => "name the guard of this ledger in `[ledger] guard`; each ledger has its own",
            GuardError::Behind { .. } | GuardError::Forked { .. } => {
                "restore the newest data there is; if the rest is lost, file it: `bussola ledger recover --data DIR --guard FILE --reason …`"
            }
            GuardError::Moved { .. } => {
                "a server on a copy of this ledger wrote it: stop both, keep the longer ledger, then start one"
            }
            GuardError::InOrder { .. } => "start the server",
            GuardError::None => "give the file of `[ledger] guard` with --guard",
        }
    }

    /// Whether it may be otherwise later, without anybody's decision.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, GuardError::Io { .. })
    }
}

/// A second store. A file to begin with; a witness, or a bucket whose objects cannot be overwritten, has the same two verbs.
pub(crate) trait Guard: Send {
    /// Where it is, for messages.
    fn place(&self) -> String;
    /// The note that was put there last.
    fn newest(&self) -> Result<Option<String>, GuardError>;
    /// Puts a note there, if what is there is what the caller believes; lasting when it returns.
    fn swap(&mut self, old: Option<&str>, new: &str) -> Result<(), GuardError>;
}

/// A file, on another disk than the ledger.
pub(crate) struct FileGuard {
    path: PathBuf,
    /// Held while the server runs: of two servers on copies of one ledger the second does not start.
    _lock: File,
}

impl FileGuard {
    /// Takes the file for this process. Its folder must be there: a disk that is not mounted is not a new guard.
    pub(crate) fn open(path: &Path) -> Result<FileGuard, GuardError> {
        let place = || path.display().to_string();
        let beside = sibling(path, ".lock");
        let failed = |source| GuardError::Io { action: "lock", place: place(), source: Arc::new(source) };
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&beside);
        let lock = options.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(FileGuard { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(GuardError::InUse { place: place() }),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    fn io(&self, action: &'static str, source: io::Error) -> GuardError {
        GuardError::Io { action, place: self.place(), source: Arc::new(source) }
    }
}

fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

impl Guard for FileGuard {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn newest(&self) -> Result<Option<String>, GuardError> {
        match std::fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.io("read", error)),
            Ok(file) if file.len() > NOTE_BYTES_MAX as u64 => {
                let reason = NoteError::TooLong(file.len() as usize);
                return Err(GuardError::Foreign { place: self.place(), reason });
            }
            Ok(_) => {}
        }
        std::fs::read_to_string(&self.path).map(Some).map_err(|error| self.io("read", error))
    }

    fn swap(&mut self, old: Option<&str>, new: &str) -> Result<(), GuardError> {
        if self.newest()?.as_deref() != old {
            return Err(GuardError::Moved { place: self.place() });
        }
        write_new(&self.path, new, 0o644).map_err(|error| match error {
            StoreError::File { source, .. } => GuardError::Io { action: "write", place: self.place(), source },
            other => self.io("write", io::Error::other(other.to_string())),
        })?;
        // The new name must last, too.
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| self.io("write", error))
    }
}

/// What a guard says of a ledger.
pub(crate) struct Known {
    /// The note as it is there.
    pub note: Option<String>,
    /// What it says, if it is this ledger's.
    pub checkpoint: Option<Checkpoint>,
    /// Why the ledger must not be served, if so.
    pub refusal: Option<GuardError>,
}

/// Holds a ledger against its guard. An error means that nothing could be said.
pub(crate) fn compare<R: TileReader>(
    guard: &dyn Guard,
    key: &VerifyingKey,
    tree: &Frontier,
    full: &R,
) -> Result<Known, GuardError> {
    let (place, size) = (guard.place(), tree.size());
    let Some(note) = guard.newest()? else {
        let refusal = (size > 0).then_some(GuardError::Missing { place, size });
        return Ok(Known { note: None, checkpoint: None, refusal });
    };
    let checkpoint = match key.open(&note) {
        Ok(checkpoint) => checkpoint,
        Err(reason) => {
            let refusal = Some(GuardError::Foreign { place, reason });
            return Ok(Known { note: Some(note), checkpoint: None, refusal });
        }
    };
    let served = checkpoint.size;
    let refusal = if served > size {
        Some(GuardError::Behind { place, size, served })
    } else {
        match root_at(served, &WithEdge { frontier: tree, full }) {
            Ok(root) if root == checkpoint.root => None,
            // Tiles that cannot be read are not those that were served, either.
            _ => Some(GuardError::Forked { place, served }),
        }
    };
    Ok(Known { note: Some(note), checkpoint: Some(checkpoint), refusal })
}
