//! Who can run a task, and who has an interest in it: shared by all tasks with the same answer.
//!
//! Tasks that the same workers can run share a [`Crowd`]: an ordered list of workers with counters and queues. Workers poll;
//! counting and choosing must not walk tasks. A worker looks at its crowds (mostly one), a crowd at its queues (one for
//! each mix of resources), a queue at its head. A worker that leaves is taken out of the shared list, once for all its
//! tasks.
//!
//! INVARIANT: place 0 of each is "nobody" and is never freed.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::id::{NameId, Timestamp, WorkerNo};
use crate::scheduler::pool::{Slot, SlotSet};
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::Task;
use crate::scheduler::worker::Worker;
use crate::value::Value;

/// The tasks that exactly these workers can run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Crowd {
    /// In the order of joining; the last one scheduled the tasks last.
    pub members: Vec<WorkerNo>,
    #[serde(skip)]
    pub(super) tasks: u32,
    /// PENDING or FAILED, and not below a disabled task.
    #[serde(skip)]
    pub waiting: u32,
    /// FAILED.
    #[serde(skip)]
    pub failed: u32,
    /// PENDING.
    #[serde(skip)]
    pub pending: u32,
    /// PENDING, and need resources.
    #[serde(skip)]
    pub pending_with_resources: u32,
    #[serde(skip)]
    pub running: SlotSet,
    #[serde(skip)]
    pub queues: Vec<u32>,
}
/// Tasks that the same workers have an interest in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stake {
    pub(super) members: Vec<WorkerNo>,
    #[serde(skip)]
    pub(super) tasks: SlotSet,
}
impl Scheduler {
    pub(crate) fn join(&mut self, number: WorkerNo, name: NameId, at: Timestamp) {
        while self.worker_names.len() <= number.0 as usize {
            self.worker_names.push(name);
        }
        self.worker_names[number.0 as usize] = name;
        self.indexes.worker_by_name.insert(name, number);
        let worker = Worker {
            name,
            started: at,
            info: None,
            info_value: Value::Object(Vec::new()),
            disabled: false,
            messages: Vec::new(),
            batchers: BTreeMap::new(),
            unplanned: None,
            last_active: at,
            last_get_work: None,
            pings: VecDeque::new(),
            crowds: Vec::new(),
        };
        self.workers.insert(number, worker);
    }

    /// Takes a worker off every task's list of workers.
    pub(crate) fn leave_crowds(&mut self, number: WorkerNo) {
        let Some(worker) = self.workers.get_mut(&number) else { return };
        for place in std::mem::take(&mut worker.crowds) {
            let crowd = &mut self.crowds[place as usize];
            if self.indexes.crowd_by_members.get(&crowd.members) == Some(&place) {
                self.indexes.crowd_by_members.remove(&crowd.members);
            }
            crowd.members.retain(|&member| member != number);
            self.indexes.crowd_by_members.entry(crowd.members.clone()).or_insert(place);
        }
    }

    /// Takes a worker out of every task's stakeholders, and forgets it.
    pub(crate) fn forget_worker(&mut self, number: WorkerNo) {
        self.leave_crowds(number);
        for place in 1..self.stakes.len() as u32 {
            let stake = &mut self.stakes[place as usize];
            if !stake.members.contains(&number) {
                continue;
            }
            if self.indexes.stake_by_members.get(&stake.members) == Some(&place) {
                self.indexes.stake_by_members.remove(&stake.members);
            }
            stake.members.retain(|&member| member != number);
            if stake.members.is_empty() {
                for slot in stake.tasks.to_vec() {
                    self.unindex(slot);
                    self.index(slot);
                }
            } else {
                self.indexes.stake_by_members.entry(stake.members.clone()).or_insert(place);
            }
        }
        if let Some(worker) = self.workers.remove(&number) {
            self.indexes.worker_by_name.remove(&worker.name);
        }
    }

