//! Tiles: the tree cut into strips of 256 hashes, as C2SP `tlog-tiles` lays them out.
//!
//! The tile (level, index) holds the hashes of 256 consecutive complete subtrees of 256^level entries each: leaf hashes
//! on level 0, roots of full level 0 tiles on level 1, and so on. A full tile never changes. Stores keep full tiles;
//! the right edge, whose tiles still grow, is in the [`Frontier`](crate::Frontier).

use std::borrow::Cow;

use crate::frontier::Frontier;
use crate::hash::{Hash, node_hash};
use crate::limits::BUNDLE_ENTRY_BYTES_MAX;

/// Hashes of a full tile.
pub const TILE_WIDTH: usize = 256;

/// A tile that will never change again, to be stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FullTile {
    /// 0 for leaf hashes.
    pub level: u8,
    /// Its place on the level, from 0.
    pub index: u64,
    hashes: Vec<Hash>,
}

impl FullTile {
    /// INVARIANT: a full tile has [`TILE_WIDTH`] hashes.
    pub(crate) fn new(level: u8, index: u64, hashes: Vec<Hash>) -> FullTile {
        assert_eq!(hashes.len(), TILE_WIDTH, "a full tile has {TILE_WIDTH} hashes");
        FullTile { level, index, hashes }
    }

    /// The hashes, leftmost first.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The 8,192 bytes that `tlog-tiles` serves and a store keeps.
    pub fn to_bytes(&self) -> Vec<u8> {
        tile_bytes(&self.hashes)
    }

    /// The number of the first and one past the last entry that this tile covers.
    pub fn entries(&self) -> std::ops::Range<u64> {
        let shift = 8 * (u32::from(self.level) + 1);
        self.index << shift..(self.index + 1) << shift
    }
}

/// The bytes of a tile, full or partial: its hashes one after another.
pub fn tile_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The hashes in the bytes of a tile, full or partial; `None` if the length is not that of 1 to 256 hashes.
pub fn tile_hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks();
    let whole = rest.is_empty() && (1..=TILE_WIDTH).contains(&hashes.len());
    whole.then(|| hashes.iter().copied().map(Hash).collect())
}

/// Where tiles come from: a table, a directory, an export.
pub trait TileReader {
    /// Why a read failed.
    type Error;

    /// The first `width` or more hashes of the tile, 1 to 256, of which `width` are complete at the size in question.
    fn read_tile(&self, level: u8, index: u64, width: usize) -> Result<Cow<'_, [Hash]>, Self::Error>;
}

/// Full tiles from a store, and the right edge from the frontier in memory: what a live ledger reads proofs from.
pub struct WithEdge<'a, R> {
    /// The frontier of the ledger as it is now.
    pub frontier: &'a Frontier,
    /// Reads full tiles; it is asked for no others.
    pub full: &'a R,
}

impl<R: TileReader> TileReader for WithEdge<'_, R> {
    type Error = R::Error;

    fn read_tile(&self, level: u8, index: u64, width: usize) -> Result<Cow<'_, [Hash]>, R::Error> {
        match self.frontier.edge_tile(level) {
            Some((edge_index, hashes)) if edge_index == index && hashes.len() >= width => Ok(Cow::Borrowed(hashes)),
            _ => self.full.read_tile(level, index, TILE_WIDTH),
        }
    }
}

/// The root of a complete subtree, from hashes that are equally high. INVARIANT: their count is a power of two.
pub(crate) fn fold(hashes: &[Hash]) -> Hash {
    assert!(hashes.len().is_power_of_two(), "a complete subtree has a power of two of hashes");
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        for pair in 0..row.len() / 2 {
            row[pair] = node_hash(&row[2 * pair], &row[2 * pair + 1]);
        }
        row.truncate(row.len() / 2);
    }
    row[0]
}

/// Hashes of the tile (level, index) in a tree of `size` entries: 256 if full, 0 if the tree does not reach it.
pub(crate) fn tile_width(level: u8, index: u64, size: u64) -> usize {
    let on_level = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    let width = on_level.saturating_sub(index.saturating_mul(TILE_WIDTH as u64));
    width.min(TILE_WIDTH as u64) as usize
}

/// The path of a tile below the prefix of a log, e.g. `tile/0/x001/x234/067` or `tile/1/000.p/5`.
pub fn tile_path(level: u8, index: u64, width: usize) -> String {
    format!("tile/{level}/{}", index_path(index, width))
}

/// The path of an entry bundle below the prefix of a log, e.g. `tile/entries/000.p/7`.
pub fn entry_bundle_path(index: u64, width: usize) -> String {
    format!("tile/entries/{}", index_path(index, width))
}

fn index_path(index: u64, width: usize) -> String {
    assert!((1..=TILE_WIDTH).contains(&width), "a tile has 1 to {TILE_WIDTH} hashes");
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if width < TILE_WIDTH {
        path.push_str(&format!(".p/{width}"));
    }
    path
}

/// An entry that a C2SP entry bundle cannot carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("leaf {position} of the bundle has {bytes} bytes, an entry bundle carries at most {BUNDLE_ENTRY_BYTES_MAX}")]
pub struct BundleError {
    /// Its place in the bundle, from 0.
    pub position: usize,
    /// Its length.
    pub bytes: usize,
}

/// The bytes of an entry bundle: each leaf after its length in two bytes, big end first.
pub fn entry_bundle<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, BundleError> {
    let mut bundle = Vec::new();
    for (position, leaf) in leaves.into_iter().enumerate() {
        let length = u16::try_from(leaf.len()).map_err(|_| BundleError { position, bytes: leaf.len() })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(leaf);
    }
    Ok(bundle)
}
