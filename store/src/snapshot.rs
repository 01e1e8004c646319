//! Snapshots: the model as of some entry, so that a restart need not fold everything.
//!
//! Made aside: a background thread loads the last snapshot, folds the entries since, and writes the next. It never touches
//! the live model, so nobody waits for it; and recovery's code is exercised all the time. The price is the memory of a
//! second model while it works.
//!
//! A file `snapshot-<entries>`: magic, fingerprint of the folding code, number of entries and root of the tree at that
//! point, length and SHA-256 of what follows; then the scheduler (postcard), then runs, catalog and access (JSON, because their
//! types leave out what is empty, which postcard cannot read back).
//!
//! INVARIANT: a snapshot is only a shortcut. One that does not verify, is of another ledger or of other code is set aside
//! with a warning, and all entries are folded.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use bussola_domain::model::{Model, Parts};
use bussola_domain::names::Names;
use bussola_domain::scheduler::Config;
use bussola_ledger::{Hash, TreeHead};
use sha2::{Digest, Sha256};

use crate::directory::Directory;
use crate::error::StoreError;
use crate::journal::Reader;
use crate::journal::sqlite::SqliteReader;
use crate::keeper::stopped_within;
use crate::limits::{SNAPSHOT_ENTRIES, SNAPSHOT_ENTRIES_MAX};
use crate::recovery::{self, Folded};
use crate::store::Shared;

const MAGIC: &[u8; 8] = b"BUSSNAP1";
const FINGERPRINT: &str = env!("BUSSOLA_FOLD_FINGERPRINT");
/// Magic, fingerprint, size, root, length of the scheduler, SHA-256 of the rest.
const HEADER_BYTES: usize = 8 + 16 + 8 + 32 + 8 + 32;

/// How often the background thread looks whether it is time.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Entries a second below which the writer counts as having little to do.
const IDLE_ENTRIES: u64 = 5_000;

/// Why a snapshot is of no use.
#[derive(Debug, thiserror::Error)]
enum Useless {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("it is not a snapshot")]
    Form,
    #[error("another release made it")]
    OtherCode,
    #[error("its hash is wrong")]
    Hash,
    #[error("it is not of this ledger")]
    OtherLedger,
    #[error("its scheduler cannot be read: {0}")]
    Scheduler(postcard::Error),
    #[error("its catalog cannot be read: {0}")]
    Rest(#[from] serde_json::Error),
}

/// Snapshots in a directory, newest first.
fn list(directory: &Directory) -> Vec<(u64, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(&directory.path) else { return Vec::new() };
    let size = |path: &Path| path.file_name()?.to_str()?.strip_prefix("snapshot-")?.parse().ok();
    let paths = entries.flatten().map(|entry| entry.path());
    let mut found: Vec<(u64, PathBuf)> = paths.filter_map(|path| Some((size(&path)?, path))).collect();
    found.sort_by(|a, b| b.cmp(a));
    found
}

/// The newest snapshot that is of use, or an empty model.
pub(crate) fn newest(directory: &Directory, config: &Config, names: Names, reader: &mut dyn Reader) -> Folded {
    for (size, path) in list(directory) {
        match load(&path, size, reader) {
            Ok(parts) => return Folded { size, model: join(parts, config, names) },
            Err(reason) => {
                tracing::warn!(path = %path.display(), %reason, "snapshot set aside, folding more entries instead");
            }
        }
    }
    recovery::empty(config.clone(), names)
}

fn join(parts: Parts, config: &Config, names: Names) -> Model {
    Model::restore(parts, config.clone(), names)
}

/// The two parts of a snapshot's body.
fn split(model: &Model) -> Result<(Vec<u8>, Vec<u8>), String> {
    let scheduler = postcard::to_stdvec(&model.scheduler).map_err(|error| error.to_string())?;
    let rest = serde_json::to_vec(&(&model.runs, &model.catalog, &model.access)).map_err(|error| error.to_string())?;
    Ok((scheduler, rest))
}

fn parse(scheduler: &[u8], rest: &[u8]) -> Result<Parts, Useless> {
    let (runs, catalog, access) = serde_json::from_slice(rest)?;
    Ok(Parts { scheduler: postcard::from_bytes(scheduler).map_err(Useless::Scheduler)?, runs, catalog, access })
}

/// The model as it comes back from a snapshot.
pub(crate) fn copy(model: &Model, config: &Config) -> Result<Model, String> {
    let (scheduler, rest) = split(model)?;
    let parts = parse(&scheduler, &rest).map_err(|error| error.to_string())?;
    Ok(join(parts, config, model.names.clone()))
}

fn load(path: &Path, size: u64, reader: &mut dyn Reader) -> Result<Parts, Useless> {
    let bytes = std::fs::read(path)?;
    let (header, body) = bytes.split_at_checked(HEADER_BYTES).ok_or(Useless::Form)?;
    let (magic, header) = header.split_at(8);
    let (fingerprint, header) = header.split_at(16);
    let (stated, header) = header.split_first_chunk().ok_or(Useless::Form)?;
    let (root, header) = header.split_first_chunk().ok_or(Useless::Form)?;
    let (length, hash) = header.split_first_chunk().ok_or(Useless::Form)?;
    if magic != MAGIC || u64::from_le_bytes(*stated) != size {
        return Err(Useless::Form);
    }
    if fingerprint != FINGERPRINT.as_bytes() {
        return Err(Useless::OtherCode);
    }
    let head = reader.head().ok().filter(|head| head.size >= size).ok_or(Useless::OtherLedger)?;
    let there = if head.size == size { Some(head) } else { reader.frontier(size).ok().map(|tree| tree.head()) };
    if there != Some(TreeHead { size, root: Hash(*root) }) {
        return Err(Useless::OtherLedger);
    }
    let length = u64::from_le_bytes(*length) as usize;
    let (scheduler, rest) = body.split_at_checked(length).ok_or(Useless::Form)?;
    // Hashing takes as long as reading: both at once.
    std::thread::scope(|scope| {
        let hashing = scope.spawn(|| Sha256::digest(body));
        let parts = parse(scheduler, rest);
        let computed = hashing.join().map_err(|_| Useless::Hash)?;
        if computed.as_slice() == hash { parts } else { Err(Useless::Hash) }
    })
}

