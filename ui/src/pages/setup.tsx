// What was run, read only.

import { useEffect, useState } from "preact/hooks";
import type { RunSetup } from "../model.ts";
import { Button } from "../parts/button.tsx";
import { SetupRecord } from "../parts/setup-record.tsx";
import { isDone } from "../state/commands.ts";
import { getSetup } from "../state/orders.ts";
import { go } from "../state/place.ts";
import { viewedRun } from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import "../style/later.ts";

/** The tab of the setup. */
export function Setup() {
  const [setup, setSetup] = useState<RunSetup | null>(null);
  const run = viewedRun.value;
  useEffect(() => {
    let isWanted = true;
    if (run !== null) {
      void getSetup(run).then((answer) => {
        if (isWanted && isDone(answer)) {
          setSetup(answer.value);
        }
      });
    }
    return () => {
      isWanted = false;
    };
  }, [run]);
  if (setup === null) {
    return <p class="waiting">Loading…</p>;
  }
  return (
    <>
      <SetupRecord setup={setup} isOpen={setup.files.length === 1} />
      {isOperator.value && (
        <Button kind="main" onClick={() => go(`/new?from=${setup.run}`)}>
          Run again with these values
        </Button>
      )}
    </>
  );
}
