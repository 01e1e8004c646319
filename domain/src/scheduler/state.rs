//! The scheduler's state and its indexes.
//!
//! Tasks live in a table of slots; edges are slots, in both directions. A slot without a task stays while something
//! depends on its id, so that edges never dangle.
//!
//! INVARIANT: every index equals what a scan of the tasks would give (`audit` in the tests does scan). All changes of a
//! task go through [`Scheduler::edit`] or [`Scheduler::set_deps`], which take the task out of the indexes, change it, and
//! put it back, then tell its dependents.
//!
//! Tasks that the same workers can run share a [`Crowd`]: an ordered list of workers with counters and queues. Workers
//! poll; counting and choosing must not walk tasks. A worker looks at its crowds (mostly one), a crowd at its queues
//! (one for each mix of resources), a queue at its head.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

use crate::id::{BlobHash, NameId, RunId, Timestamp, WorkerNo};
use crate::scheduler::config::Config;
use crate::scheduler::event::Amounts;
use crate::scheduler::meter::Meters;
use crate::scheduler::pool::{Pool, Slot, SlotSet, Symbol, Symbols};
use crate::scheduler::task::{RetryPolicy, Status};
use crate::value::{Number, Value};

/// One task. Fields are read by questions and written only by `apply`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Task {
    pub(crate) id: Box<str>,
    /// False: nobody declared it or it was removed, but something depends on its id.
    pub(crate) present: bool,
    /// Rises with each task made; breaks ties of rank.
    pub(crate) order: u64,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) status: Status,
    pub(crate) family: Symbol,
    pub(crate) module: Option<Symbol>,
    pub(crate) params: Vec<(Symbol, Value)>,
    /// How visible parameters are: the text of an object from name to 0 public, 1 hidden, 2 private. Shared by the family.
    pub(crate) visibilities: Symbol,
    pub(crate) priority: Number,
    pub(crate) deps: Vec<Slot>,
    pub(crate) resources: Option<Box<Amounts>>,
    /// Who can run it: a place among the crowds.
    crowd: u32,
    /// Who has an interest in it: a place among the stakes.
    stake: u32,
    pub(crate) runnable: bool,
    pub(crate) batchable: bool,
    pub(crate) accepts_messages: bool,
    /// The run that last declared it.
    pub(crate) run: Option<RunId>,
    pub(crate) ran: Option<Box<Ran>>,
    pub(crate) more: Option<Box<More>>,

    #[serde(skip)]
    pub(crate) dependents: SlotSet,
    /// Dependencies that are not DONE.
    #[serde(skip)]
    pub(crate) open: u32,
    /// Dependencies that are DISABLED or wait for one that is.
    #[serde(skip)]
    pub(crate) blocked: u32,
    #[serde(skip)]
    class: u32,
}

/// The last attempt: who and when, with what.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ran {
    pub worker: Option<WorkerNo>,
    pub at: Option<Timestamp>,
    /// Null until it first ran, like the attribute that Luigi sets only then.
    pub resources: Option<Amounts>,
}

/// What few tasks have.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct More {
    pub tracking_url: Option<String>,
    pub error: Option<BlobHash>,
    pub failures: VecDeque<Timestamp>,
    pub first_failure: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    pub retry_at: Option<Timestamp>,
    pub remove_at: Option<Timestamp>,
    pub retry_policy: Option<RetryPolicy>,
    pub batch: Option<Box<str>>,
    pub answers: Vec<(Box<str>, NameId)>,
    /// Heartbeat data: not recorded, gone after a restart.
    pub status_message: Value,
    /// Heartbeat data: not recorded, gone after a restart.
    pub progress: Value,
}

static NOTHING: More = More {
    tracking_url: None,
    error: None,
    failures: VecDeque::new(),
    first_failure: None,
    disabled_at: None,
    retry_at: None,
    remove_at: None,
    retry_policy: None,
    batch: None,
    answers: Vec::new(),
    status_message: Value::Null,
    progress: Value::Null,
};

static NO_AMOUNTS: Amounts = Amounts::new();

impl Task {
    /// A task as it is made for a first report.
    pub(crate) fn new() -> Task {
        Task { present: true, status: Status::Pending, ..Task::default() }
    }

    /// The id that Luigi gave it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The run that last declared it.
    pub fn run(&self) -> Option<RunId> {
        self.run
    }

    /// Who runs it or ran it last.
    pub fn runner(&self) -> Option<WorkerNo> {
        self.ran.as_ref().and_then(|ran| ran.worker)
    }

