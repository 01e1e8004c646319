//! What lists filter, sort, count and search by: a row of small numbers for each ref, and its text, in chunks.
//!
//! A list looks at every row, so rows hold no text to compare: kinds, types, owners and tags are numbers. Texts lie one
//! after the other, because a search runs through them all. Chunks are shared with the lists that are being made and copied
//! when they change meanwhile: a list holds no lock while it counts, and a change copies one chunk at most.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use smallvec::SmallVec;

use super::index::NodeId;
use super::model::Owner;
use super::reference::{DEFAULT_NAMESPACE, EntityRef};
use crate::id::Timestamp;
use crate::search::{FoundKind, NameList};

/// A kind, type, lifecycle or tag, interned.
pub(super) type WordId = u32;
/// The word of what has none.
pub(super) const NO_WORD: WordId = WordId::MAX;

/// Who answers for something, interned.
pub(super) type OwnerId = u32;
/// The owner of what nobody answers for.
pub(super) const NO_OWNER: OwnerId = OwnerId::MAX;

/// The time of what nothing is known to have changed.
pub(super) const NEVER: Timestamp = Timestamp(i64::MIN);

/// Rows of a chunk: copying one costs some microseconds, and a hundred thousand refs are some hundred chunks.
const CHUNK_ROWS: usize = 256;

/// A few numbers in the row itself: behind a pointer each row would cost a look at a distant place in memory, half of the
/// time of a list with facets.
pub(super) type Few<T> = SmallVec<[T; 4]>;

/// What is known of a ref, in numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub reference: EntityRef,
    pub kind: WordId,
    pub entity_type: WordId,
    pub lifecycle: WordId,
    /// Who answers for it, directly or by what it is part of.
    pub owner: OwnerId,
    /// 0: none.
    pub tier: u8,
    pub exists: bool,
    pub declared: bool,
    pub changed: Timestamp,
    pub tags: Few<WordId>,
}

/// What a search finds an entity's ref by. Its kind is no part: everybody who looks for "one" would find each component.
pub(super) fn searched(reference: &EntityRef) -> String {
    match reference.namespace() {
        DEFAULT_NAMESPACE => reference.name().to_owned(),
        namespace => format!("{namespace}/{}", reference.name()),
    }
}

/// Rows and their texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    pub rows: Vec<Row>,
    /// The texts of the rows in lower case, one after the other: name, title, description and tags, each on a line.
    pub text: String,
    /// Where the text of each row ends.
    pub ends: Vec<u32>,
    /// What each row needs directly, in no order; more than once when more than one relation says so.
    pub needs: Vec<Few<NodeId>>,
    /// What a search by name runs through, made when there is one: what exists, by name and title.
    pub names: OnceLock<NameList<Named>>,
    /// The same by ref and title.
    pub refs: OnceLock<NameList<Named>>,
}

/// The row of a name in its chunk, and what kind of thing it is.
pub(super) type Named = (u16, FoundKind);

impl Chunk {
    /// The text of a row.
    pub fn text_of(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        &self.text[start..self.ends[place] as usize]
    }

    fn set_text(&mut self, place: usize, text: &str) {
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        let end = self.ends[place] as usize;
        self.text.replace_range(start..end, text);
        for other in &mut self.ends[place..] {
            // LIMIT: a chunk has 256 texts of some kilobytes, far below 4 GiB.
            *other = (*other as usize + text.len() - (end - start)) as u32;
        }
    }
}

/// The rows of every ref, by its number, as they are at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    chunks: Vec<Arc<Chunk>>,
    count: usize,
}

impl Rows {
    pub fn row(&self, id: NodeId) -> &Row {
        &self.chunks[id as usize / CHUNK_ROWS].rows[id as usize % CHUNK_ROWS]
    }

    /// The text of a row.
    pub fn text(&self, id: NodeId) -> &str {
        self.chunks[id as usize / CHUNK_ROWS].text_of(id as usize % CHUNK_ROWS)
    }

    /// How many there are, of what exists and what is only spoken of.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Chunks with the number of their first row.
    pub fn chunks(&self) -> impl Iterator<Item = (NodeId, &Chunk)> {
        (0..).step_by(CHUNK_ROWS).zip(self.chunks.iter().map(|chunk| &**chunk))
    }

    fn chunk_mut(&mut self, id: NodeId) -> (&mut Chunk, usize) {
        let (chunk, place) = self.chunk_to_link(id);
        (chunk.names, chunk.refs) = (OnceLock::new(), OnceLock::new());
        (chunk, place)
    }

