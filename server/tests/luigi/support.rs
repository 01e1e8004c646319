//! A server without sockets.

use std::sync::Arc;

use ::http::{HeaderMap, Request, StatusCode};
use axum::Router;
use axum::body::Body;
use bussola_domain::id::Timestamp;
use bussola_domain::value::Value;
use bussola_server::app::App;
use bussola_server::config::{Arguments, Settings};
use bussola_store::{Location, Options, Store};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// A reply, whole.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a readable header"))
    }
}

/// The server, and what time it is.
pub struct Server {
    router: Router,
    now: f64,
}

impl Server {
    pub fn new() -> Server {
        Server::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Settings)) -> Server {
        let arguments = Arguments { ephemeral: true, test_clock: true, ..Arguments::default() };
        let mut settings = Settings::resolve(&arguments).expect("settings");
        change(&mut settings);
        let mut options = Options::new(Location::Memory);
        options.scheduler = settings.scheduler.clone();
        let store = Store::open(options, Timestamp(0)).expect("a store");
        let app: Arc<App> = App::new(store, &settings, None);
        Server { router: bussola_server::router(app), now: 1_000.0 }
    }

    /// Sets the clock.
    pub fn at(&mut self, now: f64) -> &mut Server {
        self.now = now;
        self
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let reply = self.router.clone().oneshot(request).await.expect("a reply");
        let (head, body) = reply.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        Reply { status: head.status, headers: head.headers, body }
    }

    /// Posts a form with the field `data`, as a client does.
    pub async fn post(&self, method: &str, data: &str) -> Reply {
        let request = Request::post(format!("/api/{method}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-luigi-test-now", self.now.to_string())
            .body(Body::from(format!("data={}", percent_encoded(data))));
        self.send(request.expect("a request")).await
    }

    /// Calls and expects an answer: what stands in `response`, as text.
    pub async fn call(&self, method: &str, data: &str) -> String {
        let reply = self.post(method, data).await;
        assert_eq!(reply.status, 200, "{method} {data}: {}", reply.text());
        let inner = reply.text().strip_prefix("{\"response\": ").and_then(|rest| rest.strip_suffix('}'));
        inner.expect("a wrapped response").to_string()
    }

    /// The same, parsed.
    pub async fn value(&self, method: &str, data: &str) -> Value {
        Value::parse(&self.call(method, data).await).expect("JSON")
    }

    /// Calls and expects a refusal: its reason.
    pub async fn refused(&self, method: &str, data: &str) -> String {
        let reply = self.post(method, data).await;
        assert_eq!(reply.status, 500, "{method} {data}: {}", reply.text());
        let text = reply.text();
        assert!(text.starts_with("<html><title>500: Internal Server Error</title>"), "{text}");
        let reason = text.split("<p>").nth(1).and_then(|rest| rest.split("</p>").next());
        reason.expect("a reason").replace("&#39;", "'").replace("&quot;", "\"")
    }
}

pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' => encoded.push(byte as char),
            b' ' => encoded.push('+'),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Names of an object's members, in order.
pub fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members.iter().map(|(name, _)| name.to_string()).collect(),
        other => panic!("not an object: {other}"),
    }
}
