//! Deciding what time alone changes: lost workers, their tasks, retries that are due, tasks to forget. Luigi's `prune`.
//!
//! Costs O(workers + running tasks) to look, and O(log n) for each task that changes: never a walk over all tasks.

use crate::id::{Timestamp, WorkerNo};
use crate::scheduler::event::{Cause, StatusChange, TaskMoved, TasksDoomed, TasksRemoved, WorkersLost};
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::Status;

/// LIMIT: tasks handled in one step. A prune takes as many steps as it needs; others' calls go between them, and no entry
/// names more.
pub const STEP_MAX: usize = 500;

impl Scheduler {
    /// Workers silent for longer than the limit.
    pub fn decide_lost(&self, now: Timestamp) -> Option<WorkersLost> {
        let delay = self.config.worker_disconnect_delay_s;
        let silent = |(&number, worker): (&WorkerNo, &super::worker::Worker)| {
            (worker.last_active.plus_seconds(delay) < now).then_some(number)
        };
        let workers: Vec<WorkerNo> = self.workers.iter().filter_map(silent).collect();
        (!workers.is_empty()).then_some(WorkersLost { workers })
    }

    /// Tasks that run on a worker which is neither their stakeholder nor an assistant fail.
    pub fn decide_abandoned(&self, now: Timestamp) -> Vec<TaskMoved> {
        let members = self.indexes.batches.values().flatten().map(|&(_, slot)| slot);
        let mut moved = Vec::new();
        for slot in self.running_slots().chain(members) {
            let task = self.at(slot);
            let Some(runner) = task.runner() else { continue };
            let is_assistant = self.workers.get(&runner).is_some_and(|worker| worker.is_assistant());
            if is_assistant || self.stakeholders_of(task).contains(&runner) {
                continue;
            }
            let transition = self.decide_status(task, Status::Failed, now);
            let id = |slot| self.at(slot).id.to_string();
            if let Some(change) = transition.own {
                moved.push(TaskMoved { cause: Cause::WorkerLost, change, task: id(slot) });
            }
        }
        moved.truncate(STEP_MAX);
        moved
    }

    /// Tasks that no living worker has an interest in.
    pub fn decide_doomed(&self, now: Timestamp) -> Option<TasksDoomed> {
        let mut slots = self.indexes.unstaked.to_vec();
        slots.truncate(STEP_MAX);
        let remove_at = now.plus_seconds(self.config.remove_delay_s);
        let tasks: Vec<String> = slots.into_iter().map(|slot| self.at(slot).id.to_string()).collect();
        (!tasks.is_empty()).then_some(TasksDoomed { remove_at, tasks })
    }

    /// Disabled tasks whose time is over: FAILED again, with a clean record.
    pub fn decide_disables_over(&self, now: Timestamp) -> Vec<TaskMoved> {
        let since = now.plus_seconds(-self.config.disable_persist_s);
        let due = self.indexes.disables.iter().take_while(|&&(disabled, _)| disabled < since).take(STEP_MAX);
        due.map(|&(_, slot)| TaskMoved {
            cause: Cause::DisableExpired,
            change: self.re_enabled(now),
            task: self.at(slot).id.to_string(),
        })
        .collect()
    }

    /// What enabling a task again does: FAILED, without its failures.
    pub(crate) fn re_enabled(&self, now: Timestamp) -> StatusChange {
        StatusChange {
            clears_failures: true,
            counts_failure: false,
            disables: false,
            retry_at: (self.config.retry_delay_s >= 0.0).then(|| now.plus_seconds(self.config.retry_delay_s)),
            removes: false,
            to: Status::Failed,
        }
    }

    /// Failed tasks that may be tried again.
    pub fn decide_retries(&self, now: Timestamp) -> Vec<TaskMoved> {
        if self.config.retry_delay_s < 0.0 {
            return Vec::new();
        }
        let due = self.indexes.retries.iter().take_while(|&&(at, _)| at < now).take(STEP_MAX);
        due.map(|&(_, slot)| TaskMoved {
            cause: Cause::RetryDue,
            change: StatusChange {
                clears_failures: false,
                counts_failure: false,
                disables: false,
                retry_at: None,
                removes: false,
                to: Status::Pending,
            },
            task: self.at(slot).id.to_string(),
        })
        .collect()
    }

    /// Tasks whose time to be removed has come. A removal at time zero counts as none, as in Luigi.
    pub fn decide_removals(&self, now: Timestamp) -> Option<TasksRemoved> {
        let due = self.indexes.removals.iter().take_while(|&&(at, _)| at <= now).filter(|&&(at, _)| at.0 != 0);
        let tasks: Vec<String> = due.take(STEP_MAX).map(|&(_, slot)| self.at(slot).id.to_string()).collect();
        (!tasks.is_empty()).then_some(TasksRemoved { tasks })
    }
}
