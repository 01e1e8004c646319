//! What tests of secrets need: a server, and the real places where secrets are kept.

#![allow(dead_code, reason = "each test file uses its part of this module")]

pub mod real;
pub mod server;
