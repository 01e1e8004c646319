//! A document, written in one of the formats.
//!
//! In its own format a document comes back whole: deeply equal to what was read (comments are not part of it; the blob has
//! them). In another format it comes back as far as that format goes, with a list of what was lost, which is for the user
//! to see. What the target asks for and the source does not have is filled in, and listed as well.

use super::tree::{Entry, Node, Value};
use super::{Content, Document, backstage, compass, declare, scalar::Dialect, write};
use crate::catalog::model::{Entity, Format, Relation};
use crate::catalog::problem::Span;
use crate::catalog::reference::{Ari, DEFAULT_NAMESPACE, EntityRef, slugify};
use crate::catalog::relation::RelationKind;

/// What other entities are called: a catalog knows, a file alone does not.
pub trait Names {
    /// The entity that a relation means.
    fn target(&self, relation: &Relation) -> EntityRef;
    /// Compass's identifier of an entity.
    fn compass_id(&self, entity: &EntityRef) -> Option<String>;
}

/// A file alone: relations mean what they say, and nothing has an identifier.
pub struct NoNames;

impl Names for NoNames {
    fn target(&self, relation: &Relation) -> EntityRef {
        relation.target.clone()
    }

    fn compass_id(&self, _: &EntityRef) -> Option<String> {
        None
    }
}

/// A document in some format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// What did not come along, and what had to be made up.
    pub lost: Vec<Loss>,
    /// The document; none when the format has no place for such a thing.
    pub text: Option<String>,
}

/// Something that a format has no place for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Where it stood, by its path in the document.
    pub field: String,
    /// Why it did not come along.
    pub why: String,
}

/// Writes a document that was read from `from` in the format `to`.
pub fn export(document: &Document, from: Format, to: Format, names: &dyn Names) -> Exported {
    if from == to {
        let dialect = if to == Format::Compass { Dialect::JsYaml } else { Dialect::Yaml };
        return Exported { lost: Vec::new(), text: Some(write::write(&document.tree, dialect)) };
    }
    let Content::Entity(entity) = &document.content else {
        return nowhere("claims and aliases are Bussola's own");
    };
    match (from, to) {
        (Format::Compass, Format::Backstage) => compass_to_backstage(&document.tree, entity, names),
        (Format::Backstage, Format::Compass) if entity.reference.kind() == "component" => {
            backstage_to_compass(&document.tree, entity, names)
        }
        (Format::Backstage, Format::Compass) => nowhere("Compass files describe components only"),
        _ => nowhere("bussola.yaml declares no entities"),
    }
}

fn nowhere(why: &str) -> Exported {
    Exported { lost: vec![loss("the whole document", why)], text: None }
}

fn loss(field: impl Into<String>, why: impl Into<String>) -> Loss {
    Loss { field: field.into(), why: why.into() }
}

/// A mapping that grows in order and leaves out what is empty.
#[derive(Default)]
struct Map(Vec<Entry>);

impl Map {
    fn put(&mut self, key: &str, value: impl Into<Option<Node>>) {
        if let Some(node) = value.into() {
            self.0.push(Entry { key: key.to_owned(), key_span: Span::START, node });
        }
    }

    fn text(&mut self, key: &str, text: &str) {
        self.put(key, Node::text(text));
    }

    fn node(self) -> Option<Node> {
        (!self.0.is_empty()).then(|| Node::new(Value::Map(self.0)))
    }
}

fn list(items: Vec<Node>) -> Option<Node> {
    (!items.is_empty()).then(|| Node::new(Value::List(items)))
}

