//! The graph around an entity of the catalog.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bussola_domain::catalog::{EntityRef, HealthMap, Neighbour, Neighbourhood, Towards};
use bussola_domain::explain::failing_since;
use bussola_domain::layout::{Graph, Node};
use bussola_domain::model::Model;
use bussola_store::Store;
use serde::Deserialize;
use utoipa::IntoParams;

use super::layouts::Layouts;
use super::tasks::directions;
use super::{Asked, Form, JSON, SVG, answer, json, svg};
use crate::http::api::Api;
use crate::http::catalog::{RefParts, no_entity};
use crate::http::error::ApiError;
use crate::http::extract::{Params, Segments};
use crate::http::limits::{REACHED_MAX, SLICE_ENTITIES};
use crate::http::wire::catalog::OwnerName;
use crate::http::wire::error::ErrorBody;
use crate::http::wire::graph::{Drawing, EntityGraph, EntityNode, NodePlace};
use crate::http::wire::time_of;

/// The box of an entity: room for its title and a line below it.
const SIZE: (u32, u32) = (196, 48);

/// How far around an entity to look.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(in crate::http) struct EntityGraphQuery {
    /// `up`: what it needs; `down`: what is affected when it fails; `both`, each for itself; not given: `both`.
    direction: Option<String>,
    /// So many steps; not given: all the way.
    depth: Option<u32>,
}

/// Shows the graph around an entity: what it needs, what it affects, and how these hang together.
#[utoipa::path(
    get, path = "/catalog/entities/{kind}/{namespace}/{name}/graph", tag = "catalog", operation_id = "getGraphAroundEntity",
    params(RefParts, EntityGraphQuery),
    responses(
        (status = OK, body = EntityGraph),
        (status = NOT_MODIFIED, description = "It is as `If-None-Match` says"),
        (status = BAD_REQUEST, body = ErrorBody),
        (status = NOT_FOUND, body = ErrorBody)
    )
)]
pub(in crate::http) async fn entity(
    State(api): State<Arc<Api>>,
    Segments(parts): Segments<RefParts>,
    Params(query): Params<EntityGraphQuery>,
    asked: Asked,
) -> Result<Response, ApiError> {
    around_entity(&api, &parts, &query, Form { content_type: JSON, write: json }, &asked).await
}

/// Draws the graph around an entity.
#[utoipa::path(
    get, path = "/catalog/entities/{kind}/{namespace}/{name}/graph.svg", tag = "catalog",
    operation_id = "drawGraphAroundEntity", params(RefParts, EntityGraphQuery),
    responses(
        (status = OK, content_type = "image/svg+xml", body = String),
        (status = BAD_REQUEST, body = ErrorBody),
        (status = NOT_FOUND, body = ErrorBody)
    )
)]
pub(in crate::http) async fn entity_svg(
    State(api): State<Arc<Api>>,
    Segments(parts): Segments<RefParts>,
    Params(query): Params<EntityGraphQuery>,
    asked: Asked,
) -> Result<Response, ApiError> {
    around_entity(&api, &parts, &query, Form { content_type: SVG, write: svg::of_entities }, &asked).await
}

async fn around_entity(
    api: &Api,
    parts: &RefParts,
    query: &EntityGraphQuery,
    form: Form<EntityGraph>,
    asked: &Asked,
) -> Result<Response, ApiError> {
    let (reference, depth) = (parts.reference()?, query.depth);
    let towards = towards(query.direction.as_deref())?;
    answer(api, move |store, layouts| around(store, layouts, &reference, towards, depth), form, asked).await
}

fn towards(direction: Option<&str>) -> Result<Towards, ApiError> {
    Ok(match directions(direction)? {
        (true, false) => Towards::Up,
        (false, true) => Towards::Down,
        (true, true) | (false, false) => Towards::Both,
    })
}

fn around(
    store: &Store,
    layouts: &Layouts,
    reference: &EntityRef,
    towards: Towards,
    depth: Option<u32>,
) -> Result<EntityGraph, ApiError> {
    let found = store.read(|model| model.catalog.neighbourhood(reference, towards, depth, REACHED_MAX));
    let Neighbourhood { members, edges, total } = found.ok_or_else(|| no_entity(reference))?;
    let (width, height) = SIZE;
    let shape = Graph {
        nodes: members.iter().map(|member| Node { key: member.reference.as_str(), width, height }).collect(),
        edges: edges.iter().map(|&(from, to, _)| (from, to)).collect(),
    };
    let (structure, layout) = layouts.of(&shape)?;
    let health = store.read(|model| model.health_later()).get();
    let mut nodes: Vec<EntityNode> = Vec::with_capacity(members.len());
    for slice in members.chunks(SLICE_ENTITIES) {
        store.read(|model| nodes.extend(slice.iter().map(|member| node(model, member, &health))));
    }
    for (node, place) in nodes.iter_mut().zip(&layout.places) {
        node.place = NodePlace { x: place.x, y: place.y, w: width, h: height, layer: place.layer };
    }
    Ok(EntityGraph {
        reference: reference.to_string(),
        total,
        nodes,
        relations: edges.iter().map(|(_, _, relation)| relation.as_str().to_owned()).collect(),
        drawing: Drawing::of(structure, &layout, &shape.edges),
    })
}

fn node(model: &Model, member: &Neighbour, health: &HealthMap) -> EntityNode {
    let view = model.catalog.get(&member.reference);
    let health = match member.exists {
        true => model.catalog.health_in(health, &member.reference).0.as_str(),
        false => "missing",
    };
    EntityNode {
        reference: member.reference.to_string(),
        title: view.as_ref().map_or(member.reference.name(), |view| view.title()).to_owned(),
        entity_type: view.as_ref().and_then(|view| view.entity_type()).map(str::to_owned),
        owner: member.owner.as_ref().map(|owner| OwnerName::of(model, owner)),
        health: health.to_owned(),
        failing_since: time_of(failing_since(model, &member.reference)),
        distance: member.distance,
        place: NodePlace::default(),
    }
}
