/** What needs me: what of my teams fails and why, what is not in order, what changed, what takes long. */

import { useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { failureOf, itemRows, PAGE_ITEMS_MAX, paths, queries, type Schemas, shortRef } from "../api";
import {
  Card,
  Cards,
  type Column,
  Columns,
  Dim,
  EmptyState,
  EntityLink,
  formatSeconds,
  Inline,
  List,
  Loaded,
  OwnerLink,
  Page,
  ResourceTable,
  RunLink,
  Section,
  Skeleton,
  Sparkline,
  type SparklineBar,
  StateBadge,
  secondsBetween,
  stateWord,
  TimeAgo,
  useRemembered,
} from "../kit";
import css from "./home.module.css";
import { TaskCounts } from "./task-counts";

type Run = Schemas["RunSummary"];
type Entity = Schemas["EntitySummary"];

// LIMIT: of so many teams is asked what fails, of so many runs how long they take, and so many entries are what changed.
const TEAMS_MAX = 30;
const RUNS = 500;
const BARS = 30;
const SLOWEST = 5;
const CHANGES_SHOWN = 8;

const keyOf = (owner: Schemas["OwnerName"] | null | undefined) => owner?.ref ?? owner?.name ?? "";

export default function Home() {
  const status = useQuery(queries.status());
  const owners = useQuery(queries.owners());
  const [chosen, choose] = useRemembered<string[]>("my-teams", []);
  const runs = useInfiniteQuery(queries.runs({}, RUNS));
  const teams = owners.data?.items.filter(({ owner }) => owner) ?? [];
  // A team that is gone is no longer mine.
  const mine = chosen.filter((key) => teams.some(({ owner }) => keyOf(owner) === key));
  const isMine = (owner: Schemas["OwnerName"] | null | undefined) => mine.length === 0 || mine.includes(keyOf(owner));
  const known = runs.data?.pages.flatMap((page) => page.items) ?? [];
  const own = known.filter(({ owner }) => isMine(owner));

  return (
    <Page title="Home" lead={<Teams teams={teams} mine={mine} choose={choose} />}>
      <Loaded query={owners} failure={failureOf(owners.error, owners.refetch)}>
        {({ items }) => <Failing owners={items.filter(({ owner }) => isMine(owner))} runs={known} />}
      </Loaded>
      <Loaded query={status} failure={failureOf(status.error, status.refetch)}>
        {(answer) => <Now status={answer} />}
      </Loaded>
      <Columns>
        {runs.isPending ? <Skeleton lines={5} /> : <Slowest runs={own} />}
        <Section title="Changed today" note={<Link to={paths.ledger()}>the whole ledger</Link>}>
          <Changes size={status.data?.ledger.size} runs={own} />
        </Section>
      </Columns>
    </Page>
  );
}

/** Whose things are looked at. Nobody chosen is everybody. */
function Teams(props: { teams: Schemas["OwnerSummary"][]; mine: string[]; choose: (keys: string[]) => void }) {
  const { teams, mine, choose } = props;
  if (teams.length < 2) return null;
  return (
    <fieldset className={css.teams}>
      <legend>My teams</legend>
      <label>
        <input type="checkbox" checked={mine.length === 0} onChange={() => choose([])} />
        All
      </label>
      {teams.slice(0, TEAMS_MAX).map(({ owner, failing }) => {
        const key = keyOf(owner);
        const isChosen = mine.includes(key);
        return (
          <label key={key} data-failing={failing > 0 || undefined}>
            <input
              type="checkbox"
              checked={isChosen}
              onChange={() => choose(isChosen ? mine.filter((one) => one !== key) : [...mine, key])}
            />
            {owner?.name}
            {failing > 0 && <span className={css.count}>{failing} failing</span>}
          </label>
        );
      })}
    </fieldset>
  );
}

interface FailingEntity extends Entity {
  /** The run that ended last, in which to look for the cause. */
  run: Run | undefined;
}

const failingColumns: Column<FailingEntity>[] = [
  {
    id: "component",
    title: "Component",
    share: 1.6,
    text: ({ title }) => title,
    cell: ({ ref, title }) => <EntityLink entity={ref} title={title} />,
  },
  {
    id: "owner",
    title: "Owner",
    share: 1,
    text: ({ owner }) => owner?.name ?? "",
    cell: ({ owner }) => <OwnerLink owner={owner} />,
  },
  {
    id: "since",
    title: "Failing since",
    width: 124,
    text: ({ failing_since }) => failing_since ?? "",
    cell: ({ failing_since }) => failing_since && <TimeAgo at={failing_since} />,
  },
  {
    id: "run",
    title: "Last run",
    width: 90,
    text: ({ run }) => String(run?.id ?? ""),
    cell: ({ run }) => (run ? <RunLink run={run.id} /> : <Dim>–</Dim>),
  },
  {
    id: "cause",
    title: "First cause",
    share: 4,
    isEssential: true,
    text: ({ run }) => (run ? paths.runExplanation(run.id) : ""),
    cell: ({ run }) => (run ? <FirstCause run={run.id} /> : <Dim>Its last run is not among the latest {RUNS}</Dim>),
  },
];

/** What a run failed of, in a line, with the way to the whole of it. */
function FirstCause({ run }: { run: number }) {
  const { data, error } = useQuery(queries.runExplanation(run));
  const cause = data?.causes[0];
  const others = (data?.causes_total ?? 0) - 1;
  const line = cause?.error?.text.trimEnd().split("\n").at(-1);
  const text = cause ? `${cause.family}: ${line ?? stateWord(cause.kind).toLowerCase()}` : "Why?";
  if (!data && !error) return <Dim>Looking for it…</Dim>;
  return (
    <span title={text}>
      <Link to={paths.runExplanation(run)}>{text}</Link>
      {others > 0 && <Dim> and {others.toLocaleString()} more</Dim>}
    </span>
  );
}

function Failing({ owners, runs }: { owners: Schemas["OwnerSummary"][]; runs: Run[] }) {
  const failing = owners.filter((one) => one.failing > 0);
  const named = failing.filter(({ owner }) => owner).slice(0, TEAMS_MAX);
  const details = useQueries({ queries: named.map(({ owner }) => queries.owner(keyOf(owner))) });
  const unowned = useQuery({
    ...queries.entities({ unowned: true, health: "failing" }, 0, PAGE_ITEMS_MAX),
    enabled: failing.some(({ owner }) => !owner),
  });
  const items = [...details.flatMap(({ data }) => data?.items ?? []), ...(unowned.data?.items ?? [])]
    .filter((entity) => entity.failing_since)
    .sort((a, b) => (a.failing_since ?? "").localeCompare(b.failing_since ?? ""))
    .map((entity) => ({ ...entity, run: runs.find(({ component, ended }) => component === entity.ref && ended) }));
  const failed = details.find((detail) => detail.error && !detail.data);
  const isPending = failing.length > 0 && items.length === 0 && details.some((detail) => detail.isPending);
  return (
    <ResourceTable
      name="Failing components"
      tools={<h2 className={css.heading}>Failing now</h2>}
      rows={itemRows({
        data: items,
        error: items.length === 0 ? (failed?.error ?? null) : null,
        isPending,
        refetch: () => failed?.refetch(),
      })}
      columns={failingColumns}
      rowKey={({ ref }) => ref}
      narrow={({ ref, title, owner, failing_since, run }) => (
        <>
          <Inline>
            <strong>
              <EntityLink entity={ref} title={title} />
            </strong>
            <OwnerLink owner={owner} />
            {failing_since && (
              <Dim>
                since <TimeAgo at={failing_since} />
              </Dim>
            )}
          </Inline>
          {run && <FirstCause run={run.id} />}
        </>
      )}
      empty={
        <EmptyState icon="check" title="Nothing is failing">
          The last run of each pipeline succeeded, as far as any has run.
        </EmptyState>
      }
    />
  );
}

function Now({ status }: { status: Schemas["Status"] }) {
  const { catalog, tasks, runs_live, workers, paused } = status;
  const faults = [
    [catalog.unowned, "that nobody answers for", paths.catalog({ unowned: "true" })],
    [catalog.dangling, catalog.dangling === 1 ? "reference leads nowhere" : "references lead nowhere", undefined],
    [catalog.cycles, catalog.cycles === 1 ? "circle of dependencies" : "circles of dependencies", undefined],
    [catalog.manifest_problems, "problems of manifests", undefined],
  ] as const;
  const isKnown = Object.values(tasks).some((count) => count > 0);
  const found = faults.filter(([count]) => count > 0);
  return (
    <Cards>
      <Card title="At work">
        <Inline>
          <Link to={paths.runs({ outcome: "running" })}>
            {runs_live.toLocaleString()} {runs_live === 1 ? "run" : "runs"}
          </Link>
          <Link to={paths.workers()}>
            {workers.toLocaleString()} {workers === 1 ? "worker" : "workers"}
          </Link>
          {paused && <StateBadge state="paused" />}
        </Inline>
        {isKnown ? <TaskCounts counts={tasks} /> : <Dim>The scheduler knows no task now.</Dim>}
      </Card>
      <Card title="Catalog">
        <Link to={paths.catalog()}>{catalog.entities.toLocaleString()} entities</Link>
        {found.length === 0 ? (
          <Dim>All have an owner, and every reference leads somewhere.</Dim>
        ) : (
          <>
            <ul className={css.faults}>
              {found.map(([count, text, to]) => (
                <li key={text}>
                  {to ? (
                    <Link to={to}>
                      {count.toLocaleString()} {text}
                    </Link>
                  ) : (
                    `${count.toLocaleString()} ${text}`
                  )}
                </li>
              ))}
            </ul>
            <Problems />
          </>
        )}
      </Card>
    </Cards>
  );
}

/** Where the first faults are written, so that somebody can mend them. */
function Problems() {
  const { data } = useQuery(queries.problems());
  if (!data) return null;
  const lines = [
    ...data.manifests.map(({ path, line, message }) => ({
      key: `${path}:${line}:${message}`,
      at: `${path}${line ? ` line ${line}` : ""}`,
      message,
    })),
    ...data.dangling.map(({ place, target, ref }) => ({
      key: `${ref} ${target}`,
      at: `${place.path} line ${place.line}`,
      message: `${shortRef(target)} is in no manifest`,
    })),
    ...data.cycles.map((cycle) => ({ key: cycle.join(), at: "circle", message: cycle.map(shortRef).join(" → ") })),
  ];
  return (
    <List>
      {lines.slice(0, 3).map(({ key, at, message }) => (
        <li key={key}>
          <Dim>
            <code>{at}</code>: {message}
          </Dim>
        </li>
      ))}
    </List>
  );
}

function bar(run: Run): SparklineBar {
  return {
    seconds: run.ended ? secondsBetween(run.started, run.ended) : 0,
    outcome: run.outcome === "succeeded" ? "ok" : run.outcome === "running" ? "busy" : "bad",
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

interface Slow {
  name: string;
  component: string;
  runs: Run[];
  seconds: number;
}

const slowColumns: Column<Slow>[] = [
  {
    id: "pipeline",
    title: "Pipeline",
    share: 2,
    text: ({ name }) => name,
    cell: ({ name }) => <Link to={paths.runs({ pipeline: name })}>{name}</Link>,
  },
  {
    id: "runs",
    title: `Last ${BARS} runs`,
    width: 204,
    text: ({ runs }) => runs.map((run) => run.outcome).join(" "),
    cell: ({ runs, name }) => <Sparkline bars={runs.slice(0, BARS).toReversed().map(bar)} label={name} />,
  },
  {
    id: "took",
    title: "Takes",
    width: 96,
    isNumber: true,
    isEssential: true,
    text: ({ seconds }) => `${seconds} s`,
    cell: ({ seconds }) => formatSeconds(seconds),
  },
];

function Slowest({ runs }: { runs: Run[] }) {
  // A run that failed at once says nothing of how long the work takes; where none succeeded, what there is has to do.
  const slow = [...Map.groupBy(runs, (run) => run.pipeline)].flatMap(([name, group]): Slow[] => {
    const ended = group.filter((run) => run.ended);
    const succeeded = ended.filter((run) => run.outcome === "succeeded");
    const measured = (succeeded.length > 0 ? succeeded : ended).slice(0, BARS);
    const [first] = group;
    if (!first || measured.length === 0) return [];
    const seconds = median(measured.map((run) => secondsBetween(run.started, run.ended ?? run.started)));
    return [{ name, component: first.component, runs: group, seconds }];
  });
  slow.sort((a, b) => b.seconds - a.seconds);
  return (
    <ResourceTable
      name="Slowest pipelines"
      tools={<h2 className={css.heading}>Slowest pipelines</h2>}
      rows={itemRows({ data: slow.slice(0, SLOWEST), error: null, isPending: false, refetch: () => {} })}
      columns={slowColumns}
      rowKey={({ name }) => name}
      empty={
        <EmptyState icon="pipelines" title="No run has ended yet">
          A pipeline is here from its first run on: point a Luigi worker at this server.
        </EmptyState>
      }
    />
  );
}

const words: Record<string, string> = {
  "entity.declared": "declared or changed",
  "entity.removed": "declared no more",
  "pipeline.discovered": "pipeline seen first",
  "resources.set": "amount set",
  "scheduler.paused": "paused",
};

/** What a change is about, and what was done to it. */
function told({ kind, subject, payload }: Schemas["EntryView"]): [what: string, done: string | undefined] {
  const { totals, paused } = payload as { totals?: Record<string, unknown>; paused?: boolean };
  if (totals) return [Object.keys(totals).join(", "), words[kind]];
  if (paused === false) return ["Scheduler", "hands out work again"];
  if (paused) return ["Scheduler", words[kind]];
  return [subject.slice(subject.indexOf(":") + 1), words[kind]];
}

/** What people changed since midnight, from the latest entries of the ledger; and how runs went. */
function Changes({ size, runs }: { size: number | undefined; runs: Run[] }) {
  const latest = useQuery({
    ...queries.entries(Math.max(0, (size ?? 0) - PAGE_ITEMS_MAX), PAGE_ITEMS_MAX),
    enabled: size !== undefined,
    placeholderData: (kept) => kept,
  });
  if (latest.isPending) return <Skeleton lines={5} />;
  const midnight = new Date().setHours(0, 0, 0, 0);
  const changes = (latest.data?.items ?? [])
    .filter(({ kind, at }) => words[kind] !== undefined && Date.parse(at) >= midnight)
    .toReversed();
  const oldest = latest.data?.items[0];
  const isCut = oldest !== undefined && oldest.seq > 0 && Date.parse(oldest.at) >= midnight;
  const today = runs.filter(({ started }) => Date.parse(started) >= midnight);
  const failed = today.filter(({ outcome }) => outcome !== "succeeded" && outcome !== "running").length;
  return (
    <List>
      <li>
        <Link to={paths.runs()}>
          {today.length.toLocaleString()}
          {today.length === RUNS && "+"} {today.length === 1 ? "run" : "runs"}
        </Link>{" "}
        <Dim>started today, {failed === 0 ? "none failed" : `${failed.toLocaleString()} did not succeed`}</Dim>
      </li>
      {changes.slice(0, CHANGES_SHOWN).map((entry) => {
        const [what, done] = told(entry);
        return (
          <li key={entry.seq} className={css.change}>
            <span>
              {entry.kind.startsWith("entity.") ? (
                <EntityLink entity={entry.subject} />
              ) : (
                <Link to={paths.ledger({ entry: String(entry.seq) })}>{what}</Link>
              )}{" "}
              <Dim>{done}</Dim>
            </span>
            <Dim>
              <TimeAgo at={entry.at} />
            </Dim>
          </li>
        );
      })}
      {changes.length > CHANGES_SHOWN && (
        <li>
          <Link to={paths.ledger()}>and {(changes.length - CHANGES_SHOWN).toLocaleString()} more</Link>
        </li>
      )}
      {isCut && (
        <li>
          <Dim>
            Among the latest {PAGE_ITEMS_MAX.toLocaleString()} entries of the ledger; there are older ones of today.
          </Dim>
        </li>
      )}
    </List>
  );
}
