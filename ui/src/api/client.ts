/** Calls to the server, typed by its OpenAPI document; what it refuses becomes an `ApiFailure`. */

import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

const client = createClient<paths>({
  baseUrl: window.location.origin,
  // The server takes what changes something only when it is announced as JSON, bodies or not.
  headers: { "Content-Type": "application/json" },
});

/** What the server said of a call that it did not do, or that it could not be reached. */
export class ApiFailure extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly status: number;
  readonly problems: Schemas["FileProblem"][];

  constructor(body: Schemas["ErrorBody"], status: number) {
    super(body.message);
    this.name = "ApiFailure";
    this.code = body.code;
    this.hint = body.hint;
    this.status = status;
    this.problems = body.problems ?? [];
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }
}

function unreachable(error: unknown): ApiFailure {
  const message = `the server cannot be reached: ${error instanceof Error ? error.message : String(error)}`;
  return new ApiFailure({ code: "offline", message, hint: "it is tried again as soon as the server answers" }, 0);
}

function asFailure(body: unknown, status: number): ApiFailure {
  if (typeof body === "object" && body !== null && "code" in body && "message" in body) {
    return new ApiFailure(body as Schemas["ErrorBody"], status);
  }
  // Not from the API: most likely from a proxy before it.
  return new ApiFailure(
    { code: `HTTP ${status}`, message: "the server answered with something else than JSON" },
    status,
  );
}

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer of a call, or its failure thrown. */
export async function answer<T>(call: Promise<Answered<T>>): Promise<T> {
  let answered: Answered<T>;
  try {
    answered = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw error instanceof SyntaxError ? asFailure(undefined, 200) : unreachable(error);
  }
  if (answered.data === undefined) throw asFailure(answered.error, answered.response.status);
  return answered.data;
}

/** Ends the session of this browser. Not below `/api/v1`: what it answers is for the browser itself, a cookie that is over. */
export async function signOut(): Promise<void> {
  const reply = await fetch("/logout", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{}",
  }).catch((error: unknown) => {
    throw unreachable(error);
  });
  if (!reply.ok) throw asFailure(await reply.json().catch(() => undefined), reply.status);
}

export { client };
