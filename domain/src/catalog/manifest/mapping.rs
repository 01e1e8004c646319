//! Mappings while they are read: keys as text, keys given twice, merge keys.

use std::collections::{HashMap, HashSet};

use super::scalar::Dialect;
use super::tree::{Entry, Node, Value};
use crate::catalog::problem::{Code, Finding, Span, quoted};

/// LIMIT: mappings in one merge sequence: js-yaml's own bound.
const MERGE_SOURCES_MAX: usize = 100;

#[derive(Default)]
pub(super) struct MapFrame {
    pub entries: Vec<Entry>,
    /// Index in `entries` by key.
    by_key: HashMap<String, usize>,
    /// Keys as their dialect tells them apart: `1` and `"1"` differ for the `yaml` package.
    identities: HashSet<(u8, String)>,
    /// Keys that a merge brought: a later key of the same name replaces them.
    merged: HashSet<String>,
    pub key: Option<PendingKey>,
}

pub(super) struct PendingKey {
    text: String,
    span: Span,
    pub merge: bool,
}

impl MapFrame {
    /// Takes a node as the next key; complains when it is there already.
    pub fn key_of(&mut self, node: &Node, merge: bool, dialect: Dialect) -> Result<(), Finding> {
        let text = match key_text(node, dialect) {
            Ok(text) => text,
            Err(finding) => {
                self.key = Some(PendingKey { text: String::new(), span: node.span, merge: false });
                return Err(finding);
            }
        };
        let identity = match (dialect, &node.value) {
            (Dialect::JsYaml, _) => (0, text.clone()),
            (_, Value::Null) => (1, text.clone()),
            (_, Value::Bool(_)) => (2, text.clone()),
            (_, Value::Number(_)) => (3, text.clone()),
            (_, Value::String(_)) => (4, text.clone()),
            // Two collections are never the same key for the `yaml` package.
            _ => (5, format!("{}", self.entries.len())),
        };
        let replaces = self.merged.remove(&text);
        let fresh = merge || self.identities.insert(identity);
        let duplicate = (!fresh && !replaces).then(|| {
            let first = self.by_key.get(&text).map(|at| self.entries[*at].key_span.line);
            let where_first = first.map(|line| format!(" (first on line {line})")).unwrap_or_default();
            Finding::new(
                Code::DuplicateKey,
                node.span,
                format!("the key {} is given twice in one mapping{where_first}", quoted(&text)),
                "remove one of the two",
            )
        });
        self.key = Some(PendingKey { text, span: node.span, merge });
        duplicate.map_or(Ok(()), Err)
    }

    pub fn put(&mut self, key: PendingKey, node: Node) {
        match self.by_key.get(&key.text) {
            Some(at) => self.entries[*at] = Entry { key: key.text, key_span: key.span, node },
            None => {
                self.by_key.insert(key.text.clone(), self.entries.len());
                self.entries.push(Entry { key: key.text, key_span: key.span, node });
            }
        }
    }

    /// js-yaml's merge key: copies what is not there yet. Returns the number of keys looked at.
    pub fn merge(&mut self, source: Node) -> Result<usize, Finding> {
        let refuse = |span| {
            Finding::new(
                Code::WrongType,
                span,
                "the merge key `<<` needs a mapping or a list of mappings",
                "name a mapping, as in `<<: *defaults`",
            )
        };
        let span = source.span;
        let sources = match source.value {
            Value::Map(entries) => vec![entries],
            Value::List(items) if items.len() <= MERGE_SOURCES_MAX => {
                let mut sources = Vec::new();
                for item in items {
                    match item.value {
                        Value::Map(entries) => sources.push(entries),
                        _ => return Err(refuse(item.span)),
                    }
                }
                sources
            }
            _ => return Err(refuse(span)),
        };
        let mut looked_at = 0;
        for entries in sources {
            looked_at += 1 + entries.len();
            for entry in entries {
                if !self.by_key.contains_key(&entry.key) {
                    self.merged.insert(entry.key.clone());
                    self.identities.insert((0, entry.key.clone()));
                    self.put(PendingKey { text: entry.key, span: entry.key_span, merge: false }, entry.node);
                }
            }
        }
        Ok(looked_at)
    }
}

/// A key as text, as each program makes it.
fn key_text(node: &Node, dialect: Dialect) -> Result<String, Finding> {
    Ok(match (&node.value, dialect) {
        (Value::String(text) | Value::Timestamp(text), _) => text.clone(),
        (Value::Bool(value), _) => value.to_string(),
        (Value::Number(number), _) => number.to_js_string(),
        (Value::Null, Dialect::Yaml) => String::new(),
        (Value::Null, Dialect::JsYaml) => "null".into(),
        (Value::List(_) | Value::Map(_), Dialect::Yaml) => flow_text(node),
        (Value::Map(_), Dialect::JsYaml) => "[object Object]".into(),
        (Value::List(items), Dialect::JsYaml) => {
            let mut parts = Vec::new();
            for item in items {
                parts.push(match &item.value {
                    Value::List(_) => {
                        return Err(Finding::new(
                            Code::BadValue,
                            item.span,
                            "a key cannot hold a list within a list",
                            "write the key as text",
                        ));
                    }
                    Value::Null => String::new(),
                    _ => key_text(item, dialect)?,
                });
            }
            parts.join(",")
        }
    })
}

/// A collection on one line, for keys that are collections: `{ a: b }`.
fn flow_text(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.text.clone(),
        Value::String(text) | Value::Timestamp(text) => text.clone(),
        Value::List(items) if items.is_empty() => "[]".into(),
        Value::List(items) => format!("[ {} ]", items.iter().map(flow_text).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) if entries.is_empty() => "{}".into(),
        Value::Map(entries) => {
            let pair = |entry: &Entry| match entry.node.value {
                Value::Null => entry.key.clone(),
                _ => format!("{}: {}", entry.key, flow_text(&entry.node)),
            };
            format!("{{ {} }}", entries.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}
