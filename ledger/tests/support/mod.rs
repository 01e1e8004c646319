//! A ledger in memory: what a store keeps, for tests.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::borrow::Cow;
use std::collections::HashMap;

use bussola_ledger::{
    Checkpoint, EntryBody, Frontier, FullTile, Hash, Origin, Payload, SigningKey, StoredEntry, TILE_WIDTH, TileReader,
    TreeHead, WithEdge, leaf_hash,
};

/// A ledger in memory.
#[derive(Default)]
pub struct Kept {
    pub frontier: Frontier,
    pub full: FullTiles,
    pub leaves: Vec<Vec<u8>>,
    /// The root at each size, from 0.
    pub roots: Vec<Hash>,
}

/// Full tiles, and the leaf hashes that every store has anyway.
#[derive(Default)]
pub struct FullTiles {
    pub tiles: HashMap<(u8, u64), FullTile>,
    pub hashes: Vec<Hash>,
}

/// The tile that was asked for and is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoTile(pub u8, pub u64);

impl TileReader for FullTiles {
    type Error = NoTile;

    fn read_tile(&self, level: u8, index: u64, width: usize) -> Result<Cow<'_, [Hash]>, NoTile> {
        if let Some(tile) = self.tiles.get(&(level, index)) {
            return Ok(Cow::Borrowed(tile.hashes()));
        }
        let start = index as usize * TILE_WIDTH;
        let leaves = self.hashes.get(start..start + width).filter(|_| level == 0);
        leaves.map(Cow::Borrowed).ok_or(NoTile(level, index))
    }
}

impl Kept {
    pub fn of_leaves(leaves: impl IntoIterator<Item = Vec<u8>>) -> Kept {
        let mut kept = Kept { roots: vec![Hash::EMPTY_ROOT], ..Kept::default() };
        for leaf in leaves {
            let hash = leaf_hash(&leaf);
            kept.leaves.push(leaf);
            kept.full.hashes.push(hash);
            for tile in kept.frontier.append(hash) {
                assert!(kept.full.tiles.insert((tile.level, tile.index), tile).is_none(), "a tile is completed once");
            }
            kept.roots.push(kept.frontier.root());
        }
        kept
    }

    pub fn of_entries(size: u64) -> Kept {
        Kept::of_leaves((0..size).map(leaf))
    }

    pub fn head(&self, size: u64) -> TreeHead {
        TreeHead { size, root: self.roots[size as usize] }
    }

    pub fn checkpoint(&self, size: u64) -> Checkpoint {
        key().verifying_key().open(&self.note(size)).expect("the key opens what it signed")
    }

    pub fn note(&self, size: u64) -> String {
        key().sign(self.head(size))
    }

    pub fn reader(&self) -> WithEdge<'_, FullTiles> {
        WithEdge { frontier: &self.frontier, full: &self.full }
    }

    pub fn stored(&self, seq: u64) -> StoredEntry<'_> {
        StoredEntry { seq, hash: self.full.hashes[seq as usize], leaf: &self.leaves[seq as usize] }
    }
}

/// The key of the tests, from a seed that everyone knows.
pub fn key() -> SigningKey {
    SigningKey::from_seed(Origin::new("bussola.example.com/ledger").expect("an origin"), [7; 32])
}

/// A plain body.
pub fn body() -> EntryBody {
    EntryBody {
        at_us: 1_764_039_600_000_000,
        principal: "user:7".to_owned(),
        authority: "policy:ops".to_owned(),
        kind: "run.started".to_owned(),
        version: 1,
        subject: "component:default/etl".to_owned(),
        run: Some(3),
        payload: Payload::empty(),
    }
}

/// The leaf of a plain body.
pub fn leaf(seq: u64) -> Vec<u8> {
    body().at(seq).encode().expect("a plain body has a leaf")
}

/// The same bytes with one bit changed.
pub fn flip(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[bit / 8] ^= 1 << (bit % 8);
    flipped
}

/// The same hash with one bit changed.
pub fn flip_hash(hash: Hash, bit: usize) -> Hash {
    Hash(flip(&hash.0, bit % 256).try_into().expect("still 32 bytes"))
}
