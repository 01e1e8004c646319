//! Sign-in as people have it: a real server, a real OpenID provider (npm `oidc-provider`), and a browser without pictures.
//! Skipped, and said so, where the provider's packages are not installed.

#[path = "../../../identity/tests/counterpart/mod.rs"]
mod counterpart;

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bussola_identity::outbound::{Answer, Call, Outbound, Reach};
use bussola_server::Running;
use bussola_server::config::{Arguments, Settings};
use counterpart::{Browser, Counterpart, outbound, url};
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

/// A server that knows a provider, on a port of its own.
struct World {
    op: Counterpart,
    server: Option<Running>,
    base: Url,
    outbound: Outbound,
    _place: tempfile::TempDir,
}

impl World {
    async fn new() -> Option<World> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let base = url(&format!("http://127.0.0.1:{port}/"));
        let op = Counterpart::start(
            "op.mjs",
            &json!({
                "redirect_uris": [format!("{base}login/op/callback")],
                "backchannel_logout_uri": format!("{base}login/op/backchannel-logout"),
                "post_logout_redirect_uris": [base.as_str()],
            }),
        )?;
        let place = tempfile::tempdir().expect("a directory");
        let server = start(place.path(), &op, port).await;
        Some(World { op, server: Some(server), base, outbound: outbound(), _place: place })
    }

    async fn restart(&mut self) {
        let port = self.base.port().expect("a port");
        self.server.take().expect("it runs").stop().await;
        self.server = Some(start(self._place.path(), &self.op, port).await);
    }

    async fn send(&self, method: Method, path: &str, cookies: &Cookies, body: Option<Value>) -> Answer {
        let target = self.base.join(path).expect("a path");
        let call = match &body {
            Some(body) => {
                Call::with_body(method, &target, HeaderValue::from_static("application/json"), body.to_string())
            }
            None => Call::get(&target),
        };
        let call = call.header(ACCEPT, HeaderValue::from_static("text/html"));
        let call = match cookies.header() {
            Some(value) => call.header(COOKIE, value),
            None => call,
        };
        self.outbound.send(call, Reach::Operator).await.expect("an answer")
    }

    async fn get(&self, path: &str, cookies: &Cookies) -> (StatusCode, Value) {
        let answer = self.send(Method::GET, path, cookies, None).await;
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let answer = self.send(Method::POST, path, &Cookies::default(), Some(body)).await;
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// Follows a sign-in from our address to the provider, and says where the provider leads back to.
    async fn walk(&self, path: &str, cookies: &mut Cookies, login: &str) -> Url {
        let answer = self.send(Method::GET, path, cookies, None).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{}", String::from_utf8_lossy(&answer.body));
        cookies.take(&answer);
        let mut browser = Browser::new(&self.base);
        self.at_provider(&mut browser, &location(&answer), login).await
    }

    async fn at_provider(&self, browser: &mut Browser, page: &Url, login: &str) -> Url {
        let mut back = browser.open(page).await;
        if back.is_none() && browser.page.contains("name=\"login\"") {
            back = browser.submit("name=\"login\"", &[("login", login), ("password", "any")]).await;
        }
        if back.is_none() {
            back = browser.submit("value=\"consent\"", &[]).await;
        }
        back.expect("the way back")
    }

    async fn sign_in(&self, login: &str) -> Cookies {
        let mut cookies = Cookies::default();
        let back = self.walk("/login/op?return=/runs", &mut cookies, login).await;
        let answer = self.send(Method::GET, back.as_str(), &cookies, None).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.headers[LOCATION], "/runs");
        let set: Vec<&str> =
            answer.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()).collect();
        let session = set.iter().find(|cookie| cookie.starts_with("bussola=")).expect("a session");
        assert!(session.contains("HttpOnly") && session.contains("SameSite=Lax") && session.contains("Path=/"));
        cookies.take(&answer);
        cookies
    }

    async fn entries(&self, kind: &str, cookies: &Cookies) -> Vec<Value> {
        let (status, list) = self.get(&format!("/api/v1/ledger/entries?kind={kind}&limit=100"), cookies).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        list["items"].as_array().expect("entries").clone()
    }
}

