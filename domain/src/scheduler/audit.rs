//! The indexes against a scan of the tasks, and the state as text: for the simulator.
//!
//! Everything is derived again in the simplest way that there is; no index is used to check another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::id::WorkerNo;
use crate::scheduler::pool::Slot;
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::{Rank, Status, Task};

/// What makes ready tasks interchangeable, spelled out.
type Kind = (u32, Vec<(String, u64)>, bool, u32);

impl Scheduler {
    /// Checks every index against what the tasks say.
    #[doc(hidden)]
    pub fn audit(&self) -> Result<(), String> {
        self.audit_table()?;
        self.audit_edges()?;
        self.audit_groups()?;
        self.audit_queues()?;
        self.audit_times()
    }

    fn present(&self) -> impl Iterator<Item = (Slot, &Task)> {
        (0..).zip(&self.tasks).filter(|(_, task)| task.present)
    }

    fn audit_table(&self) -> Result<(), String> {
        let mut free: Vec<Slot> = self.indexes.free.clone();
        free.sort_unstable();
        let unused: Vec<Slot> =
            (0..).zip(&self.tasks).filter(|(_, task)| task.order == 0).map(|(slot, _)| slot).collect();
        same("free slots", &free, &unused)?;
        for (slot, task) in (0..).zip(&self.tasks).filter(|(_, task)| task.order != 0) {
            same(&format!("the slot of `{}`", task.id), &self.find_id(&task.id), &Some(slot))?;
            if !task.present && task.dependents.is_empty() {
                return Err(format!("`{}` has a slot although nothing depends on it", task.id));
            }
        }
        let used = self.tasks.iter().filter(|task| task.order != 0).count();
        same("number of ids", &self.indexes.by_id.len(), &used)?;
        for status in Status::ALL {
            let found = sorted(self.indexes.by_status[status as usize].to_vec());
            let scanned: Vec<Slot> =
                self.present().filter(|(_, task)| task.status == status).map(|(slot, _)| slot).collect();
            same(status.as_str(), &found, &scanned)?;
        }
        self.audit_names()
    }

    fn audit_edges(&self) -> Result<(), String> {
        let mut dependents: BTreeMap<Slot, BTreeSet<Slot>> = BTreeMap::new();
        for (slot, task) in self.present() {
            for &dep in &task.deps {
                dependents.entry(dep).or_default().insert(slot);
            }
        }
        for (slot, task) in (0..).zip(&self.tasks) {
            let scanned: Vec<Slot> = dependents.get(&slot).into_iter().flatten().copied().collect();
            same(&format!("dependents of `{}`", task.id), &sorted(task.dependents.to_vec()), &scanned)?;
        }
        for (_, task) in self.present() {
            let open = task.deps.iter().filter(|&&dep| !self.at(dep).is_done()).count();
            same(&format!("open dependencies of `{}`", task.id), &(task.open as usize), &open)?;
        }
        // Blocking goes downstream: repeat until nothing changes.
        let mut blocks: BTreeSet<Slot> = BTreeSet::new();
        loop {
            let more = self.present().filter(|(slot, task)| {
                !blocks.contains(slot)
                    && (task.status == Status::Disabled
                        || task.status == Status::Pending && task.deps.iter().any(|dep| blocks.contains(dep)))
            });
            let more: Vec<Slot> = more.map(|(slot, _)| slot).collect();
            if more.is_empty() {
                break;
            }
            blocks.extend(more);
        }
        for (_, task) in self.present() {
            let blocked = task.deps.iter().filter(|dep| blocks.contains(dep)).count();
            same(&format!("blocking dependencies of `{}`", task.id), &(task.blocked as usize), &blocked)?;
        }
        Ok(())
    }

