//! Names beside the numbers that entries have, where that was asked for.
//!
//! INVARIANT: a name is believed only if an entry of the bundle commits to it: SHA-256 of salt and text is what `names.given` says.

use std::collections::BTreeMap;

use bussola_ledger::EntryRef;
use serde::{Deserialize, Serialize};

use crate::manifest::sha256_hex;

/// One name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Its number in entries.
    pub name: u32,
    /// In hex.
    pub salt: String,
    /// It.
    pub text: String,
}

#[derive(Deserialize)]
struct NamesGiven {
    names: Vec<Commitment>,
}

#[derive(Deserialize)]
struct Commitment {
    hash: String,
    name: u32,
}

/// What an entry commits to, as number and hash.
pub(crate) fn commitments(entry: &EntryRef<'_>) -> Vec<(u32, String)> {
    if entry.kind != "names.given" {
        return Vec::new();
    }
    let given: Option<NamesGiven> = serde_json::from_slice(entry.payload).ok();
    given.map_or_else(Vec::new, |given| given.names.into_iter().map(|one| (one.name, one.hash)).collect())
}

/// One line for each name.
pub(crate) fn encode(people: &[Person]) -> Vec<u8> {
    let mut lines = Vec::new();
    for person in people {
        // Plain data, which serde has no reason to refuse.
        lines.extend(serde_json::to_vec(person).unwrap_or_default());
        lines.push(b'\n');
    }
    lines
}

/// The names in a file, each held against what entries commit to. The error says which line is wrong.
pub(crate) fn decode(bytes: &[u8], committed: &BTreeMap<u32, String>) -> Result<Vec<Person>, String> {
    let mut people = Vec::new();
    for (place, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let wrong = |what: &str| format!("line {}: {what}", place + 1);
        let line = line.strip_suffix(b"\n").ok_or_else(|| wrong("it is not ended"))?;
        let person: Person = serde_json::from_slice(line).map_err(|_| wrong("it is not a name"))?;
        let salt = unhex(&person.salt).ok_or_else(|| wrong("its salt is not in hex"))?;
        let hash = sha256_hex(&[&salt[..], person.text.as_bytes()].concat());
        if committed.get(&person.name) != Some(&hash) {
            return Err(wrong(&format!("no entry commits to name {} as it is here", person.name)));
        }
        people.push(person);
    }
    Ok(people)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
