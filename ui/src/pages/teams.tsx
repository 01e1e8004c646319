/** Everyone who answers for something, with how they fare; and what nobody answers for. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { itemRows, paths, queries, type Schemas } from "../api";
import {
  type Column,
  Dim,
  EmptyState,
  OwnerLink,
  Page,
  ResourceTable,
  StateBadge,
  sortedRows,
  stateRank,
  useUrlState,
} from "../kit";

type Owner = Schemas["OwnerSummary"];

const stateOf = ({ failing }: Owner) => (failing > 0 ? "failing" : "well");

const columns: Column<Owner>[] = [
  {
    id: "name",
    title: "Team",
    share: 2,
    isSortable: true,
    text: ({ owner }) => owner?.name ?? "Nobody",
    cell: ({ owner }) =>
      owner ? (
        <OwnerLink owner={owner} />
      ) : (
        <Link to={paths.catalog({ unowned: "true" })}>Nobody answers for these</Link>
      ),
  },
  {
    id: "state",
    title: "Health",
    width: 140,
    isSortable: true,
    isEssential: true,
    text: stateOf,
    key: (owner) => stateRank(stateOf(owner)),
    cell: (owner) =>
      owner.owner || owner.failing > 0 ? <StateBadge state={stateOf(owner)} /> : <Dim>Nothing fails</Dim>,
  },
  {
    id: "failing",
    title: "Failing",
    width: 100,
    isNumber: true,
    isSortable: true,
    text: ({ failing }) => String(failing),
    key: ({ failing }) => failing,
    cell: ({ failing }) => (failing > 0 ? failing.toLocaleString() : <Dim>0</Dim>),
  },
  {
    id: "entities",
    title: "Answers for",
    width: 120,
    isNumber: true,
    isSortable: true,
    isEssential: true,
    text: ({ entities }) => String(entities),
    key: ({ entities }) => entities,
    cell: ({ entities }) => entities.toLocaleString(),
  },
  {
    id: "known",
    title: "Known from",
    share: 1,
    text: ({ owner }) => (owner?.ref ? "catalog" : owner ? "Luigi" : ""),
    cell: ({ owner }) => <Dim>{owner?.ref ? "the catalog" : owner ? "Luigi's owner_email" : ""}</Dim>,
  },
];

export default function Teams() {
  const url = useUrlState();
  const owners = useQuery(queries.owners());
  const failing = owners.data?.items.filter((owner) => owner.failing > 0).length ?? 0;
  const rows = itemRows({ ...owners, data: owners.data?.items });
  return (
    <Page
      title="Teams"
      kind={
        owners.data &&
        owners.data.total > 0 &&
        (failing === 0
          ? "nothing is failing"
          : `${failing.toLocaleString()} of ${owners.data.total.toLocaleString()} have something failing`)
      }
    >
      <ResourceTable
        name="Teams"
        fills
        rows={sortedRows(rows, columns, url.get("sort"))}
        columns={columns}
        rowKey={({ owner }) => owner?.ref ?? owner?.name ?? ""}
        sort={url.get("sort")}
        onSort={(sort) => url.set({ sort })}
        empty={
          <EmptyState icon="teams" title="Nobody answers for anything yet">
            A component names its owner in its manifest: <code>owner: payments</code> in a{" "}
            <code>catalog-info.yaml</code>, <code>ownerId</code> in a <code>compass.yml</code>.
          </EmptyState>
        }
      />
    </Page>
  );
}
