/** The ledger: what happened, newest first, as it happens; each entry opens, and is checked in the browser. */

import { keepPreviousData, useInfiniteQuery, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { failureOf, PAGE_ITEMS_MAX, queries, type Schemas } from "../api";
import {
  Button,
  type Column,
  Dim,
  EmptyState,
  FilterBar,
  Page,
  ResourceTable,
  type Rows,
  RunLink,
  TimeAgo,
  useUrlState,
} from "../kit";
import { EntryDrawer } from "./ledger-entry";

type Entry = Schemas["EntryView"];

const PAGE = 200;
// LIMIT: browsers draw nothing taller than some 33 million pixels, which rows reach at a million.
const ROWS_MAX = 500_000;
// LIMIT: entries kept for who scrolls on and on; those in view are read again from the cache.
const KNOWN_MAX = 20_000;
// LIMIT: how far back one search reads before it says so, and how much it gathers at least on the way.
const SEARCHED_MAX = 20_000;
const FOUND_MIN = 100;
/** LIMIT: what a download of the whole table holds; more is a job for `bussola ledger export`. */
const TAKEN_MAX = 100_000;

const columns: Column<Entry>[] = [
  {
    id: "seq",
    title: "Entry",
    width: 78,
    isNumber: true,
    text: ({ seq }) => String(seq),
    cell: ({ seq }) => seq.toLocaleString(),
  },
  {
    id: "kind",
    title: "What happened",
    share: 1.2,
    isEssential: true,
    text: ({ kind }) => kind,
    cell: ({ kind }) => <code title={kind}>{kind}</code>,
  },
  {
    id: "subject",
    title: "To what",
    share: 2,
    isEssential: true,
    text: ({ subject }) => subject,
    cell: ({ subject }) => <span title={subject}>{subject}</span>,
  },
  {
    id: "run",
    title: "Run",
    width: 90,
    text: ({ run }) => String(run ?? ""),
    cell: ({ run }) => (typeof run === "number" ? <RunLink run={run} /> : null),
  },
  {
    id: "by",
    title: "By",
    width: 120,
    text: ({ principal }) => principal,
    cell: ({ principal }) => principal,
  },
  { id: "at", title: "When", width: 120, text: ({ at }) => at, cell: ({ at }) => <TimeAgo at={at} /> },
  {
    id: "hash",
    title: "Hash",
    share: 1.5,
    isOptional: true,
    text: ({ hash }) => hash,
    cell: ({ hash }) => <code title={hash}>{hash}</code>,
  },
];

export default function Ledger() {
  const url = useUrlState();
  const status = useQuery(queries.status());
  const live = status.data?.ledger.size;
  // Where it was held still; in no address, for it says nothing to others.
  const [held, hold] = useState<number>();
  const size = held ?? live;
  const text = url.get("text")?.trim().toLowerCase() ?? "";
  const kind = url.get("kind");
  const isFiltered = text !== "" || kind !== undefined;
  const all = useLedgerRows(size);
  const found = useFoundRows(size, text, kind, isFiltered);
  const rows = isFiltered ? found.rows : all;
  const open = url.get("entry");
  const openSeq = open !== undefined && /^\d+$/.test(open) ? Number(open) : undefined;
  const unseen = (live ?? 0) - (size ?? 0);

  return (
    <Page
      title="Ledger"
      kind={size !== undefined && `${size.toLocaleString()} entries, each of which can be proven`}
      actions={
        held === undefined ? (
          <Button
            icon="pause"
            onClick={() => hold(live)}
            disabledBecause={live === undefined ? "it is not here yet" : undefined}
          >
            Hold still
          </Button>
        ) : (
          <Button icon="bolt" kind="primary" onClick={() => hold(undefined)}>
            Follow{unseen > 0 && `, ${unseen.toLocaleString()} new`}
          </Button>
        )
      }
    >
      <ResourceTable
        name="Ledger"
        fills
        rows={
          status.error && live === undefined
            ? { ...rows, isLoading: false, failure: failureOf(status.error, status.refetch) }
            : rows
        }
        columns={columns}
        rowKey={({ seq }) => seq}
        isMarked={({ seq }) => seq === openSeq}
        onOpen={({ seq }) => url.set({ entry: String(seq) })}
        tools={
          <FilterBar
            searchLabel="Search what happened, and to what"
            state={url}
            facets={[{ id: "kind", title: "Kind", options: found.kinds.map((value) => ({ value })), isOpen: true }]}
          />
        }
        empty={
          isFiltered ? (
            <EmptyState
              title={`Nothing fits among the latest ${found.searched.toLocaleString()} entries`}
              action={found.further && <Button onClick={found.further}>Search further back</Button>}
            >
              {found.further ? "Older entries have not been looked at." : "That is all of them."}
            </EmptyState>
          ) : (
            <EmptyState icon="ledger" title="The ledger is empty">
              Its first entry comes with the first thing that happens: a manifest applied, a run started.
            </EmptyState>
          )
        }
      />
      {!isFiltered && (size ?? 0) > ROWS_MAX && (
        <Dim>
          The latest {ROWS_MAX.toLocaleString()} entries. Older ones are found by a search, and by <code>?entry=</code>{" "}
          in the address; all of them by <code>bussola ledger export</code>.
        </Dim>
      )}
      {isFiltered && rows.count > 0 && (
        <Dim>
          Found among the latest {found.searched.toLocaleString()} entries.{" "}
          {found.further && <Button onClick={found.further}>Search further back</Button>}
        </Dim>
      )}
      <EntryDrawer
        seq={openSeq}
        size={live}
        onOpen={(seq) => url.set({ entry: seq === undefined ? undefined : String(seq) })}
      />
    </Page>
  );
}

/** The ledger from its end on. Entries never change, so that what was read once is kept. */
function useLedgerRows(size: number | undefined): Rows<Entry> {
  const cache = useQueryClient();
  const known = useRef(new Map<number, Entry>());
  const [[from, to], look] = useState<[number, number]>([0, 0]);
  const wanted: [number, number][] = [];
  if (size) {
    // Pages begin at multiples, so that they stay the same while the ledger grows; only the last one is still filling up.
    const newest = Math.floor((size - 1 - from) / PAGE);
    const oldest = Math.max(0, Math.floor((size - 1 - to) / PAGE));
    for (let page = newest; page >= oldest; page -= 1) wanted.push([page * PAGE, Math.min(size, (page + 1) * PAGE)]);
  }
  const spans = useQueries({ queries: wanted.map(([first, end]) => queries.entrySpan(first, end)) });
  if (known.current.size > KNOWN_MAX) known.current.clear();
  for (const { data } of spans) for (const entry of data?.items ?? []) known.current.set(entry.seq, entry);
  const failed = spans.find((span) => span.error && !span.data);
  const need = useCallback((first: number, last: number) => {
    look((now) => (now[0] === first && now[1] === last ? now : [first, last]));
  }, []);
  return {
    count: Math.min(size ?? 0, ROWS_MAX),
    total: Math.min(size ?? 0, ROWS_MAX),
    at: (index) => (size === undefined ? undefined : known.current.get(size - 1 - index)),
    need,
    all: async () => {
      const items: Entry[] = [];
      for (let end = size ?? 0; end > 0 && items.length < TAKEN_MAX; end -= PAGE_ITEMS_MAX) {
        const span = await cache.fetchQuery(queries.entrySpan(Math.max(0, end - PAGE_ITEMS_MAX), end));
        items.push(...span.items.toReversed());
      }
      return items;
    },
    isLoading: size === undefined || (known.current.size === 0 && size > 0 && !failed),
    isStale: false,
    failure: failed && known.current.size === 0 ? failureOf(failed.error, failed.refetch) : undefined,
  };
}

interface Found {
  items: Entry[];
  /** One past the oldest that was not looked at. */
  end: number;
}

/** The entries that fit, searched from the end on. */
function useFoundRows(size: number | undefined, text: string, kind: string | undefined, isOn: boolean) {
  const cache = useQueryClient();
  // The search begins where the ledger ended when it was asked for; what came since is read on top of it.
  const [anchor, setAnchor] = useState<{ of: string; size: number }>();
  const of = JSON.stringify([text, kind]);
  if (isOn && size !== undefined && anchor?.of !== of) setAnchor({ of, size });
  const start = anchor?.of === of ? anchor.size : undefined;
  const fits = (entry: Entry) =>
    (kind === undefined || entry.kind === kind || entry.kind.startsWith(`${kind}.`)) &&
    (text === "" || `${entry.kind} ${entry.subject} ${entry.principal}`.toLowerCase().includes(text));

  const search = useInfiniteQuery({
    queryKey: ["entry", "search", text, kind, start],
    enabled: isOn && start !== undefined,
    initialPageParam: start ?? 0,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ pageParam, signal }): Promise<Found> => {
      const items: Entry[] = [];
      let end = pageParam;
      while (end > 0 && pageParam - end < SEARCHED_MAX && items.length < FOUND_MIN && !signal.aborted) {
        const first = Math.max(0, end - PAGE_ITEMS_MAX);
        const span = await cache.fetchQuery({ ...queries.entrySpan(first, end), gcTime: 60_000 });
        items.push(...span.items.toReversed().filter(fits));
        end = first;
      }
      return { items, end };
    },
    getNextPageParam: ({ end }) => (end > 0 ? end : null),
  });
  const isGrown = isOn && start !== undefined && size !== undefined && size > start;
  const since = useQuery({
    ...queries.entrySpan(Math.max(start ?? 0, (size ?? 0) - PAGE_ITEMS_MAX), size ?? 0),
    enabled: isGrown,
    placeholderData: keepPreviousData,
  });
  const pages = search.data?.pages ?? [];
  const fresh = isGrown
    ? (since.data?.items.filter((entry) => entry.seq >= start && fits(entry)).toReversed() ?? [])
    : [];
  const items = [...fresh, ...pages.flatMap((page) => page.items)];
  const kinds = useKinds(size);
  const rows: Rows<Entry> = {
    count: items.length,
    total: search.hasNextPage ? undefined : items.length,
    at: (index) => items[index],
    need: () => {},
    all: async () => items,
    isLoading: isOn && search.isPending,
    isStale: search.isPlaceholderData || search.isFetchingNextPage,
    failure: failureOf(search.error, search.refetch),
  };
  const further = search.hasNextPage && !search.isFetchingNextPage ? () => void search.fetchNextPage() : undefined;
  return { rows, searched: (size ?? 0) - (pages.at(-1)?.end ?? size ?? 0), further, kinds };
}

/** The kinds of the latest entries, to choose from; others can be written. */
function useKinds(size: number | undefined): string[] {
  const end = Math.ceil((size ?? 0) / PAGE) * PAGE;
  const latest = useQuery({
    ...queries.entrySpan(Math.max(0, end - PAGE_ITEMS_MAX), end),
    enabled: !!size,
    placeholderData: keepPreviousData,
  });
  return [...new Set(latest.data?.items.map((entry) => entry.kind))].sort();
}
