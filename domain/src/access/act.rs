//! What somebody wants to do, to what: the question that a policy answers.

use smallvec::SmallVec;

use crate::catalog::EntityRef;
use crate::id::PrincipalNo;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $text:literal $changes:literal;)*) => {
        /// What can be done. The names are those of policies; what each applies to is said by [`Resource`] in their schema.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// Each once.
            pub const ALL: &'static [Action] = &[$(Action::$name,)*];

            /// As policies and people write it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Action::$name => $text,)*
                }
            }

            /// Whether it can change something; the others only look.
            pub fn changes(self) -> bool {
                match self {
                    $(Action::$name => $changes,)*
                }
            }
        }
    };
}

actions! {
    /// Look at what exists, who owns it, what depends on what.
    ReadCatalog "readCatalog" false;
    /// Look at runs, tasks, workers and resources.
    ReadRuns "readRuns" false;
    /// Look at entries, proofs and evidence.
    ReadLedger "readLedger" false;
    /// Look at others' sessions, tokens and rights.
    ReadAccess "readAccess" false;
    /// Declare what exists.
    ApplyManifests "applyManifests" true;
    /// Act as a worker: declare tasks, ask for work, report.
    Work "work" true;
    /// Start a run of a component.
    StartRun "startRun" true;
    /// Have what failed tried again, or what was switched off switched on.
    RetryRun "retryRun" true;
    /// Have a run's worker get no more work.
    CancelRun "cancelRun" true;
    /// Say that a task is done, or send it a message.
    OperateTask "operateTask" true;
    /// Pause, or set resources and processes: what concerns everybody's work.
    OperateScheduler "operateScheduler" true;
    /// Erase texts that name a person.
    Erase "erase" true;
    /// End sessions of one's own, make and revoke tokens of one's own.
    ManageOwnAccess "manageOwnAccess" true;
    /// End others' sessions, make tokens for services, load policies, rotate keys.
    ManageAccess "manageAccess" true;
    /// Read a secret in a run.
    ReadSecret "readSecret" true;
}

impl Action {
    /// The one with this name.
    pub fn parse(text: &str) -> Option<Action> {
        Action::ALL.iter().copied().find(|action| action.as_str() == text)
    }
}

/// What an act is done to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    /// The catalog as a whole.
    Catalog,
    /// The scheduler as a whole; also tasks that belong to no component.
    Scheduler,
    /// The ledger as a whole.
    Ledger,
    /// Principals, sessions, tokens and policies as a whole.
    Access,
    /// A component, and the runs of its pipeline. It need not be declared.
    Component(EntityRef),
    /// Somebody's own sessions and tokens.
    Principal(PrincipalNo),
    /// A secret that a component declares, by its reference (`vault:kv/payments/db#password`).
    Secret {
        /// Whose.
        component: EntityRef,
        /// Which.
        reference: Box<str>,
    },
}

impl std::fmt::Display for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Resource::Catalog => f.write_str("catalog"),
            Resource::Scheduler => f.write_str("scheduler"),
            Resource::Ledger => f.write_str("ledger"),
            Resource::Access => f.write_str("access"),
            Resource::Component(reference) => reference.fmt(f),
            Resource::Principal(number) => write!(f, "principal:{number}"),
            Resource::Secret { component, reference } => write!(f, "secret:{component}/{reference}"),
        }
    }
}

/// One thing that somebody wants to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Act {
    /// What.
    pub action: Action,
    /// To what.
    pub resource: Resource,
}

/// All that a command does: each must be allowed. Empty only where nothing is done to anything.
pub type Acts = SmallVec<[Act; 1]>;

impl Act {
    /// An act.
    pub fn new(action: Action, resource: Resource) -> Act {
        Act { action, resource }
    }

    /// The acts of a command that does this alone.
    pub fn alone(action: Action, resource: Resource) -> Acts {
        let mut acts = Acts::new();
        acts.push(Act { action, resource });
        acts
    }
}
