//! Every limit of the REST API, in one place, each with its reason.

use std::time::Duration;

/// LIMIT: items of one page, where a page is what a person or a table looks at.
pub const PAGE_ITEMS_MAX: usize = 1_000;

/// Items of a page when the request does not say.
pub const PAGE_ITEMS_DEFAULT: usize = 100;

/// LIMIT: tasks of a run in one page: a whole graph is drawn at once.
pub const RUN_TASKS_MAX: usize = 10_000;

/// LIMIT: dependencies of all tasks of a run in one page, which ends before the task that has more. One task alone comes
/// with all of its own.
pub const RUN_DEPS_MAX: usize = 200_000;

/// Tasks of a run in a page when the request does not say.
pub const RUN_TASKS_DEFAULT: usize = 1_000;

/// LIMIT: tasks of the chain that decided a run, told with each of its changes: the last, which is where it ended.
pub const CHAIN_TASKS_MAX: usize = 1_000;

/// LIMIT: bytes of an error text in a list of tasks.
pub const ERROR_BYTES_IN_LIST_MAX: usize = 4 << 10;

/// LIMIT: bytes of an error text where one is asked for.
pub const ERROR_BYTES_MAX: usize = 64 << 10;

/// LIMIT: error texts in one page of a run's tasks; the others are at their tasks.
pub const ERRORS_IN_LIST_MAX: usize = 500;

/// LIMIT: tries listed with a task.
pub const ATTEMPTS_MAX: usize = 100;

/// LIMIT: runs looked at for a later one of the same root task: a root's id may be part of another's.
pub const LATER_RUNS_MAX: usize = 20;

/// LIMIT: open tasks of a run that are looked up in the history when it is explained. Each is one indexed query.
pub const LOOKUPS_MAX: usize = 1_000;

/// LIMIT: tasks upstream of one that belongs to no run.
pub const UPSTREAM_TASKS_MAX: usize = 10_000;

/// LIMIT: entities told of one walk through the catalog; the rest is counted.
pub const REACHED_MAX: usize = 1_000;

/// Entities described under one hold of the model's lock. At some microseconds each a worker's call waits well below 1 ms.
pub const SLICE_ENTITIES: usize = 64;

/// LIMIT: problems of each kind that one answer tells; the rest is counted.
pub const PROBLEMS_MAX: usize = 1_000;

/// LIMIT: owners in one list.
pub const OWNERS_MAX: usize = 1_000;

/// LIMIT: running tasks listed with one worker.
pub const WORKER_TASKS_MAX: usize = 100;

/// LIMIT: tasks that a worker is asked to run at once. Luigi starts a process for each.
pub const PROCESSES_MAX: u32 = 1_024;

/// LIMIT: tasks that the answer to a retry names; the rest is counted.
pub const RETRIED_MAX: usize = 1_000;

/// LIMIT: steps of one retry: a million tasks among some tens of millions. None is looked at twice, though it fail again.
pub const RETRY_STEPS_MAX: usize = 8_192;

/// LIMIT: manifests in one body: as many as a search finds.
pub const MANIFESTS_MAX: usize = crate::manifests::FILES_MAX;

/// LIMIT: bytes of a manifest's text in one answer: more than anybody scrolls through. A larger one is cut to start with the
/// entity that is asked for.
pub const MANIFEST_TEXT_BYTES_MAX: usize = 256 << 10;

/// LIMIT: bytes of a body with manifests.
pub const MANIFESTS_BYTES_MAX: usize = 64 << 20;

/// LIMIT: bytes of any other body.
pub const BODY_BYTES_MAX: usize = 64 << 10;

/// LIMIT: how long a body may take to arrive.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(60);

/// LIMIT: entries in one answer that gives them as they were hashed: some megabytes, for whoever copies or verifies all.
pub const LEAVES_MAX: usize = 10_000;

/// LIMIT: levels of tiles, as C2SP tlog-tiles numbers them.
pub const TILE_LEVEL_MAX: u8 = 63;

/// LIMIT: index of a tile: more entries than integers of the ledger can count.
pub const TILE_INDEX_MAX: u64 = 1 << 45;

/// LIMIT: how long somebody who asks for a cosigned checkpoint waits for witnesses.
pub const COSIGNED_WAIT_MAX: Duration = Duration::from_secs(5);

/// How often it is looked whether they have.
pub const COSIGNED_LOOK: Duration = Duration::from_millis(100);

/// LIMIT: clients that follow the event stream at once. Each costs a task and a small buffer.
pub const WATCHERS_MAX: usize = 256;

/// Events that wait for one client before the stream waits for it; what it misses comes from the ledger.
pub const EVENTS_WAITING_MAX: usize = 64;

/// LIMIT: how long a client may take nothing from a full buffer before it gives its place back.
pub const EVENT_TAKEN_MAX: Duration = Duration::from_secs(60);

/// Entries read at once for a client that catches up.
pub const EVENTS_CHUNK: usize = 500;

/// A comment is sent after so much silence, so that proxies keep the connection and the server notices one that is gone.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// LIMIT: tasks of one graph that is read from the scheduler; what is farther away is not told.
pub const GRAPH_TASKS_MAX: usize = 10_000;

/// LIMIT: dependencies of these together.
pub const GRAPH_DEPS_MAX: usize = 100_000;

/// LIMIT: families that one request names to be shown task by task.
pub const EXPANDED_MAX: usize = 100;

/// LIMIT: letters of the parameters told with a task of a graph: as many as anybody sees of them there.
pub const DETAIL_CHARS_MAX: usize = 60;

/// LIMIT: nodes of a graph drawn as SVG: viewers slow down with more, and the file has some hundred bytes for each.
pub const SVG_NODES_MAX: usize = 2_000;

/// LIMIT: edges of a graph drawn as SVG.
pub const SVG_EDGES_MAX: usize = 20_000;

/// LIMIT: layouts that are kept: those of the graphs that people look at just now.
pub const LAYOUTS_MAX: usize = 64;

/// LIMIT: places and edges of all layouts that are kept, at some 30 bytes each.
pub const LAYOUT_PLACES_MAX: usize = 500_000;

/// LIMIT: tries told with the time line of a run.
pub const TIMELINE_BARS_MAX: usize = 50_000;

/// LIMIT: hits of one search: what fits on a screen.
pub const SEARCH_HITS_MAX: usize = 50;

/// Hits of a search when the request does not say.
pub const SEARCH_HITS_DEFAULT: usize = 20;

/// LIMIT: characters of a search.
pub const SEARCH_CHARS_MAX: usize = 200;

/// LIMIT: values of one filter.
pub const FILTER_VALUES_MAX: usize = 100;

/// LIMIT: characters of a request that a message repeats.
pub const QUOTED_CHARS_MAX: usize = 60;

/// LIMIT: characters of what people call a token or a service.
pub const LABEL_CHARS_MAX: usize = 100;

/// LIMIT: days that a personal access token is good for: longer, and nobody remembers what it was for.
pub const TOKEN_DAYS_MAX: u32 = 366;

/// Days that it is good for when its maker does not say.
pub const TOKEN_DAYS_DEFAULT: u32 = 90;
