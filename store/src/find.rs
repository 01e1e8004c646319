//! Entries by subject, kind, principal and time, from either end.
//!
//! The index ([`groups`](crate::journal::groups)) says for each group of entries which may fit; those are read and compared.
//! What came after the last group is few and read through.

use bussola_domain::id::Timestamp;
use bussola_ledger::EntryRef;
use rusqlite::Connection;

use crate::entry::shortened;
use crate::error::StoreError;
use crate::history::{Recorded, limit, recorded};
use crate::journal::groups::{PLACE_BITS, subject_key};
use crate::journal::sqlite::{read_head, stored_row};
use crate::journal::{JournalError, StoredRow};
use crate::limits::{ENTRIES_MAX, LOOKED_AT_MAX};

/// Which entries. An empty list stands for all; what is in a list are alternatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// About these.
    pub subjects: Vec<String>,
    /// Of these kinds; one that ends in a dot means all that begin with it.
    pub kinds: Vec<String>,
    /// By these principals.
    pub principals: Vec<String>,
    /// That happened at this time or later.
    pub since: Option<Timestamp>,
    /// That happened before this time.
    pub until: Option<Timestamp>,
    /// From this one on, in the direction that is asked for; none: from the end.
    pub from: Option<u64>,
    /// The latest first.
    pub descending: bool,
    /// At most so many; 0: as many as there may be.
    pub limit: usize,
}

/// Some entries that fit.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundEntries {
    /// They, in the order that was asked for.
    pub items: Vec<Recorded>,
    /// Where to go on; none: there is nothing more. A page may be short and have more after it, when much was looked at.
    pub next: Option<u64>,
}

impl EntryFilter {
    fn is_everything(&self) -> bool {
        self.subjects.is_empty()
            && self.kinds.is_empty()
            && self.principals.is_empty()
            && self.since.is_none()
            && self.until.is_none()
    }

    fn has_kind(&self, kind: &str) -> bool {
        let fits = |wanted: &String| if wanted.ends_with('.') { kind.starts_with(&**wanted) } else { kind == *wanted };
        self.kinds.is_empty() || self.kinds.iter().any(fits)
    }

    fn has_principal(&self, principal: &str) -> bool {
        self.principals.is_empty() || self.principals.iter().any(|wanted| wanted == principal)
    }

    fn fits(&self, entry: &EntryRef<'_>) -> bool {
        (self.subjects.is_empty() || self.subjects.iter().any(|subject| *subject == entry.subject))
            && self.has_kind(&entry.kind)
            && self.has_principal(&entry.principal)
            && self.since.is_none_or(|since| entry.at_us >= since.0)
            && self.until.is_none_or(|until| entry.at_us < until.0)
    }
}

/// What a search has found so far.
struct Search<'a> {
    filter: &'a EntryFilter,
    limit: usize,
    found: Vec<StoredRow>,
    next: Option<u64>,
    looked_at: usize,
}

