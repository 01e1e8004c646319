//! The time line of a run.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bussola_domain::critical_path::critical_path;
use bussola_domain::id::{RunId, WorkerNo};
use bussola_store::Store;

use super::tasks::since_ms;
use super::{Asked, Form, JSON, answer, json};
use crate::http::api::Api;
use crate::http::error::ApiError;
use crate::http::explain::{Source, run_graph};
use crate::http::extract::Segments;
use crate::http::limits::TIMELINE_BARS_MAX;
use crate::http::wire::error::ErrorBody;
use crate::http::wire::graph::{Timeline, TimelineBar};
use crate::http::wire::run::worker_name;
use crate::http::wire::time;

/// Shows who tried what when in a run, in order of time.
#[utoipa::path(
    get, path = "/runs/{id}/timeline", tag = "runs", operation_id = "getTimelineOfRun",
    params(("id" = u64, Path, description = "The run's number")),
    responses(
        (status = OK, body = Timeline),
        (status = NOT_MODIFIED, description = "It is as `If-None-Match` says"),
        (status = NOT_FOUND, body = ErrorBody)
    )
)]
pub(in crate::http) async fn timeline(
    State(api): State<Arc<Api>>,
    Segments(id): Segments<u64>,
    asked: Asked,
) -> Result<Response, ApiError> {
    let form = Form { content_type: JSON, write: json };
    answer(&api, move |store, _| timeline_of(store, RunId(id)), form, &asked).await
}

fn timeline_of(store: &Store, run: RunId) -> Result<Timeline, ApiError> {
    let Source { row, graph } = run_graph(store, run)?;
    let chain: HashSet<&str> = critical_path(&graph, row.started).into_iter().collect();
    let all = graph.tasks.iter().flat_map(|(id, task)| task.attempts.iter().map(move |attempt| (id, task, attempt)));
    // What other runs did before this one began is no part of it.
    let of_run = all.filter(|(_, _, attempt)| attempt.ended.is_none_or(|ended| ended >= row.started));
    let started = of_run.filter_map(|(id, task, attempt)| attempt.started.map(|started| (started, id, task, attempt)));
    let mut tries: Vec<_> = started.collect();
    tries.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let total = tries.len();
    tries.truncate(TIMELINE_BARS_MAX);

    let families: BTreeMap<&str, u32> = {
        let names: std::collections::BTreeSet<&str> =
            tries.iter().map(|(_, _, task, _)| task.family.as_str()).collect();
        names.into_iter().zip(0..).collect()
    };
    let mut workers: Vec<WorkerNo> = Vec::new();
    let mut worker_at: BTreeMap<WorkerNo, u32> = BTreeMap::new();
    let bars = tries.iter().map(|&(started, id, task, attempt)| {
        let worker = attempt.worker.map(|worker| {
            *worker_at.entry(worker).or_insert_with(|| {
                workers.push(worker);
                workers.len() as u32 - 1
            })
        });
        TimelineBar {
            task: id.clone(),
            family: families.get(task.family.as_str()).copied().unwrap_or_default(),
            worker,
            started_ms: since_ms(row.started, started),
            ended_ms: attempt.ended.map(|ended| since_ms(row.started, ended)),
            outcome: attempt.outcome.map_or("running", |outcome| outcome.as_str()).to_owned(),
            critical: chain.contains(id.as_str()),
        }
    });
    let bars = bars.collect();
    Ok(Timeline {
        run: run.0,
        origin: time(row.started),
        ended_ms: row.ended.map(|ended| since_ms(row.started, ended)),
        families: families.into_keys().map(str::to_owned).collect(),
        workers: workers.into_iter().map(|worker| store.read(|model| worker_name(model, worker))).collect(),
        bars,
        total,
    })
}
