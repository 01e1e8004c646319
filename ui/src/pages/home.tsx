/** What needs me: what of my teams fails and why, what is not in order, what changed, what takes long. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { failureOf, itemRows, paths, queries, type Schemas, shortRef } from "../api";
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
  StateBadge,
  stateWord,
  TimeAgo,
  useRemembered,
} from "../kit";
import css from "./home.module.css";
import { runBar } from "./run-bar";
import { sentenceOf } from "./sentence";
import { TaskCounts } from "./task-counts";

type Pipeline = Schemas["PipelineSummary"];

// LIMIT: so many teams can be chosen from, so many of what fails are told.
const TEAMS_MAX = 30;
const FAILING_MAX = 50;
const BARS = 30;
const SLOWEST = 5;
const CHANGES_SHOWN = 8;

const keyOf = (owner: Schemas["OwnerName"] | null | undefined) => owner?.ref ?? owner?.name ?? "";

export default function Home() {
  const status = useQuery(queries.status());
  const owners = useQuery(queries.owners());
  const [chosen, choose] = useRemembered<string[]>("my-teams", []);
  const teams = owners.data?.items.filter(({ owner }) => owner) ?? [];
  // A team that is gone is no longer mine.
  const mine = chosen.filter((key) => teams.some(({ owner }) => keyOf(owner) === key));
  const owner = mine.length > 0 ? mine.join(",") : undefined;

  return (
    <Page title="Home" lead={<Teams teams={teams} mine={mine} choose={choose} />}>
      <Loaded query={owners} failure={failureOf(owners.error, owners.refetch)}>
        {() => <Failing owner={owner} />}
      </Loaded>
      <Loaded query={status} failure={failureOf(status.error, status.refetch)}>
        {(answer) => <Now status={answer} />}
      </Loaded>
      <Columns>
        <Slowest owner={owner} />
        <Section title="Changed today" note={<Link to={paths.ledger()}>the whole ledger</Link>}>
          <Changes owner={owner} />
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

/** In which to look for the cause. */
function lastEnded({ runs }: Pipeline) {
  return runs.findLast(({ outcome }) => outcome !== "running");
}

const failingColumns: Column<Pipeline>[] = [
  {
    id: "component",
    title: "Component",
    share: 1.5,
    text: ({ component }) => shortRef(component),
    cell: ({ component }) => <EntityLink entity={component} />,
  },
  {
    id: "owner",
    title: "Owner",
    share: 1.1,
    text: ({ owner }) => owner?.name ?? "",
    cell: ({ owner }) => <OwnerLink owner={owner} />,
  },
  {
    id: "since",
    title: "Failing since",
    width: 118,
    text: ({ failing_since }) => failing_since ?? "",
    cell: ({ failing_since }) => failing_since && <TimeAgo at={failing_since} />,
  },
  {
    id: "run",
    title: "Last run",
    width: 84,
    text: (pipeline) => String(lastEnded(pipeline)?.id ?? ""),
    cell: (pipeline) => {
      const run = lastEnded(pipeline);
      return run ? <RunLink run={run.id} /> : <Dim>–</Dim>;
    },
  },
  {
    id: "cause",
    title: "First cause",
    share: 3.6,
    isEssential: true,
    text: (pipeline) => paths.runExplanation(lastEnded(pipeline)?.id ?? 0),
    cell: (pipeline) => <FirstCause run={lastEnded(pipeline)?.id} />,
  },
  {
    id: "affects",
    title: "Also affected",
    share: 1.6,
    text: () => "",
    cell: (pipeline) => <Affected run={lastEnded(pipeline)?.id} component={pipeline.component} />,
  },
];

/** What a run failed of, in a line, with the way to the whole of it. */
function FirstCause({ run }: { run: number | undefined }) {
  const { data, error } = useQuery({ ...queries.runExplanation(run ?? 0), enabled: run !== undefined });
  if (run === undefined) return <Dim>Its last run goes on</Dim>;
  if (!data && !error) return <Dim>Looking for it…</Dim>;
  const cause = data?.causes[0];
  const others = (data?.causes_total ?? 0) - 1;
  const line = cause?.error?.text.trimEnd().split("\n").at(-1);
  const what = line ?? (cause?.lost ? "lost: its worker fell silent" : stateWord(cause?.kind ?? "").toLowerCase());
  const text = cause ? `${cause.family}: ${what}` : "Why?";
  return (
    <span title={text}>
      <Link to={paths.runExplanation(run)}>{text}</Link>
      {others > 0 && <Dim> and {others.toLocaleString()} more</Dim>}
    </span>
  );
}

/** Who else waits for the first cause, in a line. */
function Affected({ run, component }: { run: number | undefined; component: string }) {
  const { data } = useQuery({ ...queries.runExplanation(run ?? 0), enabled: run !== undefined });
  const cause = data?.causes[0];
  if (!cause) return null;
  const others = cause.components_affected.filter(({ ref }) => ref !== component);
  const isOwn = cause.components_affected.length === others.length;
  const more = cause.components_affected_total - (isOwn ? 0 : 1) - 1;
  const [first] = others;
  if (!first)
    return <Dim>{cause.component === component ? "Nothing else" : `Waits for ${shortRef(cause.component)}`}</Dim>;
  return (
    <>
      <EntityLink entity={first.ref} exists={first.exists} />
      {more > 0 && <Dim> and {more.toLocaleString()} more</Dim>}
    </>
  );
}