fn compass_to_backstage(tree: &Node, entity: &Entity, names: &dyn Names) -> Exported {
    let mut lost = Vec::new();
    let text = |key: &str| tree.get(key).and_then(Node::as_str);
    let mut annotations = Map::default();
    if let Some(id) = text("id") {
        annotations.text(declare::ANNOTATION_COMPASS_ID, id);
    }
    if let Some(tier) = entity.tier {
        annotations.text(declare::ANNOTATION_TIER, &tier.to_string());
    }
    if let Some(Value::Bool(value)) = tree.at(&["fields", "isMonorepoProject"]).map(|node| &node.value) {
        annotations.text("compass.atlassian.com/is-monorepo-project", &value.to_string());
    }
    custom_fields_to_annotations(tree, &mut annotations, &mut lost);
    let mut metadata = Map::default();
    metadata.text("name", entity.reference.name());
    let title = text("name").unwrap_or("");
    if title != entity.reference.name() && !title.is_empty() {
        metadata.text("title", title);
    }
    metadata.put("description", text("description").map(Node::text));
    metadata.put("annotations", annotations.node());
    metadata.put("tags", list(tags_of_labels(tree, &mut lost)));
    metadata.put("links", list(links_to_backstage(tree, &mut lost)));

    let mut spec = Map::default();
    let mut required = |key: &str, value: Option<String>, otherwise: &str, field: &str| {
        if value.is_none() {
            lost.push(loss(
                format!("spec.{key}"),
                format!("Backstage asks for it and `{field}` is not there: `{otherwise}` is written"),
            ));
        }
        spec.text(key, &value.unwrap_or_else(|| otherwise.to_owned()));
    };
    required("type", entity.entity_type.clone().filter(|kind| !kind.is_empty()), "other", "typeId");
    required("lifecycle", entity.lifecycle.as_deref().map(lifecycle_to_backstage), "unknown", "fields.lifecycle");
    let owner = entity.relations.iter().find(|relation| relation.relation == RelationKind::OwnedBy);
    required("owner", owner.map(|relation| names.target(relation).to_string()), "unknown", "ownerId");
    let depends = entity.relations.iter().filter(|relation| relation.relation == RelationKind::DependsOn);
    spec.put("dependsOn", list(depends.map(|relation| Node::text(names.target(relation).as_str())).collect()));

    let mut root = Map::default();
    root.text("apiVersion", "backstage.io/v1alpha1");
    root.text("kind", "Component");
    root.put("metadata", metadata.node());
    root.put("spec", spec.node());
    finish(root, Dialect::Yaml, lost)
}

/// LIMIT: characters of a custom field's name in an annotation's key, which has 63 for all of its name.
const CUSTOM_FIELD_SLUG_CHARS_MAX: usize = 40;

fn custom_fields_to_annotations(tree: &Node, annotations: &mut Map, lost: &mut Vec<Loss>) {
    for field in tree.get("customFields").map(Node::items).unwrap_or_default() {
        let name = field.get("name").and_then(Node::as_str).unwrap_or("");
        let value = field.get("value").filter(|value| !value.is_null()).or_else(|| field.get("displayValue"));
        let text = match value.map(|value| &value.value) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.text.clone(),
            Some(Value::Bool(value)) => value.to_string(),
            Some(Value::List(items)) => items.iter().filter_map(Node::as_str).collect::<Vec<_>>().join(", "),
            _ => continue, // without a value
        };
        let slug: String = slugify(name).chars().take(CUSTOM_FIELD_SLUG_CHARS_MAX).collect();
        let key = format!("compass.atlassian.com/custom-field.{}", slug.trim_end_matches('-'));
        if annotations.0.iter().any(|entry| entry.key == key) {
            lost.push(loss(format!("customFields.{name}"), "another field's name makes the same annotation"));
            continue;
        }
        lost.push(loss(
            format!("customFields.{name}"),
            format!("its type and exact name; the value is kept as the annotation `{key}`"),
        ));
        annotations.text(&key, &text);
    }
}

fn tags_of_labels(tree: &Node, lost: &mut Vec<Loss>) -> Vec<Node> {
    let mut tags = Vec::new();
    for label in tree.get("labels").map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str) {
        if backstage::is_tag(label) {
            tags.push(Node::text(label));
        } else {
            lost.push(loss(
                "labels",
                format!("`{label}` is not a tag in Backstage: small letters, digits, `:`, `+`, `#` and single `-`"),
            ));
        }
    }
    tags
}

fn links_to_backstage(tree: &Node, lost: &mut Vec<Loss>) -> Vec<Node> {
    let mut links = Vec::new();
    for link in tree.get("links").map(Node::items).unwrap_or_default() {
        let text = |key: &str| {
            link.get(key).and_then(Node::as_str).filter(|text| !crate::catalog::reference::trim_js(text).is_empty())
        };
        let url = text("url").unwrap_or("");
        if !backstage::is_url(url) {
            lost.push(loss("links", format!("`{url}` is not a URL")));
            continue;
        }
        let mut out = Map::default();
        out.text("url", url);
        out.put("title", text("name").map(Node::text));
        out.put("type", text("type").map(|kind| Node::text(kind.to_uppercase())));
        links.extend(out.node());
    }
    links
}

fn lifecycle_to_backstage(written: &str) -> String {
    match written.to_lowercase().as_str() {
        "active" => "production".into(),
        "pre-release" => "experimental".into(),
        other => other.to_owned(),
    }
}

fn lifecycle_to_compass(written: &str) -> Option<&'static str> {
    match written.to_lowercase().as_str() {
        "production" | "active" => Some("Active"),
        "experimental" | "pre-release" => Some("Pre-release"),
        "deprecated" => Some("Deprecated"),
        _ => None,
    }
}

