//! Texts that may name a person, by opaque numbers. The ledger holds the numbers; the texts can be erased.
//!
//! An entry commits to each text by a hash with a salt that is stored beside the text alone: whoever changes the text is
//! found out, and once text and salt are erased nobody can try which text the hash was of.

use std::sync::Arc;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::id::{BlobHash, NameId};

/// Texts were used for the first time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamesGiven {
    /// One for each.
    pub names: Vec<Commitment>,
}

/// What an entry says of a text that it must not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    /// SHA-256 of salt and text.
    pub hash: BlobHash,
    /// The number.
    pub name: NameId,
}

/// Texts were erased because somebody asked for it. What retention deletes is not told one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextsErased {
    /// Error texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<BlobHash>,
    /// Names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<NameId>,
}

/// Random, and as secret as the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; Salt::BYTES]);

impl Salt {
    /// LIMIT: 128 bits. Whoever erased it leaves 2^128 possible hashes for each text.
    pub const BYTES: usize = 16;

    /// What an entry says of `text`. The salt has a fixed length, so no two pairs are hashed as the same bytes.
    pub fn commit(&self, text: &str) -> BlobHash {
        BlobHash::of(&[&self.0, text.as_bytes()].concat())
    }
}

impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// All names, by number. A number whose text was erased reads as `erased-<number>`.
#[derive(Clone, Debug, Default)]
pub struct Names {
    texts: Vec<Arc<str>>,
    places: HashMap<Arc<str>, NameId>,
}

impl Names {
    /// The number of a text, if it is known.
    pub fn find(&self, text: &str) -> Option<NameId> {
        self.places.get(text).copied()
    }

    /// The numbers of the texts that contain this, in rising order.
    pub fn containing(&self, part: &str) -> Vec<NameId> {
        let mut found: Vec<NameId> =
            self.places.iter().filter(|(text, _)| text.contains(part)).map(|(_, id)| *id).collect();
        found.sort_unstable();
        found
    }

    /// The number of a text, and whether it is new.
    pub fn intern(&mut self, text: &str) -> (NameId, bool) {
        if let Some(id) = self.find(text) {
            return (id, false);
        }
        let id = NameId(self.texts.len() as u32);
        self.load(id, Some(text));
        (id, true)
    }

    /// Puts what is stored under a number back there; none: it was erased, and the number stays taken.
    pub fn load(&mut self, id: NameId, text: Option<&str>) {
        while self.texts.len() <= id.0 as usize {
            self.texts.push(erased(NameId(self.texts.len() as u32)));
        }
        if let Some(text) = text {
            let text: Arc<str> = Arc::from(text);
            self.texts[id.0 as usize] = text.clone();
            self.places.insert(text, id);
        }
    }

    /// Forgets the text of a number.
    pub fn erase(&mut self, id: NameId) {
        if let Some(text) = self.texts.get_mut(id.0 as usize) {
            if self.places.get(text) == Some(&id) {
                self.places.remove(text);
            }
            *text = erased(id);
        }
    }

    /// The text of a number, if it was not erased: for what programs read.
    pub fn kept(&self, id: NameId) -> Option<Arc<str>> {
        self.texts.get(id.0 as usize).filter(|text| self.places.get(*text) == Some(&id)).cloned()
    }

    /// The text of a number.
    pub fn text(&self, id: NameId) -> Arc<str> {
        self.texts.get(id.0 as usize).cloned().unwrap_or_else(|| erased(id))
    }
}

fn erased(id: NameId) -> Arc<str> {
    Arc::from(format!("erased-{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erased_name_leaves_its_number_taken() {
        let mut names = Names::default();
        let (ada, _) = names.intern("host=atlas, username=ada");
        let (bea, _) = names.intern("host=atlas, username=bea");
        assert_eq!((names.containing("username=bea"), names.containing("atlas").len()), (vec![bea], 2));
        names.erase(bea);
        assert_eq!((&*names.text(bea), names.find("host=atlas, username=bea")), ("erased-1", None));
        let mut again = Names::default();
        again.load(ada, Some("host=atlas, username=ada"));
        again.load(bea, None);
        for names in [&mut names, &mut again] {
            assert_eq!(names.intern("host=atlas, username=bea"), (NameId(2), true), "a number is never used twice");
        }
    }

    #[test]
    fn a_commitment_is_to_salt_and_text() {
        let hash = Salt([1; 16]).commit("ada");
        assert_eq!(hash, Salt([1; 16]).commit("ada"));
        assert!(hash != Salt([2; 16]).commit("ada") && hash != Salt([1; 16]).commit("bea"));
        assert_eq!(format!("{:?}", Salt([1; 16])), "Salt(…)");
    }
}