/// Writes aside, flushes, and renames; then older ones go.
fn write(directory: &Directory, folded: &Folded, root: Hash) -> Result<(), StoreError> {
    let path = directory.path.join(format!("snapshot-{}", folded.size));
    let aside = directory.path.join("snapshot.tmp");
    let failed = |error| StoreError::file("write", &aside, error);
    let (scheduler, rest) = split(&folded.model).map_err(|error| failed(std::io::Error::other(error)))?;
    let hash = Sha256::new().chain_update(&scheduler).chain_update(&rest).finalize();
    let store = || -> Result<(), std::io::Error> {
        let mut file = BufWriter::new(File::create(&aside)?);
        for part in [
            MAGIC.as_slice(),
            FINGERPRINT.as_bytes(),
            &folded.size.to_le_bytes(),
            &root.0,
            &(scheduler.len() as u64).to_le_bytes(),
            &hash,
            &scheduler,
            &rest,
        ] {
            file.write_all(part)?;
        }
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&aside, &path)
    };
    store().map_err(failed)?;
    directory.flush()?;
    remove_all_but(directory, Some(folded.size))
}

/// Removes every snapshot.
pub(crate) fn remove_all(directory: &Directory) -> Result<(), StoreError> {
    remove_all_but(directory, None)
}

fn remove_all_but(directory: &Directory, kept: Option<u64>) -> Result<(), StoreError> {
    for (_, old) in list(directory).into_iter().filter(|&(size, _)| Some(size) != kept) {
        std::fs::remove_file(&old).map_err(|error| StoreError::file("remove", &old, error))?;
    }
    Ok(())
}

/// Makes a snapshot of everything that is committed now, unless `stopped` says that nobody will need it.
pub(crate) fn make(
    directory: &Directory,
    config: &Config,
    mut reader: SqliteReader,
    stopped: &dyn Fn() -> bool,
) -> Result<u64, StoreError> {
    let head = reader.head().map_err(StoreError::read)?;
    let names = recovery::load_names(&mut reader)?;
    let mut folded = newest(directory, config, names, &mut reader);
    if folded.size < head.size {
        recovery::fold(&mut folded, &mut reader, head, &mut |rows| {
            rows.clear();
            if stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        write(directory, &folded, head.root)?;
    }
    Ok(head.size)
}

/// Makes one whenever there is enough to fold, until told to stop.
pub(crate) fn keep(shared: &Shared, stop: &mpsc::Receiver<()>) {
    let Some(directory) = &shared.directory else { return };
    crate::priority::give_way();
    let mut last = list(directory).first().map_or(0, |&(size, _)| size);
    let mut seen = shared.state.size.load(Ordering::Relaxed);
    while !stopped_within(stop, LOOK_INTERVAL) {
        let size = shared.state.size.load(Ordering::Relaxed);
        let (since, recent) = (size.saturating_sub(last), size.saturating_sub(seen));
        seen = size;
        if since < SNAPSHOT_ENTRIES || since < SNAPSHOT_ENTRIES_MAX && recent > IDLE_ENTRIES {
            continue;
        }
        let reader = SqliteReader { database: shared.database.clone() };
        // A closing store waits for this thread, but not for a snapshot.
        let stopped = || stop.try_recv() != Err(mpsc::TryRecvError::Empty);
        match make(directory, &shared.options.scheduler, reader, &stopped) {
            Ok(size) => {
                last = size;
                tracing::debug!(entries = size, "wrote a snapshot");
            }
            Err(StoreError::Closed) => return,
            Err(error) => {
                // Not before as many entries again: what failed once would fail each second.
                last = size;
                tracing::warn!(%error, "cannot write a snapshot");
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use bussola_domain::command::Pause;
    use bussola_domain::id::Timestamp;

    use super::*;
    use crate::journal::sqlite::Database;
    use crate::{Context, Location, Options, Store};
    use bussola_domain::access::Caller;

    #[test]
    fn a_closing_store_does_not_wait_for_a_snapshot() {
        let place = tempfile::tempdir().unwrap();
        let store = Store::open(Options::new(Location::Directory(place.path().into())), Timestamp(0)).unwrap();
        let context = Context { now: Timestamp(1), caller: Caller::LOCAL };
        store.execute_blocking(context, Pause { paused: true }).unwrap();
        let directory = Directory::new(place.path());
        let make = |stopped: bool| {
            let reader = SqliteReader { database: Database::file(&directory.database()) };
            make(&directory, &Config::default(), reader, &|| stopped)
        };
        assert!(matches!(make(true), Err(StoreError::Closed)));
        assert!(list(&directory).is_empty());
        assert_eq!(make(false).unwrap(), 1);
        assert_eq!(list(&directory).len(), 1);
    }
}
