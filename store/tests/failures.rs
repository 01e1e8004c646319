//! A disk that fails under a running store.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use bussola_domain::scheduler::Status;
use bussola_store::journal::faulty::{Disk, Fault};
use bussola_store::{Store, StoreError, by_hand};
use support::{add, at, context, describe, run};

/// Gives commands until one is accepted, as clients do.
fn until_accepted(store: &Store, task: &str) {
    for _ in 0..200 {
        match store.execute_blocking(context(9.0), add(task, Status::Pending)) {
            Ok(()) => return,
            Err(StoreError::Commit { .. } | StoreError::Unavailable { .. }) => {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the store did not go on");
}

#[test]
fn a_refused_commit_is_an_error_changes_nothing_and_passes() {
    let disk = Disk::new();
    let store = by_hand::store(&disk, at(0.0)).unwrap();
    run(&store, 1.0, add("A", Status::Pending));
    let (before, head) = (describe(&store), store.head());
    disk.set_fault(Fault::Refused);
    for _ in 0..3 {
        let refused = store.execute_blocking(context(2.0), add("B", Status::Pending)).unwrap_err();
        assert!(refused.is_temporary(), "{refused}");
        assert_eq!((describe(&store), store.head()), (before.clone(), head));
    }
    disk.set_fault(Fault::None);
    until_accepted(&store, "C");
    let again = by_hand::refold(&disk, &Default::default()).unwrap();
    assert!(again.scheduler.task("B").is_none() && again.scheduler.task("C").is_some());
    assert_eq!(again.scheduler.describe(), store.read(|model| model.scheduler.describe()));
    by_hand::verify(&disk).unwrap();
}

#[test]
fn a_commit_that_was_kept_although_it_failed_is_there_afterwards() {
    let disk = Disk::new();
    let store = by_hand::store(&disk, at(0.0)).unwrap();
    disk.set_fault(Fault::KeptButReported);
    assert!(store.execute_blocking(context(1.0), add("A", Status::Pending)).is_err());
    disk.set_fault(Fault::None);
    until_accepted(&store, "B");
    for task in ["A", "B"] {
        assert!(store.read(|model| model.scheduler.task(task).is_some()), "{task}");
    }
    by_hand::verify(&disk).unwrap();
}

#[test]
fn all_callers_of_a_group_hear_of_its_failure() {
    let disk = Disk::new();
    let store = by_hand::store(&disk, at(0.0)).unwrap();
    run(&store, 1.0, add("A", Status::Pending));
    disk.set_fault(Fault::Refused);
    let size = disk.size();
    let failed = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|client| {
                let store = &store;
                scope.spawn(move || {
                    store.execute_blocking(context(2.0), add(&format!("T{client}"), Status::Pending)).is_err()
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).filter(|failed| *failed).count()
    });
    assert_eq!((failed, disk.size()), (8, size));
}
