//! What keeps web pages of other sites away from an API without logins.
//!
//! A page can make a browser send requests to this server. It can read answers only from its own origin, and send only
//! what a form could: so whatever changes something must be announced as JSON, for which a browser asks first, and is not
//! answered. A page can also give this server a name of its own (DNS rebinding): so, on loopback, only the names of
//! loopback are answered.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method};

use super::error::{ApiError, ErrorCode};

/// Which `Host` headers are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// Any: the address is not loopback, and whoever opened it has accepted that everybody may come.
    Any,
    /// Names of this machine's loopback, and those given.
    Loopback(Vec<String>),
}

impl Hosts {
    /// For a listening address; none: a socket file, which no browser reaches.
    pub fn of(listen: Option<SocketAddr>, others: &[String]) -> Hosts {
        match listen {
            Some(address) if !address.ip().is_loopback() => Hosts::Any,
            _ => Hosts::Loopback(others.iter().map(|host| host.to_lowercase()).collect()),
        }
    }

    /// Whether a `Host` header is answered.
    pub fn allows(&self, host: &str) -> bool {
        let Hosts::Loopback(others) = self else { return true };
        let host = host.to_lowercase();
        let name = without_port(&host);
        matches!(name, "localhost" | "[::1]")
            || name.ends_with(".localhost")
            || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
            || others.iter().any(|other| other == name || *other == host)
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

/// Lets a request through, or answers why not.
pub(super) async fn guard(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    if let Some(refused) = refuse(&hosts, request.method(), request.headers()) {
        return refused.into_response();
    }
    let mut reply = next.run(request).await;
    let headers = reply.headers_mut();
    // An answer is data, whatever it holds: a browser must not take it for a page.
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    reply
}

fn refuse(hosts: &Hosts, method: &Method, headers: &HeaderMap) -> Option<ApiError> {
    // A client that sends none is no browser.
    if let Some(host) = headers.get(HOST) {
        let host = host.to_str().unwrap_or("");
        if !hosts.allows(host) {
            let host: String = host.chars().take(100).collect();
            return Some(ApiError::new(
                ErrorCode::WrongHost,
                format!("this server does not go by the name `{host}`"),
                "call it by `localhost` or `127.0.0.1`, or name it in `[serve] hosts`",
            ));
        }
    }
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = content_type.split(';').next().unwrap_or("").trim();
    if changes && !media_type.eq_ignore_ascii_case("application/json") {
        return Some(ApiError::new(
            ErrorCode::NotJson,
            format!("the request is announced as `{}`, not as JSON", media_type.chars().take(100).collect::<String>()),
            "send `Content-Type: application/json`, with `{}` where there is nothing to say",
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_loopback_only_its_names_are_answered() {
        let hosts = Hosts::of("127.0.0.1:8082".parse().ok(), &["Bussola.Example.com".into()]);
        let check = |host: &str, expected: bool| assert_eq!(hosts.allows(host), expected, "{host}");
        check("localhost", true);
        check("LOCALHOST:8082", true);
        check("app.localhost:1", true);
        check("127.0.0.1:8082", true);
        check("127.9.9.9", true);
        check("[::1]:8082", true);
        check("bussola.example.com:443", true);
        check("evil.example.com:8082", false);
        check("127.0.0.1.evil.example.com", false);
        check("192.168.0.1:8082", false);
        check("", false);
        assert_eq!(Hosts::of("0.0.0.0:8082".parse().ok(), &[]), Hosts::Any);
        assert_eq!(Hosts::of(None, &[]), Hosts::Loopback(Vec::new()));
    }

    #[test]
    fn what_changes_something_must_be_announced_as_json() {
        let check = |method: Method, content_type: &'static str, expected: bool| {
            let mut headers = HeaderMap::new();
            if !content_type.is_empty() {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            }
            assert_eq!(refuse(&Hosts::Any, &method, &headers).is_none(), expected, "{method} {content_type}");
        };
        check(Method::GET, "", true);
        check(Method::POST, "application/json", true);
        check(Method::POST, "Application/JSON; charset=utf-8", true);
        check(Method::PUT, "", false);
        check(Method::POST, "text/plain", false);
        check(Method::POST, "application/x-www-form-urlencoded", false);
        check(Method::DELETE, "", false);
    }
}
