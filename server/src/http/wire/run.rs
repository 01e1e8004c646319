//! Runs and their tasks.

use bussola_domain::compare::{Comparison, ParameterChange, TaskChange, TaskThen};
use bussola_domain::id::{RunId, Timestamp, WorkerNo};
use bussola_domain::model::Model;
use bussola_domain::pipelines::Pipeline;
use bussola_domain::run_graph::{Attempt, RunGraph, RunTask};
use bussola_domain::runs::{AttemptOutcome, RecentRun};
use bussola_domain::scheduler::Status;
use bussola_domain::value::Value;
use bussola_store::RunRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalog::OwnerName;
use super::{json, time, time_of};
use crate::app::system_now;

/// Who runs: what a Luigi worker says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Who {
    /// The client's own worker id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// The machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<i64>,
}

impl Who {
    /// From the worker's id and the text of what it told.
    pub fn of(worker: Option<&str>, info: Option<&str>) -> Who {
        let info = info.and_then(|text| Value::parse(text).ok()).unwrap_or_default();
        let text = |name: &str| info.get(name).and_then(Value::as_str).map(str::to_owned);
        Who {
            worker: worker.map(str::to_owned),
            host: text("host"),
            user: text("username"),
            pid: info.get("pid").and_then(Value::as_f64).map(|pid| pid as i64),
        }
    }

    /// Of a worker that is or was here.
    pub fn of_worker(model: &Model, worker: WorkerNo) -> Who {
        let name = model.names.text(model.scheduler.worker_name(worker));
        let info = model.scheduler.worker(worker).map(|worker| worker.info_value().to_string());
        Who::of(Some(&name), info.as_deref())
    }
}

/// When a worker was last heard of. That it is silent does not say that it is gone: the server gives it up only after
/// `worker_disconnect_delay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Heard {
    /// Milliseconds between its last sign of life and this answer, by the server's clock.
    pub silent_ms: u64,
    /// Milliseconds between its pings, as far as it has shown them; before that a second, which is Luigi's default.
    pub ping_ms: u64,
    /// Milliseconds of silence after which the server gives it up when it next looks, which is about once a minute; not given:
    /// never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up_after_ms: Option<u64>,
}

/// Luigi's `ping_interval`, where it is not set.
const PING_MS: u64 = 1_000;

/// A worker that is to ping more often than this is not silent that soon: machines have hiccups.
const SILENT_MS_MIN: u64 = 1_500;

impl Heard {
    /// None: it has left.
    pub fn of(model: &Model, worker: WorkerNo, now: Timestamp) -> Option<Heard> {
        let delay_s = model.scheduler.config().worker_disconnect_delay_s;
        let worker = model.scheduler.worker(worker)?;
        let ms = |us: i64| u64::try_from(us / 1_000).unwrap_or_default();
        Some(Heard {
            silent_ms: ms(now.0.saturating_sub(worker.last_active().0)),
            ping_ms: worker.ping_interval_us().map_or(PING_MS, ms),
            given_up_after_ms: delay_s.is_finite().then_some((delay_s * 1e3) as u64),
        })
    }

    /// Whether a ping of it was missed. It may have ended, or only be hard at work.
    pub fn is_silent(&self) -> bool {
        self.silent_ms >= SILENT_MS_MIN.max(self.ping_ms.saturating_mul(3) / 2)
    }
}

/// How many tasks have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskCounts {
    /// Wait.
    pub pending: usize,
    /// Are being worked on, in batches or alone.
    pub running: usize,
    /// Are complete.
    pub done: usize,
    /// Failed, and may be tried again.
    pub failed: usize,
    /// Will not be tried.
    pub disabled: usize,
    /// Nobody has declared them.
    pub unknown: usize,
}

impl TaskCounts {
    /// Counts one.
    pub fn add(&mut self, status: Status, count: usize) {
        let place = match status {
            Status::Pending => &mut self.pending,
            Status::Running | Status::BatchRunning => &mut self.running,
            Status::Done => &mut self.done,
            Status::Failed => &mut self.failed,
            Status::Disabled => &mut self.disabled,
            Status::Unknown => &mut self.unknown,
        };
        *place += count;
    }

