//! What changed in a run: for those who follow one, so that a task that ends costs them a line and not the whole graph.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::extract::State;
use bussola_domain::critical_path::critical_path;
use bussola_domain::id::{RunId, Timestamp};
use bussola_domain::run_graph::{RunGraph, RunTask};
use bussola_store::Store;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::error::ApiError;
use super::explain::{Source, run_graph};
use super::extract::{Answer, Json, Params, Segments};
use super::graphs::node_of;
use super::limits::{CHAIN_TASKS_MAX, RUN_DEPS_MAX, RUN_TASKS_DEFAULT};
use super::runs::{detail, moment, views};
use super::wire::error::ErrorBody;
use super::wire::run::{ChainTask, FamilyState, RunChanges, TaskCounts, progress_of};
use super::wire::time;
use crate::app::system_now;
use crate::limits::SLICE_TASKS;

/// What is told again with the next answer: calls bear the time at which they came, and may be committed a little later.
const OVERLAP_US: i64 = 2_000_000;

/// Since when.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SinceQuery {
    /// What changed at this time or later: the `next_since` of the answer before. Not given: only how the run is.
    since: Option<String>,
}

/// Says what changed in a run, and how far its tasks are.
#[utoipa::path(
    get, path = "/runs/{id}/changes", tag = "runs", operation_id = "getChangesOfRun",
    params(("id" = u64, Path, description = "The run's number"), SinceQuery),
    responses(
        (status = OK, body = RunChanges), (status = BAD_REQUEST, body = ErrorBody), (status = NOT_FOUND, body = ErrorBody)
    )
)]
pub(super) async fn changes(
    State(api): State<Arc<Api>>,
    Segments(id): Segments<u64>,
    Params(query): Params<SinceQuery>,
) -> Answer<RunChanges> {
    let since = query.since.as_deref().map(|since| moment("since", since)).transpose()?;
    Ok(Json(api.large(move |store| changes_of(store, RunId(id), since)).await?))
}

fn changes_of(store: &Store, run: RunId, since: Option<Timestamp>) -> Result<RunChanges, ApiError> {
    // Before anything is read: what comes meanwhile is told next time. So is what waits for a slow disk just now.
    let next_since = Timestamp(store.committed_until(system_now())?.0.saturating_sub(OVERLAP_US));
    let Source { row, graph } = run_graph(store, run)?;
    let mut changed: Vec<(&String, &RunTask)> = Vec::new();
    if let Some(since) = since {
        let running: Vec<&String> =
            graph.tasks.iter().filter(|(_, task)| task.status.is_running()).map(|(id, _)| id).collect();
        let mut telling: BTreeSet<&String> = BTreeSet::new();
        for slice in running.chunks(SLICE_TASKS) {
            store.read(|model| telling.extend(slice.iter().filter(|id| progress_of(model, id).is_some())));
        }
        changed.extend(graph.tasks.iter().filter(|(id, task)| has_changed(task, since) || telling.contains(id)));
    }
    let requirements: usize = changed.iter().map(|(_, task)| task.deps.len()).sum();
    let cut = changed.len() > RUN_TASKS_DEFAULT || requirements > RUN_DEPS_MAX;
    if cut {
        changed.clear();
    }
    let chain = critical_path(&graph, row.started);
    let chain = chain.iter().skip(chain.len().saturating_sub(CHAIN_TASKS_MAX));
    let family = |id: &str| graph.tasks.get(id).map(|task| task.family.clone()).unwrap_or_default();
    Ok(RunChanges {
        run: detail(store, &row, &graph)?,
        structure: structure(&graph),
        next_since: time(next_since),
        tasks: views(store, run, &changed)?,
        cut,
        families: families(&graph, &changed, row.started),
        critical: chain.map(|&id| ChainTask { id: id.to_owned(), family: family(id) }).collect(),
    })
}

fn has_changed(task: &RunTask, since: Timestamp) -> bool {
    let tried = task.attempts.last().and_then(|attempt| attempt.ended.or(attempt.started));
    task.since >= since || tried.is_some_and(|at| at >= since)
}

/// A name for what the graph looks like without statuses, alike only for those that look alike.
fn structure(graph: &RunGraph) -> String {
    let mut hasher = DefaultHasher::new();
    for (id, task) in &graph.tasks {
        // A declaration brings a task its family and its parameters.
        (id, &task.family, task.params.len(), &task.deps).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

fn families(graph: &RunGraph, changed: &[(&String, &RunTask)], started: Timestamp) -> Vec<FamilyState> {
    let mut members: BTreeMap<&str, Vec<(&str, &RunTask)>> =
        changed.iter().map(|(_, task)| (task.family.as_str(), Vec::new())).collect();
    for (id, task) in &graph.tasks {
        if let Some(tasks) = members.get_mut(task.family.as_str()) {
            tasks.push((id, task));
        }
    }
    let state = |(name, tasks): (&str, Vec<(&str, &RunTask)>)| {
        let mut counts = TaskCounts::default();
        tasks.iter().for_each(|(_, task)| counts.add(task.status, 1));
        let node = node_of(&tasks, Some(started));
        let (status, attempts, started_ms, ended_ms) = (node.status, node.attempts, node.started_ms, node.ended_ms);
        FamilyState { family: name.to_owned(), counts, status, attempts, started_ms, ended_ms }
    };
    members.into_iter().map(state).collect()
}
