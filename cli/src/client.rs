//! Speaking to a running server: HTTP/1.1 over TCP or a Unix socket, one connection for a command's requests.

use std::time::Duration;

use bussola_server::http::wire::error::ErrorBody;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::Runtime;

use crate::credentials;
use crate::error::{CliError, Code};
use crate::output;

/// Where a server is looked for: Luigi's own port.
pub const SERVER_DEFAULT: &str = "http://127.0.0.1:8082";

/// LIMIT: how long a connection may take to come about.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// LIMIT: how long an answer may take. Explaining a large run takes seconds.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// After so long without an answer a person is told what is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// LIMIT: bytes of one answer.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Tcp { authority: String },
    Tls { authority: String, host: String },
    Unix { path: String },
}

/// A server to ask.
pub struct Client {
    url: String,
    place: Place,
    runtime: Runtime,
    connection: Option<SendRequest<Full<Bytes>>>,
    /// What it shows: who sends its requests.
    secret: Option<String>,
}

impl Client {
    /// For a URL, with what this user has to show there: see [`credentials`].
    pub fn new(url: &str) -> Result<Client, CliError> {
        Ok(Client { secret: credentials::secret_for(url)?, ..Client::anonymous(url)? })
    }

    /// For a URL: `https://host`, `http://host:port`, or `http+unix://` with the path of a socket in which slashes are written `%2F`.
    pub fn anonymous(url: &str) -> Result<Client, CliError> {
        let place = place(url)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| CliError::new(Code::Io, format!("cannot start: {error}"), ""))?;
        Ok(Client { url: url.to_owned(), place, runtime, connection: None, secret: None })
    }

    /// Asks for something; `path` is below `/api/v1`.
    pub fn get<T: DeserializeOwned>(&mut self, path: &str) -> Result<T, CliError> {
        let body = self.send(Method::GET, &below(path), None)?;
        self.read(path, &body)
    }

    /// Asks for something that is not JSON.
    pub fn get_bytes(&mut self, path: &str) -> Result<Bytes, CliError> {
        self.send(Method::GET, &below(path), None)
    }

    /// Has something done that is not below `/api/v1`.
    pub fn post_at<B: Serialize, T: DeserializeOwned>(&mut self, path: &str, body: &B) -> Result<T, CliError> {
        self.send_json(Method::POST, path, body)
    }

    /// Has something done.
    pub fn post<B: Serialize, T: DeserializeOwned>(&mut self, path: &str, body: &B) -> Result<T, CliError> {
        self.send_json(Method::POST, &below(path), body)
    }

    /// Sets something.
    pub fn put<B: Serialize, T: DeserializeOwned>(&mut self, path: &str, body: &B) -> Result<T, CliError> {
        self.send_json(Method::PUT, &below(path), body)
    }

    fn send_json<B: Serialize, T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        body: &B,
    ) -> Result<T, CliError> {
        let body = serde_json::to_vec(body).map_err(|error| CliError::new(Code::Io, error.to_string(), ""))?;
        let answer = self.send(method, path, Some(body))?;
        self.read(path, &answer)
    }

    fn read<T: DeserializeOwned>(&self, path: &str, body: &[u8]) -> Result<T, CliError> {
        serde_json::from_slice(body)
            .map_err(|error| self.strange(&format!("its answer to `{path}` cannot be read: {error}")))
    }

    fn strange(&self, why: &str) -> CliError {
        let message = format!("cannot understand the server at {}: {why}", self.url);
        CliError::new(Code::Strange, message, "check that it is a bussola of the same release: `bussola --version`")
    }

    fn unreachable(&self, why: &str) -> CliError {
        let message = format!("cannot reach the server at {}: {why}", self.url);
        CliError::new(
            Code::Unreachable,
            message,
            "start one with `bussola serve`, or say where it is with --server or BUSSOLA_SERVER",
        )
    }

    fn send(&mut self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Bytes, CliError> {
        let host = match &self.place {
            Place::Tcp { authority } => authority.clone(),
            Place::Tls { host, .. } => host.clone(),
            Place::Unix { .. } => "localhost".to_owned(),
        };
        let mut request = Request::builder().method(method).uri(path).header(HOST, host);
        if let Some(secret) = &self.secret {
            let shown = HeaderValue::from_str(&format!("Bearer {secret}"));
            let mut shown = shown.map_err(|_| {
                let hint = "check BUSSOLA_TOKEN, or run `bussola login` again";
                CliError::new(Code::BadArgument, "the token has characters that no token has", hint)
            })?;
            shown.set_sensitive(true);
            request = request.header(AUTHORIZATION, shown);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(|error| CliError::new(Code::Io, format!("cannot ask for `{path}`: {error}"), ""))?;
        let kept = self.connection.take();
        let place = self.place.clone();
        let sent = self.runtime.block_on(async {
            // One that the server closed meanwhile is never ready again.
            let kept = match kept {
                Some(mut connection) => connection.ready().await.is_ok().then_some(connection),
                None => None,
            };
            let mut connection = match kept {
                Some(connection) => connection,
                None => match tokio::time::timeout(CONNECT_MAX, connect(&place)).await {
                    Ok(connected) => connected?,
                    Err(_) => return Err(format!("no connection within {} s", CONNECT_MAX.as_secs())),
                },
            };
            let mut answer = Box::pin(tokio::time::timeout(ANSWER_MAX, async {
                let reply = connection.send_request(request).await.map_err(|error| error.to_string())?;
                let status = reply.status();
                let body = Limited::new(reply.into_body(), ANSWER_BYTES_MAX).collect().await;
                Ok::<_, String>((status, body.map_err(|error| error.to_string())?.to_bytes()))
            }));
            let soon = tokio::time::timeout(PATIENCE, &mut answer).await;
            if soon.is_err() {
                output::say(&format!("waiting for {}, at most {} s\n", self.url, ANSWER_MAX.as_secs()));
            }
            let sent = match soon {
                Ok(sent) => sent,
                Err(_) => (&mut answer).await,
            };
            drop(answer);
            match sent {
                Ok(answer) => answer.map(|(status, body)| (status, body, connection)),
                Err(_) => Err(format!("no answer within {} s", ANSWER_MAX.as_secs())),
            }
        });
        let (status, body, connection) = sent.map_err(|why| self.unreachable(&why))?;
        self.connection = Some(connection);
        if status == StatusCode::OK {
            return Ok(body);
        }
        match serde_json::from_slice::<ErrorBody>(&body) {
            Ok(error) => Err(CliError::answered(status, error)),
            Err(_) => Err(self.strange(&format!("it answered `{path}` with {status}"))),
        }
    }
}

/// Where the API has a path.
fn below(path: &str) -> String {
    format!("{}{path}", bussola_server::http::BASE)
}

async fn connect(place: &Place) -> Result<SendRequest<Full<Bytes>>, String> {
    let failed = |error: std::io::Error| reason(&error);
    match place {
        Place::Tcp { authority } => {
            let stream = TcpStream::connect(authority.as_str()).await.map_err(failed)?;
            start(TokioIo::new(stream)).await
        }
        Place::Tls { authority, host } => {
            let stream = TcpStream::connect(authority.as_str()).await.map_err(failed)?;
            let tls = bussola_identity::outbound::tls(None).map_err(|error| error.to_string())?;
            let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name).to_owned();
            let name = name.try_into().map_err(|_| format!("`{host}` is no name that a certificate can have"))?;
            let stream = tls.connect(name, stream).await.map_err(failed)?;
            start(TokioIo::new(stream)).await
        }
        Place::Unix { path } => {
            let stream = UnixStream::connect(path).await.map_err(failed)?;
            start(TokioIo::new(stream)).await
        }
    }
}

