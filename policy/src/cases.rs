//! Expectations of a policy set, in a file that is read in a review: who may do what, and who may not.
//!
//! A file (TOML) says who there is and what there is, then lines of the form `WHO ACTION RESOURCE`, as `bussola can` takes them;
//! WHO and ACTION may be lists with commas. It is evaluated without a server, by the code that decides in one.

use std::collections::BTreeMap;
use std::sync::Arc;

use bussola_domain::access::{Act, Action, Caller, Kind, Principal, Resource};
use bussola_domain::catalog::EntityRef;
use serde::Deserialize;
use toml::Spanned;

use crate::compile::Compiled;
use crate::decider::Decider;
use crate::explain::Explanation;
use crate::limits::{EXPECTED_MAX, FILE_BYTES_MAX};
use crate::problem::{PolicyProblem, ProblemKind};
use crate::small::{By, Declared, Said, Small};

/// A file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Groups, with the groups that they are within.
    #[serde(default)]
    groups: BTreeMap<Spanned<String>, Vec<String>>,
    #[serde(default)]
    components: BTreeMap<Spanned<String>, WrittenComponent>,
    #[serde(default)]
    who: BTreeMap<Spanned<String>, WrittenWho>,
    #[serde(default)]
    expect: Vec<WrittenExpectation>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenComponent {
    owner: Option<String>,
    #[serde(default)]
    part_of: Vec<String>,
    #[serde(rename = "type")]
    entity_type: Option<String>,
    lifecycle: Option<String>,
    tier: Option<u8>,
    #[serde(default)]
    tags: Vec<String>,
}

/// What somebody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Is {
    #[default]
    User,
    Service,
    Agent,
    Run,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWho {
    #[serde(default)]
    is: Is,
    #[serde(default)]
    groups: Vec<String>,
    owner: Option<String>,
    /// Of a run.
    component: Option<String>,
    /// `session`, `token`, `unverified` or `workload:RULE`.
    by: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
    issuer: Option<String>,
    subject: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExpectation {
    /// What is expected, in words.
    #[serde(default)]
    what: String,
    #[serde(default)]
    allow: Vec<Spanned<String>>,
    #[serde(default)]
    deny: Vec<Spanned<String>>,
    /// Ids of policies: each line is decided by one of these, at least.
    policies: Option<Vec<String>>,
}

/// A file of expectations that was read.
#[derive(Debug)]
pub struct Cases {
    small: Small,
    cases: Vec<Case>,
}

#[derive(Debug)]
struct Case {
    line: u32,
    what: Arc<str>,
    text: String,
    caller: Caller,
    act: Act,
    allow: bool,
    policies: Option<Arc<[String]>>,
}

/// One expectation, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Where it stands in its file.
    pub line: u32,
    /// What is expected, in the words of its section; may be empty.
    pub what: Arc<str>,
    /// `ada startRun component:default/payments`
    pub text: String,
    /// Whether it is expected to be allowed.
    pub expected: bool,
    /// Ids of which one at least should decide; none: any may.
    pub expected_policies: Option<Arc<[String]>>,
    /// What the policies say.
    pub explanation: Explanation,
}

impl Outcome {
    /// Whether it came as expected.
    pub fn passed(&self) -> bool {
        self.explanation.allowed == self.expected && self.decided_as_expected()
    }

    /// Whether one of the policies that are expected to decide did.
    pub fn decided_as_expected(&self) -> bool {
        let decided = |id: &String| self.explanation.decided.iter().any(|policy| policy.id == *id);
        self.expected_policies.as_ref().is_none_or(|expected| expected.iter().any(decided))
    }
}

