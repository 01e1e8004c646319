//! Who may do what over HTTP: no path and no method of Luigi's without a decision, and what tokens open.

use std::sync::Arc;

use axum::body::Body;
use bussola_domain::access::{Act, Action, Authorizer, Caller, Decision, Principal};
use bussola_domain::model::Model;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::tests::{Edge, requests};
use crate::luigi::Method;

/// Allows whom and what it is told to.
#[derive(Debug)]
pub(super) struct Allows(fn(&Caller, &Act) -> bool);

impl Authorizer for Allows {
    fn decide(&self, _: &Model, caller: &Caller, act: &Act) -> Decision {
        let allowed = (self.0)(caller, act);
        Decision { allowed, reason: Arc::from(if allowed { "policy:test@1" } else { "" }) }
    }
}

/// Nobody may do anything.
pub(super) const NOTHING: Allows = Allows(|_, _| false);

fn nothing() -> Edge {
    Edge::guarded(Arc::new(NOTHING), false, |_| {})
}

#[tokio::test]
async fn no_path_is_answered_without_a_decision() {
    let edge = nothing();
    let (mut refused, mut open) = (0, Vec::new());
    for (method, _, path, body) in requests() {
        let (status, answer) = edge.call(method, &format!("/api/v1{path}"), body).await;
        match status {
            StatusCode::OK => open.push(path),
            _ => {
                assert_eq!((status, &answer["code"]), (StatusCode::FORBIDDEN, &json!("B0229")), "{method} {path}");
                refused += 1;
            }
        }
    }
    // What is one's own, which is nothing for whoever is not known.
    assert_eq!(open, ["/me", "/me/sessions", "/me/tokens"]);
    assert!(refused > 50, "{refused}");
    let (status, _) = edge.call("GET", "/api/v1/events", Value::Null).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn no_method_of_luigis_is_answered_without_a_decision() {
    // Nothing is kept or told by these.
    let idle = ["report_task_statistics", "update_metrics_task_started"];
    let edge = nothing();
    let mut odd = Vec::new();
    for method in Method::ALL {
        let arguments = json!({
            "worker": "w", "task_id": "T_1", "task": "T_1", "task_str": "T", "status": "PENDING", "task_family": "T",
            "batched_args": [], "message_id": "m", "response": "r", "status_message": "s", "progress_percentage": 1,
            "decrease_resources": {}, "n": 1, "content": "c", "resource": "r", "amount": 1, "resources": {"r": 1},
            "info": {}, "task_name": "T", "family": "T", "params": {}, "expl": "e", "owners": [], "statistics": {},
        });
        let status = only_known(&edge, method.as_str(), arguments).await;
        let expected = if idle.contains(&method.as_str()) { StatusCode::OK } else { StatusCode::FORBIDDEN };
        if status != expected {
            odd.push((method.as_str(), status));
        }
    }
    assert!(odd.is_empty(), "{odd:?}");
}

/// Sends a call, without the arguments that the method does not know.
async fn only_known(edge: &Edge, method: &str, mut arguments: Value) -> StatusCode {
    loop {
        let data: String = arguments.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
        let request = Request::builder().method("POST").uri(format!("/api/{method}"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let (status, reply) = edge.send(request.body(Body::from(format!("data={data}"))).expect("a request")).await;
        let text = reply.to_string();
        let unknown = arguments.as_object().into_iter().flatten().map(|(name, _)| name.clone());
        let named = unknown.into_iter().find(|name| text.contains(&format!("`{name}`")));
        match (status, named) {
            (StatusCode::INTERNAL_SERVER_ERROR, Some(name)) => {
                arguments.as_object_mut().and_then(|members| members.remove(&name));
            }
            (status, _) => return status,
        }
    }
}

#[tokio::test]
async fn luigis_pages_are_not_shown_without_a_decision() {
    let edge = nothing();
    for path in ["/static/visualiser/index.html", "/tasklist", "/history", "/history/by_name/x", "/metrics"] {
        let (status, _) = edge.call("GET", path, Value::Null).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn a_denial_is_written_down_with_who_wanted_what() {
    let edge = Edge::guarded(Arc::new(Allows(|_, act| act.action == Action::ReadLedger)), false, |_| {});
    let (status, body) = edge.call("POST", "/api/v1/pause", json!({})).await;
    assert_eq!((status, &body["code"]), (StatusCode::FORBIDDEN, &json!("B0229")));
    let (status, _) = edge.call("GET", "/api/v1/runs", Value::Null).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let entries = edge.get("/ledger/entries?kind=access.denied").await;
    let denied: Vec<(&str, &str)> = (entries["items"].as_array().expect("entries").iter())
        .map(|entry| {
            let payload = &entry["payload"];
            (payload["action"].as_str().expect("a text"), payload["resource"].as_str().expect("a text"))
        })
        .collect();
    assert_eq!(denied, [("operateScheduler", "scheduler"), ("readRuns", "scheduler")]);
    assert_eq!(entries["items"][0]["principal"], "local");
}

#[tokio::test]
async fn a_token_says_who_acts_until_it_is_revoked() {
    let known_only = |caller: &Caller, _: &Act| matches!(caller.principal, Principal::Known(_));
    let edge = Edge::guarded(Arc::new(Allows(known_only)), true, |_| {});
    let me = edge.get("/me").await;
    assert_eq!((&me["principal"], &me["verified"]), (&json!("anonymous"), &json!(false)));
    let (status, body) = edge.call("GET", "/api/v1/runs", Value::Null).await;
    assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("B0228")));

    let secret = crate::secret::Secret::draw("bussola_").expect("random bits");
    let number = edge.service("ci", &secret).await;
    let bearer = format!("Bearer {}", secret.reveal());
    let basic = {
        use base64::Engine;
        let text = format!("token:{}", secret.reveal());
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
    };
    for authorization in [&bearer, &basic] {
        let (status, me) = edge.as_caller(authorization, "GET", "/api/v1/me", Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!((&me["kind"], &me["name"], &me["verified"]), (&json!("service"), &json!("ci"), &json!(true)));
    }
    let (status, _) = edge.as_caller(&bearer, "POST", "/api/v1/pause", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let (_, entries) =
        edge.as_caller(&bearer, "GET", "/api/v1/ledger/entries?kind=scheduler.paused", Value::Null).await;
    let entry = &entries["items"][0];
    assert_eq!(entry["principal"], format!("principal:{number}"));
    assert_eq!(entry["authority"], "token:1 policy:test@1");

    let (_, tokens) = edge.as_caller(&bearer, "GET", "/api/v1/me/tokens", Value::Null).await;
    assert_eq!((&tokens["items"][0]["token"], &tokens["items"][0]["current"]), (&json!(1), &json!(true)));
    let (status, made) =
        edge.as_caller(&bearer, "POST", "/api/v1/me/tokens", json!({"label": "second", "days": 1})).await;
    assert_eq!(status, StatusCode::OK, "{made}");
    let second = format!("Bearer {}", made["secret"].as_str().expect("a secret"));
    let (_, ended) = edge.as_caller(&second, "POST", "/api/v1/access/tokens/1/revoke", json!({})).await;
    assert_eq!(ended["ended"], 1);
    let (status, body) = edge.as_caller(&bearer, "GET", "/api/v1/runs", Value::Null).await;
    assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("B0228")), "revoked");
    for odd in ["Bearer", "Digest x", "Basic %%%", "Bearer bussola_unknown"] {
        let (status, body) = edge.as_caller(odd, "GET", "/api/v1/runs", Value::Null).await;
        assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("B0228")), "{odd}");
    }
}

impl Edge {
    /// A service that is known and has a token.
    async fn service(&self, name: &str, secret: &crate::secret::Secret) -> u32 {
        use bussola_domain::access::Kind;
        use bussola_domain::command::{IssueToken, Know, Profile};
        let now = crate::app::system_now();
        let profile = Profile {
            issuer: "test".into(),
            subject: name.into(),
            kind: Kind::Service,
            name: Some(name.into()),
            email: None,
            owner: None,
            active: true,
            groups: Default::default(),
            source: "claims".into(),
        };
        let principal = self.app.execute_itself("test", now, Know { profile }).await.expect("kept");
        let expires = bussola_domain::id::Timestamp(i64::MAX >> 12);
        let (label, actions) = ("first".to_owned(), Default::default());
        let command = IssueToken { principal, label, actions, expires, secret: secret.hash() };
        self.app.execute_itself("test", now, command).await.expect("kept").expect("a token");
        principal.0
    }

    async fn as_caller(&self, authorization: &str, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).header("host", "localhost:8082");
        let request = request.header("content-type", "application/json").header("authorization", authorization);
        let body = if method == "GET" { Body::empty() } else { Body::from(body.to_string()) };
        self.send(request.body(body).expect("a request")).await
    }
}
