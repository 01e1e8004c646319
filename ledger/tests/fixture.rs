//! The committed ledger: written once, verifies for ever, and is still written the same.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "../examples/fixture.rs"]
mod fixture;

use std::fs;
use std::path::{Path, PathBuf};

use bussola_ledger::{
    ConsistencyProofText, Entry, InclusionProofText, StoredEntry, Verifier, VerifyingKey, leaf_hash, parse_hashes,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture")
}

fn text(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

#[test]
fn the_committed_ledger_verifies() {
    let key: VerifyingKey = text("ledger.vkey").trim_end().parse().unwrap();
    let (old, new) = (key.open(&text("old-checkpoint")).unwrap(), key.open(&text("log/checkpoint")).unwrap());
    let mut verifier = Verifier::new([old.clone(), new.clone()]);
    for (seq, line) in text("log/entries.jsonl").lines().enumerate() {
        let leaf = line.as_bytes();
        verifier.entry(StoredEntry { seq: seq as u64, hash: leaf_hash(leaf), leaf }).unwrap();
        assert_eq!(Entry::decode(leaf).unwrap().encode().unwrap(), leaf);
    }
    let verified = verifier.finish(Some(new.head())).unwrap();
    assert_eq!(verified.checkpoints, 2);
    assert_eq!(verified.head.root.to_string(), text("root").trim_end());

    let proof: InclusionProofText = text("entry.tlog-proof").parse().unwrap();
    assert_eq!(proof.verify(text("entry.json").as_bytes(), &key), Ok(new.clone()));
    assert_eq!(parse_hashes(&text("entry.hashes")), Ok(proof.hashes));
    let proof: ConsistencyProofText = text("consistency.proof").parse().unwrap();
    assert_eq!(proof.verify(&old, &key), Ok(new));
    assert_eq!(parse_hashes(&text("consistency.hashes")), Ok(proof.hashes));
}

#[test]
fn the_committed_ledger_is_written_the_same_today() {
    let today = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fixture");
    let _ = fs::remove_dir_all(&today);
    fixture::write_evidence(&today, 7, 3, 4);
    let mut compared = 0;
    let mut folders = vec![today.clone()];
    while let Some(inside) = folders.pop() {
        for found in fs::read_dir(inside).unwrap() {
            let path = found.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&today).unwrap();
            assert!(fs::read(&path).unwrap() == fs::read(folder().join(name)).unwrap(), "{} differs", name.display());
            compared += 1;
        }
    }
    assert_eq!(compared, 12);
}
