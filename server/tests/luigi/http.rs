//! The wire: verbs, statuses, headers, CORS, tags, compression.

use std::io::Read;

use ::http::Request;
use axum::body::Body;
use bussola_server::config::Cors;

use crate::support::{Server, percent_encoded};

fn request(verb: &str, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(verb).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn each_path_and_verb_answers_as_luigid_does() {
    let server = Server::new();
    for (verb, path, status) in [
        ("GET", "/", 302),
        ("HEAD", "/", 204),
        ("POST", "/", 405),
        ("GET", "/api/is_paused", 200),
        ("POST", "/api/is_paused", 200),
        ("PUT", "/api/is_paused", 405),
        ("DELETE", "/api/is_paused", 405),
        ("HEAD", "/api/is_paused", 405),
        ("OPTIONS", "/api/is_paused", 204),
        ("OPTIONS", "/api/foo", 204),
        ("GET", "/api/foo", 404),
        ("POST", "/api/resources", 404),
        ("GET", "/api/is_paused/x", 404),
        ("GET", "/api/ping", 500),
        ("GET", "/foo", 404),
        ("GET", "/static/visualiser/index.html", 200),
        ("GET", "/static/visualiser/js/graph.js", 404),
        ("GET", "/static/../../etc/passwd", 404),
        ("GET", "/metrics", 200),
        ("GET", "/tasklist", 200),
        ("GET", "/tasklist/Foo", 200),
        ("GET", "/history", 200),
        ("GET", "/history/by_name/Foo", 200),
        ("GET", "/history/by_id/1", 200),
        ("GET", "/history/by_id/x", 404),
        ("GET", "/history/by_task_id/Foo_%3Cb%3E", 200),
        ("GET", "/history/by_params/Foo?data=%7B%22a%22%3A1%7D", 200),
        ("GET", "/history/by_params/Foo?data=1", 400),
        ("POST", "/history", 405),
    ] {
        let reply = server.send(request(verb, path, &[])).await;
        assert_eq!(reply.status, status, "{verb} {path}: {}", reply.text());
    }
}

#[tokio::test]
async fn the_start_page_is_reached_relatively() {
    let reply = Server::new().send(request("GET", "/", &[])).await;
    assert_eq!(reply.header("location"), Some("static/visualiser/index.html"));
}

#[tokio::test]
async fn arguments_come_in_a_query_or_a_form_and_never_as_json() {
    let server = Server::new();
    let query = format!("/api/forgive_failures?data={}", percent_encoded("{\"task_id\": \"a\"}"));
    let expected = "{\"response\": {\"task_id\":\"a\",\"status\":null}}";
    for verb in ["GET", "POST"] {
        assert_eq!(server.send(request(verb, &query, &[])).await.text(), expected);
    }
    let body = Body::from("{\"data\": {\"task_id\": \"a\"}}");
    let json = Request::post("/api/forgive_failures").header("content-type", "application/json").body(body);
    let reply = server.send(json.expect("a request")).await;
    assert_eq!(reply.text(), "{\"response\": {\"task_id\":null,\"status\":null}}");
    assert_eq!(reply.header("content-type"), Some("application/json; charset=UTF-8"));
}

#[tokio::test]
async fn a_known_tag_saves_the_body() {
    let server = Server::new();
    let first = server.send(request("GET", "/api/is_paused", &[])).await;
    let tag = first.header("etag").expect("a tag").to_string();
    let again = server.send(request("GET", "/api/is_paused", &[("if-none-match", &tag)])).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    server.call("pause", "{}").await;
    let other = server.send(request("GET", "/api/is_paused", &[("if-none-match", &tag)])).await;
    assert_eq!(other.status, 200);
    let posted = server.send(request("POST", "/api/is_paused", &[])).await;
    assert_eq!(posted.header("etag"), None);
}

#[tokio::test]
async fn a_long_reply_is_compressed_when_asked() {
    let server = Server::new();
    for number in 0..2_000 {
        server
            .call("add_task", &format!("{{\"worker\": \"w\", \"task_id\": \"T_{number}\", \"family\": \"T\"}}"))
            .await;
    }
    let plain = server.send(request("GET", "/api/task_list", &[])).await;
    assert_eq!(plain.header("content-encoding"), None);
    let packed = server.send(request("GET", "/api/task_list", &[("accept-encoding", "gzip, deflate")])).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("vary"), Some("Accept-Encoding"));
    assert!(packed.body.len() * 5 < plain.body.len());
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut text).expect("gzip");
    assert!(text == plain.body);
    let short = server.send(request("GET", "/api/is_paused", &[("accept-encoding", "gzip")])).await;
    assert_eq!(short.header("content-encoding"), None);
}

