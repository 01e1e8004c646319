//! Inclusion and consistency proofs: made from tiles, verified from nothing but the proof.
//!
//! Made as RFC 6962 section 2.1 defines them, by recursion over the tree. Verified as RFC 9162 sections 2.1.3.2 and
//! 2.1.4.2 spell out, from the leaf up. The two sides share no code but [`node_hash`], so each is a test of the other.
//!
//! A proof reads two tiles per tile level at most, whatever the size: the ones above the entry and the right edge.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::checkpoint::TreeHead;
use crate::hash::{Hash, node_hash};
use crate::limits::PROOF_HASHES_MAX;
use crate::tile::{TileReader, fold, tile_width};

/// Why there is no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadProofError<E> {
    /// The tree has no such entry.
    #[error("entry {seq} is not among the first {size} entries")]
    NoSuchEntry {
        /// The entry asked for.
        seq: u64,
        /// The size of the tree.
        size: u64,
    },
    /// Entries of one proof are named in rising order, each once.
    #[error("entry {seq} of the proof is named out of order")]
    Order {
        /// The entry that does not come after the one before it.
        seq: u64,
    },
    /// A tree cannot have grown to be smaller.
    #[error("a ledger of {new} entries cannot follow one of {old}")]
    Shrinking {
        /// The size that is meant to be earlier.
        old: u64,
        /// The size that is meant to be later.
        new: u64,
    },
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

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no such entry.
    #[error("entry {seq} is not among the first {size} entries")]
    NoSuchEntry {
        /// The entry.
        seq: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A tree cannot have grown to be smaller.
    #[error("a ledger of {new} entries cannot follow one of {old}")]
    Shrinking {
        /// The size that is meant to be earlier.
        old: u64,
        /// The size that is meant to be later.
        new: u64,
    },
    /// Entries of one proof are named in rising order, each once.
    #[error("entry {seq} of the proof is named out of order")]
    Order {
        /// The entry that does not come after the one before it.
        seq: u64,
    },
    /// The proof has too few or too many hashes for these sizes.
    #[error("proof of {found} hashes is too {} for these sizes", if *.long { "long" } else { "short" })]
    Length {
        /// Hashes that it has.
        found: usize,
        /// Too many rather than too few.
        long: bool,
    },
    /// The entry and the proof lead to another root.
    #[error("proof leads to root {computed}, not to {root}")]
    Root {
        /// The root that was to be reached.
        root: Hash,
        /// The root that was reached.
        computed: Hash,
    },
    /// The proof does not contain the older tree.
    #[error("proof leads to older root {computed}, not to {root}")]
    OldRoot {
        /// The root that was to be reached.
        root: Hash,
        /// The root that was reached.
        computed: Hash,
    },
}

impl ProofError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ProofError::NoSuchEntry { .. } => "use a checkpoint that was signed after the entry was written",
            ProofError::Order { .. } => "name the entries in rising order",
            ProofError::Shrinking { .. } => "give the older checkpoint first",
            ProofError::Length { .. } => "the proof was made for other sizes, or was cut",
            ProofError::Root { .. } => "the entry, the proof or the checkpoint is not from this ledger, or was changed",
            ProofError::OldRoot { .. } => {
                "history before the older checkpoint was rewritten: keep both checkpoints as evidence"
            }
        }
    }
}

