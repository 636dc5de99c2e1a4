// What all charts of a page share: the stretch that is shown, the cursor, the marks and the clock.

import type { Signal } from "@preact/signals";
import { formatClock, formatElapsed } from "../format.ts";
import type { Mark } from "../model.ts";

/** Shared by the charts of one run. Moments are seconds since the start of the run. */
export interface Scope {
  /** Unix time of the start. */
  readonly start: number;
  /** First and last moment that is shown. */
  readonly from: number;
  readonly to: number;
  /** Whether axes show the clock and not the elapsed time. */
  readonly isClock: boolean;
  /** Where the cursor stands; `null` if nowhere. */
  readonly cursor: Signal<number | null>;
  readonly marks: readonly Mark[];
  /** Somebody chose a stretch, or with `null` all of the run. */
  readonly onZoom: (stretch: { from: number; to: number } | null) => void;
}

/** A moment as axes and tables print it. */
export function momentText(scope: Pick<Scope, "start" | "isClock">, moment: number): string {
  return scope.isClock ? formatClock(scope.start + moment) : formatElapsed(moment);
}

/** Steps of a time axis, in seconds. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400,
];

/** Round moments between two, at most so many; on the clock they are round there. */
export function timeSplits(scope: Scope, from: number, to: number, most: number): number[] {
  const step = STEPS.find((seconds) => (to - from) / seconds <= most) ?? 86_400;
  const zone = scope.isClock ? new Date(scope.start * 1000).getTimezoneOffset() * 60 : 0;
  const shift = scope.isClock ? (scope.start - zone) % step : 0;
  const splits: number[] = [];
  const first = Math.ceil((from + shift) / step) * step - shift;
  for (let moment = first; moment <= to; moment += step) {
    splits.push(Math.round(moment * 1000) / 1000);
  }
  return splits;
}

/** Lines of a logarithmic axis: 1, 2 and 5 of each power of ten, or the powers alone if there are many. */
export function logSplits(low: number, high: number): number[] {
  const splits: number[] = [];
  const decades = Math.log10(high / low);
  const steps = decades > 3 ? [1] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high) + 1e-9; power += 1) {
    for (const step of steps) {
      const split = step * 10 ** power;
      if (split >= low * 0.999 && split <= high * 1.001) {
        splits.push(split);
      }
    }
  }
  return splits;
}

/** Ends of a logarithmic axis that hold all values, at 1, 2 or 5 of a power of ten. */
export function logRange(low: number, high: number): [number, number] {
  const all = logSplits10(low / 5.01, high * 5.01);
  const below = all.filter((split) => split <= low).at(-1) ?? low;
  const above = all.find((split) => split >= high) ?? high;
  return below === above ? [below / 2, above * 2] : [below, above];
}

function logSplits10(low: number, high: number): number[] {
  const splits: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    splits.push(10 ** power, 2 * 10 ** power, 5 * 10 ** power);
  }
  return splits;
}

/** The end of an axis that begins at 0 and holds a value: round, and not much above it. */
export function linearTop(high: number): number {
  if (high <= 0) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(high));
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((size) => size * power >= high * 1.04);
  return (step ?? 12) * power;
}
