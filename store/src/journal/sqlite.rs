//! The journal in SQLite: a write-ahead log, one transaction for each group of commands.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bussola_domain::id::{BlobHash, NameId};
use bussola_domain::names::{Salt, TextsErased};
use bussola_domain::runs::HistoryRow;
use bussola_ledger::{Frontier, Hash, TileReader, TreeHead};
use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use crate::error::StoreError;
use crate::journal::groups::{self, Tail};
use crate::journal::{Batch, Journal, JournalError, NewName, Reader, StoredRow};
use crate::limits::{CHECKPOINTS_RECENT, INDEX_ENTRIES, READERS_IDLE_MAX, RETENTION_ROWS_MAX};
use crate::options::Sync;

/// Numbered, in order, each run once: `user_version` says how many were.
const MIGRATIONS: &[&str] = &[include_str!("../schema/0001.sql"), include_str!("../schema/0002.sql")];

/// LIMIT: how long a statement waits for another process's lock: an auditor beside a running server.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the writer looks whether another process has let go.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// LIMIT: how long the writer waits for readers when it empties the log itself. If they stay, it is tried again later.
const FOLD_WAIT: Duration = Duration::from_millis(20);

/// LIMIT: the same at the end. Readers that stay only keep the log from being emptied: what is in it is flushed.
const FINISH_WAIT: Duration = Duration::from_millis(500);

/// Statements kept prepared by each connection: all that there are.
const STATEMENTS_MAX: usize = 64;

/// Where the tables are.
#[derive(Clone)]
pub(crate) enum Database {
    /// In a file: readers have connections of their own.
    File(PathBuf, Arc<Mutex<Vec<Connection>>>),
    /// In memory: one connection for all, because SQLite's shared memory databases have no write-ahead log.
    Memory(Arc<Mutex<Connection>>),
}

/// A connection to read with.
pub(crate) enum ReadConnection<'a> {
    Own(Option<Connection>, &'a Mutex<Vec<Connection>>),
    Shared(MutexGuard<'a, Connection>),
}

impl std::ops::Deref for ReadConnection<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match self {
            ReadConnection::Own(connection, _) => connection.as_ref().expect("a connection leaves only on drop"),
            ReadConnection::Shared(connection) => connection,
        }
    }
}

impl Drop for ReadConnection<'_> {
    fn drop(&mut self) {
        if let ReadConnection::Own(connection, idle) = self {
            let mut idle = idle.lock();
            if idle.len() < READERS_IDLE_MAX {
                idle.extend(connection.take());
            }
        }
    }
}

impl Database {
    /// The database in a file.
    pub(crate) fn file(path: &Path) -> Database {
        Database::File(path.to_owned(), Arc::default())
    }

    /// A new database in memory.
    pub(crate) fn memory() -> Result<Database, JournalError> {
        Ok(Database::Memory(Arc::new(Mutex::new(Connection::open_in_memory()?))))
    }

    /// A connection that only reads.
    pub(crate) fn read(&self) -> Result<ReadConnection<'_>, JournalError> {
        match self {
            Database::Memory(connection) => Ok(ReadConnection::Shared(connection.lock())),
            Database::File(path, idle) => {
                let known = idle.lock().pop();
                let connection = match known {
                    Some(connection) => connection,
                    None => open_to_read(path)?,
                };
                Ok(ReadConnection::Own(Some(connection), idle))
            }
        }
    }

    /// Drops the connections that nobody uses.
    pub(crate) fn close_idle(&self) {
        if let Database::File(_, idle) = self {
            idle.lock().clear();
        }
    }
}

pub(crate) fn open_to_read(path: &Path) -> Result<Connection, JournalError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.pragma_update(None, "mmap_size", 1_i64 << 30)?;
    Ok(connection)
}

/// The writer's connection.
pub struct SqliteJournal {
    connection: Arc<Mutex<Connection>>,
    database: Database,
    since_thinned: u64,
    /// Whether a transaction is begun. As long as the server runs one always is, so that no other process can get between
    /// and make commands wait; none in memory, where readers share the connection.
    holding: bool,
    /// What is not in the indexes yet, and from where on; unknown until it was read.
    tail: Option<(u64, Tail)>,
}

