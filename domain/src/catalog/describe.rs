//! What was discovered, as a document: so that it can be exported, and be the first draft of a manifest.

use std::collections::BTreeSet;

use super::manifest::tree::{Entry, Node, Value};
use super::manifest::{Content, Document, Names, parse_as};
use super::model::{Format, Owner, Relation};
use super::problem::Span;
use super::reference::EntityRef;
use super::relation::RelationKind;
use super::state::Catalog;

/// The owner of what nobody owns: Backstage asks for one.
const NOBODY: &str = "unknown";

impl Names for Catalog {
    fn target(&self, relation: &Relation) -> EntityRef {
        self.index.resolve(relation).clone()
    }

    fn compass_id(&self, entity: &EntityRef) -> Option<String> {
        let is_id = |alias: &&String| alias.starts_with("ari:cloud:");
        if let Some(own) = self.declared(entity).and_then(|declared| declared.entity.aliases.iter().find(is_id)) {
            return Some(own.clone());
        }
        let given = self.manifests().flat_map(|(_, manifest)| &manifest.aliases);
        given.filter(|alias| alias.entity == *entity).map(|alias| &alias.alias).find(is_id).cloned()
    }
}

impl Catalog {
    /// A Backstage document of an entity that no manifest declares; none when a manifest does, or when it is not there.
    pub fn discovered_document(&self, reference: &EntityRef) -> Option<Document> {
        let view = self.get(reference).filter(|view| view.declared.is_none())?;
        let owner = match self.owner(reference).owner {
            Some(Owner::Entity(owner)) => owner.to_string(),
            Some(Owner::Named(_)) | None => NOBODY.to_owned(),
        };
        let depends: BTreeSet<EntityRef> = self
            .relations(reference)
            .into_iter()
            .filter(|(relation, _)| *relation == RelationKind::DependsOn)
            .map(|(_, other)| other)
            .collect();
        let mut metadata = vec![text("name", reference.name())];
        if let Some(pipeline) = view.pipelines.first() {
            metadata.push(text("description", &format!("Luigi pipeline {}, discovered by its runs", pipeline.root)));
        }
        let mut spec = vec![text("type", view.entity_type().unwrap_or("other"))];
        if reference.kind() == "component" {
            spec.push(text("lifecycle", "production"));
        }
        spec.push(text("owner", &owner));
        if !depends.is_empty() {
            let items = depends.iter().map(|other| Node::text(other.as_str())).collect();
            spec.push(entry("dependsOn", Node::new(Value::List(items))));
        }
        let kind = if reference.kind() == "component" { "Component" } else { "Resource" };
        let root = Node::new(Value::Map(vec![
            text("apiVersion", "backstage.io/v1alpha1"),
            text("kind", kind),
            entry("metadata", Node::new(Value::Map(metadata))),
            entry("spec", Node::new(Value::Map(spec))),
        ]));
        // Read like any other, so that it is checked like any other.
        let yaml = super::manifest::write(&root);
        let mut documents = parse_as("discovered", yaml.as_bytes(), Format::Backstage).ok()?.into_documents();
        documents.pop().filter(|document| matches!(document.content, Content::Entity(_)))
    }
}

fn entry(key: &str, node: Node) -> Entry {
    Entry { key: key.to_owned(), key_span: Span::START, node }
}

fn text(key: &str, text: &str) -> Entry {
    entry(key, Node::text(text))
}
