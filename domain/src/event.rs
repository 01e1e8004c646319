//! The catalogue of events: every kind of entry that this version writes, each with its version.
//!
//! INVARIANT: a kind and version, once released, keep their meaning for ever. An entry of a kind or version that is not in
//! the table is kept and hashed by the ledger, and skipped here.

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::access::event::{
    AccessDenied, PoliciesLoaded, PrincipalKnown, SessionRotated, SessionStarted, SessionsEnded, TokenIssued,
    TokensRevoked,
};
use crate::catalog::event::{
    CatalogEvent, EntityDeclared, EntityRemoved, ManifestForgotten, ManifestRead, PipelineDiscovered, PipelineExtended,
};
use crate::evidence::{EvidenceExported, LedgerRecovered};
use crate::id::{BlobHash, NameId, RunId, Timestamp};
use crate::names::{NamesGiven, TextsErased};
use crate::runs::{HistoryForgotten, RunEnded, RunResumed, RunStarted};
use crate::scheduler::event::*;

macro_rules! events {
    ($($kind:literal $version:literal $name:ident: $subject:expr;)*) => {
        /// Something that happened.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "each variant is documented at its struct")]
        pub enum Event {
            $($name($name),)*
        }

        $(impl From<$name> for Event {
            fn from(event: $name) -> Event {
                Event::$name(event)
            }
        })*

        impl Event {
            /// Every kind with its version, as written by this release.
            pub const KINDS: &'static [(&'static str, u16)] = &[$(($kind, $version),)*];

            /// The kind and the version of its payload.
            pub fn kind(&self) -> (&'static str, u16) {
                match self {
                    $(Event::$name(_) => ($kind, $version),)*
                }
            }

            /// What the entry is about: `task:<id>`, `worker:<number>`, `run:<number>`, an entity ref, or `scheduler`.
            pub fn subject(&self) -> String {
                match self {
                    $(Event::$name(event) => {
                        let subject: fn(&$name) -> String = $subject;
                        subject(event)
                    })*
                }
            }

            /// Reads a payload. None: the kind or version is not in the table.
            pub fn deserialize<'de, D: Deserializer<'de>>(
                kind: &str,
                version: u16,
                payload: D,
            ) -> Result<Option<Event>, D::Error> {
                match (kind, version) {
                    $(($kind, $version) => $name::deserialize(payload).map(|event| Some(Event::$name(event))),)*
                    _ => Ok(None),
                }
            }
        }

        /// Writes the payload alone; kind and version stand in the entry.
        impl Serialize for Event {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    Event::TaskReported(event) if event.aside.is_some() => event.without_bulk().serialize(serializer),
                    $(Event::$name(event) => event.serialize(serializer),)*
                }
            }
        }
    };
}

fn task(id: &str) -> String {
    format!("task:{id}")
}

fn tasks(ids: &[String]) -> String {
    match ids {
        [id] => task(id),
        _ => "scheduler".into(),
    }
}

