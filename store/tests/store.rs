//! The store through its public interface: what is answered is kept, what is kept is read.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use bussola_domain::access::{Act, Action, Acts, Caller, Credential, Principal, Resource};
use bussola_domain::command::{AddTask, CountPending, Erase, Erased, Prune};
use bussola_domain::id::{BlobHash, NameId, RunId, Timestamp};
use bussola_domain::model::{Command, Step};
use bussola_domain::run_graph::RunGraph;
use bussola_domain::scheduler::{Report, Status};
use bussola_store::{
    AttemptFilter, Context, EntryFilter, Location, Options, Recorded, RunFilter, RunSort, Store, Sync, audit, by_hand,
};
use support::{Panics, Place, add, at, context, describe, error, fail, fill, run, work};

#[test]
fn what_was_answered_is_there_after_a_restart() {
    let place = Place::new();
    let store = place.open();
    run(&store, 1.0, add("A", Status::Pending));
    assert_eq!(work(&store, 2.0).as_deref(), Some("A"));
    run(&store, 3.0, add("A", Status::Done));
    let (head, before) = (store.head(), describe(&store));
    let kinds: Vec<_> = store.entries(0, 0).unwrap().into_iter().map(|recorded| recorded.entry.body.kind).collect();
    assert_eq!((kinds[0].as_str(), kinds[kinds.len() - 1].as_str()), ("names.given", "run.ended"));
    store.close();
    assert!(!place.path().join("ledger.db-wal").exists());

    let store = place.open();
    assert_eq!((store.head(), describe(&store)), (head, before));
    let runs = store.runs(&RunFilter::default()).unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].outcome.as_deref(), runs[0].worker_name.as_deref()), (Some("succeeded"), Some("w")));
    assert_eq!(store.run(runs[0].run).unwrap().as_ref(), Some(&runs[0]));
    assert_eq!(store.attempts(&AttemptFilter::default()).unwrap().len(), 1);
    assert_eq!(store.entry(3).unwrap().unwrap().entry.seq, 3);
    assert_eq!(store.entry(head.size).unwrap(), None);
}

#[test]
fn what_was_answered_survives_a_kill() {
    for sync in [Sync::Interval, Sync::Always] {
        let place = Place::new();
        let store = Store::open(Options { sync, ..place.options() }, at(0.0)).unwrap();
        fill(&store, 0..40);
        let (head, before) = (store.head(), describe(&store));
        let copy = place.copy();
        let again = copy.open();
        assert_eq!((again.head(), describe(&again)), (head, before));
        again.close();
        let report = audit::verify(&copy.path(), &audit::Request::default()).unwrap();
        assert_eq!(report.findings, []);
    }
}

#[test]
fn a_snapshot_is_a_shortcut_and_no_more() {
    let place = Place::new();
    let store = place.open();
    fill(&store, 0..30);
    assert_eq!(by_hand::snapshot_directory(&place.path(), &Default::default()).unwrap(), store.head().size);
    fill(&store, 30..60);
    let before = describe(&store);
    store.close();

    let snapshot = || {
        std::fs::read_dir(place.path())
            .unwrap()
            .flatten()
            .find(|e| e.file_name().to_string_lossy().starts_with("snapshot-"))
            .unwrap()
            .path()
    };
    let store = place.open();
    assert_eq!(describe(&store), before);
    store.close();

    let mut bytes = std::fs::read(snapshot()).unwrap();
    for place_of_damage in [0, 10, 30, 40, 70, 80, 200, bytes.len() - 1] {
        bytes[place_of_damage] ^= 1;
        std::fs::write(snapshot(), &bytes).unwrap();
        let store = place.open();
        assert_eq!(describe(&store), before, "byte {place_of_damage}");
        store.close();
        bytes[place_of_damage] ^= 1;
    }
    std::fs::write(snapshot(), &bytes[..100]).unwrap();
    assert_eq!(describe(&place.open()), before);
}

#[test]
fn replies_come_in_the_order_of_the_commands_and_after_the_commit() {
    let place = Place::new();
    let store = place.open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut events = store.subscribe();
        let mut all = Vec::new();
        for number in 0..500 {
            let store = store.clone();
            all.push(async move {
                store.execute(context(f64::from(number)), add(&format!("T{number}"), Status::Pending)).await.unwrap();
                // Committed when answered: a connection of its own sees it.
                let kept = store.entries(0, 0).unwrap();
                assert!(kept.iter().any(|recorded| recorded.entry.body.subject == format!("task:T{number}")));
            });
        }
        for one in all {
            one.await;
        }
        store.settled().await.unwrap();
        let mut next = 0;
        while let Ok(committed) = events.try_recv() {
            assert_eq!(committed.seq, next);
            next += 1;
        }
        assert_eq!(next, store.head().size);
    });
}

