//! What replies look like, to the letter.

use bussola_domain::value::Value;

use crate::support::{Server, keys};

const ADD: &str = "{\"worker\": \"w\", \"task_id\": \"F_1\", \"family\": \"F\", \"module\": \"m\", \
     \"params\": {\"b\": \"2\", \"a\": \"1\", \"secret\": \"s\"}, \"param_visibilities\": {\"secret\": 2, \"a\": 0}, \
     \"resources\": {\"db\": 1}, \"priority\": 3, \"deps\": [], \"tracking_url\": \"http://t\"}";

#[tokio::test]
async fn work_is_handed_out_in_luigis_shape() {
    let server = Server::new();
    assert_eq!(server.call("add_task", ADD).await, "null");
    assert_eq!(server.call("add_worker", "{\"worker\": \"w\", \"info\": {\"workers\": 2}}").await, "null");
    assert_eq!(
        server.call("get_work", "{\"worker\": \"w\", \"host\": \"h\"}").await,
        "{\"n_pending_tasks\":1,\"n_unique_pending\":1,\"n_pending_last_scheduled\":1,\"worker_state\":\"active\",\
         \"running_tasks\":[],\"task_id\":\"F_1\",\"task_family\":\"F\",\"task_module\":\"m\",\
         \"task_params\":{\"b\":\"2\",\"a\":\"1\",\"secret\":\"s\"}}"
    );
    assert_eq!(
        server.call("get_work", "{\"worker\": \"w\"}").await,
        "{\"n_pending_tasks\":0,\"n_unique_pending\":0,\"n_pending_last_scheduled\":0,\"worker_state\":\"active\",\
         \"running_tasks\":[{\"task_id\":\"F_1\",\"worker\":\"w\",\"workers\":2}],\"task_id\":null}"
    );
    let counts = server.value("count_pending", "{\"worker\": \"w\"}").await;
    let expected = ["n_pending_tasks", "n_unique_pending", "n_pending_last_scheduled", "worker_state", "running_tasks"];
    assert_eq!(keys(&counts), expected);
}

#[tokio::test]
async fn a_disabled_worker_gets_a_shorter_reply() {
    let server = Server::new();
    server.call("add_task", ADD).await;
    server.call("disable_worker", "{\"worker\": \"w\"}").await;
    assert_eq!(
        server.call("get_work", "{\"worker\": \"w\"}").await,
        "{\"n_pending_tasks\":0,\"n_unique_pending\":0,\"worker_state\":\"disabled\",\"running_tasks\":[],\"task_id\":null}"
    );
    let counts = server.value("count_pending", "{\"worker\": \"w\"}").await;
    assert_eq!(counts.get("worker_state"), Some(&Value::from("disabled")));
    assert!(counts.get("n_pending_last_scheduled").is_some());
}

#[tokio::test]
async fn a_batch_has_no_task_id() {
    let server = Server::new();
    let batcher =
        "{\"worker\": \"w\", \"task_family\": \"B\", \"batched_args\": [\"d\"], \"max_batch_size\": Infinity}";
    server.call("add_task_batcher", batcher).await;
    for d in [1, 2] {
        let add = format!(
            "{{\"worker\": \"w\", \"task_id\": \"B_{d}\", \"family\": \"B\", \"params\": {{\"d\": \"{d}\", \"e\": \"x\"}}, \
             \"batchable\": true}}"
        );
        server.call("add_task", &add).await;
    }
    let work = server.value("get_work", "{\"worker\": \"w\"}").await;
    assert_eq!(work.get("task_id"), Some(&Value::Null));
    assert_eq!(work.get("batch_task_ids").map(Value::to_string).as_deref(), Some("[\"B_1\",\"B_2\"]"));
    assert_eq!(work.get("task_params").map(Value::to_string).as_deref(), Some("{\"d\":[\"1\",\"2\"],\"e\":\"x\"}"));
    assert_eq!(work.get("batch_id").and_then(Value::as_str).map(str::len), Some(32));
}

#[tokio::test]
async fn a_listed_task_shows_public_parameters_only() {
    let server = Server::new();
    server.call("add_task", ADD).await;
    let listed = server.call("task_list", "{}").await;
    assert_eq!(
        listed,
        "{\"F_1\":{\"display_name\":\"F(a=1, b=2)\",\"status\":\"PENDING\",\"workers\":[\"w\"],\"worker_running\":null,\
         \"time_running\":null,\"start_time\":1000,\"last_updated\":1000,\"params\":{\"b\":\"2\",\"a\":\"1\"},\
         \"name\":\"F\",\"priority\":3,\"resources\":{\"db\":1},\"resources_running\":null,\
         \"tracking_url\":\"http://t\",\"status_message\":null,\"progress_percentage\":null}}"
    );
    server.call("get_work", "{\"worker\": \"w\"}").await;
    let listed = server.value("task_list", "{\"status\": \"RUNNING\"}").await;
    let task = listed.get("F_1").expect("the task");
    assert_eq!(task.get("resources_running").map(Value::to_string).as_deref(), Some("{\"db\":1}"));
    assert_eq!(task.get("accepts_messages"), Some(&Value::Bool(false)));
    assert_eq!(task.get("worker_running"), Some(&Value::from("w")));
}

