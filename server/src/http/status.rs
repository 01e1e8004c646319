//! The server as a whole.

use std::sync::Arc;

use axum::extract::State;
use bussola_domain::scheduler::Status as TaskStatus;

use super::api::Api;
use super::extract::{Answer, Json};
use super::wire::ledger::Head;
use super::wire::run::TaskCounts;
use super::wire::status::Status;
use super::wire::time;
use crate::app::system_now;

/// Says how the server is.
#[utoipa::path(get, path = "/status", tag = "server", responses((status = OK, body = Status)))]
pub(super) async fn status(State(api): State<Arc<Api>>) -> Answer<Status> {
    let catalog = api.catalog_counts().await?;
    let started = api.started;
    let uptime_s = system_now().0.saturating_sub(started.0).max(0) as u64 / 1_000_000;
    let ledger = Head::of(api.app.store.head(), &api.app.store, &api.app.witnesses);
    let status = api.ask(|model| {
        let scheduler = &model.scheduler;
        let mut tasks = TaskCounts::default();
        for status in TaskStatus::ALL {
            tasks.add(status, scheduler.count(status));
        }
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: time(started),
            uptime_s,
            paused: scheduler.is_paused(),
            tasks,
            workers: scheduler.all_workers().count(),
            runs_live: model.runs.all_live().filter(|(_, run)| run.ended.is_none()).count(),
            ledger,
            catalog,
        }
    });
    Ok(Json(status.await?))
}
