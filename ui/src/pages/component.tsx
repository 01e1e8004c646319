/** One thing of the catalog. The first screen answers: what is it, whose, is it well, what ran and changed last, who needs it. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Fragment, lazy, type ReactNode, Suspense } from "react";
import { Link, useParams } from "react-router";
import { failureOf, formatRef, itemRows, paths, queries, type Schemas, shortRef } from "../api";
import {
  Card,
  Cards,
  type Column,
  Columns,
  CopyId,
  Dim,
  EmptyState,
  EntityLink,
  GivenLink,
  Inline,
  Loaded,
  OwnerLink,
  Page,
  Properties,
  type Property,
  ResourceTable,
  RunLink,
  Section,
  Skeleton,
  Sparkline,
  StateBadge,
  secondsBetween,
  Tag,
  TimeAgo,
  Verbatim,
} from "../kit";
import { runColumns } from "./run-columns";
import { sentenceOf } from "./sentence";

// Graphs are heavy: they come when the rest of the page is there.
const ComponentPicture = lazy(() => import("./component-picture"));

type Detail = Schemas["EntityDetail"];
type Relation = Schemas["RelationTo"];
type Reached = Schemas["ReachedEntity"];

export default function Component() {
  const params = useParams();
  const ref = formatRef({ kind: params.kind ?? "", namespace: params.namespace ?? "", name: params.name ?? "" });
  const query = useQuery(queries.entity(ref));
  const entity = query.data;
  return (
    <Page
      key={ref}
      title={entity?.title ?? shortRef(ref)}
      kind={[params.kind, entity?.type].filter(Boolean).join(" · ")}
      parent={{ to: paths.catalog(), title: "Catalog" }}
      badge={entity && <StateBadge state={entity.health} />}
      lead={entity?.description}
    >
      <Loaded query={query} failure={failureOf(query.error, query.refetch)} lines={8}>
        {(detail) => <Shown entity={detail} />}
      </Loaded>
    </Page>
  );
}

/** Where a manifest says something. */
function Source({ place, since }: { place: Schemas["Place"]; since?: string }) {
  return (
    <span title={`${place.path}, line ${place.line}, column ${place.column}`}>
      {place.path.split("/").slice(-2).join("/")} line {place.line}
      {since && (
        <>
          , <TimeAgo at={since} />
        </>
      )}
    </span>
  );
}

