//! What a monitoring system reads at `/metrics`: Prometheus' text format, luigid's task counters under luigid's names, and
//! ours about the server itself.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bussola_domain::model::Model;
use bussola_domain::scheduler::{Meter, Status};

use crate::app::App;
use crate::luigi::Method;

/// Prometheus' text format.
pub const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the buckets in microseconds: fine where calls should be, coarse where they should not.
const BOUNDS_US: [u64; 17] =
    [5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];

/// How long calls of one method took.
#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BOUNDS_US.len() + 1],
    sum_ns: AtomicU64,
}

impl Histogram {
    fn add(&self, took: Duration) {
        let us = u64::try_from(took.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX);
        let bucket = BOUNDS_US.partition_point(|&bound| bound < us);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_ns.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Counters of the network edge. Reading and adding take no lock.
#[derive(Debug)]
pub struct Meters {
    calls: Vec<Histogram>,
    refused: AtomicU64,
    /// Replies by the first digit of their status.
    replies: [AtomicU64; 6],
}

impl Default for Meters {
    fn default() -> Meters {
        let calls = Method::ALL.iter().map(|_| Histogram::default()).collect();
        Meters { calls, refused: AtomicU64::new(0), replies: Default::default() }
    }
}

impl Meters {
    /// A call was made; its time is from the whole request being there to its reply being ready to send.
    pub fn called(&self, method: Method, took: Duration, answered: bool) {
        self.calls[method as usize].add(took);
        if !answered {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A reply was sent, to whatever request.
    pub fn replied(&self, status: u16) {
        self.replies[usize::from(status / 100).min(5)].fetch_add(1, Ordering::Relaxed);
    }
}

/// The whole page.
pub fn render(app: &App) -> String {
    let mut out = String::with_capacity(16 << 10);
    app.store.read(|model| {
        write_tasks(&mut out, model);
        let (workers, tasks) = (model.scheduler.all_workers().count(), Status::ALL);
        family(&mut out, "bussola_tasks", "gauge", "tasks in the scheduler by status");
        for status in tasks {
            let count = model.scheduler.count(status);
            line(&mut out, "bussola_tasks", &[("status", status.as_str())], count as f64);
        }
        family(&mut out, "bussola_workers", "gauge", "workers that are here");
        line(&mut out, "bussola_workers", &[], workers as f64);
        family(&mut out, "bussola_runs", "gauge", "runs whose workers are here and that have not ended");
        let open = model.runs.all_live().filter(|(_, run)| run.ended.is_none()).count();
        line(&mut out, "bussola_runs", &[], open as f64);
    });
    family(&mut out, "bussola_ledger_entries_total", "counter", "entries in the ledger");
    line(&mut out, "bussola_ledger_entries_total", &[], app.store.head().size as f64);
    write_calls(&mut out, &app.meters);
    out
}

fn write_tasks(out: &mut String, model: &Model) {
    let meters = model.scheduler.meters();
    let counts: [fn(&Meter) -> u64; 4] =
        [|meter| meter.started, |meter| meter.failed, |meter| meter.disabled, |meter| meter.done];
    for (what, count) in ["started", "failed", "disabled", "done"].into_iter().zip(counts) {
        let name = &format!("luigi_task_{what}_total");
        family(out, name, "counter", &format!("number of {what} luigi tasks"));
        for (labels, meter) in meters.iter().filter(|(_, meter)| count(meter) > 0) {
            line(out, name, &labels, count(meter) as f64);
        }
    }
    let name = "luigi_task_execution_time_seconds";
    family(out, name, "gauge", "luigi task execution time in seconds");
    for (labels, meter) in meters.iter() {
        if let Some(seconds) = meter.seconds {
            line(out, name, &labels, seconds);
        }
    }
}

fn write_calls(out: &mut String, meters: &Meters) {
    let name = "bussola_rpc_duration_seconds";
    family(out, name, "histogram", "time inside the server of calls of luigi's rpc");
    for (method, histogram) in Method::ALL.iter().zip(&meters.calls) {
        let counts: Vec<u64> = histogram.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        if counts.iter().all(|&count| count == 0) {
            continue;
        }
        let mut total = 0;
        for (place, count) in counts.iter().enumerate() {
            total += count;
            let bound = BOUNDS_US.get(place).map_or("+Inf".into(), |&us| format!("{:?}", us as f64 / 1e6));
            let labels = [("method", method.as_str()), ("le", &bound)];
            line(out, "bussola_rpc_duration_seconds_bucket", &labels, total as f64);
        }
        let labels = [("method", method.as_str())];
        let sum = histogram.sum_ns.load(Ordering::Relaxed) as f64 / 1e9;
        line(out, "bussola_rpc_duration_seconds_sum", &labels, sum);
        line(out, "bussola_rpc_duration_seconds_count", &labels, total as f64);
    }
    family(out, "bussola_rpc_refused_total", "counter", "calls of luigi's rpc without an answer");
    line(out, "bussola_rpc_refused_total", &[], meters.refused.load(Ordering::Relaxed) as f64);
    family(out, "bussola_http_requests_total", "counter", "http requests by class of status");
    for (class, count) in meters.replies.iter().enumerate().skip(1) {
        let class = format!("{class}xx");
        line(out, "bussola_http_requests_total", &[("status", &class)], count.load(Ordering::Relaxed) as f64);
    }
}

fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, labels: &[(&str, &str)], value: f64) {
    out.push_str(name);
    for (place, (label, text)) in labels.iter().enumerate() {
        out.push(if place == 0 { '{' } else { ',' });
        let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = write!(out, "{label}=\"{text}\"");
    }
    if !labels.is_empty() {
        out.push('}');
    }
    let _ = writeln!(out, " {value:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_fall_into_the_bucket_that_bounds_them() {
        let histogram = Histogram::default();
        for us in [0, 5, 6, 1_000_000, 1_000_001] {
            histogram.add(Duration::from_micros(us));
        }
        let counts: Vec<u64> = histogram.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        assert_eq!((counts[0], counts[1], counts[16], counts[17]), (2, 1, 1, 1));
    }

    #[test]
    fn label_values_are_escaped() {
        let mut out = String::new();
        line(&mut out, "a", &[("b", "x\"y\\z\n")], 1.0);
        assert_eq!(out, "a{b=\"x\\\"y\\\\z\\n\"} 1.0\n");
    }
}
