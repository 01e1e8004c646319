//! Pipelines register themselves: what a run shows of one, compared with what is known.

use std::collections::BTreeSet;

use super::event::{CatalogEvent, PipelineDiscovered, PipelineExtended};
use super::limits::{DISCOVERED_ITEMS_MAX, DISCOVERED_NAME_BYTES_MAX};
use super::model::Owner;
use super::state::{Catalog, Pipeline};

/// What a run shows of its pipeline. All of it is what Luigi's workers send, so none of it is trusted to be short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PipelineSeen {
    /// Datasets that its tasks make.
    pub datasets: BTreeSet<String>,
    /// Root families of other pipelines whose tasks its tasks require.
    pub dependencies: BTreeSet<String>,
    /// Families of its tasks.
    pub families: BTreeSet<String>,
    /// Who owns it, as Luigi says; none when it does not say.
    pub owner: Option<Owner>,
    /// The family of its root task.
    pub root: String,
}

impl Catalog {
    /// What is new in what a run shows; nothing when it is all known, which it is nearly always.
    pub fn plan_discover(&self, seen: &PipelineSeen) -> Vec<CatalogEvent> {
        if !fits(&seen.root) {
            return Vec::new();
        }
        let known = self.pipeline(&seen.root);
        let mut events = Vec::new();
        let mut families = fresh(&seen.families, known.map(|known| &known.families));
        let mut owner =
            seen.owner.clone().filter(|owner| known.is_none_or(|known| known.owner.as_ref() != Some(owner)));
        if known.is_none() {
            families.insert(seen.root.clone());
            let discovered = PipelineDiscovered {
                families: std::mem::take(&mut families),
                owner: owner.take(),
                root: seen.root.clone(),
            };
            events.push(CatalogEvent::PipelineDiscovered(discovered));
        }
        let dependencies = fresh(&seen.dependencies, known.map(|known| &known.dependencies));
        let extended = PipelineExtended {
            datasets: fresh(&seen.datasets, known.map(|known| &known.datasets)),
            dependencies: dependencies.into_iter().filter(|root| *root != seen.root).collect(),
            families,
            owner,
            root: seen.root.clone(),
        };
        let nothing = PipelineExtended { root: seen.root.clone(), ..PipelineExtended::default() };
        if extended != nothing {
            events.push(CatalogEvent::PipelineExtended(extended));
        }
        events
    }
}

/// What is not known yet, as far as there is room for it.
fn fresh(seen: &BTreeSet<String>, known: Option<&BTreeSet<String>>) -> BTreeSet<String> {
    let room = DISCOVERED_ITEMS_MAX.saturating_sub(known.map_or(0, BTreeSet::len));
    let new = seen.iter().filter(|item| fits(item) && !known.is_some_and(|known| known.contains(*item)));
    new.take(room).cloned().collect()
}

fn fits(name: &str) -> bool {
    !name.is_empty() && name.len() <= DISCOVERED_NAME_BYTES_MAX
}

impl Pipeline {
    /// Whether a family was seen in it.
    pub fn has_family(&self, family: &str) -> bool {
        self.families.contains(family)
    }
}