    /// Of a run.
    pub fn of(graph: &RunGraph) -> TaskCounts {
        let mut counts = TaskCounts::default();
        for task in graph.tasks.values() {
            counts.add(task.status, 1);
        }
        counts
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.pending + self.running + self.done + self.failed + self.disabled + self.unknown
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunSummary {
    /// Its number.
    pub id: u64,
    /// The family of its root task, which names the pipeline.
    pub pipeline: String,
    /// The component that the pipeline belongs to.
    pub component: String,
    /// Who answers for that component; not given: unowned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// The root task.
    pub root: String,
    /// Who runs it.
    pub who: Who,
    /// When it started.
    pub started: String,
    /// When it ended; not given while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// `running`, `succeeded`, `failed`, `incomplete` (something that nobody makes is missing) or `lost`
    pub outcome: String,
    /// Whether its worker is still here; a run can have ended all the same.
    pub worker_here: bool,
    /// When its worker was last heard of; not given: it is not here any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<Heard>,
    /// Whether it goes on only with what it had begun: its worker is given no more work.
    #[serde(default)]
    pub cancelling: bool,
}

impl RunSummary {
    /// From the history.
    pub fn of(model: &Model, row: &RunRow) -> RunSummary {
        let component = model.catalog.component_of_pipeline(&row.family);
        let owner = model.catalog.owner(&component).owner;
        let live = model.runs.live(row.run);
        let worker = live.and_then(|live| model.scheduler.worker(live.worker));
        RunSummary {
            id: row.run.0,
            pipeline: row.family.clone(),
            component: component.to_string(),
            owner: owner.map(|owner| OwnerName::of(model, &owner)),
            root: row.root.clone(),
            who: Who::of(row.worker_name.as_deref(), row.info.as_deref()),
            started: time(row.started),
            ended: time_of(row.ended),
            outcome: row.outcome.clone().unwrap_or_else(|| "running".to_owned()),
            worker_here: live.is_some(),
            heard: live.and_then(|live| Heard::of(model, live.worker, system_now())),
            cancelling: row.ended.is_none() && worker.is_some_and(|worker| worker.is_disabled()),
        }
    }
}

/// A page of runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunPage {
    /// Runs, in the order that was asked for.
    pub items: Vec<RunSummary>,
    /// How many there are in all pages; 100,000 stands for that many or more.
    pub total: usize,
    /// The `before` of the next page, when the latest come first; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_before: Option<u64>,
    /// The `offset` of the next page, in any other order; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<usize>,
}

/// A parameter of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value, as the client sent it.
    pub value: serde_json::Value,
}

/// Everything about a run but its tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunDetail {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// The parameters of its root task.
    pub parameters: Vec<Parameter>,
    /// How many of its tasks have each status.
    pub tasks: TaskCounts,
    /// How many tries there were.
    pub attempts: usize,
    /// How many of them failed.
    pub failures: usize,
    /// How many of its tasks a retry of the run would have tried again: those that are failed or disabled as the scheduler knows
    /// them now.
    #[serde(default)]
    pub retriable: usize,
    /// When it was cancelled; not given: it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<String>,
}

impl RunDetail {
    /// From the history and the run's graph.
    pub fn of(summary: RunSummary, graph: &RunGraph, retriable: usize) -> RunDetail {
        let attempts = || graph.tasks.values().flat_map(|task| &task.attempts);
        let root = graph.tasks.get(&graph.root);
        RunDetail {
            parameters: root.map(|root| parameters(&root.params)).unwrap_or_default(),
            tasks: TaskCounts::of(graph),
            retriable,
            cancelled: time_of(graph.cancelled),
            attempts: attempts().filter(|attempt| attempt.started.is_some()).count(),
            failures: attempts().filter(|attempt| attempt.outcome.is_some_and(AttemptOutcome::is_failure)).count(),
            summary,
        }
    }
}

/// As JSON.
pub fn parameters(params: &[(String, Value)]) -> Vec<Parameter> {
    params.iter().map(|(name, value)| Parameter { name: name.clone(), value: json(value) }).collect()
}

/// What went wrong, as its author would read it in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorText {
    /// The text, perhaps cut.
    pub text: String,
    /// How many bytes it has in all.
    pub bytes: usize,
    /// SHA-256 of what the client sent.
    pub sha256: String,
}

