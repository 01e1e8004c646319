//! Verifying: every entry, hash, tile, checkpoint and the head against each other; the first thing that is wrong is named.
//!
//! Two threads read and check entries, each by itself; a third joins their results to the tree.
//!
//! INVARIANT: what is damaged is a finding, never an error: an error means that nothing could be said.

use std::path::Path;
use std::sync::mpsc;

use bussola_ledger::{
    CheckedChunk, Checkpoint, Fault, FullTile, StoredEntry, TreeHead, Verifier, VerifyingKey, check_chunk, leaf_kind,
    open_stored_checkpoint,
};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::audit::recovered::{RECOVERED, Recovery};
use crate::audit::texts::{Gone, Said};
use crate::audit::{deep, open};
use crate::directory::Directory;
use crate::error::StoreError;
use crate::journal::JournalError;
use crate::journal::sqlite::{expected_schema, read_head, stored_schema};

/// Entries checked at once.
const CHUNK: u64 = 4_096;

/// Chunks that one thread may be ahead of the tree.
const CHUNKS_AHEAD: usize = 4;

/// How far to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// The ledger: entries, hashes, tiles, head, checkpoints, texts.
    #[default]
    Ledger,
    /// Also every page of the database, the names and texts against the entries, and the history against a fold of all
    /// entries.
    Deep,
}

/// What to hold the ledger against.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The key that someone kept elsewhere; none: `ledger.vkey` of the directory.
    pub key: Option<VerifyingKey>,
    /// A signed note that someone kept elsewhere. Without one a ledger that was cut at its end cannot be told from a
    /// younger one.
    pub checkpoint: Option<String>,
    /// How far to look.
    pub depth: Depth,
}

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What and where.
    pub what: String,
    /// The first entry that is known to be concerned.
    pub seq: Option<u64>,
    /// What to do about it.
    pub hint: &'static str,
}

/// What verifying found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Entries that were checked and belong together.
    pub size: u64,
    /// The head, if everything before it is in order.
    pub head: Option<TreeHead>,
    /// Checkpoints that the entries agree with, stored and given.
    pub checkpoints: usize,
    /// Where an operator let a ledger be served that is not what was served before.
    pub recovered: Vec<Recovery>,
    /// Texts that are gone, as entries say. Counted when looking deep.
    pub gone: Gone,
    /// The first finding of each kind of check; empty: all is in order.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether all is in order.
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty()
    }
}

const RESTORE: &str = "restore the ledger from a backup and check the disk";

fn fault(fault: &Fault) -> Finding {
    Finding { what: fault.to_string(), seq: fault.seq(), hint: fault.hint() }
}

pub(super) fn finding(what: impl Into<String>, seq: Option<u64>, hint: &'static str) -> Finding {
    Finding { what: what.into(), seq, hint }
}

pub(super) fn unreadable(error: &JournalError, seq: Option<u64>) -> Finding {
    let place = seq.map_or(String::new(), |seq| format!(" from entry {seq} on"));
    finding(format!("the database cannot be read{place}: {error}"), seq, RESTORE)
}

