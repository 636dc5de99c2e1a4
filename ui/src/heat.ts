// The heat map of a run as it grows. It stays as large as the server keeps it: where the server joins
// neighbours, so does a page that has seen all of them come, and both show the same columns.

import type { HeatColumn, HeatMap } from "./model.ts";

/** How many requests took how long, over time. */
export interface Heat {
  /** Seconds of a column. */
  readonly step: number;
  /** Lower edges of the rows, rising. */
  readonly edges: readonly number[];
  readonly columns: readonly HeatColumn[];
}

/** A map as the server sends it. */
export function fromMap({ step_seconds: step, edges_ms: edges, columns }: HeatMap): Heat {
  return { step, edges, columns };
}

/** With so many columns neighbours are joined, here and in the server: an hour of ten seconds each. */
export const MAX_COLUMNS = 360;

/** The map with columns that it does not have, each in its turn as the server has counted them. */
export function addColumns(heat: Heat, added: readonly HeatColumn[]): Heat {
  let { step } = heat;
  let columns = [...heat.columns];
  for (const column of added) {
    if (column.time > (columns.at(-1)?.time ?? 0)) {
      columns.push(column);
    }
    while (columns.length >= MAX_COLUMNS) {
      columns = inPairs(columns);
      step *= 2;
    }
  }
  return { ...heat, step, columns };
}

/** One column for each two; the last of an odd number stays alone. */
function inPairs(columns: readonly HeatColumn[]): HeatColumn[] {
  const joined: HeatColumn[] = [];
  for (let at = 0; at < columns.length; at += 2) {
    const [first, second] = [columns[at] as HeatColumn, columns[at + 1]];
    joined.push(
      second === undefined
        ? first
        : {
            time: second.time,
            counts: first.counts.map((count, row) => count + (second.counts[row] ?? 0)),
            failures: first.failures + second.failures,
          },
    );
  }
  return joined;
}
