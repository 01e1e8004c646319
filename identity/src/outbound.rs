//! Calls to others over HTTP: providers, key sets, whoever a URL names.
//!
//! A name is resolved once, every address that it has is judged ([`Reach`]), and the connection goes to one of exactly these
//! addresses: there is no second question that a name server could answer otherwise. Redirects are answers like any other
//! and are not followed. Size and time have bounds. `https` everywhere; plain `http` to this machine only.
//!
//! Trusted are the certificate authorities that the operating system trusts, and those that the operator adds: companies
//! run their providers under authorities of their own, an authority that the administrator removed must be gone, and a
//! list within the binary would age with it. A machine without any is told what to install.
//!
//! Each call has a connection of its own. Calls are rare (a sign-in makes three), and a pool would have to keep apart what
//! was judged by different rules.
//!
//! Invariants: an error names host and port of a URL, never its path or query, which may hold secrets; proxies from the
//! environment are not used, since they would resolve the name themselves.

mod address;

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url, form_urlencoded};

use crate::limits::{ADDRESSES_TRIED_MAX, ANSWER_BYTES_MAX, ANSWER_HEADER_BYTES_MAX, CALL_TIME_MAX, URL_BYTES_MAX};
use crate::secret::Secret;
use crate::strict_json::{JsonFault, parse_object};

pub use address::{Blocked, Reach};

/// Why a call failed. `host` is name or address and port.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The URL cannot be called.
    #[error("url: {0}")]
    Url(&'static str),
    /// Plain HTTP to another machine.
    #[error("cannot call `{host}`: plain http is only for this machine")]
    Plain {
        /// Whom.
        host: String,
    },
    /// An address of the name may not be called.
    #[error("cannot call `{host}`: {reason}")]
    Blocked {
        /// Whom.
        host: String,
        /// Why.
        reason: Blocked,
    },
    /// The name has no address.
    #[error("cannot find `{host}`")]
    Resolve {
        /// Whom.
        host: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nobody listens, or not for us.
    #[error("cannot connect to `{host}`")]
    Connect {
        /// Whom.
        host: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The certificate is not trusted, or what is there is no TLS.
    #[error("cannot trust `{host}`")]
    Tls {
        /// Whom.
        host: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The machine trusts nobody.
    #[error("cannot call `{host}`: this machine has no certificate authorities")]
    NoAuthorities {
        /// Whom.
        host: String,
    },
    /// No HTTP.
    #[error("no valid http answer from `{host}`")]
    Protocol {
        /// Whom.
        host: String,
        /// Why.
        #[source]
        source: hyper::Error,
    },
    /// It took longer than [`CALL_TIME_MAX`].
    #[error("no answer from `{host}` within {} s", CALL_TIME_MAX.as_secs())]
    TimedOut {
        /// Whom.
        host: String,
    },
    /// The answer is longer than the caller takes.
    #[error("the answer of `{host}` is longer than {bytes_max} bytes")]
    TooLarge {
        /// Whom.
        host: String,
        /// The bound.
        bytes_max: usize,
    },
    /// A file of certificates that cannot be read.
    #[error("the additional certificate authorities are no certificates in PEM")]
    Authorities,
}

impl OutboundError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            OutboundError::Url(_) => "give a URL such as `https://idp.example.com/path`",
            OutboundError::Plain { .. } => "use https",
            OutboundError::Blocked { .. } => "only what the operator configures may lie in a private network",
            OutboundError::Resolve { .. } => "check the name, and this machine's name servers",
            OutboundError::Connect { .. } | OutboundError::TimedOut { .. } => {
                "check that it is up, and that a firewall lets this machine reach it"
            }
            OutboundError::Tls { .. } => "if a private authority issued its certificate, add that authority",
            OutboundError::NoAuthorities { .. } => "install the package `ca-certificates`",
            OutboundError::Protocol { .. } => "check that it speaks http/1.1 at this port",
            OutboundError::TooLarge { .. } => "check that the URL names what it should",
            OutboundError::Authorities => "give a file with `BEGIN CERTIFICATE`",
        }
    }
}

/// Finds the addresses of a name.
pub trait Resolve: Send + Sync {
    /// All addresses, in the order to be tried.
    fn resolve(&self, name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
}

/// The operating system's way.
struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    bytes_max: usize,
}

impl Call {
    /// GET, taking JSON.
    pub fn get(url: &Url) -> Call {
        Call::new(Method::GET, url)
    }

