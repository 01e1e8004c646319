//! One proof for many entries: that all of them are in the tree, each in its place.
//!
//! It holds, from left to right, the hash of every largest subtree that contains none of the entries. So a run of
//! neighbours costs no more than two inclusion proofs however long it is, and scattered entries share what is above them.
//! And a run proves more than that its entries are there: that there is nothing between them.

use crate::checkpoint::TreeHead;
use crate::hash::{Hash, node_hash};
use crate::proof::{ProofError, ReadProofError, Tree, split};
use crate::tile::TileReader;

/// The hashes that show that the first `size` entries have these ones, named in rising order.
pub fn multi_proof<R: TileReader>(seqs: &[u64], size: u64, reader: &R) -> Result<Vec<Hash>, ReadProofError<R::Error>> {
    if let Some(pair) = seqs.array_windows().find(|[one, next]| one >= next) {
        return Err(ReadProofError::Order { seq: pair[1] });
    }
    if let Some(&seq) = seqs.last().filter(|&&seq| seq >= size) {
        return Err(ReadProofError::NoSuchEntry { seq, size });
    }
    let mut proof = Vec::new();
    if size > 0 {
        collect(&mut Tree::new(size, reader), 0, size, seqs, &mut proof)?;
    }
    Ok(proof)
}

fn collect<R: TileReader>(
    tree: &mut Tree<'_, R>,
    start: u64,
    end: u64,
    seqs: &[u64],
    proof: &mut Vec<Hash>,
) -> Result<(), ReadProofError<R::Error>> {
    if seqs.is_empty() {
        proof.push(tree.hash(start, end)?);
        return Ok(());
    }
    if end - start == 1 {
        return Ok(());
    }
    let middle = start + split(end - start);
    let (left, right) = seqs.split_at(seqs.partition_point(|&seq| seq < middle));
    collect(tree, start, middle, left, proof)?;
    collect(tree, middle, end, right, proof)
}

/// Succeeds if the tree with this head has these entries, named by place and leaf hash in rising order.
pub fn verify_multi(leaves: &[(u64, Hash)], head: TreeHead, proof: &[Hash]) -> Result<(), ProofError> {
    if let Some([_, (seq, _)]) = leaves.array_windows().find(|[(one, _), (next, _)]| one >= next) {
        return Err(ProofError::Order { seq: *seq });
    }
    if let Some(&(seq, _)) = leaves.last().filter(|(seq, _)| *seq >= head.size) {
        return Err(ProofError::NoSuchEntry { seq, size: head.size });
    }
    let mut rest = proof.iter();
    let computed = match head.size {
        0 => Some(Hash::EMPTY_ROOT),
        size => fold(0, size, leaves, &mut rest),
    };
    let Some(computed) = computed else { return Err(ProofError::Length { found: proof.len(), long: false }) };
    if rest.next().is_some() {
        return Err(ProofError::Length { found: proof.len(), long: true });
    }
    if computed != head.root {
        return Err(ProofError::Root { root: head.root, computed });
    }
    Ok(())
}

/// The hash of the entries from `start` to before `end`; none if the proof is too short.
fn fold(start: u64, end: u64, leaves: &[(u64, Hash)], proof: &mut std::slice::Iter<'_, Hash>) -> Option<Hash> {
    match leaves {
        [] => return proof.next().copied(),
        [(_, hash)] if end - start == 1 => return Some(*hash),
        _ => {}
    }
    let middle = start + split(end - start);
    let (left, right) = leaves.split_at(leaves.partition_point(|(seq, _)| *seq < middle));
    let left = fold(start, middle, left, proof)?;
    Some(node_hash(&left, &fold(middle, end, right, proof)?))
}
