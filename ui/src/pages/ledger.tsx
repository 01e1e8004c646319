/** The ledger: what happened, newest first, as it happens; each entry opens, and is checked in the browser. */

import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type EntryFilter, failureOf, queries, type Schemas, useEntryRows } from "../api";
import {
  Button,
  type Column,
  Dim,
  EmptyState,
  FilterBar,
  Page,
  ResourceTable,
  RunLink,
  TimeAgo,
  useUrlState,
} from "../kit";
import { EntryDrawer } from "./ledger-entry";
import { sentenceOf } from "./sentence";

type Entry = Schemas["EntryView"];

/** Kinds that begin alike are about one thing. */
const KINDS = [
  ["run.", "Runs"],
  ["task.,tasks.", "Tasks"],
  ["worker.,workers.", "Workers"],
  ["entity.", "What the catalog has"],
  ["manifest.", "Manifests"],
  ["pipeline.", "Pipelines"],
  ["resources.,scheduler.", "What somebody set"],
  ["message.,messages.,answer.", "Messages to tasks"],
] as const;

const HOUR_MS = 3_600_000;
const SPANS: Record<string, [label: string, ms: number]> = {
  "1h": ["the last hour", HOUR_MS],
  "24h": ["the last 24 hours", 24 * HOUR_MS],
  "7d": ["the last 7 days", 7 * 24 * HOUR_MS],
};

/** Who scrolls down wants to read: what comes meanwhile would move what is read. */
const AWAY_ROWS = 20;

const columns: Column<Entry>[] = [
  {
    id: "seq",
    title: "Entry",
    width: 82,
    isNumber: true,
    text: ({ seq }) => String(seq),
    cell: ({ seq }) => seq.toLocaleString(),
  },
  { id: "at", title: "When", width: 112, text: ({ at }) => at, cell: ({ at }) => <TimeAgo at={at} /> },
  {
    id: "sentence",
    title: "What happened",
    share: 5,
    isEssential: true,
    text: (entry) => sentenceOf(entry),
    cell: (entry) => <span title={entry.sentence || entry.subject}>{sentenceOf(entry)}</span>,
  },
  {
    id: "kind",
    title: "Kind",
    width: 156,
    text: ({ kind }) => kind,
    cell: ({ kind }) => <code title={kind}>{kind}</code>,
  },
  {
    id: "run",
    title: "Run",
    width: 84,
    text: ({ run }) => String(run ?? ""),
    cell: ({ run }) => (typeof run === "number" ? <RunLink run={run} /> : null),
  },
  {
    id: "by",
    title: "By",
    width: 110,
    text: ({ principal }) => principal,
    cell: ({ principal }) => principal,
  },
  {
    id: "subject",
    title: "To what",
    share: 2,
    isOptional: true,
    text: ({ subject }) => subject,
    cell: ({ subject }) => <span title={subject}>{subject}</span>,
  },
  {
    id: "hash",
    title: "Hash",
    share: 1.5,
    isOptional: true,
    text: ({ hash }) => hash,
    cell: ({ hash }) => <code title={hash}>{hash}</code>,
  },
];

/** What the ledger calls what was found. */
function subjectOf({ kind, id }: Schemas["SearchHit"]): string {
  return kind === "pipeline" || kind === "run" || kind === "task" ? `${kind}:${id}` : id;
}

/** What somebody wrote, as the ledger calls it: a name is looked for among all that has one. */
function useSubject(written: string | undefined): {
  subject: string | undefined;
  isLooking: boolean;
  isNothing: boolean;
} {
  const isGiven = written === undefined || written.includes(":") || written === "scheduler";
  const found = useQuery({ ...queries.search(written ?? "", 1), enabled: !isGiven });
  if (isGiven) return { subject: written, isLooking: false, isNothing: false };
  const [hit] = found.data?.items ?? [];
  return { subject: hit && subjectOf(hit), isLooking: found.isPending, isNothing: found.isSuccess && !hit };
}

