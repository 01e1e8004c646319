//! Key sets of issuers elsewhere: how often they are fetched, and what happens when their issuer is down.

mod forge;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bussola_identity::FetchError;
use bussola_identity::jwks::RemoteKeys;
use bussola_identity::key::KeySetError;
use bussola_identity::limits::{FETCH_INTERVAL_S, KEY_SET_BYTES_MAX, KEYS_FRESH_S, KEYS_STALE_S_MAX};
use bussola_identity::outbound::{Outbound, OutboundError, Reach};
use forge::Forge;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

const NOW: i64 = 1_800_000_000;

/// An issuer whose answer the test changes, and that counts what it is asked.
struct Issuer {
    answer: Mutex<(u16, String)>,
    asked: AtomicUsize,
}

impl Issuer {
    async fn start() -> (Arc<Issuer>, RemoteKeys) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/jwks", listener.local_addr().expect("an address"));
        let issuer = Arc::new(Issuer { answer: Mutex::new((500, String::new())), asked: AtomicUsize::new(0) });
        let own = issuer.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                own.asked.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]).await;
                let (status, body) = own.answer.lock().expect("the answer").clone();
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            }
        });
        let outbound = Outbound::new(None).expect("a client");
        (issuer, RemoteKeys::at(outbound, Url::parse(&url).expect("a URL"), Reach::Operator))
    }

    fn says(&self, status: u16, body: impl Into<String>) {
        *self.answer.lock().expect("the answer") = (status, body.into());
    }

    fn publishes(&self, forge: &Forge, algs: &[&str]) {
        self.says(200, forge.keys(algs).to_jwks().to_string());
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Until it was asked so often: a fetch aside is waited for, not slept for.
    async fn asked_times(&self, times: usize) {
        while self.asked() < times {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_flood_of_unknown_keys_costs_one_fetch_in_ten_seconds() {
    let (issuer, keys) = Issuer::start().await;
    issuer.publishes(&Forge::new(), &["ES256"]);
    let all_at_once: Vec<_> = (0..500)
        .map(|n| {
            let keys = keys.clone();
            tokio::spawn(async move { keys.for_key(Some(&format!("kid-{n}")), NOW).await })
        })
        .collect();
    for call in all_at_once {
        assert!(call.await.expect("a call").is_ok(), "the set is there, without that key");
    }
    assert_eq!(issuer.asked(), 1);
    for now in [NOW, NOW + 1, NOW + FETCH_INTERVAL_S - 1] {
        keys.for_key(Some("other"), now).await.expect("a set");
    }
    assert_eq!(issuer.asked(), 1);
    keys.for_key(Some("ES256"), NOW + FETCH_INTERVAL_S).await.expect("a set");
    assert_eq!(issuer.asked(), 1, "a known key needs no fetch");
    keys.for_key(Some("other"), NOW + FETCH_INTERVAL_S).await.expect("a set");
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn a_new_key_is_found_at_once() {
    let (issuer, keys) = Issuer::start().await;
    let forge = Forge::new();
    issuer.publishes(&forge, &["ES256"]);
    assert!(keys.for_key(Some("ES256"), NOW).await.expect("a set").knows(Some("ES256")));
    issuer.publishes(&forge, &["EdDSA"]);
    let set = keys.for_key(Some("EdDSA"), NOW + FETCH_INTERVAL_S).await.expect("a set");
    assert!(set.knows(Some("EdDSA")) && !set.knows(Some("ES256")), "and the withdrawn one is gone");
}

#[tokio::test]
async fn an_old_set_serves_while_a_new_one_is_fetched_and_when_none_comes() {
    let (issuer, keys) = Issuer::start().await;
    let forge = Forge::new();
    issuer.publishes(&forge, &["ES256"]);
    keys.for_key(Some("ES256"), NOW).await.expect("a set");
    keys.for_key(Some("ES256"), NOW + KEYS_FRESH_S).await.expect("fresh");
    assert_eq!(issuer.asked(), 1);
    let mut asked = 1;
    let nonsense = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(KEY_SET_BYTES_MAX));
    for (status, body) in [(500, ""), (200, "<html>"), (200, "{\"keys\":[]}"), (302, ""), (200, nonsense.as_str())] {
        issuer.says(status, body);
        let now = NOW + KEYS_FRESH_S + 1 + asked as i64 * FETCH_INTERVAL_S;
        keys.for_key(Some("ES256"), now).await.expect("stale, and better than none");
        asked += 1;
        issuer.asked_times(asked).await;
        // An unknown key waits for the fetch that is under way.
        let set = keys.for_key(Some("new"), now).await.expect("stale");
        assert!(!set.knows(Some("new")));
        assert_eq!(issuer.asked(), asked);
    }
    issuer.says(500, "");
    assert!(keys.for_key(Some("ES256"), NOW + KEYS_STALE_S_MAX).await.is_ok());
    let error = keys.for_key(Some("ES256"), NOW + KEYS_STALE_S_MAX + 60).await.expect_err("too old");
    assert!(matches!(error, FetchError::Status { status: 500, .. }), "{error}");
    issuer.publishes(&forge, &["ES256"]);
    assert!(keys.for_key(Some("ES256"), NOW + KEYS_STALE_S_MAX + 70).await.is_ok(), "it is up again");
}

#[tokio::test]
async fn what_was_never_fetched_says_why() {
    let (issuer, keys) = Issuer::start().await;
    for (n, (status, body, expected)) in
        [(500, "", "status 500"), (200, "[]", "not a JSON object"), (200, "{\"keys\":[]}", "no key")]
            .into_iter()
            .enumerate()
    {
        issuer.says(status, body);
        let error = keys.for_key(None, NOW + 10 * n as i64).await.expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
        let again = keys.for_key(None, NOW + 10 * n as i64 + 1).await.expect_err("not asked again so soon");
        assert!(again.to_string().contains(expected), "{again}");
        assert_eq!(issuer.asked(), n + 1);
    }
    let huge = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(KEY_SET_BYTES_MAX));
    issuer.says(200, huge);
    let error = keys.for_key(None, NOW + 100).await.expect_err("too large");
    assert!(matches!(&error, FetchError::Call(error) if matches!(**error, OutboundError::TooLarge { .. })), "{error}");
    assert!(!matches!(error, FetchError::KeySet(KeySetError::NoKeys)));
    // A clock that was set back an hour does not lock the issuer out.
    issuer.publishes(&Forge::new(), &["ES256"]);
    assert!(keys.for_key(None, NOW - 3600).await.is_ok());
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_use_up_the_turn() {
    let (issuer, keys) = Issuer::start().await;
    issuer.publishes(&Forge::new(), &["ES256"]);
    let mut first = Box::pin(keys.for_key(Some("ES256"), NOW));
    // Polled once, the fetch has begun; then its caller is gone.
    assert!(polled_once(first.as_mut()).await.is_none());
    drop(first);
    assert!(keys.for_key(Some("ES256"), NOW).await.expect("a set").knows(Some("ES256")));
    assert_eq!(issuer.asked(), 1);
}

/// Polls once.
async fn polled_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}
