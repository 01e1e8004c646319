//! Commands: one file for each group of Luigi's calls, each command a struct with its inputs and one `execute`.
//!
//! Here scheduler, runs and catalog meet: a report of a task may start a run, an answer without work may end it.

mod access;
mod catalog;
mod erase;
mod evidence;
mod operate;
mod prune;
mod report;
mod retry;
mod work;
mod worker;

pub use access::{
    Deactivated, EndSessions, IssueToken, Know, LoadPolicies, NoToken, Profile, RecordDenial, RevokeToken,
    RotateSession, SESSIONS_EACH_MAX, SignIn, TOKENS_EACH_MAX, WhichSessions,
};
pub use catalog::{Applied, ApplyManifests, UnknownOwner};
pub use erase::{Erase, Erased};
pub use evidence::{RecordExport, Recover};
pub use operate::{
    DecreaseRunningResources, ForgiveFailures, MarkAsDone, Moved, Pause, ReEnableTask, SetProgress, SetStatusMessage,
    UpdateResources,
};
pub use prune::Prune;
pub use report::AddTask;
pub use retry::{RETRY_LOOKS_MAX, RETRY_STEP_MAX, Retried, RetryRun};
pub use work::{Assignment, CountPending, GetWork, Work, WorkCounts};
pub use worker::{
    AddMessageResponse, AddTaskBatcher, AddWorker, AnnouncePlanningFailure, DisableWorker, GetMessageResponse, Ping,
    QueueMessage, ToWorkerHere,
};
