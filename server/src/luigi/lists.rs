//! `task_list`, `task_search`, `worker_list` and `resource_list`.
//!
//! All read the table of tasks in slices, so that no list, however long, delays a worker: see [`SLICE_TASKS`].

use std::collections::BTreeMap;

use bussola_domain::id::WorkerNo;
use bussola_domain::model::Model;
use bussola_domain::scheduler::{Slot, Status, Task, Worker};
use bussola_domain::value::Value;
use bussola_store::Store;

use crate::heavy::give_way;
use crate::json::{self, Object};
use crate::limits::SLICE_TASKS;
use crate::luigi::task_json::write_task;
use crate::luigi::upstream::Upstream;

/// Looking at a slot costs this fraction of writing a task.
const LOOKS_PER_TASK: usize = 32;

/// Members of a status this few are copied out; more are found by walking the table.
const FEW: usize = 1_024;

/// The arguments of `task_list`.
#[derive(Clone, Debug, Default)]
pub struct TaskListQuery {
    /// Only this status; None: all.
    pub status: StatusFilter,
    /// Of PENDING tasks only those with this upstream status; empty: all.
    pub upstream_status: String,
    /// Answer with the number alone if there are more than this many.
    pub shown_max: Option<usize>,
    /// Words that a task's display name has, in any case.
    pub search: Option<String>,
}

/// Which statuses a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusFilter {
    /// All.
    #[default]
    Any,
    /// One.
    Only(Status),
    /// A status that no task has.
    Nonsense,
}

/// The reply that Luigi gives before it even prunes, if the plain count is over the limit.
pub fn too_many(model: &Model, query: &TaskListQuery) -> Option<String> {
    if query.search.as_deref().is_some_and(|search| !search.is_empty()) {
        return None;
    }
    let count = match query.status {
        StatusFilter::Any => model.scheduler.len(),
        StatusFilter::Only(status) => model.scheduler.count(status),
        StatusFilter::Nonsense => 0,
    };
    if count <= query.shown_max? {
        return None;
    }
    Some(if query.upstream_status.is_empty() {
        format!("{{\"num_tasks\":{count}}}")
    } else {
        "{\"num_tasks\":-1}".into()
    })
}

/// The list itself.
pub fn task_list(store: &Store, query: &TaskListQuery) -> String {
    let words = query.search.as_deref().map_or(Vec::new(), |search| search.split_whitespace().map(fold_case).collect());
    let mut upstream = Upstream::default();
    let mut members = String::new();
    let mut count = 0;
    let mut walk = Slots::new(store, query.status);
    while !walk.is_over() {
        store.read(|model| {
            let mut budget = SLICE_TASKS * LOOKS_PER_TASK;
            while budget > 0 {
                let Some(slot) = walk.peek(model) else { break };
                let task = model.scheduler.at_slot(slot);
                budget -= 1;
                if !shows(query.status, task) || !has_words(model, task, &words, &mut budget) {
                    walk.step();
                    continue;
                }
                if !query.upstream_status.is_empty() && task.status() == Status::Pending {
                    // Out of budget: the same slot again under the next hold, with what is known by then.
                    let Some(severity) = upstream.severity(&model.scheduler, slot, &mut budget) else { break };
                    if severity.as_str() != query.upstream_status {
                        walk.step();
                        continue;
                    }
                }
                walk.step();
                count += 1;
                if query.shown_max.is_none_or(|max| count <= max) {
                    write_member(&mut members, model, task);
                    budget = budget.saturating_sub(LOOKS_PER_TASK);
                }
            }
        });
        give_way();
    }
    match query.shown_max {
        Some(max) if count > max => format!("{{\"num_tasks\":{count}}}"),
        _ => json::braced(members),
    }
}

