//! Owners and what they answer for.

use bussola_domain::catalog::model::Owner;
use bussola_domain::catalog::{EntityRef, Health, Owned, RelationKind};
use bussola_domain::model::Model;
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

/// A team in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TeamSummary {
    /// `group:namespace/name`
    #[serde(rename = "ref")]
    #[schema(example = "group:default/payments")]
    pub reference: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether a manifest declares it; else others only speak of it.
    pub exists: bool,
    /// Members, as the catalog has them.
    pub members: usize,
    /// Groups within it.
    pub subgroups: usize,
    /// Entities that it answers for.
    pub owned: usize,
    /// How many of them have failing pipelines.
    pub failing: usize,
    /// How many need something that fails.
    pub at_risk: usize,
}

impl TeamSummary {
    /// With what it answers for.
    pub fn of(model: &Model, group: &EntityRef, owned: Option<&Owned>) -> TeamSummary {
        let view = model.catalog.get(group);
        let health = |health: Health| owned.map_or(0, |owned| owned.health[health as usize]);
        TeamSummary {
            reference: group.to_string(),
            name: model.owner_name(&Owner::Entity(group.clone())),
            description: view.as_ref().and_then(|view| view.description()).map(str::to_owned),
            exists: view.is_some(),
            members: model.catalog.count_related(group, RelationKind::HasMember),
            subgroups: model.catalog.count_related(group, RelationKind::ParentOf),
            owned: owned.map_or(0, |owned| owned.entities),
            failing: health(Health::Failing),
            at_risk: health(Health::AtRisk),
        }
    }
}

/// A page of teams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TeamPage {
    /// Teams, in the order that was asked for.
    pub items: Vec<TeamSummary>,
    /// How many there are in all pages.
    pub total: usize,
    /// The `offset` of the next page; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<usize>,
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