async fn start(place: &Path, op: &Counterpart, port: u16) -> Running {
    let config = place.join("bussola.toml");
    let text = format!(
        "data = 'data'\n[serve]\nlisten = '127.0.0.1:{port}'\n[access]\nurl = 'http://127.0.0.1:{port}'\n\
         [[access.providers]]\nname = 'op'\ntitle = 'The provider'\nissuer = '{}'\nclient_id = 'public'\n\
         scopes = ['profile', 'email', 'groups']\n\
         groups = [{{ from = 'platform', to = 'bussola-admins' }}, {{ from = 'billing', to = 'bussola-admins' }}, {{ from = '*', to = '*' }}]\n",
        op.said("issuer")
    );
    std::fs::write(&config, text).expect("a file");
    let arguments = Arguments { config: Some(config), ..Arguments::default() };
    let settings = Settings::resolve(&arguments).unwrap_or_else(|error| panic!("{error}"));
    bussola_server::start(&settings).await.unwrap_or_else(|error| panic!("{error}"))
}

fn location(answer: &Answer) -> Url {
    url(answer.headers[LOCATION].to_str().expect("text"))
}

#[derive(Clone, Default)]
struct Cookies(BTreeMap<String, String>);

impl Cookies {
    fn take(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().expect("text").split(';').next().expect("a cookie");
            let (name, value) = pair.split_once('=').expect("a cookie");
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }

    fn header(&self) -> Option<HeaderValue> {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| HeaderValue::from_str(&pairs.join("; ")).expect("cookies"))
    }
}

#[tokio::test]
async fn somebody_signs_in_acts_and_signs_out() {
    let Some(mut world) = World::new().await else { return };
    let nobody = Cookies::default();
    let (_, me) = world.get("/api/v1/me", &nobody).await;
    assert_eq!((&me["kind"], &me["providers"][0]["url"]), (&json!("anonymous"), &json!("/login/op")));
    assert_eq!(world.get("/api/v1/runs", &nobody).await.0, StatusCode::UNAUTHORIZED);

    let alice = world.sign_in("alice").await;
    let (_, me) = world.get("/api/v1/me", &alice).await;
    assert_eq!((&me["kind"], &me["name"], &me["verified"]), (&json!("user"), &json!("Alice Example"), &json!(true)));
    assert_eq!(me["groups"], json!(["group:default/bussola-admins", "group:default/payments"]));
    assert_eq!(world.get("/api/v1/runs", &alice).await.0, StatusCode::OK);

    // A session outlives the server.
    world.restart().await;
    let (_, again) = world.get("/api/v1/me", &alice).await;
    assert_eq!(again["principal"], me["principal"]);

    // A page of another site can send no JSON, and so sign nobody out.
    let target = world.base.join("/logout").expect("a path");
    let call = Call::with_body(Method::POST, &target, HeaderValue::from_static("text/plain"), "{}");
    let call = call.header(COOKIE, alice.header().expect("cookies"));
    let answer = world.outbound.send(call, Reach::Operator).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(world.get("/api/v1/runs", &alice).await.0, StatusCode::OK);

    let answer = world.send(Method::POST, "/logout", &alice, Some(json!({}))).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(world.get("/api/v1/runs", &alice).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_happened_is_in_the_ledger_without_a_name() {
    let Some(world) = World::new().await else { return };
    let alice = world.sign_in("alice").await;
    let known = world.entries("principal.known", &alice).await;
    let payload = &known[0]["payload"];
    assert_eq!(payload["groups"]["claims"], json!(["group:default/bussola-admins", "group:default/payments"]));
    let started = world.entries("session.started", &alice).await;
    assert_eq!((&started[0]["subject"], &started[0]["authority"]), (&json!("principal:1"), &json!("sign-in")));
    for entry in known.iter().chain(&started) {
        let leaf = entry["payload"].to_string();
        assert!(!leaf.contains("lice") && !leaf.contains("example.com"), "{leaf}");
    }
}

#[tokio::test]
async fn a_way_back_counts_once_in_its_own_browser() {
    let Some(world) = World::new().await else { return };
    let mut alice = Cookies::default();
    let back = world.walk("/login/op?return=//evil.example", &mut alice, "alice").await;

    // Login CSRF: somebody else's browser is led to the way back of an attacker's sign-in.
    let mut victim = Cookies::default();
    let answer = world.send(Method::GET, back.as_str(), &victim, None).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let begun = world.send(Method::GET, "/login/op", &victim, None).await;
    victim.take(&begun);
    let answer = world.send(Method::GET, back.as_str(), &victim, None).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "another browser's sign-in");
    assert!(!answer.headers.get_all(SET_COOKIE).iter().any(|cookie| cookie.as_bytes().starts_with(b"bussola=")));

    // Session fixation: a session cookie that somebody planted is not taken over.
    let mut planted = alice.clone();
    planted.0.insert("bussola".into(), "planted-by-an-attacker".into());
    let answer = world.send(Method::GET, back.as_str(), &planted, None).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(answer.headers[LOCATION], "/", "an open redirect");
    planted.take(&answer);
    assert_ne!(planted.0["bussola"], "planted-by-an-attacker");

    let again = world.send(Method::GET, back.as_str(), &alice, None).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "used");
    let text = String::from_utf8_lossy(&again.body).into_owned();
    assert!(text.contains("begin again"), "{text}");
}

