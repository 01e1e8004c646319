//! The stream of events: one for each committed entry, as server-sent events.
//!
//! INVARIANT: nothing is skipped. A client that was away says what it saw last, and gets the rest from the ledger; one that
//! reads slowly is caught up from there too, so that it costs a bounded buffer and nobody waits for it.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bussola_domain::id::{RunId, Timestamp};
use bussola_store::{Committed, StoreError};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;

use super::api::Api;
use super::error::{ApiError, ErrorCode};
use super::extract::Params;
use super::limits::{EVENT_TAKEN_MAX, EVENTS_CHUNK, EVENTS_WAITING_MAX, HEARTBEAT, WATCHERS_MAX};
use super::wire::error::ErrorBody;
use super::wire::ledger::EventData;
use super::wire::time;

/// From where.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EventQuery {
    /// From this entry on; not given: what comes from now on. The header `Last-Event-ID` goes before it.
    from: Option<u64>,
}

/// Follows the ledger: one event for each committed entry, with its number as the event's id and its kind as the event's
/// type. `Last-Event-ID` goes on from there. A comment comes after 15 s of silence.
#[utoipa::path(
    get, path = "/events", tag = "server", operation_id = "followEvents",
    params(EventQuery, ("Last-Event-ID" = Option<u64>, Header, description = "The last event that was seen")),
    responses(
        (status = OK, description = "Server-sent events; the data of each is `EventData`", content_type = "text/event-stream", body = String),
        (status = BAD_REQUEST, body = ErrorBody),
        (status = SERVICE_UNAVAILABLE, description = "Too many follow already", body = ErrorBody)
    )
)]
pub(super) async fn events(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Params(query): Params<EventQuery>,
) -> Result<Response, ApiError> {
    let Ok(place) = api.watchers.clone().try_acquire_owned() else {
        let message = format!("{WATCHERS_MAX} clients follow the event stream already");
        return Err(ApiError::new(ErrorCode::TooManyWatchers, message, "close some, or try again later"));
    };
    let seen = match headers.get("last-event-id").map(|value| value.to_str().map(str::parse::<u64>)) {
        None => None,
        Some(Ok(Ok(seq))) => Some(seq),
        Some(_) => {
            return Err(ApiError::parameter(
                "`Last-Event-ID` is not a number",
                "send the id of the last event that was seen",
            ));
        }
    };
    // Subscribed before the head is read: what is committed in between is in one of them.
    let committed = api.app.store.subscribe();
    let head = api.app.store.head().size;
    let next = seen.map(|seq| seq.saturating_add(1)).or(query.from).unwrap_or(head);
    // A client that has seen more than there is followed another ledger.
    let next = next.min(head);
    let (sender, body) = Channel::new(EVENTS_WAITING_MAX);
    tokio::spawn(follow(api, committed, next, sender, place));
    let mut reply = Response::new(Body::new(body));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // nginx would hold events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(reply)
}

async fn follow(
    api: Arc<Api>,
    mut committed: Receiver<Arc<Committed>>,
    mut next: u64,
    mut sender: Sender<Bytes>,
    _place: OwnedSemaphorePermit,
) {
    let mut stopping = api.stopping();
    // A first comment, so that a client knows at once that it is connected.
    let mut text = String::from(": bussola\n\n");
    loop {
        if !text.is_empty() {
            let sent = sender.send_data(Bytes::from(std::mem::take(&mut text)));
            match tokio::time::timeout(EVENT_TAKEN_MAX, sent).await {
                Ok(Ok(())) => {}
                // Gone, or as good as gone.
                Ok(Err(_)) | Err(_) => return,
            }
        }
        if next < api.app.store.head().size {
            match chunk(&api, next).await {
                Ok((upto, events)) if upto > next => (next, text) = (upto, events),
                Ok(_) => return,
                Err(error) => {
                    // The client comes back with the last event that it saw.
                    tracing::warn!(%error, "cannot read entries for the event stream");
                    return;
                }
            }
            continue;
        }
        let received = tokio::select! {
            received = tokio::time::timeout(HEARTBEAT, committed.recv()) => received,
            // The stream ends, so that the server need not wait for a client that never leaves.
            _ = stopping.changed() => return,
        };
        match received {
            // Already sent from the ledger.
            Ok(Ok(entry)) if entry.seq < next => {}
            Ok(Ok(entry)) if entry.seq == next => {
                write_event(&mut text, entry.seq, entry.at, entry.kind, &entry.subject, entry.run);
                next += 1;
            }
            // A gap: the loop reads it from the ledger.
            Ok(Ok(_) | Err(RecvError::Lagged(_))) => {}
            Ok(Err(RecvError::Closed)) => return,
            Err(_) => text.push_str(": still here\n\n"),
        }
    }
}

/// Events from the ledger, and the number after the last.
async fn chunk(api: &Arc<Api>, from: u64) -> Result<(u64, String), StoreError> {
    let read = api.app.read_large(move |store| {
        let mut text = String::new();
        let mut next = from;
        for recorded in store.entries(from, EVENTS_CHUNK)? {
            let (seq, body) = (recorded.entry.seq, &recorded.entry.body);
            write_event(&mut text, seq, Timestamp(body.at_us), &body.kind, &body.subject, body.run.map(RunId));
            next = seq + 1;
        }
        Ok((next, text))
    });
    read.await.map_err(|unavailable| unavailable.0)?
}

fn write_event(text: &mut String, seq: u64, at: Timestamp, kind: &str, subject: &str, run: Option<RunId>) {
    let data =
        EventData { seq, at: time(at), kind: kind.to_owned(), subject: subject.to_owned(), run: run.map(|run| run.0) };
    // JSON has no line breaks outside its texts, and none inside them either.
    let data = serde_json::to_string(&data).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = write!(text, "id: {seq}\nevent: {kind}\ndata: {data}\n\n");
}
