// The checks of the ledger that the browser does, against the ledger that is committed in `ledger/tests/fixture/`, against
// trees of every small size, and against whatever somebody might change.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import ts from "typescript";

const source = await readFile(new URL("../src/api/verify.ts", import.meta.url), "utf8");
const { outputText } = ts.transpileModule(source, { compilerOptions: { module: "ESNext", target: "ES2023" } });
const verify = await import(`data:text/javascript;base64,${Buffer.from(outputText).toString("base64")}`);
const { hashLeaf, parseCheckpoint, parseVerifierKey, rootOf, toBase64, verifyInclusion, verifySignature } = verify;

const fixture = (name) => readFile(new URL(`../../ledger/tests/fixture/${name}`, import.meta.url), "utf8");
const note = await fixture("log/checkpoint");
const oldNote = await fixture("old-checkpoint");
const vkey = (await fixture("ledger.vkey")).trim();
const leaf = await fixture("entry.json");
const hashes = await fixture("entry.hashes");
const SEQ = 4;

const changed = (text, from, to) => {
  assert.ok(text.includes(from), `${from} is there to be changed`);
  return text.replace(from, to);
};
const check = async ({ entry = leaf, seq = SEQ, way = hashes, checkpoint = note, key = vkey }) => {
  const parsed = parseCheckpoint(checkpoint);
  await verifyInclusion(entry, seq, way, parsed);
  await verifySignature(parsed, await parseVerifierKey(key));
};

test("the committed ledger is proven", () => check({}));

test("an older checkpoint is signed too", async () => {
  await verifySignature(parseCheckpoint(oldNote), await parseVerifierKey(vkey));
});

const lines = hashes.trim().split("\n");
const witness = "— witness.example.com AAAAAAAA\n";
const forgeries = {
  "a letter of the entry": [{ entry: changed(leaf, "user:7", "user:8") }, /another root/],
  "white space in the entry": [{ entry: changed(leaf, '"run":1', '"run": 1') }, /another root/],
  "another entry's bytes": [{ seq: 3 }, /not those of entry 3/],
  "the entry and its place": [
    { entry: changed(leaf, '"seq":4', '"seq":3'), seq: 3 },
    /another root|too long|too short/,
  ],
  "a place past the end": [{ entry: changed(leaf, '"seq":4', '"seq":9'), seq: 9 }, /not among the 7/],
  "a hash left out": [{ way: lines.slice(1).join("\n") }, /too short/],
  "a hash more": [{ way: `${hashes}${lines[0]}\n` }, /too long/],
  "hashes in another order": [{ way: lines.toReversed().join("\n") }, /another root/],
  "a hash that is none": [{ way: changed(hashes, lines[0], "AAAA") }, /is not one/],
  "a hash that is not base64": [{ way: changed(hashes, lines[0], "%%%%") }, /not base64/],
  "a hash in another spelling": [{ way: changed(hashes, lines[0], lines[0].replace("=", "")) }, /as base64 usually is/],
  "no proof": [{ way: "" }, /too short/],
  "the root": [{ checkpoint: note.replace(/^(.*\n.*\n)./, "$1A") }, /another root/],
  "the size": [{ checkpoint: changed(note, "\n7\n", "\n8\n") }, /not valid|another root|too short/],
  "a size that is none": [{ checkpoint: changed(note, "\n7\n", "\n07\n") }, /not a number/],
  "an older checkpoint": [{ checkpoint: oldNote }, /not among the 3/],
  "a line more in the checkpoint": [{ checkpoint: changed(note, "\n\n", "\nmore\n\n") }, /three lines/],
  "the origin": [{ checkpoint: note.replace("bussola", "bussolo") }, /is of bussolo/],
  "the signature": [{ checkpoint: note.replace(/.(.)=\n$/, "A$1=\n") }, /not valid|as base64 usually is/],
  "no signature": [{ checkpoint: note.slice(0, note.indexOf("—")) }, /signature line|signed/],
  "a signature twice": [{ checkpoint: note + note.slice(note.indexOf("—")) }, /twice/],
  "only a witness's signature": [{ checkpoint: note.slice(0, note.indexOf("—")) + witness }, /not signed by the key/],
  "a key of another id": [{ key: changed(vkey, "+7940991d+", "+7940991e+") }, /id of the key/],
  "a key of another name": [{ key: changed(vkey, "bussola", "bussolo") }, /id of the key/],
  "a key that is none": [{ key: "trust me" }, /not a verifying key/],
};
for (const [what, [input, fault]] of Object.entries(forgeries)) {
  test(`refutes: ${what}`, () => assert.rejects(check(input), fault));
}

test("a witness beside the key is passed over", () => check({ checkpoint: note + witness }));

test("every entry of every tree up to 70", async () => {
  const sha = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
  const split = (size) => 2 ** Math.ceil(Math.log2(size) - 1);
  const root = (leaves) => {
    if (leaves.length === 1) return leaves[0];
    const left = split(leaves.length);
    return sha(Buffer.of(1), root(leaves.slice(0, left)), root(leaves.slice(left)));
  };
  const way = (leaves, index) => {
    if (leaves.length === 1) return [];
    const left = split(leaves.length);
    const [inside, beside] = [leaves.slice(0, left), leaves.slice(left)];
    return index < left ? [...way(inside, index), root(beside)] : [...way(beside, index - left), root(inside)];
  };
  const leaves = await Promise.all(Array.from({ length: 70 }, (_, index) => hashLeaf(String(index)).then(Buffer.from)));
  for (let size = 1; size <= leaves.length; size += 1) {
    const some = leaves.slice(0, size);
    const wanted = toBase64(root(some));
    for (let index = 0; index < size; index += 1) {
      const siblings = way(some, index);
      assert.equal(toBase64(await rootOf(some[index], index, size, siblings)), wanted, `${index} of ${size}`);
      const other = (index + 1) % size;
      if (other === index) continue;
      const led = await rootOf(some[index], other, size, siblings).then(toBase64, () => "refuted");
      assert.notEqual(led, wanted, `${index} as ${other} of ${size}`);
    }
  }
});
