//! Runs: one execution of a pipeline by one worker session, from its first report to its end, and what is kept of it.
//!
//! A run starts with the first task that a worker declares; that task is its root, and the root's family names the
//! pipeline. Luigi's clients never say that they are done, so a run's end is decided: the worker asked for work, got
//! none, runs nothing, and its root is done (succeeded) or something failed with nothing left to try (failed); or the
//! worker fell silent (lost, failed, or incomplete, by what it left). A worker that gets work again resumes its run.
//!
//! A worker id names one session, unless its user fixed it (`--worker-id`). Then a session may follow another while
//! the scheduler still knows the worker, and begins a run of its own: told by the first task that it declares after
//! the end of the last run, by the same root declared anew, or at last by what the worker tells about itself.
//!
//! INVARIANT: a run that started ends: with its worker at the latest. A worker has at most one run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use crate::id::{BlobHash, NameId, RunId, Timestamp, WorkerNo};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The root task is done.
    Succeeded,
    /// A task failed, or could not be planned, and the root is not done.
    Failed,
    /// Nothing failed, but the root is not done: something that nobody makes is missing, or others still work on it.
    Incomplete,
    /// The worker fell silent while it ran a task.
    Lost,
}

impl Outcome {
    /// As people and JSON read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
            Outcome::Incomplete => "incomplete",
            Outcome::Lost => "lost",
        }
    }
}

/// A worker began to declare tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// The family of the root task, which names the pipeline.
    pub family: String,
    /// Its number.
    pub run: RunId,
    /// The root task's id.
    pub task: String,
    /// Who runs.
    pub worker: WorkerNo,
}

/// A run is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunEnded {
    /// How.
    pub outcome: Outcome,
    /// Which.
    pub run: RunId,
}

/// A run that had ended got work again: a retry was due, or others finished what it waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResumed {
    /// Which.
    pub run: RunId,
}

/// The history of what ended before a time is deleted from here on: attempts, runs and error texts may be missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryForgotten {
    /// That time.
    pub before: Timestamp,
}

/// A run whose worker is still here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LiveRun {
    /// The worker.
    pub worker: WorkerNo,
    /// The root task's family.
    pub family: String,
    /// The root task's id.
    pub root: String,
    /// When it started.
    pub started: Timestamp,
    /// How it ended, if it has and was not resumed.
    pub ended: Option<Outcome>,
    /// Its session has said all that it wants done: the worker told about itself, or was given work.
    begun: bool,
    /// Something of it could not be planned.
    #[serde(default)]
    unplanned: bool,
    /// What this run has shown of its pipeline so far.
    shown: Shown,
}

/// What a run has shown of its pipeline: what need not be looked at again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Shown {
    families: BTreeSet<String>,
    datasets: BTreeSet<String>,
    dependencies: BTreeSet<String>,
}

impl LiveRun {
    /// Whether its session has said all that it wants done; what it declares from now on comes from running tasks.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Whether something of it could not be planned, so that its root cannot be done.
    pub fn has_unplanned(&self) -> bool {
        self.unplanned
    }

    /// Whether it has shown this family before.
    pub fn has_shown_family(&self, family: &str) -> bool {
        self.shown.families.contains(family)
    }

    /// Whether it has shown this dataset before.
    pub fn has_shown_dataset(&self, dataset: &str) -> bool {
        self.shown.datasets.contains(dataset)
    }

    /// Whether it has shown before that it needs this other family.
    pub fn has_shown_dependency(&self, family: &str) -> bool {
        self.shown.dependencies.contains(family)
    }
}

