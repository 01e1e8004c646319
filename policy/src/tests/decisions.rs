//! Decisions, their reasons, and what they must never follow.

use bussola_domain::access::event::{PoliciesLoaded, SessionsEnded};
use bussola_domain::access::{Act, Action, Authorizer, Caller, Kind, Resource};
use bussola_domain::catalog::EntityRef;
use bussola_domain::event::Fact;
use bussola_domain::id::{SessionNo, Timestamp};

use super::*;
use crate::Decider;
use crate::limits::SETS_MAX;
use crate::small::{By, Declared, Said, Small};

fn reference(text: &str) -> EntityRef {
    EntityRef::parse(text).expect("a ref")
}

fn member(groups: &[&str]) -> Said {
    Said {
        kind: Kind::User,
        groups: groups.iter().map(|group| reference(group)).collect(),
        owner: None,
        issuer: "https://idp.example".into(),
        subject: "ada".into(),
    }
}

fn session(amr: &[&str]) -> By {
    By::Session { amr: amr.iter().map(|method| (*method).to_owned()).collect() }
}

fn start(component: &str) -> Act {
    Act::new(Action::StartRun, Resource::Component(reference(component)))
}

/// A world with a component of `payments`, which is within `finance`, and a member.
fn world(set: &Arc<Compiled>) -> (Small, Decider, Caller) {
    let mut small = Small::default();
    small.load(set);
    small.group(&reference("group:default/payments"), &[reference("group:default/finance")]);
    let owner = Some(reference("group:default/payments"));
    small.component(&reference("component:default/api"), Declared { owner, tier: Some(1), ..Declared::default() });
    let caller = small.known(member(&["group:default/payments"]), session(&["pwd", "mfa"]));
    let decider = Decider::new();
    decider.offer(set.clone());
    (small, decider, caller)
}

fn check(policies: &str, allowed: bool, reason: &str) {
    let (small, decider, caller) = world(&compiled(policies));
    let act = start("component:default/api");
    let decision = decider.decide(&small.model, &caller, &act);
    assert_eq!((decision.allowed, &*decision.reason), (allowed, reason), "{policies}");
    assert_eq!(decider.decide(&small.model, &caller, &act), decision, "remembered");
    assert_eq!(decider.decide_naively(&small.model, &caller, &act), decision, "naively");
    let explained = decider.explain(&small.model, &caller, &act);
    assert_eq!((explained.allowed, &*explained.reason), (allowed, reason), "explained");
}

#[test]
fn reasons_name_the_policies_that_decided() {
    let allow = |id: &str| format!("@id(\"{id}\") permit (principal, action, resource);");
    let forbid = |id: &str| format!("@id(\"{id}\") forbid (principal, action, resource);");
    check("", false, "");
    check("permit (principal, action, resource) when { !context.mfa };", false, "");
    check("permit (principal, action, resource);", true, "policy:a.cedar#1@1");
    check(&(allow("b") + &allow("a")), true, "policy:b,a@1");
    check(&(allow("b") + &forbid("c") + &allow("a")), false, "policy:c@1");
    check(&(["a", "b", "c"].map(allow).concat()), true, "policy:a,b,c@1");
    check(&(["a", "b", "c", "d", "e"].map(allow).concat()), true, "policy:a,b,c+2@1");
}

#[test]
fn policies_see_owners_groups_and_how_somebody_is_known() {
    let when = |condition: &str, allowed: bool| {
        let policy = format!(
            "@id(\"x\") permit (principal is Bussola::User, action, resource is Bussola::Component) when {{ {condition} }};"
        );
        check(&policy, allowed, if allowed { "policy:x@1" } else { "" });
    };
    when("resource has owner && principal in resource.owner", true);
    when("principal in Bussola::Group::\"group:default/finance\"", true);
    when("resource has owner && resource.owner in Bussola::Group::\"group:default/finance\"", true);
    when("resource in Bussola::Group::\"group:default/finance\"", true);
    when("principal.groups.contains(Bussola::Group::\"group:default/finance\")", false);
    when("principal in Bussola::Group::\"group:default/search\"", false);
    when("context.mfa && context.amr.contains(\"pwd\")", true);
    when("context.credential == Bussola::Credential::\"session\"", true);
    when("context.credential == Bussola::Credential::\"token\"", false);
    when("principal.issuer == \"https://idp.example\" && principal.subject like \"a*\"", true);
    when("resource has tier && resource.tier <= 2", true);
    when("resource.kind == \"component\" && resource has type", false);
}

