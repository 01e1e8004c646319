//! Outbound calls against real sockets: where they may go, what they take, and that every trick with a URL is seen through.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bussola_identity::Secret;
use bussola_identity::outbound::{Blocked, Call, Outbound, OutboundError, Reach, Resolve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// A name server of the test's own: the n-th question gets the n-th answer, the last one for ever.
struct Names {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

impl Names {
    fn new(answers: &[&[&'static str]]) -> Arc<Names> {
        Arc::new(Names { answers: answers.iter().map(|list| list.to_vec()).collect(), asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Names {
    fn resolve(&self, _: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        let at = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let answer = self.answers[at].iter().map(|text| text.parse().expect("an address")).collect();
        Box::pin(async move { Ok(answer) })
    }
}

fn url(text: &str) -> Url {
    Url::parse(text).expect(text)
}

fn outbound() -> Outbound {
    Outbound::new(None).expect("a client")
}

/// Answers every connection with these bytes, and counts them. What was asked is in the second half.
async fn serve(answer: Vec<u8>) -> (u16, Arc<AtomicUsize>, Arc<tokio::sync::Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (count, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(tokio::sync::Mutex::new(Vec::new())));
    let (counter, log) = (count.clone(), asked.clone());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            log.lock().await.push(read_request(&mut stream).await);
            // The caller may have had enough before the end.
            let _ = stream.write_all(&answer).await;
        }
    });
    (port, count, asked)
}

async fn read_request(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).to_string();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().expect("a number")) {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return text,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
}

fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[tokio::test]
async fn tricks_with_a_url_from_outside() {
    use Blocked::{Loopback, Metadata, Private, Unusable};
    let table = [
        ("https://169.254.169.254/latest/meta-data", Some(Metadata)),
        ("https://2852039166/", Some(Metadata)),
        ("https://0251.0376.0251.0376/", Some(Metadata)),
        ("https://0xa9fea9fe/", Some(Metadata)),
        ("https://0xa9.254.0251.254/", Some(Metadata)),
        ("https://169.16689662/", Some(Metadata)),
        ("https://①⑥⑨.②⑤④.①⑥⑨.②⑤④/", Some(Metadata)),
        ("https://169。254。169。254/", Some(Metadata)),
        ("https://%31%36%39.254.169.254/", Some(Metadata)),
        ("https://[::ffff:169.254.169.254]/", Some(Metadata)),
        ("https://[::ffff:a9fe:a9fe]/", Some(Metadata)),
        ("https://[64:ff9b::a9fe:a9fe]/", Some(Metadata)),
        ("https://[fd00:ec2::254]/", Some(Metadata)),
        ("https://[fe80::1]/", Some(Metadata)),
        ("https://127.1/", Some(Loopback)),
        ("https://2130706433/", Some(Loopback)),
        ("https://017700000001/", Some(Loopback)),
        ("https://localhost/", Some(Loopback)),
        ("https://LOCALHOST/", Some(Loopback)),
        ("https://[::1]/", Some(Loopback)),
        ("https://[0:0:0:0:0:ffff:127.0.0.1]/", Some(Loopback)),
        ("http://127.0.0.1/", Some(Loopback)),
        ("https://0/", Some(Unusable)),
        ("https://[::]/", Some(Unusable)),
        ("https://255.255.255.255/", Some(Unusable)),
        ("https://10.0.0.1/", Some(Private)),
        ("https://192.168.1.1/", Some(Private)),
        ("https://[fc00::1]/", Some(Private)),
        ("https://1.1.1.1@127.0.0.1/", None),
        ("https://user:password@example.com/", None),
        ("file:///etc/passwd", None),
        ("gopher://127.0.0.1:6379/_FLUSHALL", None),
        ("data:text/plain,x", None),
    ];
    for (text, reason) in table {
        match outbound().send(Call::get(&url(text)), Reach::Public).await.expect_err(text) {
            OutboundError::Blocked { reason: found, .. } => assert_eq!(Some(found), reason, "{text}"),
            OutboundError::Url(_) => assert_eq!(reason, None, "{text}"),
            other => panic!("{text}: {other}"),
        }
    }
}

#[tokio::test]
async fn a_name_is_judged_by_all_its_addresses_and_asked_for_once() {
    let table: [(&[&str], Blocked); 4] = [
        (&["127.0.0.1"], Blocked::Loopback),
        (&["1.1.1.1", "10.0.0.1"], Blocked::Private),
        (&["::ffff:169.254.169.254"], Blocked::Metadata),
        (&["2606:4700::1", "1.1.1.1", "1.1.1.1", "1.1.1.1", "1.1.1.1", "fe80::1"], Blocked::Metadata),
    ];
    for (addresses, expected) in table {
        let outbound = Outbound::with_resolver(None, Names::new(&[addresses])).expect("a client");
        let error = outbound.send(Call::get(&url("https://example.com/")), Reach::Public).await.expect_err("blocked");
        assert!(matches!(error, OutboundError::Blocked { reason, .. } if reason == expected), "{error}");
    }
    // Rebinding: the second answer would lead into this machine. It is never asked for.
    let (port, count, _) = serve(ok("{}")).await;
    let names = Names::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let outbound = Outbound::with_resolver(None, names.clone()).expect("a client");
    let target = url(&format!("http://rebinding.example.com:{port}/"));
    let error =
        outbound.send(Call::get(&target), Reach::Operator).await.expect_err("nobody listens at the first address");
    assert!(matches!(error, OutboundError::Connect { .. }), "{error}");
    assert_eq!((names.asked.load(Ordering::SeqCst), count.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn the_operator_reaches_private_networks_but_no_metadata_and_http_only_here() {
    let check = async |addresses: &[&'static str], target: &str| {
        let outbound = Outbound::with_resolver(None, Names::new(&[addresses])).expect("a client");
        outbound.send(Call::get(&url(target)), Reach::Operator).await.expect_err(target)
    };
    let error = check(&["169.254.169.254"], "https://idp.internal/").await;
    assert!(matches!(error, OutboundError::Blocked { reason: Blocked::Metadata, .. }), "{error}");
    for addresses in [&["10.0.0.1"][..], &["127.0.0.1", "10.0.0.1"], &["1.1.1.1"]] {
        let error = check(addresses, "http://idp.internal/").await;
        assert!(matches!(error, OutboundError::Plain { .. }), "{error}");
    }
    let (port, _, _) = serve(ok("{\"here\":true}")).await;
    let answer = outbound().send(Call::get(&url(&format!("http://127.0.0.1:{port}/"))), Reach::Operator).await;
    assert_eq!(answer.expect("an answer").json().expect("JSON")["here"], true);
}

#[tokio::test]
async fn what_is_sent() {
    let (port, _, asked) = serve(ok("")).await;
    let target = url(&format!("http://127.0.0.1:{port}/token?a=b#fragment"));
    let call = Call::post_form(&target, &[("code", "x&y=z +"), ("é", "1")]).bearer(&Secret::new("abc"));
    assert!(!format!("{call:?}").contains("abc"), "a call may be shown");
    outbound().send(call, Reach::Operator).await.expect("an answer");
    let request = asked.lock().await.remove(0).to_lowercase();
    assert!(request.starts_with("post /token?a=b http/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("\r\nhost: 127.0.0.1:{port}\r\n")), "{request}");
    assert!(request.contains("\r\nauthorization: bearer abc\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\ncode=x%26y%3dz+%2b&%c3%a9=1"), "{request}");
}

#[tokio::test]
async fn redirects_are_answers() {
    let (inner, count, _) = serve(ok("secret")).await;
    let location = format!("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inner}/\r\nContent-Length: 0\r\n\r\n");
    let (port, _, _) = serve(location.into_bytes()).await;
    let call = Call::get(&url(&format!("http://127.0.0.1:{port}/")));
    let answer = outbound().send(call, Reach::Operator).await.expect("an answer");
    assert_eq!((answer.status.as_u16(), count.load(Ordering::SeqCst)), (302, 0));
}

#[tokio::test]
async fn answers_have_a_size() {
    let exact = "x".repeat(1000);
    let chunked = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n{exact}\r\n1\r\nx\r\n0\r\n\r\n");
    let claims_ten_gigabytes = format!("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n{}", "x".repeat(100_000));
    let many_headers = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(1_000_000));
    for (answer, fits) in [
        (ok(&exact), true),
        (ok(&format!("{exact}x")), false),
        (chunked.into_bytes(), false),
        (claims_ten_gigabytes.into_bytes(), false),
    ] {
        let (port, _, _) = serve(answer).await;
        let call = Call::get(&url(&format!("http://127.0.0.1:{port}/"))).bytes_max(1000);
        match outbound().send(call, Reach::Operator).await {
            Ok(answer) => assert!(fits && answer.body.len() == 1000),
            Err(error) => assert!(!fits && matches!(error, OutboundError::TooLarge { bytes_max: 1000, .. }), "{error}"),
        }
    }
    let (port, _, _) = serve(many_headers.into_bytes()).await;
    let error = outbound().send(Call::get(&url(&format!("http://127.0.0.1:{port}/"))), Reach::Operator).await;
    assert!(matches!(error, Err(OutboundError::Protocol { .. })), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn answers_have_a_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    // Accepts, and never says a word: the clock is the test's own and goes on as soon as all wait.
    let call = Call::get(&url(&format!("http://127.0.0.1:{port}/?code=canary")));
    let error = outbound().send(call, Reach::Operator).await.expect_err("silence");
    assert!(matches!(error, OutboundError::TimedOut { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("canary"), "a query may hold secrets: {error:?}");
}

#[tokio::test]
async fn certificates_are_checked_against_authorities_and_names() {
    let authority = rcgen::KeyPair::generate().expect("a key");
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = parameters.self_signed(&authority).expect("a certificate");
    let issuer = rcgen::Issuer::new(parameters, authority);
    let key = rcgen::KeyPair::generate().expect("a key");
    let leaf = rcgen::CertificateParams::new(vec!["idp.example.com".to_string()]).expect("parameters");
    let leaf = leaf.signed_by(&key, &issuer).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .expect("a server");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            answer_over_tls(&acceptor, stream).await;
        }
    });

    let pem = certificate.pem();
    let check = async |authorities: Option<&str>, name: &str| {
        let names = Names::new(&[&["127.0.0.1"]]);
        let outbound = Outbound::with_resolver(authorities.map(str::as_bytes), names).expect("a client");
        outbound.send(Call::get(&url(&format!("https://{name}:{port}/"))), Reach::Operator).await
    };
    let answer = check(Some(&pem), "idp.example.com").await.expect("trusted");
    assert_eq!(&answer.body[..], b"{}");
    for (authorities, name) in [(Some(pem.as_str()), "other.example.com"), (None, "idp.example.com")] {
        match check(authorities, name).await.expect_err("not trusted") {
            OutboundError::Tls { .. } | OutboundError::NoAuthorities { .. } => {}
            other => panic!("{name}: {other}"),
        }
    }
    assert!(matches!(Outbound::new(Some(b"no certificate")), Err(OutboundError::Authorities)));
}

async fn answer_over_tls(acceptor: &tokio_rustls::TlsAcceptor, stream: TcpStream) {
    // A client that does not trust us ends the handshake.
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    read_request(&mut stream).await;
    let _ = stream.write_all(&ok("{}")).await;
    let _ = stream.shutdown().await;
}