/// What the history tables get. Rows are a projection: they follow from the entries and can be made anew.
#[derive(Clone, Debug, PartialEq)]
pub enum HistoryRow {
    /// A run started.
    RunStarted {
        /// Which.
        run: RunId,
        /// Its root family.
        family: String,
        /// Its root task.
        root: String,
        /// Who runs.
        worker: WorkerNo,
        /// The client's own worker id.
        worker_name: NameId,
        /// When.
        at: Timestamp,
    },
    /// A worker told about itself: host, user, process id.
    RunDescribed {
        /// Which run.
        run: RunId,
        /// The text of an object.
        info: NameId,
    },
    /// A run ended.
    RunEnded {
        /// Which.
        run: RunId,
        /// How.
        outcome: Outcome,
        /// When.
        at: Timestamp,
    },
    /// A run goes on.
    RunResumed {
        /// Which.
        run: RunId,
    },
    /// One try of one task ended, or a task was found complete.
    Attempt {
        /// In which run.
        run: Option<RunId>,
        /// The task id.
        task: String,
        /// Its family.
        family: String,
        /// Who ran it.
        worker: Option<WorkerNo>,
        /// When it was handed out; none if it was found complete.
        started: Option<Timestamp>,
        /// When it ended.
        ended: Timestamp,
        /// How.
        outcome: AttemptOutcome,
        /// What went wrong.
        error: Option<BlobHash>,
    },
}

/// How one try of a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// Done.
    Done,
    /// Failed; may be tried again.
    Failed,
    /// Failed once too often.
    Disabled,
    /// Its worker fell silent.
    Lost,
    /// The worker gave it back: it found more dependencies, or did not take it up.
    Yielded,
    /// It was complete before anybody ran it.
    AlreadyComplete,
}

impl AttemptOutcome {
    /// As people and JSON read it.
    pub fn as_str(self) -> &'static str {
        match self {
            AttemptOutcome::Done => "done",
            AttemptOutcome::Failed => "failed",
            AttemptOutcome::Disabled => "disabled",
            AttemptOutcome::Lost => "lost",
            AttemptOutcome::Yielded => "yielded",
            AttemptOutcome::AlreadyComplete => "already_complete",
        }
    }

    /// Whether the try came to nothing.
    pub fn is_failure(self) -> bool {
        matches!(self, AttemptOutcome::Failed | AttemptOutcome::Disabled | AttemptOutcome::Lost)
    }
}

/// How a pipeline has fared lately: what its latest ended run says, and since when it has been failing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// The run that ended last.
    pub run: RunId,
    /// How it ended.
    pub outcome: Outcome,
    /// When it ended.
    pub ended: Timestamp,
    /// When the first of the unbroken row of runs that did not succeed ended; none if the last one succeeded.
    pub failing_since: Option<Timestamp>,
}

/// LIMIT: runs of a pipeline that are remembered for its statistics: what a row of a list shows at a glance.
pub const RECENT_RUNS_MAX: usize = 30;

/// A run as a pipeline's statistics remember it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentRun {
    /// Which.
    pub run: RunId,
    /// When it started.
    pub started: Timestamp,
    /// When and how it ended; none while it goes on.
    pub end: Option<(Timestamp, Outcome)>,
}

impl RecentRun {
    /// How long it took, in microseconds; none while it goes on.
    pub fn duration_us(&self) -> Option<i64> {
        self.end.map(|(ended, _)| (ended.0 - self.started.0).max(0))
    }
}

/// The runs of the workers that are here, and the health of every pipeline that ever ran.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Runs {
    next: u64,
    health: BTreeMap<String, Health>,
    /// The latest runs of each pipeline, oldest first.
    #[serde(default)]
    recent: BTreeMap<String, VecDeque<RecentRun>>,
    live: BTreeMap<RunId, LiveRun>,
    by_worker: BTreeMap<WorkerNo, RunId>,
}

impl Runs {
    /// The number that the next run gets.
    pub fn next_run(&self) -> RunId {
        RunId(self.next + 1)
    }

    /// The run of a worker.
    pub fn of_worker(&self, worker: WorkerNo) -> Option<RunId> {
        self.by_worker.get(&worker).copied()
    }

    /// A run whose worker is here.
    pub fn live(&self, run: RunId) -> Option<&LiveRun> {
        self.live.get(&run)
    }

    /// All runs whose workers are here, oldest first.
    pub fn all_live(&self) -> impl DoubleEndedIterator<Item = (RunId, &LiveRun)> {
        self.live.iter().map(|(&run, live)| (run, live))
    }

