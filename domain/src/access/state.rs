//! What is known of those who act, folded from the ledger.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::denials::Denials;
use super::event::*;
use super::{Action, Caller, Credential, Denial, Principal};
use crate::catalog::EntityRef;
use crate::id::{BlobHash, NameId, PrincipalNo, SessionNo, Timestamp, TokenNo};

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person.
    User,
    /// A program: a pipeline of CI, a scheduler of another company, a script with a token.
    Service,
    /// A program that decides by itself what to do.
    Agent,
}

impl Kind {
    /// As people and policies read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Service => "service",
            Kind::Agent => "agent",
        }
    }
}

/// Somebody who is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// False: may do nothing any more.
    pub active: bool,
    /// An address to reach them.
    pub email: Option<NameId>,
    /// Issuer and subject.
    pub identity: NameId,
    /// What they are.
    pub kind: Kind,
    /// What people call them.
    pub name: Option<NameId>,
    /// Who answers for them.
    pub owner: Option<EntityRef>,
    /// Groups by who says so.
    pub groups_by_source: BTreeMap<String, BTreeSet<EntityRef>>,
    /// Since when they are known.
    pub since: Timestamp,
}

impl Known {
    /// The groups that they are in, whoever says so.
    pub fn groups(&self) -> BTreeSet<&EntityRef> {
        self.groups_by_source.values().flatten().collect()
    }
}

/// Somebody's presence, from signing in to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub principal: PrincipalNo,
    /// From when.
    pub started: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// How they proved who they are.
    pub amr: Vec<String>,
    /// The provider's own number.
    pub sid: Option<NameId>,
    /// What it is for: `web` or `cli`.
    pub uses: String,
    /// Since when it has its secret.
    pub rotated: Timestamp,
    secret: BlobHash,
    /// The secret before, good until then: requests that were on the way when it was replaced.
    before: Option<(BlobHash, Timestamp)>,
}

/// How long the secret before is still good.
const ROTATION_GRACE_US: i64 = 60_000_000;

/// A personal access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Who acts with it.
    pub principal: PrincipalNo,
    /// What its maker calls it.
    pub label: NameId,
    /// Since when.
    pub issued: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// Names of the actions that it may be used for; empty: all.
    pub actions: BTreeSet<String>,
    secret: BlobHash,
}

/// Why a credential is not good, or not for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapsed {
    /// It was ended or revoked.
    Ended,
    /// Its time is over.
    Expired,
    /// Its holder was deactivated or erased.
    Inactive,
    /// The token was made for other things.
    OutOfScope(Action),
}

impl std::fmt::Display for Lapsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Lapsed::Ended => f.write_str("the session or token was ended"),
            Lapsed::Expired => f.write_str("the session or token has expired"),
            Lapsed::Inactive => f.write_str("the account is deactivated"),
            Lapsed::OutOfScope(action) => write!(f, "the token was not made for `{}`", action.as_str()),
        }
    }
}

/// Everybody who is known, with their sessions and tokens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Access {
    principals: BTreeMap<PrincipalNo, Known>,
    sessions: BTreeMap<SessionNo, Session>,
    tokens: BTreeMap<TokenNo, Token>,
    sessions_begun: u32,
    tokens_issued: u32,
    policy_set: u32,
    policy_files: BTreeMap<String, BlobHash>,
    /// Goes up with every change that a decision may depend on.
    revision: u64,
    #[serde(skip)]
    index: Index,
    #[serde(skip)]
    denials: Denials,
}

/// Derived: see [`Access::rebuild`].
#[derive(Clone, Debug, Default)]
struct Index {
    by_identity: HashMap<NameId, PrincipalNo>,
    by_secret: HashMap<BlobHash, Holding>,
}

#[derive(Clone, Copy, Debug)]
enum Holding {
    Session(SessionNo),
    Token(TokenNo),
}

