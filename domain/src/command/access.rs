//! Who is known, who signs in and out, which tokens and policies there are.
//!
//! Secrets come in as hashes, made by an edge from random bits: the machine draws none, and never sees one.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::event::{
    AccessDenied, EndCause, PoliciesLoaded, PrincipalKnown, SessionRotated, SessionStarted, SessionsEnded, TokenIssued,
    TokensRevoked,
};
use crate::access::{Act, Action, Acts, Caller, Denial, Kind, Resource};
use crate::catalog::EntityRef;
use crate::id::{BlobHash, PrincipalNo, SessionNo, Timestamp, TokenNo};
use crate::model::{Command, Model, Step};

/// LIMIT: sessions of one principal. Who begins another ends the oldest.
pub const SESSIONS_EACH_MAX: usize = 50;

/// LIMIT: personal access tokens of one principal.
pub const TOKENS_EACH_MAX: usize = 100;

/// What an identity provider says of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Who issued the identity, a URL.
    pub issuer: String,
    /// The issuer's own name of them, which never means anybody else.
    pub subject: String,
    /// What they are.
    pub kind: Kind,
    /// What people call them.
    pub name: Option<String>,
    /// An address to reach them.
    pub email: Option<String>,
    /// The group that answers for a service or an agent.
    pub owner: Option<EntityRef>,
    /// False: may do nothing any more.
    pub active: bool,
    /// Groups of the catalog that they are in, as `source` says.
    pub groups: BTreeSet<EntityRef>,
    /// Who says so (`claims`, `scim`): what others say of their groups stays.
    pub source: String,
}

impl Profile {
    /// How an identity is written: neither part can hold a space, by RFC 3986 and by the check of whoever reads a token.
    pub fn identity(issuer: &str, subject: &str) -> String {
        format!("{issuer} {subject}")
    }
}

/// Somebody is known from now on, as their identity provider says. Without effect if that is known already.
#[derive(Clone, Debug)]
pub struct Know {
    /// Who.
    pub profile: Profile,
}

impl Command for Know {
    type Reply = PrincipalNo;

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::ManageAccess, Resource::Access)
    }

    fn execute(self, step: &mut Step<'_>) -> PrincipalNo {
        know(step, self.profile)
    }
}

fn know(step: &mut Step<'_>, profile: Profile) -> PrincipalNo {
    let identity = step.name(&Profile::identity(&profile.issuer, &profile.subject));
    let name = profile.name.map(|name| step.name(&name));
    let email = profile.email.map(|email| step.name(&email));
    let access = &step.model().access;
    let before = access.by_identity(identity);
    let principal = before.unwrap_or_else(|| access.next_principal());
    let known = before.and_then(|number| access.principal(number));
    let mut groups = known.map(|known| known.groups_by_source.clone()).unwrap_or_default();
    groups.insert(profile.source, profile.groups);
    groups.retain(|_, groups| !groups.is_empty());
    let event = PrincipalKnown {
        active: profile.active,
        email,
        groups,
        identity,
        kind: profile.kind,
        name,
        owner: profile.owner,
        principal,
    };
    let same = known.is_some_and(|known| {
        (known.active, known.email, known.name, known.kind) == (event.active, email, name, event.kind)
            && known.owner == event.owner
            && known.groups_by_source == event.groups
    });
    if !same {
        let deactivated = known.is_some_and(|known| known.active) && !event.active;
        step.record(event, None);
        if deactivated {
            end_all(step, principal, EndCause::Deactivated);
        }
    }
    principal
}

/// Ends what somebody holds.
fn end_all(step: &mut Step<'_>, principal: PrincipalNo, cause: EndCause) {
    let access = &step.model().access;
    let sessions: Vec<SessionNo> =
        access.sessions().filter(|(_, session)| session.principal == principal).map(|(number, _)| number).collect();
    let tokens: Vec<TokenNo> =
        access.tokens().filter(|(_, token)| token.principal == principal).map(|(number, _)| number).collect();
    if !sessions.is_empty() {
        step.record(SessionsEnded { cause, sessions }, None);
    }
    if !tokens.is_empty() {
        step.record(TokensRevoked { cause, tokens }, None);
    }
}

/// Somebody proved who they are, and gets a session.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Who, as their identity provider says; `active` says nothing here: who was deactivated stays so.
    pub profile: Profile,
    /// How they proved it.
    pub amr: Vec<String>,
    /// Until when the session lasts.
    pub expires: Timestamp,
    /// SHA-256 of the secret that the client will present.
    pub secret: BlobHash,
    /// The provider's own number of its session.
    pub sid: Option<String>,
    /// What it is for: `web` or `cli`.
    pub uses: String,
}

