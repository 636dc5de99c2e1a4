// The figures of a stretch that somebody chose in a chart.

import { useEffect, useState } from "preact/hooks";
import type { EntryWindow } from "../model.ts";
import { getWindow, isDone } from "../state/commands.ts";
import { shownWindow } from "../state/place.ts";
import { state, viewedRun } from "../state/run.ts";

/** Figures of the chosen stretch, computed by the server. */
export function useWindow(): { from: number; to: number; window: EntryWindow } | null {
  const [found, setFound] = useState<{ from: number; to: number; window: EntryWindow } | null>(
    null,
  );
  // Numbers: what else changes in the address makes another object of the same stretch.
  const { from = null, to = null } = shownWindow.value ?? {};
  const run = viewedRun.value;
  const start = state.value?.started_at ?? null;
  useEffect(() => {
    setFound(null);
    if (from === null || to === null || run === null || start === null) {
      return;
    }
    let isWanted = true;
    void getWindow(run, start + from, start + to).then((answer) => {
      if (isWanted && isDone(answer)) {
        const { value } = answer;
        setFound({ from: value.from - start, to: value.to - start, window: value });
      }
    });
    return () => {
      isWanted = false;
    };
  }, [from, to, run, start]);
  return found;
}
