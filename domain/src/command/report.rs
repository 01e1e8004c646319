//! `add_task`: a worker declares a task, or says how it went.

use std::collections::BTreeSet;

use crate::access::{Act, Action, Acts, Resource};
use crate::catalog::PipelineSeen;
use crate::catalog::model::Owner;
use crate::id::{RunId, WorkerNo};
use crate::model::{Command, Model, Step};
use crate::runs::{LiveRun, RunStarted};
use crate::scheduler::event::{ASIDE_BYTES_MIN, TaskReported, public};
use crate::scheduler::{Report, Scheduler, Status, Task, family_in_id};
use crate::value::Value;

/// Luigi's `add_task`.
#[derive(Clone, Debug, Default)]
pub struct AddTask {
    /// The client's worker id.
    pub worker: String,
    /// The other arguments; `error` and `owners` are filled in from the next two.
    pub report: Report,
    /// `expl`: the text of whatever value the client sent.
    pub error: Option<String>,
    /// `owners`: e-mail addresses.
    pub owners: Vec<String>,
}

impl Command for AddTask {
    type Reply = ();

    /// The first task that a session declares starts a run.
    fn acts(&self, model: &Model) -> Acts {
        let mut acts = Act::alone(Action::Work, Resource::Scheduler);
        if self.starts_run(model) {
            let family = match &*self.report.family {
                "" => family_in_id(&self.report.task),
                family => family,
            };
            let component = model.catalog.component_of_pipeline(family);
            acts.push(Act::new(Action::StartRun, Resource::Component(component)));
        }
        acts
    }

    fn execute(mut self, step: &mut Step<'_>) {
        let worker = step.worker(&self.worker);
        self.report.owners = self.owners.iter().map(|owner| step.name(owner)).collect();
        self.report.error = self.error.map(|error| step.blob(error));
        if self.report.status == Status::Unknown && self.report.error.is_none() {
            let reporter = step.scheduler().worker(worker);
            self.report.error = reporter.and_then(|reporter| reporter.unplanned(&self.report.family));
            self.report.unplanned = self.report.error.is_some();
        }
        // An assistant's reports of a batch do not say that it is one.
        let assistant =
            self.report.assistant || step.scheduler().worker(worker).is_some_and(|worker| worker.is_assistant());
        let (task, family) = (self.report.task.clone(), self.report.family.clone());
        let declares = self.report.runnable.is_some() && !is_result(step.scheduler(), &self.report, worker);
        // What runs already is no beginning: so Luigi tells a tracking URL, and that a batch was taken up.
        let begins = declares && self.report.status != Status::Running;
        // Of which run it was: a run that it is the root of has it as its own from its start.
        let before = step.scheduler().task(&task).filter(|_| declares);
        let again = before.map(|task| (task.run(), Declared::of(&self.report)));
        let Some((mut event, members)) = step.scheduler().decide_report(self.report, worker, step.now) else { return };
        // Of a task that nobody declared (it was removed meanwhile) an assistant is all that is known.
        let known = step.scheduler().task(&task).and_then(|task| task.run()).filter(|_| assistant);
        let run = Some(known.unwrap_or_else(|| run_of(step, worker, &task, &family, begins)));
        let seen = run.and_then(|run| shown_by(step.model(), run, &event));
        if let Some((_, again)) = again.filter(|(before, _)| *before != run) {
            again.complete(&mut event);
        }
        if event.bulk() >= ASIDE_BYTES_MIN {
            event.aside = Some(step.blob(event.set_aside()));
        }
        let leads_to_done = event.status.as_ref().is_some_and(|change| change.to == Status::Done);
        step.record(event, run);
        if let Some(seen) = seen {
            for event in step.model().catalog.plan_discover(&seen) {
                step.record(event, run);
            }
        }
        for member in members {
            let run = step.scheduler().task(&member.task).and_then(|task| task.run()).or(run);
            step.record(member, run);
        }
        if leads_to_done {
            super::work::end_if_root_is_done(step, &task);
        }
    }
}

impl AddTask {
    /// Whether it will start a run: see [`run_of`].
    fn starts_run(&self, model: &Model) -> bool {
        let Some(worker) = model.worker_no(&self.worker) else { return true };
        let Some(run) = model.runs.of_worker(worker) else { return true };
        self.report.runnable.is_some()
            && self.report.status != Status::Running
            && is_over(model, run, worker, &self.report.task)
            && !is_result(&model.scheduler, &self.report, worker)
    }
}

/// What a task is, as a run tells it that was not the first to declare it. The scheduler keeps what it was told first; but a run's
/// own entries say all that is to be known of the run, when the others are long forgotten.
struct Declared {
    family: String,
    module: Option<String>,
    params: Vec<(String, Value)>,
}

