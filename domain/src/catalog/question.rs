//! Questions to the catalog: who answers for it, what does it need, what breaks with it.
//!
//! **What counts as affected** when something fails: whatever depends on it (`dependsOn`, also declared from the other side,
//! also what was discovered: a dataset depends on the pipeline that makes it), the APIs that it provides, whoever consumes an
//! API, and the component that it is a sub-component of. Being owned by the same group or being part of the same system or
//! domain affects nobody.
//!
//! All walks are iterative and visit each entity once, so cycles end and depth costs no stack.

use super::columns::NEVER;
use super::index::{NodeId, OWNER_STEPS_MAX, Vertex};
use super::model::{Link, Owner, Relation};
use super::problem::Span;
use super::reference::EntityRef;
use super::relation::RelationKind;
use super::state::{Catalog, Declared, Pipeline};
use crate::id::Timestamp;

/// Whether a manifest says that it exists, or only its runs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityState {
    /// A manifest declares it.
    Declared,
    /// It showed itself.
    Discovered,
}

/// An entity, with all that is known about it.
#[derive(Clone, Debug)]
pub struct EntityView<'a> {
    /// What is declared.
    pub declared: Option<&'a Declared>,
    /// The pipelines that were discovered at it.
    pub pipelines: Vec<&'a Pipeline>,
    /// The components whose pipelines make it, when it is a dataset that was discovered.
    pub produced_by: Vec<&'a EntityRef>,
    /// Its name.
    pub reference: &'a EntityRef,
    vertex: &'a Vertex,
    changed: Timestamp,
}

impl<'a> EntityView<'a> {
    /// Declared or discovered; what is both is declared.
    pub fn state(&self) -> EntityState {
        if self.vertex.declared { EntityState::Declared } else { EntityState::Discovered }
    }

    /// What people call it: its title, else its name.
    pub fn title(&self) -> &'a str {
        self.declared.and_then(|declared| declared.entity.title.as_deref()).unwrap_or(self.reference.name())
    }

    /// What it is for.
    pub fn description(&self) -> Option<&'a str> {
        self.declared.and_then(|declared| declared.entity.description.as_deref())
    }

    /// `service`, `pipeline`, `dataset`, …: as declared, else as discovered.
    pub fn entity_type(&self) -> Option<&'a str> {
        let declared = self.declared.and_then(|declared| declared.entity.entity_type.as_deref());
        declared.or_else(|| self.vertex.shown_type())
    }

    /// As declared.
    pub fn lifecycle(&self) -> Option<&'a str> {
        self.declared.and_then(|declared| declared.entity.lifecycle.as_deref())
    }

    /// As declared: 1 is worst.
    pub fn tier(&self) -> Option<u8> {
        self.declared.and_then(|declared| declared.entity.tier)
    }

    /// When its declaration changed last, or its runs last showed something new; none: that is not known.
    pub fn changed(&self) -> Option<Timestamp> {
        Some(self.changed).filter(|at| *at != NEVER)
    }

    /// As declared.
    pub fn tags(&self) -> &'a [String] {
        self.declared.map_or(&[], |declared| &declared.entity.tags)
    }

    /// As declared.
    pub fn links(&self) -> &'a [Link] {
        self.declared.map_or(&[], |declared| &declared.entity.links)
    }
}

/// Who answers for an entity, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// The steps to the answer, the entity itself first.
    pub chain: Vec<OwnershipStep>,
    /// The answer; none: nobody does.
    pub owner: Option<Owner>,
}

/// One step on the way to an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnershipStep {
    /// The entity that was looked at.
    pub entity: EntityRef,
    /// What it said.
    pub reason: OwnershipReason,
}

