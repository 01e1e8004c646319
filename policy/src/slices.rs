//! Policies sorted by what their scope says, so that a decision evaluates only those that can apply.
//!
//! A policy's scope names an action or several or none, and for principal and resource nothing, a type, or an entity that
//! they are or are within. Policies with equal scopes share a bucket. A question looks into the buckets of its action for
//! each thing that its principal is (anything, its type, itself, each group above) and each that its resource is.
//!
//! INVARIANT: a policy that is in no bucket looked into does not apply, by its scope alone; so the buckets' answers together
//! are the answer of the whole set. A test compares both for random sets and questions.

use bussola_domain::access::Action;
use cedar_policy::{
    ActionConstraint, AuthorizationError, Authorizer, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet,
    PrincipalConstraint, ResourceConstraint,
};
use hashbrown::{Equivalent, HashMap};

use crate::question::{Needs, Node, Question};
use crate::schema::{EntityKind, action_uid};

/// What a scope says of a principal or a resource, or what one of these is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Scope<Id> {
    Any,
    Is(EntityKind),
    /// It, or within it.
    Entity(EntityKind, Id),
}

impl Equivalent<Scope<Box<str>>> for Scope<&str> {
    fn equivalent(&self, key: &Scope<Box<str>>) -> bool {
        match (self, key) {
            (Scope::Any, Scope::Any) => true,
            (Scope::Is(a), Scope::Is(b)) => a == b,
            (Scope::Entity(kind, id), Scope::Entity(other, key)) => kind == other && **id == **key,
            (Scope::Any | Scope::Is(_) | Scope::Entity(..), _) => false,
        }
    }
}

type Buckets = HashMap<Scope<Box<str>>, HashMap<Scope<Box<str>>, Bucket>>;

/// Policies that are looked at together.
#[derive(Clone, Debug, Default)]
struct Bucket {
    set: PolicySet,
    needs: Needs,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Slices {
    by_action: Vec<Buckets>,
    /// All, for the comparison.
    whole: Bucket,
    authorizer: Authorizer,
}

/// What the policies of a set say, before it is boiled down to yes or no.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Those that permit, if none forbids.
    pub permits: Vec<PolicyId>,
    /// Those that forbid.
    pub forbids: Vec<PolicyId>,
    /// Those that could not be evaluated, and why.
    pub failed: Vec<(PolicyId, String)>,
    /// Cedar does not take the question: a fault of ours, and a no.
    pub is_malformed: bool,
}

impl Slices {
    pub fn of<'a>(policies: impl Iterator<Item = (&'a Policy, &'a str)>) -> Slices {
        let mut slices = Slices {
            by_action: vec![Buckets::new(); Action::ALL.len()],
            whole: Bucket::default(),
            authorizer: Authorizer::new(),
        };
        for (policy, text) in policies {
            let needs = Needs::of(text);
            slices.whole.add(policy, needs);
            let (principal, resource) = (of_principal(policy), of_resource(policy));
            for (&action, buckets) in Action::ALL.iter().zip(&mut slices.by_action) {
                if names(&policy.action_constraint(), action_uid(action)) {
                    let row = buckets.entry(principal.clone()).or_default();
                    row.entry(resource.clone()).or_default().add(policy, needs);
                }
            }
        }
        slices
    }

    /// What those policies say that can apply.
    pub fn ask(&self, question: &Question) -> Said {
        let mut buckets = Vec::new();
        let mut needs = Needs::default();
        self.each(question, |bucket| {
            buckets.push(&bucket.set);
            needs = needs.and(bucket.needs);
        });
        self.ask_sets(&buckets, needs, question)
    }

    /// The same, of every policy of the set, with every attribute.
    pub fn ask_naively(&self, question: &Question) -> Said {
        self.ask_sets(&[&self.whole.set], Needs::ALL, question)
    }

    /// The policies that can apply, by their scope alone.
    pub fn candidates(&self, question: &Question) -> Vec<PolicyId> {
        let mut all = Vec::new();
        self.each(question, |bucket| all.extend(bucket.set.policies().map(|policy| policy.id().clone())));
        all
    }

    fn each<'a>(&'a self, question: &Question, mut each: impl FnMut(&'a Bucket)) {
        let buckets = &self.by_action[question.action as usize];
        if buckets.is_empty() {
            return;
        }
        for principal in scopes(&question.principal, &question.above_principal) {
            let Some(row) = buckets.get(&principal) else { continue };
            for resource in scopes(&question.resource, &question.above_resource) {
                if let Some(bucket) = row.get(&resource) {
                    each(bucket);
                }
            }
        }
    }

    fn ask_sets(&self, sets: &[&PolicySet], needs: Needs, question: &Question) -> Said {
        let mut said = Said::default();
        if sets.is_empty() {
            return said;
        }
        let Some((request, entities)) = question.asked(needs) else {
            said.is_malformed = true;
            return said;
        };
        for set in sets {
            let response = self.authorizer.is_authorized(&request, set, &entities);
            let decided = match response.decision() {
                cedar_policy::Decision::Allow => &mut said.permits,
                cedar_policy::Decision::Deny => &mut said.forbids,
            };
            decided.extend(response.diagnostics().reason().cloned());
            let failed = response
                .diagnostics()
                .errors()
                .map(|AuthorizationError::PolicyEvaluationError(error)| (error.policy_id().clone(), error.to_string()));
            said.failed.extend(failed);
        }
        said
    }
}

impl Bucket {
    fn add(&mut self, policy: &Policy, needs: Needs) {
        // INVARIANT: whoever compiles a set made sure that ids are unique.
        self.set.add(policy.clone()).expect("a policy with an id of its own can be added");
        self.needs = self.needs.and(needs);
    }
}

/// Everything that something is, in the words of scopes.
fn scopes<'a>(node: &'a Node, above: &'a [Node]) -> impl Iterator<Item = Scope<&'a str>> {
    let itself = [Scope::Any, Scope::Is(node.kind), Scope::Entity(node.kind, &*node.id)];
    itself.into_iter().chain(above.iter().map(|node| Scope::Entity(node.kind, &*node.id)))
}

fn is(kind: &EntityTypeName) -> Scope<Box<str>> {
    // INVARIANT: validated against our schema, which has no other types.
    Scope::Is(EntityKind::of(kind).expect("a type of our schema"))
}

fn entity(uid: &EntityUid) -> Scope<Box<str>> {
    let kind = EntityKind::of(uid.type_name()).expect("a type of our schema");
    Scope::Entity(kind, uid.id().unescaped().into())
}

fn of_principal(policy: &Policy) -> Scope<Box<str>> {
    match policy.principal_constraint() {
        PrincipalConstraint::Any => Scope::Any,
        PrincipalConstraint::Is(kind) => is(&kind),
        PrincipalConstraint::In(uid) | PrincipalConstraint::Eq(uid) | PrincipalConstraint::IsIn(_, uid) => entity(&uid),
    }
}

fn of_resource(policy: &Policy) -> Scope<Box<str>> {
    match policy.resource_constraint() {
        ResourceConstraint::Any => Scope::Any,
        ResourceConstraint::Is(kind) => is(&kind),
        ResourceConstraint::In(uid) | ResourceConstraint::Eq(uid) | ResourceConstraint::IsIn(_, uid) => entity(&uid),
    }
}

fn names(constraint: &ActionConstraint, action: &EntityUid) -> bool {
    match constraint {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => uid == action,
        ActionConstraint::In(uids) => uids.contains(action),
    }
}