impl Access {
    /// Makes everything derived anew.
    pub fn rebuild(&mut self) {
        self.index.by_identity = self.principals.iter().map(|(&number, known)| (known.identity, number)).collect();
        let secrets = |session: &Session| [Some(session.secret), session.before.map(|(before, _)| before)];
        let sessions = self.sessions.iter().flat_map(|(&number, session)| {
            secrets(session).into_iter().flatten().map(move |secret| (secret, Holding::Session(number)))
        });
        let tokens = self.tokens.iter().map(|(&number, token)| (token.secret, Holding::Token(number)));
        self.index.by_secret = sessions.chain(tokens).collect();
    }

    /// Goes up with every change that a decision may depend on; sessions and tokens come and go without.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Somebody by number.
    pub fn principal(&self, number: PrincipalNo) -> Option<&Known> {
        self.principals.get(&number)
    }

    /// Everybody, in the order in which they came.
    pub fn principals(&self) -> impl ExactSizeIterator<Item = (PrincipalNo, &Known)> {
        self.principals.iter().map(|(&number, known)| (number, known))
    }

    /// Who has this identity.
    pub fn by_identity(&self, identity: NameId) -> Option<PrincipalNo> {
        self.index.by_identity.get(&identity).copied()
    }

    /// All sessions.
    pub fn sessions(&self) -> impl Iterator<Item = (SessionNo, &Session)> {
        self.sessions.iter().map(|(&number, session)| (number, session))
    }

    /// A session by number.
    pub fn session(&self, number: SessionNo) -> Option<&Session> {
        self.sessions.get(&number)
    }

    /// All personal access tokens.
    pub fn tokens(&self) -> impl Iterator<Item = (TokenNo, &Token)> {
        self.tokens.iter().map(|(&number, token)| (number, token))
    }

    /// A personal access token by number.
    pub fn token(&self, number: TokenNo) -> Option<&Token> {
        self.tokens.get(&number)
    }

    /// Who presents this secret. Whether session or token are still good is for [`standing`](Access::standing) to say.
    pub fn caller(&self, secret: BlobHash, now: Timestamp) -> Option<Caller> {
        Some(match *self.index.by_secret.get(&secret)? {
            Holding::Session(number) => {
                let session = self.sessions.get(&number)?;
                let good = session.secret == secret || session.before.is_some_and(|(_, until)| now < until);
                good.then_some(Caller {
                    principal: Principal::Known(session.principal),
                    credential: Credential::Session(number),
                })?
            }
            Holding::Token(number) => Caller {
                principal: Principal::Known(self.tokens.get(&number)?.principal),
                credential: Credential::Token(number),
            },
        })
    }

    /// Whether a credential is good at this moment, for this.
    pub fn standing(&self, caller: &Caller, action: Action, now: Timestamp) -> Result<(), Lapsed> {
        match caller.credential {
            Credential::Unverified | Credential::Itself(_) | Credential::Workload(_) | Credential::RunToken(_) => {}
            Credential::Session(number) => {
                let session = self.sessions.get(&number).ok_or(Lapsed::Ended)?;
                if session.expires <= now {
                    return Err(Lapsed::Expired);
                }
            }
            Credential::Token(number) => {
                let token = self.tokens.get(&number).ok_or(Lapsed::Ended)?;
                if token.expires <= now {
                    return Err(Lapsed::Expired);
                }
                if !token.actions.is_empty() && !token.actions.contains(action.as_str()) {
                    return Err(Lapsed::OutOfScope(action));
                }
            }
        }
        match caller.principal {
            Principal::Known(number) if !self.principals.get(&number).is_some_and(|known| known.active) => {
                Err(Lapsed::Inactive)
            }
            _ => Ok(()),
        }
    }

    /// How many denials an entry should stand for now; none: it is too early for another. Not recorded itself.
    pub fn denial_due(&mut self, caller: &Caller, denial: &Denial, now: Timestamp) -> Option<u32> {
        self.denials.due(caller, denial, now)
    }

    /// The policies in force: how their set is named, and their texts by file.
    pub fn policies(&self) -> (u32, &BTreeMap<String, BlobHash>) {
        (self.policy_set, &self.policy_files)
    }

    /// The number that the next principal gets.
    pub fn next_principal(&self) -> PrincipalNo {
        PrincipalNo(self.principals.keys().next_back().map_or(1, |last| last.0 + 1))
    }

