/** How runs are listed, wherever they are. */

import { Link } from "react-router";
import { paths, type Schemas, shortRef, silenceOf } from "../api";
import { type Column, Duration, EntityLink, OwnerLink, StateBadge, secondsBetween, stateWord, TimeAgo } from "../kit";

/** As far as the server knows a run goes on until its worker is given up; that it is silent is known before. */
function stateOf({ outcome, heard }: Schemas["RunSummary"]): string {
  return outcome === "running" && heard && silenceOf(heard) !== "heard" ? "running_silent" : outcome;
}

export const runColumns: Column<Schemas["RunSummary"]>[] = [
  {
    id: "run",
    title: "Run",
    width: 76,
    cell: (run) => <Link to={paths.run(run.id)}>{run.id}</Link>,
    text: (run) => `${run.id}`,
  },
  {
    id: "outcome",
    title: "Outcome",
    width: 136,
    isEssential: true,
    cell: (run) => <StateBadge state={stateOf(run)} />,
    text: (run) => stateWord(stateOf(run)),
  },
  {
    id: "pipeline",
    title: "Pipeline",
    share: 3,
    isEssential: true,
    cell: (run) => (
      <Link to={paths.run(run.id)} title={run.root}>
        {run.pipeline}
      </Link>
    ),
    text: (run) => run.pipeline,
  },
  {
    id: "component",
    title: "Component",
    share: 2,
    cell: (run) => <EntityLink entity={run.component} />,
    text: (run) => shortRef(run.component),
  },
  {
    id: "owner",
    title: "Owner",
    share: 2,
    cell: (run) => <OwnerLink owner={run.owner} />,
    text: (run) => run.owner?.name ?? "",
  },
  {
    id: "started",
    title: "Started",
    width: 120,
    cell: (run) => <TimeAgo at={run.started} />,
    text: (run) => run.started,
  },
  {
    id: "took",
    title: "Took",
    width: 100,
    isNumber: true,
    cell: (run) => <Duration started={run.started} ended={run.ended} />,
    text: (run) => (run.ended ? `${secondsBetween(run.started, run.ended)} s` : ""),
  },
  {
    id: "host",
    title: "By",
    share: 2,
    cell: (run) => (
      <span title={run.who.worker ?? undefined}>{[run.who.user, run.who.host].filter(Boolean).join("@")}</span>
    ),
    text: (run) => [run.who.user, run.who.host].filter(Boolean).join("@"),
  },
  {
    id: "root",
    title: "Root task",
    share: 3,
    isOptional: true,
    cell: (run) => <code>{run.root}</code>,
    text: (run) => run.root,
  },
];
