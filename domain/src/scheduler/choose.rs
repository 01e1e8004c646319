//! Deciding what a worker gets: Luigi's `get_work` and `count_pending`.
//!
//! Order: highest priority first, then oldest. A worker whose waiting tasks need no resources takes the best head among
//! its queues: O(q log n) for its q queues (one for each mix of resources and crowd), whatever is pending elsewhere.
//!
//! Where resources matter, Luigi checks twice: what is free now, and what would be free if every worker that asked lately
//! greedily took its share of the better-ranked tasks, so that a worker with many small tasks cannot starve a better one.
//! Here that walk goes over queues, not tasks: each step hands out, uses up one worker's slot, or ends a whole queue,
//! because what does not fit once will not fit later in the same walk. So it costs O((q + s + r) log q) for all queues q,
//! free slots s and running tasks r.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::id::{Timestamp, WorkerNo};
use crate::scheduler::event::{Amounts, Cause, StatusChange, TaskMoved};
use crate::scheduler::index::Queue;
use crate::scheduler::pool::{Slot, Symbol};
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::{Rank, Status, Task};

/// What `get_work` and `count_pending` say about a worker's tasks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pending {
    /// PENDING and FAILED tasks of the worker, without those below a disabled task.
    pub waiting: u64,
    /// Those that no other worker can run.
    pub unique: u64,
    /// Those that it scheduled last.
    pub last_scheduled: u64,
    /// RUNNING tasks among its own, with who runs them.
    pub running: Vec<(String, WorkerNo)>,
}

/// Work for a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// Nothing now.
    Nothing,
    /// One task; one that it has already if its reply was lost.
    One {
        /// Which task.
        slot: Slot,
    },
    /// Several tasks as one.
    Batch {
        /// In rank order; the first one is the model for what is not batched.
        slots: Vec<Slot>,
        /// The parameters that become lists.
        arguments: Vec<Symbol>,
    },
}

/// Amounts by resource, in use or put aside.
type Used<'a> = HashMap<&'a str, f64>;

impl Scheduler {
    /// Counts a worker's tasks, in O(crowds of the worker + running tasks among its own).
    pub fn pending(&self, worker: WorkerNo) -> Pending {
        let mut pending = Pending::default();
        for crowd in self.crowds_of(worker) {
            let waiting = u64::from(crowd.waiting);
            pending.waiting += waiting;
            pending.unique += if crowd.members.len() == 1 { waiting } else { 0 };
            pending.last_scheduled += if crowd.members.last() == Some(&worker) { waiting } else { 0 };
            for slot in crowd.running.to_vec() {
                let task = self.at(slot);
                if let Some(runner) = task.runner() {
                    pending.running.push((task.id.to_string(), runner));
                }
            }
        }
        pending
    }

    /// Batches of this worker whose joint task never started go back: it was told of them and did not take them up.
    pub fn decide_orphans(&self, worker: WorkerNo) -> Vec<TaskMoved> {
        if self.indexes.batches.is_empty() {
            return Vec::new();
        }
        let led: Vec<&str> = self
            .running_slots()
            .map(|slot| self.at(slot))
            .filter(|task| task.runner() == Some(worker))
            .filter_map(|task| task.more().batch.as_deref())
            .collect();
        let orphaned = self.indexes.batches.iter().filter(|(batch, _)| !led.contains(&&***batch));
        let members = orphaned.flat_map(|(_, members)| members).map(|&(_, slot)| self.at(slot));
        members
            .filter(|task| task.runner() == Some(worker))
            .map(|task| TaskMoved {
                cause: Cause::Orphaned,
                change: StatusChange {
                    clears_failures: false,
                    counts_failure: false,
                    disables: false,
                    retry_at: None,
                    removes: false,
                    to: Status::Pending,
                },
                task: task.id.to_string(),
            })
            .collect()
    }

    pub(crate) fn running_slots(&self) -> impl Iterator<Item = Slot> {
        self.indexes.running.iter().map(|&(_, slot)| slot)
    }

