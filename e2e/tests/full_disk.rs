//! A full disk loses nothing that was acknowledged: what cannot be recorded is refused, the process lives, and when
//! there is room again it goes on. Needs root, for a small file system of its own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bussola_e2e::luigi::{Answer, Client, add_task};
use bussola_e2e::places::{Scratch, binary, skip};
use bussola_e2e::server::{Plan, run, succeeded};
use serde_json::json;

const DISK: &str = "12m";
/// A file that takes most of the disk, and is removed to make room.
const BALLAST_BYTES: usize = 7 << 20;
/// LIMIT: more tasks than fit on the disk, whatever an entry takes.
const TASKS_MAX: usize = 200_000;
/// The writer rebuilds from the store after a failed commit: it may take this long to be of use again.
const RECOVERY_MAX: Duration = Duration::from_secs(15);

struct Mounted(PathBuf);

impl Mounted {
    fn new(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).ok()?;
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={DISK}"), "tmpfs"]).arg(at).output();
        done.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

fn add(client: &mut Client, n: usize) -> std::io::Result<Answer> {
    let params = json!({"n": n.to_string(), "padding": "x".repeat(200)});
    client.call("add_task", &add_task("w", &format!("Disk_{n}"), "Disk", &params, &[], "PENDING"))
}

#[test]
fn a_full_disk_loses_nothing_and_is_survived() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("disk");
    let Some(disk) = Mounted::new(&place.join("disk")) else {
        skip("full disk: needs the right to mount a tmpfs");
        return;
    };
    let ballast = disk.0.join("ballast");
    std::fs::write(&ballast, vec![1_u8; BALLAST_BYTES]).expect("the disk has room for the ballast");
    let data = disk.0.join("data");
    let plan = Plan { log: place.join("server.log"), ..Plan::durable(&binary, &data) };
    let mut server = plan.start();

    let mut client = Client::open(server.address).expect("the server is there");
    let mut acknowledged = BTreeSet::new();
    let mut refusals = 0;
    for n in 0..TASKS_MAX {
        match add(&mut client, n) {
            Ok(Answer::Value(_)) => {
                acknowledged.insert(n);
            }
            Ok(Answer::Refused(status, text)) => {
                assert!((500..600).contains(&status), "a full disk is our fault, not the caller's: {status} {text}");
                refusals += 1;
            }
            Err(_) => {
                refusals += 1;
                client = Client::open(server.address).expect("the process lives");
            }
        }
        if refusals == 5 {
            break;
        }
    }
    assert_eq!(refusals, 5, "{TASKS_MAX} tasks fitted on a disk of {DISK}");
    assert!(acknowledged.len() > 100, "only {} tasks fitted", acknowledged.len());

    // Heartbeats and questions are answered meanwhile. (Lists prune first, as luigid's do, and pruning must be recorded: they are
    // as they were before.)
    let ask = |method: &str, arguments: serde_json::Value| {
        let reply = Client::open(server.address).and_then(|mut c| c.ask(method, &arguments));
        reply.unwrap_or_else(|error| panic!("a full disk does not stop {method}: {error}\n{}", server.log()))
    };
    assert_eq!(ask("ping", json!({"worker": "w"})), json!({"rpc_messages": []}));
    ask("set_task_status_message", json!({"task_id": "Disk_0", "status_message": "on"}));
    assert_eq!(ask("count_pending", json!({"worker": "w"}))["n_pending_tasks"], json!(acknowledged.len()));
    let listed = ask("task_list", json!({"status": "PENDING", "limit": false}));
    assert!(
        acknowledged.iter().all(|n| listed[format!("Disk_{n}")].is_object()),
        "a list without what was acknowledged"
    );
    for method in ["graph", "worker_list", "resource_list"] {
        ask(method, json!({}));
    }
    ask("dep_graph", json!({"task_id": "Disk_0"}));
    ask("task_search", json!({"task_str": "Disk"}));
    for n in acknowledged.iter().step_by(25) {
        let reply = Client::open(server.address)
            .and_then(|mut c| c.ask("fetch_error", &json!({"task_id": format!("Disk_{n}")})))
            .expect("a full disk does not stop questions");
        assert!(reply["displayName"].is_string(), "task {n} was acknowledged, and is not known: {reply}");
    }

    std::fs::remove_file(&ballast).expect("the ballast can be removed");
    let begin = Instant::now();
    let mut n = TASKS_MAX;
    loop {
        n += 1;
        let answer = Client::open(server.address).and_then(|mut c| add(&mut c, n));
        if matches!(answer, Ok(Answer::Value(_))) {
            acknowledged.insert(n);
            break;
        }
        assert!(begin.elapsed() < RECOVERY_MAX, "there is room again, and still: {answer:?}\n{}", server.log());
        std::thread::sleep(Duration::from_millis(100));
    }

    server.kill();
    let folder = data.display().to_string();
    succeeded("ledger verify", &run(&binary, "http://127.0.0.1:1", &["ledger", "verify", "--data", &folder]));
    server.restart();
    let listed = Client::open(server.address)
        .and_then(|mut c| c.ask("task_list", &json!({"limit": false})))
        .expect("task_list is answered");
    let lost: Vec<_> = acknowledged.iter().filter(|n| !listed[format!("Disk_{n}")].is_object()).collect();
    assert!(lost.is_empty(), "{} acknowledged tasks lost, the first: {:?}", lost.len(), lost.first());
}
