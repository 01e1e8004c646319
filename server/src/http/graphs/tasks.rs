//! Graphs of tasks.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bussola_domain::catalog::EntityRef;
use bussola_domain::critical_path::critical_path;
use bussola_domain::explain::component_of_task;
use bussola_domain::grouping::{Collapse, Grouped, Member, group};
use bussola_domain::id::{RunId, Timestamp};
use bussola_domain::layout::{Graph, Node};
use bussola_domain::run_graph::{RunGraph, RunTask};
use bussola_domain::scheduler::{Slot, Status};
use bussola_domain::value::Value;
use bussola_store::Store;
use serde::Deserialize;
use utoipa::IntoParams;

use super::layouts::Layouts;
use super::{Asked, Form, JSON, SVG, answer, json, svg};
use crate::http::api::Api;
use crate::http::error::ApiError;
use crate::http::explain::{Source, as_known_now, run_graph};
use crate::http::extract::{Params, Segments};
use crate::http::limits::{DETAIL_CHARS_MAX, EXPANDED_MAX, GRAPH_DEPS_MAX, GRAPH_TASKS_MAX};
use crate::http::tasks::no_task;
use crate::http::wire::catalog::OwnerName;
use crate::http::wire::error::ErrorBody;
use crate::http::wire::graph::{Drawing, GraphFamily, NodePlace, TaskGraph, TaskNode};
use crate::http::wire::run::{TaskCounts, progress_of};
use crate::http::wire::time;
use crate::limits::SLICE_TASKS;

/// The box of a task: room for a name and a line below it.
const TASK_SIZE: (u32, u32) = (188, 40);

/// The box of a family: below these a bar that shows how far its tasks are.
const FAMILY_SIZE: (u32, u32) = (188, 52);

/// How a graph of tasks is shown.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(in crate::http) struct TaskGraphQuery {
    /// `auto`: with more than 300 tasks each family is one node; `all`: in any case; `none`: in no case.
    #[param(example = "auto")]
    collapse: Option<String>,
    /// Families, separated by commas, whose tasks are shown all the same.
    expand: Option<String>,
}

/// How far around a task to look, and how it is shown.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub(in crate::http) struct NearTaskQuery {
    /// `up`: what it needs; `down`: what needs it; `both`, each for itself; not given: `both`.
    direction: Option<String>,
    /// So many steps; not given: all the way.
    depth: Option<u32>,
    /// As for a run.
    collapse: Option<String>,
    /// As for a run.
    expand: Option<String>,
}

/// What is shown as one node, checked.
struct Shown {
    collapse: Collapse,
    expand: BTreeSet<String>,
}

impl Shown {
    fn of(collapse: Option<&str>, expand: Option<&str>) -> Result<Shown, ApiError> {
        let collapse = match collapse {
            None | Some("auto") => Collapse::Auto,
            Some("all") => Collapse::All,
            Some("none") => Collapse::None,
            Some(other) => {
                let hint = "it can be `auto`, `all` or `none`";
                return Err(ApiError::parameter(format!("`collapse` is `{other}`"), hint));
            }
        };
        let named = || expand.unwrap_or("").split(',').map(str::trim).filter(|family| !family.is_empty());
        if named().count() > EXPANDED_MAX {
            let message = format!("`expand` names more than {EXPANDED_MAX} families");
            return Err(ApiError::parameter(message, "ask for the graph with `collapse=none`"));
        }
        Ok(Shown { collapse, expand: named().map(str::to_owned).collect() })
    }
}

/// Shows the graph of a run: where its tasks stand, what they need, how they went.
#[utoipa::path(
    get, path = "/runs/{id}/graph", tag = "runs", operation_id = "getGraphOfRun",
    params(("id" = u64, Path, description = "The run's number"), TaskGraphQuery),
    responses(
        (status = OK, body = TaskGraph),
        (status = NOT_MODIFIED, description = "It is as `If-None-Match` says"),
        (status = BAD_REQUEST, body = ErrorBody),
        (status = NOT_FOUND, body = ErrorBody),
        (status = UNPROCESSABLE_ENTITY, description = "It is too large for a picture", body = ErrorBody)
    )
)]
pub(in crate::http) async fn run(
    State(api): State<Arc<Api>>,
    Segments(id): Segments<u64>,
    Params(query): Params<TaskGraphQuery>,
    asked: Asked,
) -> Result<Response, ApiError> {
    graph_of_run(&api, RunId(id), &query, Form { content_type: JSON, write: json }, &asked).await
}

