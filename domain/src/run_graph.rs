//! The task graph of one run, folded from the run's entries: what it planned, what was tried, how it went.
//!
//! The same fold serves runs that are live and runs of last year. A task that another run worked on meanwhile is
//! completed from the history by [`RunGraph::note_attempt`].
//!
//! INVARIANT: tasks are kept by id in order, so that a graph looks the same every time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::event::{Event, Fact};
use crate::id::{BlobHash, Timestamp, WorkerNo};
use crate::runs::{AttemptOutcome, Outcome};
use crate::scheduler::event::{Cause, TaskMoved};
use crate::scheduler::{Status, family_in_id};
use crate::value::Value;

/// One try of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Who tried; none for a task found complete.
    pub worker: Option<WorkerNo>,
    /// When it was handed out.
    pub started: Option<Timestamp>,
    /// When it ended; none while it runs.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<AttemptOutcome>,
    /// What went wrong.
    pub error: Option<BlobHash>,
}

/// A task of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunTask {
    /// Its family.
    pub family: String,
    /// Python module.
    pub module: Option<String>,
    /// Parameters as declared.
    pub params: Vec<(String, Value)>,
    /// Its status as far as this run knows.
    pub status: Status,
    /// When the status last changed.
    pub since: Timestamp,
    /// What it requires.
    pub deps: BTreeSet<String>,
    /// Whether a worker can run it, or it is only waited for.
    pub runnable: bool,
    /// Tries, oldest first.
    pub attempts: Vec<Attempt>,
    /// What went wrong last.
    pub error: Option<BlobHash>,
}

/// A run's tasks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunGraph {
    /// The root task's id.
    pub root: String,
    /// Whose session the run is.
    pub worker: Option<WorkerNo>,
    /// When it was cancelled, if it was: its worker is given no more work.
    pub cancelled: Option<Timestamp>,
    /// How the run ended, if it did.
    pub outcome: Option<Outcome>,
    /// All tasks by id.
    pub tasks: BTreeMap<String, RunTask>,
    /// Moves since the run ended: they count only if it goes on. A run that has ended stays as it was.
    pub later: Vec<(TaskMoved, Timestamp)>,
}

impl RunGraph {
    /// Folds the facts of one run, in order.
    pub fn fold<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> RunGraph {
        let mut graph = RunGraph::default();
        for fact in facts {
            graph.apply(fact);
        }
        graph
    }

    /// Folds one more fact of the run.
    pub fn apply(&mut self, fact: &Fact) {
        let at = fact.at;
        match &fact.event {
            Event::RunStarted(event) => {
                self.root = event.task.clone();
                self.worker = Some(event.worker);
                self.outcome = None;
            }
            Event::RunEnded(event) => {
                self.outcome = Some(event.outcome);
                if event.outcome == Outcome::Lost {
                    self.lose_what_runs(at);
                }
            }
            Event::RunResumed(_) => {
                self.outcome = None;
                for (event, at) in std::mem::take(&mut self.later) {
                    self.task(&event.task, at).move_to(event.change.to, Some(event.cause), at);
                }
            }
            // A run that is lost ends before its tasks are taken from its worker.
            Event::TaskMoved(event) if self.outcome.is_some() && event.cause != Cause::WorkerLost => {
                self.later.push((event.clone(), at));
            }
            Event::TaskReported(event) => {
                for dep in event.deps.iter().flatten().chain(&event.deps_more) {
                    self.task(dep, at);
                }
                let task = self.task(&event.task, at);
                if !event.family.is_empty() {
                    task.family = event.family.clone();
                }
                task.module = task.module.take().or_else(|| event.module.clone());
                if task.params.is_empty() {
                    task.params = event.public_params();
                }
                if let Some(deps) = &event.deps {
                    task.deps = deps.iter().cloned().collect();
                }
                task.deps.extend(event.deps_more.iter().cloned());
                task.runnable |= event.joins;
                task.error = event.error.or(task.error);
                if event.runs {
                    task.begin(event.worker, at);
                }
                if let Some(change) = &event.status {
                    task.move_to(change.to, None, at);
                } else if event.stays_done {
                    task.move_to(Status::Done, None, at);
                } else if task.status == Status::Unknown && !event.unplanned {
                    task.move_to(Status::Pending, None, at);
                }
            }
            Event::TasksAssigned(event) => {
                for id in &event.tasks {
                    let task = self.task(id, at);
                    task.begin(event.worker, at);
                    task.status = if event.batch.is_some() { Status::BatchRunning } else { Status::Running };
                    task.since = at;
                }
            }
            Event::TaskMoved(event) => {
                let task = self.task(&event.task, at);
                task.move_to(event.change.to, Some(event.cause), at);
            }
            Event::WorkerDisabled(event) => {
                if self.worker == Some(event.worker) && self.outcome.is_none() {
                    self.cancelled = Some(at);
                }
            }
            Event::WorkerJoined(_)
            | Event::WorkerDescribed(_)
            | Event::PlanningFailed(_)
            | Event::WorkersLost(_)
            | Event::BatcherSet(_)
            | Event::TasksDoomed(_)
            | Event::TasksRemoved(_)
            | Event::ResourcesDecreased(_)
            | Event::ResourcesSet(_)
            | Event::SchedulerPaused(_)
            | Event::MessageQueued(_)
            | Event::MessagesDelivered(_)
            | Event::MessageAnswered(_)
            | Event::AnswerRead(_)
            | Event::ManifestRead(_)
            | Event::ManifestForgotten(_)
            | Event::EntityDeclared(_)
            | Event::EntityRemoved(_)
            | Event::PipelineDiscovered(_)
            | Event::PipelineExtended(_)
            | Event::NamesGiven(_)
            | Event::TextsErased(_)
            | Event::HistoryForgotten(_)
            | Event::PrincipalKnown(_)
            | Event::SessionStarted(_)
            | Event::SessionRotated(_)
            | Event::SessionsEnded(_)
            | Event::TokenIssued(_)
            | Event::TokensRevoked(_)
            | Event::AccessDenied(_)
            | Event::PoliciesLoaded(_)
            | Event::LedgerRecovered(_)
            | Event::EvidenceExported(_) => {}
        }
    }

