/** Who tried what when: a lane for each worker or family, time from left to right. Shares selection and colours with the graph. */

import { useEffect, useMemo, useRef, useState } from "react";
import type { Schemas } from "../api";
import { Choice, EmptyState, formatSeconds, stateWord } from "../kit";
import css from "./graph.module.css";
import { type Palette, readPalette, watchScheme } from "./palette";
import { type Bar, barAt, type GroupBy, type Lanes, lanesOf, paintTimeline, type Window } from "./timeline-painter";

interface Props {
  timeline: Schemas["Timeline"];
  /** The id of the selected task. */
  selected: string | undefined;
  onSelect: (task: string | undefined) => void;
  onOpen: (task: string) => void;
}

/** A run that goes on grows by itself, so often. */
const GROW_MS = 1_000;
const ZOOM_STEP = 0.0016;
/** LIMIT: the shortest span that fills the canvas. */
const SPAN_MS_MIN = 5;
const HEIGHT_MAX = 520;

const LANES = [
  { value: "family", label: "Family" },
  { value: "worker", label: "Worker" },
] satisfies { value: GroupBy; label: string }[];

export function RunTimeline({ timeline, selected, onSelect, onOpen }: Props) {
  const [by, setBy] = useState<GroupBy>("family");
  const [hovered, setHovered] = useState<Bar | undefined>(undefined);
  const now = useRunNow(timeline);
  const told = useMemo(() => lanesOf(timeline, by, now), [timeline, by, now]);
  if (timeline.bars.length === 0) {
    return <EmptyState title="Nothing was tried">Tasks that were complete already need no try.</EmptyState>;
  }
  const bar = hovered ?? find(told, selected);
  return (
    <div className={css.frame}>
      <div className={css.tools}>
        <p className={css.tip}>
          {bar
            ? barText(bar)
            : `${timeline.bars.length.toLocaleString()} ${timeline.bars.length === 1 ? "try" : "tries"}`}
        </p>
        <span className={css.last}>
          <Choice label="A lane for each" options={LANES} value={by} onChange={(next) => setBy(next as GroupBy)} />
        </span>
      </div>
      <LanesCanvas
        told={told}
        selected={selected}
        hovered={hovered}
        onHover={setHovered}
        onSelect={onSelect}
        onOpen={onOpen}
      />
      {timeline.total > timeline.bars.length && (
        <p className={css.note}>
          The first {timeline.bars.length.toLocaleString()} of {timeline.total.toLocaleString()} tries
        </p>
      )}
    </div>
  );
}

/** Milliseconds since the run began, while it goes on. */
function useRunNow(timeline: Schemas["Timeline"]): number {
  const since = () => Math.max(0, Date.now() - Date.parse(timeline.origin));
  const [now, setNow] = useState(since);
  const goesOn = timeline.ended_ms === undefined || timeline.ended_ms === null;
  const origin = timeline.origin;
  useEffect(() => {
    if (!goesOn) return;
    const timer = window.setInterval(() => setNow(Math.max(0, Date.now() - Date.parse(origin))), GROW_MS);
    return () => window.clearInterval(timer);
  }, [goesOn, origin]);
  return goesOn ? now : (timeline.ended_ms ?? 0);
}

function find(told: Lanes, task: string | undefined): Bar | undefined {
  if (task === undefined) return undefined;
  // The last try is what a task came to.
  return told.lanes.flatMap((lane) => lane.rows.flat()).findLast((bar) => bar.task === task);
}

function barText(bar: Bar): string {
  const took = `${formatSeconds((bar.end - bar.start) / 1000)}${bar.isOpen ? " so far" : ""}`;
  const critical = bar.isCritical ? " · on the critical path" : "";
  return `${bar.task}: ${stateWord(bar.outcome)} · ${took} · from +${formatSeconds(bar.start / 1000)}${critical}`;
}

interface CanvasProps {
  told: Lanes;
  selected: string | undefined;
  hovered: Bar | undefined;
  onHover: (bar: Bar | undefined) => void;
  onSelect: (task: string | undefined) => void;
  onOpen: (task: string) => void;
}