    /// Chooses work for an enabled worker. `current`: the tasks that it says it is running, if it says.
    pub fn choose(&self, worker: WorkerNo, assistant: bool, current: Option<&[String]>, now: Timestamp) -> Choice {
        if let Some(current) = current {
            // The reply that handed it out was lost.
            let mut lost = self.running_slots().filter(|&slot| {
                let task = self.at(slot);
                task.runner() == Some(worker) && !current.iter().any(|id| **id == *task.id)
            });
            if let Some(slot) = lost.next() {
                return Choice::One { slot };
            }
        }
        if self.paused {
            return Choice::Nothing;
        }
        let is_assistant = assistant || self.workers.get(&worker).is_some_and(|worker| worker.is_assistant());
        let needs_resources = self.crowds_of(worker).any(|crowd| crowd.pending_with_resources > 0);
        let trivial = !is_assistant && !needs_resources;
        let mut heads: Vec<(Rank, Slot, u32)> = Vec::new();
        if assistant {
            let queues = self.indexes.queues.iter().zip(0..);
            heads
                .extend(queues.filter(|(queue, _)| queue.key.runnable).filter_map(|(queue, place)| head(queue, place)));
        }
        for crowd in self.crowds_of(worker) {
            let queues = crowd.queues.iter().map(|&place| (&self.indexes.queues[place as usize], place));
            heads
                .extend(queues.filter(|(queue, _)| !(assistant && queue.key.runnable)).filter_map(|(q, p)| head(q, p)));
        }
        if !trivial {
            heads.retain(|&(_, slot, _)| self.fits(self.at(slot).resources(), |name| self.used(name)));
        }
        let Some(&(_, best, _)) = heads.iter().min() else { return Choice::Nothing };
        let slot = if trivial || self.at(best).resources().is_empty() {
            best
        } else {
            match self.walk_greedily(worker, assistant, &heads, now) {
                Some(slot) => slot,
                None => return Choice::Nothing,
            }
        };
        self.with_batch_members(worker, slot, trivial)
    }

    fn used(&self, name: &str) -> f64 {
        self.indexes.used.get(name).map_or(0.0, |&(used, _)| used)
    }

    /// Units of a resource; one that nobody has set has one.
    pub(crate) fn total(&self, name: &str) -> f64 {
        match self.totals.get(name) {
            Some(total) => total.0,
            None => self.config.resources.iter().find(|(other, _)| other == name).map_or(1.0, |&(_, total)| total),
        }
    }

    pub(crate) fn fits<'a>(&self, wanted: &'a Amounts, used: impl Fn(&'a str) -> f64) -> bool {
        wanted.iter().all(|(name, amount)| amount.0 + used(name) <= self.total(name))
    }

