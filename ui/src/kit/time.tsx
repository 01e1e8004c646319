/** Moments and durations. A moment is said by how long ago it was; hovering or focusing it says exactly when, here and in UTC. */

import { useSyncExternalStore } from "react";

const SECOND = 1;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** One for all who look at it: a page of a thousand moments has one timer. */
class Clock {
  now = Date.now();
  private timer: number | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly tickMs: number) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    // Nobody looked at it: it stood still.
    if (this.timer === undefined) this.now = Date.now();
    this.timer ??= window.setInterval(() => {
      this.now = Date.now();
      for (const one of this.listeners) one();
    }, this.tickMs);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      window.clearInterval(this.timer);
      this.timer = undefined;
    };
  };
}

const TICK_MS = 5_000;
const clock = new Clock(TICK_MS);
const secondHand = new Clock(1_000);

function useNow(): number {
  return useSyncExternalStore(clock.subscribe, () => clock.now);
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
/** For paper, on which nothing hovers and no time passes. */
const printed = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const dated = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

/** `4 min ago`; a date once that says more. */
export function ago(at: string, from: number = Date.now()): string {
  const seconds = Math.round((from - Date.parse(at)) / 1000);
  const unit = (count: number, word: string) => (seconds < 0 ? `in ${count} ${word}` : `${count} ${word} ago`);
  const size = Math.abs(seconds);
  // The clocks of server and viewer are never quite the same.
  if (size < 5 * SECOND) return "just now";
  if (size < MINUTE) return unit(size, "s");
  if (size < HOUR) return unit(Math.round(size / MINUTE), "min");
  if (size < DAY) return unit(Math.round(size / HOUR), "h");
  if (size < 30 * DAY) return unit(Math.round(size / DAY), Math.round(size / DAY) === 1 ? "day" : "days");
  return dated.format(new Date(at));
}

const atRest = () => () => {};

export function TimeAgo({ at }: { at: string }) {
  const current = useNow();
  const moment = new Date(at);
  return (
    <time
      dateTime={at}
      data-printed={printed.format(moment)}
      title={`${exact.format(moment)}\n${at.replace("T", " ").slice(0, 19)} UTC`}
      className="time"
    >
      {ago(at, Math.max(current, Date.now() - TICK_MS))}
    </time>
  );
}

/** `1 h 12 min`, `3.2 s`, `28 ms`: two figures that matter. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.0005) return "0 ms";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < MINUTE) return `${Math.round(seconds)} s`;
  const [large, small, words] =
    seconds < HOUR
      ? [MINUTE, SECOND, ["min", "s"]]
      : seconds < DAY
        ? [HOUR, MINUTE, ["h", "min"]]
        : [DAY, HOUR, ["d", "h"]];
  const whole = Math.floor(seconds / large);
  const rest = Math.floor((seconds % large) / small);
  return rest ? `${whole} ${words[0]} ${rest} ${words[1]}` : `${whole} ${words[0]}`;
}

/** Of what goes on whole seconds are enough. */
function soFar(seconds: number): string {
  return seconds < MINUTE ? `${Math.floor(seconds)} s` : formatSeconds(Math.floor(seconds));
}

export function secondsBetween(started: string, ended: string): number {
  return Math.max(0, (Date.parse(ended) - Date.parse(started)) / 1000);
}

/** Of signs of life that come each second the time between two says nothing. */
const JUST_NOW_MS = 2_000;

/** How long ago a sign of life was: `silentMs` before the answer, which came at `answered`. It counts on from second to second. */
export function HeardAgo({ silentMs, answered }: { silentMs: number; answered: number }) {
  // A text, not the time: what says the same is not drawn again.
  const text = useSyncExternalStore(secondHand.subscribe, () => {
    const ms = silentMs + Math.max(0, secondHand.now - answered);
    return ms < JUST_NOW_MS ? "just now" : `${soFar(ms / 1000)} ago`;
  });
  return <span className="time">{text}</span>;
}

/** How long something took, or takes so far. */
export function Duration({ started, ended }: { started: string; ended?: string | null | undefined }) {
  const current = useSyncExternalStore(ended ? atRest : secondHand.subscribe, () => (ended ? 0 : secondHand.now));
  const seconds = ended ? secondsBetween(started, ended) : Math.max(0, (current - Date.parse(started)) / 1000);
  return <span className="time">{ended ? formatSeconds(seconds) : soFar(seconds)}</span>;
}