impl SqliteJournal {
    /// Opens or makes the tables.
    pub(crate) fn open(database: Database, sync: Sync) -> Result<SqliteJournal, StoreError> {
        let connection = match &database {
            Database::Memory(connection) => connection.clone(),
            Database::File(path, _) => {
                let connection = Connection::open_with_flags(
                    path,
                    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
                )
                .map_err(|error| StoreError::read(error.into()))?;
                Arc::new(Mutex::new(connection))
            }
        };
        prepare(&mut connection.lock(), sync)?;
        groups::complete(&mut connection.lock()).map_err(StoreError::read)?;
        connection.lock().busy_timeout(Duration::ZERO).map_err(|error| StoreError::read(error.into()))?;
        Ok(SqliteJournal { connection, database, since_thinned: 0, holding: false, tail: None })
    }

    /// What the ledger says of itself, written at the first opening.
    pub(crate) fn identity(&self) -> Result<Option<(String, String)>, JournalError> {
        let connection = self.connection.lock();
        let mut statement = connection.prepare("SELECT origin, vkey FROM meta WHERE id = 0")?;
        Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// Writes whose ledger this is, and its empty head.
    pub(crate) fn found(&mut self, origin: &str, vkey: &str, created: i64) -> Result<(), JournalError> {
        self.write(|connection| {
            let insert = "INSERT INTO meta (id, origin, vkey, created, probes, indexed) VALUES (0, ?, ?, ?, 0, 0)";
            connection.execute(insert, params![origin, vkey, created])?;
            let insert = "INSERT INTO head (id, size, root) VALUES (0, 0, ?)";
            connection.execute(insert, [Hash::EMPTY_ROOT.0.as_slice()])?;
            Ok(())
        })
    }
}

fn prepare(connection: &mut Connection, sync: Sync) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| StoreError::read(error.into());
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Each commit of one small entry writes the page that it is on: half the size, half to copy and sum.
    connection.pragma_update(None, "page_size", 4096).map_err(failed)?;
    let _mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(failed)?;
    let level = if sync == Sync::Always { "FULL" } else { "NORMAL" };
    connection.pragma_update(None, "synchronous", level).map_err(failed)?;
    // The flusher folds the log; the writer never pays for it.
    connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(failed)?;
    connection.pragma_update(None, "cache_size", -16_384).map_err(failed)?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(failed)?;
    let known = MIGRATIONS.len() as i64;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    if found < known {
        let transaction = connection.transaction().map_err(failed)?;
        for migration in &MIGRATIONS[found as usize..] {
            transaction.execute_batch(migration).map_err(failed)?;
        }
        transaction.pragma_update(None, "user_version", known).map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
    Ok(())
}

impl SqliteJournal {
    /// One transaction, and the next one begun: see [`SqliteJournal::holding`].
    fn write<T>(&mut self, write: impl FnOnce(&Connection) -> Result<T, JournalError>) -> Result<T, JournalError> {
        self.hold(BUSY_TIMEOUT)?;
        let connection = self.connection.clone();
        let connection = connection.lock();
        self.holding = false;
        let written = write(&connection).and_then(|written| {
            connection.execute_batch("COMMIT")?;
            Ok(written)
        });
        if written.is_err() && !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        if matches!(self.database, Database::File(..)) {
            // What is committed is committed: if this fails, the next call waits.
            self.holding = connection.execute_batch("BEGIN IMMEDIATE").is_ok();
        }
        written
    }

    /// Begins a transaction, unless one is begun.
    fn hold(&mut self, wait: Duration) -> Result<(), JournalError> {
        if self.holding {
            return Ok(());
        }
        let connection = self.connection.lock();
        let began = Instant::now();
        loop {
            match connection.execute_batch("BEGIN IMMEDIATE") {
                Err(error) if is_busy(&error) => {
                    if began.elapsed() >= wait {
                        return Err(JournalError::Locked);
                    }
                    std::thread::sleep(BUSY_PAUSE.min(wait));
                }
                begun => {
                    begun?;
                    self.holding = true;
                    return Ok(());
                }
            }
        }
    }

