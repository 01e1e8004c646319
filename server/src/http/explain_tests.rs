//! Explanations of runs whose workers fell silent, could not plan, were cancelled, or whose failure others have mended since.

use bussola_domain::command::Prune;
use bussola_domain::id::Timestamp;
use serde_json::{Value, json};

use crate::http::tests::{Edge, NOW};

impl Edge {
    /// A worker that tells who it is.
    async fn joined(&self, worker: &str) {
        let info = json!({"host": "node-7", "username": "ana", "pid": 42, "workers": 1});
        self.luigi("add_worker", json!({"worker": worker, "info": info})).await;
    }

    async fn declared(&self, worker: &str, task: &str, deps: Value) {
        let family = task.split('_').next();
        let task = json!({"worker": worker, "task_id": task, "family": family, "deps": deps, "runnable": true});
        self.luigi("add_task", task).await;
    }

    /// How a task went.
    async fn went(&self, worker: &str, task: &str, status: &str) {
        let report = json!({"worker": worker, "task_id": task, "status": status, "runnable": null, "expl": "it broke"});
        self.luigi("add_task", report).await;
    }

    async fn asked(&self, worker: &str) -> Value {
        self.luigi("get_work", json!({"worker": worker, "host": "node-7"})).await["task_id"].clone()
    }

    /// Two minutes without a sign of life.
    async fn silence(&self) {
        let at = Timestamp::from_seconds(NOW.parse::<f64>().expect("a time") + 120.0);
        while self.app.execute_itself("time", at, Prune).await.expect("memory is never full") {}
    }
}

/// The texts of what can be done about the first cause.
fn next(explanation: &Value) -> Vec<&str> {
    let steps = explanation["causes"][0]["next"].as_array().expect("steps");
    steps.iter().filter_map(|step| step["text"].as_str()).collect()
}

#[tokio::test]
async fn a_lost_run_says_whose_silence_ended_it() {
    let edge = Edge::new();
    edge.joined("w1").await;
    edge.declared("w1", "Dough_1", json!([])).await;
    assert_eq!(edge.asked("w1").await, "Dough_1");
    let running = edge.get("/runs/1/explain").await;
    assert_eq!(running["causes"][0]["runner"]["who"]["pid"], 42);
    edge.silence().await;
    let explanation = edge.get("/runs/1/explain").await;
    let cause = &explanation["causes"][0];
    assert_eq!(explanation["run"]["outcome"], "lost");
    assert_eq!((&cause["lost"]["who"]["host"], &cause["lost"]["who"]["pid"]), (&json!("node-7"), &json!(42)));
    assert!(cause["lost"]["at"].is_string() && cause["error"].is_null(), "{cause}");
    let steps = next(&explanation);
    assert!(steps[1].contains("process 42") && steps[2].contains("start `Dough` again"), "{steps:?}");
}

#[tokio::test]
async fn an_error_in_planning_is_the_cause() {
    let edge = Edge::new();
    edge.joined("w1").await;
    edge.declared("w1", "Bread_1", json!(["Dough_1"])).await;
    let announcement = json!({"worker": "w1", "task_name": "Dough()", "family": "Dough", "params": {}, "owners": [],
        "expl": "Traceback (most recent call last):\n  File \"a.py\"\nKeyError: 'flour'\n"});
    edge.luigi("announce_scheduling_failure", announcement).await;
    let task = json!({"worker": "w1", "task_id": "Dough_1", "family": "Dough", "status": "UNKNOWN", "runnable": false});
    edge.luigi("add_task", task).await;
    assert_eq!(edge.asked("w1").await, Value::Null);
    let explanation = edge.get("/runs/1/explain").await;
    let cause = &explanation["causes"][0];
    assert_eq!((&cause["task"], &cause["kind"]), (&json!("Dough_1"), &json!("unplanned")));
    assert!(cause["error"]["text"].as_str().is_some_and(|text| text.contains("KeyError: 'flour'")), "{cause}");
    assert_eq!(edge.get("/runs/1").await["outcome"], "failed");
    assert!(next(&explanation)[1].contains("`requires()`"), "{explanation}");
}