    /// When it was last handed out.
    pub fn started(&self) -> Option<Timestamp> {
        self.ran.as_ref().and_then(|ran| ran.at)
    }

    /// What went wrong last, if anything.
    pub fn error(&self) -> Option<BlobHash> {
        self.more().error
    }

    pub(crate) fn more(&self) -> &More {
        self.more.as_deref().unwrap_or(&NOTHING)
    }

    pub(crate) fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    pub(crate) fn resources(&self) -> &Amounts {
        self.resources.as_deref().unwrap_or(&NO_AMOUNTS)
    }

    /// What it holds while it is RUNNING: what it had when it was handed out, less what it gave back.
    pub(crate) fn held(&self) -> &Amounts {
        self.ran.as_ref().and_then(|ran| ran.resources.as_ref()).unwrap_or_else(|| self.resources())
    }

    fn rank(&self) -> Rank {
        Rank { priority: !ordered_bits(self.priority.0), created: self.created, order: self.order }
    }

    /// PENDING, and nothing to wait for.
    pub(crate) fn is_schedulable(&self) -> bool {
        self.present && self.status == Status::Pending && self.open == 0
    }

    pub(crate) fn is_done(&self) -> bool {
        self.present && self.status == Status::Done
    }

    /// PENDING for a disabled task somewhere upstream: nobody should wait for it.
    pub(crate) fn is_under_disabled(&self) -> bool {
        self.status == Status::Pending && self.blocked > 0
    }

    /// Whether dependents count it as blocking.
    fn blocks(&self) -> bool {
        self.present && (self.status == Status::Disabled || self.is_under_disabled())
    }
}

/// Maps floats to integers of the same order. NaN, which no comparison places, counts as zero.
fn ordered_bits(number: f64) -> u64 {
    let number = if number.is_nan() { 0.0 } else { number + 0.0 };
    let bits = number.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// Sorts ascending from the task to take first: highest priority, then oldest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    priority: u64,
    created: Timestamp,
    order: u64,
}

/// A worker session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Worker {
    pub(crate) name: NameId,
    pub(crate) started: Timestamp,
    pub(crate) info: Option<NameId>,
    pub(crate) info_value: Value,
    pub(crate) disabled: bool,
    pub(crate) messages: Vec<NameId>,
    pub(crate) batchers: BTreeMap<Symbol, Batcher>,
    /// Heartbeat: not recorded.
    pub(crate) last_active: Timestamp,
    /// Heartbeat: not recorded.
    pub(crate) last_get_work: Option<Timestamp>,
    #[serde(skip)]
    crowds: Vec<u32>,
}

impl Worker {
    pub(crate) fn is_assistant(&self) -> bool {
        self.info_value.get("assistant").is_some_and(Value::truthy)
    }

    /// Number of processes: how many tasks it would take at once.
    pub(crate) fn processes(&self) -> f64 {
        self.info_value.get("workers").and_then(Value::as_f64).unwrap_or(1.0)
    }
}

/// How a worker batches a family.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Batcher {
    pub arguments: Vec<Symbol>,
    pub size_max: Number,
}

/// The tasks that exactly these workers can run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Crowd {
    /// In the order of joining; the last one scheduled the tasks last.
    pub members: Vec<WorkerNo>,
    #[serde(skip)]
    tasks: u32,
    /// PENDING or FAILED, and not below a disabled task.
    #[serde(skip)]
    pub waiting: u32,
    /// FAILED.
    #[serde(skip)]
    pub failed: u32,
    /// PENDING.
    #[serde(skip)]
    pub pending: u32,
    /// PENDING, and need resources.
    #[serde(skip)]
    pub pending_with_resources: u32,
    #[serde(skip)]
    pub running: SlotSet,
    #[serde(skip)]
    pub queues: Vec<u32>,
}

/// What makes ready tasks interchangeable up to their rank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct QueueKey {
    pub crowd: u32,
    pub class: u32,
    pub runnable: bool,
    /// The family of batchable tasks; the empty symbol for others.
    pub batch_family: Symbol,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    pub key: QueueKey,
    pub tasks: BTreeSet<(Rank, Slot)>,
}

/// Tasks that the same workers have an interest in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Stake {
    members: Vec<WorkerNo>,
    #[serde(skip)]
    tasks: SlotSet,
}

/// Resource amounts that can be hashed: names with the bits of their amounts.
type Class = Vec<(String, u64)>;

