//! What happens in the scheduler: past tense, small, versioned. Field names are the stored format, in alphabetical order
//! (canonical payloads sort their keys), and what has its default value is left out.
//!
//! INVARIANT: an event holds outcomes, never the rules that led to them: folding old events does not depend on today's
//! settings. Workers are numbers and error texts are hashes, so that no payload names a person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{BlobHash, NameId, Timestamp, WorkerNo};
use crate::scheduler::task::{RetryPolicy, Status};
use crate::value::{Number, Value};

/// Resources by name, as a task asks for them.
pub type Amounts = BTreeMap<String, Number>;

fn is_false(truth: &bool) -> bool {
    !truth
}

fn is_zero(number: &Number) -> bool {
    number.0 == 0.0
}

/// A worker session called for the first time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerJoined {
    /// The client's own worker id.
    pub name: NameId,
    /// Its number from now on.
    pub worker: WorkerNo,
}

/// A worker told about itself: host, user, process id, number of processes, first task, whether it assists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerDescribed {
    /// The merged information, as the text of an object.
    pub info: NameId,
    /// Which worker.
    pub worker: WorkerNo,
}

/// A worker was told to phase out: it gets no more work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerDisabled {
    /// Which worker.
    pub worker: WorkerNo,
}

/// Workers were silent for longer than `worker_disconnect_delay`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkersLost {
    /// Which workers.
    pub workers: Vec<WorkerNo>,
}

/// A worker can run many tasks of a family as one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatcherSet {
    /// The parameters that are joined into lists.
    pub arguments: Vec<String>,
    /// The task family.
    pub family: String,
    /// At most this many tasks at once; may be infinite.
    pub size_max: Number,
    /// Which worker.
    pub worker: WorkerNo,
}

/// A worker could not plan a task: its `requires()` or `complete()` raised an error. Luigi's `announce_scheduling_failure`. The
/// task itself is what the same worker reports next of this family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanningFailed {
    /// What was raised, as the client wrote it.
    pub error: BlobHash,
    /// The task's family.
    pub family: String,
    /// Which worker.
    pub worker: WorkerNo,
}

/// A change of status, decided: with what the failure rules made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusChange {
    /// Failures are forgotten (a disabled task is done, or enabled again).
    #[serde(default, skip_serializing_if = "is_false")]
    pub clears_failures: bool,
    /// One more failure is counted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub counts_failure: bool,
    /// The scheduler itself disables the task: too many failures.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disables: bool,
    /// When the task may be tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// The next prune removes the task (it was the joint task of a batch).
    #[serde(default, skip_serializing_if = "is_false")]
    pub removes: bool,
    /// The status from now on.
    pub to: Status,
}

/// A worker reported a task: declared it, or said how it went. Luigi's `add_task`.
///
/// Folding it also makes a placeholder of status UNKNOWN for each unknown dependency, and raises the priority of
/// everything upstream to this task's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskReported {
    /// Whether the task takes messages, if said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepts_messages: Option<bool>,
    /// Dependencies, parameters and visibilities are too large for an entry: they are in this text, and the fields for
    /// them are empty in the payload. See [`TaskReported::set_aside`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<BlobHash>,
    /// The batch that the task is the joint task of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// Whether the task may be batched, if said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batchable: Option<bool>,
    /// All dependencies, replacing those known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deps: Option<Vec<String>>,
    /// Dependencies found while running, beside those known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps_more: Vec<String>,
    /// What went wrong, as the client wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<BlobHash>,
    /// The family, where it was not known, or not to the run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub family: String,
    /// The worker joins those that can run the task.
    #[serde(default, skip_serializing_if = "is_false")]
    pub joins: bool,
    /// The Python module, where it was not known, or not to the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// Whom to tell, by opaque ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<NameId>,
    /// Parameters, where they were not known; where only the run did not know them, those that everybody may see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<(String, Value)>,
    /// Priority given with this report; a task keeps the highest.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: Number,
    /// What running it takes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: Amounts,
    /// The retry policy, where it is not the scheduler's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_policy: Option<RetryPolicy>,
    /// The worker says that it is running the task.
    #[serde(default, skip_serializing_if = "is_false")]
    pub runs: bool,
    /// The worker has an interest in the task: it stays while the worker lives.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stakes: bool,
    /// The worker found the task complete, and DONE it was.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stays_done: bool,
    /// What became of the status; none if it stayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusChange>,
    /// The task id.
    pub task: String,
    /// Tracking URL: `Some(None)` clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "tracking")]
    pub tracking_url: Option<Option<String>>,
    /// The worker could not plan the task: `error` says why.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unplanned: bool,
    /// How visible parameters are (0 public, 1 hidden, 2 private), where it was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibilities: Option<Value>,
    /// Who reported.
    pub worker: WorkerNo,
}

/// LIMIT: from this size on, a report's dependencies and parameters are stored aside.
pub const ASIDE_BYTES_MIN: usize = 32 * 1024;

/// How visible a parameter is that everybody may see; hidden ones have 1, private ones 2.
pub(crate) const PUBLIC: f64 = 0.0;

/// The parameters that everybody may see.
pub(crate) fn public(params: &[(String, Value)], visibilities: Option<&Value>) -> Vec<(String, Value)> {
    let visible = |name: &str| visibilities?.get(name).and_then(Value::as_f64);
    params.iter().filter(|(name, _)| visible(name).is_none_or(|of| of == PUBLIC)).cloned().collect()
}

