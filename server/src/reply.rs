//! Sending a body: entity tag, compression, and the error pages that luigid's clients know.

use std::io::Write;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::limits::{COMPRESS_BYTES_MIN, SMALL_REPLY_BYTES};

/// As luigid says it.
pub const JSON: &str = "application/json; charset=UTF-8";
/// Pages.
pub const HTML: &str = "text/html; charset=UTF-8";

/// What of a request decides how its reply is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes<'a> {
    tagged: bool,
    gzip: bool,
    if_none_match: Option<&'a HeaderValue>,
}

impl<'a> Wishes<'a> {
    /// Reads them.
    pub fn of(method: &Method, headers: &'a HeaderMap) -> Wishes<'a> {
        let tagged = method == Method::GET || method == Method::HEAD;
        let encodings = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
        let gzip = encodings.split(',').any(|encoding| {
            let mut parts = encoding.split(';').map(str::trim);
            parts.next() == Some("gzip") && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        });
        Wishes { tagged, gzip, if_none_match: headers.get(IF_NONE_MATCH) }
    }
}

/// Sends a body with status 200. Hashing and compressing a long one happens off the threads that answer workers.
pub async fn send(content_type: &'static str, body: String, wishes: Wishes<'_>) -> Response {
    let body = Bytes::from(body);
    let tag = match wishes.tagged {
        true => HeaderValue::from_str(&off_thread(&body, tag).await).ok(),
        false => None,
    };
    let mut reply = Response::new(Body::empty());
    let headers = reply.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(tag) = tag {
        let is_known = wishes.if_none_match.is_some_and(|known| names(known, &tag));
        headers.insert(ETAG, tag);
        if is_known {
            *reply.status_mut() = StatusCode::NOT_MODIFIED;
            return reply;
        }
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if wishes.gzip && body.len() >= COMPRESS_BYTES_MIN {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        *reply.body_mut() = Body::from(off_thread(&body, compressed).await);
    } else {
        *reply.body_mut() = Body::from(body);
    }
    reply
}

async fn off_thread<T: Send + 'static>(body: &Bytes, work: fn(&[u8]) -> T) -> T {
    if body.len() <= SMALL_REPLY_BYTES {
        return work(body);
    }
    let shared = body.clone();
    match tokio::task::spawn_blocking(move || work(&shared)).await {
        Ok(done) => done,
        // Only at shutdown are such tasks cancelled; then nobody waits for speed.
        Err(_) => work(body),
    }
}

fn tag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let hex = digest[..16].iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("\"{hex}\"")
}

fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.split(',').map(|one| one.trim()).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// Level 2: a list of tasks shrinks to a tenth, at three times the speed of zlib's default level.
fn compressed(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8 + 64), Compression::new(2));
    // Writing to a Vec cannot fail.
    let _ = encoder.write_all(body);
    Bytes::from(encoder.finish().unwrap_or_default())
}

/// An error as luigid words it, with the reason, if there is one, on a line of its own.
pub fn error(status: StatusCode, reason: &str) -> Response {
    let title = format!("{}: {}", status.as_u16(), status.canonical_reason().unwrap_or("Error"));
    let reason = if reason.is_empty() { String::new() } else { format!("\n<p>{}</p>\n", escape(reason)) };
    let body = format!("<html><title>{title}</title><body>{title}{reason}</body></html>");
    let mut reply = Response::new(Body::from(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
    reply
}

/// A reply without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = status;
    reply
}

/// Makes a text safe to stand in a page, in attributes too.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_read_from_headers() {
        let gzip = |accepted: &'static str| {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            Wishes::of(&Method::POST, &headers).gzip
        };
        assert!(gzip("gzip, deflate"));
        assert!(gzip("br;q=1.0, gzip;q=0.5"));
        assert!(!gzip("gzip;q=0"));
        assert!(!gzip("deflate"));
    }

    #[test]
    fn tags_are_compared_weakly() {
        let tag = HeaderValue::from_static("\"a\"");
        for (known, expected) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"b\"", false)]
        {
            assert_eq!(names(&HeaderValue::from_static(known), &tag), expected, "{known}");
        }
    }
}
