//! Runs and their tasks.

use bussola_domain::id::{RunId, Timestamp, WorkerNo};
use bussola_domain::model::Model;
use bussola_domain::run_graph::{Attempt, RunGraph, RunTask};
use bussola_domain::runs::AttemptOutcome;
use bussola_domain::scheduler::Status;
use bussola_domain::value::Value;
use bussola_store::RunRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalog::OwnerName;
use super::{json, time, time_of};

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
    /// Whether its worker is still here.
    pub live: bool,
}

impl RunSummary {
    /// From the history.
    pub fn of(model: &Model, row: &RunRow) -> RunSummary {
        let component = model.catalog.component_of_pipeline(&row.family);
        let owner = model.catalog.owner(&component).owner;
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
            live: model.runs.live(row.run).is_some(),
        }
    }
}

/// A page of runs, latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunPage {
    /// Runs.
    pub items: Vec<RunSummary>,
    /// The `before` of the next page; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_before: Option<u64>,
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
}

impl RunDetail {
    /// From the history and the run's graph.
    pub fn of(summary: RunSummary, graph: &RunGraph) -> RunDetail {
        let attempts = || graph.tasks.values().flat_map(|task| &task.attempts);
        let root = graph.tasks.get(&graph.root);
        RunDetail {
            parameters: root.map(|root| parameters(&root.params)).unwrap_or_default(),
            tasks: TaskCounts::of(graph),
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
        }
    }
}

/// A page of a run's tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunTaskPage {
    /// The run.
    pub run: u64,
    /// The root task.
    pub root: String,
    /// Tasks, in order of id.
    pub items: Vec<RunTaskView>,
    /// How many the run has.
    pub total: usize,
    /// The `offset` of the next page; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<usize>,
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
