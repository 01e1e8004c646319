//! The tree: known vectors, and for every size up to a few tiles that each proof verifies and nothing near it does.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use bussola_ledger::{
    Frontier, Hash, ProofError, ReadProofError, RestoreError, TILE_WIDTH, TreeHead, consistency_proof, entry_bundle,
    entry_bundle_path, inclusion_proof, leaf_hash, multi_proof, node_hash, root_at, tile_bytes, tile_hashes, tile_path,
    verify_consistency, verify_inclusion, verify_multi,
};
use proptest::prelude::*;
use support::{Kept, NoTile, flip_hash};

/// RFC 6962 section 2.1, as it is written there.
fn merkle_tree_hash(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&merkle_tree_hash(left), &merkle_tree_hash(right))
        }
    }
}

fn hash(hex: &str) -> Hash {
    hex.parse().unwrap()
}

/// The tree of Google's Certificate Transparency tests, which implementations of RFC 6962 share.
const KNOWN_LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

fn known() -> Kept {
    Kept::of_leaves(KNOWN_LEAVES.map(<[u8]>::to_vec))
}

fn kept(size: u64) -> Kept {
    Kept::of_leaves((0..size).map(|seq| format!("entry {seq}").into_bytes()))
}

#[test]
fn known_roots() {
    let expected = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    assert_eq!(known().roots, expected.map(hash));
}

#[test]
fn known_inclusion_proofs() {
    #[track_caller]
    fn check(seq: u64, size: u64, expected: &[&str]) {
        let expected: Vec<_> = expected.iter().map(|hex| hash(hex)).collect();
        assert_eq!(inclusion_proof(seq, size, &known().reader()).unwrap(), expected);
    }
    check(0, 1, &[]);
    check(
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    );
    check(
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    );
    check(2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]);
    check(
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    );
}

#[test]
fn known_consistency_proofs() {
    #[track_caller]
    fn check(old: u64, new: u64, expected: &[&str]) {
        let expected: Vec<_> = expected.iter().map(|hex| hash(hex)).collect();
        assert_eq!(consistency_proof(old, new, &known().reader()).unwrap(), expected);
    }
    check(1, 1, &[]);
    check(0, 5, &[]);
    check(
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    );
    check(
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    );
    check(
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    );
}

/// Every size where a tile, a subtree or a level begins or ends, and the small ones.
fn sizes() -> impl Iterator<Item = u64> {
    (0..=70).chain([127, 128, 129, 255, 256, 257, 383, 511, 512, 513, 600])
}

#[test]
fn every_size_has_the_root_that_the_rfc_defines() {
    let kept = kept(600);
    for size in 0..=600_u64 {
        let expected = merkle_tree_hash(&kept.full.hashes[..size as usize]);
        assert_eq!(kept.roots[size as usize], expected, "size {size}");
        assert_eq!(root_at(size, &kept.reader()), Ok(expected), "size {size}");
    }
}

#[test]
fn every_inclusion_proof_verifies() {
    let kept = kept(600);
    for size in sizes() {
        for seq in 0..size {
            let proof = inclusion_proof(seq, size, &kept.reader()).unwrap();
            let leaf = kept.full.hashes[seq as usize];
            assert_eq!(verify_inclusion(leaf, seq, kept.head(size), &proof), Ok(()), "{seq} in {size}");
            // Many levels have no sibling, so a proof may verify at another size only if it leads to that root as well.
            assert!(verify_inclusion(leaf, seq + 1, kept.head(size), &proof).is_err(), "{seq} + 1 in {size}");
        }
        let absent = ReadProofError::NoSuchEntry { seq: size, size };
        assert_eq!(inclusion_proof(size, size, &kept.reader()), Err(absent));
        let absent = ProofError::NoSuchEntry { seq: size, size };
        assert_eq!(verify_inclusion(leaf_hash(b""), size, kept.head(size), &[]), Err(absent));
    }
}

