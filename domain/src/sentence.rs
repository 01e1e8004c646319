//! What an entry of the ledger says, as one sentence that people read.
//!
//! Facts hold numbers and ids; a sentence has the names that these have now. A name that was erased reads as its number, a
//! task that left by its id. It is for reading: programs read the entry.

use std::collections::BTreeSet;

use crate::catalog::relation::RelationKind;
use crate::catalog::{EntityRef, reference::DEFAULT_NAMESPACE};
use crate::event::Event;
use crate::id::{NameId, PrincipalNo, WorkerNo};
use crate::model::Model;
use crate::scheduler::Status;
use crate::scheduler::event::{Cause, TaskMoved, TaskReported};
use crate::value::Value;

/// LIMIT: characters of one name in a sentence: ids and parameters may be of any length.
const NAME_CHARS_MAX: usize = 120;

/// LIMIT: names that one sentence counts out.
const NAMES_MAX: usize = 3;

/// What happened, by whom.
pub fn sentence(model: &Model, principal: &str, event: &Event) -> String {
    let by = who(model, principal);
    let task = |id: &str| task(model, id);
    let worker = |number: WorkerNo| worker(model, number);
    match event {
        Event::WorkerJoined(event) => format!("{} called for the first time", worker(event.worker)),
        Event::WorkerDescribed(event) => {
            let info = Value::parse(&model.names.text(event.info)).unwrap_or_default();
            let text = |name: &str| info.get(name).and_then(Value::as_str).map(short);
            match (text("username"), text("host")) {
                (Some(user), Some(host)) => format!("{} said that it is {user}'s, on {host}", worker(event.worker)),
                _ => format!("{} told about itself", worker(event.worker)),
            }
        }
        Event::WorkerDisabled(event) => format!("{by} disabled {}: it gets no more work", worker(event.worker)),
        Event::WorkersLost(event) => {
            format!("{} fell silent", list("worker", &event.workers, |number| worker(*number)))
        }
        Event::BatcherSet(event) => {
            format!(
                "{} can run up to {} tasks of {} as one",
                worker(event.worker),
                event.size_max.0,
                short(&event.family)
            )
        }
        Event::PlanningFailed(event) => {
            format!("{} could not plan a task of {}: it raised an error", worker(event.worker), short(&event.family))
        }
        Event::TaskReported(event) => reported(&worker(event.worker), &task(&event.task), event),
        Event::TasksAssigned(event) => {
            let batch = if event.batch.is_some() { ", as one" } else { "" };
            format!("{} got {}{batch}", worker(event.worker), list("task", &event.tasks, |id| task(id)))
        }
        Event::TaskMoved(event) => moved(&by, &task(&event.task), event),
        Event::TasksDoomed(event) => {
            format!("nobody who is here needs {}: it will be removed", list("task", &event.tasks, |id| task(id)))
        }
        Event::TasksRemoved(event) => format!("{} left the scheduler", list("task", &event.tasks, |id| task(id))),
        Event::ResourcesDecreased(event) => format!("{} gave back {}", task(&event.task), amounts(&event.by)),
        Event::ResourcesSet(event) => format!("{by} set resources: {}", amounts(&event.totals)),
        Event::SchedulerPaused(event) if event.paused => {
            format!("{by} paused the scheduler: it hands out no more work")
        }
        Event::SchedulerPaused(_) => format!("{by} let the scheduler hand out work again"),
        Event::MessageQueued(event) => message(model, &by, &worker(event.worker), event.content),
        Event::MessagesDelivered(event) => format!("{} took the messages that waited for it", worker(event.worker)),
        Event::MessageAnswered(event) => format!("{} answered a message", task(&event.task)),
        Event::AnswerRead(event) => format!("{by} read the answer of {}", task(&event.task)),
        Event::RunStarted(event) => {
            format!("{} started run {} of {}", worker(event.worker), event.run, short(&event.family))
        }
        Event::RunEnded(event) => match model.runs.live(event.run) {
            Some(live) => format!("run {} of {} ended: {}", event.run, short(&live.family), event.outcome.as_str()),
            None => format!("run {} ended: {}", event.run, event.outcome.as_str()),
        },
        Event::RunResumed(event) => format!("run {} went on: its worker got work again", event.run),
        Event::ManifestRead(event) => format!("manifest {} was read: its text is new", short(&event.path)),
        Event::ManifestForgotten(event) => format!("manifest {} is gone", short(&event.path)),
        Event::EntityDeclared(event) => {
            let entity = &event.entity;
            let owner = entity.relations.iter().find(|relation| relation.relation == RelationKind::OwnedBy);
            let owner = owner.map(|relation| format!(", owner {}", short(&name(model.catalog.target(relation)))));
            let what = called(&entity.reference);
            format!("manifest {} declared {what}{}", short(&entity.origin.path), owner.unwrap_or_default())
        }
        Event::EntityRemoved(event) => {
            format!("manifest {} no longer declares {}", short(&event.path), called(&event.reference))
        }
        Event::PipelineDiscovered(event) => format!("pipeline {} ran for the first time", short(&event.root)),
        Event::PipelineExtended(event) => {
            let more = [
                (event.families.len(), "task family", "task families"),
                (event.datasets.len(), "dataset", "datasets"),
                (event.dependencies.len(), "pipeline that it needs", "pipelines that it needs"),
            ];
            let mut shown: Vec<String> = more
                .into_iter()
                .filter(|(count, ..)| *count > 0)
                .map(|(count, one, many)| format!("{count} new {}", if count == 1 { one } else { many }))
                .collect();
            if event.owner.is_some() {
                shown.push("another owner".to_owned());
            }
            format!("pipeline {} showed {}", short(&event.root), shown.join(", "))
        }
        Event::NamesGiven(event) => match event.names.len() {
            1 => "a name was used for the first time".to_owned(),
            count => format!("{count} names were used for the first time"),
        },
        Event::TextsErased(event) => {
            format!("{by} erased names ({}) and error texts ({})", event.names.len(), event.errors.len())
        }
        Event::HistoryForgotten(_) => "the history of what ended too long ago was deleted".to_owned(),
        Event::PrincipalKnown(event) => {
            let active = if event.active { "may act" } else { "is deactivated" };
            let groups: BTreeSet<&EntityRef> = event.groups.values().flatten().collect();
            let groups: Vec<&EntityRef> = groups.into_iter().collect();
            let member = match &*groups {
                [] => String::new(),
                groups => {
                    format!(", a member of {}", list("group", groups, |group| format!("group {}", short(group.name()))))
                }
            };
            format!("{} is known: a {} that {active}{member}", holder(model, event.principal), event.kind.as_str())
        }
        Event::SessionStarted(event) => {
            format!("{} signed in ({})", holder(model, event.principal), short(&event.uses))
        }
        Event::SessionRotated(event) => format!("session {} got another secret", event.session),
        Event::SessionsEnded(event) => {
            format!(
                "{} ended: {}",
                list("session", &event.sessions, |number| format!("session {number}")),
                event.cause.as_str()
            )
        }
        Event::TokenIssued(event) => {
            let label = model.names.text(event.label);
            format!("{by} made token {} ({}) for {}", event.token, short(&label), holder(model, event.principal))
        }
        Event::TokensRevoked(event) => {
            format!(
                "{} ended: {}",
                list("token", &event.tokens, |number| format!("token {number}")),
                event.cause.as_str()
            )
        }
        Event::AccessDenied(event) => {
            let why = if event.reason.is_empty() { "no policy allows it" } else { &event.reason };
            let times = if event.times > 1 { format!(", {} times", event.times) } else { String::new() };
            format!("{by} was denied {} on {}{times}: {}", short(&event.action), short(&event.resource), short(why))
        }
        Event::PoliciesLoaded(event) => {
            format!("{by} loaded policy set {} ({} files)", event.set, event.files.len())
        }
        Event::LedgerRecovered(event) => match &event.old {
            Some(old) => format!("{by} recovered the ledger: {} entries of {} were left", event.new.size, old.size),
            None => format!("{by} set up the ledger's guard anew at {} entries", event.new.size),
        },
        Event::EvidenceExported(event) => {
            let about = event.component.as_deref().map(|component| format!(" about {component}")).unwrap_or_default();
            format!("{by} exported evidence{about} for {}", event.framework)
        }
    }
}

