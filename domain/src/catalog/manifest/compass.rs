//! Compass's `compass.yml`, configVersion 1: the rules of Atlassian's own parser.
//!
//! The verdict (valid or not) equals that of `ConfigFileParser` in `@atlassian/forge-graphql`; the words are ours, and what
//! makes that parser crash (`tier: null`) is an ordinary problem here. Its quirks are kept where they let a file pass,
//! because a file that works there has to work here; each is marked `quirk`.

use std::collections::HashMap;

use super::rules::Findings;
use super::tree::{Node, Value};
use crate::catalog::problem::{Code, Finding, closest, one_of, quoted};
use crate::catalog::reference::{Ari, is_js_space, js_length, trim_js};

/// The keys of the document, in the order of the documentation.
pub(crate) const TOP_KEYS: &[&str] = &[
    "name",
    "id",
    "slug",
    "description",
    "configVersion",
    "typeId",
    "ownerId",
    "fields",
    "links",
    "relationships",
    "labels",
    "customFields",
];

const FIELD_KEYS: &[&str] = &["tier", "lifecycle", "isMonorepoProject"];
const LINK_KEYS: &[&str] = &["type", "url", "name"];
const RELATIONSHIP_KEYS: &[&str] = &["DEPENDS_ON"];

/// The link types of Compass.
pub(crate) const LINK_TYPES: &[&str] =
    &["DOCUMENT", "CHAT_CHANNEL", "REPOSITORY", "PROJECT", "DASHBOARD", "OTHER_LINK", "ON_CALL"];

/// The built-in component types of Compass.
pub(crate) const COMPONENT_TYPES: &[&str] = &[
    "SERVICE",
    "LIBRARY",
    "APPLICATION",
    "CAPABILITY",
    "CLOUD_RESOURCE",
    "DATA_PIPELINE",
    "MACHINE_LEARNING_MODEL",
    "UI_ELEMENT",
    "WEBSITE",
    "DATASET",
    "DATA_PRODUCT",
    "DASHBOARD",
    "OTHER",
];

const LIFECYCLES: &[&str] = &["Pre-release", "Active", "Deprecated"];
const CUSTOM_FIELD_TYPES: &[&str] = &["text", "number", "boolean", "user", "single_select", "multi_select"];

/// LIMIT: Compass's own, in UTF-16 units as JavaScript counts.
const NAME_LENGTH_MAX: usize = 512;
/// LIMIT: Compass's own.
const DESCRIPTION_LENGTH_MAX: usize = 4096;
/// LIMIT: Compass's own.
const TYPE_LENGTH_MAX: usize = 128;
/// LIMIT: Compass's own.
const LABEL_LENGTH_MAX: usize = 40;

/// Everything that is wrong with a document.
pub(crate) fn check(document: &Node) -> Vec<Finding> {
    let mut findings = Findings::default();
    let Value::Map(entries) = &document.value else {
        findings.add(Finding::new(
            Code::NotAMapping,
            document.span,
            format!("a compass.yml must be a mapping, not {}", document.value.type_name()),
            "start with `name: <the component's name>`",
        ));
        return findings.into_vec();
    };
    if entries.is_empty() {
        findings.add(empty(document.span));
        return findings.into_vec();
    }
    for entry in entries {
        let node = &entry.node;
        match entry.key.as_str() {
            "name" => {
                if let Some(name) = string(&mut findings, node, "`name`") {
                    at_most(&mut findings, node, "`name`", name, NAME_LENGTH_MAX);
                }
            }
            "description" => {
                if let Some(text) = optional_string(&mut findings, node, "`description`") {
                    at_most(&mut findings, node, "`description`", text, DESCRIPTION_LENGTH_MAX);
                }
            }
            "id" => {
                if !node.is_null() && !js_to_string(node).is_some_and(|text| Ari::is_two_part(&text)) {
                    findings.bad_value(
                        node.span,
                        format!("`id` must be a component's identifier, not {}", shown(node)),
                        "write `ari:cloud:compass:<cloud id>:component/<id>/<id>`, or remove the key: the file is then matched by its path and name",
                    );
                }
            }
            "slug" | "ownerId" => {
                optional_string(&mut findings, node, &format!("`{}`", entry.key));
            }
            "typeId" => check_type(&mut findings, node),
            "configVersion" => check_version(&mut findings, node),
            "fields" => check_fields(&mut findings, node),
            "links" => check_links(&mut findings, node),
            "relationships" => check_relationships(&mut findings, node),
            "labels" => check_labels(&mut findings, node),
            "customFields" => check_custom_fields(&mut findings, node),
            _ => findings.unknown_key(entry, TOP_KEYS, "compass.yml"),
        }
    }
    if document.get("name").is_none() {
        findings.missing_key(document.span, "name", "the component", "add `name: <the component's name>`");
    }
    findings.into_vec()
}

