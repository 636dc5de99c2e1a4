// The column of small lines in the table of endpoints: loaded with it, and not with the first screen.

import { Sparkline } from "../chart/sparkline.tsx";
import type { EntryRow } from "../rows.ts";
import type { Column } from "../timeline.ts";
import { COLUMNS } from "./entry-table.tsx";
import type { TableColumn } from "./table.tsx";

/** Columns with a small line of p95 at the end. */
export function withTrends(trends: ReadonlyMap<number, Column>): readonly TableColumn<EntryRow>[] {
  return [
    ...COLUMNS,
    {
      id: "trend",
      title: "p95 trend",
      cell: (row) => {
        const values = trends.get(row.index);
        return values ? <Sparkline values={values} color="p95" /> : null;
      },
      isExtra: true,
      width: "108px",
    },
  ];
}
