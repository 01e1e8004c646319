//! Which layer each node is in.
//!
//! The longest way from a node that needs nothing says the earliest layer; a node that needs less than needs it then moves
//! next to the first that needs it. So a file that is read at the end stands beside its reader, not at the far left.

use super::Neighbours;

/// A graph without circles, and a layer for each node.
#[derive(Debug)]
pub(super) struct Layered {
    layer: Vec<u32>,
    /// Edges that were turned around, as they were, in order.
    back: Vec<(u32, u32)>,
    /// What needs a node, circles turned around.
    pub outs: Neighbours,
    /// What a node needs, circles turned around.
    pub ins: Neighbours,
}

impl Layered {
    /// Layers nodes that are numbered from 0.
    pub fn of(nodes: usize, edges: &[(u32, u32)]) -> Layered {
        let mut distinct: Vec<(u32, u32)> = edges.iter().copied().filter(|(from, to)| from != to).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let mut back = back_edges(nodes, &distinct);
        back.sort_unstable();
        let is_back = |edge: &(u32, u32)| back.binary_search(edge).is_ok();
        let mut forward: Vec<(u32, u32)> =
            distinct.iter().map(|edge| if is_back(edge) { (edge.1, edge.0) } else { *edge }).collect();
        forward.sort_unstable();
        forward.dedup();
        let outs = Neighbours::of(nodes, forward.iter().copied());
        let ins = Neighbours::of(nodes, forward.iter().map(|&(from, to)| (to, from)));
        let layer = layer_of_each(nodes, &outs, &ins);
        Layered { layer, back, outs, ins }
    }

    pub fn layer(&self, node: u32) -> u32 {
        self.layer[node as usize]
    }

    /// Whether an edge runs from right to left, or nowhere.
    pub fn is_back(&self, from: u32, to: u32) -> bool {
        from == to || self.back.binary_search(&(from, to)).is_ok()
    }

    /// The parts that hang together, each in order of number. All that stand alone are one part.
    pub fn parts(&self) -> Vec<Vec<u32>> {
        let nodes = self.layer.len();
        let mut seen = vec![false; nodes];
        let (mut parts, mut alone) = (Vec::new(), Vec::new());
        for start in 0..nodes as u32 {
            if std::mem::replace(&mut seen[start as usize], true) {
                continue;
            }
            let mut part = vec![start];
            let mut next = 0;
            while let Some(&node) = part.get(next) {
                next += 1;
                for &other in self.outs.of_node(node).iter().chain(self.ins.of_node(node)) {
                    if !std::mem::replace(&mut seen[other as usize], true) {
                        part.push(other);
                    }
                }
            }
            if part.len() == 1 {
                alone.push(start);
            } else {
                part.sort_unstable();
                parts.push(part);
            }
        }
        if !alone.is_empty() {
            parts.push(alone);
        }
        parts
    }
}

/// The edges that lead back to a node that is on the way to them, walking from what needs nothing.
fn back_edges(nodes: usize, edges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Walk {
        Unseen,
        OnTheWay,
        Left,
    }
    let outs = Neighbours::of(nodes, edges.iter().copied());
    let mut needs_something = vec![false; nodes];
    for &(_, to) in edges {
        needs_something[to as usize] = true;
    }
    let mut walk = vec![Walk::Unseen; nodes];
    let mut back = Vec::new();
    let first = (0..nodes as u32).filter(|&node| !needs_something[node as usize]);
    for start in first.chain(0..nodes as u32) {
        if walk[start as usize] != Walk::Unseen {
            continue;
        }
        walk[start as usize] = Walk::OnTheWay;
        let mut way = vec![(start, 0)];
        while let Some((node, next)) = way.last_mut() {
            let node = *node;
            let Some(&to) = outs.of_node(node).get(*next) else {
                walk[node as usize] = Walk::Left;
                way.pop();
                continue;
            };
            *next += 1;
            match walk[to as usize] {
                Walk::Unseen => {
                    walk[to as usize] = Walk::OnTheWay;
                    way.push((to, 0));
                }
                Walk::OnTheWay => back.push((node, to)),
                Walk::Left => {}
            }
        }
    }
    back
}

fn layer_of_each(nodes: usize, outs: &Neighbours, ins: &Neighbours) -> Vec<u32> {
    let mut layer = vec![0_u32; nodes];
    let mut open: Vec<usize> = (0..nodes as u32).map(|node| ins.of_node(node).len()).collect();
    let mut sorted: Vec<u32> = (0..nodes as u32).filter(|&node| open[node as usize] == 0).collect();
    let mut next = 0;
    while let Some(&node) = sorted.get(next) {
        next += 1;
        for &to in outs.of_node(node) {
            layer[to as usize] = layer[to as usize].max(layer[node as usize] + 1);
            open[to as usize] -= 1;
            if open[to as usize] == 0 {
                sorted.push(to);
            }
        }
    }
    for &node in sorted.iter().rev() {
        if outs.of_node(node).len() > ins.of_node(node).len()
            && let Some(first) = outs.of_node(node).iter().map(|&to| layer[to as usize]).min()
        {
            // What needs it is in a later layer, so this does not go below 0, nor to the left.
            layer[node as usize] = first - 1;
        }
    }
    layer
}