impl Declared {
    fn of(report: &Report) -> Declared {
        let params = public(&report.params, report.visibilities.as_ref());
        Declared { family: report.family.clone(), module: report.module.clone(), params }
    }

    fn complete(self, event: &mut TaskReported) {
        if event.params.is_empty() && event.family.is_empty() {
            *event = TaskReported { family: self.family, module: self.module, params: self.params, ..event.clone() };
        }
    }
}

/// The run of a worker; the first task that a session declares starts one.
fn run_of(step: &mut Step<'_>, worker: WorkerNo, task: &str, family: &str, begins: bool) -> RunId {
    match step.model().runs.of_worker(worker) {
        Some(run) if !(begins && is_over(step.model(), run, worker, task)) => run,
        _ => start_run(step, worker, task, family),
    }
}

/// Whether a report can only say how a task went that the worker ran, whatever else it says.
fn is_result(scheduler: &Scheduler, report: &Report, worker: WorkerNo) -> bool {
    let runs = |task: &Task| task.status().is_running() && task.runner() == Some(worker);
    matches!(report.status, Status::Done | Status::Failed) && scheduler.task(&report.task).is_some_and(runs)
}

/// Whether a worker that declares a task is no longer in the session of its run.
fn is_over(model: &Model, run: RunId, worker: WorkerNo, declared: &str) -> bool {
    let Some(live) = model.runs.live(run).filter(|live| live.has_begun()) else { return false };
    // A worker declares a root that failed a second time when it missed something that should have been there.
    let failed = |root: &Task| matches!(root.status(), Status::Failed | Status::Disabled);
    let declares_root = live.root == declared && !model.scheduler.task(declared).is_some_and(failed);
    declares_root || live.ended.is_some() && !model.scheduler.runs_something(worker)
}

/// Starts the run of a worker's new session, and ends the one before.
pub(super) fn start_run(step: &mut Step<'_>, worker: WorkerNo, root: &str, family: &str) -> RunId {
    super::work::end_lost(step, worker);
    let run = step.model().runs.next_run();
    let family = match family {
        "" => family_in_id(root).to_string(),
        family => family.to_string(),
    };
    step.record(RunStarted { family, run, task: root.to_string(), worker }, Some(run));
    run
}

/// What a report shows of its pipeline that the run has not shown before: nearly always nothing.
fn shown_by(model: &Model, run: RunId, event: &TaskReported) -> Option<PipelineSeen> {
    let live = model.runs.live(run)?;
    let known = model.scheduler.task(&event.task).map(|task| model.scheduler.family_as_declared(task));
    let family = match known {
        Some(family) if !family.is_empty() => family,
        _ if !event.family.is_empty() => &event.family,
        _ => family_in_id(&event.task),
    };
    let mut seen = PipelineSeen { root: live.family.clone(), ..PipelineSeen::default() };
    if !live.has_shown_family(family) {
        seen.families.insert(family.to_string());
    }
    let required = event.deps.iter().flatten().chain(&event.deps_more).map(|dep| family_in_id(dep));
    let required: BTreeSet<&str> = required.filter(|other| !live.has_shown_dependency(other)).collect();
    seen.dependencies.extend(required.into_iter().filter(|other| is_elsewhere(model, live, other)).map(str::to_string));
    seen.datasets.extend(event.params.iter().filter_map(|(_, value)| dataset_in(value)));
    seen.datasets.retain(|dataset| !live.has_shown_dataset(dataset));
    seen.owner = event.owners.first().filter(|_| event.task == live.root).map(|&owner| Owner::Named(owner));
    let is_new = !seen.families.is_empty() || !seen.dependencies.is_empty() || !seen.datasets.is_empty();
    (is_new || seen.owner.is_some()).then_some(seen)
}

/// Whether a family is the root of another pipeline, or claimed by another component.
fn is_elsewhere(model: &Model, live: &LiveRun, family: &str) -> bool {
    if family == live.family {
        return false;
    }
    match model.catalog.component_for_family(family) {
        Some(component) => component != model.catalog.component_of_pipeline(&live.family),
        None => model.catalog.pipeline(family).is_some(),
    }
}

/// The dataset that a parameter names, where it is a URL of a store of data: the one part of a target that the wire shows.
fn dataset_in(value: &Value) -> Option<String> {
    const SCHEMES: [&str; 9] = ["s3", "s3a", "s3n", "gs", "hdfs", "abfs", "abfss", "wasbs", "file"];
    let text = value.as_str()?;
    let (scheme, rest) = text.split_once("://")?;
    (SCHEMES.contains(&scheme) && !rest.is_empty() && !rest.contains(char::is_whitespace)).then(|| text.to_string())
}
