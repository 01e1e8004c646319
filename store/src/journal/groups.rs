//! The index of entries by subject, kind, principal and time: a row for each group of some thousand entries.
//!
//! INVARIANT: a row follows from the entries of its group alone; groups lie one after the other, from the first entry to
//! `meta.indexed`.

use bussola_ledger::EntryRef;
use rusqlite::{Connection, Row, params};

use crate::journal::{About, JournalError};
use crate::limits::{GROUP_ENTRIES_MAX, INDEX_ENTRIES};

/// The bits of a subject's cell that say where the entry is.
pub(crate) const PLACE_BITS: u64 = 0xffff;

/// FNV-1a. It need not resist anybody: what it finds is compared with the entry itself.
pub(crate) fn subject_key(subject: &str) -> u64 {
    let hash = subject
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    // Short texts that end alike differ in the low bits first.
    (hash ^ hash.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) & !PLACE_BITS
}

/// A group as it fills.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Group {
    first: u64,
    at: Option<(i64, i64)>,
    kinds: Vec<String>,
    principals: Vec<String>,
    kind_of: Vec<u16>,
    principal_of: Vec<u16>,
    subjects: Vec<u64>,
}

/// The place of a text in a short list, added if it is new.
fn place(list: &mut Vec<String>, text: &str) -> u16 {
    let found = list.iter().position(|other| other == text).unwrap_or_else(|| {
        list.push(text.to_owned());
        list.len() - 1
    });
    // LIMIT: a group has at most 65,536 entries, and so many texts.
    found as u16
}

impl Group {
    /// An empty one, whose first entry will be this one.
    pub fn new(first: u64) -> Group {
        Group { first, ..Group::default() }
    }

    pub fn len(&self) -> usize {
        self.kind_of.len()
    }

    fn is_full(&self) -> bool {
        self.len() >= GROUP_ENTRIES_MAX
    }

    /// The next entry.
    pub fn note(&mut self, about: &About<'_>) {
        let cell = about.subject | self.len() as u64;
        self.at = Some(self.at.map_or((about.at, about.at), |(min, max)| (min.min(about.at), max.max(about.at))));
        self.kind_of.push(place(&mut self.kinds, about.kind));
        self.principal_of.push(place(&mut self.principals, about.principal));
        self.subjects.push(cell);
    }