    /// The workers that can run a task, in the order of joining.
    pub(crate) fn workers_of(&self, task: &Task) -> &[WorkerNo] {
        &self.crowds[task.crowd as usize].members
    }

    pub(crate) fn stakeholders_of(&self, task: &Task) -> &[WorkerNo] {
        &self.stakes[task.stake as usize].members
    }

    /// Adds a worker to those that can run a task.
    pub(crate) fn join_task(&mut self, slot: Slot, worker: WorkerNo) {
        let members = self.workers_of(self.at(slot));
        if members.contains(&worker) {
            return;
        }
        let mut members = members.to_vec();
        members.push(worker);
        self.unindex(slot);
        let old = self.tasks[slot as usize].crowd;
        self.tasks[slot as usize].crowd = self.enter_crowd(members);
        self.index(slot);
        self.leave_crowd(old);
    }

    /// Adds a worker to the stakeholders of a task.
    pub(crate) fn stake_task(&mut self, slot: Slot, worker: WorkerNo) {
        let members = self.stakeholders_of(self.at(slot));
        if members.contains(&worker) {
            return;
        }
        let mut members = members.to_vec();
        members.push(worker);
        members.sort_unstable();
        self.unindex(slot);
        let old = self.tasks[slot as usize].stake;
        self.tasks[slot as usize].stake = self.enter_stake(members, slot);
        self.index(slot);
        self.leave_stake(old, slot);
    }

    fn enter_crowd(&mut self, members: Vec<WorkerNo>) -> u32 {
        if let Some(&place) = self.indexes.crowd_by_members.get(&members) {
            self.crowds[place as usize].tasks += 1;
            return place;
        }
        let place = self.indexes.crowds_free.pop().unwrap_or(self.crowds.len() as u32);
        for member in &members {
            if let Some(worker) = self.workers.get_mut(member) {
                worker.crowds.push(place);
            }
        }
        let crowd = Crowd { members: members.clone(), tasks: 1, ..Crowd::default() };
        if place as usize == self.crowds.len() {
            self.crowds.push(crowd);
        } else {
            self.crowds[place as usize] = crowd;
        }
        self.indexes.crowd_by_members.insert(members, place);
        place
    }

    pub(super) fn leave_crowd(&mut self, place: u32) {
        if place == 0 {
            return;
        }
        let crowd = &mut self.crowds[place as usize];
        crowd.tasks -= 1;
        if crowd.tasks > 0 {
            return;
        }
        let members = std::mem::take(&mut crowd.members);
        if self.indexes.crowd_by_members.get(&members) == Some(&place) {
            self.indexes.crowd_by_members.remove(&members);
        }
        for member in members {
            if let Some(worker) = self.workers.get_mut(&member) {
                worker.crowds.retain(|&other| other != place);
            }
        }
        self.indexes.crowds_free.push(place);
    }

    fn enter_stake(&mut self, members: Vec<WorkerNo>, slot: Slot) -> u32 {
        let place = match self.indexes.stake_by_members.get(&members) {
            Some(&place) => place,
            None => {
                let place = self.indexes.stakes_free.pop().unwrap_or(self.stakes.len() as u32);
                let stake = Stake { members: members.clone(), tasks: SlotSet::default() };
                if place as usize == self.stakes.len() {
                    self.stakes.push(stake);
                } else {
                    self.stakes[place as usize] = stake;
                }
                self.indexes.stake_by_members.insert(members, place);
                place
            }
        };
        if place != 0 {
            self.stakes[place as usize].tasks.insert(slot);
        }
        place
    }

    pub(super) fn leave_stake(&mut self, place: u32, slot: Slot) {
        if place == 0 {
            return;
        }
        let stake = &mut self.stakes[place as usize];
        stake.tasks.remove(slot);
        if stake.tasks.is_empty() {
            let members = std::mem::take(&mut stake.members);
            if self.indexes.stake_by_members.get(&members) == Some(&place) {
                self.indexes.stake_by_members.remove(&members);
            }
            self.indexes.stakes_free.push(place);
        }
    }
}
