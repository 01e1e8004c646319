//! Which policies are in force: those of `[access] policies`, else the set that ships.
//!
//! They are compiled and validated as a whole; then the ledger is told, and decisions follow. Files that have a problem change
//! nothing: the set before, which is in the ledger, stays, and the log says what is wrong and where. A server that has no set
//! before does not start.
//!
//! INVARIANT: decisions follow the set that the ledger names, and no other.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bussola_domain::command::LoadPolicies;
use bussola_policy::{Decider, PolicyProblem, PolicySetText, Switches};
use bussola_store::{Store, StoreError};
use parking_lot::Mutex;

use crate::app::{App, system_now};
use crate::config::{RequireIdentity, Settings};
use crate::manifests::Refused;
use crate::policies;

/// How often the directory is looked at: a change bites within 5 s.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

/// Why policies cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFault {
    /// They cannot be read.
    #[error("cannot read policies: {0}")]
    Unreadable(#[from] Refused),
    /// They have problems; nothing of them holds.
    #[error("policies have problems: {}", first(.0))]
    Problems(Vec<PolicyProblem>),
    /// The ledger cannot be told, or asked for the set before.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn first(problems: &[PolicyProblem]) -> String {
    let more = problems.len().saturating_sub(1);
    let first = problems.first().map(ToString::to_string);
    match more {
        0 => first.unwrap_or_default(),
        more => format!("{}, and {more} more", first.unwrap_or_default()),
    }
}

impl PolicyFault {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            PolicyFault::Unreadable(_) => "check `[access] policies`; without it the set that ships is in force",
            PolicyFault::Problems(_) => "`bussola policy check` shows each with its line",
            PolicyFault::Store(error) => error.hint(),
        }
    }
}

/// Where policies come from, and who decides by them.
#[derive(Debug)]
pub(crate) struct Enforcer {
    decider: Arc<Decider>,
    directory: Option<PathBuf>,
    switches: Switches,
    /// What was tried last, whether or not it is followed.
    tried: Mutex<Option<PolicySetText>>,
}

impl Enforcer {
    pub(crate) fn new(settings: &Settings) -> Enforcer {
        let anonymous_workers = settings.require_identity != RequireIdentity::Enforce;
        let directory = settings.access.policies.clone();
        Enforcer {
            decider: Arc::new(Decider::new()),
            directory,
            switches: Switches { anonymous_workers },
            tried: Mutex::default(),
        }
    }

    pub(crate) fn decider(&self) -> &Arc<Decider> {
        &self.decider
    }

    fn written(&self) -> Result<PolicySetText, PolicyFault> {
        match &self.directory {
            Some(directory) => Ok(policies::load(std::slice::from_ref(directory))?.set),
            None => Ok(PolicySetText::shipped(self.switches)),
        }
    }

    /// Reads the policies that are written now, and compiles and offers them, unless it was these that were tried last.
    /// None: it was. Takes as long as it takes: not for a thread that answers workers.
    fn prepare(&self) -> Result<Option<PolicySetText>, PolicyFault> {
        let text = self.written()?;
        let mut tried = self.tried.lock();
        if tried.as_ref() == Some(&text) {
            return Ok(None);
        }
        *tried = Some(text.clone());
        // Before the ledger names it, so that no decision falls between.
        self.decider.offer(Arc::new(text.compile().map_err(PolicyFault::Problems)?));
        Ok(Some(text))
    }

    /// Has the policies followed that are written now, if they are others than were tried last.
    async fn load(self: &Arc<Enforcer>, app: &App) -> Result<(), PolicyFault> {
        let enforcer = self.clone();
        let prepared = tokio::task::spawn_blocking(move || enforcer.prepare()).await;
        let Some(text) = prepared.map_err(|_| PolicyFault::Store(StoreError::Closed))?? else { return Ok(()) };
        let before = app.store.read(|model| model.access.policies().0);
        let load = app.execute_itself("policies", system_now(), LoadPolicies { files: text.files }).await;
        let set = load.map_err(|error| {
            // To be tried again.
            *self.tried.lock() = None;
            PolicyFault::Store(error.0)
        })?;
        if set != before {
            tracing::info!(set, "policies are in force");
        }
        Ok(())
    }

    /// Takes up the set that the ledger names, from the texts that it keeps. Whether there is one.
    fn take_up(&self, store: &Store) -> Result<bool, PolicyFault> {
        let (set, files) = store.read(|model| {
            let (set, files) = model.access.policies();
            (set, files.clone())
        });
        let mut text = PolicySetText::default();
        for (name, hash) in files {
            let Some(kept) = store.blob(hash)? else { return Ok(false) };
            text.files.insert(name, kept);
        }
        if set == 0 {
            return Ok(false);
        }
        self.decider.offer(Arc::new(text.compile().map_err(PolicyFault::Problems)?));
        Ok(true)
    }

    /// Before anybody is served: the set that is written, or the one before.
    pub(crate) async fn begin(self: &Arc<Enforcer>, app: &App) -> Result<(), PolicyFault> {
        let fault = match self.load(app).await {
            Ok(()) => return Ok(()),
            Err(fault) => fault,
        };
        match self.take_up(&app.store) {
            Ok(true) => {
                tracing::error!(error = %fault, "the policies are not followed, those before stay in force");
                Ok(())
            }
            _ => Err(fault),
        }
    }

    /// Follows the directory for ever.
    pub(crate) async fn watch(self: Arc<Enforcer>, app: Arc<App>) {
        if self.directory.is_none() {
            return;
        }
        let mut ticks = tokio::time::interval(LOOK_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut told = String::new();
        loop {
            ticks.tick().await;
            match self.load(&app).await {
                Ok(()) => told.clear(),
                // Once for each, not every two seconds.
                Err(fault) if fault.to_string() != told => {
                    told = fault.to_string();
                    tracing::error!(error = %fault, "the policies are not followed, those before stay in force");
                }
                Err(_) => {}
            }
        }
    }
}
