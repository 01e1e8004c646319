//! Trees to YAML: stable, readable, and read back as the same tree by every reader that manifests meet.
//!
//! INVARIANT: what is written is read back, by either dialect, as a tree that is deeply equal. Text that some reader of YAML
//! 1.1 would take for something else (`no`, `1:30`) is quoted, too.

use std::fmt::Write;

use super::scalar::{self, Dialect};
use super::tree::{Entry, Node, Number, Value};

/// LIMIT: characters of a key that stands before its `:` on one line. YAML allows 1,024 for the whole of it.
const SIMPLE_KEY_CHARS_MAX: usize = 256;

/// One document, with a line end after it.
pub fn write(document: &Node, dialect: Dialect) -> String {
    let mut out = Out { text: String::new(), dialect };
    match &document.value {
        Value::Map(entries) if !entries.is_empty() => out.map(entries, 0, true),
        Value::List(items) if !items.is_empty() => out.list(items, 0, true),
        _ => out.leaf(document, 0),
    }
    out.text
}

struct Out {
    text: String,
    dialect: Dialect,
}

impl Out {
    fn indent(&mut self, level: usize) {
        self.text.extend(std::iter::repeat_n("  ", level));
    }

    /// A mapping in block style; `fresh` when the cursor stands at the start of a line, else after `- `.
    fn map(&mut self, entries: &[Entry], level: usize, fresh: bool) {
        for (at, entry) in entries.iter().enumerate() {
            if at > 0 || fresh {
                self.indent(level);
            }
            let key = key_text(&entry.key);
            if key.chars().count() > SIMPLE_KEY_CHARS_MAX {
                self.text.push_str("? ");
                self.text.push_str(&key);
                self.text.push('\n');
                self.indent(level);
            } else {
                self.text.push_str(&key);
            }
            self.text.push(':');
            self.value(&entry.node, level + 1);
        }
    }

    fn list(&mut self, items: &[Node], level: usize, fresh: bool) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 || fresh {
                self.indent(level);
            }
            self.text.push('-');
            match &item.value {
                Value::Map(entries) if !entries.is_empty() => {
                    self.text.push(' ');
                    self.map(entries, level + 1, false);
                }
                Value::List(items) if !items.is_empty() => {
                    self.text.push(' ');
                    self.list(items, level + 1, false);
                }
                _ => self.value(item, level + 1),
            }
        }
    }

    /// A value after a `:` or a `-`.
    fn value(&mut self, node: &Node, level: usize) {
        match &node.value {
            Value::Map(entries) if !entries.is_empty() => {
                self.text.push('\n');
                self.map(entries, level, true);
            }
            Value::List(items) if !items.is_empty() => {
                self.text.push('\n');
                self.list(items, level, true);
            }
            _ => {
                self.text.push(' ');
                self.leaf(node, level);
            }
        }
    }

    fn leaf(&mut self, node: &Node, level: usize) {
        match &node.value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(value) => self.text.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => self.text.push_str(&number_text(number, self.dialect)),
            Value::Timestamp(text) => self.text.push_str(text),
            Value::List(_) => self.text.push_str("[]"),
            Value::Map(_) => self.text.push_str("{}"),
            Value::String(text) => {
                if level > 0 && fits_literal(text) {
                    self.literal(text, level);
                    return;
                }
                self.text.push_str(&scalar_text(text));
            }
        }
        self.text.push('\n');
    }

    /// `|`, with each line as it is.
    fn literal(&mut self, text: &str, level: usize) {
        let (header, lines) = match text.strip_suffix('\n') {
            None => ("|-", text),
            Some(body) if body.ends_with('\n') => ("|+", body),
            Some(body) => ("|", body),
        };
        self.text.push_str(header);
        self.text.push('\n');
        for line in lines.split('\n') {
            if !line.is_empty() {
                self.indent(level);
            }
            self.text.push_str(line);
            self.text.push('\n');
        }
    }
}

fn number_text(number: &Number, dialect: Dialect) -> String {
    // As written, unless that means something else to this reader.
    if scalar::number(&number.text, dialect).is_some_and(|value| value == number.value) {
        return number.text.clone();
    }
    match number.value {
        value if value.is_nan() => ".nan".into(),
        value if value.is_infinite() => if value > 0.0 { ".inf" } else { "-.inf" }.into(),
        _ => number.to_js_string(),
    }
}