async fn start<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, String>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(stream).await.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Without the operating system's number, which helps nobody.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn place(url: &str) -> Result<Place, CliError> {
    let refused = |why: &str| {
        let message = format!("cannot use `{url}` as a server: {why}");
        Err(CliError::new(
            Code::BadServer,
            message,
            "write it like http://127.0.0.1:8082 or http+unix://%2Frun%2Fbussola.sock",
        ))
    };
    if let Some(path) = url.strip_prefix("http+unix://") {
        let path = decoded(path.trim_end_matches('/'));
        return if path.is_empty() { refused("it names no socket") } else { Ok(Place::Unix { path }) };
    }
    let (authority, tls) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(authority), _) => (authority, true),
        (None, Some(authority)) => (authority, false),
        (None, None) => return refused("it starts with neither `https://` nor `http://`"),
    };
    let authority = authority.trim_end_matches('/');
    if authority.is_empty() || authority.contains(['/', '?', '#', '@']) {
        return refused("only a host and a port may follow the scheme");
    }
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let host = authority.to_owned();
    let authority = if has_port { host.clone() } else { format!("{host}:{}", if tls { 443 } else { 80 }) };
    Ok(if tls { Place::Tls { authority, host } } else { Place::Tcp { authority } })
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A text as one part of a path or a query.
pub fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A query of what is given.
#[derive(Default)]
pub struct Query(String);

impl Query {
    /// Adds a parameter.
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Query {
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
        self.0.push_str(&format!("{name}={}", segment(&value.to_string())));
        self
    }

    /// Adds a parameter, if there is one.
    pub fn with_some(self, name: &str, value: Option<impl std::fmt::Display>) -> Query {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_can_be_named() {
        let tcp = |authority: &str| Some(Place::Tcp { authority: authority.into() });
        let check = |url: &str, expected: Option<Place>| assert_eq!(place(url).ok(), expected, "{url}");
        check("http://127.0.0.1:8082", tcp("127.0.0.1:8082"));
        check("http://127.0.0.1:8082/", tcp("127.0.0.1:8082"));
        check("http://bussola", tcp("bussola:80"));
        check("http://[::1]:1", tcp("[::1]:1"));
        let tls = |authority: &str, host: &str| Some(Place::Tls { authority: authority.into(), host: host.into() });
        check("https://bussola.example.com", tls("bussola.example.com:443", "bussola.example.com"));
        check("https://bussola.example.com:8443/", tls("bussola.example.com:8443", "bussola.example.com:8443"));
        check("http+unix://%2Frun%2Fb.sock", Some(Place::Unix { path: "/run/b.sock".into() }));
        check("http+unix:///run/b.sock", Some(Place::Unix { path: "/run/b.sock".into() }));
        for url in [
            "",
            "127.0.0.1:8082",
            "ftp://x",
            "http://",
            "https://x/app",
            "http://u@h:1",
            "http://h:1/api",
            "http+unix://",
        ] {
            check(url, None);
        }
    }

    #[test]
    fn parts_of_a_path_are_encoded() {
        assert_eq!(segment("group:default/a b_é"), "group%3Adefault%2Fa%20b_%C3%A9");
        assert_eq!(
            Query::default().with("a", "x&y").with_some("b", None::<u8>).with("c", 1).to_string(),
            "?a=x%26y&c=1"
        );
    }
}
