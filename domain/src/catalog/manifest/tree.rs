//! The parsed document: a tree of values, each with the place it was written at.
//!
//! It holds what JSON can hold, plus what Compass's dialect of YAML adds (a timestamp), and numbers keep their spelling, so
//! that a file that is written back says `0x1F` where it said `0x1F`.
//!
//! INVARIANT: keys of a mapping are unique and keep their order.
//! INVARIANT: depth is at most [`DEPTH_MAX`](crate::catalog::limits::DEPTH_MAX), so recursion over a tree is bounded.

use crate::catalog::problem::Span;

/// A value and where it starts.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it starts.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as JavaScript sees it.
    Number(Number),
    /// Text.
    String(String),
    /// A date or a date with a time, which js-yaml turns into a `Date`; the text is as written.
    Timestamp(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping.
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key, as text: JavaScript's objects have no other keys.
    pub key: String,
    /// Where the key starts.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

/// A number and its spelling.
#[derive(Clone, Debug)]
pub struct Number {
    /// The value: manifests are defined by JavaScript programs, whose numbers are doubles.
    pub value: f64,
    /// As written.
    pub text: String,
}

impl Number {
    /// As JavaScript's `toString` writes it, for the magnitudes at which that is plain decimal.
    pub fn to_js_string(&self) -> String {
        let value = self.value;
        if value.is_nan() {
            return "NaN".into();
        }
        if value.is_infinite() {
            return if value > 0.0 { "Infinity".into() } else { "-Infinity".into() };
        }
        if value == 0.0 {
            return "0".into();
        }
        let magnitude = value.abs();
        if (1e-6..1e21).contains(&magnitude) {
            return format!("{value}");
        }
        let exponential = format!("{value:e}");
        match exponential.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
            _ => exponential,
        }
    }
}

impl PartialEq for Number {
    /// Two numbers are equal when their values are; that nothing equals itself is of no use in comparing files.
    fn eq(&self, other: &Number) -> bool {
        self.value == other.value || (self.value.is_nan() && other.value.is_nan())
    }
}

/// Deep equality of values: places and spellings of numbers do not count, order of keys does not either, as in
/// JavaScript's deep equality.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::String(a), Value::String(b)) | (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => {
                if a.len() != b.len() {
                    return false;
                }
                // The common case first: same order.
                if a.iter().zip(b).all(|(a, b)| a.key == b.key) {
                    return a.iter().zip(b).all(|(a, b)| a.node == b.node);
                }
                let by_key: std::collections::HashMap<&str, &Node> =
                    b.iter().map(|e| (e.key.as_str(), &e.node)).collect();
                a.iter().all(|e| by_key.get(e.key.as_str()).is_some_and(|node| **node == e.node))
            }
            _ => false,
        }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.value == other.value
    }
}

impl Value {
    /// The word for this type in messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Timestamp(_) => "a date",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

impl Node {
    /// A node made by us, not read.
    pub fn new(value: Value) -> Node {
        Node { span: Span::START, value }
    }

    /// Text made by us.
    pub fn text(text: impl Into<String>) -> Node {
        Node::new(Value::String(text.into()))
    }

    /// The value under `key`, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The key with its place and value.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value under a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries, empty when this is no mapping.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items, empty when this is no list.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text, when this is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Nodes in this tree, itself and keys included: the measure of [`ALIAS_NODES_MAX`](crate::catalog::limits::ALIAS_NODES_MAX).
    pub fn size(&self) -> usize {
        match &self.value {
            Value::List(items) => 1 + items.iter().map(Node::size).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|entry| 1 + entry.node.size()).sum::<usize>(),
            _ => 1,
        }
    }

    /// Levels below this node, itself included.
    pub fn depth(&self) -> usize {
        match &self.value {
            Value::List(items) => 1 + items.iter().map(Node::depth).max().unwrap_or(0),
            Value::Map(entries) => 1 + entries.iter().map(|entry| entry.node.depth()).max().unwrap_or(0),
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_javascript_prints_them() {
        let check = |value: f64, expected| assert_eq!(Number { value, text: String::new() }.to_js_string(), expected);
        check(1.0, "1");
        check(-0.0, "0");
        check(1.5, "1.5");
        check(1e21, "1e+21");
        check(123456789012345680000.0, "123456789012345680000");
        check(1e-7, "1e-7");
        check(f64::NAN, "NaN");
    }
}
