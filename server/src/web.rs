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
    ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::reply::{self, Wishes};

/// All of it is ours, and nobody may show it inside of something else.
const POLICY: &str =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A year, which is as long as anybody keeps anything.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, but asked about each time.
const ASK_FIRST: &str = "no-cache";

/// The page of the app, for a browser that goes to an address; none for others, and where the app is not built.
pub fn page(method: &Method, headers: &HeaderMap) -> Option<Response> {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_navigation = matches!(*method, Method::GET | Method::HEAD) && accepted.contains("text/html");
    if !is_navigation {
        return None;
    }
    let mut page = send(bussola_ui::index()?, method, headers);
    page.headers_mut().insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    Some(page)
}

/// What no other route answers.
pub async fn file_or_page(request: Request) -> Response {
    let not_found = || reply::error(StatusCode::NOT_FOUND, "");
    let (method, headers) = (request.method(), request.headers());
    if !matches!(*method, Method::GET | Method::HEAD) {
        return not_found();
    }
    let path = request.uri().path().trim_start_matches('/');
    if let Some(file) = bussola_ui::file(path) {
        return send(file, method, headers);
    }
    match path.starts_with("assets/") {
        true => not_found(),
        false => page(method, headers).unwrap_or_else(not_found),
    }
}

fn send(file: File, method: &Method, headers: &HeaderMap) -> Response {
    let wishes = Wishes::of(method, headers);
    let mut reply = reply::empty(StatusCode::OK);
    let sent = reply.headers_mut();
    let keep = if file.is_immutable { FOR_EVER } else { ASK_FIRST };
    sent.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    sent.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    sent.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    sent.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    sent.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    sent.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
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
        ] {
            let reply = ask(method.clone(), path, accept).await;
            assert_eq!(reply.status(), expected, "{method} {path} {accept}");
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
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").contains("default-src 'self'"));
        let known = HeaderMap::from_iter([(http::header::IF_NONE_MATCH, HeaderValue::from_static("\"1\""))]);
        assert_eq!(send(file("\"1\"".into()), &Method::GET, &known).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(send(file("\"2\"".into()), &Method::GET, &known).status(), StatusCode::OK);
    }
}
