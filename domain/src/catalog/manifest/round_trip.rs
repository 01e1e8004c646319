//! Whatever a tree holds, it is read back as it was written, by both dialects.

use proptest::prelude::*;

use super::read::read;
use super::scalar::{self, Dialect};
use super::tree::{Entry, Node, Number, Value};
use super::write::write;
use crate::catalog::problem::Span;

/// Text that tries to be something else.
fn text() -> impl Strategy<Value = String> {
    let traps = prop::sample::select(vec![
        "",
        "null",
        "~",
        "yes",
        "0x1",
        "1e3",
        ".5",
        "-.inf",
        "2024-01-01",
        "<<",
        "- a",
        "? a",
        "a: b",
        "a #b",
        "---",
        "...",
        "&a",
        "*a",
        "!!str",
        "|",
        ">",
        "%",
        "@",
        "`",
        "{{ x }}",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\"",
        "'",
        "\\",
        "\n",
        "a\n",
        "a\n\n",
        "\na",
        " a\nb",
        "a\n b",
        "a\n\tb",
        "a\n \n",
        "\t",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\0",
        "\u{7f}",
        "é",
        "🧭",
        "a:",
        ":a",
        "a\r\nb",
        "=",
        "#a",
        "a#",
        "0o7",
    ]);
    prop_oneof![
        traps.prop_map(str::to_owned),
        "[a-z]{1,8}",
        "\\PC{0,12}",
        any::<String>().prop_map(|s| s.chars().take(20).collect()),
        "[ -~\n]{0,30}"
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i32>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        Just("007".to_owned()),
        Just("0x1F".to_owned())
    ]
    .prop_filter_map("a number in both dialects", |text| {
        let value = scalar::number(&text, Dialect::Yaml)?;
        (scalar::number(&text, Dialect::JsYaml) == Some(value)).then_some(Value::Number(Number { value, text }))
    })
}

fn node() -> impl Strategy<Value = Node> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool), number(), text().prop_map(Value::String)];
    leaf.prop_map(Node::new).prop_recursive(5, 40, 6, |inner| {
        let map = prop::collection::vec((text(), inner.clone()), 0..6).prop_map(|pairs| {
            let mut entries: Vec<Entry> = Vec::new();
            for (key, node) in pairs {
                if entries.iter().all(|entry| entry.key != key) {
                    entries.push(Entry { key, key_span: Span::START, node });
                }
            }
            Node::new(Value::Map(entries))
        });
        prop_oneof![prop::collection::vec(inner, 0..6).prop_map(|items| Node::new(Value::List(items))), map]
    })
}

fn read_back(yaml: &str, dialect: Dialect) -> Result<Node, String> {
    let mut documents = read(yaml, dialect);
    match (documents.pop(), documents.len()) {
        (Some(document), 0) => document.tree.map_err(|findings| format!("{findings:?}")),
        (_, more) => Err(format!("{} documents", more + 1)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(tree in node()) {
        for dialect in [Dialect::Yaml, Dialect::JsYaml] {
            let yaml = write(&tree, dialect);
            let back = read_back(&yaml, dialect);
            prop_assert_eq!(back.as_ref(), Ok(&tree), "{:?}:\n{}", dialect, yaml);
            // What is written twice is the same twice.
            prop_assert_eq!(write(back.as_ref().expect("checked"), dialect), yaml);
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[ -~\\n\\t]{0,80}|\\PC{0,40}") {
        for dialect in [Dialect::Yaml, Dialect::JsYaml] {
            for document in read(&text, dialect) {
                if let Err(findings) = document.tree {
                    prop_assert!(!findings.is_empty());
                    prop_assert!(findings.iter().all(|finding| finding.span.line >= 1 && finding.span.column >= 1));
                }
            }
        }
    }
}
