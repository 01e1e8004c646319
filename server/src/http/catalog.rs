//! Routes of the catalog.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use bussola_domain::catalog::manifest::{Content, Document, ParsedManifest, export as write_as, parse, parse_as};
use bussola_domain::catalog::model::{Format, Owner};
use bussola_domain::catalog::{
    ApplyScope, Catalog, EntityRef, EntityState, Facet, Health, ListQuery, Page, Problem, Reached, Sort,
};
use bussola_domain::command::{Applied, ApplyManifests, UnknownOwner};
use bussola_domain::id::BlobHash;
use bussola_domain::model::Model;
use bussola_store::Store;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::error::{ApiError, ErrorCode};
use super::extract::{Answer, By, Json, Params, Segments, Slice, body};
use super::limits::{
    FILTER_VALUES_MAX, MANIFESTS_BYTES_MAX, MANIFESTS_MAX, OWNERS_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX,
    PROBLEMS_MAX, QUOTED_CHARS_MAX, REACHED_MAX, SLICE_ENTITIES,
};
use super::wire::catalog::{
    ApplyRequest, ApplyResult, CatalogProblems, CheckResult, DanglingRelation, EntityDetail, EntityPage, EntitySummary,
    ExportPage, ExportedManifest, FacetView, LostField, OwnerAnswer, OwnerCount, OwnerName, ProblemCounts, Reach,
    ReachedEntity, Scope, UnknownOwnerView, find_owner,
};
use super::wire::error::{ErrorBody, FileProblem};

/// What to list. Filters are joined by "and"; the values of one filter, separated by commas, by "or". An empty value stands
/// for what has none.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EntityFilter {
    /// Only these kinds.
    #[param(example = "component")]
    kind: Option<String>,
    /// Only these types: `service`, `pipeline`, …
    #[serde(rename = "type")]
    entity_type: Option<String>,
    /// Only what these owners answer for: each a ref, a name alone, or an e-mail address that Luigi gave.
    owner: Option<String>,
    /// Also what the groups within these owners answer for.
    subgroups: bool,
    /// Only these lifecycles.
    lifecycle: Option<String>,
    /// Only these tiers: `1` to `4`.
    tier: Option<String>,
    /// Only what fares like this: `failing`, `at_risk`, `healthy`, `unknown`
    health: Option<String>,
    /// Only what has one of these tags.
    tag: Option<String>,
    /// Only what has each word of this in its ref, title, description or tags.
    text: Option<String>,
    /// `declared` or `discovered`
    state: Option<String>,
    /// Only what nobody answers for.
    unowned: bool,
    /// `ref` (if not given), `title`, `owner`, `type`, `tier`, `health` (worst first) or `changed` (longest ago first). What
    /// is equal is in order of ref, what has no value comes last.
    sort: Option<String>,
    /// `asc` (if not given) or `desc`
    order: Option<String>,
    /// Whether to count by facet.
    facets: bool,
    /// Skip so many.
    offset: Option<usize>,
    /// At most so many: 1 to 1,000.
    limit: Option<usize>,
}

/// The values of a filter.
pub(super) fn alternatives(name: &str, written: Option<&str>) -> Result<Vec<String>, ApiError> {
    let values: Vec<String> =
        written.map(|text| text.split(',').map(|value| value.trim().to_owned()).collect()).unwrap_or_default();
    if values.len() > FILTER_VALUES_MAX {
        let message = format!("`{name}` has {} values, {FILTER_VALUES_MAX} are allowed", values.len());
        return Err(ApiError::parameter(message, "ask in parts"));
    }
    Ok(values)
}

/// One of a few words.
pub(super) fn choice<T: Copy>(name: &str, written: &str, known: &[(&str, T)]) -> Result<T, ApiError> {
    known.iter().find(|(word, _)| *word == written).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<String> = known.iter().map(|(word, _)| format!("`{word}`")).collect();
        ApiError::parameter(format!("`{name}` is `{}`", quoted(written)), format!("it can be {}", words.join(", ")))
    })
}

/// The beginning of what a request said, to be repeated in a message.
fn quoted(written: &str) -> String {
    written.chars().take(QUOTED_CHARS_MAX).collect()
}

