//! The scheduler: which task a worker gets next. Luigi's central scheduler (3.8.1) as a pure machine with indexes.
//!
//! `decide_*` and `choose` look at the state and say what should happen; the functions named like events fold what
//! happened into the state. Neither knows a clock: `now` and `at` are inputs.

mod apply;
mod audit;
mod choose;
mod config;
pub mod event;
mod groups;
mod index;
mod meter;
mod names;
mod pool;
mod prune;
mod question;
mod report;
mod state;
mod table;
mod task;
mod transition;
mod waiting;
mod worker;

pub use choose::{Choice, Pending};
pub use config::Config;
pub use meter::{METERS_MAX, Meter, MeterLabels, Meters};
pub use names::TaskNames;
pub use pool::{Slot, Symbol};
pub use prune::STEP_MAX;
pub use report::{PolicyPatch, Report};
pub use state::Scheduler;
pub(crate) use state::family_in_id;
pub use task::{RetryPolicy, Status, Task};
pub use waiting::{NAMED_MAX, Wait};
pub use worker::Worker;
