//! What the catalog knows about an entity.
//!
//! An [`Entity`] is a view of one document of a manifest: what questions and decisions need. The document itself is the
//! record: its text is kept as a blob, and exporting starts from it, so nothing that the model has no place for is lost.
//!
//! INVARIANT: nothing here is about a person. Of a `User` only the ref and its groups are taken; names and e-mail stay in
//! the blob, beside the ledger. Luigi's `owner_email` comes as a [`NameId`].
//! INVARIANT: fields serialise in alphabetical order and are left out when empty, so that an event has one encoding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::Span;
use super::reference::EntityRef;
use super::relation::RelationKind;
use crate::id::{BlobHash, NameId};

/// Text that is kept aside of the ledger, by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// The SHA-256 of the text.
    pub hash: BlobHash,
    /// The text.
    pub text: String,
}

/// Who answers for something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// A group or a user.
    Entity(EntityRef),
    /// Someone that only Luigi knows, by `owner_email`.
    Named(NameId),
}

/// Which program's format a manifest has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `catalog-info.yaml`.
    Backstage,
    /// `bussola.yaml`.
    Bussola,
    /// `compass.yml`.
    Compass,
}

impl Format {
    /// The usual file name.
    pub fn file_name(self) -> &'static str {
        match self {
            Format::Backstage => "catalog-info.yaml",
            Format::Bussola => "bussola.yaml",
            Format::Compass => "compass.yml",
        }
    }
}

/// Which document of which manifest declares an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The hash of the manifest's text.
    pub blob: BlobHash,
    /// The index of the document in the file, from 0; empty documents count.
    pub document: u32,
    /// The format of the file.
    pub format: Format,
    /// The line at which the document starts.
    pub line: u32,
    /// The file, as the caller named it.
    pub path: String,
}

/// A link to a page about the entity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// A name of an icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// What kind of page: Compass's types, or free text.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub link_type: Option<String>,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where it is.
    pub url: String,
}

/// A field that the organisation added to Compass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    /// `text`, `number`, `boolean`, `user`, `single_select` or `multi_select`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its values as text: none when it is null, several for a `multi_select`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// A relation as one entity declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// The key it is written under: `spec.dependsOn`, `relationships.DEPENDS_ON`.
    pub field: String,
    /// What it says.
    pub relation: RelationKind,
    /// Where it is written.
    pub span: Span,
    /// The other entity, unless an alias says otherwise.
    pub target: EntityRef,
    /// As written, when that is not the target's own form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
}

impl Relation {
    /// The target as the author wrote it.
    pub fn as_written(&self) -> &str {
        self.written.as_deref().unwrap_or(self.target.as_str())
    }
}

/// A component, API, resource, system, domain, group, user, location or template, as a manifest declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Other identifiers of it: Compass's component id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Compass's custom fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<CustomField>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `service`, `library`, `pipeline`, …; free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
    /// Where each field is written, by its path in the document.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Span>,
    /// Key-value labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// `experimental`, `production`, `Active`, …; as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<String>,
    /// Links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Where it is declared.
    pub origin: Origin,
    /// Its name.
    pub reference: EntityRef,
    /// Relations that it declares, in order of the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
    /// Tags (Compass: labels).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// How bad its failure is: 1 is worst, 4 least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<u8>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Families of tasks that a `bussola.yaml` gives to a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The component.
    pub component: EntityRef,
    /// Globs of families.
    pub families: Vec<FamilyGlobAt>,
}

/// A glob and where it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyGlobAt {
    /// The glob.
    pub glob: super::glob::FamilyGlob,
    /// Where it is written.
    pub span: Span,
}

/// Another name for an entity, from a `bussola.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The other name, for instance a Compass identifier.
    pub alias: String,
    /// The entity.
    pub entity: EntityRef,
    /// Where it is written.
    pub span: Span,
}
