//! Texts that may name a person, by opaque numbers. The ledger holds the numbers; the texts can be erased.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::id::NameId;

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

    /// The number of a text, and whether it is new.
    pub fn intern(&mut self, text: &str) -> (NameId, bool) {
        if let Some(id) = self.find(text) {
            return (id, false);
        }
        let id = NameId(self.texts.len() as u32);
        self.load(id, text);
        (id, true)
    }

    /// Puts a stored text back under its number.
    pub fn load(&mut self, id: NameId, text: &str) {
        while self.texts.len() <= id.0 as usize {
            self.texts.push(Arc::from(format!("erased-{}", self.texts.len())));
        }
        let text: Arc<str> = Arc::from(text);
        self.texts[id.0 as usize] = text.clone();
        self.places.insert(text, id);
    }

    /// The text of a number.
    pub fn text(&self, id: NameId) -> Arc<str> {
        self.texts.get(id.0 as usize).cloned().unwrap_or_else(|| Arc::from(format!("erased-{id}")))
    }
}