    /// Nothing of a lost run runs on, also where its worker came back as another session that declared the task anew.
    fn lose_what_runs(&mut self, at: Timestamp) {
        let worker = self.worker;
        let is_lost = |task: &&mut RunTask| {
            let open = task.attempts.last().filter(|attempt| attempt.ended.is_none());
            task.status.is_running() && open.is_some_and(|attempt| attempt.worker == worker)
        };
        for task in self.tasks.values_mut().filter(is_lost) {
            task.move_to(Status::Failed, Some(Cause::WorkerLost), at);
        }
    }

    fn task(&mut self, id: &str, at: Timestamp) -> &mut RunTask {
        if !self.tasks.contains_key(id) {
            let task = RunTask::undeclared(id, at);
            self.tasks.insert(id.to_string(), task);
        }
        self.tasks.entry(id.to_string()).or_insert_with(|| unreachable!("the task was just put there"))
    }

    /// Completes a task that another run worked on.
    pub fn note_attempt(&mut self, id: &str, attempt: Attempt) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if let (Some(ended), Some(outcome)) = (attempt.ended, attempt.outcome)
            && ended > task.since
            && task.status != Status::Done
        {
            task.status = match outcome {
                AttemptOutcome::Done | AttemptOutcome::AlreadyComplete => Status::Done,
                AttemptOutcome::Failed | AttemptOutcome::Lost => Status::Failed,
                AttemptOutcome::Disabled => Status::Disabled,
                AttemptOutcome::Yielded => Status::Pending,
            };
            task.since = ended;
            task.error = attempt.error.or(task.error);
        }
        task.attempts.push(attempt);
    }

    /// The tasks that a task waits for in the end: those upstream of it, itself included, that are not done although
    /// nothing upstream of them is open. Failed ones first, oldest failure first: the first `max`, each with the path that leads
    /// to it, and how many there are in all.
    pub fn first_causes(&self, from: &str, max: usize) -> (Vec<CausePath>, usize) {
        let mut came_from: BTreeMap<&str, Option<&str>> = BTreeMap::from([(from, None)]);
        let mut queue = VecDeque::from([from]);
        let mut causes = Vec::new();
        while let Some(id) = queue.pop_front() {
            let Some(task) = self.tasks.get(id).filter(|task| task.status != Status::Done) else { continue };
            let is_own_cause = matches!(task.status, Status::Failed | Status::Disabled) || task.status.is_running();
            let open: Vec<&String> = task
                .deps
                .iter()
                .filter(|dep| self.tasks.get(*dep).is_none_or(|dep| dep.status != Status::Done))
                .collect();
            if is_own_cause || open.is_empty() {
                causes.push(id);
                continue;
            }
            for dep in open {
                if !came_from.contains_key(dep.as_str()) {
                    came_from.insert(dep, Some(id));
                    queue.push_back(dep);
                }
            }
        }
        causes.sort_by_key(|id| {
            let task = &self.tasks[*id];
            let severity = match task.status {
                Status::Failed | Status::Disabled => 0,
                Status::Unknown | Status::Pending if task.is_unplanned() => 0,
                Status::Unknown | Status::Pending | Status::Done => 1,
                Status::Running | Status::BatchRunning => 2,
            };
            (severity, task.since, *id)
        });
        let path_to = |cause: &str| {
            let mut path = vec![cause.to_string()];
            let mut at = cause;
            while let Some(Some(next)) = came_from.get(at) {
                path.push((*next).to_string());
                at = next;
            }
            path.reverse();
            CausePath { cause: cause.to_string(), path }
        };
        (causes.iter().take(max).map(|cause| path_to(cause)).collect(), causes.len())
    }

    /// What depends on each task.
    pub fn dependents(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut dependents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (dependent, task) in &self.tasks {
            for dep in &task.deps {
                dependents.entry(dep).or_default().push(dependent);
            }
        }
        dependents
    }

    /// Everything in this run that depends on a task and is not done, nearest first.
    pub fn downstream<'a>(&'a self, id: &'a str, dependents: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<String> {
        let mut seen = BTreeSet::from([id]);
        let mut queue = VecDeque::from([id]);
        let mut found = Vec::new();
        while let Some(id) = queue.pop_front() {
            for &dependent in dependents.get(id).into_iter().flatten() {
                if self.tasks[dependent].status != Status::Done && seen.insert(dependent) {
                    found.push(dependent.to_string());
                    queue.push_back(dependent);
                }
            }
        }
        found
    }

    /// Number of tasks with a status.
    pub fn count(&self, status: Status) -> usize {
        self.tasks.values().filter(|task| task.status == status).count()
    }
}

