//! The one question that is asked before anything is done.

use std::fmt;
use std::sync::Arc;

use super::{Act, Caller, Lapsed, Principal};
use crate::id::Timestamp;
use crate::model::Model;

/// Says whether somebody may do something. Pure: the same model and act give the same answer.
pub trait Authorizer: fmt::Debug + Send + Sync {
    /// Whether, and why. Whether the credential is still good is asked elsewhere.
    fn decide(&self, model: &Model, caller: &Caller, act: &Act) -> Decision;

    /// The model was folded anew: its revisions may come again for another state. Whoever remembers answers forgets them.
    fn forget(&self) {}
}

/// An answer, with what entries tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Which policies decided, as entries name them: `policy:<ids>@<set>`. Empty: no policy had a say.
    pub reason: Arc<str>,
}

/// What was not done, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// What was wanted.
    pub act: Act,
    /// Why not.
    pub why: Why,
}

/// Why something may not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The credential is good no more, or not for this.
    Lapsed(Lapsed),
    /// Nobody that is known may not; somebody who is may.
    NotSignedIn,
    /// These policies forbid it; empty: none allows it.
    Refused(Arc<str>),
}

impl Why {
    /// Whether another credential may help.
    pub fn asks_to_sign_in(&self) -> bool {
        match self {
            Why::Lapsed(Lapsed::OutOfScope(_)) | Why::Refused(_) => false,
            Why::Lapsed(_) | Why::NotSignedIn => true,
        }
    }

    /// As entries say it.
    pub fn recorded(&self) -> String {
        match self {
            Why::Lapsed(lapsed) => lapsed.to_string(),
            Why::NotSignedIn => "not signed in".to_owned(),
            Why::Refused(policies) => policies.to_string(),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (action, resource) = (self.act.action.as_str(), &self.act.resource);
        match &self.why {
            Why::Lapsed(lapsed) => lapsed.fmt(f),
            Why::NotSignedIn => write!(f, "`{action}` on `{resource}` is not for callers who are not signed in"),
            Why::Refused(reason) if reason.is_empty() => write!(f, "no policy allows `{action}` on `{resource}`"),
            Why::Refused(reason) => write!(f, "`{action}` on `{resource}` is forbidden by {reason}"),
        }
    }
}

/// Decides all acts of a command: allowed by what, or the first that is not. What the program does on its own was decided
/// by whoever configured it.
pub fn authorize(
    authorizer: &dyn Authorizer,
    model: &Model,
    caller: &Caller,
    acts: &[Act],
    now: Timestamp,
) -> Result<Arc<str>, Denial> {
    if caller.principal == Principal::Itself {
        return Ok(Arc::default());
    }
    let mut reasons: Option<Arc<str>> = None;
    for act in acts {
        let denied = |why| Denial { act: act.clone(), why };
        model.access.standing(caller, act.action, now).map_err(|lapsed| denied(Why::Lapsed(lapsed)))?;
        let decision = authorizer.decide(model, caller, act);
        if !decision.allowed {
            let why = match caller.principal {
                Principal::Anonymous => Why::NotSignedIn,
                _ => Why::Refused(decision.reason),
            };
            return Err(denied(why));
        }
        reasons = Some(match reasons {
            None => decision.reason,
            Some(before) if before == decision.reason => before,
            Some(before) => format!("{before} {}", decision.reason).into(),
        });
    }
    Ok(reasons.unwrap_or_default())
}

/// Everything is allowed: for tools that have the data directory in hand, and for tests of what lies behind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unrestricted;

impl Authorizer for Unrestricted {
    fn decide(&self, _: &Model, _: &Caller, _: &Act) -> Decision {
        Decision { allowed: true, reason: Arc::default() }
    }
}
