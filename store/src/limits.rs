//! Every limit of the store, in one place, each with its reason.

use std::time::Duration;

/// LIMIT: commands that wait for the writer. Some 80 ms of work: more waiting would only make every answer later. When
/// full, `execute` waits for a place, at most [`QUEUE_WAIT_MAX`].
pub const QUEUE_LENGTH_MAX: usize = 8_192;

/// LIMIT: how long `execute` waits for a place in the queue before it gives up with `StoreError::Busy`.
pub const QUEUE_WAIT_MAX: Duration = Duration::from_secs(10);

/// LIMIT: commands in one group. A group shares one transaction; beyond some hundreds the share no longer shrinks.
pub const GROUP_COMMANDS_MAX: usize = 1_024;

/// A command that comes sooner than this after the last is one of many, and shares a transaction with those that follow it.
/// Well below the time that one client needs to read a reply and send the next call.
pub const PAUSE_MIN: Duration = Duration::from_micros(10);

/// LIMIT: a buffer that grew beyond this for one group is given back.
pub const SPARE_BYTES_MAX: usize = 8 << 20;

/// LIMIT: how long the writer executes before it lets readers in. Readers may wait this long, so it stays well below the
/// 5 ms that the project promises.
pub const GROUP_TIME_MAX: Duration = Duration::from_millis(2);

/// How soon after a commit its pages are flushed to the disk with `Sync::Interval`.
pub const FLUSH_INTERVAL: Duration = Duration::from_millis(100);

/// How often a checkpoint is signed while entries come in.
pub const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(1);

/// How often what is committed is published: signed, put into the guard, and shown to witnesses.
pub const PUBLISH_INTERVAL: Duration = Duration::from_secs(1);

/// LIMIT: published checkpoints that witnesses may still answer for.
pub const PUBLICATIONS_RECENT: usize = 64;

/// LIMIT: how long an older checkpoint that has its cosignatures is served in place of the newest that has not. After that
/// a fresh checkpoint is worth more than a cosigned one: its readers see for themselves that witnesses are missing.
pub const COSIGNATURE_WAIT_MAX: Duration = Duration::from_secs(10);

/// LIMIT: stored checkpoints that are kept all; of older ones one an hour stays.
pub const CHECKPOINTS_RECENT: u64 = 256;

/// A write-ahead log of this size is folded into the database by the flusher, aside.
pub const WAL_FOLD_BYTES: u64 = 32 << 20;

/// Entries since the log was folded last from which a long one is folded again.
pub const FOLD_ENTRIES: u64 = 20_000;

/// LIMIT: a write-ahead log that grew to this while the flusher folded is folded to the end by the writer, once, because
/// only in a pause of the writer can it start anew.
pub const WAL_BYTES_MAX: u64 = 512 << 20;

/// LIMIT: bytes of an entry's subject before it is cut and completed by its hash. The ledger's own limit.
pub const SUBJECT_BYTES_MAX: usize = bussola_ledger::limits::REFERENCE_BYTES_MAX;

/// LIMIT: how long a command waits while another process holds a lock on the database. Luigi's clients wait as long for a reply,
/// and then try again by themselves.
pub const LOCK_WAIT_MAX: Duration = Duration::from_secs(10);

/// After a failed commit the writer first tries again after this time, then after twice as long, up to
/// [`RETRY_DELAY_MAX`].
pub const RETRY_DELAY_MIN: Duration = Duration::from_millis(50);

/// LIMIT: see [`RETRY_DELAY_MIN`].
pub const RETRY_DELAY_MAX: Duration = Duration::from_secs(5);

/// LIMIT: committed entries that a slow subscriber may be behind before it is told that it missed some.
pub const EVENTS_BEHIND_MAX: usize = 4_096;

/// LIMIT: rows that one question to the history returns.
pub const ROWS_MAX: usize = 10_000;

/// LIMIT: entries that one question to the ledger returns, unless it asks for one run.
pub const ENTRIES_MAX: usize = 10_000;

/// LIMIT: read connections that are kept open. More questions at once open more and close them again.
pub const READERS_IDLE_MAX: usize = 8;

/// Entries since the last snapshot from which a new one is made when the writer has little to do.
pub const SNAPSHOT_ENTRIES: u64 = 250_000;

/// LIMIT: entries since the last snapshot from which a new one is made however busy the writer is: what a restart has
/// to fold stays below some seconds.
pub const SNAPSHOT_ENTRIES_MAX: u64 = 1_000_000;

/// Entries after which the index of runs is brought up to date, in the transaction at hand. It makes that one some milliseconds
/// longer, and a question for a run's entries may have to look through as many.
pub const INDEX_ENTRIES: u64 = 4_096;

/// LIMIT: entries of one group of the index: two bytes say which of them. More come only from a command that records so many.
pub const GROUP_ENTRIES_MAX: usize = 1 << 16;

/// LIMIT: entries that one question with filters reads without finding what it wants: it then says where to go on.
pub const LOOKED_AT_MAX: usize = 20_000;

/// Entries read and decoded at once while folding.
pub const FOLD_CHUNK: usize = 2_048;

/// LIMIT: rows that retention deletes in one transaction, so that no command waits long behind it.
pub const RETENTION_ROWS_MAX: usize = 500;

/// LIMIT: runs that a total counts. Counting a million rows for a number that nobody reads to the last digit takes a second.
pub const RUNS_COUNTED_MAX: usize = 100_000;

/// LIMIT: folded runs that are kept: those that people look at just now.
pub const FOLDS_MAX: usize = 16;

/// LIMIT: tasks of all folded runs that are kept, at about a kilobyte each. One run alone may have more.
pub const FOLDS_TASKS_MAX: usize = 100_000;
