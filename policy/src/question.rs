//! What is asked, in Cedar's terms: the few entities that can matter to it, made from the model.
//!
//! INVARIANT: nothing but the model and the question goes in, so that the same question has the same answer until the model
//! changes.
//!
//! The catalog's hierarchy of groups may hold circles, which Cedar does not take. So each entity gets all that is above it
//! as its parents, and of two that are above each other only the one that was added first: the resource, its owner, the
//! principal. What scopes say of principal and resource is not touched by this.

use std::collections::{HashMap, HashSet};
use std::fmt;

use bussola_domain::access::{Act, Action, Caller, Credential, Kind, Principal, Resource};
use bussola_domain::catalog::model::Owner;
use bussola_domain::catalog::{Catalog, EntityRef, RelationKind};
use bussola_domain::id::{PrincipalNo, RunId};
use bussola_domain::model::Model;
use cedar_policy::{Context, Entities, Entity, EntityUid, Request, RestrictedExpression};

use crate::limits::ANCESTORS_MAX;
use crate::schema::{EntityKind, action_uid, applies};

/// The name of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    Ref(EntityRef),
    Text(Box<str>),
    Word(&'static str),
}

impl std::ops::Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Name::Ref(reference) => reference.as_str(),
            Name::Text(text) => text,
            Name::Word(word) => word,
        }
    }
}

/// An entity, without what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    pub kind: EntityKind,
    pub id: Name,
}

impl Node {
    fn new(kind: EntityKind, id: Name) -> Node {
        Node { kind, id }
    }

    fn group(reference: &EntityRef) -> Node {
        Node::new(EntityKind::Group, Name::Ref(reference.clone()))
    }

    fn component(reference: &EntityRef) -> Node {
        Node::new(EntityKind::Component, Name::Ref(reference.clone()))
    }

    fn uid(&self) -> EntityUid {
        self.kind.uid(&self.id)
    }
}

impl fmt::Display for Node {
    /// As policies write it, without the namespace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{:?}", self.kind.as_str(), &*self.id)
    }
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Flag(bool),
    Number(i64),
    Text(Box<str>),
    Texts(Vec<Box<str>>),
    Entity(Node),
    Entities(Vec<Node>),
}

impl Value {
    fn expression(&self) -> RestrictedExpression {
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        match self {
            Value::Flag(flag) => RestrictedExpression::new_bool(*flag),
            Value::Number(number) => RestrictedExpression::new_long(*number),
            Value::Text(value) => text(value),
            Value::Texts(values) => RestrictedExpression::new_set(values.iter().map(|value| text(value))),
            Value::Entity(node) => RestrictedExpression::new_entity_uid(node.uid()),
            Value::Entities(nodes) => {
                RestrictedExpression::new_set(nodes.iter().map(|node| RestrictedExpression::new_entity_uid(node.uid())))
            }
        }
    }
}

impl fmt::Display for Value {
    /// As policies write it, without the namespace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Flag(flag) => flag.fmt(f),
            Value::Number(number) => number.fmt(f),
            Value::Text(text) => fmt::Debug::fmt(text, f),
            Value::Texts(texts) => fmt::Debug::fmt(texts, f),
            Value::Entity(node) => node.fmt(f),
            Value::Entities(nodes) => {
                let nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", nodes.join(", "))
            }
        }
    }
}

/// Attributes by name.
pub(crate) type Attributes = Vec<(&'static str, Value)>;

/// An entity, with what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    pub node: Node,
    pub attributes: Attributes,
    pub above: Vec<Node>,
}

/// What is asked, as a policy set takes it.
#[derive(Debug)]
pub(crate) struct Question {
    pub action: Action,
    pub principal: Node,
    pub above_principal: Vec<Node>,
    pub resource: Node,
    pub above_resource: Vec<Node>,
    /// How it is known who acts.
    pub known: Attributes,
    /// What is known of principal, resource, and what they name.
    pub things: Vec<Thing>,
}

/// Which attributes policies look at. What none of them names need not be made for Cedar, which costs more than all else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs(u32);

impl Needs {
    /// Every attribute of the schema.
    const NAMES: &[&str] = &[
        "groups",
        "issuer",
        "subject",
        "owner",
        "component",
        "kind",
        "type",
        "lifecycle",
        "tier",
        "tags",
        "reference",
        "credential",
        "mfa",
        "amr",
        "rule",
    ];