events! {
    "worker.joined" 1 WorkerJoined: |event| format!("worker:{}", event.worker);
    "worker.described" 1 WorkerDescribed: |event| format!("worker:{}", event.worker);
    "worker.disabled" 1 WorkerDisabled: |event| format!("worker:{}", event.worker);
    "workers.lost" 1 WorkersLost: |_| "scheduler".into();
    "batcher.set" 1 BatcherSet: |event| format!("worker:{}", event.worker);
    "planning.failed" 1 PlanningFailed: |event| format!("worker:{}", event.worker);
    "task.reported" 1 TaskReported: |event| task(&event.task);
    "tasks.assigned" 1 TasksAssigned: |event| tasks(&event.tasks);
    "task.moved" 1 TaskMoved: |event| task(&event.task);
    "tasks.doomed" 1 TasksDoomed: |event| tasks(&event.tasks);
    "tasks.removed" 1 TasksRemoved: |event| tasks(&event.tasks);
    "task.resources_decreased" 1 ResourcesDecreased: |event| task(&event.task);
    "resources.set" 1 ResourcesSet: |_| "scheduler".into();
    "scheduler.paused" 1 SchedulerPaused: |_| "scheduler".into();
    "message.queued" 1 MessageQueued: |event| format!("worker:{}", event.worker);
    "messages.delivered" 1 MessagesDelivered: |event| format!("worker:{}", event.worker);
    "message.answered" 1 MessageAnswered: |event| task(&event.task);
    "answer.read" 1 AnswerRead: |event| task(&event.task);
    "run.started" 1 RunStarted: |event| format!("run:{}", event.run);
    "run.ended" 1 RunEnded: |event| format!("run:{}", event.run);
    "run.resumed" 1 RunResumed: |event| format!("run:{}", event.run);
    "manifest.read" 1 ManifestRead: |event| format!("manifest:{}", event.path);
    "manifest.forgotten" 1 ManifestForgotten: |event| format!("manifest:{}", event.path);
    "entity.declared" 1 EntityDeclared: |event| event.entity.reference.to_string();
    "entity.removed" 1 EntityRemoved: |event| event.reference.to_string();
    "pipeline.discovered" 1 PipelineDiscovered: |event| format!("pipeline:{}", event.root);
    "pipeline.extended" 1 PipelineExtended: |event| format!("pipeline:{}", event.root);
    "names.given" 1 NamesGiven: |_| "names".into();
    "texts.erased" 1 TextsErased: |_| "texts".into();
    "history.forgotten" 1 HistoryForgotten: |_| "history".into();
    "principal.known" 1 PrincipalKnown: |event| format!("principal:{}", event.principal);
    "session.started" 1 SessionStarted: |event| format!("principal:{}", event.principal);
    "session.rotated" 1 SessionRotated: |event| format!("session:{}", event.session);
    "sessions.ended" 1 SessionsEnded: |_| "access".into();
    "token.issued" 1 TokenIssued: |event| format!("principal:{}", event.principal);
    "tokens.revoked" 1 TokensRevoked: |_| "access".into();
    "access.denied" 1 AccessDenied: |event| event.resource.clone();
    "policies.loaded" 1 PoliciesLoaded: |_| "access".into();
    "ledger.recovered" 1 LedgerRecovered: |_| "ledger".into();
    "evidence.exported" 1 EvidenceExported: |event| event.component.clone().unwrap_or_else(|| "ledger".into());
}

impl From<CatalogEvent> for Event {
    fn from(event: CatalogEvent) -> Event {
        match event {
            CatalogEvent::EntityDeclared(event) => Event::EntityDeclared(*event),
            CatalogEvent::EntityRemoved(event) => Event::EntityRemoved(event),
            CatalogEvent::ManifestForgotten(event) => Event::ManifestForgotten(event),
            CatalogEvent::ManifestRead(event) => Event::ManifestRead(event),
            CatalogEvent::PipelineDiscovered(event) => Event::PipelineDiscovered(event),
            CatalogEvent::PipelineExtended(event) => Event::PipelineExtended(event),
        }
    }
}

impl Event {
    /// The text stored aside that the event needs before it can be folded.
    pub fn aside(&self) -> Option<BlobHash> {
        match self {
            Event::TaskReported(event) => event.aside,
            _ => None,
        }
    }

    /// Takes that text back. Without it (it was erased) the event folds with what it has.
    pub fn take_back(&mut self, text: &str) {
        if let Event::TaskReported(event) = self {
            event.take_back(text);
        }
    }
}

/// An event with when it happened and the run that it belongs to: what an entry says beside who.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
    /// In the course of which run.
    pub run: Option<RunId>,
}

/// What one command wants written, in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Entries to append, already applied to the model in memory.
    pub facts: Vec<Fact>,
    /// Names used for the first time.
    pub names: Vec<(NameId, std::sync::Arc<str>)>,
    /// Texts to keep by their hash.
    pub blobs: Vec<(BlobHash, String)>,
    /// Rows for the history tables.
    pub history: Vec<crate::runs::HistoryRow>,
}
