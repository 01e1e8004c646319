//! What people read of runs.

use serde_json::json;

use super::*;
use crate::output::tests::screen;

fn summary() -> serde_json::Value {
    json!({
        "id": 12, "pipeline": "settlement.SettlementExtract", "component": "component:default/settlement",
        "owner": {"ref": "group:default/payments", "name": "Payments"}, "root": "settlement.SettlementExtract_2026_03_02_ab12",
        "who": {"worker": "Worker(salt=1)", "host": "node-7", "user": "ana", "pid": 42},
        "started": "2026-11-25T03:12:00.000000Z", "ended": "2026-11-25T03:12:42.000000Z", "outcome": "failed", "worker_here": false
    })
}

#[test]
fn runs_in_a_list() {
    let running = json!({
        "id": 13, "pipeline": "Scratch", "component": "component:default/scratch", "root": "Scratch_1",
        "who": {"worker": "Worker(salt=2)"}, "started": "2026-11-25T03:16:00.000000Z", "outcome": "running", "worker_here": true
    });
    let items: Vec<RunSummary> = serde_json::from_value(json!([running, summary()])).expect("the API's shape");
    insta::assert_snapshot!(list_text(&screen(), &items), @r#"
    ID  PIPELINE                OUTCOME  STARTED    TOOK  BY              OWNER
    13  Scratch                 running  9 s ago          Worker(salt=2)  unowned
    12  settlement.SettlementE  failed   4 min ago  42 s  ana@node-7      Payments
        xtract
    "#);
    insta::assert_snapshot!(list_text(&screen(), &[]), @"no runs: a Luigi worker that finds this server shows up here by itself");
}

#[test]
fn a_run_with_its_tasks() {
    let mut detail = summary();
    detail["parameters"] = json!([{"name": "date", "value": "2026-03-02"}]);
    detail["tasks"] = json!({"pending": 1, "running": 0, "done": 2, "failed": 1, "disabled": 0, "unknown": 0});
    detail["attempts"] = json!(3);
    detail["failures"] = json!(1);
    let detail: RunDetail = serde_json::from_value(detail).expect("the API's shape");
    let tasks: RunTaskPage = serde_json::from_value(json!({
        "run": 12, "root": "settlement.SettlementExtract_2026_03_02_ab12", "total": 4,
        "statuses": {"pending": 1, "running": 0, "done": 2, "failed": 1, "disabled": 0, "unknown": 0},
        "families": [{"family": "settlement.Acquirer", "count": 3}], "families_total": 2,
        "items": [
            {"id": "settlement.Acquirer_atlantico", "family": "settlement.Acquirer", "status": "FAILED",
             "since": "2026-11-25T03:12:09.000000Z", "runnable": true, "parameters": [], "deps": [],
             "attempts": [{"run": 12, "worker": "w", "started": "2026-11-25T03:12:08.000000Z",
                "ended": "2026-11-25T03:12:09.500000Z", "outcome": "failed",
                "error": {"text": "Traceback (most recent call last):\n  x\nValueError: no comma\n", "bytes": 50, "sha256": "00"}}]},
            {"id": "settlement.SettlementExtract_2026_03_02_ab12", "family": "settlement.SettlementExtract", "status": "PENDING",
             "since": "2026-11-25T03:12:00.000000Z", "runnable": true, "parameters": [], "deps": ["settlement.Acquirer_atlantico"],
             "attempts": []}
        ]
    }))
    .expect("the API's shape");
    insta::assert_snapshot!(show_text(&screen(), &detail, &tasks), @r#"
    run 12 of settlement.SettlementExtract
      outcome    failed
      component  settlement (Payments)
      root       settlement.SettlementExtract_2026_03_02_ab12
      parameter  date = "2026-03-02"
      by         ana@node-7, process 42
      started    4 min ago, 2026-11-25 03:12:00 UTC
      ended      3 min ago, 2026-11-25 03:12:42 UTC, after 42 s
      tasks      2 done, 1 pending, 1 failed
      tries      3, 1 failed

    TASK                               STATUS   TRIES  TOOK   ERROR
    settlement.Acquirer_atlantico      FAILED   1      1.5 s  ValueError: no comma
    settlement.SettlementExtract_2026  PENDING  0
    _03_02_ab12
    and 2 tasks more

    why: bussola explain 12
    "#);
}
