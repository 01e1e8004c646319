//! A small description of shapes, as much of JSON Schema as Backstage's kinds need, with findings that say what to write.
//!
//! Shapes are data in code, so that the table of kinds in [`backstage`](super::backstage) reads like Backstage's own
//! documentation.

use super::rules::Findings;
use super::tree::{Node, Value};
use crate::catalog::problem::one_of;

/// What a value has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Text, empty or not.
    Text,
    /// Text that is not empty.
    Filled,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Text or a boolean.
    TextOrBool,
    /// A mapping with these keys checked; others pass.
    Object(&'static [Field]),
    /// A mapping with these keys checked; the values of others have this shape.
    ObjectAnd(&'static [Field], &'static Shape),
    /// A list of values of one shape.
    ListOf(&'static Shape),
    /// A mapping with these keys checked, or a list of such.
    ObjectOrListOf(&'static [Field]),
}

/// One key of a mapping.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub key: &'static str,
    pub shape: Shape,
    pub required: bool,
}

/// A key that has to be there.
pub(crate) const fn required(key: &'static str, shape: Shape) -> Field {
    Field { key, shape, required: true }
}

/// A key that may be left out; when it is there, null is not enough.
pub(crate) const fn optional(key: &'static str, shape: Shape) -> Field {
    Field { key, shape, required: false }
}

/// Checks a value; `what` names it in messages, without backticks: `spec.owner`.
pub(crate) fn check(findings: &mut Findings, node: &Node, shape: Shape, what: &str) {
    let quoted_what = || format!("`{what}`");
    match shape {
        Shape::Text => {
            if node.as_str().is_none() {
                findings.wrong_type(node, &quoted_what(), "a string");
            }
        }
        Shape::Filled => match node.as_str() {
            None => findings.wrong_type(node, &quoted_what(), "a string"),
            Some("") => {
                findings.bad_value(node.span, format!("`{what}` is empty"), "give it a value, or remove the key")
            }
            Some(_) => {}
        },
        Shape::OneOf(allowed) => {
            if !node.as_str().is_some_and(|text| allowed.contains(&text)) {
                findings.bad_value(
                    node.span,
                    format!("`{what}` must be {}", one_of(allowed)),
                    format!("write {}", one_of(allowed)),
                );
            }
        }
        Shape::TextOrBool => {
            if !matches!(node.value, Value::String(_) | Value::Bool(_)) {
                findings.wrong_type(node, &quoted_what(), "a string or a boolean");
            }
        }
        Shape::Object(fields) => object(findings, node, fields, None, what),
        Shape::ObjectAnd(fields, others) => object(findings, node, fields, Some(*others), what),
        Shape::ListOf(item) => match &node.value {
            Value::List(items) => {
                for (index, node) in items.iter().enumerate() {
                    check(findings, node, *item, &format!("{what}[{index}]"));
                }
            }
            _ => findings.wrong_type(node, &quoted_what(), "a list"),
        },
        Shape::ObjectOrListOf(fields) => match &node.value {
            Value::Map(_) => object(findings, node, fields, None, what),
            Value::List(items) => {
                for (index, node) in items.iter().enumerate() {
                    object(findings, node, fields, None, &format!("{what}[{index}]"));
                }
            }
            _ => findings.wrong_type(node, &quoted_what(), "a mapping or a list"),
        },
    }
}

fn object(findings: &mut Findings, node: &Node, fields: &[Field], others: Option<Shape>, what: &str) {
    let Value::Map(entries) = &node.value else {
        findings.wrong_type(node, &format!("`{what}`"), "a mapping");
        return;
    };
    for entry in entries {
        let path = format!("{what}.{}", entry.key);
        match fields.iter().find(|field| field.key == entry.key) {
            Some(field) => check(findings, &entry.node, field.shape, &path),
            None => {
                if let Some(shape) = others {
                    check(findings, &entry.node, shape, &path);
                }
            }
        }
    }
    for field in fields.iter().filter(|field| field.required && node.get(field.key).is_none()) {
        findings.missing_key(
            node.span,
            field.key,
            &format!("`{what}`"),
            format!("add `{}:` under `{what}`", field.key),
        );
    }
}
