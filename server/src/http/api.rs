//! What the handlers work with.

use std::sync::Arc;

use bussola_domain::access::{Action, Resource};
use bussola_domain::catalog::ListQuery;
use bussola_domain::id::{BlobHash, Timestamp};
use bussola_domain::model::{Command, Model};
use bussola_store::{Store, StoreError};
use tokio::sync::{Mutex, Semaphore, watch};

use super::catalog::list_of;
use super::error::ApiError;
use super::extract::By;
use super::graphs::Layouts;
use super::limits::WATCHERS_MAX;
use super::wire::run::ErrorText;
use super::wire::status::CatalogCounts;
use crate::app::{App, system_now};
use crate::manifests::Report;

/// Shared by all requests.
pub struct Api {
    pub(super) app: Arc<App>,
    /// When the server started.
    pub(super) started: Timestamp,
    /// What is wrong with the files of `[catalog] paths`.
    pub(super) manifests: Arc<Report>,
    /// Places for clients that follow the event stream.
    pub(super) watchers: Arc<Semaphore>,
    /// Where the nodes of graphs stand.
    pub(super) layouts: Arc<Layouts>,
    /// Counts that cost a walk through the catalog, and the revision they are of.
    counts: Mutex<Option<(u64, CatalogCounts)>>,
    stopping: watch::Sender<()>,
}

impl Api {
    /// Over an application; `manifests` is what its watcher of files reports.
    pub fn new(app: Arc<App>, manifests: Arc<Report>) -> Arc<Api> {
        Arc::new(Api {
            app,
            started: system_now(),
            manifests,
            watchers: Arc::new(Semaphore::new(WATCHERS_MAX)),
            layouts: Arc::default(),
            counts: Mutex::new(None),
            stopping: watch::Sender::new(()),
        })
    }

    /// Ends the streams that clients follow: they come back with what they saw last.
    pub fn stop(&self) {
        self.stopping.send_replace(());
    }

    /// Changes when the server stops.
    pub(super) fn stopping(&self) -> watch::Receiver<()> {
        self.stopping.subscribe()
    }

    /// A question to the model that takes well below a millisecond.
    pub(super) async fn ask<T>(&self, question: impl FnOnce(&Model) -> T) -> Result<T, ApiError> {
        let answer = self.app.store.read(question);
        self.app.settled().await?;
        Ok(answer)
    }

    /// Has the health of everything derived where that is not done yet, without holding up anybody: before a question
    /// that tells it.
    pub(super) async fn fresh_health(&self) -> Result<(), ApiError> {
        let health = self.app.store.read(|model| model.health_later());
        if health.is_there() {
            return Ok(());
        }
        self.large(move |_| {
            health.get();
            Ok(())
        })
        .await
    }

    /// A question that takes long, or goes to the database.
    pub(super) async fn large<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let answer = self.app.read_large(question).await??;
        self.app.settled().await?;
        Ok(answer)
    }

    /// Whether whoever sends the request may do something that is told apart before a command is made of it.
    pub(super) async fn decide(&self, by: &By, action: Action, resource: Resource) -> Result<(), ApiError> {
        let decided = self.app.may(&by.0, action, resource).await;
        decided.map_err(|denial| StoreError::Denied { denial: Arc::new(denial) }.into())
    }

    /// Has a command done, at the time of its request, by whoever sent it.
    pub(super) async fn execute<C: Command>(&self, by: &By, command: C) -> Result<C::Reply, ApiError> {
        Ok(self.app.execute(by.0.clone(), command).await?)
    }

    /// Counts that cost a walk, made anew when the catalog has changed.
    pub(super) async fn catalog_counts(&self) -> Result<CatalogCounts, ApiError> {
        let revision = self.app.store.read(|model| model.catalog.revision());
        // Held while counting: who asks meanwhile gets the same counts.
        let mut kept = self.counts.lock().await;
        let mut counts = match *kept {
            Some((of, counts)) if of == revision => counts,
            _ => {
                let (of, counts) = self.large(|store| Ok(count(store))).await?;
                *kept = Some((of, counts));
                counts
            }
        };
        counts.manifest_problems = self.manifests.problems().len();
        Ok(counts)
    }
}

fn count(store: &Store) -> (u64, CatalogCounts) {
    let unowned = list_of(store, ListQuery { only_unowned: true, limit: Some(0), ..ListQuery::default() }).total;
    store.read(|model| {
        let catalog = &model.catalog;
        let counts = CatalogCounts {
            entities: catalog.len(),
            pipelines: catalog.pipelines().count(),
            unowned,
            dangling: catalog.dangling().len(),
            cycles: catalog.cycles().len(),
            manifest_problems: 0,
        };
        (catalog.revision(), counts)
    })
}

/// An error's text; none if it was never kept, or is no longer.
pub(super) fn error_text(store: &Store, hash: BlobHash, bytes_max: usize) -> Result<Option<ErrorText>, StoreError> {
    Ok(store.blob(hash)?.map(|kept| ErrorText::of(hash, &kept, bytes_max)))
}
