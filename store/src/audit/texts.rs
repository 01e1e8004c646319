//! The texts beside the ledger against the entries: every name is the one that an entry commits to, every text that an entry
//! names by its hash is there, and what is gone is gone because an entry says so.
//!
//! That a stored text is what its hash says is checked with the ledger itself.

use std::collections::{BTreeMap, HashMap, HashSet};

use bussola_domain::event::Event;
use bussola_domain::id::{BlobHash, NameId};
use bussola_domain::names::Salt;
use bussola_ledger::EntryRef;
use rusqlite::{Connection, OptionalExtension};

use crate::audit::verify::{Finding, finding, unreadable};
use crate::entry;
use crate::journal::JournalError;
use crate::journal::sqlite::read_entries;
use crate::limits::FOLD_CHUNK;

const CHANGED: &str = "somebody changed the database beside the server: restore it from a backup";
const REMOVED: &str =
    "somebody deleted it beside the server: restore it from a backup (`bussola ledger erase` erases and says so)";

/// Texts that are rightly gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// Names that an entry says were erased.
    pub names_erased: u64,
    /// Error texts that an entry says were erased.
    pub errors_erased: u64,
    /// Error texts that the retention of runs explains, as an entry says.
    pub errors_forgotten: u64,
}

/// A text that entries name by its hash.
struct Named {
    /// The first entry that does, and the last.
    seq: u64,
    last: u64,
    /// When the last one did, in microseconds.
    at: i64,
    /// Only ever as an error text, so that it may be forgotten.
    only_error: bool,
}

/// What the entries say of texts.
#[derive(Default)]
pub(super) struct Said {
    /// What each name must be, and the entry that says so.
    names: BTreeMap<NameId, (BlobHash, u64)>,
    names_erased: HashSet<NameId>,
    texts: HashMap<BlobHash, Named>,
    /// With the last entry that says so.
    errors_erased: HashMap<BlobHash, u64>,
    /// What ended before this may be gone.
    pub forgotten_before: Option<i64>,
    twice: Option<Finding>,
}

impl Said {
    /// Reads the first `size` entries, which are known to be in order.
    pub(super) fn read(connection: &Connection, size: u64) -> Result<Said, JournalError> {
        let mut said = Said::default();
        let mut next = 0;
        while next < size {
            let rows = read_entries(connection, next, FOLD_CHUNK.min((size - next) as usize))?;
            for row in &rows {
                let entry = EntryRef::decode(&row.leaf)
                    .map_err(|error| JournalError::Damaged(format!("entry {}: {error}", row.seq)))?;
                said.note(connection, &entry)?;
            }
            match rows.last() {
                Some(last) => next = last.seq + 1,
                None => return Err(JournalError::Damaged(format!("entry {next} is missing"))),
            }
        }
        Ok(said)
    }

    fn note(&mut self, connection: &Connection, entry: &EntryRef<'_>) -> Result<(), JournalError> {
        let (seq, at) = (entry.seq, entry.at_us);
        let mut name_text = |hash: BlobHash, is_error: bool| {
            let named = self.texts.entry(hash).or_insert(Named { seq, last: seq, at, only_error: true });
            named.last = seq;
            named.at = named.at.max(at);
            named.only_error &= is_error;
        };
        if let Some(hash) = entry::aside(entry.payload) {
            name_text(hash, false);
        }
        let kinds = [
            "names.given",
            "texts.erased",
            "history.forgotten",
            "planning.failed",
            "task.reported",
            "manifest.read",
            "ledger.recovered",
            "policies.loaded",
        ];
        if !kinds.contains(&&*entry.kind) {
            return Ok(());
        }
        // A missing payload is a finding of its own; what it would name stays unknown.
        let stored = match entry::aside(entry.payload) {
            Some(hash) => match crate::journal::sqlite::read_blob(connection, hash)? {
                Some(stored) => Some(stored),
                None => return Ok(()),
            },
            None => None,
        };
        let payload = stored.as_ref().map_or(entry.payload, |stored| stored.as_bytes());
        let event = Event::deserialize(&entry.kind, entry.version, &mut serde_json::Deserializer::from_slice(payload))
            .map_err(|error| JournalError::Damaged(format!("the payload of entry {seq}: {error}")))?;
        match event {
            Some(Event::TaskReported(event)) => {
                event.error.into_iter().for_each(|hash| name_text(hash, true));
                event.aside.into_iter().for_each(|hash| name_text(hash, false));
            }
            Some(Event::PlanningFailed(event)) => name_text(event.error, true),
            Some(Event::ManifestRead(event)) => name_text(event.blob, false),
            Some(Event::LedgerRecovered(event)) => name_text(event.reason, false),
            Some(Event::PoliciesLoaded(event)) => event.files.into_values().for_each(|hash| name_text(hash, false)),
            Some(Event::NamesGiven(event)) => {
                for given in event.names {
                    if self.names.insert(given.name, (given.hash, seq)).is_some() && self.twice.is_none() {
                        let what = format!("entry {seq} gives the number of name {} for a second time", given.name);
                        self.twice = Some(finding(what, Some(seq), CHANGED));
                    }
                }
            }
            Some(Event::TextsErased(event)) => {
                self.names_erased.extend(event.names);
                self.errors_erased.extend(event.errors.into_iter().map(|hash| (hash, seq)));
            }
            Some(Event::HistoryForgotten(event)) => {
                self.forgotten_before = self.forgotten_before.max(Some(event.before.0))
            }
            _ => {}
        }
        Ok(())
    }

