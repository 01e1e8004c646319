//! `bussola graph`: the graph of a run, of a task or of an entity, as a tree for the terminal, as SVG or for Graphviz.

use std::fmt::Write as _;

use bussola_server::http::wire::graph::{EntityGraph, EntityNode, TaskGraph, TaskNode};

use crate::Common;
use crate::catalog::{owner_name, short};
use crate::client::{Query, segment};
use crate::error::{CliError, Code, Exit};
use crate::output::{self, Screen, count, plain};
use crate::reference;
use crate::runs::counts;

/// `bussola graph`
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The number of a run, `task:` and Luigi's id of a task, or the ref of an entity.
    #[arg(value_name = "RUN|TASK|REF")]
    what: String,
    /// In which form; --output json writes the shape of the API.
    #[arg(long, value_enum, default_value = "text")]
    format: GraphFormat,
    /// Around a task or an entity: what it needs, what is affected by it, or both.
    #[arg(long, value_enum)]
    direction: Option<Direction>,
    /// Around a task or an entity: so many steps; without it all the way.
    #[arg(long)]
    depth: Option<u32>,
    /// Of tasks: whether each family is one node; auto: if there are more than 300 tasks.
    #[arg(long, value_enum)]
    collapse: Option<CollapseWhen>,
    /// Families, separated by commas, whose tasks are shown all the same.
    #[arg(long, value_name = "FAMILIES")]
    expand: Option<String>,
}

/// How a graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum GraphFormat {
    /// A tree: under each node what it needs.
    Text,
    /// A picture.
    Svg,
    /// For Graphviz.
    Dot,
}

/// Which way to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Direction {
    Up,
    Down,
    Both,
}

/// When families are collapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum CollapseWhen {
    Auto,
    All,
    None,
}

/// LIMIT: lines of a tree. A node that several need is told once, so a tree has about as many lines as the graph has edges.
const LINES_MAX: usize = 2_000;

/// What was named.
enum Named {
    Run(u64),
    Task(String),
    Entity,
}

/// Asks and writes.
pub fn run(arguments: &Arguments, common: &Common) -> Result<Exit, CliError> {
    let what = arguments.what.trim();
    let named = match what.strip_prefix("run:").unwrap_or(what).parse::<u64>() {
        Ok(run) => Named::Run(run),
        Err(_) => what.strip_prefix("task:").map_or(Named::Entity, |id| Named::Task(id.to_owned())),
    };
    let name = |value: Option<&dyn std::fmt::Debug>| value.map(|value| format!("{value:?}").to_lowercase());
    let near = || {
        let direction = name(arguments.direction.as_ref().map(|direction| direction as _));
        Query::default().with_some("direction", direction).with_some("depth", arguments.depth)
    };
    let grouped = |query: Query| {
        let collapse = name(arguments.collapse.as_ref().map(|collapse| collapse as _));
        query.with_some("collapse", collapse).with_some("expand", arguments.expand.as_deref())
    };
    let (path, query) = match &named {
        Named::Run(_) if arguments.direction.is_some() || arguments.depth.is_some() => {
            let hint = "name a task of the run as task:ID to look around it";
            return Err(CliError::new(Code::BadArgument, "cannot look around a run: its graph is shown whole", hint));
        }
        Named::Run(run) => (format!("/runs/{run}/graph"), grouped(Query::default())),
        Named::Task(id) => (format!("/tasks/{}/graph", segment(id)), grouped(near())),
        Named::Entity => (format!("{}/graph", reference::path(what)?), near()),
    };
    if arguments.format == GraphFormat::Svg {
        if matches!(named, Named::Task(_)) {
            let message = "cannot draw the tasks around one";
            return Err(CliError::new(
                Code::BadArgument,
                message,
                "draw the run that it belongs to, or use --format dot",
            ));
        }
        let svg = common.client()?.get_bytes(&format!("{path}.svg{query}"))?;
        output::data(&String::from_utf8_lossy(&svg))?;
        return Ok(Exit::Ok);
    }
    let path = format!("{path}{query}");
    match named {
        Named::Run(_) | Named::Task(_) => {
            let graph: TaskGraph = common.client()?.get(&path)?;
            output::answer(common.output, &graph, |screen| match arguments.format {
                GraphFormat::Dot => tasks_dot(&graph),
                GraphFormat::Text | GraphFormat::Svg => tasks_text(screen, &graph),
            })?;
        }
        Named::Entity => {
            let graph: EntityGraph = common.client()?.get(&path)?;
            output::answer(common.output, &graph, |screen| match arguments.format {
                GraphFormat::Dot => entities_dot(&graph),
                GraphFormat::Text | GraphFormat::Svg => entities_text(screen, &graph),
            })?;
        }
    }
    Ok(Exit::Ok)
}

