// Every kind of entry makes stale what it is about, and not everything: whoever looks at a large run would read it anew each time.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import ts from "typescript";

const source = await readFile(new URL("../src/api/touched.ts", import.meta.url), "utf8");
const { outputText } = ts.transpileModule(source, { compilerOptions: { module: "ESNext", target: "ES2023" } });
const { touched } = await import(`data:text/javascript;base64,${Buffer.from(outputText).toString("base64")}`);

/** The table of all kinds of entries. */
const table = await readFile(new URL("../../domain/src/event.rs", import.meta.url), "utf8");
const kinds = [...table.matchAll(/^ {4}"([a-z]+\.[a-z_]+)" \d+ /gm)].map(([, kind]) => kind);

/** Somebody erased a text: that is done while the server is stopped, and whatever is shown may have had it. */
const ABOUT_EVERYTHING = ["texts.erased"];

test("no entry that comes by itself makes everything stale", () => {
  assert.ok(kinds.includes("task.reported") && kinds.length > 20, "the kinds were found");
  const everything = kinds.filter((kind) => touched({ kind }).some((key) => key.length === 0));
  assert.deepEqual(everything, ABOUT_EVERYTHING);
});
