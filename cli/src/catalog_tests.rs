//! What people read of the catalog, from what the API answers.

use serde_json::json;

use super::*;
use crate::output::tests::screen;

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).expect("the API's shape")
}

fn payments() -> serde_json::Value {
    json!({"ref": "group:default/payments", "name": "Payments"})
}

#[test]
fn entities_in_a_list() {
    let items: Vec<EntitySummary> = read(json!([
        {"ref": "component:default/settlement", "title": "Settlement", "type": "pipeline", "state": "declared", "health": "unknown",
         "owner": payments(), "failing_since": "2026-11-25T03:12:09.000000Z"},
        {"ref": "component:default/scratch", "title": "scratch", "type": "pipeline", "state": "discovered",
         "health": "at_risk", "health_cause": "component:default/settlement"},
        {"ref": "group:default/payments", "title": "Payments", "type": "team", "state": "declared", "health": "unknown"}
    ]));
    insta::assert_snapshot!(list_text(&screen(), &items), @r#"
    REF                           TYPE      OWNER     STATE
    component:default/settlement  pipeline  Payments  failing since 4 min ago
    component:default/scratch     pipeline  unowned   at risk
    group:default/payments        team                declared
    "#);
    insta::assert_snapshot!(list_text(&screen(), &[]), @"nothing is listed: `bussola catalog apply PATH` declares entities, runs discover pipelines");
}

#[test]
fn an_owner_and_how_it_is_known() {
    let declared: OwnerAnswer = read(json!({
        "ref": "component:default/settlement", "owner": payments(),
        "chain": [{"ref": "component:default/settlement", "reason": "declared", "written": "group:payments",
                   "place": {"path": "payments/compass.yml", "line": 7, "column": 10}}]
    }));
    insta::assert_snapshot!(owner_text(&declared), @r#"
    component:default/settlement is owned by Payments (group:default/payments)
      component:default/settlement says `group:payments` at payments/compass.yml:7:10
    "#);
    let luigi: OwnerAnswer = read(json!({
        "ref": "resource:default/out", "owner": {"name": "ana@example.com"},
        "chain": [{"ref": "resource:default/out", "reason": "produced_by"},
                  {"ref": "component:default/report", "reason": "luigi", "pipeline": "Report"}]
    }));
    insta::assert_snapshot!(owner_text(&luigi), @r#"
    resource:default/out is owned by ana@example.com, as Luigi says (owner_email)
      resource:default/out names no owner, and is made by:
      component:default/report runs as `Report`, whose tasks say so
    "#);
    let unowned: OwnerAnswer =
        read(json!({"ref": "component:default/x", "chain": [{"ref": "component:default/x", "reason": "unowned"}]}));
    insta::assert_snapshot!(owner_text(&unowned), @r#"
    component:default/x is unowned
      component:default/x names no owner
    hint: name an owner in its manifest, or claim its family for a component in a bussola.yaml
    "#);
}

#[test]
fn a_blast_radius() {
    let reach: Reach = read(json!({
        "ref": "component:default/settlement", "owner": payments(), "total": 3,
        "items": [
            {"ref": "component:default/daily-report", "distance": 1, "via": "dependsOn",
             "from": "component:default/settlement", "exists": true, "owner": {"ref": "group:default/finance", "name": "Finance"}},
            {"ref": "component:default/board", "distance": 2, "via": "dependsOn",
             "from": "component:default/daily-report", "exists": false}
        ],
        "owners": [{"owner": {"ref": "group:default/finance", "name": "Finance"}, "count": 2}, {"count": 1}]
    }));
    insta::assert_snapshot!(blast_text(&screen(), &reach), @r#"
    3 entities are affected when component:default/settlement (Payments) fails

    STEPS  REF                                  OWNER    BECAUSE IT
    1      component:default/daily-report       Finance  dependsOn settlement
    2      component:default/board (not there)  unowned  dependsOn daily-report
    and 1 more

    owners: Finance 2, unowned 1
    "#);
    let nothing: Reach = read(json!({"ref": "component:default/x", "total": 0, "items": [], "owners": []}));
    insta::assert_snapshot!(blast_text(&screen(), &nothing), @"nothing depends on component:default/x (unowned)");
}

#[test]
fn everything_about_an_entity() {
    let detail: EntityDetail = read(json!({
        "ref": "component:default/settlement", "title": "Settlement", "type": "pipeline", "state": "declared", "health": "unknown",
        "owner": payments(), "description": "Pays acquirers\nevery day", "tier": 1, "tags": ["money"],
        "failing_since": "2026-11-25T03:12:09.000000Z",
        "ownership": {"ref": "component:default/settlement", "owner": payments(), "chain": []},
        "declaration": {"place": {"path": "payments/compass.yml", "line": 1, "column": 1}, "format": "compass",
            "sha256": "00", "since": "2026-11-20T03:16:09.000000Z",
            "fields": [{"field": "ownerId", "place": {"path": "payments/compass.yml", "line": 7, "column": 10},
                        "since": "2026-11-24T03:16:09.000000Z"}]},
        "relations_total": 3,
        "relations": [{"relation": "dependsOn", "ref": "resource:default/bank", "exists": false},
                      {"relation": "ownedBy", "ref": "group:default/payments", "exists": true}],
        "pipelines": [{"root": "settlement.Extract", "families": ["a", "b"], "datasets": [], "dependencies": ["rates.Load"],
            "since": "2026-11-20T03:16:09.000000Z", "extended": "2026-11-20T03:16:09.000000Z",
            "health": {"run": 7, "outcome": "failed", "ended": "2026-11-25T03:12:09.000000Z"}}]
    }));
    insta::assert_snapshot!(show_text(&screen(), &detail), @r#"
    component:default/settlement
      title        Settlement
      type         pipeline
      state        declared
      description  Pays acquirers every day
      tier         1
      tags         money
      owner        Payments
      failing      since 4 min ago, 2026-11-25 03:12:09 UTC
      declared     payments/compass.yml:1 (compass)
      since        5 days ago, 2026-11-20 03:16:09 UTC

    relations
    RELATION   REF
    dependsOn  resource:default/bank   not there
    ownedBy    group:default/payments
    and 1 more

    pipelines
    ROOT                FAMILIES  NEEDS       LAST RUN
    settlement.Extract  2         rates.Load  failed 4 min ago, run 7

    fields
    FIELD    WRITTEN AT              SINCE
    ownerId  payments/compass.yml:7  24 h ago
    "#);
}

#[test]
fn what_an_apply_changed() {
    let result = ApplyResult {
        manifests: 2,
        entities: 3,
        declared: vec!["component:default/a".into()],
        removed: vec!["component:default/b".into()],
        replaced: Vec::new(),
        unknown_owners: Vec::new(),
    };
    insta::assert_snapshot!(applied_text(&screen(), &result), @r#"
    applied 2 manifests: 3 entities, 1 declared anew or changed, 1 removed
      + component:default/a
      - component:default/b
    "#);
}

#[test]
fn what_is_not_in_order() {
    let problems: CatalogProblems = read(json!({
        "dangling": [{"ref": "component:default/a", "field": "spec.dependsOn", "target": "component:default/b", "written": "b",
                      "place": {"path": "a/catalog-info.yaml", "line": 9, "column": 5}}],
        "cycles": [["component:default/x", "component:default/y"]],
        "unowned": [{"ref": "component:default/z", "title": "z", "state": "discovered", "health": "unknown"}],
        "manifests": [{"code": "B0114", "path": "c/compass.yml", "line": 3, "column": 1, "message": "`name` is missing",
                       "hint": "add `name: …`"}],
        "counts": {"dangling": 1, "cycles": 1, "unowned": 1, "manifests": 1}
    }));
    insta::assert_snapshot!(problems_text(&problems), @r#"
    c/compass.yml:3:1: error[B0114]: `name` is missing
    hint: add `name: …`
    a/catalog-info.yaml:9:5: component:default/a names `b` in spec.dependsOn, which is not there
    in a circle: component:default/x, component:default/y
    unowned: component:default/z

    1 dangling reference, 1 circle, 1 unowned, 1 problem in manifests
    "#);
}

#[test]
fn manifests_are_checked_without_a_server() {
    let tree = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = tree.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    };
    let check = || check_loaded(&manifests::load_all(&[tree.path().to_owned()]));
    write("a/compass.yml", "name: a\n");
    write("b/compass.yml", "name: b\n");
    let (good, exit) = check();
    assert_eq!((good.valid, exit), (true, Exit::Ok));
    insta::assert_snapshot!(check_text(&good), @"2 manifests are good: 2 entities");
    // Each file is good, together they are not.
    write("b/compass.yml", "name: a\n");
    let (bad, exit) = check();
    assert_eq!((bad.problems[0].code.as_str(), exit), ("B0131", Exit::No));
    write("b/compass.yml", "name: a\nconfigVersion: 2\n");
    let (bad, exit) = check();
    assert_eq!(exit, Exit::No);
    let text = check_text(&bad).replace(&tree.path().display().to_string(), "");
    insta::assert_snapshot!(text, @r#"
    /b/compass.yml:2:16: error[B0117]: `configVersion` must be 1, not `2`
    hint: write `configVersion: 1`
    "#);
}

#[test]
fn exported_files_stay_below_their_directory() {
    let check = |path: &str, expected: &str| assert_eq!(below(Path::new("out"), path), Path::new(expected), "{path}");
    check("a/compass.yml", "out/a/compass.yml");
    check("/etc/passwd", "out/etc/passwd");
    check("../../x", "out/x");
}
