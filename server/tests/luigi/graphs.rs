//! Graphs: shape, direction, cuts, cycles, depth.

use bussola_domain::value::Value;

use crate::support::{Server, keys};

async fn add(server: &Server, task: &str, deps: &[&str], more: &str) {
    let deps: Vec<String> = deps.iter().map(|dep| format!("\"{dep}\"")).collect();
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    let deps = deps.join(",");
    let data = format!("{{\"worker\": \"w\", \"task_id\": \"{task}\", \"family\": \"F\", \"deps\": [{deps}]{more}}}");
    server.call("add_task", &data).await;
}

fn deps(graph: &Value, task: &str) -> String {
    graph.get(task).and_then(|task| task.get("deps")).map(Value::to_string).unwrap_or_default()
}

#[tokio::test]
async fn a_graph_goes_breadth_first_with_sorted_edges() {
    let server = Server::new();
    add(&server, "root", &["z", "a", "Gone_1_2"], "").await;
    add(&server, "z", &["leaf"], "").await;
    add(&server, "a", &["leaf"], "\"status\": \"DONE\"").await;
    add(&server, "leaf", &[], "").await;
    let graph = server.value("dep_graph", "{\"task_id\": \"root\"}").await;
    assert_eq!(keys(&graph), ["root", "Gone_1_2", "a", "z", "leaf"]);
    assert_eq!(deps(&graph, "root"), "[\"Gone_1_2\",\"a\",\"z\"]");
    let named = |task: &str| graph.get(task).and_then(|task| task.get("display_name")).is_some();
    assert!(named("root") && !named("a"));
    assert_eq!(
        graph.get("Gone_1_2").map(Value::to_string).as_deref(),
        Some(
            "{\"status\":\"UNKNOWN\",\"workers\":[],\"start_time\":\"UNKNOWN\",\"params\":{\"task_id\":\"Gone_1_2\"},\
             \"name\":\"Gone\",\"priority\":0,\"deps\":[]}"
        )
    );
    let open = server.value("dep_graph", "{\"task_id\": \"root\", \"include_done\": false}").await;
    assert_eq!(keys(&open), ["root", "Gone_1_2", "z", "leaf"]);
    let inverse = server.value("inverse_dep_graph", "{\"task_id\": \"leaf\"}").await;
    assert_eq!(keys(&inverse), ["leaf", "a", "z", "root"]);
    assert_eq!(deps(&inverse, "leaf"), "[\"a\",\"z\"]");
    let all = server.value("graph", "{}").await;
    assert_eq!(keys(&all).len(), 5);
}

#[tokio::test]
async fn a_placeholder_can_be_the_root() {
    let server = Server::new();
    add(&server, "root", &["_odd"], "").await;
    let graph = server.value("dep_graph", "{\"task_id\": \"_odd\"}").await;
    let root = graph.get("_odd").expect("the root");
    assert_eq!(root.get("name"), Some(&Value::from("UNKNOWN")));
    assert_eq!(root.get("display_name"), Some(&Value::from("_odd")));
}

#[tokio::test]
async fn a_graph_is_cut_at_its_limit() {
    for (limit, expected) in [(0, 1), (1, 1), (3, 3), (4, 4), (100, 6)] {
        let server = Server::with(|settings| settings.scheduler.graph_nodes_max = limit);
        add(&server, "root", &["a", "b", "c", "d", "e"], "").await;
        let graph = server.value("dep_graph", "{\"task_id\": \"root\"}").await;
        assert_eq!(keys(&graph).len(), expected, "{limit}");
    }
}

#[tokio::test]
async fn a_cycle_ends() {
    let server = Server::new();
    add(&server, "a", &["b"], "").await;
    add(&server, "b", &["a", "b"], "").await;
    for method in ["dep_graph", "inverse_dep_graph"] {
        assert_eq!(keys(&server.value(method, "{\"task_id\": \"a\"}").await), ["a", "b"]);
    }
}

/// luigid's recursion ends near 1,000 with a 500.
#[tokio::test]
async fn a_chain_of_5_000_takes_a_rising_priority() {
    let server = Server::new();
    for number in (0..5_000).rev() {
        let dep = format!("t{}", number + 1);
        let deps: &[&str] = if number == 4_999 { &[] } else { &[&dep] };
        add(&server, &format!("t{number}"), deps, "").await;
    }
    for priority in [1, 7] {
        add(&server, "t0", &["t1"], &format!("\"priority\": {priority}")).await;
        let graph = server.value("dep_graph", "{\"task_id\": \"t0\"}").await;
        assert_eq!(keys(&graph).len(), 5_000);
        assert_eq!(graph.get("t4999").and_then(|task| task.get("priority")), Some(&Value::Int(priority)));
    }
    add(&server, "t4999", &[], "\"status\": \"DISABLED\"").await;
    let counts = server.value("count_pending", "{\"worker\": \"w\"}").await;
    assert_eq!(counts.get("n_pending_tasks"), Some(&Value::Int(0)));
    let list = server.value("task_list", "{\"status\": \"PENDING\", \"upstream_status\": \"UPSTREAM_DISABLED\"}").await;
    assert_eq!(keys(&list).len(), 4_999);
}

#[tokio::test]
async fn a_task_with_100_000_dependencies_is_one_call() {
    let server = Server::new();
    let deps: Vec<String> = (0..100_000).map(|number| format!("\"d{number}\"")).collect();
    let data = format!("{{\"worker\": \"w\", \"task_id\": \"T\", \"family\": \"T\", \"deps\": [{}]}}", deps.join(","));
    server.call("add_task", &data).await;
    let graph = server.value("dep_graph", "{\"task_id\": \"T\"}").await;
    // As many nodes as luigid shows.
    assert_eq!(keys(&graph).len(), 100_000);
    let Some(Value::List(edges)) = graph.get("T").and_then(|task| task.get("deps")).cloned() else {
        panic!("no edges")
    };
    assert_eq!(edges.len(), 100_000);
    // Of a placeholder luigid shows nothing further; d7 is declared first.
    add(&server, "d7", &[], "").await;
    assert_eq!(keys(&server.value("inverse_dep_graph", "{\"task_id\": \"d7\"}").await), ["d7", "T"]);
}
