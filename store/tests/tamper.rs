//! Whatever is changed in a ledger, verifying finds it and names where.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use bussola_domain::command::{AddTask, Erase, Prune};
use bussola_domain::scheduler::Status;
use bussola_store::audit::{self, Depth, Report, Request, verify};
use support::{Place, add, context, fill, run};

fn add_by(worker: &str, task: &str) -> AddTask {
    AddTask { worker: worker.into(), ..add(task, Status::Pending) }
}

/// A ledger of some hundred entries with two full tiles, stored checkpoints, texts and history, closed.
fn ledger() -> Place {
    let place = Place::new();
    let store = place.open();
    fill(&store, 0..200);
    store.close();
    place
}

fn change(place: &Place, sql: &str) {
    let connection = rusqlite::Connection::open(place.path().join("ledger.db")).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

fn look(place: &Place, depth: Depth) -> Report {
    verify(&place.path(), &Request { depth, ..Request::default() }).unwrap()
}

/// One bit of a blob flipped.
fn flip(table: &str, column: &str, which: &str) -> String {
    // SQLite has no exclusive or; (a|b)-(a&b) is one. The byte in the middle is taken out, changed, put back.
    format!(
        "UPDATE {table} SET {column} = CAST(substr({column}, 1, length({column}) / 2) ||
         CASE hex(substr({column}, length({column}) / 2 + 1, 1)) WHEN '61' THEN x'60' ELSE x'61' END ||
         substr({column}, length({column}) / 2 + 2) AS BLOB) WHERE {which}"
    )
}

#[test]
fn every_change_of_the_ledger_is_found_and_named() {
    let intact = ledger();
    assert_eq!(look(&intact, Depth::Deep).findings, []);
    let cases: &[(&str, String, &str, Option<u64>)] = &[
        ("leaf", flip("entries", "leaf", "seq = 300"), "entry 300 does not match its stored hash", Some(300)),
        ("hash", flip("entries", "hash", "seq = 17"), "entry 17 does not match its stored hash", Some(17)),
        ("run", "UPDATE entries SET run = run + 1 WHERE seq = 40".into(), "entry 40 is indexed under run 2", Some(40)),
        (
            "no run",
            "UPDATE entries SET run = NULL WHERE seq = 40".into(),
            "entry 40 is indexed under run null",
            Some(40),
        ),
        ("kind of leaf", "UPDATE entries SET leaf = 'text' WHERE seq = 9".into(), "the leaf of entry 9", Some(9)),
        ("short hash", "UPDATE entries SET hash = x'00' WHERE seq = 9".into(), "the hash of entry 9", Some(9)),
        ("removed", "DELETE FROM entries WHERE seq = 123".into(), "entry 123 is missing", Some(123)),
        ("first removed", "DELETE FROM entries WHERE seq = 0".into(), "entry 0 is missing", Some(0)),
        ("moved", "UPDATE entries SET seq = 100000 WHERE seq = 5".into(), "entry 5 is missing", Some(5)),
        ("before the first", "UPDATE entries SET seq = -1 WHERE seq = 5".into(), "before the first", None),
        ("tile", flip("tiles", "hashes", "level = 0 AND idx = 1"), "tile 1 of level 0 differs", Some(384)),
        ("tile removed", "DELETE FROM tiles WHERE idx = 0".into(), "tile 0 of level 0 is missing", None),
        ("tile cut", "UPDATE tiles SET hashes = x'00' WHERE idx = 0".into(), "has 1 bytes", None),
        ("tile added", "INSERT INTO tiles VALUES (0, 77, x'00')".into(), "tiles, the entries make", None),
        ("head size", "UPDATE head SET size = size - 1".into(), "its stored head says", None),
        ("head root", flip("head", "root", "TRUE"), "the stored head says", None),
        ("head removed", "DELETE FROM head".into(), "head", None),
        ("note", "UPDATE checkpoints SET note = replace(note, '\n', ' \n')".into(), "checkpoint at", None),
        (
            "note moved",
            "UPDATE checkpoints SET size = size - 1 WHERE size = (SELECT max(size) FROM checkpoints)".into(),
            "was signed at",
            None,
        ),
        (
            "cut off",
            "DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)".into(),
            "its stored head says",
            None,
        ),
        ("text", "UPDATE blobs SET content = content || ' ' WHERE id = 3".into(), "is not what its hash says", None),
        ("key", "UPDATE meta SET vkey = 'x'".into(), "the ledger names key", None),
        ("trigger", "CREATE TRIGGER t AFTER INSERT ON entries BEGIN SELECT 1; END".into(), "the tables are not", None),
    ];
    for (name, sql, what, seq) in cases {
        let place = intact.copy();
        if name == &"trigger" {
            rusqlite::Connection::open(place.path().join("ledger.db")).unwrap().execute_batch(sql).unwrap();
        } else {
            change(&place, sql);
        }
        let report = look(&place, Depth::Ledger);
        assert!(!report.is_ok(), "{name}: not found");
        let found = report.findings.iter().find(|finding| finding.what.contains(what));
        let found = found.unwrap_or_else(|| panic!("{name}: {:?}", report.findings));
        if seq.is_some() {
            assert_eq!(found.seq, *seq, "{name}: {found:?}");
        }
        assert!(!found.hint.is_empty());
    }
}

