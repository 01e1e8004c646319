//! Who somebody is, their sessions and tokens, as JSON.

use bussola_domain::access::{Access, Caller, Credential, Principal, Session, Token};
use bussola_domain::id::{NameId, PrincipalNo, SessionNo, TokenNo};
use bussola_domain::model::Model;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;

/// Whoever sends the request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// As entries name them: `principal:7`, `run:12`, `local`, `anonymous`.
    pub principal: String,
    /// `user`, `service`, `agent`, `run`, `local` or `anonymous`.
    pub kind: String,
    /// What people call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Groups of the catalog that they are in.
    pub groups: Vec<String>,
    /// Whether it was verified who they are.
    pub verified: bool,
    /// How it is known: `session:4`, `token:2`, `run-token:1`, `workload:ci`, `unverified`.
    pub credential: String,
    /// Where one can sign in.
    pub providers: Vec<Provider>,
}

/// Where one can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provider {
    /// As the configuration names it.
    pub name: String,
    /// As people know it.
    pub title: String,
    /// Where a browser begins.
    pub url: String,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Its number.
    pub session: u32,
    /// Whose, as entries name them.
    pub principal: String,
    /// Whose, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for: `web` or `cli`.
    pub uses: String,
    /// From when.
    pub started: String,
    /// Until when.
    pub expires: String,
    /// How its holder proved who they are (`amr`, RFC 8176).
    pub amr: Vec<String>,
    /// Whether this request is part of it.
    pub current: bool,
}

/// A personal access token, without its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    /// Its number.
    pub token: u32,
    /// What its maker calls it.
    pub label: String,
    /// Who acts with it, as entries name them.
    pub principal: String,
    /// Who acts with it, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Since when.
    pub issued: String,
    /// Until when.
    pub expires: String,
    /// What it may be used for; empty: whatever its holder may do.
    pub actions: Vec<String>,
    /// Whether this request came with it.
    pub current: bool,
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What to call it.
    pub label: String,
    /// What it may be used for: names of actions; left out: whatever its holder may do.
    #[serde(default)]
    pub actions: Vec<String>,
    /// For how many days it is good; left out: 90.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// A token that was made: the only time that its secret is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedToken {
    /// The secret: `Authorization: Bearer`, or the password of HTTP Basic.
    pub secret: String,
    /// Its number.
    pub token: u32,
    /// Until when it is good.
    pub expires: String,
}

/// A service to be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewService {
    /// What to call it; the same name is the same service.
    pub name: String,
    /// The group that answers for it.
    pub owner: String,
}

/// Somebody who is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PrincipalView {
    /// As entries name them.
    pub principal: String,
    /// Their number.
    pub number: u32,
    /// `user`, `service` or `agent`.
    pub kind: String,
    /// What people call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The group that answers for a service or an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Groups of the catalog that they are in.
    pub groups: Vec<String>,
    /// False: may do nothing any more.
    pub active: bool,
    /// Since when they are known.
    pub since: String,
    /// How many sessions they have.
    pub sessions: usize,
    /// How many tokens act for them.
    pub tokens: usize,
}

/// Some of those who are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PrincipalList {
    /// In the order in which they came.
    pub items: Vec<PrincipalView>,
    /// How many there are.
    pub total: usize,
}

/// Sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionList {
    /// Latest first.
    pub items: Vec<SessionView>,
}

/// Tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TokenList {
    /// Latest first.
    pub items: Vec<TokenView>,
}

/// How many things ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ended {
    /// Sessions or tokens.
    pub ended: usize,
}

impl Me {
    /// Of a caller.
    pub fn of(model: &Model, caller: &Caller, providers: Vec<Provider>) -> Me {
        let known = match caller.principal {
            Principal::Known(number) => model.access.principal(number),
            _ => None,
        };
        let kind = match caller.principal {
            Principal::Itself | Principal::Local => "local",
            Principal::Anonymous => "anonymous",
            Principal::Known(_) => known.map_or("user", |known| known.kind.as_str()),
            Principal::Run(_) => "run",
        };
        Me {
            principal: caller.principal.to_string(),
            kind: kind.to_owned(),
            name: known.and_then(|known| known.name).map(|name| model.names.text(name).to_string()),
            groups: known
                .map(|known| known.groups().into_iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            verified: caller.credential != Credential::Unverified,
            credential: caller.credential.to_string(),
            providers,
        }
    }
}

fn name_of(model: &Model, number: PrincipalNo) -> Option<String> {
    let name: NameId = model.access.principal(number)?.name?;
    Some(model.names.text(name).to_string())
}

fn named(number: PrincipalNo) -> String {
    Principal::Known(number).to_string()
}

impl SessionView {
    /// Of a session.
    pub fn of(model: &Model, number: SessionNo, session: &Session, caller: &Caller) -> SessionView {
        SessionView {
            session: number.0,
            principal: named(session.principal),
            name: name_of(model, session.principal),
            uses: session.uses.clone(),
            started: time(session.started),
            expires: time(session.expires),
            amr: session.amr.clone(),
            current: caller.credential == Credential::Session(number),
        }
    }
}

impl TokenView {
    /// Of a token.
    pub fn of(model: &Model, number: TokenNo, token: &Token, caller: &Caller) -> TokenView {
        TokenView {
            token: number.0,
            label: model.names.text(token.label).to_string(),
            principal: named(token.principal),
            name: name_of(model, token.principal),
            issued: time(token.issued),
            expires: time(token.expires),
            actions: token.actions.iter().cloned().collect(),
            current: caller.credential == Credential::Token(number),
        }
    }
}

impl PrincipalView {
    /// Of somebody, with how many sessions and tokens they have.
    pub fn of(model: &Model, number: PrincipalNo, sessions: usize, tokens: usize) -> Option<PrincipalView> {
        let access: &Access = &model.access;
        let known = access.principal(number)?;
        Some(PrincipalView {
            principal: named(number),
            number: number.0,
            kind: known.kind.as_str().to_owned(),
            name: known.name.map(|name| model.names.text(name).to_string()),
            owner: known.owner.as_ref().map(ToString::to_string),
            groups: known.groups().into_iter().map(ToString::to_string).collect(),
            active: known.active,
            since: time(known.since),
            sessions,
            tokens,
        })
    }
}
