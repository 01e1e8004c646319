//! The store as the rest of the program sees it: commands in, replies out after the commit; questions beside.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bussola_domain::access::{Act, Denial, authorize};
use bussola_domain::command::{Erase, Erased, Recover};
use bussola_domain::evidence::LedgerHead;
use bussola_domain::id::{BlobHash, NameId, RunId, Timestamp};
use bussola_domain::model::{Command, Model};
use bussola_domain::names::Salt;
use bussola_ledger::{
    ConsistencyProofText, Cosignature, Hash, InclusionProofText, Origin, SigningKey, TreeHead, VerifyingKey,
};
use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};

use crate::directory::{Directory, Lock, draw_key};
use crate::engine::{Base, Engine};
use crate::error::StoreError;
use crate::find::{self, EntryFilter, FoundEntries};
use crate::folds::{FoldedRun, Folds};
use crate::guard::{self, FileGuard, Guard, GuardError, Known};
use crate::history::{self, AttemptFilter, AttemptRow, Recorded, RunFilter, RunRow};
use crate::job::job;
use crate::journal::Journal;
use crate::journal::sqlite::{Database, ReadConnection, SqliteJournal, StoredTiles, erasable, read_blob, read_name};
use crate::keeper::{self, Keeper};
use crate::limits::{QUEUE_LENGTH_MAX, QUEUE_WAIT_MAX};
use crate::options::{Context, Location, Options};
use crate::publish::{self, Published, Publisher};
use crate::queue::Queue;
use crate::recovery;
use crate::salts::Salts;
use crate::snapshot;
use crate::state::{Committed, State};
use crate::writer::{self, Work, Writer};

/// The single writer and everything that can be asked of it. Clones are handles on the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// What the threads of a store have in common.
pub(crate) struct Shared {
    pub state: Arc<State>,
    pub queue: Queue<Work>,
    pub writer: Mutex<Writer>,
    pub database: Database,
    pub directory: Option<Directory>,
    pub options: Options,
    pub folds: Folds,
    pub publisher: Publisher,
}

/// What is done where the guard does not let the ledger be served.
enum Refusal {
    Stop,
    /// An operator has decided.
    GoOn,
}

struct Inner {
    shared: Arc<Shared>,
    closing: Mutex<Option<Closing>>,
}

/// What is to be ended, in this order.
struct Closing {
    keeper: Keeper,
    writer: JoinHandle<()>,
    _lock: Option<Lock>,
}

impl Store {
    /// Opens the ledger, makes it if there is none, and folds it.
    pub fn open(options: Options, now: Timestamp) -> Result<Store, StoreError> {
        Ok(Store::open_guarded(options, now, Refusal::Stop)?.0)
    }

    /// Also says what the guard knew.
    fn open_guarded(options: Options, now: Timestamp, refusal: Refusal) -> Result<(Store, Known), StoreError> {
        let origin = Origin::new(options.origin.clone()).map_err(StoreError::Origin)?;
        let (database, directory, lock) = match &options.location {
            Location::Memory => (Database::memory().map_err(StoreError::read)?, None, None),
            Location::Directory(path) => {
                let directory = Directory::new(path);
                directory.create()?;
                let lock = directory.lock()?;
                (Database::file(&directory.database()), Some(directory), Some(lock))
            }
        };
        let guard = options.guard.as_deref().map(FileGuard::open).transpose().map_err(StoreError::Guard)?;
        let guard = guard.map(|guard| Box::new(guard) as Box<dyn Guard>);
        let mut journal = SqliteJournal::open(database.clone(), options.sync)?;
        if let Some(guard) = &guard
            && journal.identity().map_err(StoreError::read)?.is_none()
            && guard.newest().map_err(StoreError::Guard)?.is_some()
        {
            return Err(StoreError::Guard(GuardError::NoLedger { place: guard.place() }));
        }
        let key = identify(&mut journal, directory.as_ref(), origin, now)?;
        // From here on no other process can get between. If one is there now, the first command waits for it.
        let _later = journal.begin(Duration::ZERO);
        let base: Base = {
            let (config, directory) = (options.scheduler.clone(), directory.clone());
            Box::new(move |names, reader| match &directory {
                Some(directory) => snapshot::newest(directory, &config, names, reader),
                None => recovery::empty(config.clone(), names),
            })
        };
        let engine = Engine::open(Box::new(journal), key, base, Salts::random()?, options.authorizer.clone(), now)?;
        let mut known = Known { note: None, checkpoint: None, refusal: None };
        if let Some(guard) = &guard {
            let tree = engine.state().tree();
            let connection = database.read().map_err(StoreError::read)?;
            let full = StoredTiles { connection: &connection };
            let key = engine.state().key.verifying_key();
            known = guard::compare(&**guard, &key, &tree, &full).map_err(StoreError::Guard)?;
        }
        if matches!(refusal, Refusal::Stop) {
            publish::refused(known.refusal.take())?;
        }
        let publisher = Publisher::new(guard, known.note.clone(), options.quorum);
        let publishes = matches!(refusal, Refusal::Stop);
        let store = Store::start(engine, database, directory, lock, options, publisher, publishes)?;
        Ok((store, known))
    }

