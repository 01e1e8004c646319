//! The calls that workers make all the time: `add_task`, `get_work`, `ping`, `count_pending`. Replies are written straight
//! into a text.

use std::collections::BTreeMap;

use bussola_domain::command::{AddTask, Assignment, CountPending, GetWork, Ping, Work, WorkCounts};
use bussola_domain::scheduler::event::Amounts;
use bussola_domain::scheduler::{PolicyPatch, Report, Status};
use bussola_domain::value::{Number, Value};

use crate::json::{self, Object};
use crate::luigi::arguments::{Arguments, Refusal, members, number, texts, wrong};
use crate::luigi::call::{Call, Failure};
use crate::luigi::task_json::write_params;

/// `add_task`
pub(super) async fn add_task(call: Call<'_>, arguments: Arguments) -> Result<String, Failure> {
    let command = read_add_task(arguments)?;
    call.execute(command).await?;
    Ok("null".into())
}

fn read_add_task(mut arguments: Arguments) -> Result<AddTask, Refusal> {
    let worker = arguments.text("worker")?;
    let status = arguments.take("status").unwrap_or(Value::from("PENDING"));
    // luigid keeps any text as a status, and never hands out such a task.
    let status = status.as_str().ok_or_else(|| wrong("status", "a text", &status))?;
    let status = Status::parse(status).unwrap_or(Status::Unknown);
    let deps = arguments.optional_texts("deps")?;
    let new_deps = arguments.optional_texts("new_deps")?.unwrap_or_default();
    let params = match arguments.take("params") {
        None | Some(Value::Null) => Vec::new(),
        Some(value) => members("params", value)?.into_iter().map(|(name, value)| (name.into(), value)).collect(),
    };
    let visibilities = match arguments.take("param_visibilities") {
        None | Some(Value::Null) => None,
        Some(value @ Value::Object(_)) => Some(value).filter(Value::truthy),
        Some(other) => return Err(wrong("param_visibilities", "an object", &other)),
    };
    // Only Luigi's default is false; a null leaves what was there.
    let accepts_messages = match arguments.take("accepts_messages") {
        None => Some(false),
        Some(Value::Null) => None,
        Some(value) => Some(value.truthy()),
    };
    // Luigi's workers send null with how a task went.
    let runnable = match arguments.take("runnable") {
        None => Some(true),
        Some(Value::Null) => None,
        Some(value) => Some(value.truthy()),
    };
    let report = Report {
        task: arguments.text("task_id")?,
        status,
        runnable,
        deps,
        new_deps,
        error: None,
        resources: amounts("resources", arguments.take("resources").unwrap_or_default())?,
        priority: arguments.number("priority", 0.0)?,
        family: arguments.optional_text("family")?.unwrap_or_default(),
        module: arguments.optional_text("module")?.filter(|module| !module.is_empty()),
        params,
        visibilities,
        accepts_messages,
        assistant: arguments.flag("assistant", false),
        tracking_url: arguments.optional_text("tracking_url")?,
        batchable: arguments.optional_flag("batchable"),
        batch: arguments.optional_text("batch_id")?,
        retry_policy: policy(arguments.take("retry_policy_dict").unwrap_or_default())?,
        owners: Vec::new(),
        unplanned: false,
    };
    let error = arguments.take("expl").filter(|error| *error != Value::Null).map(|error| error.to_string());
    let owners = match arguments.take("owners") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Str(owner)) => vec![owner.into()],
        Some(value) => texts("owners", value)?,
    };
    Ok(AddTask { worker, report, error, owners })
}

/// Amounts by resource; null is none.
pub(super) fn amounts(name: &str, value: Value) -> Result<Amounts, Refusal> {
    if value == Value::Null {
        return Ok(BTreeMap::new());
    }
    let amount = |(resource, value): (Box<str>, Value)| Ok((resource.into(), Number(number(name, &value)?)));
    members(name, value)?.into_iter().map(amount).collect()
}

