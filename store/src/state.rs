//! What the writer shares with everybody else: the model, the tree, and how far commits have come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bussola_domain::id::{RunId, Timestamp};
use bussola_domain::model::Model;
use bussola_ledger::{Frontier, SigningKey, TreeHead};
use parking_lot::{Mutex, RwLock};
use tokio::sync::{broadcast, watch};

use crate::error::StoreError;
use crate::journal::JournalError;
use crate::limits::EVENTS_BEHIND_MAX;

/// An entry that was committed, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its place in the ledger.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: &'static str,
    /// To what.
    pub subject: String,
    /// In which run.
    pub run: Option<RunId>,
}

/// How far commits have come. Groups of commands are numbered; a number rises when a group has changed the model.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// Groups up to here are committed, or were undone.
    settled: u64,
    /// The last group that was undone.
    failed: u64,
    /// Why, and whether the model in memory still has what was undone.
    cause: Option<Arc<JournalError>>,
    stale: bool,
}

pub(crate) struct State {
    pub model: RwLock<Model>,
    tree: Mutex<Arc<Frontier>>,
    applied: AtomicU64,
    progress: watch::Sender<Progress>,
    pub events: broadcast::Sender<Arc<Committed>>,
    pub key: SigningKey,
    /// Something was committed since the last flush.
    pub dirty: AtomicBool,
    /// Entries committed, for those who only want to know whether there is something to do.
    pub size: AtomicU64,
}

impl State {
    pub(crate) fn new(model: Model, frontier: Frontier, key: SigningKey) -> State {
        State {
            model: RwLock::new(model),
            size: AtomicU64::new(frontier.size()),
            tree: Mutex::new(Arc::new(frontier)),
            applied: AtomicU64::new(0),
            progress: watch::Sender::default(),
            events: broadcast::Sender::new(EVENTS_BEHIND_MAX),
            key,
            dirty: AtomicBool::new(false),
        }
    }

    pub(crate) fn tree(&self) -> Arc<Frontier> {
        self.tree.lock().clone()
    }

    pub(crate) fn head(&self) -> TreeHead {
        self.tree().head()
    }

    pub(crate) fn set_tree(&self, frontier: Frontier) {
        self.size.store(frontier.size(), Ordering::Release);
        *self.tree.lock() = Arc::new(frontier);
    }

    /// A group has changed the model. Called under the model's write lock, so whoever reads the change reads the number.
    pub(crate) fn applied(&self) {
        self.applied.fetch_add(1, Ordering::Release);
    }

    /// Everything applied so far is committed.
    pub(crate) fn settle(&self) {
        let applied = self.applied.load(Ordering::Acquire);
        self.progress.send_if_modified(|progress| {
            let moved = progress.settled < applied;
            progress.settled = applied;
            moved
        });
    }

    /// What was applied and not committed is undone, or will be: the model is stale until [`State::mended`].
    pub(crate) fn failed(&self, cause: Arc<JournalError>) {
        let applied = self.applied.load(Ordering::Acquire);
        self.progress.send_modify(|progress| {
            *progress = Progress { settled: applied, failed: applied, cause: Some(cause), stale: true };
        });
    }

    /// The model equals the store again. Called under the model's write lock.
    pub(crate) fn mended(&self) {
        // Whoever reads from now on is not concerned by what failed before.
        let applied = self.applied.fetch_add(1, Ordering::AcqRel) + 1;
        self.progress.send_modify(|progress| {
            progress.settled = applied;
            progress.stale = false;
        });
    }

    /// Waits until what could be read before the call is committed.
    pub(crate) async fn settled(&self) -> Result<(), StoreError> {
        let read = self.applied.load(Ordering::Acquire);
        let mut progress = self.progress.subscribe();
        let reached = progress.wait_for(|progress| progress.settled >= read).await;
        let progress = reached.map_err(|_| StoreError::Closed)?.clone();
        match progress.cause {
            Some(source) if progress.stale || read <= progress.failed => Err(StoreError::NotSettled { source }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use std::future::Future;

    use super::*;

    fn state() -> State {
        let origin = bussola_ledger::Origin::new("test").unwrap();
        State::new(Model::default(), Frontier::new(), SigningKey::from_seed(origin, [1; 32]))
    }

    /// What `settled` says at once; none: it waits.
    fn look(state: &State) -> Option<bool> {
        let mut future = std::pin::pin!(state.settled());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(settled) => Some(settled.is_ok()),
            std::task::Poll::Pending => None,
        }
    }

    #[test]
    fn readers_wait_for_the_commit_of_what_they_saw() {
        let state = state();
        assert_eq!(look(&state), Some(true));
        state.applied();
        assert_eq!(look(&state), None);
        state.settle();
        assert_eq!(look(&state), Some(true));
    }

    #[test]
    fn what_was_undone_is_not_an_answer() {
        let state = state();
        state.applied();
        state.failed(Arc::new(JournalError::Injected("full")));
        assert_eq!(look(&state), Some(false), "the model is stale");
        state.mended();
        assert_eq!(look(&state), Some(true), "read after the mending");
    }
}
