/** Who answers for what. */

import { useQuery } from "@tanstack/react-query";
import { itemRows, queries, type Schemas } from "../api";
import {
  type Column,
  Dim,
  EmptyState,
  OwnerLink,
  Page,
  ResourceTable,
  StateBadge,
  sortedRows,
  useUrlState,
} from "../kit";

const columns: Column<Schemas["OwnerSummary"]>[] = [
  {
    id: "team",
    title: "Team",
    share: 3,
    isSortable: true,
    cell: ({ owner }) => <OwnerLink owner={owner} />,
    text: ({ owner }) => owner?.name ?? "",
  },
  {
    id: "entities",
    title: "Owns",
    width: 100,
    isNumber: true,
    isSortable: true,
    isEssential: true,
    cell: ({ entities }) => entities.toLocaleString(),
    text: ({ entities }) => `${entities}`,
    key: ({ entities }) => entities,
  },
  {
    id: "failing",
    title: "Failing",
    width: 100,
    isNumber: true,
    isSortable: true,
    isEssential: true,
    cell: ({ failing }) => failing,
    text: ({ failing }) => `${failing}`,
    key: ({ failing }) => failing,
  },
  {
    id: "health",
    title: "Health",
    share: 1,
    cell: ({ failing }) => (failing > 0 ? <StateBadge state="failing" /> : <Dim>–</Dim>),
    text: ({ failing }) => (failing > 0 ? "failing" : ""),
  },
];

export default function Teams() {
  const state = useUrlState();
  const query = useQuery(queries.owners());
  const sort = state.get("sort") ?? "team";
  return (
    <Page title="Teams">
      <ResourceTable
        name="Teams"
        rows={sortedRows(itemRows({ ...query, data: query.data?.items }), columns, sort)}
        columns={columns}
        rowKey={({ owner }) => owner?.ref ?? owner?.name ?? ""}
        sort={sort}
        onSort={(next) => state.set({ sort: next }, false)}
        fills
        empty={
          <EmptyState title="No team owns anything yet" icon="teams">
            <p>
              Name an owner in a manifest: <code>ownerId</code> in <code>compass.yml</code>, <code>spec.owner</code> in{" "}
              <code>catalog-info.yaml</code>.
            </p>
          </EmptyState>
        }
      />
    </Page>
  );
}
