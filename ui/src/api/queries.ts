/**
 * Every question that pages ask, by name.
 *
 * INVARIANT: the first members of a key say what the answer is about, in the words of `touched.ts`, which says what makes
 * answers stale by them. A question whose key begins otherwise would never be asked again.
 */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { changesKey, followRun, graphKey, tasksKey, timelineKey } from "./changes";
import { answer, client, type Schemas, signOut } from "./client";
import { nextLookMs } from "./pulse";
import { parseRef } from "./refs";
import type { operations } from "./schema";

export type EntityFilter = Omit<NonNullable<operations["listEntities"]["parameters"]["query"]>, "offset" | "limit">;
export type EntryFilter = Omit<
  NonNullable<operations["listEntries"]["parameters"]["query"]>,
  "from" | "limit" | "order"
>;
export type PipelineFilter = Omit<NonNullable<operations["listPipelines"]["parameters"]["query"]>, "offset" | "limit">;
export type TeamFilter = Omit<NonNullable<operations["listTeams"]["parameters"]["query"]>, "offset" | "limit">;
export type RunFilter = Omit<NonNullable<operations["listRuns"]["parameters"]["query"]>, "before" | "limit">;

/** What one page of a long list holds: some screens. */
export const PAGE_ITEMS = 100;
/** The most that the server gives at once; for those who want everything. */
export const PAGE_ITEMS_MAX = 1000;
const RUNS_PAGE = 60;
const RUNS_PAGES_WATCHED = 2;
/** How far tasks are is not in the ledger, so no event tells of it. */
const SAYINGS_MS = 1_000;

/** A walk through a run's graph takes longer than a look at its worker, so it is not asked for as often. */
const EXPLAIN_MS_MIN = 2_000;

/** When to ask again why something is not done: that those who are at work fell silent no event tells. */
function whenRunnersAreSilent(explanation: Schemas["ExplanationView"] | undefined): number | false {
  const heard = (explanation?.causes ?? []).flatMap(({ runner }) => runner?.heard ?? []);
  return heard.length > 0 && Math.max(EXPLAIN_MS_MIN, nextLookMs(heard));
}

