//! A large catalog over HTTP: lists, filters, facets, searches, the ledger, and the first question after a change.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bussola_e2e::http::Connection;
use serde_json::{Value, json};

use crate::figures::{FILLERS, fill, open, pings};
use crate::report::{Better, Report, percentile};
use crate::subject::{Running, Subject};
use crate::{Size, machine};

/// What the pages of the web app may wait for.
const ANSWER_MS_MAX: f64 = 20.0;
/// What a reader may delay a worker.
const DELAY_MS_MAX: f64 = 5.0;
/// Documents of one manifest, and manifests of one request: some megabytes.
const DOCUMENTS: usize = 500;
const MANIFESTS: usize = 10;
/// Times that the health of everything changes.
const FLIPS: usize = 40;

const WORDS: [&str; 7] = ["customer", "payments", "orders", "ledger", "search", "mail", "stock"];

fn name(n: usize) -> String {
    format!("{}-{}-{n}", WORDS[n % 7], WORDS[n / 7 % 7])
}

/// A component that needs two others and one that everything needs.
fn document(n: usize, out: &mut String) {
    let kind = ["service", "library", "website"][n % 3];
    let lifecycle = ["production", "experimental"][n % 2];
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {}\n  title: {} {} {n}\n  \
         description: keeps what customers have ordered and when it was paid\n  tags: [java, team-{}]\nspec:\n  \
         type: {kind}\n  lifecycle: {lifecycle}\n  owner: group:team-{}\n  dependsOn: [component:hub, component:{}, \
         component:{}]\n",
        name(n),
        WORDS[n % 7],
        WORDS[n / 7 % 7],
        n % 50,
        n % 500,
        name(n * 7 / 11),
        name(n * 3 / 5),
    );
}

fn declare(server: &Running, components: usize) {
    let mut connection = Connection::open(server.address).expect("the server is there");
    let mut manifests: Vec<Value> = Vec::new();
    let mut apply = |manifests: &mut Vec<Value>| {
        let body = json!({"manifests": std::mem::take(manifests)}).to_string();
        let reply = connection
            .request("POST", "/api/v1/catalog/apply", "Content-Type: application/json\r\n", body.as_bytes())
            .expect("an apply is answered");
        assert_eq!(reply.status, 200, "{}", reply.text());
    };
    for first in (0..components).step_by(DOCUMENTS) {
        let mut text = String::new();
        (first..components.min(first + DOCUMENTS)).for_each(|n| document(n, &mut text));
        manifests.push(json!({"path": format!("repo{first}/catalog-info.yaml"), "text": text}));
        if manifests.len() == MANIFESTS {
            apply(&mut manifests);
        }
    }
    apply(&mut manifests);
}

/// Each of some questions, again and again: the times at the client.
fn ask(server: &Running, calls: usize, questions: &[String]) -> Vec<Duration> {
    let mut connection = Connection::open(server.address).expect("the server is there");
    let mut times = Vec::with_capacity(calls);
    for path in questions.iter().cycle().take(calls + questions.len()) {
        let begin = Instant::now();
        let reply = connection.get(&format!("/api/v1{path}")).expect("a question is answered");
        times.push(begin.elapsed());
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    }
    // The first round is the first after a start: what is derived when it is asked for is a figure of its own.
    times.split_off(questions.len())
}

fn typed(path: &str, text: &str) -> Vec<String> {
    (1..=text.len()).map(|end| format!("{path}{}", text[..end].replace(' ', "%20"))).collect()
}

