//! The rules' helpers: findings about keys and types, said alike in all formats.

use super::tree::{Entry, Node, Value};
use crate::catalog::limits::PROBLEMS_MAX;
use crate::catalog::problem::{Code, Finding, Span, closest, one_of, quoted};

/// Collects what is wrong with one document.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    /// LIMIT: [`PROBLEMS_MAX`]; a file of nothing but unknown keys must not fill the memory with complaints.
    pub fn add(&mut self, finding: Finding) {
        if !self.is_full() {
            self.list.push(finding);
        }
    }

    fn is_full(&self) -> bool {
        self.list.len() >= PROBLEMS_MAX
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn into_vec(mut self) -> Vec<Finding> {
        // In order of the file, and once: two rules may complain about one value.
        self.list.sort_by_key(|finding| (finding.span, finding.code));
        self.list.dedup();
        self.list
    }

    /// A key that the format does not know.
    pub fn unknown_key(&mut self, entry: &Entry, known: &[&str], of: &str) {
        if self.is_full() {
            return; // the comparisons below are not free
        }
        let hint = match closest(&entry.key, known) {
            Some(near) => format!("did you mean `{near}`? known keys: {}", one_of(known)),
            None => format!("remove it; known keys: {}", one_of(known)),
        };
        self.add(Finding::new(
            Code::UnknownKey,
            entry.key_span,
            format!("unknown key {} in {of}", quoted(&entry.key)),
            hint,
        ));
    }

    /// A key that has to be there.
    pub fn missing_key(&mut self, span: Span, key: &str, of: &str, hint: impl Into<String>) {
        self.add(Finding::new(Code::MissingKey, span, format!("{of} has no `{key}`"), hint));
    }

    /// A value of another type than the rule wants.
    pub fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        let hint = match (&node.value, expected) {
            (Value::Number(number), "a string") => format!("put it in quotes: \"{}\"", number.text),
            (Value::Bool(value), "a string") => format!("put it in quotes: \"{value}\""),
            (Value::Timestamp(text), "a string") => format!("put it in quotes: \"{text}\""),
            (Value::Null, _) => "give it a value, or remove the key".to_owned(),
            (Value::Map(entries), "a string") if looks_like_template(entries) => {
                "put the placeholder in quotes: \"${{ … }}\"".to_owned()
            }
            (Value::String(_) | Value::Number(_) | Value::Bool(_), "a list") => {
                "write it as a list: a line `- value` for each".to_owned()
            }
            (Value::List(_), "a string") => "write one value, not a list".to_owned(),
            _ => format!("write {expected}"),
        };
        self.add(Finding::new(
            Code::WrongType,
            node.span,
            format!("{what} must be {expected}, not {}", node.value.type_name()),
            hint,
        ));
    }

    pub fn bad_value(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Finding::new(Code::BadValue, span, message, hint));
    }

    pub fn too_long(&mut self, span: Span, what: &str, length: usize, most: usize) {
        self.add(Finding::new(
            Code::TooLong,
            span,
            format!("{what} has {length} characters, {most} are allowed"),
            "shorten it",
        ));
    }
}

/// `{{ name }}` without quotes is a mapping with a mapping as its key.
fn looks_like_template(entries: &[Entry]) -> bool {
    matches!(entries, [entry] if entry.node.is_null() && (entry.key.starts_with('{') || entry.key == "[object Object]"))
}
