//! Which chain of tasks decided how and when a run ended: whoever wants it faster, or done at all, begins there.
//!
//! From the last task backwards: of all that a task needs, the one that ended last held it up. What was found complete took
//! no time and holds up nobody. A run that ended without being done was decided by what failed first, whatever ran to its end
//! after that.

use std::collections::BTreeSet;

use crate::id::Timestamp;
use crate::run_graph::{RunGraph, RunTask};
use crate::runs::Outcome;
use crate::scheduler::Status;

/// When a task ended, if it was worked on since a moment; one that still runs ends after all others.
fn end(task: &RunTask, since: Timestamp) -> Option<Timestamp> {
    let last = task.attempts.iter().rev().find(|attempt| attempt.started.is_some())?;
    Some(last.ended.unwrap_or(Timestamp(i64::MAX))).filter(|ended| *ended >= since)
}

/// What failed first in a run that ended without being done; of several at the same time the first by name.
fn first_failure(graph: &RunGraph, since: Timestamp) -> Option<&String> {
    if matches!(graph.outcome, None | Some(Outcome::Succeeded)) {
        return None;
    }
    let has_failed = |task: &RunTask| matches!(task.status, Status::Failed | Status::Disabled);
    let failed = graph.tasks.iter().filter(|(_, task)| has_failed(task) && end(task, since).is_some());
    failed.min_by_key(|(id, task)| (task.since, *id)).map(|(id, _)| id)
}

/// The ids of the tasks that decided the end of a run that began at a moment, first to last. What other runs did before then held
/// up nothing. The chain ends at what failed, if that ended the run; else at the root if it was worked on, else at what
/// ended last.
pub fn critical_path(graph: &RunGraph, since: Timestamp) -> Vec<&str> {
    // Of several at the same time the first by name, so that the answer does not change by itself.
    let latest = |ids: &mut dyn Iterator<Item = &'_ str>| -> Option<(Timestamp, String)> {
        let ends = ids.filter_map(|id| Some((end(graph.tasks.get(id)?, since)?, id.to_owned())));
        ends.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(&a.1)))
    };
    let root = graph.tasks.get_key_value(&graph.root).filter(|(_, root)| end(root, since).is_some());
    let mut next = match (first_failure(graph, since), root) {
        (Some(id), _) | (None, Some((id, _))) => Some(id.clone()),
        (None, None) => latest(&mut graph.tasks.keys().map(String::as_str)).map(|(_, id)| id),
    };
    let mut seen = BTreeSet::new();
    let mut chain = Vec::new();
    while let Some((id, task)) = next.and_then(|id| graph.tasks.get_key_value(&id)) {
        if !seen.insert(id.as_str()) {
            break;
        }
        chain.push(id.as_str());
        next = latest(&mut task.deps.iter().map(String::as_str)).map(|(_, id)| id);
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run_graph::Attempt;
    use crate::scheduler::Status;

    /// `id`, what it needs, and tries as (start, end).
    type Told<'a> = (&'a str, &'a [&'a str], &'a [(i64, Option<i64>)]);

    fn check(root: &str, tasks: &[Told<'_>], expected: &[&str]) {
        let attempt = |&(started, ended): &(i64, Option<i64>)| Attempt {
            worker: None,
            started: Some(Timestamp(started)),
            ended: ended.map(Timestamp),
            outcome: None,
            error: None,
        };
        let task = |deps: &[&str], tries: &[(i64, Option<i64>)]| RunTask {
            family: "F".into(),
            module: None,
            params: Vec::new(),
            status: Status::Done,
            since: Timestamp(0),
            deps: deps.iter().map(|dep| (*dep).to_owned()).collect(),
            runnable: true,
            attempts: tries.iter().map(attempt).collect(),
            error: None,
        };
        let tasks = tasks.iter().map(|(id, deps, tries)| ((*id).to_owned(), task(deps, tries)));
        let graph = RunGraph { root: root.into(), tasks: tasks.collect(), ..RunGraph::default() };
        assert_eq!(critical_path(&graph, Timestamp(5)), expected);
    }

    #[test]
    fn the_chain_that_decided_the_end() {
        let long: Told<'_> = ("long", &[], &[(0, Some(9))]);
        // Tried twice: the second try ended last.
        let retried: Told<'_> = ("retried", &[], &[(0, Some(2)), (7, Some(12))]);
        let complete: Told<'_> = ("complete", &[], &[]);
        check("root", &[long, retried, ("root", &["long", "retried"], &[(12, Some(13))])], &["retried", "root"]);
        check("root", &[long, complete, ("root", &["complete", "long"], &[(9, Some(10))])], &["long", "root"]);
        // The root was never begun: what ended last decided.
        check("root", &[long, retried, ("root", &["long", "retried"], &[])], &["retried"]);
        // What still runs is what everybody waits for; of two the first by name.
        let running: Told<'_> = ("running", &["long"], &[(9, None)]);
        check("root", &[long, retried, running, ("b", &[], &[(8, None)]), ("root", &["running"], &[])], &["b"]);
        check("root", &[long, running, ("root", &["running"], &[])], &["long", "running"]);
    }

    #[test]
    fn the_chain_to_what_failed() {
        let task = |deps: &[&str], status: Status, tried: Option<(i64, i64)>| RunTask {
            status,
            since: Timestamp(tried.map_or(0, |(_, ended)| ended)),
            deps: deps.iter().map(|dep| (*dep).to_owned()).collect(),
            attempts: tried
                .map(|(started, ended)| Attempt {
                    worker: None,
                    started: Some(Timestamp(started)),
                    ended: Some(Timestamp(ended)),
                    outcome: None,
                    error: None,
                })
                .into_iter()
                .collect(),
            ..RunTask::undeclared("F_1", Timestamp(0))
        };
        let check = |outcome: Option<Outcome>, expected: &[&str]| {
            let tasks = [
                ("read", task(&[], Status::Done, Some((5, 6)))),
                ("load", task(&["read"], Status::Failed, Some((6, 8)))),
                // Failed too, and later; and what had nothing to do with it ended last of all.
                ("lint", task(&[], Status::Failed, Some((6, 9)))),
                ("other", task(&[], Status::Done, Some((6, 20)))),
                // It yielded to what it needs and never went on.
                ("root", task(&["load", "other"], Status::Pending, Some((5, 5)))),
            ];
            let tasks = tasks.into_iter().map(|(id, task)| (id.to_owned(), task)).collect();
            let graph = RunGraph { root: "root".into(), outcome, tasks, ..RunGraph::default() };
            assert_eq!(critical_path(&graph, Timestamp(5)), expected, "{outcome:?}");
        };
        check(Some(Outcome::Failed), &["read", "load"]);
        check(Some(Outcome::Lost), &["read", "load"]);
        // It goes on: what it waits for now is what counts.
        check(None, &["other", "root"]);
    }

    #[test]
    fn circles_and_nothing() {
        check("root", &[], &[]);
        check("a", &[("a", &["b"], &[(0, Some(6))]), ("b", &["a"], &[(0, Some(6))])], &["b", "a"]);
        // Another run did it before this one began.
        check("root", &[("early", &[], &[(0, Some(4))]), ("root", &["early"], &[(6, Some(7))])], &["root"]);
    }
}
