//! The measurements themselves. Each starts its own server on nothing, and says what it did through the names of its
//! figures; `bench/README.md` says it at length.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bussola_e2e::http::Connection;
use bussola_e2e::luigi::{Client, form};
use serde_json::{Value, json};

use crate::report::{Better, Report, percentile};
use crate::subject::{Running, Subject};
use crate::{Size, graph, machine};

const WORKER: &str = "Worker(salt=4711, workers=1, host=bench, username=bench, pid=1)";
/// LIMIT: calls measured on luigid at the least, however long they take.
const LUIGID_CALLS_MIN: usize = 10;
/// Connections that fill a server when filling is not what is measured.
pub const FILLERS: usize = 4;
/// Readers of lists and graphs at once, in the readers' measurement.
const READERS: usize = 2;
/// Threads that stand for the polling workers.
const POLLERS: usize = 8;

pub fn open(address: SocketAddr) -> Client {
    Client::open(address).expect("the server is there")
}

/// A graph described over one keep-alive connection, bodies made beforehand; `place` says on which cores.
pub fn add_task(report: &mut Report, subject: &Subject, size: &Size, place: &str) {
    let server = subject.start_empty();
    let bodies: Vec<Vec<u8>> = (0..size.graph)
        .rev()
        .map(|n| {
            let mut body = Vec::new();
            graph::describe(WORKER, n, &mut body);
            body
        })
        .collect();
    let mut client = open(server.address);
    let (begin, cpu) = (Instant::now(), machine::cpu(server.pid()));
    let mut times: Vec<Duration> = bodies
        .iter()
        .map(|body| {
            let begin = Instant::now();
            client.send_prepared("/api/add_task", body).expect("add_task is answered");
            begin.elapsed()
        })
        .collect();
    let seconds = begin.elapsed().as_secs_f64();
    let used = machine::cpu(server.pid()).saturating_sub(cpu);
    let what = format!("add_task, one connection, {place}, {} tasks", size.graph);
    report.add(&what, "calls/s", Better::More, subject.name, size.graph as f64 / seconds);
    report.ratio_target(&what, 10.0);
    report.add(&format!("add_task p99, {place}"), "ms", Better::Less, subject.name, percentile(&mut times, 0.99));
    report.add(
        &format!("add_task, server CPU, {place}"),
        "us/call",
        Better::Less,
        subject.name,
        used.as_secs_f64() * 1e6 / size.graph as f64,
    );
}

/// Describes tasks over a few connections; not measured.
pub fn fill(server: &Running, tasks: usize, connections: usize) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut client = open(server.address);
                let mut body = Vec::new();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= tasks {
                        return;
                    }
                    graph::describe(WORKER, n, &mut body);
                    client.send_prepared("/api/add_task", &body).expect("add_task is answered");
                }
            });
        }
    });
}

/// Takes tasks and ends them; only `get_work` is timed.
fn take_work(server: &Running, calls: usize, seconds: u64, at_least: usize) -> Vec<Duration> {
    let mut client = open(server.address);
    let (mut ask, mut done) = (Vec::new(), Vec::new());
    graph::ask(WORKER, &mut ask);
    let mut times = Vec::with_capacity(calls);
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while times.len() < calls && (Instant::now() < deadline || times.len() < at_least) {
        let begin = Instant::now();
        let reply = client.send_prepared("/api/get_work", &ask).expect("get_work is answered");
        times.push(begin.elapsed());
        // Replies to get_work are small: neither server compresses them, though Luigi's client would take that.
        let reply: Value = serde_json::from_slice(&reply).expect("get_work answers JSON");
        let task_id = reply["response"]["task_id"].as_str().expect("there is work");
        graph::done(WORKER, task_id, &mut done);
        client.send_prepared("/api/add_task", &done).expect("add_task is answered");
    }
    times
}

/// The upper bound of the bucket that holds a quantile of a method's time inside the server, in microseconds, from the
/// difference of two readings of /metrics. `None` where the server offers no such histogram.
fn inside(before: &str, after: &str, method: &str, part: f64) -> Option<f64> {
    let read = |text: &str| -> Vec<(f64, f64)> {
        text.lines()
            .filter(|line| line.contains("_bucket{") && line.contains(&format!("\"{method}\"")))
            .filter_map(|line| {
                let bound = line.split("le=\"").nth(1)?.split('"').next()?;
                let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().ok()? };
                Some((bound, line.rsplit(' ').next()?.parse().ok()?))
            })
            .collect()
    };
    let before = read(before);
    let buckets: Vec<(f64, f64)> = read(after)
        .into_iter()
        .map(|(bound, count)| {
            let earlier = before.iter().find(|(b, _)| b.total_cmp(&bound).is_eq()).map_or(0.0, |(_, c)| *c);
            (bound, count - earlier)
        })
        .collect();
    let total = buckets.last()?.1;
    buckets.iter().find(|(_, count)| *count >= total * part).map(|(bound, _)| bound * 1e6)
}

