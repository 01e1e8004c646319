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
    /// The rarest, most likely: the others are looked for only where it stands.
    longest: Finder<'static>,
    others: Vec<Finder<'static>>,
}

impl Query {
    /// Reads what was typed. None: there is no word in it.
    pub fn new(written: &str) -> Option<Query> {
        // LIMIT: words of a search; more narrow nothing that anybody reads.
        let folded = fold(written);
        let mut words: Vec<&str> = folded.split_whitespace().take(SEARCH_WORDS_MAX).collect();
        let whole = words.join(" ");
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut words = words.into_iter().map(|word| Finder::new(word).into_owned());
        Some(Query { whole, longest: words.next()?, others: words.collect() })
    }

    /// The number that was typed, if it is one: `17` and `#17` mean a run.
    pub fn number(&self) -> Option<u64> {
        self.whole.strip_prefix('#').unwrap_or(&self.whole).parse().ok()
    }

    /// Whether it is written like a ref: then kinds and namespaces are looked at, too.
    pub(crate) fn is_ref(&self) -> bool {
        self.whole.contains([':', '/'])
    }

    fn words(&self) -> impl Iterator<Item = &Finder<'static>> {
        std::iter::once(&self.longest).chain(&self.others)
    }

    /// How well a name fits, as it is written. None: not at all.
    pub fn fit(&self, name: &str) -> Option<Fit> {
        let folded = fold(name);
        if self.words().any(|word| word.find(folded.as_bytes()).is_none()) {
            return None;
        }
        let by_start = self.fit_from_start(&folded);
        Some(by_start.unwrap_or_else(|| {
            if self.begins_words(&folded, |at| begins_word(name, at)) { Fit::WordStart } else { Fit::Part }
        }))
    }

    fn fit_from_start(&self, name: &str) -> Option<Fit> {
        let begins = name.starts_with(&self.whole);
        begins.then_some(if name.len() == self.whole.len() { Fit::Exact } else { Fit::Prefix })
    }

    fn begins_words(&self, names: &str, starts: impl Fn(usize) -> bool) -> bool {
        self.words().all(|word| word.find_iter(names.as_bytes()).any(&starts))
    }
}

/// The names of some things, folded, one after the other: what a search runs through. A thing may have two names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NameList<T> {
    text: String,
    /// Where the names of each thing end.
    ends: Vec<u32>,
    things: Vec<T>,
    /// A bit for each byte of the text: whether a word begins there. Capitals say so, and folding loses them.
    starts: Vec<u64>,
}

impl<T> Default for NameList<T> {
    fn default() -> NameList<T> {
        NameList { text: String::new(), ends: Vec::new(), things: Vec::new(), starts: Vec::new() }
    }
}

impl<T: Copy> NameList<T> {
    /// Adds a thing with its name, and another one that it goes by.
    pub fn push(&mut self, name: &str, other: Option<&str>, thing: T) {
        self.write(name);
        if let Some(other) = other {
            self.text.push('\n');
            self.write(other);
        }
        // LIMIT: a list has some hundred names of some kilobytes at most, far below 4 GiB.
        self.ends.push(self.text.len() as u32);
        self.things.push(thing);
    }

