/**
 * Follows a run by what changes in it: the graph, the time line and the tasks are read as a whole once, and then brought up to
 * date by the few tasks that changed since.
 *
 * INVARIANT: nothing is missed. The wholes are read after the first answer about changes; what came while one of them was
 * being read is asked for again; when tasks joined or requirements changed, all are read anew.
 */

import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { answer, client, type Schemas } from "./client";

type Changes = Schemas["RunChanges"];
type TaskGraph = Schemas["TaskGraph"];
type Timeline = Schemas["Timeline"];
type RunTask = Schemas["RunTaskView"];

export const changesKey = (run: number): QueryKey => ["run", run, "changes"];
/** Events do not touch these: what they tell comes by the changes. */
export const wholesKey = (run: number): QueryKey => ["whole", run];
export const graphKey = (run: number): QueryKey => [...wholesKey(run), "graph"];
export const timelineKey = (run: number): QueryKey => [...wholesKey(run), "timeline"];
export const tasksKey = (run: number): QueryKey => [...wholesKey(run), "tasks"];

/** Asks what changed since the last time, and brings up to date what is here. */
export async function followRun(cache: QueryClient, run: number, signal: AbortSignal): Promise<Changes> {
  const known = cache.getQueryData<Changes>(changesKey(run));
  const isReading = () => cache.isFetching({ queryKey: wholesKey(run) }) > 0;
  const wasReading = isReading();
  const query = known ? { since: known.next_since } : {};
  const told = await answer(client.GET("/api/v1/runs/{id}/changes", { params: { path: { id: run }, query }, signal }));
  if (!known) return told;
  const isOther = told.cut || told.structure !== known.structure || told.run.outcome !== known.run.outcome;
  if (wasReading || isReading()) {
    // What is under way may be older than this. It is let arrive, and then all of this is told again.
    const { structure, next_since } = known;
    return { ...told, structure, next_since, run: isOther ? { ...told.run, outcome: known.run.outcome } : told.run };
  }
  if (isOther) {
    void cache.invalidateQueries({ queryKey: wholesKey(run) });
  } else if (told.tasks.length > 0 || told.critical.length !== known.critical.length) {
    cache.setQueriesData<TaskGraph>({ queryKey: graphKey(run) }, (graph) => graph && changedGraph(graph, told));
    cache.setQueriesData<Timeline>({ queryKey: timelineKey(run) }, (line) => line && changedTimeline(line, told));
    cache.setQueriesData<RunTask[]>({ queryKey: tasksKey(run) }, (tasks) => tasks && changedTasks(tasks, told));
  }
  return told;
}

const millisecondsFrom = (origin: number, at: string) => Math.max(0, Date.parse(at) - origin);

/** What is told of a task's tries on a graph. */
function triesOf(task: RunTask, origin: number): Pick<Schemas["TaskNode"], "attempts" | "started_ms" | "ended_ms"> {
  const tries = task.attempts.filter(({ started }) => started);
  const first = tries[0]?.started;
  const last = tries.at(-1);
  const isOver = tries.every(({ ended }) => ended);
  return {
    attempts: tries.length,
    ...(first ? { started_ms: millisecondsFrom(origin, first) } : {}),
    ...(last?.ended && isOver ? { ended_ms: millisecondsFrom(origin, last.ended) } : {}),
  };
}

export function changedGraph(graph: TaskGraph, told: Changes): TaskGraph {
  const origin = Date.parse(graph.origin ?? told.run.started);
  const tasks = new Map(told.tasks.map((task) => [task.id, task]));
  const families = new Map(told.families.map((family) => [family.family, family]));
  const placeOf = new Map<string, number>();
  graph.nodes.forEach((node, place) => {
    placeOf.set(node.id ? `task ${node.id}` : `family ${graph.families[node.family]?.name}`, place);
  });
  // A task of a collapsed family is shown by the family.
  const chain = told.critical.map(({ id, family }) => placeOf.get(`task ${id}`) ?? placeOf.get(`family ${family}`));
  const onChain = new Set(chain);
  const steps = new Set(chain.slice(1).map((place, index) => `${chain[index]} ${place}`));
  const nodes = graph.nodes.map((node, place): Schemas["TaskNode"] => {
    const { started_ms: _started, ended_ms: _ended, progress: _progress, critical: _critical, ...rest } = node;
    const critical = onChain.has(place) ? { critical: true } : {};
    const task = node.id ? tasks.get(node.id) : undefined;
    if (task) {
      const progress = typeof task.progress === "number" ? { progress: task.progress } : {};
      return { ...rest, status: task.status, ...triesOf(task, origin), ...progress, ...critical };
    }
    const family = node.id ? undefined : families.get(graph.families[node.family]?.name ?? "");
    if (family) {
      const { status, counts, attempts, started_ms, ended_ms } = family;
      const times = {
        ...(typeof started_ms === "number" ? { started_ms } : {}),
        ...(typeof ended_ms === "number" ? { ended_ms } : {}),
      };
      return { ...rest, status, counts, attempts, ...times, ...critical };
    }
    return (node.critical ?? false) === onChain.has(place) ? node : { ...node, critical: onChain.has(place) };
  });
  const critical = graph.edges.flatMap(([from, to], edge) => (steps.has(`${from} ${to}`) ? [edge] : []));
  return { ...graph, nodes, critical };
}

export function changedTimeline(timeline: Timeline, told: Changes): Timeline {
  const origin = Date.parse(timeline.origin);
  const [workers, families] = [[...timeline.workers], [...timeline.families]];
  const placeIn = (list: string[], name: string) => {
    const place = list.indexOf(name);
    return place < 0 ? list.push(name) - 1 : place;
  };
  const changed = new Set(told.tasks.map(({ id }) => id));
  const chain = new Set(told.critical.map(({ id }) => id));
  const kept = timeline.bars
    .filter(({ task }) => !changed.has(task))
    .map((bar) => ((bar.critical ?? false) === chain.has(bar.task) ? bar : { ...bar, critical: chain.has(bar.task) }));
  const added = told.tasks.flatMap(({ id, family, attempts }) =>
    attempts.flatMap(({ started, ended, outcome, worker }): Schemas["TimelineBar"][] => {
      // What other runs did before this one began is no part of it.
      if (!started || (ended && Date.parse(ended) < origin)) return [];
      return [
        {
          task: id,
          family: placeIn(families, family),
          started_ms: Date.parse(started) - origin,
          outcome,
          ...(worker ? { worker: placeIn(workers, worker) } : {}),
          ...(ended ? { ended_ms: Date.parse(ended) - origin } : {}),
          ...(chain.has(id) ? { critical: true } : {}),
        },
      ];
    }),
  );
  const bars = [...kept, ...added].sort((a, b) => a.started_ms - b.started_ms);
  return { ...timeline, workers, families, bars, total: timeline.total - timeline.bars.length + bars.length };
}

export function changedTasks(tasks: RunTask[], told: Changes): RunTask[] {
  const changed = new Map(told.tasks.map((task) => [task.id, task]));
  return tasks.map((task) => changed.get(task.id) ?? task);
}