fn metrics(server: &Running) -> String {
    Connection::open(server.address).and_then(|mut c| c.get("/metrics")).map(|reply| reply.text()).unwrap_or_default()
}

fn work(report: &mut Report, subject: &Subject, server: &Running, size: &Size, pending: usize) {
    let before = metrics(server);
    let theirs = subject.name == "luigid";
    let (seconds, at_least) = if theirs { (size.luigid_seconds, LUIGID_CALLS_MIN) } else { (60, size.calls) };
    let mut times = take_work(server, size.calls, seconds, at_least);
    let (p50, p99) = (percentile(&mut times, 0.5), percentile(&mut times, 0.99));
    let [median, worst] = ["p50", "p99"].map(|part| format!("get_work {part}, {pending} pending"));
    report.add(&median, "ms", Better::Less, subject.name, p50);
    report.add(&worst, "ms", Better::Less, subject.name, p99);
    if pending == size.many {
        // Twenty times the tasks may cost twice the time.
        let fewer = report.ours(&format!("get_work p50, {} pending", size.pending));
        if let Some(fewer) = fewer {
            report.target(&median, 2.0 * fewer);
        }
    } else {
        report.ratio_target(&median, 1000.0);
    }
    if let Some(bound) = inside(&before, &metrics(server), "get_work", 0.99) {
        let name = format!("get_work p99 inside the server, {pending} pending");
        report.add(&name, "us, at most", Better::Less, subject.name, bound);
        report.target(&name, 200.0);
    }
}

/// `get_work`, memory, and readers beside workers, on one filled server.
pub fn pending(report: &mut Report, subject: &Subject, size: &Size) {
    let server = subject.start_empty();
    let empty = machine::resident(server.pid());
    fill(&server, size.pending, if subject.name == "luigid" { 1 } else { FILLERS });
    let grown = machine::resident(server.pid()).saturating_sub(empty);
    let name = format!("memory, {} tasks", size.pending);
    report.add(&name, "bytes/task", Better::Less, subject.name, grown as f64 / size.pending as f64);
    report.target(&name, 1024.0);
    work(report, subject, &server, size, size.pending);
    readers(report, subject, &server, size);
}