/** A span or a moment, as somebody chose or wrote it. */
function momentOf(written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  const span = SPANS[written];
  const at = span ? Date.now() - span[1] : Date.parse(written);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

export default function Ledger() {
  const url = useUrlState();
  const status = useQuery(queries.status());
  const live = status.data?.ledger.size;
  // Where it was held still; in no address, for it says nothing to others.
  const [held, hold] = useState<number>();
  const size = held ?? live;
  const about = useSubject(url.get("text")?.trim() || undefined);
  const [kind, by, since, until] = ["kind", "by", "since", "until"].map((name) => url.get(name));
  const filter = useMemo((): EntryFilter => {
    const [from, to] = [momentOf(since), momentOf(until)];
    return {
      ...(about.subject ? { subject: about.subject } : {}),
      ...(kind ? { kind } : {}),
      ...(by ? { principal: by } : {}),
      ...(from ? { since: from } : {}),
      ...(to ? { until: to } : {}),
    };
  }, [about.subject, kind, by, since, until]);
  const isFiltered = Object.keys(filter).length > 0 || about.isNothing;
  const rows = useEntryRows(filter, about.isLooking || about.isNothing ? undefined : size);
  const open = url.get("entry");
  const openSeq = open !== undefined && /^\d+$/.test(open) ? Number(open) : undefined;
  const unseen = (live ?? 0) - (size ?? 0);
  const shown = {
    ...rows,
    ...(about.isNothing ? { isLoading: false, count: 0, total: 0 } : {}),
    ...(status.error && live === undefined
      ? { isLoading: false, failure: failureOf(status.error, status.refetch) }
      : {}),
    need: (first: number, last: number) => {
      if (first > AWAY_ROWS && held === undefined) hold(live);
      rows.need(first, last);
    },
  };

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
        rows={shown}
        columns={columns}
        rowKey={({ seq }) => seq}
        isMarked={({ seq }) => seq === openSeq}
        onOpen={({ seq }) => url.set({ entry: String(seq) })}
        tools={
          <FilterBar
            searchLabel="About a component, run, task…"
            state={url}
            facets={[
              {
                id: "kind",
                title: "Kind",
                options: KINDS.map(([value, label]) => ({ value, label })),
                isOpen: true,
              },
              {
                id: "since",
                title: "Since",
                options: Object.entries(SPANS).map(([value, [label]]) => ({ value, label })),
                isOpen: true,
              },
              { id: "until", title: "Until", options: [], isOpen: true },
              { id: "by", title: "By", options: [], isOpen: true },
            ]}
          />
        }
        empty={
          isFiltered ? (
            <EmptyState
              title={about.isNothing ? `Nothing is called “${url.get("text")}”` : "No entry fits all of these filters"}
              action={rows.lookOn && <Button onClick={rows.lookOn}>Look further back</Button>}
            >
              {about.isNothing
                ? "A ref, a name, or what the ledger calls it: run:12, worker:3, manifest:PATH, scheduler."
                : rows.lookOn
                  ? "Older entries have not been looked at."
                  : "Take one away. Times are written as 2026-03-01 or 2026-03-01T06:00."}
            </EmptyState>
          ) : (
            <EmptyState icon="ledger" title="The ledger is empty">
              Its first entry comes with the first thing that happens: a manifest applied, a run started.
            </EmptyState>
          )
        }
      />
      {about.subject && (
        <Dim>
          What is about <code>{about.subject}</code>
          {about.subject !== url.get("text")?.trim() && ", which is what fits best"}.
        </Dim>
      )}
      {rows.lookOn && rows.count > 0 && <Button onClick={rows.lookOn}>Look further back</Button>}
      <EntryDrawer
        seq={openSeq}
        size={live}
        onOpen={(seq) => url.set({ entry: seq === undefined ? undefined : String(seq) })}
      />
    </Page>
  );
}