    /// The number that the next session gets.
    pub fn next_session(&self) -> SessionNo {
        SessionNo(self.sessions_begun + 1)
    }

    /// The number that the next token gets.
    pub fn next_token(&self) -> TokenNo {
        TokenNo(self.tokens_issued + 1)
    }

    /// Folds.
    pub fn principal_known(&mut self, event: &PrincipalKnown, at: Timestamp) {
        self.revision += 1;
        let before = self.principals.remove(&event.principal);
        if let Some(before) = &before {
            self.index.by_identity.remove(&before.identity);
        }
        let known = Known {
            active: event.active,
            email: event.email,
            identity: event.identity,
            kind: event.kind,
            name: event.name,
            owner: event.owner.clone(),
            groups_by_source: event.groups.clone(),
            since: before.map_or(at, |before| before.since),
        };
        self.index.by_identity.insert(known.identity, event.principal);
        self.principals.insert(event.principal, known);
    }

    /// Folds. Whoever's time is over leaves.
    pub fn session_started(&mut self, event: &SessionStarted, at: Timestamp) {
        let over: Vec<SessionNo> =
            self.sessions.iter().filter(|(_, session)| session.expires <= at).map(|(&number, _)| number).collect();
        over.into_iter().for_each(|number| self.end_session(number));
        self.sessions_begun = self.sessions_begun.max(event.session.0);
        let session = Session {
            principal: event.principal,
            started: at,
            expires: event.expires,
            amr: event.amr.clone(),
            sid: event.sid,
            uses: event.uses.clone(),
            rotated: at,
            secret: event.secret,
            before: None,
        };
        self.index.by_secret.insert(event.secret, Holding::Session(event.session));
        self.sessions.insert(event.session, session);
    }

    /// Folds.
    pub fn session_rotated(&mut self, event: &SessionRotated, at: Timestamp) {
        let Some(session) = self.sessions.get_mut(&event.session) else { return };
        if let Some((oldest, _)) = session.before {
            self.index.by_secret.remove(&oldest);
        }
        session.before = Some((session.secret, Timestamp(at.0.saturating_add(ROTATION_GRACE_US))));
        (session.secret, session.rotated) = (event.secret, at);
        self.index.by_secret.insert(event.secret, Holding::Session(event.session));
    }

    /// Folds.
    pub fn sessions_ended(&mut self, event: &SessionsEnded) {
        event.sessions.iter().for_each(|&number| self.end_session(number));
    }

    fn end_session(&mut self, number: SessionNo) {
        if let Some(session) = self.sessions.remove(&number) {
            self.index.by_secret.remove(&session.secret);
            if let Some((before, _)) = session.before {
                self.index.by_secret.remove(&before);
            }
        }
    }

    /// Folds. Tokens whose time is over leave.
    pub fn token_issued(&mut self, event: &TokenIssued, at: Timestamp) {
        let over: Vec<TokenNo> =
            self.tokens.iter().filter(|(_, token)| token.expires <= at).map(|(&number, _)| number).collect();
        over.into_iter().for_each(|number| self.revoke_token(number));
        self.tokens_issued = self.tokens_issued.max(event.token.0);
        let token = Token {
            principal: event.principal,
            label: event.label,
            issued: at,
            expires: event.expires,
            actions: event.actions.clone(),
            secret: event.secret,
        };
        self.index.by_secret.insert(event.secret, Holding::Token(event.token));
        self.tokens.insert(event.token, token);
    }

    /// Folds.
    pub fn tokens_revoked(&mut self, event: &TokensRevoked) {
        event.tokens.iter().for_each(|&number| self.revoke_token(number));
    }

    fn revoke_token(&mut self, number: TokenNo) {
        if let Some(token) = self.tokens.remove(&number) {
            self.index.by_secret.remove(&token.secret);
        }
    }

    /// Folds: an issuer or a subject may be among them, and policies look at those.
    pub fn texts_erased(&mut self) {
        self.revision += 1;
    }

    /// Folds.
    pub fn policies_loaded(&mut self, event: &PoliciesLoaded) {
        self.revision += 1;
        self.policy_set = event.set;
        self.policy_files = event.files.clone();
    }
}
