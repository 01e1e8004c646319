//! Lists of entities: filtered, sorted, counted by facet, in pages.
//!
//! A list is made of a [`Listing`]: the rows of everything at one moment, taken in microseconds, and looked through without
//! any lock. It looks at every row once and compares numbers; a search looks through the texts before that.

use std::sync::Arc;

use memchr::memmem::Finder;

use super::columns::{NEVER, NO_OWNER, NO_WORD, OwnerId, Row, Rows, WordId, searched};
use super::health::{Health, HealthMap};
use super::index::NodeId;
use super::limits::{FACET_VALUES_MAX, GROUPS_MAX, PAGE_ITEMS_MAX, SEARCH_WORDS_MAX};
use super::model::Owner;
use super::question::EntityState;
use super::reference::EntityRef;
use super::relation::RelationKind;
use super::state::Catalog;

/// What to list. An empty filter lists everything; the values of one filter are alternatives, and an empty text among them
/// stands for what has none.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Only these kinds: `component`.
    pub kinds: Vec<String>,
    /// Only these types; case does not count.
    pub types: Vec<String>,
    /// Only these lifecycles; case does not count.
    pub lifecycles: Vec<String>,
    /// Only these tiers; none: what has no tier.
    pub tiers: Vec<Option<u8>>,
    /// Only what fares like this.
    pub health: Vec<Health>,
    /// Only what has one of these tags.
    pub tags: Vec<String>,
    /// Only what one of these owners answers for; none: every owner, and nobody.
    pub owners: Option<Vec<Owner>>,
    /// Only what nobody answers for.
    pub only_unowned: bool,
    /// Only declared, or only discovered.
    pub state: Option<EntityState>,
    /// Only what has each word of this in its ref, title, description or tags; case does not count.
    pub text: Option<String>,
    /// In which order.
    pub sort: Sort,
    /// The other way round. What lacks the value comes last both ways.
    pub descending: bool,
    /// Skip so many.
    pub offset: usize,
    /// At most so many, and never more than [`PAGE_ITEMS_MAX`]; none: that many.
    pub limit: Option<usize>,
    /// Whether to count by facet.
    pub facets: bool,
}

/// The order of a list. What is equal is in order of ref.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By ref.
    #[default]
    Ref,
    /// By title.
    Title,
    /// By the owner's name.
    Owner,
    /// By type.
    Type,
    /// By tier: 1 first.
    Tier,
    /// The worst first.
    Health,
    /// What changed longest ago first.
    Changed,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The entities of this page.
    pub items: Vec<EntityRef>,
    /// How many there are in all pages.
    pub total: usize,
    /// Counts by facet, when asked for.
    pub facets: Vec<Facet>,
}

/// How many entities there are for each value of something, with every other filter applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Facet {
    /// Of what.
    pub name: FacetName,
    /// Values and their counts, the most frequent first. May be cut.
    pub values: Vec<(FacetValue, usize)>,
    /// How many values there are.
    pub values_total: usize,
}

/// What can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FacetName {
    /// Kind.
    Kind,
    /// Type.
    Type,
    /// Owner.
    Owner,
    /// Lifecycle.
    Lifecycle,
    /// Tier.
    Tier,
    /// Health.
    Health,
    /// Tag.
    Tag,
    /// Declared or discovered.
    State,
}

/// Every facet, in the order in which they are counted.
const FACETS: [FacetName; 8] = [
    FacetName::Kind,
    FacetName::Type,
    FacetName::Owner,
    FacetName::Lifecycle,
    FacetName::Tier,
    FacetName::Health,
    FacetName::Tag,
    FacetName::State,
];

impl FacetName {
    /// As people and JSON read it: the name of the filter.
    pub fn as_str(self) -> &'static str {
        match self {
            FacetName::Kind => "kind",
            FacetName::Type => "type",
            FacetName::Owner => "owner",
            FacetName::Lifecycle => "lifecycle",
            FacetName::Tier => "tier",
            FacetName::Health => "health",
            FacetName::Tag => "tag",
            FacetName::State => "state",
        }
    }

    fn bit(self) -> u8 {
        1 << FACETS.iter().position(|name| *name == self).unwrap_or(0)
    }
}

