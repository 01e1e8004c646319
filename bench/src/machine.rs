//! What the operating system says: of this machine, and of a process.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Clock ticks a second in `/proc`: fixed at 100 in Linux's interface to programs.
const TICKS_PER_SECOND: u64 = 100;

/// The machine in a line: processor, cores, load when asked.
#[must_use]
pub fn describe() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("?", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    format!("{model}, {cores} cores, load {load}")
}

/// Processor time that a process has used, in user and in kernel.
#[must_use]
pub fn cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name may hold anything, so count from the last parenthesis: utime and stime are the 14th and 15th fields.
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

/// Bytes of memory that a process has in use (`VmRSS`).
#[must_use]
pub fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("");
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Bytes of the files in a folder.
#[must_use]
pub fn on_disk(folder: &std::path::Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => on_disk(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}

/// Runs `work`, and every process and thread that it starts, on one core. Waking a thread on another core of a virtual
/// machine can take longer than a call does; on one core there is no such waking.
pub fn on_one_core<T>(work: impl FnOnce() -> T) -> T {
    let all = sched_getaffinity(None).expect("a process may ask for its cores");
    let core = (0..CpuSet::MAX_CPU).find(|&core| all.is_set(core)).expect("there is a core");
    let mut one = CpuSet::new();
    one.set(core);
    sched_setaffinity(None, &one).expect("a process may take fewer cores");
    let done = work();
    sched_setaffinity(None, &all).expect("a process may take its cores back");
    done
}

/// Calls a second of a server that does nothing: what comes in over one connection on loopback is read, and as much as a
/// reply to `add_task` is sent back. No server that waits for calls can be faster here.
#[must_use]
pub fn echo(calls: usize) -> f64 {
    let (request, reply) = ([b'x'; 900], [b'x'; 164]);
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be bound");
    let address = listener.local_addr().expect("a listener has an address");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = listener.accept().expect("the client comes");
            stream.set_nodelay(true).expect("a socket can be set");
            let mut read = [0; 900];
            while stream.read_exact(&mut read).is_ok() {
                stream.write_all(&reply).expect("the client listens");
            }
        });
        let mut stream = TcpStream::connect(address).expect("the echo listens");
        stream.set_nodelay(true).expect("a socket can be set");
        let (begin, mut read) = (Instant::now(), [0; 164]);
        for _ in 0..calls {
            stream.write_all(&request).expect("the echo listens");
            stream.read_exact(&mut read).expect("the echo answers");
        }
        calls as f64 / begin.elapsed().as_secs_f64()
    })
}
