//! A task: its status, what it is made of, and the rules that travel with it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::id::{BlobHash, NameId, RunId, Timestamp, WorkerNo};
use crate::scheduler::event::Amounts;
use crate::scheduler::pool::{Slot, SlotSet, Symbol};
use crate::value::{Number, Value};

/// Luigi's task statuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Waits for its dependencies, or for a worker.
    Pending,
    /// A worker is on it.
    Running,
    /// Runs as a member of a batch, whose joint task is RUNNING.
    BatchRunning,
    /// Complete.
    Done,
    /// Its last attempt failed; may be tried again.
    Failed,
    /// Will not be tried: switched off in the code, or after too many failures.
    Disabled,
    /// A placeholder: something depends on it, nobody has declared it.
    #[default]
    Unknown,
}

impl Status {
    /// All, in the order of the counters.
    pub const ALL: [Status; 7] = [
        Status::Pending,
        Status::Running,
        Status::BatchRunning,
        Status::Done,
        Status::Failed,
        Status::Disabled,
        Status::Unknown,
    ];

    /// As Luigi writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "PENDING",
            Status::Running => "RUNNING",
            Status::BatchRunning => "BATCH_RUNNING",
            Status::Done => "DONE",
            Status::Failed => "FAILED",
            Status::Disabled => "DISABLED",
            Status::Unknown => "UNKNOWN",
        }
    }

    /// From Luigi's writing. SUSPENDED is an old client's word for PENDING.
    pub fn parse(text: &str) -> Option<Status> {
        match text {
            "SUSPENDED" => Some(Status::Pending),
            _ => Status::ALL.into_iter().find(|status| status.as_str() == text),
        }
    }

    /// RUNNING or BATCH_RUNNING.
    pub fn is_running(self) -> bool {
        matches!(self, Status::Running | Status::BatchRunning)
    }
}

/// When a failing task is disabled. Luigi's `retry_count`, `disable_hard_timeout` and `disable_window`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// Seconds after the first failure from which a further one disables the task.
    pub hard_timeout_s: Number,
    /// This many failures within the window disable the task.
    pub retry_count: Number,
    /// Seconds for which a failure counts.
    pub window_s: Number,
}

/// One task. Fields are read by questions and written only by `apply`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Task {
    pub(crate) id: Box<str>,
    /// False: nobody declared it or it was removed, but something depends on its id.
    pub(crate) present: bool,
    /// Rises with each task made; breaks ties of rank.
    pub(crate) order: u64,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) status: Status,
    pub(crate) family: Symbol,
    pub(crate) module: Option<Symbol>,
    pub(crate) params: Vec<(Symbol, Value)>,
    /// How visible parameters are: the text of an object from name to 0 public, 1 hidden, 2 private. Shared by the family.
    pub(crate) visibilities: Symbol,
    pub(crate) priority: Number,
    pub(crate) deps: Vec<Slot>,
    pub(crate) resources: Option<Box<Amounts>>,
    /// Who can run it: a place among the crowds.
    pub(super) crowd: u32,
    /// Who has an interest in it: a place among the stakes.
    pub(super) stake: u32,
    pub(crate) runnable: bool,
    pub(crate) batchable: bool,
    pub(crate) accepts_messages: bool,
    /// The run that last declared it.
    pub(crate) run: Option<RunId>,
    pub(crate) ran: Option<Box<Ran>>,
    pub(crate) more: Option<Box<More>>,

    #[serde(skip)]
    pub(crate) dependents: SlotSet,
    /// Dependencies that are not DONE.
    #[serde(skip)]
    pub(crate) open: u32,
    /// Dependencies that are DISABLED or wait for one that is.
    #[serde(skip)]
    pub(crate) blocked: u32,
    #[serde(skip)]
    pub(super) class: u32,
}

/// The last attempt: who and when, with what.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ran {
    pub worker: Option<WorkerNo>,
    pub at: Option<Timestamp>,
    /// Null until it first ran, like the attribute that Luigi sets only then.
    pub resources: Option<Amounts>,
}

/// What few tasks have.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct More {
    pub tracking_url: Option<String>,
    pub error: Option<BlobHash>,
    pub failures: VecDeque<Timestamp>,
    pub first_failure: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    pub retry_at: Option<Timestamp>,
    pub remove_at: Option<Timestamp>,
    pub retry_policy: Option<RetryPolicy>,
    pub batch: Option<Box<str>>,
    pub answers: Vec<(Box<str>, NameId)>,
    /// Heartbeat data: not recorded, gone after a restart.
    pub status_message: Value,
    /// Heartbeat data: not recorded, gone after a restart.
    pub progress: Value,
}

static NOTHING: More = More {
    tracking_url: None,
    error: None,
    failures: VecDeque::new(),
    first_failure: None,
    disabled_at: None,
    retry_at: None,
    remove_at: None,
    retry_policy: None,
    batch: None,
    answers: Vec::new(),
    status_message: Value::Null,
    progress: Value::Null,
};

static NO_AMOUNTS: Amounts = Amounts::new();

impl Task {
    /// A task as it is made for a first report.
    pub(crate) fn new() -> Task {
        Task { present: true, status: Status::Pending, ..Task::default() }
    }

    /// The id that Luigi gave it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The run that last declared it.
    pub fn run(&self) -> Option<RunId> {
        self.run
    }

    /// Who runs it or ran it last.
    pub fn runner(&self) -> Option<WorkerNo> {
        self.ran.as_ref().and_then(|ran| ran.worker)
    }

    /// When it was last handed out.
    pub fn started(&self) -> Option<Timestamp> {
        self.ran.as_ref().and_then(|ran| ran.at)
    }

    /// What went wrong last, if anything.
    pub fn error(&self) -> Option<BlobHash> {
        self.more().error
    }

    pub(crate) fn more(&self) -> &More {
        self.more.as_deref().unwrap_or(&NOTHING)
    }

    pub(crate) fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    pub(crate) fn resources(&self) -> &Amounts {
        self.resources.as_deref().unwrap_or(&NO_AMOUNTS)
    }

    /// What it holds while it is RUNNING: what it had when it was handed out, less what it gave back.
    pub(crate) fn held(&self) -> &Amounts {
        self.ran.as_ref().and_then(|ran| ran.resources.as_ref()).unwrap_or_else(|| self.resources())
    }

    pub(super) fn rank(&self) -> Rank {
        Rank { priority: !ordered_bits(self.priority.0), created: self.created, order: self.order }
    }

    /// PENDING, and nothing to wait for.
    pub(crate) fn is_schedulable(&self) -> bool {
        self.present && self.status == Status::Pending && self.open == 0
    }

    pub(crate) fn is_done(&self) -> bool {
        self.present && self.status == Status::Done
    }

    /// PENDING for a disabled task somewhere upstream: nobody should wait for it.
    pub(crate) fn is_under_disabled(&self) -> bool {
        self.status == Status::Pending && self.blocked > 0
    }

    /// Whether dependents count it as blocking.
    pub(super) fn blocks(&self) -> bool {
        self.present && (self.status == Status::Disabled || self.is_under_disabled())
    }
}

/// Maps floats to integers of the same order. NaN, which no comparison places, counts as zero.
fn ordered_bits(number: f64) -> u64 {
    let number = if number.is_nan() { 0.0 } else { number + 0.0 };
    let bits = number.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// Sorts ascending from the task to take first: highest priority, then oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    priority: u64,
    created: Timestamp,
    order: u64,
}
