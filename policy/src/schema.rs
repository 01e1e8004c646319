//! The words of policies: which entities and actions there are, and what applies to what.
//!
//! INVARIANT: the schema in Cedar's own form is made from this table and from [`Action::ALL`], is committed as
//! `policy/schema.cedarschema`, and what it does not allow never reaches a policy (see [`applies`]).

use std::fmt::Write as _;
use std::sync::LazyLock;

use bussola_domain::access::Action;
use cedar_policy::{EntityId, EntityTypeName, EntityUid, Schema};

/// The namespace of all words.
pub const NAMESPACE: &str = "Bussola";

macro_rules! kinds {
    ($($name:ident $says:literal $shape:literal;)*) => {
        /// What an entity is. The names are those of policies.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EntityKind {
            $(#[doc = $says] $name,)*
        }

        impl EntityKind {
            /// Each once.
            pub const ALL: &'static [EntityKind] = &[$(EntityKind::$name,)*];

            /// As policies write it, without the namespace.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(EntityKind::$name => stringify!($name),)*
                }
            }

            /// What it is, in a sentence; and its declaration after its name.
            fn declared(self) -> (&'static str, &'static str) {
                match self {
                    $(EntityKind::$name => ($says, $shape),)*
                }
            }
        }
    };
}

kinds! {
    Group "A group of the catalog, by its ref. A user of the catalog is a group of one. Within: its parents."
        " in [Group]";
    User "A person, by number. Within: their groups. `groups` are those that an identity provider says, without those above them."
        " in [Group] = { groups: Set<Group>, issuer: String, subject: String }";
    Service "A program with an identity of its own. `owner` answers for it."
        " in [Group] = { groups: Set<Group>, issuer: String, subject: String, owner?: Group }";
    Agent "A program that decides by itself what to do. `owner` answers for it."
        " in [Group] = { groups: Set<Group>, issuer: String, subject: String, owner?: Group }";
    Run "A run, by number, with its token. Never within a group, so no right of people is a right of runs."
        " = { component?: Component }";
    Local "Whoever reaches a server that knows no identity provider: the user of its machine."
        " enum [\"local\"]";
    Anonymous "Whoever reaches a server that knows one, and is not signed in."
        " enum [\"anonymous\"]";
    Component "Anything in the catalog, by its ref, declared or not; its runs and their tasks. Within: its owner, and what it is part of."
        " in [Group, Component] = { owner?: Group, kind: String, type?: String, lifecycle?: String, tier?: Long, tags: Set<String> }";
    Secret "A secret that a component declares. Within: the component."
        " in [Component] = { component: Component, owner?: Group, reference: String }";
    Catalog "All that is declared." " enum [\"catalog\"]";
    Scheduler "The scheduler; also tasks that belong to no component." " enum [\"scheduler\"]";
    Ledger "All entries, and the texts beside them." " enum [\"ledger\"]";
    Access "All principals, sessions, tokens and policies." " enum [\"access\"]";
    Credential "How it is known who acts."
        " enum [\"unverified\", \"session\", \"token\", \"workload\", \"runToken\"]";
}

impl EntityKind {
    /// The one with this name in our namespace.
    pub(crate) fn of(name: &EntityTypeName) -> Option<EntityKind> {
        let ours = name.namespace() == NAMESPACE;
        EntityKind::ALL.iter().copied().find(|kind| ours && kind.as_str() == name.basename())
    }

    /// As Cedar names an entity of this kind.
    pub(crate) fn uid(self, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(NAMES.kinds[self as usize].clone(), EntityId::new(id))
    }
}

struct Names {
    kinds: Vec<EntityTypeName>,
    actions: Vec<EntityUid>,
    schema: Schema,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let parse =
        |name: &str| format!("{NAMESPACE}::{name}").parse::<EntityTypeName>().expect("our words are identifiers");
    let kinds = EntityKind::ALL.iter().map(|kind| parse(kind.as_str())).collect();
    let action = parse("Action");
    let uid = |name: &str| EntityUid::from_type_name_and_id(action.clone(), EntityId::new(name));
    let actions = Action::ALL.iter().map(|action| uid(action.as_str())).collect();
    // A constant text, which a test parses.
    let (schema, _) = Schema::from_cedarschema_str(&schema_text()).expect("our own schema is good");
    Names { kinds, actions, schema }
});

