/** One run: how it went, why it is not done, and its tasks. */

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Link, useParams } from "react-router";
import { commands, failureOf, itemRows, paths, queries, type Schemas, silenceOf } from "../api";
import {
  Card,
  Cards,
  type Column,
  ConfirmDanger,
  CopyId,
  Dim,
  Duration,
  EmptyState,
  EntityLink,
  type Facet,
  FilterBar,
  formatSeconds,
  HeardAgo,
  Inline,
  Loaded,
  OwnerLink,
  Page,
  percentText,
  ResourceTable,
  Section,
  Skeleton,
  StateBadge,
  secondsBetween,
  sortedRows,
  stateRank,
  stateWord,
  TimeAgo,
  toast,
  useUrlState,
} from "../kit";
import { Causes } from "./causes";
import { parametersText } from "./parameters";
import { Percent, TaskCounts } from "./task-counts";
import { TaskDrawer } from "./task-drawer";

// Graphs are heavy: they come when the rest of the page is there.
const RunPictures = lazy(() => import("./run-pictures"));

type Task = Schemas["RunTaskView"];

export default function Run() {
  const id = Number(useParams().id);
  const query = useQuery(queries.runChanges(id));
  const run = query.data?.run;
  return (
    <Page
      key={id}
      title={run ? run.pipeline : `Run ${id}`}
      kind={run && `run ${id}`}
      parent={{ to: paths.runs(), title: "Runs" }}
      badge={
        run && (
          <>
            <StateBadge state={run.cancelling ? "cancelling" : run.outcome} />
            {run.outcome === "running" && (
              <>
                <Percent of={run.tasks} />
                {run.heard && silenceOf(run.heard) !== "heard" && <StateBadge state="running_silent" />}
              </>
            )}
          </>
        )
      }
      actions={
        <>
          {run && <Retry run={run} />}
          {run?.outcome === "running" && <Cancel run={run} />}
          <Link to={paths.compare(id)}>Compare with another run</Link>
        </>
      }
    >
      <Loaded query={query} failure={failureOf(query.error, query.refetch)} lines={8}>
        {(told) => <Shown run={told.run} answered={query.dataUpdatedAt} />}
      </Loaded>
    </Page>
  );
}

/** Has all that failed tried again; a task alone is tried again from its own details. */
function Retry({ run }: { run: Schemas["RunDetail"] }) {
  const { failed, disabled, pending } = run.tasks;
  const stuck = failed + disabled;
  if (stuck === 0) return null;
  const isSilent = run.heard && silenceOf(run.heard) !== "heard";
  return (
    <ConfirmDanger
      label="Try what failed again"
      title={stuck === 1 ? "Try what failed again?" : `Try all ${stuck.toLocaleString()} that failed again?`}
      verb="Try again"
      kind="primary"
      consequence={
        <>
          <p>
            {failed > 0 && `${failed.toLocaleString()} failed ${failed === 1 ? "task is" : "tasks are"} forgiven. `}
            {disabled > 0 &&
              `${disabled.toLocaleString()} disabled ${disabled === 1 ? "task is" : "tasks are"} re-enabled, but for what its own code switched off. `}
            The next worker that asks and can run them gets them; {pending.toLocaleString()} waiting{" "}
            {pending === 1 ? "task follows" : "tasks follow"} once they succeed. If the reason is not mended, they fail
            again.
          </p>
          {isSilent && (
            <p>
              The run's own worker is silent: most likely it has ended. Then nothing runs until its pipeline is started
              again, or another worker comes that can run these tasks.
            </p>
          )}
          <p>The ledger keeps that you did this.</p>
        </>
      }
      disabledBecause={
        !run.worker_here
          ? "its worker has left: start the pipeline again, what is done stays done"
          : run.cancelling
            ? "it is being cancelled: its worker gets no more work"
            : run.retriable === 0
              ? "nothing of it is failed any more: what failed was forgiven, or done by others"
              : undefined
      }
      act={() => commands.retryRun(run.id)}
      onDone={() => toast("What failed is tried again as soon as a worker asks for work")}
    />
  );
}

