//! What a picture keeps to, for any graph.

use proptest::prelude::*;

use super::order::Ordered;
use super::*;

const WIDTH: u32 = 100;
const HEIGHT: u32 = 30;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("n{number:06}")).collect()
}

fn graph<'a>(names: &'a [String], edges: &[(u32, u32)]) -> Graph<'a> {
    let nodes = names.iter().map(|key| Node { key, width: WIDTH, height: HEIGHT }).collect();
    Graph { nodes, edges: edges.to_vec() }
}

fn draw(count: usize, edges: &[(u32, u32)]) -> Layout {
    layout(&graph(&names(count), edges)).expect("within the limits")
}

/// Nodes by column, then from top to bottom, as in the picture.
fn sketch(count: usize, edges: &[(u32, u32)]) -> String {
    let drawn = draw(count, edges);
    let mut lines: Vec<(i32, i32, String)> = drawn
        .places
        .iter()
        .enumerate()
        .map(|(node, place)| (place.x, place.y, format!("{node} in layer {} at {},{}", place.layer, place.x, place.y)))
        .collect();
    lines.sort();
    let mut text: Vec<String> = lines.into_iter().map(|(_, _, line)| line).collect();
    for (edge, route) in edges.iter().zip(&drawn.routes) {
        if route.back || !route.bends.is_empty() {
            let how = if route.back { "back" } else { "on" };
            text.push(format!("{} to {} runs {how} by {:?}", edge.0, edge.1, route.bends));
        }
    }
    text.push(format!("{} x {}", drawn.width, drawn.height));
    text.join("\n")
}

fn overlap(drawn: &Layout) -> Option<(usize, usize)> {
    let mut order: Vec<usize> = (0..drawn.places.len()).collect();
    order.sort_by_key(|&node| (drawn.places[node].x, drawn.places[node].y));
    for (at, &a) in order.iter().enumerate() {
        for &b in &order[at + 1..] {
            let (first, second) = (drawn.places[a], drawn.places[b]);
            if second.x >= first.x + WIDTH as i32 {
                break;
            }
            if (first.y - second.y).abs() < HEIGHT as i32 {
                return Some((a, b));
            }
        }
    }
    None
}

fn check(count: usize, edges: &[(u32, u32)]) -> Layout {
    let drawn = draw(count, edges);
    assert_eq!(overlap(&drawn), None);
    for place in &drawn.places {
        assert!(place.x >= 0 && place.x + WIDTH as i32 <= drawn.width as i32, "{place:?} in {}", drawn.width);
        assert!(place.y >= 0 && place.y + HEIGHT as i32 <= drawn.height as i32 + 1, "{place:?} in {}", drawn.height);
    }
    for (&(from, to), route) in edges.iter().zip(&drawn.routes) {
        let (from, to) = (drawn.places[from as usize], drawn.places[to as usize]);
        if route.back {
            assert!(from.x >= to.x);
            continue;
        }
        assert!(from.layer < to.layer);
        let mut right = from.x + WIDTH as i32;
        for x in route.bends.iter().map(|bend| bend.0).chain([to.x]) {
            assert!(right <= x, "an edge runs from left to right: {route:?}");
            right = x;
        }
    }
    drawn
}

fn any_graph() -> impl Strategy<Value = (usize, Vec<(u32, u32)>)> {
    (1..40_u32).prop_flat_map(|count| (Just(count as usize), proptest::collection::vec((0..count, 0..count), 0..80)))
}

/// Like a workflow: tasks need some of the few before them.
fn workflow(count: u32, edges: u32) -> Vec<(u32, u32)> {
    let mut state = 7_u64;
    let mut dice = move |sides: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % u64::from(sides)) as u32
    };
    let mut drawn = Vec::new();
    for _ in 0..edges {
        let to = 1 + dice(count - 1);
        let near = dice(200.min(to)) + 1;
        drawn.push((to - near, to));
    }
    drawn
}

proptest! {
    #[test]
    fn nothing_overlaps_and_edges_go_right((count, edges) in any_graph()) {
        check(count, &edges);
    }

    #[test]
    fn a_graph_without_circles_has_no_edge_back((count, edges) in any_graph()) {
        let edges: Vec<_> = edges.into_iter().filter(|(from, to)| from < to).collect();
        prop_assert!(check(count, &edges).routes.iter().all(|route| !route.back));
    }

    #[test]
    fn the_order_of_the_input_does_not_matter((count, edges) in any_graph(), by in 1..40_usize) {
        let names = names(count);
        let drawn = layout(&graph(&names, &edges)).expect("small");
        // Turned by some places, and edges from the end.
        let turned: Vec<String> = (0..count).map(|at| names[(at + by) % count].clone()).collect();
        let moved = |node: u32| ((node as usize + count - by % count) % count) as u32;
        let edges: Vec<_> = edges.iter().rev().map(|&(from, to)| (moved(from), moved(to))).collect();
        let again = layout(&graph(&turned, &edges)).expect("small");
        for node in 0..count {
            prop_assert_eq!(drawn.places[node], again.places[moved(node as u32) as usize]);
        }
        let routes: Vec<_> = again.routes.into_iter().rev().collect();
        prop_assert_eq!(drawn.routes, routes);
    }
}

