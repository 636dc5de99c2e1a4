// What no tick brings is asked of the server again and again while a run lasts.

import { useEffect, useState } from "preact/hooks";
import { type Answer, isDone } from "../state/commands.ts";
import { isLasting, viewedRun } from "../state/run.ts";

const AGAIN_MS = 5000;

/**
 * What the server answers about the run that is looked at; `null` until it has, and after another run
 * or another `of` was chosen. `of` says what is asked, `null` that nothing is. As long as the run lasts
 * and `goesOn` says so, it is asked every `everyMs` again. Only of the first answer is said what is
 * wrong with it: after a later one that is, the last good one stays.
 */
export function useAgain<Value>(
  ask: (run: number) => Promise<Answer<Value>>,
  of: number | string | null,
  everyMs = AGAIN_MS,
  goesOn = () => true,
): Value | null {
  const [value, setValue] = useState<Value | null>(null);
  const run = viewedRun.value;
  const lasts = isLasting.value;
  useEffect(() => setValue(null), [run, of]);
  useEffect(() => {
    if (run === null || of === null) {
      return;
    }
    let isWanted = true;
    const load = (isFirst: boolean) =>
      ask(run).then((answer) => {
        if (isWanted && (answer.kind === "done" || (isFirst && isDone(answer)))) {
          setValue(answer.value);
        }
      });
    void load(true);
    const timer = lasts ? setInterval(() => goesOn() && void load(false), everyMs) : undefined;
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [run, of, lasts]);
  return value;
}