impl ErrorText {
    /// From what was kept: the text of whatever JSON value the client sent, mostly a text.
    pub fn of(hash: bussola_domain::id::BlobHash, kept: &str, bytes_max: usize) -> ErrorText {
        let text = match Value::parse(kept) {
            // Luigi writes a text as JSON before it writes the call as JSON.
            Ok(Value::Str(text)) => match Value::parse(&text) {
                Ok(Value::Str(inner)) => inner.into(),
                _ => text.into(),
            },
            Ok(other) => other.to_string(),
            Err(_) => kept.to_owned(),
        };
        let bytes = text.len();
        ErrorText { text: shortened(text, bytes_max), bytes, sha256: hash.to_string() }
    }

    /// The line that says what happened: of a Python traceback the last one.
    pub fn headline(&self) -> &str {
        let mut lines = self.text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
        if self.text.trim_start().starts_with("Traceback") || self.text.contains("\nTraceback") {
            return lines.rfind(|line| !line.starts_with(' ')).unwrap_or("");
        }
        lines.next().unwrap_or("")
    }
}

/// The end of a traceback says more than its beginning, so the middle is what goes.
fn shortened(text: String, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text;
    }
    let (mut head, mut tail) = (bytes_max / 4, text.len() - bytes_max * 3 / 4);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    format!("{}\n[{} bytes left out]\n{}", &text[..head], tail - head, &text[tail..])
}

/// One try of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskAttempt {
    /// In which run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// The client's own id of the worker; not given for a task found complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// When it was handed out; not given for a task found complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// When it ended; not given while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// `running`, `done`, `failed`, `disabled`, `lost`, `yielded` or `already_complete`
    pub outcome: String,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorText>,
}

impl TaskAttempt {
    /// Without its error text, which is read elsewhere.
    pub fn of(model: &Model, run: Option<RunId>, attempt: &Attempt) -> TaskAttempt {
        TaskAttempt {
            run: run.map(|run| run.0),
            worker: attempt.worker.map(|worker| worker_name(model, worker)),
            started: time_of(attempt.started),
            ended: time_of(attempt.ended),
            outcome: attempt.outcome.map_or("running", |outcome| outcome.as_str()).to_owned(),
            error: None,
        }
    }
}

/// The client's own id.
pub fn worker_name(model: &Model, worker: WorkerNo) -> String {
    model.names.text(model.scheduler.worker_name(worker)).to_string()
}

/// A task of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunTaskView {
    /// Its id.
    pub id: String,
    /// Its family.
    pub family: String,
    /// Luigi's status: `PENDING`, `RUNNING`, `DONE`, …
    pub status: String,
    /// When the status last changed.
    pub since: String,
    /// Whether a worker can run it, or it is only waited for.
    pub runnable: bool,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What it requires.
    pub deps: Vec<String>,
    /// Tries, oldest first.
    pub attempts: Vec<TaskAttempt>,
    /// How far it is, in percent, while it runs and says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<f64>,
}

/// How far a running task is, in percent, if it says so with a number.
pub fn progress_of(model: &Model, id: &str) -> Option<f64> {
    let task = model.scheduler.task(id).filter(|task| task.status().is_running())?;
    task.progress().as_f64().filter(|percent| percent.is_finite()).map(|percent| percent.clamp(0.0, 100.0))
}

impl RunTaskView {
    /// Without error texts.
    pub fn of(model: &Model, run: RunId, id: &str, task: &RunTask) -> RunTaskView {
        RunTaskView {
            id: id.to_owned(),
            family: task.family.clone(),
            status: task.status.as_str().to_owned(),
            since: time(task.since),
            runnable: task.runnable,
            parameters: parameters(&task.params),
            deps: task.deps.iter().cloned().collect(),
            attempts: task.attempts.iter().map(|attempt| TaskAttempt::of(model, Some(run), attempt)).collect(),
            progress: progress_of(model, id).filter(|_| task.status.is_running()),
        }
    }
}

/// How many tasks of a run a family has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FamilyCount {
    /// The family.
    pub family: String,
    /// How many tasks.
    pub count: usize,
}

/// A page of a run's tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunTaskPage {
    /// The run.
    pub run: u64,
    /// The root task.
    pub root: String,
    /// Tasks, in the order that was asked for.
    pub items: Vec<RunTaskView>,
    /// How many there are in all pages.
    pub total: usize,
    /// How many tasks have each status, with every filter but that of the status applied.
    pub statuses: TaskCounts,
    /// How many each family has, with every filter but that of the family applied, the largest first; may be cut.
    pub families: Vec<FamilyCount>,
    /// How many families there are.
    pub families_total: usize,
    /// The `offset` of the next page; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<usize>,
}

