//! How the scheduler machine alone scales: time of each call and memory of each task, without store and network.
//!
//! `cargo run --release -p bussola-domain --example scale -- 1000000`

use std::time::Instant;

use bussola_domain::command::{AddTask, GetWork};
use bussola_domain::event::Draft;
use bussola_domain::id::Timestamp;
use bussola_domain::model::{Command, Model, Step};
use bussola_domain::scheduler::{Config, Report};
use bussola_domain::value::Value;

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

fn id(number: usize) -> String {
    format!("ExampleTask_{number}_2026_11_25_0123456789")
}

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    let mut model = Model::new(Config::default());
    let before = resident_bytes();
    let mut draft = Draft::default();
    let began = Instant::now();
    for number in 0..count {
        // Levels of 100; each task needs two of the level below.
        let deps = if number < 100 {
            vec![]
        } else {
            vec![id(number - 100), id(number / 100 * 100 - 100 + (number * 7 + 1) % 100)]
        };
        let report = Report {
            task: id(number),
            family: "ExampleTask".into(),
            module: Some("examples.pipeline".into()),
            params: vec![
                ("number".into(), Value::from(number.to_string())),
                ("date".into(), Value::from("2026-11-25")),
            ],
            visibilities: Some(Value::Object(vec![("number".into(), Value::Int(0)), ("date".into(), Value::Int(0))])),
            deps: Some(deps),
            ..Report::default()
        };
        let now = Timestamp::from_seconds(1e9 + number as f64 / 1e3);
        AddTask { worker: "w".into(), report, ..AddTask::default() }
            .execute(&mut Step::new(&mut model, now, &mut draft));
        draft.facts.clear();
        draft.history.clear();
    }
    let added = began.elapsed();
    let bytes = (resident_bytes() - before) / count as u64;
    let mut times = Vec::new();
    for number in 0..10_000 {
        let now = Timestamp::from_seconds(2e9 + f64::from(number));
        let mut step = Step::new(&mut model, now, &mut draft);
        let began = Instant::now();
        let work = GetWork { worker: "w".into(), ..GetWork::default() }.execute(&mut step);
        times.push(began.elapsed());
        let Some(assignment) = work.assignment else { break };
        let report = Report {
            task: assignment.tasks[0].clone(),
            status: bussola_domain::scheduler::Status::Done,
            ..Report::default()
        };
        AddTask { worker: "w".into(), report, ..AddTask::default() }.execute(&mut step);
        draft.facts.clear();
        draft.history.clear();
    }
    times.sort();
    println!(
        "{count} tasks: add_task {:.2} us, {bytes} bytes a task, get_work p50 {:?} p99 {:?}",
        added.as_secs_f64() * 1e6 / count as f64,
        times[times.len() / 2],
        times[times.len() * 99 / 100],
    );
}
