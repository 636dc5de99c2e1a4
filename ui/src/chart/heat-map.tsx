// How many requests took how long, over time: shade is the square root of the count. Below it, a thin
// row of failed requests.

import { useId, useState } from "preact/hooks";
import { formatCount, formatMs } from "../format.ts";
import type { HeatColumn } from "../model.ts";
import { Canvas, type Painter } from "./canvas.tsx";
import { channels, color } from "./colors.ts";
import { logSplits, momentText, type Scope, timeSplits } from "./scope.ts";

/** What the heat map shows. */
export interface HeatData {
  readonly step: number;
  /** Lower edges of the rows, rising. */
  readonly edges: readonly number[];
  readonly columns: readonly HeatColumn[];
}

const LEFT = 52;
const RIGHT = 20;
const BOTTOM = 24;
const FAILED = 8;

/** The heat map as a figure. */
export function HeatMapChart(props: { data: HeatData | null; scope: Scope; isStale?: boolean }) {
  const { data, scope } = props;
  const [isTable, setIsTable] = useState(false);
  const summary = useId();
  const isEmpty = data === null || data.columns.every((column) => sum(column.counts) === 0);
  return (
    <figure class={`card chart${props.isStale ? " stale" : ""}`}>
      <figcaption class="chart-head">
        <h2>Latency heat map</h2>
        <span class="note">{data && `${data.step} s columns`}</span>
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
        {data && !isEmpty ? summaryText(data) : "No requests yet."}
      </p>
      {isTable && data ? (
        <HeatTable data={data} />
      ) : (
        <>
          <div class="legend">
            <HeatValue data={data} scope={scope} />
          </div>
          <div class="plot-frame">
            <Canvas
              class="plot"
              label="Latency heat map"
              describedBy={summary}
              shown={[data, scope.from, scope.to, scope.isClock, scope.cursor.value]}
              paint={painter(data, scope)}
            />
            {isEmpty && <p class="plot-empty">No requests yet.</p>}
          </div>
        </>
      )}
    </figure>
  );
}

/** What the column under the cursor holds. */
function HeatValue(props: { data: HeatData | null; scope: Scope }) {
  const cursor = props.scope.cursor.value;
  const { data } = props;
  const moment = cursor === null ? null : cursor + props.scope.start;
  const column =
    data && moment !== null
      ? data.columns.find((one, at) => one.time >= moment && beginOf(data, at) < moment)
      : data?.columns.at(-1);
  if (!column || !data) {
    return <span>darker means more requests</span>;
  }
  return (
    <>
      <span>
        requests <b>{formatCount(sum(column.counts))}</b>
      </span>
      <span>
        most at <b>{rangeText(data.edges, mode(column.counts))}</b>
      </span>
      <span>
        failed <b>{formatCount(column.failures)}</b>
      </span>
      {cursor !== null && (
        <span class="moment">{momentText(props.scope, column.time - props.scope.start)}</span>
      )}
    </>
  );
}

/** Where a column begins: where the one before it ends, which may be a little more than a step ago. */
function beginOf(data: HeatData, at: number): number {
  const { time } = data.columns[at] as HeatColumn;
  const before = data.columns[at - 1]?.time ?? Number.NEGATIVE_INFINITY;
  return time - before < 2 * data.step ? before : time - data.step;
}

function painter(whole: HeatData | null, scope: Scope): Painter {
  return (context, width, height) => {
    const data = whole && usedRows(whole);
    if (!data || data.edges.length < 2) {
      return;
    }
    const plotWidth = Math.max(1, Math.round(width - LEFT - RIGHT));
    const plotHeight = height - BOTTOM - FAILED - 4 - 8;
    const rows = data.edges.length;
    const span = scope.to - scope.from;
    const { counts, failures, seconds } = meanPixels(data, scope, plotWidth);
    const most = Math.max(...counts, 1e-9);
    const [red, green, blue] = channels("rps");
    const image = new ImageData(plotWidth, rows);
    counts.forEach((count, at) => {
      if (count > 0) {
        const alpha = 28 + 227 * Math.sqrt(count / most);
        image.data.set([red, green, blue, alpha], at * 4);
      }
    });
    const cells = new OffscreenCanvas(plotWidth, rows);
    cells.getContext("2d")?.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(cells, LEFT, 8, plotWidth, plotHeight);
    context.fillStyle = color("failed");
    failures.forEach((count, x) => {
      if (count > 0 && (seconds[x] ?? 0) > 0) {
        context.fillRect(LEFT + x, 8 + plotHeight + 4, 1, FAILED);
      }
    });
    axes(context, data, scope, plotWidth, plotHeight);
    const cursor = scope.cursor.value;
    if (cursor !== null) {
      const x = LEFT + ((cursor - scope.from) / span) * plotWidth;
      context.fillStyle = color("secondary");
      context.fillRect(Math.round(x), 8, 1, plotHeight);
    }
  };
}

