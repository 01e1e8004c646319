import type { Schemas } from "../api";

/** Why the scheduler does not hand a task out, in a sentence. */
export function waitText(wait: Schemas["WaitReason"]): string {
  switch (wait.reason) {
    case "undeclared":
      return "no worker has said what it needs";
    case "running":
      return "it runs";
    case "done":
      return "the scheduler has it as done";
    case "failed":
      return wait.retry_at ? `it failed, and is tried again by itself at ${clock(wait.retry_at)}` : "it failed";
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

function clock(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

function shortTask(id: string): string {
  return id.split("_")[0] ?? id;
}
