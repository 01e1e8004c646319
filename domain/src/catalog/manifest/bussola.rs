//! Our own `bussola.yaml`: what neither Compass nor Backstage has a place for.
//!
//! ```yaml
//! bussola: 1
//! claims:                                  # these task families belong to this component
//!   - component: component:default/billing-etl
//!     families: ["Billing*", "billing.*"]
//! aliases:                                 # this identifier means this entity
//!   "ari:cloud:identity::team/4a1b": group:default/payments
//! ```
//!
//! Several documents may stand in one file. Unknown keys are errors: the format is ours, and a slip must not pass in silence.

use super::rules::Findings;
use super::tree::{Node, Value};
use crate::catalog::glob::FamilyGlob;
use crate::catalog::limits::{ALIAS_BYTES_MAX, CLAIMS_MAX};
use crate::catalog::model::{Alias, Claim, FamilyGlobAt};
use crate::catalog::problem::{Code, Finding, quoted};
use crate::catalog::reference::EntityRef;

const TOP_KEYS: &[&str] = &["bussola", "claims", "aliases"];
const CLAIM_KEYS: &[&str] = &["component", "families"];

/// What a document says.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    pub claims: Vec<Claim>,
    pub aliases: Vec<Alias>,
}

/// Reads a document, or says everything that is wrong with it.
pub(crate) fn read(document: &Node) -> Result<Claims, Vec<Finding>> {
    let mut findings = Findings::default();
    let mut out = Claims::default();
    let Value::Map(entries) = &document.value else {
        findings.add(Finding::new(
            Code::NotAMapping,
            document.span,
            format!("a bussola.yaml must be a mapping, not {}", document.value.type_name()),
            "start with `bussola: 1`",
        ));
        return Err(findings.into_vec());
    };
    for entry in entries {
        match entry.key.as_str() {
            "bussola" => check_version(&mut findings, &entry.node),
            "claims" => read_claims(&mut findings, &entry.node, &mut out.claims),
            "aliases" => read_aliases(&mut findings, &entry.node, &mut out.aliases),
            _ => findings.unknown_key(entry, TOP_KEYS, "bussola.yaml"),
        }
    }
    if document.get("bussola").is_none() {
        findings.missing_key(
            document.span,
            "bussola",
            "the document",
            "start with `bussola: 1`, the version of the format",
        );
    }
    if findings.is_empty() { Ok(out) } else { Err(findings.into_vec()) }
}

fn check_version(findings: &mut Findings, node: &Node) {
    match &node.value {
        Value::Number(number) if number.value == 1.0 => {}
        Value::Number(number) => findings.bad_value(
            node.span,
            format!("version {} of bussola.yaml is not known", quoted(&number.text)),
            "write `bussola: 1`, or update Bussola",
        ),
        _ => findings.wrong_type(node, "`bussola`", "a number"),
    }
}

fn read_claims(findings: &mut Findings, node: &Node, claims: &mut Vec<Claim>) {
    let Value::List(items) = &node.value else {
        findings.wrong_type(node, "`claims`", "a list");
        return;
    };
    if items.len() > CLAIMS_MAX {
        findings.too_long(node.span, "`claims`", items.len(), CLAIMS_MAX);
        return;
    }
    for item in items {
        let Value::Map(entries) = &item.value else {
            findings.wrong_type(item, "a claim", "a mapping");
            continue;
        };
        let mut component = None;
        let mut families = Vec::new();
        for entry in entries {
            match entry.key.as_str() {
                "component" => component = read_ref(findings, &entry.node, "a claim's `component`", Some("component")),
                "families" => families = read_families(findings, &entry.node),
                _ => findings.unknown_key(entry, CLAIM_KEYS, "a claim"),
            }
        }
        for (key, hint) in [
            ("component", "add `component: component:default/<name>`"),
            ("families", "add `families:` with a list of families or globs, as in `[\"Billing*\"]`"),
        ] {
            if item.get(key).is_none() {
                findings.missing_key(item.span, key, "a claim", hint);
            }
        }
        if let Some(component) = component {
            claims.push(Claim { component, families });
        }
    }
}

fn read_families(findings: &mut Findings, node: &Node) -> Vec<FamilyGlobAt> {
    let Value::List(items) = &node.value else {
        findings.wrong_type(node, "`families`", "a list");
        return Vec::new();
    };
    if items.is_empty() {
        findings.bad_value(node.span, "`families` is empty", "name at least one family or glob");
    }
    if items.len() > CLAIMS_MAX {
        findings.too_long(node.span, "`families`", items.len(), CLAIMS_MAX);
        return Vec::new();
    }
    let mut families = Vec::new();
    for item in items {
        let Some(text) = item.as_str() else {
            findings.wrong_type(item, "a family", "a string");
            continue;
        };
        match FamilyGlob::parse(text) {
            Ok(glob) => families.push(FamilyGlobAt { glob, span: item.span }),
            Err(error) => findings.add(Finding::new(
                Code::BadGlob,
                item.span,
                format!("{error}: {}", quoted(text)),
                "write a family such as `BillingDaily`, or a glob such as `Billing*`",
            )),
        }
    }
    families
}

fn read_aliases(findings: &mut Findings, node: &Node, aliases: &mut Vec<Alias>) {
    let Value::Map(entries) = &node.value else {
        findings.wrong_type(node, "`aliases`", "a mapping");
        return;
    };
    if entries.len() > CLAIMS_MAX {
        findings.too_long(node.span, "`aliases`", entries.len(), CLAIMS_MAX);
        return;
    }
    for entry in entries {
        if entry.key.is_empty() || entry.key.len() > ALIAS_BYTES_MAX {
            findings.bad_value(
                entry.key_span,
                "an alias is empty or too long",
                format!("use 1 to {ALIAS_BYTES_MAX} bytes"),
            );
            continue;
        }
        let Some(entity) = read_ref(findings, &entry.node, "an alias's entity", None) else { continue };
        aliases.push(Alias { alias: entry.key.clone(), entity, span: entry.key_span });
    }
}

fn read_ref(findings: &mut Findings, node: &Node, what: &str, default_kind: Option<&str>) -> Option<EntityRef> {
    let Some(text) = node.as_str() else {
        findings.wrong_type(node, what, "a string");
        return None;
    };
    match EntityRef::parse_in(text, default_kind, None) {
        Ok(reference) => Some(reference),
        Err(error) => {
            let hint = "write `<kind>:<namespace>/<name>`, as in `component:default/billing-etl`";
            findings.add(Finding::new(Code::BadReference, node.span, format!("{what}: {error}"), hint));
            None
        }
    }
}
