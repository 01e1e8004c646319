/** What is painted: a picture, and what its nodes are at this moment. Made from the answers of the API. */

import type { Schemas } from "../api";
import { formatSeconds, percentText, stateRank, stateWord } from "../kit";
import { type Box, type Drawing, Shape } from "./shape";

export type Tone = "ok" | "bad" | "warn" | "busy" | "idle";

/** In the order of `stateRank`: badges and graphs have the same colours. */
const TONES: Tone[] = ["bad", "warn", "busy", "idle", "ok"];

export function toneOf(state: string): Tone {
  return TONES[stateRank(state)] ?? "idle";
}

export interface SceneNode {
  /** Its name among all that the graph may show: it stays the same when the picture changes. */
  key: string;
  title: string;
  detail: string;
  state: string;
  tone: Tone;
  isGroup: boolean;
  isCritical: boolean;
  /** Of another component than the graph is of, or only spoken of. */
  isForeign: boolean;
  /** What the graph is around. */
  isMiddle: boolean;
  /** Of a group: how many of its members are how far. */
  shares: [Tone, number][];
  /** Of a task that runs and says so: how much of it is done, from 0 to 1. */
  progress: number | undefined;
  /** In a sentence, for those who do not see it. */
  spoken: string;
}

export interface Scene {
  structure: string;
  shape: Shape;
  nodes: SceneNode[];
  /** Edges that are drawn strong. */
  critical: ReadonlySet<number>;
  /** Where keys begin: what the graph is of. */
  start: number;
}

/** The picture of the scene before, if nothing has moved. */
function shapeOf(boxes: Box[], drawing: Drawing, before: Scene | undefined): Shape {
  return before?.structure === drawing.structure ? before.shape : new Shape(boxes, drawing);
}

const COUNTED = [
  ["failed", "FAILED"],
  ["disabled", "DISABLED"],
  ["running", "RUNNING"],
  ["pending", "PENDING"],
  ["unknown", "UNKNOWN"],
  ["done", "DONE"],
] as const;

/** `480 done, 20 failed` */
export function countsText(counts: Schemas["TaskCounts"]): string {
  const some = COUNTED.filter(([name]) => counts[name] > 0);
  return some.map(([name]) => `${counts[name].toLocaleString()} ${name}`).join(", ");
}

function tookText(node: Schemas["TaskNode"]): string | undefined {
  if (typeof node.started_ms !== "number" || typeof node.ended_ms !== "number") return undefined;
  return formatSeconds((node.ended_ms - node.started_ms) / 1000);
}

/** A family without the module that it is in. */
export function shortFamily(family: string): string {
  return family.slice(family.lastIndexOf(".") + 1);
}

export const familyKey = (family: string) => `family ${family}`;
export const taskKey = (id: string) => `task ${id}`;

export function taskScene(graph: Schemas["TaskGraph"], before?: Scene): Scene {
  const nodes = graph.nodes.map((node): SceneNode => {
    const family = graph.families[node.family];
    const name = family?.name ?? "";
    const took = tookText(node);
    const word = stateWord(node.status);
    const counts = node.counts ?? undefined;
    const title = counts ? `${shortFamily(name)} × ${(family?.tasks ?? 0).toLocaleString()}` : shortFamily(name);
    const percent = percentText(node.progress);
    const detail = counts ? countsText(counts) : [percent, node.detail, took].filter(Boolean).join(" · ") || word;
    const critical = node.critical ? ", on the critical path" : "";
    return {
      key: node.id ? taskKey(node.id) : familyKey(name),
      title,
      detail,
      state: node.status,
      tone: toneOf(node.status),
      isGroup: counts !== undefined,
      isCritical: node.critical ?? false,
      isForeign: family?.foreign ?? false,
      isMiddle: node.id === graph.root && !graph.run,
      shares: counts ? COUNTED.map(([name, state]): [Tone, number] => [toneOf(state), counts[name]]).reverse() : [],
      progress: typeof node.progress === "number" ? node.progress / 100 : undefined,
      spoken: `${title} ${node.detail ?? ""}: ${counts ? detail : word}${percent ? ` ${percent}` : ""}${took ? `, ${took}` : ""}${critical}`,
    };
  });
  return {
    structure: graph.structure,
    shape: shapeOf(graph.nodes, graph, before),
    nodes,
    critical: new Set(graph.critical ?? []),
    start: Math.max(
      0,
      graph.nodes.findIndex((node) => node.id === graph.root),
    ),
  };
}

export function entityScene(graph: Schemas["EntityGraph"], before?: Scene): Scene {
  const nodes = graph.nodes.map((node): SceneNode => {
    const isMissing = node.health === "missing";
    const owner = node.owner?.name ?? "Nobody owns it";
    const kind = node.type ?? node.ref.slice(0, node.ref.indexOf(":"));
    return {
      key: node.ref,
      title: node.title,
      detail: isMissing ? "not in the catalog" : `${kind} · ${owner}`,
      state: node.health,
      tone: toneOf(node.health),
      isGroup: false,
      isCritical: false,
      isForeign: isMissing,
      isMiddle: node.distance === 0,
      shares: [],
      progress: undefined,
      spoken: `${node.title}, ${kind}: ${stateWord(node.health)}, ${owner}`,
    };
  });
  return {
    structure: graph.structure,
    shape: shapeOf(graph.nodes, graph, before),
    nodes,
    critical: new Set(),
    start: 0,
  };
}
