/**
 * Keeps what is shown true: follows the server's events and makes the answers stale that they are about.
 *
 * Read with `fetch` and not with `EventSource`: the events have types of which new ones may come, the comments between
 * them are the only sign that a silent connection still stands, and a browser gives a server six connections for all
 * its tabs, so that hidden ones have to let go of theirs.
 *
 * INVARIANT: whatever was missed is made up for. After a short break the server sends what came meanwhile; after a long
 * one everything is asked anew.
 */

import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { answer, client, type Schemas } from "./client";
import { touched } from "./touched";

export type Connection = "connecting" | "live" | "reconnecting" | "resting";

/** The server breaks a silence after 15 s. */
const SILENCE_MS_MAX = 20_000;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 10_000;
/** A tab that is looked away from for a moment keeps its connection. */
const REST_AFTER_MS = 30_000;
/** A longer absence is not read event by event. */
const CATCH_UP_MS_MAX = 120_000;
/** So soon after the first event, and not more often than this, is anything asked again. */
const SETTLE_MS = 150;
const REFRESH_MS_MIN = 750;

/** Gathers what is stale and asks for it again, all at once and not too often. */
class Refresher {
  private waiting = new Map<string, QueryKey>();
  private timer: number | undefined;
  private last = 0;

  constructor(private readonly cache: QueryClient) {}

  add(keys: QueryKey[]): void {
    for (const key of keys) this.waiting.set(JSON.stringify(key), key);
    const wait = Math.max(SETTLE_MS, this.last + REFRESH_MS_MIN - performance.now());
    this.timer ??= window.setTimeout(() => this.flush(), wait);
  }

  /** Asks again what had no answer while the server was away. */
  retry(): void {
    void this.cache.invalidateQueries({ predicate: (query) => query.state.status === "error" });
  }

  private flush(): void {
    const keys = [...this.waiting.values()];
    this.timer = undefined;
    this.waiting.clear();
    this.last = performance.now();
    const isTouched = (queryKey: QueryKey) => keys.some((key) => key.every((part, index) => queryKey[index] === part));
    // An answer that is under way may be too old already. It is let arrive, for otherwise a steady stream of events would
    // leave a slow question without any answer; then it is asked once more.
    const isUnderWay = this.cache.isFetching({ predicate: (query) => isTouched(query.queryKey) }) > 0;
    void this.cache.invalidateQueries({ predicate: (query) => isTouched(query.queryKey) }, { cancelRefetch: false });
    if (isUnderWay) this.add(keys);
  }
}

let connection: Connection = "connecting";
const listeners = new Set<() => void>();

function become(next: Connection): void {
  if (connection === next) return;
  connection = next;
  for (const listener of listeners) listener();
}

/** How the stream of events does. */
export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connection,
  );
}

/** Follows the events until the page is left. Called once. */
export function follow(cache: QueryClient): void {
  const refresher = new Refresher(cache);
  let seen: string | undefined;
  let lost: number | undefined;
  let reading: AbortController | undefined;
  let retryMs = RETRY_MS_MIN;
  let timer: number | undefined;

  const connect = async () => {
    window.clearTimeout(timer);
    timer = undefined;
    const controller = new AbortController();
    reading = controller;
    let silence: number | undefined;
    const heard = () => {
      window.clearTimeout(silence);
      silence = window.setTimeout(() => controller.abort(), SILENCE_MS_MAX);
    };
    try {
      heard();
      const isLong = lost !== undefined && performance.now() - lost > CATCH_UP_MS_MAX;
      const headers: Record<string, string> = seen !== undefined && !isLong ? { "Last-Event-ID": seen } : {};
      const reply = await fetch("/api/v1/events", { headers, signal: controller.signal, cache: "no-store" });
      if (!reply.ok || !reply.body) throw new Error(`the stream of events answered ${reply.status}`);
      // Without a last event the server begins with the next: what came before it is made up for here.
      if (lost !== undefined && !("Last-Event-ID" in headers)) refresher.add([[]]);
      if (lost !== undefined) refresher.retry();
      lost = undefined;
      retryMs = RETRY_MS_MIN;
      become("live");
      for await (const event of events(reply.body, heard)) {
        seen = event.id;
        refresher.add(touched(event.data));
      }
    } catch {
      // Said by the connection's state; tried again below.
    } finally {
      window.clearTimeout(silence);
    }
    if (reading !== controller) return;
    reading = undefined;
    lost ??= performance.now();
    if (document.hidden) return become("resting");
    become("reconnecting");
    timer = window.setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  };

  let rest: number | undefined;
  const look = () => {
    window.clearTimeout(rest);
    if (document.hidden) {
      rest = window.setTimeout(() => reading?.abort(), REST_AFTER_MS);
    } else if (!reading) {
      void connect();
    }
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("online", () => !reading && void connect());
  // From where the ledger is before the first answer comes, so that no event falls between the two.
  answer(client.GET("/api/v1/ledger/head"))
    .then(({ size }) => {
      if (size > 0) seen = `${size - 1}`;
    })
    .catch(() => {
      lost = performance.now();
    })
    .finally(connect);
}

interface Received {
  id: string | undefined;
  data: Schemas["EventData"];
}

/** Takes a stream of server-sent events apart. */
async function* events(body: ReadableStream<Uint8Array<ArrayBuffer>>, heard: () => void): AsyncGenerator<Received> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    heard();
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(block.split("\n").map((line) => splitOnce(line, ": ")));
      const data = fields.get("data");
      if (data !== undefined) yield { id: fields.get("id"), data: JSON.parse(data) };
    }
  }
}

function splitOnce(line: string, separator: string): [string, string] {
  const at = line.indexOf(separator);
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + separator.length)];
}
