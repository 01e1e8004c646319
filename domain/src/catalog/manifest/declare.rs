//! A valid document, read as an entity.

use std::collections::BTreeMap;

use super::backstage;
use super::tree::{Node, Value};
use crate::catalog::limits::{EVENT_LIST_ITEMS_MAX, EVENT_TEXT_BYTES_MAX};
use crate::catalog::model::{CustomField, Entity, Link, Origin, Relation};
use crate::catalog::reference::{Ari, DEFAULT_NAMESPACE, EntityRef, slugify};
use crate::catalog::relation::RelationKind;

/// The annotation that keeps a Compass identifier in a Backstage file, and gives it back as an alias.
pub(crate) const ANNOTATION_COMPASS_ID: &str = "compass.atlassian.com/id";

/// The annotation that keeps a tier in a Backstage file, which has no field for it.
pub(crate) const ANNOTATION_TIER: &str = "compass.atlassian.com/tier";

/// The entity of a valid Backstage document (its placeholders replaced).
pub(crate) fn backstage(document: &Node, origin: Origin) -> Option<Entity> {
    let kind_text = document.get("kind")?.as_str()?;
    let kind = backstage::kind(kind_text)?;
    let metadata = document.get("metadata")?;
    let namespace = backstage::namespace_of(document);
    let reference = EntityRef::from_parts(kind_text, namespace, metadata.get("name")?.as_str()?);
    let mut entity = blank(reference, origin);
    let mut fields = Fields::default();
    if let Some(spec) = document.get("spec") {
        for field in kind.references {
            let Some(node) = spec.get(field.key) else { continue };
            let path = format!("spec.{}", field.key);
            fields.at(&path, node);
            for target in backstage::targets(node) {
                let Some(written) = target.as_str() else { continue };
                let Ok(reference) = EntityRef::parse_in(written, field.default_kind, Some(namespace)) else { continue };
                entity.relations.push(relation(&path, field.relation, target, written, reference));
            }
        }
        // Fields about people end here.
        if kind_text != "User" {
            entity.entity_type = fields.text(spec, "type", "spec.type");
            entity.lifecycle = fields.text(spec, "lifecycle", "spec.lifecycle");
        }
    }
    entity.tags = fields.texts(metadata, "tags", "metadata.tags");
    if kind_text != "User" {
        entity.title = fields.text(metadata, "title", "metadata.title");
        entity.description = fields.text(metadata, "description", "metadata.description");
        entity.labels = fields.pairs(metadata, "labels", "metadata.labels");
        entity.annotations = fields.pairs(metadata, "annotations", "metadata.annotations");
        entity.links = fields.links(metadata, "metadata.links", "title");
        if let Some(id) = entity.annotations.get(ANNOTATION_COMPASS_ID) {
            entity.aliases.push(id.clone());
        }
        entity.tier = entity.annotations.get(ANNOTATION_TIER).and_then(|text| tier(text));
    }
    fields.at("metadata.name", metadata.get("name")?);
    entity.fields = fields.spans;
    Some(entity)
}

/// The entity of a valid Compass document.
pub(crate) fn compass(document: &Node, origin: Origin) -> Option<Entity> {
    let name = document.get("name")?.as_str()?;
    let slug = document.get("slug").and_then(Node::as_str).filter(|slug| !slug.is_empty());
    let reference = EntityRef::from_parts("component", DEFAULT_NAMESPACE, &slugify_unless_slug(slug, name));
    let mut entity = blank(reference, origin);
    let mut fields = Fields::default();
    entity.title = fields.text(document, "name", "name");
    if let Some(slug) = document.get("slug") {
        fields.at("slug", slug);
    }
    entity.description = fields.text(document, "description", "description");
    entity.entity_type = fields.text(document, "typeId", "typeId").map(|text| type_of(&text));
    if let Some(id) = fields.text(document, "id", "id") {
        entity.aliases.push(id);
    }
    if let Some(node) = document.get("ownerId")
        && let Some(written) = node.as_str().filter(|written| !written.is_empty())
        && let Some(target) = compass_target(written, "group")
    {
        fields.at("ownerId", node);
        entity.relations.push(relation("ownerId", RelationKind::OwnedBy, node, written, target));
    }
    if let Some(node) = document.at(&["fields", "lifecycle"]) {
        fields.at("fields.lifecycle", node);
        entity.lifecycle = scalar_text(node);
    }
    if let Some(node) = document.at(&["fields", "tier"]) {
        fields.at("fields.tier", node);
        entity.tier = scalar_text(node).and_then(|text| tier(&text));
    }
    if let Some(node) = document.at(&["relationships", "DEPENDS_ON"]) {
        fields.at("relationships.DEPENDS_ON", node);
        for item in node.items() {
            let Some(written) = item.as_str().filter(|written| !written.is_empty()) else { continue };
            let Some(target) = compass_target(written, "component") else { continue };
            entity.relations.push(relation("relationships.DEPENDS_ON", RelationKind::DependsOn, item, written, target));
        }
    }
    entity.tags = fields.texts(document, "labels", "labels");
    entity.links = fields.links(document, "links", "name");
    if let Some(node) = document.get("customFields") {
        fields.at("customFields", node);
        entity.custom_fields = node.items().iter().take(EVENT_LIST_ITEMS_MAX).filter_map(custom_field).collect();
    }
    entity.fields = fields.spans;
    Some(entity)
}

