/** What narrows a list: a search and facets. The address holds them, so that a view can be sent to somebody. */

import { Popover } from "@mantine/core";
import { useId, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import css from "./filter.module.css";
import { Icon } from "./icons";

export interface FacetOption {
  value: string;
  label?: string;
  /** How many there are, where that is known. */
  count?: number;
}

export interface Facet {
  /** The name in the address. */
  id: string;
  title: string;
  options: FacetOption[];
  /** Whether something else than the options can be written. */
  isOpen?: boolean;
}

export interface UrlState {
  get: (name: string) => string | undefined;
  /** Without a value the name goes. A change made while typing takes no step of its own in the history. */
  set: (changes: Record<string, string | undefined>, isStep?: boolean) => void;
}

/** The query of the address, by name. */
export function useUrlState(): UrlState {
  const [params, setParams] = useSearchParams();
  return {
    get: (name) => params.get(name) ?? undefined,
    set: (changes, isStep = true) =>
      setParams(
        (now) => {
          const next = new URLSearchParams(now);
          for (const [name, value] of Object.entries(changes)) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace: !isStep },
      ),
  };
}

interface Props {
  /** What is searched for, for the field's label; without it there is no such field. */
  searchLabel?: string;
  state: UrlState;
  facets: Facet[];
}

export function FilterBar({ searchLabel, state, facets }: Props) {
  const used = ["text", ...facets.map((facet) => facet.id)].filter((name) => state.get(name));
  return (
    <search className={css.bar}>
      {searchLabel && (
        <SearchField
          label={searchLabel}
          value={state.get("text") ?? ""}
          onChange={(text) => state.set({ text }, false)}
        />
      )}
      {facets.map((facet) => (
        <FacetButton
          key={facet.id}
          facet={facet}
          value={state.get(facet.id)}
          onChoose={(value) => state.set({ [facet.id]: value })}
        />
      ))}
      {used.length > 0 && (
        <button
          type="button"
          className={css.clear}
          onClick={() => state.set(Object.fromEntries(used.map((name) => [name, undefined])))}
        >
          Clear
        </button>
      )}
    </search>
  );
}

function SearchField({ label, value, onChange }: { label: string; value: string; onChange: (text: string) => void }) {
  return (
    <label className={css.search}>
      <Icon name="search" size={14} />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

function FacetButton(props: {
  facet: Facet;
  value: string | undefined;
  onChoose: (value: string | undefined) => void;
}) {
  const { facet, value, onChoose } = props;
  const [isOpen, setOpen] = useState(false);
  const [written, write] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const chosen = facet.options.find((option) => option.value === value);
  const choose = (next: string | undefined) => {
    onChoose(next);
    setOpen(false);
    write("");
  };
  const wanted = written.toLowerCase();
  const shown = facet.options.filter((option) => (option.label ?? option.value).toLowerCase().includes(wanted));
  const move = (by: number) => {
    const buttons = [...(list.current?.querySelectorAll("button") ?? [])];
    const here = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, here + by))]?.focus();
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" trapFocus returnFocus withinPortal>
      <Popover.Target>
        <button
          type="button"
          className={css.facet}
          data-used={value !== undefined || undefined}
          aria-expanded={isOpen}
          onClick={() => setOpen((now) => !now)}
        >
          {facet.title}
          {value !== undefined && <span className={css.value}>{chosen?.label ?? value}</span>}
          <Icon name="chevron" size={12} />
        </button>
      </Popover.Target>
      <Popover.Dropdown
        className={css.options}
        aria-label={facet.title}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            move(event.key === "ArrowDown" ? 1 : -1);
          }
        }}
      >
        {(facet.isOpen || facet.options.length > 8) && (
          <input
            id={id}
            data-autofocus
            className={css.find}
            aria-label={`Find ${facet.title.toLowerCase()}`}
            placeholder={facet.isOpen ? "Find or write" : "Find"}
            value={written}
            onChange={(event) => write(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              const first = shown[0];
              if (first) choose(first.value);
              else if (facet.isOpen && written) choose(written);
            }}
          />
        )}
        <ul ref={list}>
          {value !== undefined && (
            <li>
              <button type="button" onClick={() => choose(undefined)}>
                <span className={css.any}>Any {facet.title.toLowerCase()}</span>
              </button>
            </li>
          )}
          {shown.map((option) => (
            <li key={option.value}>
              <button type="button" aria-pressed={option.value === value} onClick={() => choose(option.value)}>
                <span className={css.tick}>{option.value === value && <Icon name="check" size={13} />}</span>
                <span className={css.label}>{option.label ?? option.value}</span>
                {option.count !== undefined && <span className={css.count}>{option.count.toLocaleString()}</span>}
              </button>
            </li>
          ))}
          {shown.length === 0 && (
            <li className={css.nothing}>
              {facet.isOpen && written ? "Enter takes it as written" : "Nothing to choose"}
            </li>
          )}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}