/// Who acted, by the name that they have now.
fn who(model: &Model, principal: &str) -> String {
    let number = principal.strip_prefix("principal:").and_then(|number| number.parse().ok());
    number.map_or_else(|| short(principal), |number| holder(model, PrincipalNo(number)))
}

fn holder(model: &Model, number: PrincipalNo) -> String {
    let name = model.access.principal(number).and_then(|known| known.name);
    name.map_or_else(|| format!("principal {number}"), |name| short(&model.names.text(name)))
}

fn reported(worker: &str, task: &str, event: &TaskReported) -> String {
    match &event.status {
        Some(change) if change.disables => {
            format!("{worker} reported {task} FAILED once too often: the scheduler disabled it")
        }
        Some(change) => format!("{worker} reported {task} {}", change.to.as_str()),
        _ if event.unplanned => format!("{worker} could not plan {task}: its requires() or complete() raised an error"),
        None if event.stays_done => format!("{worker} found {task} complete"),
        None if event.runs => format!("{worker} said that it runs {task}"),
        None if !event.deps_more.is_empty() => {
            format!("{worker} found {} more dependencies of {task}", event.deps_more.len())
        }
        None => format!("{worker} declared {task}"),
    }
}

fn moved(by: &str, task: &str, event: &TaskMoved) -> String {
    let to = event.change.to.as_str();
    match event.cause {
        Cause::Batch => format!("{task} became {to} with its batch"),
        Cause::DisableExpired => format!("{task} became {to}: the time that it was disabled for is over"),
        Cause::Forgiven => format!("{by} forgave the failure of {task}: it is {to}"),
        Cause::MarkedDone => format!("{by} marked {task} as done"),
        Cause::Orphaned => format!("{task} went back to {to}: its worker did not take up the batch"),
        Cause::ReEnabled => format!("{by} enabled {task} again: it is {to}"),
        Cause::RetryDue => format!("{task} became {to}: its retry delay is over"),
        Cause::WorkerLost if event.change.to == Status::Disabled => {
            format!("{task} was disabled: the worker that ran it was lost, once too often")
        }
        Cause::WorkerLost => format!("{task} {to}: the worker that ran it was lost"),
    }
}

