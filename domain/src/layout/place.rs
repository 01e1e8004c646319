//! Where the nodes of one part stand, given their layers and order.
//!
//! Heights: each row wants to be at the mean height of its neighbours; of all heights that keep order and distance, those
//! with the least sum of squares are found exactly by merging rows that push each other (isotonic regression), one layer after
//! the other, back and forth.

use super::order::Ordered;
use super::{Neighbours, Place};

/// Between rows.
const ROW_GAP: f64 = 16.0;

/// Between a lane and what is above or below it: lines may be nearer to each other than boxes.
const LANE_GAP: f64 = 8.0;

/// Between the columns of a layer that is wrapped.
const COLUMN_GAP: f64 = 16.0;

/// Between layers, where edges are short.
const LAYER_GAP: f64 = 64.0;

/// How much is added to it where edges climb far: steep lines are hard to follow.
const LAYER_GAP_MORE_MAX: f64 = 256.0;

/// A layer of more nodes than this may be wrapped into columns.
const ROWS_MIN: usize = 64;

/// How wide a picture should be for its height at least, before layers are wrapped no further.
const ASPECT: f64 = 1.6;

/// Sweeps for heights.
const SWEEPS: usize = 10;

/// Sweeps for heights in a large graph.
const SWEEPS_WHEN_LARGE: usize = 5;

/// From so many nodes and lanes on a graph is large.
const LARGE_NODES: usize = 20_000;

/// Where a lane passes a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    pub left: i32,
    pub right: i32,
    pub y: i32,
}

/// One part of a picture, at its own origin.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Nodes by their number in the whole graph.
    pub places: Vec<(u32, Place)>,
    /// Of nodes with long edges, the layers that they pass, from left to right.
    pub lanes: Vec<(u32, Vec<Passage>)>,
    pub width: f64,
    pub height: f64,
}

/// Nodes side by side, or a lane.
#[derive(Debug)]
struct Row {
    members: std::ops::Range<usize>,
    height: f64,
    is_lane: bool,
}

impl Row {
    fn distance(&self, below: &Row) -> f64 {
        let gap = if self.is_lane || below.is_lane { LANE_GAP } else { ROW_GAP };
        (self.height + below.height) / 2.0 + gap
    }
}

impl Placed {
    /// Places a part; sizes are those of the whole graph's nodes.
    pub fn of(part: &Ordered, sizes: &[(f64, f64)]) -> Placed {
        let size = |node: u32| part.nodes.get(node as usize).map(|&node| sizes[node as usize]);
        let columns = columns(part, &size);
        let rows: Vec<Vec<Row>> =
            part.layers.iter().zip(&columns).map(|(layer, &columns)| rows(layer, columns, &size)).collect();
        let heights = Heights::of(part, &rows);
        let y = heights.y;

        let mut placed = Placed::default();
        let top = rows
            .iter()
            .zip(&part.layers)
            .filter_map(|(rows, layer)| rows.first().map(|row| y[layer[row.members.start] as usize] - row.height / 2.0))
            .fold(f64::INFINITY, f64::min);
        let mut lanes: Vec<Vec<Passage>> = vec![Vec::new(); part.nodes.len()];
        let mut left = 0.0;
        for (number, (layer, rows)) in part.layers.iter().zip(&rows).enumerate() {
            let column = layer.iter().filter_map(|&node| size(node)).map(|(width, _)| width).fold(0.0, f64::max);
            let width = columns[number] as f64 * (column + COLUMN_GAP) - COLUMN_GAP;
            for row in rows {
                for (at, &node) in layer[row.members.clone()].iter().enumerate() {
                    let middle = y[node as usize] - top;
                    let Some((_, height)) = size(node) else {
                        let source = part.lane_of[node as usize - part.nodes.len()];
                        let passage = Passage { left: round(left), right: round(left + width), y: round(middle) };
                        lanes[source as usize].push(passage);
                        continue;
                    };
                    let x = left + at as f64 * (column + COLUMN_GAP);
                    let place = Place { x: round(x), y: round(middle - height / 2.0), layer: number as u32 };
                    placed.places.push((part.nodes[node as usize], place));
                }
                if let Some(&node) = layer.get(row.members.start) {
                    placed.height = placed.height.max(y[node as usize] - top + row.height / 2.0);
                }
            }
            placed.width = left + width;
            left = placed.width + gap(part, layer, &y);
        }
        // Layers came from left to right, and so did the pieces of each lane.
        let lanes = lanes.into_iter().enumerate().filter(|(_, lane)| !lane.is_empty());
        placed.lanes = lanes.map(|(node, lane)| (part.nodes[node], lane)).collect();
        placed
    }
}

/// Into how many columns each layer is wrapped: as few as let the picture be less high than it is wide.
fn columns(part: &Ordered, size: &impl Fn(u32) -> Option<(f64, f64)>) -> Vec<usize> {
    let layers: Vec<(usize, f64, f64)> = part
        .layers
        .iter()
        .map(|layer| {
            let sizes = || layer.iter().filter_map(|&node| size(node));
            let widest = sizes().map(|(width, _)| width).fold(0.0, f64::max);
            let height: f64 = sizes().map(|(_, height)| height + ROW_GAP).sum();
            (sizes().count(), widest + COLUMN_GAP, height)
        })
        .collect();
    let largest = layers.iter().map(|(count, ..)| *count).max().unwrap_or(0);
    // Parts that are alone are one layer and may be a grid from the start.
    let mut rows_max = if part.layers.len() == 1 { 1 } else { ROWS_MIN };
    while rows_max < largest {
        let columns = |count: usize| count.div_ceil(rows_max).max(1) as f64;
        let width: f64 = layers.iter().map(|&(count, width, _)| columns(count) * width + LAYER_GAP).sum();
        let height = layers.iter().map(|&(count, _, height)| height / columns(count)).fold(0.0, f64::max);
        if width <= height * ASPECT {
            break;
        }
        rows_max += (rows_max / 8).max(1);
    }
    layers.iter().map(|(count, ..)| count.div_ceil(rows_max).max(1)).collect()
}

