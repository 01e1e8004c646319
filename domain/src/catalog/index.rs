//! What is derived from the catalog's state so that questions are cheap: the graph, names, claims.
//!
//! Refs are interned as numbers; an edge is kept at both of its ends, with a count, because both ends may declare it. What
//! an entity or a pipeline contributed is remembered, so that it is taken back exactly, whatever changed in between.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::columns::{Columns, Few, NEVER, NO_OWNER, NO_WORD, searched};
use super::glob::{FamilyGlob, Specificity};
use super::model::{Owner, Relation};
use super::question::Direction;
use super::reference::{DEFAULT_NAMESPACE, EntityRef, slugify};
use super::relation::RelationKind;
use super::state::{Declared, Manifest, Pipeline};
use crate::id::Timestamp;

/// LIMIT: steps of a search for an owner through wholes and producers. Real chains have two or three.
pub(super) const OWNER_STEPS_MAX: usize = 32;

/// A ref, interned.
pub(super) type NodeId = u32;

/// The type of a pipeline that was discovered.
pub(super) const TYPE_PIPELINE: &str = "pipeline";
/// The type of a dataset that was discovered.
pub(super) const TYPE_DATASET: &str = "dataset";

#[derive(Clone, Debug)]
pub(super) struct Vertex {
    pub reference: EntityRef,
    /// The other ends, by relation, each with the number of contributions.
    pub edges: BTreeMap<(RelationKind, NodeId), u32>,
    pub declared: bool,
    /// How many discovered pipelines live here.
    pub pipelines: u32,
    /// The discovered pipelines that make this dataset, by number of contributions.
    pub producers: BTreeMap<NodeId, u32>,
    /// The declared owner.
    pub owner: Option<NodeId>,
    /// What Luigi says of the owner, by root family.
    pub luigi_owner: BTreeMap<String, Owner>,
    /// The declared type, in lower case.
    pub entity_type: Option<Box<str>>,
    /// When its declaration changed last.
    declared_changed: Timestamp,
}

impl Vertex {
    /// Whether it is there, rather than only spoken of.
    pub fn exists(&self) -> bool {
        self.declared || self.pipelines > 0 || !self.producers.is_empty()
    }

    /// Its type, declared or discovered.
    pub fn shown_type(&self) -> Option<&str> {
        self.entity_type.as_deref().or(if self.pipelines > 0 {
            Some(TYPE_PIPELINE)
        } else if !self.producers.is_empty() {
            Some(TYPE_DATASET)
        } else {
            None
        })
    }
}

/// What one entity or pipeline added to the graph.
#[derive(Clone, Debug, Default)]
struct Contribution {
    edges: Vec<(NodeId, RelationKind, NodeId)>,
    /// Texts as written in relations, which an alias may give another meaning.
    written: Vec<String>,
    path: Option<String>,
    home: Option<NodeId>,
    datasets: Vec<NodeId>,
    changed: Timestamp,
}

#[derive(Clone, Debug)]
struct CompiledClaim {
    specificity: Specificity,
    glob: FamilyGlob,
    component: EntityRef,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    ids: HashMap<EntityRef, NodeId>,
    vertices: Vec<Vertex>,
    /// What lists look at.
    pub columns: Columns,
    /// Whose owner has to be looked for again, because something on the way to it changed.
    stray: BTreeSet<NodeId>,
    entities: HashMap<NodeId, Contribution>,
    pipelines: HashMap<String, Contribution>,
    by_path: HashMap<String, BTreeSet<EntityRef>>,
    by_home: HashMap<NodeId, BTreeSet<String>>,
    /// What each alias may stand for; the first is taken.
    aliases: HashMap<String, BTreeMap<EntityRef, u32>>,
    own_aliases: HashMap<EntityRef, BTreeSet<String>>,
    /// Entities whose relations are written so.
    writers: HashMap<String, BTreeSet<EntityRef>>,
    /// Globs, the most specific first.
    claims: Vec<CompiledClaim>,
}

impl Index {
    pub fn id(&self, reference: &EntityRef) -> Option<NodeId> {
        self.ids.get(reference).copied()
    }

    pub fn vertex(&self, id: NodeId) -> &Vertex {
        &self.vertices[id as usize]
    }

