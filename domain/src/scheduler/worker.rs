//! A worker session: what it told about itself, when it was heard of, what waits for it.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::id::{BlobHash, NameId, Timestamp};
use crate::scheduler::pool::Symbol;
use crate::value::{Number, Value};

/// A worker session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Worker {
    pub(crate) name: NameId,
    pub(crate) started: Timestamp,
    pub(crate) info: Option<NameId>,
    pub(crate) info_value: Value,
    pub(crate) disabled: bool,
    pub(crate) messages: Vec<NameId>,
    pub(crate) batchers: BTreeMap<Symbol, Batcher>,
    /// What it could not plan: the family and what was raised, until it reports the task.
    #[serde(default)]
    pub(crate) unplanned: Option<(Box<str>, BlobHash)>,
    /// Heartbeat: not recorded.
    pub(crate) last_active: Timestamp,
    /// Heartbeat: not recorded.
    pub(crate) last_get_work: Option<Timestamp>,
    /// Heartbeat: when its latest pings came, the oldest first; not recorded.
    #[serde(skip)]
    pub(super) pings: VecDeque<Timestamp>,
    #[serde(skip)]
    pub(super) crowds: Vec<u32>,
}

/// LIMIT: pings by which a worker's interval is known. Few, so that it is known soon; odd in number between them, so that one
/// that came late, or early, does not count.
const PINGS_KEPT: usize = 6;

impl Worker {
    /// Its client pings by a clock of its own, whatever else it calls.
    pub(super) fn note_ping(&mut self, now: Timestamp) {
        if self.pings.len() == PINGS_KEPT {
            self.pings.pop_front();
        }
        self.pings.push_back(now);
    }

    /// Microseconds between two of its pings, in the middle of the latest; none: it has not pinged often enough to tell.
    pub fn ping_interval_us(&self) -> Option<i64> {
        let pings = self.pings.iter().zip(self.pings.iter().skip(1));
        let mut gaps: Vec<i64> = pings.map(|(earlier, later)| later.0.saturating_sub(earlier.0)).collect();
        gaps.sort_unstable();
        (gaps.len() > 2).then(|| gaps[gaps.len() / 2])
    }

    /// Why it could not plan the task of this family that it reports now.
    pub(crate) fn unplanned(&self, family: &str) -> Option<BlobHash> {
        self.unplanned.as_ref().filter(|(of, _)| **of == *family).map(|&(_, error)| error)
    }

    pub(crate) fn is_assistant(&self) -> bool {
        self.info_value.get("assistant").is_some_and(Value::truthy)
    }

    /// Number of processes: how many tasks it would take at once.
    pub(crate) fn processes(&self) -> f64 {
        self.info_value.get("workers").and_then(Value::as_f64).unwrap_or(1.0)
    }
}

/// How a worker batches a family.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Batcher {
    pub arguments: Vec<Symbol>,
    pub size_max: Number,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_pings() {
        let mut worker = Worker {
            name: NameId(0),
            started: Timestamp(0),
            info: None,
            info_value: Value::Null,
            disabled: false,
            messages: Vec::new(),
            batchers: BTreeMap::new(),
            unplanned: None,
            last_active: Timestamp(0),
            last_get_work: None,
            pings: VecDeque::new(),
            crowds: Vec::new(),
        };
        let mut check = |at: i64, expected: Option<i64>| {
            worker.note_ping(Timestamp(at));
            assert_eq!(worker.ping_interval_us(), expected, "{at}");
        };
        check(0, None);
        check(10, None);
        check(20, None);
        check(30, Some(10));
        // One that came late is no other interval.
        check(90, Some(10));
        check(100, Some(10));
        check(110, Some(10));
    }
}