    /// POST of a form, taking JSON.
    pub fn post_form(url: &Url, fields: &[(&str, &str)]) -> Call {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        Call::with_body(Method::POST, url, form, body)
    }

    /// Any method, with a body of a type; taking JSON.
    pub fn with_body(method: Method, url: &Url, content_type: HeaderValue, body: impl Into<Bytes>) -> Call {
        Call { body: body.into(), ..Call::new(method, url).header(CONTENT_TYPE, content_type) }
    }

    fn new(method: Method, url: &Url) -> Call {
        let call = Call {
            method,
            url: url.clone(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            bytes_max: ANSWER_BYTES_MAX,
        };
        call.header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, HeaderValue::from_static(concat!("bussola/", env!("CARGO_PKG_VERSION"))))
    }

    /// With a header, instead of one of the same name.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Call {
        self.headers.insert(name, value);
        self
    }

    /// With a bearer token.
    pub fn bearer(self, token: &Secret) -> Call {
        self.authorization(&format!("Bearer {}", token.expose()))
    }

    /// With HTTP Basic, name and password given as they shall be before base64.
    pub fn basic(self, name: &str, password: &str) -> Call {
        self.authorization(&format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
    }

    fn authorization(self, text: &str) -> Call {
        // What cannot be in a header cannot be right either: the other side refuses the call without it.
        let Ok(mut value) = HeaderValue::from_str(text) else { return self };
        value.set_sensitive(true);
        self.header(AUTHORIZATION, value)
    }

    /// Taking at most so many bytes.
    pub fn bytes_max(self, bytes_max: usize) -> Call {
        Call { bytes_max, ..self }
    }
}

/// What came back, whatever its status.
#[derive(Clone)]
pub struct Answer {
    /// 200, or why not.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, whole.
    pub body: Bytes,
}

impl Answer {
    /// The body as a JSON object without duplicate members.
    pub fn json(&self) -> Result<Map<String, Value>, JsonFault> {
        parse_object(&self.body)
    }
}

/// Bodies hold tokens.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The way out. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    tls: TlsConnector,
    has_authorities: bool,
    resolver: Arc<dyn Resolve>,
}

/// TLS as every call from here has it: for clients that speak for longer than one answer.
pub fn tls(additional_authorities: Option<&[u8]>) -> Result<TlsConnector, OutboundError> {
    let (connector, has_authorities) = connector(additional_authorities)?;
    if has_authorities { Ok(connector) } else { Err(OutboundError::Authorities) }
}

/// And whether it trusts anybody.
fn connector(additional_authorities: Option<&[u8]>) -> Result<(TlsConnector, bool), OutboundError> {
    let mut roots = RootCertStore::empty();
    // A system's store may hold a few that cannot be read; the others are as good.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = additional_authorities {
        let added: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let added = added.ok().filter(|added| !added.is_empty()).ok_or(OutboundError::Authorities)?;
        for certificate in added {
            roots.add(certificate).map_err(|_| OutboundError::Authorities)?;
        }
    }
    let has_authorities = !roots.is_empty();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has a cipher suite for each default protocol version");
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((TlsConnector::from(Arc::new(config)), has_authorities))
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outbound")
    }
}

impl Outbound {
    /// Trusts whom this machine trusts, and the authorities of a PEM file that the operator added.
    pub fn new(additional_authorities: Option<&[u8]>) -> Result<Outbound, OutboundError> {
        Outbound::with_resolver(additional_authorities, Arc::new(SystemResolver))
    }

