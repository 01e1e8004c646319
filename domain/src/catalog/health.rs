//! How everything in the catalog fares: what fails by itself, and what stands on something that fails.
//!
//! An entity is **failing** while the last ended run of one of its pipelines did not succeed, **at risk** while something that
//! it needs, directly or through others, is failing, **healthy** when its pipelines' last runs succeeded and nothing that it
//! needs fails, and **unknown** otherwise: nothing that runs has said anything about it.

use std::sync::{Arc, OnceLock};

use super::columns::{Dependents, Rows};
use super::index::NodeId;
use super::reference::EntityRef;
use super::state::Catalog;

/// How an entity fares. Worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// One of its pipelines fails.
    Failing,
    /// Something that it needs fails.
    AtRisk,
    /// Its pipelines succeed, and nothing that it needs fails.
    Healthy,
    /// Nothing is known.
    #[default]
    Unknown,
}

impl Health {
    /// Every state, worst first.
    pub const ALL: [Health; 4] = [Health::Failing, Health::AtRisk, Health::Healthy, Health::Unknown];

    /// As people and JSON read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Health::Failing => "failing",
            Health::AtRisk => "at_risk",
            Health::Healthy => "healthy",
            Health::Unknown => "unknown",
        }
    }
}

/// The cause of what has none elsewhere.
const NO_CAUSE: u32 = u32::MAX;

/// The health of everything at one moment. Found in one walk from what fails, and kept until runs or catalog change.
#[derive(Clone, Debug, Default)]
pub struct HealthMap {
    of: Vec<Health>,
    /// For what is at risk: which of `failing` is nearest, of several the first by name.
    cause: Vec<u32>,
    /// What fails by itself, in order of ref.
    failing: Vec<EntityRef>,
}

impl HealthMap {
    pub(super) fn at(&self, id: NodeId) -> Health {
        self.of.get(id as usize).copied().unwrap_or_default()
    }

    /// What fails by itself, in order of ref.
    pub fn failing(&self) -> &[EntityRef] {
        &self.failing
    }
}

/// What health follows from, at one moment. Taken in microseconds; [`derive`](HealthSources::derive) needs no lock.
#[derive(Clone, Debug)]
pub struct HealthSources {
    rows: Rows,
    dependents: Arc<OnceLock<Dependents>>,
    /// The homes of pipelines, and whether the last run of each succeeded.
    pipelines: Vec<(NodeId, bool)>,
}

impl HealthSources {
    /// The health of everything.
    pub fn derive(&self) -> HealthMap {
        let count = self.rows.len();
        let mut map = HealthMap { of: vec![Health::Unknown; count], cause: vec![NO_CAUSE; count], failing: Vec::new() };
        for &(home, succeeds) in &self.pipelines {
            let health = &mut map.of[home as usize];
            match succeeds {
                false => *health = Health::Failing,
                true if *health == Health::Unknown => *health = Health::Healthy,
                true => {}
            }
        }
        let mut level: Vec<NodeId> =
            (0..).zip(&map.of).filter(|(_, own)| **own == Health::Failing).map(|(id, _)| id).collect();
        if level.is_empty() {
            return map;
        }
        level.sort_unstable_by(|a, b| self.rows.row(*a).reference.cmp(&self.rows.row(*b).reference));
        for (number, id) in (0..).zip(&level) {
            map.cause[*id as usize] = number;
            map.failing.push(self.rows.row(*id).reference.clone());
        }
        let dependents = self.dependents.get_or_init(|| Dependents::of(&self.rows));
        // One level at a time, so that of several causes at the same distance the first by name is taken.
        let mut distance_of = vec![u32::MAX; count];
        for distance in 1.. {
            let mut next: Vec<NodeId> = Vec::new();
            for from in level {
                let cause = map.cause[from as usize];
                for &id in dependents.of_one(from) {
                    let place = id as usize;
                    if map.cause[place] == NO_CAUSE {
                        map.cause[place] = cause;
                        map.of[place] = Health::AtRisk;
                        distance_of[place] = distance;
                        next.push(id);
                    } else if distance_of[place] == distance {
                        map.cause[place] = map.cause[place].min(cause);
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            level = next;
        }
        map
    }
}

impl Catalog {
    /// What health follows from; `fares` says of a pipeline, by its root family, whether its last run succeeded.
    pub fn health_sources(&self, fares: impl Fn(&str) -> Option<bool>) -> HealthSources {
        let home = |root: &str| Some((self.index.home_of(root)?, fares(root)?));
        let pipelines = self.pipelines().filter_map(|pipeline| home(&pipeline.root)).collect();
        let columns = &self.index.columns;
        HealthSources { rows: columns.rows.clone(), dependents: columns.dependents.clone(), pipelines }
    }

    /// How an entity fares, and when it is at risk what the nearest is that fails.
    pub fn health_in<'a>(&self, map: &'a HealthMap, reference: &EntityRef) -> (Health, Option<&'a EntityRef>) {
        let Some(id) = self.index.id(reference) else { return (Health::Unknown, None) };
        let health = map.at(id);
        let cause = map.cause.get(id as usize).filter(|_| health == Health::AtRisk);
        (health, cause.and_then(|cause| map.failing.get(*cause as usize)))
    }
}
