//! The catalog: what exists, who answers for it, what depends on what.
//!
//! Two parts. [`manifest`] turns the bytes of a file into declarations, or into problems that say what to write instead.
//! The other is the graph: plain state, changed by events only, that answers who owns what and what breaks with it.
//!
//! It does not read files, know the time, or decide who may change what; and it knows no scheduler: what Luigi's workers
//! show of pipelines comes in as an observation.

mod columns;
mod describe;
mod discover;
pub mod event;
mod find;
pub mod glob;
mod health;
mod index;
pub mod limits;
mod list;
pub mod manifest;
pub mod model;
mod neighbourhood;
mod plan;
pub mod problem;
mod question;
pub mod reference;
pub mod relation;
mod state;

pub use discover::PipelineSeen;
pub use event::CatalogEvent;
pub use find::EntityNames;
pub use health::{Health, HealthMap, HealthSources};
pub use list::{Facet, FacetName, FacetValue, ListQuery, Listing, Owned, Page, Resolved, Sort};
pub use neighbourhood::{Neighbour, Neighbourhood, Towards};
pub use plan::{ApplyScope, blobs};
pub use problem::{Code, Problem};
pub use question::{Dangling, EntityState, EntityView, Ownership, OwnershipReason, OwnershipStep, Reached};
pub use reference::EntityRef;
pub use relation::RelationKind;
pub use state::{Catalog, Declared, Manifest, Pipeline};
