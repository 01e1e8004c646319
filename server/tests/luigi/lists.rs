//! Lists: filters, limits, workers, resources.

use bussola_domain::value::Value;

use crate::support::{Server, keys};

async fn add(server: &Server, task: &str, more: &str) {
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    let data = format!("{{\"worker\": \"w\", \"task_id\": \"{task}\", \"family\": \"{task}\"{more}}}");
    server.call("add_task", &data).await;
}

/// One task of each kind below which another waits.
#[tokio::test]
async fn pending_tasks_are_told_apart_by_what_is_worst_upstream() {
    let server = Server::new();
    add(&server, "Done", "\"status\": \"DONE\"").await;
    add(&server, "Failed", "\"status\": \"FAILED\"").await;
    add(&server, "Disabled", "\"status\": \"DISABLED\"").await;
    add(&server, "Free", "").await;
    server
        .call(
            "add_task",
            "{\"worker\": \"other\", \"task_id\": \"Runs\", \"family\": \"Runs\", \"status\": \"RUNNING\"}",
        )
        .await;
    add(&server, "OnDone", "\"deps\": [\"Done\"]").await;
    add(&server, "OnMissing", "\"deps\": [\"Nobody\"]").await;
    add(&server, "OnRuns", "\"deps\": [\"Runs\", \"Done\"]").await;
    add(&server, "OnFree", "\"deps\": [\"Free\", \"Runs\"]").await;
    add(&server, "OnFailed", "\"deps\": [\"Failed\", \"Free\"]").await;
    add(&server, "OnDisabled", "\"deps\": [\"Disabled\", \"Failed\"]").await;
    add(&server, "Deep", "\"deps\": [\"OnFree\", \"OnFailed\"]").await;
    add(&server, "LoopA", "\"deps\": [\"LoopB\"]").await;
    add(&server, "LoopB", "\"deps\": [\"LoopA\"]").await;
    for (upstream, expected) in [
        ("UPSTREAM_DISABLED", vec!["OnDisabled"]),
        ("UPSTREAM_FAILED", vec!["Deep", "OnFailed"]),
        ("UPSTREAM_MISSING_INPUT", vec!["Free", "OnFree"]),
        ("UPSTREAM_RUNNING", vec!["OnRuns"]),
        ("UPSTREAM_NONSENSE", vec![]),
    ] {
        let data = format!("{{\"status\": \"PENDING\", \"upstream_status\": \"{upstream}\"}}");
        let mut found = keys(&server.value("task_list", &data).await);
        found.sort();
        assert_eq!(found, expected, "{upstream}");
    }
}

#[tokio::test]
async fn a_list_can_be_narrowed() {
    let server = Server::new();
    add(&server, "One", "\"params\": {\"where\": \"Straße\"}").await;
    add(&server, "Two", "\"status\": \"DONE\", \"params\": {\"where\": \"here\"}").await;
    for (data, expected) in [
        ("{}", vec!["One", "Two"]),
        ("{\"status\": \"\", \"search\": null}", vec!["One", "Two"]),
        ("{\"status\": \"DONE\"}", vec!["Two"]),
        ("{\"status\": \"SUSPENDED\"}", vec![]),
        ("{\"status\": \"NONSENSE\"}", vec![]),
        ("{\"search\": \"STRASSE one\"}", vec!["One"]),
        ("{\"search\": \"where=\"}", vec!["One", "Two"]),
        ("{\"search\": \"where= nowhere\"}", vec![]),
        ("{\"search\": \"\"}", vec!["One", "Two"]),
    ] {
        assert_eq!(keys(&server.value("task_list", data).await), expected, "{data}");
    }
    let found = server.value("task_search", "{\"task_str\": \"T\"}").await;
    assert_eq!(keys(&found), ["DONE"]);
}

#[tokio::test]
async fn too_many_tasks_are_only_counted() {
    let server = Server::with(|settings| settings.scheduler.shown_tasks_max = 2);
    for task in ["A", "B", "C"] {
        add(&server, task, "").await;
    }
    for (data, expected) in [
        ("{}", "{\"num_tasks\":3}"),
        ("{\"status\": \"PENDING\", \"upstream_status\": \"UPSTREAM_FAILED\"}", "{\"num_tasks\":-1}"),
        ("{\"search\": \"()\"}", "{\"num_tasks\":3}"),
        ("{\"max_shown_tasks\": 1, \"search\": \"a\"}", "…"),
        ("{\"max_shown_tasks\": 3}", "…"),
        ("{\"max_shown_tasks\": 0}", "{\"num_tasks\":3}"),
        ("{\"limit\": false}", "…"),
        ("{\"status\": \"DONE\"}", "{}"),
    ] {
        let reply = server.call("task_list", data).await;
        if expected == "…" {
            assert!(reply.contains("display_name"), "{data}: {reply}");
        } else {
            assert_eq!(reply, expected, "{data}");
        }
    }
}

