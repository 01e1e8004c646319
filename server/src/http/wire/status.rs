//! The server as a whole; workers and resources.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ledger::Head;
use super::run::{Heard, TaskCounts, Who};

/// How much is in the catalog, and what is not in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogCounts {
    /// Entities that exist.
    pub entities: usize,
    /// Pipelines that showed themselves.
    pub pipelines: usize,
    /// Entities that nobody answers for.
    pub unowned: usize,
    /// References to what is not there.
    pub dangling: usize,
    /// Circles of dependencies.
    pub cycles: usize,
    /// Problems of the manifests in `[catalog] paths`.
    pub manifest_problems: usize,
}

/// The server as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Of the program.
    pub version: String,
    /// When the server started.
    pub started: String,
    /// For how long it has been up.
    pub uptime_s: u64,
    /// Whether no work is handed out.
    pub paused: bool,
    /// Tasks that the scheduler knows, by status.
    pub tasks: TaskCounts,
    /// Workers that are here.
    pub workers: usize,
    /// Runs under way.
    pub runs_live: usize,
    /// The ledger.
    pub ledger: Head,
    /// The catalog.
    pub catalog: CatalogCounts,
}

/// A worker that is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkerView {
    /// Who it is.
    pub who: Who,
    /// Its first call.
    pub started: String,
    /// Its last sign of life.
    pub last_active: String,
    /// How long that is ago.
    #[serde(flatten)]
    pub heard: Heard,
    /// Whether it was told to phase out.
    pub disabled: bool,
    /// Its run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// Tasks that it works on; may be cut.
    pub running: Vec<String>,
    /// Tasks that wait and that it can run.
    pub pending: u64,
    /// Those of them that nobody else can run.
    #[serde(default)]
    pub pending_unique: u64,
    /// How many tasks it runs at once, as it said; a request for another number is a message until it asks for work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<u64>,
    /// The first task that it was started for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_task: Option<String>,
    /// Messages that wait for its next call.
    #[serde(default)]
    pub messages: usize,
}

/// How many tasks a worker is to run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Processes {
    /// 1 to 1,024.
    pub processes: u32,
}

/// Workers that are here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkerList {
    /// Workers, in order of their arrival.
    pub items: Vec<WorkerView>,
    /// How many there are in all pages.
    pub total: usize,
    /// The `offset` of the next page; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<usize>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResourceView {
    /// Its name.
    pub name: String,
    /// Units in all; the text `Infinity` where there is no end.
    pub total: serde_json::Value,
    /// Units that running tasks hold.
    pub used: serde_json::Value,
    /// How many running tasks hold some.
    #[serde(default)]
    pub holders: u32,
}

/// Resources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResourceList {
    /// In order of name; may be cut.
    pub items: Vec<ResourceView>,
    /// How many there are.
    pub total: usize,
}

/// How much of a resource there is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceTotal {
    /// Units in all; 0 or more.
    pub total: f64,
}

/// Whether work is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Paused {
    /// No work is handed out.
    pub paused: bool,
}
