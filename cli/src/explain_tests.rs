//! What people read of an explanation.

use serde_json::json;

use super::*;
use crate::output::tests::screen;

fn view() -> ExplanationView {
    serde_json::from_value(json!({
        "task": "report.DailyReport_2026_03_02_ab12", "status": "PENDING",
        "run": {"id": 3, "pipeline": "report.DailyReport", "component": "component:default/daily-report",
            "root": "report.DailyReport_2026_03_02_ab12", "who": {"user": "ana", "host": "node-7"},
            "started": "2026-11-25T03:11:00.000000Z", "outcome": "failed", "worker_here": false},
        "causes_total": 1,
        "causes": [{
            "task": "settlement.Acquirer_atlantico_cd34", "family": "settlement.Acquirer", "kind": "failed",
            "since": "2026-11-25T03:12:09.000000Z",
            "path": ["report.DailyReport_2026_03_02_ab12", "settlement.Acquirer_atlantico_cd34"],
            "path_total": 2, "attempts": 2, "worker": "Worker(host=node-7)",
            "error": {"text": "Runtime error:\nTraceback (most recent call last):\n  File \"a.py\", line 4\nValueError: atlantico.csv:4: `120,50` is not an amount\n", "bytes": 120, "sha256": "00"},
            "component": "component:default/settlement",
            "ownership": {"ref": "component:default/settlement",
                "owner": {"ref": "group:default/payments", "name": "Payments"}, "chain": []},
            "waits": [{"reason": "failed", "retry_at": "2026-11-25T03:27:09.000000Z", "worker_here": true}],
            "tasks_affected": ["report.DailyReport_2026_03_02_ab12"], "tasks_affected_total": 1,
            "suspects": [
                {"ref": "component:default/card-gateway", "distance": 1, "via": "dependencyOf", "from": "component:default/settlement",
                 "exists": true, "owner": {"ref": "group:default/payments", "name": "Payments"}, "changed_at": "2026-11-25T01:16:09.000000Z"}],
            "components_affected": [
                {"ref": "component:default/daily-report", "distance": 1, "via": "dependsOn", "from": "component:default/settlement",
                 "exists": true, "owner": {"ref": "group:default/finance", "name": "Finance"}}],
            "components_affected_total": 1,
            "next": [{"text": "ask Payments: component:default/settlement is theirs"},
                {"text": "once the reason is mended, have it tried again at once",
                 "command": "bussola task forgive settlement.Acquirer_atlantico_cd34"}]
        }]
    }))
    .expect("the API's shape")
}

#[test]
fn an_explanation() {
    insta::assert_snapshot!(text(&screen(), &view(), false), @r#"
    report.DailyReport_2026_03_02_ab12 is PENDING, in run 3 of report.DailyReport (failed)

    first cause
      what       settlement.Acquirer_atlantico_cd34 failed
      since      4 min ago, 2026-11-25 03:12:09 UTC
      whose      Payments (component:default/settlement)
      path       report.DailyReport_2026_03_02_ab12
                 needs settlement.Acquirer_atlantico_cd34
      tried      2 times, last by Worker(host=node-7)
      error      ValueError: atlantico.csv:4: `120,50` is not an amount
      waits      may be tried again in 11 min, 2026-11-25 03:27:09 UTC, if a worker is here then
      suspect    card-gateway (Payments): changed 2 h ago, 2026-11-25 01:16:09 UTC
      holds up   1 task: report.DailyReport_2026_03_02_ab12
      affects    1 entity: daily-report (Finance)
      next       ask Payments: component:default/settlement is theirs
      next       once the reason is mended, have it tried again at once: bussola task forgive settlement.Acquirer_atlantico_cd34
    "#);
}

#[test]
fn an_error_in_full() {
    let text = text(&screen(), &view(), true);
    assert!(text.contains("  File \"a.py\", line 4\n"), "{text}");
}

#[test]
fn what_is_done_needs_no_explanation() {
    let done = ExplanationView { causes: Vec::new(), causes_total: 0, run: None, status: "DONE".into(), ..view() };
    insta::assert_snapshot!(text(&screen(), &done, false), @r#"
    report.DailyReport_2026_03_02_ab12 is DONE
    nothing stands in its way
    "#);
}

#[test]
fn a_silent_worker_and_a_lost_one_are_named() {
    let mut view = view();
    let who = json!({"user": "ana", "host": "node-7", "pid": 42});
    let cause = &mut view.causes[0];
    cause.error = None;
    cause.lost =
        serde_json::from_value(json!({"who": who, "at": "2026-11-25T03:14:09.000000Z"})).expect("the API's shape");
    let heard = json!({"silent_ms": 40_000, "ping_ms": 1_000, "given_up_after_ms": 60_000});
    cause.runner = serde_json::from_value(json!({"who": who, "heard": heard})).expect("the API's shape");
    let text = text(&screen(), &view, false);
    for line in [
        "  lost       ana@node-7, process 42 fell silent, and was given up 2 min ago, 2026-11-25 03:14:09 UTC\n",
        "  silent     ana@node-7, process 42 was last heard of 40 s ago; the server gives it up after 60 s of silence, within a minute more\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn many_causes_are_counted() {
    let mut many = view();
    many.causes = vec![many.causes[0].clone(); 7];
    many.causes_total = 40;
    let text = text(&screen(), &many, false);
    assert!(text.contains("first cause 5 of 40") && !text.contains("first cause 6"), "{text}");
    assert!(text.ends_with("and 35 causes more: --full shows more\n"), "{text}");
}

#[test]
fn every_reason_to_wait_is_said() {
    let at = "2026-11-25T03:31:09Z";
    let check = |value: serde_json::Value, expected: Option<&str>| {
        let wait: WaitReason = serde_json::from_value(value).expect("the API's shape");
        assert_eq!(waits_for(&screen(), &wait).as_deref(), expected);
    };
    check(json!({"reason": "undeclared"}), Some("nobody has declared it"));
    check(json!({"reason": "running", "worker": "w"}), Some("it runs by w"));
    check(json!({"reason": "done"}), None);
    check(json!({"reason": "unplanned"}), Some("its worker could not say what it needs"));
    let expected = "may be tried again in 15 min, 2026-11-25 03:31:09 UTC, if a worker is here then";
    check(json!({"reason": "failed", "retry_at": at, "worker_here": true}), Some(expected));
    check(json!({"reason": "failed", "worker_here": true}), Some("is not tried again by itself"));
    let expected = "failed, and no worker that could try it again is here";
    check(json!({"reason": "failed", "retry_at": at, "worker_here": false}), Some(expected));
    check(
        json!({"reason": "disabled", "by_scheduler": true, "since": "2026-11-25T03:16:00Z"}),
        Some("disabled after too many failures, 9 s ago, 2026-11-25 03:16:00 UTC"),
    );
    check(
        json!({"reason": "dependencies", "open": [{"id": "A_1", "status": "FAILED"}], "count": 2}),
        Some("for 2 dependencies: A_1 (FAILED)"),
    );
    check(json!({"reason": "no_worker"}), Some("no worker that is here can run it"));
    check(json!({"reason": "not_runnable"}), Some("no worker is to run it: it comes from outside"));
    check(
        json!({"reason": "resource", "name": "gpu", "wants": 2.0, "used": 1.0, "total": 2.0, "holders": ["B_1"]}),
        Some("for resource gpu: wants 2.0, 1.0 of 2.0 in use, held by B_1"),
    );
    check(json!({"reason": "paused"}), Some("the scheduler is paused"));
    check(json!({"reason": "ready", "workers": ["w"]}), Some("its turn: 1 worker can run it"));
}