    /// Holds the tables against it: the first thing wrong with names, and the first with texts.
    pub(super) fn check(mut self, connection: &Connection) -> (Vec<Finding>, Gone) {
        let mut gone = Gone::default();
        let mut findings: Vec<Finding> = self.twice.take().into_iter().collect();
        let names = self.check_names(connection, &mut gone);
        findings.extend(names.unwrap_or_else(|error| Some(unreadable(&error, None))));
        let texts = self.check_texts(connection, &mut gone);
        findings.extend(texts.unwrap_or_else(|error| Some(unreadable(&error, None))));
        (findings, gone)
    }

    fn check_names(&mut self, connection: &Connection, gone: &mut Gone) -> Result<Option<Finding>, JournalError> {
        let mut statement = connection.prepare("SELECT id, salt, text FROM names ORDER BY id")?;
        let mut rows = statement.query([])?;
        let (mut there, mut rows_erased) = (HashSet::new(), HashSet::new());
        let mut changed: Option<(u64, Finding)> = None;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            let name = u32::try_from(number).ok().map(NameId);
            let Some((name, &(hash, seq))) = name.and_then(|name| Some((name, self.names.get(&name)?))) else {
                return Ok(Some(finding(format!("name {number} is in no entry"), None, CHANGED)));
            };
            let (salt, text) = (row.get_ref(1)?, row.get_ref(2)?);
            if self.names_erased.contains(&name) {
                rows_erased.insert(name);
                if text != rusqlite::types::ValueRef::Null || salt != rusqlite::types::ValueRef::Null {
                    let what =
                        format!("name {number}, given by entry {seq}, was erased by an entry and is there again");
                    return Ok(Some(finding(what, Some(seq), CHANGED)));
                }
                continue;
            }
            if text == rusqlite::types::ValueRef::Null {
                continue;
            }
            there.insert(name);
            let salt = salt.as_blob().ok().and_then(|salt| salt.try_into().ok()).map(Salt);
            let is_it = salt.zip(text.as_str().ok()).is_some_and(|(salt, text)| salt.commit(text) == hash);
            if !is_it && changed.as_ref().is_none_or(|&(first, _)| seq < first) {
                let what = format!("name {number} is not the one that entry {seq} commits to");
                changed = Some((seq, finding(what, Some(seq), CHANGED)));
            }
        }
        if let Some((_, changed)) = changed {
            return Ok(Some(changed));
        }
        gone.names_erased = self.names_erased.iter().filter(|name| self.names.contains_key(name)).count() as u64;
        let missing = self.names.iter().find(|(name, _)| !there.contains(name) && !rows_erased.contains(name));
        Ok(missing.map(|(name, (_, seq))| {
            let what = match self.names_erased.contains(name) {
                // Where it was the last, its number would be used again.
                true => format!("the row of name {name}, given by entry {seq} and erased since, is gone"),
                false => format!("name {name}, given by entry {seq}, is gone, and no entry says that it was erased"),
            };
            finding(what, Some(*seq), REMOVED)
        }))
    }

    fn check_texts(&self, connection: &Connection, gone: &mut Gone) -> Result<Option<Finding>, JournalError> {
        let mut statement = connection.prepare("SELECT 1 FROM blobs WHERE hash = ?")?;
        let mut missing: Option<(u64, BlobHash)> = None;
        for (hash, named) in &self.texts {
            if statement.query_row([hash.0.as_slice()], |_| Ok(())).optional()?.is_some() {
                continue;
            }
            if named.only_error && self.errors_erased.get(hash).is_some_and(|erased| *erased > named.last) {
                gone.errors_erased += 1;
            } else if named.only_error && self.forgotten_before.is_some_and(|before| named.at < before) {
                gone.errors_forgotten += 1;
            } else if missing.is_none_or(|(seq, _)| named.seq < seq) {
                missing = Some((named.seq, *hash));
            }
        }
        Ok(missing.map(|(seq, hash)| {
            let what = format!("the text {hash}, named by entry {seq}, is gone, and no entry says that it was deleted");
            finding(what, Some(seq), REMOVED)
        }))
    }
}
