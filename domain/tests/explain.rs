//! From a failed run to who owns its cause and whom it affects.

use bussola_domain::catalog::model::Owner;
use bussola_domain::catalog::{ApplyScope, EntityRef, manifest};
use bussola_domain::command::{AddTask, ApplyManifests, GetWork, Ping, Prune};
use bussola_domain::event::{Draft, Event};
use bussola_domain::explain::{CauseKind, Explanation, explain};
use bussola_domain::id::{RunId, Timestamp};
use bussola_domain::model::{Command, Model, Step};
use bussola_domain::run_graph::RunGraph;
use bussola_domain::runs::Outcome;
use bussola_domain::scheduler::event::ASIDE_BYTES_MIN;
use bussola_domain::scheduler::{Config, Report, Status};
use bussola_domain::value::Value;

struct Bench {
    model: Model,
    now_s: f64,
    draft: Draft,
}

impl Bench {
    fn new() -> Bench {
        Bench { model: Model::new(Config::default()), now_s: 1_000_000.0, draft: Draft::default() }
    }

    fn run<C: Command>(&mut self, command: C) -> C::Reply {
        self.now_s += 1.0;
        let now = Timestamp::from_seconds(self.now_s);
        command.execute(&mut Step::new(&mut self.model, now, &mut self.draft))
    }

    fn apply(&mut self, path: &str, text: &str) {
        let manifests = vec![manifest::parse(path, text.as_bytes()).expect("a valid manifest")];
        self.run(ApplyManifests { scope: ApplyScope::Files, manifests }).expect("no conflict");
    }

    fn report(&mut self, worker: &str, task: &str, status: Status, deps: Option<&[&str]>) {
        let family = task.split('_').next().unwrap_or(task).to_string();
        let deps = deps.map(|deps| deps.iter().map(|dep| dep.to_string()).collect());
        let report = Report { task: task.into(), family, status, deps, ..Report::default() };
        self.run(AddTask { worker: worker.into(), report, ..AddTask::default() });
    }

    fn get(&mut self, worker: &str) -> Option<Vec<String>> {
        self.run(GetWork { worker: worker.into(), ..GetWork::default() }).assignment.map(|assignment| assignment.tasks)
    }

    fn graph(&self, run: u64) -> RunGraph {
        RunGraph::fold(self.draft.facts.iter().filter(|fact| fact.run == Some(RunId(run))))
    }

    fn explain(&self, run: u64) -> Explanation {
        explain(&self.model, &self.graph(run), Some(RunId(run)), None).expect("a run with a root")
    }
}

const COMPANY: &str = "
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: payments-extract}
spec: {type: pipeline, lifecycle: production, owner: payments, dependsOn: ['component:ledger-db']}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: ledger-db}
spec: {type: service, lifecycle: production, owner: storage}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: finance-report}
spec: {type: pipeline, lifecycle: production, owner: finance, dependsOn: ['component:payments-extract']}
";

const CLAIMS: &str = "
bussola: 1
claims:
  - component: component:default/payments-extract
    families: ['Extract*']
  - component: component:default/finance-report
    families: ['Report*']
";

fn owner(name: &str) -> Option<Owner> {
    EntityRef::parse(name).ok().map(Owner::Entity)
}

#[test]
fn the_cause_is_upstream_and_has_another_owner() {
    let mut bench = Bench::new();
    bench.apply("catalog-info.yaml", COMPANY);
    bench.apply("bussola.yaml", CLAIMS);
    bench.report("w", "ReportMonth_1", Status::Pending, Some(&["ReportDay_1", "ReportDay_2"]));
    bench.report("w", "ReportDay_1", Status::Pending, Some(&["ExtractDay_1"]));
    bench.report("w", "ReportDay_2", Status::Done, Some(&[]));
    bench.report("w", "ExtractDay_1", Status::Pending, Some(&[]));
    assert_eq!(bench.get("w"), Some(vec!["ExtractDay_1".into()]));
    bench.report("w", "ExtractDay_1", Status::Failed, None);
    assert_eq!(bench.get("w"), None);

    let explanation = bench.explain(1);
    assert_eq!((explanation.status, explanation.outcome), (Status::Pending, Some(Outcome::Failed)));
    let [cause] = &explanation.causes[..] else { panic!("one cause: {explanation:#?}") };
    assert_eq!((cause.task.as_str(), cause.kind), ("ExtractDay_1", CauseKind::Failed));
    assert_eq!(cause.path, ["ReportMonth_1", "ReportDay_1", "ExtractDay_1"]);
    assert_eq!(cause.ownership.owner, owner("group:default/payments"));
    assert_eq!(cause.tasks_affected, (vec!["ReportDay_1".to_string(), "ReportMonth_1".to_string()], 2));
    let affected: Vec<_> = cause.components_affected.iter().map(|reached| reached.reference.as_str()).collect();
    assert_eq!(affected, ["component:default/finance-report"]);
    // Everything was declared for the first time seconds before: that is no change.
    assert_eq!(cause.suspects, []);
}

