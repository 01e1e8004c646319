//! Runs that were folded a moment ago: their graphs, and up to which entry.
//!
//! A page about a run asks for it many times, and a run of ten thousand tasks has some thirty thousand entries. What was
//! folded is kept, and only the entries since are read.
//!
//! INVARIANT: a graph is what folding all entries of its run gives. What is committed never changes, so it stays right.

use std::collections::VecDeque;
use std::sync::Arc;

use bussola_domain::event::Event;
use bussola_domain::id::{RunId, Timestamp, WorkerNo};
use bussola_domain::run_graph::RunGraph;
use bussola_domain::runs::Outcome;
use parking_lot::Mutex;
use rusqlite::Connection;

use crate::error::StoreError;
use crate::history::entries_of_run;
use crate::limits::{FOLDS_MAX, FOLDS_TASKS_MAX};

/// A run as its entries tell it.
#[derive(Clone, Debug, Default)]
pub struct FoldedRun {
    /// Its tasks.
    pub graph: Arc<RunGraph>,
    /// The family of the root task, who ran it, and when it started; none: the ledger has no such run.
    pub begin: Option<(String, WorkerNo, Timestamp)>,
    /// When and how it ended, if it did and did not go on.
    pub end: Option<(Timestamp, Outcome)>,
}

/// Folds kept, the latest used last, each with the number of entries of the ledger that it has seen.
#[derive(Default)]
pub(crate) struct Folds {
    kept: Mutex<VecDeque<(RunId, u64, Arc<FoldedRun>)>>,
}

impl Folds {
    /// A run as the first `size` entries of the ledger tell it, or a few more.
    pub fn run(&self, connection: &Connection, run: RunId, size: u64) -> Result<Arc<FoldedRun>, StoreError> {
        let (from, mut folded) = self.known(run).unwrap_or_default();
        let mut end = from.max(size);
        if from < size {
            for recorded in entries_of_run(connection, run, from)? {
                // Entries of other runs may lie between; this one's are seen.
                end = end.max(recorded.entry.seq + 1);
                if let Some(fact) = &recorded.fact {
                    Arc::make_mut(&mut folded).apply(fact);
                }
            }
        }
        if folded.begin.is_some() {
            self.keep(run, end, folded.clone());
        }
        Ok(folded)
    }

    fn known(&self, run: RunId) -> Option<(u64, Arc<FoldedRun>)> {
        let kept = self.kept.lock();
        kept.iter().find(|(other, ..)| *other == run).map(|(_, seen, folded)| (*seen, folded.clone()))
    }

    fn keep(&self, run: RunId, seen: u64, folded: Arc<FoldedRun>) {
        let mut kept = self.kept.lock();
        // Two may have folded it at once.
        kept.retain(|(other, ..)| *other != run);
        kept.push_back((run, seen, folded));
        let tasks = |kept: &VecDeque<(RunId, u64, Arc<FoldedRun>)>| -> usize {
            kept.iter().map(|(_, _, folded)| folded.graph.tasks.len()).sum()
        };
        while kept.len() > FOLDS_MAX || kept.len() > 1 && tasks(&kept) > FOLDS_TASKS_MAX {
            kept.pop_front();
        }
    }
}

impl FoldedRun {
    fn apply(&mut self, fact: &bussola_domain::event::Fact) {
        match &fact.event {
            Event::RunStarted(event) => self.begin = Some((event.family.clone(), event.worker, fact.at)),
            Event::RunEnded(event) => self.end = Some((fact.at, event.outcome)),
            Event::RunResumed(_) => self.end = None,
            _ => {}
        }
        Arc::make_mut(&mut self.graph).apply(fact);
    }
}