fn tasks_text(screen: &Screen, graph: &TaskGraph) -> String {
    let mut text = match graph.run {
        Some(run) => screen.bold(&format!("run {run}")),
        None => screen.bold(&format!("around {}", plain(&graph.root))),
    };
    let _ = writeln!(text, ", {}; under each what it needs\n", count(graph.tasks, "task", "tasks"));
    // What nothing needs comes first: the root, mostly alone.
    let mut tree = Tree::towards_needs(graph.nodes.len(), &graph.drawing.edges, &graph.drawing.back);
    // The longest way down first: what else needs the same only names it then.
    for under in &mut tree.under {
        under.sort_by_key(|&node| std::cmp::Reverse(graph.nodes[node].place.layer));
    }
    let mut rows = Vec::new();
    tree.walk(&tree.tops(), |lead, at, again| rows.push(task_row(graph, at, lead, again)));
    write_rows(&mut text, screen, &["TASK", "STATUS", "TOOK"], rows);
    if graph.nodes.iter().any(|node| node.critical) {
        text.push_str("\n* decided when the run ended\n");
    }
    if graph.cut {
        let _ = writeln!(text, "\nthere are more tasks: --depth shows fewer, nearer ones");
    }
    text
}

fn task_row(graph: &TaskGraph, at: usize, lead: &str, again: bool) -> Vec<String> {
    let node = &graph.nodes[at];
    let mark = if node.critical { "*" } else { "" };
    let took = node.started_ms.zip(node.ended_ms).map(|(started, ended)| output::took_ms(ended - started));
    let status = node.counts.as_ref().map_or_else(|| node.status.clone(), counts);
    let said = if again { vec!["see above".to_owned(), String::new()] } else { vec![status, took.unwrap_or_default()] };
    [vec![format!("{lead}{}{mark}", task_name(graph, node))], said].concat()
}

fn task_name(graph: &TaskGraph, node: &TaskNode) -> String {
    let family = graph.families.get(node.family as usize).map_or("", |family| &family.name);
    match (&node.id, &node.detail, &node.counts) {
        (None, _, Some(counts)) => format!("{} \u{00d7} {}", plain(family), counts.total()),
        (Some(_), Some(detail), _) => plain(&format!("{family} {detail}")),
        (id, _, _) => plain(id.as_deref().unwrap_or(family)),
    }
}

fn entities_text(screen: &Screen, graph: &EntityGraph) -> String {
    let mut text = screen.bold(&graph.reference);
    match graph.nodes.first() {
        Some(node) => {
            let _ = writeln!(text, ": {}, {}", node.health, owner_name(node.owner.as_ref()));
        }
        None => return text + "\n",
    }
    // Each way only what lies that way: what a need of it affects besides is not asked.
    let side = |sign: i32| {
        let lies = |at: u32| graph.nodes.get(at as usize).is_some_and(|node| node.distance.signum() != -sign);
        let edges = graph.drawing.edges.iter().copied().filter(move |&[from, to]| lies(from) && lies(to));
        edges.collect::<Vec<[u32; 2]>>()
    };
    let sides = [
        ("needs", Tree::towards_needs(graph.nodes.len(), &side(-1), &[])),
        ("affects", Tree::towards_affected(graph.nodes.len(), &side(1))),
    ];
    for (title, tree) in sides {
        let mut rows = Vec::new();
        tree.walk(&[0], |lead, at, again| rows.push(entity_row(&graph.nodes[at], lead, again)));
        if rows.len() > 1 {
            let _ = writeln!(text, "\n{}", screen.bold(title));
            write_rows(&mut text, screen, &["REF", "HEALTH", "OWNER"], rows.split_off(1));
        }
    }
    if graph.nodes.len() < graph.total {
        let _ = writeln!(text, "\nand {} more: --depth shows fewer, nearer ones", graph.total - graph.nodes.len());
    }
    text
}

fn entity_row(node: &EntityNode, lead: &str, again: bool) -> Vec<String> {
    let name = format!("{lead}{}", short(&node.reference));
    if again {
        return vec![name, "see above".to_owned(), String::new()];
    }
    vec![name, node.health.clone(), owner_name(node.owner.as_ref())]
}

/// A table that ends where nobody reads on.
fn write_rows(text: &mut String, screen: &Screen, header: &[&str], mut rows: Vec<Vec<String>>) {
    let more = rows.len().saturating_sub(LINES_MAX);
    rows.truncate(LINES_MAX);
    text.push_str(&screen.table(header, rows));
    if more > 0 {
        let _ = writeln!(text, "and {}", count(more, "line more", "lines more"));
    }
}

