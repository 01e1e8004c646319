/** Rows of a table, wherever they come from: only those that are looked at need to be here. */
export interface Rows<T> {
  /** How many rows there are to scroll through now. */
  count: number;
  /** How many there are in all; not known while a list is read from its newest end on. */
  total: number | undefined;
  /** A row, if it is here. */
  at: (index: number) => T | undefined;
  /** Says which rows are looked at. */
  need: (first: number, last: number) => void;
  /** Every row, for those who take the table away. */
  all: () => Promise<T[]>;
  isLoading: boolean;
  /** What is here answers an earlier question; the answer to this one is on its way. */
  isStale: boolean;
  failure: Failure | undefined;
}

/** What went wrong, as an `ErrorPanel` shows it. */
export interface Failure {
  code?: string;
  message: string;
  hint?: string | undefined;
  retry?: () => void;
}

/** The rows of a list that is here as a whole, in another order. */
export function sortedRows<T>(rows: Rows<T>, columns: Column<T>[], sort: string | undefined): Rows<T> {
  const { id, isDescending } = parseSort(sort);
  const column = columns.find((one) => one.id === id);
  if (!column) return rows;
  const key = (row: T): string | number => column.key?.(row) ?? column.text(row);
  const items = Array.from({ length: rows.count }, (_, index) => rows.at(index)).filter((row) => row !== undefined);
  const compared = (a: string | number, b: string | number) =>
    typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
  items.sort((a, b) => compared(key(a), key(b)) * (isDescending ? -1 : 1));
  return { ...rows, at: (index) => items[index], all: async () => items };
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** `-name` is by name, from its end. */
export function parseSort(sort: string | undefined): { id: string | undefined; isDescending: boolean } {
  if (!sort) return { id: undefined, isDescending: false };
  return sort.startsWith("-") ? { id: sort.slice(1), isDescending: true } : { id: sort, isDescending: false };
}

export interface Column<T> {
  /** Stands in addresses and in what is remembered of a viewer's choice: never changes. */
  id: string;
  title: string;
  cell: (row: T) => React.ReactNode;
  /** The cell as a text, for copies and downloads. */
  text: (row: T) => string;
  /** What to sort by, where it is not the text. */
  key?: (row: T) => string | number;
  /** Of the width: a number of pixels, or a share of what is left. */
  width?: number;
  share?: number;
  isNumber?: boolean;
  isSortable?: boolean;
  /** Not shown until it is asked for. */
  isOptional?: boolean;
  /** Shown on a narrow screen. The first column always is. */
  isEssential?: boolean;
}
