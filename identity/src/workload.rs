//! Workloads that another issuer vouches for: GitHub Actions, Kubernetes service accounts, SPIFFE, anything with a JWT.
//!
//! A rule names an issuer, the audience that is us, and conditions on claims; a token that fulfils one makes its bearer the
//! service that the rule names. The first rule that fits counts.
//!
//! Invariants: a rule without a condition that says something is refused, since issuers such as GitHub's give tokens to
//! everybody; all rules of one issuer take its keys from the same place; a token with a `nonce` answers a person's sign-in
//! and is not a workload's.

mod pattern;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use url::Url;

use crate::claims::Claims;
use crate::identity::member;
use crate::jwks::RemoteKeys;
use crate::jwt::{Expected, Refusal, TokenKind, UnverifiedToken};
use crate::kept::FetchError;
use crate::key::KeySet;
use crate::limits::{CONDITIONS_MAX, PATTERN_BYTES_MAX};
use crate::outbound::{Outbound, Reach};

pub use pattern::Pattern;

/// Where the keys of an issuer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In its discovery document.
    Discovery,
    /// Behind a URL.
    Url(Url),
    /// In a document that the operator gave, e.g. of a cluster that nobody reaches from outside.
    Document(KeySet),
}

/// What a claim must be. Numbers and truth values count as their text; of a list one member is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// This.
    Equals(String),
    /// As a pattern has it.
    Like(Pattern),
    /// One of these.
    OneOf(Vec<String>),
}

/// Whom to trust with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRule {
    /// Its name, which entries and errors give.
    pub name: String,
    /// `iss`, byte by byte.
    pub issuer: String,
    /// `aud`: us.
    pub audience: String,
    /// Where the issuer's keys are.
    pub keys: KeySource,
    /// Claims, by name or JSON pointer (`/kubernetes.io/namespace`), and what they must be. All of them.
    pub conditions: Vec<(String, Condition)>,
    /// Who the bearer then is.
    pub service: String,
}

/// Why rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// A rule without a name, issuer, audience or service.
    #[error("trust rule `{rule}`: `{member}` is empty")]
    Empty {
        /// Which rule.
        rule: String,
        /// Which part.
        member: &'static str,
    },
    /// Two rules of one name.
    #[error("trust rule `{0}`: there are two of this name")]
    Twice(String),
    /// An issuer that is no URL and whose keys shall be discovered.
    #[error("trust rule `{0}`: the issuer is no URL")]
    Issuer(String),
    /// No condition says anything.
    #[error("trust rule `{0}`: its conditions let everybody in whom the issuer knows")]
    Open(String),
    /// Too many conditions, or too long ones, or an empty list.
    #[error(
        "trust rule `{0}`: more than {CONDITIONS_MAX} conditions, or a value that is empty or beyond {PATTERN_BYTES_MAX} bytes"
    )]
    Conditions(String),
    /// Rules of one issuer that disagree about its keys.
    #[error("trust rule `{0}`: another rule takes the keys of this issuer from elsewhere")]
    Keys(String),
}

impl RuleError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RuleError::Open(_) => "add a condition such as `repository_owner_id = \"123\"`",
            RuleError::Twice(_) | RuleError::Empty { .. } => {
                "give each rule a name, an issuer, an audience and a service"
            }
            RuleError::Issuer(_) => "give the issuer's URL, or its keys by URL or document",
            RuleError::Conditions(_) => "split the rule, or shorten its conditions",
            RuleError::Keys(_) => "give all rules of one issuer the same keys",
        }
    }
}

/// Why a workload is not let in.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadError {
    /// No rule trusts the issuer.
    #[error("workload: no rule trusts the issuer of the token")]
    UntrustedIssuer,
    /// The token is refused.
    #[error("workload: {0}")]
    Token(#[from] Refusal),
    /// The issuer's keys cannot be had.
    #[error("workload: {0}")]
    Fetch(#[from] FetchError),
    /// The token is good, but fulfils no rule.
    #[error("workload: the token fulfils none of the rules {}", .0.join(", "))]
    NoRule(Vec<String>),
}

impl WorkloadError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            WorkloadError::UntrustedIssuer => "add a rule for it, or take a token of an issuer that has one",
            WorkloadError::Token(refusal) => refusal.hint(),
            WorkloadError::Fetch(error) => error.hint(),
            WorkloadError::NoRule(_) => "compare the token's claims with the conditions of the rules",
        }
    }
}

/// A workload that was let in.
#[derive(Clone, Debug)]
pub struct Workload {
    /// By which rule.
    pub rule: String,
    /// Who it is here.
    pub service: String,
    /// What its issuer says; `sub` says who it is there.
    pub claims: Claims,
}

#[derive(Clone, Debug)]
enum Keys {
    Remote(RemoteKeys),
    Fixed(KeySet),
}

/// All rules. Cheap enough to be made anew when the configuration changes; keys are then fetched again.
#[derive(Clone, Debug)]
pub struct Trust {
    rules: Vec<TrustRule>,
    keys: BTreeMap<String, Keys>,
}