/// The document says nothing.
pub(crate) fn empty(span: crate::catalog::problem::Span) -> Finding {
    Finding::new(Code::EmptyDocument, span, "the compass.yml is empty", "add at least `name: <the component's name>`")
}

/// What JavaScript takes for false: a quirk of the parser is that such values of optional objects are never looked at.
fn falsy(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.value == 0.0 || number.value.is_nan(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn string<'a>(findings: &mut Findings, node: &'a Node, what: &str) -> Option<&'a str> {
    let text = node.as_str();
    if text.is_none() {
        findings.wrong_type(node, what, "a string");
    }
    text
}

fn optional_string<'a>(findings: &mut Findings, node: &'a Node, what: &str) -> Option<&'a str> {
    if node.is_null() { None } else { string(findings, node, what) }
}

fn at_most(findings: &mut Findings, node: &Node, what: &str, text: &str, most: usize) {
    let length = js_length(text);
    if length > most {
        findings.too_long(node.span, what, length, most);
    }
}

/// A value in a message.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::String(text) | Value::Timestamp(text) => quoted(text),
        Value::Number(number) => quoted(&number.text),
        Value::Bool(value) => quoted(&value.to_string()),
        other => other.type_name().to_owned(),
    }
}

fn check_type(findings: &mut Findings, node: &Node) {
    let Some(text) = optional_string(findings, node, "`typeId`") else { return };
    // A built-in type or an identifier is short and not blank, so both are also names of types; only a blank or long
    // text that is an identifier escapes these two.
    if trim_js(text).is_empty() {
        findings.bad_value(
            node.span,
            "`typeId` is blank",
            format!("write {}, or the name of a custom type", one_of(COMPONENT_TYPES)),
        );
    } else if js_length(text) > TYPE_LENGTH_MAX && !is_type_ari(text) {
        findings.too_long(node.span, "`typeId`", js_length(text), TYPE_LENGTH_MAX);
    }
}

/// `^ari:cloud:compass:[^:]+:component-type/[^/]+/[^/]+$`
fn is_type_ari(text: &str) -> bool {
    let parts = || {
        let rest = text.strip_prefix("ari:cloud:compass:")?;
        let (cloud, rest) = rest.split_once(':')?;
        let (first, second) = rest.strip_prefix("component-type/")?.split_once('/')?;
        Some(!cloud.is_empty() && !first.is_empty() && !second.is_empty() && !second.contains('/'))
    };
    parts() == Some(true)
}

fn check_version(findings: &mut Findings, node: &Node) {
    let value = match &node.value {
        Value::Null => return,
        Value::Number(number) => Some(number.value),
        Value::String(text) => number_of(text),
        _ => {
            findings.wrong_type(node, "`configVersion`", "a number or a string");
            return;
        }
    };
    if value != Some(1.0) {
        findings.bad_value(
            node.span,
            format!("`configVersion` must be 1, not {}", shown(node)),
            "write `configVersion: 1`",
        );
    }
}

