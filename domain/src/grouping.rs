//! A task graph as people can look at it: with thousands of tasks, one node for each family.
//!
//! A family of one task stays a task. Edges between the same two nodes become one, edges within a family none.
//!
//! INVARIANT: nodes are in order of name, families before tasks, so that a graph looks the same every time.

use std::collections::{BTreeMap, BTreeSet};

use crate::run_graph::{RunGraph, RunTask};

/// A graph of more tasks than this opens grouped: more boxes nobody reads.
pub const GROUPED_ABOVE: usize = 300;

/// Which families become one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Collapse {
    /// All where there are more than [`GROUPED_ABOVE`] tasks, else none.
    #[default]
    Auto,
    /// All of several tasks.
    All,
    /// None.
    None,
}

/// A node of a grouped graph.
#[derive(Clone, Debug, PartialEq)]
pub enum Member<'a> {
    /// All tasks of a family, in order of id.
    Family(&'a str, Vec<(&'a str, &'a RunTask)>),
    /// One task.
    Task(&'a str, &'a RunTask),
}

impl Member<'_> {
    /// Its family.
    pub fn family(&self) -> &str {
        match self {
            Member::Family(family, _) => family,
            Member::Task(_, task) => &task.family,
        }
    }
}

/// A task graph, grouped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grouped<'a> {
    /// Families and tasks.
    pub members: Vec<Member<'a>>,
    /// From what is needed to what needs it, as positions in `members`, in order.
    pub edges: Vec<(u32, u32)>,
}

/// Groups a task graph, but for the families named.
pub fn group<'a>(graph: &'a RunGraph, collapse: Collapse, expand: &BTreeSet<String>) -> Grouped<'a> {
    let grouped = match collapse {
        Collapse::Auto => graph.tasks.len() > GROUPED_ABOVE,
        Collapse::All => true,
        Collapse::None => false,
    };
    let mut families: BTreeMap<&str, Vec<(&str, &RunTask)>> = BTreeMap::new();
    let mut alone = Vec::new();
    for (id, task) in &graph.tasks {
        if grouped && !expand.contains(&task.family) {
            families.entry(&task.family).or_default().push((id, task));
        } else {
            alone.push((id.as_str(), task));
        }
    }
    families.retain(|_, tasks| match tasks.as_slice() {
        [one] => {
            alone.push(*one);
            false
        }
        _ => true,
    });
    alone.sort_unstable_by_key(|(id, _)| *id);
    let mut members: Vec<Member<'a>> =
        families.into_iter().map(|(family, tasks)| Member::Family(family, tasks)).collect();
    members.extend(alone.into_iter().map(|(id, task)| Member::Task(id, task)));

    let mut position: BTreeMap<&str, u32> = BTreeMap::new();
    for (at, member) in members.iter().enumerate() {
        match member {
            Member::Family(_, tasks) => position.extend(tasks.iter().map(|(id, _)| (*id, at as u32))),
            Member::Task(id, _) => drop(position.insert(id, at as u32)),
        }
    }
    let mut edges = Vec::new();
    for (id, task) in &graph.tasks {
        let to = position[id.as_str()];
        // A graph that was cut does not have all that its tasks need.
        edges.extend(task.deps.iter().filter_map(|dep| position.get(dep.as_str())).map(|&from| (from, to)));
    }
    let is_family = |at: u32| matches!(members[at as usize], Member::Family(..));
    edges.retain(|&(from, to)| from != to || !is_family(from));
    edges.sort_unstable();
    edges.dedup();
    Grouped { members, edges }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Timestamp;
    use crate::scheduler::Status;

    fn graph(tasks: &[(&str, &str, &[&str])]) -> RunGraph {
        let task = |family: &str, deps: &[&str]| RunTask {
            family: family.into(),
            module: None,
            params: Vec::new(),
            status: Status::Pending,
            since: Timestamp(0),
            deps: deps.iter().map(|dep| (*dep).to_owned()).collect(),
            runnable: true,
            attempts: Vec::new(),
            error: None,
        };
        let tasks = tasks.iter().map(|(id, family, deps)| ((*id).to_owned(), task(family, deps)));
        RunGraph { tasks: tasks.collect(), ..RunGraph::default() }
    }

    fn told(grouped: &Grouped<'_>) -> String {
        let name = |at: u32| match &grouped.members[at as usize] {
            Member::Family(family, tasks) => format!("{family}*{}", tasks.len()),
            Member::Task(id, _) => (*id).to_owned(),
        };
        let names: Vec<String> = (0..grouped.members.len() as u32).map(name).collect();
        let edges: Vec<String> =
            grouped.edges.iter().map(|&(from, to)| format!("{}>{}", name(from), name(to))).collect();
        format!("{} | {}", names.join(" "), edges.join(" "))
    }

    #[test]
    fn families_become_nodes() {
        // Days of A need the day before, B needs all days, and something that is not there.
        let tasks: &[(&str, &str, &[&str])] = &[
            ("a1", "A", &[]),
            ("a2", "A", &["a1"]),
            ("a3", "A", &["a2"]),
            ("b", "B", &["a1", "a2", "a3", "gone"]),
            ("c1", "C", &["b"]),
            ("c2", "C", &["b", "c2"]),
        ];
        let graph = graph(tasks);
        let check = |collapse: Collapse, expand: &[&str], expected: &str| {
            let expand = expand.iter().map(|family| (*family).to_owned()).collect();
            assert_eq!(told(&group(&graph, collapse, &expand)), expected);
        };
        check(Collapse::All, &[], "A*3 C*2 b | A*3>b b>C*2");
        check(Collapse::All, &["A", "Nothing"], "C*2 a1 a2 a3 b | a1>a2 a1>b a2>a3 a2>b a3>b b>C*2");
        let all = "a1 a2 a3 b c1 c2 | a1>a2 a1>b a2>a3 a2>b a3>b b>c1 b>c2 c2>c2";
        check(Collapse::None, &[], all);
        check(Collapse::Auto, &["A"], all);
    }

    #[test]
    fn a_large_graph_opens_grouped() {
        let ids: Vec<String> = (0..=GROUPED_ABOVE).map(|number| format!("t{number:03}")).collect();
        let tasks: Vec<(&str, &str, &[&str])> = ids.iter().map(|id| (id.as_str(), "T", &[][..])).collect();
        let nodes = |count: usize| group(&graph(&tasks[..count]), Collapse::Auto, &BTreeSet::new()).members.len();
        assert_eq!((nodes(GROUPED_ABOVE), nodes(GROUPED_ABOVE + 1)), (GROUPED_ABOVE, 1));
    }
}