/// The schema, compiled once.
pub(crate) fn schema() -> &'static Schema {
    &NAMES.schema
}

/// As Cedar names an action.
pub(crate) fn action_uid(action: Action) -> &'static EntityUid {
    &NAMES.actions[action as usize]
}

const ANYBODY: &[EntityKind] = &[
    EntityKind::User,
    EntityKind::Service,
    EntityKind::Agent,
    EntityKind::Run,
    EntityKind::Local,
    EntityKind::Anonymous,
];

const KNOWN: &[EntityKind] = &[EntityKind::User, EntityKind::Service, EntityKind::Agent];

/// Who an action is for, and what it is done to. Whoever is not named here may not, whatever policies say.
pub fn applies(action: Action) -> (&'static [EntityKind], &'static [EntityKind]) {
    use EntityKind::*;
    const PIPELINES: &[EntityKind] = &[Component, Scheduler];
    const WITHOUT_RUNS: &[EntityKind] = &[User, Service, Agent, Local, Anonymous];
    match action {
        Action::ReadCatalog => (ANYBODY, &[Catalog, Component]),
        Action::ReadRuns => (ANYBODY, PIPELINES),
        Action::ReadLedger => (ANYBODY, &[Ledger]),
        Action::ReadAccess => (ANYBODY, &[Access, User, Service, Agent]),
        Action::ApplyManifests => (ANYBODY, &[Catalog]),
        Action::Work => (ANYBODY, &[Scheduler]),
        Action::StartRun => (ANYBODY, &[Component]),
        Action::RetryRun | Action::CancelRun | Action::OperateTask => (ANYBODY, PIPELINES),
        Action::OperateScheduler => (WITHOUT_RUNS, &[Scheduler]),
        Action::Erase => (WITHOUT_RUNS, &[Ledger]),
        Action::ManageOwnAccess => (WITHOUT_RUNS, KNOWN),
        Action::ManageAccess => (WITHOUT_RUNS, &[Access]),
        Action::ReadSecret => (&[Run], &[Secret]),
    }
}

/// The schema in Cedar's own form, to be committed and to be given to editors.
pub fn schema_text() -> String {
    let mut text = String::from(
        "// The words of policies. Made from policy/src/schema.rs: `BUSSOLA_UPDATE=1 cargo test -p bussola-policy`.\n\n",
    );
    let mut line = |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("strings take everything");
    line(format_args!("namespace {NAMESPACE} {{"));
    for kind in EntityKind::ALL {
        let (says, shape) = kind.declared();
        line(format_args!("  // {says}"));
        line(format_args!("  entity {}{shape};\n", kind.as_str()));
    }
    line(format_args!(
        "  // How it is known who acts. `amr` and `mfa`: how they signed in (RFC 8176); `rule`: of a workload."
    ));
    line(format_args!("  type Known = {{ credential: Credential, mfa: Bool, amr: Set<String>, rule?: String }};\n"));
    for &action in Action::ALL {
        let (principals, resources) = applies(action);
        let names = |kinds: &[EntityKind]| kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        line(format_args!("  action \"{}\" appliesTo {{", action.as_str()));
        line(format_args!("    principal: [{}],", names(principals)));
        line(format_args!("    resource: [{}],", names(resources)));
        line(format_args!("    context: Known,\n  }};"));
    }
    line(format_args!("}}"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.cedarschema");
        if std::env::var_os("BUSSOLA_UPDATE").is_some() {
            std::fs::write(&path, schema_text()).expect("the checkout can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == schema_text(), "not current: run the tests with BUSSOLA_UPDATE=1");
        let known = schema().actions().count();
        assert_eq!(known, Action::ALL.len(), "each action, and no other");
    }

    #[test]
    fn kinds_and_actions_are_found_by_place() {
        for &kind in EntityKind::ALL {
            assert_eq!(EntityKind::of(kind.uid("a").type_name()), Some(kind));
        }
        for &action in Action::ALL {
            assert_eq!(action_uid(action).id().unescaped(), action.as_str());
        }
    }
}
