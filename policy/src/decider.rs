//! The decision point: what the engine asks before it executes anything.
//!
//! INVARIANT: the policies in force are those that the model names, by the hashes of their texts. A decider that does not
//! hold them says no to everything, and why. So a decision never follows other policies than the ledger says.
//! INVARIANT: a policy that cannot be evaluated permits nothing, and if it forbids, it forbids: Cedar alone would skip it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bussola_domain::access::{Act, Authorizer, Caller, Credential, Decision, Principal};
use bussola_domain::id::BlobHash;
use bussola_domain::model::Model;
use parking_lot::Mutex;

use crate::compile::Compiled;
use crate::limits::{REASON_IDS_MAX, SETS_MAX};
use crate::question::{Question, Unaskable};
use crate::remembered::{Asked, Epoch, Remembered};
use crate::slices::{Said, Slices};

/// Decides by the policies that the model names.
#[derive(Debug, Default)]
pub struct Decider {
    sets: Mutex<Sets>,
    remembered: Remembered,
    folded: AtomicU64,
}

/// The compiled sets, and which of them is in force as far as was looked.
#[derive(Debug, Default)]
struct Sets {
    /// The one asked last comes last.
    held: Vec<Arc<Compiled>>,
    in_force: Option<(u64, u64, Arc<Compiled>)>,
}

impl Decider {
    /// One that holds nothing, and so says no to everything.
    pub fn new() -> Decider {
        Decider::default()
    }

    /// Holds a set from here on. Offered before the model names it, so that no decision falls between.
    pub fn offer(&self, compiled: Arc<Compiled>) {
        let mut sets = self.sets.lock();
        sets.held.retain(|set| set.files() != compiled.files());
        if sets.held.len() >= SETS_MAX {
            let in_force = sets.in_force.as_ref().map(|(_, _, set)| set.clone());
            let leaves = sets.held.iter().position(|set| !in_force.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, set)));
            leaves.map(|at| sets.held.remove(at));
        }
        sets.held.push(compiled);
    }

    /// Whether the set with these texts is held.
    pub fn holds(&self, files: &BTreeMap<String, BlobHash>) -> bool {
        self.sets.lock().held.iter().any(|set| set.files() == files)
    }

    /// The set that the model names.
    pub fn in_force(&self, model: &Model) -> Option<Arc<Compiled>> {
        let (revision, folded) = (model.access.revision(), self.folded.load(Ordering::Acquire));
        let mut sets = self.sets.lock();
        if let Some((of_revision, of_folded, set)) = &sets.in_force
            && (*of_revision, *of_folded) == (revision, folded)
        {
            return Some(set.clone());
        }
        let (number, files) = model.access.policies();
        let at = sets.held.iter().position(|set| number > 0 && set.files() == files)?;
        let set = sets.held.remove(at);
        sets.held.push(set.clone());
        sets.in_force = Some((revision, folded, set.clone()));
        Some(set)
    }

    /// An answer without memory, of those policies that can apply.
    pub fn decide_afresh(&self, model: &Model, caller: &Caller, act: &Act) -> Decision {
        self.answer(model, caller, act, Slices::ask).0
    }

    /// An answer without memory, of every policy of the set: what the others are compared with.
    pub fn decide_naively(&self, model: &Model, caller: &Caller, act: &Act) -> Decision {
        self.answer(model, caller, act, Slices::ask_naively).0
    }

    /// An answer, and whether it may be remembered: which sets are held can change without a revision.
    fn answer(
        &self,
        model: &Model,
        caller: &Caller,
        act: &Act,
        ask: fn(&Slices, &Question) -> Said,
    ) -> (Decision, bool) {
        let (number, _) = model.access.policies();
        let Some(set) = self.in_force(model) else { return (denied(not_held(number)), false) };
        let decision = match Question::new(model, caller, act) {
            Ok(question) => decide(&set, &ask(&set.slices, &question), number),
            Err(unaskable) => denied(unaskable.reason()),
        };
        (decision, true)
    }
}

impl Authorizer for Decider {
    fn decide(&self, model: &Model, caller: &Caller, act: &Act) -> Decision {
        if caller.principal == Principal::Itself {
            return Decision { allowed: true, reason: Arc::default() };
        }
        let epoch = Epoch {
            access: model.access.revision(),
            catalog: model.catalog.revision(),
            folded: self.folded.load(Ordering::Acquire),
        };
        let asked = Asked { caller, is_present: is_present(model, caller), act };
        if let Some(decision) = self.remembered.find(epoch, asked) {
            return decision;
        }
        let (decision, keep) = self.answer(model, caller, act, Slices::ask);
        if keep {
            self.remembered.keep(epoch, asked, decision.clone());
        }
        decision
    }

    fn forget(&self) {
        self.folded.fetch_add(1, Ordering::AcqRel);
    }
}

/// Whether the model knows the run or the session by which somebody acts.
fn is_present(model: &Model, caller: &Caller) -> bool {
    let run = match caller.principal {
        Principal::Run(run) => model.runs.live(run).is_some(),
        _ => true,
    };
    let session = match caller.credential {
        Credential::Session(number) => model.access.session(number).is_some(),
        _ => true,
    };
    run && session
}

fn denied(reason: impl Into<Arc<str>>) -> Decision {
    Decision { allowed: false, reason: reason.into() }
}

/// Why everything is denied when the model's policies are not at hand.
pub(crate) fn not_held(number: u32) -> String {
    match number {
        0 => "the lack of policies: none were loaded".to_owned(),
        _ => format!("policy set {number}, which this server does not hold"),
    }
}

impl Unaskable {
    /// As entries tell it; empty: no policy has a say.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Unaskable::NobodyKnown | Unaskable::NotApplicable => "",
            Unaskable::TooManyAbove => "the limit of groups above a principal or a resource",
        }
    }
}

/// The policies that decide: those that forbid, or cannot be evaluated and would; else those that permit. In order.
pub(crate) fn deciding(set: &Compiled, said: &Said) -> (bool, Vec<u32>) {
    let number = |id| set.number(id);
    let failed = said.failed.iter().map(|(id, _)| number(id)).filter(|&number| set.policies()[number as usize].forbids);
    let mut forbids: Vec<u32> = said.forbids.iter().map(number).chain(failed).collect();
    let allowed = forbids.is_empty() && !said.permits.is_empty();
    if allowed {
        forbids = said.permits.iter().map(number).collect();
    }
    forbids.sort_unstable();
    (allowed, forbids)
}

/// The answer of a set.
pub(crate) fn decide(set: &Compiled, said: &Said, number: u32) -> Decision {
    if said.is_malformed {
        return denied("a question that policies cannot be asked");
    }
    let (allowed, deciding) = deciding(set, said);
    if deciding.is_empty() {
        return denied("");
    }
    let mut reason = String::from("policy:");
    for (place, &policy) in deciding.iter().take(REASON_IDS_MAX).enumerate() {
        reason.push_str(if place > 0 { "," } else { "" });
        reason.push_str(&set.policies()[policy as usize].id);
    }
    let mut write = |part: std::fmt::Arguments<'_>| reason.write_fmt(part).expect("strings take everything");
    if let Some(more @ 1..) = deciding.len().checked_sub(REASON_IDS_MAX) {
        write(format_args!("+{more}"));
    }
    write(format_args!("@{number}"));
    Decision { allowed, reason: reason.into() }
}