    pub fn find(&self, reference: &EntityRef) -> Option<&Vertex> {
        self.id(reference).map(|id| self.vertex(id))
    }

    /// How many refs are interned: the size of arrays indexed by [`NodeId`].
    pub fn len(&self) -> usize {
        self.vertices.len()
    }

    pub fn count(&self) -> usize {
        self.columns.existing()
    }

    /// The component of a discovered pipeline, by its root family.
    pub fn home_of(&self, root: &str) -> Option<NodeId> {
        self.pipelines.get(root)?.home
    }

    pub fn entities_of(&self, path: &str) -> impl Iterator<Item = &EntityRef> {
        self.by_path.get(path).into_iter().flatten()
    }

    /// Root families of the discovered pipelines that live at a component.
    pub fn pipelines_of(&self, id: NodeId) -> impl Iterator<Item = &str> {
        self.by_home.get(&id).into_iter().flatten().map(String::as_str)
    }

    /// The entity that a relation means.
    pub fn resolve<'a>(&'a self, relation: &'a Relation) -> &'a EntityRef {
        relation.written.as_deref().and_then(|written| self.alias(written)).unwrap_or(&relation.target)
    }

    /// The entity that an alias stands for.
    pub fn alias(&self, alias: &str) -> Option<&EntityRef> {
        self.aliases.get(alias)?.keys().next()
    }

    /// All that an alias is said to stand for.
    pub fn candidates(&self, alias: &str) -> impl Iterator<Item = &EntityRef> {
        self.aliases.get(alias).into_iter().flat_map(BTreeMap::keys)
    }

    /// The component that claims a family.
    pub fn claimed(&self, family: &str) -> Option<&EntityRef> {
        self.claims.iter().find(|claim| claim.glob.matches(family)).map(|claim| &claim.component)
    }

    /// The component of a pipeline: the one that claims its root family, else one named after it.
    pub fn home(&self, root: &str) -> EntityRef {
        self.claimed(root)
            .cloned()
            .unwrap_or_else(|| EntityRef::from_parts("component", DEFAULT_NAMESPACE, &slugify(root)))
    }

    pub fn add_entity(&mut self, declared: &Declared) {
        let entity = &declared.entity;
        let id = self.intern(&entity.reference);
        let mut contribution = Contribution { path: Some(entity.origin.path.clone()), ..Contribution::default() };
        let mut owner = None;
        for relation in &entity.relations {
            let target = self.resolve(relation).clone();
            let target = self.intern(&target);
            self.add_edge(id, relation.relation, target);
            contribution.edges.push((id, relation.relation, target));
            if relation.relation == RelationKind::OwnedBy {
                owner = owner.or(Some(target));
            }
            if let Some(written) = &relation.written {
                self.writers.entry(written.clone()).or_default().insert(entity.reference.clone());
                contribution.written.push(written.clone());
            }
        }
        let vertex = &mut self.vertices[id as usize];
        vertex.declared = true;
        vertex.owner = owner;
        vertex.entity_type = entity.entity_type.as_ref().map(|text| text.to_lowercase().into());
        vertex.declared_changed = declared.changed();
        let columns = &mut self.columns;
        let lifecycle = entity.lifecycle.as_ref().map_or(NO_WORD, |text| columns.intern_word(&text.to_lowercase()));
        let tags = entity.tags.iter().map(|tag| columns.intern_word(tag)).collect();
        columns.edit(id, |row| {
            row.lifecycle = lifecycle;
            row.tier = entity.tier.unwrap_or(0);
            row.tags = tags;
        });
        self.settle(id);
        let title = entity.title.as_deref().unwrap_or(entity.reference.name()).to_lowercase();
        let texts = [
            &searched(&entity.reference),
            entity.title.as_deref().unwrap_or(""),
            entity.description.as_deref().unwrap_or(""),
            &entity.tags.join(" "),
        ];
        self.columns.describe(id, Some(&title), &texts.join("\n").to_lowercase());
        self.by_path.entry(entity.origin.path.clone()).or_default().insert(entity.reference.clone());
        self.entities.insert(id, contribution);
    }