    /// Ends the transaction that is begun and empty.
    fn let_go(&mut self) -> Result<(), JournalError> {
        if std::mem::take(&mut self.holding) {
            self.connection.lock().execute_batch("ROLLBACK")?;
        }
        Ok(())
    }

    /// Flushes log and database and empties the log.
    fn truncate_log(&mut self, wait: Duration) -> Result<(), JournalError> {
        self.let_go()?;
        let connection = self.connection.lock();
        connection.busy_timeout(wait)?;
        let folded = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        connection.busy_timeout(Duration::ZERO)?;
        Ok(folded?)
    }
}

impl Journal for SqliteJournal {
    fn begin(&mut self, wait: Duration) -> Result<(), JournalError> {
        match self.database {
            Database::File(..) => self.hold(wait),
            Database::Memory(_) => Ok(()),
        }
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), JournalError> {
        // Whatever fails: what was committed is read again.
        let known = self.tail.take();
        let thin = batch.checkpoint.is_some() && self.since_thinned + 1 >= CHECKPOINTS_RECENT;
        let tail = self.write(|connection| {
            write_entries(connection, batch)?;
            let (mut indexed, mut tail) = match known {
                Some((indexed, tail)) if tail.next() == batch.first => (indexed, tail),
                _ => {
                    let indexed = read_indexed(connection)?;
                    (indexed, Tail::stored(connection, indexed, batch.first)?)
                }
            };
            batch.entries.iter().for_each(|entry| tail.note(&entry.about()));
            if batch.head.size - indexed >= INDEX_ENTRIES {
                index_runs(connection, indexed, batch.head.size)?;
                std::mem::replace(&mut tail, Tail::new(batch.head.size)).write(connection)?;
                indexed = batch.head.size;
            }
            write_texts(connection, batch)?;
            for row in &batch.history {
                write_history(connection, row)?;
            }
            if let Some((at, note)) = &batch.checkpoint {
                let insert = "INSERT OR REPLACE INTO checkpoints (size, at, note) VALUES (?, ?, ?)";
                connection.prepare_cached(insert)?.execute(params![batch.head.size as i64, at, note])?;
            }
            if thin {
                thin_checkpoints(connection)?;
            }
            Ok((indexed, tail))
        })?;
        self.tail = Some(tail);
        self.since_thinned = if thin { 0 } else { self.since_thinned + u64::from(batch.checkpoint.is_some()) };
        Ok(())
    }

    fn probe(&mut self) -> Result<(), JournalError> {
        self.write(|connection| {
            connection.execute("UPDATE meta SET probes = probes + 1", [])?;
            Ok(())
        })
    }

    fn restart(&mut self) -> Result<(), JournalError> {
        if self.holding {
            self.let_go()?;
            self.begin(Duration::ZERO)?;
        }
        Ok(())
    }

    fn fold(&mut self) -> Result<(), JournalError> {
        self.truncate_log(FOLD_WAIT)?;
        self.begin(Duration::ZERO)
    }

    fn finish(&mut self) -> Result<(), JournalError> {
        self.truncate_log(FINISH_WAIT)
    }

    fn has_old(&mut self, before: i64, in_use: &dyn Fn(BlobHash) -> bool) -> Result<bool, JournalError> {
        let connection = self.connection.lock();
        let select = "SELECT EXISTS (SELECT 1 FROM (SELECT ended FROM attempts ORDER BY id LIMIT 1) WHERE ended < ?1)
                      OR EXISTS (SELECT 1 FROM (SELECT ended FROM runs WHERE ended IS NOT NULL ORDER BY id LIMIT 1)
                                 WHERE ended < ?1)";
        let rows = connection.prepare_cached(select)?.query_row([before], |row| row.get(0))?;
        Ok(rows || !old_errors(&connection, before, 1, in_use)?.is_empty())
    }

    fn forget(&mut self, before: i64, in_use: &dyn Fn(BlobHash) -> bool) -> Result<bool, JournalError> {
        self.write(|connection| forget(connection, before, in_use))
    }