/// The hashes that lead from the leaf of `seq` to the root of the first `size` entries, lowest first.
pub fn inclusion_proof<R: TileReader>(seq: u64, size: u64, reader: &R) -> Result<Vec<Hash>, ReadProofError<R::Error>> {
    if seq >= size {
        return Err(ReadProofError::NoSuchEntry { seq, size });
    }
    let mut tree = Tree::new(size, reader);
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if seq < middle {
            proof.push(tree.hash(middle, end)?);
            end = middle;
        } else {
            proof.push(tree.hash(start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The hashes that show that the first `new` entries begin with the first `old` ones.
pub fn consistency_proof<R: TileReader>(old: u64, new: u64, reader: &R) -> Result<Vec<Hash>, ReadProofError<R::Error>> {
    if old > new {
        return Err(ReadProofError::Shrinking { old, new });
    }
    let mut proof = Vec::new();
    // Nothing to show: the tree without entries begins every tree, and every tree begins itself.
    if old == 0 || old == new {
        return Ok(proof);
    }
    let mut tree = Tree::new(new, reader);
    let (mut start, mut end) = (0, new);
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(tree.hash(middle, end)?);
            end = middle;
        } else {
            proof.push(tree.hash(start, middle)?);
            start = middle;
        }
    }
    // The old tree is what is left; its verifier has the root already if it is that of the whole old tree.
    if start > 0 {
        proof.push(tree.hash(start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The root of the first `size` entries.
pub fn root_at<R: TileReader>(size: u64, reader: &R) -> Result<Hash, ReadProofError<R::Error>> {
    Tree::new(size, reader).hash(0, size)
}

/// The size of the left subtree of `count` entries: the largest power of two below it.
pub(crate) fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// A tree of a certain size, read from tiles, each of them once.
pub(crate) struct Tree<'a, R: TileReader> {
    size: u64,
    reader: &'a R,
    tiles: HashMap<(u8, u64), Vec<Hash>>,
}

impl<'a, R: TileReader> Tree<'a, R> {
    pub(crate) fn new(size: u64, reader: &'a R) -> Tree<'a, R> {
        Tree { size, reader, tiles: HashMap::new() }
    }

    /// The hash of the entries from `start` to before `end`.
    pub(crate) fn hash(&mut self, start: u64, end: u64) -> Result<Hash, ReadProofError<R::Error>> {
        let count = end - start;
        if count == 0 {
            return Ok(Hash::EMPTY_ROOT);
        }
        if count.is_power_of_two() {
            return self.complete(start, count);
        }
        let middle = start + split(count);
        let left = self.complete(start, middle - start)?;
        Ok(node_hash(&left, &self.hash(middle, end)?))
    }

    /// The hash of a complete subtree. INVARIANT: `start` is a multiple of `count`, a power of two.
    fn complete(&mut self, start: u64, count: u64) -> Result<Hash, ReadProofError<R::Error>> {
        let height = count.ilog2();
        let level = (height / 8) as u8;
        let (first, hashes) = (start >> (8 * u32::from(level)), 1 << (height % 8));
        let position = (first % 256) as usize;
        let tile = self.tile(level, first / 256)?;
        Ok(fold(&tile[position..position + hashes]))
    }

    fn tile(&mut self, level: u8, index: u64) -> Result<&[Hash], ReadProofError<R::Error>> {
        match self.tiles.entry((level, index)) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let width = tile_width(level, index, self.size);
                let read = self.reader.read_tile(level, index, width);
                let read = read.map_err(|source| ReadProofError::Read { level, index, source })?;
                let Some(hashes) = read.get(..width) else {
                    return Err(ReadProofError::Short { level, index, expected: width, found: read.len() });
                };
                Ok(place.insert(hashes.to_vec()))
            }
        }
    }
}

/// Succeeds if the entry with this leaf hash is number `seq` of the tree with this head.
pub fn verify_inclusion(leaf: Hash, seq: u64, head: TreeHead, proof: &[Hash]) -> Result<(), ProofError> {
    if seq >= head.size {
        return Err(ProofError::NoSuchEntry { seq, size: head.size });
    }
    check_hashes(proof)?;
    let (mut node, mut last, mut computed) = (seq, head.size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length { found: proof.len(), long: true });
        }
        if node & 1 == 1 || node == last {
            computed = node_hash(sibling, &computed);
            skip_missing(&mut node, &mut last);
        } else {
            computed = node_hash(&computed, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length { found: proof.len(), long: false });
    }
    if computed != head.root {
        return Err(ProofError::Root { root: head.root, computed });
    }
    Ok(())
}

/// Succeeds if the tree with the new head begins with the tree with the old head.
pub fn verify_consistency(old: TreeHead, new: TreeHead, proof: &[Hash]) -> Result<(), ProofError> {
    if old.size > new.size {
        return Err(ProofError::Shrinking { old: old.size, new: new.size });
    }
    check_hashes(proof)?;
    for head in [old, new] {
        if head.size == 0 && head.root != Hash::EMPTY_ROOT {
            return Err(ProofError::Root { root: head.root, computed: Hash::EMPTY_ROOT });
        }
    }
    if old.size == 0 || old.size == new.size {
        if !proof.is_empty() {
            return Err(ProofError::Length { found: proof.len(), long: true });
        }
        if old.size == new.size && old.root != new.root {
            return Err(ProofError::OldRoot { root: old.root, computed: new.root });
        }
        return Ok(());
    }
    let short = ProofError::Length { found: proof.len(), long: false };
    // An old tree that is one complete subtree is its own first hash, which the proof then leaves out.
    let (first, rest) = match old.size.is_power_of_two() {
        true if proof.is_empty() => return Err(short),
        true => (old.root, proof),
        false => proof.split_first().map(|(first, rest)| (*first, rest)).ok_or_else(|| short.clone())?,
    };
    let (mut node, mut last) = (old.size - 1, new.size - 1);
    let shift = node.trailing_ones();
    (node, last) = (node >> shift, last >> shift);
    let (mut computed_old, mut computed_new) = (first, first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length { found: proof.len(), long: true });
        }
        if node & 1 == 1 || node == last {
            computed_old = node_hash(sibling, &computed_old);
            computed_new = node_hash(sibling, &computed_new);
            skip_missing(&mut node, &mut last);
        } else {
            computed_new = node_hash(&computed_new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(short);
    }
    if computed_old != old.root {
        return Err(ProofError::OldRoot { root: old.root, computed: computed_old });
    }
    if computed_new != new.root {
        return Err(ProofError::Root { root: new.root, computed: computed_new });
    }
    Ok(())
}

/// Climbs past the levels on which the last node has no sibling, which the proof skips.
fn skip_missing(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}

fn check_hashes(proof: &[Hash]) -> Result<(), ProofError> {
    if proof.len() > PROOF_HASHES_MAX {
        return Err(ProofError::Length { found: proof.len(), long: true });
    }
    Ok(())
}
