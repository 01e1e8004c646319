//! What is served of the ledger can be checked by strangers, is cosigned by a witness that nobody of us wrote, and is not
//! served at all where it is not what was served before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bussola_e2e::http::Connection;
use bussola_e2e::luigi::{Client, add_task};
use bussola_e2e::places::{Scratch, binary, checkout, judge_command, python_command};
use bussola_e2e::server::{Plan, Running, free_address, run, succeeded};
use serde_json::{Value, json};

/// LIMIT: what should come within two seconds comes by then, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// Some history.
fn live(server: &Running, name: &str, tasks: usize) {
    let mut client = Client::open(server.address).expect("the server is there");
    for n in 0..tasks {
        let task = add_task("w", &format!("{name}_{n}"), name, &json!({"n": n.to_string()}), &[], "PENDING");
        client.ask("add_task", &task).expect("the call is answered");
    }
}

fn get(server: &Running, path: &str) -> String {
    let mut connection = Connection::open(server.address).expect("the server listens");
    let reply = connection.get(path).expect("the server answers");
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.text()
}

fn head(server: &Running) -> Value {
    serde_json::from_str(&get(server, "/api/v1/ledger/head")).expect("the head is JSON")
}

/// Waits until something is there.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "{what}: not within {} s", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The served checkpoint once it covers this many entries and has this many signatures.
fn checkpoint(server: &Running, size: u64, signatures: usize) -> String {
    until("a checkpoint", || {
        let note = get(server, "/checkpoint");
        let covered = note.lines().nth(1).and_then(|line| line.parse::<u64>().ok()).unwrap_or(0);
        (covered >= size && note.matches('\u{2014}').count() == signatures).then_some(note)
    })
}

fn size(server: &Running) -> u64 {
    head(server)["size"].as_u64().expect("a size")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the scratch folder can be written");
    for entry in fs::read_dir(from).expect("the data directory can be read").flatten() {
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("a file can be copied");
        }
    }
}

fn configured(binary: &Path, data: &Path, config: &Path, text: &str) -> Plan {
    fs::write(config, text).expect("the scratch folder can be written");
    let mut plan = Plan::durable(binary, data);
    plan.arguments.extend(["--config".to_owned(), config.display().to_string()]);
    plan
}

#[test]
fn a_stranger_rebuilds_the_root_from_tiles() {
    let (Some(binary), Some(python)) = (binary(), python_command("python")) else { return };
    let place = Scratch::new("tiles");
    let data = place.join("data");
    let server = Plan::durable(&binary, &data).start();
    live(&server, "Tiles", 600);
    let written = size(&server);
    assert!(written > 512, "more than two full tiles: {written}");
    checkpoint(&server, written, 1);
    let url = format!("http://{}", server.address);
    let read = Command::new(python).arg(checkout().join("e2e/monitor.py")).arg(&url).output().expect("Python runs");
    let covered: u64 = succeeded("the stranger", &read).trim().parse().expect("a number");
    assert!(covered >= written, "{covered} of {written}");

    let Some(judge) = judge_command("aics-tlog") else { return };
    let key = data.join("ledger.vkey").display().to_string();
    let accepts = |arguments: &[&str]| {
        let said = Command::new(&judge).args(arguments).args(["--tiles", &url, "--vkey-file", &key]).output();
        succeeded("the judge", &said.expect("the judge runs"));
    };
    accepts(&["verify-checkpoint"]);
    let proven = place.join("proven").display().to_string();
    succeeded("prove", &server.cli(&["ledger", "prove", "300", "--out", &proven]));
    accepts(&["verify-inclusion", "--leaf", &format!("{proven}/entry.json"), "--index", "300"]);
}

/// A witness by other people, in a process of its own.
struct Witness {
    program: PathBuf,
    config: String,
    url: String,
    vkey: String,
    process: Option<Child>,
}

impl Witness {
    fn new(place: &Scratch) -> Option<Witness> {
        let program = judge_command("aics-witness")?;
        let (config, address) = (place.join("witness.json").display().to_string(), free_address().to_string());
        let made = Command::new(&program)
            .args(["init", "-c", &config, "--name", "witness.example.com/w1", "--listen", &address])
            .output()
            .expect("the witness runs");
        let vkey = succeeded("init", &made).trim().to_owned();
        Some(Witness { program, config, url: format!("http://{address}"), vkey, process: None })
    }

    fn ask(&self, arguments: &[&str]) -> String {
        let (verb, rest) = arguments.split_first().expect("a verb");
        let said = Command::new(&self.program).args([*verb, "-c", &self.config]).args(rest).output();
        succeeded(verb, &said.expect("the witness runs"))
    }

    fn start(&mut self) {
        let process = Command::new(&self.program)
            .args(["serve", "-c", &self.config])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.process = Some(process.expect("the witness runs"));
    }

    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.stop();
    }
}

fn standing(server: &Running, expected: &str) -> Value {
    until(&format!("a witness that is {expected}"), || {
        let witness = head(server)["witnesses"][0].clone();
        (witness["standing"] == expected).then_some(witness)
    })
}

