//! The indexes over the tasks: by id, by status, by what they wait for.
//!
//! INVARIANT: every index equals what a scan of the tasks would give. `index` puts a task everywhere that it belongs, `unindex`
//! takes it out again; between the two it may change in any way.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::id::{NameId, Timestamp, WorkerNo};
use crate::scheduler::names::NameChunks;
use crate::scheduler::pool::{Pool, Slot, SlotSet, Symbol};
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::{Rank, Status, Task};

/// What makes ready tasks interchangeable up to their rank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct QueueKey {
    pub crowd: u32,
    pub class: u32,
    pub runnable: bool,
    /// The family of batchable tasks; the empty symbol for others.
    pub batch_family: Symbol,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    pub key: QueueKey,
    pub tasks: BTreeSet<(Rank, Slot)>,
}
/// Resource amounts that can be hashed: names with the bits of their amounts.
type Class = Vec<(String, u64)>;
/// Everything that can be rebuilt from the tasks and workers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Indexes {
    pub(super) hasher: DefaultHashBuilder,
    pub(super) by_id: HashTable<Slot>,
    pub(super) free: Vec<Slot>,
    pub by_status: [SlotSet; Status::ALL.len()],
    pub worker_by_name: HashMap<NameId, WorkerNo>,
    pub(super) crowd_by_members: HashMap<Vec<WorkerNo>, u32>,
    pub(super) crowds_free: Vec<u32>,
    pub(super) stake_by_members: HashMap<Vec<WorkerNo>, u32>,
    pub(super) stakes_free: Vec<u32>,
    pub(super) classes: Pool<Class>,
    pub queues: Vec<Queue>,
    pub(super) queue_by_key: HashMap<QueueKey, u32>,
    pub(super) queues_free: Vec<u32>,
    /// RUNNING tasks by rank.
    pub running: BTreeSet<(Rank, Slot)>,
    /// What RUNNING tasks hold: amount and number of holders.
    pub used: HashMap<String, (f64, u32)>,
    /// In order, so that a history replays to the same entries.
    pub batches: BTreeMap<Box<str>, BTreeSet<(u64, Slot)>>,
    pub retries: BTreeSet<(Timestamp, Slot)>,
    pub disables: BTreeSet<(Timestamp, Slot)>,
    pub removals: BTreeSet<(Timestamp, Slot)>,
    /// No stakeholder, not RUNNING, not yet doomed.
    pub unstaked: SlotSet,
    /// What a search runs through.
    pub(super) names: NameChunks,
}
impl Scheduler {
    /// Gives a task its class of resources anew.
    pub(super) fn reclass(&mut self, slot: Slot) {
        let task = &self.tasks[slot as usize];
        if task.class == 0 && task.resources.is_none() {
            return;
        }
        let class: Class = task.resources().iter().map(|(name, amount)| (name.clone(), amount.0.to_bits())).collect();
        let old = task.class;
        let new = if class.is_empty() { 0 } else { self.indexes.classes.acquire(class) };
        self.tasks[slot as usize].class = new;
        if old != 0 {
            self.indexes.classes.release(old);
        }
    }

