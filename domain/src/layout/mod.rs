//! Where the nodes of a graph stand in a picture that is read from left to right: what is needed on the left, what needs it on the
//! right.
//!
//! Layered, after Sugiyama: edges that close a circle are turned around for the layout and marked ([`Route::back`]); every node
//! gets a layer ([`layers`]); edges over several layers run in lanes of their own, which the edges of one node share; sweeps
//! order each layer so that few edges cross ([`order`]); then nodes move as near to the height of their neighbours as those
//! beside them let them ([`place`]). Parts that do not hang together are laid out alone and packed ([`pack`]).
//!
//! A layer with very many nodes is wrapped into columns: a picture a thousand times as high as wide shows nobody anything.
//!
//! INVARIANT: the picture depends on keys, sizes and edges alone, not on the order in which they come.
//! INVARIANT: no two nodes overlap, and each edge that is not marked goes from a layer to a later one.
//!
//! No recursion: a chain of a hundred thousand tasks costs no stack. All effort is bounded by constants, so that a graph of
//! 100,000 nodes is laid out in a fifth of a second (`examples/layout.rs` measures it).

mod layers;
mod order;
mod pack;
mod place;
#[cfg(test)]
mod tests;

use place::Passage;
use sha2::{Digest, Sha256};

/// LIMIT: nodes of one picture. Ten times what anybody can look at; a larger graph is grouped first.
pub const NODES_MAX: usize = 100_000;

/// LIMIT: edges of one picture.
pub const EDGES_MAX: usize = 400_000;

/// LIMIT: places where long edges pass through a layer. Edges beyond it, the longest ones, are drawn as plain curves: with
/// so many of them nobody follows a single one anyway, and each place costs as much as a node.
const LANES_MAX: usize = 30_000;

/// Something to place. Sizes are in the units of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node<'a> {
    /// Its name, unlike any other's: the order of names decides where nothing else does.
    pub key: &'a str,
    /// How wide it is.
    pub width: u32,
    /// How high it is.
    pub height: u32,
}

/// What to lay out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph<'a> {
    /// Nodes.
    pub nodes: Vec<Node<'a>>,
    /// From what is needed to what needs it, as positions in `nodes`.
    pub edges: Vec<(u32, u32)>,
}

/// The hash of all that a layout depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Structure(pub [u8; 16]);

impl Graph<'_> {
    /// Names the graph: the same hash means the same picture, node for node and edge for edge.
    pub fn structure(&self) -> Structure {
        let mut hash = Sha256::new();
        let mut number = |number: usize| hash.update((number as u64).to_le_bytes());
        number(self.nodes.len());
        for node in &self.nodes {
            let key = Sha256::digest(node.key.as_bytes());
            hash.update(key);
            hash.update(node.width.to_le_bytes());
            hash.update(node.height.to_le_bytes());
        }
        for (from, to) in &self.edges {
            hash.update(from.to_le_bytes());
            hash.update(to.to_le_bytes());
        }
        let digest = hash.finalize();
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        Structure(first)
    }
}

/// Where a node stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its left side.
    pub x: i32,
    /// Its upper side.
    pub y: i32,
    /// How many layers of its part are before it.
    pub layer: u32,
}

/// How an edge runs: from the middle of a node's right side to the middle of the other's left side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// It closes a circle, and runs from right to left.
    pub back: bool,
    /// Points on the way, in the direction of the edge; between two at the same height it runs straight.
    pub bends: Vec<(i32, i32)>,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Of each node.
    pub places: Vec<Place>,
    /// Of each edge.
    pub routes: Vec<Route>,
    /// From the left side of the leftmost node to the right side of the rightmost.
    pub width: u32,
    /// From the top to the bottom.
    pub height: u32,
}

/// The graph is over a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the graph has {nodes} nodes and {edges} edges, a picture can have {NODES_MAX} and {EDGES_MAX}")]
pub struct TooLarge {
    /// How many nodes it has.
    pub nodes: usize,
    /// How many edges it has.
    pub edges: usize,
}

