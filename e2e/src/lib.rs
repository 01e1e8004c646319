//! What a test needs to drive the built binary from outside: find it, start it, kill it, and speak to it over HTTP as
//! Luigi's workers do.
//!
//! It imports none of the other crates, so that a test sees what a user sees. What it does not do: parse more HTTP
//! than our server and Python's `luigid` speak, and retry; a test says itself what it retries.

pub mod http;
pub mod luigi;
pub mod places;
pub mod random;
pub mod server;
