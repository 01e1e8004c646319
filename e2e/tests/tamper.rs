//! Whoever changes the ledger's file is found out: a flipped bit in an entry, a hash or a checkpoint, a dropped entry,
//! two exchanged, an end cut off. And whoever doubts our own verdict may have another's.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bussola_e2e::luigi::{Client, add_task, end_task};
use bussola_e2e::places::{Scratch, binary, checkout, python_command, skip};
use bussola_e2e::random::Random;
use bussola_e2e::server::{Plan, Running, run, succeeded};
use serde_json::json;

/// Flips of each kind; a failing one prints its seed.
const FLIPS: usize = 12;

/// Some history: tasks that are described, run, fail and end.
fn live(server: &Running, from: usize) {
    let mut client = Client::open(server.address).expect("the server is there");
    for n in from..from + 40 {
        let (id, params) = (format!("Tamper_{n}"), json!({"n": n.to_string()}));
        let mut ask = |method: &str, arguments| client.ask(method, &arguments).expect("the call is answered");
        ask("add_task", add_task("w", &id, "Tamper", &params, &[], "PENDING"));
        ask("get_work", json!({"worker": "w", "host": "h", "assistant": false, "current_tasks": null}));
        let status = if n % 5 == 0 { "FAILED" } else { "DONE" };
        ask("add_task", end_task("w", &id, "Tamper", &params, status, "\"because\""));
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the scratch folder can be written");
    for entry in std::fs::read_dir(from).expect("the data directory can be read") {
        let entry = entry.expect("the data directory can be read");
        let target = to.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

/// The one SQLite file of a data directory.
fn database(data: &Path) -> PathBuf {
    let found: Vec<_> = std::fs::read_dir(data)
        .expect("the data directory can be read")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0")))
        .collect();
    assert_eq!(found.len(), 1, "one database in {}: {found:?}", data.display());
    found[0].clone()
}

fn verify(binary: &Path, data: &Path, more: &[&str]) -> Output {
    let data = data.display().to_string();
    run(binary, "http://127.0.0.1:1", &[&["ledger", "verify", "--data", &data], more].concat())
}

#[test]
fn a_changed_ledger_does_not_verify() {
    let (Some(binary), Some(python)) = (binary(), python_command("python")) else { return };
    let place = Scratch::new("tamper");
    let data = place.join("data");
    let plan = Plan::durable(&binary, &data);
    let mut server = plan.start();
    live(&server, 0);
    server.stop();
    succeeded("verify", &verify(&binary, &data, &[]));
    succeeded("verify --deep", &verify(&binary, &data, &["--deep"]));

    let seed = Random::seed_from("BUSSOLA_TAMPER_SEED");
    let mut random = Random::new(seed);
    let check = |how: &str, seed: u64| {
        let changed = place.join("changed");
        let _ = std::fs::remove_dir_all(&changed);
        copy(&data, &changed);
        let tamper = Command::new(&python)
            .arg(checkout().join("e2e/tamper.py"))
            .arg(database(&changed))
            .args([how, &seed.to_string()])
            .output()
            .expect("python can be run");
        let did = succeeded("tamper.py", &tamper);
        let output = verify(&binary, &changed, &["--deep"]);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "not found out (tamper.py {how} {seed}): {did}{said}");
        assert!(said.chars().any(|c| c.is_ascii_digit()), "does not say where: {did}{said}");
    };
    for how in ["entry", "hash", "checkpoint"] {
        for _ in 0..FLIPS {
            check(how, random.below(1_000_000));
        }
    }
    for how in ["drop", "swap", "cut", "name", "no-name", "text", "no-text"] {
        for _ in 0..3 {
            check(how, random.below(1_000_000));
        }
    }
}

#[test]
fn an_end_cut_off_is_found_out_by_a_checkpoint_kept_elsewhere() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("cut");
    let data = place.join("data");
    let plan = Plan::durable(&binary, &data);
    let checkpoint = |name: &str| {
        let folder = data.display().to_string();
        let note =
            succeeded("checkpoint", &run(&binary, "http://127.0.0.1:1", &["ledger", "checkpoint", "--data", &folder]));
        let path = place.join(name);
        std::fs::write(&path, note).expect("the scratch folder can be written");
        path.display().to_string()
    };

    let mut server = plan.start();
    live(&server, 0);
    server.stop();
    let early = checkpoint("early");
    let cut = place.join("cut");
    copy(&data, &cut); // a perfect ledger, of an earlier hour
    let mut server = plan.start();
    live(&server, 100);
    server.stop();
    let late = checkpoint("late");

    succeeded("the whole ledger, late checkpoint", &verify(&binary, &data, &["--checkpoint", &late]));
    succeeded("the whole ledger, early checkpoint", &verify(&binary, &data, &["--checkpoint", &early]));
    succeeded("the cut ledger by itself", &verify(&binary, &cut, &[]));
    succeeded("the cut ledger, early checkpoint", &verify(&binary, &cut, &["--checkpoint", &early]));
    let output = verify(&binary, &cut, &["--checkpoint", &late]);
    assert_eq!(output.status.code(), Some(1), "the cut is not found out: {output:?}");

    // Another history of the same length is not ours either.
    let other = place.join("other");
    let mut server = Plan::durable(&binary, &other).start();
    live(&server, 500);
    live(&server, 600);
    server.stop();
    let output = verify(&binary, &other, &["--checkpoint", &late]);
    assert_eq!(output.status.code(), Some(1), "another ledger passes for ours: {output:?}");
}

/// Another program, by other people, of the same specifications: PyPI `aics-tlog`.
#[test]
fn an_independent_judge_takes_our_evidence_as_it_is() {
    let Some(binary) = binary() else { return };
    let Some(judge) = std::env::var_os("BUSSOLA_AICS_TLOG").filter(|path| !path.is_empty()) else {
        skip(
            "no independent judge: set BUSSOLA_AICS_TLOG to aics-tlog (Python 3.12 or newer; scripts/bootstrap installs it)",
        );
        return;
    };
    let place = Scratch::new("judge");
    let data = place.join("data");
    let plan = Plan::durable(&binary, &data);
    let ledger = |arguments: &[&str], out: &str| {
        let (data, out) = (data.display().to_string(), place.join(out));
        std::fs::create_dir_all(&out).expect("the scratch folder can be written");
        let out = out.display().to_string();
        let all = [&["ledger"], arguments, &["--data", &data, "--out", &out]].concat();
        succeeded(&format!("{all:?}"), &run(&binary, "http://127.0.0.1:1", &all));
    };
    let mut server = plan.start();
    live(&server, 0);
    server.stop();
    ledger(&["checkpoint"], "early");
    let mut server = plan.start();
    live(&server, 100);
    server.stop();
    ledger(&["prove", "17"], "entry");
    ledger(&["prove", "--since", &place.join("early/checkpoint").display().to_string()], "growth");

    let verdict = |arguments: &str, accepted: bool| {
        let output = Command::new(&judge)
            .args(arguments.split(' '))
            .args(["--vkey-file", "early/ledger.vkey"])
            .current_dir(place.path())
            .output()
            .expect("the judge can be run");
        assert_eq!(output.status.success(), accepted, "aics-tlog {arguments}: {output:?}");
    };
    verdict("verify-checkpoint --note early/checkpoint", true);
    verdict("verify-checkpoint --note entry/checkpoint", true);
    let inclusion = "--checkpoint entry/checkpoint --proof entry/entry.hashes --leaf entry/entry.json";
    verdict(&format!("verify-inclusion --index 17 {inclusion}"), true);
    verdict(&format!("verify-inclusion --index 18 {inclusion}"), false);
    let line = |file: &str, n: usize| {
        let note = std::fs::read_to_string(place.join(file)).expect("the checkpoint can be read");
        note.lines().nth(n).expect("a checkpoint has three lines").to_owned()
    };
    let (old, new) = ("early/checkpoint", "growth/checkpoint");
    let growth = |old_root: &str| {
        format!(
            "verify-consistency --old-size {} --old-root {old_root} --new-size {} --new-root {} --proof growth/consistency.hashes",
            line(old, 1),
            line(new, 1),
            line(new, 2)
        )
    };
    verdict(&growth(&line(old, 2)), true);
    verdict(&growth(&line(new, 2)), false);
}
