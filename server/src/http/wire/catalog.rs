//! The catalog.

use std::collections::BTreeMap;

use bussola_domain::catalog::model::Owner;
use bussola_domain::catalog::{
    Catalog, Dangling, EntityRef, EntityState, EntityView, Facet, FacetValue, Ownership, OwnershipReason, Pipeline,
    Reached,
};
use bussola_domain::explain::{HealthReason, failing_since, why_not_healthy};
use bussola_domain::model::Model;
use bussola_domain::runs::Health;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::FileProblem;
use super::{time, time_of};

/// Who answers for something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnerName {
    /// The group or user in the catalog; not given when only Luigi knows the owner, by `owner_email`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What people call it: its title, its name, or what Luigi says.
    pub name: String,
}

impl OwnerName {
    /// With the title of the group, if it has one.
    pub fn of(model: &Model, owner: &Owner) -> OwnerName {
        match owner {
            Owner::Entity(reference) => {
                OwnerName { reference: Some(reference.to_string()), name: model.owner_name(owner) }
            }
            Owner::Named(_) => OwnerName { reference: None, name: model.owner_name(owner) },
        }
    }
}

/// An entity in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EntitySummary {
    /// `kind:namespace/name`
    #[serde(rename = "ref")]
    #[schema(example = "component:default/payments-api")]
    pub reference: String,
    /// What people call it.
    pub title: String,
    /// `service`, `pipeline`, `dataset`, …: as declared, else as discovered.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
    /// `declared` by a manifest, or only `discovered` by its runs.
    pub state: String,
    /// Who answers for it; not given: unowned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// As declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<String>,
    /// As declared: 1 is worst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<u8>,
    /// As declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// `failing`: the last run of one of its pipelines did not succeed; `at_risk`: something that it needs fails; `healthy`;
    /// `unknown`: nothing that runs has said anything about it.
    pub health: String,
    /// What is nearest that fails, when it is at risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_cause: Option<String>,
    /// Since when its pipelines have been failing; not given: all is well, or nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
    /// When its declaration changed last, or its runs last showed something new of it; not given: that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
}

impl EntitySummary {
    /// From a view.
    pub fn of(model: &Model, view: &EntityView<'_>) -> EntitySummary {
        let owner = model.catalog.owner(view.reference).owner;
        let (health, cause) = model.health_of(view.reference);
        EntitySummary {
            reference: view.reference.to_string(),
            title: view.title().to_owned(),
            entity_type: view.entity_type().map(str::to_owned),
            state: state(view.state()).to_owned(),
            owner: owner.map(|owner| OwnerName::of(model, &owner)),
            description: view.description().map(str::to_owned),
            lifecycle: view.lifecycle().map(str::to_owned),
            tier: view.tier(),
            tags: view.tags().to_vec(),
            health: health.as_str().to_owned(),
            health_cause: cause.map(EntityRef::to_string),
            failing_since: time_of(failing_since(model, view.reference)),
            changed: time_of(view.changed()),
        }
    }
}

/// The manifest that declares an entity, as its author wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestSource {
    /// The file, as whoever applied it called it.
    pub path: String,
    /// Its format.
    pub format: String,
    /// SHA-256 of its text.
    pub hash: String,
    /// When this text was read first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<String>,
    /// The line of the file at which the entity begins.
    pub line: u32,
    /// The last line of the entity.
    pub line_end: u32,
    /// The line of the file that the text begins with: 1, unless it is cut.
    pub first_line: u32,
    /// The text.
    pub text: String,
    /// Whether the file is larger than an answer may be: then the text begins with the entity, and may end early.
    pub cut: bool,
}

/// A page of entities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EntityPage {
    /// The entities of this page, in the order that was asked for.
    pub items: Vec<EntitySummary>,
    /// How many there are in all pages.
    pub total: usize,
    /// The `offset` of the next page; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<usize>,
    /// Counts by facet, when asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facets: Vec<FacetView>,
}

/// How many entities there are for each value of something, with every other filter applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacetView {
    /// The filter: `kind`, `type`, `owner`, `lifecycle`, `tier`, `health`, `tag` or `state`
    pub name: String,
    /// Values, the most frequent first; may be cut.
    pub values: Vec<FacetCount>,
    /// How many values there are.
    pub values_total: usize,
}

