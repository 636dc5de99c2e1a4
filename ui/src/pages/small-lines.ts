// Small lines in tables: asked of the server for the rows in sight alone, and not at every tick.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Answer } from "../state/commands.ts";
import { isLasting } from "../state/run.ts";

const AGAIN_MS = 10_000;

/**
 * Lines by the ids of their rows. `onSight` is to be told of the ids in sight; `ask` gets those whose
 * lines are missing or old, and has to stay the same function as long as it asks about the same run.
 */
export function useSmallLines<Line>(
  ask: (ids: number[]) => Promise<Answer<readonly (readonly [id: number, line: Line])[]>>,
): { lines: ReadonlyMap<number, Line>; onSight: (ids: readonly number[]) => void } {
  const [lines, setLines] = useState<ReadonlyMap<number, Line>>(new Map());
  const inSight = useRef<readonly number[]>([]);
  const asked = useRef(new Map<number, number>());
  const refresh = useCallback(() => {
    const now = Date.now();
    const due = inSight.current.filter((id) => now - (asked.current.get(id) ?? 0) >= AGAIN_MS);
    if (due.length === 0) {
      return;
    }
    for (const id of due) {
      asked.current.set(id, now);
    }
    void ask(due).then((answer) => {
      if (answer.kind === "done") {
        setLines((known) => new Map([...known, ...answer.value]));
      }
    });
  }, [ask]);
  const isLive = isLasting.value;
  useEffect(() => {
    const timer = isLive ? setInterval(refresh, AGAIN_MS) : undefined;
    return () => clearInterval(timer);
  }, [refresh, isLive]);
  const onSight = useCallback(
    (ids: readonly number[]) => {
      inSight.current = ids;
      refresh();
    },
    [refresh],
  );
  return { lines, onSight };
}
