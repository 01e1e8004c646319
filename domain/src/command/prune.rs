//! `prune`: what time alone changes.

use crate::access::{Act, Action, Acts, Resource};
use crate::id::Timestamp;
use crate::model::{Command, Model, Step};
use crate::scheduler::event::TaskMoved;

/// One step of Luigi's `prune`. The reply says whether there is more to do: a caller repeats it until there is not, and
/// others' calls go between the steps.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prune;

impl Prune {
    /// Whether it would change anything, so that a list need not wait for the writer when it would not.
    pub fn is_due(model: &Model, now: Timestamp) -> bool {
        let scheduler = &model.scheduler;
        scheduler.decide_lost(now).is_some()
            || scheduler.decide_doomed(now).is_some()
            || scheduler.decide_removals(now).is_some()
            || !scheduler.decide_abandoned(now).is_empty()
            || !scheduler.decide_disables_over(now).is_empty()
            || !scheduler.decide_retries(now).is_empty()
    }
}

impl Command for Prune {
    type Reply = bool;

    const LONG: bool = true;

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) -> bool {
        let now = step.now;
        if let Some(event) = step.scheduler().decide_lost(now) {
            for &worker in &event.workers {
                super::work::end_lost(step, worker);
            }
            step.record(event, None);
        }
        let mut more = {
            let moves = step.scheduler().decide_abandoned(now);
            move_all(step, moves)
        };
        if let Some(event) = step.scheduler().decide_doomed(now) {
            more |= event.tasks.len() == crate::scheduler::STEP_MAX;
            step.record(event, None);
        }
        more |= {
            let moves = step.scheduler().decide_disables_over(now);
            move_all(step, moves)
        };
        more |= {
            let moves = step.scheduler().decide_retries(now);
            move_all(step, moves)
        };
        if let Some(event) = step.scheduler().decide_removals(now) {
            more |= event.tasks.len() == crate::scheduler::STEP_MAX;
            step.record(event, None);
        }
        more
    }
}

fn move_all(step: &mut Step<'_>, moves: Vec<TaskMoved>) -> bool {
    let more = moves.len() == crate::scheduler::STEP_MAX;
    for event in moves {
        let run = step.scheduler().task(&event.task).and_then(|task| task.run());
        step.record(event, run);
    }
    more
}

/// Prunes to the end, in one go.
pub(super) fn prune_all(step: &mut Step<'_>) {
    while Prune.execute(step) {}
}
