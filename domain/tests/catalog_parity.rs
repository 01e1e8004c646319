//! The same verdicts as Compass's and Backstage's own parsers, on files that are not part of the project.
//!
//! The files are looked for in `$BUSSOLA_SHARED`, else in `../shared` beside the workspace; without them these tests say
//! that they are skipped, and pass.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use bussola_domain::catalog::manifest::{Content, backstage, parse_as, parse_documents};
use bussola_domain::catalog::model::Format;
use bussola_domain::catalog::reference::{EntityRef, LocationRef, RefParts};
use serde_json::Value as Json;

fn shared(path: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("BUSSOLA_SHARED") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
    };
    let path = root.join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there (set BUSSOLA_SHARED)", path.display());
    None
}

fn lines(path: &str) -> Option<Vec<Json>> {
    let text = fs::read_to_string(shared(path)?).expect("the file can be read");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect())
}

/// The rows of a table with a header, as maps from column to cell.
fn table(path: &str) -> Option<Vec<BTreeMap<String, String>>> {
    let text = fs::read_to_string(shared(path)?).expect("the file can be read");
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    let row = |line: &str| header.iter().zip(line.split('\t')).map(|(k, v)| (k.to_string(), v.to_string())).collect();
    Some(lines.map(row).collect())
}

/// Fails with every difference, not the first.
fn assert_none(what: &str, of: usize, differences: Vec<String>) {
    assert!(of > 0, "{what}: nothing was compared");
    assert!(differences.is_empty(), "{what}: {} of {of} differ\n{}", differences.len(), differences.join("\n"));
    println!("{what}: {of} of {of} equal");
}

#[test]
fn compass_cases() {
    let Some(cases) = lines("contracts/compass-yml-cases.jsonl") else { return };
    let mut differences = Vec::new();
    for case in &cases {
        let text = case["yaml"].as_str().expect("yaml");
        let result = parse_as("compass.yml", text.as_bytes(), Format::Compass);
        if result.is_ok() != case["valid"].as_bool().expect("valid") {
            differences.push(format!("{text:.120?}: {result:.200?}"));
        }
    }
    assert_none("compass cases", cases.len(), differences);
}

#[test]
fn compass_corpus() {
    let Some(rows) = table("corpus/compass/results.tsv") else { return };
    let mut differences = Vec::new();
    for row in &rows {
        let path = shared("corpus/compass").expect("it was there").join(&row["file"]);
        let result = parse_as(&row["file"], &fs::read(path).expect("the file can be read"), Format::Compass);
        if result.is_ok() != (row["result"] == "valid") {
            differences.push(format!("{}: {result:.300?}", row["file"]));
        }
    }
    assert_none("compass corpus", rows.len(), differences);
}

#[test]
fn backstage_corpus() {
    let Some(rows) = table("corpus/backstage/results.tsv") else { return };
    let relations = lines("corpus/backstage/relations.jsonl").unwrap_or_default();
    let mut by_document: BTreeMap<(String, u64), &Json> = BTreeMap::new();
    for line in &relations {
        by_document.insert((line["file"].as_str().expect("file").into(), line["doc"].as_u64().expect("doc")), line);
    }
    let mut files: BTreeMap<&str, Vec<&BTreeMap<String, String>>> = BTreeMap::new();
    for row in &rows {
        files.entry(row["file"].as_str()).or_default().push(row);
    }
    let (mut differences, mut compared) = (Vec::new(), 0);
    for (file, rows) in files {
        let path = shared("corpus/backstage").expect("it was there").join(file);
        let bytes = fs::read(path).expect("the file can be read");
        let verdicts = parse_documents(file, &bytes, Some(Format::Backstage)).expect("the file can be read at all");
        if verdicts.len() != rows.len() {
            differences.push(format!("{file}: {} documents, not {}", verdicts.len(), rows.len()));
            continue;
        }
        for (row, verdict) in rows.iter().zip(verdicts) {
            let got = match &verdict.result {
                Ok(document) => match &document.content {
                    Content::Nothing => "skipped",
                    _ => "valid",
                },
                Err(_) => "invalid",
            };
            if got != row["result"] {
                differences
                    .push(format!("{file} {}: {got}, not {}: {:.300?}", verdict.index, row["result"], verdict.result));
                continue;
            }
            let Ok(document) = &verdict.result else { continue };
            let Content::Entity(entity) = &document.content else { continue };
            if entity.reference.as_str() != row["entity_ref"] {
                differences.push(format!("{file} {}: {}, not {}", verdict.index, entity.reference, row["entity_ref"]));
            }
            let Some(line) = by_document.get(&(file.to_owned(), u64::from(verdict.index))) else { continue };
            let mut expected: Vec<String> = line["relations"]
                .as_array()
                .expect("relations")
                .iter()
                .map(|relation| {
                    let part = |at: usize| relation[at].as_str().expect("text").to_owned();
                    format!("{} {} {}", part(0), part(1), part(2))
                })
                .collect();
            let mut got: Vec<String> = Vec::new();
            for relation in &entity.relations {
                got.push(format!("{} {} {}", entity.reference, relation.relation.as_str(), relation.target));
                got.push(format!("{} {} {}", relation.target, relation.relation.inverse().as_str(), entity.reference));
            }
            expected.sort();
            got.sort();
            compared += 1;
            if got != expected {
                differences.push(format!("{file} {}: relations {got:?}, not {expected:?}", verdict.index));
            }
        }
    }
    assert_none("backstage documents", rows.len(), differences);
    println!("backstage relations: {compared} documents equal");
}

