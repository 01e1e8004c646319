//! The worked examples of `docs/ledger-format.md` are run as they stand there, in the folder they speak of.

#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs, reason = "tests")]

use std::path::Path;
use std::process::Command;

const DOCUMENT: &str = include_str!("../../docs/ledger-format.md");

#[test]
fn the_examples_of_the_document_hold() {
    let blocks = DOCUMENT.split("```sh\n").skip(1).map(|after| after.split("```").next().unwrap());
    let mut run = 0;
    for block in blocks {
        run += 1;
        let needs = if block.contains("openssl") { "openssl" } else { "basenc" };
        if Command::new(needs).arg("--version").output().is_err() {
            eprintln!("SKIPPED: example {run} of docs/ledger-format.md needs `{needs}`");
            continue;
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture");
        let output =
            Command::new("bash").args(["-euxo", "pipefail", "-c", block]).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "example {run}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(run, 2);
}

/// Files that are quoted in the document.
#[test]
fn the_document_quotes_the_fixture() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture");
    let text = |name: &str| std::fs::read_to_string(fixture.join(name)).unwrap();
    let entries = text("log/entries.jsonl");
    for quoted in
        [&text("log/checkpoint"), &text("ledger.vkey"), entries.lines().nth(2).unwrap(), &text("entry.hashes")]
    {
        assert!(DOCUMENT.contains(quoted), "{quoted}");
    }
}
