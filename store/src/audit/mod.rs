//! A data directory seen from outside: verify it, sign what it holds, prove an entry, export all. On the directory of a
//! stopped server, and beside a running one: everything here only reads.

mod deep;
mod recovered;
mod texts;
mod verify;

use std::io::Write;
use std::path::Path;

use bussola_domain::id::{BlobHash, NameId};
use bussola_domain::names::Salt;
use bussola_ledger::{InclusionProofText, inclusion_proof};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::directory::Directory;
use crate::error::StoreError;
use crate::journal::JournalError;
use crate::journal::sqlite::{StoredTiles, open_to_read, read_blob, read_entries, read_head, read_name};
use crate::limits::FOLD_CHUNK;

pub use recovered::{RECOVERED, Recovery};
pub use texts::Gone;
pub use verify::{Depth, Finding, Report, Request, verify};

/// Opens the database of a directory to read from it.
pub(crate) fn open(directory: &Directory) -> Result<Connection, StoreError> {
    let path = directory.database();
    if !path.is_file() {
        return Err(StoreError::NoLedger { path: directory.path.clone() });
    }
    let opened = open_to_read(&path).and_then(|connection| {
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    });
    match opened {
        Ok(connection) => Ok(connection),
        // On a medium that cannot be written SQLite cannot coordinate with a server; there is none then.
        Err(_) if is_folded(directory) => open_immutable(&path).map_err(|error| StoreError::read(error.into())),
        Err(error) => Err(StoreError::read(error)),
    }
}

/// Nothing waits in the write-ahead log, so that the database file is all there is.
fn is_folded(directory: &Directory) -> bool {
    std::fs::metadata(directory.log()).map_or(true, |log| log.len() == 0)
}

fn open_immutable(path: &Path) -> Result<Connection, rusqlite::Error> {
    let escaped: String = path
        .to_string_lossy()
        .chars()
        .map(|c| match c {
            '%' => "%25".into(),
            '?' => "%3f".into(),
            '#' => "%23".into(),
            c => c.to_string(),
        })
        .collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// A signed note of what the directory holds. Needs its key file.
pub fn checkpoint(directory: &Path) -> Result<String, StoreError> {
    let directory = Directory::new(directory);
    let head = read_head(&open(&directory)?).map_err(StoreError::read)?;
    Ok(signing_key(&directory)?.sign(head))
}

fn signing_key(directory: &Directory) -> Result<bussola_ledger::SigningKey, StoreError> {
    let missing = || StoreError::file("read", &directory.key(), std::io::ErrorKind::NotFound.into());
    directory.read_key()?.ok_or_else(missing)
}

/// The proof that an entry is in the ledger. Signs a checkpoint of now if the key file can be read, else leads to the
/// latest stored one.
pub fn prove(directory: &Path, seq: u64) -> Result<InclusionProofText, StoreError> {
    let directory = Directory::new(directory);
    let connection = open(&directory)?;
    let head = read_head(&connection).map_err(StoreError::read)?;
    if seq >= head.size {
        return Err(StoreError::NoSuchEntry { seq, size: head.size });
    }
    let (size, note) = match directory.read_key() {
        Ok(Some(key)) => (head.size, key.sign(head)),
        Ok(None) | Err(StoreError::File { .. }) => {
            let unproven =
                || StoreError::Unproven { seq, reason: "no checkpoint was signed since it was written".into() };
            latest_checkpoint(&connection, seq).map_err(StoreError::read)?.ok_or_else(unproven)?
        }
        Err(error) => return Err(error),
    };
    // Tiles of a growing ledger are only ever added, so a proof for an older size reads the same beside a server.
    let hashes = inclusion_proof(seq, size, &SizedTiles { tiles: StoredTiles { connection: &connection }, size })
        .map_err(|error| StoreError::Unproven { seq, reason: error.to_string() })?;
    Ok(InclusionProofText { seq, hashes, note })
}

fn latest_checkpoint(connection: &Connection, seq: u64) -> Result<Option<(u64, String)>, JournalError> {
    let select = "SELECT size, note FROM checkpoints WHERE size > ? ORDER BY size DESC LIMIT 1";
    let row = connection.query_row(select, [seq as i64], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)));
    Ok(row.optional()?)
}

/// Tiles of every level at some size: what is not stored as a full tile is folded from the level below.
struct SizedTiles<'a> {
    tiles: StoredTiles<'a>,
    size: u64,
}

impl bussola_ledger::TileReader for SizedTiles<'_> {
    type Error = JournalError;

    fn read_tile(
        &self,
        level: u8,
        index: u64,
        width: usize,
    ) -> Result<std::borrow::Cow<'_, [bussola_ledger::Hash]>, JournalError> {
        let stored = self.tiles.read_tile(level, index, width)?;
        if stored.len() >= width || level == 0 {
            return Ok(stored);
        }
        // The right edge. Restoring it reads at most 255 tiles of the level below.
        let frontier = bussola_ledger::Frontier::restore(self.size, &self.tiles)
            .map_err(|error| JournalError::Damaged(error.to_string()))?;
        let edge = frontier.edge_tile(level).filter(|&(at, _)| at == index).map(|(_, hashes)| hashes.to_vec());
        Ok(std::borrow::Cow::Owned(edge.unwrap_or_default()))
    }
}

/// A text by its hash; none: it was never kept, or is no longer.
pub fn text(directory: &Path, hash: BlobHash) -> Result<Option<String>, StoreError> {
    read_blob(&open(&Directory::new(directory))?, hash).map_err(StoreError::read)
}

/// Salt and text of a name; none: there is no such number, or it was erased.
pub fn name(directory: &Path, name: NameId) -> Result<Option<(Salt, String)>, StoreError> {
    read_name(&open(&Directory::new(directory))?, name).map_err(StoreError::read)
}

/// Writes every entry as one line of JSON: its leaf, the very bytes that are hashed. Returns how many there were.
///
/// The lines alone rebuild the tree: the hash of an entry is SHA-256 of a zero byte and its line without the line feed.
pub fn export(directory: &Path, out: &mut dyn Write) -> Result<u64, StoreError> {
    let directory = Directory::new(directory);
    let connection = open(&directory)?;
    let size = read_head(&connection).map_err(StoreError::read)?.size;
    let mut next = 0;
    while next < size {
        let rows = read_entries(&connection, next, FOLD_CHUNK.min((size - next) as usize)).map_err(StoreError::read)?;
        if rows.is_empty() {
            return Err(StoreError::NoSuchEntry { seq: next, size: next });
        }
        for row in rows {
            let written = out.write_all(&row.leaf).and_then(|()| out.write_all(b"\n"));
            written.map_err(|error| StoreError::file("write", Path::new("export"), error))?;
            next = row.seq + 1;
        }
    }
    Ok(size)
}