    fn reader(&self) -> Result<Box<dyn Reader>, JournalError> {
        Ok(Box::new(SqliteReader { database: self.database.clone() }))
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// How much of the log was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    /// All that was in it.
    Whole,
    /// Not what a reader still needs to find in the log, or another process is at it.
    Part,
}

/// Copies the write-ahead log into the database as far as nobody is hindered.
pub(crate) fn fold_log(connection: &Connection) -> Result<Fold, JournalError> {
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
    let (busy, frames, copied) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], row)?;
    Ok(if busy == 0 && frames == copied { Fold::Whole } else { Fold::Part })
}

fn write_entries(connection: &Connection, batch: &Batch) -> Result<(), JournalError> {
    if batch.entries.is_empty() {
        return Ok(());
    }
    let mut insert = connection.prepare_cached("INSERT INTO entries (seq, run, hash, leaf) VALUES (?, ?, ?, ?)")?;
    for (seq, entry, leaf) in batch.rows() {
        insert.execute(params![seq as i64, entry.run.map(|run| run as i64), entry.hash.0.as_slice(), leaf])?;
    }
    for tile in &batch.tiles {
        let mut insert = connection.prepare_cached("INSERT INTO tiles (level, idx, hashes) VALUES (?, ?, ?)")?;
        insert.execute(params![tile.level, tile.index as i64, tile.to_bytes()])?;
    }
    // Whoever wrote since the head was read would be overwritten.
    let mut update = connection.prepare_cached("UPDATE head SET size = ?, root = ? WHERE id = 0 AND size = ?")?;
    let updated = update.execute(params![batch.head.size as i64, batch.head.root.0.as_slice(), batch.first as i64])?;
    if updated != 1 {
        return Err(JournalError::Damaged("another process wrote the ledger".into()));
    }
    Ok(())
}

fn read_indexed(connection: &Connection) -> Result<u64, JournalError> {
    let mut statement = connection.prepare_cached("SELECT indexed FROM meta WHERE id = 0")?;
    Ok(statement.query_row([], |row| row.get::<_, i64>(0))? as u64)
}

/// One row for each run that has entries from `from` to before `end`.
fn index_runs(connection: &Connection, from: u64, end: u64) -> Result<(), JournalError> {
    let mut places: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
    let select = "SELECT seq, run FROM entries WHERE seq >= ? AND seq < ? AND run IS NOT NULL ORDER BY seq";
    let mut statement = connection.prepare_cached(select)?;
    let mut rows = statement.query(params![from as i64, end as i64])?;
    while let Some(row) = rows.next()? {
        let (seq, run): (i64, i64) = (row.get(0)?, row.get(1)?);
        // LIMIT: a group has fewer than 2^32 entries.
        places.entry(run).or_default().extend_from_slice(&((seq - from as i64) as u32).to_le_bytes());
    }
    let mut insert = connection.prepare_cached("INSERT INTO entries_of_run (run, first, places) VALUES (?, ?, ?)")?;
    for (run, places) in places {
        insert.execute(params![run, from as i64, places])?;
    }
    connection.prepare_cached("UPDATE meta SET indexed = ?")?.execute([end as i64])?;
    Ok(())
}

/// Sequence numbers from a row of `entries_of_run`.
pub(crate) fn places(first: i64, places: &[u8]) -> impl Iterator<Item = i64> {
    places.as_chunks::<4>().0.iter().map(move |place| first + i64::from(u32::from_le_bytes(*place)))
}

fn write_texts(connection: &Connection, batch: &Batch) -> Result<(), JournalError> {
    for NewName { id, salt, text } in &batch.names {
        let mut insert = connection.prepare_cached("INSERT INTO names (id, salt, text) VALUES (?, ?, ?)")?;
        insert.execute(params![id.0, salt.0.as_slice(), &**text])?;
    }
    for blob in &batch.blobs {
        // The same error again keeps its text for longer.
        let insert = "INSERT INTO blobs (hash, at, kept, content) VALUES (?, ?, ?, ?)
                      ON CONFLICT (hash) DO UPDATE SET at = max(at, excluded.at), kept = max(kept, excluded.kept)";
        let mut insert = connection.prepare_cached(insert)?;
        insert.execute(params![blob.hash.0.as_slice(), blob.at, blob.kept, blob.content])?;
    }
    for erased in &batch.erased {
        erase(connection, erased)?;
    }
    Ok(())
}

