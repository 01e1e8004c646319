//! What the ledger costs: `cargo run --release -p bussola-ledger --example throughput`.
//!
//! One million entries, with payloads of 300 bytes and again with leaves of 300 bytes: encoded, hashed and appended,
//! then verified on one thread as a stream, and with the entries checked on two.

#![allow(clippy::unwrap_used, reason = "a measurement may stop at the first surprise")]

use std::time::Instant;

use bussola_ledger::canonical::check_object;
use bussola_ledger::{EntryBody, Frontier, Hash, Payload, StoredEntry, Verifier, check_chunk, leaf_hash};

const ENTRIES: u64 = 1_000_000;
const CHUNK: usize = 4096;

#[derive(Default)]
struct Stored {
    bytes: Vec<u8>,
    rows: Vec<(usize, usize, Hash)>,
}

impl Stored {
    fn entry(&self, seq: usize) -> StoredEntry<'_> {
        let (start, end, hash) = self.rows[seq];
        StoredEntry { seq: seq as u64, hash, leaf: &self.bytes[start..end] }
    }
}

/// A body whose payload has this many bytes, 13 members if they fit.
fn body(payload_bytes: usize) -> EntryBody {
    let members = match payload_bytes {
        250.. => {
            r#""attempt":1,"host":"worker-07.example.com","params":{"date":"2026-04-13","region":"eu-south-1"},"resources":{"db":1,"gpu":2},"task":"etl.LoadOrders_2026_04_13_eu_south_1_99914b932b","#
        }
        _ => r#""attempt":1,"task":"etl.LoadOrders_2026_04_13_eu_south_1_99914b932b","#,
    };
    let filler = "x".repeat(payload_bytes - members.len() - r#"{"text":""}"#.len());
    let payload = format!(r#"{{{members}"text":"{filler}"}}"#);
    assert_eq!(payload.len(), payload_bytes);
    EntryBody {
        at_us: 1_764_039_600_000_000,
        principal: "user:01J9ZC4Q8Y".to_owned(),
        authority: "policy:pipelines-operate".to_owned(),
        kind: "attempt.started".to_owned(),
        version: 1,
        subject: "component:default/load-orders".to_owned(),
        run: Some(4711),
        payload: Payload::new(payload.into_bytes()).unwrap(),
    }
}

/// The best of five: what the work costs when nothing else interferes.
fn measure(what: &str, mut work: impl FnMut()) {
    let times = (0..5).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    let best = times.min().unwrap();
    println!(
        "  {what:34} {:6.0} ms {:6.0} ns/entry",
        best.as_secs_f64() * 1e3,
        best.as_nanos() as f64 / ENTRIES as f64
    );
}

fn main() {
    println!("payloads of 300 bytes");
    run(&body(300));
    println!("leaves of 300 bytes");
    run(&body(96));
}

fn run(body: &EntryBody) {
    let mut scratch = Vec::new();
    measure("encode", || {
        for seq in 0..ENTRIES {
            scratch.clear();
            body.encode_into(seq, &mut scratch).unwrap();
        }
    });
    measure("check the payload", || {
        for _ in 0..ENTRIES {
            check_object(std::hint::black_box(body.payload.as_bytes())).unwrap();
        }
    });

    let mut frontier = Frontier::new();
    measure("encode, hash and append", || {
        frontier = Frontier::new();
        for seq in 0..ENTRIES {
            scratch.clear();
            body.encode_into(seq, &mut scratch).unwrap();
            frontier.append(leaf_hash(&scratch));
        }
    });

    let mut stored = Stored::default();
    for seq in 0..ENTRIES {
        let begin = stored.bytes.len();
        body.encode_into(seq, &mut stored.bytes).unwrap();
        stored.rows.push((begin, stored.bytes.len(), leaf_hash(&stored.bytes[begin..])));
    }
    println!("  {:34} {:6} bytes", "one leaf", stored.bytes.len() as u64 / ENTRIES);

    measure("verify, one thread", || {
        let mut verifier = Verifier::new([]);
        for seq in 0..ENTRIES as usize {
            verifier.entry(stored.entry(seq)).unwrap();
        }
        verifier.finish(Some(frontier.head())).unwrap();
    });

    let check = |from: usize| {
        let to = (from + CHUNK).min(ENTRIES as usize);
        if from >= to { None } else { Some(check_chunk(from as u64, (from..to).map(|seq| stored.entry(seq))).unwrap()) }
    };
    measure("verify, entries on two threads", || {
        let mut verifier = Verifier::new([]);
        std::thread::scope(|scope| {
            for from in (0..ENTRIES as usize).step_by(2 * CHUNK) {
                let second = scope.spawn(move || check(from + CHUNK));
                verifier.chunk(&check(from).unwrap()).unwrap();
                second.join().unwrap().iter().for_each(|chunk| drop(verifier.chunk(chunk).unwrap()));
            }
        });
        verifier.finish(Some(frontier.head())).unwrap();
    });
}
