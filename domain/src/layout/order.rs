//! Which node is above which in its layer: few edges should cross.
//!
//! A start that draws trees without a crossing, then sweeps to the right and to the left that sort each layer by the mean height of
//! the neighbours in the layer before; the best order seen is kept. In small graphs neighbours then change places where that helps.

use super::Neighbours;
use super::layers::Layered;

/// Sweeps over a graph of common size. More hardly ever change anything.
const SWEEPS: usize = 12;

/// Sweeps over a large one: after these few the picture is as dense as it stays.
const SWEEPS_WHEN_LARGE: usize = 4;

/// From so many edges on a graph is large.
const LARGE_EDGES: usize = 60_000;

/// LIMIT: lanes through a layer of few nodes; one of many has as many lanes as nodes. With more of them a layer would be a grey
/// band; what finds no room is drawn as a plain curve.
const LANES_IN_LAYER_MIN: usize = 24;

/// LIMIT: edges of a part in which pairs change places: each round looks at every pair with all its edges.
const SWITCH_EDGES_MAX: usize = 5_000;

/// Rounds of changing places; each can only help.
const SWITCH_ROUNDS: usize = 6;

/// One part of a graph, its nodes in order. Nodes are numbered within the part, lanes of long edges follow them.
#[derive(Debug)]
pub(super) struct Ordered {
    /// The number in the whole graph of each node.
    pub nodes: Vec<u32>,
    /// Of each lane, the node whose edges run in it.
    pub lane_of: Vec<u32>,
    /// Layers from left to right, each from top to bottom.
    pub layers: Vec<Vec<u32>>,
    /// Neighbours in the next layer.
    pub outs: Neighbours,
    /// Neighbours in the layer before.
    pub ins: Neighbours,
    edges: usize,
    place: Vec<u32>,
}

impl Ordered {
    /// With lanes for the long edges, up to a number of them.
    pub fn of(layered: &Layered, nodes: Vec<u32>, lanes_max: usize) -> Ordered {
        // Numbers within the part follow those of the graph: nodes are in order.
        let local = |node: u32| nodes.binary_search(&node).map_or(0, |at| at as u32);
        let first = nodes.iter().map(|&node| layered.layer(node)).min().unwrap_or(0);
        let mut layer: Vec<u32> = nodes.iter().map(|&node| layered.layer(node) - first).collect();
        // How many layers the longest edge of each node passes. Short ones get their lanes first.
        let length = |node: u32| {
            let last = layered.outs.of_node(node).iter().map(|&to| layered.layer(to)).max();
            last.map_or(0, |last| (last - layered.layer(node)).saturating_sub(1))
        };
        let mut long: Vec<(u32, u32)> =
            nodes.iter().enumerate().map(|(at, &node)| (length(node), at as u32)).filter(|long| long.0 > 0).collect();
        long.sort_unstable();
        let mut room: Vec<usize> = vec![0; layer.iter().max().map_or(0, |last| *last as usize + 1)];
        layer.iter().for_each(|&layer| room[layer as usize] += 1);
        room.iter_mut().for_each(|room| *room = (*room).max(LANES_IN_LAYER_MIN));
        let mut lanes: Vec<Option<u32>> = vec![None; nodes.len()];
        let mut lane_of = Vec::new();
        for (length, node) in long {
            if lane_of.len() + length as usize > lanes_max {
                break;
            }
            let first = layer[node as usize] as usize + 1;
            let passed = &mut room[first..first + length as usize];
            if passed.contains(&0) {
                continue;
            }
            passed.iter_mut().for_each(|room| *room -= 1);
            lanes[node as usize] = Some((nodes.len() + lane_of.len()) as u32);
            for step in 1..=length {
                lane_of.push(node);
                layer.push(layer[node as usize] + step);
            }
        }
        let mut edges = Vec::new();
        for (from, &node) in nodes.iter().enumerate() {
            let from = from as u32;
            if let Some(lane) = lanes[from as usize] {
                edges.extend(
                    (0..length(node)).map(|step| (if step == 0 { from } else { lane + step - 1 }, lane + step)),
                );
            }
            for &to in layered.outs.of_node(node) {
                let span = layered.layer(to) - layered.layer(node);
                match lanes[from as usize] {
                    _ if span == 1 => edges.push((from, local(to))),
                    Some(lane) => edges.push((lane + span - 2, local(to))),
                    None => {}
                }
            }
        }
        edges.sort_unstable();
        let all = layer.len();
        let outs = Neighbours::of(all, edges.iter().copied());
        let ins = Neighbours::of(all, edges.iter().map(|&(from, to)| (to, from)));
        let mut ordered =
            Ordered { nodes, lane_of, layers: Vec::new(), outs, ins, edges: edges.len(), place: vec![0; all] };
        ordered.start(&layer);
        ordered
    }

    /// How many lanes there are.
    pub fn lanes(&self) -> usize {
        self.lane_of.len()
    }

