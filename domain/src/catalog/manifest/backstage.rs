//! Backstage's `catalog-info.yaml`: the envelope, the policies and the kinds that a Backstage accepts by default.
//!
//! The verdict on each document equals that of Backstage's catalog (catalog-model 1.10, catalog-backend 4.0): envelope
//! schema, field formats, no foreign keys at the root, the schema of the kind, references that can be read. Placeholders
//! (`$text: ./file`) are read as the text they stand for. `AiResource` and API type `mcp-server` without a definition are
//! opt-in there and refused here.

use url::Url;

use super::rules::Findings;
use super::schema::{Field, Shape, check as check_shape, optional, required};
use super::tree::{Entry, Node, Value};
use crate::catalog::problem::{Code, Finding, closest, one_of, quoted};
use crate::catalog::reference::{EntityRef, RefError, js_length, trim_js};
use crate::catalog::relation::{RefField, RelationKind};

/// What Backstage knows about a kind.
pub(crate) struct Kind {
    /// As it is written.
    pub name: &'static str,
    api_versions: &'static [&'static str],
    spec: &'static [Field],
    /// Fields of `spec` that name other entities, in the order in which Backstage emits relations.
    pub references: &'static [RefField],
}

const CORE: &[&str] = &["backstage.io/v1alpha1", "backstage.io/v1beta1"];
const SCAFFOLDER: &[&str] = &["scaffolder.backstage.io/v1beta3"];
const ROOT_KEYS: &[&str] = &["apiVersion", "kind", "metadata", "spec"];

const NAMES: Shape = Shape::ListOf(&Shape::Filled);
const PROFILE: Shape = Shape::Object(&[
    optional("displayName", Shape::Filled),
    optional("email", Shape::Filled),
    optional("picture", Shape::Filled),
]);
const PERMISSIONS: Field =
    optional("backstage:permissions", Shape::Object(&[optional("tags", Shape::ListOf(&Shape::Text))]));
const DECORATORS: Shape =
    Shape::ListOf(&Shape::Object(&[optional("id", Shape::Text), optional("input", Shape::Object(&[]))]));

const OWNER: RefField = RefField::new("owner", Some("group"), RelationKind::OwnedBy);
const SYSTEM: RefField = RefField::new("system", Some("system"), RelationKind::PartOf);
const DEPENDS_ON: RefField = RefField::new("dependsOn", None, RelationKind::DependsOn);
const DEPENDENCY_OF: RefField = RefField::new("dependencyOf", None, RelationKind::DependencyOf);

