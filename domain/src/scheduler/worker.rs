//! A worker session: what it told about itself, when it was heard of, what waits for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{NameId, Timestamp};
use crate::scheduler::pool::Symbol;
use crate::value::{Number, Value};

/// A worker session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Worker {
    pub(crate) name: NameId,
    pub(crate) started: Timestamp,
    pub(crate) info: Option<NameId>,
    pub(crate) info_value: Value,
    pub(crate) disabled: bool,
    pub(crate) messages: Vec<NameId>,
    pub(crate) batchers: BTreeMap<Symbol, Batcher>,
    /// Heartbeat: not recorded.
    pub(crate) last_active: Timestamp,
    /// Heartbeat: not recorded.
    pub(crate) last_get_work: Option<Timestamp>,
    #[serde(skip)]
    pub(super) crowds: Vec<u32>,
}

impl Worker {
    pub(crate) fn is_assistant(&self) -> bool {
        self.info_value.get("assistant").is_some_and(Value::truthy)
    }

    /// Number of processes: how many tasks it would take at once.
    pub(crate) fn processes(&self) -> f64 {
        self.info_value.get("workers").and_then(Value::as_f64).unwrap_or(1.0)
    }
}

/// How a worker batches a family.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Batcher {
    pub arguments: Vec<Symbol>,
    pub size_max: Number,
}
