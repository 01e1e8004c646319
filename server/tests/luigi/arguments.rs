//! Arguments: required ones, unexpected ones, wrong ones; defaults.

use bussola_server::luigi::Method;

use crate::support::Server;

/// Every method with arguments that it accepts. The first `required` of them it cannot do without. `open`: it ignores what
/// it does not know, as Luigi's methods with `**kwargs` do.
struct Signature {
    method: &'static str,
    required: usize,
    open: bool,
    arguments: &'static [(&'static str, &'static str)],
}

const fn signature(
    method: &'static str,
    required: usize,
    open: bool,
    arguments: &'static [(&'static str, &'static str)],
) -> Signature {
    Signature { method, required, open, arguments }
}

const SIGNATURES: [Signature; 39] = [
    signature(
        "add_task",
        2,
        true,
        &[
            ("worker", "\"w\""),
            ("task_id", "\"T\""),
            ("status", "\"PENDING\""),
            ("runnable", "true"),
            ("deps", "[\"D\"]"),
            ("new_deps", "null"),
            ("expl", "null"),
            ("resources", "{\"r\": 1}"),
            ("priority", "5"),
            ("family", "\"F\""),
            ("module", "\"m\""),
            ("params", "{\"p\": \"1\"}"),
            ("param_visibilities", "{\"p\": 0}"),
            ("accepts_messages", "false"),
            ("assistant", "false"),
            ("tracking_url", "null"),
            ("batchable", "false"),
            ("batch_id", "null"),
            ("retry_policy_dict", "{\"retry_count\": 3, \"disable_window\": null}"),
            ("owners", "[\"o\"]"),
        ],
    ),
    signature(
        "get_work",
        1,
        true,
        &[("worker", "\"w\""), ("host", "\"h\""), ("assistant", "false"), ("current_tasks", "[\"T\"]")],
    ),
    signature("ping", 1, true, &[("worker", "\"w\"")]),
    signature("count_pending", 1, false, &[("worker", "\"w\"")]),
    signature("add_worker", 2, true, &[("worker", "\"w\""), ("info", "[[\"workers\", 2]]")]),
    signature(
        "add_task_batcher",
        3,
        false,
        &[("worker", "\"w\""), ("task_family", "\"F\""), ("batched_args", "[\"p\"]"), ("max_batch_size", "Infinity")],
    ),
    signature(
        "announce_scheduling_failure",
        5,
        true,
        &[
            ("task_name", "\"T\""),
            ("family", "\"F\""),
            ("params", "{}"),
            ("expl", "\"no\""),
            ("owners", "[]"),
            ("worker", "\"w\""),
        ],
    ),
    signature(
        "add_scheduler_message_response",
        3,
        false,
        &[("task_id", "\"T\""), ("message_id", "\"m\""), ("response", "\"r\"")],
    ),
    signature("set_task_status_message", 2, false, &[("task_id", "\"T\""), ("status_message", "\"m\"")]),
    signature("set_task_progress_percentage", 2, false, &[("task_id", "\"T\""), ("progress_percentage", "5")]),
    signature(
        "decrease_running_task_resources",
        2,
        false,
        &[("task_id", "\"T\""), ("decrease_resources", "{\"r\": 1}")],
    ),
    signature("report_task_statistics", 2, false, &[("task_id", "\"T\""), ("statistics", "{}")]),
    signature("get_task_status_message", 1, false, &[("task_id", "\"T\"")]),
    signature("get_task_progress_percentage", 1, false, &[("task_id", "\"T\"")]),
    signature("get_running_task_resources", 1, false, &[("task_id", "\"T\"")]),
    signature(
        "task_list",
        0,
        true,
        &[
            ("status", "\"PENDING\""),
            ("upstream_status", "\"UPSTREAM_FAILED\""),
            ("limit", "true"),
            ("search", "\"F\""),
            ("max_shown_tasks", "5"),
        ],
    ),
    signature("dep_graph", 1, true, &[("task_id", "\"T\""), ("include_done", "true")]),
    signature("inverse_dep_graph", 1, true, &[("task_id", "\"T\""), ("include_done", "true")]),
    signature("graph", 0, true, &[]),
    signature("worker_list", 0, true, &[("include_running", "true")]),
    signature("resource_list", 0, false, &[]),
    signature("task_search", 1, true, &[("task_str", "\"T\"")]),
    signature("fetch_error", 1, true, &[("task_id", "\"T\"")]),
    signature("forgive_failures", 0, false, &[("task_id", "\"T\"")]),
    signature("mark_as_done", 0, false, &[("task_id", "\"T\"")]),
    signature("re_enable_task", 1, false, &[("task_id", "\"T\"")]),
    signature("disable_worker", 1, false, &[("worker", "\"x\"")]),
    signature("set_worker_processes", 2, false, &[("worker", "\"w\""), ("n", "3")]),
    signature("pause", 0, false, &[]),
    signature("unpause", 0, false, &[]),
    signature("send_scheduler_message", 3, false, &[("worker", "\"w\""), ("task", "\"T\""), ("content", "\"c\"")]),
    signature("get_scheduler_message_response", 2, false, &[("task_id", "\"T\""), ("message_id", "\"m\"")]),
    signature("is_paused", 0, false, &[]),
    signature("is_pause_enabled", 0, false, &[]),
    signature("has_task_history", 0, false, &[]),
    signature("update_resource", 2, false, &[("resource", "\"r\""), ("amount", "1")]),
    signature("update_resources", 0, true, &[("r", "1")]),
    signature("prune", 0, false, &[]),
    signature("update_metrics_task_started", 1, false, &[("task", "\"T\"")]),
];

