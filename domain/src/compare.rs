//! Two runs next to each other: what was asked for differently, which tasks came and went, what took longer or went otherwise.
//!
//! A task's id says its parameters, so the same task of another day has another id. Tasks are matched by id first; of the
//! others, those of the same family match whose parameters are the same once the values in which the two root tasks differ
//! are taken for the same: yesterday's `Load(date=2026-03-01)` is today's `Load(date=2026-03-02)`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::run_graph::{RunGraph, RunTask};
use crate::scheduler::Status;
use crate::value::Value;

/// LIMIT: tasks told of each kind of difference; the rest is counted.
pub const DIFFERENCES_MAX: usize = 1_000;

/// How two runs differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Parameters of the root task whose values differ.
    pub parameters: Vec<ParameterChange>,
    /// Tasks that only the second has.
    pub added: Vec<String>,
    /// How many there are.
    pub added_total: usize,
    /// Tasks that only the first has.
    pub removed: Vec<String>,
    /// How many there are.
    pub removed_total: usize,
    /// Tasks of both whose status or time differs: those that ended otherwise first, then what took longer by the most.
    pub changed: Vec<TaskChange>,
    /// How many there are.
    pub changed_total: usize,
    /// How many tasks both have.
    pub matched: usize,
}

/// A parameter of the root task in each run.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterChange {
    /// Its name.
    pub name: String,
    /// Its value in the first; none: it has no such parameter.
    pub first: Option<Value>,
    /// Its value in the second.
    pub second: Option<Value>,
}

/// A task of both runs.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskChange {
    /// Its family.
    pub family: String,
    /// What it was in the first.
    pub first: TaskThen,
    /// What it was in the second.
    pub second: TaskThen,
}

/// What a task was in one run.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskThen {
    /// Its id.
    pub id: String,
    /// Its status.
    pub status: Status,
    /// How long it was worked on, in microseconds, all tries together; none: it was not, or still is.
    pub duration_us: Option<i64>,
    /// How many tries there were.
    pub attempts: usize,
}

impl TaskThen {
    fn of(id: &str, task: &RunTask) -> TaskThen {
        let tries = || task.attempts.iter().filter(|attempt| attempt.started.is_some());
        let duration = |attempt: &crate::run_graph::Attempt| Some((attempt.ended?.0 - attempt.started?.0).max(0));
        let durations: Option<Vec<i64>> = tries().map(duration).collect();
        let total = durations.filter(|all| !all.is_empty()).map(|all| all.into_iter().fold(0_i64, i64::saturating_add));
        TaskThen { id: id.to_owned(), status: task.status, duration_us: total, attempts: tries().count() }
    }
}

impl TaskChange {
    fn of(graphs: (&RunGraph, &RunGraph), (first, second): (&str, &str)) -> Option<TaskChange> {
        let (a, b) = (graphs.0.tasks.get(first)?, graphs.1.tasks.get(second)?);
        let change =
            TaskChange { family: b.family.clone(), first: TaskThen::of(first, a), second: TaskThen::of(second, b) };
        let differs = change.has_other_status() || change.first.duration_us != change.second.duration_us;
        differs.then_some(change)
    }

    fn has_other_status(&self) -> bool {
        self.first.status != self.second.status
    }

    /// By how much the second took longer, in microseconds.
    pub fn slower_us(&self) -> i64 {
        self.second.duration_us.unwrap_or(0) - self.first.duration_us.unwrap_or(0)
    }
}

/// Compares two runs.
pub fn compare(first: &RunGraph, second: &RunGraph) -> Comparison {
    let parameters = root_parameters(first, second);
    let is_in = |graph: &RunGraph, id: &str| graph.tasks.contains_key(id);
    let mut matches: Vec<(&str, &str)> =
        first.tasks.keys().filter(|id| is_in(second, id)).map(|id| (id.as_str(), id.as_str())).collect();
    let (firsts, seconds) =
        (Stand::new(&parameters, |change| &change.first), Stand::new(&parameters, |change| &change.second));
    let mut alike: HashMap<String, Vec<&str>> = HashMap::new();
    // From the end, so that several that are alike match in order.
    for (id, task) in first.tasks.iter().rev().filter(|(id, _)| !is_in(second, id)) {
        alike.entry(firsts.signature(task)).or_default().push(id);
    }
    let mut added: Vec<&str> = Vec::new();
    for (id, task) in second.tasks.iter().filter(|(id, _)| !is_in(first, id)) {
        match alike.get_mut(&seconds.signature(task)).and_then(Vec::pop) {
            Some(other) => matches.push((other, id)),
            None => added.push(id),
        }
    }
    let removed: BTreeSet<&str> = alike.into_values().flatten().collect();
    let mut changed: Vec<TaskChange> =
        matches.iter().filter_map(|both| TaskChange::of((first, second), *both)).collect();
    changed.sort_by_cached_key(|change| {
        (!change.has_other_status(), std::cmp::Reverse(change.slower_us()), change.second.id.clone())
    });
    let shown = |ids: &mut dyn Iterator<Item = &&str>| ids.take(DIFFERENCES_MAX).map(|id| (*id).to_owned()).collect();
    let changed_total = changed.len();
    changed.truncate(DIFFERENCES_MAX);
    Comparison {
        added_total: added.len(),
        added: shown(&mut added.iter()),
        removed_total: removed.len(),
        removed: shown(&mut removed.iter()),
        changed,
        changed_total,
        matched: matches.len(),
        parameters,
    }
}

