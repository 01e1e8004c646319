//! Who is known, who signs in and out, which tokens are good: commands and what they leave.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;

use bussola_domain::access::event::EndCause;
use bussola_domain::access::{Action, Caller, Credential, Kind, Lapsed, Principal};
use bussola_domain::catalog::EntityRef;
use bussola_domain::command::{
    Deactivated, EndSessions, IssueToken, Know, LoadPolicies, NoToken, Profile, RevokeToken, RotateSession,
    SESSIONS_EACH_MAX, SignIn, TOKENS_EACH_MAX, WhichSessions,
};
use bussola_domain::event::Draft;
use bussola_domain::id::{BlobHash, PrincipalNo, SessionNo, Timestamp, TokenNo};
use bussola_domain::model::{Command, Model, Step};
use bussola_domain::scheduler::Config;

struct World {
    model: Model,
    kinds: Vec<&'static str>,
}

impl World {
    fn new() -> World {
        World { model: Model::new(Config::default()), kinds: Vec::new() }
    }

    /// Executes at a time, in seconds.
    fn run<C: Command>(&mut self, at: i64, command: C) -> C::Reply {
        let mut draft = Draft::default();
        let reply = command.execute(&mut Step::new(&mut self.model, seconds(at), &mut draft));
        self.kinds = draft.facts.iter().map(|fact| fact.event.kind().0).collect();
        reply
    }

    fn standing(&self, secret: &str, action: Action, at: i64) -> Option<Result<(), Lapsed>> {
        let caller = self.model.access.caller(hash(secret), seconds(at))?;
        Some(self.model.access.standing(&caller, action, seconds(at)))
    }
}

fn seconds(at: i64) -> Timestamp {
    Timestamp(at * 1_000_000)
}

fn hash(secret: &str) -> BlobHash {
    BlobHash::of(secret.as_bytes())
}

fn groups(names: &[&str]) -> BTreeSet<EntityRef> {
    names.iter().map(|name| EntityRef::parse(&format!("group:default/{name}")).unwrap()).collect()
}

fn profile(subject: &str, of: &[&str]) -> Profile {
    Profile {
        issuer: "https://id.example".into(),
        subject: subject.into(),
        kind: Kind::User,
        name: Some(format!("{subject} smith")),
        email: None,
        owner: None,
        active: true,
        groups: groups(of),
        source: "claims".into(),
    }
}

fn sign_in(subject: &str, secret: &str) -> SignIn {
    SignIn {
        profile: profile(subject, &["payments"]),
        amr: vec!["mfa".into()],
        expires: seconds(100),
        secret: hash(secret),
        sid: Some(format!("sid-{secret}")),
        uses: "web".into(),
    }
}

fn ended(which: WhichSessions) -> EndSessions {
    EndSessions { which, cause: EndCause::Revoked }
}

#[test]
fn a_session_is_good_until_its_end() {
    let mut world = World::new();
    assert_eq!(world.run(1, sign_in("ada", "s1")), Ok((PrincipalNo(1), SessionNo(1))));
    assert_eq!(world.kinds, ["principal.known", "session.started"]);
    let caller = world.model.access.caller(hash("s1"), seconds(1)).unwrap();
    let expected =
        Caller { principal: Principal::Known(PrincipalNo(1)), credential: Credential::Session(SessionNo(1)) };
    assert_eq!(caller, expected);
    assert_eq!(world.standing("s1", Action::Work, 99), Some(Ok(())));
    assert_eq!(world.standing("s1", Action::Work, 100), Some(Err(Lapsed::Expired)));
    assert!(world.run(2, RotateSession { session: SessionNo(1), secret: hash("s2") }));
    assert_eq!(world.standing("s1", Action::Work, 61), Some(Ok(())), "requests on the way");
    assert_eq!((world.standing("s1", Action::Work, 62), world.standing("s2", Action::Work, 62)), (None, Some(Ok(()))));
    assert_eq!(world.run(4, ended(WhichSessions::One(SessionNo(1)))), 1);
    assert_eq!(world.standing("s2", Action::Work, 5), None);
    let access = &world.model.access;
    assert_eq!(
        access.standing(&caller, Action::Work, seconds(5)),
        Err(Lapsed::Ended),
        "what was found before is no good"
    );
    assert_eq!(world.run(6, ended(WhichSessions::One(SessionNo(1)))), 0);
    assert!(world.kinds.is_empty());
}

#[test]
fn who_signs_in_again_is_the_same_and_is_told_of_only_when_changed() {
    let mut world = World::new();
    world.run(1, sign_in("ada", "s1")).unwrap();
    assert_eq!(world.run(2, sign_in("ada", "s2")), Ok((PrincipalNo(1), SessionNo(2))));
    assert_eq!(world.kinds, ["session.started"]);
    assert_eq!(world.run(3, sign_in("bea", "s3")), Ok((PrincipalNo(2), SessionNo(3))));
    let revision = world.model.access.revision();
    let moved = SignIn { profile: profile("ada", &["search"]), ..sign_in("ada", "s4") };
    world.run(4, moved).unwrap();
    assert_eq!(world.kinds, ["principal.known", "session.started"]);
    assert!(world.model.access.revision() > revision);
    let known = world.model.access.principal(PrincipalNo(1)).unwrap();
    assert_eq!(known.groups().into_iter().cloned().collect::<BTreeSet<_>>(), groups(&["search"]));
    assert_eq!(known.since, seconds(1));
}