/// One value of a facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacetCount {
    /// What to filter by; empty: what has none (for `owner`, `unowned=true` filters by that).
    pub value: String,
    /// What people call it, where that is something else: an owner's title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// How many entities.
    pub count: usize,
}

impl FacetView {
    /// From the domain's.
    pub fn of(model: &Model, facet: &Facet) -> FacetView {
        let count = |(value, count): &(FacetValue, usize)| {
            let owner = |owner: Owner| {
                let name = OwnerName::of(model, &owner);
                (name.reference.unwrap_or_else(|| name.name.clone()), Some(name.name))
            };
            let (value, label) = match value {
                FacetValue::Word(word) => (word.to_string(), None),
                FacetValue::Entity(reference) => owner(Owner::Entity(reference.clone())),
                FacetValue::Named(id) => owner(Owner::Named(*id)),
                FacetValue::None => (String::new(), None),
            };
            FacetCount { value, label, count: *count }
        };
        FacetView {
            name: facet.name.as_str().to_owned(),
            values: facet.values.iter().map(count).collect(),
            values_total: facet.values_total,
        }
    }
}

/// Why an entity is not healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum HealthReasonView {
    /// The last run of one of its pipelines did not succeed.
    PipelineFails {
        /// The pipeline: the family of its root task.
        pipeline: String,
        /// That run.
        run: u64,
        /// How it ended.
        outcome: String,
        /// When the first of the unbroken row of runs that did not succeed ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<String>,
    },
    /// Something that it needs fails.
    NeedsFailing {
        /// What.
        #[serde(rename = "ref")]
        reference: String,
        /// How many steps away.
        distance: u32,
        /// Who answers for that; not given: unowned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<OwnerName>,
        /// Since when it fails.
        since: String,
    },
}

impl HealthReasonView {
    fn of(model: &Model, reason: &HealthReason) -> HealthReasonView {
        match reason {
            HealthReason::PipelineFails { root, health } => HealthReasonView::PipelineFails {
                pipeline: root.clone(),
                run: health.run.0,
                outcome: health.outcome.as_str().to_owned(),
                since: time_of(health.failing_since),
            },
            HealthReason::NeedsFailing { reached, since } => HealthReasonView::NeedsFailing {
                reference: reached.reference.to_string(),
                distance: reached.distance,
                owner: reached.owner.as_ref().map(|owner| OwnerName::of(model, owner)),
                since: time(*since),
            },
        }
    }
}

/// A place in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// Where a field of a manifest is written, and since when it has its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldSource {
    /// The field, by its path in the document.
    #[schema(example = "spec.owner")]
    pub field: String,
    /// Where.
    pub place: Place,
    /// When it got the value that it has.
    pub since: String,
}

/// Where an entity is declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Declaration {
    /// The file and where its document starts.
    pub place: Place,
    /// `compass`, `backstage` or `bussola`
    pub format: String,
    /// SHA-256 of the file's text.
    pub sha256: String,
    /// When it was declared first.
    pub since: String,
    /// Where each field comes from.
    pub fields: Vec<FieldSource>,
}

/// LIMIT: relations told with an entity: a group can own a whole company. Owners and walks have routes of their own.
pub const RELATIONS_MAX: usize = 1_000;

/// A relation, read from the entity to the other end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RelationTo {
    /// `dependsOn`, `ownedBy`, …
    pub relation: String,
    /// The other end.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Whether the other end is there, rather than only spoken of.
    pub exists: bool,
}

/// One step on the way to an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnerStep {
    /// The entity that was looked at.
    #[serde(rename = "ref")]
    pub reference: String,
    /// `declared`, `luigi`, `part_of`, `produced_by` or `unowned`
    pub reason: String,
    /// Where a manifest says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The owner as written in the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<String>,
    /// The pipeline of which Luigi says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
}

/// Who answers for an entity, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnerAnswer {
    /// The entity.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The owner; not given: unowned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// The steps to the answer, the entity itself first.
    pub chain: Vec<OwnerStep>,
}

