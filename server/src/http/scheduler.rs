//! Routes of the scheduler as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use bussola_domain::access::{Action, Resource};
use bussola_domain::command::{DisableWorker, Pause, QueueMessage, ToWorkerHere, UpdateResources};
use bussola_domain::id::WorkerNo;
use bussola_domain::model::Model;
use bussola_domain::value::{Number, Value};
use bussola_store::Store;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::error::{ApiError, ErrorCode};
use super::extract::{Answer, By, Json, Params, Segments, Slice, body};
use super::limits::{BODY_BYTES_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, PROCESSES_MAX, WORKER_TASKS_MAX};
use super::wire::error::ErrorBody;
use super::wire::run::{Heard, Who};
use super::wire::status::{Paused, Processes, ResourceList, ResourceTotal, ResourceView, WorkerList, WorkerView};
use super::wire::{number, time};
use crate::app::system_now;
use crate::messages;

/// Hands out no more work; what runs goes on.
#[utoipa::path(
    post, path = "/pause", tag = "scheduler", operation_id = "pause",
    responses((status = OK, body = Paused), (status = CONFLICT, body = ErrorBody))
)]
pub(super) async fn pause(State(api): State<Arc<Api>>, by: By) -> Answer<Paused> {
    set(&api, &by, true).await
}

/// Hands out work again.
#[utoipa::path(
    post, path = "/unpause", tag = "scheduler", operation_id = "unpause",
    responses((status = OK, body = Paused), (status = CONFLICT, body = ErrorBody))
)]
pub(super) async fn unpause(State(api): State<Arc<Api>>, by: By) -> Answer<Paused> {
    set(&api, &by, false).await
}

async fn set(api: &Arc<Api>, by: &By, paused: bool) -> Answer<Paused> {
    api.decide(by, Action::OperateScheduler, Resource::Scheduler).await?;
    if !api.app.store.read(|model| model.scheduler.config().pause_enabled) {
        let message = "cannot pause or unpause: it is switched off in the configuration";
        return Err(ApiError::new(ErrorCode::PauseDisabled, message, "set `[scheduler] pause_enabled = true`"));
    }
    api.execute(by, Pause { paused }).await?;
    Ok(Json(Paused { paused: api.ask(|model| model.scheduler.is_paused()).await? }))
}

/// A page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PageQuery {
    /// Skip so many.
    offset: Option<usize>,
    /// At most so many: 1 to 1,000.
    limit: Option<usize>,
}

impl PageQuery {
    /// Which part of a list it asks for.
    pub(super) fn slice(&self) -> Result<Slice, ApiError> {
        Slice::of(self.offset, self.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)
    }
}