/// JavaScript's `Number(text)`, as far as the answer could be 1 or a tier.
fn number_of(text: &str) -> Option<f64> {
    let text = trim_js(text);
    let radix = match text.get(..2) {
        Some("0x" | "0X") => Some(16),
        Some("0o" | "0O") => Some(8),
        Some("0b" | "0B") => Some(2),
        _ => None,
    };
    match radix {
        Some(radix) if text[2..].bytes().all(|b| b.is_ascii_alphanumeric()) => {
            u32::from_str_radix(&text[2..], radix).ok().map(f64::from)
        }
        Some(_) => None,
        // Rust also reads `inf` and `nan` in any case, which JavaScript does not.
        None if text.bytes().any(|b| b.is_ascii_alphabetic() && !matches!(b, b'e' | b'E')) => None,
        None => text.parse().ok(),
    }
}

fn check_fields(findings: &mut Findings, node: &Node) {
    if falsy(node) {
        return;
    }
    let entries = match &node.value {
        Value::Map(entries) => entries,
        // Quirk: an empty list passes, and so does a date.
        Value::List(items) if items.is_empty() => return,
        Value::Timestamp(_) => return,
        _ => {
            findings.wrong_type(node, "`fields`", "a mapping");
            return;
        }
    };
    // Quirk: a mapping whose first key is `0` is taken for a list, and refused as one: unknown keys say the same here.
    for entry in entries {
        match entry.key.as_str() {
            "tier" => check_tier(findings, &entry.node),
            "lifecycle" => check_lifecycle(findings, &entry.node),
            // Quirk: the value of isMonorepoProject is never looked at.
            "isMonorepoProject" => {}
            _ => findings.unknown_key(entry, FIELD_KEYS, "`fields`"),
        }
    }
}

fn check_tier(findings: &mut Findings, node: &Node) {
    let Some(text) = js_to_string(node) else {
        findings.wrong_type(node, "`fields.tier`", "a number from 1 to 4");
        return;
    };
    if !matches!(text.as_str(), "1" | "2" | "3" | "4") {
        findings.bad_value(
            node.span,
            format!("`fields.tier` must be 1, 2, 3 or 4, not {}", shown(node)),
            "write `tier: 1` for what must never fail, up to `tier: 4`",
        );
    }
}

fn check_lifecycle(findings: &mut Findings, node: &Node) {
    let Some(text) = js_to_string(node) else {
        findings.wrong_type(node, "`fields.lifecycle`", "a string");
        return;
    };
    if !LIFECYCLES.iter().any(|lifecycle| capitalized(&text) == *lifecycle) {
        let hint = match closest(&text, LIFECYCLES) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write {}", one_of(LIFECYCLES)),
        };
        findings.bad_value(
            node.span,
            format!("`fields.lifecycle` must be {}, not {}", one_of(LIFECYCLES), shown(node)),
            hint,
        );
    }
}

/// JavaScript's `toString()`; none for null, which has no methods. Quirk: a list of one value reads as that value.
fn js_to_string(node: &Node) -> Option<String> {
    Some(match &node.value {
        Value::Null => return None,
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_js_string(),
        Value::String(text) => text.clone(),
        Value::Timestamp(text) => text.clone(),
        Value::Map(_) => "[object Object]".into(),
        Value::List(items) => {
            items.iter().map(|item| js_to_string(item).unwrap_or_default()).collect::<Vec<_>>().join(",")
        }
    })
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        None => String::new(),
        Some(first) => first.to_uppercase().collect::<String>() + &chars.as_str().to_lowercase(),
    }
}

/// A list that may be left out. Quirk: `false`, `0` and `""` count as left out.
fn optional_list<'a>(findings: &mut Findings, node: &'a Node, key: &str) -> Option<&'a [Node]> {
    if falsy(node) {
        return None;
    }
    match &node.value {
        Value::List(items) => Some(items),
        _ => {
            findings.wrong_type(node, &format!("`{key}`"), "a list");
            None
        }
    }
}