/// The scheduler's whole state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Scheduler {
    #[serde(skip)]
    pub(crate) config: Config,
    pub(crate) tasks: Vec<Task>,
    pub(crate) symbols: Symbols,
    pub(crate) workers: BTreeMap<WorkerNo, Worker>,
    /// By number, for all that ever were: finished tasks still say who ran them.
    pub(crate) worker_names: Vec<NameId>,
    pub(crate) totals: BTreeMap<String, Number>,
    pub(crate) paused: bool,
    orders: u64,
    pub(crate) crowds: Vec<Crowd>,
    stakes: Vec<Stake>,

    #[serde(skip)]
    pub(crate) indexes: Indexes,
    /// Ephemeral.
    #[serde(skip)]
    pub(crate) meters: Meters,
}

/// Everything that can be rebuilt from the tasks and workers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Indexes {
    hasher: RandomState,
    by_id: HashTable<Slot>,
    free: Vec<Slot>,
    pub by_status: [SlotSet; Status::ALL.len()],
    pub worker_by_name: HashMap<NameId, WorkerNo>,
    crowd_by_members: HashMap<Vec<WorkerNo>, u32>,
    crowds_free: Vec<u32>,
    stake_by_members: HashMap<Vec<WorkerNo>, u32>,
    stakes_free: Vec<u32>,
    classes: Pool<Class>,
    pub queues: Vec<Queue>,
    queue_by_key: HashMap<QueueKey, u32>,
    queues_free: Vec<u32>,
    /// RUNNING tasks by rank.
    pub running: BTreeSet<(Rank, Slot)>,
    /// What RUNNING tasks hold: amount and number of holders.
    pub used: HashMap<String, (f64, u32)>,
    pub batches: HashMap<Box<str>, BTreeSet<(u64, Slot)>>,
    pub retries: BTreeSet<(Timestamp, Slot)>,
    pub disables: BTreeSet<(Timestamp, Slot)>,
    pub removals: BTreeSet<(Timestamp, Slot)>,
    /// No stakeholder, not RUNNING, not yet doomed.
    pub unstaked: SlotSet,
}

impl Scheduler {
    /// An empty scheduler with these settings.
    pub fn new(config: Config) -> Scheduler {
        let meters = Meters::new(config.meter_labels.clone());
        let mut scheduler = Scheduler { config, meters, ..Scheduler::default() };
        scheduler.rebuild();
        scheduler
    }

    /// Replaces the settings, as a restart with another configuration does.
    pub fn configure(&mut self, config: Config) {
        self.meters = Meters::new(config.meter_labels.clone());
        self.config = config;
    }

    /// Makes the indexes anew, after the state was read from a snapshot. Workers get `now` as their last sign of life:
    /// heartbeats are not recorded, and a server that was down must not count its own absence as theirs.
    pub fn revive(&mut self, now: Timestamp) {
        // What was replayed did not happen just now.
        self.meters = Meters::new(self.config.meter_labels.clone());
        for worker in self.workers.values_mut() {
            worker.last_active = worker.last_active.max(now);
        }
    }

    /// Makes the indexes anew from tasks, workers and their groups.
    pub fn rebuild(&mut self) {
        self.indexes = Indexes::default();
        if self.crowds.is_empty() {
            // Place 0 of each: no workers, no stakeholders; it is never freed.
            self.crowds.push(Crowd::default());
            self.stakes.push(Stake::default());
        }
        // Class 0: no resources.
        self.indexes.classes.acquire(Vec::new());
        self.indexes.worker_by_name = self.workers.iter().map(|(&number, worker)| (worker.name, number)).collect();
        for slot in 0..self.tasks.len() as Slot {
            if self.tasks[slot as usize].order == 0 {
                self.indexes.free.push(slot);
            } else {
                self.insert_id(slot);
            }
        }
        self.rebuild_edges();
        self.rebuild_groups();
        for slot in 0..self.tasks.len() as Slot {
            if self.tasks[slot as usize].present {
                self.reclass(slot);
                self.index(slot);
            }
        }
    }

    fn rebuild_edges(&mut self) {
        for slot in 0..self.tasks.len() as Slot {
            for place in 0..self.tasks[slot as usize].deps.len() {
                let dep = self.tasks[slot as usize].deps[place];
                self.tasks[dep as usize].dependents.insert(slot);
            }
        }
        let mut blocking = Vec::new();
        for slot in 0..self.tasks.len() as Slot {
            let open = self.at(slot).deps.iter().filter(|&&dep| !self.at(dep).is_done()).count();
            self.tasks[slot as usize].open = open as u32;
            if self.at(slot).blocks() {
                blocking.push(slot);
            }
        }
        while let Some(slot) = blocking.pop() {
            for dependent in self.at(slot).dependents.to_vec() {
                let before = self.at(dependent).blocks();
                self.tasks[dependent as usize].blocked += 1;
                if !before && self.at(dependent).blocks() {
                    blocking.push(dependent);
                }
            }
        }
    }