impl Search<'_> {
    /// Takes an entry if it fits. False: that is enough.
    fn look(&mut self, row: StoredRow) -> Result<bool, JournalError> {
        let damaged = |error: bussola_ledger::EntryError| JournalError::Damaged(format!("entry {}: {error}", row.seq));
        let fits = self.filter.fits(&EntryRef::decode(&row.leaf).map_err(damaged)?);
        self.looked_at += usize::from(!fits);
        if self.looked_at > LOOKED_AT_MAX || fits && self.found.len() == self.limit {
            self.next = Some(row.seq);
            return Ok(false);
        }
        if fits {
            self.found.push(row);
        }
        Ok(true)
    }

    /// The entries from `start` to before `end`. False: enough was found.
    fn range(&mut self, connection: &Connection, start: u64, end: u64) -> Result<bool, JournalError> {
        let direction = if self.filter.descending { "DESC" } else { "ASC" };
        let select = format!("SELECT seq, hash, leaf FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq {direction}");
        let mut statement = connection.prepare_cached(&select)?;
        for row in statement.query_map([start as i64, end as i64], stored_row)? {
            if !self.look(row?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The groups that have entries from `start` to before `end`. False: enough was found.
    fn groups(&mut self, connection: &Connection, start: u64, end: u64) -> Result<bool, JournalError> {
        let direction = if self.filter.descending { "DESC" } else { "ASC" };
        let select = format!(
            "SELECT first, size, at_min, at_max, kinds, principals FROM entry_groups
             WHERE first < ? AND first + size > ? ORDER BY first {direction}"
        );
        let mut statement = connection.prepare_cached(&select)?;
        let mut rows = statement.query([end as i64, start as i64])?;
        let mut one = connection.prepare_cached("SELECT seq, hash, leaf FROM entries WHERE seq = ?")?;
        while let Some(row) = rows.next()? {
            let (first, size): (i64, i64) = (row.get(0)?, row.get(1)?);
            let (at_min, at_max): (i64, i64) = (row.get(2)?, row.get(3)?);
            if self.filter.since.is_some_and(|since| at_max < since.0)
                || self.filter.until.is_some_and(|until| at_min >= until.0)
            {
                continue;
            }
            let text = |place: usize| row.get_ref(place).and_then(|text| Ok(text.as_str()?));
            let Some(kinds) = chosen(text(4)?, |kind| self.filter.has_kind(kind))? else { continue };
            let Some(principals) = chosen(text(5)?, |principal| self.filter.has_principal(principal))? else {
                continue;
            };
            let mut places = self.places(connection, first, size, &kinds, &principals)?;
            if self.filter.descending {
                places.reverse();
            }
            for seq in places.into_iter().map(|place| first as u64 + u64::from(place)) {
                if seq >= start && seq < end && !self.look(one.query_row([seq as i64], stored_row)?)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The entries of a group that may fit, by their place, in order.
    fn places(
        &self,
        connection: &Connection,
        first: i64,
        size: i64,
        kinds: &[bool],
        principals: &[bool],
    ) -> Result<Vec<u16>, JournalError> {
        let column = |name: &str| -> Result<Vec<u8>, JournalError> {
            let select = format!("SELECT {name} FROM entry_groups WHERE first = ?");
            Ok(connection.prepare_cached(&select)?.query_row([first], |row| row.get(0))?)
        };
        let mut places: Vec<u16> = if self.filter.subjects.is_empty() {
            (0..size).map(|place| place as u16).collect()
        } else {
            let cells = column("subjects")?;
            let mut places: Vec<u16> =
                self.filter.subjects.iter().flat_map(|subject| places_of(&cells, subject_key(subject))).collect();
            places.sort_unstable();
            places.dedup();
            places
        };
        for (chosen, name) in [(kinds, "kind_of"), (principals, "principal_of")] {
            if !places.is_empty() && chosen.contains(&false) {
                let of = column(name)?;
                let of = of.as_chunks::<2>().0;
                let is_chosen = |place: &u16| {
                    let word = of.get(usize::from(*place)).map(|bytes| u16::from_le_bytes(*bytes));
                    word.is_some_and(|word| chosen.get(usize::from(word)) == Some(&true))
                };
                places.retain(is_chosen);
            }
        }
        Ok(places)
    }
}

/// Which of the texts of a list are wanted. None: none of them.
fn chosen(list: &str, wanted: impl Fn(&str) -> bool) -> Result<Option<Vec<bool>>, JournalError> {
    let texts: Vec<std::borrow::Cow<'_, str>> = serde_json::from_str(list)
        .map_err(|error| JournalError::Damaged(format!("a list of the index of entries cannot be read: {error}")))?;
    let chosen: Vec<bool> = texts.iter().map(|text| wanted(text)).collect();
    Ok(chosen.contains(&true).then_some(chosen))
}

/// The places of a subject among sorted cells.
fn places_of(cells: &[u8], key: u64) -> impl Iterator<Item = u16> {
    let cells = cells.as_chunks::<8>().0;
    let start = cells.partition_point(|cell| u64::from_le_bytes(*cell) < key);
    let cells = cells[start..].iter().map(|cell| u64::from_le_bytes(*cell));
    cells.take_while(move |cell| cell & !PLACE_BITS == key).map(|cell| (cell & PLACE_BITS) as u16)
}

/// Entries that fit a filter.
pub(crate) fn entries(connection: &Connection, filter: &EntryFilter) -> Result<FoundEntries, StoreError> {
    let mut filter = filter.clone();
    filter.subjects = filter.subjects.into_iter().map(shortened).collect();
    let limit = limit(filter.limit, ENTRIES_MAX) as usize;
    let mut search = Search { filter: &filter, limit, found: Vec::new(), next: None, looked_at: 0 };
    let read = |search: &mut Search<'_>| -> Result<(), JournalError> {
        // One moment of the ledger: between two questions entries may move from the tail into the index.
        let moment = connection.unchecked_transaction()?;
        let size = read_head(&moment)?.size;
        let (start, end) = match (filter.from, filter.descending) {
            (None, _) => (0, size),
            (Some(from), false) => (from.min(size), size),
            (Some(from), true) => (0, size.min(from.saturating_add(1))),
        };
        if filter.is_everything() {
            search.range(&moment, start, end)?;
            return Ok(());
        }
        let indexed: i64 = moment.prepare_cached("SELECT indexed FROM meta")?.query_row([], |row| row.get(0))?;
        let indexed = (indexed as u64).clamp(start, end.max(start));
        let (groups, tail) = ((false, start, indexed), (true, indexed, end));
        let parts = if filter.descending { [tail, groups] } else { [groups, tail] };
        for (in_tail, start, end) in parts {
            let goes_on =
                if in_tail { search.range(&moment, start, end)? } else { search.groups(&moment, start, end)? };
            if !goes_on {
                break;
            }
        }
        Ok(())
    };
    read(&mut search).map_err(StoreError::read)?;
    let items = search.found.into_iter().map(|row| recorded(connection, row)).collect::<Result<_, _>>()?;
    Ok(FoundEntries { items, next: search.next })
}