/// One value of a facet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FacetValue {
    /// A word.
    Word(Arc<str>),
    /// A group or a user.
    Entity(EntityRef),
    /// An owner that only Luigi knows.
    Named(crate::id::NameId),
    /// What has no value.
    None,
}

impl From<Owner> for FacetValue {
    fn from(owner: Owner) -> FacetValue {
        match owner {
            Owner::Entity(reference) => FacetValue::Entity(reference),
            Owner::Named(id) => FacetValue::Named(id),
        }
    }
}

/// The rows of everything at one moment.
#[derive(Clone, Debug)]
pub struct Listing {
    rows: Rows,
    /// What exists, in order of ref, or of title when that was asked for.
    sorted: Arc<Vec<NodeId>>,
    spelled: Arc<Vec<Arc<str>>>,
    owners: Arc<Vec<Owner>>,
    /// The place of each owner by name, when that was asked for.
    owner_ranks: Vec<u32>,
}

/// Which words are wanted.
struct WordFilter {
    words: Vec<WordId>,
}

impl WordFilter {
    /// None: every word.
    fn of(catalog: &Catalog, written: &[String], spell: impl Fn(&str) -> String) -> Option<WordFilter> {
        let number = |text: &String| match text.as_str() {
            "" => Some(NO_WORD),
            text => catalog.index.columns.word(&spell(text)),
        };
        (!written.is_empty()).then(|| WordFilter { words: written.iter().filter_map(number).collect() })
    }

    fn fits(&self, word: WordId) -> bool {
        self.words.contains(&word)
    }
}

/// A query in numbers.
pub struct Resolved {
    kind: Option<WordFilter>,
    entity_type: Option<WordFilter>,
    lifecycle: Option<WordFilter>,
    tag: Option<WordFilter>,
    /// By number of the owner.
    owner: Option<Vec<bool>>,
    query: ListQuery,
}

impl Catalog {
    /// What a list is made of, and the query in its numbers. Takes microseconds; the list is made with [`Listing::page`].
    pub fn listing(&self, query: ListQuery, owner_name: impl Fn(&Owner) -> String) -> (Listing, Resolved) {
        let columns = &self.index.columns;
        let owner_ranks = if query.sort == Sort::Owner {
            let mut by_name: Vec<(String, OwnerId)> =
                columns.owners.iter().map(|owner| owner_name(owner).to_lowercase()).zip(0..).collect();
            by_name.sort_unstable();
            let mut ranks = vec![0; by_name.len()];
            (0..).zip(&by_name).for_each(|(rank, (_, id))| ranks[*id as usize] = rank);
            ranks
        } else {
            Vec::new()
        };
        let listing = Listing {
            rows: columns.rows.clone(),
            sorted: match query.sort {
                Sort::Title => columns.in_order_of_title().clone(),
                _ => columns.in_order_of_ref().clone(),
            },
            spelled: columns.spelled.clone(),
            owners: columns.owners.clone(),
            owner_ranks,
        };
        let owner = query.owners.as_ref().map(|owners| {
            let mut wanted = vec![false; columns.owners.len()];
            owners.iter().filter_map(|owner| columns.owner(owner)).for_each(|id| wanted[id as usize] = true);
            wanted
        });
        let lower = |text: &str| text.to_lowercase();
        let resolved = Resolved {
            kind: WordFilter::of(self, &query.kinds, lower),
            entity_type: WordFilter::of(self, &query.types, lower),
            lifecycle: WordFilter::of(self, &query.lifecycles, lower),
            tag: WordFilter::of(self, &query.tags, str::to_owned),
            owner,
            query,
        };
        (listing, resolved)
    }

    /// Lists entities when nothing is asked about their health.
    pub fn list(&self, query: ListQuery) -> Page {
        let (listing, resolved) = self.listing(query, |_| String::new());
        listing.page(&resolved, &HealthMap::default())
    }

    /// A group and the groups within it, at any depth.
    pub fn groups_within(&self, group: &EntityRef) -> Vec<EntityRef> {
        let mut found = vec![group.clone()];
        let mut place = 0;
        while let Some(vertex) = found.get(place).and_then(|reference| self.index.find(reference)) {
            let within = vertex.edges.keys().filter(|(relation, _)| *relation == RelationKind::ParentOf);
            for (_, other) in within {
                let reference = &self.index.vertex(*other).reference;
                if found.len() < GROUPS_MAX && !found.contains(reference) {
                    found.push(reference.clone());
                }
            }
            place += 1;
        }
        found
    }
}