/// Tasks whose id contains a text, by status.
pub fn task_search(store: &Store, text: &str) -> String {
    let mut by_status: [String; Status::ALL.len()] = Default::default();
    let mut walk = Slots::new(store, StatusFilter::Any);
    while !walk.is_over() {
        store.read(|model| {
            let mut budget = SLICE_TASKS * LOOKS_PER_TASK;
            while budget > 0 {
                let Some(slot) = walk.peek(model) else { break };
                walk.step();
                budget -= 1;
                let task = model.scheduler.at_slot(slot);
                if task.is_present() && task.id().contains(text) {
                    write_member(&mut by_status[task.status() as usize], model, task);
                    budget = budget.saturating_sub(LOOKS_PER_TASK);
                }
            }
        });
        give_way();
    }
    let mut reply = String::new();
    let mut object = Object::begin(&mut reply);
    for (status, members) in Status::ALL.iter().zip(&by_status).filter(|(_, members)| !members.is_empty()) {
        object.raw(status.as_str(), &format!("{{{members}}}"));
    }
    object.end();
    reply
}

/// All workers, the youngest first; with what they run, if asked.
pub fn worker_list(store: &Store, include_running: bool) -> String {
    let running = if include_running { running_by_worker(store) } else { BTreeMap::new() };
    let mut numbers: Vec<WorkerNo> = store.read(|model| {
        let mut workers: Vec<_> = model.scheduler.all_workers().collect();
        workers.sort_by_key(|(_, worker)| std::cmp::Reverse(worker.started()));
        workers.into_iter().map(|(number, _)| number).collect()
    });
    let mut reply = String::from("[");
    while !numbers.is_empty() {
        let slice: Vec<WorkerNo> = numbers.drain(..numbers.len().min(SLICE_TASKS / 4)).collect();
        store.read(|model| {
            for number in slice {
                let Some(worker) = model.scheduler.worker(number) else { continue };
                if reply.len() > 1 {
                    reply.push(',');
                }
                let running = include_running.then(|| running.get(&number));
                write_worker(&mut reply, model, number, worker, running);
            }
        });
        give_way();
    }
    reply.push(']');
    reply
}

/// What a worker told of itself must not hide what we say of it: luigid answers 500 then, we leave it out.
const WORKER_KEYS: [&str; 10] = [
    "name",
    "last_active",
    "started",
    "state",
    "first_task_display_name",
    "num_unread_rpc_messages",
    "num_running",
    "num_pending",
    "num_uniques",
    "running",
];

/// How many tasks a worker runs, and the members of an object of them.
type Running = (usize, String);

/// `running`: None if that was not asked for, `Some(None)` if it runs nothing.
fn write_worker(out: &mut String, model: &Model, number: WorkerNo, worker: &Worker, running: Option<Option<&Running>>) {
    let mut object = Object::begin(out);
    object.text("name", &model.names.text(worker.name()));
    object.number("last_active", worker.last_active().seconds());
    object.number("started", worker.started().seconds());
    object.text("state", if worker.is_disabled() { "disabled" } else { "active" });
    let first = worker.info_value().get("first_task").cloned().unwrap_or(Value::from(""));
    match first.as_str().and_then(|id| model.scheduler.task(id)) {
        Some(task) => object.text("first_task_display_name", &model.scheduler.display_name(task)),
        None => object.value("first_task_display_name", &first),
    }
    object.number("num_unread_rpc_messages", worker.messages().len() as f64);
    if let Value::Object(info) = worker.info_value() {
        let own = if running.is_some() { &WORKER_KEYS[..] } else { &WORKER_KEYS[..6] };
        for (name, value) in info.iter().filter(|(name, _)| !own.contains(&&**name)) {
            object.value(name, value);
        }
    }
    if let Some(running) = running {
        let (pending, unique) = model.scheduler.pending_counts(number);
        object.number("num_running", running.map_or(0, |(count, _)| *count) as f64);
        object.number("num_pending", pending as f64);
        object.number("num_uniques", unique as f64);
        object.raw("running", &format!("{{{}}}", running.map_or("", |(_, members)| members)));
    }
    object.end();
}

/// RUNNING tasks by who runs them: how many, and the members of an object.
fn running_by_worker(store: &Store) -> BTreeMap<WorkerNo, Running> {
    let mut running: BTreeMap<WorkerNo, Running> = BTreeMap::new();
    for_each_running(store, |model, task| {
        if let Some(worker) = task.runner() {
            let (count, members) = running.entry(worker).or_default();
            *count += 1;
            write_member(members, model, task);
        }
    });
    running
}