/// Luigi's two messages say what they are.
fn message(model: &Model, by: &str, worker: &str, content: NameId) -> String {
    let content = Value::parse(&model.names.text(content)).unwrap_or_default();
    let argument = |name: &str| content.get("kwargs").and_then(|arguments| arguments.get(name));
    match content.get("name").and_then(Value::as_str) {
        Some("set_worker_processes") => match argument("n").and_then(Value::as_f64) {
            Some(n) => format!("{by} asked {worker} to run {n} tasks at once"),
            None => format!("{by} asked {worker} to run another number of tasks at once"),
        },
        Some("dispatch_scheduler_message") => match argument("task_id").and_then(Value::as_str) {
            Some(id) => format!("{by} sent {} a message", task(model, id)),
            None => format!("{by} sent a task of {worker} a message"),
        },
        _ => format!("{by} sent {worker} a message"),
    }
}

fn task(model: &Model, id: &str) -> String {
    let scheduler = &model.scheduler;
    let known = scheduler.task(id).filter(|task| task.is_declared());
    format!("task {}", short(&known.map_or_else(|| id.to_owned(), |task| scheduler.display_name(task))))
}

fn worker(model: &Model, number: WorkerNo) -> String {
    format!("worker {}", short(&model.names.text(model.scheduler.worker_name(number))))
}

/// `component payments-api`; with the namespace when that is not the usual one.
fn called(reference: &EntityRef) -> String {
    format!("{} {}", reference.kind(), short(&name(reference)))
}

fn name(reference: &EntityRef) -> String {
    match reference.namespace() {
        DEFAULT_NAMESPACE => reference.name().to_owned(),
        namespace => format!("{namespace}/{}", reference.name()),
    }
}

fn amounts(amounts: &crate::scheduler::event::Amounts) -> String {
    let some: Vec<String> =
        amounts.iter().take(NAMES_MAX).map(|(name, amount)| format!("{} {}", short(name), amount.0)).collect();
    some.join(", ") + &rest(amounts.len())
}

/// One by its name, several as so many with the first names.
fn list<T>(what: &str, items: &[T], name: impl Fn(&T) -> String) -> String {
    match items {
        [one] => name(one),
        items => {
            let names: Vec<String> = items
                .iter()
                .take(NAMES_MAX)
                .map(|item| name(item).split_once(' ').map_or_else(String::new, |(_, name)| name.to_owned()))
                .collect();
            format!("{} {what}s ({}{})", items.len(), names.join(", "), rest(items.len()))
        }
    }
}

fn rest(count: usize) -> String {
    match count.saturating_sub(NAMES_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    }
}

/// The beginning of a name.
fn short(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
