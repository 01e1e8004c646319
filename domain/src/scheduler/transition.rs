//! What a new status does to a task: the rules of failure, retry and disabling. Luigi's `SimpleTaskState.set_status`.

use crate::id::Timestamp;
use crate::scheduler::event::StatusChange;
use crate::scheduler::pool::Slot;
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::{RetryPolicy, Status, Task};

/// LIMIT: failures remembered of one task. A retry policy that counts further never disables.
const FAILURES_MAX: usize = 10_000;

/// The outcome of a decision: what becomes of the task, and of the members of the batch that it leads.
#[derive(Debug, Default, PartialEq)]
pub struct Transition {
    /// None: the task stays exactly as it is.
    pub own: Option<StatusChange>,
    /// Members, with what becomes of them.
    pub members: Vec<(Slot, StatusChange)>,
}

impl Scheduler {
    /// Decides what `new` does to a task.
    pub(crate) fn decide_status(&self, task: &Task, new: Status, now: Timestamp) -> Transition {
        let mut transition = Transition { own: self.decide_own_status(task, new, now), members: Vec::new() };
        if transition.own.is_some()
            && task.status == Status::Running
            && new != Status::Running
            && let Some(batch) = &task.more().batch
            && let Some(members) = self.indexes.batches.get(batch)
        {
            for &(_, member) in members {
                if let Some(change) = self.decide_own_status(self.at(member), new, now) {
                    transition.members.push((member, change));
                }
            }
        }
        transition
    }

    fn decide_own_status(&self, task: &Task, new: Status, now: Timestamp) -> Option<StatusChange> {
        let more = task.more();
        let mut change = StatusChange {
            clears_failures: false,
            counts_failure: false,
            disables: false,
            retry_at: None,
            removes: false,
            to: new,
        };
        if new == Status::Disabled && task.status.is_running() {
            return None;
        }
        if task.status == Status::Disabled {
            if new == Status::Done {
                change.clears_failures = true;
            } else if more.disabled_at.is_some() && new != Status::Disabled {
                // No worker overrides what the scheduler disabled.
                return None;
            }
        }
        if new == Status::Failed && task.status != Status::Disabled {
            change.counts_failure = true;
            if self.is_too_much(task, now) {
                change.disables = true;
                change.to = Status::Disabled;
            }
        }
        if change.to == Status::Failed {
            change.retry_at = (self.config.retry_delay_s >= 0.0).then(|| now.plus_seconds(self.config.retry_delay_s));
            change.removes = more.batch.is_some() && !task.batchable;
        }
        let lifts_disable = new == Status::Disabled && more.disabled_at.is_some();
        let says_something =
            change.to != task.status || change.counts_failure || change.clears_failures || lifts_disable;
        says_something.then_some(change)
    }

    /// Whether one more failure now is one too many.
    fn is_too_much(&self, task: &Task, now: Timestamp) -> bool {
        let more = task.more();
        let RetryPolicy { hard_timeout_s, retry_count, window_s } =
            more.retry_policy.unwrap_or(self.config.retry_policy);
        // A first failure at time zero counts as none, as in Luigi.
        let first = more.first_failure.filter(|first| first.0 != 0).unwrap_or(now);
        if now >= first.plus_seconds(hard_timeout_s.0) {
            return true;
        }
        let since = now.plus_seconds(-window_s.0);
        let recent = more.failures.iter().filter(|&&failure| failure >= since).count() + 1;
        recent as f64 >= retry_count.0
    }

    /// Applies a decided change of status.
    pub(crate) fn apply_status(&mut self, slot: Slot, change: &StatusChange, leaves_batch: bool, at: Timestamp) {
        let moves = self.at(slot).status != change.to;
        self.edit(slot, |task| {
            let leaves_batch = leaves_batch || (task.status == Status::Running && change.to != Status::Running);
            if leaves_batch && task.more().batch.is_some() {
                task.more_mut().batch = None;
            }
            if change.clears_failures {
                let more = task.more_mut();
                more.failures.clear();
                more.first_failure = None;
                more.disabled_at = None;
            }
            if change.counts_failure {
                let more = task.more_mut();
                more.first_failure = more.first_failure.filter(|first| first.0 != 0).or(Some(at));
                if more.failures.len() == FAILURES_MAX {
                    more.failures.pop_front();
                }
                more.failures.push_back(at);
            }
            if change.disables {
                task.more_mut().disabled_at = Some(at);
            } else if change.to == Status::Disabled && task.more().disabled_at.is_some() {
                task.more_mut().disabled_at = None;
            }
            if change.to != task.status {
                task.status = change.to;
                task.updated = at;
            }
            if change.to == Status::Failed {
                task.more_mut().retry_at = change.retry_at;
            }
            if change.removes {
                task.more_mut().remove_at = Some(at);
            }
        });
        if moves {
            self.meter_status(slot);
        }
    }
}