fn rows(layer: &[u32], columns: usize, size: &impl Fn(u32) -> Option<(f64, f64)>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (at, &node) in layer.iter().enumerate() {
        let Some((_, height)) = size(node) else {
            rows.push(Row { members: at..at + 1, height: 0.0, is_lane: true });
            continue;
        };
        match rows.last_mut().filter(|row| !row.is_lane && row.members.len() < columns) {
            Some(row) => {
                row.members.end = at + 1;
                row.height = row.height.max(height);
            }
            None => rows.push(Row { members: at..at + 1, height, is_lane: false }),
        }
    }
    rows
}

/// Space between a layer and the next: more where edges climb.
fn gap(part: &Ordered, layer: &[u32], y: &[f64]) -> f64 {
    let edges = layer.iter().flat_map(|&node| part.outs.of_node(node).iter().map(move |&to| (node, to)));
    let (sum, count) = edges
        .fold((0.0, 0_u32), |(sum, count), (from, to)| (sum + (y[from as usize] - y[to as usize]).abs(), count + 1));
    LAYER_GAP + (sum / f64::from(count.max(1)) * 0.15).min(LAYER_GAP_MORE_MAX)
}

/// The heights of the middles of nodes and lanes.
struct Heights {
    y: Vec<f64>,
}

/// Rows that push each other: where they are together, and how much they weigh.
struct Block {
    height: f64,
    weight: f64,
    rows: usize,
}

impl Heights {
    fn of(part: &Ordered, rows: &[Vec<Row>]) -> Heights {
        let mut heights = Heights { y: vec![0.0; part.nodes.len() + part.lanes()] };
        for (layer, rows) in part.layers.iter().zip(rows) {
            let total: f64 = rows.windows(2).map(|pair| pair[0].distance(&pair[1])).sum();
            let mut at = -total / 2.0;
            for (number, row) in rows.iter().enumerate() {
                if number > 0 {
                    at += rows[number - 1].distance(row);
                }
                heights.set(layer, row, at);
            }
        }
        let sweeps = if heights.y.len() > LARGE_NODES { SWEEPS_WHEN_LARGE } else { SWEEPS };
        let count = rows.len();
        for sweep in 0..sweeps {
            for step in 0..count {
                let rightwards = sweep % 2 == 0;
                let at = if rightwards { step } else { count - 1 - step };
                // The last sweeps mind both sides, so that what the others did for one is not lost.
                let both = sweep + 2 >= sweeps;
                let nothing = &Neighbours::default();
                let (first, second) = match (both, rightwards) {
                    (true, _) => (&part.ins, &part.outs),
                    (false, true) => (&part.ins, nothing),
                    (false, false) => (&part.outs, nothing),
                };
                heights.settle(part, &part.layers[at], &rows[at], first, second);
            }
        }
        heights
    }

    fn set(&mut self, layer: &[u32], row: &Row, y: f64) {
        for &node in &layer[row.members.clone()] {
            self.y[node as usize] = y;
        }
    }

    /// Moves the rows of a layer as near to their neighbours as order and distance allow.
    fn settle(&mut self, part: &Ordered, layer: &[u32], rows: &[Row], first: &Neighbours, second: &Neighbours) {
        let lanes_from = part.nodes.len() as u32;
        let mut blocks: Vec<Block> = Vec::with_capacity(rows.len());
        // Without the distances that must be kept, rows need only be in order.
        let mut distance = 0.0;
        let mut distances = Vec::with_capacity(rows.len());
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                distance += rows[number - 1].distance(row);
            }
            distances.push(distance);
            let (mut sum, mut weight) = (0.0, 0.0);
            for &node in &layer[row.members.clone()] {
                for beside in [first, second] {
                    if beside.starts.is_empty() {
                        continue;
                    }
                    for &other in beside.of_node(node) {
                        // Long edges should be straight.
                        let pull = match (node >= lanes_from, other >= lanes_from) {
                            (true, true) => 8.0,
                            (true, false) | (false, true) => 2.0,
                            (false, false) => 1.0,
                        };
                        sum += self.y[other as usize] * pull;
                        weight += pull;
                    }
                }
            }
            let (wanted, weight) = match weight {
                0.0 => (self.y[layer[row.members.start] as usize], 0.1),
                weight => (sum / weight, weight),
            };
            let mut block = Block { height: wanted - distance, weight, rows: 1 };
            while let Some(above) = blocks.pop_if(|above| above.height > block.height) {
                let weight = above.weight + block.weight;
                let height = (above.height * above.weight + block.height * block.weight) / weight;
                block = Block { height, weight, rows: above.rows + block.rows };
            }
            blocks.push(block);
        }
        let mut number = 0;
        for block in blocks {
            for _ in 0..block.rows {
                self.set(layer, &rows[number], block.height + distances[number]);
                number += 1;
            }
        }
    }
}

fn round(length: f64) -> i32 {
    length.round() as i32
}