#[test]
fn a_small_picture() {
    // 0 needs nothing, 1 and 2 need it, 3 needs both; 4 is read at the end only; 5 and 6 need each other; 7 is alone.
    let edges = [(0, 1), (0, 2), (1, 3), (2, 3), (3, 8), (4, 8), (0, 8), (5, 6), (6, 5)];
    same(
        &sketch(9, &edges),
        "\
0 in layer 0 at 0,46
5 in layer 0 at 0,138
6 in layer 1 at 164,138
1 in layer 1 at 167,0
2 in layer 1 at 167,46
7 in layer 0 at 312,138
3 in layer 2 at 334,6
4 in layer 2 at 334,52
8 in layer 3 at 502,52
0 to 8 runs on by [(167, 84), (267, 84), (334, 90), (434, 90)]
6 to 5 runs back by []
602 x 169",
    );
}

/// Shows what was found as it would stand here.
fn same(found: &str, expected: &str) {
    assert!(found == expected, "\n{found}\n");
}

#[test]
fn shapes_that_need_care() {
    check(1, &[]);
    check(1, &[(0, 0), (0, 0)]);
    check(3, &[(0, 1), (1, 2), (2, 0)]);
    let fan: Vec<(u32, u32)> = (1..3_000).map(|leaf| (leaf, 0)).collect();
    let drawn = check(3_000, &fan);
    assert!(drawn.height < 4 * drawn.width, "a wide layer is wrapped: {} x {}", drawn.width, drawn.height);
    let chain: Vec<(u32, u32)> = (1..50_000).map(|link| (link - 1, link)).collect();
    check(50_000, &chain);
    let alone = check(2_000, &[]);
    assert!(alone.height < 2 * alone.width && alone.width < 4 * alone.height, "{} x {}", alone.width, alone.height);
    // All lanes that a chain could have, were they not limited.
    let rails: Vec<(u32, u32)> = (0..2_000).flat_map(|from| [(from, from + 1), (from, 2_000)]).collect();
    check(2_001, &rails);
}

#[test]
fn no_picture_is_empty_of_reason() {
    assert_eq!(draw(0, &[]), Layout::default());
    let many = names(NODES_MAX + 1);
    assert_eq!(layout(&graph(&many, &[])), Err(TooLarge { nodes: NODES_MAX + 1, edges: 0 }));
    assert!(layout(&graph(&many[..2], &vec![(0, 1); EDGES_MAX])).is_ok());
    assert!(layout(&graph(&many[..2], &vec![(0, 1); EDGES_MAX + 1])).is_err());
}

#[test]
fn a_structure_is_named_by_all_that_its_picture_depends_on() {
    let names = names(3);
    let base = graph(&names, &[(0, 1)]);
    assert_eq!(base.structure(), base.clone().structure());
    let mut wider = base.clone();
    wider.nodes[2].width += 1;
    let mut named = base.clone();
    named.nodes[2].key = "other";
    for other in [&wider, &named, &graph(&names, &[(1, 0)]), &graph(&names, &[])] {
        assert_ne!(base.structure(), other.structure());
    }
}

fn crossings(count: usize, edges: &[(u32, u32)]) -> (u64, u64) {
    let layered = layers::Layered::of(count, edges);
    let (mut naive, mut ours) = (0, 0);
    for part in layered.parts() {
        let mut ordered = Ordered::of(&layered, part, LANES_MAX);
        let start = ordered.layers.clone();
        ordered.layers.iter_mut().for_each(|layer| layer.sort_unstable());
        ordered.renumber();
        naive += ordered.crossings();
        ordered.layers = start;
        ordered.renumber();
        ordered.improve();
        ours += ordered.crossings();
    }
    (naive, ours)
}

#[test]
fn few_edges_cross() {
    // A tree that is numbered at random, a grid, a crossed pair, and something like a workflow.
    let tree: Vec<(u32, u32)> = (1..127_u32).map(|node| (node * 37 % 127, (node - 1) / 2 * 37 % 127)).collect();
    let grid: Vec<(u32, u32)> = (0..8_u32)
        .flat_map(|row| (0..8_u32).map(move |column| (row, column)))
        .flat_map(|(row, column)| {
            let at = |row: u32, column: u32| (row * 8 + column) * 29 % 64;
            let right = (column < 7).then(|| (at(row, column), at(row, column + 1)));
            let down = (row < 7).then(|| (at(row, column), at(row + 1, column)));
            right.into_iter().chain(down)
        })
        .collect();
    let few = |count, edges: &[(u32, u32)], at_most: u64| {
        let (naive, ours) = crossings(count, edges);
        assert!(ours <= at_most && ours <= naive, "{ours} of {naive}");
    };
    few(127, &tree, 0);
    few(64, &grid, 0);
    few(4, &[(0, 3), (1, 2)], 0);
    let (naive, ours) = crossings(400, &workflow(400, 500));
    assert!(ours * 5 < naive * 2, "{ours} of {naive}");
}
