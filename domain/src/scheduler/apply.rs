//! Folding events into the state: total, the only code that changes what is recorded, the same live and on replay.

use crate::id::{RunId, Timestamp};
use crate::scheduler::event::{
    AnswerRead, BatcherSet, Cause, MessageAnswered, MessageQueued, MessagesDelivered, PlanningFailed,
    ResourcesDecreased, ResourcesSet, SchedulerPaused, TaskMoved, TaskReported, TasksAssigned, TasksDoomed,
    TasksRemoved, WorkerDescribed, WorkerDisabled, WorkerJoined, WorkersLost,
};
use crate::scheduler::pool::Slot;
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::Status;
use crate::scheduler::worker::Batcher;
use crate::value::{Number, Value};

impl Scheduler {
    /// A worker is here.
    pub fn worker_joined(&mut self, event: &WorkerJoined, at: Timestamp) {
        self.join(event.worker, event.name, at);
    }

    /// `info` is the parsed text that the event names.
    pub fn worker_described(&mut self, event: &WorkerDescribed, info: Value) {
        if let Some(worker) = self.workers.get_mut(&event.worker) {
            worker.info = Some(event.info);
            worker.info_value = info;
        }
    }

    /// The worker gets no more work.
    pub fn worker_disabled(&mut self, event: &WorkerDisabled) {
        self.leave_crowds(event.worker);
        if let Some(worker) = self.workers.get_mut(&event.worker) {
            worker.disabled = true;
        }
    }

    /// The workers are gone.
    pub fn workers_lost(&mut self, event: &WorkersLost) {
        event.workers.iter().for_each(|&worker| self.forget_worker(worker));
    }

    /// The worker can batch a family.
    pub fn batcher_set(&mut self, event: &BatcherSet) {
        let family = self.symbols.intern(&event.family);
        let arguments = event.arguments.iter().map(|name| self.symbols.intern(name)).collect();
        if let Some(worker) = self.workers.get_mut(&event.worker) {
            worker.batchers.insert(family, Batcher { arguments, size_max: event.size_max });
        }
    }

    /// The order of the steps is Luigi's: later ones see what earlier ones did.
    pub fn task_reported(&mut self, event: &TaskReported, run: Option<RunId>, at: Timestamp) {
        if let Some(worker) = self.workers.get_mut(&event.worker) {
            worker.unplanned = None;
        }
        let slot = self.slot_of(&event.task);
        if !self.at(slot).present {
            self.create(slot, Status::Pending, event.priority.0, at);
        }
        self.apply_declaration(slot, event, run, at);
        if let Some(change) = &event.status {
            self.apply_status(slot, change, false, at);
        }
        let mut deps = self.at(slot).deps.clone();
        if let Some(ids) = &event.deps {
            deps = ids.iter().map(|id| self.slot_of(id)).collect();
        }
        deps.extend(event.deps_more.iter().map(|id| self.slot_of(id)));
        self.set_deps(slot, deps);
        if *self.at(slot).resources() != event.resources {
            let resources = (!event.resources.is_empty()).then(|| Box::new(event.resources.clone()));
            self.edit(slot, |task| task.resources = resources);
        }
        if event.stakes {
            self.stake_task(slot, event.worker);
            for dep in self.at(slot).deps.clone() {
                if !self.at(dep).present {
                    self.create(dep, Status::Unknown, event.priority.0, at);
                }
                self.stake_task(dep, event.worker);
            }
        }
        self.raise_priority(slot, event.priority.0);
        if self.at(slot).more().retry_policy != event.retry_policy {
            self.tasks[slot as usize].more_mut().retry_policy = event.retry_policy;
        }
        if event.joins {
            self.join_task(slot, event.worker);
            if !self.at(slot).runnable {
                self.edit(slot, |task| task.runnable = true);
            }
        }
    }

