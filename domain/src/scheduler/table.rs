//! The table of tasks: making, changing and removing them, and telling those that depend on them.
//!
//! Tasks live in slots; edges are slots, in both directions. A slot without a task stays while something depends on its id,
//! so that edges never dangle.
//!
//! INVARIANT: all changes of a task go through [`Scheduler::edit`] or [`Scheduler::set_deps`], which take the task out of the
//! indexes, change it, put it back, and tell its dependents.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use crate::id::Timestamp;
use crate::scheduler::pool::Slot;
use crate::scheduler::state::Scheduler;
use crate::scheduler::task::{Status, Task};
use crate::value::Number;

impl Scheduler {
    /// The slot of an id, made without a task if new.
    pub(crate) fn slot_of(&mut self, id: &str) -> Slot {
        if let Some(slot) = self.find_id(id) {
            return slot;
        }
        let slot = self.indexes.free.pop().unwrap_or(self.tasks.len() as Slot);
        if slot as usize == self.tasks.len() {
            self.tasks.push(Task::default());
            self.indexes.grown(self.tasks.len());
        }
        self.orders += 1;
        self.tasks[slot as usize] = Task { id: id.into(), order: self.orders, ..Task::default() };
        self.insert_id(slot);
        slot
    }

    /// Puts a task into a slot that has none.
    pub(crate) fn create(&mut self, slot: Slot, status: Status, priority: f64, at: Timestamp) {
        self.orders += 1;
        self.indexes.renamed(slot);
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
        self.indexes.renamed(slot);
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

    pub(super) fn free_if_unused(&mut self, slot: Slot) {
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
        self.lost_a_reason(slot);
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
        let was_disabled = self.at(slot).status == Status::Disabled;
        self.unindex(slot);
        change(&mut self.tasks[slot as usize]);
        self.reclass(slot);
        self.index(slot);
        self.tell_dependents(slot, before);
        if was_disabled {
            self.lost_a_reason(slot);
        }
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
            self.spread(vec![(slot, blocks)]);
        }
    }

    /// After a task lost a reason to block: whether one of the others is left.
    fn lost_a_reason(&mut self, slot: Slot) {
        if self.at(slot).blocks() {
            let freed = self.free_circle(slot);
            self.spread(freed);
        }
    }

    /// Carries "blocked by a disabled task" downstream. Costs what it changes, and a walk up to a disabled task for each task
    /// that loses one reason of several.
    fn spread(&mut self, mut changed: Vec<(Slot, bool)>) {
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
                } else if !blocks {
                    changed.extend(self.free_circle(dependent));
                }
            }
        }
    }

    /// Tasks of a circle of dependencies block each other. When no disabled task is above any longer that keeps a task
    /// blocked, it and those that keep it so are freed; their dependents are still to be told.
    fn free_circle(&mut self, slot: Slot) -> Vec<(Slot, bool)> {
        let mut circle = BTreeSet::from([slot]);
        let mut above = vec![slot];
        while let Some(slot) = above.pop() {
            if !self.at(slot).is_under_disabled() {
                return Vec::new();
            }
            let blocking = self.at(slot).deps.iter().filter(|&&dep| self.at(dep).blocks());
            above.extend(blocking.filter(|&&dep| circle.insert(dep)));
        }
        for &slot in &circle {
            self.unindex(slot);
            self.tasks[slot as usize].blocked = 0;
            self.index(slot);
        }
        circle.into_iter().map(|slot| (slot, false)).collect()
    }
}
