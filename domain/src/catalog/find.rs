//! Entities by what they are called: see [`search`](crate::search).

use super::columns::Rows;
use super::state::Catalog;
use crate::search::{Found, FoundKind, Hits, Names, Query, begins_word};

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
    /// Runs through them, some hundred names at a time: `pause` is called in between.
    pub fn search(&self, query: &Query, hits: &mut Hits, mut pause: impl FnMut()) {
        for (_, chunk) in self.rows.chunks() {
            let names = Names { text: &chunk.text, ends: &chunk.ends };
            let region = |row: &str| region(row, query.is_ref());
            names.scan(query, region, |place, part| {
                let row = &chunk.rows[place];
                if row.exists {
                    let names = &chunk.text[part];
                    let kind = FoundKind::of_entity(row.reference.kind());
                    hits.offer(
                        query,
                        kind,
                        names,
                        |at| begins_word(names, at),
                        || Found::Entity(row.reference.clone()),
                    );
                }
            });
            pause();
        }
    }
}

/// The part of a row's text that holds names: the name and the title; with kind and namespace when a ref was typed.
fn region(row: &str, with_kind: bool) -> std::ops::Range<usize> {
    let bytes = row.as_bytes();
    let line = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
    let end = match bytes.get(line + 1..) {
        Some(rest) => line + 1 + memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
        None => line,
    };
    let start = if with_kind { 0 } else { memchr::memrchr(b'/', &bytes[..line]).map_or(0, |at| at + 1) };
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_first_two_lines() {
        let check = |row: &str, with_kind: bool, expected: &str| assert_eq!(&row[region(row, with_kind)], expected);
        check("component:default/a-b\nthe title\nabout it\ntags", false, "a-b\nthe title");
        check("component:default/a-b\nthe title\nabout it\ntags", true, "component:default/a-b\nthe title");
        check("component:default/a-b", false, "a-b");
        check("component:default/a-b\n", false, "a-b\n");
    }
}
