/** What runs again and again, with how it went lately. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { itemRows, paths, queries, type Schemas } from "../api";
import {
  type Column,
  Duration,
  EmptyState,
  EntityLink,
  OwnerLink,
  Page,
  ResourceTable,
  Sparkline,
  type SparklineBar,
  StateBadge,
  secondsBetween,
  stateWord,
  TimeAgo,
} from "../kit";

/** Of so many runs the pipelines are gathered. */
const RUNS = 1000;
const BARS = 30;

interface Pipeline {
  name: string;
  /** Newest first. */
  runs: Schemas["RunSummary"][];
  last: Schemas["RunSummary"];
}

function bar(run: Schemas["RunSummary"]): SparklineBar {
  return {
    seconds: run.ended ? secondsBetween(run.started, run.ended) : 0,
    outcome: run.outcome === "succeeded" ? "ok" : run.outcome === "running" ? "busy" : "bad",
  };
}

const columns: Column<Pipeline>[] = [
  {
    id: "pipeline",
    title: "Pipeline",
    share: 3,
    cell: ({ name }) => <Link to={paths.runs({ pipeline: name })}>{name}</Link>,
    text: ({ name }) => name,
  },
  {
    id: "outcome",
    title: "Last run",
    width: 140,
    isEssential: true,
    cell: ({ last }) => <StateBadge state={last.outcome} />,
    text: ({ last }) => stateWord(last.outcome),
  },
  {
    id: "when",
    title: "When",
    width: 120,
    cell: ({ last }) => <TimeAgo at={last.started} />,
    text: ({ last }) => last.started,
  },
  {
    id: "runs",
    title: `Last ${BARS} runs`,
    width: 210,
    cell: ({ runs }) => <Sparkline bars={runs.slice(0, BARS).toReversed().map(bar)} label="Last runs" />,
    text: ({ runs }) =>
      runs
        .slice(0, BARS)
        .map((run) => run.outcome)
        .join(" "),
  },
  {
    id: "took",
    title: "Took",
    width: 100,
    isNumber: true,
    cell: ({ last }) => <Duration started={last.started} ended={last.ended} />,
    text: ({ last }) => (last.ended ? `${secondsBetween(last.started, last.ended)} s` : ""),
  },
  {
    id: "component",
    title: "Component",
    share: 2,
    cell: ({ last }) => <EntityLink entity={last.component} />,
    text: ({ last }) => last.component,
  },
  {
    id: "owner",
    title: "Owner",
    share: 2,
    cell: ({ last }) => <OwnerLink owner={last.owner} />,
    text: ({ last }) => last.owner?.name ?? "",
  },
];

function gather(runs: Schemas["RunSummary"][]): Pipeline[] {
  const byName = Map.groupBy(runs, (run) => run.pipeline);
  return [...byName].flatMap(([name, runs]) => (runs[0] ? [{ name, runs, last: runs[0] }] : []));
}

export default function Pipelines() {
  const query = useInfiniteQuery(queries.runs({}, RUNS));
  const pipelines = query.data && gather(query.data.pages.flatMap((page) => page.items));
  return (
    <Page title="Pipelines">
      <ResourceTable
        name="Pipelines"
        rows={itemRows({ ...query, data: pipelines })}
        columns={columns}
        rowKey={(pipeline) => pipeline.name}
        fills
        empty={
          <EmptyState title="Nothing has run yet" icon="pipelines">
            <p>A pipeline is here from its first run on: point a Luigi worker at this server.</p>
          </EmptyState>
        }
      />
    </Page>
  );
}