/// Lays a graph out. Edges whose ends are not there are a bug of the caller.
pub fn layout(graph: &Graph<'_>) -> Result<Layout, TooLarge> {
    let (nodes, edges) = (graph.nodes.len(), graph.edges.len());
    if nodes > NODES_MAX || edges > EDGES_MAX {
        return Err(TooLarge { nodes, edges });
    }
    // From here on nodes are numbered by key, so that the order in which they came is forgotten.
    let mut by_key: Vec<u32> = (0..nodes as u32).collect();
    by_key.sort_by_key(|&node| (graph.nodes[node as usize].key, node));
    let mut number = vec![0_u32; nodes];
    for (at, &node) in by_key.iter().enumerate() {
        number[node as usize] = at as u32;
    }
    let sizes: Vec<(f64, f64)> = by_key
        .iter()
        .map(|&node| &graph.nodes[node as usize])
        .map(|node| (node.width.into(), node.height.into()))
        .collect();
    let renumbered: Vec<(u32, u32)> =
        graph.edges.iter().map(|&(from, to)| (number[from as usize], number[to as usize])).collect();

    let layered = layers::Layered::of(nodes, &renumbered);
    let mut lanes_left = LANES_MAX;
    let parts: Vec<place::Placed> = layered
        .parts()
        .into_iter()
        .map(|part| {
            let mut ordered = order::Ordered::of(&layered, part, lanes_left);
            lanes_left -= ordered.lanes();
            ordered.improve();
            place::Placed::of(&ordered, &sizes)
        })
        .collect();
    let packed = pack::pack(&parts);

    let mut layout = Layout { places: vec![Place::default(); nodes], ..Layout::default() };
    (layout.width, layout.height) = (packed.width, packed.height);
    let mut lanes: Vec<Vec<Passage>> = vec![Vec::new(); nodes];
    for (part, (right, down)) in parts.into_iter().zip(packed.offsets) {
        for (node, place) in part.places {
            let place = Place { x: place.x + right, y: place.y + down, layer: place.layer };
            layout.places[by_key[node as usize] as usize] = place;
        }
        for (node, lane) in part.lanes {
            let moved = lane.into_iter().map(|passage| Passage {
                left: passage.left + right,
                right: passage.right + right,
                y: passage.y + down,
            });
            lanes[node as usize] = moved.collect();
        }
    }
    let route = |&(from, to): &(u32, u32)| {
        let back = layered.is_back(from, to);
        let (first, last) = if back { (to, from) } else { (from, to) };
        let span = layered.layer(last).saturating_sub(layered.layer(first)) as usize;
        let passed = lanes[first as usize].get(..span.saturating_sub(1)).unwrap_or(&[]);
        let mut bends = bends(passed);
        if back {
            bends.reverse();
        }
        Route { back, bends }
    };
    layout.routes = renumbered.iter().map(route).collect();
    Ok(layout)
}

/// The points of a lane; where it runs straight through several layers only its ends.
fn bends(lane: &[Passage]) -> Vec<(i32, i32)> {
    let mut bends: Vec<(i32, i32)> = Vec::new();
    for &Passage { left, right, y } in lane {
        match bends.last_mut() {
            Some(last) if last.1 == y => last.0 = right,
            _ => bends.extend([(left, y), (right, y)]),
        }
    }
    bends
}

/// Neighbours of each node, one list after the other.
#[derive(Clone, Debug, Default)]
struct Neighbours {
    starts: Vec<u32>,
    all: Vec<u32>,
}

impl Neighbours {
    /// The second ends of pairs by the first, in the order of the pairs.
    fn of(nodes: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Neighbours {
        let mut starts = vec![0_u32; nodes + 1];
        for (from, _) in pairs.clone() {
            starts[from as usize + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut all = vec![0; starts[nodes] as usize];
        let mut next = starts.clone();
        for (from, to) in pairs {
            let place = &mut next[from as usize];
            all[*place as usize] = to;
            *place += 1;
        }
        Neighbours { starts, all }
    }

    fn of_node(&self, node: u32) -> &[u32] {
        &self.all[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }
}
