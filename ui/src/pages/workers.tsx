/** Who works now, at what, and when each was last heard of; and the switch that stops the handing out of work. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { commands, itemRows, paths, queries, type Schemas, silenceOf } from "../api";
import {
  type Column,
  ConfirmDanger,
  Dim,
  EmptyState,
  HeardAgo,
  Page,
  ResourceTable,
  RunLink,
  StateBadge,
  sortedRows,
  stateRank,
  stateWord,
  TimeAgo,
  toast,
  useUrlState,
} from "../kit";

type Worker = Schemas["WorkerView"];

/** That a worker is silent goes before what it was at when it was heard of. */
function stateOf(worker: Worker): string {
  const silence = silenceOf(worker);
  // Who had nothing to do has most likely left, without a word, as Luigi's workers do.
  if (silence !== "heard") return worker.running.length > 0 ? silence : `${silence}_idle`;
  if (worker.disabled) return "phasing_out";
  return worker.running.length > 0 ? "working" : "idle";
}

const nameOf = ({ who }: Worker) => who.host ?? who.worker ?? "unknown";

const workerColumns = (answered: number): Column<Worker>[] => [
  {
    id: "host",
    title: "Worker",
    share: 1.4,
    isSortable: true,
    text: nameOf,
    cell: (worker) => (
      <span title={worker.who.worker ?? undefined}>
        {nameOf(worker)}
        {worker.who.pid !== undefined && worker.who.pid !== null && <Dim> process {worker.who.pid}</Dim>}
      </span>
    ),
  },
  {
    id: "state",
    title: "State",
    width: 140,
    isSortable: true,
    isEssential: true,
    text: (worker) => stateWord(stateOf(worker)),
    key: (worker) => stateRank(stateOf(worker)),
    cell: (worker) => <StateBadge state={stateOf(worker)} />,
  },
  {
    id: "run",
    title: "Run",
    width: 100,
    isSortable: true,
    isEssential: true,
    text: ({ run }) => String(run ?? ""),
    key: ({ run }) => run ?? -1,
    cell: ({ run }) => (typeof run === "number" ? <RunLink run={run} /> : <Dim>None</Dim>),
  },
  {
    id: "task",
    title: "Works at",
    share: 2.4,
    text: ({ running }) => running.join(" "),
    cell: (worker) => <RunningTasks worker={worker} />,
  },
  {
    id: "pending",
    title: "Can run next",
    width: 116,
    isNumber: true,
    isSortable: true,
    text: ({ pending }) => String(pending),
    key: ({ pending }) => pending,
    cell: ({ pending }) => pending.toLocaleString(),
  },
  {
    id: "seen",
    title: "Last heard of",
    width: 126,
    isSortable: true,
    text: ({ last_active }) => last_active,
    cell: ({ silent_ms }) => <HeardAgo silentMs={silent_ms} answered={answered} />,
  },
  {
    id: "started",
    title: "Here since",
    width: 126,
    isSortable: true,
    text: ({ started }) => started,
    cell: ({ started }) => <TimeAgo at={started} />,
  },
  {
    id: "user",
    title: "Account",
    width: 120,
    isOptional: true,
    isSortable: true,
    text: ({ who }) => who.user ?? "",
    cell: ({ who }) => who.user ?? "",
  },
  {
    id: "id",
    title: "Luigi's name of it",
    share: 2,
    isOptional: true,
    text: ({ who }) => who.worker ?? "",
    cell: ({ who }) => <code title={who.worker ?? undefined}>{who.worker}</code>,
  },
];

function RunningTasks({ worker }: { worker: Worker }) {
  const [first, ...others] = worker.running;
  if (first === undefined) return <Dim>Nothing now</Dim>;
  const to = typeof worker.run === "number" ? paths.run(worker.run, { task: first }) : paths.taskExplanation(first);
  return (
    <span title={worker.running.join("\n")}>
      <Link to={to}>{first}</Link>
      {others.length > 0 && <Dim> and {others.length.toLocaleString()} more</Dim>}
    </span>
  );
}

export default function Workers() {
  const url = useUrlState();
  const workers = useQuery(queries.workers());
  const status = useQuery(queries.status());
  const rows = itemRows({ ...workers, data: workers.data?.items });
  const columns = workerColumns(workers.dataUpdatedAt);
  const items = workers.data?.items ?? [];
  const busy = items.filter((worker) => stateOf(worker) === "working").length;
  const silent = items.filter((worker) => silenceOf(worker) !== "heard" && worker.running.length > 0).length;
  return (
    <Page
      title="Workers"
      kind={
        workers.data &&
        workers.data.total > 0 &&
        [
          `${workers.data.total.toLocaleString()} here`,
          `${busy.toLocaleString()} at work`,
          silent > 0 && `${silent.toLocaleString()} silent at work`,
        ]
          .filter(Boolean)
          .join(", ")
      }
      badge={status.data?.paused && <StateBadge state="paused" />}
      actions={status.data && <PauseSwitch isPaused={status.data.paused} />}
    >
      <ResourceTable
        name="Workers"
        fills
        rows={sortedRows(rows, columns, url.get("sort"))}
        columns={columns}
        rowKey={({ who, started }) => `${who.worker}${started}`}
        sort={url.get("sort")}
        onSort={(sort) => url.set({ sort })}
        empty={
          <EmptyState icon="workers" title="No worker is here">
            A Luigi process comes by itself as soon as it calls this server: start one with{" "}
            <code>
              luigi --scheduler-host {window.location.hostname} --scheduler-port {window.location.port || "80"} …
            </code>
          </EmptyState>
        }
      />
    </Page>
  );
}

function PauseSwitch({ isPaused }: { isPaused: boolean }) {
  return isPaused ? (
    <ConfirmDanger
      label="Hand out work again"
      title="Hand out work again?"
      consequence={<p>Workers that ask are given tasks again, in every pipeline.</p>}
      verb="Hand out work"
      kind="primary"
      act={commands.unpause}
      onDone={() => toast("Work is handed out again")}
    />
  ) : (
    <ConfirmDanger
      label="Pause"
      title="Stop handing out work?"
      consequence={
        <>
          <p>
            No worker of any pipeline is given a task until somebody hands out work again. Tasks that run go on to their
            end.
          </p>
          <p>The ledger keeps that you did this.</p>
        </>
      }
      verb="Pause the scheduler"
      act={commands.pause}
      onDone={() => toast("The scheduler is paused")}
    />
  );
}
