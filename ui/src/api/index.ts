/** What pages need of the server. */

export { ApiFailure, type Schemas } from "./client";
export { type Connection, follow, useConnection } from "./live";
export { type Silence, silenceOf } from "./pulse";
export {
  commands,
  type EntityFilter,
  type EntryFilter,
  PAGE_ITEMS_MAX,
  type PipelineFilter,
  queries,
  type RunFilter,
  type TeamFilter,
} from "./queries";
export { formatRef, parseRef, paths, type RefParts, shortRef } from "./refs";
export { failureOf, itemRows, useEntityRows, useEntryRows, usePipelineRows, useRunRows, useTeamRows } from "./rows";
