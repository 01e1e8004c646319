/** One field that leads everywhere: write a part of a name, choose by the arrows, go by Enter. */

import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { Icon, type IconName } from "./icons";
import css from "./palette.module.css";

export interface PaletteItem {
  id: string;
  title: string;
  icon: IconName;
  /** What it is, said after its name. */
  note?: string;
  group: string;
  run: () => void;
}

interface Props {
  isOpen: boolean;
  onClose: () => void;
  text: string;
  onText: (text: string) => void;
  /** What fits the text, best first; groups stay together. */
  items: PaletteItem[];
  isSearching: boolean;
  /** The items fit what was written before: whoever goes now means what comes. */
  isLate: boolean;
}

/**
 * The browser's own dialog, because it takes the focus at once: whoever opens the palette is writing already, and no key
 * may be lost.
 */
export function CommandPalette({ isOpen, ...rest }: Props) {
  return isOpen && <Opened {...rest} />;
}

function Opened({ onClose, text, onText, items, isSearching, isLate }: Omit<Props, "isOpen">) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const opened = dialog.current;
    opened?.showModal();
    // Gives the focus back to where it was.
    return () => opened?.close();
  }, []);
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const [goes, setGoes] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text, another first choice
  useEffect(() => {
    setActive(0);
    setGoes(false);
  }, [text]);
  useEffect(() => {
    list.current?.querySelector(`[data-option="${active}"]`)?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const here = Math.min(active, Math.max(0, items.length - 1));

  const choose = (item: PaletteItem | undefined) => {
    if (!item) return;
    onClose();
    item.run();
  };
  useEffect(() => {
    if (!goes || isLate) return;
    setGoes(false);
    choose(items[here]);
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined && items.length > 0) {
      event.preventDefault();
      setActive((here + by + items.length) % items.length);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (isLate) setGoes(true);
      else choose(items[here]);
    }
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, too
    <dialog
      ref={dialog}
      className={css.palette}
      aria-label="Go to anything"
      onCancel={onClose}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div className={css.field}>
        <Icon name="search" />
        <input
          autoFocus
          role="combobox"
          aria-label="Go to anything"
          aria-expanded="true"
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={items.length > 0 ? `${id}-${here}` : undefined}
          placeholder="Components, teams, pipelines, runs, pages…"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => onText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <kbd className={css.key}>Esc</kbd>
      </div>
      <div ref={list} id={id} role="listbox" aria-label="What fits" className={css.list}>
        {items.map((item, index) => (
          <div key={item.id} role="presentation">
            {item.group !== items[index - 1]?.group && (
              <div className={css.group} role="presentation">
                {item.group}
              </div>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field listens to keys for all of them */}
            {/* biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, by the pattern of a combobox */}
            <div
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === here}
              data-option={index}
              className={css.option}
              onClick={() => choose(item)}
              onMouseMove={() => setActive(index)}
            >
              <Icon name={item.icon} />
              <span className={css.title}>{item.title}</span>
              {item.note && <span className={css.note}>{item.note}</span>}
            </div>
          </div>
        ))}
      </div>
      {items.length === 0 && (
        <p className={css.nothing} role="status">
          {isSearching ? "Searching…" : `Nothing is called “${text}”`}
        </p>
      )}
    </dialog>
  );
}
