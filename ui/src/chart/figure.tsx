// What all charts have around their drawing: a title, a summary in words, and a table in its place.

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import type { Color } from "./colors.ts";

/** A chart as a figure. */
export function ChartFigure(props: {
  title: string;
  /** What stands beside the title, such as the length of a step. */
  note?: ComponentChildren;
  /** What it shows, for those who do not see it. */
  summary: string;
  isStale?: boolean | undefined;
  table: () => ComponentChildren;
  /** The drawing; it gets the id of the summary. */
  children: (summary: string) => ComponentChildren;
}) {
  const [isTable, setIsTable] = useState(false);
  const summary = useId();
  return (
    <figure class={`card chart${props.isStale ? " stale" : ""}`}>
      <figcaption class="chart-head">
        <h2>{props.title}</h2>
        <span class="note">{props.note}</span>
        <button
          type="button"
          class="quiet"
          aria-pressed={isTable}
          onClick={() => setIsTable(!isTable)}
        >
          {isTable ? "Show as chart" : "Show as table"}
        </button>
      </figcaption>
      <p id={summary} class="unseen">
        {props.summary}
      </p>
      {isTable ? props.table() : props.children(summary)}
    </figure>
  );
}

/** How a line looks, before its name in a legend. */
export function Stroke(props: {
  color: Color;
  width: number;
  dash?: readonly number[] | undefined;
}) {
  return (
    <svg width="18" height="8" aria-hidden="true">
      <line
        x1="0"
        y1="4"
        x2="18"
        y2="4"
        stroke={`var(--${props.color})`}
        stroke-width={props.width}
        stroke-dasharray={props.dash?.join(" ")}
      />
    </svg>
  );
}

/** The table in place of a drawing. The first cell names its row, the others are numbers. */
export function ChartTable(props: {
  label: string;
  caption: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
}) {
  return (
    <div class="chart-table" tabIndex={0} role="region" aria-label={props.label}>
      <table>
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            {props.head.map((title, at) => (
              <th scope="col" key={title} class={at > 0 ? "number" : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={row.join()}>
              {row.map((text, at) =>
                at === 0 ? (
                  <th scope="row" key="name">
                    {text}
                  </th>
                ) : (
                  <td key={props.head[at]} class="number">
                    {text}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
