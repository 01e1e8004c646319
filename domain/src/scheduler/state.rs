//! The scheduler's state, how it comes back from a snapshot, and how things in it are found.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use serde::{Deserialize, Serialize};

use crate::id::{NameId, Timestamp, WorkerNo};
use crate::scheduler::config::Config;
use crate::scheduler::groups::{Crowd, Stake};
use crate::scheduler::index::Indexes;
use crate::scheduler::meter::Meters;
use crate::scheduler::pool::{Slot, SlotSet, Symbol, Symbols};
use crate::scheduler::task::{Status, Task};
use crate::scheduler::worker::Worker;
use crate::value::Number;

/// The scheduler's whole state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Scheduler {
    #[serde(skip)]
    pub(crate) config: Config,
    pub(crate) tasks: Vec<Task>,
    pub(crate) symbols: Symbols,
    pub(crate) workers: BTreeMap<WorkerNo, Worker>,
    /// By number, for all that ever were: finished tasks still say who ran them.
    pub(crate) worker_names: Vec<NameId>,
    pub(crate) totals: BTreeMap<String, Number>,
    pub(crate) paused: bool,
    pub(super) orders: u64,
    pub(crate) crowds: Vec<Crowd>,
    pub(super) stakes: Vec<Stake>,

    #[serde(skip)]
    pub(crate) indexes: Indexes,
    /// Ephemeral.
    #[serde(skip)]
    pub(crate) meters: Meters,
}
impl Scheduler {
    /// An empty scheduler with these settings.
    pub fn new(config: Config) -> Scheduler {
        let meters = Meters::new(config.meter_labels.clone());
        let mut scheduler = Scheduler { config, meters, ..Scheduler::default() };
        scheduler.rebuild();
        scheduler
    }

    /// Replaces the settings, as a restart with another configuration does.
    pub fn configure(&mut self, config: Config) {
        self.meters = Meters::new(config.meter_labels.clone());
        self.config = config;
    }

    /// Makes the indexes anew, after the state was read from a snapshot. Workers get `now` as their last sign of life:
    /// heartbeats are not recorded, and a server that was down must not count its own absence as theirs.
    pub fn revive(&mut self, now: Timestamp) {
        // What was replayed did not happen just now.
        self.meters = Meters::new(self.config.meter_labels.clone());
        for worker in self.workers.values_mut() {
            worker.last_active = worker.last_active.max(now);
        }
    }

    /// Makes the indexes anew from tasks, workers and their groups.
    pub fn rebuild(&mut self) {
        self.indexes = Indexes::default();
        self.indexes.grown(self.tasks.len());
        if self.crowds.is_empty() {
            // Place 0 of each: no workers, no stakeholders; it is never freed.
            self.crowds.push(Crowd::default());
            self.stakes.push(Stake::default());
        }
        // Class 0: no resources.
        self.indexes.classes.acquire(Vec::new());
        self.indexes.worker_by_name = self.workers.iter().map(|(&number, worker)| (worker.name, number)).collect();
        for slot in 0..self.tasks.len() as Slot {
            if self.tasks[slot as usize].order == 0 {
                self.indexes.free.push(slot);
            } else {
                self.insert_id(slot);
            }
        }
        self.rebuild_edges();
        self.rebuild_groups();
        for slot in 0..self.tasks.len() as Slot {
            if self.tasks[slot as usize].present {
                self.reclass(slot);
                self.index(slot);
            }
        }
    }

    fn rebuild_edges(&mut self) {
        for slot in 0..self.tasks.len() as Slot {
            for place in 0..self.tasks[slot as usize].deps.len() {
                let dep = self.tasks[slot as usize].deps[place];
                self.tasks[dep as usize].dependents.insert(slot);
            }
        }
        let mut blocking = Vec::new();
        for slot in 0..self.tasks.len() as Slot {
            let open = self.at(slot).deps.iter().filter(|&&dep| !self.at(dep).is_done()).count();
            self.tasks[slot as usize].open = open as u32;
            if self.at(slot).blocks() {
                blocking.push(slot);
            }
        }
        while let Some(slot) = blocking.pop() {
            for dependent in self.at(slot).dependents.to_vec() {
                let before = self.at(dependent).blocks();
                self.tasks[dependent as usize].blocked += 1;
                if !before && self.at(dependent).blocks() {
                    blocking.push(dependent);
                }
            }
        }
    }

