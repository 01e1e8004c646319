/** What runs again and again, with how it went lately. */

import { Link } from "react-router";
import { type PipelineFilter, paths, type Schemas, shortRef, usePipelineRows } from "../api";
import {
  type Column,
  Dim,
  EmptyState,
  EntityLink,
  FilterBar,
  formatSeconds,
  Inline,
  OwnerLink,
  Page,
  parseSort,
  ResourceTable,
  RunLink,
  Sparkline,
  StateBadge,
  stateWord,
  TimeAgo,
  useUrlState,
} from "../kit";
import { runBar } from "./run-bar";

type Pipeline = Schemas["PipelineSummary"];

/** LIMIT: of the server. */
const BARS = 30;

const lastOf = ({ runs }: Pipeline) => runs.at(-1);

// Sorted by the server, by whatever it knows of all of them: ids are its words.
const columns: Column<Pipeline>[] = [
  {
    id: "name",
    title: "Pipeline",
    share: 3,
    isSortable: true,
    cell: ({ pipeline }) => <Link to={paths.runs({ pipeline })}>{pipeline}</Link>,
    text: ({ pipeline }) => pipeline,
  },
  {
    id: "outcome",
    title: "Last run",
    width: 196,
    isEssential: true,
    cell: (pipeline) => {
      const last = lastOf(pipeline);
      return last ? (
        <Inline>
          <StateBadge state={last.outcome} />
          <RunLink run={last.id} />
        </Inline>
      ) : (
        <Dim>None</Dim>
      );
    },
    text: (pipeline) => stateWord(lastOf(pipeline)?.outcome ?? "unknown"),
  },
  {
    id: "started",
    title: "Started",
    width: 104,
    isSortable: true,
    cell: (pipeline) => {
      const last = lastOf(pipeline);
      return last && <TimeAgo at={last.started} />;
    },
    text: (pipeline) => lastOf(pipeline)?.started ?? "",
  },
  {
    id: "runs",
    title: `Last ${BARS} runs`,
    width: 200,
    cell: ({ runs, pipeline }) => <Sparkline bars={runs.map(runBar)} label={pipeline} />,
    text: ({ runs }) => runs.map((run) => run.outcome).join(" "),
  },
  {
    id: "success",
    title: "Succeed",
    width: 90,
    isNumber: true,
    isSortable: true,
    cell: ({ success_rate }) =>
      typeof success_rate === "number" ? `${Math.floor(success_rate * 100)} %` : <Dim>–</Dim>,
    text: ({ success_rate }) => (typeof success_rate === "number" ? `${success_rate}` : ""),
  },
  {
    id: "duration",
    title: "Takes",
    width: 88,
    isNumber: true,
    isSortable: true,
    cell: ({ duration_p50_s }) =>
      typeof duration_p50_s === "number" ? (
        <span title="The median of these runs">{formatSeconds(duration_p50_s)}</span>
      ) : (
        <Dim>–</Dim>
      ),
    text: ({ duration_p50_s }) => (typeof duration_p50_s === "number" ? `${duration_p50_s} s` : ""),
  },
  {
    id: "failing_since",
    title: "Failing since",
    width: 118,
    isSortable: true,
    cell: ({ failing_since }) => (failing_since ? <TimeAgo at={failing_since} /> : <Dim>–</Dim>),
    text: ({ failing_since }) => failing_since ?? "",
  },
  {
    id: "component",
    title: "Component",
    share: 2,
    isOptional: true,
    cell: ({ component }) => <EntityLink entity={component} />,
    text: ({ component }) => shortRef(component),
  },
  {
    id: "owner",
    title: "Owner",
    share: 2,
    cell: ({ owner }) => <OwnerLink owner={owner} />,
    text: ({ owner }) => owner?.name ?? "",
  },
];

export default function Pipelines() {
  const state = useUrlState();
  const sort = state.get("sort") ?? "name";
  const { id, isDescending } = parseSort(sort);
  const filter: PipelineFilter = {
    ...(state.get("text")?.trim() ? { text: state.get("text")?.trim() } : {}),
    ...(state.get("owner") ? { owner: state.get("owner") } : {}),
    ...(state.get("failing") === "true" ? { failing: true } : {}),
    sort: id,
    order: isDescending ? "desc" : "asc",
  };
  const isFiltered = Boolean(filter.text || filter.owner || filter.failing);
  return (
    <Page title="Pipelines">
      <ResourceTable
        name="Pipelines"
        rows={usePipelineRows(filter)}
        columns={columns}
        rowKey={({ pipeline }) => pipeline}
        fills
        sort={sort}
        onSort={(next) => state.set({ sort: next }, false)}
        tools={
          <FilterBar
            searchLabel="Pipeline or component"
            state={state}
            facets={[
              { id: "failing", title: "State", options: [{ value: "true", label: "failing" }] },
              { id: "owner", title: "Owner", options: [], isOpen: true },
            ]}
          />
        }
        empty={
          isFiltered ? (
            <EmptyState title="No pipeline fits all of these filters">Take one away.</EmptyState>
          ) : (
            <EmptyState title="Nothing has run yet" icon="pipelines">
              <p>A pipeline is here from its first run on: point a Luigi worker at this server.</p>
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
