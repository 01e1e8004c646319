//! Figures as they come in, and the table and the file they end in.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// Whether more or less is better, for the ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Throughput.
    More,
    /// Times, memory, processor.
    Less,
}

struct Figure {
    name: String,
    unit: &'static str,
    better: Better,
    target: Option<f64>,
    ratio_min: Option<f64>,
    values: Vec<(&'static str, f64)>,
}

/// All figures of a run.
pub struct Report {
    figures: Vec<Figure>,
    quick: bool,
    machine: String,
    notes: Vec<String>,
    /// How long the run took.
    pub seconds: f64,
}

impl Report {
    /// An empty one.
    pub fn new(quick: bool, machine: String) -> Self {
        Self { figures: Vec::new(), quick, machine, notes: Vec::new(), seconds: 0.0 }
    }

    /// Adds a value; a figure's name joins the subjects' values in one row.
    pub fn add(&mut self, name: &str, unit: &'static str, better: Better, subject: &'static str, value: f64) {
        let at = self.figures.iter().position(|f| f.name == name).unwrap_or_else(|| {
            self.figures.push(Figure {
                name: name.to_owned(),
                unit,
                better,
                target: None,
                ratio_min: None,
                values: Vec::new(),
            });
            self.figures.len() - 1
        });
        self.figures[at].values.push((subject, value));
    }

    /// Says what a reader needs to judge the figures.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// What Bussola's value of a figure should at most (or at least) be.
    pub fn target(&mut self, name: &str, value: f64) {
        if let Some(figure) = self.figures.iter_mut().find(|f| f.name == name) {
            figure.target = Some(value);
        }
    }

    /// How many times better than luigid Bussola should be.
    pub fn ratio_target(&mut self, name: &str, value: f64) {
        if let Some(figure) = self.figures.iter_mut().find(|f| f.name == name) {
            figure.ratio_min = Some(value);
        }
    }

    /// Bussola's value of a figure, if it has been measured.
    pub fn ours(&self, name: &str) -> Option<f64> {
        let figure = self.figures.iter().find(|f| f.name == name)?;
        figure.values.iter().find(|(subject, _)| *subject == "bussola").map(|(_, value)| *value)
    }

    /// Markdown, and readable as it is.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{}{:.0} s, {}\n",
            if self.quick { "QUICK, not a measurement. " } else { "" },
            self.seconds,
            self.machine
        );
        for note in &self.notes {
            let _ = writeln!(out, "{note}\n");
        }
        let _ = writeln!(
            out,
            "| {:58} | {:>12} | {:>12} | {:>8} | {:>14} |",
            "figure", "bussola", "luigid", "ratio", "target"
        );
        let _ = writeln!(out, "| {:-<58} | {:->12} | {:->12} | {:->8} | {:->14} |", "", "", "", "", "");
        for figure in &self.figures {
            let value = |name| figure.values.iter().find(|(subject, _)| *subject == name).map(|(_, value)| *value);
            let (ours, theirs) = (value("bussola"), value("luigid"));
            let ratio = match (ours, theirs, figure.better) {
                (Some(a), Some(b), Better::More) if b > 0.0 => Some(a / b),
                (Some(a), Some(b), Better::Less) if a > 0.0 => Some(b / a),
                _ => None,
            };
            let verdict = |met: bool| if met { "ok" } else { "MISSED" };
            let mut target = figure.target.map_or(String::new(), |limit| {
                let (sign, met) = match figure.better {
                    Better::More => (">=", ours.is_some_and(|v| v >= limit)),
                    Better::Less => ("<=", ours.is_some_and(|v| v <= limit)),
                };
                format!("{sign} {} {}", number(limit), verdict(met))
            });
            if let (Some(least), Some(ratio)) = (figure.ratio_min, ratio) {
                let _ = write!(target, ">= {least:.0}x {}", verdict(ratio >= least));
            }
            let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:.1}x"));
            let title = format!("{} ({})", figure.name, figure.unit);
            let show = |v: Option<f64>| v.map_or(String::new(), number);
            let _ =
                writeln!(out, "| {title:58} | {:>12} | {:>12} | {ratio:>8} | {target:>14} |", show(ours), show(theirs));
        }
        out
    }

    /// Writes `bench.json` and `bench.md`.
    pub fn write(&self, folder: &Path) {
        let figures: Vec<Value> = self
            .figures
            .iter()
            .map(|figure| {
                let values: serde_json::Map<_, _> =
                    figure.values.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
                json!({"name": figure.name, "unit": figure.unit, "more_is_better": figure.better == Better::More,
                       "target": figure.target, "ratio_min": figure.ratio_min, "values": values})
            })
            .collect();
        let all = json!({"machine": self.machine, "quick": self.quick, "seconds": self.seconds, "notes": self.notes,
                         "figures": figures});
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(folder.join("bench.json"), format!("{all:#}\n")))
            .and_then(|()| std::fs::write(folder.join("bench.md"), self.table()));
        match written {
            Ok(()) => eprintln!("bench: written to {}/bench.json and bench.md", folder.display()),
            Err(error) => eprintln!("bench: cannot write to {}: {error}", folder.display()),
        }
    }
}

fn number(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 1.0 => format!("{v:.2}"),
        v => format!("{v:.4}"),
    }
}

/// The value below which the given part of the times lies, in milliseconds. Sorts them.
pub fn percentile(times: &mut [Duration], part: f64) -> f64 {
    if times.is_empty() {
        return 0.0;
    }
    times.sort_unstable();
    let at = ((times.len() - 1) as f64 * part).round() as usize;
    times[at].as_secs_f64() * 1e3
}