/// The bytes are overwritten where they stood; the log has them until it is folded and starts anew.
fn erase(connection: &Connection, erased: &TextsErased) -> Result<(), JournalError> {
    connection.pragma_update(None, "secure_delete", true)?;
    for name in &erased.names {
        connection.prepare_cached("UPDATE names SET salt = NULL, text = NULL WHERE id = ?")?.execute([name.0])?;
    }
    for hash in &erased.errors {
        let delete = "DELETE FROM blobs WHERE hash = ? AND NOT kept";
        connection.prepare_cached(delete)?.execute([hash.0.as_slice()])?;
    }
    Ok(())
}

/// Those of some texts that `erase` would delete, each once.
pub(crate) fn erasable(connection: &Connection, errors: &[BlobHash]) -> Result<Vec<BlobHash>, JournalError> {
    let mut select = connection.prepare_cached("SELECT 1 FROM blobs WHERE hash = ? AND NOT kept")?;
    let mut there = BTreeSet::new();
    for hash in errors {
        if select.exists([hash.0.as_slice()])? {
            there.insert(*hash);
        }
    }
    Ok(there.into_iter().collect())
}

fn write_history(connection: &Connection, row: &HistoryRow) -> Result<(), JournalError> {
    match row {
        HistoryRow::RunStarted { run, family, root, worker, worker_name, at } => {
            let insert = "INSERT OR REPLACE INTO runs (id, family, root, worker, worker_name, started)
                          VALUES (?, ?, ?, ?, ?, ?)";
            let values = params![run.0 as i64, family, root, worker.0, worker_name.0, at.0];
            connection.prepare_cached(insert)?.execute(values)?;
        }
        HistoryRow::RunDescribed { run, info } => {
            let update = "UPDATE runs SET info = ? WHERE id = ?";
            connection.prepare_cached(update)?.execute(params![info.0, run.0 as i64])?;
        }
        HistoryRow::RunEnded { run, outcome, at } => {
            let update = "UPDATE runs SET ended = ?, outcome = ? WHERE id = ?";
            connection.prepare_cached(update)?.execute(params![at.0, outcome.as_str(), run.0 as i64])?;
        }
        HistoryRow::RunResumed { run } => {
            let update = "UPDATE runs SET ended = NULL, outcome = NULL WHERE id = ?";
            connection.prepare_cached(update)?.execute([run.0 as i64])?;
        }
        HistoryRow::Attempt { run, task, family, worker, started, ended, outcome, error } => {
            let insert = "INSERT INTO attempts (run, task, family, worker, started, ended, outcome, error)
                          VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
            connection.prepare_cached(insert)?.execute(params![
                run.map(|run| run.0 as i64),
                task,
                family,
                worker.map(|worker| worker.0),
                started.map(|started| started.0),
                ended.0,
                outcome.as_str(),
                error.as_ref().map(|hash| hash.0.as_slice()),
            ])?;
        }
    }
    Ok(())
}

/// Keeps the latest, and of older ones the last of each hour.
fn thin_checkpoints(connection: &Connection) -> Result<(), JournalError> {
    let delete = "DELETE FROM checkpoints WHERE size < (SELECT min(size) FROM
                    (SELECT size FROM checkpoints ORDER BY size DESC LIMIT ?))
                  AND size NOT IN (SELECT max(size) FROM checkpoints GROUP BY at / 3600000000)";
    connection.execute(delete, [CHECKPOINTS_RECENT as i64])?;
    Ok(())
}