impl OwnerAnswer {
    /// From the domain's.
    pub fn of(model: &Model, reference: &EntityRef, ownership: &Ownership) -> OwnerAnswer {
        let step = |step: &bussola_domain::catalog::OwnershipStep| {
            let (reason, place, written, pipeline) = match &step.reason {
                OwnershipReason::Declared { path, span, written } => {
                    let place = Place { path: path.clone(), line: span.line, column: span.column };
                    ("declared", Some(place), Some(written.clone()), None)
                }
                OwnershipReason::Luigi { root } => ("luigi", None, None, Some(root.clone())),
                OwnershipReason::PartOf => ("part_of", None, None, None),
                OwnershipReason::ProducedBy => ("produced_by", None, None, None),
                OwnershipReason::Unowned => ("unowned", None, None, None),
            };
            OwnerStep { reference: step.entity.to_string(), reason: reason.to_owned(), place, written, pipeline }
        };
        OwnerAnswer {
            reference: reference.to_string(),
            owner: ownership.owner.as_ref().map(|owner| OwnerName::of(model, owner)),
            chain: ownership.chain.iter().map(step).collect(),
        }
    }
}

/// How a pipeline has fared lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PipelineHealth {
    /// The run that ended last.
    pub run: u64,
    /// How it ended.
    pub outcome: String,
    /// When it ended.
    pub ended: String,
    /// When the first of the unbroken row of runs that did not succeed ended; not given: the last one succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
}

impl PipelineHealth {
    fn of(health: &Health) -> PipelineHealth {
        PipelineHealth {
            run: health.run.0,
            outcome: health.outcome.as_str().to_owned(),
            ended: time(health.ended),
            failing_since: time_of(health.failing_since),
        }
    }
}

/// A pipeline as its runs have shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PipelineShown {
    /// The family of its root task.
    pub root: String,
    /// Families of its tasks.
    pub families: Vec<String>,
    /// Datasets that it makes.
    pub datasets: Vec<String>,
    /// Root families of pipelines that it needs.
    pub dependencies: Vec<String>,
    /// Who owns it, as Luigi says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// When it was seen first.
    pub since: String,
    /// When something new was seen last.
    pub extended: String,
    /// How it has fared lately; not given: no run of it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<PipelineHealth>,
}

impl PipelineShown {
    fn of(model: &Model, pipeline: &Pipeline) -> PipelineShown {
        PipelineShown {
            root: pipeline.root.clone(),
            families: pipeline.families.iter().cloned().collect(),
            datasets: pipeline.datasets.iter().cloned().collect(),
            dependencies: pipeline.dependencies.iter().cloned().collect(),
            owner: pipeline.owner.as_ref().map(|owner| OwnerName::of(model, owner)),
            since: time(pipeline.at),
            extended: time(pipeline.extended_at),
            health: model.runs.health(&pipeline.root).map(PipelineHealth::of),
        }
    }
}

/// A link to a page about the entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PageLink {
    /// Where it is.
    pub url: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What kind of page.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub link_type: Option<String>,
}

impl PageLink {
    /// From the domain's.
    pub fn of(link: &bussola_domain::catalog::model::Link) -> PageLink {
        PageLink { url: link.url.clone(), title: link.title.clone(), link_type: link.link_type.clone() }
    }
}

/// A field that the organisation added to Compass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomFieldValue {
    /// Its name.
    pub name: String,
    /// `text`, `number`, `boolean`, `user`, `single_select` or `multi_select`
    pub kind: String,
    /// Its values as text.
    pub values: Vec<String>,
}

/// Everything that is known about an entity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EntityDetail {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: EntitySummary,
    /// Why it is not healthy, its own pipelines first, then what it needs, nearest first; may be cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_reasons: Vec<HealthReasonView>,
    /// Who answers for it, and how that is known.
    pub ownership: OwnerAnswer,
    /// Where it is declared; not given: only discovered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Declaration>,
    /// Its relations, declared at either end or discovered; may be cut.
    pub relations: Vec<RelationTo>,
    /// How many there are.
    pub relations_total: usize,
    /// The pipelines that its runs have shown.
    pub pipelines: Vec<PipelineShown>,
    /// The components whose pipelines make it, when it is a dataset.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub produced_by: Vec<String>,
    /// Links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<PageLink>,
    /// Key-value labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Compass's custom fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<CustomFieldValue>,
    /// Other identifiers of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

