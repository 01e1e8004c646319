//! Entries of the ledger about itself.

use crate::access::{Act, Action, Acts, Resource};
use crate::evidence::{EvidenceExported, LedgerHead, LedgerRecovered};
use crate::model::{Command, Model, Step};

/// Says that the ledger is served from here on although it is not what was served before.
#[derive(Clone, Debug)]
pub struct Recover {
    /// What was served last, if that is known.
    pub old: Option<LedgerHead>,
    /// What there is instead.
    pub new: LedgerHead,
    /// Why, in the operator's words.
    pub reason: String,
}

impl Command for Recover {
    type Reply = ();

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::ManageAccess, Resource::Ledger)
    }

    fn execute(self, step: &mut Step<'_>) {
        let reason = step.blob(self.reason);
        step.record(LedgerRecovered { new: self.new, old: self.old, reason }, None);
    }
}

/// Says that evidence was taken out, before it is handed over.
#[derive(Clone, Debug)]
pub struct RecordExport(pub EvidenceExported);

impl Command for RecordExport {
    type Reply = ();

    /// Whoever may look at the ledger may say that they did.
    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::ReadLedger, Resource::Ledger)
    }

    fn execute(self, step: &mut Step<'_>) {
        step.record(self.0, None);
    }
}
