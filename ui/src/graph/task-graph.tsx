/** The graph of a run's tasks, or of the tasks around one. */

import { useMemo, useRef, useState } from "react";
import type { Schemas } from "../api";
import { Button, type Column, EmptyState, OwnerLink, ResourceTable, type Rows, StateBadge, stateRank } from "../kit";
import css from "./graph.module.css";
import { type GraphHandle, GraphView } from "./graph-view";
import { countsText, familyKey, type Scene, shortFamily, taskKey, taskScene } from "./scene";

interface Props {
  graph: Schemas["TaskGraph"];
  /** The id of the selected task. */
  selected: string | undefined;
  onSelect: (task: string | undefined) => void;
  /** A task is to be shown in full. */
  onOpen: (task: string) => void;
  /** Families that are shown task by task. */
  expanded: string[];
  onExpand: (families: string[]) => void;
  handle?: React.Ref<GraphHandle>;
}

type Node = Schemas["TaskNode"];

export function TaskGraph({ graph, selected, onSelect, onOpen, expanded, onExpand, handle }: Props) {
  const before = useRef<Scene | undefined>(undefined);
  const scene = useMemo(() => {
    before.current = taskScene(graph, before.current);
    return before.current;
  }, [graph]);
  // A family is selected only here: it has no address.
  const [family, setFamily] = useState<string | undefined>(undefined);
  const shown = selected ? keyOfTask(graph, selected) : family && familyKey(family);
  const isGroup = family !== undefined && !selected && graph.nodes.some((node) => keyOf(graph, node) === shown);
  const open = (key: string) => {
    const node = graph.nodes.find((one) => keyOf(graph, one) === key);
    if (node?.id) onOpen(node.id);
    else if (node) onExpand([...expanded, graph.families[node.family]?.name ?? ""]);
  };
  const tools = (
    <>
      {expanded.length > 0 && (
        <Button onClick={() => onExpand([])}>
          {expanded.length === 1
            ? `Collapse ${shortFamily(expanded[0] ?? "")}`
            : `Collapse ${expanded.length} families`}
        </Button>
      )}
      {isGroup && <Button onClick={() => open(familyKey(family))}>Expand {shortFamily(family)}</Button>}
    </>
  );
  const hasCritical = graph.nodes.some((node) => node.critical);
  // Only of a run that ended does the chain lead to a failure.
  const isFailed = graph.nodes.some((node) => node.critical && stateRank(node.status) === 0);
  const goesOn = graph.nodes.some(
    (node) => node.critical && (node.status === "RUNNING" || node.status === "BATCH_RUNNING"),
  );
  const hasForeign = graph.families.some((one) => one.foreign);
  const notes = [
    hasCritical &&
      `Bold: ${isFailed ? "the chain to what failed" : goesOn ? "the chain that it waits for now" : "the chain that decided the end"}`,
    hasForeign && "Dashed: of another component",
    graph.cut && `The nearest ${graph.tasks.toLocaleString()} tasks; there are more`,
  ];
  if (graph.nodes.length === 0) {
    return <EmptyState title="No tasks yet">They show up as soon as the worker has declared them.</EmptyState>;
  }
  return (
    <GraphView
      label={graph.run ? `Tasks of run ${graph.run}` : `Tasks around ${graph.root}`}
      scene={scene}
      selected={shown}
      onSelect={(key) => {
        const node = graph.nodes.find((one) => keyOf(graph, one) === key);
        setFamily(node && !node.id ? graph.families[node.family]?.name : undefined);
        onSelect(node?.id ?? undefined);
      }}
      onOpen={open}
      tools={tools}
      note={notes.filter(Boolean).join(" · ")}
      table={<Outline graph={graph} selected={selected} open={open} />}
      {...(handle ? { handle } : {})}
    />
  );
}

function keyOf(graph: Schemas["TaskGraph"], node: Node): string {
  return node.id ? taskKey(node.id) : familyKey(graph.families[node.family]?.name ?? "");
}

/** A task that is within a collapsed family is shown by the family. */
function keyOfTask(graph: Schemas["TaskGraph"], task: string): string | undefined {
  if (graph.nodes.some((node) => node.id === task)) return taskKey(task);
  const family = graph.families.find((one) => task.startsWith(`${one.name}_`));
  return family && familyKey(family.name);
}