fn object<'a>(arguments: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let members: Vec<String> = arguments.into_iter().map(|(name, json)| format!("\"{name}\": {json}")).collect();
    format!("{{{}}}", members.join(", "))
}

#[test]
fn every_method_has_a_row() {
    for method in Method::ALL {
        assert!(SIGNATURES.iter().any(|row| row.method == method.as_str()), "{}", method.as_str());
    }
}

#[tokio::test]
async fn a_complete_call_is_answered_and_one_without_a_required_argument_is_not() {
    let server = Server::new();
    for row in &SIGNATURES {
        server.call(row.method, &object(row.arguments.iter().copied())).await;
        server.call(row.method, &object(row.arguments[..row.required].iter().copied())).await;
        for missing in 0..row.required {
            let name = row.arguments[missing].0;
            let rest = row.arguments.iter().copied().filter(|(other, _)| *other != name);
            let reason = server.refused(row.method, &object(rest)).await;
            assert_eq!(reason, format!("{}: argument `{name}` is missing", row.method));
        }
    }
}

#[tokio::test]
async fn an_unexpected_argument_is_ignored_only_where_luigi_ignores_it() {
    let server = Server::new();
    for row in &SIGNATURES {
        let data = object(row.arguments.iter().copied().chain([("surprise", "1")]));
        if row.open {
            server.call(row.method, &data).await;
        } else {
            assert_eq!(
                server.refused(row.method, &data).await,
                format!("{}: unexpected argument `surprise`", row.method)
            );
        }
    }
}

