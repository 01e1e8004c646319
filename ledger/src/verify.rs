//! The whole ledger, checked as a stream: the same answer whoever stored it.
//!
//! Fed with what a store holds, in order, the verifier finds the first thing that is not as it must be: an entry that
//! is missing, moved, changed or not in canonical form; a stored hash, tile or checkpoint that disagrees with the
//! entries; a ledger shorter than a checkpoint that someone kept.
//!
//! Checking entries (the larger part of the work) does not depend on their neighbours: [`check_chunk`] does it on any
//! thread, and [`Verifier::chunk`] joins the results in order.
//!
//! INVARIANT: after a fault the verifier refuses to go on; its answer is the first fault.

use crate::checkpoint::{Checkpoint, TreeHead};
use crate::entry::{EntryError, EntryRef};
use crate::frontier::Frontier;
use crate::hash::{Hash, leaf_hash};
use crate::note::{NoteError, VerifyingKey};
use crate::tile::FullTile;

/// One entry as a store holds it.
#[derive(Clone, Copy, Debug)]
pub struct StoredEntry<'a> {
    /// Its key in the store.
    pub seq: u64,
    /// Its hash in the store.
    pub hash: Hash,
    /// Its bytes.
    pub leaf: &'a [u8],
}

/// What is wrong, and where. See [`Fault::hint`] for what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A number is skipped.
    #[error("entry {seq} is missing: the next stored entry is {found}")]
    EntryMissing {
        /// The first number without an entry.
        seq: u64,
        /// The number that came instead.
        found: u64,
    },
    /// A number comes again or too late.
    #[error("entry {seq} is stored out of order: expected entry {expected}")]
    EntryOutOfOrder {
        /// The number that came.
        seq: u64,
        /// The number that was next.
        expected: u64,
    },
    /// The bytes are not what their stored hash says.
    #[error("entry {seq} does not match its stored hash: stored {stored}, computed {computed}")]
    EntryHash {
        /// The entry.
        seq: u64,
        /// As stored.
        stored: Hash,
        /// Of the bytes.
        computed: Hash,
    },
    /// The bytes hash well but are not an entry.
    #[error("entry {seq} is malformed: {reason}")]
    EntryMalformed {
        /// The entry.
        seq: u64,
        /// Why.
        reason: EntryError,
    },
    /// The entry says that it belongs elsewhere.
    #[error("entry {seq} was moved: its leaf says it is entry {leaf_seq}")]
    EntryMoved {
        /// Where it is stored.
        seq: u64,
        /// Where it belongs.
        leaf_seq: u64,
    },
    /// A full tile is not stored.
    #[error("tile {index} of level {level} is missing")]
    TileMissing {
        /// The tile's level.
        level: u8,
        /// The tile's place on it.
        index: u64,
    },
    /// A stored tile has the wrong length.
    #[error("tile {index} of level {level} has {bytes} bytes, expected 8192")]
    TileLength {
        /// The tile's level.
        level: u8,
        /// The tile's place on it.
        index: u64,
        /// How many it has.
        bytes: usize,
    },
    /// A stored tile disagrees with the entries.
    #[error("tile {index} of level {level} differs from the entries at hash {position}, which covers entry {seq}")]
    TileHash {
        /// The tile's level.
        level: u8,
        /// The tile's place on it.
        index: u64,
        /// The first hash that differs.
        position: usize,
        /// The first entry below that hash.
        seq: u64,
    },
    /// A checkpoint cannot be opened.
    #[error("checkpoint at {size} entries: {reason}")]
    CheckpointNote {
        /// The size it is stored under.
        size: u64,
        /// Why.
        reason: NoteError,
    },
    /// A checkpoint is stored under another size than its own.
    #[error("checkpoint stored at {stored} entries was signed at {signed}")]
    CheckpointMoved {
        /// The size it is stored under.
        stored: u64,
        /// The size that was signed.
        signed: u64,
    },
    /// The entries are not those that were signed.
    #[error(
        "checkpoint at {size} entries signed root {signed}, the entries have {computed}: one from {since} on was changed"
    )]
    CheckpointRoot {
        /// Its size.
        size: u64,
        /// The size of the largest smaller checkpoint, with which the entries agree: those before it are in order.
        since: u64,
        /// The root that was signed.
        signed: Hash,
        /// The root of the entries.
        computed: Hash,
    },
    /// Entries that were signed are gone.
    #[error("ledger ends after {size} entries, a checkpoint was signed at {signed}: entries from {size} on are gone")]
    Truncated {
        /// Entries that are left.
        size: u64,
        /// Entries that were signed.
        signed: u64,
    },
    /// The store believes to hold another number of entries.
    #[error("ledger has {size} entries, its stored head says {stored}")]
    HeadSize {
        /// Entries.
        size: u64,
        /// As stored.
        stored: u64,
    },
    /// The store believes to have another root.
    #[error("root over {size} entries is {computed}, the stored head says {stored}")]
    HeadRoot {
        /// Entries.
        size: u64,
        /// As stored.
        stored: Hash,
        /// Of the entries.
        computed: Hash,
    },
}

