/** The graph around a component: what it needs on the left, what it affects on the right. */

import { useMemo, useRef } from "react";
import type { Schemas } from "../api";
import { type Column, EmptyState, EntityLink, OwnerLink, ResourceTable, StateBadge, stateRank } from "../kit";
import { type GraphHandle, GraphView } from "./graph-view";
import { entityScene, type Scene } from "./scene";
import { rowsOf } from "./task-graph";

interface Props {
  graph: Schemas["EntityGraph"];
  /** The ref of the selected entity. */
  selected: string | undefined;
  onSelect: (ref: string | undefined) => void;
  /** An entity is to be shown in full. */
  onOpen: (ref: string) => void;
  /** What else can be chosen: direction, depth. */
  tools?: React.ReactNode;
  handle?: React.Ref<GraphHandle>;
}

export function ComponentGraph({ graph, selected, onSelect, onOpen, tools, handle }: Props) {
  const before = useRef<Scene | undefined>(undefined);
  const scene = useMemo(() => {
    before.current = entityScene(graph, before.current);
    return before.current;
  }, [graph]);
  if (graph.nodes.length < 2) {
    return (
      <EmptyState title="Nothing around it">
        It needs nothing that the catalog knows of, and nothing needs it. Manifests say so with <code>dependsOn</code>,
        and pipelines show it by what they read and write.
      </EmptyState>
    );
  }
  const left = graph.total - graph.nodes.length;
  return (
    <GraphView
      label={`Around ${graph.ref}`}
      scene={scene}
      selected={selected}
      onSelect={onSelect}
      onOpen={onOpen}
      tools={tools}
      note={
        left > 0 ? `The nearest ${graph.nodes.length.toLocaleString()} of ${graph.total.toLocaleString()}` : undefined
      }
      table={<Outline graph={graph} selected={selected} />}
      {...(handle ? { handle } : {})}
    />
  );
}

type Node = Schemas["EntityNode"];

function Outline({ graph, selected }: { graph: Schemas["EntityGraph"]; selected: string | undefined }) {
  const side = (node: Node) => {
    const steps = Math.abs(node.distance);
    if (steps === 0) return "itself";
    const how = node.distance < 0 ? "needed" : "affected";
    return steps === 1 ? `${how} directly` : `${how} in ${steps} steps`;
  };
  const columns: Column<Node>[] = [
    {
      id: "entity",
      title: "Entity",
      share: 2,
      text: (node) => node.ref,
      cell: (node) => <EntityLink entity={node.ref} title={node.title} exists={node.health !== "missing"} />,
    },
    { id: "how", title: "How", share: 1, isEssential: true, key: (node) => node.distance, text: side, cell: side },
    {
      id: "health",
      title: "Health",
      width: 140,
      text: (node) => node.health,
      key: (node) => stateRank(node.health),
      cell: (node) => <StateBadge state={node.health} />,
    },
    { id: "type", title: "Type", width: 120, text: (node) => node.type ?? "", cell: (node) => node.type ?? "" },
    {
      id: "owner",
      title: "Owner",
      share: 1,
      text: (node) => node.owner?.name ?? "",
      cell: (node) => <OwnerLink owner={node.owner} />,
    },
  ];
  const ordered = useMemo(() => [...graph.nodes].sort((a, b) => a.distance - b.distance), [graph]);
  return (
    <ResourceTable
      name="entities of the graph"
      rows={rowsOf(ordered)}
      columns={columns}
      rowKey={(node) => node.ref}
      isMarked={(node) => node.ref === selected}
      empty={<EmptyState title="Nothing around it" />}
    />
  );
}
