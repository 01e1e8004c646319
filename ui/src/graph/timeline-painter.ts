/** Lays tries out in lanes over time, and paints them. */

import type { Schemas } from "../api";
import type { Palette } from "./palette";
import { shortFamily, type Tone, toneOf } from "./scene";

export type GroupBy = "worker" | "family";

export interface Bar {
  task: string;
  title: string;
  start: number;
  end: number;
  tone: Tone;
  outcome: string;
  isCritical: boolean;
  isOpen: boolean;
}

export interface Lane {
  name: string;
  /** Rows of the lane: tries at the same time are below each other. Each in order of time. */
  rows: Bar[][];
  top: number;
}

export interface Lanes {
  lanes: Lane[];
  height: number;
  /** Of the whole run, in milliseconds. */
  span: number;
}

export const ROW_PX = 16;
const LANE_HEAD_PX = 20;
const LANE_GAP_PX = 6;
export const AXIS_PX = 26;
/** LIMIT: rows of one lane; more at the same time are painted over each other in the last one. */
const ROWS_MAX = 40;

/** `now` is the moment that counts for tries that still run, in milliseconds since the run began. */
export function lanesOf(timeline: Schemas["Timeline"], by: GroupBy, now: number): Lanes {
  const names = by === "family" ? timeline.families : timeline.workers;
  const groups = new Map<number, Bar[]>();
  // After the last try an ended run only waited for its worker to fall silent: nothing of it is to be seen.
  const goesOn = timeline.ended_ms === undefined || timeline.ended_ms === null;
  let span = goesOn ? Math.max(1, now) : 1;
  for (const bar of timeline.bars) {
    const group = (by === "family" ? bar.family : bar.worker) ?? -1;
    const end = Math.max(bar.started_ms, bar.ended_ms ?? now);
    span = Math.max(span, end);
    const told: Bar = {
      task: bar.task,
      title: shortFamily(timeline.families[bar.family] ?? bar.task),
      start: bar.started_ms,
      end,
      tone: toneOf(bar.outcome),
      outcome: bar.outcome,
      isCritical: bar.critical ?? false,
      isOpen: bar.ended_ms === undefined || bar.ended_ms === null,
    };
    const there = groups.get(group);
    if (there) there.push(told);
    else groups.set(group, [told]);
  }
  let top = AXIS_PX;
  // In the order in which they began: tries come sorted by that.
  const lanes = [...groups].map(([group, bars]) => {
    const rows = rowsOf(bars);
    const lane = { name: by === "family" ? shortFamily(names[group] ?? "") : (names[group] ?? "nobody"), rows, top };
    top += LANE_HEAD_PX + rows.length * ROW_PX + LANE_GAP_PX;
    return lane;
  });
  return { lanes, height: top, span };
}

function rowsOf(bars: Bar[]): Bar[][] {
  const rows: Bar[][] = [];
  const ends: number[] = [];
  for (const bar of bars) {
    let at = ends.findIndex((end) => end <= bar.start);
    if (at < 0) at = Math.min(rows.length, ROWS_MAX - 1);
    const row = rows[at];
    if (row) row.push(bar);
    else rows[at] = [bar];
    ends[at] = Math.max(ends[at] ?? 0, bar.end);
  }
  return rows;
}

/** The part of a run that is seen. */
export interface Window {
  from: number;
  to: number;
  width: number;
  /** How far the lanes are scrolled. */
  top: number;
  height: number;
}

export function paintTimeline(
  c: CanvasRenderingContext2D,
  told: Lanes,
  seen: Window,
  look: { selected: string | undefined; hovered: Bar | undefined },
  palette: Palette,
  ratio: number,
): void {
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.fillStyle = palette.card;
  c.fillRect(0, 0, seen.width, seen.height);
  const perMs = seen.width / Math.max(1e-6, seen.to - seen.from);
  const xOf = (at: number) => (at - seen.from) * perMs;
  const ticks = ticksOf(seen);
  c.font = `11px ${palette.font}`;
  c.textBaseline = "middle";
  c.strokeStyle = palette.line;
  c.globalAlpha = 0.5;
  c.lineWidth = 1;
  c.beginPath();
  for (const tick of ticks) {
    const x = Math.round(xOf(tick.at)) + 0.5;
    c.moveTo(x, AXIS_PX);
    c.lineTo(x, seen.height);
  }
  c.stroke();
  c.globalAlpha = 1;
  for (const lane of told.lanes) {
    const top = lane.top - seen.top;
    if (top > seen.height || top + LANE_HEAD_PX + lane.rows.length * ROW_PX < AXIS_PX) continue;
    for (const [at, row] of lane.rows.entries()) {
      const y = top + LANE_HEAD_PX + at * ROW_PX;
      if (y > seen.height || y + ROW_PX < AXIS_PX) continue;
      paintRow(c, row, y, seen, xOf, look, palette);
    }
    c.fillStyle = palette.ink;
    c.font = `600 11px ${palette.font}`;
    c.fillText(lane.name, 8, top + LANE_HEAD_PX / 2 + 2);
  }
  // The axis stays while lanes scroll below it.
  c.fillStyle = palette.card;
  c.fillRect(0, 0, seen.width, AXIS_PX);
  c.fillStyle = palette.dim;
  c.font = `11px ${palette.font}`;
  for (const tick of ticks) c.fillText(tick.text, xOf(tick.at) + 4, AXIS_PX / 2);
  c.fillStyle = palette.line;
  c.fillRect(0, AXIS_PX - 1, seen.width, 1);
}

