//! Each kind of entry as one sentence.

use std::collections::BTreeSet;

use bussola_domain::access::event::PrincipalKnown;
use bussola_domain::catalog::manifest::parse;
use bussola_domain::event::{Draft, Event};
use bussola_domain::id::{Timestamp, WorkerNo};
use bussola_domain::model::{Model, Step};
use bussola_domain::scheduler::Config;
use bussola_domain::sentence::sentence;

/// The sentence of an event of some kind, whose payload is given as it is stored.
fn read(model: &Model, kind: &str, payload: &str) -> String {
    let mut payload = serde_json::Deserializer::from_str(payload);
    let event = Event::deserialize(kind, 1, &mut payload).expect("a payload").expect("a kind");
    sentence(model, "ana", &event)
}

#[test]
fn every_kind_has_a_sentence() {
    let mut model = Model::new(Config::default());
    let mut draft = Draft::default();
    let mut step = Step::new(&mut model, Timestamp(0), &mut draft);
    let worker = step.worker("w-3");
    assert_eq!(worker, WorkerNo(0));
    let info = step.name("{\"username\":\"ana\",\"host\":\"node-7\"}").0;
    let processes = step.name("{\"name\":\"set_worker_processes\",\"kwargs\":{\"n\":4}}").0;
    let say = "{\"name\":\"dispatch_scheduler_message\",\"kwargs\":{\"task_id\":\"Foo_1\",\"content\":\"x\"}}";
    let say = step.name(say).0;
    let (identity, name, label) = (step.name("https://id x").0, step.name("Ana Prado").0, step.name("laptop").0);
    let known = |active: bool| {
        let groups = r#""groups":{"claims":["group:default/payments"]}"#;
        format!(r#"{{"active":{active},{groups},"identity":{identity},"kind":"user","name":{name},"principal":1}}"#)
    };
    let event = serde_json::from_str::<PrincipalKnown>(&known(true)).expect("a payload");
    step.record(event, None);
    let mut seen = BTreeSet::new();
    let mut check = |kind: &'static str, payload: &str, expected: &str| {
        assert_eq!(read(&model, kind, payload), expected);
        seen.insert(kind);
    };
    check("worker.joined", r#"{"name":0,"worker":0}"#, "worker w-3 called for the first time");
    let described = format!(r#"{{"info":{info},"worker":0}}"#);
    check("worker.described", &described, "worker w-3 said that it is ana's, on node-7");
    check("worker.disabled", r#"{"worker":0}"#, "ana disabled worker w-3: it gets no more work");
    check("workers.lost", r#"{"workers":[0]}"#, "worker w-3 fell silent");
    check("workers.lost", r#"{"workers":[0,0]}"#, "2 workers (w-3, w-3) fell silent");
    let batcher = r#"{"arguments":["date"],"family":"Foo","size_max":9,"worker":0}"#;
    check("batcher.set", batcher, "worker w-3 can run up to 9 tasks of Foo as one");
    let zeros = "0".repeat(64);
    let unplanned = format!(r#"{{"error":"{zeros}","family":"Foo","worker":0}}"#);
    check("planning.failed", &unplanned, "worker w-3 could not plan a task of Foo: it raised an error");
    let report = |rest: &str| format!(r#"{{"task":"Foo_1","worker":0{rest}}}"#);
    check("task.reported", &report(r#","status":{"to":"FAILED"}"#), "worker w-3 reported task Foo_1 FAILED");
    check("task.reported", &report(""), "worker w-3 declared task Foo_1");
    check("task.reported", &report(r#","stays_done":true"#), "worker w-3 found task Foo_1 complete");
    let disables = report(r#","status":{"disables":true,"to":"DISABLED"}"#);
    let expected = "worker w-3 reported task Foo_1 FAILED once too often: the scheduler disabled it";
    check("task.reported", &disables, expected);
    check("tasks.assigned", r#"{"tasks":["Foo_1"],"worker":0}"#, "worker w-3 got task Foo_1");
    let batch = r#"{"batch":"b","tasks":["a","b","c","d"],"worker":0}"#;
    check("tasks.assigned", batch, "worker w-3 got 4 tasks (a, b, c and 1 more), as one");
    let moved = |cause: &str, to: &str| format!(r#"{{"cause":"{cause}","change":{{"to":"{to}"}},"task":"Foo_1"}}"#);
    check("task.moved", &moved("marked_done", "DONE"), "ana marked task Foo_1 as done");
    check("task.moved", &moved("re_enabled", "FAILED"), "ana enabled task Foo_1 again: it is FAILED");
    let lost = "task Foo_1 FAILED: the worker that ran it was lost";
    check("task.moved", &moved("worker_lost", "FAILED"), lost);
    let doomed = r#"{"remove_at":9,"tasks":["Foo_1"]}"#;
    check("tasks.doomed", doomed, "nobody who is here needs task Foo_1: it will be removed");
    check("tasks.removed", r#"{"tasks":["Foo_1"]}"#, "task Foo_1 left the scheduler");
    let decreased = r#"{"by":{"gpu":1},"task":"Foo_1"}"#;
    check("task.resources_decreased", decreased, "task Foo_1 gave back gpu 1");
    check("resources.set", r#"{"totals":{"gpu":2,"mem":1.5}}"#, "ana set resources: gpu 2, mem 1.5");
    check("scheduler.paused", r#"{"paused":true}"#, "ana paused the scheduler: it hands out no more work");
    check("scheduler.paused", r#"{"paused":false}"#, "ana let the scheduler hand out work again");
    let queued = |content: u32| format!(r#"{{"content":{content},"worker":0}}"#);
    check("message.queued", &queued(processes), "ana asked worker w-3 to run 4 tasks at once");
    check("message.queued", &queued(say), "ana sent task Foo_1 a message");
    check("messages.delivered", r#"{"worker":0}"#, "worker w-3 took the messages that waited for it");
    let answered = r#"{"message":"m","response":0,"task":"Foo_1"}"#;
    check("message.answered", answered, "task Foo_1 answered a message");
    check("answer.read", r#"{"message":"m","task":"Foo_1"}"#, "ana read the answer of task Foo_1");
    let started = r#"{"family":"Foo","run":7,"task":"Foo_1","worker":0}"#;
    check("run.started", started, "worker w-3 started run 7 of Foo");
    check("run.ended", r#"{"outcome":"failed","run":7}"#, "run 7 ended: failed");
    check("run.resumed", r#"{"run":7}"#, "run 7 went on: its worker got work again");
    let blob = "0".repeat(64);
    let manifest = format!(r#"{{"blob":"{blob}","format":"compass","path":"compass.yml"}}"#);
    check("manifest.read", &manifest, "manifest compass.yml was read: its text is new");
    check("manifest.forgotten", r#"{"path":"compass.yml"}"#, "manifest compass.yml is gone");
    let text = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: shop-api}\nspec: {type: service, lifecycle: production, owner: payments}\n";
    let parsed = parse("a/catalog-info.yaml", text.as_bytes()).expect("valid");
    let entity = serde_json::to_string(parsed.entities().next().expect("an entity")).expect("plain data");
    let expected = "manifest a/catalog-info.yaml declared component shop-api, owner payments";
    check("entity.declared", &entity, expected);
    let removed = r#"{"path":"a.yaml","reference":"component:web/shop"}"#;
    check("entity.removed", removed, "manifest a.yaml no longer declares component web/shop");
    check("pipeline.discovered", r#"{"root":"Foo"}"#, "pipeline Foo ran for the first time");
    let extended = r#"{"datasets":["a","b"],"families":["Bar"],"root":"Foo"}"#;
    check("pipeline.extended", extended, "pipeline Foo showed 1 new task family, 2 new datasets");
    let hash = "0".repeat(64);
    let given = format!(r#"{{"names":[{{"hash":"{hash}","name":0}}]}}"#);
    check("names.given", &given, "a name was used for the first time");
    check("texts.erased", r#"{"names":[1,2]}"#, "ana erased names (2) and error texts (0)");
    let forgotten = "the history of what ended too long ago was deleted";
    check("history.forgotten", r#"{"before":5}"#, forgotten);
    let member = "a member of group payments";
    check("principal.known", &known(true), &format!("Ana Prado is known: a user that may act, {member}"));
    check("principal.known", &known(false), &format!("Ana Prado is known: a user that is deactivated, {member}"));
    let session = format!(r#"{{"expires":9,"principal":1,"secret":"{hash}","session":4,"uses":"web"}}"#);
    check("session.started", &session, "Ana Prado signed in (web)");
    check("session.rotated", &format!(r#"{{"secret":"{hash}","session":4}}"#), "session 4 got another secret");
    check(
        "sessions.ended",
        r#"{"cause":"provider","sessions":[4,5]}"#,
        "2 sessions (4, 5) ended: their identity provider said so",
    );
    let token = format!(r#"{{"expires":9,"label":{label},"principal":1,"secret":"{hash}","token":2}}"#);
    check("token.issued", &token, "ana made token 2 (laptop) for Ana Prado");
    check("tokens.revoked", r#"{"cause":"revoked","tokens":[2]}"#, "token 2 ended: revoked");
    let denied = r#"{"action":"retryRun","reason":"","resource":"component:default/etl","times":3}"#;
    let expected = "ana was denied retryRun on component:default/etl, 3 times: no policy allows it";
    check("access.denied", denied, expected);
    check("policies.loaded", r#"{"files":{},"set":2}"#, "ana loaded policy set 2 (0 files)");
    let recovered = format!(r#"{{"new":{{"root":"r","size":5}},"old":{{"root":"o","size":9}},"reason":"{hash}"}}"#);
    check("ledger.recovered", &recovered, "ana recovered the ledger: 5 entries of 9 were left");
    let exported = format!(r#"{{"framework":"soc2","from":0,"manifest":"{hash}","to":5}}"#);
    check("evidence.exported", &exported, "ana exported evidence for soc2");
    let missing: Vec<_> = Event::KINDS.iter().filter(|(kind, _)| !seen.contains(kind)).collect();
    assert!(missing.is_empty(), "without a test: {missing:?}");
}

#[test]
fn a_sentence_stays_short() {
    let model = Model::new(Config::default());
    let long = "x".repeat(10_000);
    let text = read(&model, "tasks.removed", &format!(r#"{{"tasks":["{long}","{long}"]}}"#));
    assert!(text.chars().count() < 300, "{text}");
}