    /// Serves a ledger from here on that its guard refuses, says so in the ledger, and tells the guard. The reason is the
    /// operator's. Returns what was served before, as far as the guard knew, and the ledger as it is now.
    pub fn recover(
        options: Options,
        context: Context,
        reason: String,
    ) -> Result<(Option<TreeHead>, Published), StoreError> {
        let Some(place) = options.guard.as_ref().map(|path| path.display().to_string()) else {
            return Err(StoreError::Guard(GuardError::None));
        };
        if let Location::Directory(path) = &options.location
            && !Directory::new(path).database().is_file()
        {
            return Err(StoreError::NoLedger { path: path.clone() });
        }
        let (store, known) = Store::open_guarded(options, context.now, Refusal::GoOn)?;
        match known.refusal {
            Some(GuardError::Missing { .. } | GuardError::Behind { .. } | GuardError::Forked { .. }) => {}
            // A guard of another ledger, or one that cannot be read, is not for this ledger to overwrite.
            Some(other) => return Err(StoreError::Guard(other)),
            None => return Err(StoreError::Guard(GuardError::InOrder { place })),
        }
        let old = known.checkpoint.map(|checkpoint| checkpoint.head());
        let named = |head: TreeHead| LedgerHead { root: head.root.to_base64(), size: head.size };
        let new = named(store.head());
        store.execute_blocking(context, Recover { old: old.map(named), new, reason })?;
        let published = publish::publish_anew(store.shared(), known.note)?;
        store.close();
        Ok((old, published))
    }

    /// Opens a ledger that must be there: for tools, which should not make one where a path was mistyped.
    pub fn open_existing(options: Options, now: Timestamp) -> Result<Store, StoreError> {
        if let Location::Directory(path) = &options.location
            && !Directory::new(path).database().is_file()
        {
            return Err(StoreError::NoLedger { path: path.clone() });
        }
        Store::open(options, now)
    }

    /// A store on a disk that fails when told to; its history stays empty.
    pub(crate) fn on_disk(disk: &crate::journal::faulty::Disk, now: Timestamp) -> Result<Store, StoreError> {
        let options = Options::new(Location::Memory);
        let key = draw_key(Origin::new(options.origin.clone()).map_err(StoreError::Origin)?)?;
        let config = options.scheduler.clone();
        let base: Base = Box::new(move |names, _| recovery::empty(config.clone(), names));
        let engine =
            Engine::open(Box::new(disk.clone()), key, base, Salts::random()?, options.authorizer.clone(), now)?;
        let publisher = Publisher::new(None, None, 0);
        Store::start(engine, Database::memory().map_err(StoreError::read)?, None, None, options, publisher, true)
    }

    fn start(
        engine: Engine,
        database: Database,
        directory: Option<Directory>,
        lock: Option<Lock>,
        options: Options,
        publisher: Publisher,
        publishes: bool,
    ) -> Result<Store, StoreError> {
        let shared = Arc::new(Shared {
            state: engine.state().clone(),
            queue: Queue::new(QUEUE_LENGTH_MAX, QUEUE_WAIT_MAX),
            writer: Mutex::new(Writer::new(engine)),
            database,
            directory,
            options,
            folds: Folds::default(),
            publisher,
        });
        if let Some(directory) = &shared.directory {
            publish::load_cosigned(&shared, directory)?;
        }
        if publishes {
            publish::publish(&shared)?;
        }
        let writer = writer::spawn(shared.clone())?;
        let keeper = keeper::spawn(shared.clone(), publishes)?;
        let closing = Mutex::new(Some(Closing { keeper, writer, _lock: lock }));
        Ok(Store { inner: Arc::new(Inner { shared, closing }) })
    }

    fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    /// Executes a command. The reply comes when what the command recorded is committed.
    ///
    /// What is only a heartbeat is done at once, whatever the disk does; await [`Store::settled`] if the reply tells of more.
    pub async fn execute<C: Command>(&self, context: Context, command: C) -> Result<C::Reply, StoreError> {
        if let Some(reply) = self.touch(&context, &command) {
            return Ok(reply);
        }
        let (job, reply) = job(context, command);
        if let Some(job) = self.shared().execute_at_once::<C>(job) {
            self.shared().queue.push(Work::Job(job)).await?;
        }
        reply.await.map_err(|_| StoreError::Closed)?
    }

    /// The same for a thread that may wait.
    pub fn execute_blocking<C: Command>(&self, context: Context, command: C) -> Result<C::Reply, StoreError> {
        if let Some(reply) = self.touch(&context, &command) {
            return Ok(reply);
        }
        let (job, reply) = job(context, command);
        if let Some(job) = self.shared().execute_at_once::<C>(job) {
            self.shared().queue.push_blocking(Work::Job(job))?;
        }
        reply.blocking_recv().map_err(|_| StoreError::Closed)?
    }

    fn touch<C: Command>(&self, context: &Context, command: &C) -> Option<C::Reply> {
        if !C::TOUCHES {
            return None;
        }
        let mut model = self.shared().state.model.write();
        // Whoever may not is told so by the writer, which writes it down.
        self.decide(&model, context, &command.acts(&model)).ok()?;
        command.touch(&mut model, context.now)
    }

    fn decide(&self, model: &Model, context: &Context, acts: &[Act]) -> Result<Arc<str>, Denial> {
        authorize(&*self.shared().options.authorizer, model, &context.caller, acts, context.now)
    }

    /// Whether somebody may look at something. A denial is for [`RecordDenial`](bussola_domain::command::RecordDenial) to write down.
    pub fn may(&self, context: &Context, act: &Act) -> Result<(), Denial> {
        self.read(|model| self.decide(model, context, std::slice::from_ref(act)).map(drop))
    }

    /// Asks the model. While the question runs no command does: it should take well below a millisecond, and a long list be
    /// read in slices. Await [`Store::settled`] before the answer leaves.
    pub fn read<T>(&self, question: impl FnOnce(&Model) -> T) -> T {
        question(&self.shared().state.model.read())
    }

    /// Waits until everything that could be read before this call is committed.
    pub async fn settled(&self) -> Result<(), StoreError> {
        self.shared().state.settled().await
    }

