//! The verifier: a ledger in order passes, and each thing that can be wrong is named.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use bussola_ledger::{
    Entry, Fault, Hash, NoteError, StoredEntry, TreeHead, Verified, Verifier, check_chunk, leaf_hash,
    open_stored_checkpoint,
};
use proptest::prelude::*;
use support::{Kept, flip, flip_hash, key, leaf};

type Row = (u64, Hash, Vec<u8>);

/// The rows of a store.
fn rows(size: u64) -> Vec<Row> {
    (0..size).map(|seq| (seq, leaf_hash(&leaf(seq)), leaf(seq))).collect()
}

fn verify(rows: &[Row], mut verifier: Verifier, head: Option<TreeHead>) -> Result<Verified, Fault> {
    for (seq, hash, leaf) in rows {
        verifier.entry(StoredEntry { seq: *seq, hash: *hash, leaf })?;
    }
    verifier.finish(head)
}

/// What a ledger of ten entries is found to suffer from after a change to its rows.
#[track_caller]
fn check(change: impl FnOnce(&mut Vec<Row>), expected: Fault, message: &str) {
    let kept = Kept::of_entries(10);
    let mut rows = rows(10);
    change(&mut rows);
    let verifier = Verifier::new([4, 10].map(|size| kept.checkpoint(size)));
    let fault = verify(&rows, verifier, Some(kept.head(10))).unwrap_err();
    assert_eq!(fault, expected);
    assert_eq!(fault.to_string(), message);
    assert!(!fault.hint().is_empty() && !fault.hint().ends_with('.') && !fault.hint().contains('\n'));
}

/// Changes a leaf and its hash with it, as someone with the database would.
fn rewrite(row: &mut Row, leaf: Vec<u8>) {
    row.1 = leaf_hash(&leaf);
    row.2 = leaf;
}

#[test]
fn a_ledger_in_order_passes() {
    for size in [0, 1, 2, 255, 256, 257, 600] {
        let kept = Kept::of_entries(size);
        let checkpoints: Vec<_> =
            [0, 1, size / 2, size].map(|size| kept.checkpoint(size.min(kept.frontier.size()))).to_vec();
        let expected = Ok(Verified { head: kept.head(size), checkpoints: 4 });
        let verifier = Verifier::new(checkpoints.clone());
        assert_eq!(verify(&rows(size), verifier, Some(kept.head(size))), expected, "size {size}");
        assert_eq!(verify(&rows(size), Verifier::new(checkpoints), None), expected, "size {size}");
    }
}

#[test]
fn a_missing_entry_is_named() {
    check(
        |rows| drop(rows.remove(7)),
        Fault::EntryMissing { seq: 7, found: 8 },
        "entry 7 is missing: the next stored entry is 8",
    );
}

#[test]
fn entries_in_another_order_are_named() {
    check(
        |rows| rows.swap(5, 6),
        Fault::EntryMissing { seq: 5, found: 6 },
        "entry 5 is missing: the next stored entry is 6",
    );
    check(
        |rows| rows.insert(6, rows[5].clone()),
        Fault::EntryOutOfOrder { seq: 5, expected: 6 },
        "entry 5 is stored out of order: expected entry 6",
    );
    // Contents exchanged, numbers kept.
    check(
        |rows| {
            let (fifth, sixth) = (rows[5].2.clone(), rows[6].2.clone());
            rewrite(&mut rows[5], sixth);
            rewrite(&mut rows[6], fifth);
        },
        Fault::EntryMoved { seq: 5, leaf_seq: 6 },
        "entry 5 was moved: its leaf says it is entry 6",
    );
}

#[test]
fn a_changed_entry_is_named() {
    let (stored, changed) = (leaf_hash(&leaf(3)), flip(&leaf(3), 250));
    let computed = leaf_hash(&changed);
    check(
        |rows| rows[3].2 = changed,
        Fault::EntryHash { seq: 3, stored, computed },
        &format!("entry 3 does not match its stored hash: stored {stored}, computed {computed}"),
    );
    check(
        |rows| rewrite(&mut rows[3], b"{}".to_vec()),
        Fault::EntryMalformed { seq: 3, reason: Entry::decode(b"{}").unwrap_err() },
        "entry 3 is malformed: leaf is not in canonical form: expected {\"at\": at byte 0",
    );
}

