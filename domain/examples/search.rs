//! How long a search by name takes over many components and as many tasks, letter by letter as somebody types, without
//! store and network; and for how long it holds the model, which is what a worker may wait for.
//!
//! `cargo run --release -p bussola-domain --example search -- 100000`

use std::time::{Duration, Instant};

use bussola_domain::catalog::event::EntityDeclared;
use bussola_domain::catalog::manifest::parse;
use bussola_domain::catalog::{EntityRef, RelationKind};
use bussola_domain::command::AddTask;
use bussola_domain::event::{Draft, Event, Fact};
use bussola_domain::id::Timestamp;
use bussola_domain::model::{Command, Model, Step};
use bussola_domain::scheduler::{Config, Report};
use bussola_domain::search::{FoundKind, Hits, Query};

const ROUNDS: usize = 20;
const TYPED: [&str; 6] = ["customer payments", "LoadOrders_77", "component:default/payments", "svc-4711", "e", "zzz"];

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let mut model = Model::new(Config::default());
    declare(&mut model, count);
    schedule(&mut model, count);
    let (mut times, mut held) = (Vec::new(), Vec::new());
    let began = Instant::now();
    let (_, longest) = search(&model, "first");
    println!("the first search copies the names: {:?}, held for at most {longest:?}", began.elapsed());
    for typed in TYPED {
        let mut own = Vec::new();
        let mut hits = 0;
        for end in (1..=typed.len()).cycle().take(typed.len() * ROUNDS) {
            let began = Instant::now();
            let (found, longest) = search(&model, &typed[..end]);
            own.push(began.elapsed());
            held.push(longest);
            hits = found;
        }
        println!("{typed:?}, letter by letter: p50 {:?} p99 {:?}; {hits} hits", part(&mut own, 50), part(&mut own, 99));
        times.append(&mut own);
    }
    let (p50, p99) = (part(&mut times, 50), part(&mut times, 99));
    println!("{count} components, {count} tasks: p50 {p50:?} p99 {p99:?}, held for at most {:?}", part(&mut held, 100));
}

fn part(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100]
}

/// How many there are, and the longest time for which the model was held.
fn search(model: &Model, typed: &str) -> (usize, Duration) {
    let Some(query) = Query::new(typed) else { return (0, Duration::ZERO) };
    let mut hits = Hits::new(20, &FoundKind::ALL);
    let began = Instant::now();
    let names = model.catalog.names();
    let mut longest = began.elapsed();
    names.search(&query, &mut hits, || {});
    for chunk in 0..model.scheduler.task_name_chunks() {
        let began = Instant::now();
        let names = model.scheduler.task_names(chunk);
        longest = longest.max(began.elapsed());
        names.inspect(|names| names.search(&query, &mut hits));
    }
    (FoundKind::ALL.into_iter().map(|kind| hits.total(kind)).sum(), longest)
}

fn declare(model: &mut Model, count: usize) {
    let text = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: x, description: keeps what customers have ordered and when it was paid}\nspec: {type: service, lifecycle: production, owner: a}\n";
    let manifest = parse("catalog-info.yaml", text.as_bytes()).expect("valid");
    let base = manifest.entities().next().expect("an entity").clone();
    const WORDS: [&str; 7] = ["customer", "payments", "orders", "ledger", "search", "mail", "stock"];
    for at in 0..count {
        let mut entity = base.clone();
        let (one, two) = (WORDS[at % 7], WORDS[at / 7 % 7]);
        entity.reference = EntityRef::component(&format!("{one}-{two}-svc-{at}")).expect("a ref");
        entity.title = Some(format!("{one} {two} {at}"));
        for relation in &mut entity.relations {
            if relation.relation == RelationKind::OwnedBy {
                relation.target = EntityRef::parse(&format!("group:default/team-{}", at % 500)).expect("a ref");
                relation.written = None;
            }
        }
        let event = Event::EntityDeclared(EntityDeclared { entity });
        model.apply(&Fact { at: Timestamp(0), event, run: None }, &mut Vec::new());
    }
}

fn schedule(model: &mut Model, count: usize) {
    let mut draft = Draft::default();
    for number in 0..count {
        let family = ["LoadOrders", "BuildCustomerReport", "ExampleTask"][number % 3];
        let task = format!("{family}_{number}_2026_11_25_0123456789");
        let report = Report { task, family: family.into(), ..Report::default() };
        let mut step = Step::new(model, Timestamp(0), &mut draft);
        AddTask { worker: "w".into(), report, ..AddTask::default() }.execute(&mut step);
        draft.facts.clear();
        draft.history.clear();
    }
}
