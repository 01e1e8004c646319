//! Routes of pipelines.

use std::sync::Arc;

use axum::extract::State;
use bussola_domain::pipelines::{Pipeline, PipelineQuery, PipelineSort, after};
use bussola_store::Store;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::catalog::{choice, descending, owner_filter};
use super::extract::{Answer, Json, Params, Slice};
use super::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, SLICE_ENTITIES};
use super::wire::error::ErrorBody;
use super::wire::run::{PipelinePage, PipelineSummary};

/// Which pipelines. Filters are joined by "and".
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PipelinesQuery {
    /// That these owners answer for, separated by commas: each a ref, a name alone, or an e-mail address that Luigi gave.
    owner: Option<String>,
    /// Also what the groups within these owners answer for.
    subgroups: bool,
    /// With this in their name or the ref of their component.
    text: Option<String>,
    /// Only those whose last run that ended did not succeed.
    failing: bool,
    /// `name` (if not given), `started`, `duration` (the median), `success` or `failing_since`
    sort: Option<String>,
    /// `asc` (if not given) or `desc`. What has no value comes last both ways.
    order: Option<String>,
    /// Skip so many.
    offset: Option<usize>,
    /// At most so many: 1 to 1,000.
    limit: Option<usize>,
}

const SORTS: [(&str, PipelineSort); 5] = [
    ("name", PipelineSort::Name),
    ("started", PipelineSort::Started),
    ("duration", PipelineSort::Duration),
    ("success", PipelineSort::Success),
    ("failing_since", PipelineSort::FailingSince),
];

/// Lists pipelines with their last runs: how often they succeed, how long they take, since when they fail.
#[utoipa::path(
    get, path = "/pipelines", tag = "runs", operation_id = "listPipelines", params(PipelinesQuery),
    responses((status = OK, body = PipelinePage), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn list(State(api): State<Arc<Api>>, Params(query): Params<PipelinesQuery>) -> Answer<PipelinePage> {
    let slice = Slice::of(query.offset, query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let sort = query.sort.as_deref().map_or(Ok(PipelineSort::Name), |sort| choice("sort", sort, &SORTS))?;
    let descending = descending(query.order.as_deref())?;
    let owners = owner_filter(query.owner.as_deref())?;
    let page = api.large(move |store| {
        let owners = owners.map(|owners| store.read(|model| owners.find(model, query.subgroups)));
        let asked = PipelineQuery { owners, text: query.text, only_failing: query.failing, sort, descending };
        let found = asked.select(all_pipelines(store));
        let shown: Vec<&Pipeline> = found.iter().skip(slice.offset).take(slice.limit).collect();
        let mut items = Vec::with_capacity(shown.len());
        for part in shown.chunks(SLICE_ENTITIES) {
            store.read(|model| items.extend(part.iter().map(|pipeline| PipelineSummary::of(model, pipeline))));
        }
        Ok(PipelinePage { items, total: found.len(), next_offset: slice.next(found.len()) })
    });
    Ok(Json(page.await?))
}

/// Every pipeline that ever ran, in order of name, read in slices.
pub(super) fn all_pipelines(store: &Store) -> Vec<Pipeline> {
    let mut all: Vec<Pipeline> = Vec::new();
    loop {
        let last = all.last().map(|pipeline| pipeline.root.clone());
        let part = store.read(|model| after(model, last.as_deref(), SLICE_ENTITIES));
        let is_last = part.len() < SLICE_ENTITIES;
        all.extend(part);
        if is_last {
            return all;
        }
    }
}
