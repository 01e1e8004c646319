//! Why something is not done.

use bussola_domain::catalog::model::Link;
use bussola_domain::explain::{Cause, CauseKind, Explanation, Suspect};
use bussola_domain::id::WorkerNo;
use bussola_domain::model::Model;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalog::{OwnerAnswer, PageLink, ReachedEntity};
use super::run::{ErrorText, Heard, RunSummary, Who, worker_name};
use super::task::WaitReason;
use super::{next, time, time_of};
use crate::app::system_now;

/// LIMIT: components named as affected by one cause; the rest is counted.
pub const COMPONENTS_AFFECTED_MAX: usize = 50;

/// LIMIT: tasks named on the way to a cause: so many at either end. A chain can be as long as its run.
pub const PATH_ENDS_MAX: usize = 25;

/// LIMIT: suspects told of one cause.
pub const SUSPECTS_MAX: usize = 20;

/// A dependency of a component that may have to do with its failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SuspectEntity {
    /// The dependency.
    #[serde(flatten)]
    pub entity: ReachedEntity,
    /// When its declaration changed, where that was shortly before the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
}

/// Something that can be done about a cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextStep {
    /// In words.
    pub text: String,
    /// As a command, where one does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// The worker that runs a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Runner {
    /// What it says of itself.
    pub who: Who,
    /// When it was last heard of.
    pub heard: Heard,
}

/// A try whose worker fell silent, so that nobody can say what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LostTry {
    /// What the worker said of itself.
    pub who: Who,
    /// When it was given up.
    pub at: String,
}

/// A first cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedCause {
    /// The task.
    pub task: String,
    /// Its family.
    pub family: String,
    /// `failed`, `disabled`, `unplanned` (its `requires()` or `complete()` raised an error), `missing` (nobody makes it), `waiting` (for a worker or a resource) or `running`
    pub kind: String,
    /// Since when.
    pub since: String,
    /// From the task asked about to this one, both included; of a long way the middle is left out.
    pub path: Vec<String>,
    /// How many tasks are on the way.
    pub path_total: usize,
    /// Tries in this run.
    pub attempts: usize,
    /// Who tried last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorText>,
    /// What the last try was lost with; not given: it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<LostTry>,
    /// Who runs it; not given: nobody does, or its worker has left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// Its status as the scheduler has it now, whatever it was when the run ended; not given: the scheduler has forgotten it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// The component that the task belongs to.
    pub component: String,
    /// Who answers for that component, and how that is known.
    pub ownership: OwnerAnswer,
    /// Why it is not handed out, as far as the scheduler knows now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<WaitReason>,
    /// Tasks of the run that wait for it, nearest first; may be cut.
    pub tasks_affected: Vec<String>,
    /// How many they are.
    pub tasks_affected_total: usize,
    /// What the component needs that is failing or changed shortly before; what fails comes first.
    pub suspects: Vec<SuspectEntity>,
    /// What depends on the component, nearest first; may be cut.
    pub components_affected: Vec<ReachedEntity>,
    /// How many they are.
    pub components_affected_total: usize,
    /// What to do.
    pub next: Vec<NextStep>,
    /// Pages that the component's manifest links to for that: those whose type or title says runbook.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runbooks: Vec<PageLink>,
}

/// The answer to "why is this not done".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExplanationView {
    /// The task asked about, or the run's root.
    pub task: String,
    /// Its status.
    pub status: String,
    /// The run in whose graph the walk went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunSummary>,
    /// The latest run of the same root task, where that is a later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<RunSummary>,
    /// Why the task itself is not handed out, as far as the scheduler knows now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<WaitReason>,
    /// First causes, the most telling first.
    pub causes: Vec<ExplainedCause>,
    /// How many there are; `causes` may be cut.
    pub causes_total: usize,
}

impl ExplanationView {
    /// From the domain's, without error texts.
    pub fn of(
        model: &Model,
        explanation: &Explanation,
        run: Option<RunSummary>,
        later: Option<RunSummary>,
    ) -> ExplanationView {
        let causes = explanation.causes.iter().map(|cause| explained(model, cause, run.as_ref(), later.as_ref()));
        ExplanationView {
            causes: causes.collect(),
            task: explanation.task.clone(),
            status: explanation.status.as_str().to_owned(),
            run,
            later,
            waits: WaitReason::all(model, &explanation.task),
            causes_total: explanation.causes_total,
        }
    }
}