fn policy(value: Value) -> Result<PolicyPatch, Refusal> {
    let mut patch = PolicyPatch::default();
    if value == Value::Null {
        return Ok(patch);
    }
    for (name, value) in members("retry_policy_dict", value)? {
        let place = match &*name {
            "retry_count" => &mut patch.retry_count,
            "disable_hard_timeout" => &mut patch.hard_timeout_s,
            "disable_window" => &mut patch.window_s,
            _ => return Err(Refusal(format!("argument `retry_policy_dict` has an unexpected member `{name}`"))),
        };
        *place = if value == Value::Null { None } else { Some(number(&name, &value)?) };
    }
    Ok(patch)
}

/// `get_work`: never null, which a client takes for a lost reply.
pub(super) async fn get_work(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let command = GetWork {
        worker: arguments.text("worker")?,
        assistant: arguments.flag("assistant", false),
        current_tasks: arguments.optional_texts("current_tasks")?,
    };
    Ok(write_work(&call.execute(command).await?))
}

fn write_work(work: &Work) -> String {
    let mut reply = String::with_capacity(256);
    let mut object = Object::begin(&mut reply);
    write_counts(&mut object, &work.counts, LastScheduled::UnlessDisabled);
    match &work.assignment {
        None => object.raw("task_id", "null"),
        Some(assignment) => write_assignment(&mut object, assignment),
    }
    object.end();
    reply
}

fn write_assignment(object: &mut Object<'_>, assignment: &Assignment) {
    match (&assignment.batch, assignment.tasks.first()) {
        (None, Some(task)) => object.text("task_id", task),
        (Some(_), _) | (None, None) => object.raw("task_id", "null"),
    }
    object.text("task_family", &assignment.family);
    object.optional_text("task_module", assignment.module.as_deref());
    write_params(object.key("task_params"), &assignment.params);
    if let Some(batch) = &assignment.batch {
        object.text("batch_id", batch);
        json::texts(object.key("batch_task_ids"), assignment.tasks.iter().map(String::as_str));
    }
}

/// Whether `n_pending_last_scheduled` is written: `get_work` leaves it out for a disabled worker, `count_pending` does not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LastScheduled {
    Always,
    UnlessDisabled,
}

fn write_counts(object: &mut Object<'_>, counts: &WorkCounts, last_scheduled: LastScheduled) {
    object.number("n_pending_tasks", counts.pending as f64);
    object.number("n_unique_pending", counts.unique as f64);
    if last_scheduled == LastScheduled::Always || !counts.disabled {
        object.number("n_pending_last_scheduled", counts.last_scheduled as f64);
    }
    object.text("worker_state", if counts.disabled { "disabled" } else { "active" });
    let running = object.key("running_tasks");
    running.push('[');
    for (place, (task, worker, info)) in counts.running.iter().enumerate() {
        if place > 0 {
            running.push(',');
        }
        let info = if let Value::Object(info) = info { &info[..] } else { &[] };
        let mut one = Object::begin(running);
        // What a worker told of itself comes last and wins, as in a Python dict.
        for (name, own) in [("task_id", task), ("worker", worker)] {
            if !info.iter().any(|(told, _)| &**told == name) {
                one.text(name, own);
            }
        }
        for (name, value) in info {
            one.value(name, value);
        }
        one.end();
    }
    running.push(']');
}

/// `count_pending`
pub(super) async fn count_pending(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let worker = arguments.text("worker")?;
    arguments.end()?;
    let counts = call.execute(CountPending { worker }).await?;
    call.app.settled().await?;
    let mut reply = String::with_capacity(256);
    let mut object = Object::begin(&mut reply);
    write_counts(&mut object, &counts, LastScheduled::Always);
    object.end();
    Ok(reply)
}

/// `ping`
pub(super) async fn ping(call: Call<'_>, mut arguments: Arguments) -> Result<String, Failure> {
    let worker = arguments.text("worker")?;
    let messages = call.execute(Ping { worker }).await?;
    // Messages are kept as JSON.
    Ok(format!("{{\"rpc_messages\":[{}]}}", messages.join(",")))
}