/// They may not sign in: they were deactivated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deactivated;

impl Command for SignIn {
    type Reply = Result<(PrincipalNo, SessionNo), Deactivated>;

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::ManageAccess, Resource::Access)
    }

    fn execute(mut self, step: &mut Step<'_>) -> Self::Reply {
        let identity = Profile::identity(&self.profile.issuer, &self.profile.subject);
        let model = step.model();
        let before = model.names.find(&identity).and_then(|name| model.access.by_identity(name));
        if let Some(known) = before.and_then(|number| model.access.principal(number))
            && !known.active
        {
            return Err(Deactivated);
        }
        self.profile.active = true;
        let sid = self.sid.map(|sid| step.name(&Profile::identity(&self.profile.issuer, &sid)));
        let principal = know(step, self.profile);
        let mine = step.model().access.sessions().filter(|(_, session)| session.principal == principal);
        let mine: Vec<SessionNo> = mine.map(|(number, _)| number).collect();
        if mine.len() >= SESSIONS_EACH_MAX {
            let sessions = mine[..=mine.len() - SESSIONS_EACH_MAX].to_vec();
            step.record(SessionsEnded { cause: EndCause::TooMany, sessions }, None);
        }
        let session = step.model().access.next_session();
        let event = SessionStarted {
            amr: self.amr,
            expires: self.expires,
            principal,
            secret: self.secret,
            session,
            sid,
            uses: self.uses,
        };
        step.record(event, None);
        Ok((principal, session))
    }
}

/// A session goes on under another secret.
#[derive(Clone, Copy, Debug)]
pub struct RotateSession {
    /// Which.
    pub session: SessionNo,
    /// SHA-256 of the new one.
    pub secret: BlobHash,
}

impl Command for RotateSession {
    /// Whether there is such a session.
    type Reply = bool;

    fn acts(&self, model: &Model) -> Acts {
        own(model.access.session(self.session).map(|session| session.principal))
    }

    fn execute(self, step: &mut Step<'_>) -> bool {
        let found = step.model().access.session(self.session).is_some();
        if found {
            step.record(SessionRotated { secret: self.secret, session: self.session }, None);
        }
        found
    }
}

/// What belongs to somebody is theirs to manage; what belongs to nobody is not there.
fn own(holder: Option<PrincipalNo>) -> Acts {
    match holder {
        Some(principal) => Act::alone(Action::ManageOwnAccess, Resource::Principal(principal)),
        None => Act::alone(Action::ManageAccess, Resource::Access),
    }
}

/// Which sessions end.
#[derive(Clone, Debug)]
pub enum WhichSessions {
    /// This one.
    One(SessionNo),
    /// All of somebody.
    Of(PrincipalNo),
    /// Those that began with this session of the provider's, or with any of this subject if there is none.
    AtProvider {
        /// Issuer.
        issuer: String,
        /// Its session.
        sid: Option<String>,
        /// Whose.
        subject: Option<String>,
    },
}

/// Ends sessions.
#[derive(Clone, Debug)]
pub struct EndSessions {
    /// Which.
    pub which: WhichSessions,
    /// Why.
    pub cause: EndCause,
}

impl Command for EndSessions {
    /// How many ended.
    type Reply = usize;

    fn acts(&self, model: &Model) -> Acts {
        match &self.which {
            WhichSessions::One(session) => own(model.access.session(*session).map(|session| session.principal)),
            WhichSessions::Of(principal) => own(Some(*principal)),
            WhichSessions::AtProvider { .. } => own(None),
        }
    }

    fn execute(self, step: &mut Step<'_>) -> usize {
        let model = step.model();
        let named = |issuer: &str, text: &Option<String>| {
            text.as_ref().and_then(|text| model.names.find(&Profile::identity(issuer, text)))
        };
        let sessions: Vec<SessionNo> = match &self.which {
            WhichSessions::One(session) => model.access.session(*session).map(|_| *session).into_iter().collect(),
            WhichSessions::Of(principal) => of(model, |holder, _| holder == *principal),
            WhichSessions::AtProvider { issuer, sid: sid @ Some(_), .. } => {
                let wanted = named(issuer, sid);
                of(model, |_, sid| sid.is_some() && sid == wanted)
            }
            WhichSessions::AtProvider { issuer, sid: None, subject } => {
                let wanted = named(issuer, subject).and_then(|identity| model.access.by_identity(identity));
                of(model, |holder, _| Some(holder) == wanted)
            }
        };
        let count = sessions.len();
        if count > 0 {
            step.record(SessionsEnded { cause: self.cause, sessions }, None);
        }
        count
    }
}