#[test]
fn many_clients_at_once_share_commits_and_lose_nothing() {
    let place = Place::new();
    let store = place.open();
    std::thread::scope(|scope| {
        for client in 0..8 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..100 {
                    run(store, f64::from(number), add(&format!("T{client}_{number}"), Status::Pending));
                }
            });
        }
    });
    assert_eq!(run(&store, 200.0, CountPending { worker: "w".into() }).pending, 800);
    let before = describe(&store);
    assert_eq!(describe(&place.copy().open()), before);
}

#[test]
fn a_command_that_panics_leaves_nothing_behind() {
    let place = Place::new();
    let store = place.open();
    run(&store, 1.0, add("A", Status::Pending));
    let (before, size) = (describe(&store), store.head().size);
    assert_eq!(error(store.execute_blocking(context(2.0), Panics)), "a command failed: half way");
    assert_eq!((describe(&store), store.head().size), (before, size));
    run(&store, 3.0, add("B", Status::Pending));
    assert!(store.head().size > size);
}

#[test]
fn what_has_no_form_in_the_ledger_is_refused() {
    let place = Place::new();
    let store = place.open();
    let late = bussola_store::Context { now: bussola_domain::id::Timestamp(i64::MAX), ..context(1.0) };
    assert!(error(store.execute_blocking(late, add("A", Status::Pending))).contains("`at` is 9223372036854775807"));
    assert_eq!(store.head().size, 0);
}

#[test]
fn odd_but_valid_input_is_recorded_and_folds_to_the_same() {
    let place = Place::new();
    let store = place.open();
    let long = "x".repeat(5_000);
    let deps = (0..20_000).map(|number| format!("a_rather_long_name_of_a_task_{number}")).collect();
    let report = Report {
        task: format!("{long}\u{1F600}\u{7f}\u{1}"),
        priority: 1e22,
        deps: Some(deps),
        resources: [("\u{E000}", 1e-7), ("\u{1F600}", 1e21), ("b", f64::INFINITY)]
            .map(|(name, amount)| (name.to_owned(), bussola_domain::value::Number(amount)))
            .into(),
        ..Report::default()
    };
    run(&store, 1.0, bussola_domain::command::AddTask { worker: "w\"\\\n".into(), report, ..Default::default() });
    run(&store, 2.0, add(&long, Status::Pending));
    let before = describe(&store);
    store.close();
    assert_eq!(describe(&place.open()), before);
    let deep = audit::Request { depth: audit::Depth::Deep, ..Default::default() };
    assert_eq!(audit::verify(&place.path(), &deep).unwrap().findings, []);
}

#[test]
fn delays_without_end_are_recorded_and_read_back() {
    let place = Place::new();
    let scheduler = bussola_domain::scheduler::Config {
        retry_delay_s: f64::INFINITY,
        remove_delay_s: f64::INFINITY,
        disable_persist_s: f64::INFINITY,
        worker_disconnect_delay_s: 1.0,
        ..Default::default()
    };
    let options = || Options { scheduler: scheduler.clone(), ..place.options() };
    let store = Store::open(options(), at(0.0)).unwrap();
    run(&store, 1.0, fail("A", "E"));
    run(&store, 100.0, bussola_domain::command::Prune);
    let before = describe(&store);
    store.close();
    assert_eq!(describe(&Store::open(options(), at(101.0)).unwrap()), before);
}

/// A question for the thread that executes it.
struct WhoExecutes<const LONG: bool>;

impl<const LONG: bool> Command for WhoExecutes<LONG> {
    type Reply = std::thread::ThreadId;

    const LONG: bool = LONG;

    fn acts(&self, _: &bussola_domain::model::Model) -> Acts {
        Act::alone(Action::Work, Resource::Scheduler)
    }

    fn execute(self, _: &mut Step<'_>) -> Self::Reply {
        std::thread::current().id()
    }
}