fn forget(connection: &Connection, before: i64, in_use: &dyn Fn(BlobHash) -> bool) -> Result<bool, JournalError> {
    let limit = RETENTION_ROWS_MAX as i64;
    // Ids rise with time closely enough: the oldest rows are the first ones, so no index on time is needed.
    let delete = "DELETE FROM attempts WHERE id IN (SELECT id FROM attempts ORDER BY id LIMIT ?) AND ended < ?";
    let attempts = connection.prepare_cached(delete)?.execute(params![limit, before])?;
    let delete = "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE ended IS NOT NULL ORDER BY id LIMIT ?)
                  AND ended < ?";
    let runs = connection.prepare_cached(delete)?.execute(params![limit, before])?;
    let errors = old_errors(connection, before, RETENTION_ROWS_MAX, in_use)?;
    for id in &errors {
        connection.prepare_cached("DELETE FROM blobs WHERE id = ?")?.execute([id])?;
    }
    Ok(attempts.max(runs).max(errors.len()) >= RETENTION_ROWS_MAX)
}

/// The first error texts that nothing names any more.
fn old_errors(
    connection: &Connection,
    before: i64,
    limit: usize,
    in_use: &dyn Fn(BlobHash) -> bool,
) -> Result<Vec<i64>, JournalError> {
    let select = "SELECT id, hash FROM blobs WHERE NOT kept AND at < ?
                  AND NOT EXISTS (SELECT 1 FROM attempts WHERE error = hash) ORDER BY id";
    let mut statement = connection.prepare_cached(select)?;
    let rows = statement.query_map([before], |row| Ok((row.get(0)?, BlobHash(row.get(1)?))))?;
    let unused = rows.filter(|row| row.as_ref().map_or(true, |(_, hash)| !in_use(*hash)));
    Ok(unused.take(limit).map(|row| row.map(|(id, _)| id)).collect::<Result<_, _>>()?)
}

/// The tables as they are, each with its SQL.
pub(crate) fn stored_schema(connection: &Connection) -> Result<Vec<(String, Option<String>)>, JournalError> {
    // SQLite's own tables (statistics) are not ours.
    let select = "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name";
    let mut statement = connection.prepare(select)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The tables as this release makes them.
pub(crate) fn expected_schema() -> Result<Vec<(String, Option<String>)>, JournalError> {
    let connection = Connection::open_in_memory()?;
    MIGRATIONS.iter().try_for_each(|migration| connection.execute_batch(migration))?;
    stored_schema(&connection)
}

/// Reads for recovery.
pub(crate) struct SqliteReader {
    pub(crate) database: Database,
}

impl Reader for SqliteReader {
    fn head(&mut self) -> Result<TreeHead, JournalError> {
        read_head(&*self.database.read()?)
    }

    fn frontier(&mut self, size: u64) -> Result<Frontier, JournalError> {
        read_frontier(&*self.database.read()?, size)
    }

    fn names(&mut self, visit: &mut dyn FnMut(NameId, Option<&str>)) -> Result<(), JournalError> {
        let connection = self.database.read()?;
        let mut statement = connection.prepare("SELECT id, text FROM names ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            visit(NameId(row.get(0)?), row.get_ref(1)?.as_str_or_null().map_err(rusqlite::Error::from)?);
        }
        Ok(())
    }

    fn entries(&mut self, from: u64, limit: usize) -> Result<Vec<StoredRow>, JournalError> {
        read_entries(&*self.database.read()?, from, limit)
    }

    fn blob(&mut self, hash: BlobHash) -> Result<Option<String>, JournalError> {
        read_blob(&*self.database.read()?, hash)
    }
}

pub(crate) fn read_head(connection: &Connection) -> Result<TreeHead, JournalError> {
    let mut statement = connection.prepare_cached("SELECT size, root FROM head WHERE id = 0")?;
    let head = statement.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?))).optional()?;
    let (size, root) = head.ok_or_else(|| JournalError::Damaged("the row of the head is missing".into()))?;
    Ok(TreeHead { size: size as u64, root: Hash(root) })
}

pub(crate) fn read_blob(connection: &Connection, hash: BlobHash) -> Result<Option<String>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT content FROM blobs WHERE hash = ?")?;
    Ok(statement.query_row([hash.0.as_slice()], |row| row.get(0)).optional()?)
}