    pub fn remove_entity(&mut self, reference: &EntityRef) {
        let Some(id) = self.id(reference) else { return };
        let Some(contribution) = self.entities.remove(&id) else { return };
        self.take_back(&contribution);
        for written in &contribution.written {
            remove_from(&mut self.writers, written, reference);
        }
        if let Some(path) = &contribution.path {
            remove_from(&mut self.by_path, path, reference);
        }
        let vertex = &mut self.vertices[id as usize];
        vertex.declared = false;
        vertex.owner = None;
        vertex.entity_type = None;
        vertex.declared_changed = NEVER;
        self.columns.edit(id, |row| {
            row.lifecycle = NO_WORD;
            row.tier = 0;
            row.tags = Few::new();
        });
        self.settle(id);
        self.describe_discovered(id);
    }

    /// What only its runs show, or what is not there, is called by its name.
    fn describe_discovered(&mut self, id: NodeId) {
        let vertex = &self.vertices[id as usize];
        if !vertex.declared {
            let title = vertex.exists().then_some(vertex.reference.name());
            let text = searched(&vertex.reference);
            self.columns.describe(id, title, &text);
        }
    }

    pub fn add_pipeline(&mut self, pipeline: &Pipeline) {
        let home_ref = self.home(&pipeline.root);
        let home = self.intern(&home_ref);
        let mut contribution =
            Contribution { home: Some(home), changed: pipeline.extended_at, ..Contribution::default() };
        let vertex = &mut self.vertices[home as usize];
        vertex.pipelines += 1;
        if let Some(owner) = &pipeline.owner {
            vertex.luigi_owner.insert(pipeline.root.clone(), owner.clone());
        }
        self.by_home.entry(home).or_default().insert(pipeline.root.clone());
        for root in &pipeline.dependencies {
            let other = self.home(root);
            let other = self.intern(&other);
            if other != home {
                self.add_edge(home, RelationKind::DependsOn, other);
                contribution.edges.push((home, RelationKind::DependsOn, other));
            }
        }
        for name in &pipeline.datasets {
            let dataset = self.intern(&dataset_ref(name));
            self.add_edge(dataset, RelationKind::DependsOn, home);
            contribution.edges.push((dataset, RelationKind::DependsOn, home));
            contribution.datasets.push(dataset);
            *self.vertices[dataset as usize].producers.entry(home).or_default() += 1;
            self.settle(dataset);
            self.describe_discovered(dataset);
        }
        if let Some(Owner::Entity(owner)) = &pipeline.owner {
            let owner = self.intern(owner);
            self.add_edge(home, RelationKind::OwnedBy, owner);
            contribution.edges.push((home, RelationKind::OwnedBy, owner));
        }
        self.pipelines.insert(pipeline.root.clone(), contribution);
        self.settle(home);
        self.describe_discovered(home);
    }

    pub fn remove_pipeline(&mut self, root: &str) {
        let Some(contribution) = self.pipelines.remove(root) else { return };
        self.take_back(&contribution);
        let Some(home) = contribution.home else { return };
        for dataset in contribution.datasets {
            let producers = &mut self.vertices[dataset as usize].producers;
            decrement(producers, &home);
            self.settle(dataset);
            self.describe_discovered(dataset);
        }
        if let Some(roots) = self.by_home.get_mut(&home) {
            roots.remove(root);
            if roots.is_empty() {
                self.by_home.remove(&home);
            }
        }
        let vertex = &mut self.vertices[home as usize];
        vertex.pipelines -= 1;
        vertex.luigi_owner.remove(root);
        self.settle(home);
        self.describe_discovered(home);
    }

    /// Adds claims and aliases; returns the entities whose relations may mean others now.
    pub fn add_manifest(&mut self, manifest: &Manifest) -> BTreeSet<EntityRef> {
        for claim in &manifest.claims {
            for at in &claim.families {
                self.claims.push(CompiledClaim {
                    specificity: at.glob.specificity(),
                    glob: at.glob.clone(),
                    component: claim.component.clone(),
                });
            }
        }
        self.sort_claims();
        manifest.aliases.iter().flat_map(|alias| self.add_alias(&alias.alias, &alias.entity)).collect()
    }