/// How far the tasks of a family are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FamilyState {
    /// The family.
    pub family: String,
    /// How many of its tasks have each status.
    pub counts: TaskCounts,
    /// The status that most needs a look.
    pub status: String,
    /// Tries.
    pub attempts: usize,
    /// When the first try began, in milliseconds since the run did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_ms: Option<i64>,
    /// When the last try ended; not given while one goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
}

/// A task on the chain that decided how and when a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChainTask {
    /// Its id.
    pub id: String,
    /// Its family.
    pub family: String,
}

/// What is new in a run: a follower brings what it knows up to date by this, and reads the whole only once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunChanges {
    /// The run as it is now.
    pub run: RunDetail,
    /// Names its tasks and what they require: as long as it is the same, no task was added or declared and no requirement changed.
    pub structure: String,
    /// The `since` of the next question. It lies a little back, so that nothing is missed that was on its way: some of what
    /// is told is told again.
    pub next_since: String,
    /// Tasks that changed, and those that run and say how far they are; without `since` none of them.
    pub tasks: Vec<RunTaskView>,
    /// Whether more tasks changed than are told: who follows has to read the whole.
    pub cut: bool,
    /// The families of these tasks.
    pub families: Vec<FamilyState>,
    /// The chain of tasks that decided how and when the run ended, first to last; may be cut at its beginning.
    pub critical: Vec<ChainTask>,
}

/// How two runs differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunComparison {
    /// The first run.
    pub first: RunSummary,
    /// The second.
    pub second: RunSummary,
    /// Parameters of the root task whose values differ.
    pub parameters: Vec<ParameterDifference>,
    /// Tasks that only the second has; may be cut.
    pub added: Vec<String>,
    /// How many there are.
    pub added_total: usize,
    /// Tasks that only the first has; may be cut.
    pub removed: Vec<String>,
    /// How many there are.
    pub removed_total: usize,
    /// Tasks of both whose status or time differs: what ended otherwise first, then what became slower by the most; may be
    /// cut.
    pub changed: Vec<TaskDifference>,
    /// How many there are.
    pub changed_total: usize,
    /// How many tasks both have. Tasks whose ids differ count as the same when only the parameters differ in which the root
    /// tasks differ: the same load of another day.
    pub matched: usize,
}

/// A parameter of the root task in two runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ParameterDifference {
    /// Its name.
    pub name: String,
    /// Its value in the first; not given: it has no such parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<serde_json::Value>,
    /// Its value in the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<serde_json::Value>,
}

/// A task in two runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskDifference {
    /// Its family.
    pub family: String,
    /// What it was in the first.
    pub first: TaskThenView,
    /// What it was in the second.
    pub second: TaskThenView,
    /// By how many seconds the second took longer.
    pub slower_s: f64,
}

/// What a task was in one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskThenView {
    /// Its id.
    pub id: String,
    /// Luigi's status.
    pub status: String,
    /// For how many seconds it was worked on, all tries together; not given: it was not, or still is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// How many tries there were.
    pub attempts: usize,
}

impl RunComparison {
    /// From the domain's.
    pub fn of(first: RunSummary, second: RunSummary, comparison: Comparison) -> RunComparison {
        let then = |then: TaskThen| TaskThenView {
            id: then.id,
            status: then.status.as_str().to_owned(),
            duration_s: then.duration_us.map(seconds),
            attempts: then.attempts,
        };
        let parameter = |change: ParameterChange| ParameterDifference {
            name: change.name,
            first: change.first.as_ref().map(json),
            second: change.second.as_ref().map(json),
        };
        let task = |change: TaskChange| TaskDifference {
            slower_s: seconds(change.slower_us()),
            family: change.family,
            first: then(change.first),
            second: then(change.second),
        };
        RunComparison {
            first,
            second,
            parameters: comparison.parameters.into_iter().map(parameter).collect(),
            added: comparison.added,
            added_total: comparison.added_total,
            removed: comparison.removed,
            removed_total: comparison.removed_total,
            changed: comparison.changed.into_iter().map(task).collect(),
            changed_total: comparison.changed_total,
            matched: comparison.matched,
        }
    }
}

/// A run of a pipeline, at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecentRunView {
    /// Its number.
    pub id: u64,
    /// When it started.
    pub started: String,
    /// How many seconds it took; not given while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// `running`, `succeeded`, `failed`, `incomplete` or `lost`
    pub outcome: String,
}

