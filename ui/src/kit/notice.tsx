/** Short words on what was just done. They stay for some seconds, and screen readers say them. */

import { useSyncExternalStore } from "react";
import css from "./notice.module.css";

const SHOWN_MS = 5_000;

interface Notice {
  id: number;
  text: string;
  tone: "ok" | "bad";
}

let notices: Notice[] = [];
let count = 0;
const listeners = new Set<() => void>();

function change(next: Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

export function toast(text: string, tone: Notice["tone"] = "ok"): void {
  count += 1;
  const id = count;
  change([...notices, { id, text, tone }]);
  window.setTimeout(() => change(notices.filter((notice) => notice.id !== id)), SHOWN_MS);
}

export function Notices() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notices,
  );
  return (
    <output className={css.notices} aria-live="polite">
      {shown.map((notice) => (
        <span key={notice.id} className={css.notice} data-tone={notice.tone}>
          {notice.text}
        </span>
      ))}
    </output>
  );
}