fn root_parameters(first: &RunGraph, second: &RunGraph) -> Vec<ParameterChange> {
    let of = |graph: &RunGraph| -> BTreeMap<String, Value> {
        graph.tasks.get(&graph.root).map(|root| root.params.iter().cloned().collect()).unwrap_or_default()
    };
    let (mut first, mut second) = (of(first), of(second));
    let names: BTreeSet<String> = first.keys().chain(second.keys()).cloned().collect();
    let changes = names.into_iter().map(|name| ParameterChange {
        first: first.remove(&name),
        second: second.remove(&name),
        name,
    });
    changes.filter(|change| change.first != change.second).collect()
}

/// What stands for the values in which the roots differ.
struct Stand {
    names: HashMap<String, String>,
}

impl Stand {
    fn new(parameters: &[ParameterChange], value: impl Fn(&ParameterChange) -> &Option<Value>) -> Stand {
        let name = |change: &ParameterChange| Some((value(change).as_ref()?.to_string(), change.name.clone()));
        // Of several parameters with one value the first by name stands for all, in both runs alike.
        Stand { names: parameters.iter().rev().filter_map(name).collect() }
    }

    fn signature(&self, task: &RunTask) -> String {
        let mut params: Vec<String> = task
            .params
            .iter()
            .map(|(name, value)| {
                let value = value.to_string();
                match self.names.get(&value) {
                    Some(stands) => format!("{name}:{stands}"),
                    None => format!("{name}={value}"),
                }
            })
            .collect();
        params.sort_unstable();
        format!("{}\n{}", task.family, params.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Timestamp;
    use crate::run_graph::Attempt;

    fn run(tasks: &[(&str, &str, Status, Option<i64>)]) -> RunGraph {
        let mut graph = RunGraph { root: tasks[0].0.to_owned(), ..RunGraph::default() };
        for (id, date, status, duration) in tasks {
            let attempt = |duration: &i64| Attempt {
                worker: None,
                started: Some(Timestamp(10)),
                ended: Some(Timestamp(10 + duration)),
                outcome: None,
                error: None,
            };
            let task = RunTask {
                family: id.split('_').next().unwrap_or_default().to_owned(),
                module: None,
                params: vec![("date".into(), Value::from(*date))],
                status: *status,
                since: Timestamp(0),
                deps: BTreeSet::new(),
                runnable: true,
                attempts: duration.iter().map(attempt).collect(),
                error: None,
            };
            graph.tasks.insert((*id).to_owned(), task);
        }
        graph
    }

    #[test]
    fn the_same_task_of_another_day_is_the_same_task() {
        let first = run(&[
            ("Root_1", "1", Status::Done, Some(5)),
            ("Load_1", "1", Status::Done, Some(10)),
            ("Copy_x", "x", Status::Done, Some(4)),
            ("Old_1", "1", Status::Done, None),
        ]);
        let second = run(&[
            ("Root_2", "2", Status::Pending, None),
            ("Load_2", "2", Status::Done, Some(30)),
            ("Copy_x", "x", Status::Done, Some(4)),
            ("New_2", "2", Status::Failed, Some(1)),
        ]);
        let comparison = compare(&first, &second);
        let parameter = &comparison.parameters[0];
        assert_eq!((parameter.name.as_str(), &parameter.first), ("date", &Some(Value::from("1"))));
        assert_eq!((comparison.added, comparison.removed), (vec!["New_2".to_owned()], vec!["Old_1".to_owned()]));
        let changed: Vec<_> =
            comparison.changed.iter().map(|change| (change.second.id.as_str(), change.slower_us())).collect();
        assert_eq!(changed, [("Root_2", -5), ("Load_2", 20)]);
        assert_eq!(comparison.matched, 3);
    }

    #[test]
    fn a_run_does_not_differ_from_itself() {
        let one = run(&[("Root_1", "1", Status::Done, Some(5)), ("Load_1", "1", Status::Failed, None)]);
        let comparison = compare(&one, &one);
        assert_eq!((comparison.changed_total, comparison.added_total, comparison.removed_total), (0, 0, 0));
        assert_eq!(compare(&RunGraph::default(), &RunGraph::default()).matched, 0);
    }
}
