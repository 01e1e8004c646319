//! Slices answer as the whole set does: random sets of policies, every kind of question.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::Decider;
use crate::small::{By, Declared, Said, Small};
use bussola_domain::access::{Act, Action, Authorizer, Caller, Kind, Resource};
use bussola_domain::catalog::EntityRef;

const PRINCIPALS: &[&str] = &[
    "principal",
    "principal is Bussola::User",
    "principal is Bussola::Run",
    "principal == Bussola::User::\"1\"",
    "principal == Bussola::Service::\"2\"",
    "principal in Bussola::Group::\"group:default/g0\"",
    "principal in Bussola::Group::\"group:default/g2\"",
    "principal is Bussola::Agent in Bussola::Group::\"group:default/g1\"",
];

const ACTIONS: &[&str] = &[
    "action",
    "action == Bussola::Action::\"startRun\"",
    "action in [Bussola::Action::\"readCatalog\", Bussola::Action::\"retryRun\"]",
    "action == Bussola::Action::\"readSecret\"",
    "action == Bussola::Action::\"work\"",
];

const RESOURCES: &[&str] = &[
    "resource",
    "resource is Bussola::Component",
    "resource == Bussola::Component::\"component:default/c1\"",
    "resource in Bussola::Component::\"component:default/c0\"",
    "resource in Bussola::Group::\"group:default/g2\"",
    "resource is Bussola::Secret in Bussola::Group::\"group:default/g0\"",
    "resource == Bussola::Scheduler::\"scheduler\"",
];

const CONDITIONS: &[&str] = &[
    "",
    "when { context.mfa }",
    "when { resource is Bussola::Component && resource has tier && 9223372036854775807 + resource.tier > 0 }",
    "unless { resource is Bussola::Component && resource has owner && principal in resource.owner }",
];

/// Policies that the schema takes, each alone.
static POOL: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for principal in PRINCIPALS {
        for action in ACTIONS {
            for resource in RESOURCES {
                let scope = format!("({principal}, {action}, {resource})");
                if text(&format!("permit {scope};")).compile().is_err() {
                    continue;
                }
                let both = ["permit", "permit", "forbid"].iter().zip(CONDITIONS.iter().cycle().skip(all.len()));
                all.extend(both.map(|(effect, condition)| format!("{effect} {scope} {condition};")));
            }
        }
    }
    all.retain(|policy| text(policy).compile().is_ok());
    all
});

fn reference(text: &str) -> EntityRef {
    EntityRef::parse(text).expect("a ref")
}

fn world() -> (Small, Vec<Caller>, Vec<Resource>) {
    let mut small = Small::default();
    let group = |number: u32| reference(&format!("group:default/g{number}"));
    small.group(&group(0), &[group(1)]);
    small.group(&group(1), &[group(2)]);
    let component = |number: u32| reference(&format!("component:default/c{number}"));
    let part = |owner: Option<u32>, whole: Option<u32>, tier| Declared {
        owner: owner.map(group),
        part_of: whole.map(component).into_iter().collect(),
        tier,
        ..Declared::default()
    };
    small.component(&component(0), part(Some(0), None, Some(1)));
    small.component(&component(1), part(Some(2), Some(0), None));
    small.component(&component(2), part(None, Some(1), Some(4)));
    let said = |kind, groups: &[u32], subject: &str| Said {
        kind,
        groups: groups.iter().map(|&number| group(number)).collect(),
        owner: Some(group(1)),
        issuer: "i".into(),
        subject: subject.into(),
    };
    let mfa = By::Session { amr: vec!["mfa".into()] };
    let callers = vec![
        small.known(said(Kind::User, &[0, 3], "a"), mfa),
        small.known(said(Kind::Service, &[2], "b"), By::Workload("rule".into())),
        small.known(said(Kind::Agent, &[0], "c"), By::Token),
        small.known(said(Kind::User, &[], "d"), By::Unverified),
        small.run(&component(1)),
        small.run(&component(9)),
        Caller::LOCAL,
        Caller::ANONYMOUS,
    ];
    let mut resources = vec![Resource::Catalog, Resource::Scheduler, Resource::Ledger, Resource::Access];
    resources.extend((0..4).map(|number| Resource::Component(component(number))));
    resources.extend((0..3).map(|number| Resource::Secret { component: component(number), reference: "r".into() }));
    resources.push(Resource::Principal(bussola_domain::id::PrincipalNo(1)));
    (small, callers, resources)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn slices_answer_as_the_whole_set(picks in prop::collection::vec(any::<prop::sample::Index>(), 1..40)) {
        let policies: String = picks.iter().map(|pick| pick.get(&POOL).as_str()).collect();
        let set = compiled(&policies);
        let (mut small, callers, resources) = world();
        small.load(&set);
        let decider = Decider::new();
        decider.offer(set);
        for caller in &callers {
            for &action in Action::ALL {
                for resource in &resources {
                    let act = Act::new(action, resource.clone());
                    let naive = decider.decide_naively(&small.model, caller, &act);
                    prop_assert_eq!(&decider.decide_afresh(&small.model, caller, &act), &naive, "{:?} {:?}", caller, act);
                    prop_assert_eq!(&decider.decide(&small.model, caller, &act), &naive);
                    prop_assert_eq!(&decider.decide(&small.model, caller, &act), &naive, "remembered");
                }
            }
        }
    }
}

/// The property is worth something only if both answers come, from few and from many policies.
#[test]
fn the_pool_is_rich() {
    assert!(POOL.len() > 300, "{}", POOL.len());
    let (mut small, callers, resources) = world();
    let set =
        compiled(&POOL.iter().filter(|policy| policy.starts_with("permit")).map(String::as_str).collect::<String>());
    small.load(&set);
    let decider = Decider::new();
    decider.offer(set);
    let acts =
        Action::ALL.iter().flat_map(|&action| resources.iter().map(move |resource| Act::new(action, resource.clone())));
    let asked: Vec<bool> = acts
        .flat_map(|act| {
            callers.iter().map(|caller| decider.decide(&small.model, caller, &act).allowed).collect::<Vec<_>>()
        })
        .collect();
    let allowed = asked.iter().filter(|&&allowed| allowed).count();
    assert!(allowed > 100 && asked.len() - allowed > 100, "{allowed} of {}", asked.len());
}