/// Whether `order` says that a list is to be the other way round.
pub(super) fn descending(order: Option<&str>) -> Result<bool, ApiError> {
    order.map_or(Ok(false), |order| choice("order", order, &[("asc", false), ("desc", true)]))
}

const SORTS: [(&str, Sort); 7] = [
    ("ref", Sort::Ref),
    ("title", Sort::Title),
    ("owner", Sort::Owner),
    ("type", Sort::Type),
    ("tier", Sort::Tier),
    ("health", Sort::Health),
    ("changed", Sort::Changed),
];

impl EntityFilter {
    /// In the domain's terms, but for the owners, which the catalog has to look up.
    fn query(&self, slice: Slice) -> Result<ListQuery, ApiError> {
        let healths = Health::ALL.map(|health| (health.as_str(), health));
        let tiers: [(&str, Option<u8>); 5] =
            [("", None), ("1", Some(1)), ("2", Some(2)), ("3", Some(3)), ("4", Some(4))];
        let states = [("declared", EntityState::Declared), ("discovered", EntityState::Discovered)];
        Ok(ListQuery {
            kinds: alternatives("kind", self.kind.as_deref())?,
            types: alternatives("type", self.entity_type.as_deref())?,
            lifecycles: alternatives("lifecycle", self.lifecycle.as_deref())?,
            tiers: chosen("tier", self.tier.as_deref(), &tiers)?,
            health: chosen("health", self.health.as_deref(), &healths)?,
            tags: alternatives("tag", self.tag.as_deref())?,
            owners: None,
            only_unowned: self.unowned,
            state: self.state.as_deref().map(|state| choice("state", state, &states)).transpose()?,
            text: self.text.clone(),
            sort: self.sort.as_deref().map_or(Ok(Sort::Ref), |sort| choice("sort", sort, &SORTS))?,
            descending: descending(self.order.as_deref())?,
            offset: slice.offset,
            limit: Some(slice.limit),
            facets: self.facets,
        })
    }
}

/// Some of a few words.
pub(super) fn chosen<T: Copy>(name: &str, written: Option<&str>, known: &[(&str, T)]) -> Result<Vec<T>, ApiError> {
    alternatives(name, written)?.iter().map(|word| choice(name, word, known)).collect()
}