/// Cedar alone would skip what it cannot evaluate, and a rule that forbids would fail open.
#[test]
fn what_cannot_be_evaluated_permits_nothing_and_forbids() {
    let overflows = "when { resource has tier && 9223372036854775807 + resource.tier > 0 }";
    let scope = "(principal, action, resource is Bussola::Component)";
    let permit = format!("@id(\"p\") permit {scope} {overflows};");
    check(&permit, false, "");
    let both = format!("@id(\"a\") permit (principal, action, resource); @id(\"f\") forbid {scope} {overflows};");
    check(&both, false, "policy:f@1");
    let (small, decider, caller) = world(&compiled(&both));
    let explained = decider.explain(&small.model, &caller, &start("component:default/api"));
    let failed = explained.decided[0].failed.as_deref().unwrap_or_default();
    assert!(failed.contains("overflow"), "{failed}");
}

#[test]
fn decisions_follow_the_set_that_the_model_names_and_no_other() {
    let everything = compiled("@id(\"all\") permit (principal, action, resource);");
    let nothing = compiled("@id(\"none\") forbid (principal, action, resource);");
    let (mut small, decider, caller) = world(&everything);
    let act = start("component:default/api");
    let check = |small: &Small, allowed: bool, reason: &str| {
        let decision = decider.decide(&small.model, &caller, &act);
        assert_eq!((decision.allowed, &*decision.reason), (allowed, reason));
    };
    check(&small, true, "policy:all@1");
    // Held, but not in force.
    decider.offer(nothing.clone());
    check(&small, true, "policy:all@1");
    small.load(&compiled("// not offered"));
    check(&small, false, "policy set 2, which this server does not hold");
    small.load(&nothing);
    check(&small, false, "policy:none@3");
    small.load(&everything);
    check(&small, true, "policy:all@4");
    // The set in force stays, however many are offered.
    for number in 0..2 * SETS_MAX {
        decider.offer(compiled(&format!("// {number}")));
        small.model.apply(
            &Fact {
                at: Timestamp(0),
                event: PoliciesLoaded { files: everything.files().clone(), set: 4 }.into(),
                run: None,
            },
            &mut Vec::new(),
        );
        check(&small, true, "policy:all@4");
    }
    assert!(decider.holds(everything.files()) && !decider.holds(nothing.files()));
    let blank = Small::default();
    check(&blank, false, "the lack of policies: none were loaded");
}

#[test]
fn what_the_model_says_counts_at_once() {
    let set = compiled("@id(\"x\") permit (principal, action, resource) when { context.mfa };");
    let (mut small, decider, caller) = world(&set);
    let act = start("component:default/api");
    assert!(decider.decide(&small.model, &caller, &act).allowed);
    let ended = SessionsEnded { cause: bussola_domain::access::event::EndCause::Revoked, sessions: vec![SessionNo(1)] };
    small.model.apply(&Fact { at: Timestamp(0), event: ended.into(), run: None }, &mut Vec::new());
    assert!(!decider.decide(&small.model, &caller, &act).allowed, "nothing is known of the session");

    let owned = compiled(
        "@id(\"x\") permit (principal is Bussola::User, action, resource is Bussola::Component) when { resource has owner && principal in resource.owner };",
    );
    let (mut small, decider, caller) = world(&owned);
    assert!(decider.decide(&small.model, &caller, &act).allowed);
    let owner = Some(reference("group:default/search"));
    small.component(&reference("component:default/api"), Declared { owner, ..Declared::default() });
    assert!(!decider.decide(&small.model, &caller, &act).allowed, "the owner changed");
}