export const queries = {
  status: () =>
    queryOptions({
      queryKey: ["status"],
      queryFn: ({ signal }) => answer(client.GET("/api/v1/status", { signal })),
    }),

  /** Who asks, and where one can sign in. */
  me: () =>
    queryOptions({
      queryKey: ["access", "me"],
      queryFn: ({ signal }) => answer(client.GET("/api/v1/me", { signal })),
    }),

  mySessions: () =>
    queryOptions({
      queryKey: ["access", "sessions"],
      queryFn: ({ signal }) => answer(client.GET("/api/v1/me/sessions", { signal })),
    }),

  myTokens: () =>
    queryOptions({
      queryKey: ["access", "tokens"],
      queryFn: ({ signal }) => answer(client.GET("/api/v1/me/tokens", { signal })),
    }),

  entities: (filter: EntityFilter, offset = 0, limit = PAGE_ITEMS) =>
    queryOptions({
      queryKey: ["catalog", "entities", filter, offset, limit],
      queryFn: ({ signal }) =>
        answer(client.GET("/api/v1/catalog/entities", { params: { query: { ...filter, offset, limit } }, signal })),
    }),

  /** How many there are for each value of each facet, with every other filter applied. */
  facets: (filter: EntityFilter) =>
    queryOptions({
      queryKey: ["catalog", "facets", filter],
      queryFn: async ({ signal }) => {
        const query = { ...filter, facets: true, limit: 1 };
        const page = await answer(client.GET("/api/v1/catalog/entities", { params: { query }, signal }));
        return page.facets ?? [];
      },
    }),

  entity: (ref: string) =>
    queryOptions({
      queryKey: ["catalog", "entity", ref],
      queryFn: ({ signal }) =>
        answer(
          client.GET("/api/v1/catalog/entities/{kind}/{namespace}/{name}", { params: { path: parseRef(ref) }, signal }),
        ),
    }),

  blast: (ref: string) =>
    queryOptions({
      queryKey: ["catalog", "blast", ref],
      queryFn: ({ signal }) =>
        answer(
          client.GET("/api/v1/catalog/entities/{kind}/{namespace}/{name}/blast", {
            params: { path: parseRef(ref) },
            signal,
          }),
        ),
    }),

  dependencies: (ref: string) =>
    queryOptions({
      queryKey: ["catalog", "dependencies", ref],
      queryFn: ({ signal }) =>
        answer(
          client.GET("/api/v1/catalog/entities/{kind}/{namespace}/{name}/dependencies", {
            params: { path: parseRef(ref) },
            signal,
          }),
        ),
    }),

  entityGraph: (ref: string, direction: string, depth: number | undefined) =>
    queryOptions({
      queryKey: ["catalog", "graph", ref, direction, depth],
      queryFn: ({ signal }) => {
        const query = depth === undefined ? { direction } : { direction, depth };
        const path = "/api/v1/catalog/entities/{kind}/{namespace}/{name}/graph";
        return answer(client.GET(path, { params: { path: parseRef(ref), query }, signal }));
      },
    }),

  manifest: (ref: string) =>
    queryOptions({
      queryKey: ["catalog", "manifest", ref],
      queryFn: ({ signal }) =>
        answer(
          client.GET("/api/v1/catalog/entities/{kind}/{namespace}/{name}/manifest", {
            params: { path: parseRef(ref) },
            signal,
          }),
        ),
    }),

  problems: () =>
    queryOptions({
      queryKey: ["catalog", "problems"],
      queryFn: ({ signal }) => answer(client.GET("/api/v1/catalog/problems", { signal })),
    }),

  owners: () =>
    queryOptions({
      queryKey: ["owners"],
      queryFn: ({ signal }) => answer(client.GET("/api/v1/owners", { signal })),
    }),

  teams: (filter: TeamFilter, offset = 0, limit = PAGE_ITEMS) =>
    queryOptions({
      queryKey: ["owners", "teams", filter, offset, limit],
      queryFn: ({ signal }) =>
        answer(client.GET("/api/v1/teams", { params: { query: { ...filter, offset, limit } }, signal })),
    }),

  owner: (owner: string) =>
    queryOptions({
      queryKey: ["owners", owner],
      queryFn: ({ signal }) =>
        answer(
          client.GET("/api/v1/owners/{owner}", {
            params: { path: { owner }, query: { limit: PAGE_ITEMS_MAX } },
            signal,
          }),
        ),
    }),

  pipelines: (filter: PipelineFilter, offset = 0, limit = PAGE_ITEMS) =>
    queryOptions({
      queryKey: ["runs", "pipelines", filter, offset, limit],
      queryFn: ({ signal }) =>
        answer(client.GET("/api/v1/pipelines", { params: { query: { ...filter, offset, limit } }, signal })),
    }),

  comparison: (id: number, other: number) =>
    queryOptions({
      queryKey: ["run", id, "comparison", other],
      queryFn: ({ signal }) =>
        answer(client.GET("/api/v1/runs/{id}/compare/{other}", { params: { path: { id, other } }, signal })),
    }),

  runs: (filter: RunFilter, limit = RUNS_PAGE) =>
    infiniteQueryOptions({
      queryKey: ["runs", filter, limit],
      queryFn: ({ signal, pageParam }) =>
        answer(
          client.GET("/api/v1/runs", {
            params: { query: { ...filter, limit, before: pageParam ?? undefined } },
            signal,
          }),
        ),
      initialPageParam: null as number | null,
      getNextPageParam: (last) => last.next_before ?? null,
      placeholderData: keepPreviousData,
      refetchInterval: ({ state }) => {
        const pages = state.data?.pages ?? [];
        // LIMIT: who reads on into the past, or asks for very many, is told of silent workers by the next event.
        if (limit > RUNS_PAGE || pages.length > RUNS_PAGES_WATCHED) return false;
        const live = pages.flatMap(({ items }) => items).filter(({ outcome }) => outcome === "running");
        const heard = live.flatMap((run) => run.heard ?? []);
        return heard.length > 0 && nextLookMs(heard);
      },
    }),

  /** How many runs there are; 100,000 stands for that many or more. */
  runsTotal: (filter: RunFilter) =>
    queryOptions({
      queryKey: ["runs", "total", filter],
      queryFn: async ({ signal }) =>
        (await answer(client.GET("/api/v1/runs", { params: { query: { ...filter, limit: 1 } }, signal }))).total,
      placeholderData: keepPreviousData,
    }),

  run: (id: number) =>
    queryOptions({
      queryKey: ["run", id],
      queryFn: ({ signal }) => answer(client.GET("/api/v1/runs/{id}", { params: { path: { id } }, signal })),
    }),

  /** The run as it is, and what is new in it; while it goes on, or its worker is here, it is asked for again and again. */
  runChanges: (id: number) =>
    queryOptions({
      queryKey: changesKey(id),
      queryFn: ({ signal, client: cache }) => followRun(cache, id, signal),
      refetchInterval: ({ state }) => {
        const run = state.data?.run;
        if (!run) return false;
        return run.heard ? nextLookMs([run.heard]) : run.outcome === "running" && SAYINGS_MS;
      },
    }),

  // The wholes of a run: read once, then kept up to date by its changes. They are asked for when these are there.
  runTasks: (id: number) =>
    queryOptions({
      queryKey: tasksKey(id),
      queryFn: async ({ signal }) => {
        const items: Schemas["RunTaskView"][] = [];
        let offset: number | null | undefined = 0;
        while (offset !== null && offset !== undefined) {
          const query = { offset, limit: PAGE_ITEMS_MAX };
          const page: Schemas["RunTaskPage"] = await answer(
            client.GET("/api/v1/runs/{id}/tasks", { params: { path: { id }, query }, signal }),
          );
          items.push(...page.items);
          offset = page.next_offset;
        }
        return items;
      },
    }),

  runGraph: (id: number, expanded: string[]) =>
    queryOptions({
      queryKey: [...graphKey(id), expanded],
      queryFn: ({ signal }) => {
        const query = expanded.length > 0 ? { expand: expanded.join(",") } : {};
        return answer(client.GET("/api/v1/runs/{id}/graph", { params: { path: { id }, query }, signal }));
      },
    }),

  runTimeline: (id: number) =>
    queryOptions({
      queryKey: timelineKey(id),
      queryFn: ({ signal }) => answer(client.GET("/api/v1/runs/{id}/timeline", { params: { path: { id } }, signal })),
    }),

  runExplanation: (id: number) =>
    queryOptions({
      queryKey: ["run", id, "explain"],
      queryFn: ({ signal }) => answer(client.GET("/api/v1/runs/{id}/explain", { params: { path: { id } }, signal })),
      refetchInterval: ({ state }) => whenRunnersAreSilent(state.data),
    }),

  taskExplanation: (id: string) =>
    queryOptions({
      queryKey: ["task", id, "explain"],
      queryFn: ({ signal }) => answer(client.GET("/api/v1/tasks/{id}/explain", { params: { path: { id } }, signal })),
      refetchInterval: ({ state }) => whenRunnersAreSilent(state.data),
    }),

  task: (id: string) =>
    queryOptions({
      queryKey: ["task", id],
      queryFn: ({ signal }) => answer(client.GET("/api/v1/tasks/{id}", { params: { path: { id } }, signal })),
      // What a task says of itself while it runs is not in the ledger either.
      refetchInterval: ({ state }) => state.data?.now?.status === "RUNNING" && SAYINGS_MS,
    }),

  /** What a task answered to a message: asked for until there is an answer. */
  messageAnswer: (id: string, message: string) =>
    queryOptions({
      queryKey: ["task", id, "message", message],
      queryFn: ({ signal }) =>
        answer(client.GET("/api/v1/tasks/{id}/messages/{message}", { params: { path: { id, message } }, signal })),
      refetchInterval: ({ state }) => !state.data?.answered && SAYINGS_MS,
    }),

  workers: () =>
    queryOptions({
      queryKey: ["workers"],
      queryFn: ({ signal }) =>
        answer(client.GET("/api/v1/workers", { params: { query: { limit: PAGE_ITEMS_MAX } }, signal })),
      refetchInterval: ({ state }) => nextLookMs(state.data?.items ?? []),
    }),

  resources: () =>
    queryOptions({
      queryKey: ["resources"],
      queryFn: ({ signal }) => answer(client.GET("/api/v1/resources", { signal })),
    }),

  entry: (seq: number) =>
    queryOptions({
      // Never stale, and so not under `ledger`: an entry does not change once it is there.
      queryKey: ["entry", seq],
      queryFn: ({ signal }) =>
        answer(client.GET("/api/v1/ledger/entries/{seq}", { params: { path: { seq } }, signal })),
      staleTime: Number.POSITIVE_INFINITY,
    }),

  entryProof: (seq: number) =>
    queryOptions({
      queryKey: ["entry", seq, "proof"],
      queryFn: ({ signal }) =>
        answer(client.GET("/api/v1/ledger/entries/{seq}/proof", { params: { path: { seq } }, signal })),
      staleTime: Number.POSITIVE_INFINITY,
    }),

  /** The latest entries that fit, as they become more. */
  latestEntries: (topic: string, filter: EntryFilter, limit: number) =>
    queryOptions({
      queryKey: [topic, "entries", filter, limit],
      queryFn: ({ signal }) =>
        answer(
          client.GET("/api/v1/ledger/entries", { params: { query: { ...filter, order: "desc", limit } }, signal }),
        ),
    }),

  /** What is called so, the best first. */
  search: (q: string, limit?: number) =>
    queryOptions({
      queryKey: ["catalog", "search", q, limit],
      queryFn: ({ signal }) =>
        answer(client.GET("/api/v1/search", { params: { query: limit === undefined ? { q } : { q, limit } }, signal })),
    }),
};

