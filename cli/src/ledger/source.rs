//! Where a ledger is read from: a running server, or a data directory.

use std::io::{self, Write};
use std::path::Path;

use bussola_server::http::wire::ledger::{CheckpointNote, EntryProof};
use bussola_store::{StoreError, audit};

use crate::Common;
use crate::client::{Client, Query};
use crate::error::{CliError, Code};

/// Leaves in one answer of a server.
const LEAVES_AT_ONCE: u64 = 10_000;

/// A ledger to read.
pub enum Source<'a> {
    Server(Box<Client>),
    Data(&'a Path),
}

/// What is done with each leaf.
pub type Visit<'v> = dyn FnMut(u64, &[u8]) -> Result<(), CliError> + 'v;

impl<'a> Source<'a> {
    /// A directory if one is given, else the server.
    pub fn of(data: Option<&'a Path>, common: &Common) -> Result<Source<'a>, CliError> {
        match data {
            Some(data) => Ok(Source::Data(data)),
            None => Source::server(common),
        }
    }

    /// The server.
    pub fn server(common: &Common) -> Result<Source<'a>, CliError> {
        Ok(Source::Server(Box::new(common.client()?)))
    }

    /// A signed note of what there is, and the key that opens it.
    pub fn checkpoint(&mut self) -> Result<CheckpointNote, CliError> {
        match self {
            Source::Server(client) => client.get("/ledger/checkpoint"),
            Source::Data(data) => {
                Ok(CheckpointNote { note: audit::checkpoint(data)?, vkey: vkey(data)?, witnesses: Vec::new() })
            }
        }
    }

    /// The proof of an entry.
    pub fn proof(&mut self, seq: u64) -> Result<EntryProof, CliError> {
        let data = match self {
            Source::Server(client) => return client.get(&format!("/ledger/entries/{seq}/proof")),
            Source::Data(data) => *data,
        };
        let proof = audit::prove(data, seq)?;
        let mut leaf = Vec::new();
        self.leaves(seq + 1, &mut |at, bytes| {
            if at == seq {
                leaf = bytes.to_vec();
            }
            Ok(())
        })?;
        Ok(EntryProof::of(String::from_utf8_lossy(&leaf).into_owned(), &proof, vkey(data)?))
    }

    /// The first `size` leaves, in order.
    pub fn leaves(&mut self, size: u64, visit: &mut Visit<'_>) -> Result<(), CliError> {
        self.leaves_from(0, size, visit)
    }

    /// The leaves from one number on and before another, in order.
    pub fn leaves_from(&mut self, from: u64, size: u64, visit: &mut Visit<'_>) -> Result<(), CliError> {
        match self {
            Source::Data(data) => leaves_of_data(data, size, &mut |seq, leaf| match seq >= from {
                true => visit(seq, leaf),
                false => Ok(()),
            }),
            Source::Server(client) => {
                let mut next = from;
                while next < size {
                    let limit = LEAVES_AT_ONCE.min(size - next);
                    let query = Query::default().with("from", next).with("limit", limit);
                    let bytes = client.get_bytes(&format!("/ledger/leaves{query}"))?;
                    let before = next;
                    for leaf in bytes.split(|&byte| byte == b'\n').filter(|leaf| !leaf.is_empty()) {
                        visit(next, leaf)?;
                        next += 1;
                    }
                    if next == before {
                        let message = format!("cannot read entry {next}: the server has no more");
                        return Err(CliError::new(
                            Code::Strange,
                            message,
                            "verify the server's data directory with --data",
                        ));
                    }
                }
                Ok(())
            }
        }
    }
}

fn vkey(data: &Path) -> Result<String, CliError> {
    let path = data.join("ledger.vkey");
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let message = format!("cannot read `{}`: {}", path.display(), crate::client::reason(&error));
        CliError::new(Code::Io, message, "give the directory that `bussola serve --data` writes to")
    })?;
    Ok(text.trim().to_owned())
}

/// Cuts what is written into lines, and stops when there are enough.
struct Lines<'l, 'v> {
    rest: Vec<u8>,
    next: u64,
    size: u64,
    visit: &'l mut Visit<'v>,
    failed: Option<CliError>,
}

impl Write for Lines<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = || io::Error::other("enough");
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.rest.extend_from_slice(part);
            if self.rest.last() != Some(&b'\n') {
                continue;
            }
            self.rest.pop();
            if self.next == self.size {
                return Err(done());
            }
            if let Err(error) = (self.visit)(self.next, &self.rest) {
                self.failed = Some(error);
                return Err(done());
            }
            self.next += 1;
            self.rest.clear();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn leaves_of_data(data: &Path, size: u64, visit: &mut Visit<'_>) -> Result<(), CliError> {
    let mut lines = Lines { rest: Vec::new(), next: 0, size, visit, failed: None };
    let exported = audit::export(data, &mut lines);
    if let Some(error) = lines.failed {
        return Err(error);
    }
    match exported {
        // The writer stopped the export when it had enough.
        Err(StoreError::File { .. }) if lines.next == size => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) if lines.next == size => Ok(()),
        Ok(_) => {
            let message = format!("cannot read entry {}: it is not there", lines.next);
            Err(CliError::new(Code::NotVerified, message, "run `bussola ledger verify`"))
        }
    }
}