    fn rebuild_groups(&mut self) {
        for slot in 0..self.tasks.len() as Slot {
            let task = &self.tasks[slot as usize];
            if !task.present {
                continue;
            }
            self.crowds[task.crowd as usize].tasks += 1;
            if task.stake != 0 {
                self.stakes[task.stake as usize].tasks.insert(slot);
            }
        }
        for place in 1..self.crowds.len() as u32 {
            if self.crowds[place as usize].tasks == 0 {
                self.crowds[place as usize].members.clear();
                self.indexes.crowds_free.push(place);
                continue;
            }
            for member in &self.crowds[place as usize].members {
                if let Some(worker) = self.workers.get_mut(member) {
                    worker.crowds.push(place);
                }
            }
            self.indexes.crowd_by_members.entry(self.crowds[place as usize].members.clone()).or_insert(place);
        }
        for place in 1..self.stakes.len() as u32 {
            if self.stakes[place as usize].tasks.is_empty() {
                self.stakes[place as usize].members.clear();
                self.indexes.stakes_free.push(place);
                continue;
            }
            self.indexes.stake_by_members.entry(self.stakes[place as usize].members.clone()).or_insert(place);
        }
    }

    // -- looking up ---------------------------------------------------------------------------------------------------

    /// The task with this id, if there is one.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.find(id).map(|slot| &self.tasks[slot as usize])
    }

    /// The slot of a task that is there.
    pub(crate) fn find(&self, id: &str) -> Option<Slot> {
        self.find_id(id).filter(|&slot| self.tasks[slot as usize].present)
    }

    pub(super) fn find_id(&self, id: &str) -> Option<Slot> {
        let hash = self.indexes.hasher.hash_one(id);
        self.indexes.by_id.find(hash, |&slot| &*self.tasks[slot as usize].id == id).copied()
    }

    pub(super) fn insert_id(&mut self, slot: Slot) {
        let hasher = &self.indexes.hasher;
        let hash = hasher.hash_one(&*self.tasks[slot as usize].id);
        let tasks = &self.tasks;
        self.indexes.by_id.insert_unique(hash, slot, |&other| hasher.hash_one(&*tasks[other as usize].id));
    }

    pub(crate) fn at(&self, slot: Slot) -> &Task {
        &self.tasks[slot as usize]
    }

    /// The number of a worker that is here.
    pub fn worker_no(&self, name: NameId) -> Option<WorkerNo> {
        self.indexes.worker_by_name.get(&name).copied()
    }

    /// The client's own id of a worker that is or was here.
    pub fn worker_name(&self, number: WorkerNo) -> NameId {
        self.worker_names.get(number.0 as usize).copied().unwrap_or(NameId(u32::MAX))
    }

    /// A task's family; before anybody said it, what its id starts with.
    pub fn family_of<'a>(&'a self, task: &'a Task) -> &'a str {
        if task.family == Symbol::default() {
            return family_in_id(&task.id);
        }
        self.symbols.text(task.family)
    }

    /// A sign of life; not recorded.
    pub fn touch_worker(&mut self, number: WorkerNo, now: Timestamp) {
        if let Some(worker) = self.workers.get_mut(&number) {
            worker.last_active = now;
        }
    }

    /// The worker pinged; not recorded.
    pub fn touch_ping(&mut self, number: WorkerNo, now: Timestamp) {
        if let Some(worker) = self.workers.get_mut(&number) {
            worker.note_ping(now);
        }
    }

    /// The worker asked for work; not recorded.
    pub fn touch_get_work(&mut self, number: WorkerNo, now: Timestamp) {
        if let Some(worker) = self.workers.get_mut(&number) {
            worker.last_get_work = Some(now);
        }
    }

    /// A worker that is here.
    pub fn worker(&self, number: WorkerNo) -> Option<&Worker> {
        self.workers.get(&number)
    }

    /// The number that the next new worker gets.
    pub fn next_worker_no(&self) -> WorkerNo {
        WorkerNo(self.worker_names.len() as u32)
    }

    /// Number of tasks with a status.
    pub fn count(&self, status: Status) -> usize {
        self.indexes.by_status[status as usize].len()
    }

    /// Number of tasks.
    pub fn len(&self) -> usize {
        self.indexes.by_status.iter().map(SlotSet::len).sum()
    }

    /// No tasks.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn crowds_of(&self, worker: WorkerNo) -> impl Iterator<Item = &Crowd> {
        let places = self.workers.get(&worker).map_or(&[][..], |worker| &worker.crowds);
        places.iter().map(|&place| &self.crowds[place as usize])
    }

    pub(crate) fn crowd_places(&self, worker: WorkerNo) -> &[u32] {
        self.workers.get(&worker).map_or(&[], |worker| &worker.crowds)
    }
}

/// Luigi's task ids start with the family: `family_param_param_hash`. One that does not is a family of its own.
pub(crate) fn family_in_id(id: &str) -> &str {
    id.split(['_', '(']).next().filter(|family| !family.is_empty()).unwrap_or(id)
}