    /// The best of `heads` that still fits after every better-ranked task went to whoever would take it.
    fn walk_greedily(
        &self,
        worker: WorkerNo,
        assistant: bool,
        heads: &[(Rank, Slot, u32)],
        now: Timestamp,
    ) -> Option<Slot> {
        let since = now.plus_seconds(-self.config.worker_disconnect_delay_s);
        let mut slots: HashMap<WorkerNo, f64> = self
            .workers
            .iter()
            .filter(|(_, worker)| worker.last_get_work.is_some_and(|asked| asked > since))
            .map(|(&number, worker)| (number, worker.processes()))
            .collect();
        let mut aside: Used = HashMap::new();
        let mine: Vec<u32> = heads.iter().map(|&(_, _, place)| place).collect();
        // Running tasks count at their rank, ready ones by queue: a merge of both in rank order.
        let mut running = self.indexes.running.iter().peekable();
        let mut queues: BinaryHeap<Reverse<(Rank, Slot, u32)>> =
            self.indexes.queues.iter().zip(0..).filter_map(|(queue, place)| head(queue, place)).map(Reverse).collect();
        while let Some(Reverse((rank, slot, place))) = queues.pop() {
            while let Some(&&(_, busy)) = running.peek().filter(|(other, _)| *other < rank) {
                running.next();
                let task = self.at(busy);
                if let Some(left) = task.runner().and_then(|runner| slots.get_mut(&runner)) {
                    *left -= 1.0;
                    put_aside(&mut aside, task.held());
                }
            }
            let task = self.at(slot);
            if !self.fits(task.resources(), |name| aside.get(name).copied().unwrap_or(0.0)) {
                continue;
            }
            if mine.contains(&place) {
                return Some(slot);
            }
            let extra = if assistant { Some(&worker) } else { None };
            let taker =
                self.workers_of(task).iter().chain(extra).find(|taker| slots.get(taker).is_some_and(|&n| n > 0.0));
            let Some(taker) = taker else { continue };
            if let Some(left) = slots.get_mut(taker) {
                *left -= 1.0;
            }
            put_aside(&mut aside, task.resources());
            let queue = &self.indexes.queues[place as usize];
            if let Some(&(rank, slot)) = queue.tasks.range((rank, slot + 1)..).next() {
                queues.push(Reverse((rank, slot, place)));
            }
        }
        None
    }

    /// Adds to a chosen task those that can run with it as one. They need not be this worker's own where resources are
    /// accounted for, as in Luigi. Walks the batchable ready tasks of the family until the batch is full.
    fn with_batch_members(&self, worker: WorkerNo, slot: Slot, trivial: bool) -> Choice {
        let task = self.at(slot);
        let one = Choice::One { slot };
        let Some(batcher) = self.workers.get(&worker).and_then(|worker| worker.batchers.get(&task.family)) else {
            return one;
        };
        let has = |name: &Symbol| task.params.iter().any(|(other, _)| other == name);
        if !task.batchable || batcher.arguments.is_empty() || !batcher.arguments.iter().all(has) {
            return one;
        }
        let is_like = |other: &Task| {
            other.family == task.family
                && other.resources() == task.resources()
                && task.params.iter().filter(|(name, _)| !batcher.arguments.contains(name)).all(|(name, value)| {
                    other.params.iter().find(|(other, _)| other == name).map(|(_, value)| value) == Some(value)
                })
        };
        let crowds = self.crowd_places(worker);
        let queues =
            self.indexes.queues.iter().filter(|queue| {
                queue.key.batch_family == task.family && (!trivial || crowds.contains(&queue.key.crowd))
            });
        let mut cursors: BinaryHeap<Reverse<(Rank, Slot, usize)>> = BinaryHeap::new();
        let queues: Vec<&Queue> = queues.collect();
        let after = |queue: &Queue, from: (Rank, Slot), place: usize| {
            queue.tasks.range(from..).next().map(|&(rank, slot)| Reverse((rank, slot, place)))
        };
        let Some(&(rank, _)) = queues.iter().find_map(|queue| queue.tasks.iter().find(|(_, other)| *other == slot))
        else {
            return one;
        };
        cursors.extend(queues.iter().enumerate().filter_map(|(place, queue)| after(queue, (rank, slot + 1), place)));
        let mut slots = vec![slot];
        while let Some(Reverse((rank, next, place))) = cursors.pop() {
            if slots.len() as f64 >= batcher.size_max.0 {
                break;
            }
            if is_like(self.at(next)) {
                slots.push(next);
            }
            cursors.extend(after(queues[place], (rank, next + 1), place));
        }
        if slots.len() > 1 { Choice::Batch { slots, arguments: batcher.arguments.clone() } } else { one }
    }
}

fn head(queue: &Queue, place: u32) -> Option<(Rank, Slot, u32)> {
    queue.tasks.first().map(|&(rank, slot)| (rank, slot, place))
}

fn put_aside<'a>(aside: &mut Used<'a>, amounts: &'a Amounts) {
    for (name, amount) in amounts {
        *aside.entry(name).or_default() += amount.0;
    }
}