#[tokio::test]
async fn a_command_line_signs_in_through_a_browser() {
    let Some(world) = World::new().await else { return };
    let verifier = "a-verifier-that-nobody-else-knows-0123456789-abcdef";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let path = format!("/login/op?cli_port=4711&cli_challenge={challenge}&cli_state=xyz");
    let fetch = async |verifier: &str| {
        let mut cookies = Cookies::default();
        let back = world.walk(&path, &mut cookies, "bob").await;
        let answer = world.send(Method::GET, back.as_str(), &cookies, None).await;
        let to = location(&answer);
        assert_eq!((to.host_str(), to.port(), to.path()), (Some("127.0.0.1"), Some(4711), "/"));
        let pairs: BTreeMap<String, String> = to.query_pairs().into_owned().collect();
        assert_eq!(pairs["state"], "xyz");
        let body = json!({"code": pairs["code"], "verifier": verifier});
        (world.post("/login/cli/session", body.clone()).await, body)
    };
    let ((status, session), body) = fetch(verifier).await;
    assert_eq!((status, &session["name"]), (StatusCode::OK, &json!("Bob Example")));
    assert_eq!(world.post("/login/cli/session", body).await.0, StatusCode::UNAUTHORIZED, "a code counts once");
    let call = Call::get(&world.base.join("/api/v1/me").expect("a path"))
        .bearer(&bussola_identity::Secret::new(session["secret"].as_str().expect("a secret")));
    let me = world.outbound.send(call, Reach::Operator).await.expect("an answer").json().expect("JSON");
    assert_eq!((&me["name"], &me["credential"]), (&json!("Bob Example"), &json!("session:1")));

    let ((status, _), body) = fetch("a-verifier-that-somebody-made-up-0123456789-abcdef").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "the code alone is worth nothing");
    let right = json!({"code": body["code"], "verifier": verifier});
    assert_eq!(world.post("/login/cli/session", right).await.0, StatusCode::UNAUTHORIZED, "and is used up");
}

