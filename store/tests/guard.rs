//! A ledger that was restored, copied or cut is not served again until an operator says so, and then the ledger says it.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use std::path::PathBuf;

use bussola_domain::scheduler::Status;
use bussola_store::audit::{self, Request};
use bussola_store::{GuardError, Location, Options, Store, StoreError};
use support::{Place, add, at, context, fill, run};
use tempfile::TempDir;

struct Guarded {
    place: Place,
    disk: TempDir,
}

impl Guarded {
    fn new() -> Guarded {
        Guarded { place: Place::new(), disk: tempfile::tempdir().unwrap() }
    }

    fn guard(&self) -> PathBuf {
        self.disk.path().join("guard.note")
    }

    fn options_of(&self, place: &Place) -> Options {
        Options { guard: Some(self.guard()), ..Options::new(Location::Directory(place.path())) }
    }

    fn open(&self, place: &Place) -> Result<Store, StoreError> {
        Store::open(self.options_of(place), at(0.0))
    }

    fn start(&self) -> Store {
        self.open(&self.place).unwrap_or_else(|error| panic!("{error}"))
    }

    fn recover(&self, place: &Place) -> Result<u64, StoreError> {
        let reason = "the disk broke, Ada restored last night's copy".to_owned();
        Store::recover(self.options_of(place), context(9.0), reason).map(|(_, published)| published.head.size)
    }

    fn refused(&self, place: &Place) -> GuardError {
        match self.open(place) {
            Err(StoreError::Guard(error)) => error,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it was opened"),
        }
    }

    fn guarded(&self, store: &Store) -> u64 {
        store.verifying_key().open(&std::fs::read_to_string(self.guard()).unwrap()).unwrap().size
    }
}

#[test]
fn a_checkpoint_is_in_the_guard_before_it_is_served() {
    let it = Guarded::new();
    let store = it.start();
    assert_eq!(it.guarded(&store), 0);
    fill(&store, 0..5);
    let size = store.head().size;
    assert_eq!(store.checkpoint().unwrap().head.size, size);
    assert_eq!(it.guarded(&store), size);
    run(&store, 6.0, add("more", Status::Pending));
    store.prove(0).unwrap();
    assert_eq!(it.guarded(&store), store.head().size, "a proof holds a checkpoint, too");
    run(&store, 7.0, add("last", Status::Pending));
    let last = store.head().size;
    store.close();
    let store = it.start();
    assert_eq!((store.head().size, it.guarded(&store)), (last, last), "the end is published, too");
}

#[test]
fn a_restored_copy_is_refused_until_an_operator_recovers_it() {
    let it = Guarded::new();
    let store = it.start();
    fill(&store, 0..5);
    store.checkpoint().unwrap();
    let copy = it.place.copy();
    let copied = store.head();
    fill(&store, 5..9);
    let served = store.checkpoint().unwrap();
    store.close();

    let refused = it.refused(&copy);
    assert!(
        matches!(refused, GuardError::Behind { size, served: s, .. } if size == copied.size && s == served.head.size)
    );
    assert!(refused.to_string().contains(&format!("entries from {} on are gone", copied.size)), "{refused}");
    assert!(refused.hint().contains("bussola ledger recover"));

    let size = it.recover(&copy).unwrap();
    assert_eq!(size, copied.size + 1);
    let store = it.open(&copy).unwrap();
    run(&store, 10.0, add("after", Status::Pending));
    store.close();
    let report = audit::verify(&copy.path(), &Request { depth: audit::Depth::Deep, ..Request::default() }).unwrap();
    assert_eq!(report.findings, []);
    let [recovery] = &report.recovered[..] else { panic!("{:?}", report.recovered) };
    let old = recovery.said.old.as_ref().unwrap();
    assert_eq!((recovery.seq, old.size, recovery.said.new.size), (copied.size, served.head.size, copied.size));
    assert_eq!((&old.root, &recovery.said.new.root), (&served.head.root.to_base64(), &copied.root.to_base64()));

    // And what was lost, should it turn up again, is the fork now: longer or not, other entries were served meanwhile.
    assert!(matches!(it.refused(&it.place), GuardError::Forked { .. }));
}

