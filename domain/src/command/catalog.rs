//! Applying manifests to the catalog.

use crate::access::{Act, Action, Acts, Resource};
use crate::catalog::manifest::ParsedManifest;
use crate::catalog::relation::RelationKind;
use crate::catalog::{ApplyScope, Catalog, CatalogEvent, EntityRef, Problem, blobs};
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
    /// Manifests that declare nothing of what stood at their paths before: files of another repository, most likely.
    pub replaced: Vec<String>,
    /// Owners that are named and in no manifest; known once the manifests are applied.
    pub unknown_owners: Vec<UnknownOwner>,
}

/// An owner that is named, and that no manifest declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOwner {
    /// Whose owner it is.
    pub entity: EntityRef,
    /// Whom the manifest names.
    pub owner: EntityRef,
    /// The manifest.
    pub path: String,
    /// The line at which the entity's document starts.
    pub line: u32,
}

/// LIMIT: owners told of one apply: a first import may come before that of the teams.
const UNKNOWN_OWNERS_MAX: usize = 20;

impl Applied {
    /// What these events do.
    pub fn of(catalog: &Catalog, manifests: &[ParsedManifest], events: &[CatalogEvent]) -> Applied {
        let mut applied = Applied {
            replaced: catalog.replaced_by(manifests),
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
        let mut applied = Applied::of(&step.model().catalog, &self.manifests, &events);
        for blob in blobs(&self.manifests) {
            step.keep(blob.hash, &blob.text);
        }
        for event in events {
            step.record(event, None);
        }
        applied.unknown_owners = unknown_owners(&step.model().catalog, &self.manifests);
        Ok(applied)
    }
}

fn unknown_owners(catalog: &Catalog, manifests: &[ParsedManifest]) -> Vec<UnknownOwner> {
    let entities = manifests.iter().flat_map(ParsedManifest::entities);
    let unknown = entities.filter_map(|entity| {
        let named = entity.relations.iter().find(|relation| relation.relation == RelationKind::OwnedBy)?;
        let owner = catalog.target(named);
        let (path, line) = (entity.origin.path.clone(), entity.origin.line);
        let unknown = || UnknownOwner { entity: entity.reference.clone(), owner: owner.clone(), path, line };
        catalog.declared(owner).is_none().then(unknown)
    });
    unknown.take(UNKNOWN_OWNERS_MAX).collect()
}
