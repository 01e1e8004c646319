//! From settings to a running server, and back.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bussola_domain::command::Prune;
use bussola_identity::outbound::OutboundError;
use bussola_store::{Location, Options, Store, StoreError, Sync};
use http::StatusCode;

use crate::app::{App, system_now};
use crate::config::{self, Place, Settings};
use crate::enforce::{Enforcer, PolicyFault};
use crate::http::{self as rest, Api};
use crate::limits::PRUNE_INTERVAL;
use crate::listen::{self, Connections, Socket};
use crate::login::{self, Providers};
use crate::manifests::{self, Report};
use crate::{luigi, reply, web};

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// The ledger cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody can be told what is allowed.
    #[error(transparent)]
    Policies(#[from] PolicyFault),
    /// Nobody can be called: the certificates cannot be read.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// A socket cannot be bound.
    #[error("cannot listen on `{place}`: {source}")]
    Listen {
        /// Address or path.
        place: String,
        /// Why.
        source: io::Error,
    },
}

impl Fatal {
    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Fatal::Store(error) => Some(error.hint()),
            Fatal::Policies(error) => Some(error.hint()),
            Fatal::Outbound(error) => Some(error.hint()),
            Fatal::Listen { source, .. } => match source.kind() {
                io::ErrorKind::AddrInUse => {
                    Some("another luigid or bussola runs there: stop it, or choose another place with --listen")
                }
                io::ErrorKind::PermissionDenied => {
                    Some("ports below 1024 are for root: choose a higher one with --listen")
                }
                io::ErrorKind::AddrNotAvailable => Some("this machine has no such address"),
                _ => None,
            },
        }
    }
}

/// A server that serves.
pub struct Running {
    app: Arc<App>,
    api: Arc<Api>,
    connections: Connections,
    urls: Vec<String>,
}

/// Binds, opens, serves. Sockets are bound first: a client that calls while the ledger is read waits instead of being
/// refused, which would cost it 30 s.
pub async fn start(settings: &Settings) -> Result<Running, Fatal> {
    listen::raise_file_limit();
    let mut sockets = Vec::new();
    if let Some(address) = settings.listen {
        let failed = |source| Fatal::Listen { place: address.to_string(), source };
        sockets.push(Socket::tcp(address).await.map_err(failed)?);
    }
    if let Some(path) = &settings.unix_socket {
        let failed = |source| Fatal::Listen { place: path.display().to_string(), source };
        sockets.push(Socket::unix(path).await.map_err(failed)?);
    }
    let login = Providers::new(&settings.access)?;
    let enforcer = Arc::new(Enforcer::new(settings));
    let store = Store::open(options(settings, &enforcer), system_now())?;
    let app = App::new(store, settings, login);
    enforcer.begin(&app).await?;
    let report = Arc::new(Report::default());
    let api = Api::new(app.clone(), report.clone());
    let connections =
        Connections::new(app.clone(), router(app.clone()).merge(rest::router(api.clone(), app.hosts.clone())));
    let urls = sockets.iter().map(Socket::url).collect();
    for socket in sockets {
        connections.serve(socket);
    }
    app.witnesses.start(&app.store);
    tokio::spawn(enforcer.watch(app.clone()));
    if !settings.test_clock {
        tokio::spawn(prune_for_ever(app.clone()));
    }
    if !settings.catalog_paths.is_empty() {
        tokio::spawn(manifests::watch(app.clone(), settings.catalog_paths.clone(), report));
    }
    Ok(Running { app, api, connections, urls })
}

fn options(settings: &Settings, enforcer: &Enforcer) -> Options {
    let mut options = Options::new(match &settings.place {
        Place::Directory(path) => Location::Directory(path.clone()),
        Place::Memory => Location::Memory,
    });
    options.sync = match settings.sync {
        config::Sync::Interval => Sync::Interval,
        config::Sync::Always => Sync::Always,
    };
    if let Some(origin) = &settings.origin {
        options.origin = origin.clone();
    }
    options.authorizer = enforcer.decider().clone();
    options.guard = settings.guard.clone();
    options.quorum = settings.quorum;
    options.scheduler = settings.scheduler.clone();
    options.run_retention = Some(Duration::from_secs(u64::from(settings.retention_days) * 86_400));
    options
}

/// Luigi's edge, and the web app for those who ask for neither it nor the API.
pub fn router(app: Arc<App>) -> Router {
    let not_allowed = || async { reply::error(StatusCode::METHOD_NOT_ALLOWED, "") };
    luigi::router(app.clone())
        .merge(login::router())
        .fallback(web::file_or_page)
        .method_not_allowed_fallback(not_allowed)
        .with_state(app)
}

/// Looks at what time alone changes, as luigid does once a minute.
async fn prune_for_ever(app: Arc<App>) {
    let mut ticks = tokio::time::interval(PRUNE_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first tick comes at once; luigid's comes after a minute, and workers deserve that after a restart.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        loop {
            match app.execute_itself("time", system_now(), Prune).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "cannot prune");
                    break;
                }
            }
        }
    }
}

impl Running {
    /// Where clients reach it.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Lets requests under way end, then closes the ledger.
    pub async fn stop(self) {
        self.api.stop();
        self.connections.stop().await;
        let store = self.app.store.clone();
        // It waits for the writer's thread.
        if tokio::task::spawn_blocking(move || store.close()).await.is_err() {
            tracing::error!("closing the ledger failed");
        }
    }
}
