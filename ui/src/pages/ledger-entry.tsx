/** One entry of the ledger: what it says, the bytes of it, and the proof that it is there. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { failureOf, paths, queries, type Schemas } from "../api";
import {
  canVerifySignatures,
  hashLeaf,
  parseCheckpoint,
  parseVerifierKey,
  toBase64,
  verifyInclusion,
  verifySignature,
} from "../api/verify";
import {
  Button,
  CopyId,
  Dim,
  Drawer,
  EntityLink,
  Inline,
  Loaded,
  Properties,
  RunLink,
  Section,
  StateBadge,
  TimeAgo,
  useRemembered,
  Verbatim,
} from "../kit";
import css from "./ledger-entry.module.css";
import { sentenceOf } from "./sentence";

interface Props {
  seq: number | undefined;
  /** How many entries there are. */
  size: number | undefined;
  onOpen: (seq: number | undefined) => void;
}

export function EntryDrawer({ seq, size, onOpen }: Props) {
  return (
    <Drawer
      title={seq === undefined ? "" : `Entry ${seq.toLocaleString()}`}
      isOpen={seq !== undefined}
      onClose={() => onOpen(undefined)}
    >
      {seq !== undefined && (
        <>
          <Inline>
            <Button onClick={() => onOpen(seq - 1)} disabledBecause={seq === 0 ? "it is the first entry" : undefined}>
              Earlier
            </Button>
            <Button
              onClick={() => onOpen(seq + 1)}
              disabledBecause={size !== undefined && seq + 1 >= size ? "it is the latest entry" : undefined}
            >
              Later
            </Button>
          </Inline>
          <Opened key={seq} seq={seq} />
        </>
      )}
    </Drawer>
  );
}

/** What the bytes say. */
interface Said {
  at: number;
  authority: string;
  kind: string;
  payload: unknown;
  principal: string;
  run: number | null;
  subject: string;
  version: number;
}

const MICROS = 1_000_000;