/// LIMIT: Compass's own, links of one type.
const LINKS_OF_TYPE_MAX: usize = 10;

fn backstage_to_compass(tree: &Node, entity: &Entity, names: &dyn Names) -> Exported {
    let mut lost = Vec::new();
    let metadata = tree.get("metadata");
    let text = |key: &str| metadata.and_then(|metadata| metadata.get(key)).and_then(Node::as_str);
    let mut root = Map::default();
    let name = text("name").unwrap_or("");
    root.text("name", &cut(text("title").unwrap_or(name), 512, "metadata.title", &mut lost));
    let slug = if is_slug(name) { name.to_owned() } else { slugify(name) };
    if slug != name {
        lost.push(loss("metadata.name", format!("a slug has letters, digits and `-`: `{slug}` is written")));
    }
    root.text("slug", &slug);
    root.put("id", entity.aliases.iter().find(|alias| Ari::is_two_part(alias)).map(Node::text));
    root.put(
        "description",
        text("description").map(|text| Node::text(cut(text, 4096, "metadata.description", &mut lost))),
    );
    root.put("configVersion", Node::new(Value::Number(super::tree::Number { value: 1.0, text: "1".into() })));
    let kind = tree.at(&["spec", "type"]).and_then(Node::as_str).unwrap_or("");
    root.text("typeId", &type_to_compass(kind, &mut lost));
    if let Some(owner) = entity.relations.iter().find(|relation| relation.relation == RelationKind::OwnedBy) {
        let target = names.target(owner);
        let id = names.compass_id(&target);
        if id.is_none() {
            lost.push(loss(
                "spec.owner",
                format!("Compass wants a team's identifier and none is known for {target}: the ref is written"),
            ));
        }
        root.text("ownerId", &id.unwrap_or_else(|| target.to_string()));
    }
    let mut fields = Map::default();
    if let Some(tier) = entity.tier {
        fields.put(
            "tier",
            Node::new(Value::Number(super::tree::Number { value: f64::from(tier), text: tier.to_string() })),
        );
    }
    if let Some(lifecycle) = tree.at(&["spec", "lifecycle"]).and_then(Node::as_str) {
        match lifecycle_to_compass(lifecycle) {
            Some(lifecycle) => fields.text("lifecycle", lifecycle),
            None => lost.push(loss("spec.lifecycle", format!("`{lifecycle}` is not one of Compass's lifecycles"))),
        }
    }
    root.put("fields", fields.node());
    root.put("links", list(links_to_compass(tree, &mut lost)));
    root.put("relationships", dependencies_to_compass(entity, names, &mut lost));
    root.put("labels", list(labels_of_tags(tree, &mut lost)));
    list_what_has_no_place(tree, entity, &mut lost);
    finish(root, Dialect::JsYaml, lost)
}

fn cut(text: &str, most: usize, field: &str, lost: &mut Vec<Loss>) -> String {
    // In UTF-16 units, as Compass counts.
    let mut length = 0;
    let end = text.char_indices().find(|(_, c)| {
        length += c.len_utf16();
        length > most
    });
    match end {
        None => text.to_owned(),
        Some((at, _)) => {
            lost.push(loss(field, format!("Compass allows {most} characters; the rest is cut")));
            text[..at].to_owned()
        }
    }
}

fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn type_to_compass(written: &str, lost: &mut Vec<Loss>) -> String {
    let built_in = written.to_uppercase().replace('-', "_");
    if compass::COMPONENT_TYPES.contains(&built_in.as_str()) {
        return built_in;
    }
    if crate::catalog::reference::trim_js(written).is_empty() {
        lost.push(loss("spec.type", "it is blank: `OTHER` is written"));
        return "OTHER".into();
    }
    cut(written, 128, "spec.type", lost)
}

fn links_to_compass(tree: &Node, lost: &mut Vec<Loss>) -> Vec<Node> {
    let mut links = Vec::new();
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for link in tree.at(&["metadata", "links"]).map(Node::items).unwrap_or_default() {
        let text = |key: &str| link.get(key).and_then(Node::as_str);
        let url = text("url").unwrap_or("");
        let kind = link_type(text("type"), text("icon"), url);
        let count = counts.entry(kind).or_default();
        *count += 1;
        if *count > LINKS_OF_TYPE_MAX {
            lost.push(loss(
                "metadata.links",
                format!("Compass takes {LINKS_OF_TYPE_MAX} links of one type: {url} is left out"),
            ));
            continue;
        }
        if let Some(icon) = text("icon") {
            lost.push(loss("metadata.links", format!("the icon `{icon}` of {url}")));
        }
        if let Some(written) = text("type").filter(|written| written.to_uppercase() != kind) {
            lost.push(loss("metadata.links", format!("the type `{written}` of {url}: `{kind}` is written")));
        }
        let mut out = Map::default();
        out.put("name", text("title").map(|title| Node::text(cut(title, 512, "metadata.links", lost))));
        out.text("type", kind);
        out.text("url", url);
        links.extend(out.node());
    }
    links
}

