// Columns for charts: one time axis and one column for each line. A `null` leaves a gap, and what is
// not measured stays a gap through adding, cutting and thinning.

import type { KindRate, Series } from "./model.ts";

/** Values of one line; `null` is a gap, `undefined` a place that the line passes over. */
export type Column = (number | null | undefined)[];

/** Lines that a run has, besides failures by kind. */
export const LINES = [
  "users",
  "target_users",
  "rps",
  "failures_per_second",
  "p50_ms",
  "p95_ms",
  "p99_ms",
] as const;

/** Name of one line. */
export type Line = (typeof LINES)[number];

/** What a run's charts are drawn from. */
export interface Timeline {
  /** Seconds that a point stands for: the longest of all that were added. */
  readonly step: number;
  /** Unix time of each point, in seconds, at the end of its stretch. */
  readonly time: number[];
  /** One column for each line, as long as `time`. */
  readonly lines: Readonly<Record<Line, Column>>;
  /** Failures a second of each kind that has occurred, as long as `time`. */
  readonly kinds: ReadonlyMap<string, Column>;
}

/** A point may be late by half a step, or by this: a busy server has measured that stretch all the same. */
const LATE_SECONDS = 1;

/** Points kept: one a second makes an hour, more than a screen has pixels. Then neighbours are joined. */
export const MAX_POINTS = 3600;

/** A timeline without points. */
export function emptyTimeline(): Timeline {
  const lines = Object.fromEntries(LINES.map((line) => [line, []])) as unknown as Record<
    Line,
    Column
  >;
  return { step: 1, time: [], lines, kinds: new Map() };
}

/** Columns of a series as the server sends it. */
export function fromSeries(series: Series): Timeline {
  return append(emptyTimeline(), series, null);
}

/**
 * Adds points, and joins neighbours where there are more than {@link MAX_POINTS}.
 *
 * The server repeats its last seconds after a reconnect, so points that are not newer than the last
 * are ignored. A stretch without points gets a row of gaps, so that no line is drawn across it.
 * `rates` are the failures by kind of the last point; with `null` they are in the series.
 */
export function append(timeline: Timeline, series: Series, rates: KindRate[] | null): Timeline {
  const step = Math.max(timeline.time.length > 0 ? timeline.step : 0, series.step_seconds) || 1;
  const time = [...timeline.time];
  const lines = Object.fromEntries(
    LINES.map((line) => [line, [...timeline.lines[line]]]),
  ) as unknown as Record<Line, Column>;
  const kinds = new Map([...timeline.kinds].map(([kind, column]) => [kind, [...column]]));
  const sent = new Map<string, Column>(
    rates === null
      ? series.failures_by_kind.map((trend) => [trend.kind, trend.per_second])
      : rates.map((rate) => [rate.kind, series.time.map(() => rate.per_second)]),
  );
  for (const kind of sent.keys()) {
    if (!kinds.has(kind)) {
      kinds.set(kind, zeros(lines.failures_per_second));
    }
  }
  series.time.forEach((moment, row) => {
    const last = time.at(-1);
    if (last !== undefined && moment <= last) {
      return;
    }
    if (last !== undefined && moment - last > step + Math.max(step / 2, LATE_SECONDS)) {
      pushRow(last + step, () => null);
    }
    pushRow(moment, (line) => series[line][row] ?? null, row);
  });

  function pushRow(moment: number, value: (line: Line) => number | null, row?: number): void {
    time.push(moment);
    for (const line of LINES) {
      lines[line].push(value(line));
    }
    const isKnown = row !== undefined && lines.failures_per_second.at(-1) !== null;
    for (const [kind, column] of kinds) {
      column.push(isKnown ? (sent.get(kind)?.[row] ?? 0) : null);
    }
  }

  return bounded({ step, time, lines, kinds });
}

/** The part of a timeline from one moment to another, both included. */
export function cut(timeline: Timeline, from: number, to: number): Timeline {
  const first = timeline.time.findIndex((moment) => moment >= from);
  const after = timeline.time.findIndex((moment) => moment > to);
  const range = [first < 0 ? timeline.time.length : first, after < 0 ? undefined : after] as const;
  return {
    step: timeline.step,
    time: timeline.time.slice(...range),
    lines: mapLines(timeline.lines, (column) => column.slice(...range)),
    kinds: new Map([...timeline.kinds].map(([kind, column]) => [kind, column.slice(...range)])),
  };
}

/** What is drawn: a time axis and columns, thinned together. */
export interface Drawn {
  readonly time: number[];
  readonly columns: Column[];
}

/**
 * At most `limit` rows that look the same: of each stretch, every column keeps its least and its
 * greatest value in the order in which they came, and a gap if it has one.
 */
