//! `dep_graph`, `inverse_dep_graph` and `graph`: breadth first, cut at `max_graph_nodes`.
//!
//! The lock is held for a slice of nodes at a time, so that a graph of a million tasks delays no worker. Between slices the
//! model may move on: a graph is as true as anything that takes time to read. Nodes are remembered by id, because a slot
//! may be given to another task in between.

use std::collections::{HashSet, VecDeque};

use bussola_domain::model::Model;
use bussola_domain::scheduler::{Slot, Status, Task};
use bussola_store::Store;

use crate::heavy::give_way;
use crate::json;
use crate::limits::SLICE_TASKS;
use crate::luigi::task_json::{DisplayName, open_placeholder, open_task};

/// Which way to walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To what a task needs.
    Upstream,
    /// To what needs it.
    Downstream,
}

/// Edges read under one hold of the lock. A task may have 100,000.
const SLICE_EDGES: usize = 4_096;

/// The graph around a task, as a JSON object; `{}` if there is no such task.
pub fn graph_of(store: &Store, root: &str, direction: Direction, include_done: bool) -> String {
    let mut walk = Walk::new(store, direction, include_done);
    if store.read(|model| model.scheduler.task(root).is_some()) {
        walk.from(root);
    }
    walk.finish()
}

/// All tasks with what they need.
pub fn graph_of_all(store: &Store) -> String {
    let mut walk = Walk::new(store, Direction::Upstream, true);
    let mut from: Slot = 0;
    loop {
        let (ids, next) = store.read(|model| {
            let scheduler = &model.scheduler;
            let end = scheduler.slots_end().min(from.saturating_add(SLICE_EDGES as Slot));
            let slots = (from..end).map(|slot| scheduler.at_slot(slot)).filter(|task| task.is_present());
            let ids: Vec<Box<str>> = slots.map(|task| task.id().into()).collect();
            (ids, (end < scheduler.slots_end()).then_some(end))
        });
        for id in ids {
            if !walk.seen.contains(&id) {
                walk.from(&id);
            }
        }
        match next {
            Some(next) => from = next,
            None => return walk.finish(),
        }
    }
}

struct Walk<'a> {
    store: &'a Store,
    direction: Direction,
    include_done: bool,
    nodes_max: usize,
    seen: HashSet<Box<str>>,
    members: String,
}

/// A node as read under the lock: its fields, and the start of its edges.
struct Node {
    json: String,
    edges: Vec<Box<str>>,
    /// Where in the list of edges to go on, if there are more.
    more_from: Option<usize>,
}

impl Walk<'_> {
    fn new(store: &Store, direction: Direction, include_done: bool) -> Walk<'_> {
        let nodes_max = store.read(|model| model.scheduler.config().graph_nodes_max);
        Walk { store, direction, include_done, nodes_max, seen: HashSet::new(), members: String::new() }
    }

    fn finish(self) -> String {
        json::braced(self.members)
    }

    fn from(&mut self, root: &str) {
        self.seen.insert(root.into());
        let mut queue: VecDeque<Box<str>> = VecDeque::from([root.into()]);
        let mut written = 0;
        while !queue.is_empty() {
            let slice: Vec<Box<str>> = queue.drain(..queue.len().min(SLICE_TASKS)).collect();
            let nodes = self.read_slice(root, &slice);
            give_way();
            let read = nodes.len();
            for (id, node) in slice.iter().zip(nodes) {
                self.write(id, node, &mut queue);
                written += 1;
                // As in Luigi: at least one, even where the limit is zero.
                if written >= self.nodes_max {
                    return;
                }
            }
            for id in slice.into_iter().skip(read).rev() {
                queue.push_front(id);
            }
        }
    }

    /// Reads nodes until the slice is full: by number of nodes or of edges.
    fn read_slice(&self, root: &str, ids: &[Box<str>]) -> Vec<Node> {
        self.store.read(|model| {
            let mut nodes = Vec::with_capacity(ids.len());
            let mut edges = 0;
            for id in ids {
                if edges >= SLICE_EDGES {
                    break;
                }
                let name = if **id == *root { DisplayName::Shown } else { DisplayName::Hidden };
                let node = self.node(model, id, name);
                edges += node.edges.len();
                nodes.push(node);
            }
            nodes
        })
    }

    fn node(&self, model: &Model, id: &str, name: DisplayName) -> Node {
        let mut json = String::with_capacity(512);
        let Some(task) = model.scheduler.task(id).filter(|task| task.is_declared()) else {
            open_placeholder(&mut json, id, name);
            return Node { json, edges: Vec::new(), more_from: None };
        };
        open_task(&mut json, model, task, name);
        let (edges, more_from) = self.edges(model, task, 0);
        Node { json, edges, more_from }
    }

    fn edges(&self, model: &Model, task: &Task, from: usize) -> (Vec<Box<str>>, Option<usize>) {
        let scheduler = &model.scheduler;
        let dependents;
        let slots: &[Slot] = match self.direction {
            Direction::Upstream => task.deps(),
            Direction::Downstream => {
                dependents = task.dependents();
                &dependents
            }
        };
        let end = slots.len().min(from + SLICE_EDGES);
        let others = slots.get(from..end).unwrap_or(&[]).iter().map(|&slot| scheduler.at_slot(slot));
        let shown = others.filter(|other| self.include_done || !(other.is_present() && other.status() == Status::Done));
        (shown.map(|other| other.id().into()).collect(), (end < slots.len()).then_some(end))
    }

    fn write(&mut self, id: &str, mut node: Node, queue: &mut VecDeque<Box<str>>) {
        while let Some(from) = node.more_from {
            let (more, next) = self.store.read(|model| match model.scheduler.task(id) {
                Some(task) => self.edges(model, task, from),
                None => (Vec::new(), None),
            });
            node.edges.extend(more);
            node.more_from = next;
        }
        node.edges.sort_unstable();
        node.edges.dedup();
        node.json.push_str(",\"deps\":");
        json::texts(&mut node.json, node.edges.iter().map(|edge| &**edge));
        node.json.push('}');
        json::member(&mut self.members, id, &node.json);
        for edge in node.edges {
            if !self.seen.contains(&edge) {
                self.seen.insert(edge.clone());
                queue.push_back(edge);
            }
        }
    }
}
