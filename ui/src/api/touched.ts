/** Which answers an entry of the ledger makes stale. */

import type { QueryKey } from "@tanstack/react-query";
import type { Schemas } from "./client";

/** What an entry of the ledger makes stale, by the first members of a query's key. */
export function touched(event: Schemas["EventData"]): QueryKey[] {
  const always: QueryKey[] = [["status"], ["ledger"]];
  const subject = event.kind.split(".")[0];
  switch (subject) {
    case "entity":
    case "manifest":
    case "pipeline":
      return [...always, ["catalog"], ["owners"], ["runs"], ["whole"]];
    case "run":
      return [...always, ["runs"], ["run"], ["catalog"], ["owners"], ["workers"]];
    case "task":
    case "tasks":
      // A task of one run is what another waits for, so every run that is looked at may have changed.
      return [...always, ["run"], ["task"], ["workers"], ["resources"]];
    case "worker":
    case "workers":
      return [...always, ["workers"], ["run"], ["runs"], ["task"]];
    case "resources":
      return [...always, ["resources"], ["task"]];
    case "principal":
    case "session":
    case "sessions":
    case "token":
    case "tokens":
    case "policies":
      return [...always, ["access"]];
    case "access":
    case "ledger":
    case "evidence":
      return always;
    case "scheduler":
      return [...always, ["task"], ["run"]];
    // The report that follows tells which task it was.
    case "planning":
    case "batcher":
    case "message":
    case "messages":
    case "answer":
    // Comes with whatever brings a new name, which is told of too.
    case "names":
      return always;
    case "history":
      return [...always, ["runs"], ["run"], ["task"]];
    default:
      // A kind that this version does not know could be about anything.
      return [[]];
  }
}
