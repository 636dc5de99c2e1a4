// Endpoints in folders: by the first part of their path, or by the task that asks for them.

import { useMemo, useState } from "preact/hooks";
import { folderOf } from "../fold.ts";
import type { EntryFolder, Figures } from "../model.ts";
import { EntryTable } from "../parts/entry-table.tsx";
import { inOrder, type TableColumn } from "../parts/table.tsx";
import { type EntryRow, figuresRow } from "../rows.ts";
import { getFolders } from "../state/orders.ts";
import { useAgain } from "./again.ts";

/** What the table of folders has in common with the one of endpoints. */
export type Shared = Omit<Parameters<typeof EntryTable>[0], "rows" | "total" | "label"> & {
  columns: readonly TableColumn<EntryRow>[];
};

/** What endpoints of a folder have in common. */
export type FoldersBy = "path" | "task";

/** The folder of endpoints that the server has not told of yet. */
const NOT_KNOWN = "task not known";

/**
 * Endpoints in folders. The folder of a task is known to the server alone. Sums follow the endpoints that are shown. Percentiles of several endpoints
 * are not to be had from those of each: the server merges their response times, and where a filter
 * leaves some of a folder out, there are none.
 */
export function Folders(props: {
  by: FoldersBy;
  rows: readonly EntryRow[];
  total: EntryRow | null;
  shared: Shared;
  stretch: { from: number; to: number } | null;
}) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const { by } = props;
  const merged = useMerged(by, props.stretch);
  const folders = useMemo(() => {
    const found = new Map<string, EntryRow[]>();
    const tasks = new Map<number, string>();
    for (const [name, { entries }] of merged ?? []) {
      for (const index of entries) {
        tasks.set(index, name);
      }
    }
    for (const row of by === "path" || merged ? props.rows : []) {
      const folder = by === "path" ? folderOf(row.name) : (tasks.get(row.index) ?? NOT_KNOWN);
      found.set(folder, [...(found.get(folder) ?? []), row]);
    }
    return [...found].map(([name, rows], at) => {
      const whole = merged?.get(name);
      const figures = whole?.entries.length === rows.length ? whole.figures : null;
      return { name, rows, sum: sumOf(name, rows, -at - 1, figures) };
    });
  }, [by, props.rows, merged]);
  const { onOpen, ...shared } = props.shared;
  const { columns, order } = shared;
  // Folders are in order among folders, and what is in one below it.
  const shown = useMemo(() => {
    const sums = folders.map((folder) => folder.sum);
    return inOrder(sums, columns, order).flatMap((sum) => {
      const folder = folders[-sum.index - 1];
      return folder && opened.has(folder.name)
        ? [sum, ...inOrder(folder.rows, columns, order)]
        : [sum];
    });
  }, [folders, opened, columns, order?.column, order?.isDown]);
  const toggle = (name: string) => {
    const next = new Set(opened);
    if (!next.delete(name)) {
      next.add(name);
    }
    setOpened(next);
  };
  return (
    <EntryTable
      {...shared}
      label={`Endpoints by ${by}`}
      empty={by === "task" && !merged ? "Loading…" : shared.empty}
      rows={shown}
      total={props.total}
      isOrdered
      onOpen={(row) =>
        row.index < 0 ? toggle(folders[-row.index - 1]?.name ?? "") : onOpen?.(row)
      }
    />
  );
}

/** Figures of whole folders by their names; `null` until they are known. */
function useMerged(
  by: FoldersBy,
  stretch: { from: number; to: number } | null,
): ReadonlyMap<string, EntryFolder> | null {
  const [from, to] = [stretch?.from ?? null, stretch?.to ?? null];
  const answer = useAgain(
    (run) => getFolders(run, by, from, to),
    `${by} ${from} ${to}`,
    undefined,
    () => stretch === null,
  );
  return useMemo(
    () => answer && new Map(answer.folders.map((folder) => [folder.name, folder])),
    [answer],
  );
}

function sumOf(
  name: string,
  rows: readonly EntryRow[],
  index: number,
  figures: Figures | null,
): EntryRow {
  const sum = (value: (row: EntryRow) => number | null) => {
    const known = rows.map(value).filter((one) => one !== null);
    return known.length === 0 ? null : known.reduce((total, one) => total + one, 0);
  };
  const requests = sum((row) => row.requests) ?? 0;
  const failures = sum((row) => row.failures) ?? 0;
  const title = `${name} (${rows.length})`;
  const { p50, p95, p99, avg } = figuresRow(index, title, figures);
  return {
    index,
    method: "",
    name: title,
    requests,
    failures,
    failedRatio: requests > 0 ? failures / requests : null,
    rps: sum((row) => row.rps),
    failuresPerSecond: sum((row) => row.failuresPerSecond),
    p50,
    p95,
    p95Change: null,
    p99,
    max: rows.reduce<number | null>(
      (most, row) => ((row.max ?? 0) > (most ?? -1) ? row.max : most),
      null,
    ),
    avg,
  };
}
