/** Keyboard shortcuts: who listens, and the sheet that lists them. They can be put off, as speech input wants. */

import { useLocalStorage } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import { Dialog } from "./dialogs";
import css from "./help.module.css";

export interface Shortcut {
  /** `g h` is one key after the other; `mod+k` is with Ctrl or Cmd. */
  keys: string;
  title: string;
  run: () => void;
}

const SEQUENCE_MS_MAX = 1_200;

/** Whether a key pressed here is meant as text. */
function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

export function useShortcuts(shortcuts: Shortcut[]): { isOn: boolean; setOn: (isOn: boolean) => void } {
  const [isOn, setOn] = useLocalStorage({ key: "bussola.shortcuts", defaultValue: true });
  const current = useRef(shortcuts);
  current.current = shortcuts;
  useEffect(() => {
    let before: { key: string; at: number } | undefined;
    const listen = (event: globalThis.KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      const isMod = event.metaKey || event.ctrlKey;
      if (!isMod && (!isOn || isWriting(event.target) || document.querySelector('[aria-modal="true"], dialog[open]')))
        return;
      const key = isMod ? `mod+${event.key.toLowerCase()}` : event.key;
      const isRecent = before !== undefined && event.timeStamp - before.at < SEQUENCE_MS_MAX;
      const sequence = before && isRecent ? `${before.key} ${key}` : key;
      const found =
        current.current.find((one) => one.keys === sequence) ?? current.current.find((one) => one.keys === key);
      before = found ? undefined : { key, at: event.timeStamp };
      if (!found) return;
      event.preventDefault();
      found.run();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [isOn]);
  return { isOn, setOn };
}

const inTables: [string, string][] = [
  ["↓ or j", "Next row"],
  ["↑ or k", "Previous row"],
  ["Page ↓, Page ↑", "A screen further, a screen back"],
  ["Home, End", "First row, last row"],
  ["Enter", "Open the row"],
];

export function HelpSheet(props: {
  isOpen: boolean;
  onClose: () => void;
  shortcuts: Shortcut[];
  isOn: boolean;
  setOn: (isOn: boolean) => void;
}) {
  const isMac = navigator.platform.startsWith("Mac");
  const written = (keys: string) => keys.replace("mod+", isMac ? "⌘ " : "Ctrl ").split(" ");
  return (
    <Dialog title="Keyboard shortcuts" isOpen={props.isOpen} onClose={props.onClose}>
      <div className={css.sheet}>
        <dl>
          {props.shortcuts.map((shortcut) => (
            <div key={shortcut.keys}>
              <dt>{shortcut.title}</dt>
              <dd>
                {written(shortcut.keys).map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dd>
            </div>
          ))}
        </dl>
        <h3>In a table</h3>
        <dl>
          {inTables.map(([keys, title]) => (
            <div key={keys}>
              <dt>{title}</dt>
              <dd>
                <kbd>{keys}</kbd>
              </dd>
            </div>
          ))}
        </dl>
        <label className={css.switch}>
          <input type="checkbox" checked={props.isOn} onChange={(event) => props.setOn(event.currentTarget.checked)} />
          Shortcuts of single keys are on
        </label>
      </div>
    </Dialog>
  );
}
