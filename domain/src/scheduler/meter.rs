//! Counters of what tasks did, by family and chosen parameters, for a monitoring system. Ephemeral: they start at zero with
//! the process, as counters of a monitoring system may, and decisions never look at them.

use std::collections::BTreeMap;

use crate::scheduler::state::Scheduler;
use crate::scheduler::task::Status;
use crate::scheduler::task::Task;
use crate::value::Value;

/// LIMIT: sets of label values. Parameters are as many as there are days; further sets are counted as [`OTHER`].
pub const METERS_MAX: usize = 10_000;

/// What every label says once [`METERS_MAX`] is reached.
pub const OTHER: &str = "other";

/// What the counters are told apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterLabels {
    /// The task family.
    pub family: bool,
    /// Parameters by name.
    pub parameters: Vec<String>,
}

impl Default for MeterLabels {
    fn default() -> MeterLabels {
        MeterLabels { family: true, parameters: Vec::new() }
    }
}

/// Counters of the tasks with the same labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meter {
    /// Handed out, batches not counted, as in Luigi.
    pub started: u64,
    /// Failed.
    pub failed: u64,
    /// Disabled.
    pub disabled: u64,
    /// Done.
    pub done: u64,
    /// How long the last attempt that ended took; zero from the first start on.
    pub seconds: Option<f64>,
}

/// All counters, by the values of their labels: parameters in their configured order, then the family.
#[derive(Clone, Debug, Default)]
pub struct Meters {
    labels: MeterLabels,
    by_values: BTreeMap<Vec<Box<str>>, Meter>,
}

impl Meters {
    pub(crate) fn new(labels: MeterLabels) -> Meters {
        Meters { labels, by_values: BTreeMap::new() }
    }

    /// Each set of labels, as pairs of name and value, with its counters.
    pub fn iter(&self) -> impl Iterator<Item = (Vec<(&str, &str)>, &Meter)> {
        let names = || {
            let parameters = self.labels.parameters.iter().map(String::as_str);
            parameters.chain(self.labels.family.then_some("family"))
        };
        self.by_values
            .iter()
            .map(move |(values, meter)| (names().zip(values.iter().map(|value| &**value)).collect(), meter))
    }

    fn at(&mut self, values: Vec<Box<str>>) -> &mut Meter {
        let full = self.by_values.len() >= METERS_MAX && !self.by_values.contains_key(&values);
        let values = if full { vec![OTHER.into(); values.len()] } else { values };
        self.by_values.entry(values).or_default()
    }
}

impl Scheduler {
    /// The counters.
    pub fn meters(&self) -> &Meters {
        &self.meters
    }

    pub(crate) fn meter_start(&mut self, slot: crate::scheduler::Slot) {
        let values = self.label_values(self.at(slot));
        let meter = self.meters.at(values);
        meter.started += 1;
        meter.seconds = meter.seconds.or(Some(0.0));
    }

    /// The task has this status since now.
    pub(crate) fn meter_status(&mut self, slot: crate::scheduler::Slot) {
        let task = self.at(slot);
        if !matches!(task.status, Status::Done | Status::Failed | Status::Disabled) {
            return;
        }
        let (status, updated, started) = (task.status, task.updated, task.started());
        let values = self.label_values(task);
        let meter = self.meters.at(values);
        match status {
            Status::Done => meter.done += 1,
            Status::Failed => meter.failed += 1,
            Status::Disabled => meter.disabled += 1,
            Status::Pending | Status::Running | Status::BatchRunning | Status::Unknown => {}
        }
        if let Some(started) = started {
            meter.seconds = Some(updated.seconds() - started.seconds());
        }
    }

    fn label_values(&self, task: &Task) -> Vec<Box<str>> {
        let parameter = |name: &String| -> Box<str> {
            let symbol = self.symbols.find(name);
            match symbol.and_then(|symbol| task.params.iter().find(|(other, _)| *other == symbol)) {
                Some((_, Value::Str(text))) => text.clone(),
                Some((_, value)) => value.to_string().into(),
                None => "None".into(),
            }
        };
        let labels = &self.meters.labels;
        let mut values: Vec<Box<str>> = labels.parameters.iter().map(parameter).collect();
        if labels.family {
            values.push(self.family_as_declared(task).into());
        }
        values
    }
}
