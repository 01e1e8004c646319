//! Routes of runs.

use std::sync::Arc;

use axum::extract::State;
use bussola_domain::id::RunId;
use bussola_store::{RunFilter, Store};
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::{Api, error_text};
use super::error::ApiError;
use super::explain::{Source, run_graph};
use super::extract::{Answer, Json, Params, Segments, Slice};
use super::limits::{
    ERROR_BYTES_IN_LIST_MAX, ERRORS_IN_LIST_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, RUN_DEPS_MAX, RUN_TASKS_DEFAULT,
    RUN_TASKS_MAX,
};
use super::wire::error::ErrorBody;
use super::wire::explain::ExplanationView;
use super::wire::run::{RunDetail, RunPage, RunSummary, RunTaskPage, RunTaskView};

/// Which runs. Filters are joined by "and".
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RunQuery {
    /// Of this pipeline: the family of its root task, or the ref of the component that it belongs to.
    pipeline: Option<String>,
    /// `running`, `succeeded`, `failed`, `incomplete` or `lost`
    outcome: Option<String>,
    /// Whose pipeline, root task, worker, host or user contains this.
    text: Option<String>,
    /// Only runs whose worker is still here.
    live: bool,
    /// Older than this run: where the next page starts.
    before: Option<u64>,
    /// At most so many: 1 to 1,000.
    limit: Option<usize>,
}

const OUTCOMES: [&str; 5] = ["running", "succeeded", "failed", "incomplete", "lost"];

/// Lists runs, latest first.
#[utoipa::path(
    get, path = "/runs", tag = "runs", operation_id = "listRuns", params(RunQuery),
    responses((status = OK, body = RunPage), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn list(State(api): State<Arc<Api>>, Params(query): Params<RunQuery>) -> Answer<RunPage> {
    let slice = Slice::of(None, query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    if let Some(other) = query.outcome.as_deref().filter(|outcome| !OUTCOMES.contains(outcome)) {
        let known = OUTCOMES.map(|outcome| format!("`{outcome}`")).join(", ");
        return Err(ApiError::parameter(format!("`outcome` is `{other}`"), format!("it can be {known}")));
    }
    Ok(Json(api.large(move |store| page(store, query, slice.limit)).await?))
}

fn page(store: &Store, query: RunQuery, limit: usize) -> Result<RunPage, ApiError> {
    let families = match query.pipeline.as_deref() {
        None => Vec::new(),
        Some(written) => {
            let mut families = store.read(|model| match model.catalog.find(written) {
                Some(view) => view.pipelines.iter().map(|pipeline| pipeline.root.clone()).collect(),
                None => Vec::new(),
            });
            // A family that is no component's name.
            families.push(written.to_owned());
            families
        }
    };
    let live = store.read(|model| {
        let mut live: Vec<RunId> = model.runs.all_live().map(|(run, _)| run).collect();
        live.reverse();
        live
    });
    let filter = RunFilter {
        families,
        outcome: query.outcome,
        text: query.text,
        before: query.before.map(RunId),
        // Live runs are few: their rows are looked at one by one below.
        limit: if query.live { 0 } else { limit + 1 },
    };
    let mut rows = store.runs(&filter)?;
    if query.live {
        rows.retain(|row| live.contains(&row.run));
    }
    let next_before = rows.get(limit).map(|_| rows[limit - 1].run.0);
    rows.truncate(limit);
    let items = store.read(|model| rows.iter().map(|row| RunSummary::of(model, row)).collect());
    Ok(RunPage { items, next_before })
}

/// Shows a run: who, when, with which parameters, how it went.
#[utoipa::path(
    get, path = "/runs/{id}", tag = "runs", operation_id = "getRun", params(("id" = u64, Path, description = "Its number")),
    responses((status = OK, body = RunDetail), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn show(State(api): State<Arc<Api>>, Segments(id): Segments<u64>) -> Answer<RunDetail> {
    let detail = api.large(move |store| {
        let Source { row, graph } = run_graph(store, RunId(id))?;
        Ok(RunDetail::of(store.read(|model| RunSummary::of(model, &row)), &graph))
    });
    Ok(Json(detail.await?))
}

/// A page of tasks.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TaskQuery {
    /// Skip so many.
    offset: Option<usize>,
    /// At most so many: 1 to 10,000.
    limit: Option<usize>,
}

/// Lists the tasks of a run: what they require, tries with times and errors. Together they are the run's graph.
#[utoipa::path(
    get, path = "/runs/{id}/tasks", tag = "runs", operation_id = "listTasksOfRun",
    params(("id" = u64, Path, description = "The run's number"), TaskQuery),
    responses((status = OK, body = RunTaskPage), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn tasks(
    State(api): State<Arc<Api>>,
    Segments(id): Segments<u64>,
    Params(query): Params<TaskQuery>,
) -> Answer<RunTaskPage> {
    let slice = Slice::of(query.offset, query.limit, RUN_TASKS_DEFAULT, RUN_TASKS_MAX)?;
    Ok(Json(api.large(move |store| task_page(store, RunId(id), slice)).await?))
}

fn task_page(store: &Store, run: RunId, slice: Slice) -> Result<RunTaskPage, ApiError> {
    let Source { graph, .. } = run_graph(store, run)?;
    let mut deps = 0;
    let mut shown: Vec<_> = Vec::new();
    for (id, task) in graph.tasks.iter().skip(slice.offset).take(slice.limit) {
        deps += task.deps.len();
        if deps > RUN_DEPS_MAX && !shown.is_empty() {
            break;
        }
        shown.push((id, task));
    }
    let mut items = Vec::with_capacity(shown.len());
    for slice in shown.chunks(crate::limits::SLICE_TASKS) {
        store.read(|model| items.extend(slice.iter().map(|(id, task)| RunTaskView::of(model, run, id, task))));
    }
    let mut errors = 0;
    for ((_, task), view) in shown.iter().zip(&mut items) {
        for (attempt, shown) in task.attempts.iter().zip(&mut view.attempts) {
            if let Some(hash) = attempt.error.filter(|_| errors < ERRORS_IN_LIST_MAX) {
                errors += 1;
                shown.error = error_text(store, hash, ERROR_BYTES_IN_LIST_MAX)?;
            }
        }
    }
    let (total, next) = (graph.tasks.len(), slice.offset.saturating_add(shown.len()));
    let next_offset = (next < total).then_some(next);
    Ok(RunTaskPage { run: run.0, root: graph.root, items, total, next_offset })
}

/// Says why a run is not done: first causes, whose they are, what they affect, what to do.
#[utoipa::path(
    get, path = "/runs/{id}/explain", tag = "runs", operation_id = "explainRun",
    params(("id" = u64, Path, description = "The run's number")),
    responses((status = OK, body = ExplanationView), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn explain(State(api): State<Arc<Api>>, Segments(id): Segments<u64>) -> Answer<ExplanationView> {
    Ok(Json(api.large(move |store| super::explain::of_run(store, RunId(id))).await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bussola_domain::runs::Outcome;

    #[test]
    fn every_outcome_can_be_asked_for() {
        for outcome in [Outcome::Succeeded, Outcome::Failed, Outcome::Incomplete, Outcome::Lost] {
            assert!(OUTCOMES.contains(&outcome.as_str()));
        }
    }
}
