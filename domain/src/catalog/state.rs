//! The catalog's state, and the only code that changes it.
//!
//! INVARIANT: [`Catalog::apply`] is total: any event on any state leaves a state that all questions can be asked of.
//! INVARIANT: everything but what is declared, read and discovered is derived ([`Index`]); [`Catalog::rebuild`] makes it
//! anew, and the result answers every question as the one that was kept up to date.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize, Serializer};

use super::event::{
    CatalogEvent, EntityDeclared, EntityRemoved, ManifestForgotten, ManifestRead, PipelineDiscovered, PipelineExtended,
};
use super::index::Index;
use super::limits::DISCOVERED_ITEMS_MAX;
use super::model::{Alias, Claim, Entity, Format, Owner};
use super::reference::EntityRef;
use crate::id::{BlobHash, Timestamp};

/// What exists, who answers for it, what depends on what.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Catalog {
    #[serde(serialize_with = "sorted")]
    declared: HashMap<EntityRef, Declared>,
    manifests: BTreeMap<String, Manifest>,
    pipelines: BTreeMap<String, Pipeline>,
    #[serde(skip)]
    pub(super) index: Index,
    /// Events folded since the process started: answers that cost a walk are kept until it changes.
    #[serde(skip)]
    revision: u64,
}

/// An entity as its manifest declares it, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// When it was declared first.
    pub at: Timestamp,
    /// When a value changed, came or went last; none: never since it was declared first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// What is declared.
    pub entity: Entity,
    /// When each field got the value that it has, where that is later than `at`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub field_at: BTreeMap<String, Timestamp>,
}

/// A manifest that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Other names that it gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
    /// When this text was read.
    pub at: Timestamp,
    /// The hash of its text.
    pub blob: BlobHash,
    /// Families that it gives to components.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// Its format.
    pub format: Format,
}

/// A pipeline that showed itself by running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    /// When it was seen first.
    pub at: Timestamp,
    /// Datasets that it makes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub datasets: BTreeSet<String>,
    /// Root families of pipelines that it needs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dependencies: BTreeSet<String>,
    /// When something new was seen last.
    pub extended_at: Timestamp,
    /// Families of tasks seen in it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub families: BTreeSet<String>,
    /// Who owns it, as Luigi says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The family of its root task.
    pub root: String,
}

impl Declared {
    /// When it was declared first or changed last.
    pub fn changed(&self) -> Timestamp {
        self.changed_at.unwrap_or(self.at)
    }

    /// When a field got the value that it has; fields by their path in the document, as in [`Entity::fields`].
    pub fn since(&self, field: &str) -> Timestamp {
        self.field_at.get(field).copied().unwrap_or(self.at)
    }
}

impl PartialEq for Catalog {
    /// What is derived does not count.
    fn eq(&self, other: &Catalog) -> bool {
        self.declared == other.declared && self.manifests == other.manifests && self.pipelines == other.pipelines
    }
}

fn sorted<S: Serializer>(declared: &HashMap<EntityRef, Declared>, serializer: S) -> Result<S::Ok, S::Error> {
    // One state, one snapshot: a hash map's order would differ from run to run.
    declared.iter().collect::<BTreeMap<_, _>>().serialize(serializer)
}

impl Catalog {
    /// An empty catalog.
    pub fn new() -> Catalog {
        Catalog::default()
    }

    /// Folds an event. Never fails; the same live and on replay.
    pub fn apply(&mut self, event: &CatalogEvent, at: Timestamp) {
        self.revision += 1;
        match event {
            CatalogEvent::EntityDeclared(event) => self.entity_declared(event, at),
            CatalogEvent::EntityRemoved(event) => self.entity_removed(event),
            CatalogEvent::ManifestForgotten(event) => self.manifest_forgotten(event),
            CatalogEvent::ManifestRead(event) => self.manifest_read(event, at),
            CatalogEvent::PipelineDiscovered(event) => self.pipeline_discovered(event, at),
            CatalogEvent::PipelineExtended(event) => self.pipeline_extended(event, at),
        }
        self.index.settle_owners();
    }