    /// The first order: walks from each node that nothing needs to all that it needs, so that what belongs together stays so.
    fn start(&mut self, layer: &[u32]) {
        let layers = layer.iter().max().map_or(0, |last| *last as usize + 1);
        self.layers = vec![Vec::new(); layers];
        let mut seen = vec![false; layer.len()];
        let ends = (0..layer.len() as u32).filter(|&node| self.outs.of_node(node).is_empty());
        for end in ends {
            let mut open = vec![end];
            while let Some(node) = open.pop() {
                if !std::mem::replace(&mut seen[node as usize], true) {
                    self.layers[layer[node as usize] as usize].push(node);
                    open.extend(self.ins.of_node(node).iter().rev());
                }
            }
        }
        self.renumber();
    }

    /// Notes where each node is in its layer.
    pub fn renumber(&mut self) {
        for layer in &self.layers {
            for (at, &node) in layer.iter().enumerate() {
                self.place[node as usize] = at as u32;
            }
        }
    }

    /// Sorts until it gets no better.
    pub fn improve(&mut self) {
        if self.layers.len() < 2 {
            return;
        }
        let sweeps = if self.edges > LARGE_EDGES { SWEEPS_WHEN_LARGE } else { SWEEPS };
        let mut best = (self.crossings(), self.layers.clone());
        let mut without_gain = 0;
        for sweep in 0..sweeps {
            if best.0 == 0 || without_gain == 4 {
                break;
            }
            self.sweep(sweep % 2 == 0);
            let crossings = self.crossings();
            without_gain += 1;
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
                without_gain = 0;
            }
        }
        self.layers = best.1;
        self.renumber();
        if best.0 > 0 && self.edges <= SWITCH_EDGES_MAX {
            self.switch_neighbours();
        }
    }

    fn sweep(&mut self, rightwards: bool) {
        let count = self.layers.len();
        let mut keyed: Vec<(f64, u32, u32)> = Vec::new();
        for step in 1..count {
            let (at, before) = if rightwards { (step, step - 1) } else { (count - 1 - step, count - step) };
            let beside = if rightwards { &self.ins } else { &self.outs };
            // Heights are told from 0 to 1: layers differ in how many nodes they have.
            let scale = 1.0 / self.layers[before].len() as f64;
            let own_scale = 1.0 / self.layers[at].len() as f64;
            keyed.clear();
            keyed.extend(self.layers[at].iter().enumerate().map(|(place, &node)| {
                let neighbours = beside.of_node(node);
                let sum: f64 = neighbours.iter().map(|&other| f64::from(self.place[other as usize]) + 0.5).sum();
                let height = match neighbours.len() {
                    0 => (place as f64 + 0.5) * own_scale,
                    some => sum / some as f64 * scale,
                };
                (height, place as u32, node)
            }));
            keyed.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for (place, (layer, &(_, _, node))) in self.layers[at].iter_mut().zip(&keyed).enumerate() {
                *layer = node;
                self.place[node as usize] = place as u32;
            }
        }
    }

    /// How many pairs of edges cross.
    pub fn crossings(&self) -> u64 {
        let mut crossings = 0;
        let mut ends: Vec<u32> = Vec::new();
        let mut below: Vec<u32> = Vec::new();
        for pair in self.layers.windows(2) {
            // A tree of counts (Fenwick): how many ends so far are at a place or above it.
            below.clear();
            below.resize(pair[1].len() + 1, 0);
            let mut seen = 0_u64;
            for &node in &pair[0] {
                ends.clear();
                ends.extend(self.outs.of_node(node).iter().map(|&to| self.place[to as usize]));
                for &end in &ends {
                    let mut at = end as usize + 1;
                    let mut above_or_here = 0;
                    while at > 0 {
                        above_or_here += u64::from(below[at]);
                        at &= at - 1;
                    }
                    crossings += seen - above_or_here;
                }
                for &end in &ends {
                    let mut at = end as usize + 1;
                    while at < below.len() {
                        below[at] += 1;
                        at += at & at.wrapping_neg();
                    }
                }
                seen += ends.len() as u64;
            }
        }
        crossings
    }

    /// Lets neighbours change places where that undoes crossings.
    fn switch_neighbours(&mut self) {
        let (mut upper, mut lower) = (Vec::new(), Vec::new());
        for _ in 0..SWITCH_ROUNDS {
            let mut any = false;
            for layer in 0..self.layers.len() {
                for at in 1..self.layers[layer].len() {
                    let (a, b) = (self.layers[layer][at - 1], self.layers[layer][at]);
                    let mut gain = 0;
                    for beside in [&self.ins, &self.outs] {
                        let places = |node: u32, into: &mut Vec<u32>| {
                            into.clear();
                            into.extend(beside.of_node(node).iter().map(|&other| self.place[other as usize]));
                            into.sort_unstable();
                        };
                        places(a, &mut upper);
                        places(b, &mut lower);
                        gain += inversions(&upper, &lower) - inversions(&lower, &upper);
                    }
                    if gain > 0 {
                        self.layers[layer].swap(at - 1, at);
                        self.place[a as usize] = at as u32;
                        self.place[b as usize] = at as u32 - 1;
                        any = true;
                    }
                }
            }
            if !any {
                break;
            }
        }
    }
}

/// How many pairs have the first end below the second; both sorted.
fn inversions(first: &[u32], second: &[u32]) -> i64 {
    let mut count = 0;
    let mut above = 0;
    for &end in first {
        while above < second.len() && second[above] < end {
            above += 1;
        }
        count += above as i64;
    }
    count
}