impl Fault {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Fault::EntryMissing { .. } | Fault::EntryOutOfOrder { .. } | Fault::EntryMoved { .. } => {
                "entries were removed or rearranged: restore the ledger from a backup and compare with a checkpoint kept elsewhere"
            }
            Fault::EntryHash { .. } => {
                "the entry was changed after it was written: restore it from a backup and check the disk"
            }
            Fault::EntryMalformed { .. } => {
                "entry and hash were changed together, or another program wrote them: restore the ledger from a backup"
            }
            Fault::TileMissing { .. } | Fault::TileLength { .. } | Fault::TileHash { .. } => {
                "tiles are derived from the entries: if the rest verifies, rebuild them"
            }
            Fault::CheckpointNote { reason, .. } => reason.hint(),
            Fault::CheckpointMoved { .. } => {
                "the table of checkpoints was changed: compare with checkpoints kept elsewhere"
            }
            Fault::CheckpointRoot { .. } => {
                "history was rewritten after it was signed: keep checkpoint and ledger as evidence and restore a backup"
            }
            Fault::Truncated { .. } => {
                "the ledger was cut or restored from an old backup: find the missing entries first"
            }
            Fault::HeadSize { .. } | Fault::HeadRoot { .. } => {
                "the ledger and its head were not written together: compare both with a checkpoint kept elsewhere"
            }
        }
    }

    /// The first entry that is known to be concerned; `None` where only the whole can be said to be wrong.
    pub fn seq(&self) -> Option<u64> {
        match self {
            Fault::EntryMissing { seq, .. }
            | Fault::EntryOutOfOrder { seq, .. }
            | Fault::EntryHash { seq, .. }
            | Fault::EntryMalformed { seq, .. }
            | Fault::EntryMoved { seq, .. }
            | Fault::TileHash { seq, .. }
            | Fault::Truncated { size: seq, .. } => Some(*seq),
            Fault::TileMissing { .. }
            | Fault::TileLength { .. }
            | Fault::CheckpointNote { .. }
            | Fault::CheckpointMoved { .. }
            | Fault::CheckpointRoot { .. }
            | Fault::HeadSize { .. }
            | Fault::HeadRoot { .. } => None,
        }
    }
}

/// What was found to be in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified {
    /// The ledger as it is.
    pub head: TreeHead,
    /// Checkpoints that the entries agree with.
    pub checkpoints: usize,
}

/// Consecutive entries that are each in order; made by [`check_chunk`].
#[derive(Clone, Debug)]
pub struct CheckedChunk {
    first: u64,
    hashes: Vec<Hash>,
}

/// Checks a ledger from its first entry to its last.
#[derive(Clone, Debug)]
pub struct Verifier {
    frontier: Frontier,
    /// Largest size first, so that the next one to be reached is the last.
    checkpoints: Vec<Checkpoint>,
    agreed: usize,
    /// The size of the last checkpoint that agreed.
    since: u64,
    fault: Option<Fault>,
}

impl Verifier {
    /// A verifier that will also hold the entries against these checkpoints: those that the store keeps and, better,
    /// those that someone kept elsewhere.
    pub fn new(checkpoints: impl IntoIterator<Item = Checkpoint>) -> Verifier {
        let mut checkpoints: Vec<_> = checkpoints.into_iter().collect();
        checkpoints.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
        Verifier { frontier: Frontier::new(), checkpoints, agreed: 0, since: 0, fault: None }
    }

    /// Takes the next entry. Returns the tiles that it completed: hold the stored ones against them with
    /// [`Verifier::tile`].
    pub fn entry(&mut self, entry: StoredEntry<'_>) -> Result<Vec<FullTile>, Fault> {
        self.go_on()?;
        let hash = check_entry(self.frontier.size(), entry);
        let hash = self.keep(hash)?;
        self.append(hash)
    }

    /// Takes the next entries, already checked.
    pub fn chunk(&mut self, chunk: &CheckedChunk) -> Result<Vec<FullTile>, Fault> {
        self.go_on()?;
        let order = check_order(self.frontier.size(), chunk.first);
        self.keep(order)?;
        let mut completed = Vec::new();
        for hash in &chunk.hashes {
            completed.append(&mut self.append(*hash)?);
        }
        Ok(completed)
    }

