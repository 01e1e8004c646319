/** States: always an icon and a word, and a colour besides. */

import css from "./badge.module.css";
import { Icon, type IconName } from "./icons";

type Tone = "ok" | "bad" | "warn" | "busy" | "idle";

/** Every state that the API names, of tasks, attempts, runs, causes and components. */
const states: Record<string, [tone: Tone, icon: IconName, word: string]> = {
  // Tasks, in Luigi's words.
  PENDING: ["idle", "clock", "Pending"],
  RUNNING: ["busy", "bolt", "Running"],
  BATCH_RUNNING: ["busy", "bolt", "Running in a batch"],
  DONE: ["ok", "check", "Done"],
  FAILED: ["bad", "cross", "Failed"],
  DISABLED: ["warn", "ban", "Disabled"],
  UNKNOWN: ["idle", "question", "Unknown"],
  // Attempts.
  done: ["ok", "check", "Done"],
  disabled: ["warn", "ban", "Disabled"],
  yielded: ["idle", "clock", "Yielded"],
  already_complete: ["ok", "skip", "Already complete"],
  // Runs.
  running: ["busy", "bolt", "Running"],
  succeeded: ["ok", "check", "Succeeded"],
  failed: ["bad", "cross", "Failed"],
  incomplete: ["warn", "warning", "Incomplete"],
  lost: ["warn", "question", "Lost"],
  cancelling: ["warn", "ban", "Cancelling"],
  // Causes.
  unplanned: ["bad", "cross", "Not planned"],
  missing: ["warn", "question", "Missing"],
  waiting: ["idle", "clock", "Waiting"],
  // Components.
  failing: ["bad", "cross", "Failing"],
  at_risk: ["warn", "warning", "At risk"],
  healthy: ["ok", "check", "Healthy"],
  unknown: ["idle", "question", "No runs known"],
  well: ["ok", "check", "Nothing fails"],
  discovered: ["idle", "search", "Discovered"],
  declared: ["idle", "file", "Declared"],
  // Workers and the scheduler.
  working: ["busy", "bolt", "At work"],
  idle: ["idle", "clock", "Idle"],
  silent: ["warn", "question", "Silent"],
  silent_idle: ["idle", "question", "Silent"],
  unheard: ["warn", "question", "Not heard of"],
  unheard_idle: ["idle", "question", "Not heard of"],
  running_silent: ["warn", "question", "Worker silent"],
  phasing_out: ["warn", "ban", "Phasing out"],
  paused: ["warn", "pause", "Paused"],
  // What was checked in the browser.
  proven: ["ok", "check", "Proven"],
  refuted: ["bad", "cross", "Refuted"],
  unchecked: ["warn", "question", "Unchecked"],
};

interface BadgeProps {
  state: string;
  bare?: boolean;
  /** How far what goes on is. */
  percent?: number | null | undefined;
}

export function StateBadge({ state, bare, percent }: BadgeProps) {
  const [tone, icon, word] = states[state] ?? (["idle", "question", state] as const);
  return (
    <span className={css.badge} data-tone={tone} data-bare={bare || undefined}>
      <Icon name={icon} size={13} />
      {word}
      {typeof percent === "number" && <span className={css.percent}>{percentText(percent)}</span>}
    </span>
  );
}

/** `42 %`; never 100 % of what is not done. */
export function percentText(percent: number | null | undefined): string | undefined {
  return typeof percent === "number" ? `${Math.floor(percent)} %` : undefined;
}

/** How bad a state is, for sorting: what needs somebody first. */
export function stateRank(state: string): number {
  const order: Tone[] = ["bad", "warn", "busy", "idle", "ok"];
  return order.indexOf(states[state]?.[0] ?? "idle");
}

export function stateWord(state: string): string {
  return states[state]?.[2] ?? state;
}

/** A fixed property, like a tag or a type. */
export function Tag({ children }: { children: React.ReactNode }) {
  return <span className={css.tag}>{children}</span>;
}
