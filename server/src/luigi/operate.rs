//! The other calls: what workers say now and then, what people do and ask.

use std::collections::BTreeMap;

use bussola_domain::command::{
    AddMessageResponse, AddTaskBatcher, AddWorker, AnnouncePlanningFailure, DecreaseRunningResources, DisableWorker,
    ForgiveFailures, GetMessageResponse, MarkAsDone, Pause, QueueMessage, ReEnableTask, SetProgress, SetStatusMessage,
    UpdateResources,
};
use bussola_domain::model::Model;
use bussola_domain::scheduler::{Status, Task};
use bussola_domain::value::{Number, Value};

use crate::json::Object;
use crate::luigi::arguments::{Arguments, Refusal, number, texts, wrong};
use crate::luigi::call::{Call, Failure};
use crate::luigi::task_json::{write_amounts, write_task_with_deps};
use crate::luigi::work::amounts;
use crate::messages;

/// The reply of methods that return nothing.
pub(super) const NOTHING: &str = "null";

fn nothing() -> Result<String, Failure> {
    Ok(NOTHING.into())
}

fn object(write: impl FnOnce(&mut Object<'_>)) -> String {
    let mut reply = String::new();
    let mut object = Object::begin(&mut reply);
    write(&mut object);
    object.end();
    reply
}

pub(super) async fn add_worker(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let worker = arguments.text("worker")?;
    let info = match arguments.required("info")? {
        Value::Object(members) => members,
        Value::List(pairs) => pairs.into_iter().map(pair).collect::<Result<_, _>>()?,
        other => return Err(wrong("info", "an object or a list of pairs", &other).into()),
    };
    call.execute(AddWorker { worker, info }).await?;
    nothing()
}

fn pair(value: Value) -> Result<(Box<str>, Value), Refusal> {
    if let Value::List(mut pair) = value
        && pair.len() == 2
        && let (Some(second), Some(Value::Str(first))) = (pair.pop(), pair.pop())
    {
        return Ok((first, second));
    }
    Err(Refusal("argument `info` must be an object or a list of pairs of a text and a value".into()))
}

pub(super) async fn add_task_batcher(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let worker = arguments.text("worker")?;
    let family = arguments.text("task_family")?;
    let batched = match arguments.required("batched_args")? {
        Value::Null => Vec::new(),
        value => texts("batched_args", value)?,
    };
    let size_max = match arguments.take("max_batch_size") {
        None | Some(Value::Null) => f64::INFINITY,
        Some(value) => number("max_batch_size", &value)?,
    };
    arguments.end()?;
    call.execute(AddTaskBatcher { worker, family, arguments: batched, size_max }).await?;
    nothing()
}

/// Luigi's would queue a mail, if it was told to. Who the worker is it asks only then.
pub(super) async fn announce_scheduling_failure(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    for name in ["task_name", "params", "owners"] {
        arguments.required(name)?;
    }
    let (family, error) = (arguments.required("family")?, arguments.required("expl")?);
    let worker = arguments.optional_text("worker")?.filter(|worker| !worker.is_empty());
    if let (Some(worker), Some(family)) = (worker, family.as_str()) {
        let command = AnnouncePlanningFailure { worker, family: family.to_owned(), error: error.to_string() };
        call.execute(command).await?;
    }
    nothing()
}

pub(super) async fn add_message_response(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let task = arguments.text("task_id")?;
    let message = arguments.text("message_id")?;
    let response = arguments.required("response")?.to_string();
    arguments.end()?;
    call.execute(AddMessageResponse { task, message, response }).await?;
    nothing()
}

pub(super) async fn get_message_response(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let task = arguments.text("task_id")?;
    let message = arguments.text("message_id")?;
    arguments.end()?;
    let response = call.execute(GetMessageResponse { task, message }).await?;
    Ok(format!("{{\"response\":{}}}", response.as_deref().unwrap_or("null")))
}

pub(super) async fn set_status_message(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let task = arguments.text("task_id")?;
    let message = arguments.required("status_message")?;
    arguments.end()?;
    call.execute(SetStatusMessage { task, message }).await?;
    nothing()
}

pub(super) async fn set_progress(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let task = arguments.text("task_id")?;
    let percentage = arguments.required("progress_percentage")?;
    arguments.end()?;
    call.execute(SetProgress { task, percentage }).await?;
    nothing()
}

pub(super) async fn decrease_resources(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let task = arguments.text("task_id")?;
    let by = amounts("decrease_resources", arguments.required("decrease_resources")?)?;
    arguments.end()?;
    call.execute(DecreaseRunningResources { task, by }).await?;
    nothing()
}

/// For a metrics collector of luigid's; ours counts by itself.
pub(super) async fn report_statistics(mut arguments: Arguments) -> Result<String, Failure> {
    arguments.required("task_id")?;
    arguments.required("statistics")?;
    arguments.end()?;
    nothing()
}

/// Exposed by Luigi by mistake.
pub(super) async fn update_metrics(mut arguments: Arguments) -> Result<String, Failure> {
    arguments.required("task")?;
    arguments.end()?;
    nothing()
}

/// The three questions about one task: its id, and one member more.
async fn about_task(
    call: Call<'_>,
    mut arguments: Arguments,
    name: &str,
    unknown: &str,
    write: impl FnOnce(&mut Object<'_>, &Task) + Send,
) -> Result<String, Failure> {
    let id = arguments.text("task_id")?;
    arguments.end()?;
    let answer = call.ask(|model| {
        object(|object| {
            object.text("taskId", &id);
            match model.scheduler.task(&id) {
                Some(task) => write(object, task),
                None => object.raw(name, unknown),
            }
        })
    });
    answer.await
}

pub(super) async fn get_status_message(call: Call<'_>, arguments: Arguments) -> Result<String, Failure> {
    let name = "statusMessage";
    about_task(call, arguments, name, "\"\"", |object, task| object.value(name, task.status_message())).await
}

pub(super) async fn get_progress(call: Call<'_>, arguments: Arguments) -> Result<String, Failure> {
    let name = "progressPercentage";
    about_task(call, arguments, name, "null", |object, task| object.value(name, task.progress())).await
}

pub(super) async fn get_running_resources(call: Call<'_>, arguments: Arguments) -> Result<String, Failure> {
    let name = "resources";
    let write = |object: &mut Object<'_>, task: &Task| match task.resources_running() {
        Some(amounts) => write_amounts(object.key(name), amounts),
        None => object.raw(name, "null"),
    };
    about_task(call, arguments, name, "null", write).await
}

pub(super) async fn fetch_error(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let id = arguments.text("task_id")?;
    let hash = call.app.store.read(|model| model.scheduler.task(&id).and_then(|task| task.error()));
    let error = match hash {
        // The text of whatever value the client sent.
        Some(hash) => call.app.blob(hash).await?.unwrap_or_else(|| "null".into()),
        None => "null".into(),
    };
    let answer = call.ask(|model| {
        object(|object| {
            object.text("taskId", &id);
            match model.scheduler.task(&id) {
                Some(task) => write_error(object, model, task, &error),
                None => object.raw("error", "\"\""),
            }
        })
    });
    answer.await
}

fn write_error(object: &mut Object<'_>, model: &Model, task: &Task, error: &str) {
    let scheduler = &model.scheduler;
    object.raw("error", error);
    object.text("displayName", &scheduler.display_name(task));
    let mut params = Object::begin(object.key("taskParams"));
    for (name, value) in task.params() {
        params.value(scheduler.symbol(*name), value);
    }
    params.end();
    object.optional_text("taskModule", scheduler.module_of(task));
    object.text("taskFamily", scheduler.family_as_declared(task));
}

fn write_task_status(id: Option<&str>, status: Option<Status>) -> String {
    object(|object| {
        object.optional_text("task_id", id);
        object.optional_text("status", status.map(Status::as_str));
    })
}

pub(super) async fn forgive_failures(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let id = arguments.optional_text("task_id")?;
    arguments.end()?;
    let Some(task) = id else { return Ok(write_task_status(None, None)) };
    let moved = call.execute(ForgiveFailures { task: task.clone() }).await?;
    Ok(write_task_status(Some(&task), moved.map(|moved| moved.status)))
}

pub(super) async fn mark_as_done(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let id = arguments.optional_text("task_id")?;
    arguments.end()?;
    let Some(task) = id else { return Ok(write_task_status(None, None)) };
    let moved = call.execute(MarkAsDone { task: task.clone() }).await?;
    Ok(write_task_status(Some(&task), moved.map(|moved| moved.status)))
}

pub(super) async fn re_enable(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let id = arguments.text("task_id")?;
    arguments.end()?;
    if !call.execute(ReEnableTask { task: id.clone() }).await? {
        return Ok("{}".into());
    }
    let answer = call.ask(|model| {
        let mut reply = String::new();
        match model.scheduler.task(&id) {
            Some(task) => write_task_with_deps(&mut reply, model, task),
            None => reply.push_str("{}"),
        }
        reply
    });
    answer.await
}

pub(super) async fn disable_worker(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let worker = arguments.text("worker")?;
    arguments.end()?;
    call.execute(DisableWorker { worker }).await?;
    nothing()
}

pub(super) async fn set_worker_processes(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let worker = arguments.text("worker")?;
    let n = arguments.required("n")?;
    arguments.end()?;
    let content = messages::set_processes(&n);
    call.execute(QueueMessage { worker, content }).await?;
    nothing()
}

pub(super) async fn send_message(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let worker = arguments.text("worker")?;
    let task = arguments.text("task")?;
    let text = arguments.required("content")?;
    arguments.end()?;
    if !call.app.store.read(|model| model.scheduler.config().send_messages) {
        return Ok("{\"message_id\":null}".into());
    }
    let id = messages::fresh_id().map_err(|error| Failure::Unavailable(format!("no random numbers: {error}")))?;
    let content = messages::to_task(&task, &id, &text);
    call.execute(QueueMessage { worker, content }).await?;
    Ok(object(|object| object.text("message_id", &id)))
}

pub(super) async fn pause(call: Call<'_>, arguments: Arguments, paused: bool) -> Result<String, Failure> {
    arguments.end()?;
    call.execute(Pause { paused }).await?;
    nothing()
}

pub(super) async fn is_paused(call: Call<'_>, arguments: Arguments) -> Result<String, Failure> {
    arguments.end()?;
    call.ask(|model| object(|object| object.truth("paused", model.scheduler.is_paused()))).await
}

pub(super) async fn is_pause_enabled(call: Call<'_>, arguments: Arguments) -> Result<String, Failure> {
    arguments.end()?;
    call.ask(|model| object(|object| object.truth("enabled", model.scheduler.config().pause_enabled))).await
}

pub(super) async fn has_task_history(call: Call<'_>, arguments: Arguments) -> Result<String, Failure> {
    arguments.end()?;
    call.ask(|model| model.scheduler.config().record_task_history.to_string()).await
}

/// Answers false to what is no amount, instead of refusing it.
pub(super) async fn update_resource(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let resource = arguments.text("resource")?;
    let amount = arguments.required("amount")?;
    arguments.end()?;
    let amount = match amount {
        Value::Int(amount) if amount >= 0 => amount as f64,
        // Beyond 64 bits a whole number is read as a float.
        Value::Float(amount) if amount.is_finite() && amount >= i64::MAX as f64 => amount,
        Value::Bool(one) => f64::from(u8::from(one)),
        _ => return Ok("false".into()),
    };
    call.execute(UpdateResources { totals: BTreeMap::from([(resource, Number(amount))]) }).await?;
    Ok("true".into())
}

pub(super) async fn update_resources(call: Call<'_>, arguments: Arguments) -> Result<String, Failure> {
    let amount = |(name, value): (Box<str>, Value)| {
        let amount = number(&name, &value)?;
        Ok((String::from(name), Number(amount)))
    };
    let totals = arguments.rest().into_iter().map(amount).collect::<Result<BTreeMap<_, _>, Refusal>>()?;
    call.execute(UpdateResources { totals }).await?;
    nothing()
}
