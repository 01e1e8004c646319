//! A bundle verifies with the key alone; change one byte anywhere, and the file is named.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use bussola_evidence::{Coverage, Framework, Manifest, Verified, archive, sha256_hex, verify};
use support::{DAY, Ledger, Made, Options, SALT, TEXT, key};

fn verified(bundle: &[u8]) -> Verified {
    verify(bundle, &key().verifying_key(), &[]).unwrap_or_else(|fault| panic!("{fault}"))
}

#[test]
fn a_whole_period_is_shown_to_be_complete() {
    let Made { bundle, .. } =
        Ledger::of_days(10, 30).export(&Options { from: 3 * DAY, to: 5 * DAY, ..Options::default() });
    let verified = verified(&bundle);
    assert_eq!((verified.manifest.first, verified.manifest.entries), (90, 60));
    assert_eq!((verified.complete, verified.next_at), (true, Some(5 * DAY)));
    assert_eq!(verified.sealed.unwrap().seq, 300);
    assert_eq!(verified.population.kinds["run.started"].count, 6);
    assert!(verified.report_compared);
}

#[test]
fn the_edges_of_a_ledger_are_periods_too() {
    let ledger = Ledger::of_days(4, 30);
    for (from, to, first, entries) in [
        (-DAY, DAY, 0, 30),
        (3 * DAY, 9 * DAY, 90, 30),
        (-DAY, 99 * DAY, 0, 120),
        (-9 * DAY, -8 * DAY, 0, 0),
        (50 * DAY, 60 * DAY, 120, 0),
    ] {
        for sealed in [true, false] {
            let verified = verified(&ledger.export(&Options { from, to, sealed, ..Options::default() }).bundle);
            assert_eq!((verified.manifest.first, verified.manifest.entries), (first, entries), "{from} to {to}");
            assert_eq!((verified.complete, verified.sealed.is_some()), (true, sealed));
        }
    }
    let empty = Ledger::of_days(0, 0).export(&Options { sealed: false, ..Options::default() });
    assert_eq!(verified(&empty.bundle).checkpoint.size, 0);
}

#[test]
fn of_a_component_only_what_concerns_it() {
    let options = Options { component: Some("component:default/etl"), ..Options::default() };
    let verified = verified(&Ledger::of_days(6, 30).export(&options).bundle);
    // Each day: the declaration, its manifest, a run of Etl with its start, its two tasks and its end.
    assert_eq!(verified.manifest.entries, 6 * 6);
    assert!(!verified.complete);
    assert!(!verified.population.kinds.contains_key("worker.joined"));
}

#[test]
fn one_byte_changed_anywhere_names_the_file() {
    for options in [Options::everything(), Options { sealed: false, ..Options::default() }] {
        let Made { bundle, .. } = Ledger::of_days(3, 30).export(&options);
        let files = archive::read(&bundle, &[]).unwrap();
        assert!(files.len() >= 9);
        let start = bundle.as_ptr() as usize;
        let key = key().verifying_key();
        for (path, content) in &files {
            let begin = content.as_ptr() as usize - start;
            let header = begin - 512;
            let padding = begin + content.len()..begin + content.len().next_multiple_of(512);
            // Every byte of small files; of others the first, the last and a sample that a prime spreads.
            let step = if content.len() < 1_500 { 1 } else { content.len() / 97 };
            let inside = (0..content.len()).step_by(step).chain(content.len().checked_sub(1)).map(|at| begin + at);
            let around = (header..begin).step_by(7).chain([header, begin - 1]).chain(padding.step_by(61));
            for at in inside.chain(around) {
                for bit in [1, 0x80] {
                    let mut changed = bundle.clone();
                    changed[at] ^= bit;
                    let fault = verify(&changed, &key, &[])
                        .expect_err(&format!("{path}, byte {}", at as isize - begin as isize));
                    assert_eq!(fault.file, *path, "byte {} of {path}: {fault}", at as isize - begin as isize);
                }
            }
        }
        for at in [bundle.len() - 1, bundle.len() - 1_000] {
            let mut changed = bundle.clone();
            changed[at] ^= 1;
            assert_eq!(verify(&changed, &key, &[]).unwrap_err().file, "the end of the archive");
        }
    }
}

