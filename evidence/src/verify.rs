//! Checking a bundle: from the key, over checkpoint and proof, to every file.
//!
//! ```text
//! given key ─► checkpoint ─► tree.hashes ─► entries, and the seal's leaves ─► manifest ─► every other file
//! ```
//!
//! INVARIANT: the first fault is said, with the file that was changed where one was; nothing is read out of a file before its
//! hash was compared.

use std::collections::{BTreeMap, BTreeSet};

use bussola_ledger::{Checkpoint, Cosignature, EntryRef, Hash, VerifyingKey, WitnessKey, leaf_hash, verify_multi};
use serde::Deserialize;

use crate::archive::{self, Files};
use crate::controls::Framework;
use crate::draft::{CONTENT_FILES, PROOF_FILES};
use crate::manifest::{FORMAT, Manifest, People, sha256_hex};
use crate::people;
use crate::population::Population;
use crate::report;
use crate::seal::{Seal, without_sum};

/// What is wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{file}`: {what}")]
pub struct Fault {
    /// The file, or the part of the archive.
    pub file: String,
    /// What.
    pub what: String,
    /// What to do about it.
    pub hint: &'static str,
}

/// What a bundle proves.
#[derive(Debug)]
pub struct Verified {
    /// What it is.
    pub manifest: Manifest,
    /// What the ledger signed.
    pub checkpoint: Checkpoint,
    /// Cosignatures of witnesses whose keys were given.
    pub cosignatures: Vec<Cosignature>,
    /// Of witnesses whose keys are in the bundle alone: they fit, and say nothing about who holds them.
    pub cosignatures_unknown: Vec<Cosignature>,
    /// The ledger's own word for the manifest; none: nobody but the maker vouches for report and names.
    pub sealed: Option<Sealed>,
    /// The population.
    pub population: Population,
    /// Whether it is shown that nothing of the period is missing: not for a component.
    pub complete: bool,
    /// The time of the entry after the population, if there is one: until then it is complete.
    pub next_at: Option<i64>,
    /// Names that entries commit to.
    pub people: usize,
    /// Whether the report was made anew and compared; it is not where another release made it.
    pub report_compared: bool,
}

/// The entry that vouches for a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Its number.
    pub seq: u64,
    /// When, in microseconds since 1970-01-01 UTC.
    pub at_us: i64,
}

const CHANGED: &str = "it was changed after the bundle was made: ask for the bundle again, and keep this one";
const OTHER_KEY: &str = "give the key of this ledger, obtained from elsewhere than the bundle";
const NEWER: &str = "verify it with the release that made it, or a later one";

impl Fault {
    pub(crate) fn new(file: &str, what: impl Into<String>, hint: &'static str) -> Fault {
        Fault { file: file.to_owned(), what: what.into(), hint }
    }
}