/// Draws the graph of a run.
#[utoipa::path(
    get, path = "/runs/{id}/graph.svg", tag = "runs", operation_id = "drawGraphOfRun",
    params(("id" = u64, Path, description = "The run's number"), TaskGraphQuery),
    responses(
        (status = OK, content_type = "image/svg+xml", body = String),
        (status = BAD_REQUEST, body = ErrorBody),
        (status = NOT_FOUND, body = ErrorBody),
        (status = UNPROCESSABLE_ENTITY, description = "It is too large for a picture", body = ErrorBody)
    )
)]
pub(in crate::http) async fn run_svg(
    State(api): State<Arc<Api>>,
    Segments(id): Segments<u64>,
    Params(query): Params<TaskGraphQuery>,
    asked: Asked,
) -> Result<Response, ApiError> {
    graph_of_run(&api, RunId(id), &query, Form { content_type: SVG, write: svg::of_tasks }, &asked).await
}

async fn graph_of_run(
    api: &Api,
    run: RunId,
    query: &TaskGraphQuery,
    form: Form<TaskGraph>,
    asked: &Asked,
) -> Result<Response, ApiError> {
    let shown = Shown::of(query.collapse.as_deref(), query.expand.as_deref())?;
    answer(api, move |store, layouts| of_run(store, layouts, run, &shown), form, asked).await
}

/// Shows the graph around a task as the scheduler knows it now, whatever run it belongs to, or none.
#[utoipa::path(
    get, path = "/tasks/{id}/graph", tag = "tasks", operation_id = "getGraphAroundTask",
    params(("id" = String, Path, description = "Luigi's id of the task"), NearTaskQuery),
    responses(
        (status = OK, body = TaskGraph),
        (status = NOT_MODIFIED, description = "It is as `If-None-Match` says"),
        (status = BAD_REQUEST, body = ErrorBody),
        (status = NOT_FOUND, body = ErrorBody)
    )
)]
pub(in crate::http) async fn task(
    State(api): State<Arc<Api>>,
    Segments(id): Segments<String>,
    Params(query): Params<NearTaskQuery>,
    asked: Asked,
) -> Result<Response, ApiError> {
    let shown = Shown::of(query.collapse.as_deref(), query.expand.as_deref())?;
    let (up, down) = directions(query.direction.as_deref())?;
    let around = move |store: &Store, layouts: &Layouts| {
        let near = near(store, &id, up, down, query.depth).ok_or_else(|| no_task(&id))?;
        Ok(TaskGraph { cut: near.cut, ..told(store, layouts, &near.graph, None, &shown)? })
    };
    answer(&api, around, Form { content_type: JSON, write: json }, &asked).await
}

/// Whether to look at what is needed, and at what needs it.
pub(super) fn directions(direction: Option<&str>) -> Result<(bool, bool), ApiError> {
    match direction {
        None | Some("both") => Ok((true, true)),
        Some("up") => Ok((true, false)),
        Some("down") => Ok((false, true)),
        Some(other) => {
            Err(ApiError::parameter(format!("`direction` is `{other}`"), "it can be `up`, `down` or `both`"))
        }
    }
}

fn of_run(store: &Store, layouts: &Layouts, run: RunId, shown: &Shown) -> Result<TaskGraph, ApiError> {
    let Source { row, graph } = run_graph(store, run)?;
    let graph = TaskGraph { run: Some(run.0), ..told(store, layouts, &graph, Some(row.started), shown)? };
    Ok(graph)
}