#[test]
fn an_entry_rewritten_with_its_hash_is_found_by_the_next_checkpoint() {
    let kept = Kept::of_entries(10);
    let rewritten = |seq: u64| {
        let mut entry = Entry::decode(&leaf(seq)).unwrap();
        entry.body.principal = "user:8".to_owned();
        entry.encode().unwrap()
    };
    for (seq, size, since) in [(0, 4, 0), (3, 4, 0), (4, 10, 4), (9, 10, 4)] {
        let leaves = (0..size).map(|at| if at == seq { rewritten(seq) } else { leaf(at) });
        let computed = Kept::of_leaves(leaves).frontier.root();
        let signed = kept.roots[size as usize];
        check(
            |rows| rewrite(&mut rows[seq as usize], rewritten(seq)),
            Fault::CheckpointRoot { size, since, signed, computed },
            &format!(
                "checkpoint at {size} entries signed root {signed}, the entries have {computed}: one from {since} on was changed"
            ),
        );
    }
}

#[test]
fn a_cut_ledger_is_found_by_a_checkpoint_kept_elsewhere() {
    let kept = Kept::of_entries(10);
    let cut = verify(&rows(9), Verifier::new([kept.checkpoint(10)]), Some(kept.head(9)));
    assert_eq!(cut, Err(Fault::Truncated { size: 9, signed: 10 }));
    assert_eq!(
        cut.unwrap_err().to_string(),
        "ledger ends after 9 entries, a checkpoint was signed at 10: entries from 9 on are gone"
    );
    let unsigned = verify(&rows(9), Verifier::new([kept.checkpoint(9)]), Some(kept.head(9)));
    assert!(unsigned.is_ok(), "nothing can show what was never signed nor kept");
}

#[test]
fn a_head_that_disagrees_is_named() {
    let kept = Kept::of_entries(10);
    let verify = |head| verify(&rows(10), Verifier::new([]), Some(head));
    assert_eq!(verify(kept.head(9)), Err(Fault::HeadSize { size: 10, stored: 9 }));
    let other = TreeHead { size: 10, root: kept.roots[9] };
    let fault = Fault::HeadRoot { size: 10, stored: kept.roots[9], computed: kept.roots[10] };
    assert_eq!(verify(other), Err(fault));
}

#[test]
fn a_fault_is_final() {
    let mut verifier = Verifier::new([]);
    let (wrong, right) = (leaf(1), leaf(0));
    let fault = Fault::EntryMissing { seq: 0, found: 1 };
    let entry = |seq, leaf| StoredEntry { seq, hash: leaf_hash(leaf), leaf };
    assert_eq!(verifier.entry(entry(1, &wrong)), Err(fault.clone()));
    assert_eq!(verifier.entry(entry(0, &right)), Err(fault.clone()));
    assert_eq!(verifier.size(), 0);
    assert_eq!(verifier.finish(None), Err(fault));
}

#[test]
fn stored_tiles_are_held_against_the_entries() {
    let kept = Kept::of_entries(65_536);
    let mut verifier = Verifier::new([]);
    let mut seen = 0;
    for seq in 0..65_536 {
        for expected in verifier.entry(kept.stored(seq)).unwrap() {
            seen += 1;
            let stored = expected.to_bytes();
            assert_eq!(verifier.tile(&expected, Some(&stored)), Ok(()));
            let (level, index) = (expected.level, expected.index);
            let fault = |stored: Option<&[u8]>| verifier.clone().tile(&expected, stored).unwrap_err();
            assert_eq!(fault(None), Fault::TileMissing { level, index });
            assert_eq!(fault(Some(&stored[1..])), Fault::TileLength { level, index, bytes: 8191 });
            let seq = expected.entries().start + (200 << (8 * level));
            assert_eq!(
                fault(Some(&flip(&stored, 200 * 256 + 9))),
                Fault::TileHash { level, index, position: 200, seq }
            );
        }
    }
    assert_eq!(seen, 257);
}