    /// A number that changes when the catalog does. Means nothing beyond this process.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Makes everything derived anew: after a snapshot was read.
    pub fn rebuild(&mut self) {
        let mut index = Index::default();
        for manifest in self.manifests.values() {
            index.add_manifest(manifest);
        }
        for declared in self.declared.values() {
            index.replace_aliases(&declared.entity.reference, &declared.entity.aliases.iter().collect());
        }
        // In order, so that the same state has the same index.
        let mut entities: Vec<&Declared> = self.declared.values().collect();
        entities.sort_unstable_by(|a, b| a.entity.reference.cmp(&b.entity.reference));
        for declared in entities {
            index.add_entity(declared);
        }
        for pipeline in self.pipelines.values() {
            index.add_pipeline(pipeline);
        }
        index.settle_owners();
        self.index = index;
    }

    /// What is declared about an entity.
    pub fn declared(&self, reference: &EntityRef) -> Option<&Declared> {
        self.declared.get(reference)
    }

    /// Everything that is declared, in no order.
    pub fn all_declared(&self) -> impl Iterator<Item = &Declared> {
        self.declared.values()
    }

    /// A manifest by its path.
    pub fn manifest(&self, path: &str) -> Option<&Manifest> {
        self.manifests.get(path)
    }

    /// Every manifest, in order of path.
    pub fn manifests(&self) -> impl Iterator<Item = (&str, &Manifest)> {
        self.manifests.iter().map(|(path, manifest)| (path.as_str(), manifest))
    }

    /// A discovered pipeline by its root family.
    pub fn pipeline(&self, root: &str) -> Option<&Pipeline> {
        self.pipelines.get(root)
    }

    /// Every discovered pipeline, in order of root family.
    pub fn pipelines(&self) -> impl Iterator<Item = &Pipeline> {
        self.pipelines.values()
    }

    fn entity_declared(&mut self, event: &EntityDeclared, at: Timestamp) {
        let entity = event.entity.clone();
        let reference = entity.reference.clone();
        let declared = match self.declared.remove(&reference) {
            Some(before) => redeclared(&before, entity, at),
            None => Declared { at, changed_at: None, entity, field_at: BTreeMap::new() },
        };
        self.index.remove_entity(&reference);
        let fresh: BTreeSet<&String> = declared.entity.aliases.iter().collect();
        let touched = self.index.replace_aliases(&reference, &fresh);
        self.index.add_entity(&declared);
        self.declared.insert(reference, declared);
        self.reindex(touched);
    }

    fn entity_removed(&mut self, event: &EntityRemoved) {
        if self.declared.remove(&event.reference).is_none() {
            return;
        }
        self.index.remove_entity(&event.reference);
        let touched = self.index.replace_aliases(&event.reference, &BTreeSet::new());
        self.reindex(touched);
    }

    fn manifest_read(&mut self, event: &ManifestRead, at: Timestamp) {
        let manifest = Manifest {
            aliases: event.aliases.clone(),
            at,
            blob: event.blob,
            claims: event.claims.clone(),
            format: event.format,
        };
        let before = self.manifests.insert(event.path.clone(), manifest);
        self.manifest_changed(before, &event.path);
    }

    fn manifest_forgotten(&mut self, event: &ManifestForgotten) {
        let before = self.manifests.remove(&event.path);
        self.manifest_changed(before, &event.path);
    }

    fn manifest_changed(&mut self, before: Option<Manifest>, path: &str) {
        let after = self.manifests.get(path);
        let says_nothing =
            |manifest: Option<&Manifest>| manifest.is_none_or(|m| m.aliases.is_empty() && m.claims.is_empty());
        // Most manifests declare entities and nothing else.
        if says_nothing(before.as_ref()) && says_nothing(after) {
            return;
        }
        let mut touched = BTreeSet::new();
        if let Some(before) = &before {
            touched.extend(self.index.remove_manifest(before));
        }
        if let Some(after) = after {
            touched.extend(self.index.add_manifest(after));
        }
        self.reindex(touched);
        // A claim moves pipelines to other components.
        for pipeline in self.pipelines.values() {
            self.index.remove_pipeline(&pipeline.root);
        }
        for pipeline in self.pipelines.values() {
            self.index.add_pipeline(pipeline);
        }
    }

