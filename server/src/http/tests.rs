//! The API in process: every route, every code, the stream, and that what is committed is current.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bussola_domain::access::{Authorizer, Caller, Unrestricted};
use bussola_domain::command::Prune;
use bussola_domain::id::Timestamp;
use bussola_store::{Location, Options, Store};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::error::{ApiError, ErrorCode};
use super::{Api, Hosts, openapi, router};
use crate::app::App;
use crate::config::{Arguments, Settings};
use crate::manifests::Report;

/// The time of every request in these tests.
pub(super) const NOW: &str = "1795576329.5";

/// All edges over a ledger in memory.
pub(super) struct Edge {
    pub(super) app: Arc<App>,
    api: Arc<Api>,
    router: Router,
}

impl Edge {
    pub(super) fn new() -> Edge {
        Edge::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Settings)) -> Edge {
        Edge::guarded(Arc::new(Unrestricted), false, change)
    }

    /// Where commands and questions are decided by this, and callers who say nothing are nobody that is known, or not.
    pub(super) fn guarded(
        authorizer: Arc<dyn Authorizer>,
        knows_providers: bool,
        change: impl FnOnce(&mut Settings),
    ) -> Edge {
        let arguments = Arguments { ephemeral: true, test_clock: true, ..Arguments::default() };
        let mut settings = Settings::resolve(&arguments).expect("the defaults are settings");
        change(&mut settings);
        let mut options = Options::new(Location::Memory);
        options.scheduler = settings.scheduler.clone();
        options.authorizer = authorizer;
        let store = Store::open(options, bussola_domain::id::Timestamp(0)).expect("memory can be opened");
        let mut app = App::new(store, &settings, None);
        Arc::get_mut(&mut app).expect("nobody else has it yet").knows_providers = knows_providers;
        let api = Api::new(app.clone(), Arc::new(Report::default()));
        let hosts = Hosts::of(settings.listen, &settings.hosts);
        let router = crate::luigi::router(app.clone()).with_state(app.clone()).merge(router(api.clone(), hosts));
        Edge { app, api, router }
    }

    pub(super) async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let reply = self.router.clone().oneshot(request).await.expect("a router always answers");
        let status = reply.status();
        let bytes = reply.into_body().collect().await.expect("the body is whole").to_bytes();
        let value = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        (status, value)
    }

    pub(super) async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost:8082");
        request = request.header("x-luigi-test-now", NOW);
        let body = if method == "GET" {
            Body::empty()
        } else {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        };
        self.send(request.body(body).expect("a request")).await
    }

    /// An answer that has to be there.
    pub(super) async fn get(&self, path: &str) -> Value {
        let (status, value) = self.call("GET", &format!("/api/v1{path}"), Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, value) = self.call("POST", &format!("/api/v1{path}"), body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    async fn put(&self, path: &str, body: Value) -> Value {
        let (status, value) = self.call("PUT", &format!("/api/v1{path}"), body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    /// A call of Luigi's.
    pub(super) async fn luigi(&self, method: &str, arguments: Value) -> Value {
        let data: String = arguments.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
        let request = Request::builder().method("POST").uri(format!("/api/{method}")).header("x-luigi-test-now", NOW);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let (status, value) = self.send(request.body(Body::from(format!("data={data}"))).expect("a request")).await;
        assert_eq!(status, StatusCode::OK, "{method}: {value}");
        value["response"].clone()
    }

    /// A run of a root that needs so many tasks.
    async fn fan(&self, worker: &str, leaves: usize) {
        let deps: Vec<String> = (0..leaves).map(|leaf| format!("Leaf_{leaf:05}")).collect();
        let root = json!({"worker": worker, "task_id": "Root_1", "family": "Root", "deps": deps, "status": "PENDING"});
        self.luigi("add_task", root).await;
    }

    /// A task that runs on a worker of its own, and takes messages.
    async fn talking(&self, worker: &str) {
        let task =
            json!({"worker": worker, "task_id": "Talks_1", "family": "Talks", "accepts_messages": true, "priority": 9});
        self.luigi("add_task", task).await;
        let work = self.luigi("get_work", json!({"worker": worker, "host": "h"})).await;
        assert_eq!(work["task_id"], "Talks_1");
    }

    /// A company of three components, and a pipeline whose root waits for a task that failed.
    pub(super) async fn company() -> Edge {
        let edge = Edge::new();
        edge.post("/catalog/apply", json!({"manifests": manifests()})).await;
        let info = json!({"host": "node-7", "username": "ana", "pid": 42, "workers": 1});
        edge.luigi("add_worker", json!({"worker": "w1", "info": info})).await;
        let task = |id: &str, family: &str, deps: Value, status: &str| {
            json!({
                "worker": "w1", "task_id": id, "family": family, "module": "report", "params": {"date": "2026-03-02"},
                "deps": deps, "status": status, "runnable": true, "owners": ["finance@example.com"]
            })
        };
        edge.luigi("add_task", task("Report_1", "Report", json!(["Extract_1"]), "PENDING")).await;
        edge.luigi("add_task", task("Extract_1", "Extract", json!([]), "PENDING")).await;
        let work = edge.luigi("get_work", json!({"worker": "w1", "host": "node-7", "assistant": false})).await;
        assert_eq!(work["task_id"], "Extract_1");
        let mut failed = task("Extract_1", "Extract", json!([]), "FAILED");
        failed["expl"] =
            json!("\"Traceback (most recent call last):\\n  File \\\"a.py\\\"\\nValueError: no comma\\n\"");
        edge.luigi("add_task", failed).await;
        edge.luigi("get_work", json!({"worker": "w1", "host": "node-7", "assistant": false})).await;
        edge
    }
}

fn manifests() -> Value {
    let backstage = "\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: extracts
  title: Extracts
spec:
  type: pipeline
  lifecycle: production
  owner: group:payments
  dependsOn: [resource:bank-files]
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: board
spec: {type: website, lifecycle: production, owner: finance, dependsOn: [component:extracts, component:nowhere]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments, title: Payments}
spec: {type: team, children: []}
";
    let bussola = "\
bussola: 1
claims:
  - component: component:default/extracts
    families: [Extract*]
";
    json!([{"path": "a/catalog-info.yaml", "text": backstage}, {"path": "a/bussola.yaml", "text": bussola}])
}

/// Each route once, with an answer that is well.
pub(super) fn requests() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let entity = "/catalog/entities/{kind}/{namespace}/{name}";
    vec![
        ("GET", "/status", "/status", Value::Null),
        ("GET", "/search", "/search?q=rep%20EX&kind=task,pipeline&limit=3", Value::Null),
        (
            "GET",
            "/catalog/entities",
            "/catalog/entities?kind=component,api&lifecycle=production,&health=at_risk,failing,unknown,healthy&owner=payments&subgroups=true&sort=changed&order=desc&facets=true&limit=1&text=EXTR",
            Value::Null,
        ),
        ("GET", entity, "/catalog/entities/component/default/extracts", Value::Null),
        (
            "GET",
            "/catalog/entities/{kind}/{namespace}/{name}/owner",
            "/catalog/entities/component/default/extracts/owner",
            Value::Null,
        ),
        (
            "GET",
            "/catalog/entities/{kind}/{namespace}/{name}/blast",
            "/catalog/entities/component/default/extracts/blast?depth=3",
            Value::Null,
        ),
        (
            "GET",
            "/catalog/entities/{kind}/{namespace}/{name}/dependencies",
            "/catalog/entities/component/default/board/dependencies",
            Value::Null,
        ),
        (
            "GET",
            "/catalog/entities/{kind}/{namespace}/{name}/graph",
            "/catalog/entities/component/default/extracts/graph?direction=up&depth=2",
            Value::Null,
        ),
        (
            "GET",
            "/catalog/entities/{kind}/{namespace}/{name}/graph.svg",
            "/catalog/entities/component/default/extracts/graph.svg",
            Value::Null,
        ),
        (
            "GET",
            "/catalog/entities/{kind}/{namespace}/{name}/manifest",
            "/catalog/entities/component/default/extracts/manifest",
            Value::Null,
        ),
        ("GET", "/catalog/problems", "/catalog/problems", Value::Null),
        (
            "POST",
            "/catalog/apply",
            "/catalog/apply",
            json!({"manifests": manifests(), "scope": {"kind": "everything"}}),
        ),
        (
            "POST",
            "/catalog/check",
            "/catalog/check",
            json!({"manifests": [], "scope": {"kind": "under", "paths": ["a"]}}),
        ),
        ("GET", "/catalog/export", "/catalog/export?format=compass", Value::Null),
        ("GET", "/owners", "/owners", Value::Null),
        ("GET", "/teams", "/teams?text=PAY&sort=unhealthy&order=desc&limit=1", Value::Null),
        ("GET", "/owners/{owner}", "/owners/group%3Adefault%2Fpayments", Value::Null),
        (
            "GET",
            "/runs",
            "/runs?outcome=failed&pipeline=Report&text=ANA&worker_here=true&owner=finance@example.com&since=2020-01-01T00:00:00Z&sort=duration&order=asc",
            Value::Null,
        ),
        ("GET", "/runs/{id}", "/runs/1", Value::Null),
        (
            "GET",
            "/runs/{id}/tasks",
            "/runs/1/tasks?limit=1&status=FAILED,DONE&family=Extract&text=EXT&sort=duration",
            Value::Null,
        ),
        ("GET", "/runs/{id}/changes", "/runs/1/changes?since=2026-01-01T00:00:00Z", Value::Null),
        ("GET", "/runs/{id}/compare/{other}", "/runs/1/compare/1", Value::Null),
        (
            "GET",
            "/pipelines",
            "/pipelines?owner=finance@example.com&failing=true&text=rep&sort=duration&order=desc",
            Value::Null,
        ),
        ("GET", "/runs/{id}/explain", "/runs/1/explain", Value::Null),
        ("GET", "/runs/{id}/graph", "/runs/1/graph?collapse=all&expand=Extract,Report", Value::Null),
        ("GET", "/runs/{id}/graph.svg", "/runs/1/graph.svg", Value::Null),
        ("GET", "/runs/{id}/timeline", "/runs/1/timeline", Value::Null),
        ("GET", "/tasks/{id}/graph", "/tasks/Extract_1/graph?direction=down&depth=1", Value::Null),
        ("GET", "/tasks/{id}", "/tasks/Extract_1", Value::Null),
        ("GET", "/tasks/{id}/explain", "/tasks/Report_1/explain", Value::Null),
        ("POST", "/tasks/{id}/forgive", "/tasks/Extract_1/forgive", json!({})),
        ("POST", "/tasks/{id}/re-enable", "/tasks/Disabled_1/re-enable", json!({})),
        ("POST", "/tasks/{id}/done", "/tasks/Failed_1/done", json!({})),
        ("POST", "/runs/{id}/retry", "/runs/3/retry", json!({})),
        ("POST", "/tasks/{id}/messages", "/tasks/Talks_1/messages", json!({"content": "hello"})),
        ("GET", "/tasks/{id}/messages/{message}", "/tasks/Talks_1/messages/none", Value::Null),
        ("PUT", "/workers/{worker}/processes", "/workers/w1/processes", json!({"processes": 4})),
        ("POST", "/workers/{worker}/disable", "/workers/w1/disable", json!({})),
        ("GET", "/me", "/me", Value::Null),
        ("GET", "/me/sessions", "/me/sessions", Value::Null),
        ("GET", "/me/tokens", "/me/tokens", Value::Null),
        ("POST", "/access/services", "/access/services", json!({"name": "ci", "owner": "payments"})),
        (
            "POST",
            "/access/principals/{principal}/tokens",
            "/access/principals/1/tokens",
            json!({"label": "ci", "actions": ["work", "startRun"], "days": 7}),
        ),
        ("GET", "/access/principals", "/access/principals", Value::Null),
        ("GET", "/access/tokens", "/access/tokens", Value::Null),
        ("POST", "/access/tokens/{token}/revoke", "/access/tokens/1/revoke", json!({})),
        ("GET", "/access/sessions", "/access/sessions", Value::Null),
        ("POST", "/access/sessions/{session}/end", "/access/sessions/1/end", json!({})),
        ("POST", "/pause", "/pause", json!({})),
        ("POST", "/unpause", "/unpause", json!({})),
        ("GET", "/workers", "/workers", Value::Null),
        ("GET", "/resources", "/resources", Value::Null),
        ("PUT", "/resources/{name}", "/resources/gpu", json!({"total": 2})),
        ("GET", "/ledger/head", "/ledger/head", Value::Null),
        ("GET", "/ledger/checkpoint", "/ledger/checkpoint", Value::Null),
        (
            "GET",
            "/ledger/entries",
            "/ledger/entries?from=9&limit=2&order=desc&kind=task.,run.ended&principal=local&since=2020-01-01T00:00:00Z",
            Value::Null,
        ),
        ("GET", "/ledger/leaves", "/ledger/leaves?limit=3", Value::Null),
        ("GET", "/ledger/entries/{seq}", "/ledger/entries/0", Value::Null),
        ("GET", "/ledger/entries/{seq}/proof", "/ledger/entries/0/proof", Value::Null),
        ("GET", "/ledger/names/{name}", "/ledger/names/0", Value::Null),
        (
            "POST",
            "/evidence/exports",
            "/evidence/exports",
            json!({
                "framework": "soc2", "from": "2026-01-01T00:00:00Z", "manifest": "0".repeat(64),
                "to": "2026-04-01T00:00:00Z", "component": "component:default/extracts"
            }),
        ),
    ]
}

#[tokio::test]
async fn every_route_answers() {
    let edge = Edge::company().await;
    let task = |id: &str, status: &str| json!({"worker": "w1", "task_id": id, "family": "Other", "status": status});
    edge.luigi("add_task", task("Failed_1", "FAILED")).await;
    // A policy holds from the report after the one that brings it.
    for status in ["PENDING", "FAILED"] {
        let mut disabled = task("Disabled_1", status);
        disabled["retry_policy_dict"] = json!({"retry_count": 1, "disable_hard_timeout": 9e9, "disable_window": 9e9});
        edge.luigi("add_task", disabled).await;
    }

    edge.talking("w3").await;

    let document: Value = serde_json::from_str(&openapi()).expect("the document is JSON");
    let mut declared: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let path = path.strip_prefix("/api/v1").expect("every path is below the base");
        declared.extend(
            methods.as_object().expect("methods").keys().map(|method| (method.to_uppercase(), path.to_owned())),
        );
    }
    // A stream does not end: it has a test of its own.
    declared.remove(&("GET".into(), "/events".into()));
    // Only somebody who is known can make one for themselves: `a_token_says_who_acts_until_it_is_revoked`.
    declared.remove(&("POST".into(), "/me/tokens".into()));
    for (method, template, path, body) in requests() {
        let (status, value) = edge.call(method, &format!("/api/v1{path}"), body).await;
        assert_eq!(status, StatusCode::OK, "{method} {path}: {value}");
        assert!(declared.remove(&(method.into(), template.into())), "{method} {template} is not in the document");
    }
    let text = manifests()[0]["text"].as_str().expect("a text").to_owned();
    let hash = bussola_domain::id::BlobHash::of(text.as_bytes());
    let found = edge.call("GET", &format!("/api/v1/ledger/texts/{hash}"), Value::Null).await;
    assert_eq!(found, (StatusCode::OK, Value::String(text)));
    declared.remove(&("GET".into(), "/ledger/texts/{hash}".into()));
    assert!(declared.is_empty(), "without a test: {declared:?}");
}

#[tokio::test]
async fn every_code_is_answered() {
    let edge = Edge::company().await;
    let mut seen: BTreeMap<ErrorCode, StatusCode> = BTreeMap::new();
    let mut note = |status: StatusCode, value: &Value, expected: ErrorCode| {
        assert_eq!(value["code"], expected.to_string(), "{value}");
        assert_eq!(status, expected.status(), "{value}");
        let message = value["message"].as_str().expect("a message");
        assert!(!message.ends_with('.') && !message.starts_with(char::is_uppercase), "{message}");
        seen.insert(expected, status);
    };
    let bad = json!({"manifests": [{"path": "compass.yml", "text": "name: [\n"}]});
    let cases = [
        ("GET", "/nowhere", Value::Null, ErrorCode::NoSuchRoute),
        ("GET", "", Value::Null, ErrorCode::NoSuchRoute),
        ("POST", "/status", json!({}), ErrorCode::MethodNotAllowed),
        ("GET", "/runs?outcome=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/runs?limit=0", Value::Null, ErrorCode::BadParameter),
        ("GET", "/runs?limit=1001", Value::Null, ErrorCode::BadParameter),
        ("GET", "/runs?nonsense=1", Value::Null, ErrorCode::BadParameter),
        ("GET", "/runs/x", Value::Null, ErrorCode::BadParameter),
        ("GET", "/runs?since=yesterday", Value::Null, ErrorCode::BadParameter),
        ("GET", "/runs?sort=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/runs/1/tasks?status=ODD", Value::Null, ErrorCode::BadParameter),
        ("GET", "/runs/1/tasks?sort=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/pipelines?sort=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/runs/1/compare/99", Value::Null, ErrorCode::NoSuchRun),
        ("GET", "/ledger/entries?order=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/ledger/entries?until=noon", Value::Null, ErrorCode::BadParameter),
        ("GET", "/catalog/entities/component/default/none/manifest", Value::Null, ErrorCode::NoSuchEntity),
        ("GET", "/catalog/entities/component/default/report/manifest", Value::Null, ErrorCode::NoManifest),
        ("POST", "/runs/99/retry", json!({}), ErrorCode::NoSuchRun),
        ("POST", "/tasks/none/messages", json!({"content": "x"}), ErrorCode::NoSuchTask),
        ("GET", "/tasks/none/messages/x", Value::Null, ErrorCode::NoSuchTask),
        ("POST", "/tasks/Report_1/messages", json!({"content": "x"}), ErrorCode::WrongStatus),
        ("POST", "/workers/none/disable", json!({}), ErrorCode::NoSuchWorker),
        ("PUT", "/workers/none/processes", json!({"processes": 1}), ErrorCode::NoSuchWorker),
        ("PUT", "/workers/w1/processes", json!({"processes": 0}), ErrorCode::BadBody),
        ("PUT", "/workers/w1/processes", json!({"processes": 1025}), ErrorCode::BadBody),
        ("GET", "/teams?sort=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/search?q=x&limit=51", Value::Null, ErrorCode::BadParameter),
        ("GET", "/search?q=x&kind=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/catalog/entities?state=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/catalog/entities?sort=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/catalog/entities?order=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/catalog/entities?health=failing,odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/catalog/entities?tier=5", Value::Null, ErrorCode::BadParameter),
        ("GET", "/catalog/export?format=odd", Value::Null, ErrorCode::BadParameter),
        ("POST", "/catalog/apply", json!([]), ErrorCode::BadBody),
        ("PUT", "/resources/gpu", json!({"total": -1}), ErrorCode::BadBody),
        ("PUT", "/resources/gpu", json!("x".repeat(70_000)), ErrorCode::BodyTooLarge),
        ("GET", "/catalog/entities/component/default/none", Value::Null, ErrorCode::NoSuchEntity),
        ("GET", "/catalog/entities/component/default/none/blast", Value::Null, ErrorCode::NoSuchEntity),
        ("GET", "/catalog/export?format=compass&ref=none", Value::Null, ErrorCode::NoSuchEntity),
        ("POST", "/me/tokens", json!({"label": "x"}), ErrorCode::NoSuchPrincipal),
        ("POST", "/access/principals/9/tokens", json!({"label": "x"}), ErrorCode::NoSuchPrincipal),
        ("POST", "/access/principals/9/tokens", json!({"label": " "}), ErrorCode::BadParameter),
        ("POST", "/access/principals/9/tokens", json!({"label": "x", "days": 367}), ErrorCode::BadParameter),
        ("POST", "/access/principals/9/tokens", json!({"label": "x", "actions": ["odd"]}), ErrorCode::BadParameter),
        ("POST", "/access/services", json!({"name": "x", "owner": ""}), ErrorCode::BadParameter),
        ("GET", "/runs/99", Value::Null, ErrorCode::NoSuchRun),
        ("GET", "/runs/99/explain", Value::Null, ErrorCode::NoSuchRun),
        ("GET", "/tasks/none", Value::Null, ErrorCode::NoSuchTask),
        ("GET", "/tasks/none/explain", Value::Null, ErrorCode::NoSuchTask),
        ("POST", "/tasks/none/forgive", json!({}), ErrorCode::NoSuchTask),
        ("POST", "/tasks/none/re-enable", json!({}), ErrorCode::NoSuchTask),
        ("POST", "/tasks/none/done", json!({}), ErrorCode::NoSuchTask),
        ("GET", "/ledger/entries/100000", Value::Null, ErrorCode::NoSuchEntry),
        ("GET", "/ledger/entries/100000/proof", Value::Null, ErrorCode::NoSuchEntry),
        ("GET", "/ledger/names/4000000", Value::Null, ErrorCode::NoSuchText),
        ("GET", "/ledger/texts/none", Value::Null, ErrorCode::BadParameter),
        ("POST", "/evidence/exports", json!({"framework": "soc2"}), ErrorCode::BadBody),
        ("GET", "/owners/nobody", Value::Null, ErrorCode::NoSuchOwner),
        ("POST", "/catalog/apply", bad, ErrorCode::ManifestsRefused),
        ("POST", "/tasks/Report_1/forgive", json!({}), ErrorCode::WrongStatus),
        ("POST", "/tasks/Report_1/re-enable", json!({}), ErrorCode::WrongStatus),
        ("POST", "/tasks/Report_1/done", json!({}), ErrorCode::WrongStatus),
        ("GET", "/catalog/export?format=compass&ref=group:payments", Value::Null, ErrorCode::NotExportable),
        ("GET", "/runs/1/graph?collapse=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/runs/99/graph", Value::Null, ErrorCode::NoSuchRun),
        ("GET", "/runs/99/graph.svg", Value::Null, ErrorCode::NoSuchRun),
        ("GET", "/runs/99/timeline", Value::Null, ErrorCode::NoSuchRun),
        ("GET", "/runs/99/changes", Value::Null, ErrorCode::NoSuchRun),
        ("GET", "/runs/1/changes?since=today", Value::Null, ErrorCode::BadParameter),
        ("GET", "/tasks/none/graph", Value::Null, ErrorCode::NoSuchTask),
        ("GET", "/tasks/Report_1/graph?direction=odd", Value::Null, ErrorCode::BadParameter),
        ("GET", "/catalog/entities/component/default/none/graph", Value::Null, ErrorCode::NoSuchEntity),
        ("GET", "/catalog/entities/component/default/extracts/graph?direction=x", Value::Null, ErrorCode::BadParameter),
        ("GET", "/runs/2/graph.svg?collapse=none", Value::Null, ErrorCode::GraphTooLarge),
    ];
    edge.fan("w2", super::limits::SVG_NODES_MAX).await;
    for (method, path, body, expected) in cases {
        let (status, value) = edge.call(method, &format!("/api/v1{path}"), body).await;
        note(status, &value, expected);
    }
    let with = |name: &str, value: &str| {
        let request = Request::builder().method("POST").uri("/api/v1/pause").header(name, value);
        edge.send(request.body(Body::from("{}")).expect("a request"))
    };
    let (status, value) = with("content-type", "text/plain").await;
    note(status, &value, ErrorCode::NotJson);
    let (status, value) = with("host", "evil.example.com").await;
    note(status, &value, ErrorCode::WrongHost);

    edge.post("/access/services", json!({"name": "ci", "owner": "payments"})).await;
    for _ in 0..bussola_domain::command::TOKENS_EACH_MAX {
        edge.post("/access/principals/1/tokens", json!({"label": "x"})).await;
    }
    let (status, value) = edge.call("POST", "/api/v1/access/principals/1/tokens", json!({"label": "x"})).await;
    note(status, &value, ErrorCode::TooManyTokens);
    for (knows_providers, expected) in [(false, ErrorCode::Denied), (true, ErrorCode::NotIdentified)] {
        let closed = Edge::guarded(Arc::new(super::access_tests::NOTHING), knows_providers, |_| {});
        let (status, value) = closed.call("POST", "/api/v1/pause", json!({})).await;
        note(status, &value, expected);
    }
    let (status, value) = edge.call("GET", "/tile/0/999", Value::Null).await;
    note(status, &value, ErrorCode::NoSuchTile);

    let stubborn = Edge::with(|settings| {
        settings.scheduler.pause_enabled = false;
        settings.scheduler.send_messages = false;
    });
    let (status, value) = stubborn.call("POST", "/api/v1/pause", json!({})).await;
    note(status, &value, ErrorCode::PauseDisabled);
    stubborn.talking("w").await;
    let (status, value) = stubborn.call("POST", "/api/v1/tasks/Talks_1/messages", json!({"content": "x"})).await;
    note(status, &value, ErrorCode::NoMessages);
    // Two minutes later its worker has been silent for too long.
    stubborn
        .app
        .execute_itself("time", Timestamp::from_seconds(NOW.parse::<f64>().expect("a time") + 120.0), Prune)
        .await
        .expect("kept");
    let (status, value) = stubborn.call("POST", "/api/v1/runs/1/retry", json!({})).await;
    note(status, &value, ErrorCode::RunOver);

    let places = edge.api.watchers.clone();
    let taken = places.acquire_many(super::limits::WATCHERS_MAX as u32).await.expect("places");
    let (status, value) = edge.call("GET", "/api/v1/events", Value::Null).await;
    note(status, &value, ErrorCode::TooManyWatchers);
    drop(taken);

    let store = edge.app.store.clone();
    tokio::task::spawn_blocking(move || store.close()).await.expect("the store closes");
    let (status, value) = edge.call("POST", "/api/v1/pause", json!({})).await;
    note(status, &value, ErrorCode::LedgerUnavailable);

    // A body that takes a minute, a damaged ledger and a bug are not made here; their conversion is.
    let damaged = bussola_store::StoreError::Unreadable { seq: 3, reason: "bad".into() };
    assert_eq!(ApiError::from(damaged).code, ErrorCode::LedgerDamaged);
    let bug = bussola_store::StoreError::Panicked { message: "bug".into() };
    assert_eq!(ApiError::from(bug).code, ErrorCode::Internal);
    let untested = [ErrorCode::BodyTooSlow, ErrorCode::LedgerDamaged, ErrorCode::Internal];
    let missing: Vec<_> =
        ErrorCode::ALL.iter().filter(|code| !seen.contains_key(code) && !untested.contains(code)).collect();
    assert!(missing.is_empty(), "without a test: {missing:?}");
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let edge = Edge::new();
    let request = Request::builder().uri("/api/v1/pause").body(Body::empty()).expect("a request");
    let reply = edge.router.clone().oneshot(request).await.expect("a router always answers");
    assert_eq!(reply.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(reply.headers()["allow"], "POST");
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let edge = Edge::company().await;
    let before = (edge.get("/ledger/head").await, edge.get("/catalog/entities").await);
    let text = manifests()[0]["text"].clone();
    // Declared at another path already.
    let (status, value) =
        edge.call("POST", "/api/v1/catalog/apply", json!({"manifests": [{"path": "b/x.yaml", "text": text}]})).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let problem = &value["problems"][0];
    assert_eq!((problem["code"].as_str(), problem["path"].as_str()), (Some("B0131"), Some("b/x.yaml")));
    assert!(problem["line"].is_u64() && problem["column"].is_u64(), "{problem}");
    let checked = edge.post("/catalog/check", json!({"manifests": [{"path": "b/x.yaml", "text": text}]})).await;
    assert_eq!(checked["valid"], false);
    assert_eq!((edge.get("/ledger/head").await, edge.get("/catalog/entities").await), before);
}

#[tokio::test]
async fn an_apply_says_what_it_changed() {
    let edge = Edge::company().await;
    let again = edge.post("/catalog/apply", json!({"manifests": manifests()})).await;
    let unknown = json!([{"ref": "component:default/board", "owner": "group:default/finance", "path": "a/catalog-info.yaml", "line": 11}]);
    let expected = json!({"manifests": 2, "entities": 3, "declared": [], "removed": [], "unknown_owners": unknown});
    assert_eq!(again, expected);
    let gone = edge.post("/catalog/check", json!({"manifests": [], "scope": {"kind": "everything"}})).await;
    assert_eq!(gone["would"]["removed"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_failure_is_explained_across_components() {
    let edge = Edge::company().await;
    let run = edge.get("/runs/1").await;
    assert_eq!(run["outcome"], "failed");
    assert_eq!(run["who"], json!({"worker": "w1", "host": "node-7", "user": "ana", "pid": 42}));
    assert_eq!(run["parameters"], json!([{"name": "date", "value": "2026-03-02"}]));
    assert_eq!(run["tasks"]["failed"], 1);

    let answer = edge.get("/runs/1/explain").await;
    assert_eq!((answer["task"].as_str(), answer["status"].as_str()), (Some("Report_1"), Some("PENDING")));
    let cause = &answer["causes"][0];
    assert_eq!(cause["task"], "Extract_1");
    assert_eq!(cause["kind"], "failed");
    assert_eq!(cause["path"], json!(["Report_1", "Extract_1"]));
    assert_eq!(cause["component"], "component:default/extracts");
    assert_eq!(cause["ownership"]["owner"], json!({"ref": "group:default/payments", "name": "Payments"}));
    assert!(cause["error"]["text"].as_str().is_some_and(|text| text.contains("ValueError: no comma")));
    assert_eq!(cause["tasks_affected"], json!(["Report_1"]));
    let affected: Vec<&str> = cause["components_affected"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|item| item["ref"].as_str())
        .collect();
    assert!(affected.contains(&"component:default/board"), "{affected:?}");
    assert_eq!(cause["next"][0]["text"], "ask Payments: component:default/extracts is theirs");

    // The task alone gives the same first cause.
    let task = edge.get("/tasks/Report_1/explain").await;
    assert_eq!(task["causes"][0]["task"], "Extract_1");
    // The owner that only Luigi knows is shown by the name that it gave, and can be asked for by it.
    let report = edge.get("/catalog/entities/component/default/report").await;
    assert_eq!(report["owner"], json!({"name": "finance@example.com"}));
    assert_eq!(edge.get("/owners/finance@example.com").await["total"], 1);
    assert_eq!(edge.get("/catalog/entities?owner=finance@example.com").await["total"], 1);
}

#[tokio::test]
async fn a_list_says_how_everything_fares_and_why() {
    let edge = Edge::company().await;
    let page = edge.get("/catalog/entities?kind=component&sort=health&facets=true").await;
    let shown = |page: &Value| -> Vec<String> {
        let text =
            |item: &Value| format!("{} {}", item["ref"].as_str().unwrap_or(""), item["health"].as_str().unwrap_or(""));
        page["items"].as_array().expect("a list").iter().map(text).collect()
    };
    // The pipeline that failed is a component of its own; nothing is known of the others, whose tasks it runs.
    let expected =
        ["component:default/report failing", "component:default/board unknown", "component:default/extracts unknown"];
    assert_eq!(shown(&page), expected);
    let health = page["facets"].as_array().expect("facets").iter().find(|facet| facet["name"] == "health");
    let values = json!([{"value": "unknown", "count": 2}, {"value": "failing", "count": 1}]);
    assert_eq!(health.expect("a facet")["values"], values);
    let owner = page["facets"].as_array().expect("facets").iter().find(|facet| facet["name"] == "owner");
    assert!(
        owner.expect("a facet")["values"]
            .as_array()
            .expect("values")
            .contains(&json!({"value": "group:default/payments", "label": "Payments", "count": 1}))
    );
    let report = edge.get("/catalog/entities/component/default/report").await;
    let reason = &report["health_reasons"][0];
    assert_eq!((&reason["reason"], &reason["run"]), (&json!("pipeline_fails"), &json!(1)), "{report}");
    assert_eq!(edge.get("/catalog/entities?health=failing").await["total"], 1);
    assert_eq!(edge.get("/catalog/entities?owner=payments,finance").await["total"], 2);
    assert_eq!(edge.get("/catalog/entities?text=pay%20comp").await["total"], 0);
}

#[tokio::test]
async fn the_ledger_is_read_as_sentences() {
    let edge = Edge::company().await;
    edge.post("/tasks/Extract_1/forgive", json!({})).await;
    edge.put("/resources/gpu", json!({"total": 2})).await;
    let sentences = |query: &'static str| {
        let edge = &edge;
        async move {
            let page = edge.get(&format!("/ledger/entries?{query}")).await;
            let items = page["items"].as_array().expect("a list").clone();
            items.iter().map(|entry| entry["sentence"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>()
        }
    };
    let all = sentences("limit=1000").await;
    assert!(all.iter().all(|sentence| !sentence.is_empty()), "{all:?}");
    assert_eq!(
        sentences("subject=task:Extract_1&order=desc").await,
        [
            "local forgave the failure of task Extract(date=2026-03-02): it is PENDING",
            "worker w1 reported task Extract(date=2026-03-02) FAILED",
            "worker w1 got task Extract(date=2026-03-02)",
            "worker w1 reported task Extract(date=2026-03-02) PENDING",
        ]
    );
    let declared = "manifest a/catalog-info.yaml declared component extracts, owner payments";
    assert_eq!(sentences("subject=component:default/extracts").await, [declared]);
    // What its pipeline showed is about the component.
    assert_eq!(
        sentences("subject=component:default/report").await,
        [
            "pipeline Report ran for the first time",
            "pipeline Report showed 1 new pipeline that it needs",
            "pipeline Report showed 1 new task family",
        ]
    );
    assert_eq!(sentences("kind=resources.&principal=local").await, ["local set resources: gpu 2"]);
    assert!(sentences("kind=resources.&principal=other").await.is_empty());
    assert!(sentences("until=2000-01-01T00:00:00Z").await.is_empty());
    assert_eq!(sentences("since=2026-11-25T03:12:09.5Z&limit=1000").await, all);

    // From either end the pages have everything.
    for order in ["asc", "desc"] {
        let (mut seen, mut from) = (Vec::new(), String::new());
        loop {
            let page = edge.get(&format!("/ledger/entries?order={order}&kind=task.&limit=2{from}")).await;
            seen.extend(page["items"].as_array().expect("a list").iter().map(|entry| entry["seq"].as_u64()));
            let Some(next) = page["next_from"].as_u64() else { break };
            from = format!("&from={next}");
        }
        assert!(seen.len() > 3 && seen.is_sorted_by(|a, b| if order == "asc" { a < b } else { a > b }), "{seen:?}");
    }
}

#[tokio::test]
async fn a_run_is_tried_again_as_a_whole() {
    let edge = Edge::new();
    let task = |id: &str, status: &str| json!({"worker": "w1", "task_id": id, "family": "Other", "status": status});
    edge.luigi("add_task", task("Root_1", "PENDING")).await;
    edge.luigi("add_task", task("Extract_1", "FAILED")).await;
    for status in ["PENDING", "FAILED"] {
        let mut disabled = task("Disabled_1", status);
        disabled["retry_policy_dict"] = json!({"retry_count": 1, "disable_hard_timeout": 9e9, "disable_window": 9e9});
        edge.luigi("add_task", disabled).await;
    }
    edge.luigi("add_task", task("Off_1", "DISABLED")).await;
    // Another run's failures are not this one's.
    edge.luigi("add_task", json!({"worker": "w2", "task_id": "Alone_1", "family": "Alone", "status": "FAILED"})).await;
    let retry = edge.post("/runs/1/retry", json!({})).await;
    let items = json!([{"id": "Extract_1", "was": "FAILED"}, {"id": "Disabled_1", "was": "DISABLED"}]);
    assert_eq!(retry, json!({"run": 1, "items": items, "total": 2, "left": ["Off_1"], "left_total": 1}));
    for (id, status) in
        [("Extract_1", "PENDING"), ("Disabled_1", "PENDING"), ("Off_1", "DISABLED"), ("Alone_1", "FAILED")]
    {
        assert_eq!(edge.get(&format!("/tasks/{id}")).await["now"]["status"], status, "{id}");
    }
    let again = edge.post("/runs/1/retry", json!({})).await;
    assert_eq!((&again["total"], &again["left_total"]), (&json!(0), &json!(1)));
}

#[tokio::test]
async fn more_failures_than_one_step_takes_are_all_tried_again() {
    let edge = Edge::new();
    let count = bussola_domain::command::RETRY_STEP_MAX * 2 + 1;
    for number in 0..count {
        let task = json!({"worker": "w", "task_id": format!("F_{number}"), "family": "F", "status": "FAILED"});
        edge.luigi("add_task", task).await;
    }
    let retry = edge.post("/runs/1/retry", json!({})).await;
    assert_eq!((&retry["total"], retry["items"].as_array().map(Vec::len)), (&json!(count), Some(count)));
    assert_eq!(edge.get("/status").await["tasks"]["failed"], 0);
}

#[tokio::test]
async fn workers_and_tasks_are_told() {
    let edge = Edge::company().await;
    edge.talking("w3").await;
    let worker = edge.put("/workers/w3/processes", json!({"processes": 4})).await;
    assert_eq!((&worker["who"]["worker"], &worker["messages"]), (&json!("w3"), &json!(1)));
    let sent = edge.post("/tasks/Talks_1/messages", json!({"content": "how far?"})).await;
    assert_eq!(sent["worker"], "w3");
    let id = sent["message"].as_str().expect("an id");
    let answer = format!("/tasks/Talks_1/messages/{id}");
    assert_eq!(edge.get(&answer).await, json!({"answered": false}));
    let messages = edge.luigi("ping", json!({"worker": "w3"})).await;
    let kwargs = json!({"task_id": "Talks_1", "message_id": id, "content": "how far?"});
    let expected = json!([
        {"name": "set_worker_processes", "kwargs": {"n": 4}},
        {"name": "dispatch_scheduler_message", "kwargs": kwargs}
    ]);
    assert_eq!(messages["rpc_messages"], expected);
    let response = json!({"task_id": "Talks_1", "message_id": id, "response": "half"});
    edge.luigi("add_scheduler_message_response", response).await;
    // Reading changes nothing.
    for _ in 0..2 {
        assert_eq!(edge.get(&answer).await, json!({"answered": true, "response": "half"}));
    }
    let worker = edge.post("/workers/w3/disable", json!({})).await;
    assert_eq!((&worker["disabled"], &worker["running"]), (&json!(true), &json!(["Talks_1"])));
    let size = edge.app.store.head().size;
    // A second time is no change.
    edge.post("/workers/w3/disable", json!({})).await;
    // A worker that is not here is not made by being spoken to.
    let (status, _) = edge.call("POST", "/api/v1/workers/ghost/disable", json!({})).await;
    assert_eq!((status, edge.app.store.head().size), (StatusCode::NOT_FOUND, size));
}

#[tokio::test]
async fn a_manifest_is_shown_as_it_was_written() {
    let edge = Edge::company().await;
    let source = edge.get("/catalog/entities/component/default/board/manifest").await;
    assert_eq!((&source["path"], &source["text"]), (&json!("a/catalog-info.yaml"), &manifests()[0]["text"]));
    let place = ["line", "line_end", "first_line"].map(|name| source[name].as_u64().unwrap_or(0));
    assert_eq!(place, [11, 16, 1]);
}

#[tokio::test]
async fn teams_are_counted() {
    let edge = Edge::company().await;
    let user = "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: ana}\nspec: {memberOf: [payments]}\n";
    edge.post("/catalog/apply", json!({"manifests": [{"path": "b/catalog-info.yaml", "text": user}]})).await;
    let team = |name: &str, exists: bool, members: usize| {
        let title = if exists { "Payments" } else { name };
        json!({
            "ref": format!("group:default/{name}"), "name": title, "exists": exists, "members": members, "subgroups": 0,
            "owned": 1, "failing": 0, "at_risk": 0
        })
    };
    let teams = edge.get("/teams").await;
    assert_eq!(teams["items"], json!([team("finance", false, 0), team("payments", true, 1)]));
    let largest = edge.get("/teams?sort=members&order=desc&limit=1").await;
    assert_eq!((&largest["items"][0]["name"], &largest["next_offset"]), (&json!("Payments"), &json!(1)));
    assert_eq!(edge.get("/teams?text=fin").await["total"], 1);
}

#[tokio::test]
async fn a_search_finds_everything_by_its_name() {
    let edge = Edge::company().await;
    let found = |q: &'static str| {
        let edge = &edge;
        async move {
            let answer = edge.get(&format!("/search?q={q}")).await;
            let hit = |hit: &Value| {
                let text = |name: &str| hit[name].as_str().unwrap_or("-").to_owned();
                format!("{} {} {} {}", text("kind"), text("id"), text("fit"), text("status"))
            };
            answer["items"].as_array().expect("a list").iter().map(hit).collect::<Vec<_>>()
        }
    };
    let expected = [
        "component component:default/report exact failing",
        "pipeline Report exact failing",
        "run 1 exact failed",
        "task Report_1 prefix PENDING",
    ];
    assert_eq!(found("REPORT").await, expected);
    let expected = ["component component:default/extracts prefix unknown", "task Extract_1 prefix FAILED"];
    assert_eq!(found("extr").await, expected);
    assert_eq!(found("1%20extract").await, ["task Extract_1 word_start FAILED"]);
    assert_eq!(found("component:default/ext").await, ["component component:default/extracts prefix unknown"]);
    assert_eq!(found("pay").await, ["team group:default/payments prefix unknown"]);
    assert_eq!(found("finance@").await, ["team finance@example.com prefix -"]);
    assert_eq!(found("%231").await, ["run 1 exact failed"]);
    assert!(found("").await.is_empty() && found("nothing").await.is_empty());

    let answer = edge.get("/search?q=report&limit=1&kind=task,run").await;
    assert_eq!(answer["totals"], json!([{"kind": "run", "total": 1}, {"kind": "task", "total": 1}]));
    let hit = json!({
        "kind": "run", "id": "1", "title": "Report #1", "fit": "exact", "of": "Report", "status": "failed",
        "owner": {"name": "finance@example.com"}, "started": "2026-11-25T03:12:09.500000Z"
    });
    assert_eq!(answer["items"], json!([hit]));
    let long = "x".repeat(super::limits::SEARCH_CHARS_MAX);
    edge.get(&format!("/search?q={long}")).await;
    let (status, _) = edge.call("GET", &format!("/api/v1/search?q={long}x"), Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn runs_are_filtered_and_counted() {
    let edge = Edge::company().await;
    let total = |path: &'static str| {
        let edge = &edge;
        async move { edge.get(path).await["total"].clone() }
    };
    assert_eq!(total("/runs").await, 1);
    assert_eq!(total("/runs?owner=finance@example.com").await, 1);
    assert_eq!(total("/runs?owner=finance@example.com&pipeline=Other").await, 0);
    assert_eq!(total("/runs?owner=payments").await, 0);
    assert_eq!(total("/runs?owner=nobody").await, 0);
    assert_eq!(total("/runs?since=2099-01-01T00:00:00Z").await, 0);
    assert_eq!(total("/runs?before=1").await, 1);
    assert_eq!(edge.get("/runs").await["items"][0]["worker_here"], true);
}

#[tokio::test]
async fn a_pipeline_says_how_it_fares() {
    let edge = Edge::company().await;
    let pipelines = edge.get("/pipelines").await;
    let pipeline = &pipelines["items"][0];
    assert_eq!((&pipeline["pipeline"], &pipeline["success_rate"]), (&json!("Report"), &json!(0.0)));
    assert_eq!((&pipeline["running"], &pipeline["runs"][0]["outcome"]), (&json!(0), &json!("failed")));
    assert!(pipeline["failing_since"].is_string(), "{pipeline}");
    assert_eq!(edge.get("/pipelines?owner=payments").await["total"], 0);
}

#[tokio::test]
async fn tasks_of_a_run_are_counted_and_what_failed_comes_first() {
    let edge = Edge::company().await;
    let page = edge.get("/runs/1/tasks?sort=status&status=FAILED").await;
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
    // As its author would read it in a log, not as Luigi's client wrote it.
    let text = "Traceback (most recent call last):\n  File \"a.py\"\nValueError: no comma\n";
    assert_eq!(page["items"][0]["attempts"][0]["error"]["text"], text);
    assert_eq!((&page["statuses"]["failed"], &page["statuses"]["pending"]), (&json!(1), &json!(1)));
    assert_eq!(page["families"], json!([{"family": "Extract", "count": 1}]));
    let first = &edge.get("/runs/1/tasks?sort=status").await["items"][0];
    assert_eq!(first["id"], "Extract_1");
}

#[tokio::test]
async fn a_run_that_ended_stays_as_it_was() {
    let edge = Edge::company().await;
    edge.luigi("mark_as_done", json!({"task_id": "Extract_1"})).await;
    assert_eq!(edge.get("/runs/1/explain").await["causes"][0]["kind"], "failed");
    // The task is asked about as it is now.
    assert_eq!(edge.get("/tasks/Extract_1/explain").await["causes"], json!([]));
}

#[tokio::test]
async fn a_run_has_a_graph_and_a_time_line() {
    let edge = Edge::company().await;
    let graph = edge.get("/runs/1/graph").await;
    assert_eq!(
        (graph["run"].as_u64(), graph["root"].as_str(), graph["tasks"].as_u64()),
        (Some(1), Some("Report_1"), Some(2))
    );
    let owner = json!({"ref": "group:default/payments", "name": "Payments"});
    assert_eq!(
        graph["families"],
        json!([
            {"name": "Extract", "tasks": 1, "component": "component:default/extracts", "owner": owner, "foreign": true},
            {"name": "Report", "tasks": 1, "component": "component:default/report", "owner": {"name": "finance@example.com"}}
        ])
    );
    let extract = &graph["nodes"][0];
    let place = json!({
        "id": "Extract_1", "detail": "2026-03-02", "family": 0, "status": "FAILED", "attempts": 1, "started_ms": 0,
        "ended_ms": 0, "critical": true, "x": 0, "y": 0, "w": 188, "h": 40, "layer": 0
    });
    assert_eq!(extract, &place);
    assert_eq!((&graph["edges"], graph.get("back")), (&json!([[0, 1]]), None));
    // What happens to tasks does not move them.
    edge.luigi("mark_as_done", json!({"task_id": "Extract_1"})).await;
    assert_eq!(edge.get("/runs/1/graph?collapse=none").await["structure"], graph["structure"]);
    // The scheduler knows better than a run that has ended.
    let near = edge.get("/tasks/Report_1/graph").await;
    assert_eq!((near["tasks"].as_u64(), near["nodes"][0]["status"].as_str()), (Some(2), Some("DONE")));
    assert_eq!(edge.get("/tasks/Report_1/graph?direction=down").await["tasks"], 1);

    let line = edge.get("/runs/1/timeline").await;
    let bar = json!({"task": "Extract_1", "family": 0, "worker": 0, "started_ms": 0, "ended_ms": 0, "outcome": "failed", "critical": true});
    assert_eq!(line["bars"], json!([bar]));
    assert_eq!((&line["families"], &line["workers"]), (&json!(["Extract"]), &json!(["w1"])));
}

#[tokio::test]
async fn a_follower_is_told_what_changed() {
    let edge = Edge::company().await;
    let first = edge.get("/runs/1/changes").await;
    // What there is as a whole is asked for elsewhere.
    assert_eq!((&first["tasks"], first["cut"].as_bool()), (&json!([]), Some(false)));
    // What is told next overlaps with what was told.
    assert!(first["next_since"].as_str() < Some(&super::wire::time(crate::app::system_now())));
    let told = edge.get("/runs/1/changes?since=2020-01-01T00:00:00Z").await;
    assert_eq!(told["structure"], first["structure"]);
    let ids = |told: &Value| -> Vec<String> {
        let tasks = told["tasks"].as_array().expect("tasks");
        tasks.iter().map(|task| task["id"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(ids(&told), ["Extract_1", "Report_1"]);
    assert_eq!(told["critical"], json!([{"id": "Extract_1", "family": "Extract"}]));
    assert_eq!(told["families"][0]["counts"]["failed"], 1);
    assert_eq!(ids(&edge.get("/runs/1/changes?since=2100-01-01T00:00:00Z").await), [""; 0]);

    // One more task: whoever follows reads the whole.
    let edge = Edge::new();
    let add = |id: &str| json!({"worker": "w", "task_id": id, "family": "F", "status": "PENDING"});
    edge.luigi("add_task", add("F_1")).await;
    let before = edge.get("/runs/1/changes").await;
    edge.luigi("add_task", add("F_2")).await;
    assert_ne!(edge.get("/runs/1/changes").await["structure"], before["structure"]);
}

#[tokio::test]
async fn a_large_run_opens_grouped() {
    let edge = Edge::new();
    edge.fan("w", bussola_domain::grouping::GROUPED_ABOVE).await;
    let graph = edge.get("/runs/1/graph").await;
    assert_eq!(graph["nodes"].as_array().map(Vec::len), Some(2));
    let leaves = &graph["nodes"][0];
    assert_eq!((leaves.get("id"), &leaves["counts"]["unknown"]), (None, &json!(300)));
    assert_eq!(edge.get("/runs/1/graph?expand=Leaf").await["nodes"].as_array().map(Vec::len), Some(301));
    // The picture of each is known by its name.
    assert_ne!(edge.get("/runs/1/graph?expand=Leaf").await["structure"], graph["structure"]);
    let many = vec!["x"; super::limits::EXPANDED_MAX + 1].join(",");
    let (status, _) = edge.call("GET", &format!("/api/v1/runs/1/graph?expand={many}"), Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_entity_has_a_graph() {
    let edge = Edge::company().await;
    let graph = edge.get("/catalog/entities/component/default/extracts/graph?depth=1").await;
    let told: Vec<_> = graph["nodes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|node| {
            (node["ref"].as_str().unwrap_or(""), node["health"].as_str().unwrap_or(""), node["distance"].as_i64())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("component:default/extracts", "unknown", Some(0)),
            ("resource:default/bank-files", "missing", Some(-1)),
            ("component:default/board", "unknown", Some(1)),
            ("component:default/report", "failing", Some(1)),
        ]
    );
    assert_eq!(graph["edges"].as_array().map(Vec::len), graph["relations"].as_array().map(Vec::len));
    assert_eq!(graph["total"], 4);
    // What stands on something that fails is at risk here, too.
    let text = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: reader\nspec:\n  type: service\n  \
                lifecycle: production\n  owner: payments\n  dependsOn: [component:report]\n";
    let manifests = json!({"manifests": [{"path": "reader/catalog-info.yaml", "text": text}]});
    let (status, _) = edge.call("POST", "/api/v1/catalog/apply", manifests).await;
    assert_eq!(status, StatusCode::OK);
    let graph = edge.get("/catalog/entities/component/default/report/graph?depth=1").await;
    let reader = graph["nodes"].as_array().and_then(|nodes| nodes.iter().find(|node| node["title"] == "reader"));
    assert_eq!(reader.map(|node| &node["health"]), Some(&json!("at_risk")));
}

/// An answer with its headers.
async fn reply(edge: &Edge, path: &str, headers: &[(&str, &str)]) -> http::Response<Body> {
    let mut request = Request::builder().uri(format!("/api/v1{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    edge.router.clone().oneshot(request).await.expect("a router always answers")
}

#[tokio::test]
async fn a_graph_that_has_not_changed_is_not_sent_again() {
    let edge = Edge::company().await;
    let first = reply(&edge, "/runs/1/graph", &[]).await;
    assert_eq!(first.headers()["content-type"], "application/json");
    let tag = first.headers()["etag"].to_str().expect("a tag").to_owned();
    let again = reply(&edge, "/runs/1/graph", &[("if-none-match", &tag)]).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_drawing_can_do_nothing_but_be_seen() {
    let edge = Edge::new();
    let task =
        json!({"worker": "w", "task_id": "T_<script>_1", "family": "T</title><script>", "params": {"x": "]]>&\u{1}"}});
    edge.luigi("add_task", task).await;
    let drawn = reply(&edge, "/runs/1/graph.svg", &[]).await;
    assert_eq!(drawn.headers()["content-type"], "image/svg+xml");
    let policy = drawn.headers()["content-security-policy"].to_str().expect("a policy").to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    let bytes = drawn.into_body().collect().await.expect("the body is whole").to_bytes();
    let svg = String::from_utf8(bytes.to_vec()).expect("text");
    assert!(svg.contains("T&lt;/title&gt;&lt;script&gt;") && svg.contains("]]&gt;&amp;\u{fffd}"), "{svg}");
    for never in ["<script", "href", "onload", " style=", "\u{1}", "url("] {
        assert!(!svg.contains(never), "{never} in {svg}");
    }
    // At the limit it is drawn; one more is refused, as is tested with all codes.
    edge.fan("w2", super::limits::SVG_NODES_MAX - 1).await;
    assert_eq!(reply(&edge, "/runs/2/graph.svg?collapse=none", &[]).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_in_order_is_listed() {
    let edge = Edge::company().await;
    let problems = edge.get("/catalog/problems").await;
    let targets: BTreeSet<&str> =
        problems["dangling"].as_array().expect("a list").iter().filter_map(|item| item["target"].as_str()).collect();
    assert_eq!(
        targets,
        BTreeSet::from(["component:default/nowhere", "group:default/finance", "resource:default/bank-files"])
    );
    assert_eq!(problems["dangling"][0]["place"]["path"], "a/catalog-info.yaml");
    let status = edge.get("/status").await;
    assert_eq!(status["catalog"]["dangling"], 3);
    // Counts are kept until the catalog changes, and made anew then.
    edge.post("/catalog/apply", json!({"manifests": [], "scope": {"kind": "everything"}})).await;
    assert_eq!(edge.get("/status").await["catalog"]["dangling"], 0);
}

#[tokio::test]
async fn pages_follow_each_other() {
    let edge = Edge::company().await;
    let mut seen = Vec::new();
    let mut next = Some(0);
    while let Some(offset) = next {
        let page = edge.get(&format!("/catalog/entities?limit=1&offset={offset}")).await;
        seen.extend(page["items"].as_array().expect("a list").iter().map(|item| item["ref"].to_string()));
        next = page["next_offset"].as_u64();
    }
    assert_eq!(seen.len() as u64, edge.get("/catalog/entities").await["total"].as_u64().unwrap_or(0));
    assert_eq!(edge.get("/runs?limit=1").await.get("next_before"), None);
    let page = edge.get("/runs/1/tasks?limit=1").await;
    assert_eq!((page["total"].as_u64(), page["next_offset"].as_u64()), (Some(2), Some(1)));
}

#[tokio::test]
async fn an_entry_is_proven_by_what_the_api_gives() {
    let edge = Edge::company().await;
    let proof = edge.get("/ledger/entries/2/proof").await;
    let text = |name: &str| proof[name].as_str().expect("a text").to_owned();
    let parsed: bussola_ledger::InclusionProofText = text("proof").parse().expect("a proof");
    let key: bussola_ledger::VerifyingKey = text("vkey").parse().expect("a key");
    let checkpoint = parsed.verify(text("leaf").as_bytes(), &key).expect("it proves the entry");
    assert_eq!(checkpoint.size, edge.get("/ledger/head").await["size"].as_u64().unwrap_or(0));
    // The leaves alone rebuild the tree.
    let (_, leaves) = edge.call("GET", "/api/v1/ledger/leaves", Value::Null).await;
    let mut frontier = bussola_ledger::Frontier::new();
    for leaf in leaves.as_str().expect("lines").lines() {
        frontier.append(bussola_ledger::leaf_hash(leaf.as_bytes()));
    }
    assert_eq!(frontier.root(), checkpoint.root);
}

/// Reads a stream until it has so many events.
async fn events(edge: &Edge, path: &str, last: Option<u64>, number: usize) -> Vec<u64> {
    let mut request = Request::builder().uri(format!("/api/v1{path}"));
    if let Some(last) = last {
        request = request.header("last-event-id", last.to_string());
    }
    let request = request.body(Body::empty()).expect("a request");
    let reply = edge.router.clone().oneshot(request).await.expect("a router always answers");
    assert_eq!(reply.headers()["content-type"], "text/event-stream");
    let mut body = reply.into_body();
    let mut text = String::new();
    while text.matches("\ndata: ").count() < number {
        let frame = body.frame().await.expect("the stream goes on").expect("the stream is whole");
        text.push_str(&String::from_utf8_lossy(&frame.into_data().expect("data")));
    }
    let ids = text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
    let data = text.lines().find_map(|line| line.strip_prefix("data: ")).expect("data");
    let data: Value = serde_json::from_str(data).expect("JSON");
    assert!(data["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{data}");
    ids
}

#[tokio::test]
async fn the_stream_resumes_where_a_client_left_off() {
    let edge = Edge::company().await;
    let size = edge.app.store.head().size;
    assert_eq!(events(&edge, "/events?from=0", None, size as usize).await, (0..size).collect::<Vec<_>>());
    assert_eq!(events(&edge, "/events", Some(size - 3), 2).await, vec![size - 2, size - 1]);
    // What comes while a client listens, and right after the end that it knew.
    let (seen, _) = tokio::join!(events(&edge, "/events", Some(size - 1), 1), async {
        tokio::task::yield_now().await;
        edge.post("/pause", json!({})).await
    });
    assert_eq!(seen, vec![size]);
}

#[tokio::test]
async fn the_stream_ends_when_the_server_stops() {
    let edge = Edge::company().await;
    let request = Request::builder().uri("/api/v1/events").body(Body::empty()).expect("a request");
    let reply = edge.router.clone().oneshot(request).await.expect("a router always answers");
    let mut body = reply.into_body();
    body.frame().await.expect("a first comment").expect("the stream is whole");
    edge.api.stop();
    assert!(body.frame().await.is_none(), "the stream goes on");
}

/// What is generated is committed. With `BUSSOLA_UPDATE=1` it is written anew.
fn is_current(path: &str, generated: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("BUSSOLA_UPDATE").is_some() {
        std::fs::write(&path, generated).expect("the checkout can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "{} is not current: run the tests with BUSSOLA_UPDATE=1", path.display());
}

#[test]
fn the_committed_openapi_document_is_current() {
    is_current("openapi.json", &openapi());
}

/// The document names shapes by their type alone: of two with one name it would keep the last, and say nothing.
#[test]
fn every_shape_has_a_name_of_its_own() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let wire = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/wire");
    for file in std::fs::read_dir(wire).expect("the sources are here") {
        let path = file.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a source is text");
        for shape in text.split("ToSchema)]").skip(1) {
            let words = shape.split_once("pub ").map_or("", |(_, rest)| rest);
            let name = words.split([' ', '{', '<', '(', ';']).nth(1).unwrap_or("").to_owned();
            let place = path.display().to_string();
            assert_eq!(seen.insert(name.clone(), place.clone()), None, "a second `{name}` in {place}");
        }
    }
    assert!(seen.contains_key("NodePlace") && seen.len() > 50, "{seen:?}");
}

#[test]
fn the_table_of_codes_is_current() {
    let mut table = String::from(
        "# Errors of the REST API\n\n\
         The codes `B0201` to `B0299`, each with its HTTP status. *Retry*: the same request may succeed later; the answer \
         says `Retry-After`.\nThe body of every error is `{\"code\", \"message\", \"hint\"}`, for manifests also \
         `\"problems\"`.\n\n\
         | code | HTTP status | whose fault | retry | what |\n|---|---|---|---|---|\n",
    );
    for code in ErrorCode::ALL {
        let fault = match code.fault() {
            super::error::Fault::Caller => "the request",
            super::error::Fault::Server => "the server",
        };
        let retry = if code.is_temporary() { "yes" } else { "no" };
        table.push_str(&format!("| {code} | {} | {fault} | {retry} | {} |\n", code.status().as_u16(), code.summary()));
    }
    table.push_str(
        "\n## Files\n\nReading manifests, by the server and by the command line.\n\n| code | what |\n|---|---|\n",
    );
    for (code, summary) in crate::manifests::Refused::CODES {
        table.push_str(&format!("| {code} | {summary} |\n"));
    }
    is_current("docs/errors/api.md", &table);
}

#[test]
fn codes_are_unique_and_in_range() {
    let mut numbers: Vec<u16> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
    assert!(numbers.iter().all(|number| (201..300).contains(number)));
    numbers.dedup();
    assert_eq!(numbers.len(), ErrorCode::ALL.len());
}

#[tokio::test]
async fn a_message_that_was_erased_is_not_handed_over() {
    use bussola_domain::command::Erase;
    use bussola_store::Context;
    let edge = Edge::company().await;
    edge.talking("w3").await;
    edge.post("/tasks/Talks_1/messages", json!({"content": "ask ada@example.com"})).await;
    let response = json!({"task_id": "Talks_1", "message_id": "m", "response": "ada@example.com said no"});
    edge.luigi("add_scheduler_message_response", response).await;
    let context = Context { now: bussola_domain::id::Timestamp(0), caller: Caller::LOCAL };
    let erase = Erase { containing: "ada@example.com".into(), errors: Vec::new() };
    assert_eq!(edge.app.store.execute(context, erase).await.expect("it is written").names, 2);
    assert_eq!(edge.luigi("ping", json!({"worker": "w3"})).await, json!({"rpc_messages": []}));
    let answer = edge.luigi("get_scheduler_message_response", json!({"task_id": "Talks_1", "message_id": "m"})).await;
    assert_eq!(answer, json!({"response": null}));
}