function Outline(props: { graph: Schemas["TaskGraph"]; selected: string | undefined; open: (key: string) => void }) {
  const { graph, selected, open } = props;
  const needs = useMemo(() => {
    const counts = new Map<number, [needs: number, neededBy: number]>();
    const count = (node: number): [number, number] => counts.get(node) ?? [0, 0];
    for (const [from = 0, to = 0] of graph.edges) {
      counts.set(to, [count(to)[0] + 1, count(to)[1]]);
      counts.set(from, [count(from)[0], count(from)[1] + 1]);
    }
    return new Map(graph.nodes.map((node, at) => [node, count(at)]));
  }, [graph]);
  const family = (node: Node) => graph.families[node.family];
  const name = (node: Node) => shortFamily(family(node)?.name ?? "");
  const state = (node: Node) => (node.counts ? countsText(node.counts) : node.status);
  const columns: Column<Node>[] = [
    {
      id: "task",
      title: "Task",
      share: 3,
      text: (node) => node.id ?? `${name(node)} × ${family(node)?.tasks ?? 0}`,
      cell: (node) => (
        <button
          type="button"
          className={css.link}
          title={node.id ?? undefined}
          onClick={() => open(keyOf(graph, node))}
        >
          {node.id
            ? `${name(node)} ${node.detail ?? ""}`
            : `${name(node)} × ${family(node)?.tasks.toLocaleString() ?? ""}`}
        </button>
      ),
    },
    {
      id: "state",
      title: "State",
      width: 152,
      isEssential: true,
      text: state,
      key: (node) => stateRank(node.status),
      cell: (node) =>
        node.counts ? countsText(node.counts) : <StateBadge state={node.status} percent={node.progress} />,
    },
    {
      id: "took",
      title: "Took",
      width: 90,
      isNumber: true,
      text: (node) => took(node),
      cell: (node) => took(node),
    },
    {
      id: "attempts",
      title: "Attempts",
      width: 84,
      isNumber: true,
      text: (node) => String(node.attempts ?? 0),
      cell: (node) => (node.attempts ?? 0).toLocaleString(),
    },
    {
      id: "needs",
      title: "Needs",
      width: 76,
      isNumber: true,
      text: (node) => String(needs.get(node)?.[0] ?? 0),
      cell: (node) => needs.get(node)?.[0] ?? 0,
    },
    {
      id: "needed",
      title: "Needed by",
      width: 96,
      isNumber: true,
      text: (node) => String(needs.get(node)?.[1] ?? 0),
      cell: (node) => needs.get(node)?.[1] ?? 0,
    },
    {
      id: "critical",
      title: "Critical",
      width: 80,
      text: (node) => (node.critical ? "yes" : ""),
      cell: (node) => (node.critical ? "Yes" : ""),
    },
    {
      id: "owner",
      title: "Owner",
      share: 1,
      isOptional: true,
      text: (node) => family(node)?.owner?.name ?? "",
      cell: (node) => <OwnerLink owner={family(node)?.owner} />,
    },
  ];
  // From the left to the right of the picture: what is needed comes before what needs it.
  const ordered = useMemo(() => [...graph.nodes].sort((a, b) => a.x - b.x || a.y - b.y), [graph]);
  return (
    <ResourceTable
      name="tasks of the graph"
      rows={rowsOf(ordered)}
      columns={columns}
      rowKey={(node) => keyOf(graph, node)}
      isMarked={(node) => node.id !== undefined && node.id === selected}
      onOpen={(node) => open(keyOf(graph, node))}
      empty={<EmptyState title="No tasks" />}
    />
  );
}

function took(node: Node): string {
  if (typeof node.started_ms !== "number" || typeof node.ended_ms !== "number") return "";
  return durationText(node.ended_ms - node.started_ms);
}

function durationText(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** A list that is here as a whole. */
export function rowsOf<T>(items: T[]): Rows<T> {
  return {
    count: items.length,
    total: items.length,
    at: (index) => items[index],
    need: () => undefined,
    all: async () => items,
    isLoading: false,
    isStale: false,
    failure: undefined,
  };
}