    pub fn remove_manifest(&mut self, manifest: &Manifest) -> BTreeSet<EntityRef> {
        for claim in &manifest.claims {
            for at in &claim.families {
                let same = |other: &CompiledClaim| other.glob == at.glob && other.component == claim.component;
                if let Some(at) = self.claims.iter().position(same) {
                    self.claims.remove(at);
                }
            }
        }
        manifest.aliases.iter().flat_map(|alias| self.remove_alias(&alias.alias, &alias.entity)).collect()
    }

    /// The most specific first; among equals (a problem that is reported) the order of names, so that it does not matter
    /// which was read first.
    fn sort_claims(&mut self) {
        self.claims.sort_by(|a, b| {
            b.specificity
                .cmp(&a.specificity)
                .then_with(|| a.component.cmp(&b.component))
                .then_with(|| a.glob.cmp(&b.glob))
        });
    }

    pub fn add_alias(&mut self, alias: &str, entity: &EntityRef) -> BTreeSet<EntityRef> {
        *self.aliases.entry(alias.to_owned()).or_default().entry(entity.clone()).or_default() += 1;
        self.writers.get(alias).cloned().unwrap_or_default()
    }

    fn remove_alias(&mut self, alias: &str, entity: &EntityRef) -> BTreeSet<EntityRef> {
        if let Some(candidates) = self.aliases.get_mut(alias) {
            decrement(candidates, entity);
            if candidates.is_empty() {
                self.aliases.remove(alias);
            }
        }
        self.writers.get(alias).cloned().unwrap_or_default()
    }

    /// Sets the aliases that an entity has by itself; returns the entities whose relations may mean others now.
    pub fn replace_aliases(&mut self, entity: &EntityRef, fresh: &BTreeSet<&String>) -> BTreeSet<EntityRef> {
        let stale = self.own_aliases.remove(entity).unwrap_or_default();
        let mut touched = BTreeSet::new();
        for alias in stale.iter().filter(|alias| !fresh.contains(alias)) {
            touched.extend(self.remove_alias(alias, entity));
        }
        for alias in fresh.iter().filter(|alias| !stale.contains(**alias)) {
            touched.extend(self.add_alias(alias, entity));
        }
        if !fresh.is_empty() {
            self.own_aliases.insert(entity.clone(), fresh.iter().map(|alias| (*alias).clone()).collect());
        }
        touched
    }

    fn intern(&mut self, reference: &EntityRef) -> NodeId {
        if let Some(id) = self.ids.get(reference) {
            return *id;
        }
        let id = NodeId::try_from(self.vertices.len()).expect("fewer than four billion refs fit into memory");
        self.ids.insert(reference.clone(), id);
        self.columns.push(reference);
        self.vertices.push(Vertex {
            reference: reference.clone(),
            edges: BTreeMap::new(),
            declared: false,
            pipelines: 0,
            producers: BTreeMap::new(),
            owner: None,
            luigi_owner: BTreeMap::new(),
            entity_type: None,
            declared_changed: NEVER,
        });
        id
    }

    fn add_edge(&mut self, from: NodeId, relation: RelationKind, to: NodeId) {
        for (from, relation, to) in [(from, relation, to), (to, relation.inverse(), from)] {
            let count = self.vertices[from as usize].edges.entry((relation, to)).or_default();
            *count += 1;
            if *count == 1 && self.leads(from, relation, to, Direction::Up) {
                self.columns.need(from, to);
            }
        }
        self.stray_by(from, relation, to);
    }

    fn take_back(&mut self, contribution: &Contribution) {
        for &(from, relation, to) in &contribution.edges {
            for (from, relation, to) in [(from, relation, to), (to, relation.inverse(), from)] {
                let edges = &mut self.vertices[from as usize].edges;
                decrement(edges, &(relation, to));
                if !edges.contains_key(&(relation, to)) && self.leads(from, relation, to, Direction::Up) {
                    self.columns.unneed(from, to);
                }
            }
            self.stray_by(from, relation, to);
        }
    }

    /// Whether an edge leads in a direction: see [`question`](super::question) for what counts.
    pub fn leads(&self, from: NodeId, relation: RelationKind, to: NodeId, direction: Direction) -> bool {
        let are_components = || [from, to].iter().all(|id| self.vertex(*id).reference.kind() == "component");
        match (direction, relation) {
            (Direction::Down, RelationKind::DependencyOf | RelationKind::ProvidesApi | RelationKind::ApiConsumedBy)
            | (Direction::Up, RelationKind::DependsOn | RelationKind::ApiProvidedBy | RelationKind::ConsumesApi) => {
                true
            }
            (Direction::Down, RelationKind::PartOf) | (Direction::Up, RelationKind::HasPart) => are_components(),
            _ => false,
        }
    }

