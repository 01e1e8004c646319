/** Two runs beside each other: how each went, and task by task what took longer, ended otherwise, or was not there. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { failureOf, itemRows, paths, queries, type Schemas } from "../api";
import {
  Button,
  type Column,
  Columns,
  Dim,
  Duration,
  EmptyState,
  FilterBar,
  formatSeconds,
  Inline,
  Loaded,
  Page,
  ResourceTable,
  RunLink,
  StateBadge,
  sortedRows,
  stateWord,
  TimeAgo,
  useUrlState,
} from "../kit";
import css from "./compare.module.css";

type Run = Schemas["RunDetail"];

/** LIMIT: so many of the latest runs of the pipeline can be chosen from; an older one is named in the address. */
const CHOICE = 60;
/** What differs by less is noise. */
const NOTABLE = 0.2;

export default function Compare() {
  const url = useUrlState();
  const other = idOf(url.get("other"));
  const second = useQuery({ ...queries.run(other ?? 0), enabled: other !== undefined });
  const chosen = idOf(url.get("one"));
  const runs = useInfiniteQuery(queries.runs(second.data ? { pipeline: second.data.pipeline } : {}, CHOICE));
  const choice = runs.data?.pages[0]?.items ?? [];
  // Until another is chosen it is the one before; of the first one, the one after.
  const alike = choice.filter(({ pipeline }) => pipeline === second.data?.pipeline);
  const before = alike.find(({ id }) => other !== undefined && id < other);
  const after = alike.findLast(({ id }) => other !== undefined && id > other);
  const one = chosen ?? before?.id ?? after?.id;
  const first = useQuery({ ...queries.run(one ?? 0), enabled: one !== undefined });
  const pipeline = second.data?.pipeline ?? first.data?.pipeline;
  return (
    <Page
      title="Compare two runs"
      kind={pipeline && `of ${pipeline}`}
      parent={{ to: paths.runs(pipeline ? { pipeline } : undefined), title: "Runs" }}
      actions={
        one !== undefined &&
        other !== undefined && (
          <Button onClick={() => url.set({ one: String(other), other: String(one) })}>Swap the two</Button>
        )
      }
    >
      <Choice runs={choice} />
      {one === undefined || other === undefined ? (
        <EmptyState icon="runs" title={other === undefined ? "Choose two runs" : "Choose another run"}>
          {other === undefined
            ? "A run's page has a link that compares it with the one before it."
            : "There is no other run of this pipeline to compare it with."}
        </EmptyState>
      ) : (
        <Loaded query={first} failure={failureOf(first.error, first.refetch)}>
          {(left) => (
            <Loaded query={second} failure={failureOf(second.error, second.refetch)}>
              {(right) => <Compared one={left} other={right} />}
            </Loaded>
          )}
        </Loaded>
      )}
    </Page>
  );
}

function idOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function Choice({ runs }: { runs: Schemas["RunSummary"][] }) {
  const url = useUrlState();
  const options = runs.map((run) => ({
    value: String(run.id),
    label: `${run.id}, ${run.outcome}, ${new Date(run.started).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}`,
  }));
  return (
    <FilterBar
      state={url}
      facets={[
        { id: "one", title: "Run", options, isOpen: true },
        { id: "other", title: "With", options, isOpen: true },
      ]}
    />
  );
}

function Compared({ one, other }: { one: Run; other: Run }) {
  const query = useQuery(queries.comparison(one.id, other.id));
  return (
    <>
      <Facts one={one} other={other} />
      <Loaded query={query} failure={failureOf(query.error, query.refetch)}>
        {(comparison) => <Differences comparison={comparison} />}
      </Loaded>
    </>
  );
}