    /// Folds.
    pub fn planning_failed(&mut self, event: &PlanningFailed) {
        if let Some(worker) = self.workers.get_mut(&event.worker) {
            worker.unplanned = Some((event.family.as_str().into(), event.error));
        }
    }

    /// A task that is known already is the root of a run from now on.
    pub fn run_started(&mut self, root: &str, run: RunId) {
        if let Some(slot) = self.slot(root) {
            self.edit(slot, |task| task.run = Some(run));
        }
    }

    fn apply_declaration(&mut self, slot: Slot, event: &TaskReported, run: Option<RunId>, at: Timestamp) {
        let family = self.symbols.intern(&event.family);
        let module = event.module.as_deref().map(|module| self.symbols.intern(module));
        let visibilities = event.visibilities.as_ref().map(|value| self.symbols.intern(&value.to_string()));
        let params: Vec<_> =
            event.params.iter().map(|(name, value)| (self.symbols.intern(name), value.clone())).collect();
        let members = self.batch_slots(event.batch.as_deref());
        let held = members.first().map(|&member| self.at(member).held().clone());
        self.edit(slot, |task| {
            if task.family == Default::default() {
                task.family = family;
            }
            task.module = task.module.or(module);
            if let Some(visibilities) = visibilities {
                task.visibilities = visibilities;
            }
            if task.params.is_empty() {
                task.params = params;
            }
            if run.is_some() && (event.stakes || task.run.is_none()) {
                task.run = run;
            }
            if let Some(batch) = &event.batch {
                task.more_mut().batch = Some(batch.as_str().into());
            }
            if event.runs {
                let ran = task.ran.get_or_insert_default();
                ran.worker = Some(event.worker);
                ran.at = Some(at);
                if event.batch.is_some() {
                    ran.resources = held;
                }
            }
            if let Some(accepts) = event.accepts_messages {
                task.accepts_messages = accepts;
            }
            if let Some(batchable) = event.batchable {
                task.batchable = batchable;
            }
            if let Some(url) = &event.tracking_url
                && task.more().tracking_url != *url
            {
                task.more_mut().tracking_url = url.clone();
            }
            if event.error.is_some() {
                task.more_mut().error = event.error;
            }
            if task.more().remove_at.is_some() {
                task.more_mut().remove_at = None;
            }
        });
        if !self.at(slot).id.starts_with(&event.family) {
            // Then the family is a name of its own.
            self.indexes.renamed(slot);
        }
        if event.tracking_url.is_some() || event.error.is_some() {
            let batch = self.at(slot).more().batch.clone();
            for member in self.batch_slots(batch.as_deref()) {
                let more = self.tasks[member as usize].more_mut();
                if let Some(url) = &event.tracking_url {
                    more.tracking_url = url.clone();
                }
                more.error = event.error.or(more.error);
            }
        }
    }

    /// The BATCH_RUNNING members of a batch, in the order of their making.
    pub(crate) fn batch_slots(&self, batch: Option<&str>) -> Vec<Slot> {
        let members = batch.and_then(|batch| self.indexes.batches.get(batch));
        members.map_or(Vec::new(), |members| members.iter().map(|&(_, slot)| slot).collect())
    }

    /// Priorities only rise, and carry everything upstream with them. A list of work, not recursion: chains are long.
    fn raise_priority(&mut self, slot: Slot, priority: f64) {
        let priority = if priority > self.at(slot).priority.0 { priority } else { self.at(slot).priority.0 };
        let mut raised = vec![slot];
        while let Some(slot) = raised.pop() {
            if self.at(slot).priority.0 < priority {
                self.edit(slot, |task| task.priority = Number(priority));
            }
            for place in 0..self.at(slot).deps.len() {
                let dep = self.at(slot).deps[place];
                if self.at(dep).present && self.at(dep).priority.0 < priority {
                    raised.push(dep);
                }
            }
        }
    }

