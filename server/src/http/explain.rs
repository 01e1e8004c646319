//! From a run or a task to its explanation: the graph from the ledger, what is known now from the scheduler, what others
//! did meanwhile from the history.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use bussola_domain::explain::{Explanation, explain_walked, walk};
use bussola_domain::id::{RunId, Timestamp, WorkerNo};
use bussola_domain::model::Model;
use bussola_domain::run_graph::{Attempt, RunGraph, RunTask};
use bussola_domain::runs::AttemptOutcome;
use bussola_domain::scheduler::{Scheduler, Status, Task};
use bussola_store::{AttemptFilter, AttemptRow, FoldedRun, RunFilter, RunRow, Store};

use super::api::error_text;
use super::error::{ApiError, ErrorCode};
use super::limits::{ATTEMPTS_MAX, ERROR_BYTES_MAX, LATER_RUNS_MAX, LOOKUPS_MAX, UPSTREAM_TASKS_MAX};
use super::wire::explain::ExplanationView;
use super::wire::run::RunSummary;

/// A run with its graph.
pub(super) struct Source {
    pub row: RunRow,
    /// Shared with other questions about the run; whoever changes it takes a copy.
    pub graph: Arc<RunGraph>,
}

pub(super) fn no_run(run: RunId) -> ApiError {
    ApiError::new(ErrorCode::NoSuchRun, format!("there is no run `{run}`"), "`bussola runs` lists runs")
}

/// A run from its entries, completed by what is known now.
pub(super) fn run_graph(store: &Store, run: RunId) -> Result<Source, ApiError> {
    let folded = store.folded_run(run)?;
    let row = match store.run(run)? {
        Some(row) => row,
        // The history keeps a run for some months, the ledger for ever.
        None => row_of_entries(store, run, &folded).ok_or_else(|| no_run(run))?,
    };
    let mut graph = folded.graph.clone();
    // A run that goes on is what the scheduler says; one that has ended stays as it was then, whatever came later.
    let goes_on = row.ended.is_none() && store.read(|model| model.runs.live(run).is_some());
    if goes_on {
        overlay(store, Arc::make_mut(&mut graph));
    }
    let until = if goes_on { None } else { row.ended };
    complete(store, &mut graph, run, until)?;
    Ok(Source { row, graph })
}

/// Takes what the scheduler knows now, in slices: no worker waits long.
fn overlay(store: &Store, graph: &mut RunGraph) {
    let ids: Vec<String> = graph.tasks.keys().cloned().collect();
    for slice in ids.chunks(crate::limits::SLICE_TASKS) {
        let mut part = RunGraph::default();
        for id in slice {
            if let Some(task) = graph.tasks.remove(id) {
                part.tasks.insert(id.clone(), task);
            }
        }
        store.read(|model| part.overlay(&model.scheduler));
        // Not `append`, which builds the whole map anew for each slice.
        graph.tasks.extend(part.tasks);
    }
}

/// Completes open tasks by what other runs did to them, up to a time.
fn complete(store: &Store, graph: &mut Arc<RunGraph>, run: RunId, until: Option<Timestamp>) -> Result<(), ApiError> {
    let is_open = |task: &RunTask| matches!(task.status, Status::Pending | Status::Unknown);
    let open: Vec<String> = graph.tasks.iter().filter(|(_, task)| is_open(task)).map(|(id, _)| id.clone()).collect();
    for id in open.into_iter().take(LOOKUPS_MAX) {
        let filter = AttemptFilter { task: Some(id.clone()), limit: ATTEMPTS_MAX, ..AttemptFilter::default() };
        let rows = store.attempts(&filter)?;
        let meanwhile =
            rows.into_iter().rev().filter(|row| row.run != Some(run) && until.is_none_or(|until| row.ended <= until));
        for row in meanwhile {
            Arc::make_mut(graph).note_attempt(&id, attempt(&row));
        }
    }
    Ok(())
}

