//! Entities by what they are called: see [`search`](crate::search).

use super::columns::{Chunk, Named, Row, Rows};
use super::state::Catalog;
use crate::search::{Found, FoundKind, Hits, NameList, Query};

/// Chunks of rows that are run through between two pauses: some tenths of a millisecond.
const CHUNKS_AT_ONCE: usize = 16;

/// The names of everything that exists, as they are at one moment.
#[derive(Clone, Debug)]
pub struct EntityNames {
    rows: Rows,
}

impl Catalog {
    /// The names of everything. Takes microseconds; they are run through without any lock.
    pub fn names(&self) -> EntityNames {
        EntityNames { rows: self.index.columns.rows.clone() }
    }
}

impl EntityNames {
    /// Runs through them; `pause` is called now and then.
    pub fn search(&self, query: &Query, hits: &mut Hits, mut pause: impl FnMut()) {
        for (number, (_, chunk)) in self.rows.chunks().enumerate() {
            let names = if query.is_ref() {
                chunk.refs.get_or_init(|| list(chunk, |row| row.reference.as_str()))
            } else {
                chunk.names.get_or_init(|| list(chunk, |row| row.reference.name()))
            };
            let found = |(place, _): Named| Found::Entity(chunk.rows[usize::from(place)].reference.clone());
            names.search(query, hits, |(_, kind)| kind, found);
            if number % CHUNKS_AT_ONCE == CHUNKS_AT_ONCE - 1 {
                pause();
            }
        }
    }
}

/// Names and titles. Kept with the chunk: who types the next letter runs through text that is there already.
fn list(chunk: &Chunk, name: impl Fn(&Row) -> &str) -> NameList<Named> {
    let mut names = NameList::default();
    for (place, row) in (0..).zip(&chunk.rows).filter(|(_, row)| row.exists) {
        let title = chunk.text_of(usize::from(place)).split('\n').nth(1);
        let kind = FoundKind::of_entity(row.reference.kind());
        names.push(name(row), title.filter(|title| !title.is_empty()), (place, kind));
    }
    names
}
