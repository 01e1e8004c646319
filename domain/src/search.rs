//! Finding things by what they are called: entities, teams, pipelines, runs and tasks in one list, the best first.
//!
//! What is typed is compared with names, not with descriptions: who looks for a thing by its name wants that thing. A name that
//! equals what was typed comes before one that begins with it, that before one that has each word at the beginning of a word
//! of its own, and that before one that has it anywhere; of equals the kind decides, then the shorter name.
//!
//! This module knows how well a name fits and which hits are the best; those who hold names run through them
//! ([`Catalog::names`](crate::catalog::Catalog::names), [`Scheduler::task_names`](crate::scheduler::Scheduler::task_names)).
//! They hold names folded and one after the other, and are read without the model's lock.

use std::collections::BinaryHeap;

use memchr::memmem::Finder;

use crate::catalog::EntityRef;
use crate::catalog::limits::SEARCH_WORDS_MAX;
use crate::id::{NameId, RunId};
use crate::scheduler::Slot;

/// How well a name fits. Best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// It is what was typed.
    Exact,
    /// It begins with it.
    Prefix,
    /// Each word that was typed begins one of its words.
    WordStart,
    /// It has each word somewhere.
    Part,
}

impl Fit {
    /// As JSON reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Fit::Exact => "exact",
            Fit::Prefix => "prefix",
            Fit::WordStart => "word_start",
            Fit::Part => "part",
        }
    }
}

/// What can be found. Of names that fit alike the first kind comes first: what there is few of and what is asked for most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoundKind {
    /// A component.
    Component,
    /// A group, or an owner that only Luigi knows.
    Team,
    /// Any other entity: an API, a resource, a system, a user, …
    Entity,
    /// A pipeline, by its root family.
    Pipeline,
    /// A run.
    Run,
    /// A task that the scheduler knows.
    Task,
}

impl FoundKind {
    /// Every kind, in order.
    pub const ALL: [FoundKind; 6] = [
        FoundKind::Component,
        FoundKind::Team,
        FoundKind::Entity,
        FoundKind::Pipeline,
        FoundKind::Run,
        FoundKind::Task,
    ];

    /// As JSON reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            FoundKind::Component => "component",
            FoundKind::Team => "team",
            FoundKind::Entity => "entity",
            FoundKind::Pipeline => "pipeline",
            FoundKind::Run => "run",
            FoundKind::Task => "task",
        }
    }

    /// The kind of an entity.
    pub fn of_entity(kind: &str) -> FoundKind {
        match kind {
            "component" => FoundKind::Component,
            "group" => FoundKind::Team,
            _ => FoundKind::Entity,
        }
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// An entity of the catalog.
    Entity(EntityRef),
    /// An owner that only Luigi knows.
    Owner(NameId),
    /// A pipeline, by its root family.
    Pipeline(String),
    /// A run.
    Run(RunId),
    /// A task, by its place; the slot may have another task by the time it is looked at, whose name is another.
    Task(Slot),
}

/// A thing that was found, with the name that it was found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// How well it fits.
    pub fit: Fit,
    /// Its kind.
    pub kind: FoundKind,
    length: usize,
    /// Its name, folded.
    pub name: Box<str>,
    /// It.
    pub found: Found,
}

/// What was typed.
#[derive(Clone, Debug)]
pub struct Query {
    whole: String,
    /// The longest first: it is the rarest, and the others are looked for only where it stands.
    words: Vec<Finder<'static>>,
    is_ref: bool,
}

impl Query {
    /// Reads what was typed. None: there is no word in it.
    pub fn new(written: &str) -> Option<Query> {
        // LIMIT: words of a search; more narrow nothing that anybody reads.
        let folded = written.to_lowercase();
        let mut words: Vec<&str> = folded.split_whitespace().take(SEARCH_WORDS_MAX).collect();
        let whole = words.join(" ");
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let words: Vec<_> = words.into_iter().map(|word| Finder::new(word).into_owned()).collect();
        let is_ref = whole.contains([':', '/']);
        (!words.is_empty()).then_some(Query { whole, words, is_ref })
    }

    /// The number that was typed, if it is one: `17` and `#17` mean a run.
    pub fn number(&self) -> Option<u64> {
        self.whole.strip_prefix('#').unwrap_or(&self.whole).parse().ok()
    }

    /// Whether it is written like a ref: then kinds and namespaces are looked at, too.
    pub(crate) fn is_ref(&self) -> bool {
        self.is_ref
    }