function LanesCanvas({ told, selected, hovered, onHover, onSelect, onOpen }: CanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const palette = useRef<Palette | undefined>(undefined);
  /** What is seen of the run; not set: all of it. */
  const [zoom, setZoom] = useState<{ from: number; to: number } | undefined>(undefined);
  const latest = useRef({ told, zoom });
  latest.current = { told, zoom };
  const drag = useRef<{ x: number; moved: number } | undefined>(undefined);
  const height = Math.min(HEIGHT_MAX, told.height + 4);

  const windowOf = (): Window => ({
    from: latest.current.zoom?.from ?? 0,
    to: latest.current.zoom?.to ?? latest.current.told.span * 1.01,
    width: canvas.current?.clientWidth ?? 1,
    height,
    top: box.current?.scrollTop ?? 0,
  });

  // After every render, and whenever something outside of React moves.
  const paint = useRef<() => void>(() => undefined);
  paint.current = () => {
    const element = canvas.current;
    const context = element?.getContext("2d", { alpha: false });
    if (!element || !context || element.clientWidth === 0) return;
    palette.current ??= readPalette(element);
    const ratio = window.devicePixelRatio || 1;
    const size = { width: Math.round(element.clientWidth * ratio), height: Math.round(height * ratio) };
    if (element.width !== size.width) element.width = size.width;
    if (element.height !== size.height) element.height = size.height;
    paintTimeline(context, told, windowOf(), { selected, hovered }, palette.current, ratio);
  };
  useEffect(() => paint.current());
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const observer = new ResizeObserver(() => paint.current());
    observer.observe(element);
    const end = watchScheme(() => {
      palette.current = undefined;
      paint.current();
    });
    return () => {
      observer.disconnect();
      end();
    };
  }, []);

  const zoomAt = (x: number, factor: number) => {
    const { from, to, width } = windowOf();
    const at = from + (x / width) * (to - from);
    const span = Math.max(SPAN_MS_MIN, Math.min(told.span * 1.01, (to - from) / factor));
    const left = Math.max(0, at - (x / width) * span);
    setZoom(span >= told.span ? undefined : { from: left, to: left + span });
  };
  const panBy = (px: number) => {
    const { from, to, width } = windowOf();
    const span = to - from;
    const left = Math.max(0, Math.min(told.span * 1.01 - span, from + (px / width) * span));
    if (zoom) setZoom({ from: left, to: left + span });
  };
  const zoomLatest = useRef(zoomAt);
  zoomLatest.current = zoomAt;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
      // Lanes scroll by the wheel; with Ctrl, or by a pinch, time is stretched.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoomLatest.current(event.offsetX, Math.exp(-event.deltaY * ZOOM_STEP * 4));
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, []);

  const key = (name: string): boolean => {
    const middle = windowOf().width / 2;
    if (name === "+" || name === "=") zoomAt(middle, 1.5);
    else if (name === "-") zoomAt(middle, 1 / 1.5);
    else if (name === "0") setZoom(undefined);
    else if (name === "ArrowLeft" || name === "ArrowRight") panBy(name === "ArrowLeft" ? -80 : 80);
    else if (name === "Enter" && selected !== undefined) onOpen(selected);
    else if (name === "Escape") onSelect(undefined);
    else return false;
    return true;
  };
  return (
    <div className={css.lanes} ref={box} onScroll={() => paint.current()}>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it takes keys of its own, which is what the role says */}
      <canvas
        ref={canvas}
        style={{ height }}
        tabIndex={0}
        role="application"
        aria-label="Time line of tries. Plus and minus stretch time, arrows move along it. The table of tasks says the same."
        onKeyDown={(event) => {
          if (!event.metaKey && !event.ctrlKey && !event.altKey && key(event.key)) event.preventDefault();
        }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { x: event.nativeEvent.offsetX, moved: 0 };
        }}
        onPointerMove={(event) => {
          const { offsetX: x, offsetY: y } = event.nativeEvent;
          if (!drag.current) {
            onHover(barAt(told, windowOf(), x, y));
            return;
          }
          drag.current.moved += Math.abs(x - drag.current.x);
          panBy(drag.current.x - x);
          drag.current.x = x;
        }}
        onPointerUp={(event) => {
          const { offsetX: x, offsetY: y } = event.nativeEvent;
          if ((drag.current?.moved ?? 0) < 4) onSelect(barAt(told, windowOf(), x, y)?.task);
          drag.current = undefined;
        }}
        onPointerLeave={() => onHover(undefined)}
        onDoubleClick={(event) => {
          const bar = barAt(told, windowOf(), event.nativeEvent.offsetX, event.nativeEvent.offsetY);
          if (bar) onOpen(bar.task);
        }}
      />
      {/* As high as all lanes: it makes the box scroll while the canvas stays. */}
      <div style={{ height: Math.max(0, told.height - height) }} />
    </div>
  );
}
