//! The writer without its thread, driven by hand: for the simulator and for tests of failures.
//!
//! Nothing here waits, and nothing looks at a clock: the same calls have the same effect each time.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bussola_domain::access::Unrestricted;
use bussola_domain::event::Fact;
use bussola_domain::id::Timestamp;
use bussola_domain::model::{Command, Model};
use bussola_domain::scheduler::Config;
use bussola_ledger::{EntryRef, Origin, SigningKey, StoredEntry, Verified, Verifier};

use crate::directory::Directory;
use crate::engine::Engine;
use crate::entry;
use crate::error::StoreError;
use crate::job::{Job, job};
use crate::journal::Reader;
use crate::journal::faulty::Disk;
use crate::journal::sqlite::{Database, SqliteReader};
use crate::options::Context;
use crate::recovery;
use crate::salts::Salts;
use crate::snapshot;
use crate::store::Store;

/// A writer on a disk that fails when told to.
pub struct Writer {
    engine: Engine,
    jobs: VecDeque<Box<dyn Job>>,
}

/// Where a reply will be after [`Writer::run`].
pub struct Waiting<T>(tokio::sync::oneshot::Receiver<Result<T, StoreError>>);

impl<T> Waiting<T> {
    /// The reply.
    pub fn take(mut self) -> Result<T, StoreError> {
        self.0.try_recv().unwrap_or(Err(StoreError::Closed))
    }
}

impl Writer {
    /// Recovers from what the disk has.
    pub fn open(disk: &Disk, config: &Config, now: Timestamp) -> Result<Writer, StoreError> {
        let origin = Origin::new("simulation").map_err(StoreError::Origin)?;
        let key = SigningKey::from_seed(origin, [7; 32]);
        let config = config.clone();
        let base: crate::engine::Base = Box::new(move |names, _| recovery::empty(config.clone(), names));
        let mut engine =
            Engine::open(Box::new(disk.clone()), key, base, Salts::repeated(), Arc::new(Unrestricted), now)?;
        engine.group_time_max = Duration::MAX;
        Ok(Writer { engine, jobs: VecDeque::new() })
    }

    /// Puts a command into the next group.
    pub fn submit<C: Command>(&mut self, context: Context, command: C) -> Waiting<C::Reply> {
        let (job, reply) = job(context, command);
        self.jobs.push_back(job);
        Waiting(reply)
    }

    /// Executes what waits as one group.
    pub fn run(&mut self) {
        while !self.jobs.is_empty() {
            self.engine.group(&mut self.jobs, false);
        }
    }

    /// One command as a group of its own.
    pub fn execute<C: Command>(&mut self, context: Context, command: C) -> Result<C::Reply, StoreError> {
        let reply = self.submit(context, command);
        self.run();
        reply.take()
    }

    /// Asks the model.
    pub fn read<T>(&self, question: impl FnOnce(&Model) -> T) -> T {
        question(&self.engine.state().model.read())
    }

    /// Whether a failed commit keeps it from accepting commands.
    pub fn is_broken(&self) -> bool {
        self.engine.broken().is_some()
    }

    /// Tries to go on after a failure.
    pub fn mend(&mut self) {
        self.engine.mend();
    }
}

/// A store with its threads on a disk that fails when told to. Its history tables stay empty.
pub fn store(disk: &Disk, now: Timestamp) -> Result<Store, StoreError> {
    Store::on_disk(disk, now)
}

/// The facts of the entries from a number on.
pub fn facts(disk: &Disk, from: u64) -> Result<Vec<Fact>, StoreError> {
    let mut reader = disk.clone();
    let rows = reader.entries(from, usize::MAX).map_err(StoreError::read)?;
    let mut facts = Vec::new();
    for row in rows {
        let entry = EntryRef::decode(&row.leaf)
            .map_err(|error| StoreError::Unreadable { seq: row.seq, reason: error.to_string() })?;
        facts.extend(entry::decode(&entry, |hash| reader.blob(hash).map_err(StoreError::read))?);
    }
    Ok(facts)
}

/// Verifies every entry of a disk.
pub fn verify(disk: &Disk) -> Result<Verified, StoreError> {
    let mut reader = disk.clone();
    let mut verifier = Verifier::new([]);
    for row in reader.entries(0, usize::MAX).map_err(StoreError::read)? {
        verifier.entry(StoredEntry { seq: row.seq, hash: row.hash, leaf: &row.leaf }).map_err(StoreError::Broken)?;
    }
    let head = reader.head().map_err(StoreError::read)?;
    verifier.finish(Some(head)).map_err(StoreError::Broken)
}

/// A model folded from everything that the disk has.
pub fn refold(disk: &Disk, config: &Config) -> Result<Model, StoreError> {
    let mut reader = disk.clone();
    let names = recovery::load_names(&mut reader)?;
    let mut folded = recovery::empty(config.clone(), names);
    let head = reader.head().map_err(StoreError::read)?;
    recovery::fold(&mut folded, &mut reader, head, &mut recovery::ignored)?;
    Ok(folded.model)
}

/// The model as a restart from a snapshot of it would have it.
pub fn from_snapshot(model: &Model, config: &Config) -> Result<Model, String> {
    snapshot::copy(model, config)
}

/// Makes a snapshot of a directory's ledger now. Returns the number of entries in it.
pub fn snapshot_directory(path: &Path, config: &Config) -> Result<u64, StoreError> {
    let directory = Directory::new(path);
    let reader = SqliteReader { database: Database::file(&directory.database()) };
    snapshot::make(&directory, config, reader, &|| false)
}