function Failing({ owner }: { owner: string | undefined }) {
  const query = useQuery({
    ...queries.pipelines({ ...(owner ? { owner } : {}), failing: true, sort: "failing_since" }, 0, FAILING_MAX),
    placeholderData: keepPreviousData,
  });
  const total = query.data?.total ?? 0;
  return (
    <ResourceTable
      name="Failing components"
      title="Failing now"
      note={total > FAILING_MAX && `the first ${FAILING_MAX} of ${total.toLocaleString()}`}
      rows={itemRows({ ...query, data: query.data?.items })}
      columns={failingColumns}
      rowKey={({ pipeline }) => pipeline}
      narrow={(pipeline) => (
        <>
          <Inline>
            <strong>
              <EntityLink entity={pipeline.component} />
            </strong>
            <OwnerLink owner={pipeline.owner} />
            {pipeline.failing_since && (
              <Dim>
                since <TimeAgo at={pipeline.failing_since} />
              </Dim>
            )}
          </Inline>
          <FirstCause run={lastEnded(pipeline)?.id} />
          <Inline>
            <Dim>Also affected:</Dim>
            <Affected run={lastEnded(pipeline)?.id} component={pipeline.component} />
          </Inline>
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

const slowColumns: Column<Pipeline>[] = [
  {
    id: "pipeline",
    title: "Pipeline",
    share: 2,
    text: ({ pipeline }) => pipeline,
    cell: ({ pipeline }) => <Link to={paths.runs({ pipeline })}>{pipeline}</Link>,
  },
  {
    id: "runs",
    title: `Last ${BARS} runs`,
    width: 204,
    text: ({ runs }) => runs.map((run) => run.outcome).join(" "),
    cell: ({ runs, pipeline }) => <Sparkline bars={runs.map(runBar)} label={pipeline} />,
  },
  {
    id: "took",
    title: "Takes",
    width: 96,
    isNumber: true,
    isEssential: true,
    text: ({ duration_p50_s }) => `${duration_p50_s} s`,
    cell: ({ duration_p50_s }) => formatSeconds(duration_p50_s ?? 0),
  },
];

function Slowest({ owner }: { owner: string | undefined }) {
  const query = useQuery({
    ...queries.pipelines({ ...(owner ? { owner } : {}), sort: "duration", order: "desc" }, 0, SLOWEST),
    placeholderData: keepPreviousData,
  });
  // What has never ended took no time yet.
  const slow = query.data?.items.filter(({ duration_p50_s }) => typeof duration_p50_s === "number");
  return (
    <ResourceTable
      name="Slowest pipelines"
      title="Slowest pipelines"
      rows={itemRows({ ...query, data: slow })}
      columns={slowColumns}
      rowKey={({ pipeline }) => pipeline}
      empty={
        <EmptyState icon="pipelines" title="No run has ended yet">
          A pipeline is here from its first run on: point a Luigi worker at this server.
        </EmptyState>
      }
    />
  );
}

const midnight = () => new Date(new Date().setHours(0, 0, 0, 0)).toISOString();

/** How the runs of today went. */
function Today({ owner }: { owner: string | undefined }) {
  const filter = { since: midnight(), ...(owner ? { owner } : {}) };
  const all = useQuery(queries.runsTotal(filter));
  const succeeded = useQuery(queries.runsTotal({ ...filter, outcome: "succeeded" }));
  const running = useQuery(queries.runsTotal({ ...filter, outcome: "running" }));
  if (all.data === undefined || succeeded.data === undefined || running.data === undefined) return <Dim>…</Dim>;
  const other = Math.max(0, all.data - succeeded.data - running.data);
  return (
    <>
      <Link to={paths.runs()}>
        {all.data.toLocaleString()} {all.data === 1 ? "run" : "runs"}
      </Link>{" "}
      <Dim>
        started today, {other === 0 ? "none failed" : `${other.toLocaleString()} did not succeed`}
        {running.data > 0 && `, ${running.data.toLocaleString()} ${running.data === 1 ? "goes" : "go"} on`}
      </Dim>
    </>
  );
}

/** What people change, not what runs by itself. */
const CHANGES = "entity.,pipeline.discovered,resources.set,scheduler.paused,worker.disabled";

/** What was changed since midnight; and how runs went. */
function Changes({ owner }: { owner: string | undefined }) {
  const filter = { kind: CHANGES, since: midnight() };
  // One more than is shown says whether there are more.
  const latest = useQuery(queries.latestEntries("ledger", filter, CHANGES_SHOWN + 1));
  if (latest.isPending) return <Skeleton lines={5} />;
  const changes = latest.data?.items ?? [];
  return (
    <List>
      <li>
        <Today owner={owner} />
      </li>
      {changes.slice(0, CHANGES_SHOWN).map((entry) => (
        <li key={entry.seq} className={css.change}>
          <span>{sentenceOf(entry)}</span>
          <Link to={paths.ledger({ entry: String(entry.seq) })}>
            <TimeAgo at={entry.at} />
          </Link>
        </li>
      ))}
      {changes.length > CHANGES_SHOWN && (
        <li>
          <Link to={paths.ledger({ kind: CHANGES, since: midnight() })}>all of today</Link>
        </li>
      )}
      {changes.length === 0 && (
        <li>
          <Dim>Nothing in the catalog was declared, changed or taken away.</Dim>
        </li>
      )}
    </List>
  );
}
