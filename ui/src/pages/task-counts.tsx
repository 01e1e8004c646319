import type { Schemas } from "../api";
import css from "./task-counts.module.css";

const parts = [
  ["done", "done"],
  ["running", "running"],
  ["failed", "failed"],
  ["disabled", "disabled"],
  ["pending", "pending"],
  ["unknown", "unknown"],
] as const;

/** How far it is: a bar, and the same in words. */
export function TaskCounts({ counts }: { counts: Schemas["TaskCounts"] }) {
  const total = parts.reduce((sum, [name]) => sum + counts[name], 0);
  const there = parts.filter(([name]) => counts[name] > 0);
  return (
    <>
      <span>
        {counts.done.toLocaleString()} of {total.toLocaleString()} done
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
