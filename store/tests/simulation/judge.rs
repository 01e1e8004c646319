//! What must hold, by name, derived from the entries of the ledger and from walks over the whole model: never from an index.

use std::collections::{BTreeMap, BTreeSet};

use bussola_domain::event::{Event, Fact};
use bussola_domain::id::WorkerNo;
use bussola_domain::model::Model;
use bussola_domain::scheduler::event::Cause;
use bussola_domain::scheduler::{Config, Status};
use bussola_store::by_hand::{self, Writer};
use bussola_store::journal::faulty::Disk;

pub type Verdict = Result<(), String>;

/// Folds entries in the simplest way that there is.
#[derive(Default)]
pub struct Judge {
    /// Entries seen.
    seen: u64,
    /// Who has a task in hand.
    held: BTreeMap<String, WorkerNo>,
    /// Handed out, reported as run, or found complete by a worker.
    worked: BTreeSet<String>,
    /// By an operator.
    marked: BTreeSet<String>,
    /// What ended in DONE and has not been declared anew.
    done: BTreeSet<String>,
}

impl Judge {
    /// Looks at the entries that were added, or, after a power cut, at all.
    pub fn watch(&mut self, disk: &Disk) -> Verdict {
        if disk.size() < self.seen {
            *self = Judge::default();
        }
        for fact in by_hand::facts(disk, self.seen).map_err(|error| error.to_string())? {
            self.fold(&fact)?;
        }
        self.seen = disk.size();
        Ok(())
    }

