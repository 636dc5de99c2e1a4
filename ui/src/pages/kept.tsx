// What there is to a run that has ended: what its end has cut off, and comparing it, or others with it.

import { useEffect, useState } from "preact/hooks";
import { abortedText } from "../end-words.ts";
import { Button } from "../parts/button.tsx";
import { getRuns } from "../state/commands.ts";
import { baseline } from "../state/orders.ts";
import { href } from "../state/place.ts";
import { overview } from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import { toast } from "../state/tell.ts";

/** The two buttons; whether a run is the baseline is asked for first. */
export function Kept(props: { run: number }) {
  const { run } = props;
  const [isBaseline, setIsBaseline] = useState<boolean | null>(null);
  useEffect(() => {
    let isWanted = true;
    setIsBaseline(null);
    void getRuns().then((answer) => {
      const known = answer.kind === "done" && answer.value.runs.find((one) => one.id === run);
      if (isWanted && known) {
        setIsBaseline(known.is_baseline);
      }
    });
    return () => {
      isWanted = false;
    };
  }, [run]);
  const aborted = abortedText(overview.value?.aborted);
  return (
    <>
      {aborted && <p class="note">{aborted}</p>}
      <div class="row">
        <a class="button plain" href={href(`/compare?b=${run}`)}>
          Compare
        </a>
        {isOperator.value && isBaseline !== null && (
          <Button
            onClick={async () => {
              if (await baseline(run, !isBaseline)) {
                setIsBaseline(!isBaseline);
                toast(`Run ${run} is ${isBaseline ? "no longer " : ""}the baseline.`);
              }
            }}
          >
            {isBaseline ? "No longer the baseline" : "Set as baseline"}
          </Button>
        )}
      </div>
    </>
  );
}
