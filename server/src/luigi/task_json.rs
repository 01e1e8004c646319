//! A task as Luigi serialises it.

use bussola_domain::model::Model;
use bussola_domain::scheduler::{Status, Task};
use bussola_domain::value::Value;

use crate::json::{self, Object};

/// Whether a task's `display_name` is written: in graphs only the root keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisplayName {
    /// Written.
    Shown,
    /// Left out.
    Hidden,
}

/// Writes a task, without `deps` and without the closing brace: graphs add their own.
pub fn open_task(out: &mut String, model: &Model, task: &Task, name: DisplayName) {
    let scheduler = &model.scheduler;
    let mut object = Object::begin(out);
    if name == DisplayName::Shown {
        object.text("display_name", &scheduler.display_name(task));
    }
    object.raw("status", &format!("\"{}\"", task.status().as_str()));
    let workers = scheduler.workers_for(task).iter().map(|&worker| model.names.text(scheduler.worker_name(worker)));
    let workers: Vec<_> = workers.collect();
    json::texts(object.key("workers"), workers.iter().map(|worker| &**worker));
    match task.runner() {
        Some(worker) => object.text("worker_running", &model.names.text(scheduler.worker_name(worker))),
        None => object.raw("worker_running", "null"),
    }
    match task.started() {
        Some(at) => object.number("time_running", at.seconds()),
        None => object.raw("time_running", "null"),
    }
    object.number("start_time", task.created().seconds());
    object.number("last_updated", task.updated().seconds());
    write_public_params(object.key("params"), model, task);
    object.text("name", scheduler.family_as_declared(task));
    object.number("priority", task.priority());
    write_amounts(object.key("resources"), task.wants());
    match task.resources_running() {
        Some(amounts) => write_amounts(object.key("resources_running"), amounts),
        None => object.raw("resources_running", "null"),
    }
    object.optional_text("tracking_url", task.tracking_url());
    object.value("status_message", task.status_message());
    object.value("progress_percentage", task.progress());
    match task.status() {
        Status::Disabled => object.truth("re_enable_able", task.is_disabled_by_scheduler()),
        Status::Running if scheduler.config().send_messages => {
            object.truth("accepts_messages", task.accepts_messages());
        }
        _ => {}
    }
}

/// Writes a whole task without `deps`, as lists show it.
pub fn write_task(out: &mut String, model: &Model, task: &Task) {
    open_task(out, model, task, DisplayName::Shown);
    out.push('}');
}

/// Writes a whole task with `deps`, as `re_enable_task` shows it.
pub fn write_task_with_deps(out: &mut String, model: &Model, task: &Task) {
    open_task(out, model, task, DisplayName::Shown);
    let mut deps: Vec<&str> = task.deps().iter().map(|&dep| model.scheduler.at_slot(dep).id()).collect();
    deps.sort_unstable();
    out.push_str(",\"deps\":");
    json::texts(out, deps);
    out.push('}');
}

/// Writes what stands in a graph for a task that nobody has declared.
pub fn open_placeholder(out: &mut String, id: &str, name: DisplayName) {
    let mut object = Object::begin(out);
    object.raw("status", "\"UNKNOWN\"");
    object.raw("workers", "[]");
    object.raw("start_time", "\"UNKNOWN\"");
    let mut params = Object::begin(object.key("params"));
    params.text("task_id", id);
    params.end();
    object.text("name", family_in_id(id));
    if name == DisplayName::Shown {
        object.text("display_name", id);
    }
    object.raw("priority", "0");
}

/// Luigi's `([^(_]+)[(_]` at the start of an id.
fn family_in_id(id: &str) -> &str {
    match id.find(['(', '_']) {
        Some(end) if end > 0 => &id[..end],
        _ => "UNKNOWN",
    }
}

/// Writes amounts by resource.
pub fn write_amounts(out: &mut String, amounts: &bussola_domain::scheduler::event::Amounts) {
    let mut object = Object::begin(out);
    for (name, amount) in amounts {
        object.number(name, amount.0);
    }
    object.end();
}

/// Writes parameters by name.
pub fn write_params(out: &mut String, params: &[(Box<str>, Value)]) {
    let mut object = Object::begin(out);
    for (name, value) in params {
        object.value(name, value);
    }
    object.end();
}

fn write_public_params(out: &mut String, model: &Model, task: &Task) {
    let mut object = Object::begin(out);
    for (name, value) in model.scheduler.public_params(task) {
        object.value(name, value);
    }
    object.end();
}