#[test]
fn a_caller_that_comes_alone_does_not_wake_the_writer() {
    let own = std::thread::current().id();
    let place = Place::new();
    let store = place.open();
    // Commands that come too close upon each other go to the writer: sooner or later one does not.
    assert!((0..100_000).any(|_| run(&store, 1.0, WhoExecutes::<false>) == own));
    assert!((0..100).all(|_| run(&store, 1.0, WhoExecutes::<true>) != own));
    // What is flushed before the reply is worth sharing.
    let place = Place::new();
    let store = Store::open(Options { sync: Sync::Always, ..place.options() }, at(0.0)).unwrap();
    assert!((0..100).all(|_| run(&store, 1.0, WhoExecutes::<false>) != own));
}

#[test]
fn one_directory_has_one_server_and_is_private() {
    let place = Place::new();
    let store = place.open();
    let refused = error(Store::open(place.options(), at(0.0)).map(drop));
    assert!(refused.contains(&format!("is in use by process {}", std::process::id())), "{refused}");
    let mode = |name: &str| std::fs::metadata(place.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("ledger.key")), (0o700, 0o600));
    store.close();
    place.open();
}

#[test]
fn a_handle_outlives_the_store_but_gets_nothing() {
    let place = Place::new();
    let store = place.open();
    let other = store.clone();
    store.close();
    assert_eq!(error(other.execute_blocking(context(1.0), add("A", Status::Pending))), "the store is closed");
}

#[test]
fn a_key_that_is_missing_or_foreign_is_noticed() {
    let (place, other) = (Place::new(), Place::new());
    place.open().close();
    other.open().close();
    std::fs::copy(other.path().join("ledger.key"), place.path().join("ledger.key")).unwrap();
    assert!(error(Store::open(place.options(), at(0.0)).map(drop)).contains("the ledger is"));
    std::fs::remove_file(place.path().join("ledger.key")).unwrap();
    assert!(error(Store::open(place.options(), at(0.0)).map(drop)).contains("cannot read"));
}

#[test]
fn a_ledger_that_is_broken_at_its_end_is_not_continued() {
    for (damage, what) in [
        ("DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)", "its stored head says"),
        ("UPDATE entries SET leaf = hash WHERE seq = 3", "entry 3 does not match"),
        ("UPDATE head SET root = zeroblob(32)", "stored head says"),
        ("DELETE FROM entries WHERE seq = 5", "entry 5 is missing"),
    ] {
        let place = Place::new();
        let store = place.open();
        fill(&store, 0..3);
        store.close();
        rusqlite::Connection::open(place.path().join("ledger.db")).unwrap().execute(damage, []).unwrap();
        let refused = error(Store::open(place.options(), at(0.0)).map(drop));
        assert!(refused.contains(what), "{damage}: {refused}");
    }
}

#[test]
fn what_was_erased_and_came_again_may_not_go_unsaid() {
    let place = Place::new();
    let store = place.open();
    let text = BlobHash::of(b"ada's secret");
    run(&store, 1.0, add("A", Status::Pending));
    run(&store, 1.0, fail("A", "ada's secret"));
    store.erase(context(2.0), Erase { errors: vec![text], ..Erase::default() }).unwrap();
    run(&store, 3.0, fail("A", "ada's secret"));
    assert_eq!(store.blob(text).unwrap().as_deref(), Some("ada's secret"));
    store.close();
    let deep = audit::Request { depth: audit::Depth::Deep, ..Default::default() };
    let look = || audit::verify(&place.path(), &deep).unwrap();
    assert_eq!((look().findings, look().gone), (Vec::new(), audit::Gone::default()));
    let connection = rusqlite::Connection::open(place.path().join("ledger.db")).unwrap();
    connection.execute("DELETE FROM blobs WHERE hash = ?", [text.0.as_slice()]).unwrap();
    let found = look().findings.first().map(|finding| finding.what.clone());
    assert!(found.is_some_and(|what| what.ends_with("is gone, and no entry says that it was deleted")));
}