    /// The worker has the tasks now.
    pub fn tasks_assigned(&mut self, event: &TasksAssigned, at: Timestamp) {
        for id in &event.tasks {
            let Some(slot) = self.find(id) else { continue };
            self.edit(slot, |task| {
                let resources = task.resources().clone();
                task.ran = Some(Box::new(super::task::Ran {
                    worker: Some(event.worker),
                    at: Some(at),
                    resources: Some(resources),
                }));
                let status = match &event.batch {
                    Some(batch) => {
                        task.more_mut().batch = Some(batch.as_str().into());
                        Status::BatchRunning
                    }
                    None => Status::Running,
                };
                if task.status != status {
                    task.status = status;
                    task.updated = at;
                }
            });
            if event.batch.is_none() {
                self.meter_start(slot);
            }
        }
    }

    /// A status changed without a report.
    pub fn task_moved(&mut self, event: &TaskMoved, at: Timestamp) {
        let Some(slot) = self.find(&event.task) else { return };
        if event.cause == Cause::WorkerLost {
            self.edit(slot, |task| {
                if let Some(ran) = &mut task.ran {
                    ran.worker = None;
                }
            });
        }
        let leaves_batch = matches!(event.cause, Cause::Batch | Cause::Orphaned);
        self.apply_status(slot, &event.change, leaves_batch, at);
    }

    /// Without stakeholders.
    pub fn tasks_doomed(&mut self, event: &TasksDoomed) {
        for id in &event.tasks {
            if let Some(slot) = self.find(id) {
                self.edit(slot, |task| task.more_mut().remove_at = Some(event.remove_at));
            }
        }
    }

    /// Gone.
    pub fn tasks_removed(&mut self, event: &TasksRemoved) {
        for id in &event.tasks {
            if let Some(slot) = self.find(id) {
                self.remove(slot);
            }
        }
    }

    /// Never below zero; a batch's members hold what its joint task holds.
    pub fn resources_decreased(&mut self, event: &ResourcesDecreased) {
        let Some(slot) = self.find(&event.task) else { return };
        let batch = self.at(slot).more().batch.clone();
        let mut slots = vec![slot];
        slots.extend(self.batch_slots(batch.as_deref()));
        for slot in slots {
            self.edit(slot, |task| {
                let Some(held) = task.ran.as_mut().and_then(|ran| ran.resources.as_mut()) else { return };
                for (name, by) in &event.by {
                    if let Some(amount) = held.get_mut(name).filter(|_| by.0 > 0.0) {
                        amount.0 = (amount.0 - by.0).max(0.0);
                    }
                }
            });
        }
    }

    /// New totals.
    pub fn resources_set(&mut self, event: &ResourcesSet) {
        self.totals.extend(event.totals.iter().map(|(name, total)| (name.clone(), *total)));
    }

    /// Paused, or not.
    pub fn scheduler_paused(&mut self, event: &SchedulerPaused) {
        self.paused = event.paused;
    }

    /// A message waits.
    pub fn message_queued(&mut self, event: &MessageQueued) {
        if let Some(worker) = self.workers.get_mut(&event.worker) {
            worker.messages.push(event.content);
        }
    }

    /// No message waits.
    pub fn messages_delivered(&mut self, event: &MessagesDelivered) {
        if let Some(worker) = self.workers.get_mut(&event.worker) {
            worker.messages.clear();
        }
    }

    /// A later answer to the same message replaces the earlier one.
    pub fn message_answered(&mut self, event: &MessageAnswered) {
        let Some(slot) = self.find(&event.task) else { return };
        let answers = &mut self.tasks[slot as usize].more_mut().answers;
        answers.retain(|(message, _)| **message != *event.message);
        answers.push((event.message.as_str().into(), event.response));
    }

    /// Answers are read once.
    pub fn answer_read(&mut self, event: &AnswerRead) {
        let Some(slot) = self.find(&event.task) else { return };
        self.tasks[slot as usize].more_mut().answers.retain(|(message, _)| **message != *event.message);
    }
}