    fn write(&mut self, name: &str) {
        let start = self.text.len();
        fold_into(name, &mut self.text);
        self.starts.resize(self.text.len().div_ceil(64), 0);
        for at in (0..name.len()).filter(|at| begins_word(name, *at)) {
            let bit = start + at;
            self.starts[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Runs through the names.
    pub fn search(&self, query: &Query, hits: &mut Hits, kind: impl Fn(T) -> FoundKind, found: impl Fn(T) -> Found) {
        let (bytes, length) = (self.text.as_bytes(), query.longest.needle().len());
        let (mut from, mut place) = (0, 0);
        while let Some(at) = query.longest.find(&bytes[from..]) {
            let at = from + at;
            if self.ends[place] as usize <= at {
                place += self.ends[place..].partition_point(|end| *end as usize <= at);
            }
            let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
            let end = self.ends[place] as usize;
            // A hit may begin in one row and end in the next: that is none.
            if at + length <= end && query.others.iter().all(|word| word.find(&bytes[start..end]).is_some()) {
                let starts = |at: usize| self.starts[(start + at) / 64] >> ((start + at) % 64) & 1 == 1;
                let thing = self.things[place];
                hits.offer(query, kind(thing), &self.text[start..end], starts, || found(thing));
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
    /// What is worse than this is not among the best; none: there is room.
    worst: Option<(Fit, FoundKind, usize)>,
    totals: [usize; FoundKind::ALL.len()],
}

impl Hits {
    /// None yet; in the end at most so many, of these kinds.
    pub fn new(limit: usize, kinds: &[FoundKind]) -> Hits {
        Hits { limit, kinds: kinds.to_vec(), best: BinaryHeap::new(), worst: None, totals: [0; FoundKind::ALL.len()] }
    }

    /// Looks at a thing whose names have every word. How well they fit is found out only as far as it matters.
    fn offer(
        &mut self,
        query: &Query,
        kind: FoundKind,
        names: &str,
        starts: impl Fn(usize) -> bool,
        found: impl FnOnce() -> Found,
    ) {
        let (name, other) = match memchr::memchr(b'\n', names.as_bytes()) {
            Some(line) => (&names[..line], Some(&names[line + 1..])),
            None => (names, None),
        };
        let by_start = [Some(name), other].into_iter().flatten().filter_map(|name| query.fit_from_start(name)).min();
        let fit = match by_start {
            Some(fit) => fit,
            None if self.takes(Fit::WordStart, kind, name) && query.begins_words(names, starts) => Fit::WordStart,
            None => Fit::Part,
        };
        self.add(fit, kind, name, found);
    }

    fn takes(&self, fit: Fit, kind: FoundKind, name: &str) -> bool {
        self.worst.is_none_or(|worst| (fit, kind, name.len()) <= worst)
    }

    /// Adds a thing by its name, folded.
    pub fn add(&mut self, fit: Fit, kind: FoundKind, name: &str, found: impl FnOnce() -> Found) {
        if !self.kinds.contains(&kind) {
            return;
        }
        self.totals[kind as usize] += 1;
        if !self.takes(fit, kind, name) {
            return;
        }
        self.best.push(Hit { fit, kind, length: name.len(), name: name.into(), found: found() });
        if self.best.len() > self.limit {
            self.best.pop();
        }
        if self.best.len() == self.limit {
            self.worst = self.best.peek().map(|worst| (worst.fit, worst.kind, worst.length));
        }
    }

    /// Looks at a name by itself, as it is written.
    pub fn offer_name(&mut self, query: &Query, kind: FoundKind, name: &str, found: impl FnOnce() -> Found) {
        if let Some(fit) = query.fit(name) {
            self.add(fit, kind, &fold(name), found);
        }
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
        Query::new(typed)?.fit(name)
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
        // What was typed is folded as names are, also where a small letter has another length.
        check("İzmir", "İzmir", Some(Fit::Exact));
        check("ΣΟΦΟΣ", "ΣΟΦΟΣ", Some(Fit::Exact));
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
    fn a_list_is_run_through_row_by_row() {
        let mut names = NameList::default();
        for (slot, (name, other)) in (0..).zip([("abC", None), ("d", Some("x bc")), ("ab", None), ("cab", Some("e"))]) {
            names.push(name, other, slot);
        }
        let check = |typed: &str, expected: &[(Fit, &str)]| {
            let mut hits = Hits::new(9, &FoundKind::ALL);
            let query = Query::new(typed).expect("a word");
            names.search(&query, &mut hits, |_| FoundKind::Task, Found::Task);
            let best = hits.into_best();
            let found: Vec<_> = best.iter().map(|hit| (hit.fit, &*hit.name)).collect();
            assert_eq!(found, expected, "{typed}");
        };
        // What begins in one row and ends in the next is in neither.
        check("bcd", &[]);
        check("bc", &[(Fit::WordStart, "d"), (Fit::Part, "abc")]);
        check("c", &[(Fit::Prefix, "cab"), (Fit::WordStart, "abc"), (Fit::Part, "d")]);
        check("ab", &[(Fit::Exact, "ab"), (Fit::Prefix, "abc"), (Fit::Part, "cab")]);
        check("x bc", &[(Fit::Exact, "d")]);
        check("e c", &[(Fit::WordStart, "cab")]);
    }
}