    fn rebuild_groups(&mut self) {
        for slot in 0..self.tasks.len() as Slot {
            let task = &self.tasks[slot as usize];
            if !task.present {
                continue;
            }
            self.crowds[task.crowd as usize].tasks += 1;
            if task.stake != 0 {
                self.stakes[task.stake as usize].tasks.insert(slot);
            }
        }
        for place in 1..self.crowds.len() as u32 {
            if self.crowds[place as usize].tasks == 0 {
                self.crowds[place as usize].members.clear();
                self.indexes.crowds_free.push(place);
                continue;
            }
            for member in &self.crowds[place as usize].members {
                if let Some(worker) = self.workers.get_mut(member) {
                    worker.crowds.push(place);
                }
            }
            self.indexes.crowd_by_members.entry(self.crowds[place as usize].members.clone()).or_insert(place);
        }
        for place in 1..self.stakes.len() as u32 {
            if self.stakes[place as usize].tasks.is_empty() {
                self.stakes[place as usize].members.clear();
                self.indexes.stakes_free.push(place);
                continue;
            }
            self.indexes.stake_by_members.entry(self.stakes[place as usize].members.clone()).or_insert(place);
        }
    }

    // -- looking up ---------------------------------------------------------------------------------------------------

    /// The task with this id, if there is one.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.find(id).map(|slot| &self.tasks[slot as usize])
    }

    /// The slot of a task that is there.
    pub(crate) fn find(&self, id: &str) -> Option<Slot> {
        self.find_id(id).filter(|&slot| self.tasks[slot as usize].present)
    }

    fn find_id(&self, id: &str) -> Option<Slot> {
        let hash = self.indexes.hasher.hash_one(id);
        self.indexes.by_id.find(hash, |&slot| &*self.tasks[slot as usize].id == id).copied()
    }

    fn insert_id(&mut self, slot: Slot) {
        let hasher = &self.indexes.hasher;
        let hash = hasher.hash_one(&*self.tasks[slot as usize].id);
        let tasks = &self.tasks;
        self.indexes.by_id.insert_unique(hash, slot, |&other| hasher.hash_one(&*tasks[other as usize].id));
    }

    pub(crate) fn at(&self, slot: Slot) -> &Task {
        &self.tasks[slot as usize]
    }

    /// The number of a worker that is here.
    pub fn worker_no(&self, name: NameId) -> Option<WorkerNo> {
        self.indexes.worker_by_name.get(&name).copied()
    }

    /// The client's own id of a worker that is or was here.
    pub fn worker_name(&self, number: WorkerNo) -> NameId {
        self.worker_names.get(number.0 as usize).copied().unwrap_or(NameId(u32::MAX))
    }

    /// A task's family; before anybody said it, what its id starts with.
    pub fn family_of<'a>(&'a self, task: &'a Task) -> &'a str {
        if task.family == Symbol::default() {
            return family_in_id(&task.id);
        }
        self.symbols.text(task.family)
    }

    /// A sign of life; not recorded.
    pub fn touch_worker(&mut self, number: WorkerNo, now: Timestamp) {
        if let Some(worker) = self.workers.get_mut(&number) {
            worker.last_active = now;
        }
    }

    /// The worker asked for work; not recorded.
    pub fn touch_get_work(&mut self, number: WorkerNo, now: Timestamp) {
        if let Some(worker) = self.workers.get_mut(&number) {
            worker.last_get_work = Some(now);
        }
    }

    /// A worker that is here.
    pub fn worker(&self, number: WorkerNo) -> Option<&Worker> {
        self.workers.get(&number)
    }

    /// The number that the next new worker gets.
    pub fn next_worker_no(&self) -> WorkerNo {
        WorkerNo(self.worker_names.len() as u32)
    }

    /// Number of tasks with a status.
    pub fn count(&self, status: Status) -> usize {
        self.indexes.by_status[status as usize].len()
    }

    /// Number of tasks.
    pub fn len(&self) -> usize {
        self.indexes.by_status.iter().map(SlotSet::len).sum()
    }

    /// No tasks.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn crowds_of(&self, worker: WorkerNo) -> impl Iterator<Item = &Crowd> {
        let places = self.workers.get(&worker).map_or(&[][..], |worker| &worker.crowds);
        places.iter().map(|&place| &self.crowds[place as usize])
    }

    pub(crate) fn crowd_places(&self, worker: WorkerNo) -> &[u32] {
        self.workers.get(&worker).map_or(&[], |worker| &worker.crowds)
    }

    // -- the table ----------------------------------------------------------------------------------------------------

    /// The slot of an id, made without a task if new.
    pub(crate) fn slot_of(&mut self, id: &str) -> Slot {
        if let Some(slot) = self.find_id(id) {
            return slot;
        }
        let slot = self.indexes.free.pop().unwrap_or(self.tasks.len() as Slot);
        if slot as usize == self.tasks.len() {
            self.tasks.push(Task::default());
        }
        self.orders += 1;
        self.tasks[slot as usize] = Task { id: id.into(), order: self.orders, ..Task::default() };
        self.insert_id(slot);
        slot
    }

    /// Puts a task into a slot that has none.
    pub(crate) fn create(&mut self, slot: Slot, status: Status, priority: f64, at: Timestamp) {
        self.orders += 1;
        let task = &mut self.tasks[slot as usize];
        task.present = true;
        task.order = self.orders;
        task.status = status;
        task.priority = Number(priority);
        task.created = at;
        task.updated = at;
        self.index(slot);
        self.tell_dependents(slot, (false, false));
    }

    /// Takes the task out of its slot. The slot itself leaves when nothing depends on its id.
    pub(crate) fn remove(&mut self, slot: Slot) {
        self.set_deps(slot, Vec::new());
        self.unindex(slot);
        let task = &mut self.tasks[slot as usize];
        let before = (task.is_done(), task.blocks());
        let (crowd, stake, class) = (task.crowd, task.stake, task.class);
        let husk = Task {
            id: std::mem::take(&mut task.id),
            order: task.order,
            dependents: std::mem::take(&mut task.dependents),
            ..Task::default()
        };
        *task = husk;
        self.leave_crowd(crowd);
        self.leave_stake(stake, slot);
        if class != 0 {
            self.indexes.classes.release(class);
        }
        self.tell_dependents(slot, before);
        self.free_if_unused(slot);
    }

    fn free_if_unused(&mut self, slot: Slot) {
        let task = &self.tasks[slot as usize];
        if task.present || !task.dependents.is_empty() || task.order == 0 {
            return;
        }
        let hash = self.indexes.hasher.hash_one(&*task.id);
        if let Ok(entry) = self.indexes.by_id.find_entry(hash, |&other| other == slot) {
            entry.remove();
        }
        self.tasks[slot as usize] = Task::default();
        self.indexes.free.push(slot);
    }

    /// Replaces the dependencies of a task.
    pub(crate) fn set_deps(&mut self, slot: Slot, mut deps: Vec<Slot>) {
        deps.sort_unstable();
        deps.dedup();
        if self.tasks[slot as usize].deps == deps {
            return;
        }
        let before = (self.at(slot).is_done(), self.at(slot).blocks());
        self.unindex(slot);
        let old = std::mem::replace(&mut self.tasks[slot as usize].deps, deps);
        for &dep in &old {
            if self.tasks[slot as usize].deps.binary_search(&dep).is_err() {
                self.tasks[dep as usize].dependents.remove(slot);
            }
        }
        for place in 0..self.tasks[slot as usize].deps.len() {
            let dep = self.tasks[slot as usize].deps[place];
            if old.binary_search(&dep).is_err() {
                self.tasks[dep as usize].dependents.insert(slot);
            }
        }
        self.recount(slot);
        self.index(slot);
        self.tell_dependents(slot, before);
        for dep in old {
            self.free_if_unused(dep);
        }
    }

    fn recount(&mut self, slot: Slot) {
        let deps = &self.tasks[slot as usize].deps;
        let open = deps.iter().filter(|&&dep| !self.at(dep).is_done()).count();
        let blocked = deps.iter().filter(|&&dep| self.at(dep).blocks()).count();
        let task = &mut self.tasks[slot as usize];
        task.open = open as u32;
        task.blocked = blocked as u32;
    }

    /// Changes a task and keeps every index right. Not for dependencies.
    pub(crate) fn edit(&mut self, slot: Slot, change: impl FnOnce(&mut Task)) {
        let before = (self.at(slot).is_done(), self.at(slot).blocks());
        self.unindex(slot);
        change(&mut self.tasks[slot as usize]);
        self.reclass(slot);
        self.index(slot);
        self.tell_dependents(slot, before);
    }

    /// Tells the dependents of a task what changed about it: whether it is done, whether it blocks.
    fn tell_dependents(&mut self, slot: Slot, (was_done, blocked): (bool, bool)) {
        let is_done = self.at(slot).is_done();
        if was_done != is_done {
            for dependent in self.at(slot).dependents.to_vec() {
                self.unindex(dependent);
                let task = &mut self.tasks[dependent as usize];
                task.open = if is_done { task.open.saturating_sub(1) } else { task.open + 1 };
                self.index(dependent);
            }
        }
        let blocks = self.at(slot).blocks();
        if blocked != blocks {
            self.spread(slot, blocks);
        }
    }

    /// Carries "blocked by a disabled task" downstream. Costs what it changes.
    fn spread(&mut self, slot: Slot, blocks: bool) {
        let mut changed = vec![(slot, blocks)];
        while let Some((slot, blocks)) = changed.pop() {
            for dependent in self.at(slot).dependents.to_vec() {
                let before = self.at(dependent).blocks();
                self.unindex(dependent);
                let task = &mut self.tasks[dependent as usize];
                task.blocked = if blocks { task.blocked + 1 } else { task.blocked.saturating_sub(1) };
                self.index(dependent);
                let after = self.at(dependent).blocks();
                if before != after {
                    changed.push((dependent, after));
                }
            }
        }
    }

    // -- workers ------------------------------------------------------------------------------------------------------

    pub(crate) fn join(&mut self, number: WorkerNo, name: NameId, at: Timestamp) {
        while self.worker_names.len() <= number.0 as usize {
            self.worker_names.push(name);
        }
        self.worker_names[number.0 as usize] = name;
        self.indexes.worker_by_name.insert(name, number);
        let worker = Worker {
            name,
            started: at,
            info: None,
            info_value: Value::Object(Vec::new()),
            disabled: false,
            messages: Vec::new(),
            batchers: BTreeMap::new(),
            last_active: at,
            last_get_work: None,
            crowds: Vec::new(),
        };
        self.workers.insert(number, worker);
    }

    /// Takes a worker off every task's list of workers.
    pub(crate) fn leave_crowds(&mut self, number: WorkerNo) {
        let Some(worker) = self.workers.get_mut(&number) else { return };
        for place in std::mem::take(&mut worker.crowds) {
            let crowd = &mut self.crowds[place as usize];
            if self.indexes.crowd_by_members.get(&crowd.members) == Some(&place) {
                self.indexes.crowd_by_members.remove(&crowd.members);
            }
            crowd.members.retain(|&member| member != number);
            self.indexes.crowd_by_members.entry(crowd.members.clone()).or_insert(place);
        }
    }

    /// Takes a worker out of every task's stakeholders, and forgets it.
    pub(crate) fn forget_worker(&mut self, number: WorkerNo) {
        self.leave_crowds(number);
        for place in 1..self.stakes.len() as u32 {
            let stake = &mut self.stakes[place as usize];
            if !stake.members.contains(&number) {
                continue;
            }
            if self.indexes.stake_by_members.get(&stake.members) == Some(&place) {
                self.indexes.stake_by_members.remove(&stake.members);
            }
            stake.members.retain(|&member| member != number);
            if stake.members.is_empty() {
                for slot in stake.tasks.to_vec() {
                    self.unindex(slot);
                    self.index(slot);
                }
            } else {
                self.indexes.stake_by_members.entry(stake.members.clone()).or_insert(place);
            }
        }
        if let Some(worker) = self.workers.remove(&number) {
            self.indexes.worker_by_name.remove(&worker.name);
        }
    }

    /// The workers that can run a task, in the order of joining.
    pub(crate) fn workers_of(&self, task: &Task) -> &[WorkerNo] {
        &self.crowds[task.crowd as usize].members
    }

    pub(crate) fn stakeholders_of(&self, task: &Task) -> &[WorkerNo] {
        &self.stakes[task.stake as usize].members
    }

    /// Adds a worker to those that can run a task.
    pub(crate) fn join_task(&mut self, slot: Slot, worker: WorkerNo) {
        let members = self.workers_of(self.at(slot));
        if members.contains(&worker) {
            return;
        }
        let mut members = members.to_vec();
        members.push(worker);
        self.unindex(slot);
        let old = self.tasks[slot as usize].crowd;
        self.tasks[slot as usize].crowd = self.enter_crowd(members);
        self.index(slot);
        self.leave_crowd(old);
    }

    /// Adds a worker to the stakeholders of a task.
    pub(crate) fn stake_task(&mut self, slot: Slot, worker: WorkerNo) {
        let members = self.stakeholders_of(self.at(slot));
        if members.contains(&worker) {
            return;
        }
        let mut members = members.to_vec();
        members.push(worker);
        members.sort_unstable();
        self.unindex(slot);
        let old = self.tasks[slot as usize].stake;
        self.tasks[slot as usize].stake = self.enter_stake(members, slot);
        self.index(slot);
        self.leave_stake(old, slot);
    }

    fn enter_crowd(&mut self, members: Vec<WorkerNo>) -> u32 {
        if let Some(&place) = self.indexes.crowd_by_members.get(&members) {
            self.crowds[place as usize].tasks += 1;
            return place;
        }
        let place = self.indexes.crowds_free.pop().unwrap_or(self.crowds.len() as u32);
        for member in &members {
            if let Some(worker) = self.workers.get_mut(member) {
                worker.crowds.push(place);
            }
        }
        let crowd = Crowd { members: members.clone(), tasks: 1, ..Crowd::default() };
        if place as usize == self.crowds.len() {
            self.crowds.push(crowd);
        } else {
            self.crowds[place as usize] = crowd;
        }
        self.indexes.crowd_by_members.insert(members, place);
        place
    }

    fn leave_crowd(&mut self, place: u32) {
        if place == 0 {
            return;
        }
        let crowd = &mut self.crowds[place as usize];
        crowd.tasks -= 1;
        if crowd.tasks > 0 {
            return;
        }
        let members = std::mem::take(&mut crowd.members);
        if self.indexes.crowd_by_members.get(&members) == Some(&place) {
            self.indexes.crowd_by_members.remove(&members);
        }
        for member in members {
            if let Some(worker) = self.workers.get_mut(&member) {
                worker.crowds.retain(|&other| other != place);
            }
        }
        self.indexes.crowds_free.push(place);
    }

    fn enter_stake(&mut self, members: Vec<WorkerNo>, slot: Slot) -> u32 {
        let place = match self.indexes.stake_by_members.get(&members) {
            Some(&place) => place,
            None => {
                let place = self.indexes.stakes_free.pop().unwrap_or(self.stakes.len() as u32);
                let stake = Stake { members: members.clone(), tasks: SlotSet::default() };
                if place as usize == self.stakes.len() {
                    self.stakes.push(stake);
                } else {
                    self.stakes[place as usize] = stake;
                }
                self.indexes.stake_by_members.insert(members, place);
                place
            }
        };
        if place != 0 {
            self.stakes[place as usize].tasks.insert(slot);
        }
        place
    }

    fn leave_stake(&mut self, place: u32, slot: Slot) {
        if place == 0 {
            return;
        }
        let stake = &mut self.stakes[place as usize];
        stake.tasks.remove(slot);
        if stake.tasks.is_empty() {
            let members = std::mem::take(&mut stake.members);
            if self.indexes.stake_by_members.get(&members) == Some(&place) {
                self.indexes.stake_by_members.remove(&members);
            }
            self.indexes.stakes_free.push(place);
        }
    }

    // -- indexes ------------------------------------------------------------------------------------------------------

    /// Gives a task its class of resources anew.
    fn reclass(&mut self, slot: Slot) {
        let task = &self.tasks[slot as usize];
        if task.class == 0 && task.resources.is_none() {
            return;
        }
        let class: Class = task.resources().iter().map(|(name, amount)| (name.clone(), amount.0.to_bits())).collect();
        let old = task.class;
        let new = if class.is_empty() { 0 } else { self.indexes.classes.acquire(class) };
        self.tasks[slot as usize].class = new;
        if old != 0 {
            self.indexes.classes.release(old);
        }
    }

    fn index(&mut self, slot: Slot) {
        let task = &self.tasks[slot as usize];
        if !task.present {
            return;
        }
        let (indexes, crowds, stakes) = (&mut self.indexes, &mut self.crowds, &self.stakes);
        indexes.by_status[task.status as usize].insert(slot);
        let crowd = &mut crowds[task.crowd as usize];
        match task.status {
            Status::Pending => {
                crowd.pending += 1;
                crowd.waiting += u32::from(!task.is_under_disabled());
                crowd.pending_with_resources += u32::from(task.class != 0);
            }
            Status::Failed => {
                crowd.failed += 1;
                crowd.waiting += 1;
            }
            Status::Running => {
                crowd.running.insert(slot);
                indexes.running.insert((task.rank(), slot));
                for (name, amount) in task.held() {
                    let (used, holders) = indexes.used.entry(name.clone()).or_default();
                    *used += amount.0;
                    *holders += 1;
                }
            }
            Status::BatchRunning | Status::Done | Status::Disabled | Status::Unknown => {}
        }
        if task.is_schedulable() {
            let key = queue_key(task);
            let place = match indexes.queue_by_key.get(&key) {
                Some(&place) => place,
                None => {
                    let place = indexes.queues_free.pop().unwrap_or(indexes.queues.len() as u32);
                    let queue = Queue { key: key.clone(), tasks: BTreeSet::new() };
                    if place as usize == indexes.queues.len() {
                        indexes.queues.push(queue);
                    } else {
                        indexes.queues[place as usize] = queue;
                    }
                    crowds[task.crowd as usize].queues.push(place);
                    indexes.queue_by_key.insert(key, place);
                    place
                }
            };
            indexes.queues[place as usize].tasks.insert((task.rank(), slot));
        }
        let more = task.more();
        if stakes[task.stake as usize].members.is_empty() && task.status != Status::Running && more.remove_at.is_none()
        {
            indexes.unstaked.insert(slot);
        }
        if let (Status::Failed, Some(at)) = (task.status, more.retry_at) {
            indexes.retries.insert((at, slot));
        }
        if let (Status::Disabled, Some(at)) = (task.status, more.disabled_at) {
            indexes.disables.insert((at, slot));
        }
        if let (Status::BatchRunning, Some(batch)) = (task.status, &more.batch) {
            match indexes.batches.get_mut(batch) {
                Some(members) => members.insert((task.order, slot)),
                None => indexes.batches.entry(batch.clone()).or_default().insert((task.order, slot)),
            };
        }
        if let Some(at) = more.remove_at {
            indexes.removals.insert((at, slot));
        }
    }

    fn unindex(&mut self, slot: Slot) {
        let task = &self.tasks[slot as usize];
        if !task.present {
            return;
        }
        let (indexes, crowds) = (&mut self.indexes, &mut self.crowds);
        indexes.by_status[task.status as usize].remove(slot);
        let crowd = &mut crowds[task.crowd as usize];
        match task.status {
            Status::Pending => {
                crowd.pending -= 1;
                crowd.waiting -= u32::from(!task.is_under_disabled());
                crowd.pending_with_resources -= u32::from(task.class != 0);
            }
            Status::Failed => {
                crowd.failed -= 1;
                crowd.waiting -= 1;
            }
            Status::Running => {
                crowd.running.remove(slot);
                indexes.running.remove(&(task.rank(), slot));
                for (name, amount) in task.held() {
                    if let Some((used, holders)) = indexes.used.get_mut(name) {
                        *used -= amount.0;
                        *holders -= 1;
                        // Sums of fractions drift; without holders nothing is used, exactly.
                        if *holders == 0 {
                            indexes.used.remove(name);
                        }
                    }
                }
            }
            Status::BatchRunning | Status::Done | Status::Disabled | Status::Unknown => {}
        }
        if task.is_schedulable() {
            let key = queue_key(task);
            if let Some(&place) = indexes.queue_by_key.get(&key) {
                let queue = &mut indexes.queues[place as usize];
                queue.tasks.remove(&(task.rank(), slot));
                if queue.tasks.is_empty() {
                    indexes.queue_by_key.remove(&key);
                    crowds[task.crowd as usize].queues.retain(|&other| other != place);
                    indexes.queues_free.push(place);
                }
            }
        }
        indexes.unstaked.remove(slot);
        let Some(more) = task.more.as_deref() else { return };
        if let (Status::Failed, Some(at)) = (task.status, more.retry_at) {
            indexes.retries.remove(&(at, slot));
        }
        if let (Status::Disabled, Some(at)) = (task.status, more.disabled_at) {
            indexes.disables.remove(&(at, slot));
        }
        if let (Status::BatchRunning, Some(batch)) = (task.status, &more.batch)
            && let Some(members) = indexes.batches.get_mut(batch)
        {
            members.remove(&(task.order, slot));
            if members.is_empty() {
                indexes.batches.remove(batch);
            }
        }
        if let Some(at) = more.remove_at {
            indexes.removals.remove(&(at, slot));
        }
    }
}

/// Luigi's task ids start with the family: `family_param_param_hash`.
pub(crate) fn family_in_id(id: &str) -> &str {
    id.split(['_', '(']).next().filter(|family| family.len() < id.len() && !family.is_empty()).unwrap_or("UNKNOWN")
}

fn queue_key(task: &Task) -> QueueKey {
    QueueKey {
        crowd: task.crowd,
        class: task.class,
        runnable: task.runnable,
        batch_family: if task.batchable { task.family } else { Symbol::default() },
    }
}
