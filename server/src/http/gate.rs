//! Who sends a request to the API, and whether they may look at what they ask for. What changes something is decided where
//! commands are executed.
//!
//! INVARIANT: a path that is not known here is not answered: a new one is closed until somebody says what it shows.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bussola_domain::access::{Action, Resource};
use bussola_store::StoreError;
use http::Method;

use super::BASE;
use super::api::Api;
use super::error::{ApiError, ErrorCode};

/// What a path shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// What anybody may know, to find out how to come in.
    Nothing,
    /// This.
    What(Action),
    /// It executes a command, which is decided then.
    Command,
}

/// What a request to a path below [`BASE`] looks at; none: it is not said.
pub(super) fn shows(method: &Method, path: &str) -> Option<Shows> {
    let looks = matches!(*method, Method::GET | Method::HEAD);
    Some(match path.trim_start_matches('/').split('/').next()? {
        "openapi.json" => Shows::Nothing,
        // What is one's own.
        "me" if looks => Shows::Nothing,
        "catalog" if path == "/catalog/check" => Shows::What(Action::ReadCatalog),
        "pause" | "unpause" => Shows::Command,
        _ if !looks => Shows::Command,
        "search" | "catalog" | "owners" | "teams" | "pipelines" => Shows::What(Action::ReadCatalog),
        "status" | "runs" | "tasks" | "scheduler" | "workers" | "resources" | "events" => Shows::What(Action::ReadRuns),
        "access" => Shows::What(Action::ReadAccess),
        "ledger" => Shows::What(Action::ReadLedger),
        _ => return None,
    })
}

/// The whole of what is looked at.
pub(crate) fn whole(action: Action) -> Resource {
    match action {
        Action::ReadCatalog => Resource::Catalog,
        Action::ReadLedger => Resource::Ledger,
        Action::ReadAccess => Resource::Access,
        _ => Resource::Scheduler,
    }
}

/// Lets a request through with who sends it, or answers why not.
pub(super) async fn gate(State(api): State<Arc<Api>>, mut request: Request, next: Next) -> Response {
    let context = match api.app.context(request.headers()) {
        Ok(context) => context,
        Err(error) => {
            let hint = "sign in again with `bussola login`, or make another token";
            return ApiError::new(ErrorCode::NotIdentified, error.to_string(), hint).into_response();
        }
    };
    // What matches no path is told so, whoever asks.
    let path = request.extensions().get::<MatchedPath>().and_then(|path| path.as_str().strip_prefix(BASE));
    if let Some(path) = path.filter(|path| !matches!(*path, "" | "/{*path}")) {
        match shows(request.method(), path) {
            Some(Shows::Nothing | Shows::Command) => {}
            Some(Shows::What(action)) => {
                if let Err(denial) = api.app.may(&context, action, whole(action)).await {
                    return ApiError::from(StoreError::Denied { denial: Arc::new(denial) }).into_response();
                }
            }
            None => {
                let message = format!("nobody said who may see `{path}`");
                return ApiError::new(ErrorCode::Internal, message, "").into_response();
            }
        }
    }
    request.extensions_mut().insert(context);
    next.run(request).await
}