fn check_links(findings: &mut Findings, node: &Node) {
    for link in optional_list(findings, node, "links").unwrap_or_default() {
        let Value::Map(entries) = &link.value else {
            findings.wrong_type(link, "a link", "a mapping");
            continue;
        };
        for entry in entries {
            match entry.key.as_str() {
                "type" => check_link_type(findings, &entry.node),
                "url" => {
                    string(findings, &entry.node, "a link's `url`");
                }
                "name" => {
                    if let Some(name) = optional_string(findings, &entry.node, "a link's `name`") {
                        at_most(findings, &entry.node, "a link's `name`", name, NAME_LENGTH_MAX);
                    }
                }
                _ => findings.unknown_key(entry, LINK_KEYS, "a link"),
            }
        }
        for key in ["type", "url"] {
            if link.get(key).is_none() {
                let hint = if key == "type" {
                    format!("add `type:` with {}", one_of(LINK_TYPES))
                } else {
                    "add `url: https://…`".into()
                };
                findings.missing_key(link.span, key, "a link", hint);
            }
        }
    }
}

fn check_link_type(findings: &mut Findings, node: &Node) {
    match &node.value {
        // Quirk: a type that is there and null passes.
        Value::Null => {}
        Value::String(text) if LINK_TYPES.contains(&text.to_uppercase().as_str()) => {}
        Value::String(text) => {
            let hint = match closest(text, LINK_TYPES) {
                Some(near) => format!("did you mean `{near}`? link types: {}", one_of(LINK_TYPES)),
                None => format!("write {}", one_of(LINK_TYPES)),
            };
            findings.bad_value(node.span, format!("{} is not a link type", quoted(text)), hint);
        }
        _ => findings.wrong_type(node, "a link's `type`", "a string"),
    }
}

fn check_relationships(findings: &mut Findings, node: &Node) {
    if falsy(node) {
        return;
    }
    let entries = match &node.value {
        Value::Map(entries) => entries,
        // Quirk, as for `fields`.
        Value::List(items) if items.is_empty() => return,
        Value::Timestamp(_) => return,
        _ => {
            findings.wrong_type(node, "`relationships`", "a mapping");
            return;
        }
    };
    for entry in entries {
        if entry.key != "DEPENDS_ON" {
            findings.unknown_key(entry, RELATIONSHIP_KEYS, "`relationships`");
            continue;
        }
        match &entry.node.value {
            // Quirk: a list is never looked into, so that any text passes as a slug; what names nothing is dropped by
            // Compass in silence, and reported as dangling here. A mapping passes, too, and names nothing.
            Value::Null | Value::List(_) | Value::Map(_) | Value::Timestamp(_) => {}
            _ => findings.wrong_type(&entry.node, "`DEPENDS_ON`", "a list"),
        }
    }
}

fn check_labels(findings: &mut Findings, node: &Node) {
    for label in optional_list(findings, node, "labels").unwrap_or_default() {
        let Some(text) = string(findings, label, "a label") else { continue };
        at_most(findings, label, "a label", text, LABEL_LENGTH_MAX);
        if text.contains(is_js_space) {
            findings.bad_value(
                label.span,
                format!("the label {} holds white space", quoted(text)),
                "use a hyphen instead",
            );
        }
        if text.contains(|c: char| c.is_ascii_uppercase()) {
            findings.bad_value(
                label.span,
                format!("the label {} holds capital letters", quoted(text)),
                format!("write {}", quoted(&text.to_ascii_lowercase())),
            );
        }
    }
}

