//! The REST API under `/api/v1`: the catalog, runs, tasks, explanations, the ledger and a stream of events.
//!
//! Handlers only convert: questions go to the model or the history, commands to the writer. The OpenAPI document is made
//! from the same declarations as the routes, so it lists what there is; `docs/api.md` is its reader's guide.
//!
//! INVARIANT: an answer leaves after everything that it saw is committed.
//! INVARIANT: what walks through much is read off the threads that answer workers.

mod access;
mod api;
mod catalog;
mod changes;
pub mod error;
mod events;
mod evidence;
mod explain;
mod extract;
mod gate;
mod graphs;
mod guard;
mod ledger;
pub mod limits;
mod manifest;
mod owners;
mod pipelines;
mod runs;
mod scheduler;
mod search;
mod status;
mod tasks;
mod tiles;
pub mod wire;

#[cfg(test)]
mod access_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use api::Api;
pub use guard::Hosts;

use error::{ApiError, ErrorCode};

/// Where the API is.
pub const BASE: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bussola",
        description = "A software catalog and a workflow engine on one provable ledger.\n\n\
            Times are RFC 3339 in UTC with microseconds. Members that are unknown are left out. Lists have limits, and say \
            where the next page starts. Requests that change something are announced as `application/json`. Errors carry a \
            stable code; `docs/errors` has a line for each.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(wire::error::ErrorBody, wire::ledger::EventData)),
    tags(
        (name = "catalog", description = "What exists, who answers for it, what depends on what"),
        (name = "runs", description = "What was executed, and how it went"),
        (name = "tasks", description = "Single tasks: why they wait, and what can be done to them"),
        (name = "scheduler", description = "Workers, resources, pausing"),
        (name = "ledger", description = "The record of what happened, and its proofs"),
        (name = "access", description = "Who is known, their sessions and tokens"),
        (name = "server", description = "The server as a whole")
    )
)]
struct Document;

/// Every route with its place in the OpenAPI document.
fn declared() -> OpenApiRouter<Arc<Api>> {
    let routes = OpenApiRouter::new()
        .routes(routes!(access::me))
        .routes(routes!(access::my_sessions))
        .routes(routes!(access::my_tokens, access::make_my_token))
        .routes(routes!(access::all_sessions))
        .routes(routes!(access::end_session))
        .routes(routes!(access::all_tokens))
        .routes(routes!(access::revoke_token))
        .routes(routes!(access::principals))
        .routes(routes!(access::make_token_for))
        .routes(routes!(access::make_service))
        .routes(routes!(status::status))
        .routes(routes!(search::search))
        .routes(routes!(catalog::list))
        .routes(routes!(catalog::show))
        .routes(routes!(catalog::owner))
        .routes(routes!(manifest::show))
        .routes(routes!(catalog::blast))
        .routes(routes!(catalog::dependencies))
        .routes(routes!(graphs::entity))
        .routes(routes!(graphs::entity_svg))
        .routes(routes!(catalog::problems))
        .routes(routes!(catalog::apply))
        .routes(routes!(catalog::check))
        .routes(routes!(catalog::export))
        .routes(routes!(owners::list))
        .routes(routes!(owners::teams))
        .routes(routes!(owners::show))
        .routes(routes!(pipelines::list))
        .routes(routes!(runs::list))
        .routes(routes!(runs::compare))
        .routes(routes!(runs::show))
        .routes(routes!(runs::tasks))
        .routes(routes!(changes::changes))
        .routes(routes!(runs::explain))
        .routes(routes!(runs::retry))
        .routes(routes!(graphs::run))
        .routes(routes!(graphs::run_svg))
        .routes(routes!(graphs::timeline))
        .routes(routes!(tasks::show))
        .routes(routes!(tasks::explain))
        .routes(routes!(graphs::task))
        .routes(routes!(tasks::forgive))
        .routes(routes!(tasks::re_enable))
        .routes(routes!(tasks::done))
        .routes(routes!(tasks::send))
        .routes(routes!(tasks::answer))
        .routes(routes!(scheduler::pause))
        .routes(routes!(scheduler::unpause))
        .routes(routes!(scheduler::workers))
        .routes(routes!(scheduler::disable_worker))
        .routes(routes!(scheduler::set_processes))
        .routes(routes!(scheduler::resources))
        .routes(routes!(scheduler::set_resource))
        .routes(routes!(ledger::head))
        .routes(routes!(ledger::checkpoint))
        .routes(routes!(ledger::entries))
        .routes(routes!(ledger::leaves))
        .routes(routes!(ledger::entry))
        .routes(routes!(ledger::proof))
        .routes(routes!(evidence::text))
        .routes(routes!(evidence::name))
        .routes(routes!(evidence::record))
        .routes(routes!(events::events));
    OpenApiRouter::with_openapi(Document::openapi()).nest(BASE, routes)
}

/// The OpenAPI document, as committed in `openapi.json`.
pub fn openapi() -> String {
    let (_, document) = declared().split_for_parts();
    // The document is plain data, which serde has no reason to refuse.
    document.to_pretty_json().unwrap_or_default() + "\n"
}

/// All of it over one application.
pub fn router(api: Arc<Api>, hosts: Hosts) -> Router {
    let (routes, document) = declared().split_for_parts();
    let document: Arc<str> = document.to_pretty_json().unwrap_or_default().into();
    let no_route = || async {
        ApiError::new(ErrorCode::NoSuchRoute, "the API has no such path", "`GET /api/v1/openapi.json` lists all paths")
    };
    let no_method = || async {
        ApiError::new(
            ErrorCode::MethodNotAllowed,
            "the path does not know this method",
            "`GET /api/v1/openapi.json` lists the methods of each path",
        )
    };
    routes
        .route(
            "/api/v1/openapi.json",
            get(move || async move { ([("content-type", "application/json")], document.to_string()) }),
        )
        // Where C2SP tlog-tiles has them: below the prefix of the log, which is this server.
        .route("/checkpoint", get(tiles::checkpoint))
        .route("/tile/{*path}", get(tiles::tile))
        // Otherwise what is not ours would be Luigi's, whose errors are pages.
        .route("/api/v1", any(no_route))
        .route("/api/v1/{*path}", any(no_route))
        .method_not_allowed_fallback(no_method)
        .layer(from_fn_with_state(api.clone(), gate::gate))
        .layer(from_fn_with_state(Arc::new(hosts), guard::guard))
        .with_state(api)
}