/// What an entity says about its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnershipReason {
    /// A manifest names the owner.
    Declared {
        /// The file.
        path: String,
        /// Where in the file.
        span: Span,
        /// The owner as written.
        written: String,
    },
    /// Luigi names the owner of a pipeline (`owner_email`).
    Luigi {
        /// The root family of the pipeline.
        root: String,
    },
    /// It names none, and is part of what is looked at next.
    PartOf,
    /// It names none, and is made by what is looked at next.
    ProducedBy,
    /// It names none, and there is nowhere else to look.
    Unowned,
}

/// An entity that a walk reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Steps from the start, at least one.
    pub distance: u32,
    /// Whether it exists, rather than only being spoken of.
    pub exists: bool,
    /// The entity before it.
    pub from: EntityRef,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// The entity.
    pub reference: EntityRef,
    /// How it relates to the entity before it: `dependsOn` reads "this depends on `from`".
    pub via: RelationKind,
}

/// Which way a walk goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To what is affected.
    Down,
    /// To what is needed.
    Up,
}

/// A relation whose target is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dangling {
    /// The entity that declares it; for a claim or an alias, the one that is named.
    pub entity: EntityRef,
    /// The key it is written under.
    pub field: String,
    /// The file.
    pub path: String,
    /// Where in the file.
    pub span: Span,
    /// What is not there.
    pub target: EntityRef,
    /// As written.
    pub written: String,
}

impl Catalog {
    /// How many entities exist.
    pub fn len(&self) -> usize {
        self.index.count()
    }

