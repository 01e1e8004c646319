//! How long the layout of large graphs takes: `cargo run --release -p bussola-domain --example layout`.

use std::time::Instant;

use bussola_domain::layout::{Graph, Node, layout};

fn main() {
    for (count, edges) in [(100, 125), (1_000, 2_000), (10_000, 12_500), (10_000, 20_000), (100_000, 200_000)] {
        for (shape, edges) in [("near", near(count, edges)), ("levels", levels(count, edges)), ("fan", fan(count))] {
            let names: Vec<String> = (0..count).map(|number| format!("Family_{number}")).collect();
            let nodes = names.iter().map(|key| Node { key, width: 188, height: 36 }).collect();
            let graph = Graph { nodes, edges };
            let started = Instant::now();
            let structure = graph.structure();
            let hashed = started.elapsed();
            let drawn = layout(&graph).expect("within the limits");
            println!(
                "{count:>7} nodes {:>7} edges {shape:>6}: {:>7.1} ms, hash {:>5.1} ms ({:02x}..), {} x {}",
                graph.edges.len(),
                (started.elapsed() - hashed).as_secs_f64() * 1e3,
                hashed.as_secs_f64() * 1e3,
                structure.0[0],
                drawn.width,
                drawn.height
            );
        }
    }
}

fn dice() -> impl FnMut(u32) -> u32 {
    let mut state = 7_u64;
    move |sides| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % u64::from(sides)) as u32
    }
}

/// Tasks that need some of the few hundred before them.
fn near(count: u32, edges: u32) -> Vec<(u32, u32)> {
    let mut dice = dice();
    (0..edges)
        .map(|_| {
            let to = 1 + dice(count - 1);
            (to - 1 - dice(300.min(to)), to)
        })
        .collect()
}

/// Twelve levels, each needing the one before and now and then an earlier one.
fn levels(count: u32, edges: u32) -> Vec<(u32, u32)> {
    let mut dice = dice();
    let size = count / 12;
    (0..edges)
        .map(|_| {
            let level = 1 + dice(11);
            let from = if dice(10) == 0 { dice(level) } else { level - 1 };
            (from * size + dice(size), level * size + dice(size))
        })
        .collect()
}

/// One task that needs all others.
fn fan(count: u32) -> Vec<(u32, u32)> {
    (1..count).map(|leaf| (leaf, 0)).collect()
}
