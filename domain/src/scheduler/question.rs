//! Questions over the scheduler's state: small, and pieces of large ones that a reader puts together.

use crate::id::{NameId, Timestamp, WorkerNo};
use crate::scheduler::config::Config;
use crate::scheduler::event::{Amounts, PUBLIC};
use crate::scheduler::pool::{Slot, Symbol};
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::{Status, Task};
use crate::scheduler::worker::Worker;
use crate::value::Value;

impl Task {
    /// Parameters, as declared.
    pub fn params(&self) -> &[(Symbol, Value)] {
        &self.params
    }

    /// A parameter; null if there is none.
    pub fn param(&self, name: Symbol) -> Value {
        self.params.iter().find(|(other, _)| *other == name).map_or(Value::Null, |(_, value)| value.clone())
    }

    /// Highest priority that anything downstream gave it.
    pub fn priority(&self) -> f64 {
        self.priority.0
    }

    /// When it was first heard of.
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// When its status last changed.
    pub fn updated(&self) -> Timestamp {
        self.updated
    }

    /// What running it takes.
    pub fn wants(&self) -> &Amounts {
        self.resources()
    }

    /// What it held when it last ran; none if it never did.
    pub fn resources_running(&self) -> Option<&Amounts> {
        self.ran.as_ref().and_then(|ran| ran.resources.as_ref())
    }

    /// Where to watch it.
    pub fn tracking_url(&self) -> Option<&str> {
        self.more().tracking_url.as_deref()
    }

    /// What it last said.
    pub fn status_message(&self) -> &Value {
        &self.more().status_message
    }

    /// How far it is.
    pub fn progress(&self) -> &Value {
        &self.more().progress
    }

    /// Whether it takes messages.
    pub fn accepts_messages(&self) -> bool {
        self.accepts_messages
    }

    /// Whether the scheduler itself disabled it. A disable at time zero cannot be lifted by hand, as in Luigi.
    pub fn is_re_enable_able(&self) -> bool {
        self.status == Status::Disabled && self.more().disabled_at.is_some_and(|at| at.0 != 0)
    }

    /// Whether the scheduler itself disabled it.
    pub fn is_disabled_by_scheduler(&self) -> bool {
        self.status == Status::Disabled && self.more().disabled_at.is_some()
    }

    /// When it may be tried again.
    pub fn retry_at(&self) -> Option<Timestamp> {
        self.more().retry_at.filter(|_| self.status == Status::Failed)
    }

    /// Number of failures remembered.
    pub fn failures(&self) -> usize {
        self.more().failures.len()
    }

    /// Slots of its dependencies.
    pub fn deps(&self) -> &[Slot] {
        &self.deps
    }

    /// Slots of what depends on it, in no order.
    pub fn dependents(&self) -> Vec<Slot> {
        self.dependents.to_vec()
    }

    /// False: somebody depends on this id, but there is no task.
    pub fn is_present(&self) -> bool {
        self.present
    }

    /// Whether it may be run by assistants.
    pub fn is_runnable(&self) -> bool {
        self.runnable
    }

    /// An answer to a message, if it waits.
    pub fn answer(&self, message: &str) -> Option<NameId> {
        self.more().answers.iter().find(|(other, _)| **other == *message).map(|&(_, answer)| answer)
    }

    /// Whether somebody has declared it; placeholders have no family.
    pub fn is_declared(&self) -> bool {
        self.present && self.family != Symbol::default()
    }
}

impl Worker {
    /// The client's own worker id.
    pub fn name(&self) -> NameId {
        self.name
    }

    /// What it told about itself.
    pub fn info_value(&self) -> &Value {
        &self.info_value
    }

    /// Told to phase out.
    pub fn is_disabled(&self) -> bool {
        self.disabled
    }

    /// Messages that wait for its next ping.
    pub fn messages(&self) -> &[NameId] {
        &self.messages
    }

    /// Its first call.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// Its last sign of life.
    pub fn last_active(&self) -> Timestamp {
        self.last_active
    }
}

impl Scheduler {
    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// No work is handed out.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Whether each `get_work` prunes.
    pub fn prunes_on_get_work(&self) -> bool {
        self.config.prune_on_get_work
    }

    /// The task in a slot, present or not.
    pub fn at_slot(&self, slot: Slot) -> &Task {
        self.at(slot)
    }

    /// The slot of a task that is there.
    pub fn slot(&self, id: &str) -> Option<Slot> {
        self.find(id)
    }

    /// One past the last slot.
    pub fn slots_end(&self) -> Slot {
        self.tasks.len() as Slot
    }

    /// The slots of the tasks with a status, in no order.
    pub fn slots_with(&self, status: Status) -> Vec<Slot> {
        self.indexes.by_status[status as usize].to_vec()
    }

    /// RUNNING tasks, best rank first.
    pub fn slots_running(&self) -> Vec<Slot> {
        self.running_slots().collect()
    }

    /// All workers that are here.
    pub fn all_workers(&self) -> impl Iterator<Item = (WorkerNo, &Worker)> {
        self.workers.iter().map(|(&number, worker)| (number, worker))
    }

