//! Routes of the ledger.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bussola_store::StoreError;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::error::ApiError;
use super::extract::{Answer, Json, Params, Segments, Slice};
use super::limits::{LEAVES_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use super::wire::error::ErrorBody;
use super::wire::ledger::{CheckpointNote, EntryPage, EntryProof, EntryView, Head};

/// Says how many entries there are, and their root.
#[utoipa::path(
    get, path = "/ledger/head", tag = "ledger", operation_id = "getLedgerHead", responses((status = OK, body = Head))
)]
pub(super) async fn head(State(api): State<Arc<Api>>) -> Answer<Head> {
    // Only what is committed is in the head.
    Ok(Json(Head::of(api.app.store.head())))
}

/// Signs the head: a note to keep where the operator of this server cannot reach it.
#[utoipa::path(
    get, path = "/ledger/checkpoint", tag = "ledger", operation_id = "getCheckpoint",
    responses((status = OK, body = CheckpointNote))
)]
pub(super) async fn checkpoint(State(api): State<Arc<Api>>) -> Answer<CheckpointNote> {
    let note =
        api.large(|store| Ok(CheckpointNote { note: store.checkpoint()?, vkey: store.verifying_key().to_string() }));
    Ok(Json(note.await?))
}

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EntryQuery {
    /// From this one on; entries are counted from 0.
    from: u64,
    /// At most so many: 1 to 1,000.
    limit: Option<usize>,
}

/// Lists entries in order.
#[utoipa::path(
    get, path = "/ledger/entries", tag = "ledger", operation_id = "listEntries", params(EntryQuery),
    responses((status = OK, body = EntryPage), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn entries(State(api): State<Arc<Api>>, Params(query): Params<EntryQuery>) -> Answer<EntryPage> {
    let slice = Slice::of(None, query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let page = api.large(move |store| {
        let items: Vec<EntryView> = store.entries(query.from, slice.limit)?.iter().map(EntryView::of).collect();
        let size = store.head().size;
        let next_from = items.last().map(|entry| entry.seq + 1).filter(|&next| next < size);
        Ok(EntryPage { items, size, next_from })
    });
    Ok(Json(page.await?))
}

/// Gives entries as they were hashed: one leaf of canonical JSON on each line, at most 10,000 of them. All of them rebuild
/// the tree; `X-Ledger-Size` says how many there are.
#[utoipa::path(
    get, path = "/ledger/leaves", tag = "ledger", operation_id = "listLeaves", params(EntryQuery),
    responses(
        (status = OK, content_type = "application/jsonl", body = String, headers(("X-Ledger-Size" = u64, description = "Entries in the ledger"))),
        (status = BAD_REQUEST, body = ErrorBody)
    )
)]
pub(super) async fn leaves(
    State(api): State<Arc<Api>>,
    Params(query): Params<EntryQuery>,
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
        Some(entry) => Ok(EntryView::of(&entry)),
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
        Ok(EntryProof::of(EntryView::of(&entry).leaf, &proof, store.verifying_key().to_string()))
    });
    Ok(Json(proof.await?))
}