/// Groups, users and locations have no owner, and lack none.
pub(super) fn can_be_owned(kind: &str) -> bool {
    !matches!(kind, "group" | "user" | "location")
}

/// How many rows have each value.
struct Counts {
    kind: Vec<u32>,
    entity_type: Vec<u32>,
    lifecycle: Vec<u32>,
    tag: Vec<u32>,
    owner: Vec<u32>,
    tier: [u32; 256],
    health: [u32; 4],
    state: [u32; 2],
}

impl Counts {
    fn new(words: usize, owners: usize) -> Counts {
        // The last place counts what has no value.
        let places = || vec![0; words + 1];
        Counts {
            kind: places(),
            entity_type: places(),
            lifecycle: places(),
            tag: places(),
            owner: vec![0; owners + 1],
            tier: [0; 256],
            health: [0; 4],
            state: [0; 2],
        }
    }

    fn add(&mut self, name: FacetName, row: &Row, health: Health) {
        let word = |places: &mut Vec<u32>, word: WordId| {
            let last = places.len() - 1;
            places[(word as usize).min(last)] += 1;
        };
        match name {
            FacetName::Kind => word(&mut self.kind, row.kind),
            FacetName::Type => word(&mut self.entity_type, row.entity_type),
            FacetName::Owner => word(&mut self.owner, row.owner),
            FacetName::Lifecycle => word(&mut self.lifecycle, row.lifecycle),
            FacetName::Tier => self.tier[usize::from(row.tier)] += 1,
            FacetName::Health => self.health[health as usize] += 1,
            FacetName::Tag => row.tags.iter().for_each(|tag| word(&mut self.tag, *tag)),
            FacetName::State => self.state[usize::from(!row.declared)] += 1,
        }
    }
}

impl Listing {
    /// The page that a query asks for.
    pub fn page(&self, resolved: &Resolved, health: &HealthMap) -> Page {
        let query = &resolved.query;
        let found = query.text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(|text| self.search(text));
        let mut counts = query.facets.then(|| Counts::new(self.spelled.len(), self.owners.len()));
        // Rows are looked at as they lie in memory, which takes a fifth of the time of any other order.
        let key = self.key(query, health);
        let mut keys: Vec<Option<u64>> = vec![None; self.rows.len()];
        for (first, chunk) in self.rows.chunks() {
            for (id, row) in (first..).zip(&chunk.rows) {
                if !row.exists || found.as_ref().is_some_and(|found| !found[id as usize]) {
                    continue;
                }
                let fares = health.at(id);
                let failed = resolved.failed(row, fares, counts.is_some());
                if failed == 0 {
                    keys[id as usize] = Some(key(id, row));
                }
                if let Some(counts) = &mut counts {
                    match failed {
                        0 => FACETS.into_iter().for_each(|name| counts.add(name, row, fares)),
                        // A facet is counted as if nothing were chosen of it.
                        _ if failed.is_power_of_two() => {
                            counts.add(FACETS[failed.trailing_zeros() as usize], row, fares);
                        }
                        _ => {}
                    }
                }
            }
        }
        let fitting = self.sorted.iter().filter_map(|id| Some((keys[*id as usize]?, *id))).collect();
        let (total, items) = self.cut(query, fitting);
        let facets = counts.map(|counts| FACETS.into_iter().map(|name| self.facet(name, &counts)).collect());
        Page { items, total, facets: facets.unwrap_or_default() }
    }

    /// How many fit, and the page's part of them, in the order that is asked for. They are given by their keys and in the
    /// listing's own order, which decides between equal keys.
    fn cut(&self, query: &ListQuery, mut fitting: Vec<(u64, NodeId)>) -> (usize, Vec<EntityRef>) {
        let total = fitting.len();
        let limit = query.limit.unwrap_or(PAGE_ITEMS_MAX).min(PAGE_ITEMS_MAX);
        let (start, end) = (query.offset.min(total), query.offset.saturating_add(limit).min(total));
        let reference = |id: NodeId| self.rows.row(id).reference.clone();
        if matches!(query.sort, Sort::Ref | Sort::Title) {
            if query.descending {
                fitting.reverse();
            }
            return (total, fitting[start..end].iter().map(|(_, id)| reference(*id)).collect());
        }
        let mut keyed: Vec<(u64, u32)> = fitting.iter().map(|(key, _)| *key).zip(0..).collect();
        if end < total {
            keyed.select_nth_unstable(end);
            keyed.truncate(end);
        }
        keyed.sort_unstable();
        (total, keyed[start..].iter().map(|(_, place)| reference(fitting[*place as usize].1)).collect())
    }