#[test]
fn what_is_erased_is_gone_and_the_ledger_says_so() {
    let place = Place::new();
    let store = place.open();
    let by = |worker: &str, task: &str| AddTask { worker: worker.into(), ..add(task, Status::Pending) };
    run(&store, 1.0, by("host=atlas, username=ada", "A"));
    run(&store, 1.0, fail("A", "ada's secret"));
    by_hand::snapshot_directory(&place.path(), &Default::default()).unwrap();
    let erase = |seconds: f64, containing: &str| {
        let errors = vec![BlobHash::of(b"ada's secret")];
        store.erase(context(seconds), Erase { containing: containing.into(), errors }).unwrap()
    };
    assert_eq!(erase(2.0, "username=ada"), Erased { names: 0, names_in_use: 1, errors: 1 }, "it is still here");
    run(&store, 1e6, Prune);
    assert_eq!(erase(1e6, "username=ada"), Erased { names: 1, names_in_use: 0, errors: 0 });
    let size = store.head().size;
    assert_eq!(erase(1e6, ""), Erased::default(), "nothing is not everything");
    assert_eq!(store.head().size, size, "what is not there is not told as erased");
    // Its number stays taken, even if nobody else has a later one.
    run(&store, 1e6, by("host=atlas, username=ada", "B"));
    let described = describe(&store);
    let names = |store: &Store| store.read(|model| [0, 1, 2].map(|id| model.names.text(NameId(id)).to_string()));
    let expected = ["erased-0", "w", "host=atlas, username=ada"].map(str::to_owned);
    assert_eq!(names(&store), expected);
    assert_eq!(store.blob(BlobHash::of(b"ada's secret")).unwrap(), None);
    store.close();
    let bytes = std::fs::read(place.path().join("ledger.db")).unwrap();
    assert!(!bytes.windows(12).any(|window| window == b"ada's secret"), "it is overwritten too");
    let deep = audit::Request { depth: audit::Depth::Deep, ..Default::default() };
    let report = audit::verify(&place.path(), &deep).unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(report.gone, audit::Gone { names_erased: 1, errors_erased: 1, errors_forgotten: 0 });
    let store = place.open();
    assert_eq!((describe(&store), names(&store)), (described, expected));
}

#[test]
fn texts_are_kept_by_their_hash() {
    let place = Place::new();
    let store = place.open();
    run(&store, 1.0, add("A", Status::Pending));
    work(&store, 2.0);
    run(&store, 3.0, fail("A", "Traceback: no such file"));
    let attempts = store.attempts(&AttemptFilter { task: Some("A".into()), ..Default::default() }).unwrap();
    let hash = attempts[0].error.unwrap();
    assert_eq!(hash, BlobHash::of(b"Traceback: no such file"));
    assert_eq!(store.blob(hash).unwrap().as_deref(), Some("Traceback: no such file"));
    assert_eq!(store.blob(BlobHash::of(b"")).unwrap(), None);
}

#[test]
fn the_history_is_asked_in_many_ways() {
    let place = Place::new();
    let store = place.open();
    fill(&store, 0..10);
    let runs = |filter: RunFilter| store.runs(&filter).unwrap().len();
    assert_eq!(runs(RunFilter { families: Some(vec!["F".into(), "G".into()]), ..Default::default() }), 1);
    assert_eq!(runs(RunFilter { families: Some(vec!["G".into()]), ..Default::default() }), 0);
    assert_eq!(runs(RunFilter { families: Some(Vec::new()), ..Default::default() }), 0);
    assert_eq!(runs(RunFilter { among: Some(vec![RunId(1), RunId(9)]), ..Default::default() }), 1);
    assert_eq!(runs(RunFilter { since: Some(Timestamp(i64::MAX)), ..Default::default() }), 0);
    assert_eq!(runs(RunFilter { offset: 1, ..Default::default() }), 0);
    for sort in [RunSort::Started, RunSort::Duration, RunSort::Pipeline, RunSort::Outcome] {
        assert_eq!(runs(RunFilter { sort, ascending: true, ..Default::default() }), 1);
    }
    let before = RunFilter { before: Some(RunId(1)), ..Default::default() };
    assert_eq!(store.runs_total(&before).unwrap(), 1);
    assert_eq!(runs(RunFilter { text: Some("t0".into()), ..Default::default() }), 1);
    assert_eq!(runs(RunFilter { text: Some("'; --".into()), ..Default::default() }), 0);
    assert_eq!(runs(RunFilter { before: Some(RunId(1)), ..Default::default() }), 0);
    let outcomes = ["succeeded", "failed", "incomplete", "lost", "running"];
    assert_eq!(
        outcomes
            .iter()
            .map(|outcome| runs(RunFilter { outcome: Some(outcome.to_string()), ..Default::default() }))
            .sum::<usize>(),
        1
    );
    let attempts = |filter: AttemptFilter| store.attempts(&filter).unwrap().len();
    let run = store.runs(&RunFilter::default()).unwrap()[0].run;
    assert_eq!(attempts(AttemptFilter { run: Some(run), ..Default::default() }), 10);
    assert_eq!(attempts(AttemptFilter { family: Some("F".into()), limit: 4, ..Default::default() }), 4);
    let of_run = store.entries_of_run(run).unwrap();
    assert!(of_run.len() >= 30 && of_run.is_sorted_by_key(|recorded| recorded.entry.seq));
}