impl EntityDetail {
    /// From a view.
    pub fn of(model: &Model, view: &EntityView<'_>) -> EntityDetail {
        let reference = view.reference;
        let entity = view.declared.map(|declared| &declared.entity);
        let relation = |(kind, other): (bussola_domain::catalog::RelationKind, EntityRef)| RelationTo {
            relation: kind.as_str().to_owned(),
            exists: model.catalog.get(&other).is_some(),
            reference: other.to_string(),
        };
        let relations = model.catalog.relations(reference);
        let custom = |field: &bussola_domain::catalog::model::CustomField| CustomFieldValue {
            name: field.name.clone(),
            kind: field.kind.clone(),
            values: field.values.clone(),
        };
        EntityDetail {
            summary: EntitySummary::of(model, view),
            health_reasons: why_not_healthy(model, reference)
                .iter()
                .map(|reason| HealthReasonView::of(model, reason))
                .collect(),
            ownership: OwnerAnswer::of(model, reference, &model.catalog.owner(reference)),
            declaration: view.declared.map(declaration),
            relations_total: relations.len(),
            relations: relations.into_iter().take(RELATIONS_MAX).map(relation).collect(),
            pipelines: view.pipelines.iter().map(|pipeline| PipelineShown::of(model, pipeline)).collect(),
            produced_by: view.produced_by.iter().map(|other| other.to_string()).collect(),
            links: view.links().iter().map(PageLink::of).collect(),
            labels: entity.map(|entity| entity.labels.clone()).unwrap_or_default(),
            annotations: entity.map(|entity| entity.annotations.clone()).unwrap_or_default(),
            custom_fields: entity.map(|entity| entity.custom_fields.iter().map(custom).collect()).unwrap_or_default(),
            aliases: entity.map(|entity| entity.aliases.clone()).unwrap_or_default(),
        }
    }
}

fn declaration(declared: &bussola_domain::catalog::Declared) -> Declaration {
    let origin = &declared.entity.origin;
    let field = |(field, span): (&String, &bussola_domain::catalog::problem::Span)| FieldSource {
        field: field.clone(),
        place: Place { path: origin.path.clone(), line: span.line, column: span.column },
        since: time(declared.since(field)),
    };
    Declaration {
        place: Place { path: origin.path.clone(), line: origin.line, column: 1 },
        format: format_name(origin.format).to_owned(),
        sha256: origin.blob.to_string(),
        since: time(declared.at),
        fields: declared.entity.fields.iter().map(field).collect(),
    }
}

/// As the API says it.
pub fn format_name(format: bussola_domain::catalog::model::Format) -> &'static str {
    use bussola_domain::catalog::model::Format;
    match format {
        Format::Backstage => "backstage",
        Format::Bussola => "bussola",
        Format::Compass => "compass",
    }
}

fn state(state: EntityState) -> &'static str {
    match state {
        EntityState::Declared => "declared",
        EntityState::Discovered => "discovered",
    }
}

/// An entity that a walk through the catalog reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReachedEntity {
    /// The entity.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Steps from the start, at least one.
    pub distance: u32,
    /// How it relates to the entity before it: `dependsOn` reads "this depends on `from`".
    pub via: String,
    /// The entity before it.
    pub from: String,
    /// Whether it is there, rather than only spoken of.
    pub exists: bool,
    /// Who answers for it; not given: unowned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// Since when its pipelines have been failing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
}

impl ReachedEntity {
    /// From the domain's.
    pub fn of(model: &Model, reached: &Reached) -> ReachedEntity {
        ReachedEntity {
            reference: reached.reference.to_string(),
            distance: reached.distance,
            via: reached.via.as_str().to_owned(),
            from: reached.from.to_string(),
            exists: reached.exists,
            owner: reached.owner.as_ref().map(|owner| OwnerName::of(model, owner)),
            failing_since: time_of(failing_since(model, &reached.reference)),
        }
    }
}

/// What a walk through the catalog reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reach {
    /// Where the walk started.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Who answers for the start; not given: unowned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// What was reached, nearest first.
    pub items: Vec<ReachedEntity>,
    /// How many were reached; `items` may be cut.
    pub total: usize,
    /// How many of them each owner answers for; `unowned` is counted under the empty name.
    pub owners: Vec<OwnerCount>,
}

/// How many entities an owner answers for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnerCount {
    /// Who; not given: unowned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// How many.
    pub count: usize,
}

/// A relation whose target is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DanglingRelation {
    /// The entity that declares it; for a claim or an alias, the one that is named.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The key it is written under.
    pub field: String,
    /// Where it is written.
    pub place: Place,
    /// What is not there.
    pub target: String,
    /// As written.
    pub written: String,
}

