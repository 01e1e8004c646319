//! luigid's network face: `/api/<method>`, `/`, `/static/...`, `/history/...`, `/metrics`.
//!
//! An unmodified Luigi client finds what it knows from luigid 3.8.1. What is deliberately different: errors say their
//! reason, nothing answers 500 to a valid call (a client retries that for a minute), and pages that luigid only has with
//! a task history are always there.

mod arguments;
mod call;
mod cors;
mod form;
mod graph;
mod lists;
mod method;
mod operate;
mod pages;
mod task_json;
mod upstream;
mod work;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, get};
use bussola_domain::access::{Action, Credential, Denial, Resource};
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method as Verb, StatusCode};
use http_body_util::BodyExt;

pub use method::Method;
pub(crate) use pages::plain_page;

use crate::app::App;
use crate::config::RequireIdentity;
use crate::limits::{BODY_BYTES_MAX, BODY_SILENCE_MAX};
use crate::luigi::arguments::Arguments;
use crate::luigi::call::Failure;
use crate::reply::{self, JSON, Text, Wishes};

/// Everything that luigid answers.
pub fn router(app: Arc<App>) -> Router<Arc<App>> {
    let pages = Router::new()
        .route("/static/{*file}", get(pages::file))
        .route("/tasklist", get(pages::tasklist))
        .route("/tasklist/{name}", get(pages::tasklist_of))
        .route("/history", get(pages::history))
        .route("/history/by_name/{name}", get(pages::history_by_name))
        .route("/history/by_id/{id}", get(pages::history_by_id))
        .route("/history/by_task_id/{id}", get(pages::history_by_task_id))
        .route("/history/by_params/{name}", get(pages::history_by_params))
        .route("/metrics", get(pages::metrics))
        .route_layer(from_fn_with_state(app, look_first));
    Router::new().route("/api/{*method}", any(rpc)).route("/", any(pages::root)).merge(pages)
}

/// A page shows runs and tasks: whoever asks must be allowed to look at them.
async fn look_first(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let context = match app.context(request.headers()) {
        Ok(context) => context,
        Err(error) => return unidentified(&error.to_string()),
    };
    match app.may(&context, Action::ReadRuns, Resource::Scheduler).await {
        Ok(()) => next.run(request).await,
        Err(denial) => refused_to(&denial),
    }
}

async fn rpc(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if head.method == Verb::OPTIONS {
        let mut reply = reply::empty(StatusCode::NO_CONTENT);
        cors::preflight(&app.cors, &head.headers, reply.headers_mut());
        return reply;
    }
    if head.method != Verb::GET && head.method != Verb::POST {
        return reply::error(StatusCode::METHOD_NOT_ALLOWED, "");
    }
    if let Some(reason) = foreign_page(&app, &head.headers) {
        return reply::error(StatusCode::FORBIDDEN, reason);
    }
    let name = head.uri.path().strip_prefix("/api/").unwrap_or("");
    let Some(method) = Method::parse(name) else {
        return reply::error(StatusCode::NOT_FOUND, "no such method");
    };
    let context = match app.context(&head.headers) {
        Ok(context) => context,
        Err(error) => return unidentified(&error.to_string()),
    };
    if context.caller.credential == Credential::Unverified {
        match app.require_identity {
            RequireIdentity::Off => {}
            // A worker tells about itself once: a line for each, and not for each of its calls.
            RequireIdentity::Record if method == Method::AddWorker => {
                tracing::warn!("a worker does not say who it is: put a token into its scheduler URL");
            }
            RequireIdentity::Record => {}
            RequireIdentity::Enforce => return unidentified(NO_IDENTITY),
        }
    }
    let body = match read_body(&head.headers, body).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let began = Instant::now();
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Ok(data) = form::data(head.uri.query(), content_type, &body) else {
        return reply::error(StatusCode::BAD_REQUEST, "`data` is not UTF-8");
    };
    drop(body);
    let answer = match Arguments::parse(data.as_deref().unwrap_or("{}")) {
        Ok(arguments) => call::call(&app, &context, method, arguments).await,
        Err(refusal) => Err(refusal.into()),
    };
    app.meters.called(method, began.elapsed(), answer.is_ok());
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return refused(method, &failure),
    };
    let wishes = Wishes::of(&head.method, &head.headers);
    let mut sent = reply::send(JSON, Text::response(answer), wishes).await;
    cors::answer(&app.cors, &head.headers, sent.headers_mut());
    sent
}

