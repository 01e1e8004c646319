//! Why somebody may do something, or not: as plain data, for a command line and a page.

use bussola_domain::access::{Act, Authorizer, Caller, Principal};
use bussola_domain::model::Model;

use crate::compile::{Compiled, id_of};
use crate::decider::{Decider, decide, deciding, not_held};
use crate::question::{Node, Question, Thing, Unaskable};

/// A decision, and what led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it is allowed.
    pub allowed: bool,
    /// As entries tell it.
    pub reason: String,
    /// In a sentence.
    pub says: String,
    /// The policies that decided: all of them allow, or all of them forbid. None: no policy allows it.
    pub decided: Vec<PolicyShown>,
    /// Policies whose scope fits, but which had no say.
    pub no_say: Vec<PolicyShown>,
    /// What the policies could look at: who acts, what it is done to, what these name.
    pub things: Vec<ThingShown>,
    /// How it is known who acts, by attribute.
    pub known: Vec<(String, String)>,
}

/// A policy, with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyShown {
    /// As entries name it.
    pub id: String,
    /// The name of its file.
    pub file: String,
    /// Where it starts there.
    pub line: u32,
    /// As written.
    pub text: String,
    /// Whether it forbids; else it permits.
    pub forbids: bool,
    /// Why it could not be evaluated, if so: then it permits nothing, and if it forbids, it forbids.
    pub failed: Option<String>,
}

/// An entity, with what is known of it; values as policies write them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThingShown {
    /// `principal`, `resource`, or empty for what these name.
    pub role: &'static str,
    /// `User::"7"`
    pub name: String,
    /// Attributes by name.
    pub attributes: Vec<(String, String)>,
    /// What it is within, directly or not.
    pub within: Vec<String>,
}

impl Decider {
    /// Why somebody may do something, or not. Whether their credential is still good is not asked.
    pub fn explain(&self, model: &Model, caller: &Caller, act: &Act) -> Explanation {
        let decision = self.decide(model, caller, act);
        let blank = |says: String| Explanation {
            allowed: decision.allowed,
            reason: decision.reason.to_string(),
            says,
            decided: Vec::new(),
            no_say: Vec::new(),
            things: Vec::new(),
            known: Vec::new(),
        };
        if caller.principal == Principal::Itself {
            return blank("what the program does on its own was decided by whoever configured it".to_owned());
        }
        let (number, _) = model.access.policies();
        let Some(set) = self.in_force(model) else { return blank(format!("it is forbidden by {}", not_held(number))) };
        match Question::new(model, caller, act) {
            Ok(question) => explain(&set, &question, number),
            Err(Unaskable::NobodyKnown) => blank("nobody has this number".to_owned()),
            Err(Unaskable::NotApplicable) => {
                blank(format!("`{}` is not done by such a principal to `{}`", act.action.as_str(), act.resource))
            }
            Err(unaskable) => blank(format!("it is forbidden by {}", unaskable.reason())),
        }
    }
}

/// What a set says to a question.
pub(crate) fn explain(set: &Compiled, question: &Question, number: u32) -> Explanation {
    let said = set.slices.ask(question);
    let decision = decide(set, &said, number);
    let (allowed, deciding) = deciding(set, &said);
    let show = |number: u32| {
        let policy = &set.policies()[number as usize];
        let failed = said.failed.iter().find(|(id, _)| id_of(id) == &*policy.id);
        PolicyShown {
            id: policy.id.to_string(),
            file: policy.file.to_string(),
            line: policy.line,
            text: policy.text.to_string(),
            forbids: policy.forbids,
            failed: failed.map(|(_, why)| why.clone()),
        }
    };
    let mut others: Vec<u32> = set.slices.candidates(question).iter().map(|id| set.number(id)).collect();
    others.retain(|number| deciding.binary_search(number).is_err());
    others.sort_unstable();
    let says = match (allowed, deciding.is_empty()) {
        (true, _) => "policies allow it, and none forbids it",
        (false, false) => "policies forbid it",
        (false, true) => "no policy allows it",
    };
    Explanation {
        allowed,
        reason: decision.reason.to_string(),
        says: says.to_owned(),
        decided: deciding.into_iter().map(show).collect(),
        no_say: others.into_iter().map(show).collect(),
        things: things(question),
        known: question.known.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect(),
    }
}

/// Principal and resource first, then what they name.
fn things(question: &Question) -> Vec<ThingShown> {
    let found = |node: &Node| question.things.iter().find(|thing| thing.node == *node);
    let bare = |node: &Node| Thing { node: node.clone(), attributes: Vec::new(), above: Vec::new() };
    let mut all = Vec::new();
    for (role, node) in [("principal", &question.principal), ("resource", &question.resource)] {
        all.push(show(role, &found(node).cloned().unwrap_or_else(|| bare(node))));
    }
    let named = |thing: &&Thing| thing.node != question.principal && thing.node != question.resource;
    all.extend(question.things.iter().filter(named).map(|thing| show("", thing)));
    all
}

fn show(role: &'static str, thing: &Thing) -> ThingShown {
    ThingShown {
        role,
        name: thing.node.to_string(),
        attributes: thing.attributes.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect(),
        within: thing.above.iter().map(ToString::to_string).collect(),
    }
}