/// Checks the ledger of a directory.
pub fn verify(directory: &Path, request: &Request) -> Result<Report, StoreError> {
    let directory = Directory::new(directory);
    let mut report = Report {
        size: 0,
        head: None,
        checkpoints: 0,
        recovered: Vec::new(),
        gone: Gone::default(),
        findings: Vec::new(),
    };
    if !directory.database().is_file() {
        return Err(StoreError::NoLedger { path: directory.path });
    }
    let connection = match open(&directory) {
        Ok(connection) => connection,
        Err(StoreError::Read { source }) => {
            report.findings.push(unreadable(&source, None));
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    let key = match &request.key {
        Some(key) => key.clone(),
        None => match directory.read_public_key()? {
            Some(key) => key,
            None => return Err(StoreError::file("read", &directory.public_key(), std::io::ErrorKind::NotFound.into())),
        },
    };
    // One moment of the ledger: a server beside may go on writing.
    let begun = connection.execute_batch("BEGIN").map_err(JournalError::from).and_then(|()| read_head(&connection));
    let head = match begun {
        Ok(head) => Some(head),
        Err(error) => {
            report.findings.push(finding(format!("the head cannot be read: {error}"), None, RESTORE));
            None
        }
    };
    check_identity(&connection, &key, &mut report);
    let checkpoints = open_checkpoints(&connection, &key, request, &mut report);
    check_entries(&directory, &connection, checkpoints, head, &mut report);
    check_texts(&connection, &mut report);
    if request.depth == Depth::Deep {
        check_pages(&connection, &mut report);
        if report.findings.is_empty()
            && let Some(head) = head
        {
            look_deep(&directory, &connection, head, &mut report)?;
        }
    }
    Ok(report)
}

/// What stands beside the entries, once these are known to be in order.
fn look_deep(
    directory: &Directory,
    connection: &Connection,
    head: TreeHead,
    report: &mut Report,
) -> Result<(), StoreError> {
    let said = match Said::read(connection, head.size) {
        Ok(said) => said,
        Err(error) => {
            report.findings.push(unreadable(&error, None));
            return Ok(());
        }
    };
    let forgotten_before = said.forgotten_before;
    (report.findings, report.gone) = said.check(connection);
    report.findings.extend(deep::check_history(directory, connection, head, forgotten_before)?);
    Ok(())
}

/// The tables are those that this release makes, and the ledger names the key.
fn check_identity(connection: &Connection, key: &VerifyingKey, report: &mut Report) {
    let check = || -> Result<Option<Finding>, JournalError> {
        if stored_schema(connection)? != expected_schema()? {
            let hint = "another program changed the tables: compare with a backup";
            return Ok(Some(finding("the tables are not those that bussola makes", None, hint)));
        }
        let select = "SELECT vkey FROM meta WHERE id = 0";
        let vkey: Option<String> = connection.query_row(select, [], |row| row.get(0)).optional()?;
        Ok((vkey != Some(key.to_string())).then(|| {
            let found = vkey.unwrap_or_else(|| "none".into());
            finding(
                format!("the ledger names key `{found}`, expected `{key}`"),
                None,
                "check that the key belongs to this ledger",
            )
        }))
    };
    report.findings.extend(check().unwrap_or_else(|error| Some(unreadable(&error, None))));
}

/// Stored checkpoints and the one that was given, their signatures checked.
fn open_checkpoints(
    connection: &Connection,
    key: &VerifyingKey,
    request: &Request,
    report: &mut Report,
) -> Vec<Checkpoint> {
    let mut opened = Vec::new();
    if let Some(note) = &request.checkpoint {
        match key.open(note) {
            Ok(checkpoint) => opened.push(checkpoint),
            Err(error) => report.findings.push(finding(format!("the given checkpoint: {error}"), None, error.hint())),
        }
    }
    let mut read = || -> Result<Option<Fault>, JournalError> {
        let mut statement = connection.prepare("SELECT size, note FROM checkpoints ORDER BY size")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (size, note) = (row.get::<_, i64>(0)? as u64, row.get_ref(1)?);
            let note = note.as_str().unwrap_or_default();
            match open_stored_checkpoint(size, note, key) {
                Ok(checkpoint) => opened.push(checkpoint),
                Err(fault) => return Ok(Some(fault)),
            }
        }
        Ok(None)
    };
    match read() {
        Ok(found) => report.findings.extend(found.as_ref().map(fault)),
        Err(error) => report.findings.push(finding(format!("checkpoints cannot be read: {error}"), None, RESTORE)),
    }
    opened
}

/// What a checking thread hands on.
type Checked = Result<(CheckedChunk, Vec<Recovery>), Finding>;

fn check_entries(
    directory: &Directory,
    connection: &Connection,
    checkpoints: Vec<Checkpoint>,
    head: Option<TreeHead>,
    report: &mut Report,
) {
    let span = connection.query_row("SELECT min(seq), max(seq) FROM entries", [], |row| {
        Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))
    });
    let (first, last) = match span {
        Ok(span) => span,
        Err(error) => {
            report.findings.push(unreadable(&error.into(), Some(0)));
            return;
        }
    };
    if first.is_some_and(|first| first < 0) {
        report.findings.push(finding("there is an entry before the first", None, RESTORE));
    }
    // Beside a server: what it adds meanwhile is after the head that was read.
    let stored = last.map_or(0, |last| (last + 1).max(0) as u64);
    let mut verifier = Verifier::new(checkpoints);
    let mut tiles = 0_u64;
    let found = std::thread::scope(|scope| -> Result<(), Finding> {
        let receivers = [0, 1].map(|half| {
            let (sender, receiver) = mpsc::sync_channel::<Checked>(CHUNKS_AHEAD);
            scope.spawn(move || check_half(directory, half, stored, &sender));
            receiver
        });
        for chunk in 0..stored.div_ceil(CHUNK) {
            let checked = receivers[(chunk % 2) as usize].recv();
            let (checked, recovered) =
                checked.map_err(|_| finding("a checking thread stopped", None, "this is a bug"))??;
            report.recovered.extend(recovered);
            for tile in verifier.chunk(&checked).map_err(|found| fault(&found))? {
                let bytes =
                    read_tile(connection, &tile).map_err(|error| unreadable(&error, Some(tile.entries().start)))?;
                verifier.tile(&tile, bytes.as_deref()).map_err(|found| fault(&found))?;
                tiles += 1;
            }
            report.size = verifier.size();
        }
        Ok(())
    });
    if let Err(found) = found {
        report.findings.push(found);
        return;
    }
    match verifier.finish(head) {
        Ok(verified) => {
            report.size = verified.head.size;
            report.head = head;
            report.checkpoints = verified.checkpoints;
        }
        Err(found) => report.findings.push(fault(&found)),
    }
    match connection.query_row("SELECT count(*) FROM tiles", [], |row| row.get::<_, i64>(0)) {
        Ok(stored) if stored as u64 != tiles => {
            let what = format!("there are {stored} tiles, the entries make {tiles}");
            report.findings.push(finding(what, None, "tiles are derived from the entries: rebuild them"));
        }
        Ok(_) => {}
        Err(error) => report.findings.push(unreadable(&error.into(), None)),
    }
}

