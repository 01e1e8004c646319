//! What a decision costs: `cargo run --release -p bussola-policy --example decide`.
//!
//! 1,000 policies, 10,000 principals in 500 groups, 5,000 components. Questions are drawn at random, each principal with each
//! component; a third of them is allowed. Asked naively (all policies), sliced (those that can apply), and again (remembered).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bussola_domain::access::{Act, Action, Authorizer, Caller, Kind, Resource};
use bussola_domain::catalog::EntityRef;
use bussola_policy::small::{By, Declared, Said, Small};
use bussola_policy::{Decider, PolicySetText, Switches};

const POLICIES: usize = 1_000;
const PRINCIPALS: usize = 10_000;
const GROUPS: usize = 500;
const COMPONENTS: usize = 5_000;
/// Of questions asked naively, which takes long, and otherwise.
const QUESTIONS: (usize, usize) = (2_000, 100_000);

/// The same numbers in each run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

fn group(number: usize) -> EntityRef {
    EntityRef::parse(&format!("group:default/team-{number}")).expect("a ref")
}

fn component(number: usize) -> EntityRef {
    EntityRef::component(&format!("service-{number}")).expect("a ref")
}

/// The set that ships, and what a company adds: a team may act on what another owns, some components need more.
fn policies() -> PolicySetText {
    let mut set = PolicySetText::shipped(Switches::default());
    let shipped = set.compile().expect("the set that ships is good").policies().len();
    let mut files: BTreeMap<usize, String> = BTreeMap::new();
    for number in 0..POLICIES - shipped {
        let (team, other) = (group(number % GROUPS), group((number * 7 + 1) % GROUPS));
        let component = component(number * 3 % COMPONENTS);
        let policy = match number % 4 {
            0 => format!(
                "forbid (principal, action == Bussola::Action::\"startRun\", resource == Bussola::Component::\"{component}\") unless {{ context.mfa }};"
            ),
            1 => format!(
                "permit (principal in Bussola::Group::\"{team}\", action in [Bussola::Action::\"startRun\", Bussola::Action::\"retryRun\"], resource == Bussola::Component::\"{component}\");"
            ),
            _ => format!(
                "permit (principal in Bussola::Group::\"{team}\", action in [Bussola::Action::\"startRun\", Bussola::Action::\"retryRun\"], resource in Bussola::Group::\"{other}\") when {{ context.mfa }};"
            ),
        };
        let text = files.entry(number % 50).or_default();
        text.push_str(&format!("@id(\"p{number}\") {policy}\n"));
    }
    set.files.extend(files.into_iter().map(|(number, text)| (format!("team-{number}.cedar"), text)));
    set
}

fn world(numbers: &mut Numbers) -> (Small, Vec<Caller>) {
    let mut small = Small::default();
    for number in 10..GROUPS {
        small.group(&group(number), &[group(number / 10)]);
    }
    for number in 0..COMPONENTS {
        let declared = Declared {
            owner: Some(group(number % GROUPS)),
            entity_type: Some("pipeline".into()),
            tags: vec!["batch".into(), "eu".into()],
            ..Declared::default()
        };
        small.component(&component(number), declared);
    }
    let callers = (0..PRINCIPALS).map(|number| {
        let said = Said {
            kind: if number % 10 == 0 { Kind::Service } else { Kind::User },
            groups: (0..5).map(|_| group(numbers.below(GROUPS))).collect(),
            owner: Some(group(numbers.below(GROUPS))),
            issuer: "https://idp.example".into(),
            subject: format!("user-{number}"),
        };
        small.known(said, By::Session { amr: vec!["pwd".into(), "mfa".into()] })
    });
    let callers = callers.collect();
    (small, callers)
}

fn report(what: &str, mut took: Vec<Duration>, allowed: usize) {
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_nanos() as f64 / 1_000.0;
    println!("{what}: p50 {:.2} us, p99 {:.2} us, of {} decisions ({allowed} allowed)", at(0.5), at(0.99), took.len());
}

fn main() {
    let mut numbers = Numbers(1);
    let text = policies();
    let began = Instant::now();
    let set = Arc::new(text.compile().unwrap_or_else(|problems| panic!("{}", problems[0])));
    println!(
        "{} policies compiled and validated in {:.0} ms",
        set.policies().len(),
        began.elapsed().as_secs_f64() * 1e3
    );
    let (mut small, callers) = world(&mut numbers);
    small.load(&set);
    let decider = Decider::new();
    decider.offer(set);
    let draw = |numbers: &mut Numbers| {
        let action = [Action::StartRun, Action::RetryRun, Action::ReadRuns][numbers.below(3)];
        let act = Act::new(action, Resource::Component(component(numbers.below(COMPONENTS))));
        (callers[numbers.below(PRINCIPALS)].clone(), act)
    };
    type Decide = fn(&Decider, &Small, &Caller, &Act) -> bool;
    let ways: [(&str, usize, Decide); 2] = [
        ("naive  ", QUESTIONS.0, |decider, small, caller, act| {
            decider.decide_naively(&small.model, caller, act).allowed
        }),
        ("sliced ", QUESTIONS.1, |decider, small, caller, act| {
            decider.decide_afresh(&small.model, caller, act).allowed
        }),
    ];
    for (what, count, decide) in ways {
        let asked: Vec<(Caller, Act)> = (0..count).map(|_| draw(&mut numbers)).collect();
        measure(what, &asked, |caller, act| decide(&decider, &small, caller, act));
    }
    let asked: Vec<(Caller, Act)> = (0..10_000).map(|_| draw(&mut numbers)).collect();
    let decide = |caller: &Caller, act: &Act| decider.decide(&small.model, caller, act).allowed;
    measure("first  ", &asked, decide);
    measure("again  ", &asked, decide);
    // One clock for many, since reading it takes a good part of such a time.
    let began = Instant::now();
    let rounds = 100;
    for _ in 0..rounds {
        asked.iter().for_each(|(caller, act)| assert!(decide(caller, act) || !act.action.as_str().is_empty()));
    }
    let each = began.elapsed().as_nanos() as usize / (rounds * asked.len());
    println!("again  : {each} ns each on average, 10,000 different questions in turn");
}

fn measure(what: &str, asked: &[(Caller, Act)], decide: impl Fn(&Caller, &Act) -> bool) {
    let mut allowed = 0;
    let mut took = Vec::with_capacity(asked.len());
    for (caller, act) in asked {
        let began = Instant::now();
        allowed += usize::from(decide(caller, act));
        took.push(began.elapsed());
    }
    report(what, took, allowed);
}
