// The columns of a heat map: which are in the stretch that is shown, and what they sum up to.

import type { Heat } from "../heat.ts";
import type { HeatColumn } from "../model.ts";
import type { Scope } from "./scope.ts";

/** Where a column begins: where the one before it ends, which may be a little more than a step ago. */
export function beginOf(data: Heat, at: number): number {
  const { time } = data.columns[at] as HeatColumn;
  const before = data.columns[at - 1]?.time ?? Number.NEGATIVE_INFINITY;
  return time - before < 2 * data.step ? before : time - data.step;
}

/** Requests of each row, in the columns that end in the stretch that is shown. */
export function shownCounts(data: Heat, scope: Pick<Scope, "start" | "from" | "to">): number[] {
  const shown = data.columns.filter(({ time }) => {
    const moment = time - scope.start;
    return moment > scope.from && moment <= scope.to + data.step / 2;
  });
  return data.edges.map((_, row) =>
    shown.reduce((all, column) => all + (column.counts[row] ?? 0), 0),
  );
}