/// Lists workers that are here, in order of their arrival.
#[utoipa::path(
    get, path = "/workers", tag = "scheduler", operation_id = "listWorkers", params(PageQuery),
    responses((status = OK, body = WorkerList), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn workers(State(api): State<Arc<Api>>, Params(page): Params<PageQuery>) -> Answer<WorkerList> {
    let slice = page.slice()?;
    Ok(Json(api.large(move |store| Ok(worker_list(store, slice))).await?))
}

fn worker_list(store: &Store, slice: Slice) -> WorkerList {
    let (numbers, total, mut running) = store.read(|model| {
        let numbers: Vec<WorkerNo> = model.scheduler.all_workers().map(|(number, _)| number).collect();
        let total = numbers.len();
        let mut running: BTreeMap<WorkerNo, Vec<String>> = BTreeMap::new();
        for slot in model.scheduler.slots_running() {
            let task = model.scheduler.at_slot(slot);
            let Some(worker) = task.runner() else { continue };
            let tasks = running.entry(worker).or_default();
            if tasks.len() < WORKER_TASKS_MAX {
                tasks.push(task.id().to_owned());
            }
        }
        (numbers, total, running)
    });
    let shown: Vec<WorkerNo> = numbers.into_iter().skip(slice.offset).take(slice.limit).collect();
    let mut items = Vec::with_capacity(shown.len());
    for part in shown.chunks(crate::limits::SLICE_TASKS) {
        store.read(|model| {
            items.extend(
                part.iter().filter_map(|&number| view(model, number, running.remove(&number).unwrap_or_default())),
            );
        });
    }
    WorkerList { items, total, next_offset: slice.next(total) }
}

/// None: it has left since.
fn view(model: &Model, number: WorkerNo, running: Vec<String>) -> Option<WorkerView> {
    let worker = model.scheduler.worker(number)?;
    let (pending, pending_unique) = model.scheduler.pending_counts(number);
    let info = worker.info_value();
    Some(WorkerView {
        who: Who::of_worker(model, number),
        started: time(worker.started()),
        last_active: time(worker.last_active()),
        heard: Heard::of(model, number, system_now())?,
        disabled: worker.is_disabled(),
        run: model.runs.of_worker(number).map(|run| run.0),
        running,
        pending,
        pending_unique,
        processes: info.get("workers").and_then(Value::as_f64).map(|processes| processes as u64),
        first_task: info.get("first_task").and_then(Value::as_str).map(str::to_owned),
        messages: worker.messages().len(),
    })
}

fn no_worker(id: &str) -> ApiError {
    let id: String = id.chars().take(200).collect();
    let message = format!("there is no worker `{id}` here");
    ApiError::new(ErrorCode::NoSuchWorker, message, "`GET /api/v1/workers` lists those that are")
}

/// A worker after something was done to it.
async fn worker_now(api: &Api, id: &str) -> Answer<WorkerView> {
    let view = api.large({
        let id = id.to_owned();
        move |store| {
            Ok(store.read(|model| {
                let number = model.names.find(&id).and_then(|name| model.scheduler.worker_no(name))?;
                let running = model.scheduler.slots_running().into_iter().map(|slot| model.scheduler.at_slot(slot));
                let own = running.filter(|task| task.runner() == Some(number)).take(WORKER_TASKS_MAX);
                view(model, number, own.map(|task| task.id().to_owned()).collect())
            }))
        }
    });
    view.await?.map(Json).ok_or_else(|| no_worker(id))
}

/// Gives a worker no more work: it ends what it runs, and leaves. Nothing undoes this but starting it anew.
#[utoipa::path(
    post, path = "/workers/{worker}/disable", tag = "scheduler", operation_id = "disableWorker",
    params(("worker" = String, Path, description = "The client's own worker id")),
    responses((status = OK, body = WorkerView), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn disable_worker(
    State(api): State<Arc<Api>>,
    Segments(worker): Segments<String>,
    by: By,
) -> Answer<WorkerView> {
    let command = ToWorkerHere { worker: worker.clone(), command: DisableWorker { worker: worker.clone() } };
    api.execute(&by, command).await?.ok_or_else(|| no_worker(&worker))?;
    worker_now(&api, &worker).await
}

/// Asks a worker to run another number of tasks at once. It hears of it with its next call, mostly within a second.
#[utoipa::path(
    put, path = "/workers/{worker}/processes", tag = "scheduler", operation_id = "setWorkerProcesses",
    params(("worker" = String, Path, description = "The client's own worker id")), request_body = Processes,
    responses(
        (status = OK, body = WorkerView), (status = BAD_REQUEST, body = ErrorBody), (status = NOT_FOUND, body = ErrorBody)
    )
)]
pub(super) async fn set_processes(
    State(api): State<Arc<Api>>,
    Segments(worker): Segments<String>,
    by: By,
    request: Body,
) -> Answer<WorkerView> {
    let Processes { processes } = body(request, BODY_BYTES_MAX).await?;
    if processes == 0 || processes > PROCESSES_MAX {
        let message = format!("`processes` is {processes}, it can be 1 to {PROCESSES_MAX}");
        return Err(ApiError::new(ErrorCode::BadBody, message, "disable a worker that is to run nothing more"));
    }
    let content = messages::set_processes(&Value::Int(processes.into()));
    let command = ToWorkerHere { worker: worker.clone(), command: QueueMessage { worker: worker.clone(), content } };
    api.execute(&by, command).await?.ok_or_else(|| no_worker(&worker))?;
    worker_now(&api, &worker).await
}

/// Lists resources with what running tasks hold of them.
#[utoipa::path(
    get, path = "/resources", tag = "scheduler", operation_id = "listResources",
    responses((status = OK, body = ResourceList))
)]
pub(super) async fn resources(State(api): State<Arc<Api>>) -> Answer<ResourceList> {
    let list = api.ask(|model| {
        let resources = model.scheduler.resources();
        let total = resources.len();
        let view = |(name, total, used): (String, f64, f64)| ResourceView {
            holders: model.scheduler.resource_holders(&name),
            total: number(total),
            used: number(used),
            name,
        };
        ResourceList { items: resources.into_iter().take(PAGE_ITEMS_MAX).map(view).collect(), total }
    });
    Ok(Json(list.await?))
}

/// LIMIT: bytes of a resource's name. Luigi sets none; names are words in a configuration.
const RESOURCE_NAME_BYTES_MAX: usize = 256;

/// Sets how much of a resource there is.
#[utoipa::path(
    put, path = "/resources/{name}", tag = "scheduler", operation_id = "setResource",
    params(("name" = String, Path, description = "The resource")), request_body = ResourceTotal,
    responses((status = OK, body = ResourceView), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn set_resource(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    by: By,
    request: Body,
) -> Answer<ResourceView> {
    let ResourceTotal { total } = body(request, BODY_BYTES_MAX).await?;
    if !total.is_finite() || total < 0.0 {
        let message = format!("`total` is {total}, it has to be 0 or more");
        return Err(ApiError::new(ErrorCode::BadBody, message, "give the number of units that there are"));
    }
    if name.is_empty() || name.len() > RESOURCE_NAME_BYTES_MAX {
        let message = format!("the name of a resource has 1 to {RESOURCE_NAME_BYTES_MAX} bytes");
        return Err(ApiError::parameter(message, "give it a shorter name"));
    }
    let totals = BTreeMap::from([(name.clone(), Number(total))]);
    api.execute(&by, UpdateResources { totals }).await?;
    let view = api.ask(|model| ResourceView {
        total: number(model.scheduler.resource_total(&name)),
        used: number(model.scheduler.resource_used(&name)),
        holders: model.scheduler.resource_holders(&name),
        name,
    });
    Ok(Json(view.await?))
}
