//! Bussola next to Python's `luigid`, in one run on one machine: `make bench`. How each figure is got, and what it is
//! good for, is in `bench/README.md`.
//!
//! Environment: `BUSSOLA_BIN`, `BUSSOLA_VENV`; `BENCH_QUICK=1` takes a tenth of everything (a check that it runs, not a
//! measurement); `BENCH_ONLY=name,name` some measurements; `BENCH_OUT=DIR` where the results go (`target/`).

mod catalog;
mod figures;
mod graph;
mod machine;
mod report;
mod subject;

use std::path::PathBuf;
use std::time::Instant;

use bussola_e2e::places::{Scratch, binary, checkout, python_command};

use crate::report::Report;
use crate::subject::Subject;

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Tasks of the graph that is added.
    pub graph: usize,
    /// Pending tasks for `get_work`, and for the readers.
    pub pending: usize,
    /// Pending tasks of the large server.
    pub many: usize,
    /// Components of the catalog, and as many tasks beside them.
    pub components: usize,
    /// Questions of each kind that the catalog is asked.
    pub questions: usize,
    /// `get_work` calls measured on Bussola.
    pub calls: usize,
    /// LIMIT: seconds of `get_work` calls on luigid, which takes most of a second each.
    pub luigid_seconds: u64,
    /// Polling workers.
    pub workers: usize,
    /// Seconds of polling, and of each half of the readers' measurement.
    pub seconds: u64,
}

const FULL: Size = Size {
    graph: 10_000,
    pending: 50_000,
    many: 1_000_000,
    components: 100_000,
    questions: 500,
    calls: 5_000,
    luigid_seconds: 25,
    workers: 1_000,
    seconds: 10,
};
const QUICK: Size = Size {
    graph: 1_000,
    pending: 5_000,
    many: 50_000,
    components: 5_000,
    questions: 100,
    calls: 1_000,
    luigid_seconds: 3,
    workers: 100,
    seconds: 2,
};

fn main() {
    let quick = std::env::var_os("BENCH_QUICK").is_some();
    let size = if quick { QUICK } else { FULL };
    let only = std::env::var("BENCH_ONLY").unwrap_or_default();
    let wanted = |name: &str| only.is_empty() || only.split(',').any(|part| part.trim() == name);
    let Some(bussola) = binary() else { std::process::exit(1) };
    let luigid = python_command("luigid");
    let place = Scratch::new("bench");
    let begin = Instant::now();
    let mut report = Report::new(quick, machine::describe());
    eprintln!("bench: {} on {}", bussola.display(), machine::describe());

    let subjects = || {
        let bussola = Some(Subject::bussola(&bussola, &place));
        bussola.into_iter().chain(luigid.as_ref().map(|program| Subject::luigid(program, &place)))
    };
    let step = |name: &str| eprintln!("bench: {:4.0} s: {name}", begin.elapsed().as_secs_f64());

    if wanted("add_task") {
        let (across, on_one) = (machine::echo(size.graph), machine::on_one_core(|| machine::echo(size.graph)));
        report.note(format!(
            "A bare echo over one connection: {across:.0} calls/s on all cores, {on_one:.0} with both ends on one core."
        ));
        for subject in subjects() {
            step(&format!("add_task, {}", subject.name));
            figures::add_task(&mut report, &subject, &size, "all cores");
            machine::on_one_core(|| figures::add_task(&mut report, &subject, &size, "one core"));
        }
    }
    if wanted("get_work") || wanted("readers") {
        for subject in subjects() {
            step(&format!("get_work and readers with {} pending tasks, {}", size.pending, subject.name));
            figures::pending(&mut report, &subject, &size);
        }
    }
    if wanted("polling") {
        for subject in subjects() {
            step(&format!("{} polling workers, {}", size.workers, subject.name));
            figures::polling(&mut report, &subject, &size);
        }
    }
    if wanted("many") {
        step(&format!("{} pending tasks, bussola", size.many));
        figures::many(&mut report, &Subject::bussola(&bussola, &place), &size);
    }

    if wanted("catalog") {
        step(&format!("a catalog of {} components, bussola", size.components));
        catalog::catalog(&mut report, &Subject::bussola(&bussola, &place), &size);
    }

    report.seconds = begin.elapsed().as_secs_f64();
    println!("{}", report.table());
    let out = std::env::var_os("BENCH_OUT").map_or_else(|| checkout().join("target"), PathBuf::from);
    report.write(&out);
}