#[test]
fn every_consistency_proof_verifies() {
    let kept = kept(600);
    for new in sizes() {
        for old in 0..=new {
            let proof = consistency_proof(old, new, &kept.reader()).unwrap();
            assert_eq!(verify_consistency(kept.head(old), kept.head(new), &proof), Ok(()), "{old} to {new}");
        }
        let shrinking = ReadProofError::Shrinking { old: new + 1, new };
        assert_eq!(consistency_proof(new + 1, new, &kept.reader()), Err(shrinking));
    }
}

#[test]
fn one_bit_less_proves_nothing() {
    let kept = kept(40);
    for size in 1..=40 {
        for seq in 0..size {
            let (proof, leaf, head) =
                (inclusion_proof(seq, size, &kept.reader()).unwrap(), kept.full.hashes[seq as usize], kept.head(size));
            let bit = (seq * 7 + size) as usize;
            assert!(verify_inclusion(flip_hash(leaf, bit), seq, head, &proof).is_err());
            let other = TreeHead { root: flip_hash(head.root, bit), ..head };
            assert!(verify_inclusion(leaf, seq, other, &proof).is_err());
            refuse_neighbours(&proof, bit, |proof| verify_inclusion(leaf, seq, head, proof));
        }
        for old in 1..size {
            let (proof, old, new) =
                (consistency_proof(old, size, &kept.reader()).unwrap(), kept.head(old), kept.head(size));
            let bit = (old.size * 7 + size) as usize;
            let other = |head: TreeHead| TreeHead { root: flip_hash(head.root, bit), ..head };
            assert!(verify_consistency(other(old), new, &proof).is_err());
            assert!(verify_consistency(old, other(new), &proof).is_err());
            refuse_neighbours(&proof, bit, |proof| verify_consistency(old, new, proof));
        }
    }
}