fn of(model: &Model, wanted: impl Fn(PrincipalNo, Option<crate::id::NameId>) -> bool) -> Vec<SessionNo> {
    let sessions = model.access.sessions().filter(|(_, session)| wanted(session.principal, session.sid));
    sessions.map(|(number, _)| number).collect()
}

/// Makes a personal access token for somebody who is known.
#[derive(Clone, Debug)]
pub struct IssueToken {
    /// Who will act with it.
    pub principal: PrincipalNo,
    /// What to call it.
    pub label: String,
    /// What it may be used for; empty: whatever its holder may do.
    pub actions: BTreeSet<Action>,
    /// Until when.
    pub expires: Timestamp,
    /// SHA-256 of the token.
    pub secret: BlobHash,
}

/// Why no token was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoToken {
    /// Nobody has this number, or they were deactivated.
    NoSuchPrincipal,
    /// They have as many as anybody may.
    TooMany,
}

impl Command for IssueToken {
    type Reply = Result<TokenNo, NoToken>;

    fn acts(&self, _: &Model) -> Acts {
        own(Some(self.principal))
    }

    fn execute(self, step: &mut Step<'_>) -> Self::Reply {
        let access = &step.model().access;
        if !access.principal(self.principal).is_some_and(|known| known.active) {
            return Err(NoToken::NoSuchPrincipal);
        }
        let good = access.tokens().filter(|(_, token)| token.principal == self.principal && token.expires > step.now);
        if good.count() >= TOKENS_EACH_MAX {
            return Err(NoToken::TooMany);
        }
        let (token, label) = (access.next_token(), step.name(&self.label));
        let event = TokenIssued {
            actions: self.actions.iter().map(|action| action.as_str().to_owned()).collect(),
            expires: self.expires,
            label,
            principal: self.principal,
            secret: self.secret,
            token,
        };
        step.record(event, None);
        Ok(token)
    }
}

/// Makes a personal access token useless.
#[derive(Clone, Copy, Debug)]
pub struct RevokeToken {
    /// Which.
    pub token: TokenNo,
}

impl Command for RevokeToken {
    /// Whether there was such a token.
    type Reply = bool;

    fn acts(&self, model: &Model) -> Acts {
        own(model.access.token(self.token).map(|token| token.principal))
    }

    fn execute(self, step: &mut Step<'_>) -> bool {
        let found = step.model().access.token(self.token).is_some();
        if found {
            step.record(TokensRevoked { cause: EndCause::Revoked, tokens: vec![self.token] }, None);
        }
        found
    }
}

/// Decisions follow these policies from now on. They were validated: what decides holds them already compiled.
#[derive(Clone, Debug)]
pub struct LoadPolicies {
    /// Texts by the name of their file.
    pub files: BTreeMap<String, String>,
}

impl Command for LoadPolicies {
    /// How their set is named in entries.
    type Reply = u32;

    fn acts(&self, _: &Model) -> Acts {
        Act::alone(Action::ManageAccess, Resource::Access)
    }

    fn execute(self, step: &mut Step<'_>) -> u32 {
        let files: BTreeMap<String, BlobHash> =
            self.files.iter().map(|(name, text)| (name.clone(), BlobHash::of(text.as_bytes()))).collect();
        let (set, before) = step.model().access.policies();
        if *before == files && set > 0 {
            return set;
        }
        for text in self.files.into_values() {
            step.blob(text);
        }
        step.record(PoliciesLoaded { files, set: set + 1 }, None);
        set + 1
    }
}

/// Writes down that somebody wanted what they may not; not each time, when it comes again and again.
#[derive(Clone, Debug)]
pub struct RecordDenial {
    /// Who.
    pub caller: Caller,
    /// What was wanted, and why it was denied.
    pub denial: Denial,
}

impl Command for RecordDenial {
    type Reply = ();

    /// None: nothing is done to anything.
    fn acts(&self, _: &Model) -> Acts {
        Acts::new()
    }

    fn execute(self, step: &mut Step<'_>) {
        let now = step.now;
        let Some(times) = step.access_mut().denial_due(&self.caller, &self.denial, now) else { return };
        let reason = self.denial.why.recorded();
        let Act { action, resource } = self.denial.act;
        let event = AccessDenied { action: action.as_str().to_owned(), reason, resource: resource.to_string(), times };
        step.record(event, None);
    }
}
