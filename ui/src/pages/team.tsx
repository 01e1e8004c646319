/** One team: who is in it, what it answers for, what of that is failing, and what it needs of others. */

import { useQueries, useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { failureOf, itemRows, parseRef, paths, queries, type Schemas } from "../api";
import {
  Card,
  Cards,
  type Column,
  Columns,
  CopyId,
  Dim,
  EmptyState,
  EntityLink,
  List,
  Loaded,
  OwnerLink,
  Page,
  ResourceTable,
  Section,
  Skeleton,
  StateBadge,
  sortedRows,
  stateRank,
  TimeAgo,
  useUrlState,
} from "../kit";

type Entity = Schemas["EntitySummary"];
type Reached = Schemas["ReachedEntity"];

// LIMIT: one question for each thing that the team answers for.
const ASKED_MAX = 40;

const stateOf = (entity: Entity) => (entity.failing_since ? "failing" : "well");

const columns: Column<Entity>[] = [
  {
    id: "title",
    title: "Name",
    share: 1.5,
    isSortable: true,
    text: ({ title }) => title,
    cell: ({ ref, title }) => <EntityLink entity={ref} title={title} />,
  },
  {
    id: "health",
    title: "Health",
    width: 130,
    isSortable: true,
    isEssential: true,
    text: stateOf,
    key: (entity) => stateRank(stateOf(entity)),
    cell: (entity) => (entity.failing_since ? <StateBadge state="failing" /> : <Dim>Nothing fails</Dim>),
  },
  {
    id: "kind",
    title: "Kind",
    width: 110,
    isSortable: true,
    text: ({ ref }) => parseRef(ref).kind,
    cell: ({ ref }) => parseRef(ref).kind,
  },
  {
    id: "type",
    title: "Type",
    width: 120,
    isSortable: true,
    text: ({ type }) => type ?? "",
    cell: ({ type }) => type ?? "",
  },
  {
    id: "lifecycle",
    title: "Lifecycle",
    width: 120,
    isSortable: true,
    text: ({ lifecycle }) => lifecycle ?? "",
    cell: ({ lifecycle }) => lifecycle ?? "",
  },
  {
    id: "description",
    title: "What it is for",
    share: 2.5,
    text: ({ description }) => description ?? "",
    cell: ({ description }) => <span title={description ?? undefined}>{description}</span>,
  },
];

export default function Team() {
  const { owner = "" } = useParams();
  const query = useQuery(queries.owner(owner));
  const name = query.data?.owner.name ?? owner;
  return (
    <Page
      title={name}
      kind="Team"
      parent={{ to: paths.teams(), title: "Teams" }}
      badge={
        query.data && <StateBadge state={query.data.items.some((one) => one.failing_since) ? "failing" : "well"} />
      }
      lead={query.data?.owner.ref && <CopyId text={query.data.owner.ref} label="the ref" />}
    >
      <Loaded query={query} failure={failureOf(query.error, query.refetch)} lines={8}>
        {(detail) => <Detail detail={detail} />}
      </Loaded>
    </Page>
  );
}

function Detail({ detail }: { detail: Schemas["OwnerDetail"] }) {
  const url = useUrlState();
  const failing = detail.items.filter((entity) => entity.failing_since);
  const rows = itemRows({ data: detail.items, error: null, isPending: false, refetch: () => {} });
  return (
    <>
      <Cards>
        <Card title="Failing now" tone={failing.length > 0 ? "bad" : undefined}>
          {failing.length === 0 ? (
            <Dim>Nothing that it answers for is failing.</Dim>
          ) : (
            <List>
              {failing.map((entity) => (
                <li key={entity.ref}>
                  <EntityLink entity={entity.ref} title={entity.title} />{" "}
                  {entity.failing_since && (
                    <Dim>
                      <TimeAgo at={entity.failing_since} />
                    </Dim>
                  )}
                </li>
              ))}
            </List>
          )}
        </Card>
        <Card title="Members">
          <Members detail={detail} />
        </Card>
        <Card title="Answers for">
          <Kinds items={detail.items} total={detail.total} />
        </Card>
      </Cards>
      <ResourceTable
        name="What the team answers for"
        title="What it answers for"
        rows={sortedRows(rows, columns, url.get("sort"))}
        columns={columns}
        rowKey={({ ref }) => ref}
        sort={url.get("sort")}
        onSort={(sort) => url.set({ sort })}
        empty={
          <EmptyState icon="catalog" title="It answers for nothing">
            A component comes here once its manifest names this team as its owner.
          </EmptyState>
        }
      />
      <Columns>
        <Others title="What it needs of others" detail={detail} direction="dependencies" />
        <Others title="Who needs it" detail={detail} direction="blast" />
      </Columns>
    </>
  );
}

function Members({ detail }: { detail: Schemas["OwnerDetail"] }) {
  const members = detail.members ?? [];
  if (members.length === 0) {
    return (
      <Dim>{detail.owner.ref ? "The catalog names no members." : "Only Luigi knows this owner, by owner_email."}</Dim>
    );
  }
  return (
    <List>
      {members.map((member) => (
        <li key={member}>
          <EntityLink entity={member} />
        </li>
      ))}
    </List>
  );
}

function Kinds({ items, total }: { items: Entity[]; total: number }) {
  const counts = new Map<string, number>();
  for (const { type, ref } of items) {
    const word = type ?? parseRef(ref).kind;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return (
    <>
      <strong>{total.toLocaleString()}</strong>
      <Dim>
        {sorted.map(([word, count]) => `${count.toLocaleString()} × ${word}`).join(", ")}
        {total > items.length && `, of the first ${items.length.toLocaleString()}`}
      </Dim>
    </>
  );
}

/** What is at the other end of this team's relations, by the teams that answer for it. */
function Others(props: { title: string; detail: Schemas["OwnerDetail"]; direction: "dependencies" | "blast" }) {
  const own = props.detail.owner.name;
  const asked = props.detail.items.filter(({ ref }) => /^(component|resource|api):/.test(ref)).slice(0, ASKED_MAX);
  const reaches = useQueries({ queries: asked.map(({ ref }) => queries[props.direction](ref)) });
  const found = new Map<string, Reached>();
  for (const { data } of reaches) {
    for (const reached of data?.items ?? []) {
      if (reached.distance === 1 && reached.owner?.name !== own) found.set(reached.ref, reached);
    }
  }
  const byTeam = Map.groupBy([...found.values()], (reached) => reached.owner?.name ?? "");
  const teams = [...byTeam.entries()].sort((a, b) => b[1].length - a[1].length);
  const isLoading = reaches.some((reach) => reach.isPending);
  const error = reaches.find((reach) => reach.error)?.error;
  return (
    <Section title={props.title} note={asked.length === ASKED_MAX ? `of its first ${ASKED_MAX}` : undefined}>
      {error && <Dim>Some of it could not be loaded: {error.message}</Dim>}
      {isLoading && teams.length === 0 ? (
        <Skeleton lines={3} />
      ) : teams.length === 0 ? (
        <Dim>Nothing outside of the team.</Dim>
      ) : (
        <List>
          {teams.map(([team, reached]) => (
            <li key={team}>
              <OwnerLink owner={reached[0]?.owner} />
              {": "}
              {reached.map((one, index) => (
                <span key={one.ref}>
                  {index > 0 && ", "}
                  <EntityLink entity={one.ref} exists={one.exists} />
                  {one.failing_since && (
                    <>
                      {" "}
                      <StateBadge state="failing" bare />
                    </>
                  )}
                </span>
              ))}
            </li>
          ))}
        </List>
      )}
    </Section>
  );
}
