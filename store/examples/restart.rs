//! How long a data directory takes from opening to the first answer, as JSON on standard output.
//!
//! `cargo run --release -p bussola-store --example restart -- DIRECTORY [ROUNDS]`

#![allow(clippy::unwrap_used, reason = "a measurement may stop at the first surprise")]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bussola_domain::access::Caller;
use bussola_domain::command::CountPending;
use bussola_domain::id::Timestamp;
use bussola_store::{Context, Location, Options, Store};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().unwrap_or_else(|| panic!("give a data directory"));
    let rounds = arguments.next().map_or(1, |count| count.parse().unwrap());
    for _ in 0..rounds {
        let now = Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64);
        let options = Options { snapshots: false, ..Options::new(Location::Directory(directory.clone().into())) };
        let began = Instant::now();
        let store = Store::open(options, now).unwrap();
        let context = Context { now, caller: Caller::LOCAL };
        store.execute_blocking(context, CountPending { worker: "restart".into() }).unwrap();
        let took = began.elapsed();
        let (entries, tasks) = (store.head().size, store.read(|model| model.scheduler.len()));
        println!("{{\"entries\":{entries},\"tasks\":{tasks},\"seconds\":{:.3}}}", took.as_secs_f64());
        store.close();
    }
}