/** The rows that something fell into, with one more on each side. */
function usedRows(data: HeatData): HeatData {
  const isUsed = data.edges.map((_, row) => data.columns.some((column) => column.counts[row]));
  const first = Math.max(0, isUsed.indexOf(true) - 1);
  const after = Math.max(first + 4, isUsed.lastIndexOf(true) + 2);
  return {
    step: data.step,
    edges: data.edges.slice(first, after),
    columns: data.columns.map((column) => ({
      ...column,
      counts: column.counts.slice(first, after),
    })),
  };
}

/** Mean counts of the columns that fall on each pixel, the greatest row at the top. */
function meanPixels(data: HeatData, scope: Scope, width: number) {
  const rows = data.edges.length;
  const counts = new Float64Array(width * rows);
  const failures = new Float64Array(width);
  const seconds = new Float64Array(width);
  const scale = width / (scope.to - scope.from);
  for (const [place, column] of data.columns.entries()) {
    const begin = beginOf(data, place);
    const end = (column.time - scope.start - scope.from) * scale;
    const first = Math.max(0, Math.floor((begin - scope.start - scope.from) * scale));
    const after = Math.min(width, Math.max(first + 1, Math.ceil(end)));
    for (let x = first; x < after; x += 1) {
      for (let row = 0; row < rows; row += 1) {
        const at = (rows - 1 - row) * width + x;
        counts[at] = (counts[at] ?? 0) + (column.counts[row] ?? 0);
      }
      failures[x] = (failures[x] ?? 0) + column.failures;
      seconds[x] = (seconds[x] ?? 0) + column.time - begin;
    }
  }
  counts.forEach((count, at) => {
    counts[at] = count / Math.max(1, seconds[at % width] ?? 0);
  });
  return { counts, failures, seconds };
}

function axes(
  context: CanvasRenderingContext2D,
  data: HeatData,
  scope: Scope,
  width: number,
  height: number,
): void {
  const low = data.edges[0] as number;
  const rowHeight = height / data.edges.length;
  const edge = (ms: number) => {
    const above = data.edges.findIndex((value) => value > ms);
    const row = (above < 0 ? data.edges.length : above) - 1;
    const [from, to] = [data.edges[row] as number, data.edges[row + 1] ?? ms * 2];
    const part = Math.log(ms / from) / Math.log(to / from);
    return 8 + height - (row + part) * rowHeight;
  };
  context.font = "12px system-ui, 'Segoe UI', Roboto, sans-serif";
  context.fillStyle = color("secondary");
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const ms of logSplits(Math.max(low, 1e-3), data.edges.at(-1) as number)) {
    const y = edge(ms);
    if (Number.isInteger(Math.round(Math.log10(ms) * 1e6) / 1e6) && y < height - 2) {
      context.fillText(formatMs(ms), LEFT - 6, Math.max(8, y));
    }
  }
  context.fillText("failed", LEFT - 6, 8 + height + 4 + FAILED / 2);
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const moment of timeSplits(scope, scope.from, scope.to, width / 90)) {
    const x = LEFT + ((moment - scope.from) / (scope.to - scope.from)) * width;
    context.fillText(momentText(scope, moment), x, 8 + height + FAILED + 12);
  }
}

function HeatTable(props: { data: HeatData }) {
  const { edges, columns } = props.data;
  const rows = edges
    .map((_, row) => ({ row, count: sum(columns.map((column) => column.counts[row] ?? 0)) }))
    .filter(({ count }) => count > 0);
  return (
    <div class="chart-table" tabIndex={0} role="region" aria-label="Requests by response time">
      <table>
        <caption class="unseen">Requests by response time, over the stretch that is shown</caption>
        <thead>
          <tr>
            <th scope="col">Response time</th>
            <th scope="col" class="number">
              Requests
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ row, count }) => (
            <tr key={row}>
              <th scope="row">{rangeText(edges, row)}</th>
              <td class="number">{formatCount(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function summaryText(data: HeatData): string {
  const totals = data.edges.map((_, row) =>
    sum(data.columns.map((column) => column.counts[row] ?? 0)),
  );
  return `${formatCount(sum(totals))} requests, most of them in ${rangeText(data.edges, mode(totals))}.`;
}

function rangeText(edges: readonly number[], row: number): string {
  const next = edges[row + 1];
  const low = formatMs(edges[row]);
  return next === undefined ? `${low} or more` : `${low} to ${formatMs(next)}`;
}

function mode(counts: readonly number[]): number {
  return counts.reduce((best, count, row) => (count > (counts[best] ?? 0) ? row : best), 0);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
