/** Long lists as rows of a table: of each kind of list that the API has, only what is looked at is fetched. */

import {
  keepPreviousData,
  type QueryKey,
  type UseQueryOptions,
  useInfiniteQuery,
  useQueries,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import type { Rows } from "../kit/rows";
import { ApiFailure, answer, client, type Schemas } from "./client";
import {
  type EntityFilter,
  type EntryFilter,
  PAGE_ITEMS,
  PAGE_ITEMS_MAX,
  type PipelineFilter,
  queries,
  type RunFilter,
  type TeamFilter,
} from "./queries";

// LIMIT: what one download may hold. More than a spreadsheet opens is a job for the API.
const ALL_ITEMS_MAX = 200_000;
/** Begin to fetch before the end is seen. */
const AHEAD_ROWS = 30;

/** A part of a list: which, and how many there are in all. */
interface Part<T> {
  items: T[];
  total: number;
}

type PartOptions<T> = UseQueryOptions<Part<T>, Error, Part<T>, QueryKey>;

/** A list of which any part can be looked at: it is read by offset. */
function useOffsetRows<T>(part: (offset: number, limit: number) => PartOptions<T>): Rows<T> {
  const cache = useQueryClient();
  const [[from, to], look] = useState<[number, number]>([0, 0]);
  // The first page stays while a filter changes, so that typing does not blank the table.
  const first = useQuery({ ...part(0, PAGE_ITEMS), placeholderData: keepPreviousData });
  const total = first.data?.total ?? 0;
  const last = Math.min(to, Math.max(0, Math.ceil(total / PAGE_ITEMS) - 1));
  const wanted: number[] = [];
  if (!first.isPlaceholderData) for (let number = Math.max(1, from); number <= last; number += 1) wanted.push(number);
  const others = useQueries({ queries: wanted.map((number) => part(number * PAGE_ITEMS, PAGE_ITEMS)) });

  const pages = new Map([[0, first.data?.items ?? []]]);
  wanted.forEach((number, index) => {
    const items = others[index]?.data?.items;
    if (items) pages.set(number, items);
  });

  const need = useCallback((firstRow: number, lastRow: number) => {
    const next: [number, number] = [Math.floor(firstRow / PAGE_ITEMS), Math.floor(lastRow / PAGE_ITEMS)];
    look((now) => (now[0] === next[0] && now[1] === next[1] ? now : next));
  }, []);
  const all = async () => {
    const items: T[] = [];
    for (let offset = 0; offset < ALL_ITEMS_MAX; offset += PAGE_ITEMS_MAX) {
      const fetched = await cache.fetchQuery(part(offset, PAGE_ITEMS_MAX));
      items.push(...fetched.items);
      if (offset + PAGE_ITEMS_MAX >= fetched.total) break;
    }
    return items;
  };
  return {
    count: total,
    total,
    at: (index) => pages.get(Math.floor(index / PAGE_ITEMS))?.[index % PAGE_ITEMS],
    need,
    all,
    isLoading: first.isPending,
    isStale: first.isPlaceholderData,
    failure: failureOf(first.error, () => first.refetch()),
  };
}

export function useEntityRows(filter: EntityFilter): Rows<Schemas["EntitySummary"]> {
  return useOffsetRows(
    (offset, limit) => queries.entities(filter, offset, limit) as PartOptions<Schemas["EntitySummary"]>,
  );
}

export function useTeamRows(filter: TeamFilter): Rows<Schemas["TeamSummary"]> {
  return useOffsetRows((offset, limit) => queries.teams(filter, offset, limit) as PartOptions<Schemas["TeamSummary"]>);
}

export function usePipelineRows(filter: PipelineFilter): Rows<Schemas["PipelineSummary"]> {
  return useOffsetRows(
    (offset, limit) => queries.pipelines(filter, offset, limit) as PartOptions<Schemas["PipelineSummary"]>,
  );
}

/** Runs, which are read from the newest on. */
export function useRunRows(filter: RunFilter): Rows<Schemas["RunSummary"]> {
  const query = useInfiniteQuery(queries.runs(filter));
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const need = useCallback(
    (_: number, lastRow: number) => {
      if (hasNextPage && !isFetchingNextPage && lastRow >= items.length - AHEAD_ROWS) void fetchNextPage();
    },
    [hasNextPage, isFetchingNextPage, fetchNextPage, items.length],
  );
  const all = async () => {
    let gathered = items;
    let isMore = hasNextPage;
    while (isMore && gathered.length < ALL_ITEMS_MAX) {
      const next = await fetchNextPage();
      gathered = next.data?.pages.flatMap((page) => page.items) ?? gathered;
      isMore = next.hasNextPage;
    }
    return gathered;
  };
  return {
    count: items.length,
    total: hasNextPage ? undefined : items.length,
    at: (index) => items[index],
    need,
    all,
    isLoading: query.isPending,
    isStale: query.isPlaceholderData,
    failure: failureOf(query.error, () => query.refetch()),
  };
}

type Entry = Schemas["EntryView"];

/** LIMIT: entries that came since the list was begun; with more it is begun anew. */
const FRESH_MAX = PAGE_ITEMS_MAX;
/** LIMIT: how often one look back asks on when nothing of what it is told fits. */
const LOOKS_MAX = 20;

interface Back {
  items: Entry[];
  /** Where to look on; not set: there are no more. */
  from: number | undefined;
}

/**
 * Entries of the ledger that fit, the latest first: back from where it ended when the list was begun, with what came since on
 * top. Entries never change, so nothing is read twice.
 */
export function useEntryRows(filter: EntryFilter, size: number | undefined): Rows<Entry> & { lookOn?: () => void } {
  const of = JSON.stringify(filter);
  const [begun, begin] = useState<{ of: string; size: number }>();
  if (size !== undefined && (begun?.of !== of || size - begun.size > FRESH_MAX)) begin({ of, size });
  const start = begun?.of === of ? begun.size : undefined;

  const back = useInfiniteQuery({
    queryKey: ["entry", "back", filter, start],
    enabled: start !== undefined,
    initialPageParam: (start ?? 0) - 1,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ pageParam, signal }): Promise<Back> => {
      const items: Entry[] = [];
      let from: number | undefined = pageParam;
      for (let look = 0; look < LOOKS_MAX && from !== undefined && from >= 0; look += 1) {
        const query: EntryFilter & { order: string; from: number; limit: number } = {
          ...filter,
          order: "desc",
          from,
          limit: PAGE_ITEMS,
        };
        const page: Schemas["EntryPage"] = await answer(
          client.GET("/api/v1/ledger/entries", { params: { query }, signal }),
        );
        items.push(...page.items);
        from = page.next_from ?? undefined;
        if (items.length >= PAGE_ITEMS / 2) break;
      }
      return { items, from: from !== undefined && from >= 0 ? from : undefined };
    },
    getNextPageParam: ({ from }) => from ?? null,
  });
  const since = useQuery({
    queryKey: ["entry", "since", filter, start, size],
    enabled: start !== undefined && size !== undefined && size > start,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => {
      const query = { ...filter, from: start ?? 0, limit: FRESH_MAX };
      return answer(client.GET("/api/v1/ledger/entries", { params: { query }, signal }));
    },
  });
  const isFresh = start !== undefined && size !== undefined && size > start;
  const fresh = isFresh ? (since.data?.items ?? []).filter(({ seq }) => seq >= start && seq < size).toReversed() : [];
  const items = [...fresh, ...(back.data?.pages.flatMap((page) => page.items) ?? [])];
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = back;
  const isEmptyHanded = back.data?.pages.at(-1)?.items.length === 0;
  const count = items.length;
  const need = useCallback(
    (_: number, lastRow: number) => {
      // Where nothing fits far back the viewer says whether to look on.
      if (hasNextPage && !isFetchingNextPage && !isEmptyHanded && lastRow >= count - AHEAD_ROWS) void fetchNextPage();
    },
    [hasNextPage, isFetchingNextPage, isEmptyHanded, fetchNextPage, count],
  );
  const all = async () => {
    let gathered = back.data?.pages ?? [];
    let isMore: boolean = hasNextPage;
    const found = () => gathered.reduce((sum, page) => sum + page.items.length, fresh.length);
    while (isMore && found() < ALL_ITEMS_MAX) {
      const next = await fetchNextPage();
      gathered = next.data?.pages ?? gathered;
      isMore = next.hasNextPage;
    }
    return [...fresh, ...gathered.flatMap((page) => page.items)];
  };
  const lookOn = hasNextPage && isEmptyHanded && !isFetchingNextPage ? { lookOn: () => void fetchNextPage() } : {};
  return {
    count,
    total: hasNextPage ? undefined : count,
    at: (index) => items[index],
    need,
    all,
    isLoading: size === undefined || back.isPending,
    isStale: back.isPlaceholderData,
    failure: failureOf(back.error, () => back.refetch()),
    ...lookOn,
  };
}

/** A list that is here as a whole. */
export function itemRows<T>(query: {
  data: T[] | undefined;
  error: Error | null;
  isPending: boolean;
  refetch: () => unknown;
}): Rows<T> {
  const items = query.data ?? [];
  return {
    count: items.length,
    total: items.length,
    at: (index) => items[index],
    need: () => {},
    all: async () => items,
    isLoading: query.isPending,
    isStale: false,
    failure: failureOf(query.error, () => query.refetch()),
  };
}

/** What an `ErrorPanel` shows. */
export function failureOf(error: unknown, retry: () => unknown): Rows<never>["failure"] {
  if (!error) return undefined;
  const { message } = error as Error;
  if (error instanceof ApiFailure) return { code: error.code, message, hint: error.hint, retry: () => void retry() };
  return { message, retry: () => void retry() };
}