#[test]
fn backstage_fields() {
    let Some(cases) = lines("contracts/backstage/field-cases.jsonl") else { return };
    let mut differences = Vec::new();
    for case in &cases {
        let validator = case["validator"].as_str().expect("validator");
        let rule: fn(&str) -> bool = match validator {
            "isValidApiVersion" => backstage::is_api_version,
            "isValidKind" => backstage::is_kind,
            "isValidEntityName" => backstage::is_object_name,
            "isValidNamespace" => backstage::is_dns_label,
            "isValidLabelKey" | "isValidAnnotationKey" => backstage::is_prefixed_name,
            "isValidLabelValue" => backstage::is_label_value,
            "isValidAnnotationValue" => |_| true,
            "isValidTag" => backstage::is_tag,
            "isValidUrl" => backstage::is_url,
            other => panic!("no rule for {other}"),
        };
        let got = case["value"].as_str().is_some_and(rule);
        if got != case["valid"].as_bool().expect("valid") {
            differences.push(format!("{validator} {:.80}: {got}", case["value"].to_string()));
        }
    }
    assert_none("backstage fields", cases.len(), differences);
}

#[test]
fn entity_refs() {
    let Some(cases) = lines("contracts/backstage/entity-ref-cases.jsonl") else { return };
    let mut differences = Vec::new();
    for case in &cases {
        let written = case["ref"].as_str().expect("ref");
        let namespace = case["context"]["defaultNamespace"].as_str();
        let kind = case["context"]["defaultKind"].as_str();
        let parts = RefParts::parse(written, kind, namespace);
        let canonical = EntityRef::parse_in(written, kind, namespace);
        let equal = match (case["ok"].as_bool().expect("ok"), &parts, &canonical) {
            (true, Ok(parts), Ok(canonical)) => {
                let parsed = &case["parsed"];
                parsed["kind"] == parts.kind.as_str()
                    && parsed["namespace"] == parts.namespace.as_str()
                    && parsed["name"] == parts.name.as_str()
                    && case["string"] == canonical.as_str()
            }
            (false, Err(_), Err(_)) => true,
            _ => false,
        };
        if !equal {
            differences.push(format!("{case}: {parts:?}"));
        }
    }
    assert_none("entity refs", cases.len(), differences);
}

#[test]
fn location_refs() {
    let Some(cases) = lines("contracts/backstage/location-ref-cases.jsonl") else { return };
    let mut differences = Vec::new();
    for case in &cases {
        let parsed = LocationRef::parse(case["ref"].as_str().expect("ref"));
        let equal = match (&parsed, case["ok"].as_bool().expect("ok")) {
            (Ok(location), true) => {
                case["parsed"]["type"] == location.kind()
                    && case["parsed"]["target"] == location.target()
                    && case["string"] == location.to_string().as_str()
            }
            (Err(_), false) => true,
            _ => false,
        };
        if !equal {
            differences.push(format!("{case}: {parsed:?}"));
        }
    }
    assert_none("location refs", cases.len(), differences);
}