#[tokio::test]
async fn an_error_is_given_back_as_it_was_sent() {
    let server = Server::new();
    for (sent, back) in [
        ("\"a </b> \\u00e9\"", "\"a <\\/b> é\""),
        ("null", "null"),
        ("[1, {\"a\": NaN}]", "[1,{\"a\":NaN}]"),
        ("5", "5"),
    ] {
        let task = format!("T_{}", sent.len());
        let add = format!(
            "{{\"worker\": \"w\", \"task_id\": \"{task}\", \"family\": \"T\", \"params\": {{\"p\": \"1\"}}, \
             \"param_visibilities\": {{\"p\": 2}}, \"status\": \"FAILED\", \"expl\": {sent}}}"
        );
        server.call("add_task", &add).await;
        assert_eq!(
            server.call("fetch_error", &format!("{{\"task_id\": \"{task}\"}}")).await,
            format!(
                "{{\"taskId\":\"{task}\",\"error\":{back},\"displayName\":\"T()\",\"taskParams\":{{\"p\":\"1\"}},\
                 \"taskModule\":null,\"taskFamily\":\"T\"}}"
            )
        );
    }
    assert_eq!(server.call("fetch_error", "{\"task_id\": \"?\"}").await, "{\"taskId\":\"?\",\"error\":\"\"}");
}

#[tokio::test]
async fn small_questions_have_small_answers() {
    let server = Server::new();
    for (method, data, answer) in [
        ("get_task_status_message", "{\"task_id\": \"?\"}", "{\"taskId\":\"?\",\"statusMessage\":\"\"}"),
        ("get_task_progress_percentage", "{\"task_id\": \"?\"}", "{\"taskId\":\"?\",\"progressPercentage\":null}"),
        ("get_running_task_resources", "{\"task_id\": \"?\"}", "{\"taskId\":\"?\",\"resources\":null}"),
        ("forgive_failures", "{}", "{\"task_id\":null,\"status\":null}"),
        ("mark_as_done", "{\"task_id\": \"?\"}", "{\"task_id\":\"?\",\"status\":null}"),
        ("re_enable_task", "{\"task_id\": \"?\"}", "{}"),
        ("is_paused", "{}", "{\"paused\":false}"),
        ("is_pause_enabled", "{}", "{\"enabled\":true}"),
        ("has_task_history", "{}", "false"),
        ("get_scheduler_message_response", "{\"task_id\": \"?\", \"message_id\": \"m\"}", "{\"response\":null}"),
        ("resource_list", "{}", "[]"),
        ("worker_list", "{}", "[]"),
        ("graph", "{}", "{}"),
        ("dep_graph", "{\"task_id\": \"?\"}", "{}"),
        ("task_search", "{\"task_str\": \"\"}", "{}"),
        ("prune", "{}", "null"),
    ] {
        assert_eq!(server.call(method, data).await, answer, "{method}");
    }
}

#[tokio::test]
async fn messages_reach_a_worker_once_and_answers_their_asker_once() {
    let server = Server::new();
    server.call("add_task", ADD).await;
    server.call("set_worker_processes", "{\"worker\": \"w\", \"n\": 3}").await;
    let sent = "{\"worker\": \"w\", \"task\": \"F_1\", \"content\": \"</hi>\"}";
    let sent = server.value("send_scheduler_message", sent).await;
    let id = sent.get("message_id").and_then(Value::as_str).expect("an id").to_string();
    assert!(id.len() == 36 && id.as_bytes()[14] == b'4', "{id}");
    assert_eq!(
        server.call("ping", "{\"worker\": \"w\"}").await,
        format!(
            "{{\"rpc_messages\":[{{\"name\":\"set_worker_processes\",\"kwargs\":{{\"n\":3}}}},\
             {{\"name\":\"dispatch_scheduler_message\",\"kwargs\":{{\"task_id\":\"F_1\",\"message_id\":\"{id}\",\
             \"content\":\"<\\/hi>\"}}}}]}}"
        )
    );
    assert_eq!(server.call("ping", "{\"worker\": \"w\"}").await, "{\"rpc_messages\":[]}");
    let answer = format!("{{\"task_id\": \"F_1\", \"message_id\": \"{id}\", \"response\": {{\"a\": 1.0}}}}");
    server.call("add_scheduler_message_response", &answer).await;
    let ask = format!("{{\"task_id\": \"F_1\", \"message_id\": \"{id}\"}}");
    assert_eq!(server.call("get_scheduler_message_response", &ask).await, "{\"response\":{\"a\":1.0}}");
    assert_eq!(server.call("get_scheduler_message_response", &ask).await, "{\"response\":null}");
    let silent = Server::with(|settings| settings.scheduler.send_messages = false);
    let sent = silent.call("send_scheduler_message", "{\"worker\": \"w\", \"task\": \"t\", \"content\": \"c\"}").await;
    assert_eq!(sent, "{\"message_id\":null}");
}

#[tokio::test]
async fn a_task_that_the_scheduler_disabled_can_be_enabled() {
    let server = Server::with(|settings| settings.scheduler.retry_policy.retry_count.0 = 1.0);
    let failed = "{\"worker\": \"w\", \"task_id\": \"F_1\", \"family\": \"F\", \"status\": \"FAILED\", \"deps\": [\"b\", \"a\"]}";
    server.call("add_task", failed).await;
    let listed = server.value("task_list", "{\"status\": \"DISABLED\"}").await;
    assert_eq!(listed.get("F_1").and_then(|task| task.get("re_enable_able")), Some(&Value::Bool(true)));
    let enabled = server.value("re_enable_task", "{\"task_id\": \"F_1\"}").await;
    assert_eq!(enabled.get("status"), Some(&Value::from("FAILED")));
    assert_eq!(enabled.get("deps").map(Value::to_string).as_deref(), Some("[\"a\",\"b\"]"));
}

#[tokio::test]
async fn infinity_goes_in_and_out() {
    let server = Server::new();
    server.call("add_task", "{\"worker\": \"w\", \"task_id\": \"T\", \"family\": \"T\", \"priority\": Infinity}").await;
    let listed = server.value("task_list", "{}").await;
    assert_eq!(listed.get("T").and_then(|task| task.get("priority")), Some(&Value::Float(f64::INFINITY)));
}