#[tokio::test]
async fn what_was_mended_since_needs_no_advice() {
    let edge = Edge::new();
    edge.joined("w1").await;
    edge.declared("w1", "Bread_1", json!(["Dough_1"])).await;
    edge.declared("w1", "Dough_1", json!([])).await;
    edge.asked("w1").await;
    edge.went("w1", "Dough_1", "FAILED").await;
    edge.asked("w1").await;
    let failed = edge.get("/runs/1").await;
    assert_eq!((&failed["outcome"], &failed["retriable"]), (&json!("failed"), &json!(1)));
    assert_eq!(edge.get("/runs/1/explain").await["causes"][0]["now"], "FAILED");

    edge.joined("w2").await;
    edge.declared("w2", "Bread_1", json!(["Dough_1"])).await;
    edge.declared("w2", "Dough_1", json!([])).await;
    assert_eq!(edge.asked("w2").await, "Dough_1");
    edge.went("w2", "Dough_1", "DONE").await;
    assert_eq!(edge.get("/runs/1").await["retriable"], 0);
    edge.asked("w2").await;
    edge.went("w2", "Bread_1", "DONE").await;
    let explanation = edge.get("/runs/1/explain").await;
    assert_eq!((&explanation["later"]["id"], &explanation["later"]["outcome"]), (&json!(2), &json!("succeeded")));
    assert_eq!(next(&explanation), ["run 2 of the same root has succeeded since: nothing is left to do"]);
    assert_eq!(edge.get("/runs/2/explain").await["later"], Value::Null);
}

#[tokio::test]
async fn a_task_that_nobody_would_try_is_said_to_be_so() {
    let edge = Edge::new();
    edge.declared("w1", "Dough_1", json!([])).await;
    edge.asked("w1").await;
    edge.went("w1", "Dough_1", "FAILED").await;
    let here = edge.get("/tasks/Dough_1").await;
    assert_eq!(here["now"]["waits"][0]["worker_here"], true);
    // Another one keeps the task in the scheduler, but cannot run it.
    let stake =
        json!({"worker": "w2", "task_id": "Dough_1", "status": "FAILED", "runnable": false, "expl": "it broke"});
    edge.luigi("add_task", stake).await;
    edge.luigi("disable_worker", json!({"worker": "w1"})).await;
    edge.silence().await;
    let forgiven = edge.post("/tasks/Dough_1/forgive", json!({})).await;
    assert_eq!((&forgiven["status"], &forgiven["waits"][0]["reason"]), (&json!("PENDING"), &json!("no_worker")));
}

#[tokio::test]
async fn a_cancelled_run_says_so_and_ends_with_what_it_had_begun() {
    let edge = Edge::new();
    edge.declared("w1", "Bread_1", json!(["Dough_1"])).await;
    edge.declared("w1", "Dough_1", json!([])).await;
    edge.asked("w1").await;
    assert_eq!(edge.get("/runs/1").await["cancelling"], false);
    edge.post("/workers/w1/disable", json!({})).await;
    let run = edge.get("/runs/1").await;
    assert_eq!((&run["outcome"], &run["cancelling"]), (&json!("running"), &json!(true)));
    assert!(run["cancelled"].is_string(), "{run}");
    edge.asked("w1").await;
    assert_eq!(edge.get("/runs/1").await["outcome"], "running");
    edge.went("w1", "Dough_1", "DONE").await;
    edge.asked("w1").await;
    let run = edge.get("/runs/1").await;
    assert_eq!((&run["outcome"], &run["cancelling"]), (&json!("incomplete"), &json!(false)));
    assert!(run["cancelled"].is_string(), "{run}");
}

#[tokio::test]
async fn a_task_is_known_by_how_its_id_begins_and_a_pipeline_by_its_family() {
    let edge = Edge::company().await;
    for written in ["Extr", "Extract_1"] {
        assert_eq!(edge.get(&format!("/tasks/{written}/explain")).await["task"], "Extract_1", "{written}");
    }
    let latest = edge.get("/tasks/Report/explain").await;
    assert_eq!((&latest["task"], &latest["run"]["id"]), (&json!("Report_1"), &json!(1)));
    edge.declared("w1", "Extract_2", json!([])).await;
    let (status, error) = edge.call("GET", "/api/v1/tasks/Extra/explain", Value::Null).await;
    assert_eq!((status.as_u16(), &error["code"]), (404, &json!("B0213")));
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("Extract_1, Extract_2")), "{error}");
}
