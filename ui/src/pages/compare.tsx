/** Two runs beside each other: how each went, and family by family what took longer, failed, or was not there. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { failureOf, itemRows, paths, queries, type Schemas } from "../api";
import {
  Button,
  type Column,
  Dim,
  Duration,
  EmptyState,
  FilterBar,
  formatSeconds,
  Loaded,
  Page,
  ResourceTable,
  RunLink,
  Section,
  StateBadge,
  secondsBetween,
  sortedRows,
  TimeAgo,
  useUrlState,
} from "../kit";
import css from "./compare.module.css";

type Run = Schemas["RunDetail"];
type Task = Schemas["RunTaskView"];

/** LIMIT: so many of the latest runs of the pipeline can be chosen from; an older one is named in the address. */
const CHOICE = 60;
/** What differs by less is noise. */
const NOTABLE = 0.2;

interface Side {
  tasks: number;
  failed: number;
  /** What its attempts in this run took, in all. */
  seconds: number;
}

interface Family {
  name: string;
  one: Side | undefined;
  other: Side | undefined;
}

export default function Compare() {
  const url = useUrlState();
  const other = idOf(url.get("other"));
  const second = useQuery({ ...queries.run(other ?? 0), enabled: other !== undefined });
  const chosen = idOf(url.get("one"));
  const runs = useInfiniteQuery(queries.runs(second.data ? { pipeline: second.data.pipeline } : {}, CHOICE));
  const choice = runs.data?.pages[0]?.items ?? [];
  // Until another is chosen it is the one before.
  const before =
    second.data && choice.find(({ id, pipeline }) => id < second.data.id && pipeline === second.data.pipeline);
  const one = chosen ?? before?.id;
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
            : "There is no earlier run of this pipeline to compare it with."}
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
  return (
    <>
      <Facts one={one} other={other} />
      <Families one={one} other={other} />
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

/** Tasks by family: their ids differ from run to run with their parameters. */
function byFamily(tasks: Task[], run: number): Map<string, Side> {
  const sides = new Map<string, Side>();
  for (const { family, status, attempts } of tasks) {
    const side = sides.get(family) ?? { tasks: 0, failed: 0, seconds: 0 };
    side.tasks += 1;
    if (status === "FAILED" || status === "DISABLED") side.failed += 1;
    for (const attempt of attempts) {
      if (attempt.run === run && attempt.started && attempt.ended) {
        side.seconds += secondsBetween(attempt.started, attempt.ended);
      }
    }
    sides.set(family, side);
  }
  return sides;
}

function Families({ one, other }: { one: Run; other: Run }) {
  const url = useUrlState();
  const left = useQuery(queries.runTasks(one.id));
  const right = useQuery(queries.runTasks(other.id));
  const sides = [byFamily(left.data ?? [], one.id), byFamily(right.data ?? [], other.id)] as const;
  const names = [...new Set([...sides[0].keys(), ...sides[1].keys()])];
  const families = names.map((name): Family => ({ name, one: sides[0].get(name), other: sides[1].get(name) }));
  const columns = familyColumns(one.id, other.id);
  const failed = left.error ? left : right;
  const rows = itemRows({
    data: families,
    error: failed.error,
    isPending: left.isPending || right.isPending,
    refetch: failed.refetch,
  });
  const sort = url.get("sort") ?? "-change";
  return (
    <Section title="Family by family" note="time is that of all attempts together">
      <ResourceTable
        name="Families"
        rows={sortedRows(rows, columns, sort)}
        columns={columns}
        rowKey={({ name }) => name}
        sort={sort}
        onSort={(next) => url.set({ sort: next }, false)}
        empty={<EmptyState icon="runs" title="Neither run has tasks" />}
      />
    </Section>
  );
}

function change({ one, other }: Family): number {
  return (other?.seconds ?? 0) - (one?.seconds ?? 0);
}

function familyColumns(one: number, other: number): Column<Family>[] {
  const side = (id: "one" | "other", run: number): Column<Family> => ({
    id,
    title: `Run ${run}`,
    share: 1.4,
    isSortable: true,
    text: (family) => sideText(family[id]),
    key: (family) => family[id]?.seconds ?? -1,
    cell: (family) => <SideOf side={family[id]} run={run} family={family.name} />,
  });
  return [
    { id: "family", title: "Family", share: 2, isSortable: true, text: ({ name }) => name, cell: ({ name }) => name },
    side("one", one),
    side("other", other),
    {
      id: "change",
      title: "Longer by",
      width: 150,
      isNumber: true,
      isEssential: true,
      isSortable: true,
      text: (family) => `${change(family)} s`,
      key: change,
      cell: (family) => <Change family={family} />,
    },
  ];
}

function sideText(side: Side | undefined): string {
  if (!side) return "not there";
  const tasks = `${side.tasks.toLocaleString()} ${side.tasks === 1 ? "task" : "tasks"}`;
  return `${tasks}, ${formatSeconds(side.seconds)}${side.failed > 0 ? `, ${side.failed} failed` : ""}`;
}

function SideOf({ side, run, family }: { side: Side | undefined; run: number; family: string }) {
  if (!side) return <Dim>Not there</Dim>;
  return (
    <span>
      <Link to={paths.run(run, { family })}>
        {side.tasks.toLocaleString()} {side.tasks === 1 ? "task" : "tasks"}
      </Link>
      , {formatSeconds(side.seconds)} {side.failed > 0 && <StateBadge state="failed" bare />}
    </span>
  );
}

function Change({ family }: { family: Family }) {
  const { one, other } = family;
  if (!one) return <Dim>Only in the second</Dim>;
  if (!other) return <Dim>Only in the first</Dim>;
  const seconds = change(family);
  const share = one.seconds > 0 ? Math.abs(seconds) / one.seconds : 1;
  if (seconds === 0 || share < NOTABLE) return <Dim>About the same</Dim>;
  return <strong>{`${seconds > 0 ? "+" : "−"}${formatSeconds(Math.abs(seconds))}`}</strong>;
}
