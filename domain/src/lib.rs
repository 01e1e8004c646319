//! The domain: what exists, what should happen next, and what happened. Pure machines over plain data.
//!
//! No clock, no randomness, no I/O, no async, no SQL, no JSON shapes: time and identifiers come in with commands, and
//! what should be kept goes out as facts. So the same code runs live, on replay and in a simulator.
//!
//! [`scheduler`] and the catalog do not know each other; [`model`] joins them. [`access`] says who acts, and asks whether
//! they may.

pub mod access;
pub mod catalog;
pub mod command;
pub mod compare;
pub mod critical_path;
pub mod event;
pub mod evidence;
pub mod explain;
pub mod grouping;
pub mod id;
pub mod layout;
pub mod model;
pub mod names;
pub mod pipelines;
pub mod run_graph;
pub mod run_tasks;
pub mod runs;
pub mod scheduler;
pub mod search;
pub mod sentence;
pub mod value;
