/** Everything that exists, narrowed by search and facets. The address holds what is looked at. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type EntityFilter, parseRef, paths, queries, type Schemas, useEntityRows } from "../api";
import {
  ago,
  type Column,
  Dim,
  EmptyState,
  type Facet,
  FilterBar,
  Inline,
  OwnerLink,
  Page,
  ResourceTable,
  StateBadge,
  Tag,
  useUrlState,
} from "../kit";

type Entity = Schemas["EntitySummary"];

const kinds = ["component", "api", "resource", "system", "domain", "group", "user", "location", "template"];

/** Groups and people answer for things; nobody answers for them. */
function isOwnable(entity: Entity): boolean {
  return !["group", "user"].includes(parseRef(entity.ref).kind);
}

const columns: Column<Entity>[] = [
  {
    id: "name",
    title: "Name",
    share: 3,
    cell: (entity) => (
      <Inline>
        <Link to={paths.entity(entity.ref)} title={entity.ref}>
          {entity.title}
        </Link>
        {entity.state === "discovered" && <Tag>discovered</Tag>}
      </Inline>
    ),
    text: (entity) => entity.title,
  },
  {
    id: "kind",
    title: "Kind",
    width: 110,
    cell: (entity) => parseRef(entity.ref).kind,
    text: (entity) => parseRef(entity.ref).kind,
  },
  { id: "type", title: "Type", width: 130, cell: (entity) => entity.type, text: (entity) => entity.type ?? "" },
  {
    id: "owner",
    title: "Owner",
    share: 2,
    isEssential: true,
    cell: (entity) => (isOwnable(entity) ? <OwnerLink owner={entity.owner} /> : <Dim>–</Dim>),
    text: (entity) => entity.owner?.name ?? "",
  },
  {
    id: "health",
    title: "Health",
    width: 130,
    isEssential: true,
    // What is not failing either does well or never ran: the list does not say which, so neither do we.
    cell: (entity) =>
      entity.failing_since ? (
        <span title={`since ${ago(entity.failing_since)}`}>
          <StateBadge state="failing" />
        </span>
      ) : (
        <Dim>–</Dim>
      ),
    text: (entity) => (entity.failing_since ? "failing" : ""),
  },
  {
    id: "lifecycle",
    title: "Lifecycle",
    width: 120,
    cell: (entity) => entity.lifecycle,
    text: (entity) => entity.lifecycle ?? "",
  },
  {
    id: "tier",
    title: "Tier",
    width: 64,
    isNumber: true,
    cell: (entity) => entity.tier,
    text: (entity) => entity.tier?.toString() ?? "",
  },
  {
    id: "description",
    title: "Description",
    share: 4,
    cell: (entity) => <span title={entity.description ?? undefined}>{entity.description}</span>,
    text: (entity) => entity.description ?? "",
  },
  {
    id: "tags",
    title: "Tags",
    share: 2,
    isOptional: true,
    cell: (entity) => entity.tags?.map((tag) => <Tag key={tag}>{tag}</Tag>),
    text: (entity) => entity.tags?.join(" ") ?? "",
  },
  {
    id: "ref",
    title: "Ref",
    share: 3,
    isOptional: true,
    cell: (entity) => <code>{entity.ref}</code>,
    text: (entity) => entity.ref,
  },
];

export default function Catalog() {
  const state = useUrlState();
  const owners = useQuery(queries.owners());
  const filter: EntityFilter = {
    text: state.get("text")?.trim() || undefined,
    kind: state.get("kind"),
    type: state.get("type"),
    owner: state.get("owner"),
    tag: state.get("tag"),
    state: state.get("state"),
    unowned: state.get("unowned") === "true" || undefined,
  };
  const rows = useEntityRows(filter);

  const typesInSight = new Set<string>();
  for (let index = 0; index < Math.min(rows.count, 100); index += 1) {
    const type = rows.at(index)?.type;
    if (type) typesInSight.add(type);
  }
  const facets: Facet[] = [
    { id: "kind", title: "Kind", options: kinds.map((value) => ({ value })) },
    { id: "type", title: "Type", options: [...typesInSight].sort().map((value) => ({ value })), isOpen: true },
    {
      id: "owner",
      title: "Owner",
      options: (owners.data?.items ?? []).flatMap(({ owner, entities }) =>
        owner ? [{ value: owner.ref ?? owner.name, label: owner.name, count: entities }] : [],
      ),
    },
    { id: "tag", title: "Tag", options: [], isOpen: true },
    {
      id: "state",
      title: "Known from",
      options: [
        { value: "declared", label: "a manifest" },
        { value: "discovered", label: "its runs" },
      ],
    },
    { id: "unowned", title: "Ownership", options: [{ value: "true", label: "nobody answers for it" }] },
  ];
  const isFiltered = Object.values(filter).some((value) => value !== undefined);

  return (
    <Page title="Catalog">
      <ResourceTable
        name="Catalog"
        rows={rows}
        columns={columns}
        rowKey={(entity) => entity.ref}
        fills
        tools={<FilterBar searchLabel="Name, ref or description" state={state} facets={facets} />}
        empty={
          isFiltered ? (
            <EmptyState title="Nothing fits all of these filters">
              <p>Take one away, or search for a part of the name only.</p>
            </EmptyState>
          ) : (
            <EmptyState title="The catalog is empty" icon="catalog">
              <p>
                Give it the manifests that you have: <code>compass.yml</code>, <code>catalog-info.yaml</code> or{" "}
                <code>bussola.yaml</code>.
              </p>
              <p>
                <code>bussola catalog apply FOLDER</code>
              </p>
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