/// The kinds that are valid by default.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "Component",
        api_versions: CORE,
        spec: &[
            required("type", Shape::Filled),
            required("lifecycle", Shape::Filled),
            required("owner", Shape::Filled),
            optional("system", Shape::Filled),
            optional("subcomponentOf", Shape::Filled),
            optional("providesApis", NAMES),
            optional("consumesApis", NAMES),
            optional("dependsOn", NAMES),
        ],
        references: &[
            OWNER,
            RefField::new("subcomponentOf", Some("component"), RelationKind::PartOf),
            RefField::new("providesApis", Some("api"), RelationKind::ProvidesApi),
            RefField::new("consumesApis", Some("api"), RelationKind::ConsumesApi),
            DEPENDS_ON,
            DEPENDENCY_OF,
            SYSTEM,
        ],
    },
    Kind {
        name: "API",
        api_versions: CORE,
        spec: &[
            required("type", Shape::Filled),
            required("lifecycle", Shape::Filled),
            required("owner", Shape::Filled),
            optional("system", Shape::Filled),
            required("definition", Shape::Filled),
        ],
        references: &[OWNER, SYSTEM],
    },
    Kind {
        name: "Resource",
        api_versions: CORE,
        spec: &[
            required("type", Shape::Filled),
            required("owner", Shape::Filled),
            optional("dependsOn", NAMES),
            optional("system", Shape::Filled),
        ],
        references: &[OWNER, DEPENDS_ON, DEPENDENCY_OF, SYSTEM],
    },
    Kind {
        name: "System",
        api_versions: CORE,
        spec: &[required("owner", Shape::Filled), optional("domain", Shape::Filled), optional("type", Shape::Filled)],
        references: &[OWNER, RefField::new("domain", Some("domain"), RelationKind::PartOf)],
    },
    Kind {
        name: "Domain",
        api_versions: CORE,
        spec: &[
            required("owner", Shape::Filled),
            optional("subdomainOf", Shape::Filled),
            optional("type", Shape::Filled),
        ],
        references: &[OWNER, RefField::new("subdomainOf", Some("domain"), RelationKind::PartOf)],
    },
    Kind {
        name: "Group",
        api_versions: CORE,
        spec: &[
            required("type", Shape::Filled),
            optional("profile", PROFILE),
            optional("parent", Shape::Filled),
            required("children", NAMES),
            optional("members", NAMES),
        ],
        references: &[
            RefField::new("parent", Some("group"), RelationKind::ChildOf),
            RefField::new("children", Some("group"), RelationKind::ParentOf),
            RefField::new("members", Some("user"), RelationKind::HasMember),
        ],
    },
    Kind {
        name: "User",
        api_versions: CORE,
        spec: &[optional("profile", PROFILE), required("memberOf", NAMES)],
        references: &[RefField::new("memberOf", Some("group"), RelationKind::MemberOf)],
    },
    Kind {
        name: "Location",
        api_versions: CORE,
        spec: &[
            optional("type", Shape::Filled),
            optional("target", Shape::Filled),
            optional("targets", NAMES),
            optional("presence", Shape::OneOf(&["required", "optional"])),
        ],
        references: &[],
    },
    Kind {
        name: "Template",
        api_versions: SCAFFOLDER,
        spec: &[
            required("type", Shape::Filled),
            optional("owner", Shape::Filled),
            optional("lifecycle", Shape::Filled),
            optional("parameters", Shape::ObjectOrListOf(&[PERMISSIONS])),
            optional("secrets", Shape::Object(&[optional("schema", Shape::Object(&[]))])),
            optional(
                "presentation",
                Shape::Object(&[optional(
                    "buttonLabels",
                    Shape::Object(&[
                        optional("backButtonText", Shape::Text),
                        optional("createButtonText", Shape::Text),
                        optional("reviewButtonText", Shape::Text),
                    ]),
                )]),
            ),
            optional("EXPERIMENTAL_recovery", Shape::Object(&[optional("EXPERIMENTAL_strategy", Shape::Text)])),
            optional("formDecorators", DECORATORS),
            optional("EXPERIMENTAL_formDecorators", DECORATORS),
            required(
                "steps",
                Shape::ListOf(&Shape::Object(&[
                    optional("id", Shape::Text),
                    optional("name", Shape::Text),
                    required("action", Shape::Text),
                    optional("input", Shape::Object(&[])),
                    optional("if", Shape::TextOrBool),
                    PERMISSIONS,
                ])),
            ),
            optional(
                "output",
                Shape::ObjectAnd(
                    &[
                        optional(
                            "links",
                            Shape::ListOf(&Shape::Object(&[
                                optional("if", Shape::TextOrBool),
                                optional("url", Shape::Filled),
                                optional("entityRef", Shape::Filled),
                                optional("title", Shape::Filled),
                                optional("icon", Shape::Filled),
                            ])),
                        ),
                        optional(
                            "text",
                            Shape::ListOf(&Shape::Object(&[
                                optional("if", Shape::TextOrBool),
                                optional("title", Shape::Filled),
                                optional("icon", Shape::Filled),
                                optional("content", Shape::Text),
                            ])),
                        ),
                    ],
                    &Shape::Text,
                ),
            ),
        ],
        references: &[OWNER],
    },
];

const METADATA: Shape = Shape::Object(&[
    optional("uid", Shape::Filled),
    optional("etag", Shape::Filled),
    required("name", Shape::Filled),
    optional("namespace", Shape::Filled),
    optional("title", Shape::Filled),
    optional("description", Shape::Text),
    // Keys are checked by hand below: an empty key passes the schema there, and fails as a key here.
    optional("labels", Shape::Object(&[])),
    optional("annotations", Shape::Object(&[])),
    optional("tags", Shape::ListOf(&Shape::Filled)),
    optional(
        "links",
        Shape::ListOf(&Shape::Object(&[
            required("url", Shape::Filled),
            optional("title", Shape::Filled),
            optional("icon", Shape::Filled),
            optional("type", Shape::Filled),
        ])),
    ),
]);

