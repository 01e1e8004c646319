//! Routes of the ledger.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bussola_domain::catalog::EntityRef;
use bussola_domain::model::Model;
use bussola_domain::sentence::sentence;
use bussola_store::{EntryFilter, Recorded, Store, StoreError};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::catalog::{alternatives, descending};
use super::error::ApiError;
use super::extract::{Answer, Json, Params, Segments, Slice};
use super::limits::{
    COSIGNED_LOOK, COSIGNED_WAIT_MAX, FILTER_VALUES_MAX, LEAVES_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, SLICE_ENTITIES,
};
use super::runs::moment;
use super::wire::error::ErrorBody;
use super::wire::ledger::{CheckpointNote, EntryPage, EntryProof, EntryView, Head, leaf};

/// Says how many entries there are, their root, and how far that is published and cosigned.
#[utoipa::path(
    get, path = "/ledger/head", tag = "ledger", operation_id = "getLedgerHead", responses((status = OK, body = Head))
)]
pub(super) async fn head(State(api): State<Arc<Api>>) -> Answer<Head> {
    // Only what is committed is in the head.
    Ok(Json(Head::of(api.app.store.head(), &api.app.store, &api.app.witnesses)))
}

/// How to sign.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CheckpointQuery {
    /// Wait until enough witnesses cosigned it, at most 5 s; then the note comes with those that did.
    cosigned: bool,
}

/// Signs the head: a note to keep where the operator of this server cannot reach it.
#[utoipa::path(
    get, path = "/ledger/checkpoint", tag = "ledger", operation_id = "getCheckpoint", params(CheckpointQuery),
    responses((status = OK, body = CheckpointNote))
)]
pub(super) async fn checkpoint(
    State(api): State<Arc<Api>>,
    Params(query): Params<CheckpointQuery>,
) -> Answer<CheckpointNote> {
    let signed = api.large(|store| Ok(store.checkpoint()?)).await?;
    let (store, witnesses) = (&api.app.store, &api.app.witnesses);
    let mut note = signed.note;
    if query.cosigned && witnesses.quorum > 0 {
        let until = tokio::time::Instant::now() + COSIGNED_WAIT_MAX;
        loop {
            if let Some(cosigned) =
                store.cosigned_checkpoint().filter(|cosigned| cosigned.head.size >= signed.head.size)
            {
                note = cosigned.note;
                break;
            }
            if tokio::time::Instant::now() >= until {
                break;
            }
            tokio::time::sleep(COSIGNED_LOOK).await;
        }
    }
    let vkey = store.verifying_key().to_string();
    let witnesses = witnesses.all.iter().map(|witness| witness.settings.key.to_string()).collect();
    Ok(Json(CheckpointNote { note, vkey, witnesses }))
}

/// Which entries. Filters are joined by "and"; the values of one, separated by commas, by "or".
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EntryQuery {
    /// Only what is about this: `task:<id>`, `worker:<number>`, `run:<number>`, `manifest:<path>`, `pipeline:<root family>`,
    /// `scheduler`, or an entity's ref; about an entity is also what its pipelines showed.
    #[param(example = "component:default/payments-api")]
    subject: Option<String>,
    /// Only these kinds; one that ends in a dot means all that begin with it: `entity.`
    #[param(example = "entity.,manifest.")]
    kind: Option<String>,
    /// Only by these principals.
    principal: Option<String>,
    /// Only what happened at this time or later, as RFC 3339.
    since: Option<String>,
    /// Only what happened before this time, as RFC 3339.
    until: Option<String>,
    /// `asc` (if not given): in order; `desc`: the latest first
    order: Option<String>,
    /// From this one on, in that order; entries are counted from 0. Not given: from the first, or from the last.
    from: Option<u64>,
    /// At most so many: 1 to 1,000.
    limit: Option<usize>,
}

impl EntryQuery {
    /// In the store's terms, but for what belongs to an entity.
    fn filter(&self, limit: usize) -> Result<EntryFilter, ApiError> {
        let time = |name: &str, written: &Option<String>| written.as_deref().map(|at| moment(name, at)).transpose();
        Ok(EntryFilter {
            subjects: self.subject.iter().cloned().collect(),
            kinds: alternatives("kind", self.kind.as_deref())?,
            principals: alternatives("principal", self.principal.as_deref())?,
            since: time("since", &self.since)?,
            until: time("until", &self.until)?,
            from: self.from,
            descending: descending(self.order.as_deref())?,
            limit,
        })
    }
}