/// An attempt of the history.
pub(super) fn attempt(row: &AttemptRow) -> Attempt {
    let outcomes = [
        AttemptOutcome::Done,
        AttemptOutcome::Failed,
        AttemptOutcome::Disabled,
        AttemptOutcome::Lost,
        AttemptOutcome::Yielded,
        AttemptOutcome::AlreadyComplete,
    ];
    Attempt {
        worker: row.worker,
        started: row.started,
        ended: Some(row.ended),
        outcome: outcomes.into_iter().find(|outcome| outcome.as_str() == row.outcome),
        error: row.error,
    }
}

fn row_of_entries(store: &Store, run: RunId, folded: &FoldedRun) -> Option<RunRow> {
    let (family, worker, started) = folded.begin.clone()?;
    Some(RunRow {
        run,
        family,
        root: folded.graph.root.clone(),
        worker,
        worker_name: Some(store.read(|model| name(model, worker))),
        info: None,
        started,
        ended: folded.end.map(|(ended, _)| ended),
        outcome: folded.end.map(|(_, outcome)| outcome.as_str().to_owned()),
    })
}

fn name(model: &Model, worker: WorkerNo) -> String {
    super::wire::run::worker_name(model, worker)
}

/// Explains a run.
pub(super) fn of_run(store: &Store, run: RunId) -> Result<ExplanationView, ApiError> {
    let Source { row, graph } = run_graph(store, run)?;
    explain(store, &graph, Some(row), None).and_then(|view| view.ok_or_else(|| no_run(run)))
}

/// Where a task was declared last: a run, if it belongs to one.
pub(super) fn run_of_task(store: &Store, id: &str) -> Result<Option<Option<RunId>>, ApiError> {
    if let Some(run) = store.read(|model| model.scheduler.task(id).map(|task| task.run())) {
        return Ok(Some(run));
    }
    let filter = AttemptFilter { task: Some(id.to_owned()), limit: 1, ..AttemptFilter::default() };
    Ok(store.attempts(&filter)?.first().map(|row| row.run))
}

