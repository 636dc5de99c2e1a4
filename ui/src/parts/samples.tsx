// Single requests: what they asked for, what came, how long it took.

import { formatClock, formatMs } from "../format.ts";
import type { RequestSample } from "../model.ts";

/** A few requests under a title. */
export function Samples(props: { title: string; note: string; samples: readonly RequestSample[] }) {
  return (
    <section class="card section">
      <header class="section-head">
        <h2>{props.title}</h2>
        <span class="note">{props.note}</span>
      </header>
      <ul class="samples">
        {props.samples.map((sample) => (
          <li key={`${sample.at} ${sample.url}`}>
            <span class={sample.error === null ? undefined : "bad"}>
              {sample.status ?? "No answer"}
            </span>
            <b>{formatMs(sample.time_ms)}</b>
            <span class="note">{formatClock(sample.at)}</span>
            <code>
              {sample.method} {sample.url}
            </code>
            {sample.error !== null && <span class="bad">{sample.error}</span>}
            {sample.body !== null && (
              <details>
                <summary>Response</summary>
                {/* Text only, whatever it says; long lines scroll, also by keys. */}
                <pre tabIndex={0}>{sample.body}</pre>
              </details>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
