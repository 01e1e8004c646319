//! `get_work` and `count_pending`: a worker asks what to do, or how much there is.

use std::fmt::Write;

use crate::access::{Act, Action, Acts, Resource};
use crate::command::prune::prune_all;
use crate::id::Timestamp;
use crate::id::WorkerNo;
use crate::model::{Command, Model, Step};
use crate::runs::{Outcome, RunEnded, RunResumed};
use crate::scheduler::event::{TasksAssigned, WorkerDescribed};
use crate::scheduler::{Choice, Slot, Status, Symbol};
use crate::value::Value;

/// Luigi's `get_work`.
#[derive(Clone, Debug, Default)]
pub struct GetWork {
    /// The client's worker id.
    pub worker: String,
    /// The worker takes any task that can be loaded from its module.
    pub assistant: bool,
    /// What the worker says it is running, if it says.
    pub current_tasks: Option<Vec<String>>,
}

/// The counts that every answer about work has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkCounts {
    /// `n_pending_tasks`
    pub pending: u64,
    /// `n_unique_pending`
    pub unique: u64,
    /// `n_pending_last_scheduled`
    pub last_scheduled: u64,
    /// Whether the worker may have work at all.
    pub disabled: bool,
    /// RUNNING tasks among its own: task id, the worker that runs it, what that worker told about itself.
    pub running: Vec<(String, String, Value)>,
}

/// The answer to `get_work`.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Counted before anything was handed out.
    pub counts: WorkCounts,
    /// What to do, if anything.
    pub assignment: Option<Assignment>,
}

/// A task to run, or a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// One id, or the members of a batch in rank order.
    pub tasks: Vec<String>,
    /// The batch's id.
    pub batch: Option<String>,
    /// Family of all of them.
    pub family: String,
    /// Python module.
    pub module: Option<String>,
    /// Parameters; of a batch, those that are joined are lists.
    pub params: Vec<(Box<str>, Value)>,
}

impl Command for GetWork {
    type Reply = Work;

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) -> Work {
        if step.scheduler().prunes_on_get_work() {
            prune_all(step);
        }
        let worker = step.worker(&self.worker);
        let now = step.now;
        step.scheduler_mut().touch_get_work(worker, now);
        if step.scheduler().worker(worker).is_some_and(|worker| worker.is_disabled()) {
            // It asks only to be sent away: what it did not begin it never will.
            if !step.scheduler().runs_something(worker) {
                end_lost(step, worker);
            }
            let counts = WorkCounts { disabled: true, ..WorkCounts::default() };
            return Work { counts, assignment: None };
        }
        if self.assistant {
            become_assistant(step, worker);
        }
        if self.current_tasks.is_some() {
            for orphan in step.scheduler().decide_orphans(worker) {
                let run = step.scheduler().task(&orphan.task).and_then(|task| task.run());
                step.record(orphan, run);
            }
        }
        let choice = step.scheduler().choose(worker, self.assistant, self.current_tasks.as_deref(), now);
        let counts = count(step.model(), worker);
        let (slots, arguments) = match choice {
            Choice::Nothing => {
                end_if_idle(step, worker);
                return Work { counts, assignment: None };
            }
            Choice::One { slot } => (vec![slot], Vec::new()),
            Choice::Batch { slots, arguments } => (slots, arguments),
        };
        let assignment = assign(step, worker, &slots, &arguments);
        Work { counts, assignment: Some(assignment) }
    }
}

/// Hands tasks to a worker.
fn assign(step: &mut Step<'_>, worker: WorkerNo, slots: &[Slot], arguments: &[Symbol]) -> Assignment {
    let scheduler = step.scheduler();
    let tasks: Vec<String> = slots.iter().map(|&slot| scheduler.at_slot(slot).id().to_string()).collect();
    let batch = (tasks.len() > 1).then(|| batch_id(&tasks));
    let first = scheduler.at_slot(slots[0]);
    let mut params: Vec<(Box<str>, Value)> = Vec::new();
    for (name, value) in first.params() {
        let value = match arguments.contains(name) {
            false => value.clone(),
            true => Value::List(slots.iter().map(|&slot| scheduler.at_slot(slot).param(*name)).collect()),
        };
        params.push((scheduler.symbol(*name).into(), value));
    }
    let assignment = Assignment {
        tasks: tasks.clone(),
        batch: batch.clone(),
        family: scheduler.family_as_declared(first).to_string(),
        module: scheduler.module_of(first).map(str::to_string),
        params,
    };
    let run = match step.model().runs.of_worker(worker) {
        Some(run) => Some(run),
        None => scheduler.at_slot(slots[0]).run(),
    };
    if let Some(run) = run
        && step.model().runs.live(run).is_some_and(|live| live.ended.is_some())
    {
        step.record(RunResumed { run }, Some(run));
    }
    step.record(TasksAssigned { batch, tasks, worker }, run);
    assignment
}

