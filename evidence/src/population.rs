//! What a population consists of, so that an auditor knows what there is to sample.

use std::collections::BTreeMap;

use bussola_ledger::EntryRef;

use crate::limits::RECOVERIES_SHOWN_MAX;

/// Entries of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindCount {
    /// How many.
    pub count: u64,
    /// The number of the first.
    pub first: u64,
    /// The number of the last.
    pub last: u64,
}

/// Entries counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Population {
    /// By kind.
    pub kinds: BTreeMap<String, KindCount>,
    /// By who acted: opaque ids.
    pub principals: BTreeMap<String, u64>,
    /// Where the ledger was recovered from a backup.
    pub recoveries: Vec<u64>,
    /// All.
    pub entries: u64,
}

impl Population {
    /// Counts one more.
    pub fn add(&mut self, entry: &EntryRef<'_>) {
        self.entries += 1;
        match self.kinds.get_mut(&*entry.kind) {
            Some(kind) => (kind.count, kind.last) = (kind.count + 1, entry.seq),
            None => {
                let kind = KindCount { count: 1, first: entry.seq, last: entry.seq };
                self.kinds.insert(entry.kind.clone().into_owned(), kind);
            }
        }
        match self.principals.get_mut(&*entry.principal) {
            Some(count) => *count += 1,
            None => drop(self.principals.insert(entry.principal.clone().into_owned(), 1)),
        }
        if entry.kind == "ledger.recovered" && self.recoveries.len() < RECOVERIES_SHOWN_MAX {
            self.recoveries.push(entry.seq);
        }
    }
}
