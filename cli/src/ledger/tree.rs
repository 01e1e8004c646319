//! The Merkle tree of a whole ledger, made from its leaves: for proofs of growth, and for an export that can be served.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use bussola_ledger::{
    ConsistencyProofText, Frontier, FullTile, Hash, TILE_WIDTH, TileReader, TreeHead, WithEdge, consistency_proof,
    entry_bundle, entry_bundle_path, leaf_hash, multi_proof, tile_bytes, tile_path,
};

use super::source::Source;
use super::write;
use crate::error::{CliError, Code};

/// All hashes, in tiles.
#[derive(Default)]
pub struct Tree {
    frontier: Frontier,
    full: Tiles,
}

#[derive(Default)]
struct Tiles(HashMap<(u8, u64), FullTile>);

/// A tile that the tree must have is not there: a bug, said rather than died of.
#[derive(Debug)]
pub struct NoTile;

impl TileReader for Tiles {
    type Error = NoTile;

    fn read_tile(&self, level: u8, index: u64, _: usize) -> Result<Cow<'_, [Hash]>, NoTile> {
        self.0.get(&(level, index)).map(|tile| Cow::Borrowed(tile.hashes())).ok_or(NoTile)
    }
}

impl Tree {
    /// Of the first `size` entries.
    pub fn read(source: &mut Source<'_>, size: u64) -> Result<Tree, CliError> {
        let mut tree = Tree::default();
        source.leaves(size, &mut |_, leaf| {
            tree.append(leaf);
            Ok(())
        })?;
        Ok(tree)
    }

    /// Takes the next entry.
    pub fn append(&mut self, leaf: &[u8]) {
        for tile in self.frontier.append(leaf_hash(leaf)) {
            self.full.0.insert((tile.level, tile.index), tile);
        }
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        self.frontier.head()
    }

    /// One proof of these entries, which are in order.
    pub fn prove_many(&self, seqs: &[u64]) -> Result<Vec<Hash>, CliError> {
        let reader = WithEdge { frontier: &self.frontier, full: &self.full };
        multi_proof(seqs, self.frontier.size(), &reader).map_err(|_| {
            CliError::new(
                Code::NotVerified,
                "cannot prove the entries: the tree is not whole",
                "run `bussola ledger verify`",
            )
        })
    }

    /// The proof that the tree only grew since it had `old_size` entries.
    pub fn grown_since(&self, old_size: u64, note: String) -> Result<ConsistencyProofText, CliError> {
        let reader = WithEdge { frontier: &self.frontier, full: &self.full };
        let hashes = consistency_proof(old_size, self.frontier.size(), &reader).map_err(|_| {
            let message = format!("cannot prove growth since {old_size} entries: the tree is not whole");
            CliError::new(Code::NotVerified, message, "run `bussola ledger verify`")
        })?;
        Ok(ConsistencyProofText { old_size, hashes, note })
    }
}

/// Writes `entries.jsonl`, tiles and entry bundles. Returns the bundles that could not be written: C2SP's form has no
/// place for entries of more than 65,535 bytes.
pub fn export(source: &mut Source<'_>, size: u64, folder: &Path) -> Result<Vec<u64>, CliError> {
    fs::create_dir_all(folder).map_err(|error| CliError::write(folder, &error))?;
    let path = folder.join("entries.jsonl");
    let failed = |error: std::io::Error| CliError::write(&path, &error);
    let mut lines = BufWriter::new(File::create(&path).map_err(failed)?);
    let mut frontier = Frontier::new();
    let mut bundle: Vec<Vec<u8>> = Vec::with_capacity(TILE_WIDTH);
    let mut skipped = Vec::new();
    let mut put = |bundle: &mut Vec<Vec<u8>>, index: u64| {
        let written = match entry_bundle(bundle.iter().map(Vec::as_slice)) {
            Ok(bytes) => write(&folder.join(entry_bundle_path(index, bundle.len())), &bytes),
            Err(_) => {
                skipped.push(index);
                Ok(())
            }
        };
        bundle.clear();
        written
    };
    source.leaves(size, &mut |seq, leaf| {
        lines.write_all(leaf).and_then(|()| lines.write_all(b"\n")).map_err(failed)?;
        bundle.push(leaf.to_vec());
        if bundle.len() == TILE_WIDTH {
            put(&mut bundle, seq / TILE_WIDTH as u64)?;
        }
        for tile in frontier.append(leaf_hash(leaf)) {
            write(&folder.join(tile_path(tile.level, tile.index, TILE_WIDTH)), &tile.to_bytes())?;
        }
        Ok(())
    })?;
    if !bundle.is_empty() {
        put(&mut bundle, size / TILE_WIDTH as u64)?;
    }
    for (level, index, hashes) in frontier.edge_tiles() {
        write(&folder.join(tile_path(level, index, hashes.len())), &tile_bytes(hashes))?;
    }
    lines.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok(skipped)
}
