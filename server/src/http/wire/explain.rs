//! Why something is not done.

use bussola_domain::explain::{Cause, CauseKind, Explanation, Suspect};
use bussola_domain::model::Model;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalog::{OwnerAnswer, ReachedEntity};
use super::run::{ErrorText, RunSummary, worker_name};
use super::task::WaitReason;
use super::{time, time_of};

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

/// A first cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedCause {
    /// The task.
    pub task: String,
    /// Its family.
    pub family: String,
    /// `failed`, `disabled`, `missing` (nobody makes it), `waiting` (for a worker or a resource) or `running`
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
    pub fn of(model: &Model, explanation: &Explanation, run: Option<RunSummary>) -> ExplanationView {
        ExplanationView {
            task: explanation.task.clone(),
            status: explanation.status.as_str().to_owned(),
            run,
            waits: WaitReason::all(model, &explanation.task),
            causes: explanation.causes.iter().map(|cause| explained(model, cause)).collect(),
            causes_total: explanation.causes_total,
        }
    }
}

fn explained(model: &Model, cause: &Cause) -> ExplainedCause {
    let ownership = OwnerAnswer::of(model, &cause.component, &cause.ownership);
    let waits = WaitReason::all(model, &cause.task);
    let (tasks_affected, tasks_affected_total) = cause.tasks_affected.clone();
    let affected = cause.components_affected.iter().take(COMPONENTS_AFFECTED_MAX);
    ExplainedCause {
        task: cause.task.clone(),
        family: cause.family.clone(),
        kind: cause.kind.as_str().to_owned(),
        since: time(cause.since),
        path: ends(&cause.path),
        path_total: cause.path.len(),
        attempts: cause.attempts,
        worker: cause.worker.map(|worker| worker_name(model, worker)),
        error: None,
        component: cause.component.to_string(),
        next: next(cause, &ownership, &waits),
        ownership,
        waits,
        tasks_affected,
        tasks_affected_total,
        suspects: cause.suspects.iter().take(SUSPECTS_MAX).map(|suspect| suspected(model, suspect)).collect(),
        components_affected: affected.map(|reached| ReachedEntity::of(model, reached)).collect(),
        components_affected_total: cause.components_affected.len(),
    }
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

/// What a person can do, the most useful first.
fn next(cause: &Cause, ownership: &OwnerAnswer, waits: &[WaitReason]) -> Vec<NextStep> {
    let say = |text: String| NextStep { text, command: None };
    let act = |text: &str, command: String| NextStep { text: text.to_owned(), command: Some(command) };
    let mut steps = Vec::new();
    let by_scheduler = waits.iter().any(|wait| matches!(wait, WaitReason::Disabled { by_scheduler: true, .. }));
    if matches!(cause.kind, CauseKind::Failed | CauseKind::Disabled | CauseKind::Missing) {
        match &ownership.owner {
            Some(owner) => steps.push(say(format!("ask {}: {} is theirs", owner.name, ownership.reference))),
            None => steps.push(say(format!(
                "{} is unowned: name an owner in its manifest, or claim family `{}` in a bussola.yaml",
                ownership.reference, cause.family
            ))),
        }
    }
    match cause.kind {
        CauseKind::Failed => {
            steps.push(act("once the reason is mended, have it tried again at once", command("forgive", &cause.task)));
        }
        CauseKind::Disabled if by_scheduler => {
            steps.push(act("once the reason is mended, switch it on again", command("re-enable", &cause.task)));
        }
        CauseKind::Disabled => steps.push(say("its worker switched it off: see the task's code".into())),
        CauseKind::Missing => steps.push(say(
            "no worker makes it: its output has to come from outside, or its pipeline has to run first".into(),
        )),
        CauseKind::Waiting => {
            if waits.contains(&WaitReason::NoWorker) {
                steps.push(say("start a worker that has this task: none that is here can run it".into()));
            }
            if waits.contains(&WaitReason::Paused) {
                steps.push(act("the scheduler is paused: let it go on", "bussola unpause".into()));
            }
            for wait in waits {
                if let WaitReason::Resource { name, .. } = wait {
                    steps.push(say(format!("resource `{name}` is short: wait for its holders, or raise it")));
                }
            }
        }
        CauseKind::Running => steps.push(say("it runs: wait for it".into())),
    }
    steps
}

fn command(act: &str, task: &str) -> String {
    let plain = task.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:/".contains(c));
    let quoted = if plain { task.to_owned() } else { format!("'{}'", task.replace('\'', "'\\''")) };
    format!("bussola task {act} {quoted}")
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

    #[test]
    fn commands_can_be_pasted_into_a_shell() {
        assert_eq!(command("forgive", "a.B_2026-03-02"), "bussola task forgive a.B_2026-03-02");
        assert_eq!(command("done", "B(x='1')"), "bussola task done 'B(x='\\''1'\\'')'");
    }
}
