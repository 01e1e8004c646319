/** Who is here to work. */

import { useQuery } from "@tanstack/react-query";
import { itemRows, queries, type Schemas } from "../api";
import { type Column, Dim, EmptyState, Page, ResourceTable, RunLink, TimeAgo } from "../kit";

const columns: Column<Schemas["WorkerView"]>[] = [
  {
    id: "worker",
    title: "Worker",
    share: 2,
    cell: ({ who }) => (
      <span title={who.worker ?? undefined}>{[who.user, who.host].filter(Boolean).join("@") || who.worker}</span>
    ),
    text: ({ who }) => who.worker ?? "",
  },
  {
    id: "pid",
    title: "Process",
    width: 90,
    isNumber: true,
    cell: ({ who }) => who.pid,
    text: ({ who }) => `${who.pid ?? ""}`,
  },
  {
    id: "run",
    title: "Run",
    width: 90,
    isEssential: true,
    cell: ({ run }) => run && <RunLink run={run} />,
    text: ({ run }) => `${run ?? ""}`,
  },
  {
    id: "running",
    title: "Works on",
    share: 3,
    cell: ({ running }) => (running.length > 0 ? running.join(", ") : <Dim>nothing</Dim>),
    text: ({ running }) => running.join(" "),
  },
  {
    id: "pending",
    title: "Could run",
    width: 100,
    isNumber: true,
    cell: ({ pending }) => pending,
    text: ({ pending }) => `${pending}`,
  },
  {
    id: "started",
    title: "Here since",
    width: 120,
    cell: ({ started }) => <TimeAgo at={started} />,
    text: ({ started }) => started,
  },
  {
    id: "active",
    title: "Last sign",
    width: 120,
    isEssential: true,
    cell: ({ last_active }) => <TimeAgo at={last_active} />,
    text: ({ last_active }) => last_active,
  },
];

export default function Workers() {
  const query = useQuery(queries.workers());
  return (
    <Page title="Workers">
      <ResourceTable
        name="Workers"
        rows={itemRows({ ...query, data: query.data?.items })}
        columns={columns}
        rowKey={({ who, started }) => who.worker ?? started}
        fills
        empty={
          <EmptyState title="No worker is here" icon="workers">
            <p>A worker is here while its process runs, and some time after its last sign of life.</p>
          </EmptyState>
        }
      />
    </Page>
  );
}
