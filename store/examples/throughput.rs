//! How many commands a second go through the whole store, as JSON on standard output.
//!
//! `cargo run --release -p bussola-store --example throughput -- [COMMANDS] [CLIENTS] [interval|always] [DIRECTORY]`
//!
//! Each client declares a task, waits for the reply, declares the next: 64 of them are 64 client threads' worth of load.
//! Every command is one entry: hashed, in the tree, in the projection, committed.

#![allow(clippy::unwrap_used, reason = "a measurement may stop at the first surprise")]

use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bussola_domain::access::Caller;
use bussola_domain::command::AddTask;
use bussola_domain::id::Timestamp;
use bussola_domain::scheduler::Report;
use bussola_domain::value::Value;
use bussola_store::{Context, Location, Options, Store, Sync, audit, by_hand};

fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64)
}

/// Seconds of processor time that a thread of this process has used: unlike the rest, the same on a busy machine.
fn cpu_seconds(thread: &str) -> f64 {
    let of = |path: &std::path::Path| {
        let stat = std::fs::read_to_string(path.join("stat")).unwrap();
        let (name, rest) = stat.split_once(") ").unwrap();
        let ticks = |place| rest.split(' ').nth(place).unwrap().parse::<f64>().unwrap();
        name.ends_with(thread).then(|| (ticks(11) + ticks(12)) / 100.0)
    };
    std::fs::read_dir("/proc/self/task").unwrap().flatten().filter_map(|task| of(&task.path())).sum()
}

fn task(client: usize, number: usize) -> AddTask {
    let id = |number| format!("ExampleTask_{client}_{number}_2026_11_25_0123456789");
    let report = Report {
        task: id(number),
        family: "ExampleTask".into(),
        module: Some("examples.pipeline".into()),
        params: vec![("number".into(), Value::from(number.to_string())), ("date".into(), Value::from("2026-11-25"))],
        deps: Some(if number == 0 { vec![] } else { vec![id(number - 1)] }),
        ..Report::default()
    };
    AddTask { worker: format!("Worker(salt={client}, host=example)"), report, ..AddTask::default() }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let commands: usize = arguments.next().map_or(1_000_000, |count| count.parse().unwrap());
    let clients: usize = arguments.next().map_or(64, |count| count.parse().unwrap());
    let sync = if arguments.next().as_deref() == Some("always") { Sync::Always } else { Sync::Interval };
    let directory = arguments.next().map_or_else(|| std::env::temp_dir().join("bussola-throughput"), PathBuf::from);
    let _absent = std::fs::remove_dir_all(&directory);
    let options = Options { sync, ..Options::new(Location::Directory(directory.clone())) };

    let began = Instant::now();
    let store = Store::open(options.clone(), now()).unwrap();
    let opened = began.elapsed();

    // One processor is the writer's.
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().saturating_sub(1).max(1));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap();
    let began = Instant::now();
    let mut times: Vec<u64> = runtime.block_on(async {
        let each = commands / clients;
        let handles: Vec<_> = (0..clients)
            .map(|client| {
                let store = store.clone();
                tokio::spawn(async move {
                    let context = Context { now: now(), caller: Caller::LOCAL };
                    let mut times = Vec::with_capacity(each);
                    for number in 0..each {
                        let command = task(client, number);
                        let context = Context { now: now(), ..context.clone() };
                        let began = Instant::now();
                        store.execute(context, command).await.unwrap();
                        times.push(began.elapsed().as_micros() as u64);
                    }
                    times
                })
            })
            .collect();
        let mut times = Vec::new();
        for handle in handles {
            times.extend(handle.await.unwrap());
        }
        times
    });
    let took = began.elapsed();
    times.sort_unstable();
    let entries = store.head().size;
    let writer_cpu = cpu_seconds("bussola-writer");
    let log_bytes = std::fs::metadata(directory.join("ledger.db-wal")).map_or(0, |log| log.len());
    let began = Instant::now();
    store.close();
    let closed = began.elapsed();

    let began = Instant::now();
    let report = audit::verify(&directory, &audit::Request::default()).unwrap();
    let verified = began.elapsed();
    assert!(report.is_ok(), "{:?}", report.findings);

    let began = Instant::now();
    let store = Store::open(options.clone(), now()).unwrap();
    let reopened = began.elapsed();
    store.close();
    let began = Instant::now();
    by_hand::snapshot_directory(&directory, &options.scheduler).unwrap();
    let snapshot = began.elapsed();
    let began = Instant::now();
    let store = Store::open(options, now()).unwrap();
    let restored = began.elapsed();
    store.close();
    let bytes = std::fs::metadata(directory.join("ledger.db")).unwrap().len();
    println!(
        "{{\"commands\":{},\"clients\":{clients},\"entries\":{entries},\"seconds\":{:.3},\"entries_per_second\":{:.0},\
         \"p50_us\":{},\"p99_us\":{},\"open_ms\":{:.1},\"close_ms\":{:.1},\"verify_s\":{:.3},\"reopen_s\":{:.3},\
         \"snapshot_s\":{:.3},\"reopen_from_snapshot_s\":{:.3},\"bytes_per_entry\":{},\"writer_cpu_us_per_entry\":{:.2},\"log_mb\":{}}}",
        times.len(),
        took.as_secs_f64(),
        entries as f64 / took.as_secs_f64(),
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        opened.as_secs_f64() * 1e3,
        closed.as_secs_f64() * 1e3,
        verified.as_secs_f64(),
        reopened.as_secs_f64(),
        snapshot.as_secs_f64(),
        restored.as_secs_f64(),
        bytes / entries,
        writer_cpu * 1e6 / entries as f64,
        log_bytes >> 20,
    );
}
