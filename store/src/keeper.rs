//! What goes on beside the writer: flushing, folding the write-ahead log, asking for checkpoints, retention, snapshots.
//!
//! INVARIANT: nothing here makes a command wait longer than a page write would. The log is flushed through a descriptor of
//! its own, and folded by a connection of its own.

use std::collections::HashSet;
use std::fs::File;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bussola_domain::id::{BlobHash, Timestamp};
use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;
use crate::journal::sqlite::{Fold, fold_log};
use crate::limits::{CHECKPOINT_INTERVAL, FLUSH_INTERVAL, FOLD_ENTRIES, WAL_BYTES_MAX, WAL_FOLD_BYTES};
use crate::options::Sync;
use crate::publish;
use crate::snapshot;
use crate::store::Shared;
use crate::writer::{Chore, Work};

/// How often retention looks for what is old.
const RETENTION_INTERVAL: Duration = Duration::from_secs(3600);

/// Tasks looked at under one read lock.
const SLICE: usize = 2_000;

/// The threads, to be stopped.
pub(crate) struct Keeper {
    stop: Vec<mpsc::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Keeper {
    /// Stops them; the last flush and fold happen here.
    pub(crate) fn stop(self) {
        drop(self.stop);
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the store stopped on a bug");
            }
        }
    }
}

/// Starts the threads; whether checkpoints are published is for an operator to decide where the guard refuses.
pub(crate) fn spawn(shared: Arc<Shared>, publishes: bool) -> Result<Keeper, StoreError> {
    let mut keeper = Keeper { stop: Vec::new(), threads: Vec::new() };
    start(&mut keeper, "bussola-flusher", {
        let shared = shared.clone();
        move |stop| keep(&shared, stop)
    })?;
    if publishes {
        let shared = shared.clone();
        start(&mut keeper, "bussola-publisher", move |stop| publish::keep(&shared, stop))?;
    }
    if shared.directory.is_some() && shared.options.snapshots {
        start(&mut keeper, "bussola-snapshot", move |stop| snapshot::keep(&shared, stop))?;
    }
    Ok(keeper)
}

fn start(
    keeper: &mut Keeper,
    name: &str,
    body: impl FnOnce(&mpsc::Receiver<()>) + Send + 'static,
) -> Result<(), StoreError> {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::Builder::new().name(name.into()).spawn(move || body(&receiver));
    let thread = thread.map_err(|error| StoreError::file("start", std::path::Path::new(name), error))?;
    keeper.stop.push(sender);
    keeper.threads.push(thread);
    Ok(())
}

/// True when it is time to stop.
pub(crate) fn stopped_within(stop: &mpsc::Receiver<()>, time: Duration) -> bool {
    !matches!(stop.recv_timeout(time), Err(mpsc::RecvTimeoutError::Timeout))
}

fn keep(shared: &Shared, stop: &mpsc::Receiver<()>) {
    let mut signed = Instant::now();
    let mut forgot: Option<Instant> = None;
    let mut folded = Folded::default();
    let mut size_signed = 0;
    let mut failed_to_flush = false;
    loop {
        let stopping = stopped_within(stop, FLUSH_INTERVAL);
        if shared.state.dirty.swap(false, Ordering::AcqRel) {
            let flushed = match flush(shared) {
                // After a failure the system takes for written what is not, so a second flush proves nothing: all of the
                // log has to be written once more, into the database.
                Ok(()) if failed_to_flush => folded.fold_whole(shared),
                flushed => flushed,
            };
            failed_to_flush = flushed.is_err();
            if let Err(error) = flushed {
                shared.state.dirty.store(true, Ordering::Release);
                tracing::error!(%error, "cannot flush the ledger");
            }
        }
        if stopping {
            return;
        }
        let size = shared.state.size.load(Ordering::Relaxed);
        if signed.elapsed() >= CHECKPOINT_INTERVAL && size != size_signed {
            (signed, size_signed) = (Instant::now(), size);
            shared.queue.push_chore(Work::Chore(Chore::Sign));
        }
        folded.fold_if_long(shared, size);
        if let Some(retention) = shared.options.run_retention
            && forgot.is_none_or(|at| at.elapsed() >= RETENTION_INTERVAL)
        {
            forgot = Some(Instant::now());
            forget(shared, retention);
        }
    }
}

/// Brings what is committed onto the disk.
pub(crate) fn flush(shared: &Shared) -> Result<(), StoreError> {
    let Some(directory) = &shared.directory else { return Ok(()) };
    if shared.options.sync == Sync::Always {
        return Ok(());
    }
    let path = directory.log();
    // Not the database file: SQLite's locks on that would go when any descriptor of it is closed.
    match File::open(&path).and_then(|log| log.sync_data()) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        flushed => flushed.map_err(|error| StoreError::file("flush", &path, error)),
    }
}

/// What was folded last, and the connection that does it.
#[derive(Default)]
struct Folded {
    connection: Option<Connection>,
    /// Length of the log then.
    bytes: u64,
    /// Entries then.
    entries: u64,
}

impl Folded {
    fn fold_if_long(&mut self, shared: &Shared, entries: u64) {
        let Some(directory) = &shared.directory else { return };
        let bytes = std::fs::metadata(directory.log()).map_or(0, |log| log.len());
        // A log that starts anew keeps its length, so that alone does not say how much is new.
        let is_new = bytes > self.bytes || entries.saturating_sub(self.entries) >= FOLD_ENTRIES;
        if bytes < WAL_FOLD_BYTES || !is_new {
            self.bytes = self.bytes.min(bytes);
            return;
        }
        let folded = self.connection(&directory.database()).map_err(Into::into).and_then(fold_log);
        if let Err(error) = folded {
            tracing::warn!(%error, "cannot fold the log");
        }
        (self.bytes, self.entries) = (bytes, entries);
        let next = if bytes > WAL_BYTES_MAX { Chore::Fold } else { Chore::Restart };
        shared.queue.push_chore(Work::Chore(next));
    }

    /// Copies all of the log into the database, and flushes that.
    fn fold_whole(&mut self, shared: &Shared) -> Result<(), StoreError> {
        let Some(directory) = &shared.directory else { return Ok(()) };
        let path = directory.database();
        let folded = self.connection(&path).map_err(Into::into).and_then(fold_log).map_err(StoreError::read)?;
        match folded {
            Fold::Whole => Ok(()),
            Fold::Part => Err(StoreError::file("flush", &path, std::io::ErrorKind::ResourceBusy.into())),
        }
    }

    fn connection(&mut self, path: &std::path::Path) -> Result<&Connection, rusqlite::Error> {
        match self.connection {
            Some(ref connection) => Ok(connection),
            None => Ok(self.connection.insert(open_folder(path)?)),
        }
    }
}

pub(crate) fn open_folder(path: &std::path::Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

fn forget(shared: &Shared, retention: Duration) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let before = Timestamp(now.saturating_sub(retention).as_micros() as i64);
    shared.queue.push_chore(Work::Chore(Chore::Forget { before, in_use: errors_in_use(shared) }));
}

/// Error texts that tasks still name, read in slices. A text that comes into use meanwhile is new, so it is not old enough.
fn errors_in_use(shared: &Shared) -> HashSet<BlobHash> {
    let mut in_use = HashSet::new();
    let mut next = 0;
    loop {
        let model = shared.state.model.read();
        let end = model.scheduler.slots_end();
        let stop = end.min(next + SLICE as u32);
        in_use.extend((next..stop).filter_map(|slot| model.scheduler.at_slot(slot).error()));
        next = stop;
        if next >= end {
            return in_use;
        }
    }
}