fn read_tile(connection: &Connection, tile: &FullTile) -> Result<Option<Vec<u8>>, JournalError> {
    let mut statement = connection.prepare_cached("SELECT hashes FROM tiles WHERE level = ? AND idx = ?")?;
    Ok(statement.query_row(params![tile.level, tile.index as i64], |row| row.get(0)).optional()?)
}

/// Checks every second chunk of entries.
fn check_half(directory: &Directory, half: u64, stored: u64, sender: &mpsc::SyncSender<Checked>) {
    let connection = match open(directory) {
        Ok(connection) => connection,
        Err(error) => {
            let _gone = sender.send(Err(finding(error.to_string(), None, error.hint())));
            return;
        }
    };
    let mut buffer = Buffer::default();
    for first in (half * CHUNK..stored).step_by(2 * CHUNK as usize) {
        let end = stored.min(first + CHUNK);
        let checked = buffer.read(&connection, first, end).and_then(|()| buffer.check(first, end));
        let failed = checked.is_err();
        if sender.send(checked).is_err() || failed {
            return;
        }
    }
}

/// Entries of one chunk, their leaves one after another.
#[derive(Default)]
struct Buffer {
    leaves: Vec<u8>,
    rows: Vec<(u64, [u8; 32], usize, Option<i64>)>,
}

