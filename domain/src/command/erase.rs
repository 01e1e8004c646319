//! Erasing texts that name a person, and saying so in the ledger: a text that is gone without such an entry was tampered with.

use std::collections::BTreeSet;

use crate::access::{Act, Action, Acts, Resource};
use crate::id::{BlobHash, NameId};
use crate::model::{Command, Model, Step};
use crate::names::TextsErased;

/// Erases every name that contains a text, and error texts by their hash. Names of workers that are here stay: their next
/// call would bring them back, as other workers.
#[derive(Clone, Debug, Default)]
pub struct Erase {
    /// Part of the names; empty: none.
    pub containing: String,
    /// Error texts, all of which are there.
    pub errors: Vec<BlobHash>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Names that were erased.
    pub names: usize,
    /// Names that contain the text, and belong to workers that are here.
    pub names_in_use: usize,
    /// Error texts that were erased.
    pub errors: usize,
}

impl Command for Erase {
    type Reply = Erased;

    const LONG: bool = true;

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::Erase, Resource::Ledger)
    }

    fn execute(self, step: &mut Step<'_>) -> Erased {
        let found = match &*self.containing {
            "" => Vec::new(),
            part => step.model().names.containing(part),
        };
        let here: BTreeSet<NameId> =
            step.scheduler().all_workers().flat_map(|(_, worker)| [Some(worker.name), worker.info]).flatten().collect();
        let (names_in_use, names): (Vec<NameId>, Vec<NameId>) = found.into_iter().partition(|name| here.contains(name));
        let erased = Erased { names: names.len(), names_in_use: names_in_use.len(), errors: self.errors.len() };
        if !names.is_empty() || !self.errors.is_empty() {
            step.record(TextsErased { errors: self.errors, names }, None);
        }
        erased
    }
}
