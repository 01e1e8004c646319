/**
 * When a worker counts as silent. Luigi's workers ping by a clock of their own, each second if nothing else is set, whatever
 * they are at; so one whose pings stay away is silent, and more than that nobody can say yet: it may be gone, or hold
 * its interpreter. The server decides later that it is lost.
 *
 * Signs of life are not in the ledger, so no event tells of them: whoever shows them asks again and again, and asks at the
 * moment at which a ping that is overdue has been missed.
 */

import type { Schemas } from "./client";

type Heard = Schemas["Heard"];

/** A ping that is this late is missed: with the time that the question takes, that is shown before the second one is due. */
const SILENT_PINGS = 1.5;
/** A worker that is to ping more often is not silent that soon: machines have hiccups. */
const SILENT_MS_MIN = 1_500;
/** From here on silence is no hiccup any more. */
const UNHEARD_MS_MIN = 15_000;
const UNHEARD_PINGS = 5;
/** How often to ask while all is well, and at most. A question that would come just too early waits until it is time. */
const LOOK_MS = 1_000;
const LOOK_MS_MAX = 1_250;
const LOOK_MS_MIN = 50;
/** What is asked just at the moment would be told that it is not yet time. */
const LATE_MS = 15;

function silentAfterMs({ ping_ms }: Heard): number {
  return Math.max(SILENT_MS_MIN, ping_ms * SILENT_PINGS);
}

export type Silence = "heard" | "silent" | "unheard";

export function silenceOf(heard: Heard): Silence {
  if (heard.silent_ms >= Math.max(UNHEARD_MS_MIN, heard.ping_ms * UNHEARD_PINGS)) return "unheard";
  return heard.silent_ms >= silentAfterMs(heard) ? "silent" : "heard";
}

/** When to ask again about workers. */
export function nextLookMs(workers: Iterable<Heard>): number {
  let soonest = Number.POSITIVE_INFINITY;
  for (const heard of workers) {
    const left = silentAfterMs(heard) - heard.silent_ms;
    if (left > 0) soonest = Math.min(soonest, left + LATE_MS);
  }
  const next = soonest <= LOOK_MS_MAX ? soonest : LOOK_MS;
  return Math.max(LOOK_MS_MIN, next);
}