    /// All of them.
    pub const ALL: Needs = Needs(u32::MAX);

    /// Those that a policy can look at: whose names stand in its text, wherever. With an escape in it a name may be
    /// written in another way, so then all of them.
    pub fn of(policy: &str) -> Needs {
        if policy.contains('\\') {
            return Needs::ALL;
        }
        let named = Needs::NAMES.iter().enumerate().filter(|(_, name)| policy.contains(**name));
        Needs(named.fold(0, |needs, (place, _)| needs | 1 << place))
    }

    /// These and those.
    pub fn and(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }

    fn has(self, name: &str) -> bool {
        // What is not in the list is always made.
        Needs::NAMES.iter().position(|known| *known == name).is_none_or(|place| self.0 & 1 << place != 0)
    }
}

/// Why a question is answered without any policy: no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unaskable {
    /// Nobody has this number.
    NobodyKnown,
    /// The action is not for such principals, or is not done to such things.
    NotApplicable,
    /// More is above it than [`ANCESTORS_MAX`].
    TooManyAbove,
}

impl Question {
    /// What is asked of a policy set when somebody wants something.
    pub fn new(model: &Model, caller: &Caller, act: &Act) -> Result<Question, Unaskable> {
        let mut things = Things { model, all: Vec::new() };
        let resource = things.resource(&act.resource)?;
        let principal = things.principal(caller.principal)?;
        let (principals, resources) = applies(act.action);
        if !principals.contains(&principal.kind) || !resources.contains(&resource.kind) {
            return Err(Unaskable::NotApplicable);
        }
        let above = |node: &Node| things.of(node).map(|thing| thing.above.clone()).unwrap_or_default();
        Ok(Question {
            action: act.action,
            above_principal: above(&principal),
            above_resource: above(&resource),
            principal,
            resource,
            known: known(model, &caller.credential),
            things: things.all,
        })
    }

    /// The question in Cedar's form, with those attributes that somebody looks at. None when Cedar does not take it.
    pub fn asked(&self, needs: Needs) -> Option<(Request, Entities)> {
        let context = Context::from_pairs(expressions(&self.known, needs)).ok()?;
        let action = action_uid(self.action).clone();
        let request = Request::new(self.principal.uid(), action, self.resource.uid(), context, None).ok()?;
        Some((request, entities(&self.things, needs)?))
    }
}

/// How it is known who acts.
fn known(model: &Model, credential: &Credential) -> Attributes {
    let (word, amr, rule): (_, &[String], _) = match credential {
        Credential::Unverified | Credential::Itself(_) => ("unverified", &[], None),
        Credential::Session(number) => {
            ("session", model.access.session(*number).map_or(&[], |session| &session.amr), None)
        }
        Credential::Token(_) => ("token", &[], None),
        Credential::Workload(rule) => ("workload", &[], Some(rule)),
        Credential::RunToken(_) => ("runToken", &[], None),
    };
    let mut known: Attributes = vec![
        ("credential", Value::Entity(Node::new(EntityKind::Credential, Name::Word(word)))),
        ("mfa", Value::Flag(amr.iter().any(|method| method == "mfa"))),
        ("amr", Value::Texts(amr.iter().map(|method| method.as_str().into()).collect())),
    ];
    if let Some(rule) = rule {
        known.push(("rule", Value::Text((&**rule).into())));
    }
    known
}

/// What a question is about, gathered. The first added wins where two are above each other.
struct Things<'a> {
    model: &'a Model,
    all: Vec<Thing>,
}