    fn fold(&mut self, fact: &Fact) -> Verdict {
        match &fact.event {
            Event::TasksAssigned(event) => {
                for task in &event.tasks {
                    // A lost reply is given again, to the same worker.
                    if let Some(other) = self.held.get(task).filter(|other| **other != event.worker) {
                        return Err(format!(
                            "one-worker-a-task: `{task}` went to worker {} while worker {other} has it",
                            event.worker
                        ));
                    }
                    self.held.insert(task.clone(), event.worker);
                    self.worked.insert(task.clone());
                }
            }
            Event::TaskReported(event) => {
                self.worked.insert(event.task.clone());
                if let Some(change) = &event.status {
                    self.moved(&event.task, change.to, Some(event.worker));
                    if change.to == Status::Done && fact.run.is_none() {
                        return Err(format!("no-done-without-a-run: `{}` is done in no run", event.task));
                    }
                }
            }
            Event::TaskMoved(event) => {
                if event.cause == Cause::MarkedDone {
                    self.marked.insert(event.task.clone());
                }
                self.moved(&event.task, event.change.to, None);
            }
            Event::TasksRemoved(event) => {
                for task in &event.tasks {
                    self.held.remove(task);
                    self.worked.remove(task);
                    self.marked.remove(task);
                    self.done.remove(task);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn moved(&mut self, task: &str, to: Status, by: Option<WorkerNo>) {
        match (to, by) {
            (Status::Running | Status::BatchRunning, Some(worker)) => {
                self.held.entry(task.to_owned()).or_insert(worker);
            }
            (Status::Running | Status::BatchRunning, None) => {}
            _ => {
                self.held.remove(task);
            }
        }
        if to == Status::Done {
            self.done.insert(task.to_owned());
        } else {
            self.done.remove(task);
        }
    }

    /// What a walk over the model and the entries seen must agree on.
    pub fn model(&self, writer: &Writer) -> Verdict {
        writer.read(|model| {
            model.scheduler.audit().map_err(|differs| format!("indexes-equal-a-scan: {differs}"))?;
            self.done(model)?;
            runs(model)
        })
    }

    fn done(&self, model: &Model) -> Verdict {
        let tasks = (0..model.scheduler.slots_end()).map(|slot| model.scheduler.at_slot(slot));
        for task in tasks.filter(|task| model.scheduler.task(task.id()).is_some()) {
            let id = task.id();
            if (task.status() == Status::Done) != self.done.contains(id) {
                return Err(format!("state-equals-the-log: `{id}` is {:?}, by its entries it is not", task.status()));
            }
            if task.status() == Status::Done && !self.worked.contains(id) && !self.marked.contains(id) {
                return Err(format!("no-done-without-a-run: `{id}`"));
            }
        }
        Ok(())
    }
}

/// A worker has at most one run, and a run that is live has a worker that is here.
fn runs(model: &Model) -> Verdict {
    let mut workers = BTreeSet::new();
    for (run, live) in model.runs.all_live() {
        if !workers.insert(live.worker) {
            return Err(format!("one-run-a-worker: worker {} has run {run} and another", live.worker));
        }
        if model.scheduler.worker(live.worker).is_none() {
            return Err(format!("a-run-ends-with-its-worker: run {run} is live, worker {} is gone", live.worker));
        }
    }
    Ok(())
}

/// The text of everything recorded.
pub fn describe(model: &Model) -> Result<String, String> {
    let rest = serde_json::to_string(&(&model.runs, &model.catalog)).map_err(|error| error.to_string())?;
    Ok(format!("{}{rest}", model.scheduler.describe()))
}

fn same(what: &str, left: &str, right: &str) -> Verdict {
    if left == right {
        return Ok(());
    }
    let line = left.lines().zip(right.lines()).find(|(left, right)| left != right);
    let (left, right) = line.unwrap_or((left.lines().last().unwrap_or(""), right.lines().last().unwrap_or("")));
    Err(format!("{what}:\n  {left}\n  {right}"))
}

/// A model folded from the disk, and one from a snapshot, are the live one.
pub fn replay(writer: &Writer, disk: &Disk, config: &Config) -> Verdict {
    by_hand::verify(disk).map_err(|error| format!("the-log-verifies: {error}"))?;
    let live = writer.read(describe)?;
    let folded = by_hand::refold(disk, config).map_err(|error| format!("the-log-folds: {error}"))?;
    same("replayed-equals-live", &live, &describe(&folded)?)?;
    let copied = writer.read(|model| by_hand::from_snapshot(model, config))?;
    same("snapshot-equals-live", &live, &describe(&copied)?)?;
    copied.scheduler.audit().map_err(|differs| format!("indexes-of-a-snapshot-equal-a-scan: {differs}"))
}

/// Each name is the one that an entry commits to, or was erased, as an entry says.
fn names(disk: &Disk) -> Verdict {
    let mut stored = disk.names();
    for fact in by_hand::facts(disk, 0).map_err(|error| error.to_string())? {
        match &fact.event {
            Event::NamesGiven(event) => {
                for given in &event.names {
                    let is_it = match stored.get(&given.name) {
                        Some(Some((salt, text))) => salt.commit(text) == given.hash,
                        Some(None) => true,
                        None => false,
                    };
                    if !is_it {
                        return Err(format!("names-follow-from-the-log: {}", given.name));
                    }
                }
            }
            Event::TextsErased(event) => {
                for name in &event.names {
                    if stored.remove(name) != Some(None) {
                        return Err(format!("what-is-erased-is-gone: name {name}"));
                    }
                }
            }
            _ => {}
        }
    }
    let gone = stored.iter().find(|(_, kept)| kept.is_none());
    gone.map_or(Ok(()), |(name, _)| Err(format!("nothing-is-gone-without-an-entry: name {name}")))
}

/// The history that was committed is the one that the entries make.
pub fn history(disk: &Disk, config: &Config) -> Verdict {
    let mut model = Model::new(config.clone());
    model.names = by_hand::refold(disk, config).map_err(|error| error.to_string())?.names;
    let mut rows = Vec::new();
    for fact in by_hand::facts(disk, 0).map_err(|error| error.to_string())? {
        model.apply(&fact, &mut rows);
    }
    names(disk)?;
    if rows == disk.history() { Ok(()) } else { Err("history-follows-from-the-log".into()) }
}