impl Cases {
    /// Reads a file.
    ///
    /// # Errors
    /// With the first thing that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Cases, Box<PolicyProblem>> {
        let reader = Reader { file, text };
        if text.len() > FILE_BYTES_MAX {
            let message = format!("the file has {} bytes, at most {FILE_BYTES_MAX} are read", text.len());
            return Err(reader.bad(0, message, "make several files of it"));
        }
        let written: Written = toml::from_str(text).map_err(|error| {
            reader.bad(
                error.span().map_or(0, |span| span.start),
                error.message(),
                "docs/policies.md says what it holds",
            )
        })?;
        let mut small = Small::default();
        for (group, within) in &written.groups {
            let within = reader.references(within, "group", group.span().start)?;
            small.group(&reader.reference(group.get_ref(), "group", group.span().start)?, &within);
        }
        for (name, component) in &written.components {
            let at = name.span().start;
            let reference = reader.reference(name.get_ref(), "component", at)?;
            small.component(&reference, reader.component(component, at)?);
        }
        let mut callers = BTreeMap::from([("local", Caller::LOCAL), ("anonymous", Caller::ANONYMOUS)]);
        for (name, who) in &written.who {
            let caller = reader.who(&mut small, name, who)?;
            callers.insert(name.get_ref().as_str(), caller);
        }
        let mut cases = Vec::new();
        for expectation in &written.expect {
            reader.expectation(expectation, &callers, &mut cases)?;
        }
        Ok(Cases { small, cases })
    }

    /// How many lines it stands for.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether it expects nothing.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// What a set says to each.
    pub fn run(&mut self, set: &Arc<Compiled>) -> Vec<Outcome> {
        self.small.load(set);
        let decider = Decider::new();
        decider.offer(set.clone());
        let outcome = |case: &Case| Outcome {
            line: case.line,
            what: case.what.clone(),
            text: case.text.clone(),
            expected: case.allow,
            expected_policies: case.policies.clone(),
            explanation: decider.explain(&self.small.model, &case.caller, &case.act),
        };
        self.cases.iter().map(outcome).collect()
    }
}

/// Turns what is written into what is meant, or says what is wrong where.
#[derive(Clone, Copy)]
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

type Read<T> = Result<T, Box<PolicyProblem>>;