/// The kind of that name, as written.
pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// Everything that is wrong with a document.
pub(crate) fn check(document: &Node) -> Vec<Finding> {
    let mut findings = Findings::default();
    let Value::Map(entries) = &document.value else {
        findings.add(Finding::new(
            Code::NotAMapping,
            document.span,
            format!("an entity must be a mapping, not {}", document.value.type_name()),
            "start with `apiVersion: backstage.io/v1alpha1` and `kind: Component`",
        ));
        return findings.into_vec();
    };
    for entry in entries {
        check_root(&mut findings, entry);
    }
    for (key, hint) in [
        ("apiVersion", "add `apiVersion: backstage.io/v1alpha1`"),
        ("kind", "add `kind: Component`, or another kind"),
        ("metadata", "add `metadata:` with at least a `name:`"),
    ] {
        if document.get(key).is_none() {
            findings.missing_key(document.span, key, "the entity", hint);
        }
    }
    if let Some(metadata) = document.get("metadata") {
        check_metadata(&mut findings, metadata);
    }
    if let Some(kind) = check_kind(&mut findings, document) {
        match document.get("spec") {
            Some(spec) => {
                check_shape(&mut findings, spec, Shape::Object(kind.spec), "spec");
                check_references(&mut findings, document, spec, kind);
            }
            None => findings.missing_key(
                document.span,
                "spec",
                "the entity",
                format!("add `spec:` with the keys of a {}", kind.name),
            ),
        }
    }
    findings.into_vec()
}

fn check_root(findings: &mut Findings, entry: &Entry) {
    match entry.key.as_str() {
        "apiVersion" => match entry.node.as_str() {
            Some(text) if is_api_version(text) => {}
            Some(text) => findings.bad_value(
                entry.node.span,
                format!("{} is not an apiVersion", quoted(text)),
                "write `backstage.io/v1alpha1`, or `scaffolder.backstage.io/v1beta3` for a Template",
            ),
            None => findings.wrong_type(&entry.node, "`apiVersion`", "a string"),
        },
        "kind" => match entry.node.as_str() {
            Some(text) if is_kind(text) => {}
            Some(text) => findings.bad_value(entry.node.span, format!("{} is not a kind", quoted(text)), kinds_hint()),
            None => findings.wrong_type(&entry.node, "`kind`", "a string"),
        },
        "metadata" | "spec" => {}
        // Backstage adds these to what it gives out; it takes neither in a file.
        "relations" | "status" => findings.add(Finding::new(
            Code::UnknownKey,
            entry.key_span,
            format!("`{}` is made by the catalog and cannot be written in a file", entry.key),
            "remove it",
        )),
        _ => findings.unknown_key(entry, ROOT_KEYS, "the entity"),
    }
}

fn kinds_hint() -> String {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    format!("write {}", one_of(&names))
}

fn check_kind(findings: &mut Findings, document: &Node) -> Option<&'static Kind> {
    let (version, kind_node) = (document.get("apiVersion")?, document.get("kind")?);
    let (version_text, kind_text) = (version.as_str()?, kind_node.as_str()?);
    if !is_kind(kind_text) || !is_api_version(version_text) {
        return None; // said already
    }
    let Some(kind) = kind(kind_text) else {
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let hint = match (kind_text, closest(kind_text, &names)) {
            ("AiResource", _) => {
                "AiResource is opt-in in Backstage and not read here; describe it as a Resource".to_owned()
            }
            (_, Some(near)) => format!("did you mean `{near}`?"),
            _ => kinds_hint(),
        };
        findings.add(Finding::new(
            Code::UnknownKind,
            kind_node.span,
            format!("the kind {} is not known", quoted(kind_text)),
            hint,
        ));
        return None;
    };
    if !kind.api_versions.contains(&version_text) {
        findings.add(Finding::new(
            Code::UnknownKind,
            version.span,
            format!("the apiVersion {} is not known for a {}", quoted(version_text), kind.name),
            format!("write {}", one_of(kind.api_versions)),
        ));
        return None;
    }
    Some(kind)
}

