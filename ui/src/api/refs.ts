/** Refs of entities, and the addresses of pages. One place, so that a link is never written by hand. */

export interface RefParts {
  kind: string;
  namespace: string;
  name: string;
}

/** Takes `kind:namespace/name` apart. The server writes refs in full. */
export function parseRef(ref: string): RefParts {
  const colon = ref.indexOf(":");
  const slash = ref.indexOf("/", colon);
  return { kind: ref.slice(0, colon), namespace: ref.slice(colon + 1, slash), name: ref.slice(slash + 1) };
}

export function formatRef({ kind, namespace, name }: RefParts): string {
  return `${kind}:${namespace}/${name}`;
}

/** What people call it when there is no title: the name, with the namespace where it is not the usual one. */
export function shortRef(ref: string): string {
  const { namespace, name } = parseRef(ref);
  return namespace === "default" ? name : `${namespace}/${name}`;
}

const part = encodeURIComponent;

export const paths = {
  home: () => "/",
  catalog: (query?: Record<string, string>) => withQuery("/catalog", query),
  entity: (ref: string) => {
    const { kind, namespace, name } = parseRef(ref);
    return `/catalog/${part(kind)}/${part(namespace)}/${part(name)}`;
  },
  teams: () => "/teams",
  team: (owner: string) => `/teams/${part(owner)}`,
  pipelines: () => "/pipelines",
  runs: (query?: Record<string, string>) => withQuery("/runs", query),
  run: (id: number, query?: Record<string, string>) => withQuery(`/runs/${id}`, query),
  /** With the one before it, until another is chosen. */
  compare: (run: number) => `/runs/compare?other=${run}`,
  runExplanation: (id: number) => `/runs/${id}/explain`,
  taskExplanation: (id: string) => `/tasks/${part(id)}/explain`,
  workers: () => "/workers",
  resources: () => "/resources",
  access: () => "/access",
  ledger: (query?: Record<string, string>) => withQuery("/ledger", query),
};

function withQuery(path: string, query?: Record<string, string>): string {
  return query ? `${path}?${new URLSearchParams(query)}` : path;
}
