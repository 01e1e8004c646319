//! How a store is opened, and who acts on it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bussola_domain::access::{Authorizer, Caller, Unrestricted};
use bussola_domain::id::Timestamp;
use bussola_domain::scheduler::Config;

/// Where a ledger is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In files below this directory, which is made if it is not there.
    Directory(PathBuf),
    /// Nowhere: gone with the process.
    Memory,
}

/// When a reply may leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    /// When its entries are with the operating system; the disk is flushed within 100 ms. `kill -9` loses nothing.
    #[default]
    Interval,
    /// When its entries are on the disk. A power cut loses nothing.
    Always,
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where.
    pub location: Location,
    /// When replies leave.
    pub sync: Sync,
    /// The ledger's name in checkpoints. Settled when the ledger is made: later openings keep the first.
    pub origin: String,
    /// The scheduler's settings.
    pub scheduler: Config,
    /// How long runs and attempts are kept; none: for ever. Entries always are.
    pub run_retention: Option<Duration>,
    /// A file that knows the newest checkpoint that was served, on another disk than the ledger.
    pub guard: Option<PathBuf>,
    /// Cosignatures that a checkpoint should have before it is served; 0: there are no witnesses.
    pub quorum: usize,
    /// Whether snapshots are made in the background. Tools that stay for a moment do without.
    pub snapshots: bool,
    /// Who says whether a command may be executed.
    pub authorizer: Arc<dyn Authorizer>,
}

impl Options {
    /// Defaults for a location. Everything is allowed: whoever opens a store for others says who may do what.
    pub fn new(location: Location) -> Options {
        Options {
            location,
            sync: Sync::default(),
            origin: "bussola.local".into(),
            scheduler: Config::default(),
            run_retention: None,
            guard: None,
            quorum: 0,
            snapshots: true,
            authorizer: Arc::new(Unrestricted),
        }
    }
}

/// When a command is given, and by whom.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time of everything that the command does.
    pub now: Timestamp,
    /// Who gives it.
    pub caller: Caller,
}