/// Lists entities: filtered, sorted, counted by facet.
#[utoipa::path(
    get, path = "/catalog/entities", tag = "catalog", operation_id = "listEntities", params(EntityFilter),
    responses((status = OK, body = EntityPage), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn list(State(api): State<Arc<Api>>, Params(filter): Params<EntityFilter>) -> Answer<EntityPage> {
    let slice = Slice::of(filter.offset, filter.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let query = filter.query(slice)?;
    let owners = owner_filter(filter.owner.as_deref())?;
    let page = api.large(move |store| {
        let owners = owners.map(|owners| store.read(|model| owners.find(model, filter.subgroups)));
        Ok(entity_page(store, ListQuery { owners, ..query }, slice))
    });
    Ok(Json(page.await?))
}

/// The owners that a request names.
pub(super) struct OwnerFilter {
    whole: String,
    some: Vec<String>,
}

/// Reads a filter by owner; none: there is no such filter.
pub(super) fn owner_filter(written: Option<&str>) -> Result<Option<OwnerFilter>, ApiError> {
    let read = |whole: &str| {
        let some = alternatives("owner", Some(whole))?;
        Ok(OwnerFilter { whole: whole.to_owned(), some })
    };
    written.map(read).transpose()
}

impl OwnerFilter {
    /// Finds them. One that is not there owns nothing.
    pub fn find(&self, model: &Model, subgroups: bool) -> Vec<Owner> {
        // An address that Luigi gave may hold a comma.
        let found: Vec<Owner> = match find_owner(model, &self.whole) {
            Some(owner) => vec![owner],
            None => self.some.iter().filter_map(|written| find_owner(model, written)).collect(),
        };
        if !subgroups {
            return found;
        }
        let within = |owner: Owner| match owner {
            Owner::Entity(group) => model.catalog.groups_within(&group).into_iter().map(Owner::Entity).collect(),
            named @ Owner::Named(_) => vec![named],
        };
        found.into_iter().flat_map(within).collect()
    }
}

/// A list, made without holding up the writer.
pub(super) fn list_of(store: &Store, query: ListQuery) -> Page {
    let (listing, resolved, health) = store.read(|model| model.listing(query));
    listing.page(&resolved, &health.get())
}

/// A page: what is in it from one moment, what is known of it in slices.
pub(super) fn entity_page(store: &Store, query: ListQuery, slice: Slice) -> EntityPage {
    let page = list_of(store, query);
    let facet = |facet: &Facet| store.read(|model| FacetView::of(model, facet));
    EntityPage {
        items: summaries(store, &page.items),
        total: page.total,
        next_offset: slice.next(page.total),
        facets: page.facets.iter().map(facet).collect(),
    }
}

/// What lists show of entities; one that has gone since is left out.
pub(super) fn summaries(store: &Store, references: &[EntityRef]) -> Vec<EntitySummary> {
    let mut summaries = Vec::with_capacity(references.len());
    for slice in references.chunks(SLICE_ENTITIES) {
        store.read(|model| {
            let views = slice.iter().filter_map(|reference| model.catalog.get(reference));
            summaries.extend(views.map(|view| EntitySummary::of(model, &view)));
        });
    }
    summaries
}

/// The parts of a ref in a path.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct RefParts {
    /// `component`, `group`, …
    #[param(example = "component")]
    kind: String,
    /// Mostly `default`.
    #[param(example = "default")]
    namespace: String,
    /// Its name.
    #[param(example = "payments-api")]
    name: String,
}

impl RefParts {
    pub fn reference(&self) -> Result<EntityRef, ApiError> {
        EntityRef::parse(&format!("{}:{}/{}", self.kind, self.namespace, self.name))
            .map_err(|error| ApiError::parameter(error.to_string(), "a ref is `kind:namespace/name`"))
    }
}

pub(super) fn no_entity(reference: &EntityRef) -> ApiError {
    let message = format!("there is no entity `{reference}` in the catalog");
    ApiError::new(ErrorCode::NoSuchEntity, message, "`bussola catalog list --text NAME` looks for a part of its name")
}

/// Shows everything that is known about an entity.
#[utoipa::path(
    get, path = "/catalog/entities/{kind}/{namespace}/{name}", tag = "catalog", operation_id = "getEntity", params(RefParts),
    responses((status = OK, body = EntityDetail), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn show(State(api): State<Arc<Api>>, Segments(parts): Segments<RefParts>) -> Answer<EntityDetail> {
    let reference = parts.reference()?;
    api.fresh_health().await?;
    let detail = api.ask(|model| model.catalog.get(&reference).map(|view| EntityDetail::of(model, &view)));
    detail.await?.map(Json).ok_or_else(|| no_entity(&reference))
}

/// Says who answers for an entity, and how that is known.
#[utoipa::path(
    get, path = "/catalog/entities/{kind}/{namespace}/{name}/owner", tag = "catalog", operation_id = "getOwnerOfEntity",
    params(RefParts), responses((status = OK, body = OwnerAnswer), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn owner(State(api): State<Arc<Api>>, Segments(parts): Segments<RefParts>) -> Answer<OwnerAnswer> {
    let reference = parts.reference()?;
    let answer = api.ask(|model| {
        model.catalog.get(&reference)?;
        Some(OwnerAnswer::of(model, &reference, &model.catalog.owner(&reference)))
    });
    answer.await?.map(Json).ok_or_else(|| no_entity(&reference))
}

/// How far a walk goes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Depth {
    /// So many steps; not given: all the way.
    depth: Option<u32>,
}

/// Says what is affected when an entity fails: everything downstream, with owners.
#[utoipa::path(
    get, path = "/catalog/entities/{kind}/{namespace}/{name}/blast", tag = "catalog", operation_id = "getBlastRadius",
    params(RefParts, Depth), responses((status = OK, body = Reach), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn blast(
    State(api): State<Arc<Api>>,
    Segments(parts): Segments<RefParts>,
    Params(depth): Params<Depth>,
) -> Answer<Reach> {
    reach(&api, &parts.reference()?, depth, Catalog::dependents).await
}

/// Says what an entity needs, directly and through others.
#[utoipa::path(
    get, path = "/catalog/entities/{kind}/{namespace}/{name}/dependencies", tag = "catalog",
    operation_id = "getDependencies", params(RefParts, Depth),
    responses((status = OK, body = Reach), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn dependencies(
    State(api): State<Arc<Api>>,
    Segments(parts): Segments<RefParts>,
    Params(depth): Params<Depth>,
) -> Answer<Reach> {
    reach(&api, &parts.reference()?, depth, Catalog::dependencies).await
}

type Walk = fn(&Catalog, &EntityRef, Option<u32>) -> Vec<Reached>;

async fn reach(api: &Arc<Api>, reference: &EntityRef, depth: Depth, walk: Walk) -> Answer<Reach> {
    let start = reference.clone();
    let reach = api.large(move |store| {
        let reached = store.read(|model| {
            model.catalog.get(&start)?;
            Some((model.catalog.owner(&start).owner, walk(&model.catalog, &start, depth.depth)))
        });
        Ok(reached.map(|(owner, reached)| reach_of(store, &start, owner, &reached)))
    });
    reach.await?.map(Json).ok_or_else(|| no_entity(reference))
}

fn reach_of(store: &Store, start: &EntityRef, owner: Option<Owner>, reached: &[Reached]) -> Reach {
    let mut items = Vec::new();
    for slice in reached[..reached.len().min(REACHED_MAX)].chunks(SLICE_ENTITIES) {
        store.read(|model| items.extend(slice.iter().map(|reached| ReachedEntity::of(model, reached))));
    }
    let mut counts: HashMap<Option<&Owner>, usize> = HashMap::new();
    for reached in reached {
        *counts.entry(reached.owner.as_ref()).or_default() += 1;
    }
    let name = |owner: Option<&Owner>| owner.map(|owner| store.read(|model| OwnerName::of(model, owner)));
    let mut owners: Vec<OwnerCount> =
        counts.into_iter().map(|(owner, count)| OwnerCount { owner: name(owner), count }).collect();
    owners.sort_by(|a, b| {
        let name =
            |count: &OwnerCount| count.owner.as_ref().map(|owner| (owner.name.to_lowercase(), owner.reference.clone()));
        b.count.cmp(&a.count).then_with(|| name(a).cmp(&name(b)))
    });
    owners.truncate(OWNERS_MAX);
    Reach { reference: start.to_string(), owner: name(owner.as_ref()), items, total: reached.len(), owners }
}

/// Lists what is not in order: references to what is not there, circles, what nobody answers for, bad manifests.
#[utoipa::path(
    get, path = "/catalog/problems", tag = "catalog", operation_id = "listCatalogProblems",
    responses((status = OK, body = CatalogProblems))
)]
pub(super) async fn problems(State(api): State<Arc<Api>>) -> Answer<CatalogProblems> {
    let manifests = api.manifests.problems();
    Ok(Json(api.large(move |store| Ok(problems_of(store, &manifests))).await?))
}

fn problems_of(store: &Store, manifests: &[FileProblem]) -> CatalogProblems {
    let dangling = store.read(|model| model.catalog.dangling());
    let cycles = store.read(|model| model.catalog.cycles());
    let query = ListQuery { only_unowned: true, limit: Some(PROBLEMS_MAX), ..ListQuery::default() };
    let unowned = list_of(store, query);
    let cycle = |cycle: &Vec<EntityRef>| cycle.iter().take(REACHED_MAX).map(EntityRef::to_string).collect();
    CatalogProblems {
        counts: ProblemCounts {
            dangling: dangling.len(),
            cycles: cycles.len(),
            unowned: unowned.total,
            manifests: manifests.len(),
        },
        dangling: dangling.iter().take(PROBLEMS_MAX).map(DanglingRelation::of).collect(),
        cycles: cycles.iter().take(PROBLEMS_MAX).map(cycle).collect(),
        unowned: summaries(store, &unowned.items),
        manifests: manifests.iter().take(PROBLEMS_MAX).cloned().collect(),
    }
}

/// Makes the catalog what the manifests say: all of them, or nothing.
#[utoipa::path(
    post, path = "/catalog/apply", tag = "catalog", operation_id = "applyManifests", request_body = ApplyRequest,
    responses(
        (status = OK, body = ApplyResult),
        (status = BAD_REQUEST, body = ErrorBody),
        (status = UNPROCESSABLE_ENTITY, description = "Manifests have problems; nothing was changed", body = ErrorBody)
    )
)]
pub(super) async fn apply(State(api): State<Arc<Api>>, by: By, request: Body) -> Answer<ApplyResult> {
    let (scope, manifests) = match read(&api, request).await? {
        (scope, Ok(manifests)) => (scope, manifests),
        (_, Err(problems)) => return Err(ApiError::manifests(&problems)),
    };
    match api.execute(&by, ApplyManifests { scope, manifests }).await? {
        Ok(applied) => Ok(Json(result(&applied))),
        Err(problems) => Err(ApiError::manifests(&problems)),
    }
}

