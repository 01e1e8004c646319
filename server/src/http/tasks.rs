//! Routes of single tasks.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use bussola_domain::access::Action;
use bussola_domain::command::{ForgiveFailures, MarkAsDone, Moved, QueueMessage, ReEnableTask, ToWorkerHere};
use bussola_domain::explain::component_of_task;
use bussola_domain::id::RunId;
use bussola_domain::model::Model;
use bussola_domain::scheduler::Status;
use bussola_domain::value::Value;
use bussola_store::{AttemptFilter, AttemptRow, Store};

use super::api::{Api, error_text};
use super::error::{ApiError, ErrorCode};
use super::explain::attempt;
use super::extract::{Answer, By, Json, Segments, body};
use super::limits::{ATTEMPTS_MAX, BODY_BYTES_MAX, ERROR_BYTES_IN_LIST_MAX, ERROR_BYTES_MAX};
use super::wire::catalog::OwnerName;
use super::wire::error::ErrorBody;
use super::wire::explain::ExplanationView;
use super::wire::json;
use super::wire::run::{Parameter, TaskAttempt};
use super::wire::task::{MessageAnswer, MessageSent, MessageText, TaskDetail, TaskNow, TaskStatus, WaitReason};
use crate::messages;

pub(super) fn no_task(id: &str) -> ApiError {
    let id: String = id.chars().take(200).collect();
    ApiError::new(
        ErrorCode::NoSuchTask,
        format!("there is no task `{id}`"),
        "`bussola runs` lists runs, `bussola runs show ID` their tasks",
    )
}

