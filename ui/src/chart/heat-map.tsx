// How many requests took how long, over time: shade is the square root of the count. Below it, a thin
// row of failed requests.

import { useMemo, useState } from "preact/hooks";
import { formatCount, formatMs } from "../format.ts";
import type { Heat } from "../heat.ts";
import { Canvas, type Painter } from "./canvas.tsx";
import { channels, color } from "./colors.ts";
import { ChartFigure, ChartTable } from "./figure.tsx";
import { beginOf, shownCounts } from "./heat.ts";
import { markNear, useChartKeys } from "./line-chart.tsx";
import { drawMarks } from "./marks.ts";
import { logSplits, momentText, type Scope, timeSplits } from "./scope.ts";

const LEFT = 52;
const RIGHT = 20;
const BOTTOM = 24;
const FAILED = 8;

/** The heat map as a figure. */
export function HeatMapChart(props: {
  data: Heat | null;
  scope: Scope;
  isStale?: boolean;
  /** What is said before there is a column. */
  empty: string;
}) {
  const { data, scope } = props;
  const counts = data ? shownCounts(data, scope) : [];
  const none = data?.columns.length ? "No requests in this stretch." : props.empty;
  const empty = sum(counts) === 0 ? none : null;
  return (
    <ChartFigure
      title="Latency heat map"
      note={data && `${data.step} s columns`}
      summary={data && empty === null ? summaryText(data, counts) : none}
      isStale={props.isStale}
      table={() => data && <HeatTable data={data} counts={counts} />}
    >
      {(summary) => (
        <>
          <div class="legend">
            <HeatValue data={data} scope={scope} />
          </div>
          <HeatDrawing data={data} scope={scope} summary={summary} empty={empty} />
        </>
      )}
    </ChartFigure>
  );
}

function HeatDrawing(props: {
  data: Heat | null;
  scope: Scope;
  summary: string;
  empty: string | null;
}) {
  const { data, scope } = props;
  const [from, setFrom] = useState<number | null>(null);
  const time = useMemo(
    () => data?.columns.map((column) => column.time - scope.start) ?? [],
    [data, scope.start],
  );
  const keys = useChartKeys({ scope, time });
  const momentAt = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const part = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    return scope.from + Math.min(1, Math.max(0, part)) * (scope.to - scope.from);
  };
  const pointer = {
    onPointerDown: (event: PointerEvent) => setFrom(momentAt(event)),
    onPointerMove: (event: PointerEvent) => {
      scope.cursor.value = momentAt(event);
    },
    onPointerLeave: () => {
      scope.cursor.value = null;
      setFrom(null);
    },
    onPointerUp: (event: PointerEvent) => {
      const ends = [from ?? 0, momentAt(event)].sort((a, b) => a - b) as [number, number];
      if (from !== null && ends[1] - ends[0] > (scope.to - scope.from) / 100) {
        scope.onZoom({ from: ends[0], to: ends[1] });
      }
      setFrom(null);
    },
    onDblClick: () => scope.onZoom(null),
  };
  return (
    <div class="plot-frame">
      <Canvas
        class="plot"
        label="Latency heat map"
        describedBy={props.summary}
        shown={[data, scope.from, scope.to, scope.isClock, scope.marks, scope.cursor.value, from]}
        paint={painter(data, scope, from)}
        hands={{ tabIndex: 0, ...keys, ...pointer }}
      />
      {props.empty !== null && <p class="plot-empty">{props.empty}</p>}
    </div>
  );
}

/** What the column under the cursor holds. */
function HeatValue(props: { data: Heat | null; scope: Scope }) {
  const cursor = props.scope.cursor.value;
  const { data } = props;
  const moment = cursor === null ? null : cursor + props.scope.start;
  const mark = cursor === null ? undefined : markNear(props.scope, cursor);
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
        <span class="moment">
          {momentText(props.scope, column.time - props.scope.start)}
          {mark && ` · ${mark}`}
        </span>
      )}
    </>
  );
}

function painter(whole: Heat | null, scope: Scope, dragged: number | null): Painter {
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
    const place = (moment: number) => LEFT + ((moment - scope.from) / span) * plotWidth;
    drawMarks(context, scope, { top: 8, height: plotHeight, ratio: 1, x: place });
    const cursor = scope.cursor.value;
    if (cursor !== null) {
      const x = place(cursor);
      if (dragged !== null) {
        context.fillStyle = color("accent");
        context.globalAlpha = 0.16;
        context.fillRect(place(dragged), 8, x - place(dragged), plotHeight);
        context.globalAlpha = 1;
      }
      context.fillStyle = color("secondary");
      context.fillRect(Math.round(x), 8, 1, plotHeight);
    }
  };
}

/** The rows that something fell into, with one more on each side. */
function usedRows(data: Heat): Heat {
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
function meanPixels(data: Heat, scope: Scope, width: number) {
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
  data: Heat,
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

function HeatTable(props: { data: Heat; counts: readonly number[] }) {
  const rows = props.counts
    .map((count, row) => [rangeText(props.data.edges, row), formatCount(count)])
    .filter((_, row) => (props.counts[row] ?? 0) > 0);
  return (
    <ChartTable
      label="Requests by response time"
      caption="Requests by response time, over the stretch that is shown"
      head={["Response time", "Requests"]}
      rows={rows}
    />
  );
}

function summaryText(data: Heat, counts: readonly number[]): string {
  return `${formatCount(sum(counts))} requests, most of them in ${rangeText(data.edges, mode(counts))}.`;
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