/// Says what an apply would change, or what is wrong; changes nothing.
#[utoipa::path(
    post, path = "/catalog/check", tag = "catalog", operation_id = "checkManifests", request_body = ApplyRequest,
    responses((status = OK, body = CheckResult), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn check(State(api): State<Arc<Api>>, request: Body) -> Answer<CheckResult> {
    let (scope, manifests) = read(&api, request).await?;
    let planned = match manifests {
        Ok(manifests) => {
            let plan = move |store: &Store| {
                Ok(store.read(|model| {
                    let events = model.catalog.plan_apply(&scope, &manifests)?;
                    Ok(Applied::of(&model.catalog, &manifests, &events))
                }))
            };
            api.large(plan).await?
        }
        Err(problems) => Err(problems),
    };
    Ok(Json(match planned {
        Ok(applied) => CheckResult { valid: true, problems: Vec::new(), would: Some(result(&applied)) },
        Err(problems) => {
            CheckResult { valid: false, problems: problems.iter().map(FileProblem::of).collect(), would: None }
        }
    }))
}

fn result(applied: &Applied) -> ApplyResult {
    let unknown = |unknown: &UnknownOwner| UnknownOwnerView {
        reference: unknown.entity.to_string(),
        owner: unknown.owner.to_string(),
        path: unknown.path.clone(),
        line: unknown.line,
    };
    ApplyResult {
        manifests: applied.manifests,
        entities: applied.entities,
        declared: applied.declared.iter().map(EntityRef::to_string).collect(),
        removed: applied.removed.iter().map(EntityRef::to_string).collect(),
        replaced: applied.replaced.clone(),
        unknown_owners: applied.unknown_owners.iter().map(unknown).collect(),
    }
}

type Read = (ApplyScope, Result<Vec<ParsedManifest>, Vec<Problem>>);

/// Reads the body and parses its manifests, off the threads that answer workers.
async fn read(api: &Arc<Api>, request: Body) -> Result<Read, ApiError> {
    let request: ApplyRequest = body(request, MANIFESTS_BYTES_MAX).await?;
    if request.manifests.len() > MANIFESTS_MAX {
        let message = format!("the body holds {} manifests, {MANIFESTS_MAX} are allowed", request.manifests.len());
        return Err(ApiError::new(ErrorCode::BodyTooLarge, message, "apply them in parts"));
    }
    let scope = match request.scope {
        Scope::Files => ApplyScope::Files,
        Scope::Everything => ApplyScope::Everything,
        Scope::Under(paths) => ApplyScope::Under(paths),
    };
    let manifests = request.manifests;
    let parsed = api.large(move |_| {
        let (mut parsed, mut problems) = (Vec::new(), Vec::new());
        for manifest in &manifests {
            match parse(&manifest.path, manifest.text.as_bytes()) {
                Ok(manifest) => parsed.push(manifest),
                Err(more) => problems.extend(more),
            }
        }
        problems.truncate(PROBLEMS_MAX);
        Ok(if problems.is_empty() { Ok(parsed) } else { Err(problems) })
    });
    Ok((scope, parsed.await?))
}

/// What to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportQuery {
    /// `compass` or `backstage`
    format: String,
    /// Only this entity.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// Skip so many entities.
    offset: Option<usize>,
    /// At most so many entities: 1 to 1,000.
    limit: Option<usize>,
}

