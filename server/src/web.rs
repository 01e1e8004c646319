//! The web app: its files, and its page at every address that a browser goes to and that is nobody else's.
//!
//! INVARIANT: only somebody who goes to an address in a browser gets the page. Whatever else is not there is answered as
//! not there: an old page that asks for a script of the last release must not get a page in its place.

use std::io::Read;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bussola_ui::File;
use flate2::read::GzDecoder;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, LOCATION,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::reply::{self, Wishes};

/// All of it is ours, and nobody may show it inside of something else. Small pictures in styles are `data:`.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// What the app has no use for, so that nothing that got into it has either.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
/// A year, which is as long as anybody keeps anything.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, but asked about each time.
const ASK_FIRST: &str = "no-cache";

/// Said where the app is not: the start page for those without it says more.
const HOW_TO_GET_IT: &str =
    "the web app is not built: `make ui` builds it, and the start page says what there is without it";

/// Whether there is an app to be shown.
pub fn is_built() -> bool {
    bussola_ui::index().is_some()
}

fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    matches!(*method, Method::GET | Method::HEAD) && accepted.contains("text/html")
}

/// The page of the app, for a browser that goes to an address; none for others, and where the app is not built.
pub fn page(method: &Method, headers: &HeaderMap) -> Option<Response> {
    if !is_navigation(method, headers) {
        return None;
    }
    let mut page = send(bussola_ui::index()?, method, headers);
    page.headers_mut().insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    guard(page.headers_mut());
    Some(page)
}

/// Leads a browser from one of luigid's pages to the page of the app that shows more, by a relative path so that a proxy's
/// prefix is kept. A fragment is the browser's: it takes it along, and the app reads it.
pub fn lead(method: &Method, headers: &HeaderMap, to: &'static str) -> Option<Response> {
    if !is_navigation(method, headers) || !is_built() {
        return None;
    }
    let mut found = reply::empty(StatusCode::FOUND);
    found.headers_mut().insert(LOCATION, HeaderValue::from_static(to));
    // Who asks for no page gets another answer.
    found.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
    Some(found)
}

/// First parts of paths that are files of the app or somebody else's: what is not there is not a page of the app.
const NO_PAGES: [&str; 4] = ["api", "assets", "metrics", "static"];

/// What no other route answers.
pub async fn file_or_page(request: Request) -> Response {
    let mut reply = find(request.method(), request.uri().path(), request.headers());
    guard(reply.headers_mut());
    reply
}

fn find(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    let path = path.strip_prefix('/').unwrap_or(path);
    let first = path.split('/').next().unwrap_or("");
    if !matches!(*method, Method::GET | Method::HEAD) {
        return reply::error(StatusCode::NOT_FOUND, "");
    }
    if let Some(file) = bussola_ui::file(path) {
        return send(file, method, headers);
    }
    if NO_PAGES.contains(&first) {
        return reply::error(StatusCode::NOT_FOUND, "");
    }
    match page(method, headers) {
        Some(page) => page,
        None if is_navigation(method, headers) => reply::error(StatusCode::NOT_FOUND, HOW_TO_GET_IT),
        None => reply::error(StatusCode::NOT_FOUND, ""),
    }
}

/// What a browser has to know about everything that the app sends.
fn guard(headers: &mut HeaderMap) {
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn send(file: File, method: &Method, headers: &HeaderMap) -> Response {
    let wishes = Wishes::of(method, headers);
    let mut reply = reply::empty(StatusCode::OK);
    let sent = reply.headers_mut();
    let keep = if file.is_immutable { FOR_EVER } else { ASK_FIRST };
    sent.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    sent.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(tag) = HeaderValue::from_str(&file.tag) {
        let is_known = wishes.knows(&tag);
        sent.insert(ETAG, tag);
        if is_known {
            *reply.status_mut() = StatusCode::NOT_MODIFIED;
            return reply;
        }
    }
    sent.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    let body = match (file.is_gzipped, wishes.gzip()) {
        (true, true) => {
            sent.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            file.body
        }
        (true, false) => inflated(&file.body).into(),
        (false, _) => file.body,
    };
    *reply.body_mut() = Body::from(body);
    reply
}

/// For the rare client that takes no gzip. What we packed ourselves unpacks.
fn inflated(packed: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(packed.len() * 4);
    let _ = GzDecoder::new(packed).read_to_end(&mut plain);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(method: Method, path: &str, accept: &str) -> Response {
        let request = Request::builder().method(method).uri(path).header(ACCEPT, accept).body(Body::empty());
        file_or_page(request.expect("a request")).await
    }

    /// Holds whether or not the app is built: without it nothing is there.
    #[tokio::test]
    async fn only_navigations_get_the_page() {
        let built = if bussola_ui::index().is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
        for (method, path, accept, expected) in [
            (Method::GET, "/runs/12", "text/html,*/*;q=0.8", built),
            (Method::HEAD, "/runs/12", "text/html", built),
            (Method::GET, "/runs/12", "*/*", StatusCode::NOT_FOUND),
            (Method::GET, "/runs/12", "application/json", StatusCode::NOT_FOUND),
            (Method::POST, "/runs/12", "text/html", StatusCode::NOT_FOUND),
            (Method::GET, "/assets/gone-1234.js", "text/html", StatusCode::NOT_FOUND),
            (Method::GET, "/assets", "text/html", StatusCode::NOT_FOUND),
            (Method::GET, "/api", "text/html", StatusCode::NOT_FOUND),
            (Method::GET, "/static", "text/html", StatusCode::NOT_FOUND),
            (Method::GET, "/metrics/none", "text/html", StatusCode::NOT_FOUND),
            (Method::GET, "/apis", "text/html", built),
        ] {
            let reply = ask(method.clone(), path, accept).await;
            assert_eq!(reply.status(), expected, "{method} {path} {accept}");
            assert_eq!(reply.headers()[CONTENT_SECURITY_POLICY], POLICY, "{method} {path} {accept}");
        }
    }

    #[tokio::test]
    async fn a_file_is_sent_with_its_rules_and_not_sent_again() {
        let file = |tag| File {
            content_type: "text/javascript; charset=utf-8",
            body: b"let a".into(),
            is_gzipped: false,
            tag,
            is_immutable: true,
        };
        let reply = send(file("\"1\"".into()), &Method::GET, &HeaderMap::new());
        let header = |name: &str| reply.headers()[name].to_str().expect("a text").to_string();
        assert_eq!(header("cache-control"), FOR_EVER);
        assert_eq!(header("content-type"), "text/javascript; charset=utf-8");
        let known = HeaderMap::from_iter([(http::header::IF_NONE_MATCH, HeaderValue::from_static("\"1\""))]);
        assert_eq!(send(file("\"1\"".into()), &Method::GET, &known).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(send(file("\"2\"".into()), &Method::GET, &known).status(), StatusCode::OK);
    }
}
