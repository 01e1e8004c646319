//! Applying manifests to the catalog.

use crate::catalog::manifest::ParsedManifest;
use crate::catalog::{ApplyScope, CatalogEvent, Problem, blobs};
use crate::model::{Command, Step};

/// Makes the catalog what these manifests say: all of them, or nothing.
#[derive(Clone, Debug)]
pub struct ApplyManifests {
    /// Which manifests that are not among them are gone.
    pub scope: ApplyScope,
    /// Read and valid.
    pub manifests: Vec<ParsedManifest>,
}

/// What an apply changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Manifests handed in.
    pub manifests: usize,
    /// Entities that they declare.
    pub entities: usize,
    /// Entities declared for the first time, or differently.
    pub declared: usize,
    /// Entities that are declared no more.
    pub removed: usize,
}

impl Command for ApplyManifests {
    type Reply = Result<Applied, Vec<Problem>>;

    fn execute(self, step: &mut Step<'_>) -> Result<Applied, Vec<Problem>> {
        let events = step.model().catalog.plan_apply(&self.scope, &self.manifests)?;
        let mut applied = Applied {
            manifests: self.manifests.len(),
            entities: self.manifests.iter().map(|manifest| manifest.entities().count()).sum(),
            ..Applied::default()
        };
        for blob in blobs(&self.manifests) {
            step.keep(blob.hash, &blob.text);
        }
        for event in events {
            match &event {
                CatalogEvent::EntityDeclared(_) => applied.declared += 1,
                CatalogEvent::EntityRemoved(_) => applied.removed += 1,
                _ => {}
            }
            step.record(event, None);
        }
        Ok(applied)
    }
}