    /// How well names fit that stand on a line each. None: not at all. What is worse than `worst` is not told apart.
    fn fit(&self, names: &str, worst: Fit, starts: impl Fn(usize) -> bool) -> Option<Fit> {
        let bytes = names.as_bytes();
        if !self.words.iter().all(|word| word.find(bytes).is_some()) {
            return None;
        }
        let mut best = Fit::Part;
        for name in names.split('\n').filter(|name| name.starts_with(&self.whole)) {
            best = best.min(if name.len() == self.whole.len() { Fit::Exact } else { Fit::Prefix });
        }
        let begins = |word: &Finder<'_>| word.find_iter(bytes).any(&starts);
        if best == Fit::Part && worst >= Fit::WordStart && self.words.iter().all(begins) {
            best = Fit::WordStart;
        }
        Some(best)
    }
}

/// Many names, folded, one after the other: what a search runs through.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    /// The texts of all rows.
    pub text: &'a str,
    /// Where the text of each row ends.
    pub ends: &'a [u32],
}

impl Names<'_> {
    /// Visits the rows that have the longest word of a query in the part that `region` says: with the row's place, and where
    /// that part begins and ends.
    pub fn scan(
        self,
        query: &Query,
        region: impl Fn(&str) -> std::ops::Range<usize>,
        mut visit: impl FnMut(usize, std::ops::Range<usize>),
    ) {
        let Some(first) = query.words.first() else { return };
        let (bytes, length) = (self.text.as_bytes(), first.needle().len());
        let (mut from, mut place) = (0, 0);
        while let Some(at) = first.find(&bytes[from..]) {
            let at = from + at;
            place += self.ends[place..].partition_point(|end| *end as usize <= at);
            let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
            let end = self.ends[place] as usize;
            let part = region(&self.text[start..end]);
            let part = start + part.start..start + part.end;
            if at < part.start {
                from = part.start;
                continue;
            }
            // A hit may begin in one row and end in the next: that is none.
            if at + length <= part.end {
                visit(place, part);
            }
            from = end;
        }
    }
}

/// The best hits so far, and how many there were.
#[derive(Clone, Debug)]
pub struct Hits {
    limit: usize,
    /// Those that are wanted.
    kinds: Vec<FoundKind>,
    /// The worst is on top.
    best: BinaryHeap<Hit>,
    totals: [usize; FoundKind::ALL.len()],
}

impl Hits {
    /// None yet; in the end at most so many, of these kinds.
    pub fn new(limit: usize, kinds: &[FoundKind]) -> Hits {
        Hits { limit, kinds: kinds.to_vec(), best: BinaryHeap::new(), totals: [0; FoundKind::ALL.len()] }
    }

    /// The worst fit with which a name of this kind would still be taken.
    fn worst(&self, kind: FoundKind) -> Fit {
        match self.best.peek() {
            Some(worst) if self.best.len() >= self.limit => {
                if kind <= worst.kind || worst.fit == Fit::Exact {
                    worst.fit
                } else {
                    // Of the same fit it would come after.
                    match worst.fit {
                        Fit::Exact | Fit::Prefix => Fit::Exact,
                        Fit::WordStart => Fit::Prefix,
                        Fit::Part => Fit::WordStart,
                    }
                }
            }
            _ => Fit::Part,
        }
    }

    /// Looks at names that stand on a line each; the thing is made only when it is among the best. Says how well they fit.
    pub(crate) fn offer(
        &mut self,
        query: &Query,
        kind: FoundKind,
        names: &str,
        starts: impl Fn(usize) -> bool,
        found: impl FnOnce() -> Found,
    ) -> Option<Fit> {
        let fit = query.fit(names, self.worst(kind), starts)?;
        let name = names.split('\n').next().unwrap_or("");
        self.add(fit, kind, name, found);
        Some(fit)
    }

    /// Adds one whose fit is known.
    pub fn add(&mut self, fit: Fit, kind: FoundKind, name: &str, found: impl FnOnce() -> Found) {
        if !self.kinds.contains(&kind) {
            return;
        }
        self.totals[kind as usize] += 1;
        let full = self.best.len() >= self.limit;
        let key = (fit, kind, name.len(), name);
        let is_better = self.best.peek().is_some_and(|w| key < (w.fit, w.kind, w.length, &*w.name));
        if full && !is_better {
            return;
        }
        if full {
            self.best.pop();
        }
        self.best.push(Hit { fit, kind, length: name.len(), name: name.into(), found: found() });
    }