fn explained(model: &Model, cause: &Cause, run: Option<&RunSummary>, later: Option<&RunSummary>) -> ExplainedCause {
    let ownership = OwnerAnswer::of(model, &cause.component, &cause.ownership);
    let (tasks_affected, tasks_affected_total) = cause.tasks_affected.clone();
    let affected = cause.components_affected.iter().take(COMPONENTS_AFFECTED_MAX);
    let mut explained = ExplainedCause {
        task: cause.task.clone(),
        family: cause.family.clone(),
        kind: cause.kind.as_str().to_owned(),
        since: time(cause.since),
        path: ends(&cause.path),
        path_total: cause.path.len(),
        attempts: cause.attempts,
        worker: cause.worker.map(|worker| worker_name(model, worker)),
        error: None,
        lost: cause.lost.map(|(worker, at)| LostTry { who: who(model, worker, run), at: time(at) }),
        runner: runner(model, cause),
        now: model.scheduler.task(&cause.task).map(|task| task.status().as_str().to_owned()),
        component: cause.component.to_string(),
        next: Vec::new(),
        runbooks: runbooks(model, cause),
        ownership,
        waits: WaitReason::all(model, &cause.task),
        tasks_affected,
        tasks_affected_total,
        suspects: cause.suspects.iter().take(SUSPECTS_MAX).map(|suspect| suspected(model, suspect)).collect(),
        components_affected: affected.map(|reached| ReachedEntity::of(model, reached)).collect(),
        components_affected_total: cause.components_affected.len(),
    };
    explained.next = next::steps(cause.kind, &explained, run, later);
    explained
}

/// A worker says no more once it has left; then its run remembers what it said.
fn who(model: &Model, worker: WorkerNo, run: Option<&RunSummary>) -> Who {
    let now = Who::of_worker(model, worker);
    run.map(|run| &run.who).filter(|then| then.worker == now.worker).cloned().unwrap_or(now)
}

fn runner(model: &Model, cause: &Cause) -> Option<Runner> {
    let worker = cause.worker.filter(|_| cause.kind == CauseKind::Running)?;
    Some(Runner { who: Who::of_worker(model, worker), heard: Heard::of(model, worker, system_now())? })
}

/// LIMIT: links told with one cause.
const RUNBOOKS_MAX: usize = 5;

fn runbooks(model: &Model, cause: &Cause) -> Vec<PageLink> {
    let view = model.catalog.get(&cause.component);
    let links = view.iter().flat_map(|view| view.links());
    let says = |text: &Option<String>| text.as_ref().is_some_and(|text| text.to_lowercase().contains("runbook"));
    let is_runbook = |link: &&Link| says(&link.link_type) || says(&link.title) || says(&Some(link.url.clone()));
    links.filter(is_runbook).take(RUNBOOKS_MAX).map(PageLink::of).collect()
}

/// A path without its middle, if it is long.
fn ends(path: &[String]) -> Vec<String> {
    if path.len() <= 2 * PATH_ENDS_MAX {
        return path.to_vec();
    }
    [&path[..PATH_ENDS_MAX], &path[path.len() - PATH_ENDS_MAX..]].concat()
}

fn suspected(model: &Model, suspect: &Suspect) -> SuspectEntity {
    SuspectEntity {
        entity: ReachedEntity {
            failing_since: time_of(suspect.failing_since),
            ..ReachedEntity::of(model, &suspect.reached)
        },
        changed_at: time_of(suspect.changed_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_keeps_both_ends() {
        let path = |length: usize| (0..length).map(|task| task.to_string()).collect::<Vec<_>>();
        assert_eq!(ends(&path(50)), path(50));
        let cut = ends(&path(51));
        assert_eq!((cut.len(), cut[24].as_str(), cut[25].as_str()), (50, "24", "26"));
    }
}
