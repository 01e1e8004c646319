//! Writes a small ledger and its evidence into a folder, as the files that an auditor gets:
//! `cargo run -p bussola-ledger --example fixture -- FOLDER`.
//!
//! The same entries, key and files each time. `ledger/tests/fixture` is one such folder, committed: it must keep
//! verifying as long as this format lives. The tests of the judge use another.

#![allow(clippy::unwrap_used, reason = "an example may stop at the first surprise")]

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use bussola_ledger::{
    ConsistencyProofText, EntryBody, Frontier, FullTile, Hash, InclusionProofText, Origin, Payload, SigningKey,
    TILE_WIDTH, TileReader, WithEdge, consistency_proof, entry_bundle, entry_bundle_path, format_hashes,
    inclusion_proof, leaf_hash, tile_bytes, tile_path,
};

struct Stored {
    leaves: Vec<Vec<u8>>,
    hashes: Vec<Hash>,
    tiles: Vec<FullTile>,
}

impl TileReader for Stored {
    type Error = &'static str;

    fn read_tile(&self, level: u8, index: u64, width: usize) -> Result<Cow<'_, [Hash]>, &'static str> {
        if let Some(tile) = self.tiles.iter().find(|tile| (tile.level, tile.index) == (level, index)) {
            return Ok(Cow::Borrowed(tile.hashes()));
        }
        let start = index as usize * TILE_WIDTH;
        let leaves = self.hashes.get(start..start + width).filter(|_| level == 0);
        leaves.map(Cow::Borrowed).ok_or("no such tile")
    }
}

/// Seven entries that show each feature of the format, then as many plain ones as are asked for.
fn body(seq: u64) -> EntryBody {
    let plain = EntryBody {
        at_us: 1_764_039_600_000_000 + seq as i64 * 1_000_000,
        principal: "user:7".to_owned(),
        authority: "policy:ops".to_owned(),
        kind: "attempt.succeeded".to_owned(),
        version: 1,
        subject: "component:default/load-orders".to_owned(),
        run: Some(1),
        payload: Payload::empty(),
    };
    let payload = |json: &str| Payload::new(json.as_bytes()).unwrap();
    let kind = |kind: &str| kind.to_owned();
    match seq {
        0 => EntryBody {
            kind: kind("ledger.opened"),
            subject: String::new(),
            run: None,
            authority: String::new(),
            ..plain
        },
        1 => EntryBody {
            kind: kind("component.declared"),
            run: None,
            payload: payload(
                r#"{"manifest":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","owner":"group:default/payments"}"#,
            ),
            ..plain
        },
        2 => {
            EntryBody { kind: kind("run.started"), payload: payload(r#"{"trigger":{"schedule":"nightly"}}"#), ..plain }
        }
        3 => EntryBody {
            kind: kind("attempt.started"),
            principal: "run:1".to_owned(),
            payload: payload(
                r#"{"attempt":1,"ratio":0.1,"resources":{"db":1,"gpu":1e+21},"task":"Load(day=\"2026-04-13\")\n"}"#,
            ),
            ..plain
        },
        4 => EntryBody {
            kind: kind("attempt.failed"),
            version: 2,
            payload: payload(r#"{"error":"perché no: \u0000\\","retry":true,"😀":[],"｡":null}"#),
            ..plain
        },
        5 => EntryBody { kind: kind("a.kind.nobody.knows"), version: u16::MAX, at_us: -1, ..plain },
        6 => EntryBody { kind: kind("run.finished"), run: Some((1 << 53) - 1), ..plain },
        _ => plain,
    }
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path: PathBuf = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The files that `bussola ledger export`, `checkpoint` and `prove` write, for a ledger of `size` entries whose older
/// checkpoint was signed at `old` and whose entry `seq` is proven.
pub fn write_evidence(folder: &Path, size: u64, old: u64, seq: u64) {
    let key = SigningKey::from_seed(Origin::new("bussola.example.com/ledger").unwrap(), [7; 32]);
    let mut stored = Stored { leaves: vec![], hashes: vec![], tiles: vec![] };
    let (mut frontier, mut old_head) = (Frontier::new(), None);
    for at in 0..size {
        let leaf = body(at).at(at).encode().unwrap();
        stored.hashes.push(leaf_hash(&leaf));
        stored.leaves.push(leaf);
        stored.tiles.extend(frontier.append(stored.hashes[at as usize]));
        if at + 1 == old {
            old_head = Some(frontier.head());
        }
    }
    let (note, old_note) = (key.sign(frontier.head()), key.sign(old_head.unwrap()));
    let lines: Vec<u8> = stored.leaves.iter().flat_map(|leaf| leaf.iter().copied().chain([b'\n'])).collect();
    write(folder, "ledger.vkey", format!("{}\n", key.verifying_key()));
    write(folder, "log/entries.jsonl", lines);
    write(folder, "log/checkpoint", &note);
    write(folder, "old-checkpoint", &old_note);
    write(folder, "root", format!("{}\n", frontier.root()));

    for tile in &stored.tiles {
        write(folder, &format!("log/{}", tile_path(tile.level, tile.index, TILE_WIDTH)), tile.to_bytes());
    }
    for (level, index, hashes) in frontier.edge_tiles() {
        write(folder, &format!("log/{}", tile_path(level, index, hashes.len())), tile_bytes(hashes));
    }
    for (index, leaves) in stored.leaves.chunks(TILE_WIDTH).enumerate() {
        let bundle = entry_bundle(leaves.iter().map(Vec::as_slice)).unwrap();
        write(folder, &format!("log/{}", entry_bundle_path(index as u64, leaves.len())), bundle);
    }

    let reader = WithEdge { frontier: &frontier, full: &stored };
    let hashes = inclusion_proof(seq, size, &reader).unwrap();
    write(folder, "entry.json", &stored.leaves[seq as usize]);
    write(folder, "entry.hashes", format_hashes(&hashes));
    write(folder, "entry.tlog-proof", InclusionProofText { seq, hashes, note: note.clone() }.to_string());
    let hashes = consistency_proof(old, size, &reader).unwrap();
    write(folder, "consistency.hashes", format_hashes(&hashes));
    write(folder, "consistency.proof", ConsistencyProofText { old_size: old, hashes, note }.to_string());
}

#[allow(dead_code, reason = "the tests include this file for the function above")]
fn main() {
    let folder = std::env::args_os().nth(1).expect("usage: fixture FOLDER");
    write_evidence(Path::new(&folder), 7, 3, 4);
}
