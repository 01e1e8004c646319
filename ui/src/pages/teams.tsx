/** Teams, with what they answer for and how that fares; and who else answers for something, or nobody. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { itemRows, paths, queries, type Schemas, type TeamFilter, useTeamRows } from "../api";
import {
  type Column,
  Dim,
  EmptyState,
  FilterBar,
  Inline,
  OwnerLink,
  Page,
  parseSort,
  ResourceTable,
  StateBadge,
  stateRank,
  Tag,
  useUrlState,
} from "../kit";

type Team = Schemas["TeamSummary"];
type Owner = Schemas["OwnerSummary"];

const stateOf = ({ failing, at_risk }: { failing: number; at_risk: number }) =>
  failing > 0 ? "failing" : at_risk > 0 ? "at_risk" : "well";

const counted = (count: number) => (count > 0 ? count.toLocaleString() : <Dim>0</Dim>);

// Sorted by the server: ids are its words.
const columns: Column<Team>[] = [
  {
    id: "name",
    title: "Team",
    share: 1.4,
    isSortable: true,
    text: ({ name }) => name,
    cell: (team) => (
      <Inline>
        <OwnerLink owner={team} />
        {!team.exists && (
          <span title="Others name it as their owner, but no manifest declares it">
            <Tag>not in the catalog</Tag>
          </span>
        )}
      </Inline>
    ),
  },
  {
    id: "unhealthy",
    title: "Health",
    width: 140,
    isSortable: true,
    isEssential: true,
    text: stateOf,
    cell: (team) => (team.owned > 0 ? <StateBadge state={stateOf(team)} /> : <Dim>–</Dim>),
  },
  {
    id: "failing",
    title: "Failing",
    width: 84,
    isNumber: true,
    text: ({ failing }) => String(failing),
    cell: ({ failing }) => counted(failing),
  },
  {
    id: "at_risk",
    title: "At risk",
    width: 84,
    isNumber: true,
    text: ({ at_risk }) => String(at_risk),
    cell: ({ at_risk }) => counted(at_risk),
  },
  {
    id: "owned",
    title: "Answers for",
    width: 116,
    isNumber: true,
    isSortable: true,
    isEssential: true,
    text: ({ owned }) => String(owned),
    cell: ({ owned }) => counted(owned),
  },
  {
    id: "members",
    title: "Members",
    width: 96,
    isNumber: true,
    isSortable: true,
    text: ({ members }) => String(members),
    cell: ({ members }) => counted(members),
  },
  {
    id: "description",
    title: "What it is for",
    share: 2.4,
    text: ({ description }) => description ?? "",
    cell: ({ description }) => <span title={description ?? undefined}>{description}</span>,
  },
];

const otherColumns: Column<Owner>[] = [
  {
    id: "name",
    title: "Who",
    share: 2,
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
    isEssential: true,
    text: stateOf,
    key: (owner) => stateRank(stateOf(owner)),
    cell: (owner) => <StateBadge state={stateOf(owner)} />,
  },
  {
    id: "entities",
    title: "Answers for",
    width: 120,
    isNumber: true,
    isEssential: true,
    text: ({ entities }) => String(entities),
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
  const state = useUrlState();
  const sort = state.get("sort") ?? "name";
  const { id, isDescending } = parseSort(sort);
  const text = state.get("text")?.trim();
  const filter: TeamFilter = { ...(text ? { text } : {}), sort: id, order: isDescending ? "desc" : "asc" };
  const owners = useQuery(queries.owners());
  // Whoever is no group: people of the catalog, addresses that Luigi gave, and nobody.
  const others = owners.data?.items.filter(({ owner }) => !owner?.ref?.startsWith("group:")) ?? [];
  return (
    <Page title="Teams">
      <ResourceTable
        name="Teams"
        rows={useTeamRows(filter)}
        columns={columns}
        rowKey={({ ref }) => ref}
        sort={sort}
        onSort={(next) => state.set({ sort: next }, false)}
        tools={<FilterBar searchLabel="Name or ref" state={state} facets={[]} />}
        empty={
          text ? (
            <EmptyState title="No team is called so">Take the search away.</EmptyState>
          ) : (
            <EmptyState icon="teams" title="No team is known yet">
              A component names its owner in its manifest: <code>owner: payments</code> in a{" "}
              <code>catalog-info.yaml</code>, <code>ownerId</code> in a <code>compass.yml</code>.
            </EmptyState>
          )
        }
      />
      {others.length > 0 && (
        <ResourceTable
          name="Other owners"
          title="Not a team"
          note="addresses that Luigi gave, people, and nobody"
          rows={itemRows({ ...owners, data: others })}
          columns={otherColumns}
          rowKey={({ owner }) => owner?.ref ?? owner?.name ?? ""}
          empty={null}
        />
      )}
    </Page>
  );
}
