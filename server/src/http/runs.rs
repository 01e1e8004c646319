//! Routes of runs.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use bussola_domain::command::RetryRun;
use bussola_domain::id::{RunId, Timestamp};
use bussola_domain::pipelines::PipelineQuery;
use bussola_domain::run_graph::{RunGraph, RunTask};
use bussola_domain::run_tasks::{TaskQuery, TaskSort, select};
use bussola_domain::scheduler::Status;
use bussola_store::{RunFilter, RunRow, RunSort, Store};
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::{Api, error_text};
use super::catalog::{OwnerFilter, alternatives, choice, chosen, descending, owner_filter};
use super::error::{ApiError, ErrorCode};
use super::explain::{Source, no_run, run_graph};
use super::extract::{Answer, By, Json, Params, Segments, Slice};
use super::limits::{
    ERROR_BYTES_IN_LIST_MAX, ERRORS_IN_LIST_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, QUOTED_CHARS_MAX, RETRIED_MAX,
    RETRY_STEPS_MAX, RUN_DEPS_MAX, RUN_TASKS_DEFAULT, RUN_TASKS_MAX, SLICE_ENTITIES,
};
use super::pipelines::all_pipelines;
use super::wire::error::ErrorBody;
use super::wire::explain::ExplanationView;
use super::wire::run::{
    FamilyCount, RetriedTask, RunComparison, RunDetail, RunPage, RunRetry, RunSummary, RunTaskPage, RunTaskView,
    TaskCounts,
};

/// Which runs. Filters are joined by "and".
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RunQuery {
    /// Of this pipeline: the family of its root task, or the ref of the component that it belongs to.
    pipeline: Option<String>,
    /// `running`, `succeeded`, `failed`, `incomplete` or `lost`
    outcome: Option<String>,
    /// Of pipelines that these owners answer for, separated by commas: each a ref, a name alone, or an e-mail address that
    /// Luigi gave.
    owner: Option<String>,
    /// Also of what the groups within these owners answer for.
    subgroups: bool,
    /// That started at this time or later, in RFC 3339.
    since: Option<String>,
    /// Whose pipeline, root task, worker, host or user contains this.
    text: Option<String>,
    /// Only runs whose worker is still here, whether they have ended or not.
    worker_here: bool,
    /// `started` (if not given), `duration`, `pipeline` or `outcome`
    sort: Option<String>,
    /// `asc` or `desc`; not given: the latest and the longest first, names by the alphabet.
    order: Option<String>,
    /// Older than this run: where the next page of the latest runs starts.
    before: Option<u64>,
    /// Skip so many: where the next page starts in any other order.
    offset: Option<usize>,
    /// At most so many: 1 to 1,000.
    limit: Option<usize>,
}

const OUTCOMES: [&str; 5] = ["running", "succeeded", "failed", "incomplete", "lost"];

/// Each order, and whether it begins at its least.
const SORTS: [(&str, (RunSort, bool)); 4] = [
    ("started", (RunSort::Started, false)),
    ("duration", (RunSort::Duration, false)),
    ("pipeline", (RunSort::Pipeline, true)),
    ("outcome", (RunSort::Outcome, true)),
];