    fn connection(&self) -> Result<ReadConnection<'_>, StoreError> {
        self.shared().database.read().map_err(StoreError::read)
    }

    /// A text by its hash; none if it was never kept or is no longer.
    pub fn blob(&self, hash: BlobHash) -> Result<Option<String>, StoreError> {
        read_blob(&*self.connection()?, hash).map_err(StoreError::read)
    }

    /// Salt and text of a name; none: there is no such number, or it was erased.
    pub fn name(&self, name: NameId) -> Result<Option<(Salt, String)>, StoreError> {
        read_name(&*self.connection()?, name).map_err(StoreError::read)
    }

    /// Runs, latest first.
    pub fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, StoreError> {
        history::runs(&*self.connection()?, filter).map_err(StoreError::read)
    }

    /// One run.
    pub fn run(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        history::run(&*self.connection()?, run).map_err(StoreError::read)
    }

    /// Attempts, latest first.
    pub fn attempts(&self, filter: &AttemptFilter) -> Result<Vec<AttemptRow>, StoreError> {
        history::attempts(&*self.connection()?, filter).map_err(StoreError::read)
    }

    /// Entries in order, from a number on; `limit` 0: as many as there may be.
    pub fn entries(&self, from: u64, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        history::entries(&*self.connection()?, from, limit)
    }

    /// Entries that fit a filter, from either end.
    pub fn entries_found(&self, filter: &EntryFilter) -> Result<FoundEntries, StoreError> {
        find::entries(&*self.connection()?, filter)
    }

    /// How many runs fit a filter, whatever page it asks for; more than [`RUNS_COUNTED_MAX`](crate::RUNS_COUNTED_MAX) are
    /// not counted.
    pub fn runs_total(&self, filter: &RunFilter) -> Result<usize, StoreError> {
        history::runs_total(&*self.connection()?, filter).map_err(StoreError::read)
    }

    /// All entries of a run, in order.
    pub fn entries_of_run(&self, run: RunId) -> Result<Vec<Recorded>, StoreError> {
        history::entries_of_run(&*self.connection()?, run, 0)
    }

    /// A run as its entries tell it.
    pub fn folded_run(&self, run: RunId) -> Result<Arc<FoldedRun>, StoreError> {
        let size = self.head().size;
        self.shared().folds.run(&*self.connection()?, run, size)
    }

    /// One entry.
    pub fn entry(&self, seq: u64) -> Result<Option<Recorded>, StoreError> {
        let found = history::entries(&*self.connection()?, seq, 1)?;
        Ok(found.into_iter().next().filter(|recorded| recorded.entry.seq == seq))
    }

    /// Size and root of what is committed.
    pub fn head(&self) -> TreeHead {
        self.shared().state.head()
    }

    /// Until when all that happened is committed; what is committed later happened then or after. Now, unless commands wait:
    /// these take effect in the order in which they came, so none of them came before the last one that is committed.
    pub fn committed_until(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        let shared = self.shared();
        // In this order: what leaves the queue is with the writer at once.
        if shared.queue.is_idle() && shared.writer.try_lock().is_some() {
            return Ok(now);
        }
        let last = self.head().size.checked_sub(1).map(|seq| self.entry(seq)).transpose()?.flatten();
        Ok(last.map_or(now, |last| now.min(Timestamp(last.entry.body.at_us))))
    }

    /// The key that opens this ledger's checkpoints.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.shared().state.key.verifying_key()
    }

    /// A signed note of the head. What it says is flushed first, and put into the guard: a signature must not outlive what it
    /// signs, nor sign what somebody else may sign otherwise.
    pub fn checkpoint(&self) -> Result<Published, StoreError> {
        Ok(publish::publish(self.shared())?.0)
    }

    /// The checkpoint for whoever monitors: the newest that enough witnesses cosigned; while they are late, the newest.
    pub fn served_checkpoint(&self) -> Option<Published> {
        self.shared().publisher.served()
    }

    /// The newest checkpoint, whoever cosigned it.
    pub fn newest_checkpoint(&self) -> Option<Published> {
        self.shared().publisher.newest()
    }

    /// The newest checkpoint that enough witnesses cosigned.
    pub fn cosigned_checkpoint(&self) -> Option<Published> {
        self.shared().publisher.cosigned()
    }

    /// The size of the newest checkpoint, as it changes.
    pub fn published_sizes(&self) -> watch::Receiver<u64> {
        self.shared().publisher.sizes()
    }

    /// The newest checkpoint with the proof that its ledger begins with the first `old` entries; none: it is smaller.
    pub fn growth(&self, old: u64) -> Result<Option<ConsistencyProofText>, StoreError> {
        publish::growth(self.shared(), old)
    }

    /// Takes what a witness said of the checkpoint of this size. The type says that it was checked.
    pub fn cosign(&self, size: u64, cosignature: &Cosignature) {
        publish::cosign(self.shared(), size, cosignature);
    }

    /// The first `width` hashes of a tile, 1 to 256; none: the newest checkpoint does not cover them.
    pub fn tile(&self, level: u8, index: u64, width: usize) -> Result<Option<Vec<Hash>>, StoreError> {
        publish::tile(self.shared(), level, index, width)
    }

    /// The leaves below the first `width` hashes of a tile of level 0; none: the newest checkpoint does not cover them.
    pub fn tile_leaves(&self, index: u64, width: usize) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
        publish::leaves(self.shared(), index, width)
    }

    /// The proof that an entry is in the ledger, with a checkpoint of now.
    pub fn prove(&self, seq: u64) -> Result<InclusionProofText, StoreError> {
        publish::prove(self.shared(), seq)
    }

    /// Entries as they are committed. A receiver that falls behind is told how many it missed.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Committed>> {
        self.shared().state.events.subscribe()
    }

    /// Erases texts that name a person, and says so in the ledger. Snapshots may hold what workers told of themselves, so
    /// they go too: the next start folds more entries. Error texts that are not there, or are more than that, are left out.
    pub fn erase(&self, context: Context, mut erase: Erase) -> Result<Erased, StoreError> {
        erase.errors = erasable(&*self.connection()?, &erase.errors).map_err(StoreError::read)?;
        let erased = self.execute_blocking(context, erase)?;
        if let Some(directory) = &self.shared().directory {
            snapshot::remove_all(directory)?;
        }
        Ok(erased)
    }

    /// Ends the writer: what waits is still executed, a last checkpoint signed, everything flushed and folded. Other
    /// handles get `StoreError::Closed` from then on.
    pub fn close(self) {
        self.inner.close();
    }
}

