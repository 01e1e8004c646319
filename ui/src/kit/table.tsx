/**
 * The table that every list is shown in: any number of rows of which those in view are drawn, columns to choose, sorting,
 * copies and downloads, the keyboard.
 *
 * It is a real `<table>`, so that a screen reader, a copy by hand and a print-out find what they expect. Not made with a
 * table library: what is left to do when rows are fetched by page and sorted by the server is this file.
 */

import { Checkbox, Menu, Popover } from "@mantine/core";
import { useElementSize, useLocalStorage, useMediaQuery, useMergedRef } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { IconButton } from "./button";
import { Icon } from "./icons";
import { toast } from "./notice";
import { type Column, parseSort, type Rows } from "./rows";
import { ErrorPanel, Skeleton } from "./states";
import css from "./table.module.css";

const ROW_PX = 34;
/** A column that takes a share gets no narrower than this; the table scrolls sideways instead. */
const SHARE_PX_MIN = 120;
/** Rows drawn above and below what is in view. */
const OVERSCAN = 12;
/** Up to here all rows are drawn: find-in-page and print-outs have them all. */
const WHOLE_ROWS_MAX = 60;
/** How long a file is kept for the browser to take it. */
const KEPT_MS = 60_000;
const NARROW_PX = 720;
const NARROW = `(max-width: ${NARROW_PX - 1}px)`;

interface Props<T> {
  /** What the table is of, for screen readers, downloads and what is remembered. */
  name: string;
  rows: Rows<T>;
  columns: Column<T>[];
  rowKey: (row: T) => string | number;
  /** What to say where there are no rows. */
  empty: ReactNode;
  sort?: string | undefined;
  onSort?: (sort: string | undefined) => void;
  /** Marks a row, as the one whose details are open. */
  isMarked?: (row: T) => boolean;
  /** Called for a row that is clicked or opened by Enter; without it its first link is followed. */
  onOpen?: (row: T) => void;
  /** A heading over the table, where it is one part of a page. */
  title?: string;
  note?: ReactNode;
  /** Stands before the table's own tools: a filter bar. */
  tools?: ReactNode;
  /** A row as it is where there is no room for columns: what is essential may need more than one line. */
  narrow?: (row: T) => ReactNode;
  /** Takes what is left of the window's height, and scrolls inside of it. */
  fills?: boolean;
}

export function ResourceTable<T>(props: Props<T>) {
  const { rows, columns, name } = props;
  const isNarrow = useMediaQuery(NARROW) ?? false;
  const [chosen, choose] = useLocalStorage<Record<string, boolean>>({
    key: `bussola.columns.${name}`,
    defaultValue: {},
  });
  const isChosen = (column: Column<T>, index: number) => index === 0 || (chosen[column.id] ?? !column.isOptional);
  const shown = columns.filter((column, index) =>
    isNarrow ? index === 0 || column.isEssential : isChosen(column, index),
  );
  const count = rows.total ?? rows.count;

  return (
    <section className={css.frame} aria-label={props.title ?? name}>
      {props.title && props.tools && <Heading title={props.title} note={props.note} />}
      <div className={css.tools}>
        <div className={css.given}>
          {props.tools ?? (props.title && <Heading title={props.title} note={props.note} />)}
        </div>
        <output className={css.count} aria-live="polite">
          {rows.isLoading
            ? ""
            : `${count.toLocaleString()}${rows.total === undefined ? "+" : ""} ${count === 1 ? "row" : "rows"}`}
        </output>
        {!isNarrow && <ColumnChoice columns={columns} isChosen={isChosen} choose={choose} />}
        <Export name={name} rows={rows} columns={shown} />
      </div>
      {rows.failure ? (
        <ErrorPanel failure={rows.failure} />
      ) : rows.isLoading ? (
        <Skeleton lines={8} label={`Loading ${name}`} />
      ) : rows.count === 0 ? (
        props.empty
      ) : isNarrow && props.narrow && rows.count <= WHOLE_ROWS_MAX ? (
        <Blocks rows={rows} rowKey={props.rowKey} block={props.narrow} />
      ) : (
        <Body {...props} columns={shown} />
      )}
    </section>
  );
}