    fn audit_groups(&self) -> Result<(), String> {
        for (place, crowd) in (0..).zip(&self.crowds) {
            let of: Vec<(Slot, &Task)> = self.present().filter(|(_, task)| task.crowd == place).collect();
            let count = |is: &dyn Fn(&Task) -> bool| of.iter().filter(|(_, task)| is(task)).count() as u32;
            if place != 0 {
                same(&format!("tasks of crowd {place}"), &crowd.tasks, &(of.len() as u32))?;
            }
            let counts = [
                ("pending", crowd.pending, count(&|task| task.status == Status::Pending)),
                ("failed", crowd.failed, count(&|task| task.status == Status::Failed)),
                (
                    "waiting",
                    crowd.waiting,
                    count(&|task| task.status == Status::Failed || task.status == Status::Pending && task.blocked == 0),
                ),
                (
                    "pending with resources",
                    crowd.pending_with_resources,
                    count(&|task| task.status == Status::Pending && !task.resources().is_empty()),
                ),
            ];
            for (what, found, scanned) in counts {
                same(&format!("{what} of crowd {place}"), &found, &scanned)?;
            }
            let running: Vec<Slot> =
                of.iter().filter(|(_, task)| task.status == Status::Running).map(|&(slot, _)| slot).collect();
            same(&format!("running of crowd {place}"), &sorted(crowd.running.to_vec()), &running)?;
        }
        for (number, worker) in &self.workers {
            let of = |(place, crowd): &(u32, &crate::scheduler::groups::Crowd)| {
                *place != 0 && crowd.tasks > 0 && crowd.members.contains(number)
            };
            let scanned: Vec<u32> = (0..).zip(&self.crowds).filter(of).map(|(place, _)| place).collect();
            same(&format!("crowds of worker {number}"), &sorted(worker.crowds.clone()), &scanned)?;
            same("worker by name", &self.indexes.worker_by_name.get(&worker.name), &Some(number))?;
        }
        same("number of names of workers", &self.indexes.worker_by_name.len(), &self.workers.len())?;
        for (place, stake) in (0..).zip(&self.stakes).skip(1) {
            let scanned: Vec<Slot> =
                self.present().filter(|(_, task)| task.stake == place).map(|(slot, _)| slot).collect();
            same(&format!("tasks of stake {place}"), &sorted(stake.tasks.to_vec()), &scanned)?;
            if let Some(gone) = stake.members.iter().find(|member| !self.workers.contains_key(member)) {
                return Err(format!("worker {gone} has a stake and is not here"));
            }
        }
        Ok(())
    }

    fn audit_queues(&self) -> Result<(), String> {
        let kind = |task: &Task| -> Kind {
            let class = task.resources().iter().map(|(name, amount)| (name.clone(), amount.0.to_bits())).collect();
            let family = if task.batchable { task.family } else { Default::default() };
            (task.crowd, class, task.runnable, family.number())
        };
        let mut scanned: BTreeMap<Kind, BTreeSet<(Rank, Slot)>> = BTreeMap::new();
        for (slot, task) in self.present() {
            let ready = task.status == Status::Pending && task.deps.iter().all(|&dep| self.at(dep).is_done());
            if ready {
                scanned.entry(kind(task)).or_default().insert((task.rank(), slot));
            }
        }
        let mut found: BTreeMap<Kind, BTreeSet<(Rank, Slot)>> = BTreeMap::new();
        for (place, queue) in (0..).zip(&self.indexes.queues).filter(|(_, queue)| !queue.tasks.is_empty()) {
            let Some(&(_, first)) = queue.tasks.first() else { continue };
            if found.insert(kind(self.at(first)), queue.tasks.clone()).is_some() {
                return Err(format!("two queues of one kind: {:?}", queue.key));
            }
            if !self.crowds[queue.key.crowd as usize].queues.contains(&place) {
                return Err(format!("queue {place} is not among its crowd's"));
            }
        }
        same("ready tasks", &found, &scanned)?;
        let of_crowds: usize = self.crowds.iter().map(|crowd| crowd.queues.len()).sum();
        same("number of queues", &of_crowds, &found.len())
    }

    fn audit_times(&self) -> Result<(), String> {
        let indexes = &self.indexes;
        let running: BTreeSet<_> = self
            .present()
            .filter(|(_, task)| task.status == Status::Running)
            .map(|(slot, task)| (task.rank(), slot))
            .collect();
        same("running tasks", &indexes.running, &running)?;
        let mut used: BTreeMap<&str, (f64, u32)> = BTreeMap::new();
        for (_, task) in self.present().filter(|(_, task)| task.status == Status::Running) {
            for (name, amount) in task.held() {
                let of = used.entry(name).or_default();
                *of = (of.0 + amount.0, of.1 + 1);
            }
        }
        same("number of resources in use", &indexes.used.len(), &used.len())?;
        for (name, (amount, holders)) in used {
            let found = indexes.used.get(name).copied().unwrap_or_default();
            if found.1 != holders || (found.0 - amount).abs() > 1e-6 {
                return Err(format!("`{name}` in use: the index has {found:?}, the tasks {:?}", (amount, holders)));
            }
        }
        let timed = |of: &dyn Fn(&Task) -> Option<crate::id::Timestamp>| -> BTreeSet<_> {
            self.present().filter_map(|(slot, task)| of(task).map(|at| (at, slot))).collect()
        };
        let when = |status, at: Option<crate::id::Timestamp>, task: &Task| at.filter(|_| task.status == status);
        same("retries", &indexes.retries, &timed(&|task| when(Status::Failed, task.more().retry_at, task)))?;
        same("disables", &indexes.disables, &timed(&|task| when(Status::Disabled, task.more().disabled_at, task)))?;
        same("removals", &indexes.removals, &timed(&|task| task.more().remove_at))?;
        let unstaked = self.present().filter(|(_, task)| {
            self.stakes[task.stake as usize].members.is_empty()
                && task.status != Status::Running
                && task.more().remove_at.is_none()
        });
        let unstaked: Vec<Slot> = unstaked.map(|(slot, _)| slot).collect();
        same("tasks without stakeholder", &sorted(indexes.unstaked.to_vec()), &unstaked)?;
        let mut batches: BTreeMap<&str, BTreeSet<(u64, Slot)>> = BTreeMap::new();
        for (slot, task) in self.present().filter(|(_, task)| task.status == Status::BatchRunning) {
            if let Some(batch) = &task.more().batch {
                batches.entry(batch).or_default().insert((task.order, slot));
            }
        }
        let found: BTreeMap<&str, BTreeSet<(u64, Slot)>> =
            indexes.batches.iter().map(|(batch, members)| (&**batch, members.clone())).collect();
        same("batches", &found, &batches)
    }

