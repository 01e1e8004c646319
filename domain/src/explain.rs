//! Why something is not done: the first cause upstream, who owns it, since when, what else is suspicious, who is affected.
//!
//! The walk goes through the task graph of a run first, then from the cause's component through the component graph.
//! Pure: it takes a run's graph and the model, and reads nothing else.

use crate::catalog::{EntityRef, Health, Ownership, Reached};
use crate::id::{BlobHash, RunId, Timestamp, WorkerNo};
use crate::model::Model;
use crate::run_graph::{CausePath, RunGraph, RunTask};
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
    /// Its worker could not plan it: its `requires()` or `complete()` raised an error.
    Unplanned,
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
            CauseKind::Unplanned => "unplanned",
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
            Status::Pending | Status::Unknown if task.is_unplanned() => CauseKind::Unplanned,
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
    /// What went wrong last; none where the last try was lost with its worker, which said nothing.
    pub error: Option<BlobHash>,
    /// The worker that the last try was lost with, and when it was given up.
    pub lost: Option<(WorkerNo, Timestamp)>,
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

/// A first cause as the run's graph alone tells it.
#[derive(Clone, Debug, PartialEq)]
struct Found {
    path: CausePath,
    downstream: Vec<String>,
    downstream_total: usize,
}

/// The part of an explanation that needs no model: the walk through the run's graph, which for a large run takes long.
#[derive(Clone, Debug, PartialEq)]
pub struct Walked {
    task: String,
    found: Vec<Found>,
    total: usize,
}

/// Walks upstream from a task of a run, from the run's root if none is named. None: the run has no such task.
pub fn walk(graph: &RunGraph, task: Option<&str>) -> Option<Walked> {
    let id = task.unwrap_or(&graph.root);
    graph.tasks.get(id)?;
    let (paths, total) = graph.first_causes(id, CAUSES_MAX);
    let dependents = graph.dependents();
    let found = paths.into_iter().map(|path| {
        let mut downstream = graph.downstream(&path.cause, &dependents);
        let downstream_total = downstream.len();
        downstream.truncate(AFFECTED_TASKS_MAX);
        Found { path, downstream, downstream_total }
    });
    Some(Walked { task: id.to_string(), found: found.collect(), total })
}

/// Explains a task of a run; the run's root if none is named. None: the run has no such task.
pub fn explain(model: &Model, graph: &RunGraph, run: Option<RunId>, task: Option<&str>) -> Option<Explanation> {
    walk(graph, task).map(|walked| explain_walked(model, graph, run, walked))
}

/// Says whose the causes are that a walk found, and what else the catalog knows.
pub fn explain_walked(model: &Model, graph: &RunGraph, run: Option<RunId>, walked: Walked) -> Explanation {
    let root_family = graph.tasks.get(&graph.root).map_or("", |root| &root.family);
    let causes = walked.found.into_iter().filter_map(|found| {
        let task = graph.tasks.get(&found.path.cause)?;
        let component = component_of_task(model, &task.family, root_family);
        Some(Cause {
            family: task.family.clone(),
            kind: CauseKind::of(task),
            since: task.since,
            path: found.path.path,
            attempts: task.attempts.iter().filter(|attempt| attempt.started.is_some()).count(),
            error: task.error.filter(|_| task.lost_with().is_none()),
            lost: task.lost_with(),
            worker: task.attempts.iter().rev().find_map(|attempt| attempt.worker),
            ownership: model.catalog.owner(&component),
            tasks_affected: (found.downstream, found.downstream_total),
            suspects: suspects(model, &component, task.since),
            components_affected: model.catalog.dependents(&component, None),
            component,
            task: found.path.cause,
        })
    });
    Explanation {
        causes: causes.collect(),
        causes_total: walked.total,
        outcome: graph.outcome,
        run,
        status: graph.tasks.get(&walked.task).map_or(Status::Unknown, |task| task.status),
        task: walked.task,
    }
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

/// LIMIT: reasons told of one entity's health, of each kind: what fails nearest says enough.
pub const REASONS_MAX: usize = 20;

/// Why an entity is not healthy.
#[derive(Clone, Debug, PartialEq)]
pub enum HealthReason {
    /// The last run of one of its pipelines did not succeed.
    PipelineFails {
        /// The root family.
        root: String,
        /// That run, and since when it has been like this.
        health: crate::runs::Health,
    },
    /// Something that it needs fails.
    NeedsFailing {
        /// What, and how it is needed.
        reached: Reached,
        /// Since when.
        since: Timestamp,
    },
}

/// Why an entity is not healthy: its own pipelines first, then what it needs, nearest first. Empty: it is, or nothing is
/// known.
pub fn why_not_healthy(model: &Model, reference: &EntityRef) -> Vec<HealthReason> {
    let (health, _) = model.health_of(reference);
    if matches!(health, Health::Healthy | Health::Unknown) {
        return Vec::new();
    }
    let view = model.catalog.get(reference);
    let own = view.iter().flat_map(|view| &view.pipelines).filter_map(|pipeline| {
        let health = model.runs.health(&pipeline.root).filter(|health| health.failing_since.is_some())?;
        Some(HealthReason::PipelineFails { root: pipeline.root.clone(), health: health.clone() })
    });
    let needed = model.catalog.dependencies(reference, None).into_iter().filter_map(|reached| {
        let since = failing_since(model, &reached.reference)?;
        Some(HealthReason::NeedsFailing { reached, since })
    });
    own.take(REASONS_MAX).chain(needed.take(REASONS_MAX)).collect()
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
                // Its first declaration is no change: an import would make everything a suspect.
                .and_then(|declared| declared.changed_at);
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
            // What this run only waits for was declared elsewhere.
            if task.params.is_empty() {
                let params = scheduler.public_params(now).into_iter();
                task.params = params.map(|(name, value)| (name.to_owned(), value.clone())).collect();
            }
        }
    }
}