#[tokio::test]
async fn workers_are_listed_youngest_first_with_what_they_do() {
    let mut server = Server::new();
    server.call("add_task", "{\"worker\": \"old\", \"task_id\": \"F_1\", \"family\": \"F\"}").await;
    server.call("add_task", "{\"worker\": \"old\", \"task_id\": \"F_2\", \"family\": \"F\"}").await;
    let info = "{\"worker\": \"old\", \"info\": {\"first_task\": \"F_1\", \"name\": \"fake\", \"state\": \"fake\", \"pid\": 7}}";
    server.call("add_worker", info).await;
    server.call("get_work", "{\"worker\": \"old\"}").await;
    server.at(1_010.0).call("ping", "{\"worker\": \"young\"}").await;
    let workers = server.value("worker_list", "{}").await;
    let Value::List(workers) = workers else { panic!("no list") };
    assert_eq!(workers[0].get("name"), Some(&Value::from("young")));
    let mut old = workers[1].to_string();
    let running = old.find("\"running\":").expect("what runs");
    assert!(old[running..].starts_with("\"running\":{\"F_1\":{\"display_name\":\"F()\""), "{old}");
    old.truncate(running);
    assert_eq!(
        old,
        "{\"name\":\"old\",\"last_active\":1000,\"started\":1000,\"state\":\"active\",\
         \"first_task_display_name\":\"F()\",\"num_unread_rpc_messages\":0,\"first_task\":\"F_1\",\"pid\":7,\
         \"num_running\":1,\"num_pending\":1,\"num_uniques\":1,"
    );
    let short = server.value("worker_list", "{\"include_running\": false}").await;
    let Value::List(short) = short else { panic!("no list") };
    assert_eq!(short[1].get("num_running"), None);
}

#[tokio::test]
async fn resources_are_listed_with_their_users() {
    let server = Server::with(|settings| settings.scheduler.resources = vec![("db".into(), 3.0), ("gpu".into(), 1.0)]);
    add(&server, "T", "\"resources\": {\"db\": 2, \"unset\": 1}").await;
    server.call("get_work", "{\"worker\": \"w\"}").await;
    let resources = server.value("resource_list", "{}").await;
    let Value::List(resources) = resources else { panic!("no list") };
    let db = resources[0].to_string();
    let expected = "{\"name\":\"db\",\"num_total\":3,\"num_used\":2,\"num_consumer\":1,\"running\":{\"T\":{";
    assert!(db.starts_with(expected), "{db}");
    assert_eq!(
        resources[1].to_string(),
        "{\"name\":\"gpu\",\"num_total\":1,\"num_used\":0,\"num_consumer\":0,\"running\":{}}"
    );
    assert_eq!(resources.len(), 2);
}

/// Longer than a slice of the table, and than what is made at once.
#[tokio::test]
async fn a_long_list_is_whole() {
    let server = Server::new();
    for number in 0..3_000 {
        let status = if number % 3 == 0 { "DONE" } else { "PENDING" };
        let deps = if number > 0 { format!("\"T{}\"", number - 1) } else { String::new() };
        add(&server, &format!("T{number}"), &format!("\"status\": \"{status}\", \"deps\": [{deps}]")).await;
    }
    assert_eq!(keys(&server.value("task_list", "{}").await).len(), 3_000);
    assert_eq!(keys(&server.value("task_list", "{\"status\": \"PENDING\"}").await).len(), 2_000);
    assert_eq!(keys(&server.value("task_list", "{\"status\": \"DONE\"}").await).len(), 1_000);
    let waiting = "{\"status\": \"PENDING\", \"upstream_status\": \"UPSTREAM_MISSING_INPUT\"}";
    assert_eq!(keys(&server.value("task_list", waiting).await).len(), 0);
    assert_eq!(keys(&server.value("graph", "{}").await).len(), 3_000);
    let found = server.value("task_search", "{\"task_str\": \"99\"}").await;
    assert_eq!(keys(&found), ["PENDING", "DONE"]);
}
