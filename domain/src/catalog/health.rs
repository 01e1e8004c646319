//! How everything in the catalog fares: what fails by itself, and what stands on something that fails.
//!
//! An entity is **failing** while the last ended run of one of its pipelines did not succeed, **at risk** while something that
//! it needs, directly or through others, is failing, **healthy** when its pipelines' last runs succeeded and nothing that it
//! needs fails, and **unknown** otherwise: nothing that runs has said anything about it.

use super::index::NodeId;
use super::question::Direction;
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

impl Catalog {
    /// The health of everything; `fares` says of a pipeline, by its root family, whether its last run succeeded.
    pub fn derive_health(&self, fares: impl Fn(&str) -> Option<bool>) -> HealthMap {
        let mut map = HealthMap {
            of: vec![Health::Unknown; self.index.len()],
            cause: vec![NO_CAUSE; self.index.len()],
            failing: Vec::new(),
        };
        for pipeline in self.pipelines() {
            let Some(home) = self.index.home_of(&pipeline.root) else { continue };
            let health = &mut map.of[home as usize];
            match fares(&pipeline.root) {
                Some(false) => *health = Health::Failing,
                Some(true) if *health == Health::Unknown => *health = Health::Healthy,
                Some(true) | None => {}
            }
        }
        let mut level: Vec<NodeId> =
            (0..).zip(&map.of).filter(|(_, own)| **own == Health::Failing).map(|(id, _)| id).collect();
        level.sort_unstable_by(|a, b| self.index.vertex(*a).reference.cmp(&self.index.vertex(*b).reference));
        for (number, id) in (0..).zip(&level) {
            map.cause[*id as usize] = number;
            map.failing.push(self.index.vertex(*id).reference.clone());
        }
        // One level at a time, so that of several causes at the same distance the first by name is taken.
        while !level.is_empty() {
            let mut next: Vec<(NodeId, u32)> = Vec::new();
            for from in level {
                let cause = map.cause[from as usize];
                let affected = self.neighbours(from, Direction::Down).map(|(other, _)| other);
                next.extend(
                    affected.filter(|other| map.cause[*other as usize] == NO_CAUSE).map(|other| (other, cause)),
                );
            }
            next.sort_unstable();
            next.dedup_by_key(|(id, _)| *id);
            for (id, cause) in &next {
                map.cause[*id as usize] = *cause;
                map.of[*id as usize] = Health::AtRisk;
            }
            level = next.into_iter().map(|(id, _)| id).collect();
        }
        map
    }

    /// How an entity fares, and when it is at risk what the nearest is that fails.
    pub fn health_in<'a>(&self, map: &'a HealthMap, reference: &EntityRef) -> (Health, Option<&'a EntityRef>) {
        let Some(id) = self.index.id(reference) else { return (Health::Unknown, None) };
        let health = map.at(id);
        let cause = map.cause.get(id as usize).filter(|_| health == Health::AtRisk);
        (health, cause.and_then(|cause| map.failing.get(*cause as usize)))
    }
}
