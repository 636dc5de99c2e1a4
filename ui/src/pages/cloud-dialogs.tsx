// What the buttons of the cloud line ask and tell: the end of the machines, more time for them, and
// those that failed to start.

import { useState } from "preact/hooks";
import { extensionText, formatUsd, machineCount } from "../cloud-words.ts";
import { plural } from "../format.ts";
import type { Cloud } from "../model.ts";
import { Button, CopyButton } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { serverNow } from "../state/cloud.ts";
import { type EndStep, exportAndTearDown, tearDown } from "../state/ending.ts";
import { server } from "../state/run.ts";
import "../style/later.ts";

const STEPS: Record<EndStep, string> = {
  stopping: "Stopping the test…",
  exporting: "Fetching the report…",
  ending: "Ending the machines…",
};

/** Asks before all machines end. What was measured goes first unless somebody says no. */
export function TearDown(props: { cloud: Cloud; onClose: () => void }) {
  const [step, setStep] = useState<EndStep | null>(null);
  const [error, setError] = useState<string | null>(null);
  const run = server.value?.run ?? null;
  const lasts = run !== null && server.value?.end === null;
  const count = machineCount(props.cloud);
  const machines = count === null ? "all machines" : plural(count, "machine");
  async function end(work: () => Promise<string | null>): Promise<void> {
    setError(null);
    const problem = await work();
    setStep(null);
    setError(problem);
    if (problem === null) {
      props.onClose();
    }
  }
  return (
    <Dialog
      title={lasts ? `Stop the test and end ${machines}?` : `End ${machines}?`}
      onClose={props.onClose}
    >
      {run !== null && (
        <p>Export run {run} first: what is not exported may be lost with this machine.</p>
      )}
      <p>Nothing costs anything after that but some megabytes of results in the cloud's storage.</p>
      <p role="status">{step && STEPS[step]}</p>
      {error && <p role="alert">{error}</p>}
      <div class="row end">
        <Button onClick={props.onClose}>Cancel</Button>
        <Button
          kind={run === null ? "stop" : "plain"}
          disabled={step !== null}
          onClick={() => void end(() => tearDown(lasts ? run : null, setStep))}
        >
          {run === null ? "Tear down" : "Tear down without export"}
        </Button>
        {run !== null && (
          <Button
            kind="main"
            data-first=""
            disabled={step !== null}
            onClick={() => void end(() => exportAndTearDown(run, setStep))}
          >
            Export and tear down
          </Button>
        )}
      </div>
    </Dialog>
  );
}

/** Shows the command that gives more time, and why it is no button. */
export function MoreTime(props: { cloud: Cloud; onClose: () => void }) {
  const command = props.cloud.extension?.command ?? "";
  const most = props.cloud.max_usd;
  return (
    <Dialog title="More time" onClose={props.onClose}>
      <p>
        Run this where you started the cluster. This page cannot: no machine may prolong its own
        life, so that whoever takes one over cannot either.
      </p>
      <p class="command">
        <code>{command}</code> <CopyButton text={command} />
      </p>
      <p>{extensionText(props.cloud, serverNow())}</p>
      {most !== null && (
        <p class="note">
          With all that was spent before, these machines may cost {formatUsd(most)}. The command
          shows the cost and asks, and is refused if it would be more.
        </p>
      )}
      <div class="row end">
        <Button data-first="" onClick={props.onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}

/** Why machines did not start, with the end of their logs. */
export function FailedMachines(props: { cloud: Cloud; onClose: () => void }) {
  return (
    <Machines
      title="Machines that failed to start"
      machines={props.cloud.failed}
      onClose={props.onClose}
    />
  );
}

/** What machines lack that run all the same. */
export function LimitedMachines(props: { cloud: Cloud; onClose: () => void }) {
  return (
    <Machines
      title="Machines that have less than was asked for"
      machines={props.cloud.limited}
      onClose={props.onClose}
    />
  );
}

function Machines(props: { title: string; machines: Cloud["failed"]; onClose: () => void }) {
  return (
    <Dialog title={props.title} onClose={props.onClose} isWide>
      {props.machines.map((machine) => (
        <section key={machine.id} class="failed-machine">
          <h3>
            {machine.id} ({machine.role})
          </h3>
          <p>{machine.reason}</p>
          {machine.log !== "" && (
            <div class="tail" role="region" aria-label={`Log of ${machine.id}`} tabIndex={0}>
              <pre>{machine.log}</pre>
            </div>
          )}
        </section>
      ))}
      <div class="row end">
        <Button data-first="" onClick={props.onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
