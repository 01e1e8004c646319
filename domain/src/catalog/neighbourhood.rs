//! The part of the component graph around an entity: what it needs, what it affects, and how these hang together.

use std::collections::{BTreeMap, BTreeSet};

use super::index::NodeId;
use super::model::Owner;
use super::question::Direction;
use super::reference::EntityRef;
use super::relation::RelationKind;
use super::state::Catalog;

/// Which way to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Towards {
    /// What it needs.
    Up,
    /// What is affected by it.
    Down,
    /// Both, each for itself: not what else a need of it affects.
    #[default]
    Both,
}

/// An entity and what is around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbourhood {
    /// The entity itself, then what is around it, nearest first.
    pub members: Vec<Neighbour>,
    /// From what is needed to what needs it, as positions in `members`, with how the second relates to the first.
    pub edges: Vec<(u32, u32, RelationKind)>,
    /// How many entities there are, with those that were left out.
    pub total: usize,
}

/// An entity in a neighbourhood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The entity.
    pub reference: EntityRef,
    /// Steps from the middle: below 0 to what it needs, above 0 to what it affects. What is both counts as needed.
    pub distance: i32,
    /// Whether it exists, rather than only being spoken of.
    pub exists: bool,
    /// Who answers for it.
    pub owner: Option<Owner>,
}

impl Catalog {
    /// What is around an entity, at most so many steps and so many entities; none: the catalog has no such entity.
    pub fn neighbourhood(
        &self,
        reference: &EntityRef,
        towards: Towards,
        depth: Option<u32>,
        members_max: usize,
    ) -> Option<Neighbourhood> {
        self.get(reference)?;
        let start = self.index.id(reference)?;
        let walk = |direction: Direction, wanted: bool| match wanted {
            true => self.walk(reference, depth, direction),
            false => Vec::new(),
        };
        let up = walk(Direction::Up, towards != Towards::Down);
        let down = walk(Direction::Down, towards != Towards::Up);
        let signed = |distance: u32| i32::try_from(distance).unwrap_or(i32::MAX);
        let up = up.into_iter().map(|reached| (-signed(reached.distance), reached));
        let mut reached: Vec<_> =
            up.chain(down.into_iter().map(|reached| (signed(reached.distance), reached))).collect();
        reached.sort_by(|a, b| {
            a.0.abs().cmp(&b.0.abs()).then(a.0.cmp(&b.0)).then_with(|| a.1.reference.cmp(&b.1.reference))
        });

        let middle =
            Neighbour { reference: reference.clone(), distance: 0, exists: true, owner: self.owner(reference).owner };
        let mut places: BTreeMap<NodeId, u32> = BTreeMap::from([(start, 0)]);
        let mut members = vec![middle];
        let mut seen = BTreeSet::from([start]);
        for (distance, reached) in reached {
            let Some(id) = self.index.id(&reached.reference) else { continue };
            if seen.insert(id) && members.len() < members_max {
                places.insert(id, members.len() as u32);
                let (exists, owner) = (reached.exists, reached.owner);
                members.push(Neighbour { reference: reached.reference, distance, exists, owner });
            }
        }
        let mut edges: BTreeMap<(u32, u32), RelationKind> = BTreeMap::new();
        for (&id, &at) in &places {
            for (other, relation) in self.neighbours(id, Direction::Up) {
                if let Some(&needed) = places.get(&other).filter(|needed| **needed != at) {
                    edges.entry((needed, at)).or_insert(relation);
                }
            }
        }
        let edges = edges.into_iter().map(|((from, to), relation)| (from, to, relation)).collect();
        Some(Neighbourhood { members, edges, total: seen.len() })
    }
}