#[test]
fn what_one_source_says_of_groups_does_not_take_what_another_says() {
    let mut world = World::new();
    world.run(1, Know { profile: Profile { source: "scim".into(), ..profile("ada", &["admins"]) } });
    world.run(2, sign_in("ada", "s1")).unwrap();
    let of = |world: &World| {
        let known = world.model.access.principal(PrincipalNo(1)).unwrap();
        known.groups().into_iter().cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(of(&world), groups(&["admins", "payments"]));
    world.run(3, Know { profile: Profile { source: "scim".into(), ..profile("ada", &[]) } });
    assert_eq!(of(&world), groups(&["payments"]));
}

#[test]
fn who_is_deactivated_loses_everything_and_cannot_sign_in() {
    let mut world = World::new();
    world.run(1, sign_in("ada", "s1")).unwrap();
    let issue = IssueToken {
        principal: PrincipalNo(1),
        label: "laptop".into(),
        actions: BTreeSet::new(),
        expires: seconds(50),
        secret: hash("t1"),
    };
    assert_eq!(world.run(2, issue.clone()), Ok(TokenNo(1)));
    let caller = world.model.access.caller(hash("t1"), seconds(2)).unwrap();
    world.run(3, Know { profile: Profile { active: false, ..profile("ada", &["payments"]) } });
    assert_eq!(world.kinds, ["principal.known", "sessions.ended", "tokens.revoked"]);
    assert_eq!((world.standing("s1", Action::Work, 4), world.standing("t1", Action::Work, 4)), (None, None));
    assert!(world.model.access.standing(&caller, Action::Work, seconds(4)).is_err());
    assert_eq!(world.run(5, sign_in("ada", "s2")), Err(Deactivated));
    assert_eq!(world.run(5, issue), Err(NoToken::NoSuchPrincipal));
    assert!(world.kinds.is_empty());
}

#[test]
fn the_provider_ends_the_sessions_that_it_began() {
    let mut world = World::new();
    for (subject, secret) in [("ada", "s1"), ("ada", "s2"), ("bea", "s3")] {
        world.run(1, sign_in(subject, secret)).unwrap();
    }
    let at = |issuer: &str, sid: Option<&str>, subject: Option<&str>| {
        ended(WhichSessions::AtProvider {
            issuer: issuer.into(),
            sid: sid.map(str::to_owned),
            subject: subject.map(str::to_owned),
        })
    };
    assert_eq!(world.run(2, at("https://other.example", Some("sid-s1"), None)), 0, "another provider's session");
    assert_eq!(world.run(2, at("https://id.example", Some("sid-s1"), Some("ada"))), 1);
    assert_eq!(world.run(3, at("https://id.example", None, Some("ada"))), 1);
    assert_eq!(world.run(3, at("https://id.example", None, None)), 0);
    assert!(world.standing("s3", Action::Work, 4).is_some());
}

#[test]
fn a_token_does_only_what_it_was_made_for() {
    let mut world = World::new();
    world.run(1, sign_in("ada", "s1")).unwrap();
    let issue = |actions: &[Action], secret: &str| IssueToken {
        principal: PrincipalNo(1),
        label: "ci".into(),
        actions: actions.iter().copied().collect(),
        expires: seconds(50),
        secret: hash(secret),
    };
    assert_eq!(world.run(2, issue(&[Action::Work, Action::StartRun], "t1")), Ok(TokenNo(1)));
    assert_eq!(world.standing("t1", Action::StartRun, 3), Some(Ok(())));
    let erase = world.standing("t1", Action::Erase, 3);
    assert_eq!(erase, Some(Err(Lapsed::OutOfScope(Action::Erase))));
    assert_eq!(world.standing("t1", Action::Work, 50), Some(Err(Lapsed::Expired)));
    assert!(world.run(4, RevokeToken { token: TokenNo(1) }));
    assert!(!world.run(4, RevokeToken { token: TokenNo(1) }));
    assert_eq!(world.standing("t1", Action::Work, 5), None);
    for number in 0..TOKENS_EACH_MAX {
        assert!(world.run(6, issue(&[], &format!("n{number}"))).is_ok());
    }
    assert_eq!(world.run(7, issue(&[], "one more")), Err(NoToken::TooMany));
    assert!(world.run(51, issue(&[], "when the others are over")).is_ok());
}

#[test]
fn who_begins_more_sessions_than_anybody_may_have_loses_the_oldest() {
    let mut world = World::new();
    for number in 0..=SESSIONS_EACH_MAX {
        world.run(1, sign_in("ada", &format!("s{number}"))).unwrap();
    }
    assert_eq!(world.model.access.sessions().count(), SESSIONS_EACH_MAX);
    assert_eq!((world.standing("s0", Action::Work, 2), world.standing("s1", Action::Work, 2)), (None, Some(Ok(()))));
}

#[test]
fn a_set_of_policies_is_named_anew_when_it_differs() {
    let mut world = World::new();
    let load = |text: &str| LoadPolicies { files: [("a.cedar".to_owned(), text.to_owned())].into() };
    assert_eq!((world.run(1, load("x")), world.kinds.len()), (1, 1));
    assert_eq!((world.run(2, load("x")), world.kinds.len()), (1, 0));
    assert_eq!((world.run(3, load("y")), world.kinds.len()), (2, 1));
    assert_eq!(world.model.access.policies().1["a.cedar"], hash("y"));
}

#[test]
fn what_is_known_survives_a_snapshot() {
    let mut world = World::new();
    world.run(1, sign_in("ada", "s1")).unwrap();
    let text = serde_json::to_string(&world.model.access).unwrap();
    let mut access: bussola_domain::access::Access = serde_json::from_str(&text).unwrap();
    access.rebuild();
    assert_eq!(access.caller(hash("s1"), seconds(2)), world.model.access.caller(hash("s1"), seconds(2)));
    let identity = access.principal(PrincipalNo(1)).unwrap().identity;
    assert_eq!(access.by_identity(identity), Some(PrincipalNo(1)));
}