    /// What a row is sorted by. What has no value comes last, whatever the direction.
    fn key(&self, query: &ListQuery, health: &HealthMap) -> impl Fn(NodeId, &Row) -> u64 {
        let ranks = self.word_ranks(query.sort);
        move |id, row| {
            let value = match query.sort {
                Sort::Ref | Sort::Title => None,
                Sort::Owner => self.owner_ranks.get(row.owner as usize).map(|rank| u64::from(*rank)),
                Sort::Type => ranks.get(row.entity_type as usize).map(|rank| u64::from(*rank)),
                Sort::Tier => Some(u64::from(row.tier)).filter(|tier| *tier > 0),
                Sort::Health => Some(health.at(id) as u64),
                // From the first moment to the last, without a sign.
                Sort::Changed => {
                    Some(row.changed).filter(|at| *at != NEVER).map(|at| at.0.wrapping_sub(i64::MIN) as u64)
                }
            };
            match value {
                Some(value) if query.descending => u64::MAX - 1 - value.min(u64::MAX - 1),
                Some(value) => value.min(u64::MAX - 1),
                None => u64::MAX,
            }
        }
    }

    /// The place of each word by spelling, for a sort that needs it.
    fn word_ranks(&self, sort: Sort) -> Vec<u32> {
        if sort != Sort::Type {
            return Vec::new();
        }
        let mut by_spelling: Vec<(&str, WordId)> = self.spelled.iter().map(|word| &**word).zip(0..).collect();
        by_spelling.sort_unstable();
        let mut ranks = vec![0; by_spelling.len()];
        (0..).zip(&by_spelling).for_each(|(rank, (_, id))| ranks[*id as usize] = rank);
        ranks
    }

    /// Whether each row has every word of a text somewhere.
    fn search(&self, text: &str) -> Vec<bool> {
        let text = text.to_lowercase();
        // LIMIT: words of a search; more narrow nothing that anybody reads.
        let words = text.split_whitespace().take(SEARCH_WORDS_MAX).map(|word| match EntityRef::parse(word) {
            // A whole ref means that entity.
            Ok(reference) if word.contains(':') => searched(&reference),
            _ => word.to_owned(),
        });
        let mut words: Vec<String> = words.collect();
        // The longest is the rarest; the others are looked for only where it stands.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut found = vec![false; self.rows.len()];
        let Some((first, others)) = words.split_first() else { return found };
        let finder = Finder::new(first);
        let others: Vec<Finder<'_>> = others.iter().map(Finder::new).collect();
        for (number, chunk) in self.rows.chunks() {
            let bytes = chunk.text.as_bytes();
            let mut from = 0;
            while let Some(at) = finder.find(&bytes[from..]) {
                let place = chunk.ends.partition_point(|end| *end as usize <= from + at);
                let row = chunk.text_of(place).as_bytes();
                let end = chunk.ends[place] as usize;
                // One that begins in a row and ends in the next is in neither.
                found[number as usize + place] =
                    from + at + first.len() <= end && others.iter().all(|other| other.find(row).is_some());
                from = end;
            }
        }
        found
    }

