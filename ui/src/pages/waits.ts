import type { Schemas } from "../api";
import { toast } from "../kit";

/** Why the scheduler does not hand a task out, in a sentence. */
export function waitText(wait: Schemas["WaitReason"]): string {
  switch (wait.reason) {
    case "undeclared":
      return "no worker has said what it needs";
    case "running":
      return "it runs";
    case "done":
      return "the scheduler has it as done";
    case "unplanned":
      return "its worker could not say what it needs: requires() or complete() raised an error";
    case "failed":
      if (!wait.worker_here) return "it failed, and no worker that could try it again is here";
      return wait.retry_at
        ? `it failed, and may be tried again from ${clock(wait.retry_at)} on, if a worker is here then`
        : "it failed, and is not tried again by itself";
    case "disabled":
      return wait.by_scheduler ? "it failed too often and was disabled" : "it was disabled by hand";
    case "dependencies": {
      const names = wait.open.slice(0, 3).map(({ id }) => shortTask(id));
      const more = wait.count > names.length ? ` and ${wait.count - names.length} more` : "";
      return `it waits for ${names.join(", ")}${more}`;
    }
    case "no_worker":
      return "no worker that could run it is here";
    case "not_runnable":
      return "no worker makes it: its output has to come from outside";
    case "resource":
      return `it wants ${wait.wants} of the resource ${wait.name}, of which ${wait.used} of ${wait.total} are in use`;
    case "paused":
      return "the scheduler is paused";
    case "ready":
      return "it is next: a worker will ask for it";
  }
}

/** What comes of a task that was forgiven. */
export function tellForgiven({ waits }: Schemas["TaskStatus"]): void {
  const isAlone = waits?.some(({ reason }) => reason === "no_worker");
  toast(
    isAlone
      ? "It is pending, but no worker that could run it is here: start its pipeline again"
      : "It is tried again as soon as a worker asks for work",
  );
}

function clock(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

function shortTask(id: string): string {
  return id.split("_")[0] ?? id;
}