impl Reader<'_> {
    fn bad(&self, offset: usize, message: impl Into<String>, hint: &str) -> Box<PolicyProblem> {
        Box::new(PolicyProblem::at(ProblemKind::Cases, self.file, self.text, offset, message).hint(hint))
    }

    fn reference(&self, written: &str, kind: &str, at: usize) -> Read<EntityRef> {
        let read = EntityRef::parse_in(written, Some(kind), None);
        read.map_err(|error| self.bad(at, error.to_string(), "a ref is `kind:namespace/name`"))
    }

    fn references(&self, written: &[String], kind: &str, at: usize) -> Read<Vec<EntityRef>> {
        written.iter().map(|written| self.reference(written, kind, at)).collect()
    }

    fn component(&self, written: &WrittenComponent, at: usize) -> Read<Declared> {
        Ok(Declared {
            owner: written.owner.as_ref().map(|owner| self.reference(owner, "group", at)).transpose()?,
            part_of: self.references(&written.part_of, "system", at)?,
            entity_type: written.entity_type.clone(),
            lifecycle: written.lifecycle.clone(),
            tier: written.tier,
            tags: written.tags.clone(),
        })
    }

    fn who(&self, small: &mut Small, name: &Spanned<String>, who: &WrittenWho) -> Read<Caller> {
        let at = name.span().start;
        let is_word = |word: &str| matches!(word, "local" | "anonymous") || word.contains([',', ' ']);
        if is_word(name.get_ref()) {
            let message = format!("`{}` cannot be anybody's name", name.get_ref());
            return Err(self.bad(
                at,
                message,
                "`local` and `anonymous` are there already; names hold no comma and no space",
            ));
        }
        let kind = match who.is {
            Is::User => Kind::User,
            Is::Service => Kind::Service,
            Is::Agent => Kind::Agent,
            Is::Run => {
                let component = who.component.as_ref().ok_or_else(|| {
                    self.bad(at, format!("`{}` is a run of nothing", name.get_ref()), "say `component = \"…\"`")
                })?;
                return Ok(small.run(&self.reference(component, "component", at)?));
            }
        };
        let said = Said {
            kind,
            groups: self.references(&who.groups, "group", at)?.into_iter().collect(),
            owner: who.owner.as_ref().map(|owner| self.reference(owner, "group", at)).transpose()?,
            issuer: who.issuer.clone().unwrap_or_else(|| "https://idp.example".to_owned()),
            subject: who.subject.clone().unwrap_or_else(|| name.get_ref().clone()),
        };
        let by = match (who.by.as_deref(), kind) {
            (Some("session"), _) | (None, Kind::User) => By::Session { amr: who.amr.clone() },
            (Some("token"), _) | (None, Kind::Agent) => By::Token,
            (Some("unverified"), _) => By::Unverified,
            (None, Kind::Service) => By::Workload("test".into()),
            (Some(other), _) => match other.strip_prefix("workload:") {
                Some(rule) => By::Workload(rule.into()),
                None => {
                    let hint = "`session`, `token`, `unverified` or `workload:RULE`";
                    return Err(self.bad(at, format!("nobody is known by `{other}`"), hint));
                }
            },
        };
        Ok(small.known(said, by))
    }

    fn expectation(
        &self,
        written: &WrittenExpectation,
        callers: &BTreeMap<&str, Caller>,
        cases: &mut Vec<Case>,
    ) -> Read<()> {
        let what: Arc<str> = written.what.as_str().into();
        let policies: Option<Arc<[String]>> = written.policies.clone().map(Into::into);
        let lines = written.allow.iter().map(|line| (line, true)).chain(written.deny.iter().map(|line| (line, false)));
        for (line, allow) in lines {
            let at = line.span().start;
            let words: Vec<&str> = line.get_ref().split_whitespace().collect();
            let [whos, actions, resource] = words[..] else {
                let message = format!("`{}` is not of the form WHO ACTION RESOURCE", line.get_ref());
                return Err(self.bad(at, message, "for instance `ada startRun component:default/payments`"));
            };
            let resource = self.resource(resource, callers, at)?;
            for who in whos.split(',') {
                let caller = self.caller(who, callers, at)?;
                for action in actions.split(',') {
                    let known = Action::parse(action).ok_or_else(|| {
                        self.bad(at, format!("there is no action `{action}`"), "docs/policies.md lists them")
                    })?;
                    if cases.len() == EXPECTED_MAX {
                        return Err(self.bad(
                            at,
                            format!("more than {EXPECTED_MAX} lines"),
                            "make several files of it",
                        ));
                    }
                    cases.push(Case {
                        line: crate::problem::place(self.text, at).0,
                        what: what.clone(),
                        text: format!("{who} {action} {resource}"),
                        caller: caller.clone(),
                        act: Act::new(known, resource.clone()),
                        allow,
                        policies: policies.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    fn caller<'a>(&self, who: &str, callers: &'a BTreeMap<&str, Caller>, at: usize) -> Read<&'a Caller> {
        callers.get(who).ok_or_else(|| self.bad(at, format!("nobody is called `{who}`"), "say who it is in `[who]`"))
    }

    fn resource(&self, written: &str, callers: &BTreeMap<&str, Caller>, at: usize) -> Read<Resource> {
        let whole = match written {
            "catalog" => Some(Resource::Catalog),
            "scheduler" => Some(Resource::Scheduler),
            "ledger" => Some(Resource::Ledger),
            "access" => Some(Resource::Access),
            _ => None,
        };
        if let Some(whole) = whole {
            return Ok(whole);
        }
        if let Some(who) = written.strip_prefix("principal:") {
            return match self.caller(who, callers, at)?.principal {
                Principal::Known(number) => Ok(Resource::Principal(number)),
                _ => {
                    Err(self.bad(at, format!("`{who}` has no sessions and no tokens"), "name a user, service or agent"))
                }
            };
        }
        if let Some(secret) = written.strip_prefix("secret:") {
            let end = secret.match_indices('/').nth(1).map(|(end, _)| end);
            let (component, reference) = end.map(|end| (&secret[..end], &secret[end + 1..])).ok_or_else(|| {
                let hint = "for instance `secret:component:default/payments/vault:kv/db#password`";
                self.bad(at, format!("`{written}` is not a secret"), hint)
            })?;
            let component = self.reference(component, "component", at)?;
            return Ok(Resource::Secret { component, reference: reference.into() });
        }
        self.reference(written, "component", at).map(Resource::Component)
    }
}