    /// The text of a symbol.
    pub fn symbol(&self, symbol: Symbol) -> &str {
        self.symbols.text(symbol)
    }

    /// The family as declared: empty for placeholders.
    pub fn family_as_declared(&self, task: &Task) -> &str {
        self.symbols.text(task.family)
    }

    /// The Python module.
    pub fn module_of(&self, task: &Task) -> Option<&str> {
        task.module.map(|module| &**self.symbols.text(module))
    }

    /// The parameters that everybody may see.
    pub fn public_params<'a>(&'a self, task: &'a Task) -> Vec<(&'a str, &'a Value)> {
        let named = task.params.iter().map(|(name, value)| (&**self.symbols.text(*name), value));
        let visibilities = self.symbols.text(task.visibilities);
        if visibilities.is_empty() {
            return named.collect();
        }
        let visibilities = Value::parse(visibilities).unwrap_or_default();
        named.filter(|(name, _)| visibilities.get(name).and_then(Value::as_f64).is_none_or(|v| v == PUBLIC)).collect()
    }

    /// `family(param=value, ..)` with the public parameters by name.
    pub fn display_name(&self, task: &Task) -> String {
        let mut params = self.public_params(task);
        params.sort_unstable_by_key(|(name, _)| *name);
        let params: Vec<String> = params
            .into_iter()
            .map(|(name, value)| match value {
                Value::Str(text) => format!("{name}={text}"),
                Value::Null => format!("{name}=None"),
                Value::Bool(true) => format!("{name}=True"),
                Value::Bool(false) => format!("{name}=False"),
                other => format!("{name}={other}"),
            })
            .collect();
        format!("{}({})", self.family_as_declared(task), params.join(", "))
    }

    /// Worker ids that can run a task, the one that scheduled it last at the end.
    pub fn workers_for(&self, task: &Task) -> &[WorkerNo] {
        self.workers_of(task)
    }

    /// Total, units in use, and the RUNNING tasks that want some, of each resource that somebody set.
    pub fn resources(&self) -> Vec<(String, f64, f64)> {
        let mut names: Vec<&String> =
            self.config.resources.iter().map(|(name, _)| name).chain(self.totals.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let used = |name: &str| self.indexes.used.get(name).map_or(0.0, |&(used, _)| used);
        names.into_iter().map(|name| (name.clone(), self.total(name), used(name))).collect()
    }

    /// Units of a resource in all.
    pub fn resource_total(&self, name: &str) -> f64 {
        self.total(name)
    }

    /// Units of a resource that running tasks hold.
    pub fn resource_used(&self, name: &str) -> f64 {
        self.indexes.used.get(name).map_or(0.0, |&(used, _)| used)
    }

    /// How many running tasks hold some of a resource.
    pub fn resource_holders(&self, name: &str) -> u32 {
        self.indexes.used.get(name).map_or(0, |&(_, holders)| holders)
    }

    /// PENDING tasks that a worker can run, and those that only it can.
    pub fn pending_counts(&self, worker: WorkerNo) -> (u64, u64) {
        self.crowds_of(worker).fold((0, 0), |(pending, unique), crowd| {
            let more = u64::from(crowd.pending);
            (pending + more, unique + if crowd.members.len() == 1 { more } else { 0 })
        })
    }

    /// Whether any task that this worker could run is RUNNING, on whatever worker.
    pub fn has_running(&self, worker: WorkerNo) -> bool {
        self.crowds_of(worker).any(|crowd| !crowd.running.is_empty()) || self.runs_something(worker)
    }

    /// Whether a worker is running something.
    pub fn runs_something(&self, worker: WorkerNo) -> bool {
        let members = self.indexes.batches.values().flatten().map(|&(_, slot)| slot);
        self.running_slots().chain(members).any(|slot| self.at(slot).runner() == Some(worker))
    }

    /// Whether a task that this worker could run failed, or its root cannot be done because of a disabled one.
    pub fn has_failed(&self, worker: WorkerNo, root: &str) -> bool {
        self.crowds_of(worker).any(|crowd| crowd.failed > 0)
            || self.task(root).is_some_and(|root| {
                matches!(root.status, Status::Failed | Status::Disabled) || root.is_under_disabled()
            })
    }

    /// A heartbeat: what a task says; a batch's members say what its joint task says.
    pub fn touch_status_message(&mut self, id: &str, message: &Value) {
        self.touch(id, |task| task.more_mut().status_message = message.clone());
    }

    /// A heartbeat: how far a task is.
    pub fn touch_progress(&mut self, id: &str, percentage: &Value) {
        self.touch(id, |task| task.more_mut().progress = percentage.clone());
    }

    fn touch(&mut self, id: &str, change: impl Fn(&mut Task)) {
        let Some(slot) = self.find(id) else { return };
        let task = &mut self.tasks[slot as usize];
        change(task);
        if task.status == Status::Running
            && let Some(batch) = task.more().batch.clone()
        {
            for member in self.batch_slots(Some(&batch)) {
                change(&mut self.tasks[member as usize]);
            }
        }
    }
}
