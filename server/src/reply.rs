//! Sending a body: entity tag, compression, and the error pages that luigid's clients know.

use std::convert::Infallible;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body::{Frame, SizeHint};
use sha2::{Digest, Sha256};

use crate::heavy;
use crate::limits::{COMPRESS_BYTES_MIN, SLICE_BYTES, SMALL_REPLY_BYTES};

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

    /// Whether the body may be compressed.
    pub fn gzip(&self) -> bool {
        self.gzip
    }

    /// Whether the client has what this tag names.
    pub fn knows(&self, tag: &HeaderValue) -> bool {
        self.tagged && self.if_none_match.is_some_and(|known| names(known, tag))
    }
}

/// A body in three parts, so that a long text needs no copy to be put between two short ones.
pub struct Text {
    head: &'static str,
    middle: String,
    tail: &'static str,
}

impl From<String> for Text {
    fn from(middle: String) -> Text {
        Text { head: "", middle, tail: "" }
    }
}

impl Text {
    /// `{"response": answer}`, as Luigi's clients expect every answer.
    pub fn response(answer: String) -> Text {
        Text { head: "{\"response\": ", middle: answer, tail: "}" }
    }

    fn len(&self) -> usize {
        self.head.len() + self.middle.len() + self.tail.len()
    }

    fn is_long(&self) -> bool {
        self.len() > SMALL_REPLY_BYTES
    }

    /// Slices that are worked on without a pause. Only a long text is on a thread that may give way.
    fn for_each_slice(&self, mut work: impl FnMut(&[u8])) {
        for part in [self.head, &self.middle, self.tail] {
            for slice in part.as_bytes().chunks(SLICE_BYTES) {
                work(slice);
                if self.is_long() {
                    heavy::give_way();
                }
            }
        }
    }

    fn tag(&self) -> String {
        let mut digest = Sha256::new();
        self.for_each_slice(|slice| digest.update(slice));
        let digest = digest.finalize();
        let hex = digest[..16].iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        format!("\"{hex}\"")
    }

    /// Level 2: a list of tasks shrinks to a tenth, at three times the speed of zlib's default level.
    fn compressed(&self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::with_capacity(self.len() / 8 + 64), Compression::new(2));
        // Writing to a Vec cannot fail.
        self.for_each_slice(|slice| drop(encoder.write_all(slice)));
        encoder.finish().unwrap_or_default()
    }

    fn plain(&self) -> Vec<u8> {
        let mut whole = Vec::with_capacity(self.len());
        self.for_each_slice(|slice| whole.extend_from_slice(slice));
        whole
    }
}

/// Sends a text with status 200. Hashing, compressing and freeing a long one happens off the threads that answer workers.
pub async fn send(content_type: &'static str, text: Text, wishes: Wishes<'_>) -> Response {
    let (tagged, known) = (wishes.tagged, wishes.if_none_match.cloned());
    let gzip = wishes.gzip && text.len() >= COMPRESS_BYTES_MIN;
    let is_long = text.is_long();
    let seal = move || {
        let tag = tagged.then(|| HeaderValue::from_str(&text.tag()).ok()).flatten();
        let is_known = known.zip(tag.as_ref()).is_some_and(|(known, tag)| names(&known, tag));
        let body = (!is_known).then(|| if gzip { text.compressed() } else { text.plain() });
        (tag, body)
    };
    let sealed = if is_long { heavy::seal(seal).await } else { Some(seal()) };
    let Some((tag, body)) = sealed else { return error(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping") };
    let mut reply = Response::new(Body::empty());
    let headers = reply.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(tag) = tag {
        headers.insert(ETAG, tag);
    }
    let Some(body) = body else {
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
        return reply;
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    *reply.body_mut() = if is_long { Body::new(Slices(Bytes::from(body))) } else { Body::from(body) };
    reply
}

/// A long body, given to the socket piece by piece: what a socket takes at once is copied at once.
struct Slices(Bytes);

impl http_body::Body for Slices {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let slice = self.0.len().min(SLICE_BYTES);
        Poll::Ready((slice > 0).then(|| Ok(Frame::data(self.0.split_to(slice)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.split(',').map(|one| one.trim()).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
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