impl Trust {
    /// Checks the rules.
    pub fn new(rules: Vec<TrustRule>, outbound: &Outbound) -> Result<Trust, RuleError> {
        let mut names = BTreeSet::new();
        let mut sources: BTreeMap<&str, &KeySource> = BTreeMap::new();
        let mut keys = BTreeMap::new();
        for rule in &rules {
            check_rule(rule)?;
            if !names.insert(rule.name.as_str()) {
                return Err(RuleError::Twice(rule.name.clone()));
            }
            if *sources.entry(&rule.issuer).or_insert(&rule.keys) != &rule.keys {
                return Err(RuleError::Keys(rule.name.clone()));
            }
            keys.entry(rule.issuer.clone()).or_insert_with(|| match &rule.keys {
                KeySource::Discovery => {
                    Keys::Remote(RemoteKeys::of_issuer(outbound.clone(), &rule.issuer, Reach::Operator))
                }
                KeySource::Url(url) => Keys::Remote(RemoteKeys::at(outbound.clone(), url.clone(), Reach::Operator)),
                KeySource::Document(keys) => Keys::Fixed(keys.clone()),
            });
        }
        Ok(Trust { rules, keys })
    }

    /// Whether any rule trusts the issuer that a token claims: tells a workload's token from others before it is verified.
    pub fn is_for_us(&self, token: &UnverifiedToken<'_>) -> bool {
        token.claimed_issuer().is_some_and(|issuer| self.keys.contains_key(issuer))
    }

    /// Lets a workload in, or not.
    pub async fn verify(&self, token: &str, now: i64) -> Result<Workload, WorkloadError> {
        let token = UnverifiedToken::parse(token)?;
        let issuer = token.claimed_issuer().unwrap_or_default().to_string();
        let keys = self.keys.get(&issuer).ok_or(WorkloadError::UntrustedIssuer)?;
        let audience = token.claimed_audience().map(str::to_string);
        let of_issuer = self.rules.iter().filter(|rule| rule.issuer == issuer);
        let for_us: Vec<&TrustRule> =
            of_issuer.clone().filter(|rule| Some(&rule.audience) == audience.as_ref()).collect();
        // Without a rule of that audience any other one serves to have it refused for the right reason.
        let audience = for_us.first().copied().or(of_issuer.clone().next()).map(|rule| rule.audience.as_str());
        let expected = Expected {
            kind: TokenKind::Workload,
            issuer: &issuer,
            audience: audience.unwrap_or_default(),
            required: &[],
        };
        let claims = match keys {
            Keys::Fixed(keys) => token.verify(keys, &expected, now)?,
            Keys::Remote(remote) => {
                let keys = remote.for_key(token.key_id(), now).await?;
                token.verify(&keys, &expected, now)?
            }
        };
        if claims.raw("nonce").is_some() {
            return Err(Refusal::Kind.into());
        }
        match for_us.iter().find(|rule| rule.is_fulfilled(&claims)) {
            Some(rule) => Ok(Workload { rule: rule.name.clone(), service: rule.service.clone(), claims }),
            None => Err(WorkloadError::NoRule(for_us.iter().map(|rule| format!("`{}`", rule.name)).collect())),
        }
    }
}

impl TrustRule {
    fn is_fulfilled(&self, claims: &Claims) -> bool {
        self.conditions.iter().all(|(claim, condition)| {
            member(claims.members(), claim).is_some_and(|value| condition.is_fulfilled(value))
        })
    }
}

impl Condition {
    fn is_fulfilled(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.is_fulfilled_by(text),
            Value::Bool(_) | Value::Number(_) => self.is_fulfilled_by(&value.to_string()),
            Value::Array(list) => list.iter().any(|item| item.as_str().is_some_and(|text| self.is_fulfilled_by(text))),
            Value::Null | Value::Object(_) => false,
        }
    }

    fn is_fulfilled_by(&self, text: &str) -> bool {
        match self {
            Condition::Equals(expected) => text == expected,
            Condition::Like(pattern) => pattern.matches(text),
            Condition::OneOf(list) => list.iter().any(|expected| text == expected),
        }
    }

    fn texts(&self) -> Vec<&str> {
        match self {
            Condition::Equals(text) => vec![text],
            Condition::Like(pattern) => vec![pattern.as_str()],
            Condition::OneOf(list) => list.iter().map(String::as_str).collect(),
        }
    }

    /// Whether anybody can fail it who has the claim at all.
    fn says_something(&self) -> bool {
        !matches!(self, Condition::Like(pattern) if pattern.matches_everything())
    }
}

fn check_rule(rule: &TrustRule) -> Result<(), RuleError> {
    let name = || rule.name.clone();
    let members =
        [("name", &rule.name), ("issuer", &rule.issuer), ("audience", &rule.audience), ("service", &rule.service)];
    if let Some((member, _)) = members.into_iter().find(|(_, value)| value.is_empty()) {
        return Err(RuleError::Empty { rule: name(), member });
    }
    if rule.keys == KeySource::Discovery && Url::parse(&rule.issuer).is_err() {
        return Err(RuleError::Issuer(name()));
    }
    let sound = |(claim, condition): &(String, Condition)| {
        let texts = condition.texts();
        !claim.is_empty() && !texts.is_empty() && texts.iter().all(|text| (1..=PATTERN_BYTES_MAX).contains(&text.len()))
    };
    if rule.conditions.len() > CONDITIONS_MAX || !rule.conditions.iter().all(sound) {
        return Err(RuleError::Conditions(name()));
    }
    // Every token has these, the same for all whom the issuer knows.
    let own = |claim: &str| !matches!(claim, "iss" | "aud" | "/iss" | "/aud");
    let closed = rule.conditions.iter().any(|(claim, condition)| own(claim) && condition.says_something());
    if closed { Ok(()) } else { Err(RuleError::Open(name())) }
}
