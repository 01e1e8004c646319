/**
 * Checks an entry of the ledger in the browser: the bytes of the entry, the way from them to the root of the tree, and the
 * signature under that root. What the server says of itself counts for nothing here; only bytes do.
 *
 * The formats are in `docs/ledger-format.md`: RFC 6962 trees with SHA-256, C2SP signed notes with Ed25519.
 *
 * What it does not do: know whether the key is the right one. A key that came from the same server proves that the server
 * agrees with itself; whoever wants more compares it with what the operator has published elsewhere.
 */

const HASH_BYTES = 32;
const KEY_TYPE_ED25519 = 1;
/** LIMIT: as in the format. A tree of 2^63 entries has no longer way. */
const HASHES_MAX = 65;

/** What is wrong with a proof, in words. */
export class ProofFault extends Error {}

export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
  /** The bytes that are signed. */
  signed: string;
  signatures: { name: string; id: Uint8Array; signature: Uint8Array }[];
}

export interface VerifierKey {
  name: string;
  id: Uint8Array;
  key: Uint8Array;
}

const encoder = new TextEncoder();

async function sha256(...parts: Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function hashLeaf(leaf: string): Promise<Uint8Array> {
  return sha256(Uint8Array.of(0), encoder.encode(leaf));
}

function hashNode(left: Uint8Array, right: Uint8Array): Promise<Uint8Array> {
  return sha256(Uint8Array.of(1), left, right);
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Base64 in its one canonical form; anything else is a fault. */
function fromBase64(text: string, what: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new ProofFault(`${what} is not base64`);
  }
  if (toBase64(bytes) !== text) throw new ProofFault(`${what} is not written as base64 usually is`);
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Counts above 2^53 do not come up: the format forbids them. */
function parseCount(text: string, what: string): number {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new ProofFault(`${what} is not a number: ${text.slice(0, 40)}`);
  }
  return Number(text);
}

/** The root that a leaf and its siblings lead to, as RFC 9162 2.1.3.2 spells it out. */
export async function rootOf(
  leaf: Uint8Array,
  index: number,
  size: number,
  siblings: Uint8Array[],
): Promise<Uint8Array> {
  if (index >= size) throw new ProofFault(`entry ${index} is not among the ${size} that are signed`);
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of siblings) {
    if (last === 0) throw new ProofFault("the proof is too long");
    if (node % 2 === 1 || node === last) {
      hash = await hashNode(sibling, hash);
      // Steps over levels where the node is alone at the right edge.
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = await hashNode(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw new ProofFault("the proof is too short");
  return hash;
}

export function parseCheckpoint(note: string): Checkpoint {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) throw new ProofFault("the checkpoint is not a signed note");
  const signed = note.slice(0, end + 1);
  const [origin, count, root, ...more] = signed.slice(0, -1).split("\n");
  if (!origin || count === undefined || root === undefined || more.length > 0) {
    throw new ProofFault("the checkpoint does not have three lines");
  }
  const rootBytes = fromBase64(root, "the root");
  if (rootBytes.length !== HASH_BYTES) throw new ProofFault("the root is not a SHA-256 hash");
  const signatures = note
    .slice(end + 2, -1)
    .split("\n")
    .map((line) => {
      const [, name, text] = /^— (\S+) (\S+)$/.exec(line) ?? [];
      if (name === undefined || text === undefined) throw new ProofFault("a signature line is not one");
      const bytes = fromBase64(text, "a signature");
      return { name, id: bytes.slice(0, 4), signature: bytes.slice(4) };
    });
  return { origin, size: parseCount(count, "the size"), root: rootBytes, signed, signatures };
}

/** Takes `name+id+key` apart, and sees that the id is that of the key. */
export async function parseVerifierKey(text: string): Promise<VerifierKey> {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined)
    throw new ProofFault("the key is not a verifying key");
  const typed = fromBase64(encoded, "the key");
  if (typed[0] !== KEY_TYPE_ED25519 || typed.length !== 1 + HASH_BYTES)
    throw new ProofFault("the key is not one of Ed25519");
  const idBytes = Uint8Array.from(id.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const computed = (await sha256(encoder.encode(`${name}\n`), typed)).slice(0, 4);
  if (!areEqual(idBytes, computed)) throw new ProofFault("the id of the key is not that of its bytes");
  return { name, id: idBytes, key: typed.slice(1) };
}

/** Whether this browser can check Ed25519. */
export async function canVerifySignatures(): Promise<boolean> {
  try {
    // The base point: a valid key on every curve implementation.
    const point = new Uint8Array(HASH_BYTES).fill(0x66);
    point[0] = 0x58;
    await crypto.subtle.importKey("raw", point, "Ed25519", false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

/** Sees that the key signed the checkpoint; other keys' lines, such as those of witnesses, are passed over. */
export async function verifySignature(checkpoint: Checkpoint, key: VerifierKey): Promise<void> {
  if (checkpoint.origin !== key.name) {
    throw new ProofFault(`the checkpoint is of ${checkpoint.origin}, the key of ${key.name}`);
  }
  const lines = checkpoint.signatures.filter(({ name, id }) => name === key.name && areEqual(id, key.id));
  const [line, second] = lines;
  if (!line) throw new ProofFault("the checkpoint is not signed by the key");
  if (second) throw new ProofFault("the checkpoint is signed twice by the key");
  const imported = await crypto.subtle.importKey("raw", joined(key.key), "Ed25519", false, ["verify"]);
  const isValid = await crypto.subtle.verify(
    "Ed25519",
    imported,
    joined(line.signature),
    encoder.encode(checkpoint.signed),
  );
  if (!isValid) throw new ProofFault("the signature is not valid: the checkpoint or the key was changed");
}

/** Sees that an entry's bytes are number `seq` of what the checkpoint has signed. */
export async function verifyInclusion(
  leaf: string,
  seq: number,
  hashes: string,
  checkpoint: Checkpoint,
): Promise<void> {
  // The bytes have to be of the entry that was asked for, not only of some entry.
  if ((JSON.parse(leaf) as { seq?: unknown }).seq !== seq)
    throw new ProofFault(`the bytes are not those of entry ${seq}`);
  const lines = hashes.split("\n").filter((line) => line !== "");
  if (lines.length > HASHES_MAX) throw new ProofFault("the proof is too long");
  const siblings = lines.map((line) => fromBase64(line, "a hash of the proof"));
  if (siblings.some((hash) => hash.length !== HASH_BYTES)) throw new ProofFault("a hash of the proof is not one");
  const root = await rootOf(await hashLeaf(leaf), seq, checkpoint.size, siblings);
  if (!areEqual(root, checkpoint.root)) throw new ProofFault("the proof leads to another root: the entry was changed");
}
