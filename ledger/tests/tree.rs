//! The tree: known vectors, and for every size up to a few tiles that each proof verifies and nothing near it does.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::borrow::Cow;
use std::collections::HashMap;

use bussola_ledger::{
    Frontier, FullTile, Hash, ProofError, ReadProofError, TILE_WIDTH, TileReader, TreeHead, WithEdge, consistency_proof,
    inclusion_proof, leaf_hash, node_hash, root_at, tile_bytes, tile_path, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

/// A ledger in memory: what a store keeps.
#[derive(Default)]
struct Kept {
    frontier: Frontier,
    leaves: Vec<Hash>,
    roots: Vec<Hash>,
    full: HashMap<(u8, u64), FullTile>,
}

impl Kept {
    fn of(size: u64) -> Kept {
        let mut kept = Kept { roots: vec![Hash::EMPTY_ROOT], ..Kept::default() };
        for seq in 0..size {
            let leaf = leaf_hash(format!("entry {seq}").as_bytes());
            kept.leaves.push(leaf);
            for tile in kept.frontier.append(leaf) {
                assert!(kept.full.insert((tile.level, tile.index), tile).is_none(), "a tile is completed once");
            }
            kept.roots.push(kept.frontier.root());
        }
        kept
    }

    fn head(&self, size: u64) -> TreeHead {
        TreeHead { size, root: self.roots[size as usize] }
    }

    fn reader(&self) -> WithEdge<'_, Full<'_>> {
        WithEdge { frontier: &self.frontier, full: Box::leak(Box::new(Full(self))) }
    }
}

/// Reads full tiles, and the leaf hashes that every store has anyway.
struct Full<'a>(&'a Kept);

impl TileReader for Full<'_> {
    type Error = (u8, u64);

    fn read_tile(&self, level: u8, index: u64, width: usize) -> Result<Cow<'_, [Hash]>, (u8, u64)> {
        match self.0.full.get(&(level, index)) {
            Some(tile) => Ok(Cow::Borrowed(tile.hashes())),
            None if level == 0 => {
                let start = index as usize * TILE_WIDTH;
                self.0.leaves.get(start..start + width).map(Cow::Borrowed).ok_or((level, index))
            }
            None => Err((level, index)),
        }
    }
}

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
    let mut kept = Kept { roots: vec![Hash::EMPTY_ROOT], ..Kept::default() };
    for leaf in KNOWN_LEAVES {
        kept.leaves.push(leaf_hash(leaf));
        kept.frontier.append(leaf_hash(leaf));
        kept.roots.push(kept.frontier.root());
    }
    kept
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