/// What a configuration and an origin lead to: on a call, and on a preflight.
#[tokio::test]
async fn origins_are_allowed_as_configured() {
    let off = Cors::default();
    let on = Cors { enabled: true, ..Cors::default() };
    let any = Cors { allow_any_origin: true, ..on.clone() };
    let null = Cors { allow_null_origin: true, ..on.clone() };
    let some = Cors { allowed_origins: vec!["http://a".into()], ..on.clone() };
    for (cors, origin, allowed, vary) in [
        (&off, "http://a", None, "Accept-Encoding"),
        (&on, "http://a", None, "Accept-Encoding"),
        (&any, "http://a", Some("*"), "Accept-Encoding"),
        (&any, "null", None, "Accept-Encoding"),
        (&null, "null", Some("null"), "Accept-Encoding"),
        (&null, "http://a", None, "Accept-Encoding"),
        (&some, "http://a", Some("http://a"), "Origin, Accept-Encoding"),
        (&some, "http://b", None, "Accept-Encoding"),
        (&any, "", None, "Accept-Encoding"),
    ] {
        let server = Server::with(|settings| settings.cors = cors.clone());
        let headers = if origin.is_empty() { vec![] } else { vec![("origin", origin)] };
        let reply = server.send(request("GET", "/api/is_paused", &headers)).await;
        assert_eq!(reply.header("access-control-allow-origin"), allowed, "{cors:?} {origin}");
        assert_eq!(reply.header("vary"), Some(vary), "{cors:?} {origin}");
        assert_eq!(reply.header("access-control-max-age"), None);
        let preflight = server.send(request("OPTIONS", "/api/is_paused", &headers)).await;
        assert_eq!(preflight.header("access-control-allow-origin"), allowed, "{cors:?} {origin}");
        assert_eq!(preflight.header("access-control-max-age"), allowed.map(|_| "86400"));
        assert_eq!(preflight.header("access-control-allow-methods"), allowed.map(|_| "GET, OPTIONS"));
    }
}

#[tokio::test]
async fn pages_of_other_sites_may_not_call() {
    let closed = Cors::default();
    let open = Cors { enabled: true, allowed_origins: vec!["http://a".into()], ..Cors::default() };
    for (cors, headers, status) in [
        (&closed, &[("sec-fetch-site", "cross-site")][..], 403),
        (&closed, &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:3000")], 403),
        (&closed, &[("sec-fetch-site", "same-origin"), ("host", "localhost:8082")], 200),
        (&closed, &[("sec-fetch-site", "none"), ("host", "127.0.0.1:8082")], 200),
        (&closed, &[("sec-fetch-site", "same-origin"), ("host", "rebound.example.com:8082")], 403),
        (&closed, &[("user-agent", "Mozilla/5.0"), ("host", "rebound.example.com:8082")], 403),
        (&closed, &[("user-agent", "python-requests/2"), ("host", "luigi.example.com")], 200),
        (&closed, &[("origin", "http://a")], 200),
        (&open, &[("sec-fetch-site", "cross-site"), ("origin", "http://a"), ("host", "localhost")], 200),
        (&open, &[("sec-fetch-site", "cross-site"), ("origin", "http://b"), ("host", "localhost")], 403),
        (&open, &[("sec-fetch-site", "cross-site"), ("host", "localhost")], 403),
    ] {
        let server = Server::with(|settings| settings.cors = cors.clone());
        assert_eq!(server.send(request("GET", "/api/is_paused", headers)).await.status, status, "{headers:?}");
    }
}

#[tokio::test]
async fn the_clock_is_the_requests_only_in_tests() {
    let mut server = Server::new();
    let started = async |server: &Server| {
        let workers = server.value("worker_list", "{}").await.to_string();
        workers.split("\"started\":").nth(1).and_then(|rest| rest.split(',').next()).map(str::to_string)
    };
    server.at(0.0).call("ping", "{\"worker\": \"w\"}").await;
    assert_eq!(started(&server).await.as_deref(), Some("0"));
    let real = Server::with(|settings| settings.test_clock = false);
    real.call("ping", "{\"worker\": \"w\"}").await;
    assert!(started(&real).await.is_some_and(|at| at.len() >= 10));
}

#[tokio::test]
async fn metrics_have_luigids_names() {
    let server = Server::with(|settings| settings.scheduler.meter_labels.parameters = vec!["day".into()]);
    let add = |status: &str, more: &str| {
        format!(
            "{{\"worker\": \"w\", \"task_id\": \"A\", \"family\": \"F\", \"params\": {{\"day\": \"1\"}}, \
             \"status\": \"{status}\"{more}}}"
        )
    };
    server.call("add_task", &add("PENDING", "")).await;
    server.call("get_work", "{\"worker\": \"w\"}").await;
    server.call("add_task", &add("FAILED", ", \"expl\": \"no\"")).await;
    server.call("add_task", &add("DONE", "")).await;
    let page = server.send(request("GET", "/metrics", &[])).await;
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "# TYPE luigi_task_started_total counter",
        "luigi_task_started_total{day=\"1\",family=\"F\"} 1.0",
        "luigi_task_failed_total{day=\"1\",family=\"F\"} 1.0",
        "luigi_task_done_total{day=\"1\",family=\"F\"} 1.0",
        "luigi_task_execution_time_seconds{day=\"1\",family=\"F\"} 0.0",
        "bussola_tasks{status=\"DONE\"} 1.0",
        "bussola_workers 1.0",
        "bussola_rpc_duration_seconds_count{method=\"get_work\"} 1.0",
    ] {
        assert!(page.text().lines().any(|other| other == line), "{line} is not in\n{}", page.text());
    }
}
