//! Trying a whole run again.

use crate::command::{ForgiveFailures, ReEnableTask};
use crate::id::RunId;
use crate::model::{Command, Step};
use crate::scheduler::{Slot, Status};

/// LIMIT: tasks moved by one step: as many as leave others' calls waiting for well below 5 ms.
pub const RETRY_STEP_MAX: usize = 256;

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

    fn execute(self, step: &mut Step<'_>) -> Option<Retried> {
        step.model().runs.live(self.run)?;
        let scheduler = step.scheduler();
        let stuck = [Status::Failed, Status::Disabled].into_iter().flat_map(|status| scheduler.slots_with(status));
        let mut stuck: Vec<Slot> =
            stuck.filter(|&slot| slot >= self.from && scheduler.at_slot(slot).run() == Some(self.run)).collect();
        stuck.sort_unstable();
        let next = stuck.get(RETRY_STEP_MAX).copied();
        stuck.truncate(RETRY_STEP_MAX);
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
