//! Which chain of tasks decided when a run ended: whoever wants it faster begins there.
//!
//! From the last task backwards: of all that a task needs, the one that ended last held it up. What was found complete took
//! no time and holds up nobody.

use std::collections::BTreeSet;

use crate::id::Timestamp;
use crate::run_graph::{RunGraph, RunTask};

/// When a task ended, if it was worked on since a moment; one that still runs ends after all others.
fn end(task: &RunTask, since: Timestamp) -> Option<Timestamp> {
    let last = task.attempts.iter().rev().find(|attempt| attempt.started.is_some())?;
    Some(last.ended.unwrap_or(Timestamp(i64::MAX))).filter(|ended| *ended >= since)
}

/// The ids of the tasks that decided the end of a run that began at a moment, first to last. What other runs did before then held
/// up nothing. The chain ends at the root if it was worked on, else at what
/// ended last.
pub fn critical_path(graph: &RunGraph, since: Timestamp) -> Vec<&str> {
    // Of several at the same time the first by name, so that the answer does not change by itself.
    let latest = |ids: &mut dyn Iterator<Item = &'_ str>| -> Option<(Timestamp, String)> {
        let ends = ids.filter_map(|id| Some((end(graph.tasks.get(id)?, since)?, id.to_owned())));
        ends.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(&a.1)))
    };
    let root = graph.tasks.get_key_value(&graph.root).filter(|(_, root)| end(root, since).is_some());
    let mut next = match root {
        Some((id, _)) => Some(id.clone()),
        None => latest(&mut graph.tasks.keys().map(String::as_str)).map(|(_, id)| id),
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
    fn circles_and_nothing() {
        check("root", &[], &[]);
        check("a", &[("a", &["b"], &[(0, Some(6))]), ("b", &["a"], &[(0, Some(6))])], &["b", "a"]);
        // Another run did it before this one began.
        check("root", &[("early", &[], &[(0, Some(4))]), ("root", &["early"], &[(6, Some(7))])], &["root"]);
    }
}