#[test]
fn every_change_of_the_history_is_found_by_looking_deep() {
    let intact = ledger();
    for (sql, what) in [
        (
            "UPDATE attempts SET outcome = 'done' WHERE id = (SELECT id FROM attempts WHERE outcome = 'failed')",
            "attempt of `T0`",
        ),
        ("DELETE FROM attempts WHERE id = 50", "is not in the history"),
        ("INSERT INTO attempts (task, family, ended, outcome) VALUES ('x', 'F', 1, 'done')", "is in no entry"),
        ("UPDATE runs SET outcome = 'succeeded', ended = 1", "run 1 differs"),
        ("DELETE FROM runs", "run 1 is not in the history"),
        (
            "INSERT INTO runs (id, family, root, worker, worker_name, started) VALUES (9, 'F', 'x', 0, 0, 0)",
            "run 9 is in no entry",
        ),
    ] {
        let place = intact.copy();
        change(&place, sql);
        assert!(look(&place, Depth::Ledger).is_ok(), "{sql}");
        let report = look(&place, Depth::Deep);
        assert!(report.findings.iter().any(|finding| finding.what.contains(what)), "{sql}: {:?}", report.findings);
    }
}

#[test]
fn every_change_of_a_text_is_found_by_looking_deep() {
    let intact = Place::new();
    let store = intact.open();
    fill(&store, 0..20);
    run(&store, 100.0, add_by("other", "X"));
    run(&store, 1e6, Prune);
    run(&store, 1e6, add("here", Status::Pending));
    store.erase(context(1e6), Erase { containing: "other".into(), errors: Vec::new() }).unwrap();
    store.close();
    assert_eq!(look(&intact, Depth::Deep).findings, []);
    let cases: &[(&str, &str, Option<u64>)] = &[
        ("UPDATE names SET text = 'Mallory' WHERE id = 0", "name 0 is not the one that entry 0 commits to", Some(0)),
        ("UPDATE names SET salt = zeroblob(16) WHERE id = 0", "name 0 is not the one that entry 0", Some(0)),
        ("UPDATE names SET salt = NULL WHERE id = 0", "name 0 is not the one that entry 0", Some(0)),
        ("UPDATE names SET text = NULL, salt = NULL WHERE id = 0", "name 0, given by entry 0, is gone", Some(0)),
        ("DELETE FROM names WHERE id = 0", "name 0, given by entry 0, is gone", Some(0)),
        ("INSERT INTO names VALUES (77, x'00', 'Mallory')", "name 77 is in no entry", None),
        ("INSERT INTO names VALUES (-1, x'00', 'Mallory')", "name -1 is in no entry", None),
        ("UPDATE names SET text = 'Mallory' WHERE id = 1", "was erased by an entry and is there again", None),
        // Its number would be used again.
        ("DELETE FROM names WHERE id = 1", "the row of name 1, given by entry", None),
        ("UPDATE blobs SET content = 'E0 ' WHERE content = 'E0'", "is not what its hash says", None),
        ("DELETE FROM blobs WHERE content = 'E5'", "is gone, and no entry says that it was deleted", Some(21)),
    ];
    for (sql, what, seq) in cases {
        let place = intact.copy();
        change(&place, sql);
        let report = look(&place, Depth::Deep);
        let found = report.findings.iter().find(|finding| finding.what.contains(what));
        let found = found.unwrap_or_else(|| panic!("{sql}: {:?}", report.findings));
        if seq.is_some() {
            assert_eq!(found.seq, *seq, "{sql}: {found:?}");
        }
    }
}

#[test]
fn a_ledger_that_was_cut_is_found_with_a_checkpoint_from_elsewhere() {
    let place = Place::new();
    let store = place.open();
    fill(&store, 0..20);
    store.close();
    let younger = place.copy();
    let store = place.open();
    fill(&store, 20..40);
    let (note, key) = (store.checkpoint().unwrap().note, store.verifying_key());
    store.close();
    assert!(look(&younger, Depth::Ledger).is_ok());
    let request = Request { key: Some(key), checkpoint: Some(note.clone()), ..Request::default() };
    let report = verify(&younger.path(), &request).unwrap();
    assert!(report.findings[0].what.contains("are gone"), "{:?}", report.findings);
    let report = verify(&place.path(), &request).unwrap();
    assert_eq!(report.findings, []);
    let forged = Request { checkpoint: Some(note.replacen("\n1", "\n2", 1)), ..Request::default() };
    assert!(!verify(&place.path(), &forged).unwrap().is_ok());
}

/// Any byte of the file: whatever verifying then says, it neither panics nor claims another history.
#[test]
fn a_flipped_bit_anywhere_is_found_or_changes_nothing() {
    let intact = ledger();
    let bytes = std::fs::read(intact.path().join("ledger.db")).unwrap();
    let mut exported = Vec::new();
    audit::export(&intact.path(), &mut exported).unwrap();
    let mut found = 0;
    let places: Vec<usize> =
        (0..bytes.len()).step_by(bytes.len() / 150).map(|at| (at + at / 97 % 61).min(bytes.len() - 1)).collect();
    for &at in &places {
        let place = intact.copy();
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        std::fs::write(place.path().join("ledger.db"), &changed).unwrap();
        let deep = match verify(&place.path(), &Request { depth: Depth::Deep, ..Request::default() }) {
            Ok(report) => report,
            Err(error) => panic!("byte {at}: {error}"),
        };
        if !deep.is_ok() {
            found += 1;
            continue;
        }
        // Unused space in a page, or a text that the ledger does not vouch for.
        let mut again = Vec::new();
        audit::export(&place.path(), &mut again).unwrap();
        assert!(again == exported, "byte {at}: entries changed and nobody noticed");
    }
    // The rest lies in the unused space of pages, of which a small ledger has much.
    assert!(found * 2 > places.len(), "{found} of {} found", places.len());
}

#[test]
fn verifying_beside_a_running_server_works() {
    let place = Place::new();
    let store = place.open();
    std::thread::scope(|scope| {
        scope.spawn(|| fill(&store, 0..300));
        for _ in 0..20 {
            let report = look(&place, Depth::Ledger);
            assert_eq!(report.findings, []);
        }
    });
}
