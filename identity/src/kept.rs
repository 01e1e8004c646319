//! A document of somebody else: fetched, kept, fetched again.
//!
//! Whoever asks gets it from memory nearly always. One that is no longer fresh is fetched anew aside, while the old one
//! serves; a caller whom the kept one does not do waits for a fetch, but there is only one in [`FETCH_INTERVAL_S`], and one
//! at a time. When the other side is down or answers nonsense, what it said last is used, for a bounded time.
//!
//! Invariants: a fetch, once begun, ends by itself: callers who go away do not end it, so they cannot use up its turn. A
//! failed fetch changes nothing but the time of the next.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde_json::{Map, Value};
use url::Url;

use crate::key::KeySetError;
use crate::limits::FETCH_INTERVAL_S;
use crate::outbound::{Call, Outbound, OutboundError, Reach};
use crate::strict_json::parse_object;

/// Why a document of somebody else is not there.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    /// The call failed.
    #[error(transparent)]
    Call(Arc<OutboundError>),
    /// Another status than 200.
    #[error("`{host}` answered with status {status}")]
    Status {
        /// Whom we asked.
        host: String,
        /// What it said.
        status: u16,
    },
    /// The answer is no key set.
    #[error(transparent)]
    KeySet(KeySetError),
    /// The discovery document of an OpenID provider is no such, or another's.
    #[error("discovery document of the provider: {0}")]
    Discovery(&'static str),
    /// It failed a moment ago, and is not asked again so soon.
    #[error("the document could not be fetched a moment ago")]
    Waiting,
}

impl FetchError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            FetchError::Call(error) => error.hint(),
            FetchError::Status { .. } => "check the URL, and whether the other side is well",
            FetchError::KeySet(_) => "check the `jwks_uri` of the issuer",
            FetchError::Discovery(_) => {
                "open the issuer with `/.well-known/openid-configuration` at its end, and compare `issuer`"
            }
            FetchError::Waiting => "try again in some seconds",
        }
    }
}

/// GET of a document, its answer whole if it is 200.
pub(crate) async fn get(
    outbound: &Outbound,
    url: &Url,
    reach: Reach,
    bytes_max: usize,
) -> Result<bytes::Bytes, FetchError> {
    let call = Call::get(url).bytes_max(bytes_max);
    let answer = outbound.send(call, reach).await.map_err(|error| FetchError::Call(Arc::new(error)))?;
    if answer.status == 200 {
        return Ok(answer.body);
    }
    let host = url.host_str().unwrap_or_default().to_string();
    Err(FetchError::Status { host, status: answer.status.as_u16() })
}

/// The discovery document of an issuer, which must name exactly this issuer.
pub(crate) async fn discover(
    outbound: &Outbound,
    issuer: &str,
    reach: Reach,
    bytes_max: usize,
) -> Result<Map<String, Value>, FetchError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer));
    let url = Url::parse(&url).map_err(|_| FetchError::Discovery("the issuer is no URL"))?;
    let body = get(outbound, &url, reach, bytes_max).await?;
    let document = parse_object(&body).map_err(|_| FetchError::Discovery("it is not a JSON object"))?;
    // INVARIANT: byte by byte; else a provider could speak for another one (OpenID Connect Discovery, section 4.3).
    if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err(FetchError::Discovery("it names another issuer"));
    }
    Ok(document)
}

/// How long a document is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshness {
    /// Without asking again.
    pub(crate) fresh_s: i64,
    /// When asking fails.
    pub(crate) stale_s_max: i64,
}

/// One fetch.
pub(crate) type Fetching<T> = Pin<Box<dyn Future<Output = Result<T, FetchError>> + Send>>;

/// A document that is kept. Clones share it.
pub(crate) struct Kept<T>(Arc<Inner<T>>);

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Kept<T> {
        Kept(self.0.clone())
    }
}

struct Inner<T> {
    fetch: Box<dyn Fn() -> Fetching<T> + Send + Sync>,
    freshness: Freshness,
    held: RwLock<Option<Held<T>>>,
    /// One fetch at a time.
    turn: tokio::sync::Mutex<()>,
    last: Mutex<Last>,
}

struct Held<T> {
    document: Arc<T>,
    fetched_at: i64,
}

#[derive(Default)]
struct Last {
    tried_at: Option<i64>,
    error: Option<FetchError>,
}

impl<T: Send + Sync + 'static> Kept<T> {
    /// Nothing is fetched yet.
    pub(crate) fn new(freshness: Freshness, fetch: impl Fn() -> Fetching<T> + Send + Sync + 'static) -> Kept<T> {
        let (held, turn, last) = (RwLock::default(), tokio::sync::Mutex::default(), Mutex::default());
        Kept(Arc::new(Inner { fetch: Box::new(fetch), freshness, held, turn, last }))
    }

    /// The document; the one that there is, if also a new one would not do for the caller.
    pub(crate) async fn get(&self, now: i64, does: impl Fn(&T) -> bool + Send + 'static) -> Result<Arc<T>, FetchError> {
        let Some((document, fetched_at)) = self.0.usable(now).filter(|(document, _)| does(document)) else {
            return self.wait(now, does).await;
        };
        if now - fetched_at > self.0.freshness.fresh_s && self.0.may_try(now) {
            let inner = self.0.clone();
            // Aside: this caller has what it needs.
            tokio::spawn(async move { inner.fetch_unless(now, |_, age_s| age_s == 0).await });
        }
        Ok(document)
    }

    /// Waits for a fetch, unless another one brought what is needed meanwhile, or it is too early for one.
    async fn wait(&self, now: i64, does: impl Fn(&T) -> bool + Send + 'static) -> Result<Arc<T>, FetchError> {
        let inner = self.0.clone();
        let fetch = tokio::spawn(async move {
            inner.fetch_unless(now, move |document, _| does(document)).await;
            let document = inner.usable(now).map(|(document, _)| document);
            document.ok_or_else(|| lock(&inner.last).error.clone().unwrap_or(FetchError::Waiting))
        });
        // The task does not panic, and nobody ends it but a runtime that shuts down.
        fetch.await.unwrap_or(Err(FetchError::Waiting))
    }
}

impl<T> Inner<T> {
    /// What there is, with the time it is from, unless it is too old to be used.
    fn usable(&self, now: i64) -> Option<(Arc<T>, i64)> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let held = held.as_ref().filter(|held| now - held.fetched_at <= self.freshness.stale_s_max)?;
        Some((held.document.clone(), held.fetched_at))
    }

    /// Whether it is time for another try. A clock that was set back does not forbid it.
    fn may_try(&self, now: i64) -> bool {
        let tried_at = lock(&self.last).tried_at;
        tried_at.is_none_or(|tried_at| !(0..FETCH_INTERVAL_S).contains(&(now - tried_at)))
    }

    /// Fetches once, when it is this caller's turn and what there is then is not enough; `enough` is told its age.
    async fn fetch_unless(&self, now: i64, enough: impl Fn(&T, i64) -> bool) {
        let _turn = self.turn.lock().await;
        let kept = self.usable(now);
        if kept.is_some_and(|(document, fetched_at)| enough(&document, now - fetched_at)) || !self.may_try(now) {
            return;
        }
        lock(&self.last).tried_at = Some(now);
        let error = match (self.fetch)().await {
            Ok(document) => {
                let held = Held { document: Arc::new(document), fetched_at: now };
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
                None
            }
            Err(error) => Some(error),
        };
        lock(&self.last).error = error;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
