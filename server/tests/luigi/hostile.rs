//! Requests that want to break something. Each gets an answer, soon, and the next one finds the server well.

use std::time::{Duration, Instant};

use ::http::Request;
use axum::body::Body;
use bussola_server::limits::BODY_BYTES_MAX;

use crate::support::{Reply, Server};

async fn form(server: &Server, body: impl Into<Body>) -> Reply {
    let request = Request::post("/api/add_task").header("content-type", "application/x-www-form-urlencoded");
    server.send(request.body(body.into()).expect("a request")).await
}

async fn is_well(server: &Server) {
    assert_eq!(server.call("ping", "{\"worker\": \"w\"}").await, "{\"rpc_messages\":[]}");
}

#[tokio::test]
async fn nesting_is_bounded() {
    let server = Server::new();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = open.repeat(1_000_000) + "1" + &close.repeat(1_000_000);
        let data = format!("{{\"worker\": \"w\", \"task_id\": \"t\", \"params\": {{\"p\": {deep}}}}}");
        let reason = server.refused("add_task", &data).await;
        assert!(reason.contains("nesting that is too deep"), "{reason}");
    }
    is_well(&server).await;
}

#[tokio::test]
async fn what_is_not_text_is_refused() {
    let server = Server::new();
    for body in ["data=%FF%FE", "data=%C3", "data=%ED%A0%80"] {
        assert_eq!(form(&server, body).await.status, 400, "{body}");
    }
    assert_eq!(form(&server, b"data=\xff".to_vec()).await.status, 400);
    // Half of a pair of surrogates, as Python escapes it, is text.
    let lone = "{\"worker\": \"w\", \"task_id\": \"\\udc80\", \"family\": \"\\ud83d\"}";
    server.call("add_task", lone).await;
    is_well(&server).await;
}

#[tokio::test]
async fn of_equal_names_the_last_counts() {
    let server = Server::new();
    server.call("add_task", "{\"worker\": \"w\", \"task_id\": \"a\", \"task_id\": \"b\"}").await;
    assert!(server.call("task_list", "{}").await.starts_with("{\"b\":"));
}

#[tokio::test]
async fn a_body_has_a_largest_size() {
    let server = Server::new();
    let fits = format!("data={}", " ".repeat(BODY_BYTES_MAX - 5));
    assert_eq!(form(&server, fits).await.status, 500);
    let over = format!("data={}", " ".repeat(BODY_BYTES_MAX - 4));
    let reply = form(&server, over).await;
    assert_eq!(reply.status, 413);
    assert!(reply.text().contains("larger than 67108864 bytes"), "{}", reply.text());
    let announced = Request::post("/api/ping").header("content-length", "99999999999").body(Body::empty());
    assert_eq!(server.send(announced.expect("a request")).await.status, 413);
    is_well(&server).await;
}

#[tokio::test]
async fn names_may_be_strange() {
    let server = Server::new();
    let strange = ["", " ", "a/b", "</script>", "\\u0000", "\\n", "é😀", "..", "%2e", "a\\\"b", "'; DROP TABLE tasks"];
    for name in strange {
        let data = format!(
            "{{\"worker\": \"{name}\", \"task_id\": \"{name}\", \"family\": \"{name}\", \"params\": {{\"{name}\": \"{name}\"}}, \
             \"resources\": {{\"{name}\": 1}}, \"deps\": [\"{name}\"], \"status\": \"FAILED\", \"expl\": \"{name}\"}}"
        );
        server.call("add_task", &data).await;
        server.call("fetch_error", &format!("{{\"task_id\": \"{name}\"}}")).await;
        server.call("dep_graph", &format!("{{\"task_id\": \"{name}\"}}")).await;
    }
    for list in ["task_list", "graph", "worker_list", "resource_list"] {
        let reply = server.call(list, "{}").await;
        assert!(!reply.contains("</script>"), "{list}");
    }
    for page in ["/history", "/tasklist", "/metrics", "/history/by_name/%3C%2Fscript%3E"] {
        let reply = server.send(Request::get(page).body(Body::empty()).expect("a request")).await;
        assert_eq!(reply.status, 200);
        assert!(page == "/metrics" || !reply.text().contains("</script>"), "{page}");
    }
}

/// Costs must follow the size of a request, not its square.
#[tokio::test]
async fn large_requests_are_linear() {
    let server = Server::new();
    let many = |count: usize, one: fn(usize) -> String| (0..count).map(one).collect::<Vec<_>>().join(",");
    let members = many(200_000, |number| format!("\"k{number}\": \"v\""));
    let ids = many(200_000, |number| format!("\"i{number}\""));
    let amounts = many(100_000, |number| format!("\"r{number}\": 1"));
    let cases = [
        ("add_task", format!("{{\"worker\": \"w\", \"task_id\": \"t1\", \"params\": {{{members}}}}}")),
        ("add_task", format!("{{\"worker\": \"w\", \"task_id\": \"t2\", \"resources\": {{{amounts}}}}}")),
        ("add_worker", format!("{{\"worker\": \"w\", \"info\": {{{members}}}}}")),
        ("get_work", format!("{{\"worker\": \"w\", \"current_tasks\": [{ids}]}}")),
        ("add_task_batcher", format!("{{\"worker\": \"w\", \"task_family\": \"F\", \"batched_args\": [{ids}]}}")),
        ("update_resources", format!("{{{amounts}}}")),
        ("ping", format!("{{\"worker\": \"w\", {members}}}")),
    ];
    for (method, data) in cases {
        let began = Instant::now();
        server.call(method, &data).await;
        assert!(began.elapsed() < Duration::from_secs(20), "{method} took {:?}", began.elapsed());
    }
}
