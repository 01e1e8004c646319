//! What changes who may act: principals, sessions, tokens, policies; and what was denied.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::catalog::EntityRef;
use crate::id::{BlobHash, NameId, PrincipalNo, SessionNo, Timestamp, TokenNo};

/// Somebody is known: for the first time, or differently from now on. The whole of what is known, each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrincipalKnown {
    /// False: may do nothing any more.
    pub active: bool,
    /// An address to reach them; never a reason to let anybody do anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<NameId>,
    /// Groups of the catalog that they are in, by who says so (`claims`, `scim`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, BTreeSet<EntityRef>>,
    /// Issuer and subject, which never mean anybody else.
    pub identity: NameId,
    /// What they are.
    pub kind: Kind,
    /// What people call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<NameId>,
    /// The group that answers for a service or an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<EntityRef>,
    /// Their number.
    pub principal: PrincipalNo,
}

/// Somebody signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStarted {
    /// How they proved who they are, as their provider says (`amr`, RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// From then on it is of no use.
    pub expires: Timestamp,
    /// Who.
    pub principal: PrincipalNo,
    /// SHA-256 of what the client presents: 256 random bits, which nobody can guess from their hash.
    pub secret: BlobHash,
    /// Its number.
    pub session: SessionNo,
    /// The provider's own number of its session, to be ended with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<NameId>,
    /// What it is for: `web` or `cli`.
    pub uses: String,
}

/// A session goes on under another secret: the one before is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRotated {
    /// SHA-256 of the new one.
    pub secret: BlobHash,
    /// Which.
    pub session: SessionNo,
}

/// Sessions are over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsEnded {
    /// Why.
    pub cause: EndCause,
    /// Which.
    pub sessions: Vec<SessionNo>,
}

/// Why sessions or tokens end before their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// Their holder asked for it.
    SignedOut,
    /// Somebody else asked for it.
    Revoked,
    /// The identity provider said so.
    Provider,
    /// Their holder may do nothing any more.
    Deactivated,
    /// Their holder began more than anybody may have.
    TooMany,
}

impl EndCause {
    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            EndCause::SignedOut => "signed out",
            EndCause::Revoked => "revoked",
            EndCause::Provider => "their identity provider said so",
            EndCause::Deactivated => "holder deactivated",
            EndCause::TooMany => "too many",
        }
    }
}

/// A personal access token was made, for what can do no better.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenIssued {
    /// What it may be used for: names of actions, some of what its holder may do; empty: all of that.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub actions: BTreeSet<String>,
    /// From then on it is of no use.
    pub expires: Timestamp,
    /// What its maker calls it.
    pub label: NameId,
    /// Who acts with it.
    pub principal: PrincipalNo,
    /// SHA-256 of the token: 256 random bits.
    pub secret: BlobHash,
    /// Its number.
    pub token: TokenNo,
}

/// Personal access tokens are of no use any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokensRevoked {
    /// Why.
    pub cause: EndCause,
    /// Which.
    pub tokens: Vec<TokenNo>,
}

/// Somebody wanted what they may not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessDenied {
    /// What.
    pub action: String,
    /// Why: the policies that forbid it, or what is wrong with the credential; empty: no policy allows it.
    pub reason: String,
    /// To what.
    pub resource: String,
    /// How often since the last such entry. One that is denied again and again is written down now and then.
    pub times: u32,
}

/// Decisions follow these policies from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoliciesLoaded {
    /// Texts by the name of their file.
    pub files: BTreeMap<String, BlobHash>,
    /// How the set is named in the authority of entries.
    pub set: u32,
}
