// What a run was: the record on the tab Setup and in the report.

import type { ComponentChildren } from "preact";
import { formatCount, formatDate, formatNumber, formatSpan, plural } from "../format.ts";
import type { Load, ParameterValue, RunSetup } from "../model.ts";

/** Users, rate and length in words. */
export function loadText(load: Load): string {
  if (load.shape !== null) {
    return `shape ${load.shape}`;
  }
  const users = `${load.users === null ? "–" : plural(load.users, "user")}, ${formatNumber(load.spawn_rate)} started/s`;
  return load.run_time_seconds === null ? users : `${users}, ${formatSpan(load.run_time_seconds)}`;
}

/** A parameter's value; of a secret the server tells only that it is set. */
export function valueText(value: ParameterValue): string {
  if (value === null || value === undefined) {
    return "–";
  }
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** The record, read only. */
export function SetupRecord(props: { setup: RunSetup; isOpen?: boolean }) {
  const { setup } = props;
  const parameters = Object.entries(setup.parameters);
  return (
    <>
      <dl class="card record">
        <Item name="Host">{setup.host ?? "–"}</Item>
        <Item name="Load">{loadText(setup.load)}</Item>
        <Item name="User classes">
          {setup.user_classes.map((one) => one.name).join(", ") || "–"}
        </Item>
        {parameters.map(([name, value]) => (
          <Item key={name} name={name}>
            {valueText(value)}
          </Item>
        ))}
        <Item name="Options">
          {setup.options.length > 0 ? <code>{setup.options.join(" ")}</code> : "defaults"}
        </Item>
        <Item name="Workers">
          {setup.workers.length > 0 ? formatCount(setup.workers.length) : "one process"}
        </Item>
        <Item name="Versions">
          gregaria {setup.versions.gregaria}, as Locust {setup.versions.locust}, Python{" "}
          {setup.versions.python}
        </Item>
        <Item name="Commit">{setup.commit ? <code>{setup.commit}</code> : "–"}</Item>
        <Item name="Started">
          {setup.started_by ? `by ${setup.started_by}, ` : ""}from {setup.started_from}
        </Item>
        <Item name="Note">{setup.note ?? "–"}</Item>
      </dl>
      {setup.files.map((file) => (
        <details key={file.name} class="card file" open={props.isOpen}>
          <summary>
            <code>{file.name}</code>
            <span class="note">
              sha256 {file.sha256.slice(0, 12)}
              {file.modified_at !== null && `, changed ${formatDate(file.modified_at)}`}
            </span>
          </summary>
          {file.text === null ? <p>Its text is not kept.</p> : <pre tabIndex={0}>{file.text}</pre>}
        </details>
      ))}
    </>
  );
}

function Item(props: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