/// Lists runs, latest first.
#[utoipa::path(
    get, path = "/runs", tag = "runs", operation_id = "listRuns", params(RunQuery),
    responses((status = OK, body = RunPage), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn list(State(api): State<Arc<Api>>, Params(query): Params<RunQuery>) -> Answer<RunPage> {
    let slice = Slice::of(query.offset, query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let outcomes = OUTCOMES.map(|outcome| (outcome, ()));
    query.outcome.as_deref().map(|outcome| choice("outcome", outcome, &outcomes)).transpose()?;
    let (sort, natural) = choice("sort", query.sort.as_deref().unwrap_or("started"), &SORTS)?;
    let filter = RunFilter {
        outcome: query.outcome.clone(),
        text: query.text.clone(),
        since: query.since.as_deref().map(|since| moment("since", since)).transpose()?,
        before: query.before.map(RunId),
        sort,
        ascending: query.order.as_deref().map_or(Ok(natural), |order| descending(Some(order)).map(|desc| !desc))?,
        offset: slice.offset,
        limit: slice.limit,
        ..RunFilter::default()
    };
    let owners = owner_filter(query.owner.as_deref())?;
    Ok(Json(api.large(move |store| page(store, filter, &query, owners, slice)).await?))
}

fn page(
    store: &Store,
    filter: RunFilter,
    query: &RunQuery,
    owners: Option<OwnerFilter>,
    slice: Slice,
) -> Result<RunPage, ApiError> {
    let owners = owners.map(|owners| store.read(|model| owners.find(model, query.subgroups)));
    let of_owner = owners.map(|owners| {
        let query = PipelineQuery { owners: Some(owners), ..PipelineQuery::default() };
        query.select(all_pipelines(store)).into_iter().map(|pipeline| pipeline.root).collect()
    });
    let of_pipeline = query.pipeline.as_deref().map(|written| families(store, written));
    let families = match (of_owner, of_pipeline) {
        (Some(owned), Some(named)) => {
            let owned: HashSet<String> = owned;
            Some(named.into_iter().filter(|family| owned.contains(family)).collect())
        }
        (Some(owned), None) => Some(owned.into_iter().collect()),
        (None, named) => named,
    };
    let here = || store.read(|model| model.runs.all_live().map(|(run, _)| run).collect());
    let filter = RunFilter { families, among: query.worker_here.then(here), ..filter };
    let mut rows = store.runs(&RunFilter { limit: slice.limit + 1, ..filter.clone() })?;
    let total = store.runs_total(&filter)?;
    let has_more = rows.len() > slice.limit;
    rows.truncate(slice.limit);
    let is_latest_first = filter.sort == RunSort::Started && !filter.ascending && slice.offset == 0;
    let next_before = rows.last().map(|row| row.run.0).filter(|_| has_more && is_latest_first);
    let next_offset = (has_more && !is_latest_first).then(|| slice.offset.saturating_add(slice.limit));
    let mut items = Vec::with_capacity(rows.len());
    for part in rows.chunks(SLICE_ENTITIES) {
        store.read(|model| items.extend(part.iter().map(|row| RunSummary::of(model, row))));
    }
    Ok(RunPage { items, total, next_before, next_offset })
}

/// The root families that a filter by pipeline means.
fn families(store: &Store, written: &str) -> Vec<String> {
    let mut families = store.read(|model| match model.catalog.find(written) {
        Some(view) => view.pipelines.iter().map(|pipeline| pipeline.root.clone()).collect(),
        None => Vec::new(),
    });
    // A family that is no component's name.
    families.push(written.to_owned());
    families
}

/// A time that a request gives.
pub(super) fn moment(name: &str, written: &str) -> Result<Timestamp, ApiError> {
    let parsed: Result<jiff::Timestamp, _> = written.parse();
    parsed.map(|at| Timestamp(at.as_microsecond())).map_err(|_| {
        let written: String = written.chars().take(QUOTED_CHARS_MAX).collect();
        ApiError::parameter(format!("`{name}` is `{written}`"), "it is a time as `2026-03-01T06:00:00Z`")
    })
}

/// Shows a run: who, when, with which parameters, how it went.
#[utoipa::path(
    get, path = "/runs/{id}", tag = "runs", operation_id = "getRun", params(("id" = u64, Path, description = "Its number")),
    responses((status = OK, body = RunDetail), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn show(State(api): State<Arc<Api>>, Segments(id): Segments<u64>) -> Answer<RunDetail> {
    let detail = api.large(move |store| {
        let Source { row, graph } = run_graph(store, RunId(id))?;
        detail(store, &row, &graph)
    });
    Ok(Json(detail.await?))
}

/// A run with what can be done about it now.
pub(super) fn detail(store: &Store, row: &RunRow, graph: &RunGraph) -> Result<RunDetail, ApiError> {
    let run = row.run;
    let is_stuck = |status: Status| matches!(status, Status::Failed | Status::Disabled);
    let stuck: Vec<&String> = graph.tasks.iter().filter(|(_, task)| is_stuck(task.status)).map(|(id, _)| id).collect();
    let mut retriable = 0;
    for slice in stuck.chunks(crate::limits::SLICE_TASKS) {
        retriable += store.read(|model| {
            // Without its worker nobody would try: `RetryRun` refuses.
            if model.runs.live(run).is_none() {
                return 0;
            }
            let tasks = slice.iter().filter_map(|id| model.scheduler.task(id)).filter(|task| task.run() == Some(run));
            tasks.filter(|task| task.status() == Status::Failed || task.is_re_enable_able()).count()
        });
    }
    Ok(RunDetail::of(store.read(|model| RunSummary::of(model, row)), graph, retriable))
}

/// Which tasks of a run. Filters are joined by "and"; the values of one, separated by commas, by "or".
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TasksQuery {
    /// Only with one of these of Luigi's statuses: `FAILED`, `DISABLED`, `RUNNING`, `BATCH_RUNNING`, `PENDING`, `UNKNOWN`, `DONE`
    status: Option<String>,
    /// Only of one of these families.
    family: Option<String>,
    /// Only with this in their id or a parameter.
    text: Option<String>,
    /// `id` (if not given), `status` (what failed first), `duration` (the longest first) or `started`
    sort: Option<String>,
    /// Skip so many.
    offset: Option<usize>,
    /// At most so many: 1 to 10,000.
    limit: Option<usize>,
}

const TASK_SORTS: [(&str, TaskSort); 4] = [
    ("id", TaskSort::Id),
    ("status", TaskSort::Status),
    ("duration", TaskSort::Duration),
    ("started", TaskSort::Started),
];

/// Lists the tasks of a run: what they require, tries with times and errors. Together they are the run's graph.
#[utoipa::path(
    get, path = "/runs/{id}/tasks", tag = "runs", operation_id = "listTasksOfRun",
    params(("id" = u64, Path, description = "The run's number"), TasksQuery),
    responses((status = OK, body = RunTaskPage), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn tasks(
    State(api): State<Arc<Api>>,
    Segments(id): Segments<u64>,
    Params(query): Params<TasksQuery>,
) -> Answer<RunTaskPage> {
    let slice = Slice::of(query.offset, query.limit, RUN_TASKS_DEFAULT, RUN_TASKS_MAX)?;
    let statuses = Status::ALL.map(|status| (status.as_str(), status));
    let query = TaskQuery {
        statuses: chosen("status", query.status.as_deref(), &statuses)?,
        families: alternatives("family", query.family.as_deref())?.into_iter().collect(),
        text: query.text,
        sort: query.sort.as_deref().map_or(Ok(TaskSort::Id), |sort| choice("sort", sort, &TASK_SORTS))?,
    };
    Ok(Json(api.large(move |store| task_page(store, RunId(id), &query, slice)).await?))
}

fn task_page(store: &Store, run: RunId, query: &TaskQuery, slice: Slice) -> Result<RunTaskPage, ApiError> {
    let Source { graph, .. } = run_graph(store, run)?;
    let selected = select(&graph, query);
    let mut deps = 0;
    let mut shown: Vec<_> = Vec::new();
    for &(id, task) in selected.tasks.iter().skip(slice.offset).take(slice.limit) {
        deps += task.deps.len();
        if deps > RUN_DEPS_MAX && !shown.is_empty() {
            break;
        }
        shown.push((id, task));
    }
    let items = views(store, run, &shown)?;
    let (total, next) = (selected.tasks.len(), slice.offset.saturating_add(shown.len()));
    let mut statuses = TaskCounts::default();
    selected.statuses.iter().for_each(|(status, count)| statuses.add(*status, *count));
    let family = |(family, count): (&str, usize)| FamilyCount { family: family.to_owned(), count };
    Ok(RunTaskPage {
        run: run.0,
        root: graph.root.clone(),
        items,
        total,
        statuses,
        families: selected.families.into_iter().map(family).collect(),
        families_total: selected.families_total,
        next_offset: (next < total).then_some(next),
    })
}

/// Tasks with their errors.
pub(super) fn views(store: &Store, run: RunId, shown: &[(&String, &RunTask)]) -> Result<Vec<RunTaskView>, ApiError> {
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
    Ok(items)
}

/// Says how a run differs from another: parameters, tasks that came and went, what went otherwise or took longer.
#[utoipa::path(
    get, path = "/runs/{id}/compare/{other}", tag = "runs", operation_id = "compareRuns",
    params(
        ("id" = u64, Path, description = "The number of the first run"),
        ("other" = u64, Path, description = "The number of the second")
    ),
    responses((status = OK, body = RunComparison), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn compare(
    State(api): State<Arc<Api>>,
    Segments((id, other)): Segments<(u64, u64)>,
) -> Answer<RunComparison> {
    let comparison = api.large(move |store| {
        let (first, second) = (run_graph(store, RunId(id))?, run_graph(store, RunId(other))?);
        let comparison = bussola_domain::compare::compare(&first.graph, &second.graph);
        let summary = |source: &Source| store.read(|model| RunSummary::of(model, &source.row));
        Ok(RunComparison::of(summary(&first), summary(&second), comparison))
    });
    Ok(Json(comparison.await?))
}

/// Has everything of a run tried again at once that failed, or that the scheduler disabled after too many failures. Says which.
#[utoipa::path(
    post, path = "/runs/{id}/retry", tag = "runs", operation_id = "retryRun",
    params(("id" = u64, Path, description = "The run's number")),
    responses((status = OK, body = RunRetry), (status = NOT_FOUND, body = ErrorBody), (status = CONFLICT, body = ErrorBody))
)]
pub(super) async fn retry(State(api): State<Arc<Api>>, Segments(id): Segments<u64>, by: By) -> Answer<RunRetry> {
    let run = RunId(id);
    let mut told = RunRetry { run: id, ..RunRetry::default() };
    let mut next = Some(0);
    for _ in 0..RETRY_STEPS_MAX {
        let Some(from) = next else { break };
        let Some(retried) = api.execute(&by, RetryRun { run, from }).await? else {
            if told.total + told.left_total > 0 {
                break;
            }
            return Err(no_retry(&api, run).await?);
        };
        told.total += retried.tasks.len();
        told.left_total += retried.left.len();
        let room = RETRIED_MAX.saturating_sub(told.items.len());
        let view = |(id, was): (String, Status)| RetriedTask { id, was: was.as_str().to_owned() };
        told.items.extend(retried.tasks.into_iter().take(room).map(view));
        let room = RETRIED_MAX.saturating_sub(told.left.len());
        told.left.extend(retried.left.into_iter().take(room));
        next = retried.next;
    }
    Ok(Json(told))
}

/// Why a run cannot be tried again.
async fn no_retry(api: &Api, run: RunId) -> Result<ApiError, ApiError> {
    api.large(move |store| {
        Ok(match store.run(run)? {
            None => no_run(run),
            Some(row) => {
                let message = format!(
                    "cannot retry run {run}: its worker has left or began another one, and nobody would run its tasks"
                );
                let hint = format!("start `{}` again: what is done stays done", row.family);
                ApiError::new(ErrorCode::RunOver, message, hint)
            }
        })
    })
    .await
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