fn check_custom_fields(findings: &mut Findings, node: &Node) {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for field in optional_list(findings, node, "customFields").unwrap_or_default() {
        let Value::Map(entries) = &field.value else {
            findings.wrong_type(field, "a custom field", "a mapping");
            continue;
        };
        if let Some(name) = field.get("name").and_then(Node::as_str)
            && let Some(line) = seen.insert(name, field.span.line)
        {
            findings.add(Finding::new(
                Code::DuplicateName,
                field.span,
                format!("the custom field {} is given twice (first on line {line})", quoted(name)),
                "remove one of the two",
            ));
        }
        let Some(kind) = custom_field_type(findings, field) else { continue };
        let selects = kind.ends_with("select");
        let known: &[&str] =
            if selects { &["name", "type", "value", "displayValue"] } else { &["name", "type", "value"] };
        for entry in entries {
            match entry.key.as_str() {
                "name" => {
                    if let Some(name) = string(findings, &entry.node, "a custom field's `name`") {
                        at_most(findings, &entry.node, "a custom field's `name`", name, NAME_LENGTH_MAX);
                    }
                }
                "type" => {}
                "value" => check_custom_value(findings, &entry.node, kind),
                "displayValue" if selects => check_display_value(findings, &entry.node, kind),
                _ => findings.unknown_key(entry, known, &format!("a custom field of type `{kind}`")),
            }
        }
        if field.get("name").is_none() {
            findings.missing_key(field.span, "name", "a custom field", "add `name:` with the field's name in Compass");
        }
        if kind == "boolean" && field.get("value").is_none() {
            findings.missing_key(field.span, "value", "a boolean custom field", "add `value: true` or `value: false`");
        }
    }
}

fn custom_field_type(findings: &mut Findings, field: &Node) -> Option<&'static str> {
    let hint = format!("write {}", one_of(CUSTOM_FIELD_TYPES));
    let Some(node) = field.get("type") else {
        findings.missing_key(field.span, "type", "a custom field", hint);
        return None;
    };
    let Some(text) = node.as_str() else {
        findings.wrong_type(node, "a custom field's `type`", "a string");
        return None;
    };
    let upper = text.to_uppercase();
    let known = CUSTOM_FIELD_TYPES.iter().find(|kind| kind.to_uppercase() == upper);
    if known.is_none() {
        findings.bad_value(node.span, format!("{} is not a custom field type", quoted(text)), hint);
    }
    known.copied()
}

fn check_custom_value(findings: &mut Findings, node: &Node, kind: &str) {
    let what = format!("the value of a custom field of type `{kind}`");
    match (kind, &node.value) {
        ("boolean", Value::Bool(_)) | ("number", Value::Number(_)) | ("text", Value::String(_)) => {}
        ("boolean", _) => findings.wrong_type(node, &what, "a boolean"),
        (_, Value::Null) => {}
        ("number", _) => findings.wrong_type(node, &what, "a number"),
        ("text", _) => findings.wrong_type(node, &what, "a string"),
        ("user", _)
            if js_to_string(node)
                .is_some_and(|text| Ari::parse(&text).is_some_and(|ari| !ari.resource_id.is_empty())) => {}
        ("user", _) => findings.bad_value(
            node.span,
            format!("{what} must be an identifier, not {}", shown(node)),
            "write `ari:cloud:identity::user/<account id>`",
        ),
        ("single_select", _) => check_option(findings, node),
        (_, Value::List(items)) => items.iter().for_each(|item| check_option(findings, item)),
        _ => findings.wrong_type(node, &what, "a list"),
    }
}

fn check_option(findings: &mut Findings, node: &Node) {
    if !js_to_string(node).is_some_and(|text| is_uuid_v4(&text)) {
        findings.bad_value(
            node.span,
            format!("the option id {} is not a version 4 UUID", shown(node)),
            "write the option's id, or use `displayValue` with its text",
        );
    }
}

fn check_display_value(findings: &mut Findings, node: &Node, kind: &str) {
    match (kind, &node.value) {
        (_, Value::Null) | ("single_select", Value::String(_)) => {}
        ("single_select", _) => findings.wrong_type(node, "`displayValue`", "a string"),
        (_, Value::List(items)) => {
            for item in items {
                string(findings, item, "an item of `displayValue`");
            }
        }
        _ => findings.wrong_type(node, "`displayValue`", "a list"),
    }
}

/// `xxxxxxxx-xxxx-4xxx-[89ab]xxx-xxxxxxxxxxxx`
fn is_uuid_v4(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            14 => b == b'4',
            19 => matches!(b, b'8' | b'9' | b'a' | b'b' | b'A' | b'B'),
            _ => b.is_ascii_hexdigit(),
        })
}