#[test]
fn a_fork_of_the_same_length_is_refused() {
    let it = Guarded::new();
    let store = it.start();
    fill(&store, 0..3);
    store.close();
    let copy = it.place.copy();
    let store = it.start();
    fill(&store, 3..6);
    store.checkpoint().unwrap();
    store.close();
    // Grown past the guard by a server that knew of none.
    let elsewhere = Store::open(Options::new(Location::Directory(copy.path())), at(0.0)).unwrap();
    fill(&elsewhere, 13..23);
    elsewhere.close();
    assert!(matches!(it.refused(&copy), GuardError::Forked { .. }));
}

#[test]
fn what_is_not_this_ledgers_guard_is_refused_and_not_overwritten() {
    let (it, other) = (Guarded::new(), Guarded::new());
    let store = it.start();
    fill(&store, 0..3);
    store.close();
    other.start().close();
    let text = std::fs::read_to_string(other.guard()).unwrap();
    for (content, what) in [(text.as_str(), "not signed by"), ("nothing\n", "no signatures")] {
        std::fs::write(it.guard(), content).unwrap();
        let refused = it.refused(&it.place);
        // Two ledgers of one name differ by their keys.
        assert!(refused.to_string().contains(what), "{refused}");
        assert!(matches!(it.recover(&it.place), Err(StoreError::Guard(GuardError::Foreign { .. }))));
        assert_eq!(std::fs::read_to_string(it.guard()).unwrap(), content);
    }
}

#[test]
fn a_guard_that_is_gone_or_new_needs_an_operator_where_there_are_entries() {
    let it = Guarded::new();
    let store = it.start();
    fill(&store, 0..3);
    store.close();
    std::fs::remove_file(it.guard()).unwrap();
    assert!(matches!(it.refused(&it.place), GuardError::Missing { .. }));
    it.recover(&it.place).unwrap();
    it.start().close();
    assert!(matches!(it.recover(&it.place), Err(StoreError::Guard(GuardError::InOrder { .. }))));
    // A disk that is not mounted.
    let options = Options { guard: Some(it.disk.path().join("no/such/disk")), ..it.options_of(&it.place) };
    assert!(matches!(Store::open(options, at(0.0)), Err(StoreError::Guard(GuardError::Io { .. }))));
    // A new data directory in place of the old one.
    assert!(matches!(it.refused(&Place::new()), GuardError::NoLedger { .. }));
}

#[test]
fn of_two_servers_on_copies_the_second_does_not_start_and_a_moved_guard_stops_publishing() {
    let it = Guarded::new();
    let store = it.start();
    fill(&store, 0..3);
    store.checkpoint().unwrap();
    let copy = it.place.copy();
    assert!(matches!(it.refused(&copy), GuardError::InUse { .. }));
    // On another machine the lock may not hold: what was written there is noticed.
    let before = store.newest_checkpoint().unwrap();
    std::fs::write(it.guard(), "somebody else's\n").unwrap();
    run(&store, 9.0, add("more", Status::Pending));
    let refused = store.checkpoint().unwrap_err();
    assert!(matches!(refused, StoreError::Guard(GuardError::Moved { .. })), "{refused}");
    assert_eq!(store.served_checkpoint().unwrap().head, before.head, "what was served before still is");
    assert!(store.prove(0).is_err());
}

#[test]
fn without_a_guard_there_is_nothing_to_recover() {
    let place = Place::new();
    place.open().close();
    let recovered = Store::recover(place.options(), context(1.0), "why not".into());
    assert!(matches!(recovered, Err(StoreError::Guard(GuardError::None))));
}