    /// Looks at a name by itself, as it is written.
    pub fn offer_name(
        &mut self,
        query: &Query,
        kind: FoundKind,
        name: &str,
        found: impl FnOnce() -> Found,
    ) -> Option<Fit> {
        let folded = fold(name);
        self.offer(query, kind, &folded, |at| begins_word(name, at), found)
    }

    /// How many things of a kind fit.
    pub fn total(&self, kind: FoundKind) -> usize {
        self.totals[kind as usize]
    }

    /// The best, best first.
    pub fn into_best(self) -> Vec<Hit> {
        self.best.into_sorted_vec()
    }
}

/// A name in lower case, byte for byte as long as it was: a letter whose small form has another length stays.
pub(crate) fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    fold_into(name, &mut folded);
    folded
}

pub(crate) fn fold_into(name: &str, folded: &mut String) {
    if name.is_ascii() {
        let start = folded.len();
        folded.push_str(name);
        folded[start..].make_ascii_lowercase();
        return;
    }
    for letter in name.chars() {
        let mut small = letter.to_lowercase();
        match (small.next(), small.next()) {
            (Some(one), None) if one.len_utf8() == letter.len_utf8() => folded.push(one),
            _ => folded.push(letter),
        }
    }
}

/// Whether a word of a name begins at a byte: after what is neither letter nor digit, or at a capital: `Load|Orders`.
pub(crate) fn begins_word(name: &str, at: usize) -> bool {
    let bytes = name.as_bytes();
    let Some((&byte, before)) = bytes.get(at).zip(at.checked_sub(1).map(|before| bytes[before])) else {
        return at == 0;
    };
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    !is_word(before) || byte.is_ascii_uppercase() && !before.is_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(typed: &str, name: &str) -> Option<Fit> {
        Hits::new(9, &FoundKind::ALL).offer_name(&Query::new(typed)?, FoundKind::Task, name, || Found::Task(0))
    }

    #[test]
    fn a_name_fits_well_or_not_so_well() {
        let check =
            |typed: &str, name: &str, expected: Option<Fit>| assert_eq!(fit(typed, name), expected, "{typed} {name}");
        check("Orders", "orders", Some(Fit::Exact));
        check("  load  ORDERS ", "load orders", Some(Fit::Exact));
        check("load", "LoadOrders_2026", Some(Fit::Prefix));
        check("orders", "LoadOrders_2026", Some(Fit::WordStart));
        check("2026 ord", "LoadOrders_2026", Some(Fit::WordStart));
        check("ders", "LoadOrders_2026", Some(Fit::Part));
        check("ders load", "LoadOrders_2026", Some(Fit::Part));
        check("über", "Die Über-Tabelle", Some(Fit::WordStart));
        check("orders x", "LoadOrders_2026", None);
        check("", "anything", None);
        check(" ", "anything", None);
    }

    #[test]
    fn the_best_stay_in_order_and_all_are_counted() {
        let query = Query::new("load").expect("a word");
        let mut hits = Hits::new(3, &FoundKind::ALL);
        let names = ["reload", "Download", "load", "LoadAll", "loads", "unloading", "PreLoad", "other"];
        for (slot, name) in (0..).zip(names) {
            hits.offer_name(&query, FoundKind::Task, name, || Found::Task(slot));
        }
        hits.offer_name(&query, FoundKind::Component, "upload", || Found::Pipeline("x".into()));
        assert_eq!((hits.total(FoundKind::Task), hits.total(FoundKind::Component)), (7, 1));
        let best: Vec<_> = hits.into_best().into_iter().map(|hit| (hit.fit, hit.name.to_string())).collect();
        let expected = [(Fit::Exact, "load"), (Fit::Prefix, "loads"), (Fit::Prefix, "loadall")];
        assert_eq!(best, expected.map(|(fit, name)| (fit, name.to_owned())));
    }

    #[test]
    fn a_number_means_a_run() {
        let number = |typed: &str| Query::new(typed).and_then(|query| query.number());
        assert_eq!((number("#17"), number(" 17 "), number("r17")), (Some(17), Some(17), None));
    }

    #[test]
    fn a_hit_does_not_reach_into_the_next_row() {
        let query = Query::new("bc").expect("a word");
        let mut seen = Vec::new();
        let names = Names { text: "abcdxbc", ends: &[2, 4, 7] };
        names.scan(&query, |row| 0..row.len(), |place, _| seen.push(place));
        assert_eq!(seen, [2]);
    }
}