fn fold(entries: &[Recorded]) -> RunGraph {
    RunGraph::fold(entries.iter().filter_map(|entry| entry.fact.as_ref()))
}

#[test]
fn the_index_of_runs_is_brought_up_to_date_as_entries_come() {
    let place = Place::new();
    let store = place.open();
    for number in 0..bussola_store::limits::INDEX_ENTRIES * 2 / 3 {
        let worker = format!("w{}", number % 3);
        run(&store, 1.0, bussola_domain::command::AddTask { worker, ..add(&format!("T{number}"), Status::Pending) });
        run(&store, 1.0, add(&format!("U{number}"), Status::Pending));
    }
    let all = store.entries(0, 0).unwrap();
    for run in store.runs(&RunFilter::default()).unwrap() {
        let expected: Vec<_> =
            all.iter().filter(|recorded| recorded.entry.body.run == Some(run.run.0)).cloned().collect();
        assert_eq!(store.entries_of_run(run.run).unwrap(), expected);
        assert_eq!(*store.folded_run(run.run).unwrap().graph, fold(&expected));
    }
    // What was folded before is brought up to date, across the end of the index, too.
    for number in 0..bussola_store::limits::INDEX_ENTRIES / 2 {
        run(&store, 1.0, add(&format!("V{number}"), Status::Pending));
        if number % 500 == 0 {
            for run in store.runs(&RunFilter::default()).unwrap() {
                let graph = fold(&store.entries_of_run(run.run).unwrap());
                assert_eq!(*store.folded_run(run.run).unwrap().graph, graph);
            }
        }
    }
    store.close();
    let connection = rusqlite::Connection::open(place.path().join("ledger.db")).unwrap();
    let indexed = "SELECT (SELECT indexed FROM meta), (SELECT sum(length(places) / 4) FROM entries_of_run)";
    let indexed: (i64, i64) =
        connection.query_row(indexed, [], |row| Ok((row.get(0).unwrap(), row.get(1).unwrap()))).unwrap();
    assert!(indexed.0 >= bussola_store::limits::INDEX_ENTRIES as i64 && indexed.1 + 10 >= indexed.0, "{indexed:?}");
    let look = || {
        let deep = audit::Request { depth: audit::Depth::Deep, ..Default::default() };
        let findings = audit::verify(&place.path(), &deep).unwrap().findings;
        findings.first().map_or(String::new(), |finding| finding.what.clone())
    };
    assert_eq!(look(), "");
    connection
        .execute("UPDATE entries_of_run SET places = x'01000000' || substr(places, 5) WHERE run = 2", [])
        .unwrap();
    assert!(look().starts_with("the index says that entry 1 is of run 2"), "{}", look());
    connection.execute("DELETE FROM entries_of_run WHERE run = 2", []).unwrap();
    assert!(look().ends_with("is not in the index of runs"), "{}", look());
}

/// All pages of a question, and how many pages they were.
fn pages(store: &Store, filter: &EntryFilter) -> (Vec<u64>, usize) {
    let (mut seqs, mut count, mut filter) = (Vec::new(), 0, filter.clone());
    loop {
        let page = store.entries_found(&filter).unwrap();
        assert!(filter.limit == 0 || page.items.len() <= filter.limit);
        seqs.extend(page.items.iter().map(|recorded| recorded.entry.seq));
        count += 1;
        match page.next {
            Some(next) => filter.from = Some(next),
            None => return (seqs, count),
        }
    }
}

