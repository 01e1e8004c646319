/** Who the viewer is to the server: in the header; and the way in, where the server knows nobody who has not signed in. */

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useLocation } from "react-router";
import { paths, queries, type Schemas } from "../api";
import { EmptyState, Page } from "../kit";
import css from "./who.module.css";

export function Who() {
  const me = useQuery(queries.me());
  if (!me.data || me.data.kind === "anonymous") return null;
  const { name, principal, verified } = me.data;
  return (
    <Link
      to={paths.access()}
      className={css.who}
      data-verified={verified || undefined}
      title={verified ? `Known as ${principal}` : "Nobody has to sign in here: what you do is recorded as unverified"}
    >
      {verified ? (name ?? principal) : "Unverified"}
    </Link>
  );
}

/** What is only for those whom the server answers. */
export function Known({ children }: { children: ReactNode }) {
  const me = useQuery(queries.me());
  return me.data?.kind === "anonymous" ? null : children;
}

/** What it stands around, or the way in. */
export function SignedIn({ children }: { children: ReactNode }) {
  const me = useQuery(queries.me());
  return me.data?.kind === "anonymous" ? <SignIn me={me.data} /> : children;
}

function SignIn({ me }: { me: Schemas["Me"] }) {
  const { pathname, search, hash } = useLocation();
  const back = encodeURIComponent(pathname + search + hash);
  return (
    <Page title="Sign in">
      <EmptyState icon="teams" title="This server wants to know who you are">
        <p>You come back to this page afterwards.</p>
        <ul className={css.providers}>
          {me.providers.map(({ name, title, url }) => (
            <li key={name}>
              {/* Not a page of the app: the browser goes to the provider and back. */}
              <a className={css.provider} href={`${url}?return=${back}`}>
                Sign in with {title}
              </a>
            </li>
          ))}
        </ul>
      </EmptyState>
    </Page>
  );
}
