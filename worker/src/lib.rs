//! A command runs as a run: secrets in, redacted output out.
//!
//! - [`run`]: all of it together, in the order that matters.
//! - [`redact`]: nothing that was declared a secret leaves a stream, in no form that programs commonly print.
//! - [`process`]: a command in a process group of its own, ended whole.
//! - [`secrets`]: references, the places where secrets are kept, leases, and private files.
//! - [`server`]: what the server is asked.
//!
//! # Invariants
//!
//! - **Values stay in custody.** A secret's value is in a [`Secret`](bussola_identity::Secret) or in memory that is
//!   overwritten when it goes; no error, no `Debug` and no report holds one.

pub mod limits;
pub mod process;
pub mod redact;
pub mod run;
pub mod secrets;
pub mod server;
