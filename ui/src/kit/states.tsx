/** What stands where there is nothing yet, nothing at all, or something went wrong. Each says what to do. */

import type { ReactNode } from "react";
import { Button } from "./button";
import { Icon, type IconName } from "./icons";
import type { Failure } from "./rows";
import css from "./states.module.css";

interface EmptyProps {
  title: string;
  icon?: IconName;
  children?: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ title, icon = "search", children, action }: EmptyProps) {
  return (
    <div className={css.empty}>
      <Icon name={icon} size={22} />
      <p className={css.title}>{title}</p>
      {children && <div className={css.text}>{children}</div>}
      {action}
    </div>
  );
}

export function ErrorPanel({ failure, title }: { failure: Failure; title?: string }) {
  return (
    <div className={css.error} role="alert">
      <p className={css.title}>
        <Icon name="warning" />
        {title ?? "This could not be loaded"}
      </p>
      <p>
        {failure.code && <code className={css.code}>{failure.code}</code>} {failure.message}
      </p>
      {failure.hint && <p className={css.hint}>{failure.hint}</p>}
      {failure.retry && <Button onClick={failure.retry}>Try again</Button>}
    </div>
  );
}

export function Skeleton({ lines = 3, label = "Loading" }: { lines?: number; label?: string }) {
  const widths = ["92%", "78%", "85%", "64%"];
  return (
    <div className={css.skeleton} role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity
        <span key={line} style={{ width: widths[line % widths.length] }} />
      ))}
    </div>
  );
}

/** What a question has come to: its answer shown, or why there is none. */
export function Loaded<T>(props: {
  query: { data: T | undefined; error: unknown; isPending: boolean };
  failure: Failure | undefined;
  lines?: number;
  children: (data: T) => ReactNode;
}) {
  const { data } = props.query;
  if (data !== undefined) return <>{props.children(data)}</>;
  if (props.failure) return <ErrorPanel failure={props.failure} />;
  return <Skeleton lines={props.lines ?? 4} />;
}
