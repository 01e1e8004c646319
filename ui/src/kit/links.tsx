/** Names of things that have a page, and ids to copy. */

import { useState } from "react";
import { Link } from "react-router";
import { parseRef, paths, shortRef } from "../api/refs";
import { Icon } from "./icons";
import css from "./links.module.css";

/** An entity by its name. One that is only spoken of has no page, and says so. */
export function EntityLink({ entity, title, exists = true }: { entity: string; title?: string; exists?: boolean }) {
  const text = title ?? shortRef(entity);
  if (!exists) {
    return (
      <span title={`${entity} is in no manifest`} className={css.absent}>
        {text} <span className={css.note}>not in the catalog</span>
      </span>
    );
  }
  return (
    <Link to={paths.entity(entity)} title={entity}>
      {text}
    </Link>
  );
}

/** Who answers for something. Absence is said, for somebody has to change it. */
export function OwnerLink({ owner }: { owner: { name: string; ref?: string | null } | null | undefined }) {
  if (!owner) return <span className={css.nobody}>Nobody</span>;
  return (
    <Link to={paths.team(owner.ref ?? owner.name)} title={owner.ref ?? owner.name}>
      {owner.name}
    </Link>
  );
}

export function RunLink({ run }: { run: number }) {
  return <Link to={paths.run(run)}>Run {run}</Link>;
}

export function KindOf({ entity }: { entity: string }) {
  return <>{parseRef(entity).kind}</>;
}

/** A link that a manifest or a task gave. Whatever it says: only what leads to a page is a link. */
export function GivenLink({ url, title }: { url: string; title?: string | null | undefined }) {
  if (!/^https?:\/\//i.test(url)) return <code>{title ? `${title}: ${url}` : url}</code>;
  return (
    <a href={url} rel="noreferrer noopener" target="_blank">
      {title || url} <Icon name="external" size={12} />
    </a>
  );
}

/** An id as it is, to be copied by a click. */
export function CopyId({ text, label = "id" }: { text: string; label?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    window.setTimeout(() => setCopied(false), 1500);
  };
  return (
    <span className={css.id}>
      <code title={text}>{text}</code>
      <button type="button" onClick={copy} aria-label={isCopied ? "Copied" : `Copy ${label}`} title={`Copy ${label}`}>
        <Icon name={isCopied ? "check" : "copy"} size={13} />
      </button>
    </span>
  );
}
