//! Other programs that open the database of a running server: they read, and nobody waits for them.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use std::sync::mpsc;
use std::time::Duration;

use bussola_domain::command::{CountPending, Ping};
use bussola_domain::scheduler::Status;
use bussola_store::{Store, audit};
use support::{Place, add, at, error, fill, run};

fn connect(place: &Place) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(place.path().join("ledger.db")).unwrap();
    connection.busy_timeout(Duration::ZERO).unwrap();
    connection
}

#[test]
fn no_other_program_can_lock_the_database_of_a_running_server() {
    let place = Place::new();
    let store = place.open();
    let other = connect(&place);
    for round in 0..50 {
        let begun = other.execute_batch("BEGIN IMMEDIATE");
        assert_eq!(begun.unwrap_err().sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy), "{round}");
        run(&store, f64::from(round), add(&format!("T{round}"), Status::Pending));
    }
    let read: i64 = other.query_row("SELECT count(*) FROM entries", [], |row| row.get(0)).unwrap();
    assert_eq!(read as u64, store.head().size, "reading is free");
    let deep = audit::Request { depth: audit::Depth::Deep, ..Default::default() };
    assert_eq!(audit::verify(&place.path(), &deep).unwrap().findings, []);
    store.close();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
}

/// A program that was there first: what must be written waits for it, nothing else does, and nothing fails.
#[test]
fn commands_wait_for_a_program_that_has_the_database_and_nothing_else_does() {
    let place = Place::new();
    let store = place.open();
    fill(&store, 0..5);
    store.close();
    let other = connect(&place);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = place.open();
    let size = store.head().size;
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            sender.send(()).unwrap();
            run(&store, 10.0, add("A", Status::Pending));
        });
        receiver.recv().unwrap();
        for _ in 0..50 {
            assert_eq!(run(&store, 11.0, Ping { worker: "w".into() }), Vec::<String>::new());
            run(&store, 11.0, CountPending { worker: "w".into() });
            assert!(store.read(|model| model.scheduler.task("T0").is_some()));
            at_once(store.settled()).unwrap();
            assert_eq!(store.head().size, size);
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(!waiting.is_finished(), "it cannot be kept yet");
        other.execute_batch("COMMIT").unwrap();
        waiting.join().unwrap();
    });
    run(&store, 12.0, add("B", Status::Pending));
    assert!(store.read(|model| ["A", "B"].iter().all(|task| model.scheduler.task(task).is_some())));
}

/// What must come at once.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn a_second_server_is_refused_even_if_the_lock_file_is_gone() {
    let place = Place::new();
    let store = place.open();
    std::fs::remove_file(place.path().join("lock")).unwrap();
    let refused = error(Store::open(place.options(), at(0.0)).map(drop));
    assert!(refused.contains("is in use by another process"), "{refused}");
    run(&store, 1.0, add("A", Status::Pending));
    store.close();
    assert!(place.open().read(|model| model.scheduler.task("A").is_some()));
}
