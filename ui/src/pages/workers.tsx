/** Who works now, at what, and when each was last heard of; and the switch that stops the handing out of work. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { commands, itemRows, paths, queries, type Schemas, silenceOf } from "../api";
import {
  type Column,
  ConfirmDanger,
  CopyId,
  Dim,
  Drawer,
  EmptyState,
  Field,
  formatSeconds,
  HeardAgo,
  Inline,
  List,
  Page,
  Properties,
  type Property,
  ResourceTable,
  RunLink,
  Section,
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

function taskPath({ run }: Worker, task: string): string {
  return typeof run === "number" ? paths.run(run, { task }) : paths.taskExplanation(task);
}

function RunningTasks({ worker }: { worker: Worker }) {
  const [first, ...others] = worker.running;
  if (first === undefined) return <Dim>Nothing now</Dim>;
  return (
    <span title={worker.running.join("\n")}>
      <Link to={taskPath(worker, first)}>{first}</Link>
      {others.length > 0 && <Dim> and {others.length.toLocaleString()} more</Dim>}
    </span>
  );
}

export default function Workers() {
  const url = useUrlState();
  const open = url.get("worker");
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
        isMarked={({ who }) => who.worker === open}
        onOpen={({ who }) => url.set({ worker: who.worker ?? undefined })}
        empty={
          <EmptyState icon="workers" title="No worker is here">
            A Luigi process comes by itself as soon as it calls this server: start one with{" "}
            <code>
              luigi --scheduler-host {window.location.hostname} --scheduler-port {window.location.port || "80"} …
            </code>
          </EmptyState>
        }
      />
      <WorkerDrawer
        id={open}
        worker={items.find(({ who }) => who.worker === open)}
        answered={workers.dataUpdatedAt}
        onClose={() => url.set({ worker: undefined })}
      />
    </Page>
  );
}

interface WorkerProps {
  id: string | undefined;
  worker: Worker | undefined;
  answered: number;
  onClose: () => void;
}

function WorkerDrawer({ id, worker, answered, onClose }: WorkerProps) {
  return (
    <Drawer
      title={worker ? [nameOf(worker), worker.who.pid].filter(Boolean).join(", process ") : "Worker"}
      isOpen={id !== undefined}
      onClose={onClose}
    >
      {worker ? (
        <WorkerDetails key={worker.who.worker} worker={worker} answered={answered} />
      ) : (
        <EmptyState icon="workers" title="It is not here any more">
          It has left, or the server gave it up after it was silent for too long.
        </EmptyState>
      )}
    </Drawer>
  );
}

function WorkerDetails({ worker, answered }: { worker: Worker; answered: number }) {
  const { who } = worker;
  const items: Property[] = [
    {
      name: "State",
      value: (
        <Inline>
          <StateBadge state={stateOf(worker)} />
          <Dim>
            heard <HeardAgo silentMs={worker.silent_ms} answered={answered} />, pings every{" "}
            {formatSeconds(worker.ping_ms / 1000)}
          </Dim>
        </Inline>
      ),
    },
    { name: "Luigi's name of it", value: <CopyId text={who.worker ?? ""} label="worker id" /> },
    { name: "Account", value: [who.user, who.host].filter(Boolean).join("@") || "unknown" },
    { name: "Here since", value: <TimeAgo at={worker.started} /> },
    { name: "Processes", value: worker.processes?.toLocaleString() ?? "1, as far as it said" },
    {
      name: "Can run next",
      value: `${worker.pending.toLocaleString()}, of which ${(worker.pending_unique ?? 0).toLocaleString()} nobody else can run`,
    },
  ];
  if (typeof worker.run === "number") items.push({ name: "Run", value: <RunLink run={worker.run} /> });
  if (worker.first_task) items.push({ name: "Started for", value: <code>{worker.first_task}</code> });
  if (worker.messages) items.push({ name: "Messages", value: `${worker.messages} wait for its next call` });
  return (
    <>
      <Inline>
        <ChangeProcesses worker={worker} />
        <DisableWorker worker={worker} />
      </Inline>
      <Properties items={items} />
      <Section title="Works at" note={`${worker.running.length}`}>
        {worker.running.length === 0 ? (
          <Dim>Nothing now</Dim>
        ) : (
          <List>
            {worker.running.map((task) => (
              <li key={task}>
                <Link to={taskPath(worker, task)}>{task}</Link>
              </li>
            ))}
          </List>
        )}
      </Section>
    </>
  );
}

function ChangeProcesses({ worker }: { worker: Worker }) {
  const now = worker.processes ?? 1;
  const [text, write] = useState(String(now));
  const processes = Number(text);
  const isNumber = Number.isInteger(processes) && processes >= 1;
  return (
    <ConfirmDanger
      label="Change processes"
      title="How many tasks is it to run at once?"
      verb="Change"
      kind="primary"
      field={
        <Field
          label="Processes"
          inputMode="numeric"
          autoComplete="off"
          data-autofocus
          value={text}
          onChange={(event) => write(event.currentTarget.value)}
          fault={text.trim() === "" || isNumber ? undefined : "a whole number of 1 or more"}
        />
      }
      missing={
        !isNumber
          ? "it is not a whole number of 1 or more"
          : processes === worker.processes
            ? "that many it runs already"
            : undefined
      }
      consequence={
        <p>
          It hears of it with its next ping.{" "}
          {isNumber && processes < now
            ? "Tasks that run go on; it takes no more until fewer run than that."
            : "It asks for more tasks at once: its machine has to have room for them."}{" "}
          The number holds until it ends.
        </p>
      }
      disabledBecause={worker.disabled ? "it is phasing out" : undefined}
      act={() => commands.setProcesses(worker.who.worker ?? "", processes)}
      onDone={() => toast("It is told with its next ping")}
    />
  );
}

function DisableWorker({ worker }: { worker: Worker }) {
  const alone = worker.pending_unique ?? 0;
  return (
    <ConfirmDanger
      label="Disable"
      title="Give this worker no more work?"
      verb="Disable the worker"
      consequence={
        <>
          <p>
            It ends what it runs now ({worker.running.length.toLocaleString()}{" "}
            {worker.running.length === 1 ? "task" : "tasks"}) and leaves.{" "}
            {alone > 0 &&
              `${alone.toLocaleString()} waiting ${alone === 1 ? "task" : "tasks"} that nobody else can run ${alone === 1 ? "stays" : "stay"} undone.`}
          </p>
          <p>Nothing takes this back but starting it anew. The ledger keeps that you did this.</p>
        </>
      }
      disabledBecause={worker.disabled ? "it is phasing out already" : undefined}
      act={() => commands.disableWorker(worker.who.worker ?? "")}
      onDone={() => toast("It is given no more work")}
    />
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
