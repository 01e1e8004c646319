//! Manifests.
pub mod backstage;
mod compass;
pub mod read;
mod rules;
pub mod scalar;
mod schema;
pub mod tree;
