//! Who gives a command, and by which credential that is known.

use std::fmt;
use std::sync::Arc;

use crate::id::{PrincipalNo, RunId, SessionNo, TokenNo};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Principal {
    /// The program itself: retention, files that it watches.
    Itself,
    /// Whoever reaches a server that knows no identity provider: the user of this machine.
    Local,
    /// Nobody that is known, at a server that knows identity providers.
    Anonymous,
    /// A person, a service or an agent.
    Known(PrincipalNo),
    /// A run, by its token.
    Run(RunId),
}

impl fmt::Display for Principal {
    /// As entries name it: opaque.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Principal::Itself => f.write_str("bussola"),
            Principal::Local => f.write_str("local"),
            Principal::Anonymous => f.write_str("anonymous"),
            Principal::Known(number) => write!(f, "principal:{number}"),
            Principal::Run(run) => write!(f, "run:{run}"),
        }
    }
}

/// How it is known who acts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// It is not.
    Unverified,
    /// The program acts on its own, for this reason.
    Itself(&'static str),
    /// A session of somebody who signed in.
    Session(SessionNo),
    /// A personal access token.
    Token(TokenNo),
    /// A token of another issuer, trusted by the rule of this name.
    Workload(Arc<str>),
    /// A run token, by its number within the run.
    RunToken(u32),
}

impl fmt::Display for Credential {
    /// As entries name it, in `authority`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Credential::Unverified => f.write_str("unverified"),
            Credential::Itself(reason) => f.write_str(reason),
            Credential::Session(number) => write!(f, "session:{number}"),
            Credential::Token(number) => write!(f, "token:{number}"),
            Credential::Workload(rule) => write!(f, "workload:{rule}"),
            Credential::RunToken(number) => write!(f, "run-token:{number}"),
        }
    }
}

/// Who gives a command.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// How that is known.
    pub credential: Credential,
}

impl Caller {
    /// The user of this machine, unproven.
    pub const LOCAL: Caller = Caller { principal: Principal::Local, credential: Credential::Unverified };

    /// Nobody that is known.
    pub const ANONYMOUS: Caller = Caller { principal: Principal::Anonymous, credential: Credential::Unverified };

    /// The program itself, for a reason that entries tell.
    pub const fn itself(reason: &'static str) -> Caller {
        Caller { principal: Principal::Itself, credential: Credential::Itself(reason) }
    }
}
