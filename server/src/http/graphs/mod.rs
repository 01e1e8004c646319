//! Routes of graphs: the tasks of a run, the tasks around one that the scheduler knows, the entities around one.
//!
//! Where nodes stand is worked out by [`bussola_domain::layout`] and kept by the graph's structure: while a run goes on its
//! statuses change, its picture mostly does not.

mod entities;
mod layouts;
mod svg;
mod tasks;
mod timeline;

pub(super) use entities::*;
pub(super) use layouts::Layouts;
pub(super) use tasks::*;
pub(super) use timeline::*;

use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::{HeaderMap, HeaderValue, Method};
use serde::Serialize;

use super::error::{ApiError, ErrorCode};
use crate::reply::{self, Wishes};

/// As the other answers say it.
const JSON: &str = "application/json";
const SVG: &str = "image/svg+xml";

/// A graph as JSON, in the form that is sent.
fn json<T: Serialize>(graph: &T) -> Result<String, ApiError> {
    serde_json::to_string(graph)
        .map_err(|error| ApiError::new(ErrorCode::Internal, format!("cannot write the answer: {error}"), ""))
}

/// Sends a graph, tagged and compressed: who asks again and again for one that has not changed gets nothing anew.
async fn send(content_type: &'static str, body: String, method: &Method, headers: &HeaderMap) -> Response {
    let mut reply = reply::send(content_type, body.into(), Wishes::of(method, headers)).await;
    // It may be kept, and must be asked about before it is shown again.
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if content_type == SVG
        && let Ok(policy) = HeaderValue::from_str(&svg::policy())
    {
        reply.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    reply
}