    /// As it is stored.
    fn row(mut self) -> StoredGroup {
        self.subjects.sort_unstable();
        let (at_min, at_max) = self.at.unwrap_or_default();
        let places = |list: &[String], of: &[u16]| -> Vec<u8> {
            if list.len() < 2 { Vec::new() } else { of.iter().flat_map(|place| place.to_le_bytes()).collect() }
        };
        StoredGroup {
            first: self.first as i64,
            size: self.len() as i64,
            at_min,
            at_max,
            kind_of: places(&self.kinds, &self.kind_of),
            principal_of: places(&self.principals, &self.principal_of),
            kinds: serde_json::json!(self.kinds).to_string(),
            principals: serde_json::json!(self.principals).to_string(),
            subjects: self.subjects.iter().flat_map(|cell| cell.to_le_bytes()).collect(),
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
struct StoredGroup {
    first: i64,
    size: i64,
    at_min: i64,
    at_max: i64,
    kinds: String,
    principals: String,
    kind_of: Vec<u8>,
    principal_of: Vec<u8>,
    subjects: Vec<u8>,
}

impl StoredGroup {
    fn write(&self, connection: &Connection) -> Result<(), JournalError> {
        let insert = "INSERT INTO entry_groups
            (first, size, at_min, at_max, kinds, principals, kind_of, principal_of, subjects)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        connection.prepare_cached(insert)?.execute(params![
            self.first,
            self.size,
            self.at_min,
            self.at_max,
            self.kinds,
            self.principals,
            self.kind_of,
            self.principal_of,
            self.subjects
        ])?;
        Ok(())
    }

    fn read(row: &Row<'_>) -> Result<StoredGroup, rusqlite::Error> {
        Ok(StoredGroup {
            first: row.get(0)?,
            size: row.get(1)?,
            at_min: row.get(2)?,
            at_max: row.get(3)?,
            kinds: row.get(4)?,
            principals: row.get(5)?,
            kind_of: row.get(6)?,
            principal_of: row.get(7)?,
            subjects: row.get(8)?,
        })
    }
}

/// The entries after `meta.indexed`, noted as they come.
#[derive(Debug)]
pub(crate) struct Tail {
    groups: Vec<Group>,
    next: u64,
}

impl Tail {
    pub fn new(indexed: u64) -> Tail {
        Tail { groups: vec![Group::new(indexed)], next: indexed }
    }

    /// What is stored from an entry to before another. Entries that cannot be read are noted as what they are: nothing.
    pub fn stored(connection: &Connection, from: u64, end: u64) -> Result<Tail, JournalError> {
        let mut tail = Tail::new(from);
        let select = "SELECT seq, leaf FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq";
        let mut statement = connection.prepare_cached(select)?;
        let mut rows = statement.query(params![from as i64, end as i64])?;
        while let Some(row) = rows.next()? {
            let seq = row.get::<_, i64>(0)? as u64;
            while tail.next < seq {
                tail.note(&About::default());
            }
            match row.get_ref(1)?.as_blob().ok().and_then(|leaf| EntryRef::decode(leaf).ok()) {
                Some(entry) => tail.note(&About {
                    at: entry.at_us,
                    kind: &entry.kind,
                    principal: &entry.principal,
                    subject: subject_key(&entry.subject),
                }),
                None => tail.note(&About::default()),
            }
        }
        while tail.next < end {
            tail.note(&About::default());
        }
        Ok(tail)
    }

    /// The entry after which the next one comes.
    pub fn next(&self) -> u64 {
        self.next
    }

    pub fn note(&mut self, about: &About<'_>) {
        if self.groups.last().is_none_or(Group::is_full) {
            self.groups.push(Group::new(self.next));
        }
        if let Some(group) = self.groups.last_mut() {
            group.note(about);
        }
        self.next += 1;
    }

    /// Writes all of it.
    pub fn write(self, connection: &Connection) -> Result<(), JournalError> {
        self.rows().try_for_each(|row| row.write(connection))
    }

    fn rows(self) -> impl Iterator<Item = StoredGroup> {
        self.groups.into_iter().filter(|group| group.len() > 0).map(Group::row)
    }
}

/// Brings the groups up to `meta.indexed`: for a ledger that a release without them has written.
pub(crate) fn complete(connection: &mut Connection) -> Result<(), JournalError> {
    let select = "SELECT (SELECT coalesce(max(first + size), 0) FROM entry_groups), (SELECT max(indexed) FROM meta)";
    let (mut from, end) = connection.query_row(select, [], |row| {
        Ok((row.get::<_, i64>(0)? as u64, row.get::<_, Option<i64>>(1)?.unwrap_or(0) as u64))
    })?;
    while from < end {
        let next = end.min(from + INDEX_ENTRIES);
        let transaction = connection.transaction()?;
        Tail::stored(&transaction, from, next)?.write(&transaction)?;
        transaction.commit()?;
        from = next;
    }
    Ok(())
}

/// The first entry of a group that does not follow from its entries, or that is missing.
pub(crate) fn check(connection: &Connection) -> Result<Option<u64>, JournalError> {
    let indexed: i64 = connection.query_row("SELECT indexed FROM meta WHERE id = 0", [], |row| row.get(0))?;
    let select = "SELECT first, size, at_min, at_max, kinds, principals, kind_of, principal_of, subjects
        FROM entry_groups ORDER BY first";
    let mut statement = connection.prepare(select)?;
    let mut rows = statement.query([])?;
    let mut from = 0;
    while let Some(row) = rows.next()? {
        let stored = StoredGroup::read(row)?;
        let end = stored.first.saturating_add(stored.size);
        let fits = stored.first == from && (1..=GROUP_ENTRIES_MAX as i64).contains(&stored.size) && end <= indexed;
        let expected = if fits { Tail::stored(connection, from as u64, end as u64)?.rows().next() } else { None };
        if expected.as_ref() != Some(&stored) {
            return Ok(Some(from as u64));
        }
        from = end;
    }
    Ok((from < indexed).then_some(from as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_group_is_followed_by_another() {
        let mut tail = Tail::new(7);
        for _ in 0..=GROUP_ENTRIES_MAX {
            tail.note(&About { at: 3, kind: "a.b", principal: "p", subject: subject_key("x") });
        }
        let rows: Vec<_> = tail.rows().map(|row| (row.first, row.size)).collect();
        assert_eq!(rows, [(7, GROUP_ENTRIES_MAX as i64), (7 + GROUP_ENTRIES_MAX as i64, 1)]);
    }

    #[test]
    fn the_key_of_a_subject_stays_what_it_is() {
        // It is stored: another hash would find nothing in what was written before.
        assert_eq!(subject_key("task:Foo_1") & PLACE_BITS, 0);
        assert_ne!(subject_key("task:Foo_1"), subject_key("task:Foo_2"));
        assert_eq!(subject_key(""), 11_992_745_465_181_044_736);
    }
}
