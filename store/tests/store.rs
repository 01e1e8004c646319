//! The store through its public interface: what is answered is kept, what is kept is read.

use bussola_domain::command::{AddTask, GetWork};
use bussola_domain::id::Timestamp;
use bussola_domain::model::Command;
use bussola_domain::scheduler::{Report, Status};
use bussola_store::{AttemptFilter, Context, Location, Options, RunFilter, Store};

fn at(seconds: f64) -> Timestamp {
    Timestamp::from_seconds(1e9 + seconds)
}

fn run<C: Command>(store: &Store, seconds: f64, command: C) -> C::Reply {
    let context = Context { now: at(seconds), principal: "user:1".into(), authority: "".into() };
    store.execute_blocking(context, command).unwrap_or_else(|error| panic!("{error}"))
}

fn add(task: &str, status: Status) -> AddTask {
    let report = Report { task: task.into(), family: "F".into(), status, ..Report::default() };
    AddTask { worker: "w".into(), report, ..AddTask::default() }
}

#[test]
fn what_was_answered_is_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options::new(Location::Directory(directory.path().join("data")));
    let store = Store::open(options.clone(), at(0.0)).unwrap();
    run(&store, 1.0, add("A", Status::Pending));
    let work = run(&store, 2.0, GetWork { worker: "w".into(), ..GetWork::default() });
    assert_eq!(work.assignment.unwrap().tasks, ["A"]);
    run(&store, 3.0, add("A", Status::Done));
    let head = store.head();
    let kinds: Vec<_> = store.entries(0, 0).unwrap().into_iter().map(|recorded| recorded.entry.body.kind).collect();
    assert_eq!((kinds[0].as_str(), kinds[kinds.len() - 1].as_str()), ("worker.joined", "run.ended"));
    store.close();

    let store = Store::open(options, at(10.0)).unwrap();
    assert_eq!(store.head(), head);
    assert_eq!(store.read(|model| model.scheduler.task("A").map(|task| task.status())), Some(Status::Done));
    let runs = store.runs(&RunFilter::default()).unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].outcome.as_deref(), Some("succeeded"));
    assert_eq!(runs[0].worker_name.as_deref(), Some("w"));
    assert_eq!(store.attempts(&AttemptFilter::default()).unwrap().len(), 1);
    assert_eq!(store.entries(0, 0).unwrap().len(), kinds.len());
    let proof = store.prove(3).unwrap();
    store.verifying_key().open(&proof.note).unwrap();
}