    /// Holds a stored tile against the one that the entries make.
    pub fn tile(&mut self, expected: &FullTile, stored: Option<&[u8]>) -> Result<(), Fault> {
        self.go_on()?;
        let checked = check_tile(expected, stored);
        self.keep(checked)
    }

    /// The entries so far.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The end of the entries, and the head that the store believes in.
    pub fn finish(mut self, stored: Option<TreeHead>) -> Result<Verified, Fault> {
        self.go_on()?;
        self.checkpoints_here()?;
        let head = self.frontier.head();
        if let Some(stored) = stored {
            if stored.size != head.size {
                return Err(Fault::HeadSize { size: head.size, stored: stored.size });
            }
            if stored.root != head.root {
                return Err(Fault::HeadRoot { size: head.size, stored: stored.root, computed: head.root });
            }
        }
        match self.checkpoints.first() {
            Some(largest) => Err(Fault::Truncated { size: head.size, signed: largest.size }),
            None => Ok(Verified { head, checkpoints: self.agreed }),
        }
    }

    fn go_on(&self) -> Result<(), Fault> {
        self.fault.clone().map_or(Ok(()), Err)
    }

    fn keep<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(fault) = &result {
            self.fault = Some(fault.clone());
        }
        result
    }

    fn append(&mut self, hash: Hash) -> Result<Vec<FullTile>, Fault> {
        self.checkpoints_here()?;
        Ok(self.frontier.append(hash))
    }

    /// Holds the checkpoints of the size reached against the root.
    fn checkpoints_here(&mut self) -> Result<(), Fault> {
        let size = self.frontier.size();
        while let Some(checkpoint) = self.checkpoints.pop_if(|checkpoint| checkpoint.size == size) {
            let computed = self.frontier.root();
            if checkpoint.root != computed {
                let since = self.since;
                return self.keep(Err(Fault::CheckpointRoot { size, since, signed: checkpoint.root, computed }));
            }
            self.agreed += 1;
            self.since = size;
        }
        Ok(())
    }
}

/// Checks consecutive entries from `first` on, each by itself. Any thread may do it.
pub fn check_chunk<'a>(first: u64, entries: impl IntoIterator<Item = StoredEntry<'a>>) -> Result<CheckedChunk, Fault> {
    let hashes = (first..).zip(entries).map(|(expected, entry)| check_entry(expected, entry));
    Ok(CheckedChunk { first, hashes: hashes.collect::<Result<_, _>>()? })
}

/// Opens a checkpoint that is stored under a size.
pub fn open_stored_checkpoint(size: u64, note: &str, key: &VerifyingKey) -> Result<Checkpoint, Fault> {
    let checkpoint = key.open(note).map_err(|reason| Fault::CheckpointNote { size, reason })?;
    if checkpoint.size != size {
        return Err(Fault::CheckpointMoved { stored: size, signed: checkpoint.size });
    }
    Ok(checkpoint)
}

fn check_entry(expected: u64, entry: StoredEntry<'_>) -> Result<Hash, Fault> {
    let seq = entry.seq;
    check_order(expected, seq)?;
    let computed = leaf_hash(entry.leaf);
    if computed != entry.hash {
        return Err(Fault::EntryHash { seq, stored: entry.hash, computed });
    }
    let leaf = EntryRef::decode(entry.leaf).map_err(|reason| Fault::EntryMalformed { seq, reason })?;
    if leaf.seq != seq {
        return Err(Fault::EntryMoved { seq, leaf_seq: leaf.seq });
    }
    Ok(computed)
}

fn check_order(expected: u64, found: u64) -> Result<(), Fault> {
    match found.cmp(&expected) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Fault::EntryMissing { seq: expected, found }),
        std::cmp::Ordering::Less => Err(Fault::EntryOutOfOrder { seq: found, expected }),
    }
}

fn check_tile(expected: &FullTile, stored: Option<&[u8]>) -> Result<(), Fault> {
    let (level, index) = (expected.level, expected.index);
    let stored = stored.ok_or(Fault::TileMissing { level, index })?;
    if stored.len() != 32 * expected.hashes().len() {
        return Err(Fault::TileLength { level, index, bytes: stored.len() });
    }
    let differs = expected.hashes().iter().zip(stored.chunks_exact(32)).position(|(hash, bytes)| hash.0 != *bytes);
    match differs {
        None => Ok(()),
        Some(position) => {
            let seq = expected.entries().start + ((position as u64) << (8 * u32::from(level)));
            Err(Fault::TileHash { level, index, position, seq })
        }
    }
}