    /// For what changes no name.
    fn chunk_to_link(&mut self, id: NodeId) -> (&mut Chunk, usize) {
        (Arc::make_mut(&mut self.chunks[id as usize / CHUNK_ROWS]), id as usize % CHUNK_ROWS)
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub rows: Rows,
    words: HashMap<Arc<str>, WordId>,
    /// Words by their number.
    pub spelled: Arc<Vec<Arc<str>>>,
    owner_ids: HashMap<Owner, OwnerId>,
    /// Owners by their number.
    pub owners: Arc<Vec<Owner>>,
    /// What exists, in order of ref.
    by_ref: BTreeMap<EntityRef, NodeId>,
    /// The same in order of title, in lower case.
    by_title: BTreeMap<(Box<str>, EntityRef), NodeId>,
    titles: HashMap<NodeId, Box<str>>,
    order_by_ref: Order,
    order_by_title: Order,
    /// What needs each thing, made when it is asked for, and again after something else is needed. Whoever took it with the
    /// rows makes it of these.
    pub dependents: Arc<OnceLock<Dependents>>,
}

/// LIMIT: changes that an order takes up one by one. Each costs a copy of it, some ten microseconds for a hundred thousand;
/// after more at once it is cheaper to make it anew.
const PATCHES_MAX: u16 = 64;

/// What exists in some order, made when it is asked for, and kept up while few things come and go.
#[derive(Clone, Debug, Default)]
struct Order {
    ids: OnceLock<Arc<Vec<NodeId>>>,
    /// How often it was changed since it was made.
    patches: u16,
}

impl Order {
    fn get(&self, all: impl Iterator<Item = NodeId>) -> &Arc<Vec<NodeId>> {
        self.ids.get_or_init(|| Arc::new(all.collect()))
    }

    /// Puts one in, or takes it out, at the place before which `is_before` holds.
    fn patch(&mut self, id: NodeId, is_in: bool, is_before: impl Fn(NodeId) -> bool) {
        let Some(ids) = self.ids.get_mut() else {
            self.patches = 0;
            return;
        };
        if self.patches == PATCHES_MAX {
            (self.ids, self.patches) = (OnceLock::new(), 0);
            return;
        }
        self.patches += 1;
        let place = ids.partition_point(|other| is_before(*other));
        match is_in {
            true => Arc::make_mut(ids).insert(place, id),
            false => drop(Arc::make_mut(ids).remove(place)),
        }
    }
}

impl Columns {
    /// Adds a ref that is only spoken of. Its number is the next one.
    pub fn push(&mut self, reference: &EntityRef) {
        self.forget_dependents();
        let kind = self.intern_word(reference.kind());
        if self.rows.count.is_multiple_of(CHUNK_ROWS) {
            self.rows.chunks.push(Arc::default());
        }
        let id = self.rows.count as NodeId;
        self.rows.count += 1;
        let (chunk, _) = self.rows.chunk_mut(id);
        chunk.rows.push(Row {
            reference: reference.clone(),
            kind,
            entity_type: NO_WORD,
            lifecycle: NO_WORD,
            owner: NO_OWNER,
            tier: 0,
            exists: false,
            declared: false,
            changed: NEVER,
            tags: Few::new(),
        });
        chunk.needs.push(Few::new());
        chunk.text.push_str(&searched(reference));
        chunk.ends.push(chunk.text.len() as u32);
    }

    /// Changes a row, and copies nothing when it stays the same.
    pub fn edit(&mut self, id: NodeId, change: impl FnOnce(&mut Row)) {
        let mut row = self.rows.row(id).clone();
        change(&mut row);
        if row == *self.rows.row(id) {
            return;
        }
        let (chunk, place) = self.rows.chunk_mut(id);
        let before = std::mem::replace(&mut chunk.rows[place], row);
        let (exists, reference) = (chunk.rows[place].exists, before.reference);
        if exists != before.exists {
            let rows = &self.rows;
            self.order_by_ref.patch(id, exists, |other| rows.row(other).reference < reference);
            if exists {
                self.by_ref.insert(reference, id);
            } else {
                self.by_ref.remove(&reference);
            }
        }
    }

    /// One needs another, or has one reason more to.
    pub fn need(&mut self, id: NodeId, other: NodeId) {
        self.forget_dependents();
        let (chunk, place) = self.rows.chunk_to_link(id);
        chunk.needs[place].push(other);
    }

    /// One has one reason less to need another.
    pub fn unneed(&mut self, id: NodeId, other: NodeId) {
        self.forget_dependents();
        let (chunk, place) = self.rows.chunk_to_link(id);
        if let Some(at) = chunk.needs[place].iter().position(|need| *need == other) {
            chunk.needs[place].swap_remove(at);
        }
    }

    fn forget_dependents(&mut self) {
        if Arc::strong_count(&self.dependents) > 1 || self.dependents.get().is_some() {
            self.dependents = Arc::default();
        }
    }

    /// Sets what people call it while it exists, and what is looked through for it.
    pub fn describe(&mut self, id: NodeId, title: Option<&str>, text: &str) {
        if self.rows.text(id) != text {
            let (chunk, place) = self.rows.chunk_mut(id);
            chunk.set_text(place, text);
        }
        if self.titles.get(&id).map(|title| &**title) == title {
            return;
        }
        let reference = self.rows.row(id).reference.clone();
        let (rows, titles) = (&self.rows, &self.titles);
        let is_before = |title: &str, other: NodeId| {
            titles.get(&other).is_some_and(|of| (&**of, &rows.row(other).reference) < (title, &reference))
        };
        if let Some(before) = titles.get(&id) {
            self.order_by_title.patch(id, false, |other| is_before(before, other));
        }
        if let Some(title) = title {
            self.order_by_title.patch(id, true, |other| other != id && is_before(title, other));
        }
        if let Some(before) = self.titles.remove(&id) {
            self.by_title.remove(&(before, reference.clone()));
        }
        if let Some(title) = title {
            self.titles.insert(id, title.into());
            self.by_title.insert((title.into(), reference), id);
        }
    }