/// A model that was folded anew may come to the same revisions in another way.
#[test]
fn a_model_that_was_folded_anew_is_another() {
    let set = compiled(
        "@id(\"x\") permit (principal is Bussola::User, action, resource is Bussola::Component) when { resource has owner && principal in resource.owner };",
    );
    let (small, decider, caller) = world(&set);
    let act = start("component:default/api");
    assert!(decider.decide(&small.model, &caller, &act).allowed);
    let mut other = Small::default();
    other.load(&set);
    other.group(&reference("group:default/payments"), &[]);
    other.component(&reference("component:default/api"), Declared::default());
    other.known(member(&["group:default/payments"]), session(&[]));
    let revisions = |small: &Small| (small.model.access.revision(), small.model.catalog.revision());
    assert_eq!(revisions(&small), revisions(&other));
    decider.forget();
    assert!(!decider.decide(&other.model, &caller, &act).allowed);
}

#[test]
fn the_program_itself_is_not_asked_and_nobody_is_nobody() {
    let (small, decider, _) = world(&compiled("@id(\"none\") forbid (principal, action, resource);"));
    let act = Act::new(Action::ManageAccess, Resource::Access);
    assert!(decider.decide(&small.model, &Caller::itself("retention"), &act).allowed);
    let (small, decider, caller) = world(&compiled("@id(\"all\") permit (principal, action, resource);"));
    let unknown = Caller {
        principal: bussola_domain::access::Principal::Known(bussola_domain::id::PrincipalNo(99)),
        ..caller.clone()
    };
    assert!(!decider.decide(&small.model, &unknown, &act).allowed);
    assert_eq!(decider.explain(&small.model, &unknown, &act).says, "nobody has this number");
    // What the schema does not know is denied, whatever a policy says.
    let odd = Act::new(Action::Erase, Resource::Catalog);
    let explained = decider.explain(&small.model, &caller, &odd);
    assert_eq!((explained.allowed, &*explained.says), (false, "`erase` is not done by such a principal to `catalog`"));
}

#[test]
fn groups_in_a_circle_are_within_each_other() {
    let set = compiled(
        "@id(\"x\") permit (principal in Bussola::Group::\"group:default/a\", action, resource in Bussola::Group::\"group:default/a\");",
    );
    let mut small = Small::default();
    small.load(&set);
    for (group, parent) in [("a", "b"), ("b", "c"), ("c", "a")] {
        small.group(&reference(&format!("group:default/{group}")), &[reference(&format!("group:default/{parent}"))]);
    }
    let owner = Some(reference("group:default/b"));
    small.component(&reference("component:default/api"), Declared { owner, ..Declared::default() });
    let caller = small.known(member(&["group:default/c", "group:default/b"]), session(&[]));
    let decider = Decider::new();
    decider.offer(set);
    assert!(decider.decide(&small.model, &caller, &start("component:default/api")).allowed);
}

#[test]
fn parts_of_a_system_are_within_it_but_not_owned_by_its_owner() {
    let check = |scope: &str, allowed: bool| {
        let set = compiled(&format!("permit (principal, action, resource in {scope});"));
        let (mut small, decider, caller) = world(&set);
        let system = reference("system:default/money");
        let owned = Declared { owner: Some(reference("group:default/platform")), ..Declared::default() };
        small.component(&system, owned);
        let owner = Some(reference("group:default/payments"));
        let part = Declared { owner, part_of: vec![system], ..Declared::default() };
        small.component(&reference("component:default/api"), part);
        assert_eq!(decider.decide(&small.model, &caller, &start("component:default/api")).allowed, allowed, "{scope}");
    };
    check("Bussola::Component::\"system:default/money\"", true);
    check("Bussola::Group::\"group:default/payments\"", true);
    check("Bussola::Group::\"group:default/platform\"", false);
}

#[test]
fn explanations_show_what_policies_saw() {
    let set = compiled(
        "@id(\"owners\") permit (principal is Bussola::User, action, resource is Bussola::Component)\nwhen { resource has owner && principal in resource.owner };\n@id(\"never\") forbid (principal, action, resource) when { !context.mfa };",
    );
    let (small, decider, caller) = world(&set);
    insta::assert_snapshot!(format!("{:#?}", decider.explain(&small.model, &caller, &start("component:default/api"))));
}