/// Whatever stands where, the server answers, says why not, and goes on.
#[tokio::test]
async fn every_argument_survives_every_type() {
    let server = Server::new();
    let values = [
        "null",
        "true",
        "0",
        "-1",
        "1e400",
        "NaN",
        "-Infinity",
        "\"\"",
        "\"x\"",
        "[]",
        "[1]",
        "[[]]",
        "[\"a\", 1]",
        "[[\"a\"]]",
        "[[1, 2]]",
        "{}",
        "{\"a\": null}",
        "{\"a\": \"b\"}",
        "{\"retry_count\": []}",
        "[null]",
    ];
    for row in &SIGNATURES {
        for (name, _) in row.arguments {
            for value in values {
                let swapped =
                    row.arguments.iter().map(|&(other, json)| (other, if other == *name { value } else { json }));
                let reply = server.post(row.method, &object(swapped)).await;
                assert!(matches!(reply.status.as_u16(), 200 | 500), "{} {name}={value}: {}", row.method, reply.status);
                let text = reply.text();
                assert!(reply.status == 200 || text.contains(&format!("<p>{}: ", row.method)), "{text}");
            }
        }
    }
    server.call("unpause", "{}").await;
    server.call("add_task", "{\"worker\": \"still\", \"task_id\": \"alive\"}").await;
    server.call("graph", "{}").await;
    server.call("worker_list", "{}").await;
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let server = Server::new();
    for (method, data, reason) in [
        ("ping", "", "ping: `data` is not JSON: the end of the text at byte 0"),
        ("ping", "{", "ping: `data` is not JSON: a member without a quoted name at byte 1"),
        ("ping", "[]", "ping: `data` is a list, not an object of arguments"),
        ("ping", "{\"worker\": [5]}", "ping: argument `worker` must be a text, not a list"),
        ("get_work", "{\"worker\": null}", "get_work: argument `worker` must be a text, not null"),
        (
            "add_task",
            "{\"worker\": \"w\", \"task_id\": \"t\", \"status\": 5}",
            "add_task: argument `status` must be a text, not a number",
        ),
        (
            "add_task",
            "{\"worker\": \"w\", \"task_id\": \"t\", \"deps\": \"abc\"}",
            "add_task: argument `deps` must be a list of texts, not a text",
        ),
        (
            "add_task",
            "{\"worker\": \"w\", \"task_id\": \"t\", \"retry_policy_dict\": {\"retries\": 1}}",
            "add_task: argument `retry_policy_dict` has an unexpected member `retries`",
        ),
        (
            "add_worker",
            "{\"worker\": \"w\", \"info\": [[\"a\"]]}",
            "add_worker: argument `info` must be an object or a list of pairs of a text and a value",
        ),
    ] {
        assert_eq!(server.refused(method, data).await, reason);
    }
    assert_eq!(server.value("task_list", "{}").await.to_string(), "{}");
}

/// luigid keeps whatever it gets, so clients that send such things must not meet an error, which they would retry.
#[tokio::test]
async fn odd_values_that_luigid_keeps_are_taken() {
    let server = Server::new();
    for (task, odd) in [
        ("\"a\"", "\"status\": \"SLEEPING\""),
        ("\"b\"", "\"owners\": \"ada@example.com\""),
        ("\"c\"", "\"tracking_url\": 5"),
        ("7", "\"family\": 8, \"deps\": [9]"),
    ] {
        server.call("add_task", &format!("{{\"worker\": 1, \"task_id\": {task}, {odd}}}")).await;
    }
    let list = server.value("task_list", "{}").await;
    let shown = |id: &str, name: &str| list.get(id).and_then(|task| task.get(name)).map(ToString::to_string);
    assert_eq!(shown("a", "status").as_deref(), Some("\"UNKNOWN\""));
    assert_eq!(shown("b", "status").as_deref(), Some("\"PENDING\""));
    assert_eq!(shown("c", "tracking_url").as_deref(), Some("\"5\""));
    assert_eq!(shown("7", "name").as_deref(), Some("\"8\""));
    assert_eq!(shown("9", "status").as_deref(), Some("\"UNKNOWN\""));
}

#[tokio::test]
async fn the_amount_of_a_resource_is_a_whole_number() {
    let server = Server::new();
    for (amount, answer) in [
        ("3", "true"),
        ("0", "true"),
        ("-1", "false"),
        ("1.5", "false"),
        ("\"3\"", "false"),
        ("null", "false"),
        ("true", "true"),
        ("9223372036854775808", "true"),
    ] {
        let data = format!("{{\"resource\": \"r\", \"amount\": {amount}}}");
        assert_eq!(server.call("update_resource", &data).await, answer, "{amount}");
    }
}
