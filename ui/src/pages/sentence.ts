import type { Schemas } from "../api";

/** Luigi's own name of a worker says all that is known of it: too much for a sentence. */
const WORKER = /\bWorker\(([^()]*)\)/g;

function shortWorker(told: string): string {
  const parts = new Map(told.split(/,\s*/).map((part) => part.split("=") as [string, string]));
  const [user, host, pid] = ["username", "host", "pid"].map((name) => parts.get(name));
  const who = [user, host].filter(Boolean).join("@");
  return [who, pid && `process ${pid}`].filter(Boolean).join(" ") || told;
}

/** What happened, for people: in a release that does not know the kind, the ledger's own words. */
export function sentenceOf({ sentence, kind, subject }: Schemas["EntryView"]): string {
  const told = (sentence ?? "").replace(WORKER, (_, worker: string) => shortWorker(worker));
  return told ? told.charAt(0).toUpperCase() + told.slice(1) : `${kind} ${subject}`;
}