/// Groups a task graph, lays it out, and says what its nodes are. Times count from the start of the run.
fn told(
    store: &Store,
    layouts: &Layouts,
    graph: &RunGraph,
    origin: Option<Timestamp>,
    shown: &Shown,
) -> Result<TaskGraph, ApiError> {
    let Grouped { members, edges } = group(graph, shown.collapse, &shown.expand);
    let critical: Vec<&str> = origin.map(|origin| critical_path(graph, origin)).unwrap_or_default();

    // A family may be named as a task is.
    let keys: Vec<String> = members
        .iter()
        .map(|member| match member {
            Member::Family(family, _) => format!("family {family}"),
            Member::Task(id, _) => format!("task {id}"),
        })
        .collect();
    let nodes = members.iter().zip(&keys).map(|(member, key)| {
        let (width, height) = size(member);
        Node { key, width, height }
    });
    let shape = Graph { nodes: nodes.collect(), edges };
    let (structure, layout) = layouts.of(&shape)?;

    let families = families(store, graph);
    let family_at: BTreeMap<&str, u32> = families.iter().map(|family| family.name.as_str()).zip(0..).collect();
    let on_chain: HashSet<&str> = critical.iter().copied().collect();
    let running: Vec<&str> =
        graph.tasks.iter().filter(|(_, task)| task.status.is_running()).map(|(id, _)| id.as_str()).collect();
    let mut progress: BTreeMap<&str, f64> = BTreeMap::new();
    for slice in running.chunks(SLICE_TASKS) {
        store.read(|model| progress.extend(slice.iter().filter_map(|&id| Some((id, progress_of(model, id)?)))));
    }
    let mut member_of: BTreeMap<&str, u32> = BTreeMap::new();
    let nodes = members.iter().zip(&layout.places).zip(0_u32..).map(|((member, place), at)| {
        let (w, h) = size(member);
        let tasks = match member {
            Member::Family(_, tasks) => tasks.as_slice(),
            Member::Task(id, task) => &[(*id, *task)],
        };
        member_of.extend(tasks.iter().map(|(id, _)| (*id, at)).filter(|(id, _)| on_chain.contains(id)));
        let mut node = TaskNode {
            family: family_at.get(member.family()).copied().unwrap_or_default(),
            critical: tasks.iter().any(|(id, _)| on_chain.contains(id)),
            place: NodePlace { x: place.x, y: place.y, w, h, layer: place.layer },
            ..node_of(tasks, origin)
        };
        match member {
            Member::Family(_, tasks) => {
                let mut counts = TaskCounts::default();
                tasks.iter().for_each(|(_, task)| counts.add(task.status, 1));
                node.counts = Some(counts);
            }
            Member::Task(id, task) => {
                node.id = Some((*id).to_owned());
                node.progress = progress.get(id).copied();
                node.detail = detail(&task.params).or_else(|| detail_in_id(id, &task.family));
            }
        }
        node
    });
    let nodes: Vec<TaskNode> = nodes.collect();
    let decided = critical.windows(2).filter_map(|pair| Some((*member_of.get(pair[0])?, *member_of.get(pair[1])?)));
    let decided: BTreeSet<(u32, u32)> = decided.collect();
    let edges = shape.edges.iter().zip(0_u32..);
    Ok(TaskGraph {
        run: None,
        root: graph.root.clone(),
        tasks: graph.tasks.len(),
        cut: false,
        origin: origin.map(time),
        nodes,
        critical: edges.filter(|(edge, _)| decided.contains(edge)).map(|(_, at)| at).collect(),
        drawing: Drawing::of(structure, &layout, &shape.edges),
        families,
    })
}

fn size(member: &Member<'_>) -> (u32, u32) {
    match member {
        Member::Family(..) => FAMILY_SIZE,
        Member::Task(..) => TASK_SIZE,
    }
}

/// Which status of several most needs a look: what is broken, then what moves, then what waits.
fn urgency(status: Status) -> u8 {
    match status {
        Status::Failed => 6,
        Status::Disabled => 5,
        Status::Running | Status::BatchRunning => 4,
        Status::Pending => 3,
        Status::Unknown => 2,
        Status::Done => 1,
    }
}

/// What is told of one task or of several: the status that most needs a look, tries, and the time that they took together.
pub(in crate::http) fn node_of(tasks: &[(&str, &RunTask)], origin: Option<Timestamp>) -> TaskNode {
    let status = tasks.iter().map(|(_, task)| task.status).max_by_key(|status| urgency(*status));
    let tries = || tasks.iter().flat_map(|(_, task)| &task.attempts).filter(|attempt| attempt.started.is_some());
    let goes_on = tries().any(|attempt| attempt.ended.is_none());
    let since = |at: Option<Timestamp>| Some(since_ms(origin?, at?));
    TaskNode {
        status: status.unwrap_or(Status::Unknown).as_str().to_owned(),
        attempts: tries().count(),
        started_ms: since(tries().filter_map(|attempt| attempt.started).min()),
        ended_ms: since(tries().filter_map(|attempt| attempt.ended).max()).filter(|_| !goes_on),
        ..TaskNode::default()
    }
}

/// Milliseconds between two moments.
pub(super) fn since_ms(origin: Timestamp, at: Timestamp) -> i64 {
    at.0.saturating_sub(origin.0) / 1_000
}

/// The parameters of a task in a line: by value alone where there is one.
fn detail(params: &[(String, Value)]) -> Option<String> {
    let value = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let text = match params {
        [] => return None,
        [(_, only)] => value(only),
        all => all.iter().map(|(name, of)| format!("{name}={}", value(of))).collect::<Vec<_>>().join(" "),
    };
    Some(shortened(&text))
}

/// What the id says of the parameters of a task that another run declared: Luigi's ids read `family_values_hash`.
fn detail_in_id(id: &str, family: &str) -> Option<String> {
    let values = id.strip_prefix(family)?.strip_prefix('_')?;
    let is_hash = |text: &str| text.len() == 10 && text.bytes().all(|letter| letter.is_ascii_hexdigit());
    let values = values.rsplit_once('_').filter(|(_, hash)| is_hash(hash)).map_or(values, |(values, _)| values);
    Some(shortened(values))
}

