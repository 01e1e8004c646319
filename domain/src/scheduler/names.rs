//! Tasks by what they are called: see [`search`](crate::search).
//!
//! Names are copied out of the table by chunks of slots when somebody searches, and kept until a task of the chunk comes or
//! leaves: who does not search pays nothing, and who types the next letter runs through text that is there already.

use std::sync::{Arc, OnceLock};

use crate::scheduler::index::Indexes;
use crate::scheduler::pool::Slot;
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::Task;
use crate::search::{Found, FoundKind, Hits, NameList, Query};

/// Slots of a chunk. Copying the names of one takes some 50 us.
const CHUNK_SLOTS: usize = 512;

/// The names of the tasks of some slots: ids, and families where an id does not begin with its own.
#[derive(Debug, Default, PartialEq)]
pub struct TaskNames(NameList<Slot>);

/// The chunks, each made when it is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameChunks(Vec<OnceLock<Arc<TaskNames>>>);

impl Indexes {
    /// A task came to a slot, left it, or is called otherwise.
    pub(super) fn renamed(&mut self, slot: Slot) {
        if let Some(chunk) = self.names.0.get_mut(slot as usize / CHUNK_SLOTS) {
            // Mostly there is nothing to forget.
            if chunk.get().is_some() {
                *chunk = OnceLock::new();
            }
        }
    }

    /// The table has grown to so many slots.
    pub(super) fn grown(&mut self, slots: usize) {
        while self.names.0.len() * CHUNK_SLOTS < slots {
            self.names.0.push(OnceLock::new());
        }
    }
}

impl Scheduler {
    /// How many chunks of names there are.
    pub fn task_name_chunks(&self) -> usize {
        self.indexes.names.0.len()
    }

    /// The names of a chunk of tasks; none: there is no such chunk any more. Takes some 50 us when it is not there.
    pub fn task_names(&self, chunk: usize) -> Option<Arc<TaskNames>> {
        let names = self.indexes.names.0.get(chunk)?;
        Some(names.get_or_init(|| Arc::new(self.copy_names(chunk))).clone())
    }

    fn copy_names(&self, chunk: usize) -> TaskNames {
        let first = chunk * CHUNK_SLOTS;
        let tasks = &self.tasks[first..self.tasks.len().min(first + CHUNK_SLOTS)];
        let mut names = TaskNames::default();
        for (slot, task) in (first as Slot..).zip(tasks).filter(|(_, task)| task.present) {
            let family = Some(self.family_of(task)).filter(|family| !task.id().starts_with(family));
            names.0.push(task.id(), family, slot);
        }
        names
    }

    /// Checks what is kept of the names against the table.
    pub(super) fn audit_names(&self) -> Result<(), String> {
        let kept = self.indexes.names.0.iter().enumerate().filter_map(|(chunk, names)| Some((chunk, names.get()?)));
        match kept.into_iter().find(|(chunk, names)| ***names != self.copy_names(*chunk)) {
            Some((chunk, _)) => Err(format!("the names of chunk {chunk} are not those of its tasks")),
            None => Ok(()),
        }
    }

    /// The task of a hit, if it is still there.
    pub fn task_found(&self, slot: Slot, name: &str) -> Option<&Task> {
        let task = self.tasks.get(slot as usize).filter(|task| task.present)?;
        (crate::search::fold(task.id()) == name).then_some(task)
    }
}

impl TaskNames {
    /// Runs through them.
    pub fn search(&self, query: &Query, hits: &mut Hits) {
        self.0.search(query, hits, |_| FoundKind::Task, Found::Task);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Timestamp;
    use crate::scheduler::Config;
    use crate::scheduler::task::Status;

    fn found(scheduler: &Scheduler, typed: &str) -> Vec<String> {
        let query = Query::new(typed).expect("a word");
        let mut hits = Hits::new(10, &FoundKind::ALL);
        for chunk in 0..scheduler.task_name_chunks() {
            scheduler.task_names(chunk).expect("a chunk").search(&query, &mut hits);
        }
        let task = |hit: crate::search::Hit| match hit.found {
            Found::Task(slot) => scheduler.task_found(slot, &hit.name).map(|task| task.id().to_owned()),
            _ => None,
        };
        hits.into_best().into_iter().filter_map(task).collect()
    }

    #[test]
    fn tasks_are_found_as_they_come_and_go() {
        let mut scheduler = Scheduler::new(Config::default());
        for number in 0..2_000 {
            let slot = scheduler.slot_of(&format!("LoadOrders_{number:04}_x"));
            scheduler.create(slot, Status::Pending, 0.0, Timestamp(0));
        }
        assert_eq!(found(&scheduler, "orders_0017"), ["LoadOrders_0017_x"]);
        assert_eq!(found(&scheduler, "1999 LOAD"), ["LoadOrders_1999_x"]);
        let slot = scheduler.slot("LoadOrders_1999_x").expect("it is there");
        scheduler.remove(slot);
        assert!(found(&scheduler, "1999").is_empty());
        let slot = scheduler.slot_of("Other");
        scheduler.create(slot, Status::Pending, 0.0, Timestamp(0));
        assert_eq!(found(&scheduler, "other"), ["Other"]);
        scheduler.audit().expect("the names are those of the tasks");
        scheduler.rebuild();
        assert_eq!(found(&scheduler, "other"), ["Other"]);
        assert_eq!(found(&scheduler, "load").len(), 10);
    }
}