/// Luigi's calls need no more than a link, so any page that a browser shows could make one. A page of another site may not,
/// unless `[cors]` allows its origin; nor may one that has given this server a name of its own (DNS rebinding). Luigi's
/// clients and tools are no browsers and send none of these headers.
fn foreign_page(app: &App, headers: &HeaderMap) -> Option<&'static str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_browser = text("user-agent").starts_with("Mozilla/") || headers.contains_key("sec-fetch-site");
    if !is_browser {
        return None;
    }
    if matches!(text("sec-fetch-site"), "cross-site" | "same-site") && !cors::allows(&app.cors, headers) {
        return Some("pages of other sites may not call this server: [cors] can allow their origin");
    }
    if !app.hosts.allows(text("host")) {
        return Some("this server does not go by that name: call it by localhost, or name it in [serve] hosts");
    }
    None
}

/// To a worker that must say who it is.
const NO_IDENTITY: &str = "workers must say who they are here: put a token into the scheduler's URL, as in \
                           http://worker:TOKEN@host:8082 (bussola token create)";

/// A client that said who it is gets asked again; Luigi's has no other answer than the one in its URL, and fails.
fn unidentified(reason: &str) -> Response {
    let mut reply = reply::error(StatusCode::UNAUTHORIZED, reason);
    reply
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"bussola\", charset=\"UTF-8\""));
    reply
}

/// Whoever is not known, or no longer, should say who they are.
fn refused_to(denial: &Denial) -> Response {
    match denial.why.asks_to_sign_in() {
        true => unidentified(&denial.to_string()),
        false => reply::error(StatusCode::FORBIDDEN, &denial.to_string()),
    }
}

fn refused(method: Method, failure: &Failure) -> Response {
    match failure {
        Failure::Denied(denial) => refused_to(denial),
        Failure::Refused(refusal) => {
            tracing::debug!(method = method.as_str(), %refusal, "refused a call");
            reply::error(StatusCode::INTERNAL_SERVER_ERROR, &format!("{}: {refusal}", method.as_str()))
        }
        Failure::Unavailable(reason) => {
            tracing::warn!(method = method.as_str(), %reason, "cannot keep a call");
            reply::error(StatusCode::SERVICE_UNAVAILABLE, reason)
        }
    }
}

/// Reads a body of bounded size from a client that keeps talking.
async fn read_body(headers: &HeaderMap, mut body: Body) -> Result<Bytes, Response> {
    let too_large = || {
        let reason = format!("the body is larger than {BODY_BYTES_MAX} bytes");
        reply::error(StatusCode::PAYLOAD_TOO_LARGE, &reason)
    };
    let announced =
        headers.get(http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES_MAX as u64) {
        return Err(too_large());
    }
    let mut first = Bytes::new();
    let mut gathered = BytesMut::new();
    loop {
        let frame = match tokio::time::timeout(BODY_SILENCE_MAX, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_))) => return Err(reply::error(StatusCode::BAD_REQUEST, "the body broke off")),
            Ok(None) => break,
            Err(_) => return Err(reply::error(StatusCode::REQUEST_TIMEOUT, "the body did not arrive")),
        };
        let Ok(bytes) = frame.into_data() else { continue };
        if first.len() + gathered.len() + bytes.len() > BODY_BYTES_MAX {
            return Err(too_large());
        }
        // Nearly every body is one frame, which then is not copied.
        if first.is_empty() && gathered.is_empty() {
            first = bytes;
        } else {
            if gathered.is_empty() {
                gathered.reserve(announced.map_or(0, |length| length as usize));
                gathered.extend_from_slice(&first);
                first = Bytes::new();
            }
            gathered.extend_from_slice(&bytes);
        }
    }
    Ok(if gathered.is_empty() { first } else { gathered.freeze() })
}