/// Checks a bundle with the key of the ledger, and those of witnesses that are trusted.
pub fn verify(bundle: &[u8], key: &VerifyingKey, trusted: &[WitnessKey]) -> Result<Verified, Fault> {
    let known: Vec<&str> = PROOF_FILES.iter().chain(&CONTENT_FILES).copied().collect();
    let files = archive::read(bundle, &known)?;
    if text(&files, "key/ledger.vkey")? != format!("{key}\n") {
        return Err(Fault::new("key/ledger.vkey", "it is not the key that was given", OTHER_KEY));
    }
    let witnesses = witness_keys(&files)?;
    let note = text(&files, "proof/checkpoint")?;
    let (checkpoint, cosignatures) =
        key.open_whole(note, &witnesses).map_err(|error| Fault::new("proof/checkpoint", error.to_string(), CHANGED))?;
    let seal = Seal::decode(text(&files, "proof/seal")?)
        .ok_or_else(|| Fault::new("proof/seal", "the hash at its end is not of its lines", CHANGED))?;
    let hashes = tree_hashes(text(&files, "proof/tree.hashes")?)?;
    let manifest = open_manifest(&files, &seal, key)?;
    check_files(&files, &manifest)?;
    let entries = Entries::read(&files, &manifest)?;
    let proven = entries.with_seal(&seal)?;
    verify_multi(&proven, checkpoint.head(), &hashes).map_err(|error| {
        Fault::new("entries.jsonl", format!("the ledger does not have these entries: {error}"), CHANGED)
    })?;
    let (complete, next_at) = check_range(&manifest, &entries, &seal, checkpoint.size)?;
    let sealed = check_seal(&manifest, &seal)?;
    check_texts(&manifest, &entries)?;
    let people = match files.get("people.jsonl") {
        Some(bytes) => {
            people::decode(bytes, &entries.committed).map_err(|what| Fault::new("people.jsonl", what, CHANGED))?
        }
        None => Vec::new(),
    };
    let framework = Framework::find(&manifest.framework).ok_or_else(|| {
        Fault::new("manifest.json", format!("framework `{}` is not known", manifest.framework), NEWER)
    })?;
    let report_compared =
        files.get("controls.json").is_some_and(|source| *source == crate::controls::SOURCE.as_bytes());
    if report_compared && manifest.generator == report::GENERATOR {
        let expected = report::render(&manifest, framework, &entries.population, &people);
        if files.get("report.html").is_none_or(|report| *report != expected.as_bytes()) {
            return Err(Fault::new("report.html", "it does not say what the entries say", CHANGED));
        }
    }
    let (cosignatures, cosignatures_unknown) = cosignatures.into_iter().partition(|cosignature| {
        let ours = |key: &&WitnessKey| *key.name() == cosignature.witness;
        let in_bundle = witnesses.iter().find(ours);
        in_bundle.is_some_and(|key| trusted.contains(key))
    });
    Ok(Verified {
        report_compared: report_compared && manifest.generator == report::GENERATOR,
        manifest,
        checkpoint,
        cosignatures,
        cosignatures_unknown,
        sealed,
        population: entries.population,
        complete,
        next_at,
        people: people.len(),
    })
}

fn text<'a>(files: &Files<'a>, path: &str) -> Result<&'a str, Fault> {
    let bytes = files.get(path).ok_or_else(|| Fault::new(path, "it is missing", CHANGED))?;
    std::str::from_utf8(bytes).map_err(|_| Fault::new(path, "it is not text", CHANGED))
}

