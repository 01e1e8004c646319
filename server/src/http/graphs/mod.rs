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

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::Response;
use bussola_store::Store;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use serde::Serialize;

use super::api::Api;
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

/// How a graph is told: as data or as a picture, each under its media type.
struct Form<G> {
    content_type: &'static str,
    write: fn(&G) -> Result<String, ApiError>,
}

/// What of a request says how its answer is sent.
pub(super) struct Asked {
    method: Method,
    headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asked, Infallible> {
        Ok(Asked { method: parts.method.clone(), headers: parts.headers.clone() })
    }
}

/// Makes a graph, and sends it in a form.
async fn answer<G: 'static>(
    api: &Api,
    make: impl FnOnce(&Store, &Layouts) -> Result<G, ApiError> + Send + 'static,
    form: Form<G>,
    asked: &Asked,
) -> Result<Response, ApiError> {
    let layouts = api.layouts.clone();
    let body = api.large(move |store| (form.write)(&make(store, &layouts)?)).await?;
    Ok(send(form.content_type, body, &asked.method, &asked.headers).await)
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
