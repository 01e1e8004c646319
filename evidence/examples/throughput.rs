//! How long a bundle takes to verify: `cargo run --release -p bussola-evidence --example throughput [ENTRIES]`.
//!
//! Prints three lines: making, verifying (best and worst of five), and the size of the bundle.

#![allow(clippy::unwrap_used, missing_docs, reason = "an example measures, and stops at the first surprise")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use support::{Ledger, Options, key};

fn main() {
    let entries: i64 = std::env::args().nth(1).map_or(100_000, |count| count.parse().unwrap());
    // A hundred days before and after the population, as a ledger has.
    let ledger = Ledger::of_days(entries / 1_000 + 20, 1_000);
    let day = support::DAY;
    let options = Options { from: 10 * day, to: (entries / 1_000 + 10) * day, ..Options::default() };
    let begin = Instant::now();
    let bundle = ledger.export(&options).bundle;
    println!("made      {:>8.0} ms", begin.elapsed().as_secs_f64() * 1e3);
    let key = key().verifying_key();
    let mut times: Vec<f64> = (0..5)
        .map(|_| {
            let begin = Instant::now();
            let verified = bussola_evidence::verify(&bundle, &key, &[]).unwrap();
            assert_eq!(verified.manifest.entries, entries as u64);
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("verified  {:>8.0} ms to {:.0} ms: {entries} entries", times[0], times[4]);
    println!("size      {:>8.1} MB", bundle.len() as f64 / 1e6);
}
