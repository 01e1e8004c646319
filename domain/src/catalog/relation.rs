//! How entities relate: the eight pairs, and which fields of a manifest say so.

use serde::{Deserialize, Serialize};

/// A relation, read from its source to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RelationKind {
    /// The API's consumer, from the API's side.
    ApiConsumedBy,
    /// The API's provider, from the API's side.
    ApiProvidedBy,
    /// A group within another.
    ChildOf,
    /// Uses an API.
    ConsumesApi,
    /// Is needed by.
    DependencyOf,
    /// Needs.
    DependsOn,
    /// Has a user as its member.
    HasMember,
    /// Has a part.
    HasPart,
    /// Is a member of a group.
    MemberOf,
    /// Who answers for it.
    OwnedBy,
    /// Answers for.
    OwnerOf,
    /// A group that has another within.
    ParentOf,
    /// Is a part of.
    PartOf,
    /// Offers an API.
    ProvidesApi,
}

impl RelationKind {
    /// Every kind.
    pub const ALL: &'static [RelationKind] = &[
        RelationKind::ApiConsumedBy,
        RelationKind::ApiProvidedBy,
        RelationKind::ChildOf,
        RelationKind::ConsumesApi,
        RelationKind::DependencyOf,
        RelationKind::DependsOn,
        RelationKind::HasMember,
        RelationKind::HasPart,
        RelationKind::MemberOf,
        RelationKind::OwnedBy,
        RelationKind::OwnerOf,
        RelationKind::ParentOf,
        RelationKind::PartOf,
        RelationKind::ProvidesApi,
    ];

    /// The same relation, read from the other side.
    pub fn inverse(self) -> RelationKind {
        match self {
            RelationKind::ApiConsumedBy => RelationKind::ConsumesApi,
            RelationKind::ApiProvidedBy => RelationKind::ProvidesApi,
            RelationKind::ChildOf => RelationKind::ParentOf,
            RelationKind::ConsumesApi => RelationKind::ApiConsumedBy,
            RelationKind::DependencyOf => RelationKind::DependsOn,
            RelationKind::DependsOn => RelationKind::DependencyOf,
            RelationKind::HasMember => RelationKind::MemberOf,
            RelationKind::HasPart => RelationKind::PartOf,
            RelationKind::MemberOf => RelationKind::HasMember,
            RelationKind::OwnedBy => RelationKind::OwnerOf,
            RelationKind::OwnerOf => RelationKind::OwnedBy,
            RelationKind::ParentOf => RelationKind::ChildOf,
            RelationKind::PartOf => RelationKind::HasPart,
            RelationKind::ProvidesApi => RelationKind::ApiProvidedBy,
        }
    }

    /// As Backstage writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            RelationKind::ApiConsumedBy => "apiConsumedBy",
            RelationKind::ApiProvidedBy => "apiProvidedBy",
            RelationKind::ChildOf => "childOf",
            RelationKind::ConsumesApi => "consumesApi",
            RelationKind::DependencyOf => "dependencyOf",
            RelationKind::DependsOn => "dependsOn",
            RelationKind::HasMember => "hasMember",
            RelationKind::HasPart => "hasPart",
            RelationKind::MemberOf => "memberOf",
            RelationKind::OwnedBy => "ownedBy",
            RelationKind::OwnerOf => "ownerOf",
            RelationKind::ParentOf => "parentOf",
            RelationKind::PartOf => "partOf",
            RelationKind::ProvidesApi => "providesApi",
        }
    }
}

/// A field of `spec` that names other entities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefField {
    pub key: &'static str,
    /// The kind of a reference that names none.
    pub default_kind: Option<&'static str>,
    pub relation: RelationKind,
}

impl RefField {
    pub const fn new(key: &'static str, default_kind: Option<&'static str>, relation: RelationKind) -> RefField {
        RefField { key, default_kind, relation }
    }
}