/** Ends a run as far as a scheduler can: nothing more is handed out to its worker. */
function Cancel({ run }: { run: Schemas["RunDetail"] }) {
  const { running, pending } = run.tasks;
  const { worker } = run.who;
  return (
    <ConfirmDanger
      label="Cancel"
      title="Cancel this run?"
      verb="Cancel the run"
      consequence={
        <>
          <p>
            Its worker gets no more work: {running.toLocaleString()} running {running === 1 ? "task ends" : "tasks end"}{" "}
            by {running === 1 ? "itself" : "themselves"}, for nobody but their own process can stop them;{" "}
            {pending.toLocaleString()} waiting {pending === 1 ? "task is" : "tasks are"} not begun, unless another
            worker can run {pending === 1 ? "it" : "them"}.
          </p>
          <p>Nothing takes this back but starting the pipeline again. The ledger keeps that you did this.</p>
        </>
      }
      disabledBecause={
        run.cancelling
          ? "it is being cancelled: its worker gets no more work"
          : run.worker_here && worker
            ? undefined
            : "its worker has left"
      }
      act={() => commands.disableWorker(worker ?? "")}
      onDone={() => toast("It is given no more work")}
    />
  );
}

function Shown({ run, answered }: { run: Schemas["RunDetail"]; answered: number }) {
  const state = useUrlState();
  const explanation = useQuery({ ...queries.runExplanation(run.id), enabled: run.outcome !== "succeeded" });
  return (
    <>
      <Cards>
        <Card title="Tasks">
          <TaskCounts counts={run.tasks} />
        </Card>
        <Card title="Time">
          <span>
            <TimeAgo at={run.started} />
          </span>
          <Dim>
            {run.ended ? "took " : "so far "}
            <Duration started={run.started} ended={run.ended} />, {run.attempts}{" "}
            {run.attempts === 1 ? "attempt" : "attempts"}
            {run.failures > 0 && `, ${run.failures} failed`}
          </Dim>
        </Card>
        <Card title="Owner">
          <strong>
            <OwnerLink owner={run.owner} />
          </strong>
          <Dim>
            of <EntityLink entity={run.component} />
          </Dim>
        </Card>
        <Card title="Worker">
          <span title={run.who.worker ?? undefined}>
            {[run.who.user, run.who.host].filter(Boolean).join("@") || "unknown"}
          </span>
          <Dim>
            {run.who.pid && `process ${run.who.pid}, `}
            {run.heard ? (
              <>
                heard <HeardAgo silentMs={run.heard.silent_ms} answered={answered} />
              </>
            ) : run.worker_here ? (
              "still here"
            ) : (
              "gone"
            )}
          </Dim>
          {run.outcome === "running" && run.heard && silenceOf(run.heard) !== "heard" && (
            <Inline>
              <StateBadge state={silenceOf(run.heard)} />
            </Inline>
          )}
        </Card>
        <Card title="Root task">
          <CopyId text={run.root} label="task id" />
          <Dim>{beginning(parametersText(run.parameters)) || "no parameters"}</Dim>
        </Card>
      </Cards>
      {run.cancelled && (
        <p>
          Cancelled <TimeAgo at={run.cancelled} />:{" "}
          {run.cancelling
            ? "its worker is given no more work; what it runs ends by itself."
            : "its worker was given no more work."}
        </p>
      )}
      {run.outcome !== "succeeded" && (
        <Section
          title={run.outcome === "running" ? "Why it is not done yet" : "Why it is not done"}
          note={<Link to={paths.runExplanation(run.id)}>as a page to send or print</Link>}
        >
          {run.outcome === "running" && run.heard && silenceOf(run.heard) !== "heard" && (
            <Inline>
              <StateBadge state="running_silent" />
              <span>
                Last heard of <HeardAgo silentMs={run.heard.silent_ms} answered={answered} />. What is said to run may
                have ended with it; the server gives it up{" "}
                {run.heard.given_up_after_ms
                  ? `after ${formatSeconds(run.heard.given_up_after_ms / 1000)} of silence, within a minute more`
                  : "never, as it is configured"}
                , and others may then run its tasks.
              </span>
            </Inline>
          )}
          <Loaded query={explanation} failure={failureOf(explanation.error, explanation.refetch)}>
            {(shown) => <Causes explanation={shown} under={2} />}
          </Loaded>
        </Section>
      )}
      <Suspense fallback={<Skeleton lines={8} label="Loading the graph" />}>
        <RunPictures run={run.id} state={state} />
      </Suspense>
      <Tasks run={run} />
    </>
  );
}

/** LIMIT: characters of parameters at a glance; the root task's own details have all. */
const GLANCE_MAX = 160;

function beginning(text: string): string {
  return text.length > GLANCE_MAX ? `${text.slice(0, GLANCE_MAX)}…` : text;
}

/** What was found complete was not tried. */
function triesOf(task: Task): number {
  return task.attempts.filter(({ started }) => started).length;
}

