//! Routes of owners.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use bussola_domain::catalog::model::Owner;
use bussola_domain::catalog::{EntityRef, Health, ListQuery, Owned, RelationKind};
use bussola_store::Store;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::catalog::{choice, descending, entity_page};
use super::error::{ApiError, ErrorCode};
use super::extract::{Answer, Json, Params, Segments, Slice};
use super::limits::{OWNERS_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, SLICE_ENTITIES};
use super::wire::catalog::{OwnerName, find_owner};
use super::wire::error::ErrorBody;
use super::wire::owner::{OwnerDetail, OwnerList, OwnerSummary, TeamPage, TeamSummary};

/// Lists every owner, with how much each answers for.
#[utoipa::path(
    get, path = "/owners", tag = "catalog", operation_id = "listOwners", responses((status = OK, body = OwnerList))
)]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Answer<OwnerList> {
    Ok(Json(api.large(|store| Ok(owners(store))).await?))
}

fn owners(store: &Store) -> OwnerList {
    let (listing, _, health) = store.read(|model| model.listing(ListQuery::default()));
    let mut owned = listing.owned(&health.get());
    // Without the lock; the names come one by one.
    let name = |owner: &Owner| store.read(|model| OwnerName::of(model, owner));
    let summary = |owned: Owned| OwnerSummary {
        owner: owned.owner.as_ref().map(name),
        entities: owned.entities,
        failing: owned.health[Health::Failing as usize],
        at_risk: owned.health[Health::AtRisk as usize],
    };
    let mut items: Vec<OwnerSummary> = owned.drain(..).map(summary).collect();
    items.sort_by_cached_key(|item| {
        let name = item.owner.as_ref().map(|owner| (owner.name.to_lowercase(), owner.reference.clone()));
        (name.is_none(), name)
    });
    let total = items.len();
    items.truncate(OWNERS_MAX);
    OwnerList { items, total }
}

/// Which teams, in which order.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TeamQuery {
    /// With this in their name or ref; case does not count.
    text: Option<String>,
    /// `name` (if not given), `owned`, `unhealthy` or `members`. What is equal is in order of name.
    sort: Option<String>,
    /// `asc` (if not given) or `desc`
    order: Option<String>,
    /// Skip so many.
    offset: Option<usize>,
    /// At most so many: 1 to 1,000.
    limit: Option<usize>,
}

#[derive(Clone, Copy)]
enum TeamSort {
    Name,
    Owned,
    Unhealthy,
    Members,
}

const TEAM_SORTS: [(&str, TeamSort); 4] = [
    ("name", TeamSort::Name),
    ("owned", TeamSort::Owned),
    ("unhealthy", TeamSort::Unhealthy),
    ("members", TeamSort::Members),
];

/// Lists teams: groups of the catalog, and groups that only others speak of as owners.
#[utoipa::path(
    get, path = "/teams", tag = "catalog", operation_id = "listTeams", params(TeamQuery),
    responses((status = OK, body = TeamPage), (status = BAD_REQUEST, body = ErrorBody))
)]
pub(super) async fn teams(State(api): State<Arc<Api>>, Params(query): Params<TeamQuery>) -> Answer<TeamPage> {
    let slice = Slice::of(query.offset, query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let sort = query.sort.as_deref().map_or(Ok(TeamSort::Name), |sort| choice("sort", sort, &TEAM_SORTS))?;
    let descending = descending(query.order.as_deref())?;
    let page = api.large(move |store| {
        let mut teams = all_teams(store);
        if let Some(text) = query.text.as_deref().map(str::to_lowercase) {
            teams.retain(|team| team.name.to_lowercase().contains(&text) || team.reference.contains(&text));
        }
        teams.sort_by_cached_key(|team| (team.name.to_lowercase(), team.reference.clone()));
        let key = |team: &TeamSummary| match sort {
            TeamSort::Name => 0,
            TeamSort::Owned => team.owned,
            TeamSort::Unhealthy => team.failing + team.at_risk,
            TeamSort::Members => team.members,
        };
        match (sort, descending) {
            (TeamSort::Name, true) => teams.reverse(),
            (_, true) => teams.sort_by_key(|team| std::cmp::Reverse(key(team))),
            (_, false) => teams.sort_by_key(key),
        }
        let total = teams.len();
        let items = teams.into_iter().skip(slice.offset).take(slice.limit).collect();
        Ok(TeamPage { items, total, next_offset: slice.next(total) })
    });
    Ok(Json(page.await?))
}

/// Every team; what is known of each is read in slices.
fn all_teams(store: &Store) -> Vec<TeamSummary> {
    let (listing, resolved, health) =
        store.read(|model| model.listing(ListQuery { kinds: vec![GROUP.to_owned()], ..ListQuery::default() }));
    let mut owned: BTreeMap<EntityRef, Option<Owned>> =
        listing.all(&resolved, &health.get()).into_iter().map(|group| (group, None)).collect();
    for one in listing.owned(&health.get()) {
        if let Some(Owner::Entity(group)) = one.owner.clone()
            && group.kind() == GROUP
        {
            owned.insert(group, Some(one));
        }
    }
    let owned: Vec<(EntityRef, Option<Owned>)> = owned.into_iter().collect();
    let mut teams = Vec::with_capacity(owned.len());
    for slice in owned.chunks(SLICE_ENTITIES) {
        store.read(|model| {
            teams.extend(slice.iter().map(|(group, owned)| TeamSummary::of(model, group, owned.as_ref())))
        });
    }
    teams
}

/// The kind of a team.
const GROUP: &str = "group";

/// A page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PageQuery {
    /// Skip so many.
    offset: Option<usize>,
    /// At most so many: 1 to 1,000.
    limit: Option<usize>,
}

/// Shows what an owner answers for.
#[utoipa::path(
    get, path = "/owners/{owner}", tag = "catalog", operation_id = "getOwner",
    params(
        ("owner" = String, Path, description = "A ref with its slash written `%2F`, a name alone, or an e-mail address that Luigi gave"),
        PageQuery
    ),
    responses((status = OK, body = OwnerDetail), (status = NOT_FOUND, body = ErrorBody))
)]
pub(super) async fn show(
    State(api): State<Arc<Api>>,
    Segments(written): Segments<String>,
    Params(page): Params<PageQuery>,
) -> Answer<OwnerDetail> {
    let slice = Slice::of(page.offset, page.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let asked = written.clone();
    let detail = api.large(move |store| {
        let owner = store.read(|model| find_owner(model, &asked));
        Ok(owner.map(|owner| owned(store, owner, slice)))
    });
    detail.await?.map(Json).ok_or_else(|| {
        let message = format!("there is no owner `{written}`");
        ApiError::new(ErrorCode::NoSuchOwner, message, "`GET /api/v1/owners` lists every owner")
    })
}

fn owned(store: &Store, owner: Owner, slice: Slice) -> OwnerDetail {
    let (name, members) = store.read(|model| {
        let members = match &owner {
            Owner::Entity(reference) => {
                let relations = model.catalog.relations(reference).into_iter();
                let members = relations.filter(|(kind, _)| *kind == RelationKind::HasMember);
                members.map(|(_, member)| member.to_string()).take(OWNERS_MAX).collect()
            }
            Owner::Named(_) => Vec::new(),
        };
        (OwnerName::of(model, &owner), members)
    });
    let query =
        ListQuery { owners: Some(vec![owner]), limit: Some(slice.limit), offset: slice.offset, ..ListQuery::default() };
    let page = entity_page(store, query, slice);
    OwnerDetail { owner: name, members, items: page.items, total: page.total, next_offset: page.next_offset }
}
