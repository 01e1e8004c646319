//! Applying manifests to the catalog.

use crate::access::{Act, Action, Acts, Resource};
use crate::catalog::manifest::ParsedManifest;
use crate::catalog::{ApplyScope, CatalogEvent, EntityRef, Problem, blobs};
use crate::model::{Command, Model, Step};

/// Makes the catalog what these manifests say: all of them, or nothing.
#[derive(Clone, Debug)]
pub struct ApplyManifests {
    /// Which manifests that are not among them are gone.
    pub scope: ApplyScope,
    /// Read and valid.
    pub manifests: Vec<ParsedManifest>,
}

/// What an apply changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Manifests handed in.
    pub manifests: usize,
    /// Entities that they declare.
    pub entities: usize,
    /// Entities declared for the first time, or differently.
    pub declared: Vec<EntityRef>,
    /// Entities that are declared no more.
    pub removed: Vec<EntityRef>,
}

impl Applied {
    /// What these events do.
    pub fn of(manifests: &[ParsedManifest], events: &[CatalogEvent]) -> Applied {
        let mut applied = Applied {
            manifests: manifests.len(),
            entities: manifests.iter().map(|manifest| manifest.entities().count()).sum(),
            ..Applied::default()
        };
        for event in events {
            match event {
                CatalogEvent::EntityDeclared(event) => applied.declared.push(event.entity.reference.clone()),
                CatalogEvent::EntityRemoved(event) => applied.removed.push(event.reference.clone()),
                _ => {}
            }
        }
        applied
    }
}

impl Command for ApplyManifests {
    type Reply = Result<Applied, Vec<Problem>>;

    const LONG: bool = true;

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::ApplyManifests, Resource::Catalog)
    }

    fn execute(self, step: &mut Step<'_>) -> Result<Applied, Vec<Problem>> {
        let events = step.model().catalog.plan_apply(&self.scope, &self.manifests)?;
        let applied = Applied::of(&self.manifests, &events);
        for blob in blobs(&self.manifests) {
            step.keep(blob.hash, &blob.text);
        }
        for event in events {
            step.record(event, None);
        }
        Ok(applied)
    }
}