/** Microseconds since 1970 as the ledger's API writes moments. */
function writtenAt(micros: number): string {
  const seconds = new Date(Math.floor(micros / MICROS) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(((micros % MICROS) + MICROS) % MICROS).padStart(6, "0")}Z`;
}

function Opened({ seq }: { seq: number }) {
  const query = useQuery(queries.entry(seq));
  return (
    <Loaded query={query} failure={failureOf(query.error, query.refetch)} lines={8}>
      {(entry) => <Shown entry={entry} />}
    </Loaded>
  );
}

/** All but the sentence is read from the bytes that are checked, and not from what the server says beside them. */
function Shown({ entry }: { entry: Schemas["EntryView"] }) {
  const said = JSON.parse(entry.leaf) as Said;
  const at = writtenAt(said.at);
  return (
    <>
      <Properties
        items={[
          { name: "What happened", value: <code>{said.kind}</code>, source: `version ${said.version}` },
          ...(entry.sentence
            ? [{ name: "In words", value: sentenceOf(entry), source: "the server's, by the names that it knows now" }]
            : []),
          { name: "To what", value: <Subject said={said} /> },
          { name: "When", value: <TimeAgo at={at} />, source: at },
          {
            name: "By",
            value: said.principal,
            ...(said.authority ? { source: `authority: ${said.authority}` } : {}),
          },
          ...(said.run === null ? [] : [{ name: "Run", value: <RunLink run={said.run} /> }]),
          { name: "Hash", value: <CopyId text={entry.hash} label="the hash" /> },
        ]}
      />
      <Check entry={entry} />
      <Section title="Details">
        <Verbatim text={JSON.stringify(said.payload, null, 2)} label="Details of the entry" />
      </Section>
      <Section title="As it was hashed" note={`${new TextEncoder().encode(entry.leaf).length.toLocaleString()} bytes`}>
        <div className={css.leaf}>
          <Verbatim text={entry.leaf} label="The bytes of the entry" />
        </div>
      </Section>
    </>
  );
}

/** What it happened to, with a link where that has a page. */
function Subject({ said }: { said: Said }) {
  const { subject } = said;
  const [, kind = "", rest = ""] = /^([a-z]+):(.*)$/.exec(subject) ?? [];
  if (kind === "task") {
    return (
      <Link to={said.run === null ? paths.taskExplanation(rest) : paths.run(said.run, { task: rest })}>{subject}</Link>
    );
  }
  if (kind === "run" && /^\d+$/.test(rest)) return <RunLink run={Number(rest)} />;
  if (rest.includes("/") && said.kind.startsWith("entity.")) return <EntityLink entity={subject} title={subject} />;
  return <>{subject || <Dim>The server as a whole</Dim>}</>;
}

interface Step {
  name: string;
  outcome: "proven" | "refuted" | "unchecked";
  text: string;
}

/** Checks it here and now, and says step by step what that showed. */
function Check({ entry }: { entry: Schemas["EntryView"] }) {
  const proof = useQuery(queries.entryProof(entry.seq));
  const [remembered, remember] = useRemembered<string | null>("ledger.key", null);
  const [steps, setSteps] = useState<Step[]>();
  const given = proof.data;
  const key = remembered ?? given?.vkey;

  useEffect(() => {
    if (!given || key === undefined) return;
    let isCurrent = true;
    void check(entry, given, key).then((found) => isCurrent && setSteps(found));
    return () => {
      isCurrent = false;
    };
  }, [entry, given, key]);
  useEffect(() => {
    if (remembered === null && given) remember(given.vkey);
  }, [remembered, given, remember]);

  return (
    <Section title="Checked in this browser">
      <Loaded query={proof} failure={failureOf(proof.error, proof.refetch)} lines={3}>
        {({ vkey }) => (
          <>
            <ul className={css.steps} aria-live="polite">
              {steps?.map((step) => (
                <li key={step.name}>
                  <StateBadge state={step.outcome} />
                  <span>
                    <strong>{step.name}</strong>
                    <br />
                    <Dim>{step.text}</Dim>
                  </span>
                </li>
              ))}
            </ul>
            {remembered !== null && remembered !== vkey && (
              <div className={css.changed} role="alert">
                <p>
                  The server now shows another key than on the first visit. Unless its operator has announced that, do
                  not trust what it says.
                </p>
                <p>
                  New: <CopyId text={vkey} label="the new key" />
                </p>
                <Button kind="danger" onClick={() => remember(vkey)}>
                  Trust the new key from now on
                </Button>
              </div>
            )}
            <p>
              <Dim>
                Key, as this browser first got it from this server:
                <br />
                <CopyId text={key ?? vkey} label="the key" />
                <br />
                Compare it with what the operator has published elsewhere: a key that comes with the evidence proves
                only that the server agrees with itself.
              </Dim>
            </p>
          </>
        )}
      </Loaded>
    </Section>
  );
}

async function check(entry: Schemas["EntryView"], proof: Schemas["EntryProof"], vkey: string): Promise<Step[]> {
  // A browser gives cryptography only to pages that came over a safe way.
  if (!window.isSecureContext) {
    const text =
      "This browser checks nothing on pages that come over plain HTTP from another machine: use HTTPS, or bussola ledger verify.";
    return [{ name: "Nothing was checked", outcome: "unchecked", text }];
  }
  const steps: Step[] = [];
  const step = async (name: string, what: () => Promise<string>) => {
    try {
      steps.push({ name, outcome: "proven", text: await what() });
    } catch (error) {
      steps.push({ name, outcome: "refuted", text: error instanceof Error ? error.message : String(error) });
    }
  };
  await step("These are the bytes", async () => {
    const hash = toBase64(await hashLeaf(entry.leaf));
    if (hash !== entry.hash) throw new Error(`the bytes have another hash: ${hash}`);
    if (entry.leaf !== proof.leaf) throw new Error("the proof is of other bytes");
    return "Their SHA-256 is the hash above.";
  });
  await step("It is in the ledger", async () => {
    const checkpoint = parseCheckpoint(proof.checkpoint);
    await verifyInclusion(proof.leaf, entry.seq, proof.hashes, checkpoint);
    const count = proof.hashes.split("\n").filter(Boolean).length;
    return `${count} hashes lead from it to the root over ${checkpoint.size.toLocaleString()} entries.`;
  });
  if (await canVerifySignatures()) {
    await step("The root is signed", async () => {
      const checkpoint = parseCheckpoint(proof.checkpoint);
      await verifySignature(checkpoint, await parseVerifierKey(vkey));
      return `By the key of ${checkpoint.origin}.`;
    });
  } else {
    const text = "This browser does not know Ed25519. A newer one does, and so does bussola ledger verify.";
    steps.push({ name: "The signature was not checked", outcome: "unchecked", text });
  }
  return steps;
}
