//! Graphs as they are drawn: what stands where, how edges run, what each node is.
//!
//! A graph may have ten thousand nodes, so it is told shortly: nodes and edges are named by their position in a list, what many
//! nodes share stands in a list of its own, and moments are milliseconds since one that is told once.

use bussola_domain::layout::{Layout, Structure};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalog::OwnerName;
use super::run::TaskCounts;

/// A box on the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodePlace {
    /// Its left side.
    pub x: i32,
    /// Its upper side.
    pub y: i32,
    /// Its width.
    pub w: u32,
    /// Its height.
    pub h: u32,
    /// Its layer, from the left, within the part of the graph that hangs together with it.
    pub layer: u32,
}

/// What the picture is, but for the nodes. It stays the same as long as `structure` does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Drawing {
    /// Names the picture: as long as it is the same, no node has moved and no edge has changed.
    pub structure: String,
    /// Width of the whole, in the units of places.
    pub width: u32,
    /// Height of the whole.
    pub height: u32,
    /// From what is needed to what needs it, as positions in `nodes`. An edge leaves the middle of a node's right side for
    /// the middle of the other's left side.
    pub edges: Vec<[u32; 2]>,
    /// Positions in `edges` of those that close a circle and run from right to left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub back: Vec<u32>,
    /// Ways of long edges: the position in `edges`, then x and y of each point between the ends. Between two points at the
    /// same height an edge runs straight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bends: Vec<Vec<i32>>,
}

impl Drawing {
    /// From a layout of these edges.
    pub fn of(structure: Structure, layout: &Layout, edges: &[(u32, u32)]) -> Drawing {
        let numbered = || layout.routes.iter().zip(0_u32..);
        let bends = numbered().filter(|(route, _)| !route.bends.is_empty()).map(|(route, at)| {
            let points = route.bends.iter().flat_map(|&(x, y)| [x, y]);
            i32::try_from(at).into_iter().chain(points).collect()
        });
        Drawing {
            structure: structure.0.iter().map(|byte| format!("{byte:02x}")).collect(),
            width: layout.width,
            height: layout.height,
            edges: edges.iter().map(|&(from, to)| [from, to]).collect(),
            back: numbered().filter(|(route, _)| route.back).map(|(_, at)| at).collect(),
            bends: bends.collect(),
        }
    }
}

/// A family of tasks in a graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GraphFamily {
    /// Its name.
    pub name: String,
    /// How many of its tasks the graph has.
    pub tasks: usize,
    /// The component that it belongs to.
    pub component: String,
    /// Who answers for that component; not given: unowned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// Whether that is another component than the run's.
    #[serde(default, skip_serializing_if = "is_false")]
    pub foreign: bool,
}

/// A task, or all tasks of a family.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskNode {
    /// The task's id; not given: it is a family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What tells the task from others of its family: its parameters, perhaps cut; where they are not known,
    /// what the id says of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The position of its family in `families`.
    pub family: u32,
    /// Luigi's status: `PENDING`, `RUNNING`, `DONE`, …; of a family, that of its tasks which most needs a look.
    pub status: String,
    /// Of a family: how many of its tasks have each status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<TaskCounts>,
    /// Tries; not given: none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: usize,
    /// When the first try began, in milliseconds since `origin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_ms: Option<i64>,
    /// When the last try ended, in milliseconds since `origin`; not given while one goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// How far a task that runs is, in percent, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<f64>,
    /// Whether it is on the chain of tasks that decided how and when the run ended.
    #[serde(default, skip_serializing_if = "is_false")]
    pub critical: bool,
    /// Where it stands.
    #[serde(flatten)]
    pub place: NodePlace,
}

/// A graph of tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskGraph {
    /// The run; not given: tasks as the scheduler knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// The root task of the run, or the task that was asked about.
    pub root: String,
    /// How many tasks there are.
    pub tasks: usize,
    /// Whether there are more, which are not told.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cut: bool,
    /// What moments count from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Families, by name.
    pub families: Vec<GraphFamily>,
    /// Families of several tasks first, then tasks.
    pub nodes: Vec<TaskNode>,
    /// Positions in `edges` of those between tasks that decided, one after the other, when the run ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub critical: Vec<u32>,
    /// The picture.
    #[serde(flatten)]
    pub drawing: Drawing,
}

/// An entity in a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntityNode {
    /// `kind:namespace/name`
    #[serde(rename = "ref")]
    pub reference: String,
    /// What people call it.
    pub title: String,
    /// `service`, `pipeline`, `dataset`, …
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
    /// Who answers for it; not given: unowned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerName>,
    /// As lists say it: `failing`, `at_risk`, `healthy` or `unknown`; or `missing`: it is only spoken of.
    pub health: String,
    /// Since when its pipelines have been failing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
    /// Steps from the middle: below 0 to what it needs, above 0 to what it affects.
    pub distance: i32,
    /// Where it stands.
    #[serde(flatten)]
    pub place: NodePlace,
}

/// The graph around an entity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntityGraph {
    /// The entity in the middle.
    #[serde(rename = "ref")]
    pub reference: String,
    /// How many entities there are, itself included; those that are not told are the farthest.
    pub total: usize,
    /// The entity itself, then what is around it, nearest first.
    pub nodes: Vec<EntityNode>,
    /// Of each edge, how its second end relates to its first: `dependsOn`, `consumesApi`, …
    pub relations: Vec<String>,
    /// The picture.
    #[serde(flatten)]
    pub drawing: Drawing,
}

/// One try of a task on the time line of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineBar {
    /// The task's id.
    pub task: String,
    /// The position of its family in `families`.
    pub family: u32,
    /// The position of its worker in `workers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<u32>,
    /// When it was handed out, in milliseconds since `origin`.
    pub started_ms: i64,
    /// When it ended; not given while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// `running`, `done`, `failed`, `disabled`, `lost` or `yielded`
    pub outcome: String,
    /// Whether the task is on the chain that decided when the run ended.
    #[serde(default, skip_serializing_if = "is_false")]
    pub critical: bool,
}

/// Who tried what when, in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    /// The run.
    pub run: u64,
    /// When it started: what moments count from.
    pub origin: String,
    /// When it ended, in milliseconds since `origin`; not given while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// Families, by name.
    pub families: Vec<String>,
    /// The clients' own ids of workers.
    pub workers: Vec<String>,
    /// Tries, by their beginning.
    pub bars: Vec<TimelineBar>,
    /// How many there are; the earliest are told.
    pub total: usize,
}

fn is_false(truth: &bool) -> bool {
    !truth
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}