fn check_metadata(findings: &mut Findings, metadata: &Node) {
    check_shape(findings, metadata, METADATA, "metadata");
    let text = |key: &str| {
        metadata.get(key).and_then(|node| Some((node.span, node.as_str().filter(|text| !text.is_empty())?)))
    };
    if let Some((span, name)) = text("name")
        && !is_object_name(name)
    {
        findings.bad_value(
            span,
            format!("{} is not a name", quoted(name)),
            "use 1 to 63 letters and digits, separated by `-`, `_` or `.`; free text belongs in `metadata.title`",
        );
    }
    if let Some((span, namespace)) = text("namespace")
        && !is_dns_label(namespace)
    {
        findings.bad_value(
            span,
            format!("{} is not a namespace", quoted(namespace)),
            "use 1 to 63 small letters and digits, separated by `-`",
        );
    }
    for key in ["labels", "annotations"] {
        for entry in metadata.get(key).map(Node::entries).unwrap_or_default() {
            check_pair(findings, entry, key);
        }
    }
    for tag in metadata.get("tags").map(Node::items).unwrap_or_default() {
        if let Some(text) = tag.as_str().filter(|text| !text.is_empty() && !is_tag(text)) {
            findings.bad_value(
                tag.span,
                format!("{} is not a tag", quoted(text)),
                "use 1 to 63 small letters, digits, `:`, `+` and `#`, separated by single `-`",
            );
        }
    }
    for link in metadata.get("links").map(Node::items).unwrap_or_default() {
        check_link(findings, link);
    }
}

fn check_pair(findings: &mut Findings, entry: &Entry, of: &str) {
    let one = if of == "labels" { "label" } else { "annotation" };
    if !is_prefixed_name(&entry.key) {
        findings.bad_value(
            entry.key_span,
            format!("{} is not the key of a {one}", quoted(&entry.key)),
            "use `name` or `example.com/name`: letters and digits, separated by `-`, `_` or `.`",
        );
    }
    match entry.node.as_str() {
        None => findings.wrong_type(&entry.node, &format!("the {one} {}", quoted(&entry.key)), "a string"),
        Some(text) if of == "labels" && !text.is_empty() && !is_object_name(text) => findings.bad_value(
            entry.node.span,
            format!("{} is not the value of a label", quoted(text)),
            "use up to 63 letters and digits, separated by `-`, `_` or `.`; other text belongs in an annotation",
        ),
        Some(_) => {}
    }
}

fn check_link(findings: &mut Findings, link: &Node) {
    if let Some(url) = link.get("url")
        && let Some(text) = url.as_str().filter(|text| !text.is_empty())
        && !is_url(text)
    {
        findings.bad_value(
            url.span,
            format!("{} is not a URL", quoted(text)),
            "write it in full, as in `https://example.com/page`",
        );
    }
    for key in ["title", "icon"] {
        if let Some(node) = link.get(key)
            && let Some(text) = node.as_str()
            && !text.is_empty()
            && trim_js(text).is_empty()
        {
            findings.bad_value(node.span, format!("a link's `{key}` is blank"), "give it a value, or remove the key");
        }
    }
}

fn check_references(findings: &mut Findings, document: &Node, spec: &Node, kind: &Kind) {
    let namespace = namespace_of(document);
    for field in kind.references {
        let Some(node) = spec.get(field.key) else { continue };
        for written in targets(node) {
            match written.as_str() {
                // The schema names most of these fields; `dependencyOf` it does not, so its items are checked here.
                Some("") if field.key == "dependencyOf" => {
                    findings.bad_value(
                        written.span,
                        "an entity reference is empty",
                        "write `<kind>:<name>`, or remove it",
                    );
                }
                Some("") => {}
                Some(text) => {
                    if let Err(error) = EntityRef::parse_in(text, field.default_kind, Some(namespace)) {
                        findings.add(bad_reference(written, &error, field.key));
                    }
                }
                None if field.key == "dependencyOf" => {
                    findings.wrong_type(written, "`spec.dependencyOf`", "a list of strings")
                }
                None => {}
            }
        }
    }
}