/// A pipeline and how it fares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PipelineSummary {
    /// The family of its root task.
    pub pipeline: String,
    /// The component that it belongs to.
    pub component: String,
    /// Who answers for that component; not given: unowned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// Its last runs, at most 30, oldest first.
    pub runs: Vec<RecentRunView>,
    /// How many of them go on.
    pub running: usize,
    /// The part of those that ended which succeeded, 0 to 1; not given: none has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<f64>,
    /// The median of their times, in seconds; not given: none has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_p50_s: Option<f64>,
    /// When the first of the unbroken row of runs that did not succeed ended; not given: the last one succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
}

impl PipelineSummary {
    /// From the domain's.
    pub fn of(model: &Model, pipeline: &Pipeline) -> PipelineSummary {
        let run = |run: &RecentRun| RecentRunView {
            id: run.run.0,
            started: time(run.started),
            duration_s: run.duration_us().map(seconds),
            outcome: run.end.map_or("running", |(_, outcome)| outcome.as_str()).to_owned(),
        };
        let (succeeded, ended) = pipeline.successes();
        PipelineSummary {
            pipeline: pipeline.root.clone(),
            component: pipeline.component.to_string(),
            owner: pipeline.owner.as_ref().map(|owner| OwnerName::of(model, owner)),
            runs: pipeline.runs.iter().map(run).collect(),
            running: pipeline.running(),
            success_rate: (ended > 0).then(|| succeeded as f64 / ended as f64),
            duration_p50_s: pipeline.duration_p50_us().map(seconds),
            failing_since: time_of(pipeline.failing_since),
        }
    }
}

/// A page of pipelines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PipelinePage {
    /// Pipelines, in the order that was asked for.
    pub items: Vec<PipelineSummary>,
    /// How many there are in all pages.
    pub total: usize,
    /// The `offset` of the next page; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<usize>,
}

fn seconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1e6
}

/// What an outcome is called where a run may still be under way.
pub fn outcome_of(ended: Option<Timestamp>, outcome: Option<&str>) -> &str {
    outcome.unwrap_or(if ended.is_some() { "ended" } else { "running" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bussola_domain::id::BlobHash;

    #[test]
    fn who_is_read_from_what_a_worker_tells() {
        let who = Who::of(Some("Worker(salt=1)"), Some(r#"{"workers": 1, "host": "h", "username": "u", "pid": 42}"#));
        assert_eq!(who.host.as_deref(), Some("h"));
        assert_eq!(who.user.as_deref(), Some("u"));
        assert_eq!(who.pid, Some(42));
        assert_eq!(Who::of(None, Some("erased-3")), Who::default());
    }

    #[test]
    fn the_headline_of_an_error() {
        let check = |kept: &str, expected: &str| {
            assert_eq!(ErrorText::of(BlobHash::of(b""), kept, 1_000).headline(), expected, "{kept}");
        };
        check(
            r#""Runtime error:\nTraceback (most recent call last):\n  File \"a.py\"\nValueError: no\n""#,
            "ValueError: no",
        );
        check(r#""it broke\nhere""#, "it broke");
        check(r#""\"Traceback (most recent call last):\\n  x\\nOSError: full\\n\"""#, "OSError: full");
        check("not json", "not json");
        check("null", "null");
        check(r#""""#, "");
    }

    #[test]
    fn a_long_error_keeps_both_ends() {
        let long = format!("\"{}é{}\"", "a".repeat(5_000), "z".repeat(5_000));
        let text = ErrorText::of(BlobHash::of(b""), &long, 100);
        assert_eq!(text.bytes, 10_002);
        assert!(text.text.starts_with("aaa") && text.text.ends_with("zzz") && text.text.contains("bytes left out"));
        assert!(text.text.len() < 150);
    }
}

/// A task that is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetriedTask {
    /// Its id.
    pub id: String,
    /// What it was: `FAILED` or `DISABLED`. It is PENDING now.
    pub was: String,
}

/// What a retry of a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunRetry {
    /// The run.
    pub run: u64,
    /// Tasks that are tried again; may be cut.
    pub items: Vec<RetriedTask>,
    /// How many there are.
    pub total: usize,
    /// Tasks that their own code switched off, which nobody else can switch on; may be cut.
    pub left: Vec<String>,
    /// How many these are.
    pub left_total: usize,
}
