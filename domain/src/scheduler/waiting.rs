//! Why a task is not handed out: which dependency, worker, resource, delay or switch it waits for.
//!
//! Costs O(d) for its d dependencies, plus the running tasks where a resource is short.

use crate::id::{Timestamp, WorkerNo};
use crate::scheduler::pool::Slot;
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::Status;

/// LIMIT: dependencies and holders named in one reason; the rest is counted.
pub const NAMED_MAX: usize = 20;

/// One reason why a task is not running.
#[derive(Clone, Debug, PartialEq)]
pub enum Wait {
    /// Nobody has declared it; something only depends on it.
    Undeclared,
    /// Its worker could not say what it needs: its `requires()` or `complete()` raised an error.
    Unplanned,
    /// It runs, on this worker, since then.
    Running {
        /// Who runs it.
        worker: Option<WorkerNo>,
        /// Since when.
        since: Option<Timestamp>,
    },
    /// It is complete.
    Done,
    /// It failed, and may be tried again at this time; never, if none.
    Failed {
        /// When it may be tried again.
        retry_at: Option<Timestamp>,
        /// Whether a worker is here that could try it.
        worker_here: bool,
    },
    /// It is switched off: by the scheduler after too many failures, or by its worker.
    Disabled {
        /// Whether the scheduler did it.
        by_scheduler: bool,
        /// Since when.
        since: Timestamp,
    },
    /// Dependencies that are not done, with their statuses.
    Dependencies {
        /// Up to [`NAMED_MAX`] of them: failed ones first.
        open: Vec<(String, Status)>,
        /// How many there are.
        count: usize,
    },
    /// No worker that is here can run it.
    NoWorker,
    /// No worker is to run it: it is external, or its worker only reported it.
    NotRunnable,
    /// A resource is short.
    Resource {
        /// Its name.
        name: String,
        /// What the task wants.
        wants: f64,
        /// What running tasks hold.
        used: f64,
        /// What there is.
        total: f64,
        /// Up to [`NAMED_MAX`] tasks that hold some.
        holders: Vec<String>,
    },
    /// The scheduler is paused.
    Paused,
    /// Ready: better-ranked tasks go first, or its workers are busy.
    Ready {
        /// Workers that can run it.
        workers: Vec<WorkerNo>,
    },
}

impl Scheduler {
    /// Says what a task waits for. Empty: there is no such task.
    pub fn waits(&self, id: &str) -> Vec<Wait> {
        let Some(slot) = self.find(id) else { return Vec::new() };
        let task = self.at(slot);
        match task.status {
            Status::Done => vec![Wait::Done],
            Status::Running | Status::BatchRunning => {
                vec![Wait::Running { worker: task.runner(), since: task.started() }]
            }
            Status::Failed => {
                let worker_here = !self.workers_of(task).is_empty();
                vec![Wait::Failed { retry_at: task.retry_at(), worker_here }]
            }
            Status::Disabled => {
                let by_scheduler = task.is_disabled_by_scheduler();
                vec![Wait::Disabled { by_scheduler, since: task.updated }]
            }
            Status::Unknown if task.error().is_some() => vec![Wait::Unplanned],
            Status::Unknown => vec![Wait::Undeclared],
            Status::Pending => self.waits_of_pending(slot),
        }
    }

    fn waits_of_pending(&self, slot: Slot) -> Vec<Wait> {
        let task = self.at(slot);
        let mut waits = Vec::new();
        let mut open: Vec<(String, Status)> = task
            .deps
            .iter()
            .map(|&dep| self.at(dep))
            .filter(|dep| !dep.is_done())
            .map(|dep| (dep.id.to_string(), dep.status))
            .collect();
        if !open.is_empty() {
            let count = open.len();
            open.sort_by_key(|(id, status)| (!matches!(status, Status::Failed | Status::Disabled), id.clone()));
            open.truncate(NAMED_MAX);
            waits.push(Wait::Dependencies { open, count });
        }
        if self.workers_of(task).is_empty() {
            waits.push(if task.runnable { Wait::NoWorker } else { Wait::NotRunnable });
        }
        for (name, wants) in task.resources() {
            let (used, total) = (self.resource_used(name), self.resource_total(name));
            if wants.0 + used > total {
                let holders = self.running_slots().filter(|&slot| self.at(slot).held().contains_key(name));
                let holders = holders.take(NAMED_MAX).map(|slot| self.at(slot).id.to_string()).collect();
                waits.push(Wait::Resource { name: name.clone(), wants: wants.0, used, total, holders });
            }
        }
        if self.paused {
            waits.push(Wait::Paused);
        }
        if waits.is_empty() {
            waits.push(Wait::Ready { workers: self.workers_of(task).to_vec() });
        }
        waits
    }
}