function Heading({ title, note }: { title: string; note: ReactNode }) {
  return (
    <div className={css.heading}>
      <h2>{title}</h2>
      {note && <span className={css.note}>{note}</span>}
    </div>
  );
}

function Blocks<T>(props: { rows: Rows<T>; rowKey: Props<T>["rowKey"]; block: (row: T) => ReactNode }) {
  const { rows, rowKey, block } = props;
  const items = Array.from({ length: rows.count }, (_, index) => rows.at(index)).filter((row) => row !== undefined);
  return (
    <ul className={css.blocks}>
      {items.map((row) => (
        <li key={rowKey(row)}>{block(row)}</li>
      ))}
    </ul>
  );
}

function Body<T>({ name, rows, columns, rowKey, sort, onSort, isMarked, onOpen, fills }: Props<T>) {
  const box = useRef<HTMLDivElement>(null);
  const { ref: sized, width } = useElementSize();
  const boxRef = useMergedRef(box, sized);
  const [active, setActive] = useState(0);
  const virtualizer = useVirtualizer({
    count: rows.count,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: rows.count <= WHOLE_ROWS_MAX ? rows.count : OVERSCAN,
    initialRect: { width: 0, height: 800 },
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  const { need } = rows;
  useEffect(() => need(first, last), [need, first, last]);

  const focusRow = (index: number) => {
    const next = Math.max(0, Math.min(rows.count - 1, index));
    setActive(next);
    virtualizer.scrollToIndex(next);
    // The row may have to be drawn first.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus()),
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>("tr[data-index]");
    if (!row || event.metaKey || event.ctrlKey || event.altKey) return;
    const here = Number(row.dataset.index);
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 400) / ROW_PX) - 2);
    const moves: Record<string, number> = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      j: here + 1,
      k: here - 1,
      PageDown: here + page,
      PageUp: here - page,
      Home: 0,
      End: rows.count - 1,
    };
    const move = moves[event.key];
    if (move !== undefined) {
      event.preventDefault();
      focusRow(move);
    } else if (event.key === "Enter" && target === row) {
      open(row, here);
    }
  };
  const open = (element: HTMLElement, index: number) => {
    const row = rows.at(index);
    if (row !== undefined && onOpen) onOpen(row);
    else element.querySelector<HTMLElement>("a, button")?.click();
  };

  const { id: sortedBy, isDescending } = parseSort(sort);
  const before = items[0]?.start ?? 0;
  const after = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  const widths = columnWidths(columns, width);
  return (
    <div className={css.box} ref={boxRef} data-fills={fills || undefined} data-stale={rows.isStale || undefined}>
      <table
        className={css.table}
        style={{ minWidth: widths.reduce<number>((sum, one) => sum + (one ?? 0), 0) }}
        aria-label={name}
        aria-rowcount={rows.count + 1}
        onKeyDown={onKeyDown}
      >
        <colgroup>
          {columns.map((column, index) => (
            <col key={column.id} style={{ width: widths[index] }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => {
              const isSorted = column.id === sortedBy;
              const order = isSorted ? (isDescending ? "descending" : "ascending") : undefined;
              return (
                <th key={column.id} scope="col" aria-sort={order} data-number={column.isNumber || undefined}>
                  {column.isSortable && onSort ? (
                    <button
                      type="button"
                      className={css.sort}
                      onClick={() => onSort(!isSorted ? column.id : isDescending ? undefined : `-${column.id}`)}
                    >
                      {column.title}
                      {isSorted && <Icon name={isDescending ? "down" : "up"} size={12} />}
                    </button>
                  ) : (
                    column.title
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {before > 0 && (
            // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row that only takes space cannot have the focus
            <tr aria-hidden="true" className={css.space}>
              <td colSpan={columns.length} style={{ height: before }} />
            </tr>
          )}
          {items.map(({ index }) => {
            const row = rows.at(index);
            if (row === undefined) {
              return (
                <tr key={`_${index}`} data-index={index} aria-rowindex={index + 2}>
                  <td colSpan={columns.length}>
                    <span className={css.missing}>Loading…</span>
                  </td>
                </tr>
              );
            }
            return (
              <tr
                key={rowKey(row)}
                data-index={index}
                aria-rowindex={index + 2}
                aria-current={isMarked?.(row) || undefined}
                tabIndex={index === active || (items[0]?.index === index && active < index) ? 0 : -1}
                onFocus={() => setActive(index)}
                onClick={(event) => {
                  const isOnControl = (event.target as HTMLElement).closest("a, button, input");
                  if (!isOnControl && !window.getSelection()?.toString()) open(event.currentTarget, index);
                }}
              >
                {columns.map((column) => (
                  <td key={column.id} data-number={column.isNumber || undefined}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          {after > 0 && (
            // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row that only takes space cannot have the focus
            <tr aria-hidden="true" className={css.space}>
              <td colSpan={columns.length} style={{ height: after }} />
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

/** Columns have the width that they say; what is left goes to the others by their shares. */
function columnWidths<T>(columns: Column<T>[], width: number): (number | undefined)[] {
  const fixed = columns.reduce((sum, column) => sum + (column.width ?? 0), 0);
  const shares = columns.reduce((sum, column) => sum + (column.width ? 0 : (column.share ?? 1)), 0);
  // Not measured yet: the browser shares what is left among those that say nothing.
  if (width === 0) return columns.map((column) => column.width);
  const min = width < NARROW_PX ? 0 : SHARE_PX_MIN;
  return columns.map((column) =>
    Math.floor(column.width ?? Math.max(min, ((width - fixed) * (column.share ?? 1)) / shares)),
  );
}

function ColumnChoice<T>(props: {
  columns: Column<T>[];
  isChosen: (column: Column<T>, index: number) => boolean;
  choose: (change: (chosen: Record<string, boolean>) => Record<string, boolean>) => void;
}) {
  return (
    <Popover position="bottom-end" trapFocus withinPortal>
      <Popover.Target>
        <IconButton icon="columns" label="Choose columns" />
      </Popover.Target>
      <Popover.Dropdown className={css.choice} aria-label="Columns">
        {props.columns.map((column, index) => (
          <Checkbox
            key={column.id}
            size="xs"
            label={column.title}
            checked={props.isChosen(column, index)}
            disabled={index === 0}
            onChange={(event) => {
              const isOn = event.currentTarget.checked;
              props.choose((chosen) => ({ ...chosen, [column.id]: isOn }));
            }}
          />
        ))}
      </Popover.Dropdown>
    </Popover>
  );
}

function Export<T>({ name, rows, columns }: { name: string; rows: Rows<T>; columns: Column<T>[] }) {
  const lines = async () => {
    const all = await rows.all();
    return [columns.map((column) => column.title), ...all.map((row) => columns.map((column) => column.text(row)))];
  };
  const copy = async () => {
    const table = await lines();
    await navigator.clipboard.writeText(table.map((line) => line.map(tsvCell).join("\t")).join("\n"));
    toast(`Copied ${(table.length - 1).toLocaleString()} rows`);
  };
  const download = async () => {
    const text = (await lines()).map((line) => line.map(csvCell).join(",")).join("\r\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`\uFEFF${text}\r\n`], { type: "text/csv;charset=utf-8" }));
    link.download = `${name.toLowerCase().replaceAll(/\W+/g, "-")}.csv`;
    link.click();
    // The browser reads it after the click, and some only once they have asked where to.
    window.setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
  };
  const failed = (error: unknown) => toast(`Not done: ${error instanceof Error ? error.message : error}`, "bad");
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <IconButton icon="download" label="Copy or download" disabled={rows.count === 0} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="copy" />} onClick={() => copy().catch(failed)}>
          Copy, for a spreadsheet
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="download" />} onClick={() => download().catch(failed)}>
          Download CSV
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** A cell that begins like a formula would be run by a spreadsheet, and names come from strangers. */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function tsvCell(text: string): string {
  return harmless(text).replaceAll(/[\t\r\n]+/g, " ");
}

function csvCell(text: string): string {
  return `"${harmless(text).replaceAll('"', '""')}"`;
}