function Shown({ entity }: { entity: Detail }) {
  const blast = useQuery(queries.blast(entity.ref));
  const runs = useInfiniteQuery({
    ...queries.runs({ pipeline: entity.ref }, 30),
    enabled: entity.pipelines.length > 0,
  });
  const lastRuns = runs.data?.pages[0]?.items ?? [];
  const last = lastRuns[0];
  const changed = entity.declaration?.fields.reduce((latest, field) => (field.since > latest.since ? field : latest), {
    field: "",
    place: entity.declaration.place,
    since: entity.declaration.since,
  });
  const failing = entity.pipelines.filter((pipeline) => pipeline.health?.failing_since);
  const needsFailing = (entity.health_reasons ?? []).filter((one) => one.reason === "needs_failing");
  const bars = lastRuns.toReversed().map((run) => ({
    seconds: run.ended ? secondsBetween(run.started, run.ended) : 0,
    outcome: run.outcome === "succeeded" ? "ok" : run.outcome === "running" ? "busy" : "bad",
  })) satisfies Parameters<typeof Sparkline>[0]["bars"];

  return (
    <>
      <Cards>
        <Card title="Owner">
          <strong>
            <OwnerLink owner={entity.ownership.owner} />
          </strong>
          <OwnershipChain ownership={entity.ownership} />
        </Card>
        <Card title="Health" tone={entity.health === "failing" ? "bad" : undefined}>
          <Inline>
            <StateBadge state={entity.health} />
            {entity.failing_since && (
              <Dim>
                since <TimeAgo at={entity.failing_since} />
              </Dim>
            )}
          </Inline>
          {failing.map(
            ({ root, health }) =>
              health && (
                <Dim key={root}>
                  <RunLink run={health.run} /> of {root} {health.outcome}.{" "}
                  <Link to={paths.runExplanation(health.run)}>Why?</Link>
                </Dim>
              ),
          )}
          {needsFailing.slice(0, 2).map((reason) => (
            <Dim key={reason.ref}>
              <EntityLink entity={reason.ref} /> fails,{" "}
              {reason.distance === 1 ? "which it needs" : `${reason.distance} steps up`}
            </Dim>
          ))}
          {entity.health === "healthy" && <Dim>The last run of each pipeline succeeded</Dim>}
          {entity.health === "unknown" && <Dim>Nothing that belongs to it has run here</Dim>}
        </Card>
        <Card title="Last run">
          {last ? (
            <>
              <Inline>
                <RunLink run={last.id} />
                <StateBadge state={last.outcome} />
                <Dim>
                  <TimeAgo at={last.started} />
                </Dim>
              </Inline>
              {bars.length > 1 && <Sparkline bars={bars} label="Last runs" />}
            </>
          ) : (
            <Dim>{entity.pipelines.length > 0 ? "No run is kept" : "No pipeline belongs to it"}</Dim>
          )}
        </Card>
        <Card title="Last change">
          {changed ? (
            <>
              <span>
                <TimeAgo at={changed.since} />
              </span>
              <Dim>
                {changed.field && `${changed.field}, `}
                <Source place={changed.place} />
              </Dim>
            </>
          ) : (
            <Dim>In no manifest: known from its runs</Dim>
          )}
        </Card>
        <Card title="Depends on it">
          {blast.data ? (
            blast.data.total === 0 ? (
              <Dim>Nothing that is known</Dim>
            ) : (
              <>
                <span>
                  {blast.data.total} {blast.data.total === 1 ? "component" : "components"} of {blast.data.owners.length}{" "}
                  {blast.data.owners.length === 1 ? "team" : "teams"}
                </span>
                <Dim>
                  {blast.data.items.slice(0, 3).map((item, index) => (
                    <Fragment key={item.ref}>
                      {index > 0 && ", "}
                      <EntityLink entity={item.ref} exists={item.exists} />
                    </Fragment>
                  ))}
                  {blast.data.total > 3 && ` and ${blast.data.total - 3} more`}
                </Dim>
              </>
            )
          ) : (
            <Dim>…</Dim>
          )}
        </Card>
      </Cards>

      <Columns>
        <Section title="About">
          <Properties items={properties(entity)} />
        </Section>
        <ResourceTable
          name="Relationships"
          title="Relationships"
          rows={itemRows({ data: entity.relations, error: null, isPending: false, refetch: () => {} })}
          columns={relationColumns(entity)}
          rowKey={(relation) => `${relation.relation} ${relation.ref}`}
          empty={<EmptyState title="It stands alone">No manifest relates it to anything.</EmptyState>}
        />
      </Columns>

      <Suspense fallback={<Skeleton lines={8} label="Loading the graph" />}>
        <ComponentPicture entity={entity.ref} />
      </Suspense>
      <Loaded query={blast} failure={failureOf(blast.error, blast.refetch)}>
        {(reach) => <BlastRadius reach={reach} />}
      </Loaded>

      {entity.pipelines.length > 0 && (
        <ResourceTable
          name="Runs of the component"
          title="Runs"
          note={<Link to={paths.runs({ pipeline: entity.ref })}>all runs</Link>}
          rows={itemRows({ ...runs, data: runs.data?.pages[0]?.items })}
          columns={runColumns.filter(({ id }) => id !== "component" && id !== "owner")}
          rowKey={(run) => run.id}
          empty={<EmptyState title="No run is kept" icon="runs" />}
        />
      )}

      <History of={entity.ref} />
      {entity.declaration && <Manifest entity={entity} declaration={entity.declaration} />}
    </>
  );
}