/// A first cause and how the walk came to it.
#[derive(Clone, Debug, PartialEq)]
pub struct CausePath {
    /// The task id.
    pub cause: String,
    /// From the task that was asked about to the cause, both included.
    pub path: Vec<String>,
}

impl RunTask {
    /// A task of which only the id is known: others need it.
    pub fn undeclared(id: &str, at: Timestamp) -> RunTask {
        RunTask {
            family: family_in_id(id).to_string(),
            module: None,
            params: Vec::new(),
            status: Status::Unknown,
            since: at,
            deps: BTreeSet::new(),
            runnable: false,
            attempts: Vec::new(),
            error: None,
        }
    }

    /// Whether its worker could not plan it, and said why.
    pub fn is_unplanned(&self) -> bool {
        matches!(self.status, Status::Pending | Status::Unknown) && !self.runnable && self.error.is_some()
    }

    /// The worker that its last try was lost with, and when that was given up.
    pub fn lost_with(&self) -> Option<(WorkerNo, Timestamp)> {
        let last = self.attempts.last().filter(|attempt| attempt.outcome == Some(AttemptOutcome::Lost))?;
        Some((last.worker?, last.ended?))
    }

    fn begin(&mut self, worker: WorkerNo, at: Timestamp) {
        if self.attempts.last().is_some_and(|attempt| attempt.ended.is_none()) {
            return;
        }
        let attempt = Attempt { worker: Some(worker), started: Some(at), ended: None, outcome: None, error: None };
        self.attempts.push(attempt);
    }

    fn move_to(&mut self, to: Status, cause: Option<Cause>, at: Timestamp) {
        let outcome = match to {
            Status::Done => Some(AttemptOutcome::Done),
            Status::Failed | Status::Disabled if cause == Some(Cause::WorkerLost) => Some(AttemptOutcome::Lost),
            Status::Failed => Some(AttemptOutcome::Failed),
            Status::Disabled => Some(AttemptOutcome::Disabled),
            Status::Pending => Some(AttemptOutcome::Yielded),
            Status::Running | Status::BatchRunning | Status::Unknown => None,
        };
        let error = self.error;
        match self.attempts.last_mut().filter(|attempt| attempt.ended.is_none()) {
            Some(open) if outcome.is_some() => {
                open.ended = Some(at);
                open.outcome = outcome;
                open.error = error.filter(|_| to != Status::Done);
            }
            None if to == Status::Done && self.status != Status::Done && cause.is_none() => {
                let outcome = Some(AttemptOutcome::AlreadyComplete);
                self.attempts.push(Attempt { worker: None, started: None, ended: Some(at), outcome, error: None });
            }
            Some(_) | None => {}
        }
        if self.status != to {
            self.status = to;
            self.since = at;
        }
    }
}
