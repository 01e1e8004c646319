//! Which entries are the population: all of a period, or those of a period that concern one component.

use std::collections::BTreeSet;

use bussola_ledger::EntryRef;
use serde_json::Value;

use crate::limits::ENTRIES_MAX;

/// What is looked for; fed with a ledger from its first entry to its last.
#[derive(Clone, Debug)]
pub struct Selection {
    from: i64,
    to: i64,
    component: Option<Concern>,
    /// Entries from the first of the period on.
    kept: Vec<(u64, Vec<u8>)>,
    first: Option<u64>,
    /// One past the last entry of the period.
    end: u64,
    size: u64,
    before: Option<String>,
    full: bool,
}

/// What is about a component.
#[derive(Clone, Debug)]
struct Concern {
    reference: String,
    /// Subjects: itself, its pipelines, manifests that declare it.
    subjects: BTreeSet<String>,
    families: BTreeSet<String>,
    runs: BTreeSet<u64>,
}

/// The population.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// The number of the first entry of the period; of none: of the one that would be the first.
    pub first: u64,
    /// One past the last.
    pub end: u64,
    /// The entries by number: all from the first to the last, or those among them that concern the component.
    pub leaves: Vec<(u64, Vec<u8>)>,
    /// The entry before the first.
    pub before: Option<String>,
}

impl Selection {
    /// Everything from one moment on and before another.
    pub fn period(from: i64, to: i64) -> Selection {
        let (kept, first, end, size, before, full) = (Vec::new(), None, 0, 0, None, false);
        Selection { from, to, component: None, kept, first, end, size, before, full }
    }

    /// Of that, only what concerns a component, whose pipelines have these root families.
    pub fn of_component(mut self, reference: &str, roots: impl IntoIterator<Item = String>) -> Selection {
        let families: BTreeSet<String> = roots.into_iter().collect();
        let subjects = families.iter().map(|root| format!("pipeline:{root}")).chain([reference.to_owned()]).collect();
        self.component = Some(Concern { reference: reference.to_owned(), subjects, families, runs: BTreeSet::new() });
        self
    }

    /// The ref of the component.
    pub fn component(&self) -> Option<&str> {
        self.component.as_ref().map(|concern| &*concern.reference)
    }

    /// Takes the next entry of the ledger.
    pub fn visit(&mut self, seq: u64, leaf: &[u8]) {
        self.size = seq + 1;
        let Ok(entry) = EntryRef::decode(leaf) else { return };
        if let Some(concern) = &mut self.component {
            concern.learn(&entry);
        }
        if self.first.is_none() {
            if entry.at_us < self.from {
                self.before = Some(String::from_utf8_lossy(leaf).into_owned());
                return;
            }
            self.first = Some(seq);
        }
        if entry.at_us < self.to {
            self.end = seq + 1;
        }
        // LIMIT: one more than a bundle may have, so that too many are noticed.
        self.full |= self.kept.len() > ENTRIES_MAX && self.end > seq;
        if self.kept.len() <= ENTRIES_MAX {
            self.kept.push((seq, leaf.to_vec()));
        }
    }

    /// The population; none: there are more entries than a bundle may have.
    pub fn finish(mut self) -> Option<Selected> {
        let first = self.first.unwrap_or(self.size);
        let end = self.end.max(first);
        self.kept.truncate(self.kept.partition_point(|(seq, _)| *seq < end));
        if self.full || self.kept.len() > ENTRIES_MAX {
            return None;
        }
        if let Some(concern) = &self.component {
            self.kept.retain(|(_, leaf)| EntryRef::decode(leaf).is_ok_and(|entry| concern.is_about(&entry)));
        }
        Some(Selected { first, end, leaves: self.kept, before: self.before })
    }
}

impl Concern {
    fn learn(&mut self, entry: &EntryRef<'_>) {
        let payload = || serde_json::from_slice::<Value>(entry.payload).unwrap_or_default();
        match &*entry.kind {
            "run.started" => {
                let payload = payload();
                let is_ours = payload["family"].as_str().is_some_and(|family| self.families.contains(family));
                if let Some(run) = payload["run"].as_u64().filter(|_| is_ours) {
                    self.runs.insert(run);
                }
            }
            "entity.declared" if entry.subject == self.reference => {
                if let Some(path) = payload()["origin"]["path"].as_str() {
                    self.subjects.insert(format!("manifest:{path}"));
                }
            }
            _ => {}
        }
    }

    fn is_about(&self, entry: &EntryRef<'_>) -> bool {
        let run = entry.run.or_else(|| entry.subject.strip_prefix("run:")?.parse().ok());
        self.subjects.contains(&*entry.subject) || run.is_some_and(|run| self.runs.contains(&run))
    }
}