/// Shows a task: what it is, what the scheduler knows now, what was tried.
#[utoipa::path(
    get, path = "/tasks/{id}", tag = "tasks", operation_id = "getTask",
    params(("id" = String, Path, description = "Luigi's task id")),
    responses((status = OK, body = TaskDetail), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn show(State(api): State<Arc<Api>>, Segments(id): Segments<String>) -> Answer<TaskDetail> {
    Ok(Json(api.large(move |store| detail(store, &id)).await?))
}

fn detail(store: &Store, id: &str) -> Result<TaskDetail, ApiError> {
    let filter = AttemptFilter { task: Some(id.to_owned()), limit: ATTEMPTS_MAX, ..AttemptFilter::default() };
    let rows = store.attempts(&filter)?;
    let known = store.read(|model| known_task(model, id, &rows));
    let Some((mut detail, error)) = known else { return Err(no_task(id)) };
    for (row, shown) in rows.iter().zip(&mut detail.attempts) {
        if let Some(hash) = row.error {
            shown.error = error_text(store, hash, ERROR_BYTES_IN_LIST_MAX)?;
        }
    }
    if let Some(hash) = error.or_else(|| rows.iter().find_map(|row| row.error)) {
        detail.error = error_text(store, hash, ERROR_BYTES_MAX)?;
    }
    Ok(detail)
}

fn known_task(
    model: &Model,
    id: &str,
    rows: &[AttemptRow],
) -> Option<(TaskDetail, Option<bussola_domain::id::BlobHash>)> {
    let scheduler = &model.scheduler;
    let task = scheduler.task(id);
    let family = match task {
        Some(task) => scheduler.family_of(task).to_owned(),
        None => rows.first()?.family.clone(),
    };
    let run = task.and_then(|task| task.run()).or_else(|| rows.first().and_then(|row| row.run));
    let root = run.and_then(|run| model.runs.live(run)).map_or(family.as_str(), |live| live.family.as_str());
    let component = component_of_task(model, &family, root);
    let owner = model.catalog.owner(&component).owner;
    let params = task.map(|task| scheduler.public_params(task)).unwrap_or_default();
    let detail = TaskDetail {
        id: id.to_owned(),
        module: task.and_then(|task| scheduler.module_of(task)).map(str::to_owned),
        parameters: params
            .into_iter()
            .map(|(name, value)| Parameter { name: name.to_owned(), value: json(value) })
            .collect(),
        component: component.to_string(),
        owner: owner.map(|owner| OwnerName::of(model, &owner)),
        run: run.map(|run| run.0),
        now: task.map(|task| TaskNow::of(model, task)),
        attempts: rows.iter().map(|row| shown(model, row)).collect(),
        error: None,
        family,
    };
    Some((detail, task.and_then(|task| task.error())))
}

fn shown(model: &Model, row: &AttemptRow) -> TaskAttempt {
    TaskAttempt::of(model, row.run.map(|run| RunId(run.0)), &attempt(row))
}

/// Says why a task is not done: first causes, whose they are, what they affect, what to do.
#[utoipa::path(
    get, path = "/tasks/{id}/explain", tag = "tasks", operation_id = "explainTask",
    params(("id" = String, Path, description = "Luigi's task id")),
    responses((status = OK, body = ExplanationView), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn explain(State(api): State<Arc<Api>>, Segments(id): Segments<String>) -> Answer<ExplanationView> {
    Ok(Json(api.large(move |store| super::explain::of_task(store, &id)).await?))
}

fn wrong_status(id: &str, status: Option<Status>, act: &str, allowed: &str) -> ApiError {
    match status {
        None => no_task(id),
        Some(status) => ApiError::new(
            ErrorCode::WrongStatus,
            format!("cannot {act} `{id}`: it is {}", status.as_str()),
            format!("only {allowed} can be"),
        ),
    }
}

async fn status_of(api: &Api, id: &str) -> Result<Option<Status>, ApiError> {
    api.ask(|model| model.scheduler.task(id).map(|task| task.status())).await
}

/// A task after an act on it, with what stands in its way.
async fn moved(api: &Api, id: String, status: Status) -> Result<TaskStatus, ApiError> {
    let waits = api.ask(|model| WaitReason::all(model, &id)).await?;
    let waits = waits.into_iter().filter(|wait| *wait != WaitReason::Done).collect();
    Ok(TaskStatus { id, status: status.as_str().to_owned(), waits })
}

/// Has a failed task tried again at once; its failures still count.
#[utoipa::path(
    post, path = "/tasks/{id}/forgive", tag = "tasks", operation_id = "forgiveTask",
    params(("id" = String, Path, description = "Luigi's task id")),
    responses(
        (status = OK, body = TaskStatus), (status = NOT_FOUND, body = ErrorBody), (status = CONFLICT, body = ErrorBody)
    )
)]
pub(super) async fn forgive(State(api): State<Arc<Api>>, Segments(id): Segments<String>, by: By) -> Answer<TaskStatus> {
    match api.execute(&by, ForgiveFailures { task: id.clone() }).await? {
        Some(Moved { changed: true, status }) => Ok(Json(moved(&api, id, status).await?)),
        refused => Err(wrong_status(&id, refused.map(|moved| moved.status), "forgive", "tasks that are FAILED")),
    }
}

/// Switches a task on again that the scheduler disabled after too many failures.
#[utoipa::path(
    post, path = "/tasks/{id}/re-enable", tag = "tasks", operation_id = "reEnableTask",
    params(("id" = String, Path, description = "Luigi's task id")),
    responses(
        (status = OK, body = TaskStatus), (status = NOT_FOUND, body = ErrorBody), (status = CONFLICT, body = ErrorBody)
    )
)]
pub(super) async fn re_enable(
    State(api): State<Arc<Api>>,
    Segments(id): Segments<String>,
    by: By,
) -> Answer<TaskStatus> {
    let lifted = api.execute(&by, ReEnableTask { task: id.clone() }).await?;
    match (lifted, status_of(&api, &id).await?) {
        (true, Some(status)) => Ok(Json(moved(&api, id, status).await?)),
        (_, status) => Err(wrong_status(&id, status, "re-enable", "tasks that the scheduler itself DISABLED")),
    }
}