/// Salt and text of a name; none: there is no such number, or it was erased.
pub(crate) fn read_name(connection: &Connection, name: NameId) -> Result<Option<(Salt, String)>, JournalError> {
    let select = "SELECT salt, text FROM names WHERE id = ? AND text IS NOT NULL";
    let mut statement = connection.prepare_cached(select)?;
    Ok(statement.query_row([name.0], |row| Ok((Salt(row.get(0)?), row.get(1)?))).optional()?)
}

pub(crate) fn read_entries(connection: &Connection, from: u64, limit: usize) -> Result<Vec<StoredRow>, JournalError> {
    let select = "SELECT seq, hash, leaf FROM entries WHERE seq >= ? ORDER BY seq LIMIT ?";
    let mut statement = connection.prepare_cached(select)?;
    let rows = statement.query_map(params![from as i64, limit as i64], stored_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn stored_row(row: &rusqlite::Row<'_>) -> Result<StoredRow, rusqlite::Error> {
    Ok(StoredRow { seq: row.get::<_, i64>(0)? as u64, hash: Hash(row.get(1)?), leaf: row.get(2)? })
}

pub(crate) fn read_frontier(connection: &Connection, size: u64) -> Result<Frontier, JournalError> {
    let reader = StoredTiles { connection };
    Frontier::restore(size, &reader).map_err(|error| match error {
        bussola_ledger::RestoreError::Read { source, .. } => source,
        short => JournalError::Damaged(short.to_string()),
    })
}

/// Full tiles from their table; the last hashes of level 0 from the entries.
pub(crate) struct StoredTiles<'a> {
    pub(crate) connection: &'a Connection,
}

impl TileReader for StoredTiles<'_> {
    type Error = JournalError;

    fn read_tile(&self, level: u8, index: u64, width: usize) -> Result<Cow<'_, [Hash]>, JournalError> {
        let mut statement = self.connection.prepare_cached("SELECT hashes FROM tiles WHERE level = ? AND idx = ?")?;
        let bytes: Option<Vec<u8>> = statement.query_row(params![level, index as i64], |row| row.get(0)).optional()?;
        if let Some(bytes) = bytes {
            let (hashes, rest) = bytes.as_chunks::<32>();
            if !rest.is_empty() {
                return Err(JournalError::Damaged(format!("tile {index} of level {level} has a torn hash")));
            }
            return Ok(Cow::Owned(hashes.iter().map(|hash| Hash(*hash)).collect()));
        }
        if level > 0 {
            return Ok(Cow::Owned(Vec::new()));
        }
        let select = "SELECT hash FROM entries WHERE seq >= ? ORDER BY seq LIMIT ?";
        let mut statement = self.connection.prepare_cached(select)?;
        let rows = statement.query_map(params![index as i64 * 256, width as i64], |row| row.get(0).map(Hash))?;
        Ok(Cow::Owned(rows.collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::keeper::open_folder;

    #[test]
    fn a_log_that_was_copied_starts_anew_although_a_transaction_is_always_begun() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("ledger.db");
        let mut journal = SqliteJournal::open(Database::file(&path), Sync::Interval).unwrap();
        journal.found("test", "key", 0).unwrap();
        let length = || std::fs::metadata(place.path().join("ledger.db-wal")).unwrap().len();
        let folder = open_folder(&path).unwrap();
        journal.probe().unwrap();
        let before = length();
        for _ in 0..3 {
            fold_log(&folder).unwrap();
            journal.restart().unwrap();
            journal.probe().unwrap();
        }
        assert_eq!(length(), before);
        journal.finish().unwrap();
        assert_eq!(length(), 0);
    }

    #[test]
    fn who_waits_for_another_process_is_told_so_in_time() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("ledger.db");
        let mut journal = SqliteJournal::open(Database::file(&path), Sync::Interval).unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(matches!(journal.begin(Duration::ZERO), Err(JournalError::Locked)));
        other.execute_batch("COMMIT").unwrap();
        journal.begin(Duration::ZERO).unwrap();
        other.busy_timeout(Duration::ZERO).unwrap();
        assert!(is_busy(&other.execute_batch("BEGIN IMMEDIATE").unwrap_err()));
    }
}
