/** What tasks share, and how much of it is in use. */

import { useQuery } from "@tanstack/react-query";
import { itemRows, queries, type Schemas } from "../api";
import { type Column, EmptyState, Page, ResourceTable } from "../kit";

const columns: Column<Schemas["ResourceView"]>[] = [
  { id: "name", title: "Resource", share: 2, cell: ({ name }) => name, text: ({ name }) => name },
  {
    id: "used",
    title: "In use",
    width: 120,
    isNumber: true,
    isEssential: true,
    cell: ({ used }) => `${used}`,
    text: ({ used }) => `${used}`,
  },
  {
    id: "total",
    title: "In all",
    width: 120,
    isNumber: true,
    isEssential: true,
    cell: ({ total }) => `${total}`,
    text: ({ total }) => `${total}`,
  },
];

export default function Resources() {
  const query = useQuery(queries.resources());
  return (
    <Page title="Resources">
      <ResourceTable
        name="Resources"
        rows={itemRows({ ...query, data: query.data?.items })}
        columns={columns}
        rowKey={({ name }) => name}
        fills
        empty={
          <EmptyState title="No resource is known" icon="resources">
            <p>
              Tasks name what they share in <code>resources</code>; how much there is stands in <code>luigi.cfg</code>,
              under <code>[resources]</code>.
            </p>
          </EmptyState>
        }
      />
    </Page>
  );
}