/// Marks a task as done, although its worker did not.
#[utoipa::path(
    post, path = "/tasks/{id}/done", tag = "tasks", operation_id = "markTaskAsDone",
    params(("id" = String, Path, description = "Luigi's task id")),
    responses(
        (status = OK, body = TaskStatus), (status = NOT_FOUND, body = ErrorBody), (status = CONFLICT, body = ErrorBody)
    )
)]
pub(super) async fn done(State(api): State<Arc<Api>>, Segments(id): Segments<String>, by: By) -> Answer<TaskStatus> {
    match api.execute(&by, MarkAsDone { task: id.clone() }).await? {
        Some(Moved { changed: true, status }) => Ok(Json(moved(&api, id, status).await?)),
        refused => {
            let allowed = "tasks that are RUNNING, FAILED or DISABLED";
            Err(wrong_status(&id, refused.map(|moved| moved.status), "mark as done", allowed))
        }
    }
}

/// Sends a running task a message. Its worker takes it with its next call, mostly within a second.
#[utoipa::path(
    post, path = "/tasks/{id}/messages", tag = "tasks", operation_id = "sendMessage",
    params(("id" = String, Path, description = "Luigi's task id")), request_body = MessageText,
    responses(
        (status = OK, body = MessageSent), (status = NOT_FOUND, body = ErrorBody), (status = CONFLICT, body = ErrorBody)
    )
)]
pub(super) async fn send(
    State(api): State<Arc<Api>>,
    Segments(id): Segments<String>,
    by: By,
    request: Body,
) -> Answer<MessageSent> {
    let MessageText { content } = body(request, BODY_BYTES_MAX).await?;
    let resource = api.app.store.read(|model| model.resource_of_task(&id));
    api.decide(&by, Action::OperateTask, resource).await?;
    let worker = api.ask(|model| receiver(model, &id)).await??;
    let message = messages::fresh_id()
        .map_err(|error| ApiError::new(ErrorCode::Internal, format!("no random numbers: {error}"), ""))?;
    let content = messages::to_task(&id, &message, &Value::from(content.as_str()));
    let command = ToWorkerHere { worker: worker.clone(), command: QueueMessage { worker: worker.clone(), content } };
    match api.execute(&by, command).await? {
        Some(()) => Ok(Json(MessageSent { message, worker })),
        // It left at this moment, and its task with it.
        None => Err(no_task(&id)),
    }
}

/// The worker that runs a task which takes messages.
fn receiver(model: &Model, id: &str) -> Result<String, ApiError> {
    let scheduler = &model.scheduler;
    let task = scheduler.task(id).ok_or_else(|| no_task(id))?;
    let runner = task.runner().filter(|_| task.status() == Status::Running);
    let Some(runner) = runner else {
        return Err(wrong_status(id, Some(task.status()), "send a message to", "tasks that are RUNNING"));
    };
    if !scheduler.config().send_messages {
        let message = format!("cannot send a message to `{id}`: messages are switched off in the configuration");
        return Err(ApiError::new(ErrorCode::NoMessages, message, "set `[scheduler] send_messages = true`"));
    }
    if !task.accepts_messages() {
        let message = format!("cannot send a message to `{id}`: it takes none");
        let hint = "its class says `accepts_messages = True` when it reads `self.scheduler_messages`";
        return Err(ApiError::new(ErrorCode::NoMessages, message, hint));
    }
    Ok(model.names.text(scheduler.worker_name(runner)).to_string())
}

/// Reads the answer to a message, as often as wanted.
#[utoipa::path(
    get, path = "/tasks/{id}/messages/{message}", tag = "tasks", operation_id = "getMessageAnswer",
    params(
        ("id" = String, Path, description = "Luigi's task id"),
        ("message" = String, Path, description = "The message's id")
    ),
    responses((status = OK, body = MessageAnswer), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn answer(
    State(api): State<Arc<Api>>,
    Segments((id, message)): Segments<(String, String)>,
) -> Answer<MessageAnswer> {
    let answer = api.ask(|model| {
        let task = model.scheduler.task(&id)?;
        let response = task.answer(&message).map(|response| model.names.text(response));
        let value = response.as_deref().map(|text| Value::parse(text).unwrap_or_else(|_| Value::from(text)));
        Some(MessageAnswer { answered: value.is_some(), response: value.as_ref().map(json).unwrap_or_default() })
    });
    answer.await?.map(Json).ok_or_else(|| no_task(&id))
}
