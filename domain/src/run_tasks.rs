//! The tasks of a run as a list: filtered, sorted, counted by status and family.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::id::Timestamp;
use crate::run_graph::{RunGraph, RunTask};
use crate::scheduler::Status;

/// LIMIT: families counted out, those with the most tasks first; the rest is only counted.
pub const FAMILIES_MAX: usize = 1_000;

/// Which tasks, and in which order.
#[derive(Clone, Debug, Default)]
pub struct TaskQuery {
    /// Only with one of these statuses; empty: all.
    pub statuses: Vec<Status>,
    /// Only of one of these families; empty: all.
    pub families: BTreeSet<String>,
    /// Only with this in their id or in a parameter; case does not count.
    pub text: Option<String>,
    /// In which order.
    pub sort: TaskSort,
}

/// The order of tasks. What is equal is in order of id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskSort {
    /// By id.
    #[default]
    Id,
    /// What failed first, then what runs, waits, is done; of each what changed last first.
    Status,
    /// What was worked on longest first.
    Duration,
    /// What was begun first.
    Started,
}

/// What fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected<'a> {
    /// Tasks, in order.
    pub tasks: Vec<(&'a String, &'a RunTask)>,
    /// How many have each status, whatever statuses were asked for.
    pub statuses: BTreeMap<Status, usize>,
    /// How many each family has, whatever families were asked for, the largest first. May be cut.
    pub families: Vec<(&'a str, usize)>,
    /// How many families there are.
    pub families_total: usize,
}

/// Selects tasks of a run. Both counts have every other filter applied.
pub fn select<'a>(graph: &'a RunGraph, query: &TaskQuery) -> Selected<'a> {
    let text = query.text.as_deref().map(str::to_lowercase);
    let (mut statuses, mut families): (BTreeMap<Status, usize>, BTreeMap<&str, usize>) = Default::default();
    let mut tasks: Vec<(&String, &RunTask)> = Vec::new();
    for (id, task) in &graph.tasks {
        if text.as_deref().is_some_and(|text| !says(id, task, text)) {
            continue;
        }
        let has_status = query.statuses.is_empty() || query.statuses.contains(&task.status);
        let has_family = query.families.is_empty() || query.families.contains(&task.family);
        if has_family {
            *statuses.entry(task.status).or_default() += 1;
        }
        if has_status {
            *families.entry(&task.family).or_default() += 1;
        }
        if has_status && has_family {
            tasks.push((id, task));
        }
    }
    match query.sort {
        TaskSort::Id => {}
        TaskSort::Status => tasks.sort_by_key(|(_, task)| (urgency(task.status), Reverse(task.since))),
        TaskSort::Duration => tasks.sort_by_cached_key(|(_, task)| Reverse(worked_us(task))),
        TaskSort::Started => tasks.sort_by_key(|(_, task)| (started(task).is_none(), started(task))),
    }
    let mut families: Vec<(&str, usize)> = families.into_iter().collect();
    let families_total = families.len();
    families.sort_by_key(|(_, count)| Reverse(*count));
    families.truncate(FAMILIES_MAX);
    Selected { tasks, statuses, families, families_total }
}

fn says(id: &str, task: &RunTask, text: &str) -> bool {
    id.to_lowercase().contains(text)
        || task.params.iter().any(|(_, value)| value.to_string().to_lowercase().contains(text))
}

/// What somebody should look at comes first.
fn urgency(status: Status) -> u8 {
    match status {
        Status::Failed => 0,
        Status::Disabled => 1,
        Status::Running | Status::BatchRunning => 2,
        Status::Pending => 3,
        Status::Unknown => 4,
        Status::Done => 5,
    }
}

fn worked_us(task: &RunTask) -> i64 {
    let tries = task.attempts.iter().filter_map(|attempt| Some((attempt.ended?.0 - attempt.started?.0).max(0)));
    tries.fold(0, i64::saturating_add)
}

fn started(task: &RunTask) -> Option<Timestamp> {
    task.attempts.iter().find_map(|attempt| attempt.started)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> RunGraph {
        let mut graph = RunGraph::default();
        let tasks = [
            ("A_1", "A", Status::Done, 1),
            ("A_2", "A", Status::Failed, 2),
            ("B_1", "B", Status::Pending, 3),
            ("B_2", "B", Status::Failed, 4),
        ];
        for (id, family, status, since) in tasks {
            let task = RunTask {
                family: family.into(),
                module: None,
                params: vec![("file".into(), crate::value::Value::from("Bank"))],
                status,
                since: Timestamp(since),
                deps: BTreeSet::new(),
                runnable: true,
                attempts: Vec::new(),
                error: None,
            };
            graph.tasks.insert(id.into(), task);
        }
        graph
    }

    #[test]
    fn tasks_are_selected_sorted_and_counted() {
        let graph = graph();
        let check = |query: TaskQuery, expected: &str| {
            let ids: Vec<&str> = select(&graph, &query).tasks.iter().map(|(id, _)| id.as_str()).collect();
            assert_eq!(ids.join(" "), expected, "{query:?}");
        };
        let all = TaskQuery::default;
        check(all(), "A_1 A_2 B_1 B_2");
        check(TaskQuery { sort: TaskSort::Status, ..all() }, "B_2 A_2 B_1 A_1");
        check(TaskQuery { text: Some("bANK".into()), ..all() }, "A_1 A_2 B_1 B_2");
        check(TaskQuery { text: Some("a_".into()), ..all() }, "A_1 A_2");
        let failed = TaskQuery { statuses: vec![Status::Failed], families: BTreeSet::from(["A".into()]), ..all() };
        check(failed.clone(), "A_2");
        let selected = select(&graph, &failed);
        assert_eq!(selected.statuses, BTreeMap::from([(Status::Done, 1), (Status::Failed, 1)]));
        assert_eq!(selected.families, [("A", 1), ("B", 1)]);
    }
}
