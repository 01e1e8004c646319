//! The route that finds things by what they are called.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use bussola_domain::id::RunId;
use bussola_domain::pipelines::offer_after;
use bussola_domain::search::{Fit, Found, FoundKind, Hit, Hits, Query};
use bussola_store::{RunFilter, RunRow, Store};
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::catalog::chosen;
use super::error::ApiError;
use super::extract::{Answer, Json, Params, Slice};
use super::limits::{SEARCH_CHARS_MAX, SEARCH_HITS_DEFAULT, SEARCH_HITS_MAX, SLICE_ENTITIES};
use super::wire::error::ErrorBody;
use super::wire::search::{FoundCount, SearchHit, SearchResult};
use crate::heavy::give_way;
use crate::limits::SLICE_TASKS;

/// Chunks of tasks that are run through before other threads go first: some tenths of a millisecond.
const TASK_CHUNKS_AT_ONCE: usize = 16;

/// What to find.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SearchQuery {
    /// What was typed, at most 200 characters: words of names, a ref, the number of a run. Case does not count.
    q: String,
    /// Only these kinds, separated by commas: `component`, `team`, `entity`, `pipeline`, `run`, `task`
    kind: Option<String>,
    /// At most so many: 1 to 50.
    limit: Option<usize>,
}

/// Finds entities, teams, pipelines, runs and tasks by what they are called, the best first: a name that is what was typed,
/// begins with it, has words that begin with it, or has it somewhere; of names that fit alike, by kind.
#[utoipa::path(
    get, path = "/search", tag = "server", operation_id = "search", params(SearchQuery),
    responses((status = OK, body = SearchResult), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn search(State(api): State<Arc<Api>>, Params(asked): Params<SearchQuery>) -> Answer<SearchResult> {
    let Slice { limit, .. } = Slice::of(None, asked.limit, SEARCH_HITS_DEFAULT, SEARCH_HITS_MAX)?;
    let mut kinds = chosen("kind", asked.kind.as_deref(), &FoundKind::ALL.map(|kind| (kind.as_str(), kind)))?;
    if kinds.is_empty() {
        kinds.extend(FoundKind::ALL);
    }
    if asked.q.chars().nth(SEARCH_CHARS_MAX).is_some() {
        let message = format!("`q` has more than {SEARCH_CHARS_MAX} characters");
        return Err(ApiError::parameter(message, "no name is that long: ask for a part of it"));
    }
    // Nothing typed yet finds nothing.
    let Some(query) = Query::new(&asked.q) else {
        return Ok(Json(SearchResult { items: Vec::new(), totals: Vec::new() }));
    };
    Ok(Json(api.large(move |store| found(store, &query, &kinds, limit)).await?))
}

fn found(store: &Store, query: &Query, kinds: &[FoundKind], limit: usize) -> Result<SearchResult, ApiError> {
    let mut hits = Hits::new(limit, kinds);
    let wanted = |some: &[FoundKind]| some.iter().any(|kind| kinds.contains(kind));
    if wanted(&[FoundKind::Component, FoundKind::Team, FoundKind::Entity]) {
        let names = store.read(|model| {
            model.offer_owners(query, &mut hits);
            model.catalog.names()
        });
        names.search(query, &mut hits, give_way);
    }
    if wanted(&[FoundKind::Pipeline, FoundKind::Run]) {
        let mut last = None;
        loop {
            last = store.read(|model| offer_after(model, last.as_deref(), SLICE_TASKS, query, &mut hits));
            if last.is_none() {
                break;
            }
        }
        if let Some(row) = query.number().map(|number| store.run(RunId(number))).transpose()?.flatten() {
            hits.add(Fit::Exact, FoundKind::Run, &row.run.to_string(), || Found::Run(row.run));
        }
    }
    if wanted(&[FoundKind::Task]) {
        for chunk in 0..store.read(|model| model.scheduler.task_name_chunks()) {
            // Tasks that left meanwhile took their chunk with them.
            let Some(names) = store.read(|model| model.scheduler.task_names(chunk)) else { break };
            names.search(query, &mut hits);
            if chunk % TASK_CHUNKS_AT_ONCE == TASK_CHUNKS_AT_ONCE - 1 {
                give_way();
            }
        }
    }
    let count = |kind: FoundKind| FoundCount { kind: kind.as_str().to_owned(), total: hits.total(kind) };
    let totals = FoundKind::ALL.into_iter().map(count).filter(|count| count.total > 0).collect();
    let best = hits.into_best();
    let runs = runs_of(store, &best)?;
    // Derived before it is told, without the lock.
    store.read(|model| model.health_later()).get();
    let mut items = Vec::with_capacity(best.len());
    for slice in best.chunks(SLICE_ENTITIES) {
        store.read(|model| {
            let run = |hit: &Hit| if let Found::Run(run) = hit.found { runs.get(&run) } else { None };
            items.extend(slice.iter().filter_map(|hit| SearchHit::of(model, hit, run(hit))));
        });
    }
    Ok(SearchResult { items, totals })
}

fn runs_of(store: &Store, hits: &[Hit]) -> Result<HashMap<RunId, RunRow>, ApiError> {
    let run = |hit: &Hit| if let Found::Run(run) = hit.found { Some(run) } else { None };
    let among: Vec<RunId> = hits.iter().filter_map(run).collect();
    if among.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = store.runs(&RunFilter { among: Some(among), ..RunFilter::default() })?;
    Ok(rows.into_iter().map(|row| (row.run, row)).collect())
}
