//! Calls from this server to others: HTTP/1.1, one request on a connection of its own.
//!
//! INVARIANT: without TLS nothing leaves this machine: the address that answers must be one of the loopback, whatever its name
//! resolves to. Answers are limited in size and time.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// LIMIT: how long one call may take, from the name to the last byte of the answer.
const CALL_MAX: Duration = Duration::from_secs(15);

/// LIMIT: bytes of one answer.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The three digits.
    pub status: u16,
    /// The body, as far as it is text.
    pub text: String,
}

/// Whether a URL is one that can be called; if not, why.
pub(crate) fn check(url: &str) -> Result<Uri, String> {
    let uri: Uri = url.parse().map_err(|_| "it is not a URL".to_owned())?;
    let host = uri.host().ok_or("it names no host")?;
    if uri.query().is_some() || url.contains(['#', '@']) {
        return Err("it has more than a scheme, a host, a port and a path".into());
    }
    match uri.scheme_str() {
        Some("http") if is_loopback(host) => Ok(uri),
        Some("http") => Err("without TLS only addresses of this machine are called".into()),
        Some("https") => Err("this release calls no https addresses: let a proxy on this machine do it".into()),
        _ => Err("it does not begin with `http://`".into()),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Sends a text and reads the answer. `path` is put behind the URL's.
pub(crate) async fn post(base: &Uri, path: &str, text: String) -> Result<Answer, String> {
    match tokio::time::timeout(CALL_MAX, send(base, path, text)).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {} s", CALL_MAX.as_secs())),
    }
}

async fn send(base: &Uri, path: &str, text: String) -> Result<Answer, String> {
    let host = base.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, base.port_u16().unwrap_or(80))).await.map_err(|error| error.to_string())?;
    let peer = stream.peer_addr().map_err(|error| error.to_string())?;
    if !peer.ip().is_loopback() {
        return Err(format!("{peer} is not an address of this machine"));
    }
    let (mut sender, connection) =
        handshake(TokioIo::new(stream)).await.map_err(|error| format!("no HTTP there: {error}"))?;
    // It ends with the sender, or with the other side.
    tokio::spawn(connection);
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{}{path}", base.path().trim_end_matches('/')))
        .header(HOST, base.authority().map_or("", |authority| authority.as_str()))
        .header(CONTENT_TYPE, "text/plain; charset=utf-8")
        .header(USER_AGENT, concat!("bussola/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(Bytes::from(text)))
        .map_err(|error| error.to_string())?;
    let reply = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let status = reply.status().as_u16();
    let body = Limited::new(reply.into_body(), ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|error| format!("its answer cannot be read: {error}"))?.to_bytes();
    Ok(Answer { status, text: String::from_utf8_lossy(&body).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_this_machine_without_tls() {
        for url in ["http://127.0.0.1:7380", "http://localhost/witness", "http://[::1]:1/a/b", "http://127.9.9.9"] {
            assert!(check(url).is_ok(), "{url}: {:?}", check(url));
        }
        for url in [
            "http://witness.example.com",
            "http://192.0.2.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://user@127.0.0.1",
            "http://127.0.0.1/?a",
            "https://witness.example.com",
            "ftp://127.0.0.1",
            "127.0.0.1:7380",
            "/add-checkpoint",
            "",
        ] {
            assert!(check(url).is_err(), "{url}");
        }
    }
}