    fn facet(&self, name: FacetName, counts: &Counts) -> Facet {
        let words = |places: &[u32]| -> Vec<(FacetValue, usize)> {
            let value =
                |place: usize| self.spelled.get(place).map_or(FacetValue::None, |word| FacetValue::Word(word.clone()));
            counted(places, value)
        };
        let fixed = |names: &[&str], places: &[u32]| counted(places, |place| FacetValue::Word(names[place].into()));
        let mut values = match name {
            FacetName::Kind => words(&counts.kind),
            FacetName::Type => words(&counts.entity_type),
            FacetName::Lifecycle => words(&counts.lifecycle),
            FacetName::Tag => words(&counts.tag),
            FacetName::Owner => counted(&counts.owner, |place| {
                self.owners.get(place).map_or(FacetValue::None, |owner| owner.clone().into())
            }),
            FacetName::Tier => counted(&counts.tier, |tier| match tier {
                0 => FacetValue::None,
                tier => FacetValue::Word(tier.to_string().into()),
            }),
            FacetName::Health => fixed(&Health::ALL.map(Health::as_str), &counts.health),
            FacetName::State => fixed(&["declared", "discovered"], &counts.state),
        };
        let values_total = values.len();
        values.sort_unstable_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        values.truncate(FACET_VALUES_MAX);
        Facet { name, values, values_total }
    }
}

/// What an owner answers for, in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Owned {
    /// Who; none: what nobody answers for.
    pub owner: Option<Owner>,
    /// How many entities.
    pub entities: usize,
    /// How many of them fare how, in order of [`Health::ALL`].
    pub health: [usize; 4],
}

impl Listing {
    /// Everything that fits, in order, without pages.
    pub fn all(&self, resolved: &Resolved, health: &HealthMap) -> Vec<EntityRef> {
        let fitting = |id: &&NodeId| resolved.failed(self.rows.row(**id), health.at(**id), false) == 0;
        self.sorted.iter().filter(fitting).map(|id| self.rows.row(*id).reference.clone()).collect()
    }

    /// Every owner with what it answers for, in no order.
    pub fn owned(&self, health: &HealthMap) -> Vec<Owned> {
        let none = |owner: Option<Owner>| Owned { owner, entities: 0, health: [0; 4] };
        let mut all: Vec<Owned> = self.owners.iter().cloned().map(Some).chain([None]).map(none).collect();
        let last = all.len() - 1;
        for &id in self.sorted.iter() {
            let row = self.rows.row(id);
            if row.owner != NO_OWNER || can_be_owned(row.reference.kind()) {
                let owned = &mut all[(row.owner as usize).min(last)];
                owned.entities += 1;
                owned.health[health.at(id) as usize] += 1;
            }
        }
        all.retain(|owned| owned.entities > 0);
        all
    }
}

fn counted(places: &[u32], value: impl Fn(usize) -> FacetValue) -> Vec<(FacetValue, usize)> {
    let present = places.iter().enumerate().filter(|(_, count)| **count > 0);
    present.map(|(place, count)| (value(place), *count as usize)).collect()
}

impl Resolved {
    /// The facets, as bits, whose filters a row does not pass; `all` false: it is enough to know whether there is one.
    fn failed(&self, row: &Row, health: Health, all: bool) -> u8 {
        let mut failed = 0;
        let mut check = |name: FacetName, fits: bool| {
            if !fits {
                failed |= name.bit();
            }
            fits || all
        };
        let passes = |filter: &Option<WordFilter>, word| filter.as_ref().is_none_or(|filter| filter.fits(word));
        let query = &self.query;
        let tagged = || match &self.tag {
            None => true,
            Some(filter) if row.tags.is_empty() => filter.fits(NO_WORD),
            Some(filter) => row.tags.iter().any(|tag| filter.fits(*tag)),
        };
        let owned = || {
            self.owner.as_ref().is_none_or(|owner| owner.get(row.owner as usize).copied().unwrap_or(false))
                && (!query.only_unowned || row.owner == NO_OWNER && can_be_owned(row.reference.kind()))
        };
        let tier = Some(row.tier).filter(|tier| *tier > 0);
        // The cheap and the telling first.
        let _rest = check(FacetName::Kind, passes(&self.kind, row.kind))
            && check(FacetName::Type, passes(&self.entity_type, row.entity_type))
            && check(FacetName::Owner, owned())
            && check(FacetName::Lifecycle, passes(&self.lifecycle, row.lifecycle))
            && check(FacetName::Tier, query.tiers.is_empty() || query.tiers.contains(&tier))
            && check(FacetName::Health, query.health.is_empty() || query.health.contains(&health))
            && check(
                FacetName::State,
                query.state.is_none_or(|state| (state == EntityState::Declared) == row.declared),
            )
            && check(FacetName::Tag, tagged());
        failed
    }
}