    /// A part may be answered for by its whole.
    fn stray_by(&mut self, from: NodeId, relation: RelationKind, to: NodeId) {
        match relation {
            RelationKind::PartOf => self.stray.insert(from),
            RelationKind::HasPart => self.stray.insert(to),
            _ => false,
        };
    }

    /// Keeps the row of lists in step with the vertex.
    fn settle(&mut self, id: NodeId) {
        let vertex = &self.vertices[id as usize];
        let entity_type = vertex.shown_type().map_or(NO_WORD, |word| self.columns.intern_word(word));
        let (exists, declared) = (vertex.exists(), vertex.declared);
        let shown = self.by_home.get(&id).into_iter().flatten();
        let shown = shown.filter_map(|root| self.pipelines.get(root)).map(|pipeline| pipeline.changed).max();
        let changed = if declared { vertex.declared_changed } else { shown.unwrap_or(NEVER) };
        self.columns.edit(id, |row| {
            row.entity_type = entity_type;
            row.exists = exists;
            row.declared = declared;
            row.changed = changed;
        });
        self.stray.insert(id);
    }

    /// Looks for the owners of what changed, and of what is answered for by what changed. After each event, and once after
    /// everything was made anew.
    pub fn settle_owners(&mut self) {
        while let Some(id) = self.stray.pop_first() {
            let owner = self.owner_of(id).map_or(NO_OWNER, |owner| self.columns.intern_owner(&owner));
            if self.columns.rows.row(id).owner == owner {
                continue;
            }
            self.columns.edit(id, |row| row.owner = owner);
            // INVARIANT: whoever finds its owner through this one comes after it; circles end because a second visit finds
            // the owner that the first one left.
            for (relation, other) in self.vertices[id as usize].edges.keys() {
                let other_vertex = &self.vertices[*other as usize];
                let through = match relation {
                    RelationKind::HasPart => true,
                    RelationKind::DependencyOf => other_vertex.producers.contains_key(&id),
                    _ => false,
                };
                if through && other_vertex.owner.is_none() && other_vertex.luigi_owner.is_empty() {
                    self.stray.insert(*other);
                }
            }
        }
    }

    /// Who answers for an entity, directly or by what it is part of.
    pub fn owner_of(&self, id: NodeId) -> Option<Owner> {
        let mut at = id;
        for _ in 0..OWNER_STEPS_MAX {
            let vertex = self.vertex(at);
            if let Some(owner) = vertex.owner {
                return Some(Owner::Entity(self.vertex(owner).reference.clone()));
            }
            if let Some(owner) = vertex.luigi_owner.values().next() {
                return Some(owner.clone());
            }
            at = self.next_owner(vertex)?.0;
        }
        None
    }

    /// Where to look for an owner next, and whether because it makes the entity rather than holds it. Of several, the first
    /// by name: numbers would depend on what was read first.
    pub fn next_owner(&self, vertex: &Vertex) -> Option<(NodeId, bool)> {
        let by_name = |id: &NodeId| &self.vertex(*id).reference;
        if let Some(producer) = vertex.producers.keys().min_by_key(|id| by_name(id)) {
            return Some((*producer, true));
        }
        let wholes = (RelationKind::PartOf, NodeId::MIN)..=(RelationKind::PartOf, NodeId::MAX);
        vertex
            .edges
            .range(wholes)
            .map(|((_, whole), _)| *whole)
            .min_by_key(|id| by_name(id))
            .map(|whole| (whole, false))
    }
}

/// The ref of a dataset that a pipeline makes.
pub(super) fn dataset_ref(name: &str) -> EntityRef {
    EntityRef::from_parts("resource", DEFAULT_NAMESPACE, &slugify(name))
}

fn decrement<K: Ord>(counts: &mut BTreeMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

fn remove_from(sets: &mut HashMap<String, BTreeSet<EntityRef>>, key: &str, value: &EntityRef) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}