    pub(super) fn index(&mut self, slot: Slot) {
        let task = &self.tasks[slot as usize];
        if !task.present {
            return;
        }
        let (indexes, crowds, stakes) = (&mut self.indexes, &mut self.crowds, &self.stakes);
        indexes.by_status[task.status as usize].insert(slot);
        let crowd = &mut crowds[task.crowd as usize];
        match task.status {
            Status::Pending => {
                crowd.pending += 1;
                crowd.waiting += u32::from(!task.is_under_disabled());
                crowd.pending_with_resources += u32::from(task.class != 0);
            }
            Status::Failed => {
                crowd.failed += 1;
                crowd.waiting += 1;
            }
            Status::Running => {
                crowd.running.insert(slot);
                indexes.running.insert((task.rank(), slot));
                for (name, amount) in task.held() {
                    let (used, holders) = indexes.used.entry(name.clone()).or_default();
                    *used += amount.0;
                    *holders += 1;
                }
            }
            Status::BatchRunning | Status::Done | Status::Disabled | Status::Unknown => {}
        }
        if task.is_schedulable() {
            let key = queue_key(task);
            let place = match indexes.queue_by_key.get(&key) {
                Some(&place) => place,
                None => {
                    let place = indexes.queues_free.pop().unwrap_or(indexes.queues.len() as u32);
                    let queue = Queue { key: key.clone(), tasks: BTreeSet::new() };
                    if place as usize == indexes.queues.len() {
                        indexes.queues.push(queue);
                    } else {
                        indexes.queues[place as usize] = queue;
                    }
                    crowds[task.crowd as usize].queues.push(place);
                    indexes.queue_by_key.insert(key, place);
                    place
                }
            };
            indexes.queues[place as usize].tasks.insert((task.rank(), slot));
        }
        let more = task.more();
        if stakes[task.stake as usize].members.is_empty() && task.status != Status::Running && more.remove_at.is_none()
        {
            indexes.unstaked.insert(slot);
        }
        if let (Status::Failed, Some(at)) = (task.status, more.retry_at) {
            indexes.retries.insert((at, slot));
        }
        if let (Status::Disabled, Some(at)) = (task.status, more.disabled_at) {
            indexes.disables.insert((at, slot));
        }
        if let (Status::BatchRunning, Some(batch)) = (task.status, &more.batch) {
            match indexes.batches.get_mut(batch) {
                Some(members) => members.insert((task.order, slot)),
                None => indexes.batches.entry(batch.clone()).or_default().insert((task.order, slot)),
            };
        }
        if let Some(at) = more.remove_at {
            indexes.removals.insert((at, slot));
        }
    }

    pub(super) fn unindex(&mut self, slot: Slot) {
        let task = &self.tasks[slot as usize];
        if !task.present {
            return;
        }
        let (indexes, crowds) = (&mut self.indexes, &mut self.crowds);
        indexes.by_status[task.status as usize].remove(slot);
        let crowd = &mut crowds[task.crowd as usize];
        match task.status {
            Status::Pending => {
                crowd.pending -= 1;
                crowd.waiting -= u32::from(!task.is_under_disabled());
                crowd.pending_with_resources -= u32::from(task.class != 0);
            }
            Status::Failed => {
                crowd.failed -= 1;
                crowd.waiting -= 1;
            }
            Status::Running => {
                crowd.running.remove(slot);
                indexes.running.remove(&(task.rank(), slot));
                for (name, amount) in task.held() {
                    if let Some((used, holders)) = indexes.used.get_mut(name) {
                        *used -= amount.0;
                        *holders -= 1;
                        // Sums of fractions drift; without holders nothing is used, exactly.
                        if *holders == 0 {
                            indexes.used.remove(name);
                        }
                    }
                }
            }
            Status::BatchRunning | Status::Done | Status::Disabled | Status::Unknown => {}
        }
        if task.is_schedulable() {
            let key = queue_key(task);
            if let Some(&place) = indexes.queue_by_key.get(&key) {
                let queue = &mut indexes.queues[place as usize];
                queue.tasks.remove(&(task.rank(), slot));
                if queue.tasks.is_empty() {
                    indexes.queue_by_key.remove(&key);
                    crowds[task.crowd as usize].queues.retain(|&other| other != place);
                    indexes.queues_free.push(place);
                }
            }
        }
        indexes.unstaked.remove(slot);
        let Some(more) = task.more.as_deref() else { return };
        if let (Status::Failed, Some(at)) = (task.status, more.retry_at) {
            indexes.retries.remove(&(at, slot));
        }
        if let (Status::Disabled, Some(at)) = (task.status, more.disabled_at) {
            indexes.disables.remove(&(at, slot));
        }
        if let (Status::BatchRunning, Some(batch)) = (task.status, &more.batch)
            && let Some(members) = indexes.batches.get_mut(batch)
        {
            members.remove(&(task.order, slot));
            if members.is_empty() {
                indexes.batches.remove(batch);
            }
        }
        if let Some(at) = more.remove_at {
            indexes.removals.remove(&(at, slot));
        }
    }
}

fn queue_key(task: &Task) -> QueueKey {
    QueueKey {
        crowd: task.crowd,
        class: task.class,
        runnable: task.runnable,
        batch_family: if task.batchable { task.family } else { Symbol::default() },
    }
}
