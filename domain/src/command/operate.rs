//! What people do to tasks and to the scheduler, and what running tasks say of themselves.

use std::collections::BTreeMap;

use crate::access::{Act, Action, Acts, Resource};
use crate::id::Timestamp;
use crate::model::{Command, Model, Step};
use crate::scheduler::Status;
use crate::scheduler::event::{Amounts, Cause, ResourcesDecreased, ResourcesSet, SchedulerPaused, TaskMoved};
use crate::value::{Number, Value};

/// What became of a task that somebody wanted moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// False: its status did not allow it, and nothing happened.
    pub changed: bool,
    /// The status now.
    pub status: Status,
}

/// Luigi's `forgive_failures`: FAILED becomes PENDING; its failures still count.
#[derive(Clone, Debug)]
pub struct ForgiveFailures {
    /// The task id.
    pub task: String,
}

impl Command for ForgiveFailures {
    /// None: there is no such task.
    type Reply = Option<Moved>;

    fn acts(&self, model: &Model) -> Acts {
        Act::alone(Action::RetryRun, model.resource_of_task(&self.task))
    }

    fn execute(self, step: &mut Step<'_>) -> Option<Moved> {
        move_task(step, &self.task, Cause::Forgiven, Status::Pending, |status| status == Status::Failed)
    }
}

/// Luigi's `mark_as_done`: RUNNING, FAILED and DISABLED become DONE.
#[derive(Clone, Debug)]
pub struct MarkAsDone {
    /// The task id.
    pub task: String,
}

impl Command for MarkAsDone {
    /// None: there is no such task.
    type Reply = Option<Moved>;

    fn acts(&self, model: &Model) -> Acts {
        Act::alone(Action::OperateTask, model.resource_of_task(&self.task))
    }

    fn execute(self, step: &mut Step<'_>) -> Option<Moved> {
        let may = |status| matches!(status, Status::Running | Status::Failed | Status::Disabled);
        let moved = move_task(step, &self.task, Cause::MarkedDone, Status::Done, may);
        if moved.is_some_and(|moved| moved.changed) {
            super::work::end_if_root_is_done(step, &self.task);
        }
        moved
    }
}

fn move_task(step: &mut Step<'_>, id: &str, cause: Cause, to: Status, may: impl Fn(Status) -> bool) -> Option<Moved> {
    let task = step.scheduler().task(id)?;
    let changed = may(task.status());
    if changed {
        let run = task.run();
        let transition = step.scheduler().decide_status(task, to, step.now);
        let members: Vec<_> = transition
            .members
            .into_iter()
            .map(|(slot, change)| {
                let member = step.scheduler().at_slot(slot);
                (TaskMoved { cause: Cause::Batch, change, task: member.id().to_string() }, member.run())
            })
            .collect();
        if let Some(change) = transition.own {
            step.record(TaskMoved { cause, change, task: id.to_string() }, run);
        }
        for (event, run) in members {
            step.record(event, run);
        }
    }
    step.scheduler().task(id).map(|task| Moved { changed, status: task.status() })
}

/// Luigi's `re_enable_task`: lifts a disable of the scheduler's own.
#[derive(Clone, Debug)]
pub struct ReEnableTask {
    /// The task id.
    pub task: String,
}

impl Command for ReEnableTask {
    /// Whether there was something to lift.
    type Reply = bool;

    fn acts(&self, model: &Model) -> Acts {
        Act::alone(Action::RetryRun, model.resource_of_task(&self.task))
    }

    fn execute(self, step: &mut Step<'_>) -> bool {
        let Some(task) = step.scheduler().task(&self.task).filter(|task| task.is_re_enable_able()) else {
            return false;
        };
        let (run, change) = (task.run(), step.scheduler().re_enabled(step.now));
        step.record(TaskMoved { cause: Cause::ReEnabled, change, task: self.task }, run);
        true
    }
}

/// Luigi's `pause` and `unpause`; without effect where pausing is switched off.
#[derive(Clone, Copy, Debug)]
pub struct Pause {
    /// Paused from now on, or not.
    pub paused: bool,
}

impl Command for Pause {
    type Reply = ();

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::OperateScheduler, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) {
        let scheduler = step.scheduler();
        if scheduler.config().pause_enabled && scheduler.is_paused() != self.paused {
            step.record(SchedulerPaused { paused: self.paused }, None);
        }
    }
}

/// Luigi's `update_resource` and `update_resources`: sets totals.
#[derive(Clone, Debug)]
pub struct UpdateResources {
    /// New totals.
    pub totals: BTreeMap<String, Number>,
}

impl Command for UpdateResources {
    type Reply = ();

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::OperateScheduler, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) {
        if !self.totals.is_empty() {
            step.record(ResourcesSet { totals: self.totals }, None);
        }
    }
}

/// Luigi's `decrease_running_task_resources`; only a RUNNING task holds any.
#[derive(Clone, Debug)]
pub struct DecreaseRunningResources {
    /// The task id.
    pub task: String,
    /// How much of each.
    pub by: Amounts,
}

impl Command for DecreaseRunningResources {
    type Reply = ();

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) {
        let Some(task) = step.scheduler().task(&self.task) else { return };
        if task.status() == Status::Running && !self.by.is_empty() {
            let run = task.run();
            step.record(ResourcesDecreased { by: self.by, task: self.task }, run);
        }
    }
}

/// Luigi's `set_task_status_message`; a heartbeat, not recorded.
#[derive(Clone, Debug)]
pub struct SetStatusMessage {
    /// The task id.
    pub task: String,
    /// What it says.
    pub message: Value,
}

impl Command for SetStatusMessage {
    type Reply = ();

    const TOUCHES: bool = true;

    fn touch(&self, model: &mut Model, _now: Timestamp) -> Option<()> {
        model.scheduler.touch_status_message(&self.task, &self.message);
        Some(())
    }

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) {
        step.scheduler_mut().touch_status_message(&self.task, &self.message);
    }
}

/// Luigi's `set_task_progress_percentage`; a heartbeat, not recorded.
#[derive(Clone, Debug)]
pub struct SetProgress {
    /// The task id.
    pub task: String,
    /// How far it is, 0 to 100.
    pub percentage: Value,
}

impl Command for SetProgress {
    type Reply = ();

    const TOUCHES: bool = true;

    fn touch(&self, model: &mut Model, _now: Timestamp) -> Option<()> {
        model.scheduler.touch_progress(&self.task, &self.percentage);
        Some(())
    }

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) {
        step.scheduler_mut().touch_progress(&self.task, &self.percentage);
    }
}