function paintRow(
  c: CanvasRenderingContext2D,
  row: Bar[],
  y: number,
  seen: Window,
  xOf: (at: number) => number,
  look: { selected: string | undefined; hovered: Bar | undefined },
  palette: Palette,
): void {
  // The first that may still be seen; bars of a row follow each other.
  let first = 0;
  for (let step = row.length >> 1; step > 0; step >>= 1) {
    while (first + step < row.length && (row[first + step - 1]?.end ?? 0) < seen.from) first += step;
  }
  let painted = Number.NEGATIVE_INFINITY;
  for (let at = first; at < row.length; at += 1) {
    const bar = row[at];
    if (!bar || bar.start > seen.to) break;
    if (bar.end < seen.from) continue;
    const left = xOf(bar.start);
    const width = Math.max(1.5, xOf(bar.end) - left - 0.5);
    const isPointedAt = bar.task === look.selected || bar === look.hovered;
    // Where a pixel has hundreds of tries one of them shows all that can be seen; what is not well is not skipped.
    if (left + width < painted + 0.75 && !isPointedAt && (bar.tone === "ok" || bar.tone === "idle")) continue;
    painted = left + width;
    c.fillStyle = palette.tones[bar.tone];
    c.globalAlpha = bar.tone === "ok" || bar.tone === "idle" ? 0.7 : 1;
    c.fillRect(left, y + 2, width, ROW_PX - 4);
    c.globalAlpha = 1;
    if (bar.isCritical) {
      c.fillStyle = palette.ink;
      c.fillRect(left, y + ROW_PX - 2, width, 2);
    }
    if (isPointedAt) {
      c.strokeStyle = bar.task === look.selected ? palette.accent : palette.ink;
      c.lineWidth = 2;
      c.strokeRect(left - 1, y + 1, width + 2, ROW_PX - 2);
    }
    if (width > 44) {
      c.fillStyle = palette.ground;
      c.font = `10.5px ${palette.font}`;
      const letters = Math.floor((width - 8) / 6.2);
      c.fillText(
        bar.title.length > letters ? `${bar.title.slice(0, letters - 1)}…` : bar.title,
        left + 4,
        y + ROW_PX / 2 + 0.5,
      );
    }
  }
}

/** What is at a point of the canvas. */
export function barAt(told: Lanes, seen: Window, x: number, y: number): Bar | undefined {
  const at = seen.from + (x / seen.width) * (seen.to - seen.from);
  const reach = (2 / seen.width) * (seen.to - seen.from);
  const down = y + seen.top;
  if (y < AXIS_PX) return undefined;
  const lane = told.lanes.findLast((one) => one.top <= down);
  const row = lane?.rows[Math.floor((down - lane.top - LANE_HEAD_PX) / ROW_PX)];
  return row?.find((bar) => bar.start - reach <= at && bar.end + reach >= at);
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 144e5,
  432e5, 864e5,
];

function ticksOf(seen: Window): { at: number; text: string }[] {
  const wanted = ((seen.to - seen.from) / Math.max(1, seen.width)) * 90;
  const step = STEPS_MS.find((one) => one >= wanted) ?? Math.ceil(wanted / 864e5) * 864e5;
  const ticks: { at: number; text: string }[] = [];
  for (let at = Math.ceil(seen.from / step) * step; at <= seen.to; at += step)
    ticks.push({ at, text: momentText(at, step) });
  return ticks;
}

/** Since the run began: `+1:05`, `+250 ms`, `+2 h`. */
function momentText(at: number, step: number): string {
  if (at === 0) return "start";
  if (step < 1000) return at < 1000 ? `+${Math.round(at)} ms` : `+${(at / 1000).toFixed(step < 100 ? 2 : 1)} s`;
  const seconds = Math.round(at / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const two = (number: number) => String(number).padStart(2, "0");
  if (hours > 0) return `+${hours}:${two(minutes)}:${two(seconds % 60)}`;
  return seconds < 60 ? `+${seconds} s` : `+${minutes}:${two(seconds % 60)}`;
}
