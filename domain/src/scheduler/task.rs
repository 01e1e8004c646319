//! A task's status and the rules that travel with it.

use serde::{Deserialize, Serialize};

use crate::value::Number;

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