impl DanglingRelation {
    /// From the domain's.
    pub fn of(dangling: &Dangling) -> DanglingRelation {
        DanglingRelation {
            reference: dangling.entity.to_string(),
            field: dangling.field.clone(),
            place: Place { path: dangling.path.clone(), line: dangling.span.line, column: dangling.span.column },
            target: dangling.target.to_string(),
            written: dangling.written.clone(),
        }
    }
}

/// What is not in order in the catalog. Lists may be cut; the counts are complete.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CatalogProblems {
    /// References to what is not there.
    pub dangling: Vec<DanglingRelation>,
    /// Entities that need each other in a circle.
    pub cycles: Vec<Vec<String>>,
    /// What nobody answers for.
    pub unowned: Vec<EntitySummary>,
    /// Manifests of `[catalog] paths` that cannot be read or are not valid; what they said before still counts.
    pub manifests: Vec<FileProblem>,
    /// How many there are of each.
    pub counts: ProblemCounts,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemCounts {
    /// References to what is not there.
    pub dangling: usize,
    /// Circles.
    pub cycles: usize,
    /// Entities that nobody answers for.
    pub unowned: usize,
    /// Problems of manifests.
    pub manifests: usize,
}

/// A manifest's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManifestText {
    /// How it is named: relative to the tree that is applied, `/` between directories.
    #[schema(example = "payments/payments-api/compass.yml")]
    pub path: String,
    /// The file's content.
    pub text: String,
}

/// Which manifests that are not handed in are gone, rather than only not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind", content = "paths")]
pub enum Scope {
    /// None: only what is handed in was looked at.
    #[default]
    Files,
    /// All: what is handed in is all there is.
    Everything,
    /// Those at or below these paths.
    Under(Vec<String>),
}

/// Manifests to apply or to check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyRequest {
    /// The manifests.
    pub manifests: Vec<ManifestText>,
    /// Which others are gone.
    #[serde(default)]
    pub scope: Scope,
}

/// What an apply changed, or would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplyResult {
    /// Manifests handed in.
    pub manifests: usize,
    /// Entities that they declare.
    pub entities: usize,
    /// Entities declared for the first time, or differently.
    pub declared: Vec<String>,
    /// Entities that are declared no more.
    pub removed: Vec<String>,
    /// Manifests that declare nothing of what stood at their paths before: files of another repository, most likely.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
    /// Owners that are named and that no manifest declares, as far as this was applied; may be cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_owners: Vec<UnknownOwnerView>,
}

/// An owner that is named, and that no manifest declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnknownOwnerView {
    /// Whose owner it is.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Whom the manifest names.
    pub owner: String,
    /// The manifest.
    pub path: String,
    /// The line at which the entity's document starts.
    pub line: u32,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckResult {
    /// Whether the manifests can be applied.
    pub valid: bool,
    /// What is wrong.
    pub problems: Vec<FileProblem>,
    /// What an apply would change; not given when there are problems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would: Option<ApplyResult>,
}

/// An entity written as a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportedManifest {
    /// The entity; not given for claims and aliases.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Where it may be written: the path of its own manifest where the format is the same, else made from its name.
    pub path: String,
    /// The document; not given: the format has no place for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What did not come along, and what had to be made up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<LostField>,
}

/// Something that a format has no place for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LostField {
    /// Where it stood.
    pub field: String,
    /// Why it did not come along.
    pub why: String,
}

/// A page of exported manifests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportPage {
    /// The format.
    pub format: String,
    /// Manifests, in order of ref.
    pub items: Vec<ExportedManifest>,
    /// How many entities there are in all pages.
    pub total: usize,
    /// The `offset` of the next page; not given on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<usize>,
}

/// Whether an owner can be asked for: used by lists.
pub fn find_owner(model: &Model, written: &str) -> Option<Owner> {
    if let Some(id) = model.names.find(written) {
        let named = Owner::Named(id);
        // Names hold worker ids and more; only one that owns something is an owner.
        if model.catalog.pipelines().any(|pipeline| pipeline.owner.as_ref() == Some(&named)) {
            return Some(named);
        }
    }
    let parse = |kind| EntityRef::parse_in(written, Some(kind), None).ok();
    let exists = |catalog: &Catalog, reference: &EntityRef| {
        catalog.get(reference).is_some() || !catalog.relations(reference).is_empty()
    };
    let mut candidates = [parse("group"), parse("user")].into_iter().flatten();
    candidates.find(|reference| exists(&model.catalog, reference)).map(Owner::Entity)
}
