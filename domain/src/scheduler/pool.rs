//! Small containers that the scheduler's indexes are made of.

use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// The place of a task in the scheduler's table.
pub type Slot = u32;

/// A set of tasks: a plain list while small (most are), a hash set beyond, so that a task that 100,000 others depend on
/// loses one of them in constant time.
#[derive(Clone, Debug)]
pub enum SlotSet {
    /// Up to [`SlotSet::LISTED_MAX`] members, in no order.
    List(Vec<Slot>),
    /// More.
    Hashed(Box<HashedSlots>),
}

type HashedSlots = hashbrown::HashSet<Slot, BuildHasherDefault<SlotHasher>>;

/// Without a random key: the order of a set's members reaches decisions, and a simulation must replay exactly. Slots
/// are our own small numbers, so nobody can choose them to collide.
#[derive(Clone, Debug, Default)]
pub struct SlotHasher(u64);

impl Hasher for SlotHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }

    fn write_u32(&mut self, slot: u32) {
        self.0 = (self.0 ^ u64::from(slot)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

impl Default for SlotSet {
    fn default() -> SlotSet {
        SlotSet::List(Vec::new())
    }
}

impl SlotSet {
    /// Comparing this many numbers is cheaper than hashing one.
    pub const LISTED_MAX: usize = 32;

    /// Adds a member; no effect if it is there.
    pub fn insert(&mut self, slot: Slot) {
        match self {
            SlotSet::List(list) if list.contains(&slot) => {}
            SlotSet::List(list) if list.len() < SlotSet::LISTED_MAX => list.push(slot),
            SlotSet::List(list) => {
                let mut set: HashedSlots = list.drain(..).collect();
                set.insert(slot);
                *self = SlotSet::Hashed(Box::new(set));
            }
            SlotSet::Hashed(set) => {
                set.insert(slot);
            }
        }
    }

    /// Removes a member; no effect if it is not there.
    pub fn remove(&mut self, slot: Slot) {
        match self {
            SlotSet::List(list) => {
                if let Some(place) = list.iter().position(|&other| other == slot) {
                    list.swap_remove(place);
                }
            }
            SlotSet::Hashed(set) => {
                set.remove(&slot);
                // A set that emptied gives its memory back; one that shrank a little will grow again.
                if set.is_empty() {
                    *self = SlotSet::default();
                }
            }
        }
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        match self {
            SlotSet::List(list) => list.len(),
            SlotSet::Hashed(set) => set.len(),
        }
    }

    /// No members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The members as a list, in no order.
    pub fn to_vec(&self) -> Vec<Slot> {
        match self {
            SlotSet::List(list) => list.clone(),
            SlotSet::Hashed(set) => set.iter().copied().collect(),
        }
    }
}

/// An interned text: families, modules, parameter and resource names repeat on every task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Symbol(u32);

impl Symbol {
    /// Its place among the texts.
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// All interned texts. Symbol 0 is the empty text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Vec<Arc<str>>", into = "Vec<Arc<str>>")]
pub struct Symbols {
    texts: Vec<Arc<str>>,
    places: HashMap<Arc<str>, Symbol>,
}

impl Default for Symbols {
    fn default() -> Symbols {
        Symbols::from(vec![Arc::from("")])
    }
}

impl From<Vec<Arc<str>>> for Symbols {
    fn from(texts: Vec<Arc<str>>) -> Symbols {
        let places = texts.iter().zip(0..).map(|(text, place)| (text.clone(), Symbol(place))).collect();
        Symbols { texts, places }
    }
}

impl From<Symbols> for Vec<Arc<str>> {
    fn from(symbols: Symbols) -> Vec<Arc<str>> {
        symbols.texts
    }
}

impl Symbols {
    /// The symbol of a text, made if new.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(&symbol) = self.places.get(text) {
            return symbol;
        }
        let symbol = Symbol(self.texts.len() as u32);
        let text: Arc<str> = Arc::from(text);
        self.texts.push(text.clone());
        self.places.insert(text, symbol);
        symbol
    }

    /// The symbol of a text, if any task ever used it.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        self.places.get(text).copied()
    }

    /// The text of a symbol.
    pub fn text(&self, symbol: Symbol) -> &Arc<str> {
        &self.texts[symbol.0 as usize]
    }
}

/// Shared values with a count of their users; a value without users leaves.
#[derive(Clone, Debug)]
pub struct Pool<T> {
    values: Vec<Option<(Arc<T>, u32)>>,
    free: Vec<u32>,
    places: HashMap<Arc<T>, u32>,
}

impl<T> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool { values: Vec::new(), free: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Hash + Eq> Pool<T> {
    /// The place of `value`, with one more user.
    pub fn acquire(&mut self, value: T) -> u32 {
        if let Some(&place) = self.places.get(&value) {
            if let Some((_, users)) = &mut self.values[place as usize] {
                *users += 1;
            }
            return place;
        }
        let value = Arc::new(value);
        let place = self.free.pop().unwrap_or(self.values.len() as u32);
        if place as usize == self.values.len() {
            self.values.push(None);
        }
        self.values[place as usize] = Some((value.clone(), 1));
        self.places.insert(value, place);
        place
    }

    /// One user less.
    pub fn release(&mut self, place: u32) {
        let entry = &mut self.values[place as usize];
        if let Some((value, users)) = entry {
            *users -= 1;
            if *users == 0 {
                self.places.remove(value);
                *entry = None;
                self.free.push(place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_set_is_a_set_at_every_size() {
        let mut set = SlotSet::default();
        for slot in 0..100 {
            set.insert(slot);
            set.insert(slot);
            assert_eq!(set.len(), slot as usize + 1);
        }
        for slot in (0..100).rev() {
            set.remove(slot);
            set.remove(slot);
            assert_eq!(set.len(), slot as usize);
        }
        assert!(matches!(set, SlotSet::List(_)));
    }

    #[test]
    fn a_pool_shares_and_forgets() {
        let mut pool = Pool::default();
        let one = pool.acquire("a");
        assert_eq!(pool.acquire("a"), one);
        let two = pool.acquire("b");
        pool.release(one);
        pool.release(one);
        assert_eq!(pool.acquire("c"), one);
        assert_eq!(pool.acquire("b"), two);
    }
}
