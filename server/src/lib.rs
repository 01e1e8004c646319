//! Every protocol that bussola speaks, and the only crate that touches the network.
//!
//! [`config`] reads what the server is told; [`app`] is what all edges share; [`luigi`] is luigid's face; [`http`] is the
//! REST API; `web` is the web app; [`witness`] has checkpoints
//! cosigned; [`manifests`] finds and reads manifest files, [`policies`] those of policies; [`listen`] serves on TCP and Unix sockets; [`run`] joins
//! everything.

pub mod app;
pub mod config;
mod enforce;
pub mod heavy;
pub mod http;
mod identify;
pub mod json;
pub mod limits;
pub mod listen;
pub mod login;
pub mod luigi;
pub mod manifests;
mod messages;
pub mod metrics;
mod outbound;
pub mod policies;
pub mod reply;
mod run;
mod secret;
mod web;
pub mod witness;

pub use enforce::PolicyFault;
pub use run::{Fatal, Running, router, start};