/// The same members make the same id, as in Luigi, whose clients only pass it back.
fn batch_id(tasks: &[String]) -> String {
    let digest = crate::id::BlobHash::of(tasks.join("|").as_bytes());
    digest.0[..16].iter().fold(String::new(), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}

fn become_assistant(step: &mut Step<'_>, worker: WorkerNo) {
    let Some(known) = step.scheduler().worker(worker) else { return };
    if known.info_value().get("assistant").is_some_and(Value::truthy) {
        return;
    }
    let mut info = known.info_value().clone();
    super::worker::merge(&mut info, vec![("assistant".into(), Value::Bool(true))]);
    let info = step.name(&info.to_string());
    step.record(WorkerDescribed { info, worker }, None);
}

fn count(model: &Model, worker: WorkerNo) -> WorkCounts {
    let scheduler = &model.scheduler;
    let pending = scheduler.pending(worker);
    let running = pending.running.into_iter().map(|(task, runner)| {
        let name = model.names.text(scheduler.worker_name(runner)).to_string();
        let info = scheduler.worker(runner).map_or(Value::Null, |runner| runner.info_value().clone());
        (task, name, info)
    });
    WorkCounts {
        pending: pending.waiting,
        unique: pending.unique,
        last_scheduled: pending.last_scheduled,
        disabled: scheduler.worker(worker).is_some_and(|worker| worker.is_disabled()),
        running: running.collect(),
    }
}

/// Ends the run of a worker that has nothing to do now, if that decides it.
fn end_if_idle(step: &mut Step<'_>, worker: WorkerNo) {
    let Some(run) = step.model().runs.of_worker(worker) else { return };
    let Some(live) = step.model().runs.live(run).filter(|live| live.ended.is_none()) else { return };
    let scheduler = step.scheduler();
    let outcome = match scheduler.task(&live.root).map(|root| root.status()) {
        Some(Status::Done) => Outcome::Succeeded,
        // Others still work on what this run waits for.
        _ if scheduler.has_running(worker) => return,
        _ if live.has_unplanned() || scheduler.has_failed(worker, &live.root) => Outcome::Failed,
        _ => return,
    };
    step.record(RunEnded { outcome, run }, Some(run));
}

/// A run is over the moment its root is done: its worker may never ask again.
pub(super) fn end_if_root_is_done(step: &mut Step<'_>, task: &str) {
    let Some(run) = step.scheduler().task(task).and_then(|task| task.run()) else { return };
    let Some(live) = step.model().runs.live(run) else { return };
    if live.ended.is_none() && live.root == task {
        step.record(RunEnded { outcome: Outcome::Succeeded, run }, Some(run));
    }
}

/// How the run of a worker ends that is lost, or gets no more work.
pub(super) fn end_lost(step: &mut Step<'_>, worker: WorkerNo) {
    let Some(run) = step.model().runs.of_worker(worker) else { return };
    let Some(live) = step.model().runs.live(run).filter(|live| live.ended.is_none()) else { return };
    let scheduler = step.scheduler();
    let outcome = match scheduler.task(&live.root).map(|root| root.status()) {
        Some(Status::Done) => Outcome::Succeeded,
        _ if scheduler.runs_something(worker) => Outcome::Lost,
        _ if live.has_unplanned() || scheduler.has_failed(worker, &live.root) => Outcome::Failed,
        _ => Outcome::Incomplete,
    };
    step.record(RunEnded { outcome, run }, Some(run));
}

/// Luigi's `count_pending`: the counts of `get_work`, without asking for work.
#[derive(Clone, Debug, Default)]
pub struct CountPending {
    /// The client's worker id.
    pub worker: String,
}

impl Command for CountPending {
    type Reply = WorkCounts;

    const TOUCHES: bool = true;

    fn touch(&self, model: &mut Model, _now: Timestamp) -> Option<WorkCounts> {
        model.worker_no(&self.worker).map(|worker| count(model, worker))
    }

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, step: &mut Step<'_>) -> WorkCounts {
        let worker = step.known_worker(&self.worker);
        count(step.model(), worker)
    }
}
