//! What people read of graphs.

use serde_json::json;

use super::*;
use crate::output::tests::screen;

fn run_graph() -> TaskGraph {
    let place = |mut node: serde_json::Value| {
        for side in ["x", "y", "w", "h", "layer"] {
            node[side] = json!(0);
        }
        node
    };
    let family = |name: &str, tasks: usize| json!({"name": name, "tasks": tasks, "component": "component:default/x"});
    let counts = json!({"pending": 0, "running": 0, "done": 498, "failed": 2, "disabled": 0, "unknown": 0});
    serde_json::from_value(json!({
        "run": 12, "root": "Report_1", "tasks": 503, "families": [family("Bank", 1), family("Extract", 500), family("Report", 2)],
        "nodes": [
            place(json!({"family": 1, "status": "FAILED", "counts": counts, "started_ms": 0, "ended_ms": 65_000, "critical": true})),
            place(json!({"id": "Bank_1", "family": 0, "status": "DONE"})),
            place(json!({"id": "Report_1", "family": 2, "status": "PENDING", "detail": "2026-03-02\u{1b}[31m"})),
            place(json!({"id": "Report_2", "family": 2, "status": "DONE", "detail": "2026-03-01 \"x\"", "started_ms": 5, "ended_ms": 2105}))
        ],
        "critical": [2],
        "structure": "00", "width": 1, "height": 1, "edges": [[0, 2], [0, 3], [1, 0], [3, 2], [2, 1]], "back": [4]
    }))
    .expect("the API's shape")
}

#[test]
fn tasks_as_a_tree() {
    insta::assert_snapshot!(tasks_text(&screen(), &run_graph()), @r#"
    run 12, 503 tasks; under each what it needs

    TASK                      STATUS              TOOK
    Report 2026-03-02�[31m    PENDING
    ├─ Extract × 500*         498 done, 2 failed  65 s
    │  └─ Bank_1              DONE
    └─ Report 2026-03-01 "x"  DONE                2.1 s
       └─ Extract × 500*      see above

    * decided when the run ended
    "#);
}

#[test]
fn tasks_for_graphviz() {
    insta::assert_snapshot!(tasks_dot(&run_graph()), @r##"
    digraph {
      rankdir=LR;
      node [shape=box, style=rounded, fontname="sans-serif"];
      n0 [label="Extract × 500\n498 done, 2 failed", color="#e03131", penwidth=2.5];
      n1 [label="Bank_1\ndone", color="#2f9e44"];
      n2 [label="Report 2026-03-02�[31m\npending", color="#e67700"];
      n3 [label="Report 2026-03-01 \"x\"\ndone", color="#2f9e44"];
      n0 -> n2;
      n0 -> n3;
      n1 -> n0 [penwidth=2.5];
      n3 -> n2;
      n2 -> n1;
    }
    "##);
}

#[test]
fn entities_as_two_trees() {
    let node = |reference: &str, health: &str, distance: i32| {
        json!({
            "ref": reference, "title": reference, "health": health, "distance": distance,
            "owner": {"name": "Payments"}, "x": 0, "y": 0, "w": 0, "h": 0, "layer": 0
        })
    };
    let graph: EntityGraph = serde_json::from_value(json!({
        "ref": "component:default/board", "total": 9,
        "nodes": [
            node("component:default/board", "failing", 0), node("component:default/extracts", "healthy", -1),
            node("component:default/site", "unknown", 1), node("resource:default/bank", "missing", -2)
        ],
        "relations": ["dependsOn", "dependsOn", "dependsOn", "dependsOn"],
        "structure": "00", "width": 1, "height": 1, "edges": [[1, 0], [0, 2], [3, 1], [3, 2]]
    }))
    .expect("the API's shape");
    insta::assert_snapshot!(entities_text(&screen(), &graph), @r#"
    component:default/board: failing, Payments

    needs
    REF                          HEALTH   OWNER
    └─ extracts                  healthy  Payments
       └─ resource:default/bank  missing  Payments

    affects
    REF      HEALTH   OWNER
    └─ site  unknown  Payments

    and 5 more: --depth shows fewer, nearer ones
    "#);
}

#[test]
fn a_graph_with_many_ways_is_told_once() {
    // Each of 30 needs the next one twice over: a thousand million ways, 60 lines.
    let edges: Vec<[u32; 2]> = (1..30_u32).flat_map(|node| [[node, node - 1], [node, node - 1]]).collect();
    let mut lines = 0;
    let tree = Tree::towards_needs(30, &edges, &[]);
    tree.walk(&tree.tops(), |_, _, _| lines += 1);
    assert_eq!(lines, 1 + edges.len());
}
