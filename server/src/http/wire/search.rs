//! What a search finds.

use bussola_domain::catalog::EntityRef;
use bussola_domain::model::Model;
use bussola_domain::search::{Found, Hit};
use bussola_store::RunRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalog::{EntitySummary, OwnerName};
use super::run::RunSummary;

/// A thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchHit {
    /// `component`, `team`, `entity` (any other), `pipeline`, `run` or `task`
    pub kind: String,
    /// What the API calls it: a ref, an owner's name, a root family, the number of a run, a task id.
    #[schema(example = "component:default/payments-api")]
    pub id: String,
    /// What people call it.
    pub title: String,
    /// How well its name fits: `exact`, `prefix`, `word_start` or `part`
    pub fit: String,
    /// The type of an entity; the family of a task; the pipeline of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Who answers for it; not given: unowned, or not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// The health of an entity, the outcome of a run, the status of a task; of a pipeline `failing` or `succeeding`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The run of a task, and of a pipeline its latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// When a run started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
}

impl SearchHit {
    /// As it is now; none: it has gone since. Runs come from the history.
    pub fn of(model: &Model, hit: &Hit, run: Option<&RunRow>) -> Option<SearchHit> {
        let blank = |id: String, title: String| SearchHit {
            kind: hit.kind.as_str().to_owned(),
            id,
            title,
            fit: hit.fit.as_str().to_owned(),
            of: None,
            owner: None,
            status: None,
            run: None,
            started: None,
        };
        match &hit.found {
            Found::Entity(reference) => entity(model, reference, blank),
            Found::Owner(id) => {
                let name = model.names.text(*id).to_string();
                Some(blank(name.clone(), name))
            }
            Found::Pipeline(root) => {
                let component = model.catalog.component_of_discovered(root);
                let owner = model.catalog.owner_known(&component);
                let health = model.runs.health(root);
                let fares = health.map(|health| if health.failing_since.is_some() { "failing" } else { "succeeding" });
                Some(SearchHit {
                    owner: owner.map(|owner| OwnerName::of(model, &owner)),
                    status: fares.map(str::to_owned),
                    run: model.runs.latest(root).map(|run| run.run.0),
                    ..blank(root.clone(), root.clone())
                })
            }
            Found::Run(_) => {
                let summary = RunSummary::of(model, run?);
                let title = format!("{} #{}", summary.pipeline, summary.id);
                Some(SearchHit {
                    of: Some(summary.pipeline),
                    owner: summary.owner,
                    status: Some(summary.outcome),
                    started: Some(summary.started),
                    ..blank(summary.id.to_string(), title)
                })
            }
            Found::Task(slot) => {
                let scheduler = &model.scheduler;
                let task = scheduler.task_found(*slot, &hit.name)?;
                let title = if task.is_declared() { scheduler.display_name(task) } else { task.id().to_owned() };
                Some(SearchHit {
                    of: Some(scheduler.family_of(task).to_owned()),
                    status: Some(task.status().as_str().to_owned()),
                    run: task.run().map(|run| run.0),
                    ..blank(task.id().to_owned(), title)
                })
            }
        }
    }
}

fn entity(model: &Model, reference: &EntityRef, blank: impl Fn(String, String) -> SearchHit) -> Option<SearchHit> {
    let summary = EntitySummary::of(model, &model.catalog.get(reference)?);
    Some(SearchHit {
        of: summary.entity_type,
        owner: summary.owner,
        status: Some(summary.health),
        ..blank(summary.reference, summary.title)
    })
}

/// How many things of a kind were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FoundCount {
    /// As in the hits.
    pub kind: String,
    /// How many there are in all.
    pub total: usize,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchResult {
    /// The best, best first.
    pub items: Vec<SearchHit>,
    /// How many there are of each kind that was found.
    pub totals: Vec<FoundCount>,
}
