//! A journal in memory that fails when told to: for tests and the simulator.
//!
//! It knows the failures that disks have: a commit that is refused, a commit that is kept although an error was
//! reported, and a power cut that takes with it what was not flushed, group by group.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bussola_domain::id::{BlobHash, NameId};
use bussola_domain::names::Salt;
use bussola_domain::runs::HistoryRow;
use bussola_ledger::{Frontier, Hash, TreeHead};
use parking_lot::Mutex;

use crate::journal::{Batch, Journal, JournalError, Reader, StoredRow};

/// What the next commits do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// They work.
    #[default]
    None,
    /// They fail and keep nothing.
    Refused,
    /// They fail, and what they were given is there nevertheless.
    KeptButReported,
}

/// What is kept, shared by all who hold it: it survives the writer, as a disk survives a process.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    contents: Arc<Mutex<Contents>>,
}

type Kept = (Salt, Arc<str>);

#[derive(Debug, Default)]
struct Contents {
    fault: Fault,
    groups: Vec<Group>,
    flushed: usize,
    size: u64,
    entries: Vec<StoredRow>,
    names: BTreeMap<NameId, Option<Kept>>,
    blobs: BTreeMap<BlobHash, String>,
    history: Vec<HistoryRow>,
}

/// Where things stood before a commit.
#[derive(Debug)]
struct Group {
    entries: usize,
    names: Vec<NameId>,
    /// What it erased.
    erased: Vec<(NameId, Option<Kept>)>,
    history: usize,
}

impl Disk {
    /// Empty.
    pub fn new() -> Disk {
        Disk::default()
    }

    /// Sets what the next commits do.
    pub fn set_fault(&self, fault: Fault) {
        self.contents.lock().fault = fault;
    }

    /// What was committed so far survives a power cut.
    pub fn flush(&self) {
        let mut contents = self.contents.lock();
        contents.flushed = contents.groups.len();
    }

    /// Takes away commits after the last flush, all but `kept` of them.
    pub fn cut_power(&self, kept: usize) {
        let mut contents = self.contents.lock();
        let stays = contents.flushed + kept;
        while contents.groups.len() > stays {
            let Some(group) = contents.groups.pop() else { break };
            contents.entries.truncate(group.entries);
            contents.history.truncate(group.history);
            contents.names.extend(group.erased);
            for name in group.names {
                contents.names.remove(&name);
            }
        }
        contents.size = contents.entries.len() as u64;
    }

    /// Commits that a power cut may take.
    pub fn unflushed(&self) -> usize {
        let contents = self.contents.lock();
        contents.groups.len() - contents.flushed
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.contents.lock().size
    }

    /// All names with their salts; none: erased.
    pub fn names(&self) -> BTreeMap<NameId, Option<Kept>> {
        self.contents.lock().names.clone()
    }

    /// All changes of the history, in order.
    pub fn history(&self) -> Vec<HistoryRow> {
        self.contents.lock().history.clone()
    }
}

impl Journal for Disk {
    fn begin(&mut self, _wait: Duration) -> Result<(), JournalError> {
        Ok(())
    }

    fn restart(&mut self) -> Result<(), JournalError> {
        Ok(())
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), JournalError> {
        let mut contents = self.contents.lock();
        let fault = contents.fault;
        if fault == Fault::Refused {
            return Err(JournalError::Injected("refused"));
        }
        assert_eq!(batch.first, contents.size, "a batch continues what is there");
        let mut group = Group {
            entries: contents.entries.len(),
            names: batch.names.iter().map(|name| name.id).collect(),
            erased: Vec::new(),
            history: contents.history.len(),
        };
        contents.names.extend(batch.names.iter().map(|name| (name.id, Some((name.salt, name.text.clone())))));
        contents.blobs.extend(batch.blobs.iter().map(|blob| (blob.hash, blob.content.clone())));
        for erased in &batch.erased {
            for &id in &erased.names {
                group.erased.push((id, contents.names.insert(id, None).flatten()));
            }
            erased.errors.iter().for_each(|hash| drop(contents.blobs.remove(hash)));
        }
        contents.groups.push(group);
        contents.entries.extend(batch.rows().map(|(seq, entry, leaf)| StoredRow {
            seq,
            hash: entry.hash,
            leaf: leaf.to_vec(),
        }));
        contents.history.extend(batch.history.iter().cloned());
        contents.size = batch.head.size;
        match fault {
            Fault::KeptButReported => Err(JournalError::Injected("reported although kept")),
            _ => Ok(()),
        }
    }

    fn probe(&mut self) -> Result<(), JournalError> {
        match self.contents.lock().fault {
            Fault::None => Ok(()),
            _ => Err(JournalError::Injected("still broken")),
        }
    }

    fn fold(&mut self) -> Result<(), JournalError> {
        Ok(())
    }

    fn finish(&mut self) -> Result<(), JournalError> {
        Ok(())
    }

    fn has_old(&mut self, _before: i64, _in_use: &dyn Fn(BlobHash) -> bool) -> Result<bool, JournalError> {
        Ok(false)
    }

    fn forget(&mut self, _before: i64, _in_use: &dyn Fn(BlobHash) -> bool) -> Result<bool, JournalError> {
        Ok(false)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, JournalError> {
        Ok(Box::new(self.clone()))
    }
}

impl Reader for Disk {
    fn head(&mut self) -> Result<TreeHead, JournalError> {
        let size = self.contents.lock().size;
        Ok(self.frontier(size)?.head())
    }

    fn frontier(&mut self, size: u64) -> Result<Frontier, JournalError> {
        let contents = self.contents.lock();
        let hashes: Vec<Hash> = contents.entries.iter().take(size as usize).map(|row| row.hash).collect();
        let mut frontier = Frontier::new();
        for hash in hashes {
            frontier.append(hash);
        }
        Ok(frontier)
    }

    fn names(&mut self, visit: &mut dyn FnMut(NameId, Option<&str>)) -> Result<(), JournalError> {
        self.contents.lock().names.iter().for_each(|(&id, kept)| visit(id, kept.as_ref().map(|(_, text)| &**text)));
        Ok(())
    }

    fn entries(&mut self, from: u64, limit: usize) -> Result<Vec<StoredRow>, JournalError> {
        let contents = self.contents.lock();
        Ok(contents.entries.iter().skip(from as usize).take(limit).cloned().collect())
    }

    fn blob(&mut self, hash: BlobHash) -> Result<Option<String>, JournalError> {
        Ok(self.contents.lock().blobs.get(&hash).cloned())
    }
}
