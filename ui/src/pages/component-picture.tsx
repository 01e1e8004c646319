/** The graph around a component: which way and how far is in the address. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { failureOf, paths, queries } from "../api";
import { ComponentGraph } from "../graph";
import { Choice, Loaded, Section, useUrlState } from "../kit";

const DIRECTIONS = [
  { value: "both", label: "Both ways" },
  { value: "up", label: "What it needs" },
  { value: "down", label: "What needs it" },
];
const DEPTHS = [
  { value: "1", label: "1 step" },
  { value: "2", label: "2 steps" },
  { value: "3", label: "3 steps" },
  { value: "all", label: "All the way" },
];

export default function ComponentPicture({ entity }: { entity: string }) {
  const state = useUrlState();
  const navigate = useNavigate();
  const direction = state.get("direction") ?? "both";
  const depth = state.get("depth") ?? "2";
  const query = useQuery({
    ...queries.entityGraph(entity, direction, depth === "all" ? undefined : Number(depth)),
    placeholderData: keepPreviousData,
  });
  return (
    <Section title="Around it">
      <Loaded query={query} failure={failureOf(query.error, query.refetch)} lines={8}>
        {(graph) => (
          <ComponentGraph
            graph={graph}
            selected={state.get("picked")}
            onSelect={(ref) => state.set({ picked: ref }, false)}
            onOpen={(ref) => void navigate(paths.entity(ref))}
            tools={
              <>
                <Choice
                  label="Which way"
                  options={DIRECTIONS}
                  value={direction}
                  onChange={(next) => state.set({ direction: next === "both" ? undefined : next }, false)}
                />
                <Choice
                  label="How far"
                  options={DEPTHS}
                  value={depth}
                  onChange={(next) => state.set({ depth: next === "2" ? undefined : next }, false)}
                />
              </>
            }
          />
        )}
      </Loaded>
    </Section>
  );
}
