/** One team: who is in it, and what it answers for. */

import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { failureOf, itemRows, parseRef, paths, queries, type Schemas } from "../api";
import {
  type Column,
  Dim,
  EmptyState,
  EntityLink,
  Inline,
  Loaded,
  Page,
  ResourceTable,
  Section,
  StateBadge,
  Tag,
} from "../kit";

const columns: Column<Schemas["EntitySummary"]>[] = [
  {
    id: "name",
    title: "Name",
    share: 2,
    cell: (entity) => <EntityLink entity={entity.ref} title={entity.title} />,
    text: (entity) => entity.title,
  },
  {
    id: "kind",
    title: "Kind",
    width: 120,
    cell: (entity) => parseRef(entity.ref).kind,
    text: (entity) => parseRef(entity.ref).kind,
  },
  { id: "type", title: "Type", width: 140, cell: (entity) => entity.type, text: (entity) => entity.type ?? "" },
  {
    id: "health",
    title: "Health",
    width: 130,
    isEssential: true,
    cell: (entity) => (entity.failing_since ? <StateBadge state="failing" /> : <Dim>–</Dim>),
    text: (entity) => (entity.failing_since ? "failing" : ""),
  },
  {
    id: "description",
    title: "Description",
    share: 4,
    cell: (entity) => entity.description,
    text: (entity) => entity.description ?? "",
  },
];

export default function Team() {
  const owner = useParams().owner ?? "";
  const query = useQuery(queries.owner(owner));
  const name = query.data?.owner.name ?? owner;
  return (
    <Page key={owner} title={name} kind="team" parent={{ to: paths.teams(), title: "Teams" }}>
      <Loaded query={query} failure={failureOf(query.error, query.refetch)}>
        {({ items, members, total }) => (
          <>
            {!!members?.length && (
              <Section title="Members" note={`${members.length}`}>
                <Inline>
                  {members.map((member) => (
                    <Tag key={member}>{member}</Tag>
                  ))}
                </Inline>
              </Section>
            )}
            <ResourceTable
              name="What the team owns"
              title="Answers for"
              note={<Link to={paths.catalog({ owner })}>{total} in the catalog</Link>}
              rows={itemRows({ ...query, data: items })}
              columns={columns}
              rowKey={(entity) => entity.ref}
              empty={<EmptyState title="It answers for nothing" icon="teams" />}
            />
          </>
        )}
      </Loaded>
    </Page>
  );
}