    fn pipeline_discovered(&mut self, event: &PipelineDiscovered, at: Timestamp) {
        let pipeline = self.pipelines.entry(event.root.clone()).or_insert_with(|| blank_pipeline(&event.root, at));
        extend(&mut pipeline.families, &event.families);
        if event.owner.is_some() {
            pipeline.owner.clone_from(&event.owner);
        }
        self.index.remove_pipeline(&event.root);
        self.index.add_pipeline(pipeline);
    }

    fn pipeline_extended(&mut self, event: &PipelineExtended, at: Timestamp) {
        let pipeline = self.pipelines.entry(event.root.clone()).or_insert_with(|| blank_pipeline(&event.root, at));
        extend(&mut pipeline.families, &event.families);
        extend(&mut pipeline.datasets, &event.datasets);
        extend(&mut pipeline.dependencies, &event.dependencies);
        if event.owner.is_some() {
            pipeline.owner.clone_from(&event.owner);
        }
        pipeline.extended_at = at;
        self.index.remove_pipeline(&event.root);
        self.index.add_pipeline(pipeline);
    }

    /// Entities whose relations may mean others now.
    fn reindex(&mut self, touched: BTreeSet<EntityRef>) {
        for reference in touched {
            if let Some(declared) = self.declared.get(&reference) {
                self.index.remove_entity(&reference);
                self.index.add_entity(declared);
            }
        }
    }
}

fn blank_pipeline(root: &str, at: Timestamp) -> Pipeline {
    Pipeline {
        at,
        datasets: BTreeSet::new(),
        dependencies: BTreeSet::new(),
        extended_at: at,
        families: BTreeSet::new(),
        owner: None,
        root: root.to_owned(),
    }
}

/// LIMIT: [`DISCOVERED_ITEMS_MAX`]; what does not fit is not kept.
fn extend(known: &mut BTreeSet<String>, more: &BTreeSet<String>) {
    for item in more {
        if known.len() >= DISCOVERED_ITEMS_MAX {
            return;
        }
        known.insert(item.clone());
    }
}

/// The entity with its new values; a field that kept its value keeps its age.
fn redeclared(before: &Declared, entity: Entity, at: Timestamp) -> Declared {
    let mut field_at = BTreeMap::new();
    for field in entity.fields.keys() {
        let since = if same_field(field, &before.entity, &entity) { before.since(field) } else { at };
        if since != before.at {
            field_at.insert(field.clone(), since);
        }
    }
    let mut fields = before.entity.fields.keys().chain(entity.fields.keys());
    let has_changed = fields.any(|field| !same_field(field, &before.entity, &entity));
    let changed_at = if has_changed { Some(at) } else { before.changed_at };
    Declared { at: before.at, changed_at, entity, field_at }
}

/// Whether a field, by its path in a document, has the same value in both.
fn same_field(field: &str, a: &Entity, b: &Entity) -> bool {
    if !a.fields.contains_key(field) || !b.fields.contains_key(field) {
        return false;
    }
    match field {
        "name" | "metadata.title" => a.title == b.title,
        "slug" | "metadata.name" => a.reference == b.reference,
        "description" | "metadata.description" => a.description == b.description,
        "typeId" | "spec.type" => a.entity_type == b.entity_type,
        "fields.lifecycle" | "spec.lifecycle" => a.lifecycle == b.lifecycle,
        "fields.tier" => a.tier == b.tier,
        "labels" | "metadata.tags" => a.tags == b.tags,
        "links" | "metadata.links" => a.links == b.links,
        "metadata.labels" => a.labels == b.labels,
        "metadata.annotations" => a.annotations == b.annotations,
        "customFields" => a.custom_fields == b.custom_fields,
        "id" => a.aliases == b.aliases,
        _ => {
            let said = |entity: &Entity| -> Vec<(EntityRef, String)> {
                let of_field = entity.relations.iter().filter(|relation| relation.field == field);
                of_field.map(|relation| (relation.target.clone(), relation.as_written().to_owned())).collect()
            };
            said(a) == said(b)
        }
    }
}
