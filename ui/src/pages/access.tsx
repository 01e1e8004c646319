/** Who one is to the server, with one's sessions and tokens, and the way out. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { commands, failureOf, itemRows, queries, type Schemas } from "../api";
import {
  Card,
  Cards,
  type Column,
  ConfirmDanger,
  CopyId,
  Dim,
  EmptyState,
  Field,
  Loaded,
  Page,
  Properties,
  ResourceTable,
  Section,
  TimeAgo,
  toast,
} from "../kit";

type Session = Schemas["SessionView"];
type Token = Schemas["TokenView"];

export default function Access() {
  const me = useQuery(queries.me());
  return (
    <Page title="Your access" kind="who you are here, and with what" actions={me.data?.kind === "user" && <SignOut />}>
      <Loaded query={me} failure={failureOf(me.error, me.refetch)}>
        {(data) => (
          <>
            <Cards>
              <Card title="You">
                <Properties items={about(data)} />
              </Card>
            </Cards>
            {data.verified ? <Held /> : <Unverified />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function about({ name, principal, kind, credential, groups }: Schemas["Me"]) {
  return [
    { name: "Name", value: name ?? "the user of the server's machine" },
    { name: "In the ledger", value: `${principal} (${kind})` },
    { name: "Known by", value: credential },
    { name: "Groups", value: groups.length > 0 ? groups.join(", ") : <Dim>none</Dim> },
  ];
}

function Unverified() {
  return (
    <EmptyState icon="teams" title="Nobody signs in here">
      This server knows no identity provider, so it listens on its own machine only, takes whoever reaches it for that
      machine's user, and records what they do as <code>unverified</code>. <code>[access]</code> in{" "}
      <code>bussola.toml</code> changes that.
    </EmptyState>
  );
}

function SignOut() {
  const cache = useQueryClient();
  return (
    <ConfirmDanger
      label="Sign out"
      title="Sign out of this browser"
      verb="Sign out"
      kind="primary"
      consequence="This session ends, here and at the server. Other sessions and your tokens go on; they are listed below."
      act={commands.signOut}
      onDone={() => void cache.resetQueries()}
    />
  );
}

function Held() {
  const cache = useQueryClient();
  const sessions = useQuery(queries.mySessions());
  const tokens = useQuery(queries.myTokens());
  const [secret, setSecret] = useState<string>();
  const ended = (what: string) => {
    toast(`${what} is of no use any more`);
    void cache.invalidateQueries({ queryKey: ["access"] });
  };
  return (
    <>
      <Section title="Sessions">
        <ResourceTable
          name="Sessions"
          rows={itemRows({ ...sessions, data: sessions.data?.items })}
          columns={sessionColumns((session) => ended(`Session ${session.session}`))}
          rowKey={({ session }) => String(session)}
          empty={<EmptyState icon="teams" title="No sessions" />}
        />
      </Section>
      <Section title="Tokens" actions={<NewToken onMade={setSecret} />}>
        {secret && (
          <p>
            Copy it now, it is not shown again: <CopyId text={secret} label="token" />
          </p>
        )}
        <ResourceTable
          name="Tokens"
          rows={itemRows({ ...tokens, data: tokens.data?.items })}
          columns={tokenColumns((token) => ended(`Token ${token.token}`))}
          rowKey={({ token }) => String(token)}
          empty={
            <EmptyState icon="teams" title="No tokens">
              A token is for what cannot sign in: a worker's scheduler URL, a script.
            </EmptyState>
          }
        />
      </Section>
    </>
  );
}

function sessionColumns(onEnded: (session: Session) => void): Column<Session>[] {
  return [
    {
      id: "session",
      title: "Session",
      width: 90,
      isEssential: true,
      text: ({ session }) => String(session),
      cell: ({ session }) => session,
    },
    {
      id: "uses",
      title: "For",
      width: 150,
      text: ({ uses }) => uses,
      cell: ({ uses, current }) => (current ? `${uses}, this one` : uses),
    },
    {
      id: "started",
      title: "Began",
      share: 1,
      text: ({ started }) => started,
      cell: ({ started }) => <TimeAgo at={started} />,
    },
    {
      id: "expires",
      title: "Ends",
      share: 1,
      text: ({ expires }) => expires,
      cell: ({ expires }) => <TimeAgo at={expires} />,
    },
    { id: "amr", title: "Proven by", share: 1, text: ({ amr }) => amr.join(" "), cell: ({ amr }) => amr.join(", ") },
    {
      id: "act",
      title: "End",
      width: 110,
      isEssential: true,
      text: () => "",
      cell: (session) => (
        <ConfirmDanger
          label="End…"
          title={`End session ${session.session}`}
          verb="End it"
          disabledBecause={session.current ? "this is the session that you are in: sign out instead" : undefined}
          consequence="Whoever uses it has to sign in again. What they did stays done."
          act={() => commands.endSession(session.session)}
          onDone={() => onEnded(session)}
        />
      ),
    },
  ];
}

function tokenColumns(onEnded: (token: Token) => void): Column<Token>[] {
  return [
    {
      id: "label",
      title: "Token",
      share: 1.5,
      isEssential: true,
      text: ({ label }) => label,
      cell: ({ label }) => label,
    },
    {
      id: "actions",
      title: "For",
      share: 1.5,
      text: ({ actions }) => actions.join(" "),
      cell: ({ actions }) => (actions.length > 0 ? actions.join(", ") : "whatever you may do"),
    },
    {
      id: "issued",
      title: "Made",
      share: 1,
      text: ({ issued }) => issued,
      cell: ({ issued }) => <TimeAgo at={issued} />,
    },
    {
      id: "expires",
      title: "Ends",
      share: 1,
      text: ({ expires }) => expires,
      cell: ({ expires }) => <TimeAgo at={expires} />,
    },
    {
      id: "act",
      title: "Revoke",
      width: 120,
      isEssential: true,
      text: () => "",
      cell: (token) => (
        <ConfirmDanger
          label="Revoke…"
          title={`Revoke ${token.label}`}
          verb="Revoke it"
          consequence="Whatever uses it is refused from its next call on. It cannot be made good again: make another."
          act={() => commands.revokeToken(token.token)}
          onDone={() => onEnded(token)}
        />
      ),
    },
  ];
}

function NewToken({ onMade }: { onMade: (secret: string) => void }) {
  const cache = useQueryClient();
  const [label, setLabel] = useState("");
  return (
    <ConfirmDanger
      label="Make a token…"
      title="Make a token"
      verb="Make it"
      kind="primary"
      missing={label.trim() ? undefined : "it has no name"}
      field={
        <Field
          label="What it is for"
          value={label}
          data-autofocus
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
      }
      consequence="Whoever has it acts as you for 90 days, until you revoke it. The command line can make one that is good for less."
      act={async () => onMade((await commands.makeToken(label.trim(), 90)).secret)}
      onDone={() => {
        setLabel("");
        void cache.invalidateQueries({ queryKey: ["access"] });
      }}
    />
  );
}
