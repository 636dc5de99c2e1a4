// Tables travel as columns with an index; the page keeps a row for each index. A row that did not
// change stays the same object, so that only changed cells are drawn again.

import type {
  EntryColumns,
  EntryName,
  EntryWindow,
  Figures,
  WorkerColumns,
  WorkerName,
  WorkerState,
} from "./model.ts";

/** A row of the table of endpoints. Index 0 is the total. */
export interface EntryRow {
  readonly index: number;
  readonly method: string;
  readonly name: string;
  readonly requests: number;
  readonly failures: number;
  readonly failedRatio: number | null;
  readonly rps: number | null;
  readonly failuresPerSecond: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  /** By how much the p95 of the last minute differs, as a share; `null` where nobody compares. */
  readonly p95Change: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  readonly avg: number | null;
}

/** A row of the table of workers. */
export interface WorkerRow {
  readonly index: number;
  readonly id: string;
  readonly host: string | null;
  readonly zone: string | null;
  readonly version: string | null;
  readonly state: WorkerState;
  readonly users: number;
  readonly cpu: number | null;
  readonly cpuPeak: number | null;
  readonly memory: number | null;
  readonly lag: number | null;
  readonly networkErrors: number | null;
  readonly clockOffset: number | null;
  readonly lastSeen: number | null;
}

/** Rows of entries by their index, with changed ones put in. Names are known before rows. */
export function mergeEntries(
  rows: ReadonlyMap<number, EntryRow>,
  names: ReadonlyMap<number, EntryName>,
  columns: EntryColumns,
): Map<number, EntryRow> {
  const merged = new Map(rows);
  columns.index.forEach((index, at) => {
    const requests = columns.requests[at] ?? 0;
    const failures = columns.failures[at] ?? 0;
    merged.set(index, {
      index,
      method: names.get(index)?.method ?? "",
      name: names.get(index)?.name ?? "",
      requests,
      failures,
      failedRatio: requests > 0 ? failures / requests : null,
      rps: columns.rps[at] ?? null,
      failuresPerSecond: columns.failures_per_second[at] ?? null,
      p50: columns.p50_ms[at] ?? null,
      p95: columns.p95_ms[at] ?? null,
      p95Change: columns.p95_change?.[at] ?? null,
      p99: columns.p99_ms[at] ?? null,
      max: columns.max_ms[at] ?? null,
      avg: columns.avg_ms[at] ?? null,
    });
  });
  return merged;
}

/** Rows of workers by their index, with changed ones put in. */
export function mergeWorkers(
  rows: ReadonlyMap<number, WorkerRow>,
  names: ReadonlyMap<number, WorkerName>,
  columns: WorkerColumns,
): Map<number, WorkerRow> {
  const merged = new Map(rows);
  columns.index.forEach((index, at) => {
    const name = names.get(index);
    const state = columns.state[at] ?? "missing";
    const isSilent = isLost(state);
    merged.set(index, {
      index,
      id: name?.id ?? String(index),
      host: name?.host ?? null,
      zone: name?.zone ?? null,
      version: name?.version ?? null,
      state,
      users: columns.users[at] ?? 0,
      cpu: isSilent ? null : (columns.cpu_percent[at] ?? null),
      cpuPeak: columns.cpu_peak_percent[at] ?? null,
      memory: isSilent ? null : (columns.memory_bytes[at] ?? null),
      lag: isSilent ? null : (columns.lag_ms[at] ?? null),
      networkErrors: columns.network_errors[at] ?? null,
      clockOffset: isSilent ? null : (columns.clock_offset_ms[at] ?? null),
      lastSeen: columns.last_seen[at] ?? null,
    });
  });
  return merged;
}

/** Whether nothing is heard of a worker: its last figures say nothing about it. */
export function isLost(state: WorkerState): boolean {
  return state === "missing" || state === "gone";
}

/** Rows of a stretch of a run, in place of those of all of it. */
export function windowRows(
  window: EntryWindow,
  names: ReadonlyMap<number, EntryName>,
): Map<number, EntryRow> {
  const rows = mergeEntries(new Map(), names, window.entries);
  rows.set(0, figuresRow(0, "Aggregated", window.total));
  return rows;
}

/** A row of figures that are of no single endpoint; without any, nothing is known. */
export function figuresRow(index: number, name: string, figures: Figures | null): EntryRow {
  return {
    index,
    method: "",
    name,
    requests: figures?.requests ?? 0,
    failures: figures?.failures ?? 0,
    failedRatio: figures?.failed_ratio ?? null,
    rps: figures?.rps ?? null,
    failuresPerSecond: figures?.failures_per_second ?? null,
    p50: figures?.p50_ms ?? null,
    p95: figures?.p95_ms ?? null,
    p95Change: null,
    p99: figures?.p99_ms ?? null,
    max: figures?.max_ms ?? null,
    avg: figures?.avg_ms ?? null,
  };
}

/** Items by their id, with newer states of known ones put in. */
export function mergeById<Item extends { id: number }>(
  items: ReadonlyMap<number, Item>,
  changed: readonly Item[],
): Map<number, Item> {
  const merged = new Map(items);
  for (const item of changed) {
    merged.set(item.id, item);
  }
  return merged;
}

/** Things that are found by their index. */
export function byIndex<Named extends { index: number }>(
  known: ReadonlyMap<number, Named>,
  added: readonly Named[],
): Map<number, Named> {
  const all = new Map(known);
  for (const named of added) {
    all.set(named.index, named);
  }
  return all;
}

/**
 * Endpoints in the order of trouble: most failures first, then those that have become slower, then the
 * slowest.
 */
export function byTrouble(rows: Iterable<EntryRow>): EntryRow[] {
  return [...rows]
    .filter((row) => row.index !== 0)
    .sort(
      (a, b) =>
        b.failures - a.failures ||
        (slowdown(b) ?? 0) - (slowdown(a) ?? 0) ||
        (b.p95 ?? -1) - (a.p95 ?? -1) ||
        a.index - b.index,
    );
}

/** What is less may be chance, and would move rows each ten seconds. */
const WORTH_TELLING = 0.2;

/** By how much an endpoint has become slower, if that is worth telling. */
export function slowdown(row: EntryRow): number | null {
  return (row.p95Change ?? 0) >= WORTH_TELLING ? row.p95Change : null;
}

/** Least, median and greatest of what is known; `null` if nothing is. */
export function spread(
  values: Iterable<number | null>,
): { least: number; median: number; most: number } | null {
  const known = [...values].filter((value) => value !== null).sort((a, b) => a - b);
  const [least, most] = [known[0], known.at(-1)];
  if (least === undefined || most === undefined) {
    return null;
  }
  const half = known.length / 2;
  const low = known[Math.ceil(half) - 1] as number;
  const high = known[Math.floor(half)] as number;
  return { least, median: (low + high) / 2, most };
}