/// Whoever changes a file and makes the manifest fit, and the seal, is stopped where the ledger speaks.
#[test]
fn a_bundle_that_was_made_to_fit_is_refused_all_the_same() {
    let ledger = Ledger::of_days(3, 30);
    let Made { bundle, .. } = ledger.export(&Options::everything());
    let forged = |change: &dyn Fn(&mut Vec<u8>), path: &str, reseal: bool| {
        let files = archive::read(&bundle, &[]).unwrap();
        let mut files: std::collections::BTreeMap<String, Vec<u8>> =
            files.into_iter().map(|(path, content)| (path, content.to_vec())).collect();
        change(files.get_mut(path).unwrap());
        let mut manifest = Manifest::decode(&files["manifest.json"]).unwrap();
        for listed in &mut manifest.files {
            let content = &files[&listed.path];
            (listed.bytes, listed.sha256) = (content.len() as u64, sha256_hex(content));
        }
        let before = sha256_hex(&files["manifest.json"]);
        files.insert("manifest.json".into(), manifest.encode());
        let after = sha256_hex(&files["manifest.json"]);
        let seal = String::from_utf8(files["proof/seal"].clone()).unwrap();
        let (lines, _) = seal.rsplit_once("sha256 ").unwrap();
        let lines = if reseal { lines.replace(&before, &after) } else { lines.replacen(&before, &after, 1) };
        files.insert("proof/seal".into(), format!("{lines}sha256 {}\n", sha256_hex(lines.as_bytes())).into_bytes());
        verify(&archive::write(&files), &key().verifying_key(), &[]).unwrap_err()
    };
    let entry = |text: &mut Vec<u8>| {
        *text = String::from_utf8(text.clone())
            .unwrap()
            .replacen("\"principal\":\"user:7\"", "\"principal\":\"user:8\"", 1)
            .into();
    };
    let fault = forged(&entry, "entries.jsonl", false);
    assert_eq!(
        (fault.file.as_str(), fault.what.contains("does not have these entries")),
        ("entries.jsonl", true),
        "{fault}"
    );
    assert!(forged(&entry, "entries.jsonl", true).what.contains("does not have these entries"));
    let report = |text: &mut Vec<u8>| text.extend_from_slice(b"<p>All is well.</p>");
    let fault = forged(&report, "report.html", false);
    assert_eq!((fault.file.as_str(), fault.what.as_str()), ("proof/seal", "the ledger vouches for another manifest"));
    let name = |text: &mut Vec<u8>| *text = String::from_utf8(text.clone()).unwrap().replace(TEXT, "Bea").into();
    assert_eq!(forged(&name, "people.jsonl", false).file, "proof/seal");
}

#[test]
fn without_a_seal_the_report_is_still_held_against_the_entries() {
    let Made { bundle, .. } = Ledger::of_days(2, 30).export(&Options { sealed: false, ..Options::default() });
    let files = archive::read(&bundle, &[]).unwrap();
    let mut files: std::collections::BTreeMap<String, Vec<u8>> =
        files.into_iter().map(|(path, content)| (path, content.to_vec())).collect();
    let report = String::from_utf8(files["report.html"].clone()).unwrap().replacen("gap", "evidence", 1).into_bytes();
    let mut manifest = Manifest::decode(&files["manifest.json"]).unwrap();
    let listed = manifest.files.iter_mut().find(|file| file.path == "report.html").unwrap();
    (listed.bytes, listed.sha256) = (report.len() as u64, sha256_hex(&report));
    let before = sha256_hex(&files["manifest.json"]);
    files.insert("report.html".into(), report);
    files.insert("manifest.json".into(), manifest.encode());
    let seal = String::from_utf8(files["proof/seal"].clone()).unwrap();
    let lines = seal.rsplit_once("sha256 ").unwrap().0.replace(&before, &sha256_hex(&manifest.encode()));
    files.insert("proof/seal".into(), format!("{lines}sha256 {}\n", sha256_hex(lines.as_bytes())).into_bytes());
    let fault = verify(&archive::write(&files), &key().verifying_key(), &[]).unwrap_err();
    assert_eq!((fault.file.as_str(), fault.what.as_str()), ("report.html", "it does not say what the entries say"));
}

#[test]
fn the_key_in_a_bundle_is_compared_and_not_believed() {
    let Made { bundle, .. } = Ledger::of_days(2, 30).export(&Options::default());
    let origin = bussola_ledger::Origin::new("bussola.example.com/ledger").unwrap();
    let other = bussola_ledger::SigningKey::from_seed(origin, [8; 32]).verifying_key();
    assert_eq!(verify(&bundle, &other, &[]).unwrap_err().file, "key/ledger.vkey");
}

#[test]
fn names_are_there_only_where_they_were_asked_for() {
    let ledger = Ledger::of_days(1, 30);
    let text = |bundle: &[u8]| String::from_utf8_lossy(bundle).contains(TEXT);
    assert!(!text(&ledger.export(&Options::default()).bundle));
    let made = ledger.export(&Options::everything());
    assert!(text(&made.bundle));
    assert_eq!(verified(&made.bundle).people, 1);
    assert_eq!(SALT.len(), 32);
}

#[test]
fn every_control_is_in_the_report_and_a_gap_is_called_one() {
    for framework in bussola_evidence::frameworks() {
        let made = Ledger::of_days(1, 30).export(&Options { framework: &framework.id, ..Options::default() });
        let files = archive::read(&made.bundle, &[]).unwrap();
        let report = String::from_utf8(files["report.html"].to_vec()).unwrap();
        for control in &framework.controls {
            assert!(report.contains(&format!("<h3>{} <span", control.id)), "{}", control.id);
        }
        let findings = framework.judge(&verified(&made.bundle).population);
        let gap = findings.iter().find(|finding| finding.coverage == Coverage::Gap).unwrap();
        assert!(report.contains(&format!("<li><b>{}</b>: no entry shows", gap.control.id)));
        assert!(findings.iter().any(|finding| finding.coverage == Coverage::Evidence), "{}", framework.id);
        for outside in ["<script", "http://", "https://", "src=", "@import", "url("] {
            assert!(!report.contains(outside), "{outside}");
        }
    }
}

#[test]
fn the_table_of_controls_is_in_order() {
    for framework in bussola_evidence::frameworks() {
        let mut ids: Vec<_> = framework.controls.iter().map(|control| &control.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), framework.controls.len(), "{}", framework.id);
        assert!(framework.controls.iter().all(|control| {
            !control.asks.is_empty()
                && !control.items.is_empty()
                && control.items.iter().all(|item| !item.kinds.is_empty())
        }));
    }
    assert!(
        Framework::find("soc2").is_some() && Framework::find("iso27001").is_some() && Framework::find("sox").is_some()
    );
}
