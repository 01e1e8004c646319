//! What the writer writes to: all of one group of commands, or nothing.
//!
//! Two implementations: [`sqlite`] keeps files, [`faulty`] keeps everything in memory and fails when told to.

pub mod faulty;
pub(crate) mod groups;
pub mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use bussola_domain::id::{BlobHash, NameId};
use bussola_domain::names::{Salt, TextsErased};
use bussola_domain::runs::HistoryRow;
use bussola_ledger::{Frontier, FullTile, Hash, TreeHead};

/// Why the journal failed.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// SQLite's word.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A failure that a test asked for.
    #[error("injected fault: {0}")]
    Injected(&'static str),
    /// Another process has the database.
    #[error("another process holds a lock on the database")]
    Locked,
    /// What is stored is not what it should be.
    #[error("{0}")]
    Damaged(String),
}

/// One entry to append.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Its hash.
    pub hash: Hash,
    /// One past its last byte in [`Batch::leaves`]; it starts where the one before ends.
    pub end: usize,
    /// In which run.
    pub run: Option<u64>,
    /// When it happened, in microseconds.
    pub at: i64,
    /// What happened.
    pub kind: &'static str,
    /// Who did it.
    pub principal: Arc<str>,
    /// Its subject's key in the index.
    pub subject: u64,
}

/// What the index of entries keeps of one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About<'a> {
    pub at: i64,
    pub kind: &'a str,
    pub principal: &'a str,
    pub subject: u64,
}

impl NewEntry {
    pub(crate) fn about(&self) -> About<'_> {
        About { at: self.at, kind: self.kind, principal: &self.principal, subject: self.subject }
    }
}

/// One text to keep.
#[derive(Clone, Debug)]
pub struct NewBlob {
    /// Its hash.
    pub hash: BlobHash,
    /// It.
    pub content: String,
    /// When, in microseconds.
    pub at: i64,
    /// Not subject to retention.
    pub kept: bool,
}

/// One name to keep.
#[derive(Clone, Debug)]
pub struct NewName {
    /// Its number.
    pub id: NameId,
    /// What makes its hash in the entry of no use to who guesses.
    pub salt: Salt,
    /// It.
    pub text: Arc<str>,
}

/// What is written together.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Sequence number of the first entry.
    pub first: u64,
    /// Entries.
    pub entries: Vec<NewEntry>,
    /// Their leaves, one after another.
    pub leaves: Vec<u8>,
    /// Tiles that they complete.
    pub tiles: Vec<FullTile>,
    /// The ledger after them.
    pub head: TreeHead,
    /// Names used for the first time.
    pub names: Vec<NewName>,
    /// Texts to keep.
    pub blobs: Vec<NewBlob>,
    /// Names and error texts to erase, after those above were written.
    pub erased: Vec<TextsErased>,
    /// Changes of the history.
    pub history: Vec<HistoryRow>,
    /// A signed note of the head, and when it was signed.
    pub checkpoint: Option<(i64, String)>,
}

impl Batch {
    /// The entries with their leaves.
    pub fn rows(&self) -> impl Iterator<Item = (u64, &NewEntry, &[u8])> {
        let mut from = 0;
        (self.first..).zip(&self.entries).map(move |(seq, entry)| {
            let leaf = &self.leaves[from..entry.end];
            from = entry.end;
            (seq, entry, leaf)
        })
    }
}

/// The writer's side. INVARIANT: after `commit` failed, what it was given is either all there or not at all; the caller
/// reads anew what is there.
pub trait Journal: Send {
    /// Makes sure that a commit will not have to wait for another process; waits for that at most so long, and fails with
    /// [`JournalError::Locked`].
    fn begin(&mut self, wait: Duration) -> Result<(), JournalError>;
    /// Writes all of it.
    fn commit(&mut self, batch: &Batch) -> Result<(), JournalError>;
    /// Writes something small and keeps nothing: tells whether commits may succeed again.
    fn probe(&mut self) -> Result<(), JournalError>;
    /// The log was copied into the database: lets it start anew where that costs nothing.
    fn restart(&mut self) -> Result<(), JournalError>;
    /// Gives a log that grew too long a chance to start anew.
    fn fold(&mut self) -> Result<(), JournalError>;
    /// The last call: leaves as little as possible to be recovered.
    fn finish(&mut self) -> Result<(), JournalError>;
    /// Whether there is history that ended before a time, so that `forget` would delete some.
    fn has_old(&mut self, before: i64, in_use: &dyn Fn(BlobHash) -> bool) -> Result<bool, JournalError>;
    /// Deletes some of the history that ended before a time. Says whether there is more.
    fn forget(&mut self, before: i64, in_use: &dyn Fn(BlobHash) -> bool) -> Result<bool, JournalError>;
    /// The reading side, by itself.
    fn reader(&self) -> Result<Box<dyn Reader>, JournalError>;
}

/// One entry as it is stored.
#[derive(Clone, Debug)]
pub struct StoredRow {
    /// Its key.
    pub seq: u64,
    /// Its stored hash.
    pub hash: Hash,
    /// Its bytes.
    pub leaf: Vec<u8>,
}

/// The reading side that recovery needs.
pub trait Reader: Send {
    /// The head as stored.
    fn head(&mut self) -> Result<TreeHead, JournalError>;
    /// The edge of the tree of this many entries, from tiles and hashes.
    fn frontier(&mut self, size: u64) -> Result<Frontier, JournalError>;
    /// All names; none: it was erased.
    fn names(&mut self, visit: &mut dyn FnMut(NameId, Option<&str>)) -> Result<(), JournalError>;
    /// Entries in order.
    fn entries(&mut self, from: u64, limit: usize) -> Result<Vec<StoredRow>, JournalError>;
    /// A text by its hash.
    fn blob(&mut self, hash: BlobHash) -> Result<Option<String>, JournalError>;
}