/** How it is known who answers. */
function OwnershipChain({ ownership }: { ownership: Schemas["OwnerAnswer"] }) {
  const step = ownership.chain.at(-1);
  if (!step || !ownership.owner) return <Dim>No manifest names an owner</Dim>;
  const away = ownership.chain.length > 1 ? <> by way of {shortRef(step.ref)}</> : null;
  if (step.place) {
    return (
      <Dim>
        <Source place={step.place} />
        {away}
      </Dim>
    );
  }
  return (
    <Dim>
      {step.reason === "luigi" ? `the owner that ${step.pipeline ?? "Luigi"} names` : step.reason.replace("_", " ")}
      {away}
    </Dim>
  );
}

function properties(entity: Detail): Property[] {
  const source = (...ends: string[]): ReactNode => {
    const field = entity.declaration?.fields.find(({ field }) => ends.some((end) => field.toLowerCase().endsWith(end)));
    return field && <Source place={field.place} since={field.since} />;
  };
  const items: Property[] = [{ name: "Ref", value: <CopyId text={entity.ref} label="ref" /> }];
  if (entity.type) items.push({ name: "Type", value: entity.type, source: source("type", "typeid") });
  if (entity.lifecycle) items.push({ name: "Lifecycle", value: entity.lifecycle, source: source("lifecycle") });
  if (entity.tier) items.push({ name: "Tier", value: entity.tier, source: source("tier") });
  if (entity.tags?.length) {
    const tags = entity.tags.map((tag) => (
      <Link key={tag} to={paths.catalog({ tag })}>
        <Tag>{tag}</Tag>
      </Link>
    ));
    items.push({ name: "Tags", value: <Inline>{tags}</Inline>, source: source("tags", "labels") });
  }
  for (const pipeline of entity.pipelines) {
    items.push({ name: "Pipeline", value: <code>{pipeline.root}</code>, source: <TimeAgo at={pipeline.since} /> });
  }
  if (entity.produced_by?.length) {
    items.push({ name: "Produced by", value: entity.produced_by.map((ref) => <EntityLink key={ref} entity={ref} />) });
  }
  for (const link of entity.links ?? []) {
    items.push({ name: "Link", key: link.url, value: <GivenLink url={link.url} title={link.title} /> });
  }
  for (const field of entity.custom_fields ?? []) items.push({ name: field.name, value: field.values.join(", ") });
  for (const [name, value] of Object.entries(entity.labels ?? {})) items.push({ name, value });
  for (const [name, value] of Object.entries(entity.annotations ?? {}))
    items.push({ name, value: <code>{value}</code> });
  return items;
}

/** Other words of manifests for our relations. */
const fieldsOfRelation: Record<string, string[]> = {
  ownedby: ["ownerid", "owner"],
  partof: ["system", "domain", "subcomponentof"],
  providesapi: ["providesapis"],
  consumesapi: ["consumesapis"],
  childof: ["parent"],
};

/** Which field of the manifest says a relation; none: the manifest of the other end does. */
function sourceOfRelation(entity: Detail, relation: string): Schemas["FieldSource"] | undefined {
  const plain = (word: string) => word.toLowerCase().replaceAll(/[^a-z]/g, "");
  const wanted = [plain(relation), ...(fieldsOfRelation[plain(relation)] ?? [])];
  return entity.declaration?.fields.find(({ field }) => wanted.includes(plain(field.split(".").at(-1) ?? "")));
}