#[test]
fn a_witness_cosigns_what_grows_and_refuses_a_fork() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("witness");
    let Some(mut witness) = Witness::new(&place) else { return };
    let (data, forked) = (place.join("data"), place.join("forked"));
    let text = format!(
        "[ledger]\norigin = 'bussola.example.com/ledger'\n[[ledger.witnesses]]\nurl = '{}'\nvkey = '{}'\n",
        witness.url, witness.vkey
    );
    let mut server = configured(&binary, &data, &place.join("bussola.toml"), &text).start();
    live(&server, "Before", 5);

    // Down, or not knowing us: the checkpoint is served all the same, with our own signature alone.
    standing(&server, "unreachable");
    checkpoint(&server, size(&server), 1);
    witness.start();
    standing(&server, "unknown");
    let vkey = fs::read_to_string(data.join("ledger.vkey")).expect("the key is there").trim().to_owned();
    witness.stop();
    witness.ask(&["add-log", "--origin", "bussola.example.com/ledger", "--vkey", &vkey]);
    witness.start();
    standing(&server, "cosigned");
    let note = checkpoint(&server, size(&server), 2);

    let judge = judge_command("aics-tlog").expect("it comes with the witness");
    let (note_file, key) = (place.join("note"), data.join("ledger.vkey"));
    fs::write(&note_file, note).expect("the scratch folder can be written");
    let said = Command::new(&judge)
        .args(["verify-checkpoint", "--quorum", "1", "--max-age", "600", "--witness-key", &witness.vkey])
        .args(["--origin", "bussola.example.com/ledger"])
        .arg("--note")
        .arg(&note_file)
        .arg("--vkey-file")
        .arg(&key)
        .output();
    succeeded("the judge", &said.expect("the judge runs"));

    // It only ever grows: across restarts, and by proofs from what the witness saw last.
    server.stop();
    copy(&data, &forked);
    server.restart();
    live(&server, "True", 20);
    checkpoint(&server, size(&server), 2);
    server.stop();

    // A copy that went on by itself, longer than what the witness saw.
    let fork = configured(&binary, &forked, &place.join("forked.toml"), &text).start();
    live(&fork, "Forked", 60);
    let refused = standing(&fork, "refused");
    assert!(refused["message"].is_string(), "{refused}");
    assert!(fork.log().contains("FORK: the witness saw another history"), "{}", fork.log());
    let status = succeeded("status", &fork.cli(&["status"]));
    assert!(status.contains("REFUSES this ledger"), "{status}");
    until("what was signed twice, kept by the witness", || {
        let kept: Value = serde_json::from_str(&witness.ask(&["evidence"])).expect("evidence is JSON");
        (kept != json!([])).then_some(())
    });
}

#[test]
fn a_restored_backup_is_not_served_until_an_operator_says_why() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("guard");
    let (data, backup, other_disk) = (place.join("data"), place.join("backup"), place.join("disk"));
    fs::create_dir_all(&other_disk).expect("the scratch folder can be written");
    let guard = other_disk.join("guard.note").display().to_string();
    let plan = configured(&binary, &data, &place.join("bussola.toml"), &format!("[ledger]\nguard = '{guard}'\n"));
    let mut server = plan.start();
    live(&server, "Saved", 5);
    server.stop();
    copy(&data, &backup);
    server.restart();
    live(&server, "Lost", 5);
    let kept = place.join("kept");
    fs::write(&kept, checkpoint(&server, size(&server), 1)).expect("the scratch folder can be written");
    server.stop();
    fs::remove_dir_all(&data).expect("the data directory goes");
    copy(&backup, &data);

    let refused = run(
        &binary,
        "",
        &[
            "serve",
            "--listen",
            &free_address().to_string(),
            "--data",
            &data.display().to_string(),
            "--config",
            &place.join("bussola.toml").display().to_string(),
        ],
    );
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{said}");
    for part in ["are gone", guard.as_str(), "hint: ", "bussola ledger recover"] {
        assert!(said.contains(part), "`{part}`: {said}");
    }

    let (data, guard) = (data.display().to_string(), guard.as_str());
    let recover = |reason: &str| {
        run(&binary, "", &["ledger", "recover", "--yes", "--data", &data, "--guard", guard, "--reason", reason])
    };
    assert!(!recover(" ").status.success(), "a reason is needed");
    let said = succeeded("recover", &recover("the disk broke: restored from the night before"));
    assert!(said.contains("keep this checkpoint elsewhere"), "{said}");
    assert!(!recover("again").status.success(), "there is nothing to recover any more");

    let mut server = plan.start();
    live(&server, "Again", 5);
    server.stop();
    let verify = |more: &[&str]| run(&binary, "", &[&["ledger", "verify", "--data", &data], more].concat());
    let said = succeeded("verify", &verify(&["--deep"]));
    assert!(said.contains("recovered at entry ") && said.contains("before that are lost"), "{said}");
    // Who kept a checkpoint of what was lost still sees it, and is told why.
    let lost = verify(&["--checkpoint", &kept.display().to_string()]);
    let said = String::from_utf8_lossy(&lost.stderr);
    assert!(!lost.status.success() && said.contains("recovered at entry "), "{said}");
}
