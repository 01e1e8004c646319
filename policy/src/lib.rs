//! The decision point: Cedar policies, compiled, and asked before anything is done.
//!
//! [`PolicySetText`] becomes a [`Compiled`] set or a list of [`PolicyProblem`]s; a [`Decider`] holds compiled sets and is the
//! engine's [`Authorizer`](bussola_domain::access::Authorizer): it decides by the set that the model names. What Cedar sees of
//! the model is made for each question (`question`), which policies are evaluated is found by their scopes (`slices`), and
//! answers are remembered until the model changes (`remembered`). The words are in [`schema`].
//!
//! It knows no clock, no file and no network: whoever reads policies gives their texts.

pub mod cases;
mod compile;
mod decider;
mod defaults;
mod explain;
pub mod limits;
pub mod matrix;
mod pieces;
mod problem;
mod question;
mod remembered;
pub mod schema;
mod slices;
pub mod small;

#[cfg(test)]
mod tests;

pub use compile::{Compiled, CompiledPolicy, PolicySetText};
pub use decider::Decider;
pub use defaults::{LUIGI_ANONYMOUS, Switches};
pub use explain::{Explanation, PolicyShown, ThingShown};
pub use problem::{PolicyProblem, ProblemKind};
