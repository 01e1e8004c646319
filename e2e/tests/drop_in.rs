//! An unmodified Luigi against our server: its pipelines appear in the catalog by themselves, a failure is explained by
//! what is upstream of it and says whose that is, and the ledger of it all verifies.

use std::process::Command;

use bussola_e2e::places::{Scratch, binary, checkout, python_command};
use bussola_e2e::server::{Plan, Running, succeeded};
use serde_json::Value;

const DATE: &str = "2026-03-02";

/// Runs one of the example pipelines with Luigi's own command line; answers its exit status.
fn luigi(server: &Running, place: &Scratch, module: &str, task: &str) -> Option<i32> {
    let luigi = python_command("luigi")?;
    let pipelines = checkout().join("examples/pipelines");
    let output = Command::new(luigi)
        .args(["--module", module, task, "--date", DATE, "--scheduler-port", &server.address.port().to_string()])
        .env("PYTHONPATH", &pipelines)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("LUIGI_CONFIG_PATH", pipelines.join("luigi.cfg"))
        .env("PORTO_OUTPUT", place.join("output"))
        .output()
        .expect("luigi can be run");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("Luigi Execution Summary"), "luigi did not come to its end:\n{said}");
    output.status.code()
}

fn json(what: &str, server: &Running, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--output", "json"]].concat();
    let text = succeeded(what, &server.cli(&arguments));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: not JSON ({error}):\n{text}"))
}

/// The task id that Luigi's own client computed, as the server knows it.
fn task_of(server: &Running, family: &str) -> String {
    let reply = bussola_e2e::http::Connection::open(server.address)
        .and_then(|mut c| c.get("/api/task_list"))
        .expect("task_list is answered");
    let listed: Value = serde_json::from_slice(&reply.body).expect("task_list is JSON");
    listed["response"]
        .as_object()
        .into_iter()
        .flatten()
        .find(|(_, task)| task["name"] == family)
        .unwrap_or_else(|| panic!("no task of family {family} in {listed}"))
        .0
        .clone()
}

#[test]
fn a_luigi_pipeline_registers_itself_and_its_failure_is_explained() {
    let (Some(binary), Some(_)) = (binary(), python_command("luigi")) else { return };
    let place = Scratch::new("drop-in");
    let data = place.join("data");
    let mut server = Plan::durable(&binary, &data).start();
    let examples = checkout().join("examples");
    succeeded("catalog apply", &server.cli(&["catalog", "apply", &examples.display().to_string()]));

    assert_eq!(luigi(&server, &place, "berth_plan", "berths.BerthPlan"), Some(0));
    assert_eq!(luigi(&server, &place, "settlement", "settlement.SettlementExtract"), Some(30));
    assert_eq!(luigi(&server, &place, "daily_report", "report.DailyReport"), Some(30));

    let runs = json("runs", &server, &["runs"]).to_string();
    for pipeline in ["berth-plan", "settlement", "daily-report"] {
        assert!(runs.contains(pipeline), "no run of {pipeline} in {runs}");
    }

    let report = task_of(&server, "report.DailyReport");
    let why = json("explain", &server, &["explain", &report]).to_string();
    assert!(why.contains("settlement.ReadAcquirerFile"), "the cause is not named: {why}");
    assert!(why.contains("atlantico.csv line 4"), "its error is not told: {why}");
    assert!(why.contains("group:default/payments"), "its owner is not named: {why}");
    let told = succeeded("explain", &server.cli(&["explain", &report]));
    assert!(told.contains("ReadAcquirerFile") && told.contains("Payments"), "not for people: {told}");

    let owner = json("owner", &server, &["owner", "component:default/daily-report"]).to_string();
    assert!(owner.contains("group:default/finance"), "{owner}");
    // The report needs the extract: the edge was seen in a run, no manifest declares it.
    let blast = json("blast", &server, &["blast", "component:default/settlement"]).to_string();
    assert!(blast.contains("component:default/daily-report"), "{blast}");
    let catalog = succeeded("catalog list", &server.cli(&["catalog", "list"]));
    assert!(catalog.contains("daily-report"), "{catalog}");

    succeeded("ledger verify", &server.cli(&["ledger", "verify"]));
    server.stop();
    let data = data.display().to_string();
    succeeded("ledger verify --data", &server.cli(&["ledger", "verify", "--data", &data]));
}

#[test]
fn a_pipeline_that_no_manifest_knows_is_discovered_and_unowned() {
    let (Some(binary), Some(_)) = (binary(), python_command("luigi")) else { return };
    let place = Scratch::new("discovered");
    let server = Plan::durable(&binary, &place.join("data")).start();
    assert_eq!(luigi(&server, &place, "berth_plan", "berths.BerthPlan"), Some(0));
    let catalog = json("catalog list", &server, &["catalog", "list"]).to_string();
    assert!(catalog.contains("berths"), "the pipeline did not register itself: {catalog}");
    let runs = json("runs", &server, &["runs"]).to_string();
    assert!(runs.contains("berths.BerthPlan"), "{runs}");
}

#[test]
fn an_empty_server_answers_at_once() {
    let Some(binary) = binary() else { return };
    let place = Scratch::new("start");
    // The best of a few: this is about our work, not about a neighbour's.
    let best = (0..5)
        .map(|n| {
            let begin = std::time::Instant::now();
            let mut server = Plan::durable(&binary, &place.join(&format!("data{n}"))).start();
            let passed = begin.elapsed();
            server.stop();
            passed
        })
        .min()
        .unwrap_or_default();
    assert!(best.as_millis() < 200, "an empty data directory took {best:?}"); // 50 ms in a release build
}