    pub fn intern_word(&mut self, word: &str) -> WordId {
        if let Some(id) = self.words.get(word) {
            return *id;
        }
        let id = WordId::try_from(self.words.len()).expect("fewer than four billion words fit into memory");
        let word: Arc<str> = word.into();
        self.words.insert(word.clone(), id);
        Arc::make_mut(&mut self.spelled).push(word);
        id
    }

    /// The number of a word; none when nothing ever had it.
    pub fn word(&self, word: &str) -> Option<WordId> {
        self.words.get(word).copied()
    }

    pub fn intern_owner(&mut self, owner: &Owner) -> OwnerId {
        if let Some(id) = self.owner_ids.get(owner) {
            return *id;
        }
        let id = OwnerId::try_from(self.owners.len()).expect("fewer than four billion owners fit into memory");
        self.owner_ids.insert(owner.clone(), id);
        Arc::make_mut(&mut self.owners).push(owner.clone());
        id
    }

    /// The number of an owner; none when it never answered for anything.
    pub fn owner(&self, owner: &Owner) -> Option<OwnerId> {
        self.owner_ids.get(owner).copied()
    }

    /// How many exist.
    pub fn existing(&self) -> usize {
        self.by_ref.len()
    }

    /// What exists, in order of ref.
    pub fn in_order_of_ref(&self) -> &Arc<Vec<NodeId>> {
        self.order_by_ref.get(self.by_ref.values().copied())
    }

    /// What exists, in order of title, then of ref.
    pub fn in_order_of_title(&self) -> &Arc<Vec<NodeId>> {
        self.order_by_title.get(self.by_title.values().copied())
    }
}

/// What needs each thing directly, all in one list: what is needed, turned round.
#[derive(Clone, Debug)]
pub(super) struct Dependents {
    /// Where the dependents of each end.
    ends: Vec<u32>,
    all: Vec<NodeId>,
}

impl Dependents {
    /// Of all rows.
    pub fn of(rows: &Rows) -> Dependents {
        let needs = || rows.chunks().flat_map(|(first, chunk)| (first..).zip(&chunk.needs));
        let mut ends = vec![0_u32; rows.len()];
        needs().flat_map(|(_, needs)| needs).for_each(|need| ends[*need as usize] += 1);
        let mut end = 0;
        for place in &mut ends {
            // Where they begin, until they are filled in.
            end += std::mem::replace(place, end);
        }
        let mut all = vec![0; end as usize];
        for (id, needs) in needs() {
            for need in needs {
                let place = &mut ends[*need as usize];
                all[*place as usize] = id;
                *place += 1;
            }
        }
        Dependents { ends, all }
    }

    /// Of one thing.
    pub fn of_one(&self, id: NodeId) -> &[NodeId] {
        let start = if id == 0 { 0 } else { self.ends[id as usize - 1] as usize };
        &self.all[start..self.ends[id as usize] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_grow_and_shrink_in_place() {
        let mut columns = Columns::default();
        for number in 0..600 {
            columns.push(&EntityRef::from_parts("component", "default", &format!("c{number}")));
        }
        let shared = columns.rows.clone();
        columns.describe(300, Some("long"), "c300\na long text");
        columns.describe(301, Some("b"), "b");
        columns.describe(300, None, "x");
        let texts: Vec<&str> = (299..303).map(|id| columns.rows.text(id)).collect();
        assert_eq!(texts, ["c299", "x", "b", "c302"]);
        // Who holds the rows sees them as they were.
        assert_eq!(shared.text(300), "c300");
        assert_eq!(columns.in_order_of_title()[..], [301]);
    }

    #[test]
    fn orders_are_kept_up() {
        let mut columns = Columns::default();
        for number in 0..50 {
            columns.push(&EntityRef::from_parts("component", "default", &format!("c{number}")));
        }
        let mut dice: u32 = 1;
        for step in 0..1_000 {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let id = dice >> 16 & 31;
            match step % 3 {
                0 => columns.edit(id, |row| row.exists = !row.exists),
                1 => columns.describe(id, Some(&format!("t{}", dice >> 24 & 3)), ""),
                _ => columns.describe(id, None, ""),
            }
            let by_ref: Vec<NodeId> = columns.by_ref.values().copied().collect();
            let by_title: Vec<NodeId> = columns.by_title.values().copied().collect();
            assert_eq!((&**columns.in_order_of_ref(), &**columns.in_order_of_title()), (&by_ref, &by_title), "{step}");
        }
    }
}
