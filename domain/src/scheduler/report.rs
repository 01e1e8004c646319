//! Deciding what a report of a task does: Luigi's `add_task`.
//!
//! Costs O(d + p) for d dependencies and p upstream tasks whose priority rises, whatever else is in the scheduler.

use std::collections::BTreeMap;

use crate::id::{BlobHash, NameId, Timestamp, WorkerNo};
use crate::scheduler::event::{Amounts, Cause, TaskMoved, TaskReported};
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::{RetryPolicy, Status, Task};
use crate::value::{Number, Value};

/// The arguments of `add_task`, with Luigi's defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// `task_id`
    pub task: String,
    /// `status`; SUSPENDED arrives as PENDING
    pub status: Status,
    /// `runnable`; none where a worker says how a task went, and so does not declare it
    pub runnable: Option<bool>,
    /// `deps`
    pub deps: Option<Vec<String>>,
    /// `new_deps`
    pub new_deps: Vec<String>,
    /// `expl`, stored aside
    pub error: Option<BlobHash>,
    /// `resources`
    pub resources: Amounts,
    /// `priority`
    pub priority: f64,
    /// `family`
    pub family: String,
    /// `module`
    pub module: Option<String>,
    /// `params`
    pub params: Vec<(String, Value)>,
    /// `param_visibilities`
    pub visibilities: Option<Value>,
    /// `accepts_messages`
    pub accepts_messages: Option<bool>,
    /// `assistant`
    pub assistant: bool,
    /// `tracking_url`
    pub tracking_url: Option<String>,
    /// `batchable`
    pub batchable: Option<bool>,
    /// `batch_id`
    pub batch: Option<String>,
    /// `retry_policy_dict`: what it says of `retry_count`, `disable_hard_timeout`, `disable_window`
    pub retry_policy: PolicyPatch,
    /// `owners`, by opaque ids
    pub owners: Vec<NameId>,
    /// The worker announced that it could not plan the task: `error` says why.
    pub unplanned: bool,
}

impl Default for Report {
    fn default() -> Report {
        Report {
            task: String::new(),
            status: Status::Pending,
            runnable: Some(true),
            deps: None,
            new_deps: Vec::new(),
            error: None,
            resources: BTreeMap::new(),
            priority: 0.0,
            family: String::new(),
            module: None,
            params: Vec::new(),
            visibilities: None,
            accepts_messages: Some(false),
            assistant: false,
            tracking_url: None,
            batchable: None,
            batch: None,
            retry_policy: PolicyPatch::default(),
            owners: Vec::new(),
            unplanned: false,
        }
    }
}

/// The parts of a retry policy that a task sets itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PolicyPatch {
    /// `retry_count`
    pub retry_count: Option<f64>,
    /// `disable_hard_timeout`
    pub hard_timeout_s: Option<f64>,
    /// `disable_window`
    pub window_s: Option<f64>,
}

impl Scheduler {
    /// Decides on a report. None: it changes nothing (the worker is disabled, or the task was DONE a moment ago).
    pub fn decide_report(
        &self,
        report: Report,
        worker: WorkerNo,
        now: Timestamp,
    ) -> Option<(TaskReported, Vec<TaskMoved>)> {
        let enabled = self.workers.get(&worker).is_some_and(|worker| !worker.disabled);
        let known = self.task(&report.task);
        if !enabled && known.is_none_or(|task| task.status != Status::Running) {
            return None;
        }
        let new = Task::new();
        let task = known.unwrap_or(&new);
        let since_done_us = now.0.saturating_sub(task.updated.0);
        let cooldown_us = Timestamp(0).plus_seconds(self.config.stable_done_cooldown_s).0;
        if report.status == Status::Pending && task.status == Status::Done && since_done_us < cooldown_us {
            return None;
        }
        // Unlike Luigi, which keeps the last runner: a batch's joint task that one worker gave back and another took up
        // would then be handed to the first one again, as a lost reply.
        let runs = report.status == Status::Running && (task.runner().is_none() || !task.status.is_running());
        let runner = if runs { Some(worker) } else { task.runner() };
        let mut event = TaskReported {
            accepts_messages: report.accepts_messages,
            aside: None,
            batchable: report.batchable,
            deps: report.deps,
            deps_more: report.new_deps,
            error: report.error,
            family: if task.family == Default::default() { report.family } else { String::new() },
            joins: report.runnable == Some(true) && report.status != Status::Failed && enabled,
            module: if task.module.is_none() { report.module } else { None },
            owners: report.owners,
            params: if task.params.is_empty() { report.params } else { Vec::new() },
            priority: Number(report.priority),
            resources: report.resources,
            retry_policy: self.policy(report.retry_policy),
            runs,
            stakes: enabled && !report.assistant,
            stays_done: report.status == Status::Done && task.status == Status::Done,
            status: None,
            tracking_url: (report.tracking_url.is_some() || task.status != Status::Running)
                .then_some(report.tracking_url)
                .filter(|url| *url != task.more().tracking_url),
            unplanned: report.unplanned,
            visibilities: if task.visibilities == Default::default() { report.visibilities } else { None },
            worker,
            batch: report.batch,
            task: report.task,
        };
        let may_change = !task.status.is_running()
            || (matches!(report.status, Status::Done | Status::Failed | Status::Running) && runner == Some(worker))
            || !event.deps_more.is_empty();
        let mut moved = Vec::new();
        if may_change {
            // The rules see the task as the first half of the report leaves it.
            let overlay = self.with_batch(task, event.batch.as_deref(), event.batchable);
            let transition = self.decide_status(overlay.as_ref().unwrap_or(task), report.status, now);
            event.status = transition.own;
            moved = transition
                .members
                .into_iter()
                .map(|(slot, change)| TaskMoved { cause: Cause::Batch, change, task: self.at(slot).id.to_string() })
                .collect();
        }
        Some((event, moved))
    }

    fn with_batch(&self, task: &Task, batch: Option<&str>, batchable: Option<bool>) -> Option<Task> {
        let changes = batch.is_some() || batchable.is_some_and(|batchable| batchable != task.batchable);
        (changes && task.more().batch.is_some() || batch.is_some()).then(|| {
            let mut task = task.clone();
            task.batchable = batchable.unwrap_or(task.batchable);
            if let Some(batch) = batch {
                task.more_mut().batch = Some(batch.into());
            }
            task
        })
    }

    /// The policy that a task gets; None for the scheduler's own.
    fn policy(&self, patch: PolicyPatch) -> Option<RetryPolicy> {
        let own = self.config.retry_policy;
        let policy = RetryPolicy {
            hard_timeout_s: patch.hard_timeout_s.map_or(own.hard_timeout_s, Number),
            retry_count: patch.retry_count.map_or(own.retry_count, Number),
            window_s: patch.window_s.map_or(own.window_s, Number),
        };
        (policy != own).then_some(policy)
    }
}