/// Explains a task, from the latest run that declared it and what the scheduler knows now.
pub(super) fn of_task(store: &Store, written: &str) -> Result<ExplanationView, ApiError> {
    let (id, run) = match run_of_task(store, written)? {
        Some(run) => (written.to_owned(), run),
        None => match meant(store, written)? {
            Meant::Run(run) => return of_run(store, run),
            Meant::Task(id) => {
                let run = run_of_task(store, &id)?.ok_or_else(|| super::tasks::no_task(&id))?;
                (id, run)
            }
        },
    };
    let id = id.as_str();
    let source = match run {
        Some(run) => match run_graph(store, run) {
            Ok(source) => Some(source),
            Err(error) if error.code == ErrorCode::NoSuchRun => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    if let Some(Source { row, mut graph }) = source {
        // The question is about the task as it is now, whatever its run has come to.
        overlay(store, Arc::make_mut(&mut graph));
        if let Some(view) = explain(store, &graph, Some(row), Some(id))? {
            return Ok(view);
        }
    }
    let graph = store.read(|model| upstream(&model.scheduler, id));
    explain(store, &graph, None, Some(id))?.ok_or_else(|| super::tasks::no_task(id))
}

/// What people write for a task: how its id begins, which ends in a hash that nobody types; or a pipeline's family.
enum Meant {
    /// That task.
    Task(String),
    /// That pipeline's latest run.
    Run(RunId),
}

fn meant(store: &Store, written: &str) -> Result<Meant, ApiError> {
    if let Some(run) = store.read(|model| model.runs.latest(written).map(|latest| latest.run)) {
        return Ok(Meant::Run(run));
    }
    // Roots of any time, by the history; other tasks as long as the scheduler knows them.
    let filter = RunFilter { text: Some(written.to_owned()), limit: LATER_RUNS_MAX, ..RunFilter::default() };
    let roots = store.runs(&filter)?.into_iter().map(|row| row.root).filter(|root| root.starts_with(written));
    let mut found: BTreeSet<String> = roots.collect();
    let mut next = 0;
    let mut has_more = !written.is_empty();
    while has_more && found.len() <= MEANT_MAX {
        has_more = store.read(|model| {
            let end = model.scheduler.slots_end();
            let stop = end.min(next + crate::limits::SLICE_TASKS as u32);
            let tasks = (next..stop).map(|slot| model.scheduler.at_slot(slot).id());
            found.extend(tasks.filter(|id| id.starts_with(written)).map(str::to_owned));
            next = stop;
            next < end
        });
    }
    let mut some = found.iter().take(MEANT_MAX);
    match (found.len(), some.next()) {
        (1, Some(id)) => Ok(Meant::Task(id.clone())),
        (0, _) | (_, None) => Err(super::tasks::no_task(written)),
        (_, Some(first)) => {
            let ids: Vec<&str> = std::iter::once(first).chain(some).map(String::as_str).collect();
            let message = format!("`{written}` is how several tasks begin");
            Err(ApiError::new(ErrorCode::NoSuchTask, message, format!("say more of one, as {}", ids.join(", "))))
        }
    }
}

/// LIMIT: tasks named where what was written may mean several.
const MEANT_MAX: usize = 3;

fn explain(
    store: &Store,
    graph: &RunGraph,
    row: Option<RunRow>,
    task: Option<&str>,
) -> Result<Option<ExplanationView>, ApiError> {
    let run = row.as_ref().map(|row| row.run);
    // The long part first, without the model.
    let Some(walked) = walk(graph, task) else { return Ok(None) };
    let later = row.as_ref().map(|row| later_run(store, row)).transpose()?.flatten();
    let (mut view, explanation): (ExplanationView, Explanation) = store.read(|model| {
        let explanation = explain_walked(model, graph, run, walked);
        let summary = row.as_ref().map(|row| RunSummary::of(model, row));
        let later = later.as_ref().map(|row| RunSummary::of(model, row));
        (ExplanationView::of(model, &explanation, summary, later), explanation)
    });
    for (shown, cause) in view.causes.iter_mut().zip(&explanation.causes) {
        if let Some(hash) = cause.error {
            shown.error = error_text(store, hash, ERROR_BYTES_MAX)?;
        }
    }
    Ok(Some(view))
}

/// The latest run of the same root task, if it came after this one.
fn later_run(store: &Store, row: &RunRow) -> Result<Option<RunRow>, ApiError> {
    let filter = RunFilter {
        families: Some(vec![row.family.clone()]),
        text: Some(row.root.clone()),
        limit: LATER_RUNS_MAX,
        ..RunFilter::default()
    };
    let rows = store.runs(&filter)?;
    Ok(rows.into_iter().find(|later| later.root == row.root).filter(|later| later.run > row.run))
}

/// The tasks upstream of one that belongs to no run, as the scheduler knows them.
fn upstream(scheduler: &Scheduler, id: &str) -> RunGraph {
    let mut graph = RunGraph { root: id.to_owned(), ..RunGraph::default() };
    let mut seen = BTreeSet::new();
    let mut queue: VecDeque<u32> = scheduler.slot(id).into_iter().collect();
    while let Some(slot) = queue.pop_front() {
        if seen.len() == UPSTREAM_TASKS_MAX || !seen.insert(slot) {
            continue;
        }
        let task = scheduler.at_slot(slot);
        graph.tasks.insert(task.id().to_owned(), as_known_now(scheduler, task));
        queue.extend(task.deps());
    }
    graph
}

/// A task as the scheduler knows it. Its tries are in the history.
pub(super) fn as_known_now(scheduler: &Scheduler, task: &Task) -> RunTask {
    let params = scheduler.public_params(task);
    RunTask {
        family: scheduler.family_of(task).to_owned(),
        module: scheduler.module_of(task).map(str::to_owned),
        params: params.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        status: task.status(),
        since: task.updated(),
        deps: task.deps().iter().map(|&dep| scheduler.at_slot(dep).id().to_owned()).collect(),
        runnable: task.is_runnable(),
        attempts: Vec::new(),
        error: task.error(),
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