fn key_text(key: &str) -> String {
    // Written plain, `<<` would merge.
    if key == "<<" { "\"<<\"".into() } else { scalar_text(key) }
}

/// Text on one line: plain when that is safe, else in double quotes.
fn scalar_text(text: &str) -> String {
    if fits_plain(text) { text.to_owned() } else { double_quoted(text) }
}

/// What is written is never inside `[]` or `{}`, so that brackets and commas have no meaning within text.
fn fits_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let starts_well = first.is_alphanumeric() || matches!(first, '/' | '.' | '_' | '$' | '(' | '+' | '<' | '=' | '^');
    starts_well
        && !text.ends_with([' ', ':'])
        && text.chars().all(is_printable)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("...")
        && !is_ambiguous(text)
}

/// Whether a reader of YAML 1.1 or 1.2 could take it for something other than text.
fn is_ambiguous(text: &str) -> bool {
    let other = |dialect| !matches!(scalar::resolve(text, dialect), Value::String(_));
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "~" | "<<" | "="
    );
    // Dates, times, versions, base-60 numbers: whatever consists of digits and what may stand between them.
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '.'))
        && text
            .chars()
            .all(|c| c.is_ascii_hexdigit() || matches!(c, '+' | '-' | '.' | ':' | '_' | 'x' | 'o' | 'T' | 'Z' | ' '));
    word || numeric || other(Dialect::JsYaml) || other(Dialect::Yaml)
}

/// Whether `|` can hold it: several lines, none of which hides anything.
fn fits_literal(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with(['\n', ' ', '\t'])
        && text.chars().all(|c| c == '\n' || c == '\t' || is_printable(c))
        && text
            .split('\n')
            .all(|line| !line.starts_with('\t') && (line.is_empty() || !line.trim_matches([' ', '\t']).is_empty()))
}

/// Printable for YAML, and not a line end or a mark that some reader treats apart.
fn is_printable(c: char) -> bool {
    match c {
        '\u{20}'..='\u{7e}' => true,
        '\u{a0}'..='\u{d7ff}' => {
            !matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        }
        '\u{e000}'..='\u{fffd}' => c != '\u{feff}',
        '\u{10000}'.. => true,
        _ => false,
    }
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                // Writing to a string cannot fail.
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        let entry = Entry { key: "k".into(), key_span: crate::catalog::problem::Span::START, node: Node::text(value) };
        write(&Node::new(Value::Map(vec![entry])), Dialect::Yaml)
    }

    #[test]
    fn strings_are_quoted_when_they_must_be() {
        let check = |value, expected: &str| assert_eq!(text(value), format!("k: {expected}\n"), "{value:?}");
        check("word", "word");
        check("two words", "two words");
        check("https://example.com/a?b=c#d", "https://example.com/a?b=c#d");
        check("component:default/a", "component:default/a");
        check("", "\"\"");
        check("no", "\"no\"");
        check("Null", "\"Null\"");
        check("1", "\"1\"");
        check("1.2.3", "\"1.2.3\"");
        check("2024-01-31", "\"2024-01-31\"");
        check("12:30", "\"12:30\"");
        check("a: b", "\"a: b\"");
        check("a #b", "\"a #b\"");
        check("a:", "\"a:\"");
        check(" a", "\" a\"");
        check("- a", "\"- a\"");
        check("---", "\"---\"");
        check("*a", "\"*a\"");
        check("${{ x }}", "${{ x }}");
        check("it's a [b], {c}", "it's a [b], {c}");
        check("'a'", "\"'a'\"");
        check("[a]", "\"[a]\"");
        check("tab\there", "\"tab\\there\"");
        check("\u{7}\u{2028}", "\"\\x07\\u2028\"");
        check("é", "é");
        check("one\ntwo\n", "|\n  one\n  two");
        check("one\n\n  two", "|-\n  one\n\n    two");
        check("one\n\n", "|+\n  one\n");
        check(" one\ntwo", "\" one\\ntwo\"");
        check("one\n \ntwo", "\"one\\n \\ntwo\"");
    }
}
