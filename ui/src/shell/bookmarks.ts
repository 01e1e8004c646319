/**
 * Bookmarks of luigid's visualiser, which kept in the fragment of its address what was looked at. The server leads the
 * address itself to the app, and the browser takes the fragment along.
 */

import type { QueryClient } from "@tanstack/react-query";
import { paths, queries } from "../api";

/** Which page shows what such a fragment names; none: it is no such fragment. */
export async function pageOfBookmark(fragment: string, cache: QueryClient): Promise<string | undefined> {
  const told = new URLSearchParams(fragment.replace(/^#/, ""));
  const tab = told.get("tab");
  const task = told.get("taskId");
  if (!tab && !task) return undefined;
  switch (tab) {
    case "workers":
      return paths.workers();
    // Its own menu spelled it without the s.
    case "resource":
    case "resources":
      return paths.resources();
    case "tasks":
      return runsLike(told);
    default:
      return task ? pageOfTask(task, cache) : paths.pipelines();
  }
}

/** The run that knows the task last, with the task open. */
async function pageOfTask(id: string, cache: QueryClient): Promise<string> {
  try {
    const { run } = await cache.fetchQuery(queries.task(id));
    return run ? paths.run(run, { task: id }) : paths.taskExplanation(id);
  } catch {
    // A task that is forgotten, or a server that is away: the list says so.
  }
  return paths.runs({ text: id });
}

function runsLike(told: URLSearchParams): string {
  const query: Record<string, string> = {};
  const text = told.get("family") ?? told.get("search__search");
  if (text) query.text = text;
  if (/FAILED|DISABLED/.test(told.get("statuses") ?? "")) query.outcome = "failed";
  return paths.runs(Object.keys(query).length > 0 ? query : undefined);
}
