//! Upstream status: the worst thing that a PENDING task waits for, as Luigi's lists filter by it.
//!
//! Computed for one request with a table of what is known, by a walk that can stop after any step, so that the model's
//! lock is never held for long and a chain of 100,000 tasks needs no stack.

use bussola_domain::scheduler::{Scheduler, Slot, Status};

/// Worst last, so that the worst of several is their maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong upstream.
    #[default]
    Fine,
    /// Something upstream runs.
    Running,
    /// Something upstream is yet to run.
    MissingInput,
    /// Something upstream failed.
    Failed,
    /// Something upstream is disabled.
    Disabled,
}

impl Severity {
    /// As Luigi writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Fine => "",
            Severity::Running => "UPSTREAM_RUNNING",
            Severity::MissingInput => "UPSTREAM_MISSING_INPUT",
            Severity::Failed => "UPSTREAM_FAILED",
            Severity::Disabled => "UPSTREAM_DISABLED",
        }
    }
}

/// What is known of a task.
#[derive(Clone, Copy, Default)]
enum Known {
    #[default]
    Nothing,
    /// On the way: in a cycle it counts as fine.
    Walking,
    Severity(Severity),
}

/// A task whose dependencies are being looked at.
struct Frame {
    slot: Slot,
    next: usize,
    worst: Severity,
}

/// The walk and what it found so far.
#[derive(Default)]
pub struct Upstream {
    known: Vec<Known>,
    stack: Vec<Frame>,
}

impl Upstream {
    /// The severity of one PENDING task, or None when `budget` steps did not suffice: call again, with the lock taken anew.
    pub fn severity(&mut self, scheduler: &Scheduler, slot: Slot, budget: &mut usize) -> Option<Severity> {
        if self.stack.is_empty() {
            if let Some(severity) = self.look(scheduler, slot) {
                return Some(severity);
            }
            self.enter(slot);
        }
        while let Some(frame) = self.stack.last_mut() {
            if *budget == 0 {
                return None;
            }
            *budget -= 1;
            // The task may have left its slot since the last hold of the lock; then it has no dependencies to look at.
            let deps = if frame.slot < scheduler.slots_end() { scheduler.at_slot(frame.slot).deps() } else { &[] };
            let Some(&dep) = deps.get(frame.next) else {
                let (slot, worst) = (frame.slot, frame.worst);
                self.stack.pop();
                self.known[slot as usize] = Known::Severity(worst);
                if let Some(parent) = self.stack.last_mut() {
                    parent.worst = parent.worst.max(worst);
                }
                continue;
            };
            frame.next += 1;
            match self.look(scheduler, dep) {
                Some(severity) => {
                    if let Some(frame) = self.stack.last_mut() {
                        frame.worst = frame.worst.max(severity);
                    }
                }
                None => self.enter(dep),
            }
        }
        self.look(scheduler, slot)
    }

    fn enter(&mut self, slot: Slot) {
        if self.known.len() <= slot as usize {
            self.known.resize(slot as usize + 1, Known::Nothing);
        }
        self.known[slot as usize] = Known::Walking;
        self.stack.push(Frame { slot, next: 0, worst: Severity::Fine });
    }

    /// What a task adds to those that depend on it, if that is known without a walk.
    fn look(&self, scheduler: &Scheduler, slot: Slot) -> Option<Severity> {
        match self.known.get(slot as usize) {
            Some(Known::Severity(severity)) => return Some(*severity),
            Some(Known::Walking) => return Some(Severity::Fine),
            Some(Known::Nothing) | None => {}
        }
        let task = scheduler.at_slot(slot);
        if !task.is_present() {
            return Some(Severity::Fine);
        }
        match task.status() {
            Status::Done | Status::Unknown => Some(Severity::Fine),
            Status::Running | Status::BatchRunning => Some(Severity::Running),
            Status::Failed => Some(Severity::Failed),
            Status::Disabled => Some(Severity::Disabled),
            Status::Pending if task.deps().is_empty() => Some(Severity::MissingInput),
            Status::Pending => None,
        }
    }
}
