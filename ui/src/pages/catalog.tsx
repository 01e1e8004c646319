/** Everything that exists, narrowed by search and facets. The address holds what is looked at. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type EntityFilter, parseRef, paths, queries, type Schemas, shortRef, useEntityRows } from "../api";
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
  parseSort,
  ResourceTable,
  StateBadge,
  stateWord,
  Tag,
  useUrlState,
} from "../kit";

type Entity = Schemas["EntitySummary"];

/** The facets of the server, in the order in which people narrow. */
const facetTitles: [string, string][] = [
  ["health", "Health"],
  ["owner", "Owner"],
  ["kind", "Kind"],
  ["type", "Type"],
  ["lifecycle", "Lifecycle"],
  ["tier", "Tier"],
  ["tag", "Tag"],
  ["state", "Source"],
];

const stateLabels: Record<string, string> = { declared: "a manifest", discovered: "its runs" };

/** Groups and people answer for things; nobody answers for them. */
function isOwnable(entity: Entity): boolean {
  return !["group", "user"].includes(parseRef(entity.ref).kind);
}

function healthNote({ failing_since, health_cause }: Entity): string | undefined {
  if (failing_since) return `since ${ago(failing_since)}`;
  return health_cause ? `${shortRef(health_cause)} fails, which it needs` : undefined;
}

const columns: Column<Entity>[] = [
  {
    id: "title",
    title: "Name",
    share: 3,
    isSortable: true,
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
  {
    id: "type",
    title: "Type",
    width: 130,
    isSortable: true,
    cell: (entity) => entity.type,
    text: (entity) => entity.type ?? "",
  },
  {
    id: "owner",
    title: "Owner",
    share: 2,
    isEssential: true,
    isSortable: true,
    cell: (entity) => (isOwnable(entity) ? <OwnerLink owner={entity.owner} /> : <Dim>–</Dim>),
    text: (entity) => entity.owner?.name ?? "",
  },
  {
    id: "health",
    title: "Health",
    width: 130,
    isEssential: true,
    isSortable: true,
    cell: (entity) =>
      entity.health === "unknown" ? (
        <Dim>–</Dim>
      ) : (
        <span title={healthNote(entity)}>
          <StateBadge state={entity.health} />
        </span>
      ),
    text: (entity) => stateWord(entity.health),
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
    width: 72,
    isNumber: true,
    isSortable: true,
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

function labelOf(facet: string, value: string): string {
  if (facet === "health") return stateWord(value);
  return facet === "state" ? (stateLabels[value] ?? value) : value;
}

export default function Catalog() {
  const state = useUrlState();
  const narrowed: EntityFilter = {
    text: state.get("text")?.trim() || undefined,
    kind: state.get("kind"),
    type: state.get("type"),
    owner: state.get("owner"),
    lifecycle: state.get("lifecycle"),
    tier: state.get("tier"),
    health: state.get("health"),
    tag: state.get("tag"),
    state: state.get("state"),
    unowned: state.get("unowned") === "true" || undefined,
  };
  const sort = state.get("sort");
  const { id, isDescending } = parseSort(sort);
  const rows = useEntityRows({ ...narrowed, sort: id, order: isDescending ? "desc" : undefined });
  const counted = useQuery({ ...queries.facets(narrowed), placeholderData: keepPreviousData });
  const facets: Facet[] = facetTitles.map(([name, title]) => ({
    id: name,
    title,
    // What has none of it cannot be asked for by the address: an empty value there means any.
    options: (counted.data?.find((facet) => facet.name === name)?.values ?? [])
      .filter(({ value }) => value !== "")
      .map(({ value, label, count }) => ({ value, label: label ?? labelOf(name, value), count })),
    isOpen: name === "tag" || name === "type",
  }));
  facets.push({ id: "unowned", title: "Ownership", options: [{ value: "true", label: "nobody answers for it" }] });
  const isFiltered = Object.values(narrowed).some((value) => value !== undefined);

  return (
    <Page title="Catalog">
      <ResourceTable
        name="Catalog"
        rows={rows}
        columns={columns}
        rowKey={(entity) => entity.ref}
        sort={sort}
        onSort={(next) => state.set({ sort: next }, false)}
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