impl Buffer {
    fn read(&mut self, connection: &Connection, first: u64, end: u64) -> Result<(), Finding> {
        self.leaves.clear();
        self.rows.clear();
        let next = |rows: &Vec<(u64, [u8; 32], usize, Option<i64>)>| Some(first + rows.len() as u64);
        let read = (|| -> Result<(), JournalError> {
            let select = "SELECT seq, hash, leaf, run FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq";
            let mut statement = connection.prepare_cached(select)?;
            let mut rows = statement.query(params![first as i64, end as i64])?;
            while let Some(row) = rows.next()? {
                let seq = row.get::<_, i64>(0)? as u64;
                let wrong = |what: &str| JournalError::Damaged(format!("{what} of entry {seq} is of the wrong kind"));
                let hash = row.get_ref(1)?.as_blob().map_err(|_| wrong("the hash"))?;
                let hash = <[u8; 32]>::try_from(hash).map_err(|_| wrong("the hash"))?;
                self.leaves.extend_from_slice(row.get_ref(2)?.as_blob().map_err(|_| wrong("the leaf"))?);
                let run = row.get(3).map_err(|_| wrong("the run"))?;
                self.rows.push((seq, hash, self.leaves.len(), run));
            }
            Ok(())
        })();
        read.map_err(|error| unreadable(&error, next(&self.rows)))
    }

    fn check(&self, first: u64, end: u64) -> Checked {
        let entries = self.entries().map(|(seq, hash, leaf, _)| StoredEntry { seq, hash: hash.into(), leaf });
        let checked = check_chunk(first, entries).map_err(|found| fault(&found))?;
        let mut recovered = Vec::new();
        if (self.rows.len() as u64) < end - first {
            let seq = first + self.rows.len() as u64;
            let hint =
                "entries were removed: restore the ledger from a backup and compare with a checkpoint kept elsewhere";
            return Err(finding(format!("entry {seq} is missing"), Some(seq), hint));
        }
        for (seq, _, leaf, run) in self.entries() {
            // The column only finds a run's entries; this is what it must repeat. No string can contain a bare quote.
            let run = run.map_or_else(|| "null".to_owned(), |run| run.to_string());
            if !contains_late(leaf, format!(",\"run\":{run},\"seq\":{seq},\"subject\":\"").as_bytes()) {
                let what = format!("entry {seq} is indexed under run {run}, its leaf says otherwise");
                return Err(finding(what, Some(seq), "the index was changed: restore the ledger from a backup"));
            }
            if leaf_kind(leaf) == Some(RECOVERED) {
                recovered.extend(Recovery::read(leaf));
            }
        }
        Ok((checked, recovered))
    }

    fn entries(&self) -> impl Iterator<Item = (u64, [u8; 32], &[u8], Option<i64>)> {
        let mut from = 0;
        self.rows.iter().map(move |&(seq, hash, end, run)| {
            let leaf = &self.leaves[from..end];
            from = end;
            (seq, hash, leaf, run)
        })
    }
}

/// Whether `leaf` contains `part`, looked for from the end, where it stands.
fn contains_late(leaf: &[u8], part: &[u8]) -> bool {
    leaf.windows(part.len()).rev().any(|window| window == part)
}

/// Every text is what its hash says.
fn check_texts(connection: &Connection, report: &mut Report) {
    let check = || -> Result<Option<Finding>, JournalError> {
        let mut statement = connection.prepare("SELECT hash, content FROM blobs")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (hash, content) = (row.get_ref(0)?, row.get_ref(1)?);
            let computed = Sha256::digest(content.as_bytes().unwrap_or_default());
            let hash = hash.as_blob().unwrap_or_default();
            if computed.as_slice() != hash {
                let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                let what = format!("the text {hash} is not what its hash says");
                return Ok(Some(finding(what, None, "the text was changed: restore it from a backup")));
            }
        }
        Ok(None)
    };
    report.findings.extend(check().unwrap_or_else(|error| Some(unreadable(&error, None))));
}

/// SQLite's own check of every page and index.
fn check_pages(connection: &Connection, report: &mut Report) {
    let checked = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
    match checked {
        Ok(text) if text == "ok" => {}
        Ok(text) => report.findings.push(finding(format!("the database file is damaged: {text}"), None, RESTORE)),
        Err(error) => report.findings.push(unreadable(&error.into(), None)),
    }
}
