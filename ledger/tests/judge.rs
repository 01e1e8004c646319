//! An independent judge: `aics-tlog`, another implementation of the same specifications, takes our files as they are
//! and refuses them once anything is changed.
//!
//! Set `BUSSOLA_AICS_TLOG` to its executable (PyPI `aics-tlog`, Python 3.12 or newer). Without it the test says that it
//! was skipped.

#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs, reason = "tests")]

#[path = "../examples/fixture.rs"]
mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Judge {
    program: PathBuf,
    folder: PathBuf,
}

impl Judge {
    /// Whether the judge accepts: exit code 0 and `"ok": true`, or exit code 1 and `"ok": false`.
    #[track_caller]
    fn check(&self, arguments: &str, accepts: bool) {
        let output =
            Command::new(&self.program).args(arguments.split_whitespace()).current_dir(&self.folder).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(if accepts { 0 } else { 1 }), "{arguments}\n{said}{errors}");
        assert!(said.contains(if accepts { "\"ok\": true" } else { "\"ok\": false" }), "{arguments}\n{said}");
    }

    /// A copy of a file with one byte changed.
    fn changed(&self, name: &str, from: &str, to: &str) -> String {
        let text = fs::read_to_string(self.folder.join(name)).unwrap();
        let copy = format!("changed-{}", name.replace('/', "-"));
        assert!(text.contains(from), "{name} contains {from}");
        fs::write(self.folder.join(&copy), text.replacen(from, to, 1)).unwrap();
        copy
    }
}

#[test]
fn the_judge_accepts_our_files_and_refuses_changed_ones() {
    let Some(program) = std::env::var_os("BUSSOLA_AICS_TLOG") else {
        eprintln!("SKIPPED: set BUSSOLA_AICS_TLOG to the aics-tlog executable to have the ledger judged independently");
        return;
    };
    for (size, old, seq) in [(7, 3, 4), (1, 1, 0), (256, 7, 255), (700, 256, 300)] {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("judge-{size}"));
        let _ = fs::remove_dir_all(&folder);
        fixture::write_evidence(&folder, size, old, seq);
        judge(&Judge { program: PathBuf::from(&program), folder: folder.clone() }, &folder, size, old, seq);
    }
}

fn judge(judge: &Judge, folder: &Path, size: u64, old: u64, seq: u64) {
    let key = "--vkey-file ledger.vkey --origin bussola.example.com/ledger";
    let root = |checkpoint: &str| {
        let note = fs::read_to_string(folder.join(checkpoint)).unwrap();
        note.lines().nth(2).unwrap().to_owned()
    };
    let (old_root, new_root) = (root("old-checkpoint"), root("log/checkpoint"));

    // Checkpoints.
    judge.check(&format!("verify-checkpoint --note log/checkpoint {key}"), true);
    judge.check(&format!("verify-checkpoint --note old-checkpoint {key}"), true);
    let forged = judge.changed("log/checkpoint", &format!("\n{size}\n"), &format!("\n{}\n", size + 1));
    judge.check(&format!("verify-checkpoint --note {forged} {key}"), false);

    // Inclusion: from the proof, then from the exported tiles.
    let inclusion = |leaf: &str, seq: u64, proof: &str| {
        format!("verify-inclusion --leaf {leaf} --index {seq} --checkpoint log/checkpoint --proof {proof} {key}")
    };
    judge.check(&inclusion("entry.json", seq, "entry.hashes"), true);
    let tampered = judge.changed("entry.json", "\"at\":", "\"aT\":");
    judge.check(&inclusion(&tampered, seq, "entry.hashes"), false);
    if size > 1 {
        judge.check(&inclusion("entry.json", if seq == 0 { 1 } else { seq - 1 }, "entry.hashes"), false);
        let hashes = fs::read_to_string(folder.join("entry.hashes")).unwrap();
        let (first, other) = (&hashes[..1], if hashes.starts_with('A') { "B" } else { "A" });
        let proof = judge.changed("entry.hashes", first, other);
        judge.check(&inclusion("entry.json", seq, &proof), false);
    }
    judge.check(&format!("verify-inclusion --leaf entry.json --index {seq} --tiles log {key}"), true);
    judge.check(&format!("verify-inclusion --leaf {tampered} --index {seq} --tiles log {key}"), false);
    // The judge takes the entry from our entry bundle, and a line of the exported entries is a leaf as it is.
    judge.check(&format!("verify-inclusion --index {seq} --tiles log {key}"), true);
    let line = seq + 1;
    judge.check(
        &format!("verify-inclusion --leaves-file log/entries.jsonl --leaf-line {line} --index {seq} --tiles log {key}"),
        true,
    );

    // Consistency: from the proof, then from the exported tiles.
    let consistency = |old_root: &str, proof: &str| {
        format!(
            "verify-consistency --old-size {old} --old-root {old_root} --new-size {size} --new-root {new_root} --proof {proof}"
        )
    };
    judge.check(&consistency(&old_root, "consistency.hashes"), true);
    if old < size {
        judge.check(&consistency(&new_root, "consistency.hashes"), false);
        let hashes = fs::read_to_string(folder.join("consistency.hashes")).unwrap();
        let (first, other) = (&hashes[..1], if hashes.starts_with('A') { "B" } else { "A" });
        let proof = judge.changed("consistency.hashes", first, other);
        judge.check(&consistency(&old_root, &proof), false);
    }
    judge.check(&format!("verify-checkpoint --tiles log {key}"), true);
    judge.check(&format!("verify-consistency --old-checkpoint old-checkpoint --tiles log {key}"), true);

    // The judge builds the same tiles and the same root from the exported entries.
    judge.check("build-tiles --leaves log/entries.jsonl --out log", true);

    // A changed tile.
    let width = (size % 256) as usize;
    let path = if width > 0 { bussola_ledger::tile_path(0, size / 256, width) } else { "tile/0/000".to_owned() };
    let path = folder.join("log").join(path);
    let mut tile = fs::read(&path).unwrap();
    tile[0] ^= 1;
    fs::write(&path, tile).unwrap();
    let at = size - 1;
    judge.check(&format!("verify-inclusion --index {at} --tiles log {key}"), false);
}