fn bad_reference(node: &Node, error: &RefError, key: &str) -> Finding {
    let hint = match error {
        RefError::NoKind { written } => format!("write the kind, as in {}", quoted(&format!("component:{written}"))),
        _ => "write `<kind>:<namespace>/<name>`, `<kind>:<name>` or `<name>`".to_owned(),
    };
    Finding::new(Code::BadReference, node.span, format!("`spec.{key}`: {error}"), hint)
}

/// The items of a field that holds one reference or a list of them.
pub(crate) fn targets(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        Value::Null | Value::Bool(false) => &[],
        Value::String(text) if text.is_empty() => &[],
        _ => std::slice::from_ref(node),
    }
}

/// The namespace of a document, `default` when it names none.
pub(crate) fn namespace_of(document: &Node) -> &str {
    let written = document.at(&["metadata", "namespace"]).and_then(Node::as_str).unwrap_or("");
    if written.is_empty() { crate::catalog::reference::DEFAULT_NAMESPACE } else { written }
}

/// The key that stands for the text of another file: `definition: { $text: ./openapi.yaml }`.
pub(crate) const PLACEHOLDER: &str = "$text";

/// The document as the rules see it: each `$text` placeholder is the text that it stands for.
///
/// What the file holds is not read here; its reference is the text, which is enough to be a text that is not empty.
/// `$yaml` and `$json` stand for structures that only the file could show, so they are left as they are.
pub(crate) fn without_placeholders(node: &Node) -> Node {
    let value = match &node.value {
        Value::Map(entries) => match entries.as_slice() {
            [entry] if entry.key == PLACEHOLDER && entry.node.as_str().is_some() => entry.node.value.clone(),
            entries if entries.iter().any(|entry| entry.key.starts_with('$')) => node.value.clone(),
            entries => Value::Map(
                entries
                    .iter()
                    .map(|entry| Entry {
                        key: entry.key.clone(),
                        key_span: entry.key_span,
                        node: without_placeholders(&entry.node),
                    })
                    .collect(),
            ),
        },
        Value::List(items) => Value::List(items.iter().map(without_placeholders).collect()),
        other => other.clone(),
    };
    Node { span: node.span, value }
}

/// `[<dns subdomain>/]<letters and digits>`
pub fn is_api_version(text: &str) -> bool {
    with_prefix(text, |name| in_length(name, 63) && name.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A letter, then letters and digits, at most 63.
pub fn is_kind(text: &str) -> bool {
    in_length(text, 63)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Letters and digits, within them also `-`, `_` and `.`, at most 63: names, and the values of labels.
pub fn is_object_name(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    in_length(text, 63)
        && text.starts_with(edge)
        && text.ends_with(edge)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Small letters and digits, within them also `-`, at most 63: namespaces.
pub fn is_dns_label(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    in_length(text, 63) && text.starts_with(edge) && text.ends_with(edge) && text.chars().all(|c| edge(c) || c == '-')
}

/// `[<dns subdomain>/]<name>`: the keys of labels and annotations.
pub fn is_prefixed_name(text: &str) -> bool {
    with_prefix(text, is_object_name)
}

/// The value of a label: a name, or empty.
pub fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_object_name(text)
}

/// Small letters, digits, `:`, `+` and `#`, within them also single `-`, at most 63.
pub fn is_tag(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, ':' | '+' | '#');
    in_length(text, 63) && text.split('-').all(|part| !part.is_empty() && part.chars().all(plain))
}

/// What the WHATWG URL parser takes without a base.
pub fn is_url(text: &str) -> bool {
    Url::parse(text).is_ok()
}

fn in_length(text: &str, most: usize) -> bool {
    (1..=most).contains(&js_length(text))
}

fn with_prefix(text: &str, is_name: impl Fn(&str) -> bool) -> bool {
    match text.split_once('/') {
        None => is_name(text),
        Some((prefix, name)) => {
            !name.contains('/') && in_length(prefix, 253) && prefix.split('.').all(is_dns_label) && is_name(name)
        }
    }
}
