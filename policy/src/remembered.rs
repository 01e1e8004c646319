//! Answers that were given before.
//!
//! An answer is good as long as the model's revisions stay what they were ([`Epoch`]); one of another epoch is as good as none
//! and is overwritten. Two generations bound what is kept: what is asked again moves to the young one, and when that is full
//! the old one is dropped, outside of the lock.

use std::hash::{Hash, Hasher};
use std::mem;

use bussola_domain::access::{Act, Caller, Decision};
use hashbrown::{Equivalent, HashMap};
use parking_lot::Mutex;

use crate::limits::REMEMBERED_MAX;

/// What an answer depends on beyond its question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch {
    pub access: u64,
    pub catalog: u64,
    /// Times that the model was folded anew.
    pub folded: u64,
}

/// A question, as it is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub caller: &'a Caller,
    /// Whether the model knows the run or the session: these come and go without a revision.
    pub is_present: bool,
    pub act: &'a Act,
}

#[derive(Debug, PartialEq, Eq)]
struct Key {
    caller: Caller,
    is_present: bool,
    act: Act,
}

impl Key {
    fn asked(&self) -> Asked<'_> {
        Asked { caller: &self.caller, is_present: self.is_present, act: &self.act }
    }
}

impl Hash for Asked<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.caller.hash(state);
        self.is_present.hash(state);
        self.act.hash(state);
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.asked().hash(state);
    }
}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self.caller == key.caller && self.is_present == key.is_present && *self.act == key.act
    }
}

type Generation = HashMap<Key, (Epoch, Decision)>;

/// See the module.
#[derive(Debug)]
pub(crate) struct Remembered {
    generations: Mutex<(Generation, Generation)>,
    size_max: usize,
}

impl Default for Remembered {
    fn default() -> Remembered {
        Remembered::with_size(REMEMBERED_MAX)
    }
}

impl Remembered {
    fn with_size(size_max: usize) -> Remembered {
        // All of the room at once: a table that grows under the lock would hold everybody up.
        let room = || Generation::with_capacity(size_max);
        Remembered { generations: Mutex::new((room(), room())), size_max }
    }

    /// What was answered to this in this epoch.
    pub fn find(&self, epoch: Epoch, asked: Asked<'_>) -> Option<Decision> {
        let mut generations = self.generations.lock();
        let (young, old) = &mut *generations;
        if let Some((since, decision)) = young.get(&asked) {
            return (*since == epoch).then(|| decision.clone());
        }
        let (key, (since, decision)) = old.remove_entry(&asked)?;
        if since != epoch || young.len() >= self.size_max {
            return None;
        }
        young.insert(key, (since, decision.clone()));
        Some(decision)
    }

    /// Remembers an answer.
    pub fn keep(&self, epoch: Epoch, asked: Asked<'_>, decision: Decision) {
        let key = Key { caller: asked.caller.clone(), is_present: asked.is_present, act: asked.act.clone() };
        let mut generations = self.generations.lock();
        let mut dropped = None;
        if generations.0.len() >= self.size_max {
            let full = mem::replace(&mut generations.0, Generation::with_capacity(self.size_max));
            dropped = Some(mem::replace(&mut generations.1, full));
        }
        generations.0.insert(key, (epoch, decision));
        drop(generations);
        drop(dropped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bussola_domain::access::{Action, Resource};
    use bussola_domain::catalog::EntityRef;

    const EPOCH: Epoch = Epoch { access: 1, catalog: 1, folded: 0 };

    fn act(number: usize) -> Act {
        let component = EntityRef::component(&format!("c{number}")).expect("a ref");
        Act::new(Action::StartRun, Resource::Component(component))
    }

    fn asked(act: &Act) -> Asked<'_> {
        Asked { caller: &Caller::LOCAL, is_present: true, act }
    }

    fn answer(reason: &str) -> Decision {
        Decision { allowed: true, reason: reason.into() }
    }

    #[test]
    fn an_answer_is_good_for_its_epoch() {
        let remembered = Remembered::with_size(10);
        let act = act(1);
        assert_eq!(remembered.find(EPOCH, asked(&act)), None);
        remembered.keep(EPOCH, asked(&act), answer("a"));
        assert_eq!(remembered.find(EPOCH, asked(&act)), Some(answer("a")));
        assert_eq!(remembered.find(EPOCH, Asked { is_present: false, ..asked(&act) }), None);
        for other in [Epoch { access: 2, ..EPOCH }, Epoch { catalog: 0, ..EPOCH }, Epoch { folded: 1, ..EPOCH }] {
            assert_eq!(remembered.find(other, asked(&act)), None, "{other:?}");
        }
        remembered.keep(Epoch { access: 2, ..EPOCH }, asked(&act), answer("b"));
        assert_eq!(remembered.find(EPOCH, asked(&act)), None);
    }

    #[test]
    fn what_is_asked_again_stays_and_what_is_not_leaves() {
        let remembered = Remembered::with_size(10);
        for number in 0..100 {
            remembered.keep(EPOCH, asked(&act(number)), answer("a"));
            assert!(remembered.find(EPOCH, asked(&act(0))).is_some(), "{number}");
            let generations = remembered.generations.lock();
            assert!(generations.0.len() <= 10 && generations.1.len() <= 10);
        }
        assert_eq!(remembered.find(EPOCH, asked(&act(50))), None);
        assert!(remembered.find(EPOCH, asked(&act(99))).is_some());
    }
}