/// Everything about the catalog, on one server.
pub fn catalog(report: &mut Report, subject: &Subject, size: &Size) {
    let server = subject.start_empty();
    let empty = machine::resident(server.pid());
    let begin = Instant::now();
    declare(&server, size.components);
    let declared = size.components as f64 / begin.elapsed().as_secs_f64();
    let of = format!("{} components", size.components);
    report.add(&format!("declare {of}"), "1/s", Better::More, subject.name, declared);
    let grown = machine::resident(server.pid()).saturating_sub(empty);
    let bytes = grown as f64 / size.components as f64;
    report.add(&format!("memory, {of}"), "bytes each", Better::Less, subject.name, bytes);
    fill(&server, size.components, FILLERS);

    let list = |rest: &str| format!("/catalog/entities?limit=100{rest}");
    let sorted = ["title", "owner", "type", "tier", "health", "changed"].map(|sort| list(&format!("&sort={sort}")));
    let deep = list(&format!("&offset={}", size.components * 9 / 10));
    let lists: Vec<String> = sorted.into_iter().chain([list(""), deep]).collect();
    let filters = [
        list("&type=library&lifecycle=production"),
        list("&owner=team-7,team-8"),
        list("&health=failing,at_risk&tier="),
        list("&tag=java&kind=component&sort=owner"),
    ];
    let facets = [list("&facets=true"), list("&facets=true&type=library"), list("&facets=true&owner=team-7&tag=java")];
    let texts: Vec<String> =
        ["customer pay", "orders 77", "e"].iter().flat_map(|text| typed(&list("&text="), text)).collect();
    let names = ["customer payments", "component:default/stock", "Load_77", "orders-stock-4"];
    let names: Vec<String> = names.iter().flat_map(|text| typed("/search?q=", text)).collect();
    let middle = name(size.components / 2);
    let entity = format!("/catalog/entities/component/default/{middle}");
    let entities =
        [entity.clone(), format!("{entity}/blast?depth=2"), format!("{entity}/dependencies"), "/teams".to_owned()];
    let subject_of = format!("/ledger/entries?order=desc&subject=component:default/{middle}");
    let ledger = [
        subject_of,
        "/ledger/entries?order=desc".to_owned(),
        "/ledger/entries?order=desc&kind=worker.,run.".to_owned(),
        "/ledger/entries?kind=entity.&principal=local&order=desc".to_owned(),
    ];
    let all: [(&str, &[String]); 7] = [
        ("list", &lists),
        ("filter", &filters),
        ("facets", &facets),
        ("search in texts, by letter", &texts),
        ("/search, by letter, and as many tasks", &names),
        ("one component, teams", &entities),
        ("ledger entries by filter", &ledger),
    ];
    for (what, questions) in all {
        let mut times = ask(&server, size.questions, questions);
        let name = format!("{what}, {of}, p99");
        report.add(&name, "ms", Better::Less, subject.name, percentile(&mut times, 0.99));
        report.target(&name, ANSWER_MS_MAX);
    }
    after_changes(report, subject, size, &server, &of);
}

/// The component that everything needs fails, and succeeds again: the first question derives the health of everything.
fn after_changes(report: &mut Report, subject: &Subject, size: &Size, server: &Running, of: &str) {
    let mut alone = pings(server, size.seconds.min(3), &AtomicBool::new(false));
    let stop = AtomicBool::new(false);
    let (mut first, mut edited, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let pinging = scope.spawn(|| pings(server, 600, &stop));
        let mut connection = Connection::open(server.address).expect("the server is there");
        let mut ask = |times: &mut Vec<Duration>, expected: &str| {
            let begin = Instant::now();
            let reply = connection.get("/api/v1/catalog/entities?limit=100&sort=health&facets=true");
            times.push(begin.elapsed());
            let text = reply.expect("a question is answered").text();
            assert!(text.contains(expected), "{expected} is not in {text:.300}");
        };
        for flip in 0..FLIPS {
            let fails = flip % 2 == 0;
            flip_hub(server, flip, fails);
            ask(&mut first, if fails { "at_risk" } else { "component:default/hub" });
            let mut text = String::new();
            document(size.components + flip, &mut text);
            let manifests = json!({"manifests": [{"path": format!("more{flip}/catalog-info.yaml"), "text": text}]});
            let reply = Connection::open(server.address).and_then(|mut connection| {
                let body = manifests.to_string();
                connection.request(
                    "POST",
                    "/api/v1/catalog/apply",
                    "Content-Type: application/json\r\n",
                    body.as_bytes(),
                )
            });
            assert_eq!(reply.expect("an apply is answered").status, 200);
            ask(&mut edited, "items");
            std::thread::sleep(Duration::from_millis(20));
        }
        stop.store(true, Ordering::Relaxed);
        beside = pinging.join().expect("pings are answered");
    });
    for (what, times) in [("health of everything changed", &mut first), ("a manifest changed", &mut edited)] {
        // Too few for a 99th percentile.
        for (part, label) in [(0.5, "p50"), (0.9, "p90")] {
            let name = format!("first question after {what}, {of}, {label}");
            report.add(&name, "ms", Better::Less, subject.name, percentile(times, part));
            report.target(&name, ANSWER_MS_MAX);
        }
    }
    let delay = percentile(&mut beside, 0.99) - percentile(&mut alone, 0.99);
    let name = format!("delay of a ping by these changes and questions, {of}, p99");
    report.add(&name, "ms", Better::Less, subject.name, delay.max(0.0));
    report.target(&name, DELAY_MS_MAX);
}

/// A run of the pipeline `Hub` that ends well or not.
fn flip_hub(server: &Running, number: usize, fails: bool) {
    let mut client = open(server.address);
    let worker = format!("hub{number}");
    let task = format!("Hub_{number}");
    let mut call = |method: &str, arguments: Value| client.ask(method, &arguments).expect("the call is answered");
    let report = |status: &str| json!({"task_id": task, "worker": worker, "family": "Hub", "status": status});
    let work = json!({"worker": worker, "host": "bench", "current_tasks": null});
    call("add_task", report("PENDING"));
    call("get_work", work.clone());
    call("add_task", report(if fails { "FAILED" } else { "DONE" }));
    call("get_work", work);
}
