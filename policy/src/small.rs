//! A small model, made of what a file of expectations says: as the engine would have it, by the same events. For
//! expectations, for tests, and for measuring.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bussola_domain::access::event::{PoliciesLoaded, PrincipalKnown, SessionStarted};
use bussola_domain::access::{Caller, Credential, Kind, Principal};
use bussola_domain::catalog::event::{EntityDeclared, ManifestRead};
use bussola_domain::catalog::glob::FamilyGlob;
use bussola_domain::catalog::model::{Claim, Entity, FamilyGlobAt, Format, Origin, Relation};
use bussola_domain::catalog::problem::Span;
use bussola_domain::catalog::{EntityRef, RelationKind};
use bussola_domain::event::{Event, Fact};
use bussola_domain::id::{BlobHash, PrincipalNo, RunId, SessionNo, Timestamp, TokenNo, WorkerNo};
use bussola_domain::model::Model;
use bussola_domain::runs::RunStarted;

use crate::compile::Compiled;

/// What a manifest would say of a component.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// Who answers for it.
    pub owner: Option<EntityRef>,
    /// Systems that it is part of.
    pub part_of: Vec<EntityRef>,
    /// `service`, `pipeline`, …
    pub entity_type: Option<String>,
    /// `production`, …
    pub lifecycle: Option<String>,
    /// 1 is worst.
    pub tier: Option<u8>,
    /// Tags.
    pub tags: Vec<String>,
}

/// What an identity provider would say of somebody.
#[derive(Clone, Debug)]
pub struct Said {
    /// What they are.
    pub kind: Kind,
    /// The groups that they are in.
    pub groups: BTreeSet<EntityRef>,
    /// The group that answers for a service or an agent.
    pub owner: Option<EntityRef>,
    /// Who issued the identity.
    pub issuer: String,
    /// The issuer's name of them.
    pub subject: String,
}

/// By which credential somebody acts.
#[derive(Clone, Debug)]
pub enum By {
    /// By none.
    Unverified,
    /// A session.
    Session {
        /// How they signed in.
        amr: Vec<String>,
    },
    /// A personal access token.
    Token,
    /// A token of another issuer, by the rule of this name.
    Workload(Arc<str>),
}

/// See the module.
#[derive(Debug, Default)]
pub struct Small {
    /// The model.
    pub model: Model,
    sessions: u32,
    runs: u64,
}

impl Small {
    fn apply(&mut self, event: impl Into<Event>) {
        let fact = Fact { at: Timestamp(0), event: event.into(), run: None };
        self.model.apply(&fact, &mut Vec::new());
    }

    /// Decisions follow this set.
    pub fn load(&mut self, set: &Compiled) {
        let number = self.model.access.policies().0 + 1;
        self.apply(PoliciesLoaded { files: set.files().clone(), set: number });
    }

    /// A group within others.
    pub fn group(&mut self, group: &EntityRef, within: &[EntityRef]) {
        // A user of the catalog is a member of groups, a group is a child of others.
        let relation = if group.kind() == "user" { RelationKind::MemberOf } else { RelationKind::ChildOf };
        let relations = within.iter().map(|parent| (relation, parent.clone())).collect();
        self.declare(group, Declared::default(), relations);
    }

    /// A component.
    pub fn component(&mut self, component: &EntityRef, declared: Declared) {
        let owned = declared.owner.iter().map(|owner| (RelationKind::OwnedBy, owner.clone()));
        let parts = declared.part_of.iter().map(|whole| (RelationKind::PartOf, whole.clone()));
        let relations = owned.chain(parts).collect();
        self.declare(component, declared, relations);
    }

    fn declare(&mut self, reference: &EntityRef, declared: Declared, relations: Vec<(RelationKind, EntityRef)>) {
        let relation =
            |(relation, target)| Relation { field: String::new(), relation, span: Span::START, target, written: None };
        let entity = Entity {
            aliases: Vec::new(),
            annotations: BTreeMap::new(),
            custom_fields: Vec::new(),
            description: None,
            entity_type: declared.entity_type,
            fields: BTreeMap::new(),
            labels: BTreeMap::new(),
            lifecycle: declared.lifecycle,
            links: Vec::new(),
            origin: Origin {
                blob: BlobHash::of(b""),
                document: 0,
                format: Format::Backstage,
                line: 1,
                path: String::new(),
            },
            reference: reference.clone(),
            relations: relations.into_iter().map(relation).collect(),
            tags: declared.tags,
            tier: declared.tier,
            title: None,
        };
        self.apply(EntityDeclared { entity });
    }

    /// Somebody, and how they act.
    pub fn known(&mut self, said: Said, by: By) -> Caller {
        let principal = self.model.access.next_principal();
        let (identity, _) = self.model.names.intern(&format!("{} {}", said.issuer, said.subject));
        self.apply(PrincipalKnown {
            active: true,
            email: None,
            groups: BTreeMap::from([("claims".to_owned(), said.groups)]),
            identity,
            kind: said.kind,
            name: None,
            owner: said.owner,
            principal,
        });
        Caller { principal: Principal::Known(principal), credential: self.credential(principal, by) }
    }

    fn credential(&mut self, principal: PrincipalNo, by: By) -> Credential {
        let amr = match by {
            By::Unverified => return Credential::Unverified,
            By::Token => return Credential::Token(TokenNo(principal.0)),
            By::Workload(rule) => return Credential::Workload(rule),
            By::Session { amr } => amr,
        };
        self.sessions += 1;
        let session = SessionNo(self.sessions);
        self.apply(SessionStarted {
            amr,
            expires: Timestamp(Timestamp::MICROSECONDS_MAX),
            principal,
            secret: BlobHash::of(&session.0.to_be_bytes()),
            session,
            sid: None,
            uses: "web".to_owned(),
        });
        Credential::Session(session)
    }

    /// A run of a component that goes on, by its token.
    pub fn run(&mut self, component: &EntityRef) -> Caller {
        self.runs += 1;
        let (run, family) = (RunId(self.runs), format!("Family{}", self.runs));
        let glob = FamilyGlob::parse(&family).expect("a name is a glob");
        self.apply(ManifestRead {
            aliases: Vec::new(),
            blob: BlobHash::of(b""),
            claims: vec![Claim {
                component: component.clone(),
                families: vec![FamilyGlobAt { glob, span: Span::START }],
            }],
            format: Format::Bussola,
            path: family.clone(),
        });
        let worker = WorkerNo(u32::try_from(self.runs).unwrap_or(u32::MAX));
        self.apply(RunStarted { family, run, task: "task".to_owned(), worker });
        Caller { principal: Principal::Run(run), credential: Credential::RunToken(1) }
    }
}
