//! Routes of owners.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use bussola_domain::catalog::model::Owner;
use bussola_domain::catalog::{ListQuery, RelationKind};
use bussola_domain::explain::failing_since;
use bussola_store::Store;
use serde::Deserialize;
use utoipa::IntoParams;

use super::api::Api;
use super::catalog::{entity_page, references};
use super::error::{ApiError, ErrorCode};
use super::extract::{Answer, Json, Params, Segments, Slice};
use super::limits::{OWNERS_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, SLICE_ENTITIES};
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
    // By kind and name: owners are compared by what they are, shown by what they are called.
    let mut found: BTreeMap<Option<(String, String)>, OwnerSummary> = BTreeMap::new();
    let mut offset = 0;
    loop {
        let query = ListQuery { offset, limit: Some(PAGE_ITEMS_MAX), ..ListQuery::default() };
        let (references, total) = references(store, &query);
        for slice in references.chunks(SLICE_ENTITIES) {
            store.read(|model| {
                for reference in slice.iter().filter(|one| !matches!(one.kind(), "group" | "user" | "location")) {
                    let owner = model.catalog.owner(reference).owner;
                    let name = owner.as_ref().map(|owner| OwnerName::of(model, owner));
                    let key = name
                        .as_ref()
                        .map(|name| (name.name.to_lowercase(), name.reference.clone().unwrap_or_default()));
                    let summary =
                        found.entry(key).or_insert_with(|| OwnerSummary { owner: name, entities: 0, failing: 0 });
                    summary.entities += 1;
                    summary.failing += usize::from(failing_since(model, reference).is_some());
                }
            });
        }
        offset += PAGE_ITEMS_MAX;
        if offset >= total {
            break;
        }
    }
    let unowned = found.remove(&None);
    let total = found.len() + usize::from(unowned.is_some());
    let items = found.into_values().chain(unowned).take(OWNERS_MAX).collect();
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
        ListQuery { owner: Some(owner), limit: Some(slice.limit), offset: slice.offset, ..ListQuery::default() };
    let page = entity_page(store, &query, slice);
    OwnerDetail { owner: name, members, items: page.items, total: page.total, next_offset: page.next_offset }
}
