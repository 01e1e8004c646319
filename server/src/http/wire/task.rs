//! One task, as the scheduler knows it now, and why it waits.

use bussola_domain::model::Model;
use bussola_domain::scheduler::{Task, Wait};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalog::OwnerName;
use super::run::{ErrorText, Parameter, TaskAttempt, worker_name};
use super::{json, number, time, time_of};

/// A dependency that is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenDependency {
    /// Its id.
    pub id: String,
    /// Its status.
    pub status: String,
}

/// One reason why a task is not running.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[allow(
    clippy::large_enum_variant,
    reason = "there are a few of them for one answer; a box would be in every reader's way"
)]
pub enum WaitReason {
    /// Nobody has declared it; something only depends on it.
    Undeclared,
    /// Its worker could not say what it needs: its `requires()` or `complete()` raised an error.
    Unplanned,
    /// It runs.
    Running {
        /// Where.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker: Option<String>,
        /// Since when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<String>,
    },
    /// It is complete.
    Done,
    /// It failed.
    Failed {
        /// When it may be tried again; not given: never by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<String>,
        /// Whether a worker is here that could try it. It may leave at any time, and says nothing when it does.
        #[serde(default)]
        worker_here: bool,
    },
    /// It is switched off.
    Disabled {
        /// Whether the scheduler did it, after too many failures; else its worker did.
        by_scheduler: bool,
        /// Since when.
        since: String,
    },
    /// Dependencies are not done.
    Dependencies {
        /// Some of them, failed ones first.
        open: Vec<OpenDependency>,
        /// How many there are.
        count: usize,
    },
    /// No worker that is here can run it.
    NoWorker,
    /// No worker is to run it: it is external, or its worker only reported it.
    NotRunnable,
    /// A resource is short.
    Resource {
        /// Its name.
        name: String,
        /// What the task wants.
        wants: serde_json::Value,
        /// What running tasks hold.
        used: serde_json::Value,
        /// What there is.
        total: serde_json::Value,
        /// Some tasks that hold some.
        holders: Vec<String>,
    },
    /// The scheduler is paused.
    Paused,
    /// Ready: better-ranked tasks go first, or its workers are busy.
    Ready {
        /// Workers that can run it.
        workers: Vec<String>,
    },
}

impl WaitReason {
    /// From the domain's.
    pub fn of(model: &Model, wait: &Wait) -> WaitReason {
        match wait {
            Wait::Undeclared => WaitReason::Undeclared,
            Wait::Unplanned => WaitReason::Unplanned,
            Wait::Running { worker, since } => {
                WaitReason::Running { worker: worker.map(|worker| worker_name(model, worker)), since: time_of(*since) }
            }
            Wait::Done => WaitReason::Done,
            Wait::Failed { retry_at, worker_here } => {
                WaitReason::Failed { retry_at: time_of(*retry_at), worker_here: *worker_here }
            }
            Wait::Disabled { by_scheduler, since } => {
                WaitReason::Disabled { by_scheduler: *by_scheduler, since: time(*since) }
            }
            Wait::Dependencies { open, count } => WaitReason::Dependencies {
                open: open
                    .iter()
                    .map(|(id, status)| OpenDependency { id: id.clone(), status: status.as_str().to_owned() })
                    .collect(),
                count: *count,
            },
            Wait::NoWorker => WaitReason::NoWorker,
            Wait::NotRunnable => WaitReason::NotRunnable,
            Wait::Resource { name, wants, used, total, holders } => WaitReason::Resource {
                name: name.clone(),
                wants: number(*wants),
                used: number(*used),
                total: number(*total),
                holders: holders.clone(),
            },
            Wait::Paused => WaitReason::Paused,
            Wait::Ready { workers } => {
                WaitReason::Ready { workers: workers.iter().map(|&worker| worker_name(model, worker)).collect() }
            }
        }
    }

    /// Of a task that the scheduler knows.
    pub fn all(model: &Model, id: &str) -> Vec<WaitReason> {
        model.scheduler.waits(id).iter().map(|wait| WaitReason::of(model, wait)).collect()
    }
}

/// What the scheduler knows about a task now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskNow {
    /// Luigi's status.
    pub status: String,
    /// When the status last changed.
    pub since: String,
    /// When it was first heard of.
    pub created: String,
    /// Highest priority that anything downstream gave it.
    pub priority: f64,
    /// Number of failures that count.
    pub failures: usize,
    /// Workers that can run it.
    pub workers: Vec<String>,
    /// What running it takes.
    pub resources: std::collections::BTreeMap<String, serde_json::Value>,
    /// What it requires; some of it.
    pub deps: Vec<OpenDependency>,
    /// How many it requires.
    pub deps_total: usize,
    /// Where to watch it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
    /// What it last said.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub status_message: serde_json::Value,
    /// How far it is.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub progress: serde_json::Value,
    /// Whether it takes messages.
    pub accepts_messages: bool,
    /// Why it is not handed out.
    pub waits: Vec<WaitReason>,
}

/// LIMIT: dependencies listed with a task; the run's tasks have all.
pub const DEPS_SHOWN_MAX: usize = 1_000;

impl TaskNow {
    /// From the scheduler.
    pub fn of(model: &Model, task: &Task) -> TaskNow {
        let scheduler = &model.scheduler;
        let dep = |&slot: &u32| {
            let dep = scheduler.at_slot(slot);
            OpenDependency { id: dep.id().to_owned(), status: dep.status().as_str().to_owned() }
        };
        TaskNow {
            status: task.status().as_str().to_owned(),
            since: time(task.updated()),
            created: time(task.created()),
            priority: task.priority(),
            failures: task.failures(),
            workers: scheduler.workers_for(task).iter().map(|&worker| worker_name(model, worker)).collect(),
            resources: task.wants().iter().map(|(name, amount)| (name.clone(), number(amount.0))).collect(),
            deps: task.deps().iter().take(DEPS_SHOWN_MAX).map(dep).collect(),
            deps_total: task.deps().len(),
            tracking_url: task.tracking_url().map(str::to_owned),
            status_message: json(task.status_message()),
            progress: json(task.progress()),
            accepts_messages: task.accepts_messages() && scheduler.config().send_messages,
            waits: WaitReason::all(model, task.id()),
        }
    }
}

/// A task: what it is, what the scheduler knows now, what was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskDetail {
    /// Its id.
    pub id: String,
    /// Its family.
    pub family: String,
    /// Its Python module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Its parameters, as far as everybody may see them.
    pub parameters: Vec<Parameter>,
    /// The component that it belongs to.
    pub component: String,
    /// Who answers for that component; not given: unowned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// The run that declared it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// What the scheduler knows now; not given: it has forgotten the task, the history has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<TaskNow>,
    /// Tries in any run, latest first.
    pub attempts: Vec<TaskAttempt>,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorText>,
}

/// The status of a task after an act on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskStatus {
    /// Its id.
    pub id: String,
    /// Its status now.
    pub status: String,
    /// What it waits for now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<WaitReason>,
}

/// Something for a task that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageText {
    /// What to say; its code says what it understands.
    pub content: String,
}

/// A message that waits for the task's worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageSent {
    /// Its id: the answer is asked for by it.
    pub message: String,
    /// The worker that runs the task.
    pub worker: String,
}

/// What a task answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessageAnswer {
    /// Whether there is an answer. There is none before the task gives one, and none any more after Luigi's own call has
    /// read it.
    pub answered: bool,
    /// The answer, as the task gave it.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub response: serde_json::Value,
}
