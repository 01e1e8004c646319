//! Access: who acts, under what credential, and what a command needs to be allowed.
//!
//! The machine knows principals, their groups, their sessions and tokens; it does not know how somebody proved who they
//! are (an edge does) nor what policies say (an [`Authorizer`] does). Every command names its [`Acts`]; whoever executes
//! commands has them decided first, so no edge can forget to.
//!
//! INVARIANT: nothing here names a person: identities, names and addresses are [`NameId`](crate::id::NameId)s.
//! INVARIANT: a credential is as good as the state says at the moment of use: ending a session, taking a group away or
//! deactivating somebody bites at the next call.

mod act;
mod authorize;
mod caller;
mod denials;
pub mod event;
mod state;

pub use act::{Act, Action, Acts, Resource};
pub use authorize::{Authorizer, Decision, Denial, Unrestricted, Why, authorize};
pub use caller::{Caller, Credential, Principal};
pub use state::{Access, Kind, Known, Lapsed, Session, Token};