export function thin(time: number[], columns: Column[], limit: number): Drawn {
  if (time.length <= limit) {
    return { time, columns };
  }
  const buckets = Math.max(1, Math.floor(limit / 3));
  const size = Math.ceil(time.length / buckets);
  const drawn: Drawn = { time: [], columns: columns.map(() => []) };
  for (let first = 0; first < time.length; first += size) {
    const after = Math.min(first + size, time.length);
    const middle = Math.floor((first + after - 1) / 2);
    drawn.time.push(
      time[first] as number,
      time[middle === first ? after - 1 : middle] as number,
      time[after - 1] as number,
    );
    columns.forEach((column, line) => {
      drawn.columns[line]?.push(...extremes(column, first, after));
    });
  }
  return drawn;
}

/** Least and greatest value between two rows as they came, then `null` if there is a gap. */
function extremes(column: Column, first: number, after: number): Column {
  let low = -1;
  let high = -1;
  let hasGap = false;
  for (let row = first; row < after; row += 1) {
    const value = column[row];
    if (value === null || value === undefined) {
      hasGap = hasGap || value === null;
      continue;
    }
    low = low < 0 || value < (column[low] as number) ? row : low;
    high = high < 0 || value > (column[high] as number) ? row : high;
  }
  if (low < 0) {
    return [null, null, null];
  }
  return [
    column[Math.min(low, high)],
    low === high ? undefined : column[Math.max(low, high)],
    hasGap ? null : undefined,
  ];
}

/** Columns that lie on one another: each is the sum of itself and all before it. */
export function stack(columns: Column[]): Column[] {
  const sums: Column[] = [];
  for (const column of columns) {
    const below = sums.at(-1);
    sums.push(column.map((value, row) => (value == null ? null : value + (below?.[row] ?? 0))));
  }
  return sums;
}

/** The last value that is no gap if it is in the last row; the lowest and highest of all. */
export function extent(column: Column): { now: number | null; low: number; high: number } | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of column) {
    if (value != null) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low > high ? null : { now: column.at(-1) ?? null, low, high };
}

/** How long a stretch is, as charts print it: `1 s`, `10 s`, `1 min`. */
export function stepText(step: number): string {
  return step >= 60 && step % 60 === 0 ? `${step / 60} min` : `${Number(step.toFixed(1))} s`;
}

/** Joins neighbours into stretches as long as it takes, as the server does when a run is long. */
function bounded(timeline: Timeline): Timeline {
  let joined = timeline;
  // Room for more is left, so that not every second joins all of them.
  for (let { step } = timeline; joined.time.length > MAX_POINTS; step *= 2) {
    const next = join(timeline, step);
    joined = next.time.length > MAX_POINTS * 0.75 ? joined : next;
  }
  return joined;
}

/** One row for all rows of each stretch, and one for a gap in it. */
function join(timeline: Timeline, step: number): Timeline {
  const { time, lines, kinds } = timeline;
  const groups: number[][] = [];
  let stretch = Number.NaN;
  let wasData = false;
  let hasGap = false;
  for (const [row, moment] of time.entries()) {
    const isGap = LINES.every((line) => lines[line][row] == null);
    const its = Math.ceil(moment / step);
    const isNew = its !== stretch;
    if (isGap && !isNew && hasGap) {
      continue;
    }
    if (isNew || isGap || !wasData) {
      groups.push([row]);
    } else {
      groups.at(-1)?.push(row);
    }
    hasGap = isGap || (hasGap && !isNew);
    wasData = !isGap;
    stretch = its;
  }
  const weight = (row: number) =>
    row === 0 ? timeline.step : Math.min(step, (time[row] as number) - (time[row - 1] as number));
  const mean = (column: Column) => groups.map((rows) => meanOf(column, rows, weight));
  const change = (line: Line): Column => {
    const column = lines[line];
    if (line === "rps" || line === "failures_per_second") {
      return mean(column);
    }
    return groups.map((rows) => {
      const values = rows.map((row) => column[row]).filter((value) => value != null);
      return values.length === 0
        ? null
        : line === "users" || line === "target_users"
          ? values.at(-1)
          : Math.max(...values);
    });
  };
  return {
    step,
    time: groups.map((rows) => time[rows.at(-1) as number] as number),
    lines: Object.fromEntries(LINES.map((line) => [line, change(line)])) as Record<Line, Column>,
    kinds: new Map([...kinds].map(([kind, column]) => [kind, mean(column)])),
  };
}

/** Mean of a rate over rows, each as much as it is long. */
function meanOf(column: Column, rows: readonly number[], weight: (row: number) => number) {
  let sum = 0;
  let seconds = 0;
  for (const row of rows) {
    const value = column[row];
    if (value != null) {
      sum += value * weight(row);
      seconds += weight(row);
    }
  }
  return seconds > 0 ? sum / seconds : null;
}

function mapLines(
  lines: Readonly<Record<Line, Column>>,
  change: (column: Column) => Column,
): Record<Line, Column> {
  return Object.fromEntries(LINES.map((line) => [line, change(lines[line])])) as unknown as Record<
    Line,
    Column
  >;
}

/** A column for a kind that comes up late: it was 0 wherever failures were counted. */
function zeros(counted: Column): Column {
  return counted.map((value) => (value == null ? null : 0));
}
