import type { Schemas } from "../api";
import { type SparklineBar, secondsBetween } from "../kit";

/** A run as a bar among others. */
export function runBar(run: Schemas["RecentRunView"] | Schemas["RunSummary"]): SparklineBar {
  const took =
    "duration_s" in run ? run.duration_s : "ended" in run && run.ended && secondsBetween(run.started, run.ended);
  return {
    seconds: took || 0,
    outcome: run.outcome === "succeeded" ? "ok" : run.outcome === "running" ? "busy" : "bad",
  };
}
