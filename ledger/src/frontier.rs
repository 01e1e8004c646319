//! The growing edge of the tree: enough to append and to know the root, in a few kilobytes.
//!
//! A tree of `size` entries is, from the left, one complete subtree for each bit set in `size`. Their roots are the
//! frontier (a "compact range"). Appending merges the subtrees whose bits carry over, one hash per entry on average.
//! Beside them are the hashes of the tiles that are not full yet: at most 255 on each tile level.
//!
//! INVARIANT: `subtrees` has one hash for each bit set in `size`, largest subtree first; `edge[l]` has
//! `(size >> 8l) % 256` hashes.
//!
//! It only grows. A writer whose transaction may fail appends to a clone and keeps it once the commit is done; a clone
//! copies some 8 kB per tile level.

use crate::checkpoint::TreeHead;
use crate::hash::{Hash, node_hash};
use crate::tile::{FullTile, TILE_WIDTH, TileReader, fold};

/// The tree so far, as far as appending needs it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
    edge: Vec<Vec<Hash>>,
}

/// Why a frontier cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError<E> {
    /// The reader failed.
    #[error("cannot read tile {index} of level {level}")]
    Read {
        /// The tile's level.
        level: u8,
        /// The tile's place on it.
        index: u64,
        /// Why.
        source: E,
    },
    /// The reader gave fewer hashes than the tile has at this size.
    #[error("tile {index} of level {level} has {found} hashes, expected {expected}")]
    Short {
        /// The tile's level.
        level: u8,
        /// The tile's place on it.
        index: u64,
        /// Hashes that the tile has.
        expected: usize,
        /// Hashes that were read.
        found: usize,
    },
}

impl Frontier {
    /// The tree without entries.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// Entries so far; the next entry gets this sequence number.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree over all entries so far.
    pub fn root(&self) -> Hash {
        let mut smaller = self.subtrees.iter().rev();
        let Some(last) = smaller.next() else { return Hash::EMPTY_ROOT };
        smaller.fold(*last, |right, left| node_hash(left, &right))
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size, root: self.root() }
    }

    /// Adds the next leaf. Returns the tiles that it completed, lowest level first: none for 255 entries out of 256.
    pub fn append(&mut self, leaf: Hash) -> Vec<FullTile> {
        let mut completed = Vec::new();
        let (mut node, mut height) = (leaf, 0);
        self.push_edge(0, node, &mut completed);
        // Each bit set at the low end of the size is a subtree that this node makes complete with its left neighbour.
        for _ in 0..self.size.trailing_ones() {
            let left = self.subtrees.pop().expect("the frontier has a subtree for each bit of the size");
            node = node_hash(&left, &node);
            height += 1;
            if height % 8 == 0 {
                self.push_edge(height / 8, node, &mut completed);
            }
        }
        self.subtrees.push(node);
        self.size += 1;
        completed
    }

    fn push_edge(&mut self, level: usize, node: Hash, completed: &mut Vec<FullTile>) {
        if level == self.edge.len() {
            self.edge.push(Vec::with_capacity(TILE_WIDTH));
        }
        let tile = &mut self.edge[level];
        tile.push(node);
        if tile.len() == TILE_WIDTH {
            let hashes = std::mem::replace(tile, Vec::with_capacity(TILE_WIDTH));
            completed.push(FullTile::new(level as u8, self.size >> (8 * (level + 1)), hashes));
        }
    }

    /// The tile of this level that is not full yet, as its index and its hashes; `None` if it is empty.
    pub fn edge_tile(&self, level: u8) -> Option<(u64, &[Hash])> {
        let hashes = self.edge.get(usize::from(level)).filter(|hashes| !hashes.is_empty())?;
        Some((self.size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0), hashes))
    }

    /// Every tile that is not full yet, as level, index and hashes: what an export adds to the full tiles.
    pub fn edge_tiles(&self) -> impl Iterator<Item = (u8, u64, &[Hash])> {
        (0..self.edge.len() as u8)
            .filter_map(|level| self.edge_tile(level).map(|(index, hashes)| (level, index, hashes)))
    }

    /// The frontier of the first `size` entries, from what a store keeps: full tiles of every level, and on level 0 also
    /// the hashes of the last, partial tile. Compare its [`head`](Frontier::head) with the stored one.
    ///
    /// Reads at most 255 full tiles per tile level: about 20 ms for a ledger of millions.
    pub fn restore<R: TileReader>(size: u64, reader: &R) -> Result<Frontier, RestoreError<R::Error>> {
        let mut edge = Vec::new();
        for level in 0.. {
            let on_level = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
            if on_level == 0 {
                break;
            }
            let (index, width) = (on_level / TILE_WIDTH as u64, (on_level % TILE_WIDTH as u64) as usize);
            let mut hashes = Vec::with_capacity(TILE_WIDTH);
            match level {
                _ if width == 0 => {}
                0 => hashes.extend(read(reader, 0, index, width)?),
                _ => {
                    for below in on_level - width as u64..on_level {
                        hashes.push(fold(&read(reader, level - 1, below, TILE_WIDTH)?));
                    }
                }
            }
            edge.push(hashes);
        }
        Ok(Frontier { size, subtrees: subtrees_of(&edge), edge })
    }
}

/// The hashes of the edge, from the highest tile level down, each level cut into subtrees by the bits of its width.
fn subtrees_of(edge: &[Vec<Hash>]) -> Vec<Hash> {
    let mut subtrees = Vec::new();
    for tile in edge.iter().rev() {
        let mut rest = tile.as_slice();
        while !rest.is_empty() {
            let (complete, after) = rest.split_at(1 << rest.len().ilog2());
            subtrees.push(fold(complete));
            rest = after;
        }
    }
    subtrees
}

fn read<R: TileReader>(reader: &R, level: u8, index: u64, width: usize) -> Result<Vec<Hash>, RestoreError<R::Error>> {
    let hashes = reader.read_tile(level, index, width).map_err(|source| RestoreError::Read { level, index, source })?;
    match hashes.get(..width) {
        Some(hashes) => Ok(hashes.to_vec()),
        None => Err(RestoreError::Short { level, index, expected: width, found: hashes.len() }),
    }
}