/// Every resource that was set: how much of it there is, how much is used, and by what.
pub fn resource_list(store: &Store) -> String {
    let mut consumers: BTreeMap<String, Running> = BTreeMap::new();
    for_each_running(store, |model, task| {
        for name in task.wants().keys() {
            let (count, members) = consumers.entry(name.clone()).or_default();
            *count += 1;
            write_member(members, model, task);
        }
    });
    let mut reply = String::from("[");
    for (name, total, used) in store.read(|model| model.scheduler.resources()) {
        if reply.len() > 1 {
            reply.push(',');
        }
        let mut object = Object::begin(&mut reply);
        object.text("name", &name);
        object.number("num_total", total);
        object.number("num_used", used);
        let (count, members) = consumers.get(&name).map_or((0, ""), |(count, members)| (*count, members));
        object.number("num_consumer", count as f64);
        object.raw("running", &format!("{{{members}}}"));
        object.end();
    }
    reply.push(']');
    reply
}

fn for_each_running(store: &Store, mut each: impl FnMut(&Model, &Task)) {
    let slots = store.read(|model| model.scheduler.slots_running());
    for slice in slots.chunks(SLICE_TASKS) {
        store.read(|model| {
            let there = slice.iter().filter(|&&slot| slot < model.scheduler.slots_end());
            let tasks = there.map(|&slot| model.scheduler.at_slot(slot));
            // The slot may have another task by now, or the task another status.
            for task in tasks.filter(|task| task.is_present() && task.status() == Status::Running) {
                each(model, task);
            }
        });
        give_way();
    }
}

fn write_member(members: &mut String, model: &Model, task: &Task) {
    if !members.is_empty() {
        members.push(',');
    }
    json::text(members, task.id());
    members.push(':');
    write_task(members, model, task);
}

fn shows(filter: StatusFilter, task: &Task) -> bool {
    task.is_present()
        && match filter {
            StatusFilter::Any => true,
            StatusFilter::Only(status) => task.status() == status,
            StatusFilter::Nonsense => false,
        }
}

fn has_words(model: &Model, task: &Task, words: &[String], budget: &mut usize) -> bool {
    if words.is_empty() {
        return true;
    }
    *budget = budget.saturating_sub(LOOKS_PER_TASK / 4);
    let name = fold_case(&model.scheduler.display_name(task));
    words.iter().all(|word| name.contains(word))
}

/// Close to Python's `casefold`: `ß` and `SS` are equal, as are the two small sigmas.
fn fold_case(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_uppercase().to_lowercase() }
}

/// Walks slots across holds of the lock: a copied list where few have the status, else the whole table. The table only
/// grows at its end, so no task is met twice.
struct Slots {
    listed: Option<Vec<Slot>>,
    next: usize,
    over: bool,
}

impl Slots {
    fn new(store: &Store, filter: StatusFilter) -> Slots {
        let listed = store.read(|model| match filter {
            StatusFilter::Only(status) if model.scheduler.count(status) <= FEW => {
                let mut slots = model.scheduler.slots_with(status);
                slots.sort_unstable();
                Some(slots)
            }
            StatusFilter::Nonsense => Some(Vec::new()),
            StatusFilter::Only(_) | StatusFilter::Any => None,
        });
        Slots { listed, next: 0, over: false }
    }

    fn peek(&mut self, model: &Model) -> Option<Slot> {
        let end = model.scheduler.slots_end();
        let slot = match &self.listed {
            Some(slots) => slots.get(self.next).copied(),
            None => Some(self.next as Slot),
        };
        let found = slot.filter(|&slot| slot < end);
        self.over = found.is_none();
        found
    }

    fn step(&mut self) {
        self.next += 1;
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_folded_nearly_as_in_python() {
        for (one, other) in [("ABC", "abc"), ("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος"), ("É", "é")] {
            assert_eq!(fold_case(one), fold_case(other));
        }
    }
}
