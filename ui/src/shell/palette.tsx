/** What the palette finds: pages at once, and all that has a name from the server at each key. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { paths, queries, type Schemas } from "../api";
import { CommandPalette, type IconName, type PaletteItem, stateWord, useScheme } from "../kit";
import { places } from "./navigation";

type Hit = Schemas["SearchHit"];

/** In the words of a heading. */
const GROUPS: Record<string, string> = {
  component: "Components",
  team: "Teams",
  entity: "Catalog",
  pipeline: "Pipelines",
  run: "Runs",
  task: "Tasks",
};

const ICONS: Record<string, IconName> = { team: "teams", pipeline: "pipelines", run: "runs", task: "bolt" };

function iconOf({ kind, id }: Hit): IconName {
  return ICONS[kind] ?? (id.startsWith("resource:") ? "resources" : "catalog");
}

function placeOf({ kind, id, run }: Hit): string {
  switch (kind) {
    case "team":
      return paths.team(id);
    case "pipeline":
      return paths.runs({ pipeline: id });
    case "run":
      return paths.run(Number(id));
    case "task":
      return typeof run === "number" ? paths.run(run, { task: id }) : paths.taskExplanation(id);
    default:
      return paths.entity(id);
  }
}

/** What it is, whose, and how it is, where that says something. */
function noteOf({ kind, of, owner, status }: Hit): string {
  const state = status && status !== "unknown" && status !== "healthy" ? stateWord(status) : undefined;
  return [kind === "run" ? undefined : of, owner?.name, state].filter(Boolean).join(" · ");
}

export function Palette({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const scheme = useScheme();
  const [text, setText] = useState("");
  const wanted = text.trim();
  const isAsked = isOpen && wanted !== "";
  const found = useQuery({ ...queries.search(wanted), enabled: isAsked, placeholderData: keepPreviousData });

  const items = useMemo(() => {
    const lower = wanted.toLowerCase();
    const go = (path: string) => () => void navigate(path);
    const pages: PaletteItem[] = places
      .filter(({ title }) => title.toLowerCase().includes(lower))
      .map(({ title, path, icon }) => ({ id: path, title, icon, group: "Pages", run: go(path) }));
    if (!wanted) {
      const other = scheme.shown === "dark" ? "light" : "dark";
      const title = `Change to ${other} colours`;
      pages.push({ id: "scheme", title, icon: "auto", group: "Actions", run: () => scheme.choose(other) });
      return pages;
    }
    // The best first; what is of one kind stays together.
    const groups = Map.groupBy(found.data?.items ?? [], ({ kind }) => kind);
    const hits = [...groups.values()].flat().map(
      (hit): PaletteItem => ({
        id: `${hit.kind} ${hit.id}`,
        title: hit.title,
        icon: iconOf(hit),
        note: noteOf(hit),
        group: GROUPS[hit.kind] ?? hit.kind,
        run: go(placeOf(hit)),
      }),
    );
    return [...hits, ...pages];
  }, [wanted, found.data, navigate, scheme]);

  return (
    <CommandPalette
      isOpen={isOpen}
      onClose={() => {
        onClose();
        setText("");
      }}
      text={text}
      onText={setText}
      items={items}
      isSearching={isAsked && found.isFetching}
      isLate={isAsked && found.isPlaceholderData}
    />
  );
}
