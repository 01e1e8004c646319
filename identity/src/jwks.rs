//! The key set of an issuer elsewhere: fetched, kept, fetched again.
//!
//! Whoever verifies gets keys from memory nearly always. A set older than [`KEYS_FRESH_S`] is fetched anew aside, while the
//! old one serves; a token that names an unknown key waits for one fetch, but there is only one in
//! [`KEYS_FETCH_INTERVAL_S`], and one at a time, so a flood of invented key ids costs the issuer nothing. When the issuer
//! is down or answers nonsense, what it said last is used for [`KEYS_STALE_S_MAX`].
//!
//! Invariants: a fetch, once begun, ends by itself: callers who go away do not end it, so they cannot use up its turn. A
//! failed fetch changes nothing but the time of the next.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use url::Url;

use crate::key::{KeySet, KeySetError};
use crate::limits::{KEY_SET_BYTES_MAX, KEYS_FETCH_INTERVAL_S, KEYS_FRESH_S, KEYS_STALE_S_MAX};
use crate::outbound::{Call, Outbound, OutboundError, Reach};

/// Why there are no keys.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JwksError {
    /// The call failed.
    #[error("keys of the issuer: {0}")]
    Call(Arc<OutboundError>),
    /// Another status than 200.
    #[error("keys of the issuer: `{host}` answered with status {status}")]
    Status {
        /// Whom we asked.
        host: String,
        /// What it said.
        status: u16,
    },
    /// The answer is no key set.
    #[error("keys of the issuer: {0}")]
    KeySet(KeySetError),
    /// It failed a moment ago, and is not asked again so soon.
    #[error("keys of the issuer: they could not be fetched a moment ago")]
    Waiting,
}

impl JwksError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            JwksError::Call(error) => error.hint(),
            JwksError::Status { .. } | JwksError::KeySet(_) => "check the `jwks_uri` of the issuer",
            JwksError::Waiting => "try again in some seconds",
        }
    }
}

/// The keys behind one URL. Cheap to clone; clones share what was fetched.
#[derive(Clone, Debug)]
pub struct RemoteKeys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    outbound: Outbound,
    url: Url,
    reach: Reach,
    held: RwLock<Option<Held>>,
    /// One fetch at a time.
    turn: tokio::sync::Mutex<()>,
    last: Mutex<Last>,
}

#[derive(Clone, Debug)]
struct Held {
    keys: Arc<KeySet>,
    fetched_at: i64,
}

#[derive(Debug, Default)]
struct Last {
    tried_at: Option<i64>,
    error: Option<JwksError>,
}

impl RemoteKeys {
    /// The keys behind a URL; nothing is fetched yet.
    pub fn new(outbound: Outbound, url: Url, reach: Reach) -> RemoteKeys {
        let (held, turn, last) = Default::default();
        RemoteKeys(Arc::new(Inner { outbound, url, reach, held, turn, last }))
    }

    /// Where they are.
    pub fn url(&self) -> &Url {
        &self.0.url
    }

    /// Keys for a token that names this one; they may not hold it even so.
    pub async fn for_key(&self, key_id: Option<&str>, now: i64) -> Result<Arc<KeySet>, JwksError> {
        let Some(held) = self.0.held() else { return self.fetched(key_id, now).await };
        let age_s = now - held.fetched_at;
        if age_s > KEYS_STALE_S_MAX || !held.keys.knows(key_id) {
            return self.fetched(key_id, now).await;
        }
        if age_s > KEYS_FRESH_S && self.0.may_try(now) {
            let inner = self.0.clone();
            // Aside: this caller has what it needs.
            tokio::spawn(async move { inner.fetch(now, |_| false).await });
        }
        Ok(held.keys)
    }

    /// Waits for a fetch, unless another one brought the key meanwhile or it is too early for one.
    async fn fetched(&self, key_id: Option<&str>, now: i64) -> Result<Arc<KeySet>, JwksError> {
        let inner = self.0.clone();
        let key_id = key_id.map(str::to_string);
        let fetch = tokio::spawn(async move {
            let usable = |held: &Held| now - held.fetched_at <= KEYS_STALE_S_MAX;
            inner.fetch(now, |held| usable(held) && held.keys.knows(key_id.as_deref())).await;
            match inner.held().filter(usable) {
                Some(held) => Ok(held.keys),
                None => Err(inner.last.lock().unwrap_or_else(PoisonError::into_inner).error.clone()),
            }
        });
        // The task does not panic and nobody ends it but a runtime that shuts down.
        fetch.await.unwrap_or(Err(None)).map_err(|error| error.unwrap_or(JwksError::Waiting))
    }
}

impl Inner {
    fn held(&self) -> Option<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it is time for another try. A clock that was set back does not forbid it.
    fn may_try(&self, now: i64) -> bool {
        let tried_at = self.last.lock().unwrap_or_else(PoisonError::into_inner).tried_at;
        tried_at.is_none_or(|tried_at| !(0..KEYS_FETCH_INTERVAL_S).contains(&(now - tried_at)))
    }

    /// Fetches once, when it is this caller's turn and still needed.
    async fn fetch(&self, now: i64, enough: impl Fn(&Held) -> bool) {
        let _turn = self.turn.lock().await;
        if self.held().is_some_and(|held| enough(&held)) || !self.may_try(now) {
            return;
        }
        self.last.lock().unwrap_or_else(PoisonError::into_inner).tried_at = Some(now);
        let error = match self.call().await {
            Ok(keys) => {
                let held = Held { keys: Arc::new(keys), fetched_at: now };
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
                None
            }
            Err(error) => Some(error),
        };
        self.last.lock().unwrap_or_else(PoisonError::into_inner).error = error;
    }

    async fn call(&self) -> Result<KeySet, JwksError> {
        let call = Call::get(&self.url).bytes_max(KEY_SET_BYTES_MAX);
        let answer = self.outbound.send(call, self.reach).await.map_err(|error| JwksError::Call(Arc::new(error)))?;
        if answer.status != 200 {
            let host = self.url.host_str().unwrap_or_default().to_string();
            return Err(JwksError::Status { host, status: answer.status.as_u16() });
        }
        KeySet::from_jwks(&answer.body).map_err(JwksError::KeySet)
    }
}