/// What a worker's ping takes, alone and while others read the whole list and the whole graph.
fn readers(report: &mut Report, subject: &Subject, server: &Running, size: &Size) {
    let mut alone = pings(server, size.seconds, &AtomicBool::new(false));
    let stop = AtomicBool::new(false);
    let read = AtomicUsize::new(0);
    let mut beside = Vec::new();
    std::thread::scope(|scope| {
        for reader in 0..READERS {
            let (stop, read) = (&stop, &read);
            scope.spawn(move || {
                let root = json!({"task_id": graph::task_id(size.pending - 1), "include_done": true});
                let list = json!({"status": "PENDING", "upstream_status": "", "limit": true});
                let (mut a, mut b) = (Vec::new(), Vec::new());
                form(&list.to_string(), &mut a);
                form(&root.to_string(), &mut b);
                let mut client = open(server.address);
                for turn in reader.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let (target, body) = if turn % 2 == 0 { ("/api/task_list", &a) } else { ("/api/dep_graph", &b) };
                    client.send_prepared(target, body).expect("a reader is answered");
                    read.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        beside = pings(server, size.seconds, &AtomicBool::new(false));
        stop.store(true, Ordering::Relaxed);
    });
    let quiet = (percentile(&mut alone, 0.99), percentile(&mut alone, 1.0));
    let busy = (percentile(&mut beside, 0.99), percentile(&mut beside, 1.0));
    let what = format!("{READERS} readers of {} tasks", size.pending);
    report.add("ping p99, alone", "ms", Better::Less, subject.name, quiet.0);
    report.add("ping max, alone", "ms", Better::Less, subject.name, quiet.1);
    report.add(&format!("ping p99, beside {what}"), "ms", Better::Less, subject.name, busy.0);
    report.add(&format!("ping max, beside {what}"), "ms", Better::Less, subject.name, busy.1);
    let delay = format!("delay of a ping by {what}, p99");
    report.add(&delay, "ms", Better::Less, subject.name, (busy.0 - quiet.0).max(0.0));
    report.target(&delay, 5.0);
    let reads = read.load(Ordering::Relaxed) as f64 / size.seconds as f64;
    report.add("lists and graphs read meanwhile", "1/s", Better::More, subject.name, reads);
}

/// A hundred pings a second for some seconds, or until it is enough, each timed.
pub fn pings(server: &Running, seconds: u64, enough: &AtomicBool) -> Vec<Duration> {
    let mut client = open(server.address);
    let mut body = Vec::new();
    form(&json!({"worker": WORKER}).to_string(), &mut body);
    let mut times = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(seconds) && !enough.load(Ordering::Relaxed) {
        let sent = Instant::now();
        client.send_prepared("/api/ping", &body).expect("ping is answered");
        times.push(sent.elapsed());
        std::thread::sleep(Duration::from_millis(10).saturating_sub(sent.elapsed()));
    }
    times
}

/// Workers that wait: each second a `ping` and a `get_work`, on a connection each. Their one task needs one that runs.
pub fn polling(report: &mut Report, subject: &Subject, size: &Size) {
    let server = subject.start_empty();
    let mut client = open(server.address);
    let ask = |client: &mut Client, method: &str, call: &Value| client.ask(method, call).expect("the call is answered");
    ask(&mut client, "add_task", &json!({"task_id": "blocker", "worker": "runner", "family": "B"}));
    ask(&mut client, "get_work", &json!({"worker": "runner", "host": "bench", "current_tasks": null}));
    for w in 0..size.workers {
        let call =
            json!({"task_id": format!("task{w}"), "worker": format!("w{w}"), "family": "T", "deps": ["blocker"]});
        ask(&mut client, "add_task", &call);
    }
    let sent = AtomicUsize::new(0);
    let mut used = Duration::ZERO;
    let mut took = Duration::ZERO;
    std::thread::scope(|scope| {
        let ready = std::sync::Arc::new(std::sync::Barrier::new(POLLERS + 1));
        for poller in 0..POLLERS {
            let (sent, server, ready) = (&sent, &server, ready.clone());
            scope.spawn(move || {
                let mut mine: Vec<_> = (poller..size.workers)
                    .step_by(POLLERS)
                    .map(|w| {
                        let (mut ping, mut work) = (Vec::new(), Vec::new());
                        form(&json!({"worker": format!("w{w}")}).to_string(), &mut ping);
                        graph::ask(&format!("w{w}"), &mut work);
                        (open(server.address), ping, work)
                    })
                    .collect();
                ready.wait();
                let begin = Instant::now();
                let count = mine.len().max(1) as u32;
                for second in 0..size.seconds {
                    for (n, (client, ping, work)) in mine.iter_mut().enumerate() {
                        // Spread over the second, as workers started at odd moments are.
                        let due = Duration::from_secs(second) + Duration::from_secs(1) * n as u32 / count;
                        std::thread::sleep(due.saturating_sub(begin.elapsed()));
                        if begin.elapsed() > Duration::from_secs(size.seconds) {
                            return;
                        }
                        client.send_prepared("/api/ping", ping).expect("ping is answered");
                        client.send_prepared("/api/get_work", work).expect("get_work is answered");
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        ready.wait();
        let (begin, cpu) = (Instant::now(), machine::cpu(server.pid()));
        std::thread::sleep(Duration::from_secs(size.seconds));
        used = machine::cpu(server.pid()).saturating_sub(cpu);
        took = begin.elapsed();
    });
    let rate = sent.load(Ordering::Relaxed) as f64 / took.as_secs_f64();
    let what = format!("{} workers polling each second", size.workers);
    report.add(
        &format!("{what}: CPU"),
        "% of a core",
        Better::Less,
        subject.name,
        100.0 * used.as_secs_f64() / took.as_secs_f64(),
    );
    report.target(&format!("{what}: CPU"), 20.0);
    report.add(&format!("{what}: polls answered"), "1/s", Better::More, subject.name, rate);
}

/// A large server: `get_work`, memory, disk, and coming back.
pub fn many(report: &mut Report, subject: &Subject, size: &Size) {
    let mut server = subject.start_empty();
    let empty = machine::resident(server.pid());
    let begin = Instant::now();
    fill(&server, size.many, FILLERS);
    let rate = size.many as f64 / begin.elapsed().as_secs_f64();
    report.add(
        &format!("add_task, {FILLERS} connections, {} tasks", size.many),
        "calls/s",
        Better::More,
        subject.name,
        rate,
    );
    let per_task = |bytes: u64| bytes as f64 / size.many as f64;
    let name = format!("memory, {} tasks", size.many);
    report.add(
        &name,
        "bytes/task",
        Better::Less,
        subject.name,
        per_task(machine::resident(server.pid()).saturating_sub(empty)),
    );
    report.target(&name, 1024.0);
    report.add(
        "data directory at work",
        "bytes/task",
        Better::Less,
        subject.name,
        per_task(machine::on_disk(subject.place())),
    );
    work(report, subject, &server, size, size.many);

    server.stop();
    report.add(
        "data directory stopped",
        "bytes/task",
        Better::Less,
        subject.name,
        per_task(machine::on_disk(subject.place())),
    );
    let mut back = |name: &str| {
        let begin = Instant::now();
        let server = subject.start();
        let seconds = begin.elapsed().as_secs_f64();
        let name = format!("{name}, {} tasks, to the first answer", size.many);
        report.add(&name, "s", Better::Less, subject.name, seconds);
        report.target(&name, 5.0);
        server
    };
    let mut server = back("restart after SIGTERM");
    server.kill();
    drop(back("restart after kill -9"));
}