    /// What a worker that brings no resources into play should get: by a walk over all tasks. The second answer says whether
    /// resources are in play among its own.
    #[doc(hidden)]
    pub fn naive_best(&self, worker: WorkerNo) -> (Option<&str>, bool) {
        let own = || self.present().filter(|(_, task)| self.crowds[task.crowd as usize].members.contains(&worker));
        let ready = own()
            .filter(|(_, task)| task.status == Status::Pending && task.deps.iter().all(|&dep| self.at(dep).is_done()));
        let better = |a: &Task, b: &Task| {
            let by_priority = b.priority.0.total_cmp(&a.priority.0);
            by_priority.then(a.created.cmp(&b.created)).then(a.order.cmp(&b.order))
        };
        let best = ready.map(|(_, task)| task).min_by(|a, b| better(a, b));
        let resources = own().any(|(_, task)| task.status == Status::Pending && !task.resources().is_empty());
        (best.map(|task| &*task.id), resources)
    }

    /// Units in use and units there are, of each resource that a RUNNING task holds: by a walk over all tasks.
    #[doc(hidden)]
    pub fn naive_usage(&self) -> BTreeMap<String, (f64, f64)> {
        let mut usage: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for (_, task) in self.present().filter(|(_, task)| task.status == Status::Running) {
            for (name, amount) in task.held() {
                usage.entry(name.clone()).or_insert((0.0, self.total(name))).0 += amount.0;
            }
        }
        usage
    }

    /// Everything that is recorded, by ids and names, without heartbeats and without the places that things happen to have:
    /// two schedulers that describe themselves alike will decide alike.
    #[doc(hidden)]
    pub fn describe(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(text, "orders {} paused {} totals {:?}", self.orders, self.paused, self.totals);
        for (number, name) in (0..).map(WorkerNo).zip(&self.worker_names) {
            let _ = write!(text, "worker {number} {name}");
            if let Some(worker) = self.workers.get(&number) {
                let batchers: BTreeMap<&str, _> = worker
                    .batchers
                    .iter()
                    .map(|(family, batcher)| {
                        let arguments: Vec<_> = batcher.arguments.iter().map(|name| self.symbols.text(*name)).collect();
                        (&**self.symbols.text(*family), (arguments, batcher.size_max))
                    })
                    .collect();
                let (started, info, messages) = (worker.started, worker.info, &worker.messages);
                let _ = write!(text, " {started:?} {info:?} {} {messages:?} {batchers:?}", worker.disabled);
            }
            text.push('\n');
        }
        let mut tasks: Vec<&Task> = self.tasks.iter().filter(|task| task.order != 0).collect();
        tasks.sort_by_key(|task| task.order);
        for task in tasks {
            let names = |slots: &[Slot]| -> BTreeSet<&str> { slots.iter().map(|&slot| &*self.at(slot).id).collect() };
            let symbol = |symbol| &**self.symbols.text(symbol);
            let params: Vec<_> = task.params.iter().map(|(name, value)| (symbol(*name), value)).collect();
            let _ = write!(text, "task {} {} {:?} ", task.id, task.order, task.status);
            let _ = write!(text, "{:?} {:?} {params:?} ", symbol(task.family), task.module.map(symbol));
            let _ = write!(text, "{:?} {:?} {:?} ", task.created, task.updated, task.priority);
            let _ = write!(text, "{:?} {:?} {:?} ", names(&task.deps), task.resources(), symbol(task.visibilities));
            let members = &self.crowds[task.crowd as usize].members;
            let _ = write!(text, "{members:?} {:?} ", self.stakes[task.stake as usize].members);
            let flags = (task.present, task.runnable, task.batchable, task.accepts_messages);
            let _ = write!(text, "{flags:?} {:?} {:?} ", task.run, task.ran);
            let more = task.more();
            let times = (&more.failures, more.first_failure, more.disabled_at, more.retry_at, more.remove_at);
            let _ = write!(text, "{:?} {:?} {times:?} ", more.tracking_url, more.error);
            let _ = writeln!(text, "{:?} {:?} {:?}", more.retry_policy, more.batch, more.answers);
        }
        text
    }
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort_unstable();
    list
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, index: &T, scan: &T) -> Result<(), String> {
    if index == scan { Ok(()) } else { Err(format!("{what}: the index has {index:?}, the tasks say {scan:?}")) }
}