/// Each hash changed, each left out, one more at the end.
fn refuse_neighbours(proof: &[Hash], bit: usize, verify: impl Fn(&[Hash]) -> Result<(), ProofError>) {
    for position in 0..proof.len() {
        let mut changed = proof.to_vec();
        changed[position] = flip_hash(changed[position], bit);
        assert!(verify(&changed).is_err());
        changed.remove(position);
        assert!(verify(&changed).is_err());
    }
    let longer: Vec<_> = proof.iter().copied().chain([leaf_hash(b"one more")]).collect();
    assert!(verify(&longer).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn proofs_at_any_size((size, seq, old) in (1..=600_u64).prop_flat_map(|n| (Just(n), 0..n, 1..=n)), bit in 0..256_usize) {
        thread_local!(static KEPT: Kept = kept(600));
        KEPT.with(|kept| {
            let (leaf, new) = (kept.full.hashes[seq as usize], kept.head(size));
            let proof = inclusion_proof(seq, size, &kept.reader()).unwrap();
            assert_eq!(verify_inclusion(leaf, seq, new, &proof), Ok(()));
            refuse_neighbours(&proof, bit, |proof| verify_inclusion(leaf, seq, new, proof));

            let (old, proof) = (kept.head(old), consistency_proof(old, size, &kept.reader()).unwrap());
            assert_eq!(verify_consistency(old, new, &proof), Ok(()));
            refuse_neighbours(&proof, bit, |proof| verify_consistency(old, new, proof));
        });
    }
}

#[test]
fn equal_sizes_need_equal_roots() {
    let kept = kept(5);
    let other = TreeHead { size: 5, root: kept.roots[4] };
    assert_eq!(verify_consistency(kept.head(5), kept.head(5), &[]), Ok(()));
    assert_eq!(
        verify_consistency(other, kept.head(5), &[]),
        Err(ProofError::OldRoot { root: kept.roots[4], computed: kept.roots[5] })
    );
    let false_empty = TreeHead { size: 0, root: kept.roots[1] };
    assert!(verify_consistency(false_empty, kept.head(5), &[]).is_err());
    assert!(verify_consistency(kept.head(0), false_empty, &[]).is_err());
    assert_eq!(verify_consistency(kept.head(0), kept.head(5), &[]), Ok(()));
}

#[test]
fn tiles_hold_complete_subtrees() {
    // Two full tiles on level 1, so three levels.
    let kept = kept(2 * 65_536 + 300);
    let full_of_level = |level| kept.full.tiles.keys().filter(|(of, _)| *of == level).count();
    assert_eq!([full_of_level(0), full_of_level(1), full_of_level(2)], [513, 2, 0]);
    for ((level, _), tile) in &kept.full.tiles {
        let below = kept.full.hashes[tile.entries().start as usize..tile.entries().end as usize]
            .chunks_exact(256_usize.pow(u32::from(*level)));
        assert!(tile.hashes().iter().copied().eq(below.map(merkle_tree_hash)));
        assert_eq!(tile.to_bytes().len(), 8192);
    }
    let edge: Vec<_> = kept.frontier.edge_tiles().map(|(level, index, hashes)| (level, index, hashes.len())).collect();
    assert_eq!(edge, [(0, 513, 44), (1, 2, 1), (2, 0, 2)]);

    for size in [1, 255, 256, 65_535, 65_536, 65_537, 131_072, 131_372] {
        assert_eq!(root_at(size, &kept.reader()), Ok(kept.roots[size as usize]), "size {size}");
        let proof = inclusion_proof(size / 2, size, &kept.reader()).unwrap();
        assert_eq!(
            verify_inclusion(kept.full.hashes[size as usize / 2], size / 2, kept.head(size), &proof),
            Ok(()),
            "size {size}"
        );
        let proof = consistency_proof(size, 131_372, &kept.reader()).unwrap();
        assert_eq!(verify_consistency(kept.head(size), kept.head(131_372), &proof), Ok(()), "size {size}");
    }
    let restored = Frontier::restore(131_372, &kept.full).unwrap();
    assert!(restored == kept.frontier, "restored as it was");
}

#[test]
fn a_restored_frontier_is_the_same() {
    for size in sizes() {
        let kept = kept(size);
        assert_eq!(Frontier::restore(size, &kept.full), Ok(kept.frontier), "size {size}");
    }
    let mut kept = kept(600);
    kept.full.tiles.remove(&(0, 1));
    kept.full.hashes.truncate(599);
    let gone = |level, index| RestoreError::Read { level, index, source: NoTile(level, index) };
    assert_eq!(Frontier::restore(600, &kept.full), Err(gone(0, 2)));
    assert!(Frontier::restore(599, &kept.full).is_ok(), "the leaf hashes stand in for a tile of level 0");
    kept.full.hashes.truncate(300);
    assert_eq!(Frontier::restore(512, &kept.full), Err(gone(0, 1)));
}

#[test]
fn tile_paths() {
    assert_eq!(tile_path(0, 1_234_067, TILE_WIDTH), "tile/0/x001/x234/067");
    assert_eq!(tile_path(1, 0, 5), "tile/1/000.p/5");
    assert_eq!(tile_path(2, 1000, 255), "tile/2/x001/000.p/255");
    assert_eq!(entry_bundle_path(12, TILE_WIDTH), "tile/entries/012");
    assert_eq!(entry_bundle_path(1_000_000, 1), "tile/entries/x001/x000/000.p/1");
}

#[test]
fn tiles_are_read_back() {
    for width in [1, 255, 256] {
        let hashes: Vec<_> = (0..width).map(|seq: u16| leaf_hash(&seq.to_be_bytes())).collect();
        assert_eq!(tile_hashes(&tile_bytes(&hashes)), Some(hashes));
    }
    for bytes in [0, 31, 33, 8191, 8193, 257 * 32] {
        assert_eq!(tile_hashes(&vec![0; bytes]), None, "{bytes}");
    }
}

#[test]
fn entry_bundles_carry_what_16_bits_can_count() {
    assert_eq!(entry_bundle([&b"ab"[..], b""]).unwrap(), b"\x00\x02ab\x00\x00");
    assert_eq!(entry_bundle([&[b'x'; 65_535][..]]).unwrap().len(), 65_537);
    let error = entry_bundle([&b"ab"[..], &[b'x'; 65_536]]).unwrap_err();
    assert_eq!(error.to_string(), "leaf 1 of the bundle has 65536 bytes, an entry bundle carries at most 65535");
}

#[test]
fn hash_texts_are_read_in_one_form() {
    let root = Hash::EMPTY_ROOT;
    assert_eq!(root.to_string().parse(), Ok(root));
    assert_eq!(Hash::from_base64("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), Ok(root));
    assert_eq!(leaf_hash(b""), hash("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"));
    for wrong in
        ["", "e3", &root.to_string().to_uppercase(), &format!("{root}0"), &format!(" {}", &root.to_string()[1..])]
    {
        assert!(wrong.parse::<Hash>().is_err(), "{wrong}");
    }
    for wrong in [
        "",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",  // no padding
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=", // bits beyond the last byte
        "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=", // the other alphabet
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==", // 31 bytes
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA", // 33 bytes
    ] {
        assert!(Hash::from_base64(wrong).is_err(), "{wrong}");
    }
}

/// The entries of a pattern of bits.
fn chosen(bits: u64, size: u64) -> Vec<u64> {
    (0..size).filter(|seq| bits >> seq & 1 == 1).collect()
}

#[test]
fn one_proof_of_many_entries_shows_these_and_no_others() {
    for size in 0..=9 {
        let kept = kept(size);
        for bits in 0..1_u64 << size {
            let seqs = chosen(bits, size);
            let leaves: Vec<_> = seqs.iter().map(|&seq| (seq, kept.full.hashes[seq as usize])).collect();
            let proof = multi_proof(&seqs, size, &kept.reader()).unwrap();
            assert_eq!(verify_multi(&leaves, kept.head(size), &proof), Ok(()), "{seqs:?} of {size}");
            for place in 0..leaves.len() {
                let mut other = leaves.clone();
                other[place].1 = flip_hash(other[place].1, place);
                assert!(verify_multi(&other, kept.head(size), &proof).is_err(), "another leaf");
                other.remove(place);
                assert!(verify_multi(&other, kept.head(size), &proof).is_err(), "one leaf less");
            }
            for place in 0..proof.len() {
                let mut other = proof.clone();
                other[place] = flip_hash(other[place], place);
                assert!(verify_multi(&leaves, kept.head(size), &other).is_err(), "another hash");
                other.remove(place);
                assert!(verify_multi(&leaves, kept.head(size), &other).is_err(), "one hash less");
            }
            let longer = [&proof[..], &[Hash::EMPTY_ROOT]].concat();
            assert!(verify_multi(&leaves, kept.head(size), &longer).is_err(), "one hash more");
        }
    }
}

#[test]
fn a_run_of_entries_needs_few_hashes_and_one_entry_those_of_its_inclusion() {
    let kept = kept(70_000);
    let run: Vec<u64> = (300..66_000).collect();
    let proof = multi_proof(&run, 70_000, &kept.reader()).unwrap();
    assert!(proof.len() <= 2 * 17, "{}", proof.len());
    let leaves: Vec<_> = run.iter().map(|&seq| (seq, kept.full.hashes[seq as usize])).collect();
    assert_eq!(verify_multi(&leaves, kept.head(70_000), &proof), Ok(()));
    let moved: Vec<_> = leaves.iter().map(|&(seq, hash)| (seq + 1, hash)).collect();
    assert!(verify_multi(&moved, kept.head(70_000), &proof).is_err());
    let mut one = multi_proof(&[12_345], 70_000, &kept.reader()).unwrap();
    let mut inclusion = inclusion_proof(12_345, 70_000, &kept.reader()).unwrap();
    one.sort_unstable();
    inclusion.sort_unstable();
    assert_eq!(one, inclusion);
}

#[test]
fn entries_of_one_proof_are_named_in_order() {
    let kept = kept(4);
    assert_eq!(multi_proof(&[1, 1], 4, &kept.reader()), Err(ReadProofError::Order { seq: 1 }));
    assert_eq!(multi_proof(&[2, 4], 4, &kept.reader()), Err(ReadProofError::NoSuchEntry { seq: 4, size: 4 }));
    let hash = kept.full.hashes[0];
    assert_eq!(verify_multi(&[(2, hash), (1, hash)], kept.head(4), &[]), Err(ProofError::Order { seq: 1 }));
    assert_eq!(verify_multi(&[(4, hash)], kept.head(4), &[]), Err(ProofError::NoSuchEntry { seq: 4, size: 4 }));
}
