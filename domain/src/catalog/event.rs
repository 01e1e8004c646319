//! What happened to the catalog: the events that change it, each small, each complete.
//!
//! INVARIANT: an event says what is, not what to compute: replay needs no rule of today. Fields stand in alphabetical
//! order and are left out when empty.
//! INVARIANT: no event names a person: see [`model`](super::model).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::model::{Alias, Claim, Entity, Format, Owner};
use super::reference::EntityRef;
use crate::id::BlobHash;

/// A manifest was read, and its text is new. Its entities have events of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestRead {
    /// Other names that it gives to entities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
    /// The hash of its text, which is kept aside.
    pub blob: BlobHash,
    /// Families that it gives to components.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// Its format.
    pub format: Format,
    /// Its path.
    pub path: String,
}

/// A manifest is gone. Its entities have events of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestForgotten {
    /// Its path.
    pub path: String,
}

/// An entity was declared, or is declared differently now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntityDeclared {
    /// All that is declared about it.
    pub entity: Entity,
}

/// An entity is declared no more. What was discovered about it stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityRemoved {
    /// The manifest that declared it.
    pub path: String,
    /// Its name.
    pub reference: EntityRef,
}

/// A pipeline showed itself for the first time, by a run of its root family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineDiscovered {
    /// Families seen in it; the root is among them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub families: BTreeSet<String>,
    /// Who owns it, as Luigi says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The family of its root task.
    pub root: String,
}

/// More of a pipeline showed itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineExtended {
    /// Datasets that it makes and that are new.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub datasets: BTreeSet<String>,
    /// Root families of pipelines that it needs and that are new.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<String>,
    /// Families that are new.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub families: BTreeSet<String>,
    /// Who owns it now, as Luigi says; none: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The family of its root task.
    pub root: String,
}

/// Something that happened to the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CatalogEvent {
    /// See [`EntityDeclared`].
    EntityDeclared(Box<EntityDeclared>),
    /// See [`EntityRemoved`].
    EntityRemoved(EntityRemoved),
    /// See [`ManifestForgotten`].
    ManifestForgotten(ManifestForgotten),
    /// See [`ManifestRead`].
    ManifestRead(ManifestRead),
    /// See [`PipelineDiscovered`].
    PipelineDiscovered(PipelineDiscovered),
    /// See [`PipelineExtended`].
    PipelineExtended(PipelineExtended),
}

impl CatalogEvent {
    /// What it is about: an entity ref, `manifest:<path>`, or `pipeline:<root family>`.
    pub fn subject(&self) -> String {
        match self {
            CatalogEvent::EntityDeclared(event) => event.entity.reference.to_string(),
            CatalogEvent::EntityRemoved(event) => event.reference.to_string(),
            CatalogEvent::ManifestForgotten(event) => format!("manifest:{}", event.path),
            CatalogEvent::ManifestRead(event) => format!("manifest:{}", event.path),
            CatalogEvent::PipelineDiscovered(event) => format!("pipeline:{}", event.root),
            CatalogEvent::PipelineExtended(event) => format!("pipeline:{}", event.root),
        }
    }
}