    /// With another way to find names.
    pub fn with_resolver(
        additional_authorities: Option<&[u8]>,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Outbound, OutboundError> {
        let (tls, has_authorities) = connector(additional_authorities)?;
        Ok(Outbound { tls, has_authorities, resolver })
    }

    /// Makes a call, and waits for the whole answer.
    pub async fn send(&self, call: Call, reach: Reach) -> Result<Answer, OutboundError> {
        let place = Place::of(&call.url)?;
        match timeout(CALL_TIME_MAX, self.send_unhurried(&place, call, reach)).await {
            Ok(answer) => answer,
            Err(_) => Err(OutboundError::TimedOut { host: place.authority }),
        }
    }

    async fn send_unhurried(&self, place: &Place, call: Call, reach: Reach) -> Result<Answer, OutboundError> {
        let host = || place.authority.clone();
        if place.encrypted && !self.has_authorities {
            return Err(OutboundError::NoAuthorities { host: host() });
        }
        let addresses = self.permitted_addresses(place, reach).await?;
        let stream = connect(&addresses).await.map_err(|source| OutboundError::Connect { host: host(), source })?;
        if !place.encrypted {
            return exchange(stream, place, call).await;
        }
        let stream = self.tls.connect(place.server_name()?, stream).await;
        exchange(stream.map_err(|source| OutboundError::Tls { host: host(), source })?, place, call).await
    }

    /// Asks for the addresses once. One that is not permitted spoils all: whoever gives such an answer is not to be trusted
    /// with the others.
    async fn permitted_addresses(&self, place: &Place, reach: Reach) -> Result<Vec<SocketAddr>, OutboundError> {
        let host = || place.authority.clone();
        let found = match &place.host {
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
            Host::Domain(name) => {
                let found = self.resolver.resolve(name.clone()).await;
                found.map_err(|source| OutboundError::Resolve { host: host(), source })?
            }
        };
        if found.is_empty() {
            let source = io::Error::new(io::ErrorKind::NotFound, "it has no address");
            return Err(OutboundError::Resolve { host: host(), source });
        }
        for address in &found {
            reach.check(*address).map_err(|reason| OutboundError::Blocked { host: host(), reason })?;
            if !place.encrypted && !address::is_loopback(*address) {
                return Err(OutboundError::Plain { host: host() });
            }
        }
        Ok(found.into_iter().take(ADDRESSES_TRIED_MAX).map(|address| SocketAddr::new(address, place.port)).collect())
    }
}

/// Where a URL leads.
struct Place {
    host: Host<String>,
    port: u16,
    encrypted: bool,
    /// Host and port as in the header `Host`, and for people.
    authority: String,
}

impl Place {
    fn of(url: &Url) -> Result<Place, OutboundError> {
        if url.as_str().len() > URL_BYTES_MAX {
            return Err(OutboundError::Url("it is too long"));
        }
        let encrypted = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(OutboundError::Url("only https is called")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::Url("a name or password does not belong into it"));
        }
        let host = url.host().ok_or(OutboundError::Url("it names no host"))?.to_owned();
        let port = url.port_or_known_default().ok_or(OutboundError::Url("it names no port"))?;
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        Ok(Place { host, port, encrypted, authority })
    }

    fn server_name(&self) -> Result<ServerName<'static>, OutboundError> {
        match &self.host {
            Host::Ipv4(address) => Ok(ServerName::IpAddress(IpAddr::V4(*address).into())),
            Host::Ipv6(address) => Ok(ServerName::IpAddress(IpAddr::V6(*address).into())),
            Host::Domain(name) => {
                ServerName::try_from(name.clone()).map_err(|_| OutboundError::Url("its host is no name of a server"))
            }
        }
    }
}

/// The first address where somebody listens.
async fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "it has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// One request and its answer over a stream that nobody else uses.
async fn exchange<S>(stream: S, place: &Place, call: Call) -> Result<Answer, OutboundError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let host = || place.authority.clone();
    let failed = |source| OutboundError::Protocol { host: host(), source };
    let mut builder = http1::Builder::new();
    builder.max_buf_size(ANSWER_HEADER_BYTES_MAX);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // The set ends the connection when this function ends, for whatever reason.
    let mut driver = JoinSet::new();
    driver.spawn(connection);

    let target = match call.url.query() {
        Some(query) => format!("{}?{query}", call.url.path()),
        None => call.url.path().to_string(),
    };
    let target = Uri::try_from(target).map_err(|_| OutboundError::Url("its path is malformed"))?;
    let mut request = Request::new(Full::new(call.body));
    *request.method_mut() = call.method;
    *request.uri_mut() = target;
    *request.headers_mut() = call.headers;
    let authority = HeaderValue::from_str(&place.authority).map_err(|_| OutboundError::Url("its host is malformed"))?;
    request.headers_mut().insert(HOST, authority);

    let (head, mut incoming) = sender.send_request(request).await.map_err(failed)?.into_parts();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame.map_err(failed)?.into_data() else { continue };
        if body.len() + data.len() > call.bytes_max {
            return Err(OutboundError::TooLarge { host: host(), bytes_max: call.bytes_max });
        }
        body.extend_from_slice(&data);
    }
    Ok(Answer { status: head.status, headers: head.headers, body: body.into() })
}
