//! The key set of an issuer elsewhere.
//!
//! A flood of tokens with invented key ids costs the issuer one fetch in ten seconds; a key that the issuer added is found by
//! the first token that names it. How a set is kept while its issuer is down is said in `kept.rs`.

use std::sync::Arc;

use serde_json::Value;
use url::Url;

use crate::kept::{FetchError, Freshness, Kept, discover, get};
use crate::key::KeySet;
use crate::limits::{DISCOVERY_BYTES_MAX, KEY_SET_BYTES_MAX, KEYS_FRESH_S, KEYS_STALE_S_MAX};
use crate::outbound::{Outbound, Reach};

const FRESHNESS: Freshness = Freshness { fresh_s: KEYS_FRESH_S, stale_s_max: KEYS_STALE_S_MAX };

/// The keys of one issuer. Cheap to clone; clones share what was fetched.
#[derive(Clone)]
pub struct RemoteKeys {
    keys: Kept<KeySet>,
    source: String,
}

impl std::fmt::Debug for RemoteKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RemoteKeys").field(&self.source).finish()
    }
}

impl RemoteKeys {
    /// The keys behind a URL.
    pub fn at(outbound: Outbound, url: Url, reach: Reach) -> RemoteKeys {
        let source = url.to_string();
        let fetch = move || -> crate::kept::Fetching<KeySet> {
            let (outbound, url) = (outbound.clone(), url.clone());
            Box::pin(async move { fetch_keys(&outbound, &url, reach).await })
        };
        RemoteKeys { keys: Kept::new(FRESHNESS, fetch), source }
    }

    /// The keys that an issuer's discovery document names. The document is read again with each fetch, so that an issuer
    /// may move its keys.
    pub fn of_issuer(outbound: Outbound, issuer: &str, reach: Reach) -> RemoteKeys {
        let source = issuer.to_string();
        let issuer = source.clone();
        let fetch = move || -> crate::kept::Fetching<KeySet> {
            let (outbound, issuer) = (outbound.clone(), issuer.clone());
            Box::pin(async move {
                let document = discover(&outbound, &issuer, reach, DISCOVERY_BYTES_MAX).await?;
                let url = document.get("jwks_uri").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
                let url = url.ok_or(FetchError::Discovery("it has no `jwks_uri`"))?;
                fetch_keys(&outbound, &url, reach).await
            })
        };
        RemoteKeys { keys: Kept::new(FRESHNESS, fetch), source }
    }

    /// Keys for a token that names this one; they may not hold it even so.
    pub async fn for_key(&self, key_id: Option<&str>, now: i64) -> Result<Arc<KeySet>, FetchError> {
        let key_id = key_id.map(str::to_string);
        self.keys.get(now, move |keys| keys.knows(key_id.as_deref())).await
    }
}

async fn fetch_keys(outbound: &Outbound, url: &Url, reach: Reach) -> Result<KeySet, FetchError> {
    KeySet::from_jwks(&get(outbound, url, reach, KEY_SET_BYTES_MAX).await?).map_err(FetchError::KeySet)
}
