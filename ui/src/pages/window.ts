// The figures of a stretch that somebody chose in a chart.

import { useEffect, useState } from "preact/hooks";
import type { EntryWindow } from "../model.ts";
import { getWindow, isDone } from "../state/commands.ts";
import { shownWindow } from "../state/place.ts";
import { isLasting, now, state, viewedRun } from "../state/run.ts";

/** How often a stretch is asked for again whose end is not all counted yet. */
const AGAIN_MS = 10_000;
/** Seconds after its end in which it may still be counted. */
const OPEN_SECONDS = 40;

/** Figures of the chosen stretch, computed by the server. */
export function useWindow(): { from: number; to: number; window: EntryWindow } | null {
  const [found, setFound] = useState<{ from: number; to: number; window: EntryWindow } | null>(
    null,
  );
  // Numbers: what else changes in the address makes another object of the same stretch.
  const { from = null, to = null } = shownWindow.value ?? {};
  const run = viewedRun.value;
  const start = state.value?.started_at ?? null;
  const lasts = isLasting.value;
  useEffect(() => {
    setFound(null);
    if (from === null || to === null || run === null || start === null) {
      return;
    }
    let isWanted = true;
    const ask = (isFirst: boolean) =>
      getWindow(run, start + from, start + to).then((answer) => {
        if (isWanted && (answer.kind === "done" || (isFirst && isDone(answer)))) {
          const { value } = answer;
          setFound({ from: value.from - start, to: value.to - start, window: value });
        }
      });
    void ask(true);
    const isOpen = () => lasts && now.peek() < start + to + OPEN_SECONDS;
    const timer = isOpen() ? setInterval(() => isOpen() && void ask(false), AGAIN_MS) : undefined;
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [from, to, run, start, lasts]);
  return found;
}