/// Compass's link type that fits best.
fn link_type(written: Option<&str>, icon: Option<&str>, url: &str) -> &'static str {
    let upper = written.unwrap_or("").to_uppercase();
    if let Some(same) = compass::LINK_TYPES.iter().find(|known| **known == upper) {
        return same;
    }
    let hints = format!("{} {} {url}", written.unwrap_or(""), icon.unwrap_or("")).to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| hints.contains(word));
    if says(&["pagerduty", "opsgenie", "on-call", "oncall"]) {
        "ON_CALL"
    } else if says(&["slack.com", "chat", "teams.microsoft.com", "discord"]) {
        "CHAT_CHANNEL"
    } else if says(&["grafana", "dashboard", "datadoghq", "kibana"]) {
        "DASHBOARD"
    } else if says(&["github.com", "gitlab", "bitbucket", "repository"]) {
        "REPOSITORY"
    } else if says(&["jira", "/browse/", "linear.app"]) {
        "PROJECT"
    } else {
        "OTHER_LINK"
    }
}

fn dependencies_to_compass(entity: &Entity, names: &dyn Names, lost: &mut Vec<Loss>) -> Option<Node> {
    let mut items = Vec::new();
    for relation in entity.relations.iter().filter(|relation| relation.relation == RelationKind::DependsOn) {
        let target = names.target(relation);
        match names.compass_id(&target) {
            Some(id) => items.push(Node::text(id)),
            None if target.kind() == "component"
                && target.namespace() == DEFAULT_NAMESPACE
                && is_slug(target.name()) =>
            {
                items.push(Node::text(target.name()));
            }
            None => lost.push(loss("spec.dependsOn", format!("{target} has no place in a Compass file"))),
        }
    }
    let mut relationships = Map::default();
    relationships.put("DEPENDS_ON", list(items));
    relationships.node()
}

fn labels_of_tags(tree: &Node, lost: &mut Vec<Loss>) -> Vec<Node> {
    let tags = tree.at(&["metadata", "tags"]).map(Node::items).unwrap_or_default();
    let mut labels = Vec::new();
    for tag in tags.iter().filter_map(Node::as_str) {
        // Tags are ASCII, in small letters and without white space: only their length can be too much.
        if tag.len() <= 40 {
            labels.push(Node::text(tag));
        } else {
            lost.push(loss("metadata.tags", format!("`{tag}` has more than 40 characters")));
        }
    }
    labels
}

fn list_what_has_no_place(tree: &Node, entity: &Entity, lost: &mut Vec<Loss>) {
    const METADATA: &[&str] = &["name", "title", "description", "tags", "links"];
    const SPEC: &[&str] = &["type", "lifecycle", "owner", "dependsOn"];
    if entity.reference.namespace() != DEFAULT_NAMESPACE {
        lost.push(loss("metadata.namespace", "a Compass site has one namespace"));
    }
    for entry in tree.get("metadata").map(Node::entries).unwrap_or_default() {
        let field = format!("metadata.{}", entry.key);
        match entry.key.as_str() {
            "namespace" => {}
            "annotations" | "labels" => {
                for pair in entry.node.entries() {
                    if !matches!(pair.key.as_str(), declare::ANNOTATION_COMPASS_ID | declare::ANNOTATION_TIER) {
                        lost.push(loss(format!("{field}.{}", pair.key), "Compass files have no such pairs"));
                    }
                }
            }
            key if METADATA.contains(&key) => {}
            _ => lost.push(loss(field, "Compass files have no place for it")),
        }
    }
    for entry in tree.get("spec").map(Node::entries).unwrap_or_default() {
        if !SPEC.contains(&entry.key.as_str()) {
            lost.push(loss(format!("spec.{}", entry.key), "Compass files have no place for it"));
        }
    }
}

fn finish(root: Map, dialect: Dialect, lost: Vec<Loss>) -> Exported {
    Exported { lost, text: Some(write::write(&Node::new(Value::Map(root.0)), dialect)) }
}
