//! Trying a whole run again.

use crate::access::{Act, Action, Acts};
use crate::command::{ForgiveFailures, ReEnableTask};
use crate::id::RunId;
use crate::model::{Command, Model, Step};
use crate::scheduler::{Slot, Status};

/// LIMIT: tasks moved by one step: as many as leave others' calls waiting for well below 5 ms.
pub const RETRY_STEP_MAX: usize = 256;

/// LIMIT: places looked at by one step, whosever tasks are there: well below a millisecond.
pub const RETRY_LOOKS_MAX: Slot = 1 << 14;

/// Has tasks of a run tried again at once that failed, or that the scheduler disabled after too many failures. One step: a
/// caller repeats it while there is more, and others' calls go between the steps.
///
/// A task that its own code switched off is left: nobody but that code can switch it on.
#[derive(Clone, Copy, Debug)]
pub struct RetryRun {
    /// Which run.
    pub run: RunId,
    /// Tasks before this place were looked at by an earlier step; 0 at the first.
    pub from: Slot,
}

/// What one step did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// Tasks that wait now, with the status that they had.
    pub tasks: Vec<(String, Status)>,
    /// Tasks that were left: their code switched them off.
    pub left: Vec<String>,
    /// The `from` of the next step; none: that was all.
    pub next: Option<Slot>,
}

impl Command for RetryRun {
    /// None: there is no such run, or its worker has left, and nobody would try.
    type Reply = Option<Retried>;

    const LONG: bool = true;

    fn acts(&self, model: &Model) -> Acts {
        Act::alone(Action::RetryRun, model.resource_of_run(self.run))
    }

    fn execute(self, step: &mut Step<'_>) -> Option<Retried> {
        step.model().runs.live(self.run)?;
        let scheduler = step.scheduler();
        let end = scheduler.slots_end();
        let stop = end.min(self.from.saturating_add(RETRY_LOOKS_MAX));
        let is_stuck = |&slot: &Slot| {
            let task = scheduler.at_slot(slot);
            matches!(task.status(), Status::Failed | Status::Disabled) && task.run() == Some(self.run)
        };
        let mut stuck: Vec<Slot> = (self.from..stop).filter(is_stuck).take(RETRY_STEP_MAX + 1).collect();
        let next = if stuck.len() > RETRY_STEP_MAX { stuck.pop() } else { Some(stop).filter(|stop| *stop < end) };
        let mut retried = Retried { next, ..Retried::default() };
        for slot in stuck {
            let task = step.scheduler().at_slot(slot);
            let (id, was) = (task.id().to_owned(), task.status());
            if was == Status::Disabled && !(ReEnableTask { task: id.clone() }).execute(step) {
                retried.left.push(id);
                continue;
            }
            if (ForgiveFailures { task: id.clone() }).execute(step).is_some_and(|moved| moved.changed) {
                retried.tasks.push((id, was));
            }
        }
        Some(retried)
    }
}