impl TaskReported {
    /// The parameters that everybody may see.
    pub fn public_params(&self) -> Vec<(String, Value)> {
        public(&self.params, self.visibilities.as_ref())
    }

    /// Roughly how many bytes of payload its dependencies and parameters take.
    pub fn bulk(&self) -> usize {
        let deps = self.deps.iter().flatten().chain(&self.deps_more).map(|dep| dep.len() + 3).sum::<usize>();
        let params = self.params.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>();
        deps + params + self.visibilities.as_ref().map_or(0, size)
    }

    /// The text to store aside. Names are those of the fields.
    pub fn set_aside(&self) -> String {
        let list = |items: &[String]| Value::List(items.iter().map(|item| Value::from(item.as_str())).collect());
        let params = self.params.iter().map(|(name, value)| (name.as_str().into(), value.clone())).collect();
        let mut members = vec![("deps_more".into(), list(&self.deps_more)), ("params".into(), Value::Object(params))];
        members.extend(self.deps.as_deref().map(|deps| ("deps".into(), list(deps))));
        members.extend(self.visibilities.clone().map(|visibilities| ("visibilities".into(), visibilities)));
        Value::Object(members).to_string()
    }

    /// The report as its entry holds it.
    pub(crate) fn without_bulk(&self) -> TaskReported {
        let (deps, deps_more, params, visibilities) = (None, Vec::new(), Vec::new(), None);
        TaskReported { deps, deps_more, params, visibilities, ..self.clone() }
    }

    /// Takes back what was stored aside; what is not there stays empty.
    pub fn take_back(&mut self, text: &str) {
        let Ok(Value::Object(members)) = Value::parse(text) else { return };
        let strings = |value: Value| match value {
            Value::List(items) => items.iter().filter_map(Value::as_str).map(str::to_string).collect(),
            _ => Vec::new(),
        };
        for (name, value) in members {
            match (&*name, value) {
                ("deps", value) => self.deps = Some(strings(value)),
                ("deps_more", value) => self.deps_more = strings(value),
                ("params", Value::Object(params)) => {
                    self.params = params.into_iter().map(|(name, value)| (name.into(), value)).collect();
                }
                ("visibilities", value) => self.visibilities = Some(value),
                _ => {}
            }
        }
    }
}

/// Roughly the length of a value's text.
fn size(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len() + 2,
        Value::List(items) => items.iter().map(|item| size(item) + 1).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + size(value) + 4).sum(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 8,
    }
}

/// A tracking URL that is cleared is an empty text: JSON cannot tell an absent member from a null one.
mod tracking {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(url: &Option<Option<String>>, serializer: S) -> Result<S::Ok, S::Error> {
        url.as_ref().and_then(Option::as_deref).unwrap_or("").serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
        let url = String::deserialize(deserializer)?;
        Ok(Some(if url.is_empty() { None } else { Some(url) }))
    }
}

/// Work was handed to a worker: one task, or several as a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TasksAssigned {
    /// The batch, if there is more than one task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// Task ids, in rank order.
    pub tasks: Vec<String>,
    /// Who got them.
    pub worker: WorkerNo,
}

/// Why a task's status changed without a report of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its batch's joint task changed.
    Batch,
    /// The time that it was disabled for is over.
    DisableExpired,
    /// Somebody forgave its failures.
    Forgiven,
    /// Somebody marked it done.
    MarkedDone,
    /// Its worker did not take up the batch.
    Orphaned,
    /// Somebody enabled it again.
    ReEnabled,
    /// Its retry delay is over.
    RetryDue,
    /// The worker that ran it was lost.
    WorkerLost,
}

/// A task changed status without a report of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskMoved {
    /// Why.
    pub cause: Cause,
    /// To what, and with what consequences.
    pub change: StatusChange,
    /// The task id.
    pub task: String,
}

/// Tasks without a living stakeholder will be removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TasksDoomed {
    /// When.
    pub remove_at: Timestamp,
    /// Task ids.
    pub tasks: Vec<String>,
}

/// Tasks left the scheduler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TasksRemoved {
    /// Task ids.
    pub tasks: Vec<String>,
}

/// A running task gave back some of its resources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourcesDecreased {
    /// How much of each.
    pub by: Amounts,
    /// The task id.
    pub task: String,
}

/// The number of units of resources was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourcesSet {
    /// New totals.
    pub totals: Amounts,
}

/// No work is handed out until further notice, or again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SchedulerPaused {
    /// Paused, or not any more.
    pub paused: bool,
}

/// A message waits for a worker's next ping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageQueued {
    /// The method that the worker will call on itself and its arguments, as the text of an object.
    pub content: NameId,
    /// Which worker.
    pub worker: WorkerNo,
}

/// A worker took all messages that waited for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessagesDelivered {
    /// Which worker.
    pub worker: WorkerNo,
}

/// A task answered a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageAnswered {
    /// Which message.
    pub message: String,
    /// The answer, a value's text.
    pub response: NameId,
    /// Which task.
    pub task: String,
}

/// An answer was read, and is forgotten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerRead {
    /// Which message.
    pub message: String,
    /// Which task.
    pub task: String,
}