/// A graph as a tree: who is told under whom.
struct Tree {
    under: Vec<Vec<usize>>,
    has_above: Vec<bool>,
}

impl Tree {
    /// Under each node what it needs. Edges that close a circle are left out: they would only lead back up.
    fn towards_needs(nodes: usize, edges: &[[u32; 2]], back: &[u32]) -> Tree {
        let forward = edges.iter().zip(0_u32..).filter(|(_, at)| back.binary_search(at).is_err());
        Tree::of(nodes, forward.map(|(&[from, to], _)| (to, from)))
    }

    /// Under each node what it affects.
    fn towards_affected(nodes: usize, edges: &[[u32; 2]]) -> Tree {
        Tree::of(nodes, edges.iter().map(|&[from, to]| (from, to)))
    }

    fn of(nodes: usize, pairs: impl Iterator<Item = (u32, u32)>) -> Tree {
        let mut tree = Tree { under: vec![Vec::new(); nodes], has_above: vec![false; nodes] };
        for (above, below) in pairs {
            // An edge whose end is not there leads nowhere.
            if let (Some(under), Some(has_above)) =
                (tree.under.get_mut(above as usize), tree.has_above.get_mut(below as usize))
            {
                under.push(below as usize);
                *has_above = true;
            }
        }
        tree
    }

    fn tops(&self) -> Vec<usize> {
        (0..self.under.len()).filter(|&node| !self.has_above[node]).collect()
    }

    /// Tells each node with the lines that lead to it. One that was told with others under it is only named the next time.
    fn walk(&self, tops: &[usize], mut tell: impl FnMut(&str, usize, bool)) {
        let mut told = vec![false; self.under.len()];
        // The node, what its line begins with, and what those under it begin with.
        let mut open: Vec<(usize, String, String)> =
            tops.iter().rev().map(|&top| (top, String::new(), String::new())).collect();
        while let Some((node, lead, inner)) = open.pop() {
            let again = std::mem::replace(&mut told[node], true);
            tell(&lead, node, again && !self.under[node].is_empty());
            if again {
                continue;
            }
            for (at, &below) in self.under[node].iter().enumerate().rev() {
                let is_last = at + 1 == self.under[node].len();
                let (branch, trunk) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
                open.push((below, format!("{inner}{branch}"), format!("{inner}{trunk}")));
            }
        }
    }
}

fn tasks_dot(graph: &TaskGraph) -> String {
    let node = |node: &TaskNode| {
        let status = node.counts.as_ref().map_or_else(|| node.status.to_lowercase(), counts);
        let width = if node.critical { ", penwidth=2.5" } else { "" };
        format!("label={}, color=\"{}\"{width}", quoted(&[&task_name(graph, node), &status]), colour(&node.status))
    };
    let critical = |at: u32| graph.critical.binary_search(&at).is_ok();
    let edges = graph.drawing.edges.iter().zip(0_u32..);
    dot(
        graph.nodes.iter().map(node),
        edges.map(|(edge, at)| (*edge, if critical(at) { " [penwidth=2.5]" } else { "" })),
    )
}

fn entities_dot(graph: &EntityGraph) -> String {
    let node = |node: &EntityNode| {
        let label = quoted(&[&plain(&node.title), &owner_name(node.owner.as_ref())]);
        let width = if node.distance == 0 { ", penwidth=2.5" } else { "" };
        format!("label={label}, color=\"{}\"{width}", colour(&node.health))
    };
    dot(graph.nodes.iter().map(node), graph.drawing.edges.iter().map(|edge| (*edge, "")))
}

fn dot(nodes: impl Iterator<Item = String>, edges: impl Iterator<Item = ([u32; 2], &'static str)>) -> String {
    let mut text =
        String::from("digraph {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
    for (at, attributes) in nodes.enumerate() {
        let _ = writeln!(text, "  n{at} [{attributes}];");
    }
    for ([from, to], attributes) in edges {
        let _ = writeln!(text, "  n{from} -> n{to}{attributes};");
    }
    text.push_str("}\n");
    text
}

/// Lines as a text of Graphviz.
fn quoted(lines: &[&str]) -> String {
    let lines: Vec<String> =
        lines.iter().map(|line| line.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ")).collect();
    format!("\"{}\"", lines.join("\\n"))
}

fn colour(status: &str) -> &'static str {
    match status {
        "DONE" | "healthy" => "#2f9e44",
        "RUNNING" | "BATCH_RUNNING" => "#1971c2",
        "FAILED" | "failing" => "#e03131",
        "DISABLED" => "#9c36b5",
        "PENDING" => "#e67700",
        _ => "#868e96",
    }
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