fn witness_keys(files: &Files<'_>) -> Result<Vec<WitnessKey>, Fault> {
    let path = "key/witnesses.vkey";
    let text = text(files, path)?;
    let wrong = |what: String| Fault::new(path, what, CHANGED);
    let mut keys: Vec<WitnessKey> = Vec::new();
    for line in text.split_inclusive('\n') {
        let key: WitnessKey = line.trim_end_matches('\n').parse().map_err(|error| wrong(format!("{error}")))?;
        if format!("{key}\n") != line {
            return Err(wrong("a key is not in its only form".into()));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn tree_hashes(text: &str) -> Result<Vec<Hash>, Fault> {
    let wrong = |what: &str| Fault::new("proof/tree.hashes", what, CHANGED);
    let lines = without_sum(text).ok_or_else(|| wrong("the hash at its end is not of its lines"))?;
    lines.lines().map(|line| Hash::from_base64(line).map_err(|_| wrong("a line is not a hash"))).collect()
}

/// The seal is whole, so where the two disagree it is the manifest that was changed.
fn open_manifest(files: &Files<'_>, seal: &Seal, key: &VerifyingKey) -> Result<Manifest, Fault> {
    let path = "manifest.json";
    let bytes = text(files, path)?.as_bytes();
    if sha256_hex(bytes) != seal.manifest {
        return Err(Fault::new(path, "its hash is not the one in `proof/seal`", CHANGED));
    }
    let manifest = Manifest::decode(bytes).ok_or_else(|| Fault::new(path, "it is not a manifest", NEWER))?;
    if manifest.format != FORMAT {
        return Err(Fault::new(path, format!("it has the format `{}`, expected `{FORMAT}`", manifest.format), NEWER));
    }
    if manifest.origin != key.origin().as_str() {
        return Err(Fault::new(path, format!("it is of the ledger `{}`", manifest.origin), OTHER_KEY));
    }
    Ok(manifest)
}

/// Every file is listed and is what the list says.
fn check_files(files: &Files<'_>, manifest: &Manifest) -> Result<(), Fault> {
    let listed: BTreeSet<&str> = manifest.files.iter().map(|file| &*file.path).collect();
    for path in files.keys().map(String::as_str) {
        if !listed.contains(path) && !PROOF_FILES.contains(&path) {
            return Err(Fault::new(path, "the manifest does not list it", CHANGED));
        }
    }
    for file in &manifest.files {
        let content = files.get(&file.path).ok_or_else(|| Fault::new(&file.path, "it is missing", CHANGED))?;
        if content.len() as u64 != file.bytes || sha256_hex(content) != file.sha256 {
            return Err(Fault::new(&file.path, "its hash is not the one in the manifest", CHANGED));
        }
        let by_hash = file.path.strip_prefix("texts/").or_else(|| file.path.strip_prefix("policies/"));
        if by_hash.is_some_and(|hash| hash != file.sha256) {
            return Err(Fault::new(&file.path, "it is not named by its hash", CHANGED));
        }
    }
    for path in ["controls.json", "entries.jsonl", "report.html"] {
        if !listed.contains(path) {
            return Err(Fault::new(path, "the manifest does not list it", CHANGED));
        }
    }
    let missing = |path: &&String| !listed.contains(path.as_str()) || !path.starts_with("policies/");
    if let Some(path) = manifest.policies.iter().find(missing) {
        return Err(Fault::new(path, "it is named as a policy and is not there", CHANGED));
    }
    let has_people = listed.contains("people.jsonl");
    if has_people != (manifest.people == People::Resolved) {
        return Err(Fault::new("people.jsonl", "the manifest contradicts itself about it", CHANGED));
    }
    Ok(())
}

/// The population, read.
struct Entries {
    hashes: Vec<(u64, Hash)>,
    population: Population,
    /// Texts that entries name.
    named: BTreeSet<String>,
    committed: BTreeMap<u32, String>,
}

impl Entries {
    fn read(files: &Files<'_>, manifest: &Manifest) -> Result<Entries, Fault> {
        let bytes = files.get("entries.jsonl").copied().unwrap_or_default();
        let has_texts = manifest.files.iter().any(|file| file.path.starts_with("texts/"));
        let mut entries = Entries {
            hashes: Vec::with_capacity(usize::try_from(manifest.entries).unwrap_or(0).min(bytes.len() / 64)),
            population: Population::default(),
            named: BTreeSet::new(),
            committed: BTreeMap::new(),
        };
        for (place, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let wrong = |what: String| Fault::new("entries.jsonl", format!("line {}: {what}", place + 1), CHANGED);
            let leaf = line.strip_suffix(b"\n").ok_or_else(|| wrong("it is not ended".into()))?;
            let entry = EntryRef::decode(leaf).map_err(|error| wrong(error.to_string()))?;
            entries.hashes.push((entry.seq, leaf_hash(leaf)));
            entries.population.add(&entry);
            if has_texts {
                name_hashes(entry.payload, &mut entries.named);
            }
            entries.committed.extend(people::commitments(&entry));
        }
        if entries.hashes.len() as u64 != manifest.entries {
            let what = format!("it has {} entries, the manifest says {}", entries.hashes.len(), manifest.entries);
            return Err(Fault::new("entries.jsonl", what, CHANGED));
        }
        Ok(entries)
    }

    /// All that the proof is of, in order.
    fn with_seal(&self, seal: &Seal) -> Result<Vec<(u64, Hash)>, Fault> {
        let mut proven = self.hashes.clone();
        let before = self.hashes.len();
        for leaf in [&seal.before, &seal.after, &seal.entry].into_iter().flatten() {
            proven.push((sealed_entry(leaf)?.seq, leaf_hash(leaf.as_bytes())));
        }
        if proven[..before].windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err(Fault::new("entries.jsonl", "its entries are not in order", CHANGED));
        }
        proven.sort_unstable();
        // The entry after the population may be the one that vouches for it.
        proven.dedup();
        Ok(proven)
    }
}

fn sealed_entry(leaf: &str) -> Result<EntryRef<'_>, Fault> {
    EntryRef::decode(leaf.as_bytes()).map_err(|error| Fault::new("proof/seal", error.to_string(), CHANGED))
}

/// For everything of a period: that nothing between first and last is missing, and that what is around it is outside.
fn check_range(manifest: &Manifest, entries: &Entries, seal: &Seal, size: u64) -> Result<(bool, Option<i64>), Fault> {
    if manifest.component.is_some() {
        return Ok((false, None));
    }
    let seqs = entries.hashes.iter().map(|(seq, _)| *seq);
    let end = manifest.first.checked_add(manifest.entries);
    let Some(end) = end.filter(|end| seqs.eq(manifest.first..*end)) else {
        let what = "an entry between the first and the last is missing";
        return Err(Fault::new("entries.jsonl", what, CHANGED));
    };
    let wrong = |what: &str| Fault::new("proof/seal", what, CHANGED);
    match (&seal.before, manifest.first.checked_sub(1)) {
        (None, None) => {}
        (Some(leaf), Some(seq)) => {
            let before = sealed_entry(leaf)?;
            if before.seq != seq || before.at_us >= manifest.from {
                return Err(wrong("the entry before the population is not before the period"));
            }
        }
        _ => return Err(wrong("the entry before the population is missing")),
    }
    match &seal.after {
        None if end == size => Ok((true, None)),
        Some(leaf) => {
            let after = sealed_entry(leaf)?;
            if after.seq != end {
                return Err(wrong("the entry after the population is another"));
            }
            Ok((true, Some(after.at_us)))
        }
        None => Err(wrong("the entry after the population is missing")),
    }
}

#[derive(Deserialize)]
struct Exported {
    #[serde(default)]
    component: Option<String>,
    framework: String,
    from: i64,
    manifest: String,
    to: i64,
}

/// The ledger's own word for the manifest.
fn check_seal(manifest: &Manifest, seal: &Seal) -> Result<Option<Sealed>, Fault> {
    let Some(leaf) = &seal.entry else { return Ok(None) };
    let entry = sealed_entry(leaf)?;
    let said: Option<Exported> =
        (entry.kind == "evidence.exported").then(|| serde_json::from_slice(entry.payload).ok()).flatten();
    let fits = said.is_some_and(|said| {
        said.manifest == seal.manifest
            && said.framework == manifest.framework
            && said.component == manifest.component
            && (said.from, said.to) == (manifest.from, manifest.to)
    });
    match fits {
        true => Ok(Some(Sealed { seq: entry.seq, at_us: entry.at_us })),
        false => Err(Fault::new("proof/seal", "the ledger vouches for another manifest", CHANGED)),
    }
}

/// A text that no entry names proves nothing.
fn check_texts(manifest: &Manifest, entries: &Entries) -> Result<(), Fault> {
    for file in &manifest.files {
        if file.path.strip_prefix("texts/").is_some_and(|hash| !entries.named.contains(hash)) {
            return Err(Fault::new(&file.path, "no entry of the bundle names it", CHANGED));
        }
    }
    Ok(())
}

/// Every string of a payload that could be a SHA-256.
fn name_hashes(payload: &[u8], named: &mut BTreeSet<String>) {
    for part in payload.split(|&byte| byte == b'"') {
        if part.len() == 64 && part.iter().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte)) {
            named.insert(String::from_utf8_lossy(part).into_owned());
        }
    }
}

/// Every string of a population that could be the hash of a text which stands beside the ledger.
pub fn named_texts(leaves: &[(u64, Vec<u8>)]) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (_, leaf) in leaves {
        if let Ok(entry) = EntryRef::decode(leaf) {
            name_hashes(entry.payload, &mut named);
        }
    }
    named
}

/// The numbers of the names that a population gives, in order.
pub fn name_numbers(leaves: &[(u64, Vec<u8>)]) -> Vec<u32> {
    let entries = leaves.iter().filter_map(|(_, leaf)| EntryRef::decode(leaf).ok());
    let numbers: BTreeSet<u32> = entries.flat_map(|entry| people::commitments(&entry)).map(|(name, _)| name).collect();
    numbers.into_iter().collect()
}