#[test]
fn entries_are_found_by_what_they_are_about() {
    let place = Place::new();
    let store = place.open();
    // Across the end of a group, with a tail after it.
    for number in 0..bussola_store::limits::INDEX_ENTRIES * 5 / 4 {
        let at = Timestamp(1_000_000 * number as i64);
        let principal = Principal::Run(RunId(if number % 5 == 0 { 1 } else { 2 }));
        let context = Context { now: at, caller: Caller { principal, credential: Credential::Unverified } };
        store.execute_blocking(context.clone(), add(&format!("T{}", number % 1_000), Status::Pending)).unwrap();
        if number % 100 == 0 {
            let totals = [("gpu".to_owned(), bussola_domain::value::Number(number as f64))].into();
            store.execute_blocking(context, bussola_domain::command::UpdateResources { totals }).unwrap();
        }
    }
    let check = |store: &Store, filter: EntryFilter| {
        let all = store.entries(0, 0).unwrap();
        let fits = |recorded: &&Recorded| {
            let body = &recorded.entry.body;
            let kind = |kind: &String| body.kind == *kind || kind.ends_with('.') && body.kind.starts_with(&**kind);
            (filter.subjects.is_empty() || filter.subjects.contains(&body.subject))
                && (filter.kinds.is_empty() || filter.kinds.iter().any(kind))
                && (filter.principals.is_empty() || filter.principals.contains(&body.principal))
                && filter.since.is_none_or(|since| body.at_us >= since.0)
                && filter.until.is_none_or(|until| body.at_us < until.0)
        };
        let mut expected: Vec<u64> = all.iter().filter(fits).map(|recorded| recorded.entry.seq).collect();
        assert_eq!(pages(store, &filter).0, expected, "{filter:?}");
        let (paged, count) = pages(store, &EntryFilter { limit: 7, ..filter.clone() });
        assert_eq!((&paged, count), (&expected, expected.len().div_ceil(7).max(1)), "{filter:?}");
        let middle = all.len() as u64 / 2;
        let upper = EntryFilter { from: Some(middle), ..filter.clone() };
        assert_eq!(pages(store, &upper).0, expected.iter().copied().filter(|seq| *seq >= middle).collect::<Vec<_>>());
        expected.reverse();
        let back = EntryFilter { descending: true, ..filter.clone() };
        assert_eq!(pages(store, &back).0, expected, "{back:?}");
        assert_eq!(pages(store, &EntryFilter { limit: 7, ..back.clone() }).0, expected, "{back:?}");
        let lower = EntryFilter { from: Some(middle), ..back };
        assert_eq!(pages(store, &lower).0, expected.iter().copied().filter(|seq| *seq <= middle).collect::<Vec<_>>());
        expected.len()
    };
    let texts = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect::<Vec<_>>();
    let all = EntryFilter::default;
    let every = |store: &Store| {
        let resources = EntryFilter { kinds: texts(&["resources.set"]), ..all() };
        let some = (1_000_000 * 500, 1_000_000 * 2_500);
        let time = EntryFilter { since: Some(Timestamp(some.0)), until: Some(Timestamp(some.1)), ..all() };
        [
            check(store, all()),
            check(store, EntryFilter { subjects: texts(&["task:T7"]), ..all() }),
            check(store, EntryFilter { subjects: texts(&["task:T7", "scheduler", "nothing"]), ..all() }),
            check(store, resources.clone()),
            check(store, EntryFilter { kinds: texts(&["run.", "worker."]), ..all() }),
            check(store, EntryFilter { kinds: texts(&["run"]), ..all() }),
            check(store, EntryFilter { principals: texts(&["run:1"]), ..all() }),
            check(store, EntryFilter { principals: texts(&["run:1"]), subjects: texts(&["task:T8"]), ..all() }),
            check(store, time.clone()),
            check(store, EntryFilter { kinds: texts(&["resources."]), principals: texts(&["run:1"]), ..time }),
        ]
    };
    let counts = every(&store);
    assert_eq!((counts[3], counts[5], counts[9]), (52, 0, 20));
    store.close();
    // What was not in a group yet is noted again after a restart, and a ledger of a release without groups gets them.
    let store = place.open();
    run(&store, 1.0, add("U", Status::Pending));
    every(&store);
    store.close();
    let connection = rusqlite::Connection::open(place.path().join("ledger.db")).unwrap();
    connection.execute_batch("DROP TABLE entry_groups; PRAGMA user_version = 1;").unwrap();
    let store = place.open();
    every(&store);
    for number in 0..bussola_store::limits::INDEX_ENTRIES {
        run(&store, 1.0, add(&format!("V{number}"), Status::Pending));
    }
    every(&store);
    store.close();
    let deep = audit::Request { depth: audit::Depth::Deep, ..Default::default() };
    let look = || audit::verify(&place.path(), &deep).unwrap().findings.first().map(|finding| finding.what.clone());
    assert_eq!(look(), None);
    connection.execute("UPDATE entry_groups SET at_max = at_max + 1 WHERE first > 0", []).unwrap();
    assert!(look().is_some_and(|what| what.starts_with("the index of entries is wrong from entry 4")), "{:?}", look());
}

