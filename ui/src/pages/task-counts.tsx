import type { Schemas } from "../api";
import { percentText } from "../kit";
import css from "./task-counts.module.css";

const parts = [
  ["done", "done"],
  ["running", "running"],
  ["failed", "failed"],
  ["disabled", "disabled"],
  ["pending", "pending"],
  ["unknown", "unknown"],
] as const;

const total = (counts: Schemas["TaskCounts"]) => parts.reduce((sum, [name]) => sum + counts[name], 0);

/** How much of it is done. */
export function Percent({ of }: { of: Schemas["TaskCounts"] }) {
  const all = total(of);
  return all > 0 && <span className={css.percent}>{percentText((of.done / all) * 100)} done</span>;
}

/** How far it is: a bar, and the same in words. */
export function TaskCounts({ counts }: { counts: Schemas["TaskCounts"] }) {
  const there = parts.filter(([name]) => counts[name] > 0);
  return (
    <>
      <span>
        {counts.done.toLocaleString()} of {total(counts).toLocaleString()} done
      </span>
      <span className={css.bar} aria-hidden="true">
        {there.map(([name]) => (
          <span key={name} data-part={name} style={{ flexGrow: counts[name] }} />
        ))}
      </span>
      <span className={css.words}>
        {there
          .filter(([name]) => name !== "done")
          .map(([name, word]) => `${counts[name].toLocaleString()} ${word}`)
          .join(", ")}
      </span>
    </>
  );
}
