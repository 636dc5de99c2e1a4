// What can be taken away from a run.

import { useState } from "preact/hooks";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Check } from "../parts/field.tsx";
import { address } from "../state/commands.ts";
import { copyLink } from "./run-header.tsx";

const FORMATS = [
  ["report.html", "HTML report", "one file that opens without a server"],
  ["requests.csv", "CSV, summary", "one row for each endpoint"],
  ["series.csv", "CSV, series", "one row for each second"],
  ["failures.csv", "CSV, failures", "one row for each kind of failure"],
  ["report.json", "JSON", "everything that is kept"],
] as const;

/** The dialog behind Export. */
export function ExportDialog(props: { run: number; onClose: () => void }) {
  const [format, setFormat] = useState<string>(FORMATS[0][0]);
  const [hidesHost, setHidesHost] = useState(false);
  const [hidesWorkers, setHidesWorkers] = useState(false);
  const [hasLog, setHasLog] = useState(false);
  const [hasBodies, setHasBodies] = useState(false);
  // Other files have no single requests.
  const isWhole = format === "report.json";
  const url = address(`/runs/${props.run}/${format}`, {
    without_host: hidesHost ? 1 : null,
    without_workers: hidesWorkers ? 1 : null,
    with_log: hasLog ? 1 : null,
    with_bodies: hasBodies && isWhole ? 1 : null,
  });
  return (
    <Dialog title={`Export run ${props.run}`} onClose={props.onClose}>
      <fieldset class="formats">
        <legend class="unseen">Format</legend>
        {FORMATS.map(([name, title, text], at) => (
          <label class="check" key={name}>
            <input
              type="radio"
              name="format"
              value={name}
              checked={format === name}
              {...(at === 0 && { "data-first": "" })}
              onChange={() => setFormat(name)}
            />
            <span>
              {title} <span class="note">{text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Check label="Leave out the host" isOn={hidesHost} onChange={setHidesHost} />
      <Check label="Leave out names of workers" isOn={hidesWorkers} onChange={setHidesWorkers} />
      <Check label="Include the log" isOn={hasLog} onChange={setHasLog} />
      {isWhole && (
        <Check
          label="Include responses of slow and failed requests"
          isOn={hasBodies}
          onChange={setHasBodies}
        />
      )}
      <div class="row end">
        <Button kind="quiet" onClick={copyLink}>
          Copy link
        </Button>
        <Button onClick={props.onClose}>Cancel</Button>
        <a class="button main" href={url} download="" onClick={() => setTimeout(props.onClose)}>
          Export
        </a>
      </div>
    </Dialog>
  );
}