#[test]
fn old_history_is_forgotten_and_entries_are_not() {
    let place = Place::new();
    let store = place.open();
    fill(&store, 0..600);
    // The first error is no longer named by its task.
    run(&store, 700.0, fail("T0", "E again"));
    let entries = store.head().size;
    store.close();
    let options = Options { run_retention: Some(Duration::from_secs(3600)), ..place.options() };
    let store = Store::open(options, at(0.0)).unwrap();
    let mut left = usize::MAX;
    for _ in 0..100 {
        left = store.attempts(&AttemptFilter::default()).unwrap().len();
        if left == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(left, 0);
    assert!(store.head().size >= entries);
    store.close();
    let deep = audit::Request { depth: audit::Depth::Deep, ..Default::default() };
    let report = audit::verify(&place.path(), &deep).unwrap();
    assert_eq!((report.findings, report.gone.errors_forgotten > 0), (Vec::new(), true));
}

#[test]
fn nothing_is_kept_of_a_store_in_memory() {
    let open = || Store::open(Options::new(Location::Memory), at(0.0)).unwrap();
    let (store, other) = (open(), open());
    fill(&store, 0..300);
    assert_eq!((other.head().size, store.runs(&RunFilter::default()).unwrap().len()), (0, 1));
    let proof = store.prove(7).unwrap();
    store.verifying_key().open(&proof.note).unwrap();
    store.close();
    assert_eq!(open().head().size, 0);
}

#[test]
fn an_entry_is_proven_live_and_offline() {
    let place = Place::new();
    let store = place.open();
    fill(&store, 0..400);
    let key = store.verifying_key();
    let check = |proof: bussola_ledger::InclusionProofText, leaf: &[u8]| {
        let head = key.open(&proof.note).unwrap().head();
        bussola_ledger::verify_inclusion(bussola_ledger::leaf_hash(leaf), proof.seq, head, &proof.hashes).unwrap();
    };
    let size = store.head().size;
    for seq in [0, 1, 255, 256, 257, 1000, size - 1] {
        let leaf = store.entry(seq).unwrap().unwrap().entry.encode().unwrap();
        check(store.prove(seq).unwrap(), &leaf);
        check(audit::prove(&place.path(), seq).unwrap(), &leaf);
    }
    assert!(error(store.prove(size)).contains("there is no entry"));
    let note = store.checkpoint().unwrap();
    assert_eq!(note.note, audit::checkpoint(&place.path()).unwrap());
    store.close();

    let mut lines = Vec::new();
    assert_eq!(audit::export(&place.path(), &mut lines).unwrap(), size);
    let mut tree = bussola_ledger::Frontier::new();
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        tree.append(bussola_ledger::leaf_hash(line));
    }
    assert_eq!(tree.head(), key.open(&note.note).unwrap().head());
    // Without the signing key the latest stored checkpoint serves.
    std::fs::remove_file(place.path().join("ledger.key")).unwrap();
    let proof = audit::prove(&place.path(), 3).unwrap();
    check(proof, lines.split(|byte| *byte == b'\n').nth(3).unwrap());
}

#[test]
fn a_ledger_that_is_gone_is_missed_and_a_public_key_is_not() {
    let place = Place::new();
    let store = place.open();
    fill(&store, 0..3);
    store.close();
    // As after a kill in the middle of the first start.
    std::fs::remove_file(place.path().join("ledger.vkey")).unwrap();
    place.open().close();
    assert_eq!(audit::verify(&place.path(), &audit::Request::default()).unwrap().findings, []);
    // A new ledger signed by the old key would be a fork.
    std::fs::remove_file(place.path().join("ledger.db")).unwrap();
    let refused = Store::open(place.options(), at(0.0)).err().unwrap().to_string();
    assert!(refused.ends_with("is gone, its keys are there"), "{refused}");
}