impl Things<'_> {
    fn of(&self, node: &Node) -> Option<&Thing> {
        self.all.iter().find(|thing| thing.node == *node)
    }

    fn add(&mut self, node: Node, attributes: Attributes, mut above: Vec<Node>) {
        if self.of(&node).is_none() {
            above.retain(|other| *other != node);
            self.all.push(Thing { node, attributes, above });
        }
    }

    fn resource(&mut self, resource: &Resource) -> Result<Node, Unaskable> {
        let node = match resource {
            Resource::Catalog => Node::new(EntityKind::Catalog, Name::Word("catalog")),
            Resource::Scheduler => Node::new(EntityKind::Scheduler, Name::Word("scheduler")),
            Resource::Ledger => Node::new(EntityKind::Ledger, Name::Word("ledger")),
            Resource::Access => Node::new(EntityKind::Access, Name::Word("access")),
            Resource::Component(reference) => self.component(reference)?,
            Resource::Principal(number) => self.known(*number)?,
            Resource::Secret { component, reference } => self.secret(component, reference)?,
        };
        Ok(node)
    }

    fn principal(&mut self, principal: Principal) -> Result<Node, Unaskable> {
        match principal {
            Principal::Itself => Err(Unaskable::NotApplicable),
            Principal::Local => Ok(Node::new(EntityKind::Local, Name::Word("local"))),
            Principal::Anonymous => Ok(Node::new(EntityKind::Anonymous, Name::Word("anonymous"))),
            Principal::Known(number) => self.known(number),
            Principal::Run(run) => self.run(run),
        }
    }

    fn known(&mut self, number: PrincipalNo) -> Result<Node, Unaskable> {
        let model = self.model;
        let known = model.access.principal(number).ok_or(Unaskable::NobodyKnown)?;
        let kind = match known.kind {
            Kind::User => EntityKind::User,
            Kind::Service => EntityKind::Service,
            Kind::Agent => EntityKind::Agent,
        };
        // What was erased is nobody's.
        let identity = model.names.kept(known.identity).unwrap_or_default();
        let (issuer, subject) = identity.split_once(' ').unwrap_or_default();
        let groups: Vec<Node> = known.groups().into_iter().map(Node::group).collect();
        let mut attributes: Attributes = vec![
            ("groups", Value::Entities(groups.clone())),
            ("issuer", Value::Text(issuer.into())),
            ("subject", Value::Text(subject.into())),
        ];
        let owner = known.owner.as_ref().filter(|_| kind != EntityKind::User).map(Node::group);
        if let Some(owner) = owner {
            attributes.push(("owner", Value::Entity(self.group(owner)?)));
        }
        let above = above(&model.catalog, groups.iter().cloned())?;
        let node = Node::new(kind, Name::Text(number.to_string().into()));
        // What their groups are within is above them already: policies can only compare members of a set.
        self.add(node.clone(), attributes, above);
        Ok(node)
    }

    fn run(&mut self, run: RunId) -> Result<Node, Unaskable> {
        let live = self.model.runs.live(run);
        let component = live.map(|live| self.model.catalog.component_of_pipeline(&live.family));
        let mut attributes = Attributes::new();
        if let Some(component) = component {
            attributes.push(("component", Value::Entity(self.component(&component)?)));
        }
        let node = Node::new(EntityKind::Run, Name::Text(run.to_string().into()));
        self.add(node.clone(), attributes, Vec::new());
        Ok(node)
    }

    fn group(&mut self, node: Node) -> Result<Node, Unaskable> {
        if self.of(&node).is_none() {
            let above = above(&self.model.catalog, [node.clone()].into_iter())?;
            self.add(node.clone(), Attributes::new(), above);
        }
        Ok(node)
    }

    fn component(&mut self, reference: &EntityRef) -> Result<Node, Unaskable> {
        let node = Node::component(reference);
        if self.of(&node).is_some() {
            return Ok(node);
        }
        let catalog = &self.model.catalog;
        let view = catalog.get(reference);
        let lower = |text: &str| Value::Text(text.to_lowercase().into());
        let tags = view.as_ref().map(|view| view.tags()).unwrap_or_default();
        let mut attributes: Attributes = vec![
            ("kind", Value::Text(reference.kind().into())),
            ("tags", Value::Texts(tags.iter().map(|tag| tag.as_str().into()).collect())),
        ];
        if let Some(view) = &view {
            attributes.extend(view.entity_type().map(|text| ("type", lower(text))));
            attributes.extend(view.lifecycle().map(|text| ("lifecycle", lower(text))));
            attributes.extend(view.tier().map(|tier| ("tier", Value::Number(tier.into()))));
        }
        let owner = owner(catalog, reference);
        let parts = catalog.related(reference, RelationKind::PartOf).map(Node::component);
        let above = above(catalog, owner.clone().into_iter().chain(parts))?;
        attributes.extend(owner.clone().map(|owner| ("owner", Value::Entity(owner))));
        self.add(node.clone(), attributes, above);
        if let Some(owner) = owner {
            self.group(owner)?;
        }
        Ok(node)
    }

    fn secret(&mut self, component: &EntityRef, reference: &str) -> Result<Node, Unaskable> {
        let id = Name::Text(format!("{component}/{reference}").into());
        let node = Node::new(EntityKind::Secret, id);
        let component = self.component(component)?;
        let of_component = self.of(&component);
        let mut above = of_component.map(|thing| thing.above.clone()).unwrap_or_default();
        let owner = of_component.and_then(|thing| thing.attributes.iter().find(|(name, _)| *name == "owner")).cloned();
        above.push(component.clone());
        let mut attributes: Attributes =
            vec![("component", Value::Entity(component)), ("reference", Value::Text(reference.into()))];
        attributes.extend(owner);
        self.add(node.clone(), attributes, above);
        Ok(node)
    }
}