impl Inner {
    fn close(&self) {
        let Some(closing) = self.closing.lock().take() else { return };
        self.shared.queue.close();
        if closing.writer.join().is_err() {
            tracing::error!("the writer stopped on a bug");
        }
        closing.keeper.stop();
        self.shared.database.close_idle();
        // Readers that only read cannot take the empty log away with them.
        if let Some(directory) = &self.shared.directory
            && let Err(error) = keeper::open_folder(&directory.database()).and_then(|last| fold_log_at_end(&last))
        {
            tracing::warn!(%error, "cannot remove the log");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

/// The last connection to close takes the log with it, once it has used it.
fn fold_log_at_end(last: &rusqlite::Connection) -> Result<(), rusqlite::Error> {
    last.query_row("SELECT count(*) FROM head", [], |_| Ok(()))
}

/// Whose ledger it is: settled at the first opening, by the key file from then on.
fn identify(
    journal: &mut SqliteJournal,
    directory: Option<&Directory>,
    origin: Origin,
    now: Timestamp,
) -> Result<SigningKey, StoreError> {
    let known = journal.identity().map_err(StoreError::read)?;
    let Some(directory) = directory else {
        let key = draw_key(origin)?;
        journal.found(key.origin().as_str(), &key.verifying_key().to_string(), now.0).map_err(StoreError::read)?;
        return Ok(key);
    };
    if known.is_none() && directory.has_public_key() {
        // A second ledger signed by the same key would be a fork of the first.
        return Err(StoreError::Lost { path: directory.database() });
    }
    let key = match (directory.read_key()?, &known) {
        (Some(key), _) => key,
        (None, None) => {
            let key = draw_key(origin)?;
            directory.write_key(&key)?;
            key
        }
        (None, Some(_)) => {
            let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(StoreError::file("read", &directory.key(), missing));
        }
    };
    let vkey = key.verifying_key().to_string();
    match known {
        None => {
            journal.found(key.origin().as_str(), &vkey, now.0).map_err(StoreError::read)?;
        }
        Some((_, expected)) if expected != vkey => {
            return Err(StoreError::OtherKey { path: directory.key(), found: vkey, expected });
        }
        Some(_) => {}
    }
    directory.write_public_key(&key)?;
    directory.flush()?;
    Ok(key)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use bussola_domain::access::Caller;
    use bussola_domain::command::Pause;

    use super::*;

    #[test]
    fn what_waits_for_the_writer_came_after_the_last_entry() {
        let store = Store::open(Options::new(Location::Memory), Timestamp(0)).unwrap();
        let context = Context { now: Timestamp(5), caller: Caller::LOCAL };
        store.execute_blocking(context, Pause { paused: true }).unwrap();
        let until = || store.committed_until(Timestamp(9)).unwrap();
        // The writer may still be at what it does after a reply.
        while until() != Timestamp(9) {
            std::thread::yield_now();
        }
        let _writing = store.shared().writer.lock();
        assert_eq!(until(), Timestamp(5));
    }
}
