// The figures of a stretch that somebody chose in a chart.

import type { EntryWindow } from "../model.ts";
import { type Answer, getWindow } from "../state/commands.ts";
import { shownWindow } from "../state/place.ts";
import { now, state } from "../state/run.ts";
import { useAgain } from "./again.ts";

/** How often a stretch is asked for again whose end is not all counted yet. */
const AGAIN_MS = 10_000;
/** Seconds after its end in which it may still be counted. */
const OPEN_SECONDS = 40;

/** What the server says of a stretch, which it may have widened to what it has counted. */
interface Chosen<Window> {
  /** In seconds since the start of the run. */
  readonly from: number;
  readonly to: number;
  readonly window: Window;
}

/** Figures of the chosen stretch, computed by the server. */
export const useWindow = () => useStretch<EntryWindow>(getWindow);

/** What the server answers about the chosen stretch; `null` without one. */
export function useStretch<Window extends { from: number; to: number }>(
  ask: (run: number, from: number, to: number) => Promise<Answer<Window>>,
): Chosen<Window> | null {
  const { from, to } = shownWindow.value ?? { from: 0, to: 0 };
  const start = state.value?.started_at ?? 0;
  const window = useAgain(
    (run) => ask(run, start + from, start + to),
    start && to ? `${start} ${from} ${to}` : null,
    AGAIN_MS,
    () => now.peek() < start + to + OPEN_SECONDS,
  );
  return window && { from: window.from - start, to: window.to - start, window };
}