/// Writes entities as manifests: in their own format as they were, in the other with a list of what was lost.
#[utoipa::path(
    get, path = "/catalog/export", tag = "catalog", operation_id = "exportManifests", params(ExportQuery),
    responses(
        (status = OK, body = ExportPage),
        (status = BAD_REQUEST, body = ErrorBody),
        (status = NOT_FOUND, body = ErrorBody),
        (status = UNPROCESSABLE_ENTITY, description = "The format has no place for this entity", body = ErrorBody)
    )
)]
pub(super) async fn export(State(api): State<Arc<Api>>, Params(query): Params<ExportQuery>) -> Answer<ExportPage> {
    let format = match query.format.as_str() {
        "compass" => Format::Compass,
        "backstage" => Format::Backstage,
        other => {
            return Err(ApiError::parameter(format!("`format` is `{other}`"), "it can be `compass` or `backstage`"));
        }
    };
    let slice = Slice::of(query.offset, query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let page = match query.reference {
        Some(written) => api.large(move |store| export_one(store, &written, format)).await?,
        None => api.large(move |store| export_page(store, format, slice)).await?,
    };
    Ok(Json(page))
}

fn format_name(format: Format) -> String {
    super::wire::catalog::format_name(format).to_owned()
}

fn export_one(store: &Store, written: &str, format: Format) -> Result<ExportPage, ApiError> {
    let found = store.read(|model| model.catalog.find(written).map(|view| view.reference.clone()));
    let Some(reference) = found else {
        let message = format!("there is no entity `{written}` in the catalog");
        return Err(ApiError::new(ErrorCode::NoSuchEntity, message, "`bussola catalog list` lists what there is"));
    };
    let mut texts = BTreeMap::new();
    let exported = export_entity(store, &reference, format, &mut texts)?;
    if exported.text.is_none() {
        let why = exported.lost.first().map_or("the format has no place for it", |loss| &loss.why);
        let message = format!("cannot write `{reference}` as {}: {why}", format_name(format));
        return Err(ApiError::new(ErrorCode::NotExportable, message, "export it in its own format"));
    }
    Ok(ExportPage { format: format_name(format), items: vec![exported], total: 1, next_offset: None })
}

fn export_page(store: &Store, format: Format, slice: Slice) -> Result<ExportPage, ApiError> {
    let query = ListQuery { limit: Some(slice.limit), offset: slice.offset, ..ListQuery::default() };
    let Page { items: references, total, .. } = list_of(store, query);
    let mut texts = BTreeMap::new();
    let exported = references.iter().map(|reference| export_entity(store, reference, format, &mut texts));
    let items = exported.collect::<Result<_, _>>()?;
    Ok(ExportPage { format: format_name(format), items, total, next_offset: slice.next(total) })
}

/// Documents of manifests that were read already, by the hash of their text.
type Texts = BTreeMap<BlobHash, Vec<Document>>;

fn export_entity(
    store: &Store,
    reference: &EntityRef,
    to: Format,
    texts: &mut Texts,
) -> Result<ExportedManifest, ApiError> {
    let origin = store.read(|model| model.catalog.declared(reference).map(|declared| declared.entity.origin.clone()));
    let (document, from, own_path) = match origin {
        None => {
            let discovered = store.read(|model| model.catalog.discovered_document(reference));
            (discovered, Format::Backstage, None)
        }
        Some(origin) => {
            if let Entry::Vacant(place) = texts.entry(origin.blob) {
                let text = store.blob(origin.blob)?.unwrap_or_default();
                let parsed = parse_as(&origin.path, text.as_bytes(), origin.format);
                place.insert(parsed.map(ParsedManifest::into_documents).unwrap_or_default());
            }
            let document = texts.get(&origin.blob).and_then(|documents| {
                let declares = |document: &&Document| {
                    matches!(&document.content, Content::Entity(entity) if entity.reference == *reference)
                };
                documents.iter().find(declares).cloned()
            });
            (document, origin.format, Some(origin.path))
        }
    };
    let path = match own_path.filter(|_| from == to) {
        Some(path) => path,
        None => format!("{}/{}/{}/{}", reference.kind(), reference.namespace(), reference.name(), to.file_name()),
    };
    let Some(document) = document else {
        let why = "its manifest's text is no longer kept".to_owned();
        let lost = vec![LostField { field: "the whole document".into(), why }];
        return Ok(ExportedManifest { reference: Some(reference.to_string()), path, text: None, lost });
    };
    // Relations are named as the catalog knows them, so the document is written under the lock: it is one document.
    let exported = store.read(|model| write_as(&document, from, to, &model.catalog));
    let lost = exported.lost.into_iter().map(|loss| LostField { field: loss.field, why: loss.why }).collect();
    Ok(ExportedManifest { reference: Some(reference.to_string()), path, text: exported.text, lost })
}