/// The group that answers for something; none also when only Luigi knows who does.
fn owner(catalog: &Catalog, reference: &EntityRef) -> Option<Node> {
    match catalog.owner_known(reference)? {
        Owner::Entity(owner) => Some(Node::group(&owner)),
        Owner::Named(_) => None,
    }
}

/// These and all that is above them, each once. What a whole belongs to does not own its parts, so that stays out.
fn above(catalog: &Catalog, from: impl Iterator<Item = Node>) -> Result<Vec<Node>, Unaskable> {
    let mut all: Vec<Node> = Vec::new();
    let mut seen: HashSet<Node> = HashSet::new();
    all.extend(from.filter(|node| seen.insert(node.clone())));
    let mut at = 0;
    while at < all.len() {
        let Name::Ref(reference) = all[at].id.clone() else { break };
        let kind = all[at].kind;
        let relations: &[RelationKind] = match kind {
            EntityKind::Group => &[RelationKind::ChildOf, RelationKind::MemberOf],
            _ => &[RelationKind::PartOf],
        };
        for other in relations.iter().flat_map(|&relation| catalog.related(&reference, relation)) {
            let node = Node::new(kind, Name::Ref(other.clone()));
            if seen.insert(node.clone()) {
                all.push(node);
            }
        }
        if all.len() > ANCESTORS_MAX {
            return Err(Unaskable::TooManyAbove);
        }
        at += 1;
    }
    Ok(all)
}

fn expressions(attributes: &Attributes, needs: Needs) -> impl Iterator<Item = (String, RestrictedExpression)> {
    let needed = attributes.iter().filter(move |(name, _)| needs.has(name));
    needed.map(|(name, value)| ((*name).to_owned(), value.expression()))
}

/// None when Cedar does not take them.
fn entities(things: &[Thing], needs: Needs) -> Option<Entities> {
    // Things by node, with what is above each: to leave out what would close a circle.
    let mut before: HashMap<&Node, HashSet<&Node>> = HashMap::new();
    let mut entities = Vec::with_capacity(things.len());
    for thing in things {
        let closes = |other: &Node| before.get(other).is_some_and(|above| above.contains(&thing.node));
        let above: HashSet<&Node> = thing.above.iter().filter(|other| !closes(other)).collect();
        let parents: HashSet<EntityUid> = above.iter().map(|node| node.uid()).collect();
        let attributes = expressions(&thing.attributes, needs).collect();
        entities.push(Entity::new(thing.node.uid(), attributes, parents).ok()?);
        before.insert(&thing.node, above);
    }
    Entities::from_entities(entities, None).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_know_every_attribute_of_the_schema() {
        let schema = crate::schema::schema_text();
        for line in schema.lines().filter(|line| line.contains('{') && line.contains(": ") && !line.contains("//")) {
            let attributes = line.split_once('{').map_or("", |(_, attributes)| attributes).split(',');
            for name in attributes.filter_map(|attribute| attribute.split_once(':')).map(|(name, _)| name) {
                let name = name.trim().trim_end_matches('?');
                assert!(Needs::NAMES.contains(&name), "{name}");
                assert!(Needs::of(&format!("resource has {name}")).has(name), "{name}");
                assert!(Needs::of("principal[\"\\u{6f}wner\"]").has(name), "{name}");
                assert!(!Needs::of("permit (principal, action, resource);").has(name), "{name}");
            }
        }
    }
}
