//! Why something is not done: the first cause upstream, who owns it, since when, what else is suspicious, who is affected.
//!
//! The walk goes through the task graph of a run first, then from the cause's component through the component graph.
//! Pure: it takes a run's graph and the model, and reads nothing else.

use crate::catalog::{EntityRef, Ownership, Reached};
use crate::id::{BlobHash, RunId, Timestamp, WorkerNo};
use crate::model::Model;
use crate::run_graph::{RunGraph, RunTask};
use crate::runs::Outcome;
use crate::scheduler::{Scheduler, Status};

/// LIMIT: causes told in full; the rest is counted. More than these nobody reads at once.
pub const CAUSES_MAX: usize = 20;

/// LIMIT: tasks named as affected by one cause; the rest is counted.
pub const AFFECTED_TASKS_MAX: usize = 50;

/// A dependency whose declaration changed this long before the failure, or less, is worth a look: a day.
const RECENT_S: f64 = 86_400.0;

/// The answer to "why is this not done".
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The task asked about, or the run's root.
    pub task: String,
    /// The run in whose graph the walk went.
    pub run: Option<RunId>,
    /// The task's status.
    pub status: Status,
    /// How the run ended, if it did.
    pub outcome: Option<Outcome>,
    /// First causes, the most telling first: failures by age, then what is missing, then what runs.
    pub causes: Vec<Cause>,
    /// How many there are.
    pub causes_total: usize,
}

/// What kind of cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CauseKind {
    /// It failed.
    Failed,
    /// It is switched off, in the code or after too many failures.
    Disabled,
    /// Nobody makes it: an external task whose output is not there, or a task that nobody declared.
    Missing,
    /// It could run, and waits for a worker or a resource.
    Waiting,
    /// It runs.
    Running,
}

impl CauseKind {
    /// As people and JSON read it.
    pub fn as_str(self) -> &'static str {
        match self {
            CauseKind::Failed => "failed",
            CauseKind::Disabled => "disabled",
            CauseKind::Missing => "missing",
            CauseKind::Waiting => "waiting",
            CauseKind::Running => "running",
        }
    }

    fn of(task: &RunTask) -> CauseKind {
        match task.status {
            Status::Failed => CauseKind::Failed,
            Status::Disabled => CauseKind::Disabled,
            Status::Running | Status::BatchRunning => CauseKind::Running,
            Status::Pending if task.runnable => CauseKind::Waiting,
            Status::Pending | Status::Unknown | Status::Done => CauseKind::Missing,
        }
    }
}

/// A first cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// The task id.
    pub task: String,
    /// Its family.
    pub family: String,
    /// What is the matter with it.
    pub kind: CauseKind,
    /// Since when.
    pub since: Timestamp,
    /// From the task asked about to this one, both included.
    pub path: Vec<String>,
    /// Tries in this run.
    pub attempts: usize,
    /// What went wrong last.
    pub error: Option<BlobHash>,
    /// Who tried last.
    pub worker: Option<WorkerNo>,
    /// The component that the task belongs to.
    pub component: EntityRef,
    /// Who answers for that component.
    pub ownership: Ownership,
    /// Tasks of this run that wait for it, nearest first, and how many there are.
    pub tasks_affected: (Vec<String>, usize),
    /// What the component needs that is failing or changed lately, newest change first.
    pub suspects: Vec<Suspect>,
    /// What depends on the component, nearest first.
    pub components_affected: Vec<Reached>,
}

/// A dependency of a component that may have to do with its failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    /// The dependency.
    pub reached: Reached,
    /// Its pipelines have been failing since then.
    pub failing_since: Option<Timestamp>,
    /// Its declaration changed then, shortly before.
    pub changed_at: Option<Timestamp>,
}

impl Suspect {
    fn newest(&self) -> Option<Timestamp> {
        self.failing_since.max(self.changed_at)
    }
}

/// Explains a task of a run; the run's root if none is named. None: the run has no such task.
pub fn explain(model: &Model, graph: &RunGraph, run: Option<RunId>, task: Option<&str>) -> Option<Explanation> {
    let id = task.unwrap_or(&graph.root);
    let status = graph.tasks.get(id)?.status;
    let paths = graph.first_causes(id);
    let causes_total = paths.len();
    let root_family = graph.tasks.get(&graph.root).map_or("", |root| &root.family);
    let causes = paths
        .into_iter()
        .take(CAUSES_MAX)
        .filter_map(|path| {
            let task = graph.tasks.get(&path.cause)?;
            let component = component_of_task(model, &task.family, root_family);
            let mut downstream = graph.downstream(&path.cause);
            let total = downstream.len();
            downstream.truncate(AFFECTED_TASKS_MAX);
            Some(Cause {
                family: task.family.clone(),
                kind: CauseKind::of(task),
                since: task.since,
                path: path.path,
                attempts: task.attempts.iter().filter(|attempt| attempt.started.is_some()).count(),
                error: task.error,
                worker: task.attempts.iter().rev().find_map(|attempt| attempt.worker),
                ownership: model.catalog.owner(&component),
                tasks_affected: (downstream, total),
                suspects: suspects(model, &component, task.since),
                components_affected: model.catalog.dependents(&component, None),
                component,
                task: path.cause,
            })
        })
        .collect();
    Some(Explanation { task: id.to_string(), run, status, outcome: graph.outcome, causes, causes_total })
}

/// The component that a task belongs to: by claim, by being a pipeline's root, else the pipeline whose run it was seen in.
pub fn component_of_task(model: &Model, family: &str, root_family: &str) -> EntityRef {
    if let Some(component) = model.catalog.component_for_family(family) {
        return component;
    }
    let root = if model.catalog.pipeline(family).is_some() { family } else { root_family };
    model.catalog.component_of_pipeline(root)
}

/// Since when a component's pipelines have been failing; none if all is well, or nothing is known.
pub fn failing_since(model: &Model, component: &EntityRef) -> Option<Timestamp> {
    let view = model.catalog.get(component)?;
    view.pipelines.iter().filter_map(|pipeline| model.runs.health(&pipeline.root)?.failing_since).min()
}

fn suspects(model: &Model, component: &EntityRef, failed: Timestamp) -> Vec<Suspect> {
    let recent = failed.plus_seconds(-RECENT_S);
    let mut suspects: Vec<Suspect> = model
        .catalog
        .dependencies(component, None)
        .into_iter()
        .map(|reached| {
            let changed_at = model
                .catalog
                .get(&reached.reference)
                .and_then(|view| view.declared)
                .map(|declared| declared.field_at.values().copied().max().unwrap_or(declared.at));
            let changed_at = changed_at.filter(|&at| at >= recent && at <= failed);
            let failing_since = failing_since(model, &reached.reference);
            Suspect { reached, failing_since, changed_at }
        })
        .filter(|suspect| suspect.newest().is_some())
        .collect();
    // What fails comes before what merely changed; each newest first.
    suspects.sort_by_key(|suspect| {
        (suspect.failing_since.is_none(), std::cmp::Reverse(suspect.newest()), suspect.reached.reference.clone())
    });
    suspects
}

impl RunGraph {
    /// Takes what the scheduler knows now about the tasks of a live run: others may have worked on them.
    pub fn overlay(&mut self, scheduler: &Scheduler) {
        for (id, task) in &mut self.tasks {
            let Some(now) = scheduler.task(id) else { continue };
            task.status = now.status();
            task.since = now.updated();
            task.error = now.error().or(task.error);
            task.runnable |= now.is_runnable();
        }
    }
}