    /// Folds.
    pub fn run_started(&mut self, event: &RunStarted, at: Timestamp) {
        self.next = self.next.max(event.run.0);
        let live = LiveRun {
            worker: event.worker,
            family: event.family.clone(),
            root: event.task.clone(),
            started: at,
            ended: None,
            begun: false,
            unplanned: false,
            shown: Shown::default(),
        };
        self.live.insert(event.run, live);
        if let Some(before) = self.by_worker.insert(event.worker, event.run) {
            self.live.remove(&before);
        }
        let recent = self.recent.entry(event.family.clone()).or_default();
        if recent.len() >= RECENT_RUNS_MAX {
            recent.pop_front();
        }
        recent.push_back(RecentRun { run: event.run, started: at, end: None });
    }

    /// Pipelines that ever ran whose root families come after one, in order, each with its latest runs, oldest first.
    pub fn recent_after(&self, family: Option<&str>) -> impl Iterator<Item = (&str, &VecDeque<RecentRun>)> {
        let start = family.map_or(Bound::Unbounded, Bound::Excluded);
        self.recent.range::<str, _>((start, Bound::Unbounded)).map(|(family, recent)| (family.as_str(), recent))
    }

    /// The latest run of a pipeline, by its root family.
    pub fn latest(&self, family: &str) -> Option<&RecentRun> {
        self.recent.get(family)?.back()
    }

    /// How a pipeline has fared, by its root family.
    pub fn health(&self, family: &str) -> Option<&Health> {
        self.health.get(family)
    }

    /// Folds. Says whether the pipeline succeeds now and did not before, or the other way round.
    pub fn run_ended(&mut self, event: &RunEnded, at: Timestamp) -> bool {
        let Some(live) = self.live.get_mut(&event.run) else { return false };
        live.ended = Some(event.outcome);
        if let Some(recent) = recent_run(&mut self.recent, &live.family, event.run) {
            recent.end = Some((at, event.outcome));
        }
        let failing_since = match event.outcome {
            Outcome::Succeeded => None,
            _ => self.health.get(&live.family).and_then(|health| health.failing_since).or(Some(at)),
        };
        let health = Health { run: event.run, outcome: event.outcome, ended: at, failing_since };
        let before = self.health.insert(live.family.clone(), health);
        before.map(|before| before.failing_since.is_none()) != Some(failing_since.is_none())
    }

    /// Folds.
    pub fn run_resumed(&mut self, event: &RunResumed) {
        if let Some(live) = self.live.get_mut(&event.run) {
            live.ended = None;
            if let Some(recent) = recent_run(&mut self.recent, &live.family, event.run) {
                recent.end = None;
            }
        }
    }

    /// Folds: a worker told about itself, or was given work.
    pub fn worker_began(&mut self, worker: WorkerNo) {
        if let Some(live) = self.by_worker.get(&worker).and_then(|run| self.live.get_mut(run)) {
            live.begun = true;
        }
    }

    /// Folds: a task of a run could not be planned.
    pub fn planning_failed(&mut self, run: RunId) {
        if let Some(live) = self.live.get_mut(&run) {
            live.unplanned = true;
        }
    }

    /// Folds: a run has shown more of its pipeline.
    pub fn learned(
        &mut self,
        run: RunId,
        families: &BTreeSet<String>,
        datasets: &BTreeSet<String>,
        dependencies: &BTreeSet<String>,
    ) {
        let Some(live) = self.live.get_mut(&run) else { return };
        live.shown.families.extend(families.iter().cloned());
        live.shown.datasets.extend(datasets.iter().cloned());
        live.shown.dependencies.extend(dependencies.iter().cloned());
    }

    /// Folds: the workers and their runs leave.
    pub fn workers_lost(&mut self, workers: &[WorkerNo]) {
        for worker in workers {
            if let Some(run) = self.by_worker.remove(worker) {
                self.live.remove(&run);
            }
        }
    }
}

fn recent_run<'a>(
    recent: &'a mut BTreeMap<String, VecDeque<RecentRun>>,
    family: &str,
    run: RunId,
) -> Option<&'a mut RecentRun> {
    recent.get_mut(family)?.iter_mut().rev().find(|recent| recent.run == run)
}