fn shortened(text: &str) -> String {
    if text.chars().nth(DETAIL_CHARS_MAX).is_none() {
        return text.to_owned();
    }
    text.chars().take(DETAIL_CHARS_MAX - 1).chain(['…']).collect()
}

/// The families of a graph, whose they are, and which of them belong to another component than the root.
fn families(store: &Store, graph: &RunGraph) -> Vec<GraphFamily> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for task in graph.tasks.values() {
        *counts.entry(&task.family).or_default() += 1;
    }
    let root_family = graph.tasks.get(&graph.root).map_or("", |root| &root.family);
    let home: EntityRef = store.read(|model| component_of_task(model, root_family, root_family));
    let counts: Vec<(&str, usize)> = counts.into_iter().collect();
    let mut families = Vec::with_capacity(counts.len());
    for slice in counts.chunks(SLICE_TASKS) {
        store.read(|model| {
            families.extend(slice.iter().map(|&(family, tasks)| {
                let component = component_of_task(model, family, root_family);
                let owner = model.catalog.owner(&component).owner;
                GraphFamily {
                    name: family.to_owned(),
                    tasks,
                    owner: owner.map(|owner| OwnerName::of(model, &owner)),
                    foreign: component != home,
                    component: component.to_string(),
                }
            }));
        });
    }
    families
}

/// The tasks around one, as the scheduler knows them.
struct Near {
    graph: RunGraph,
    cut: bool,
}

/// Walks from a task, nearest first, some tasks under one hold of the lock. None: the scheduler has no such task.
fn near(store: &Store, id: &str, up: bool, down: bool, depth: Option<u32>) -> Option<Near> {
    store.read(|model| model.scheduler.task(id).map(drop))?;
    let mut near = Near { graph: RunGraph { root: id.to_owned(), ..RunGraph::default() }, cut: false };
    for (wanted, upstream) in [(up, true), (down, false)] {
        if wanted {
            walk(store, &mut near, upstream, depth);
        }
    }
    Some(near)
}

fn walk(store: &Store, near: &mut Near, upstream: bool, depth: Option<u32>) {
    let root = near.graph.root.clone();
    let mut seen: HashSet<String> = HashSet::from([root.clone()]);
    let mut queue: VecDeque<(String, u32)> = VecDeque::from([(root, 0)]);
    let mut edges = 0;
    while !queue.is_empty() && !near.cut {
        let slice: Vec<(String, u32)> = queue.drain(..queue.len().min(SLICE_TASKS)).collect();
        // By id, since a slot may be given to another task between two holds of the lock.
        let found: Vec<(RunTask, Vec<String>)> = store.read(|model| {
            let scheduler = &model.scheduler;
            let name = |slot: &Slot| scheduler.at_slot(*slot).id().to_owned();
            let of = |(id, _): &(String, u32)| {
                let Some(slot) = scheduler.slot(id) else {
                    // It went between two holds of the lock.
                    return (RunTask::undeclared(id, Timestamp(0)), Vec::new());
                };
                let task = scheduler.at_slot(slot);
                let next = if upstream { task.deps().to_vec() } else { task.dependents() };
                (as_known_now(scheduler, task), next.iter().map(name).collect())
            };
            slice.iter().map(of).collect()
        });
        for ((id, distance), (task, next)) in slice.into_iter().zip(found) {
            edges += next.len();
            if near.graph.tasks.len() >= GRAPH_TASKS_MAX || edges > GRAPH_DEPS_MAX {
                near.cut = true;
                break;
            }
            near.graph.tasks.insert(id, task);
            if depth.is_none_or(|depth| distance < depth) {
                let fresh = next.into_iter().filter(|next| seen.insert(next.clone()));
                queue.extend(fresh.map(|next| (next, distance + 1)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_a_task_from_others() {
        let check = |params: &[(&str, Value)], expected: Option<&str>| {
            let params: Vec<_> = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            assert_eq!(detail(&params).as_deref(), expected);
        };
        let text = |text: &str| Value::Str(text.into());
        check(&[], None);
        check(&[("date", text("2026-03-02"))], Some("2026-03-02"));
        check(&[("date", text("2026-03-02")), ("n", Value::Int(3))], Some("date=2026-03-02 n=3"));
        let long = "é".repeat(DETAIL_CHARS_MAX);
        check(&[("x", text(&long))], Some(&long));
        let cut = format!("{}…", "é".repeat(DETAIL_CHARS_MAX - 1));
        check(&[("x", text(&(long + "e")))], Some(&cut));
        let in_id = |id: &str, expected: Option<&str>| assert_eq!(detail_in_id(id, "a.F").as_deref(), expected, "{id}");
        in_id("a.F_iberia_2026_03_02_0f4c44de7a", Some("iberia_2026_03_02"));
        in_id("a.F_1", Some("1"));
        in_id("a.F", None);
        in_id("other", None);
    }
}
