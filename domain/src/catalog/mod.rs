//! The catalog.
pub mod limits;
pub mod manifest;
pub mod problem;
pub mod reference;
pub mod relation;
