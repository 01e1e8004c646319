/** What the palette finds: pages at once, things of the catalog and runs from the server at each key. */

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { parseRef, paths, queries } from "../api";
import { CommandPalette, type IconName, type PaletteItem, stateWord, useScheme } from "../kit";
import { places } from "./navigation";

const ENTITIES_MAX = 12;
const RUNS_MAX = 5;

function iconOf(ref: string): IconName {
  const { kind } = parseRef(ref);
  return kind === "group" || kind === "user" ? "teams" : kind === "resource" ? "resources" : "catalog";
}

export function Palette({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const scheme = useScheme();
  const [text, setText] = useState("");
  const wanted = text.trim();
  const isAsked = isOpen && wanted !== "";
  const entities = useQuery({
    ...queries.entities({ text: wanted }, 0, ENTITIES_MAX),
    enabled: isAsked,
    placeholderData: keepPreviousData,
  });
  const runs = useInfiniteQuery({ ...queries.runs({ text: wanted }, RUNS_MAX), enabled: isAsked });

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
    const found: PaletteItem[] = (entities.data?.items ?? []).map((entity) => ({
      id: entity.ref,
      title: entity.title,
      icon: iconOf(entity.ref),
      note: [parseRef(entity.ref).kind, entity.owner?.name].filter(Boolean).join(" · "),
      group: "Catalog",
      run: go(paths.entity(entity.ref)),
    }));
    // The server orders by ref; what begins with the text is most likely meant.
    const isPrefixed = (item: PaletteItem) => item.title.toLowerCase().startsWith(lower);
    found.sort((a, b) => Number(isPrefixed(b)) - Number(isPrefixed(a)));
    const ran: PaletteItem[] = (runs.data?.pages[0]?.items ?? []).map((run) => ({
      id: `run-${run.id}`,
      title: `Run ${run.id} of ${run.pipeline}`,
      icon: "runs",
      note: stateWord(run.outcome),
      group: "Runs",
      run: go(paths.run(run.id)),
    }));
    return [...found, ...ran, ...pages];
  }, [wanted, entities.data, runs.data, navigate, scheme]);

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
      isSearching={isAsked && (entities.isFetching || runs.isFetching)}
    />
  );
}