/// Lists entries, each with one sentence that says what happened.
#[utoipa::path(
    get, path = "/ledger/entries", tag = "ledger", operation_id = "listEntries", params(EntryQuery),
    responses((status = OK, body = EntryPage), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn entries(State(api): State<Arc<Api>>, Params(query): Params<EntryQuery>) -> Answer<EntryPage> {
    let slice = Slice::of(None, query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let mut filter = query.filter(slice.limit)?;
    let page = api.large(move |store| {
        store.read(|model| add_pipelines(model, &mut filter.subjects));
        let found = store.entries_found(&filter)?;
        Ok(EntryPage { items: views(store, &found.items), size: store.head().size, next_from: found.next })
    });
    Ok(Json(page.await?))
}

/// What an entity's pipelines showed is about them.
fn add_pipelines(model: &Model, subjects: &mut Vec<String>) {
    let entity = subjects.first().and_then(|subject| EntityRef::parse(subject).ok());
    let Some(view) = entity.as_ref().and_then(|entity| model.catalog.get(entity)) else { return };
    // LIMIT: each is looked for in every group of entries.
    let pipelines = view.pipelines.iter().take(FILTER_VALUES_MAX);
    subjects.extend(pipelines.map(|pipeline| format!("pipeline:{}", pipeline.root)));
}

/// Entries with their sentences, made in slices.
fn views(store: &Store, entries: &[Recorded]) -> Vec<EntryView> {
    let mut views = Vec::with_capacity(entries.len());
    for slice in entries.chunks(SLICE_ENTITIES) {
        let sentences: Vec<String> = store.read(|model| {
            let sentence = |recorded: &Recorded| {
                let body = &recorded.entry.body;
                recorded.fact.as_ref().map(|fact| sentence(model, &body.principal, &fact.event)).unwrap_or_default()
            };
            slice.iter().map(sentence).collect()
        });
        views.extend(slice.iter().zip(sentences).map(|(recorded, sentence)| EntryView::of(recorded, sentence)));
    }
    views
}

/// Which leaves.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LeafQuery {
    /// From this one on; entries are counted from 0.
    from: u64,
    /// At most so many: 1 to 10,000.
    limit: Option<usize>,
}

/// Gives entries as they were hashed: one leaf of canonical JSON on each line, at most 10,000 of them. All of them rebuild
/// the tree; `X-Ledger-Size` says how many there are.
#[utoipa::path(
    get, path = "/ledger/leaves", tag = "ledger", operation_id = "listLeaves", params(LeafQuery),
    responses(
        (status = OK, content_type = "application/jsonl", body = String, headers(("X-Ledger-Size" = u64, description = "Entries in the ledger"))),
        (status = BAD_REQUEST, body = ErrorBody)
    )
)]
pub(super) async fn leaves(
    State(api): State<Arc<Api>>,
    Params(query): Params<LeafQuery>,
) -> Result<Response, ApiError> {
    let slice = Slice::of(None, query.limit, LEAVES_MAX, LEAVES_MAX)?;
    let read = api.large(move |store| {
        let mut text = Vec::new();
        for recorded in store.entries(query.from, slice.limit)? {
            let start = text.len();
            if recorded.entry.body.encode_into(recorded.entry.seq, &mut text).is_err() {
                // It was decoded from this form, so it has it.
                text.truncate(start);
            }
            text.push(b'\n');
        }
        Ok((text, store.head().size))
    });
    let (text, size) = read.await?;
    let mut reply = Response::new(Body::from(text));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jsonl"));
    reply.headers_mut().insert("x-ledger-size", HeaderValue::from(size));
    Ok(reply)
}

/// Shows an entry.
#[utoipa::path(
    get, path = "/ledger/entries/{seq}", tag = "ledger", operation_id = "getEntry",
    params(("seq" = u64, Path, description = "Its place, from 0")),
    responses((status = OK, body = EntryView), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn entry(State(api): State<Arc<Api>>, Segments(seq): Segments<u64>) -> Answer<EntryView> {
    let entry = api.large(move |store| match store.entry(seq)? {
        Some(entry) => views(store, &[entry]).pop().ok_or(StoreError::Closed.into()),
        None => Err(ApiError::from(StoreError::NoSuchEntry { seq, size: store.head().size })),
    });
    Ok(Json(entry.await?))
}

/// Proves that an entry is in the ledger, by a checkpoint of now.
#[utoipa::path(
    get, path = "/ledger/entries/{seq}/proof", tag = "ledger", operation_id = "proveEntry",
    params(("seq" = u64, Path, description = "Its place, from 0")),
    responses((status = OK, body = EntryProof), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn proof(State(api): State<Arc<Api>>, Segments(seq): Segments<u64>) -> Answer<EntryProof> {
    let proof = api.large(move |store| {
        let proof = store.prove(seq)?;
        let entry = store.entry(seq)?.ok_or_else(|| StoreError::NoSuchEntry { seq, size: store.head().size })?;
        Ok(EntryProof::of(leaf(&entry), &proof, store.verifying_key().to_string()))
    });
    Ok(Json(proof.await?))
}
