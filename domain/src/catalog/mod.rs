//! The catalog: what exists, who answers for it, what depends on what.
//!
//! Two parts. [`manifest`] turns the bytes of a file into declarations, or into problems that say what to write instead.
//! The other is the graph: plain state, changed by events only, that answers who owns what and what breaks with it.
//!
//! It does not read files, know the time, or decide who may change what; and it knows no scheduler: what Luigi's workers
//! show of pipelines comes in as an observation.

pub mod glob;
pub mod limits;
pub mod manifest;
pub mod model;
pub mod problem;
pub mod reference;
pub mod relation;