#[tokio::test]
async fn a_command_line_signs_in_with_a_code() {
    let Some(world) = World::new().await else { return };
    let (status, device) = world.post("/login/device/start", json!({"provider": "op"})).await;
    assert_eq!(status, StatusCode::OK, "{device}");
    let poll = || world.post("/login/device/poll", json!({"handle": device["handle"]}));
    let (status, pending) = poll().await;
    assert_eq!(status, StatusCode::OK, "{pending}");
    let seconds = pending["again_in_seconds"].as_u64().expect("seconds");

    let page = url(device["verification_uri_complete"].as_str().expect("a page"));
    let mut browser = Browser::new(&world.base);
    browser.open(&page).await;
    browser.submit("user_code", &[]).await;
    browser.submit("op.deviceConfirmForm", &[]).await;
    browser.submit("name=\"login\"", &[("login", "alice"), ("password", "any")]).await;
    browser.submit("value=\"consent\"", &[]).await;

    // The provider says how long to wait between two questions.
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
    let (status, session) = poll().await;
    assert_eq!((status, &session["name"]), (StatusCode::OK, &json!("Alice Example")), "{session}");
    assert_eq!(poll().await.0, StatusCode::UNAUTHORIZED, "it is over");
    let (status, _) = world.post("/login/device/start", json!({"provider": "other"})).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_provider_ends_sessions() {
    let Some(world) = World::new().await else { return };
    let mut alice = Cookies::default();
    let begun = world.send(Method::GET, "/login/op", &alice, None).await;
    alice.take(&begun);
    let mut browser = Browser::new(&world.base);
    let back = world.at_provider(&mut browser, &location(&begun), "alice").await;
    alice.take(&world.send(Method::GET, back.as_str(), &alice, None).await);
    assert_eq!(world.get("/api/v1/runs", &alice).await.0, StatusCode::OK);
    let bob = world.sign_in("bob").await;

    // What is no logout token of this provider's ends nothing.
    let post = async |token: &str| {
        let target = world.base.join("/login/op/backchannel-logout").expect("a path");
        let call = Call::post_form(&target, &[("logout_token", token)]);
        world.outbound.send(call, Reach::Operator).await.expect("an answer").status
    };
    assert_eq!(post("nonsense").await, StatusCode::BAD_REQUEST);
    assert_eq!(world.get("/api/v1/runs", &alice).await.0, StatusCode::OK);

    // She signs out at the provider, which tells us.
    let out = url(&format!("{}/session/end", world.op.said("issuer")));
    browser.open(&out).await;
    browser.submit("logout", &[("logout", "yes")]).await;
    let mut status = StatusCode::OK;
    for _ in 0..100 {
        status = world.get("/api/v1/runs", &alice).await.0;
        if status != StatusCode::OK {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.get("/api/v1/runs", &bob).await.0, StatusCode::OK, "another's session goes on");
    let ended = world.entries("sessions.ended", &bob).await;
    assert_eq!(
        (&ended[0]["payload"]["cause"], &ended[0]["authority"]),
        (&json!("provider"), &json!("back-channel logout"))
    );
}

#[tokio::test]
async fn nonsense_is_told_what_to_do() {
    let Some(world) = World::new().await else { return };
    let nobody = Cookies::default();
    let check = async |path: &str, status: StatusCode, says: &str| {
        let answer = world.send(Method::GET, path, &nobody, None).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{path}: {text}");
        assert!(text.contains(says), "{path}: {text}");
        assert!(answer.headers[CONTENT_TYPE].to_str().is_ok_and(|text| text.starts_with("text/html")));
    };
    check("/login/other", StatusCode::NOT_FOUND, "no identity provider of this name").await;
    check("/login/op/callback", StatusCode::BAD_REQUEST, "begin again").await;
    check("/login/op/callback?state=a&state=b", StatusCode::FORBIDDEN, "twice").await;
    check("/login/op/callback?state=<script>alert(1)</script>", StatusCode::BAD_REQUEST, "begin again").await;
    check("/login/op?cli_port=1", StatusCode::BAD_REQUEST, "command line").await;
    let (status, _) = world.post("/login/device/poll", json!({"handle": "x"})).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = world.post("/login/cli/session", json!({"code": "x"})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
