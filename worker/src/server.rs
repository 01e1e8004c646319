//! What the server answers to a runner. How it is asked, over HTTP or in a test, is not this crate's business.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use bussola_identity::Secret;

use crate::process::End;
use crate::secrets::{Declared, Reference, SecretRead};

/// Why the server did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// It says no, and would say so again.
    #[error("{0}")]
    Refused(String),
    /// It could not be asked, or failed: it may say yes later.
    #[error("{0}")]
    Unavailable(String),
}

/// An answer that comes later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ServerError>> + Send + 'a>>;

/// What a run is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartRequest {
    /// Whose command it is, if it belongs to a component.
    pub component: Option<String>,
    /// The command as people know it: program and arguments.
    pub command: Vec<String>,
}

/// A run that has begun: its entry is in the ledger.
#[derive(Clone, Debug)]
pub struct Started {
    /// The run.
    pub run: String,
    /// Audience of the token in `BUSSOLA_TOKEN_FILE`.
    pub audience: String,
    /// What its component or pipeline declares.
    pub secrets: Vec<Declared>,
    /// Variables for the command, such as the scheduler's URL.
    pub variables: BTreeMap<String, String>,
}

/// A run token.
#[derive(Clone, Debug)]
pub struct RunToken {
    /// The token.
    pub token: Secret,
    /// How long it lives from now.
    pub lifetime_s: u64,
}

/// The server, as a runner sees it.
pub trait Server: Send + Sync {
    /// Begins a run.
    fn start<'a>(&'a self, request: &'a StartRequest) -> Answer<'a, Started>;

    /// A token of the run for an audience. Refused once the run may no longer act.
    fn token<'a>(&'a self, run: &'a str, audience: &'a str) -> Answer<'a, RunToken>;

    /// Whether the run may read a secret. The place where it is kept decides again, by itself.
    fn may_read<'a>(&'a self, run: &'a str, reference: &'a Reference) -> Answer<'a, ()>;

    /// Records what was read, before the command sees it.
    fn report_reads<'a>(&'a self, run: &'a str, reads: &'a [SecretRead]) -> Answer<'a, ()>;

    /// Ends the run; `None`: its command did not start.
    fn end<'a>(&'a self, run: &'a str, end: Option<End>) -> Answer<'a, ()>;
}
