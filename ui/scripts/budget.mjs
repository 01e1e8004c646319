// Fails when what a first visit loads is larger than we promise: the page's own scripts and styles, with what they import
// at once. Pages come later, each when it is gone to.
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const FIRST_LOAD_BYTES_MAX = 250 * 1024;
const ALL_BYTES_MAX = 2 * 1024 * 1024;

const dist = new URL("../dist/", import.meta.url);
const page = await readFile(new URL("index.html", dist), "utf8");
if (/<script(?![^>]*\ssrc=)|<style|\son\w+=/i.test(page)) {
  throw new Error("index.html has something inline, which the server's policy forbids");
}
const first = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]);
let sent = 0;
for (const name of first) sent += gzipSync(await readFile(new URL(name, dist)), { level: 9 }).length;

let all = 0;
for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  if (entry.isFile()) all += (await stat(`${entry.parentPath}/${entry.name}`)).size;
}
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(0)} KB`;
console.log(`first load ${kilobytes(sent)} of ${kilobytes(FIRST_LOAD_BYTES_MAX)} compressed, in all ${kilobytes(all)}`);
if (sent > FIRST_LOAD_BYTES_MAX || all > ALL_BYTES_MAX) {
  console.error(`error: the app is too large: ${first.join(", ")}\nhint: load what a first visit does not need later`);
  process.exit(1);
}
// `make` looks at this file's age.
await writeFile(new URL(".stamp", dist), "");
