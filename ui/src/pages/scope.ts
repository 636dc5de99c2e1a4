// What the charts of a run share: which stretch is shown, where the cursor stands, which marks there are.

import { signal } from "@preact/signals";
import type { Window } from "../address.ts";
import type { Scope } from "../chart/scope.ts";
import type { Mark } from "../model.ts";
import { query, setQuery, setWindow, shownWindow } from "../state/place.ts";
import { isClock } from "../state/settings.ts";
import type { Timeline } from "../timeline.ts";

/** Where the cursor stands in all charts, in seconds since the start of the run. */
export const cursor = signal<number | null>(null);

/** A run is never drawn narrower than this, so that its first seconds do not jump. */
const LEAST_SECONDS = 60;
const LAST_SECONDS = 300;

/** The stretch of the run that charts show: the chosen one, the last five minutes or all of it. */
export function shownStretch(
  start: number,
  end: number | null,
  chosen: Window | null,
  isLastOnly: boolean,
): Window {
  if (chosen) {
    return chosen;
  }
  const last = end === null ? 0 : end - start;
  const from = isLastOnly ? Math.max(0, last - LAST_SECONDS) : 0;
  return { from, to: Math.max(last, from + LEAST_SECONDS) };
}

/** The scope of a run's charts as the address and the settings say. */
export function scopeOf(start: number, timeline: Timeline, marks: Iterable<Mark>): Scope {
  const isLastOnly = query.value.get("live") === "5m";
  const end = timeline.time.at(-1) ?? null;
  return {
    start,
    ...shownStretch(start, end, shownWindow.value, isLastOnly),
    isClock: isClock.value,
    cursor,
    marks: [...marks].filter((mark) => mark.kind !== "start" && mark.kind !== "end"),
    onZoom: (stretch) => setWindow(stretch && { from: Math.max(0, stretch.from), to: stretch.to }),
  };
}

/** Whether response times are on a logarithmic axis. */
export function isLogAxis(): boolean {
  return query.value.get("y") !== "linear";
}

/** Changes between the logarithmic and the linear axis. */
export function toggleLogAxis(): void {
  setQuery({ y: isLogAxis() ? "linear" : null });
}