#[test]
fn stored_checkpoints_are_opened() {
    let kept = Kept::of_entries(10);
    let open = |size, note: &str| open_stored_checkpoint(size, note, &key().verifying_key());
    assert_eq!(open(10, &kept.note(10)), Ok(kept.checkpoint(10)));
    assert_eq!(open(9, &kept.note(10)), Err(Fault::CheckpointMoved { stored: 9, signed: 10 }));
    let reason = NoteError::Forged(key().origin().clone());
    let forged = kept.note(10).replacen("10", "11", 1);
    assert_eq!(open(11, &forged), Err(Fault::CheckpointNote { size: 11, reason }));
}

#[test]
fn chunks_checked_elsewhere_join_in_order() {
    let kept = Kept::of_entries(600);
    let chunk = |first: u64, end: u64| check_chunk(first, (first..end).map(|seq| kept.stored(seq))).unwrap();
    let mut verifier = Verifier::new([kept.checkpoint(300), kept.checkpoint(600)]);
    assert_eq!(verifier.chunk(&chunk(0, 200)).unwrap().len(), 0);
    assert_eq!(verifier.chunk(&chunk(200, 599)).unwrap().len(), 2);
    assert_eq!(verifier.chunk(&chunk(599, 600)).unwrap().len(), 0);
    let expected = Ok(Verified { head: kept.head(600), checkpoints: 2 });
    assert_eq!(verifier.clone().finish(None), expected);
    assert_eq!(verifier.chunk(&chunk(500, 600)).unwrap_err(), Fault::EntryOutOfOrder { seq: 500, expected: 600 });

    let mut verifier = Verifier::new([]);
    assert_eq!(verifier.chunk(&chunk(1, 2)).unwrap_err(), Fault::EntryMissing { seq: 0, found: 1 });
    let gap = check_chunk(0, [0, 1, 3].map(|seq| kept.stored(seq)));
    assert_eq!(gap.unwrap_err(), Fault::EntryMissing { seq: 2, found: 3 });
    let changed = StoredEntry { hash: flip_hash(leaf_hash(b""), 3), ..kept.stored(5) };
    assert!(matches!(check_chunk(5, [changed]).unwrap_err(), Fault::EntryHash { seq: 5, .. }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any bit of any stored entry, whether or not its hash is changed along.
    #[test]
    fn one_bit_anywhere_is_found((size, seq) in (1..80_u64).prop_flat_map(|size| (Just(size), 0..size)), place in any::<prop::sample::Index>(), and_hash in any::<bool>()) {
        let kept = Kept::of_entries(size);
        let mut rows = rows(size);
        let changed = flip(&rows[seq as usize].2, place.index(8 * rows[seq as usize].2.len()));
        if and_hash {
            rewrite(&mut rows[seq as usize], changed);
        } else {
            rows[seq as usize].2 = changed;
        }
        let fault = verify(&rows, Verifier::new([kept.checkpoint(size)]), None).unwrap_err();
        if and_hash {
            prop_assert!(fault.seq().is_none_or(|found| found == seq), "{}", fault);
        } else {
            let named = matches!(fault, Fault::EntryHash { seq: found, .. } if found == seq);
            prop_assert!(named, "{}", fault);
        }
    }

    #[test]
    fn a_dropped_or_moved_entry_is_found((size, from, to) in (2..80_u64).prop_flat_map(|size| (Just(size), 0..size, 0..size))) {
        let kept = Kept::of_entries(size);
        let mut dropped = rows(size);
        let row = dropped.remove(from as usize);
        let fault = verify(&dropped, Verifier::new([kept.checkpoint(size)]), None).unwrap_err();
        prop_assert_eq!(fault.seq(), Some(from));
        if from != to {
            let mut moved = dropped;
            moved.insert(to as usize, row);
            let fault = verify(&moved, Verifier::new([]), None).unwrap_err();
            prop_assert!(fault.seq().is_some_and(|seq| (from.min(to)..=from.max(to)).contains(&seq)));
        }
    }
}