/// A slug that fits a name is kept as it is; other text is made to fit.
fn slugify_unless_slug(slug: Option<&str>, name: &str) -> String {
    match slug {
        Some(slug) if backstage::is_object_name(slug) => slug.to_lowercase(),
        Some(slug) => slugify(slug),
        None => slugify(name),
    }
}

/// The ref for what a Compass file names: an identifier stands for the entity that has it as an alias, and until one does,
/// for an entity named by its last part; a slug stands for a component of that name.
fn compass_target(written: &str, kind: &str) -> Option<EntityRef> {
    let name = match Ari::parse(written) {
        Some(ari) => ari.resource_id.rsplit('/').find(|part| !part.is_empty()).unwrap_or(written),
        None => written,
    };
    EntityRef::parse_in(&format!("{kind}:{DEFAULT_NAMESPACE}/{name}"), None, None).ok()
}

/// `SERVICE` and `Service` are `service`; the name of a custom type stays as it is.
fn type_of(written: &str) -> String {
    if super::compass::COMPONENT_TYPES.contains(&written.to_uppercase().as_str()) {
        written.to_lowercase().replace('_', "-")
    } else {
        written.to_owned()
    }
}

fn blank(reference: EntityRef, origin: Origin) -> Entity {
    Entity {
        aliases: Vec::new(),
        annotations: BTreeMap::new(),
        custom_fields: Vec::new(),
        description: None,
        entity_type: None,
        fields: BTreeMap::new(),
        labels: BTreeMap::new(),
        lifecycle: None,
        links: Vec::new(),
        origin,
        reference,
        relations: Vec::new(),
        tags: Vec::new(),
        tier: None,
        title: None,
    }
}

fn relation(field: &str, relation: RelationKind, node: &Node, written: &str, target: EntityRef) -> Relation {
    let written = (written != target.as_str()).then(|| written.to_owned());
    Relation { field: field.to_owned(), relation, span: node.span, target, written }
}

fn tier(text: &str) -> Option<u8> {
    text.parse().ok().filter(|tier| (1..=4).contains(tier))
}

/// A scalar as text; a list of one value is that value, as Compass reads it.
fn scalar_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) | Value::Timestamp(text) => Some(clip(text)),
        Value::Number(number) => Some(number.to_js_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::List(items) => match items.as_slice() {
            [item] => scalar_text(item),
            _ => None,
        },
        _ => None,
    }
}

fn custom_field(node: &Node) -> Option<CustomField> {
    let value = node.get("value").filter(|value| !value.is_null()).or_else(|| node.get("displayValue"));
    let values = match value.map(|value| &value.value) {
        Some(Value::List(items)) => items.iter().take(EVENT_LIST_ITEMS_MAX).filter_map(scalar_text).collect(),
        _ => value.and_then(scalar_text).into_iter().collect(),
    };
    Some(CustomField {
        kind: node.get("type")?.as_str()?.to_lowercase(),
        name: clip(node.get("name")?.as_str()?),
        values,
    })
}

/// The beginning of a text, as much as an event carries.
fn clip(text: &str) -> String {
    if text.len() <= EVENT_TEXT_BYTES_MAX {
        return text.to_owned();
    }
    let mut end = EVENT_TEXT_BYTES_MAX - '…'.len_utf8();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

/// Reads fields and remembers where each stands.
#[derive(Default)]
struct Fields {
    spans: BTreeMap<String, crate::catalog::problem::Span>,
}

impl Fields {
    fn at(&mut self, path: &str, node: &Node) {
        self.spans.insert(path.to_owned(), node.span);
    }

    fn text(&mut self, parent: &Node, key: &str, path: &str) -> Option<String> {
        let node = parent.get(key)?;
        let text = node.as_str()?;
        self.at(path, node);
        Some(clip(text))
    }

    fn texts(&mut self, parent: &Node, key: &str, path: &str) -> Vec<String> {
        let Some(node) = parent.get(key) else { return Vec::new() };
        self.at(path, node);
        node.items().iter().take(EVENT_LIST_ITEMS_MAX).filter_map(Node::as_str).map(clip).collect()
    }

    fn pairs(&mut self, parent: &Node, key: &str, path: &str) -> BTreeMap<String, String> {
        let Some(node) = parent.get(key) else { return BTreeMap::new() };
        self.at(path, node);
        let entries = node.entries().iter().take(EVENT_LIST_ITEMS_MAX);
        entries.filter_map(|entry| Some((clip(&entry.key), clip(entry.node.as_str()?)))).collect()
    }

    fn links(&mut self, parent: &Node, path: &str, title_key: &str) -> Vec<Link> {
        let Some(node) = parent.get("links") else { return Vec::new() };
        self.at(path, node);
        let text = |link: &Node, key: &str| link.get(key).and_then(Node::as_str).map(clip);
        let links = node.items().iter().take(EVENT_LIST_ITEMS_MAX);
        links
            .filter_map(|link| {
                Some(Link {
                    icon: text(link, "icon"),
                    link_type: text(link, "type"),
                    title: text(link, title_key),
                    url: text(link, "url")?,
                })
            })
            .collect()
    }
}
