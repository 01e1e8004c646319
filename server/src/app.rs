//! What every edge works with: the store, the settings, the clock, the meters.

use std::sync::Arc;
use std::time::SystemTime;

use ::http::HeaderMap;
use bussola_domain::access::Caller;
use bussola_domain::id::{BlobHash, Timestamp};
use bussola_domain::model::Command;
use bussola_store::{Context, Store, StoreError};

use crate::config::{Cors, RequireIdentity, Settings};
use crate::heavy;
use crate::http::Hosts;
use crate::http::wire::access::Provider;
use crate::login::Providers;
use crate::metrics::Meters;
use crate::witness::Witnesses;

/// Shared by all requests.
pub struct App {
    /// The single writer, and the state to read.
    pub store: Store,
    /// Who may read answers from a page of another origin.
    pub cors: Cors,
    /// What time it is.
    pub clock: Clock,
    /// Which names browsers may call this server by.
    pub hosts: Hosts,
    /// Whether somebody can sign in: then who does not is nobody that is known.
    pub knows_providers: bool,
    /// Where they do.
    pub login: Option<Providers>,
    /// Whether workers must say who they are.
    pub require_identity: RequireIdentity,
    /// How long a session lasts.
    pub session_hours: u32,
    /// Who cosigns checkpoints.
    pub witnesses: Witnesses,
    /// Counters and durations of requests.
    pub meters: Meters,
}

/// The command is right, and cannot be kept now, or the answer cannot be vouched for.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unavailable(#[from] pub StoreError);

/// Where the time of a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine.
    System,
    /// The request, in `X-Luigi-Test-Now`; the machine where it does not say.
    Test,
}

impl App {
    /// An application over an open store.
    pub fn new(store: Store, settings: &Settings, login: Option<Providers>) -> Arc<App> {
        Arc::new(App {
            store,
            cors: settings.cors.clone(),
            clock: if settings.test_clock { Clock::Test } else { Clock::System },
            hosts: Hosts::of(settings.listen, &settings.hosts),
            knows_providers: login.is_some(),
            login,
            require_identity: settings.require_identity,
            session_hours: settings.access.session_hours,
            witnesses: Witnesses::new(&settings.witnesses, settings.quorum),
            meters: Meters::default(),
        })
    }

    /// Where one can sign in.
    pub fn providers(&self) -> Vec<Provider> {
        let view = |(name, title): (&str, &str)| Provider {
            name: name.to_owned(),
            title: title.to_owned(),
            url: format!("/login/{name}"),
        };
        self.login.iter().flat_map(Providers::listed).map(view).collect()
    }

    /// Has a command done; its entries are kept when this returns.
    pub async fn execute<C: Command>(&self, context: Context, command: C) -> Result<C::Reply, Unavailable> {
        Ok(self.store.execute(context, command).await?)
    }

    /// Has done what follows from the settings or from the time alone.
    pub async fn execute_itself<C: Command>(
        &self,
        reason: &'static str,
        now: Timestamp,
        command: C,
    ) -> Result<C::Reply, Unavailable> {
        self.execute(Context { now, caller: Caller::itself(reason) }, command).await
    }

    /// Returns when everything that was seen until now is kept.
    pub async fn settled(&self) -> Result<(), Unavailable> {
        Ok(self.store.settled().await?)
    }

    /// A text by its hash. What was named a moment ago may still be on its way to the disk.
    pub async fn blob(&self, hash: BlobHash) -> Result<Option<String>, Unavailable> {
        self.settled().await?;
        Ok(self.store.blob(hash)?)
    }

    /// Reads what takes long, off the threads that answer workers, and few of such at once.
    pub async fn read_large<T: Send + 'static>(
        self: &Arc<App>,
        read: impl FnOnce(&Store) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        let store = self.store.clone();
        Ok(heavy::read(move || read(&store)).await.ok_or(StoreError::Closed)?)
    }
}

impl Clock {
    /// The time of a request.
    pub fn now(self, headers: &HeaderMap) -> Timestamp {
        if self == Clock::Test
            && let Some(text) = headers.get("x-luigi-test-now").and_then(|value| value.to_str().ok())
            && let Ok(seconds) = text.parse::<f64>()
        {
            return Timestamp::from_seconds(seconds);
        }
        system_now()
    }
}

/// The machine's time.
pub fn system_now() -> Timestamp {
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX)),
        // A clock before 1970 is wrong, and still better than none.
        Err(error) => Timestamp(-i64::try_from(error.duration().as_micros()).unwrap_or(i64::MAX)),
    }
}
