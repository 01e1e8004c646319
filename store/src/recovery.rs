//! From what is stored to the model: the newest snapshot and the entries after it, or all entries.
//!
//! One thread reads and decodes entries while another folds them; folding is the slower half.
//!
//! INVARIANT: the same code runs at start, after a failed commit, for snapshots and for the audit. What it makes
//! depends on the stored entries and names alone.

use std::ops::ControlFlow;
use std::sync::mpsc;

use bussola_domain::event::Fact;
use bussola_domain::model::Model;
use bussola_domain::names::Names;
use bussola_domain::runs::HistoryRow;
use bussola_domain::scheduler::Config;
use bussola_ledger::{EntryRef, Fault, Frontier, TreeHead, leaf_hash};

use crate::entry;
use crate::error::StoreError;
use crate::journal::Reader;
use crate::limits::FOLD_CHUNK;

/// Chunks that the reading thread may be ahead: enough that neither waits for the other, and some megabytes at most.
const CHUNKS_AHEAD: usize = 4;

/// A model with the number of entries folded into it.
#[derive(Debug)]
pub(crate) struct Folded {
    pub size: u64,
    pub model: Model,
}

/// The tree's edge, once it is clear that it can be appended to.
///
/// Cheap: the tree's edge against the stored head, and the last entries against their hashes. `bussola ledger verify` looks
/// at all of them.
pub(crate) fn check_end(reader: &mut dyn Reader) -> Result<Frontier, StoreError> {
    let head = reader.head().map_err(StoreError::read)?;
    let from = head.size.saturating_sub(256);
    let last = reader.entries(from, 512).map_err(StoreError::read)?;
    let mut next = from;
    for row in &last {
        if row.seq != next {
            return Err(StoreError::Broken(Fault::EntryMissing { seq: next, found: row.seq }));
        }
        let computed = leaf_hash(&row.leaf);
        if computed != row.hash {
            return Err(StoreError::Broken(Fault::EntryHash { seq: row.seq, stored: row.hash, computed }));
        }
        next += 1;
    }
    if next != head.size {
        return Err(StoreError::Broken(Fault::HeadSize { size: next, stored: head.size }));
    }
    let frontier = reader.frontier(head.size).map_err(StoreError::read)?;
    let computed = frontier.head();
    if computed != head {
        return Err(StoreError::Broken(Fault::HeadRoot {
            size: head.size,
            stored: head.root,
            computed: computed.root,
        }));
    }
    Ok(frontier)
}

/// All names.
pub(crate) fn load_names(reader: &mut dyn Reader) -> Result<Names, StoreError> {
    let mut names = Names::default();
    reader.names(&mut |id, text| names.load(id, text)).map_err(StoreError::read)?;
    Ok(names)
}

/// An empty model to fold into.
pub(crate) fn empty(config: Config, names: Names) -> Folded {
    let mut model = Model::new(config);
    model.names = names;
    Folded { size: 0, model }
}

/// Folds entries until the model has `head.size` of them. `history` gets what they add to it, some thousand at a time, and may
/// say that it is enough: then the model is of no use, and the error is `StoreError::Closed`.
pub(crate) fn fold(
    folded: &mut Folded,
    reader: &mut dyn Reader,
    head: TreeHead,
    history: &mut dyn FnMut(&mut Vec<HistoryRow>) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let from = folded.size;
    let mut rows = Vec::new();
    if head.size.saturating_sub(from) <= FOLD_CHUNK as u64 {
        for fact in &read_facts(reader, from, head.size)? {
            folded.model.apply(fact, &mut rows);
        }
        if history(&mut rows).is_break() {
            return Err(StoreError::Closed);
        }
        folded.size = head.size;
        return Ok(());
    }
    let (sender, receiver) = mpsc::sync_channel::<Result<Vec<Fact>, StoreError>>(CHUNKS_AHEAD);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut next = from;
            while next < head.size {
                let end = head.size.min(next + FOLD_CHUNK as u64);
                let facts = read_facts(reader, next, end);
                let failed = facts.is_err();
                // The other side has gone if it met an error.
                if sender.send(facts).is_err() || failed {
                    return;
                }
                next = end;
            }
        });
        for facts in receiver {
            for fact in &facts? {
                folded.model.apply(fact, &mut rows);
            }
            if history(&mut rows).is_break() {
                return Err(StoreError::Closed);
            }
            rows.clear();
        }
        folded.size = head.size;
        Ok(())
    })
}

/// For [`fold`] where nobody asks for the history.
pub(crate) fn ignored(rows: &mut Vec<HistoryRow>) -> ControlFlow<()> {
    rows.clear();
    ControlFlow::Continue(())
}

/// The facts of the entries from `from` to before `end`, without kinds that this release does not know.
fn read_facts(reader: &mut dyn Reader, from: u64, end: u64) -> Result<Vec<Fact>, StoreError> {
    let rows = reader.entries(from, (end - from) as usize).map_err(StoreError::read)?;
    let mut facts = Vec::with_capacity(rows.len());
    let mut next = from;
    for row in &rows {
        if row.seq != next {
            return Err(StoreError::Broken(Fault::EntryMissing { seq: next, found: row.seq }));
        }
        next += 1;
        let entry = EntryRef::decode(&row.leaf)
            .map_err(|reason| StoreError::Broken(Fault::EntryMalformed { seq: row.seq, reason }))?;
        if entry.seq != row.seq {
            return Err(StoreError::Broken(Fault::EntryMoved { seq: row.seq, leaf_seq: entry.seq }));
        }
        facts.extend(entry::decode(&entry, |hash| reader.blob(hash).map_err(StoreError::read))?);
    }
    if next != end {
        return Err(StoreError::Broken(Fault::HeadSize { size: next, stored: end }));
    }
    Ok(facts)
}
