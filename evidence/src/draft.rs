//! Making a bundle, in two steps: first the contents and the manifest with their hashes; then, when the ledger has vouched for
//! the manifest, the proof. What vouches cannot stand in what is vouched for.

use std::collections::BTreeMap;

use bussola_ledger::{EntryRef, Hash, format_hashes};

use crate::archive;
use crate::controls::{Framework, SOURCE};
use crate::manifest::{FORMAT, Listed, Manifest, People, sha256_hex};
use crate::people::{self, Person};
use crate::population::Population;
use crate::report;
use crate::seal::{Seal, with_sum};
use crate::select::Selected;

/// What a bundle is to be.
#[derive(Debug)]
pub struct Request<'r> {
    /// Whose controls the report is arranged by.
    pub framework: &'r Framework,
    /// Only what concerns this component.
    pub component: Option<&'r str>,
    /// The period, in microseconds since 1970-01-01 UTC.
    pub from: i64,
    /// It ends before then.
    pub to: i64,
    /// When it is made.
    pub made_at: i64,
    /// The program that makes it.
    pub generator: &'r str,
    /// The ledger.
    pub origin: &'r str,
    /// Its verifying key, as text.
    pub vkey: &'r str,
    /// The keys of its witnesses, as text.
    pub witnesses: &'r [String],
    /// Names that its entries give; none: nobody asked for them.
    pub people: Option<&'r [Person]>,
    /// Texts that its entries name by their hash.
    pub texts: &'r [String],
    /// Texts of the policies in force.
    pub policies: &'r [String],
}

/// A bundle without its proof.
#[derive(Debug)]
pub struct Draft {
    files: BTreeMap<String, Vec<u8>>,
    manifest: String,
    seqs: Vec<u64>,
}

/// What shows that the ledger vouches for a bundle.
#[derive(Debug)]
pub struct Proof {
    /// The signed checkpoint, with cosignatures.
    pub note: String,
    /// Leaves around the population, and the one that names the manifest.
    pub before: Option<String>,
    /// See `before`.
    pub after: Option<String>,
    /// See `before`.
    pub entry: Option<String>,
    /// The proof of the entries that [`Draft::seqs`] names together with those three.
    pub hashes: Vec<Hash>,
}

/// Files that the manifest does not vouch for: itself, and what vouches for it.
pub(crate) const PROOF_FILES: [&str; 6] =
    ["key/ledger.vkey", "key/witnesses.vkey", "manifest.json", "proof/checkpoint", "proof/seal", "proof/tree.hashes"];

/// Files that the manifest vouches for, besides texts and policies.
pub(crate) const CONTENT_FILES: [&str; 4] = ["controls.json", "entries.jsonl", "people.jsonl", "report.html"];

impl Draft {
    /// Puts the contents together.
    pub fn new(request: &Request<'_>, selected: &Selected) -> Draft {
        let mut files = BTreeMap::new();
        let mut put = |path: &str, content: Vec<u8>| drop(files.insert(path.to_owned(), content));
        let mut population = Population::default();
        let mut lines = Vec::new();
        for (_, leaf) in &selected.leaves {
            if let Ok(entry) = EntryRef::decode(leaf) {
                population.add(&entry);
            }
            lines.extend_from_slice(leaf);
            lines.push(b'\n');
        }
        put("entries.jsonl", lines);
        put("controls.json", SOURCE.as_bytes().to_vec());
        if let Some(people) = request.people {
            put("people.jsonl", people::encode(people));
        }
        for text in request.texts {
            put(&format!("texts/{}", sha256_hex(text.as_bytes())), text.clone().into_bytes());
        }
        let mut policies: Vec<String> =
            request.policies.iter().map(|text| format!("policies/{}", sha256_hex(text.as_bytes()))).collect();
        for (path, text) in policies.iter().zip(request.policies) {
            put(path, text.clone().into_bytes());
        }
        policies.sort_unstable();
        policies.dedup();
        let mut manifest = Manifest {
            component: request.component.map(str::to_owned),
            entries: selected.leaves.len() as u64,
            files: Vec::new(),
            first: selected.first,
            format: FORMAT.to_owned(),
            framework: request.framework.id.clone(),
            from: request.from,
            generator: request.generator.to_owned(),
            made_at: request.made_at,
            origin: request.origin.to_owned(),
            people: if request.people.is_some() { People::Resolved } else { People::Pseudonymous },
            policies,
            to: request.to,
        };
        let report = report::render(&manifest, request.framework, &population, request.people.unwrap_or_default());
        put("report.html", report.into_bytes());
        manifest.files = files.iter().map(|(path, content)| Listed::of(path, content)).collect();
        let manifest = manifest.encode();
        let hash = sha256_hex(&manifest);
        files.insert("manifest.json".to_owned(), manifest);
        files.insert("key/ledger.vkey".to_owned(), format!("{}\n", request.vkey).into_bytes());
        let witnesses = request.witnesses.iter().map(|vkey| format!("{vkey}\n")).collect::<String>();
        files.insert("key/witnesses.vkey".to_owned(), witnesses.into_bytes());
        Draft { files, manifest: hash, seqs: selected.leaves.iter().map(|(seq, _)| *seq).collect() }
    }

    /// SHA-256 of the manifest, in hex: what the ledger is to vouch for.
    pub fn manifest(&self) -> &str {
        &self.manifest
    }

    /// The entries to be proven, in order: the population and these besides.
    pub fn seqs(&self, besides: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut seqs = self.seqs.clone();
        seqs.extend(besides);
        seqs.sort_unstable();
        seqs.dedup();
        seqs
    }

    /// The bundle.
    pub fn finish(mut self, proof: Proof) -> Vec<u8> {
        let Proof { note, before, after, entry, hashes } = proof;
        let seal = Seal { manifest: self.manifest, before, after, entry };
        self.files.insert("proof/seal".to_owned(), seal.encode().into_bytes());
        self.files.insert("proof/checkpoint".to_owned(), note.into_bytes());
        self.files.insert("proof/tree.hashes".to_owned(), with_sum(format_hashes(&hashes)).into_bytes());
        archive::write(&self.files)
    }
}
