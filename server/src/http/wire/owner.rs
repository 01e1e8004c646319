//! Owners and what they answer for.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalog::{EntitySummary, OwnerName};

/// An owner in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnerSummary {
    /// Who; not given: what nobody answers for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// How many entities.
    pub entities: usize,
    /// How many of them have failing pipelines.
    pub failing: usize,
    /// How many need something that fails.
    pub at_risk: usize,
}

/// Every owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnerList {
    /// Owners, by name; what is unowned comes last. May be cut.
    pub items: Vec<OwnerSummary>,
    /// How many there are.
    pub total: usize,
}

/// An owner and what it answers for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OwnerDetail {
    /// Who.
    pub owner: OwnerName,
    /// Members of the group, as the catalog has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Entities, in order of ref.
    pub items: Vec<EntitySummary>,
    /// How many there are in all pages.
    pub total: usize,
    /// The `offset` of the next page; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<usize>,
}