function lastAttempt(task: Task): Schemas["TaskAttempt"] | undefined {
  return task.attempts.at(-1);
}

function tookSeconds(task: Task): number {
  const last = lastAttempt(task);
  return last?.started && last.ended ? secondsBetween(last.started, last.ended) : -1;
}

const columns: Column<Task>[] = [
  {
    id: "task",
    title: "Task",
    share: 3,
    isSortable: true,
    cell: (task) => <span title={task.id}>{task.family}</span>,
    text: (task) => task.family,
  },
  {
    id: "status",
    title: "Status",
    width: 152,
    isSortable: true,
    isEssential: true,
    cell: (task) => <StateBadge state={task.status} percent={task.progress} />,
    text: (task) => [stateWord(task.status), percentText(task.progress)].filter(Boolean).join(" "),
    key: (task) => stateRank(task.status),
  },
  {
    id: "parameters",
    title: "Parameters",
    share: 4,
    // A run knows no parameters of what another run declared; the id tells such tasks apart.
    cell: (task) => {
      const text = parametersText(task.parameters);
      return text ? <span title={text}>{text}</span> : <Dim>{task.id}</Dim>;
    },
    text: (task) => parametersText(task.parameters),
  },
  {
    id: "took",
    title: "Took",
    width: 90,
    isNumber: true,
    isSortable: true,
    cell: (task) => {
      const last = lastAttempt(task);
      return last?.started ? <Duration started={last.started} ended={last.ended} /> : <Dim>–</Dim>;
    },
    text: (task) => (tookSeconds(task) < 0 ? "" : `${tookSeconds(task)} s`),
    key: tookSeconds,
  },
  {
    id: "attempts",
    title: "Attempts",
    width: 90,
    isNumber: true,
    isSortable: true,
    cell: triesOf,
    text: (task) => `${triesOf(task)}`,
    key: triesOf,
  },
  {
    id: "since",
    title: "Since",
    width: 120,
    isSortable: true,
    cell: (task) => <TimeAgo at={task.since} />,
    text: (task) => task.since,
  },
  {
    id: "id",
    title: "Id",
    share: 4,
    isOptional: true,
    cell: (task) => <code>{task.id}</code>,
    text: (task) => task.id,
  },
];

function counted(tasks: Task[], of: (task: Task) => string, label: (value: string) => string): Facet["options"] {
  const counts = new Map<string, number>();
  for (const task of tasks) counts.set(of(task), (counts.get(of(task)) ?? 0) + 1);
  return [...counts].sort().map(([value, count]) => ({ value, label: label(value), count }));
}

function Tasks({ run }: { run: Schemas["RunDetail"] }) {
  const state = useUrlState();
  const query = useQuery(queries.runTasks(run.id));
  const tasks = query.data ?? [];
  const text = state.get("text")?.trim().toLowerCase();
  const status = state.get("status");
  const family = state.get("family");
  const open = state.get("task");
  const fitting = tasks.filter(
    (task) =>
      (!status || task.status === status) &&
      (!family || task.family === family) &&
      (!text || `${task.id} ${parametersText(task.parameters)}`.toLowerCase().includes(text)),
  );
  const sort = state.get("sort");
  // What needs somebody comes first, until another order is asked for.
  const rows = sortedRows(itemRows({ ...query, data: query.data && fitting }), columns, sort ?? "status");
  return (
    <>
      <ResourceTable
        name="Tasks"
        title="Tasks"
        rows={rows}
        columns={columns}
        rowKey={(task) => task.id}
        sort={sort ?? "status"}
        onSort={(next) => state.set({ sort: next }, false)}
        isMarked={(task) => task.id === open}
        onOpen={(task) => state.set({ task: task.id })}
        tools={
          <FilterBar
            searchLabel="Task or parameter"
            state={state}
            facets={[
              { id: "status", title: "Status", options: counted(tasks, (task) => task.status, stateWord) },
              {
                id: "family",
                title: "Family",
                options: counted(
                  tasks,
                  (task) => task.family,
                  (family) => family,
                ),
              },
            ]}
          />
        }
        empty={
          <EmptyState
            title={tasks.length > 0 ? "No task fits all of these filters" : "The run has no tasks yet"}
            icon="runs"
          />
        }
      />
      <TaskDrawer
        run={run.id}
        task={tasks.find((task) => task.id === open)}
        id={open}
        onClose={() => state.set({ task: undefined })}
        onTask={(task) => state.set({ task })}
      />
    </>
  );
}