/** What changes something. The ledger's events make what is shown current, so nothing is done by hand afterwards. */
export const commands = {
  endSession: (session: number) =>
    answer(client.POST("/api/v1/access/sessions/{session}/end", { params: { path: { session } } })),
  makeToken: (label: string, days: number) => answer(client.POST("/api/v1/me/tokens", { body: { label, days } })),
  revokeToken: (token: number) =>
    answer(client.POST("/api/v1/access/tokens/{token}/revoke", { params: { path: { token } } })),
  signOut,
  forgiveTask: (id: string) => answer(client.POST("/api/v1/tasks/{id}/forgive", { params: { path: { id } } })),
  reEnableTask: (id: string) => answer(client.POST("/api/v1/tasks/{id}/re-enable", { params: { path: { id } } })),
  markTaskAsDone: (id: string) => answer(client.POST("/api/v1/tasks/{id}/done", { params: { path: { id } } })),
  retryRun: (id: number) => answer(client.POST("/api/v1/runs/{id}/retry", { params: { path: { id } } })),
  sendMessage: (id: string, content: string) =>
    answer(client.POST("/api/v1/tasks/{id}/messages", { params: { path: { id } }, body: { content } })),
  disableWorker: (worker: string) =>
    answer(client.POST("/api/v1/workers/{worker}/disable", { params: { path: { worker } } })),
  setProcesses: (worker: string, processes: number) =>
    answer(client.PUT("/api/v1/workers/{worker}/processes", { params: { path: { worker } }, body: { processes } })),
  pause: () => answer(client.POST("/api/v1/pause")),
  setResource: (name: string, total: number) =>
    answer(client.PUT("/api/v1/resources/{name}", { params: { path: { name } }, body: { total } })),
  unpause: () => answer(client.POST("/api/v1/unpause")),
};
