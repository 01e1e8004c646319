/** The tasks of a run as a graph, and its tries on a time line, side by side: one selection for both and the list below. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { failureOf, queries } from "../api";
import { RunTimeline, TaskGraph } from "../graph";
import { Loaded, Section, Split, type UrlState } from "../kit";

export default function RunPictures({ run, state }: { run: number; state: UrlState }) {
  const expanded = (state.get("expand") ?? "").split(",").filter(Boolean);
  // While a family opens, the graph as it was stays in sight.
  const graph = useQuery({ ...queries.runGraph(run, expanded), placeholderData: keepPreviousData });
  const timeline = useQuery(queries.runTimeline(run));
  const selected = state.get("task");
  const select = (task: string | undefined) => state.set({ picked: task }, false);
  const picked = state.get("picked") ?? selected;
  const open = (task: string) => state.set({ task, picked: task });
  return (
    <Split
      name="graph and time line"
      first={
        <Section title="Graph">
          <Loaded query={graph} failure={failureOf(graph.error, graph.refetch)} lines={8}>
            {(shown) => (
              <TaskGraph
                graph={shown}
                selected={picked}
                onSelect={select}
                onOpen={open}
                expanded={expanded}
                onExpand={(families) => state.set({ expand: families.join(",") || undefined })}
              />
            )}
          </Loaded>
        </Section>
      }
      second={
        <Section title="Time line">
          <Loaded query={timeline} failure={failureOf(timeline.error, timeline.refetch)} lines={5}>
            {(shown) => <RunTimeline timeline={shown} selected={picked} onSelect={select} onOpen={open} />}
          </Loaded>
        </Section>
      }
    />
  );
}
