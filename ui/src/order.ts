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