function words(relation: string): string {
  return relation.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function relationColumns(entity: Detail): Column<Relation>[] {
  return [
    {
      id: "relation",
      title: "Relation",
      width: 140,
      cell: (one) => words(one.relation),
      text: (one) => words(one.relation),
    },
    {
      id: "ref",
      title: "Other end",
      share: 1,
      isEssential: true,
      cell: (one) => <EntityLink entity={one.ref} exists={one.exists} />,
      text: (one) => one.ref,
    },
    {
      id: "source",
      title: "Said by",
      share: 1,
      cell: (one) => {
        const field = sourceOfRelation(entity, one.relation);
        return <Dim>{field ? <Source place={field.place} since={field.since} /> : "the other end"}</Dim>;
      },
      text: (one) => {
        const field = sourceOfRelation(entity, one.relation);
        return field ? `${field.place.path}:${field.place.line}` : one.ref;
      },
    },
  ];
}

const reachedColumns: Column<Reached>[] = [
  {
    id: "ref",
    title: "Component",
    share: 2,
    cell: (one) => <EntityLink entity={one.ref} exists={one.exists} />,
    text: (one) => one.ref,
  },
  {
    id: "distance",
    title: "Steps",
    width: 70,
    isNumber: true,
    cell: (one) => one.distance,
    text: (one) => `${one.distance}`,
  },
  {
    id: "owner",
    title: "Owner",
    share: 1,
    isEssential: true,
    cell: (one) => <OwnerLink owner={one.owner} />,
    text: (one) => one.owner?.name ?? "",
  },
  {
    id: "health",
    title: "Health",
    width: 130,
    isEssential: true,
    cell: (one) => (one.failing_since ? <StateBadge state="failing" /> : <Dim>–</Dim>),
    text: (one) => (one.failing_since ? "failing" : ""),
  },
  {
    id: "via",
    title: "Because it",
    share: 2,
    cell: (one) => (
      <Dim>
        {words(one.via)} <EntityLink entity={one.from} />
      </Dim>
    ),
    text: (one) => `${words(one.via)} ${one.from}`,
  },
];

/** Who is affected when this fails, nearest first, and how many of each team. */
function BlastRadius({ reach }: { reach: Schemas["Reach"] }) {
  const teams = reach.owners.map(({ owner, count }) => (
    <span key={owner?.ref ?? owner?.name ?? ""}>
      <OwnerLink owner={owner} /> <Tag>{count}</Tag>
    </span>
  ));
  return (
    <ResourceTable
      name="Blast radius"
      title="Blast radius"
      note={<Inline>{teams}</Inline>}
      rows={itemRows({ data: reach.items, error: null, isPending: false, refetch: () => {} })}
      columns={reachedColumns}
      rowKey={(one) => one.ref}
      empty={
        <EmptyState title="Nothing depends on it" icon="check">
          <p>As far as manifests and runs say. A dependency can be declared at either of its ends.</p>
        </EmptyState>
      }
    />
  );
}

/** LIMIT: what is told here of what was changed; the ledger has all. */
const CHANGES_MAX = 10;

/** What was changed about it, and when: from the ledger. */
function History({ of }: { of: string }) {
  const query = useQuery(queries.latestEntries("catalog", { subject: of }, CHANGES_MAX));
  return (
    <Section title="History" note={<Link to={paths.ledger({ text: of })}>in the ledger</Link>}>
      <Loaded query={query} failure={failureOf(query.error, query.refetch)} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Dim>Nothing of it is in the ledger yet.</Dim>
          ) : (
            <Properties
              items={items.map((entry) => ({
                name: (
                  <Link to={paths.ledger({ entry: String(entry.seq) })}>
                    <TimeAgo at={entry.at} />
                  </Link>
                ),
                key: String(entry.seq),
                value: sentenceOf(entry),
                source: entry.principal,
              }))}
            />
          )
        }
      </Loaded>
    </Section>
  );
}

/** As its author wrote it. */
function Manifest({ entity, declaration }: { entity: Detail; declaration: Schemas["Declaration"] }) {
  const query = useQuery(queries.manifest(entity.ref));
  const manifest = query.data;
  const isOneOfMany = manifest && (manifest.line > manifest.first_line || manifest.line_end < lastLineOf(manifest));
  return (
    <Section
      title="Manifest"
      note={
        <>
          {declaration.place.path}, {declaration.format}
          {isOneOfMany && `, lines ${manifest.line} to ${manifest.line_end}`}, applied{" "}
          <TimeAgo at={declaration.since} />
          {manifest?.cut && ", cut here"}
        </>
      }
    >
      <Loaded query={query} failure={failureOf(query.error, query.refetch)}>
        {({ text, path, line, line_end, first_line }) => (
          <Verbatim
            text={text}
            label={`Manifest ${path}`}
            lines={{ first: first_line, ...(isOneOfMany ? { from: line, to: line_end } : {}) }}
          />
        )}
      </Loaded>
    </Section>
  );
}

function lastLineOf({ text, first_line }: Schemas["ManifestSource"]): number {
  return first_line + text.replace(/\n$/, "").split("\n").length - 1;
}