    /// Whether nothing exists.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An entity by its name, in constant time; none when it is not there, even if others speak of it.
    pub fn get(&self, reference: &EntityRef) -> Option<EntityView<'_>> {
        let id = self.index.id(reference)?;
        self.index.vertex(id).exists().then(|| self.view(id))
    }

    pub(super) fn view(&self, id: NodeId) -> EntityView<'_> {
        let vertex = self.index.vertex(id);
        let mut produced_by: Vec<&EntityRef> =
            vertex.producers.keys().map(|id| &self.index.vertex(*id).reference).collect();
        produced_by.sort();
        EntityView {
            declared: if vertex.declared { self.declared(&vertex.reference) } else { None },
            pipelines: self.index.pipelines_of(id).filter_map(|root| self.pipeline(root)).collect(),
            produced_by,
            reference: &vertex.reference,
            vertex,
            changed: self.index.columns.rows.row(id).changed,
        }
    }

    /// What a user wrote, as an entity that exists: a ref, an alias, or a name alone when it is a component's.
    pub fn find(&self, written: &str) -> Option<EntityView<'_>> {
        let by_alias = self.index.alias(written).cloned();
        let reference = by_alias.or_else(|| EntityRef::parse_in(written, Some("component"), None).ok())?;
        self.get(&reference)
    }

    /// The component that claims a family, by the most specific glob.
    pub fn component_for_family(&self, family: &str) -> Option<EntityRef> {
        self.index.claimed(family).cloned()
    }

    /// The component of the pipeline with this root family: by claim, else by name. It need not exist.
    pub fn component_of_pipeline(&self, root: &str) -> EntityRef {
        self.index.home(root)
    }

    /// The same for one that has shown itself, without looking through the claims.
    pub fn component_of_discovered(&self, root: &str) -> EntityRef {
        let known = self.index.home_of(root).map(|id| self.index.vertex(id).reference.clone());
        known.unwrap_or_else(|| self.index.home(root))
    }

    /// Who answers for an entity, without how that is known: in constant time.
    pub fn owner_known(&self, reference: &EntityRef) -> Option<Owner> {
        self.index.id(reference).and_then(|id| self.owner_of(id))
    }

    /// The entity that a relation means, after aliases. It need not exist.
    pub fn target<'a>(&'a self, relation: &'a Relation) -> &'a EntityRef {
        self.index.resolve(relation)
    }

    /// Every relation of an entity, declared at either end or discovered, in order.
    pub fn relations(&self, reference: &EntityRef) -> Vec<(RelationKind, EntityRef)> {
        let Some(vertex) = self.index.find(reference) else { return Vec::new() };
        let mut relations: Vec<_> =
            vertex.edges.keys().map(|(kind, other)| (*kind, self.index.vertex(*other).reference.clone())).collect();
        relations.sort();
        relations
    }

    /// The entities that one relates to like this, in no order.
    pub fn related(&self, reference: &EntityRef, relation: RelationKind) -> impl Iterator<Item = &EntityRef> {
        let edges = self.index.find(reference).into_iter().flat_map(move |vertex| {
            vertex.edges.range((relation, 0)..=(relation, NodeId::MAX)).map(|((_, other), _)| *other)
        });
        edges.map(|other| &self.index.vertex(other).reference)
    }

    /// How many entities relate to one like this.
    pub fn count_related(&self, reference: &EntityRef, relation: RelationKind) -> usize {
        let related = |vertex: &Vertex| vertex.edges.range((relation, 0)..=(relation, NodeId::MAX)).count();
        self.index.find(reference).map_or(0, related)
    }

    /// Who answers for an entity. One that names no owner is answered for by what it is part of, a discovered dataset by
    /// the owner of the pipeline that makes it.
    pub fn owner(&self, reference: &EntityRef) -> Ownership {
        let mut chain = Vec::new();
        let Some(mut id) = self.index.id(reference) else {
            let step = OwnershipStep { entity: reference.clone(), reason: OwnershipReason::Unowned };
            return Ownership { chain: vec![step], owner: None };
        };
        let mut seen = Vec::new();
        loop {
            let vertex = self.index.vertex(id);
            let entity = vertex.reference.clone();
            if let Some((owner, reason)) = self.own_owner(vertex) {
                chain.push(OwnershipStep { entity, reason });
                return Ownership { chain, owner: Some(owner) };
            }
            seen.push(id);
            let next =
                self.index.next_owner(vertex).filter(|(next, _)| !seen.contains(next) && seen.len() < OWNER_STEPS_MAX);
            let Some((next, produced)) = next else {
                chain.push(OwnershipStep { entity, reason: OwnershipReason::Unowned });
                return Ownership { chain, owner: None };
            };
            let reason = if produced { OwnershipReason::ProducedBy } else { OwnershipReason::PartOf };
            chain.push(OwnershipStep { entity, reason });
            id = next;
        }
    }

    fn own_owner(&self, vertex: &Vertex) -> Option<(Owner, OwnershipReason)> {
        if let Some(owner) = vertex.owner {
            let declared = self.declared(&vertex.reference)?;
            let relation =
                declared.entity.relations.iter().find(|relation| relation.relation == RelationKind::OwnedBy)?;
            let reason = OwnershipReason::Declared {
                path: declared.entity.origin.path.clone(),
                span: relation.span,
                written: relation.as_written().to_owned(),
            };
            return Some((Owner::Entity(self.index.vertex(owner).reference.clone()), reason));
        }
        let (root, owner) = vertex.luigi_owner.iter().next()?;
        Some((owner.clone(), OwnershipReason::Luigi { root: root.clone() }))
    }

    /// The answer of [`owner`](Self::owner) without its reasons: found when it changed, and kept.
    fn owner_of(&self, id: NodeId) -> Option<Owner> {
        self.index.columns.owners.get(self.index.columns.rows.row(id).owner as usize).cloned()
    }

    /// What an entity needs, directly and through others, nearest first; `depth` none: all the way.
    pub fn dependencies(&self, reference: &EntityRef, depth: Option<u32>) -> Vec<Reached> {
        self.walk(reference, depth, Direction::Up)
    }

    /// What is affected when an entity fails: its blast radius, nearest first; `depth` none: all the way.
    pub fn dependents(&self, reference: &EntityRef, depth: Option<u32>) -> Vec<Reached> {
        self.walk(reference, depth, Direction::Down)
    }

    pub(super) fn walk(&self, reference: &EntityRef, depth: Option<u32>, direction: Direction) -> Vec<Reached> {
        let Some(start) = self.index.id(reference) else { return Vec::new() };
        let mut visited = vec![false; self.index.len()];
        visited[start as usize] = true;
        let mut reached = Vec::new();
        let mut level = vec![start];
        let mut distance = 0;
        while !level.is_empty() && depth.is_none_or(|depth| distance < depth) {
            distance += 1;
            let mut next: Vec<(NodeId, NodeId, RelationKind)> = Vec::new();
            for from in &level {
                for (other, relation) in self.neighbours(*from, direction) {
                    if !std::mem::replace(&mut visited[other as usize], true) {
                        next.push((other, *from, relation));
                    }
                }
            }
            // In order of name within a distance: the same answer whatever was read first.
            self.sort_by_name(&mut next);
            level = next.iter().map(|(id, _, _)| *id).collect();
            reached.extend(next.into_iter().map(|(id, from, relation)| {
                let vertex = self.index.vertex(id);
                Reached {
                    distance,
                    exists: vertex.exists(),
                    from: self.index.vertex(from).reference.clone(),
                    owner: self.owner_of(id),
                    reference: vertex.reference.clone(),
                    via: relation.inverse(),
                }
            }));
        }
        reached
    }

    /// Sorts by ref. Refs begin alike, and each lies elsewhere in memory: so each is read once, for the sixteen bytes that
    /// follow what all have in common, and read again only where these are equal.
    fn sort_by_name(&self, next: &mut Vec<(NodeId, NodeId, RelationKind)>) {
        let name = |id: NodeId| self.index.vertex(id).reference.as_str().as_bytes();
        let Some((first, rest)) = next.split_first() else { return };
        let first = name(first.0);
        let common = rest.iter().fold(first.len(), |common, (id, _, _)| {
            first[..common].iter().zip(name(*id)).take_while(|(a, b)| a == b).count()
        });
        let key = |id: NodeId| {
            let mut bytes = [0; 16];
            for (byte, source) in bytes.iter_mut().zip(&name(id)[common..]) {
                *byte = *source;
            }
            u128::from_be_bytes(bytes)
        };
        let mut keyed: Vec<_> = next.iter().map(|reached| (key(reached.0), *reached)).collect();
        keyed.sort_unstable_by(|(a, x), (b, y)| a.cmp(b).then_with(|| name(x.0).cmp(name(y.0))));
        next.clear();
        next.extend(keyed.into_iter().map(|(_, reached)| reached));
    }

    /// The next entities in a direction, with the relation that leads there.
    pub(super) fn neighbours(
        &self,
        id: NodeId,
        direction: Direction,
    ) -> impl Iterator<Item = (NodeId, RelationKind)> + '_ {
        let edges = self.index.vertex(id).edges.keys();
        let leading =
            move |(relation, other): &&(RelationKind, NodeId)| self.index.leads(id, *relation, *other, direction);
        edges.filter(leading).map(|(relation, other)| (*other, *relation))
    }

    /// Entities that need each other in a circle, each circle in order, and the circles, too. A component that consumes
    /// an API of its own is no circle.
    pub fn cycles(&self) -> Vec<Vec<EntityRef>> {
        let mut cycles: Vec<Vec<EntityRef>> = Vec::new();
        for component in self.strongly_connected() {
            if self.is_cycle(&component) {
                let mut refs: Vec<EntityRef> =
                    component.iter().map(|id| self.index.vertex(*id).reference.clone()).collect();
                refs.sort();
                cycles.push(refs);
            }
        }
        cycles.sort();
        cycles
    }

    fn is_cycle(&self, component: &[NodeId]) -> bool {
        match component {
            [one] => self.neighbours(*one, Direction::Up).any(|(other, _)| other == *one),
            [a, b] => {
                let own_api = |from: NodeId, to: NodeId| {
                    self.neighbours(from, Direction::Up).filter(|(other, _)| *other == to).all(|(_, relation)| {
                        matches!(relation, RelationKind::ConsumesApi | RelationKind::ApiProvidedBy)
                    })
                };
                !(own_api(*a, *b) && own_api(*b, *a))
            }
            _ => true,
        }
    }

    /// Tarjan's algorithm with a stack of its own.
    fn strongly_connected(&self) -> Vec<Vec<NodeId>> {
        const UNSEEN: u32 = u32::MAX;
        let count = self.index.len();
        let (mut order, mut low, mut on_stack) = (vec![UNSEEN; count], vec![0_u32; count], vec![false; count]);
        let (mut stack, mut components, mut next) = (Vec::new(), Vec::new(), 0_u32);
        for root in 0..count as NodeId {
            if order[root as usize] != UNSEEN {
                continue;
            }
            let mut calls: Vec<(NodeId, Vec<NodeId>)> = Vec::new();
            let mut enter = Some(root);
            loop {
                if let Some(id) = enter.take() {
                    order[id as usize] = next;
                    low[id as usize] = next;
                    next += 1;
                    stack.push(id);
                    on_stack[id as usize] = true;
                    calls.push((id, self.neighbours(id, Direction::Up).map(|(other, _)| other).collect()));
                }
                let Some((id, todo)) = calls.last_mut() else { break };
                let id = *id;
                match todo.pop() {
                    Some(other) if order[other as usize] == UNSEEN => enter = Some(other),
                    Some(other) if on_stack[other as usize] => {
                        low[id as usize] = low[id as usize].min(order[other as usize])
                    }
                    Some(_) => {}
                    None => {
                        calls.pop();
                        if let Some((parent, _)) = calls.last() {
                            low[*parent as usize] = low[*parent as usize].min(low[id as usize]);
                        }
                        if low[id as usize] == order[id as usize] {
                            let at = stack.iter().rposition(|other| *other == id).unwrap_or(0);
                            let component: Vec<NodeId> = stack.split_off(at);
                            component.iter().for_each(|id| on_stack[*id as usize] = false);
                            components.push(component);
                        }
                    }
                }
            }
        }
        components
    }

    /// References to what is not there, in order of file and place: kept, because the other side may come later.
    pub fn dangling(&self) -> Vec<Dangling> {
        let exists = |reference: &EntityRef| self.index.find(reference).is_some_and(Vertex::exists);
        let mut dangling = Vec::new();
        for declared in self.all_declared() {
            for relation in &declared.entity.relations {
                let target = self.target(relation);
                if !exists(target) {
                    dangling.push(Dangling {
                        entity: declared.entity.reference.clone(),
                        field: relation.field.clone(),
                        path: declared.entity.origin.path.clone(),
                        span: relation.span,
                        target: target.clone(),
                        written: relation.as_written().to_owned(),
                    });
                }
            }
        }
        for (path, manifest) in self.manifests() {
            let claims = manifest
                .claims
                .iter()
                .map(|claim| ("claims", &claim.component, claim.families.first().map(|at| at.span)));
            let aliases = manifest.aliases.iter().map(|alias| ("aliases", &alias.entity, Some(alias.span)));
            // A claimed component that only its runs show is not declared, and the claim may hold a slip of the finger.
            let declared = |reference: &EntityRef| self.index.find(reference).is_some_and(|vertex| vertex.declared);
            for (field, target, span) in claims.chain(aliases).filter(|(_, target, _)| !declared(target)) {
                dangling.push(Dangling {
                    entity: target.clone(),
                    field: field.to_owned(),
                    path: path.to_owned(),
                    span: span.unwrap_or(Span::START),
                    target: target.clone(),
                    written: target.to_string(),
                });
            }
        }
        dangling.sort_by(|a, b| (&a.path, a.span, &a.target).cmp(&(&b.path, b.span, &b.target)));
        dangling
    }
}
