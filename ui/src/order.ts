// Order and search as people expect them: `worker-2` before `worker-10`.

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Compares texts with numbers in them by the numbers. */
export function compareNatural(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** By what a table is sorted; `-p95` is downward. */
export interface Order {
  readonly column: string;
  readonly isDown: boolean;
}

/** Reads an order out of an address. */
export function parseOrder(text: string | undefined, otherwise: Order): Order {
  if (!text) {
    return otherwise;
  }
  return text.startsWith("-")
    ? { column: text.slice(1), isDown: true }
    : { column: text, isDown: false };
}

/** The order as it stands in an address. */
export function orderText(order: Order): string {
  return `${order.isDown ? "-" : ""}${order.column}`;
}

/**
 * Sorts by one value of each row. What is unknown comes last in both directions, and rows of the same
 * value stay in the order they had.
 */
export function sortRows<Row>(
  rows: readonly Row[],
  value: (row: Row) => number | string | null | undefined,
  isDown: boolean,
): Row[] {
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  keyed.sort((a, b) => {
    if (a.key == null || b.key == null) {
      return Number(a.key == null) - Number(b.key == null);
    }
    const order =
      typeof a.key === "string" || typeof b.key === "string"
        ? compareNatural(String(a.key), String(b.key))
        : a.key - b.key;
    return isDown ? -order : order;
  });
  return keyed.map((entry) => entry.row);
}

/** Whether a text has every word of a query in it, wherever and however spelled. */
export function matches(query: string, ...texts: (string | null | undefined)[]): boolean {
  const hay = texts.join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