function Facts({ one, other }: { one: Run; other: Run }) {
  const lines: [string, (run: Run) => React.ReactNode][] = [
    ["Outcome", (run) => <StateBadge state={run.outcome} />],
    ["Started", (run) => <TimeAgo at={run.started} />],
    ["Took", (run) => <Duration started={run.started} ended={run.ended} />],
    ["Tasks", (run) => `${run.tasks.done.toLocaleString()} of ${sum(run.tasks).toLocaleString()} done`],
    ["Attempts", (run) => `${run.attempts.toLocaleString()}, ${run.failures.toLocaleString()} failed`],
    ["Worker", (run) => [run.who.user, run.who.host].filter(Boolean).join("@") || "unknown"],
    ...parameterNames(one, other).map((name): [string, (run: Run) => React.ReactNode] => [
      name,
      (run) => parameter(run, name),
    ]),
  ];
  return (
    <table className={css.facts} aria-label="The two runs">
      <thead>
        <tr>
          <td />
          <th scope="col">
            <RunLink run={one.id} />
          </th>
          <th scope="col">
            <RunLink run={other.id} />
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value(one)}</td>
            <td>{value(other)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function sum(counts: Schemas["TaskCounts"]): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function parameterNames(one: Run, other: Run): string[] {
  return [...new Set([...one.parameters, ...other.parameters].map(({ name }) => name))];
}

function parameter(run: Run, name: string): React.ReactNode {
  const found = run.parameters.find((one) => one.name === name);
  if (!found) return <Dim>Not given</Dim>;
  return <code>{typeof found.value === "string" ? found.value : JSON.stringify(found.value)}</code>;
}

type Difference = Schemas["TaskDifference"];
type Then = Schemas["TaskThenView"];

const isOtherwise = ({ first, second }: Difference) => first.status !== second.status;

function Differences({ comparison }: { comparison: Schemas["RunComparison"] }) {
  const { first, second, changed, changed_total, matched } = comparison;
  const url = useUrlState();
  // As the server has them: what ended otherwise first, then what became slower by the most.
  const sort = url.get("sort");
  const columns = differenceColumns(first.id, second.id);
  const rows = itemRows({ data: changed, error: null, isPending: false, refetch: () => {} });
  return (
    <>
      <ResourceTable
        name="Differences"
        title="Task by task"
        note={
          changed_total > changed.length
            ? `the first ${changed.length.toLocaleString()} of ${changed_total.toLocaleString()} that differ; both runs have ${matched.toLocaleString()} tasks`
            : `${matched.toLocaleString()} ${matched === 1 ? "task is" : "tasks are"} in both runs`
        }
        rows={sortedRows(rows, columns, sort)}
        columns={columns}
        rowKey={(task) => task.second.id}
        sort={sort}
        onSort={(next) => url.set({ sort: next }, false)}
        empty={<EmptyState icon="check" title="No task of both differs in status or time" />}
      />
      <Columns>
        <Only run={first.id} tasks={comparison.removed} total={comparison.removed_total} />
        <Only run={second.id} tasks={comparison.added} total={comparison.added_total} />
      </Columns>
    </>
  );
}

/** What only one of them has. */
function Only({ run, tasks, total }: { run: number; tasks: string[]; total: number }) {
  if (total === 0) return null;
  const columns: Column<string>[] = [
    {
      id: "task",
      title: "Task",
      share: 1,
      text: (task) => task,
      cell: (task) => (
        <Link to={paths.run(run, { task })} title={task}>
          {task}
        </Link>
      ),
    },
  ];
  return (
    <ResourceTable
      name={`Only in run ${run}`}
      title={`Only in run ${run}`}
      note={total > tasks.length ? `the first of ${total.toLocaleString()}` : undefined}
      rows={itemRows({ data: tasks, error: null, isPending: false, refetch: () => {} })}
      columns={columns}
      rowKey={(task) => task}
      empty={null}
    />
  );
}

function differenceColumns(one: number, other: number): Column<Difference>[] {
  const side = (id: "first" | "second", run: number): Column<Difference> => ({
    id,
    title: `Run ${run}`,
    share: 1.4,
    isSortable: true,
    text: (task) => thenText(task[id]),
    key: (task) => task[id].duration_s ?? -1,
    cell: (task) => <ThenOf then={task[id]} run={run} isOtherwise={isOtherwise(task)} />,
  });
  return [
    {
      id: "task",
      title: "Task",
      share: 2,
      isSortable: true,
      text: ({ second }) => second.id,
      cell: ({ family, second }) => (
        <span title={second.id}>
          {family} <Dim>{second.id.slice(family.length + 1)}</Dim>
        </span>
      ),
    },
    side("first", one),
    side("second", other),
    {
      id: "slower",
      title: "Longer by",
      width: 150,
      isNumber: true,
      isEssential: true,
      isSortable: true,
      text: ({ slower_s }) => `${slower_s} s`,
      key: ({ slower_s }) => slower_s,
      cell: (task) => <Slower task={task} />,
    },
  ];
}

function thenText({ status, duration_s, attempts }: Then): string {
  const took = typeof duration_s === "number" ? `, ${formatSeconds(duration_s)}` : "";
  return `${stateWord(status)}${took}${attempts > 1 ? `, ${attempts} attempts` : ""}`;
}

function ThenOf({ then, run, isOtherwise }: { then: Then; run: number; isOtherwise: boolean }) {
  return (
    <Inline>
      <StateBadge state={then.status} bare={!isOtherwise} />
      <Link to={paths.run(run, { task: then.id })}>
        {typeof then.duration_s === "number" ? formatSeconds(then.duration_s) : "not worked on"}
      </Link>
      {then.attempts > 1 && <Dim>{then.attempts} attempts</Dim>}
    </Inline>
  );
}

function Slower({ task: { first, second, slower_s } }: { task: Difference }) {
  if (typeof first.duration_s !== "number" || typeof second.duration_s !== "number") return <Dim>–</Dim>;
  const share = first.duration_s > 0 ? Math.abs(slower_s) / first.duration_s : 1;
  if (slower_s === 0 || share < NOTABLE) return <Dim>About the same</Dim>;
  return <strong>{`${slower_s > 0 ? "+" : "−"}${formatSeconds(Math.abs(slower_s))}`}</strong>;
}
