//! Routes of owners.

use std::sync::Arc;

use axum::extract::State;
use bussola_domain::catalog::model::Owner;
use bussola_domain::catalog::{Health, ListQuery, Owned, RelationKind};
use bussola_store::Store;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::catalog::entity_page;
use super::error::{ApiError, ErrorCode};
use super::extract::{Answer, Json, Params, Segments, Slice};
use super::limits::{OWNERS_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use super::wire::catalog::{OwnerName, find_owner};
use super::wire::error::ErrorBody;
use super::wire::owner::{OwnerDetail, OwnerList, OwnerSummary};

/// Lists every owner, with how much each answers for.
#[utoipa::path(
    get, path = "/owners", tag = "catalog", operation_id = "listOwners", responses((status = OK, body = OwnerList))
)]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Answer<OwnerList> {
    Ok(Json(api.large(|store| Ok(owners(store))).await?))
}

fn owners(store: &Store) -> OwnerList {
    let (listing, _) = store.read(|model| model.listing(ListQuery::default()));
    let mut owned = listing.owned();
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