#[test]
fn what_changed_shortly_before_is_a_suspect() {
    let check = |before: &str, after: &str, expected: &[&str]| {
        let mut bench = Bench::new();
        bench.apply("catalog-info.yaml", before);
        bench.apply("bussola.yaml", CLAIMS);
        bench.apply("catalog-info.yaml", after);
        let changed = Timestamp::from_seconds(bench.now_s);
        bench.report("w", "ExtractDay_1", Status::Pending, Some(&[]));
        assert_eq!(bench.get("w"), Some(vec!["ExtractDay_1".into()]));
        bench.report("w", "ExtractDay_1", Status::Failed, None);
        bench.get("w");
        let explanation = bench.explain(1);
        let suspects = explanation.causes[0].suspects.iter();
        let suspects: Vec<_> = suspects.map(|suspect| (suspect.reached.reference.name(), suspect.changed_at)).collect();
        let expected: Vec<_> = expected.iter().map(|name| (*name, Some(changed))).collect();
        assert_eq!(suspects, expected, "{after}");
    };
    check(COMPANY, COMPANY, &[]);
    check(COMPANY, &format!("# a comment moves every line\n{COMPANY}"), &[]);
    let described = COMPANY.replace("metadata: {name: ledger-db}", "metadata: {name: ledger-db, description: new}");
    check(COMPANY, &described, &["ledger-db"]);
    // A value that goes is a change, too.
    check(&described, COMPANY, &["ledger-db"]);
}

#[test]
fn a_pipeline_registers_itself() {
    let mut bench = Bench::new();
    bench.report("x", "Extract_1", Status::Pending, Some(&[]));
    bench.report("y", "Report_1", Status::Pending, Some(&["Extract_1"]));
    bench.report("y", "Clean_1", Status::Pending, Some(&[]));
    let report = EntityRef::parse("component:default/report").expect("a ref");
    let view = bench.model.catalog.get(&report).expect("discovered");
    assert_eq!(view.entity_type(), Some("pipeline"));
    assert!(view.pipelines[0].has_family("Clean"));
    let needs: Vec<_> =
        bench.model.catalog.dependencies(&report, None).into_iter().map(|r| r.reference.to_string()).collect();
    assert_eq!(needs, ["component:default/extract"]);
    assert_eq!(bench.model.catalog.owner(&report).owner, None);
}

#[test]
fn what_nobody_makes_is_missing() {
    let mut bench = Bench::new();
    bench.report("w", "Root_1", Status::Pending, Some(&["External_1"]));
    let report =
        Report { task: "External_1".into(), family: "External".into(), runnable: Some(false), ..Report::default() };
    bench.run(AddTask { worker: "w".into(), report, ..AddTask::default() });
    assert_eq!(bench.get("w"), None);
    let explanation = bench.explain(1);
    assert_eq!(explanation.causes[0].kind, CauseKind::Missing);
    bench.now_s += 61.0;
    bench.run(Ping { worker: "other".into() });
    bench.run(Prune);
    assert_eq!(bench.explain(1).outcome, Some(Outcome::Incomplete));
}

#[test]
fn a_bulky_report_keeps_its_lists_aside() {
    let mut bench = Bench::new();
    let deps: Vec<String> = (0..5_000).map(|number| format!("Leaf_{number}")).collect();
    let report = Report {
        task: "Root_1".into(),
        family: "Root".into(),
        params: vec![("p".into(), Value::from("v"))],
        deps: Some(deps),
        ..Report::default()
    };
    bench.run(AddTask { worker: "w".into(), report, ..AddTask::default() });
    let fact = bench.draft.facts.iter().find(|fact| matches!(fact.event, Event::TaskReported(_))).expect("a report");
    let hash = fact.event.aside().expect("kept aside");
    let text = &bench.draft.blobs.iter().find(|(other, _)| *other == hash).expect("its text").1;
    assert!(text.len() > ASIDE_BYTES_MIN);
    let Event::TaskReported(full) = &fact.event else { unreachable!() };
    let mut again = bussola_domain::scheduler::event::TaskReported { aside: Some(hash), ..full.clone() };
    (again.deps, again.params) = (None, Vec::new());
    again.take_back(text);
    assert_eq!(&again, full);
}
