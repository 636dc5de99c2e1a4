// The one place that knows uPlot: its options for our axes, lines, marks and gaps.

import uPlot from "uplot";
import { formatNumber } from "../format.ts";
import { type Column, extent, thin } from "../timeline.ts";
import { type Color, color } from "./colors.ts";
import { drawMarks } from "./marks.ts";
import { linearTop, logRange, logSplits, momentText, type Scope, timeSplits } from "./scope.ts";

/** One line of a chart. */
export interface PlotLine {
  readonly label: string;
  readonly color: Color;
  readonly values: Column;
  /** Width in pixels; 1.5 unless it stands out. */
  readonly width?: number;
  readonly dash?: readonly number[];
  /** Steps from one value to the next, as users do. */
  readonly isStepped?: boolean;
  /** Belongs to the axis on the right. */
  readonly isRight?: boolean;
  /** Fills the area down to the line before it: parts of a sum. */
  readonly isStacked?: boolean;
}

/** What a chart draws. */
export interface PlotData {
  readonly scope: Scope;
  /** Seconds since the start of the run. */
  readonly time: number[];
  readonly lines: readonly PlotLine[];
  readonly isLog: boolean;
  /** How values of the left axis are printed. */
  readonly format: (value: number) => string;
  /** How values of the right axis are printed. */
  readonly formatRight?: (value: number) => string;
}

/** Points of a line at most: more than a chart has pixels. */
const MAX_DRAWN = 1000;
const WHOLE_STEPS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6].flatMap((power) => [
  power,
  2 * power,
  5 * power,
]);
const LABELS = "12px system-ui, 'Segoe UI', Roboto, sans-serif";

/** A chart on the screen. */
export interface Plot {
  /** Draws other values of the same lines. */
  update(data: PlotData): void;
  resize(width: number, height: number): void;
  destroy(): void;
}

/** What has to stay for a chart to be updated and not made again. */
export function structure(data: PlotData): string {
  const lines = data.lines.map((line) => `${line.label}|${line.color}`).join();
  return `${lines}|${data.isLog}|${data.scope.start}|${data.scope.isClock}`;
}

/** Puts a chart into an element. */
export function plot(into: HTMLElement, first: PlotData, width: number, height: number): Plot {
  let data = first;
  // The plot tells where its cursor is also when it draws itself anew: only what a pointer does moves
  // the cursor of all charts.
  let isPointed = false;
  const pointed: uPlot.Cursor.MouseListenerFactory = (_u, _target, handler) => (event) => {
    isPointed = true;
    handler(event);
    isPointed = false;
    return null;
  };
  const hasRight = first.lines.some((line) => line.isRight);
  const grid = { stroke: color("grid"), width: 1 };
  const axis = { stroke: color("secondary"), font: LABELS, ticks: { show: false }, gap: 6 };
  /** Puts its cursor where that of all charts is. There is no place before the axis has its range. */
  const follow = (u: uPlot) => {
    const moment = data.scope.cursor.peek();
    const left = moment === null ? -10 : u.valToPos(moment, "x");
    if (Number.isFinite(left) && Math.abs((u.cursor.left ?? -10) - left) > 0.5) {
      u.setCursor({ left, top: moment === null ? -10 : 0 }, false);
    }
  };
  const chart = new uPlot(
    {
      width,
      height,
      padding: [10, hasRight ? 0 : 20, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        points: { size: 6, width: 1.5 },
        bind: {
          mousemove: pointed,
          mouseleave: pointed,
          dblclick: () => () => {
            data.scope.onZoom(null);
            return null;
          },
        },
      },
      scales: {
        x: { time: false, range: () => [data.scope.from, data.scope.to] },
        y: { distr: first.isLog ? 3 : 1, range: () => leftRange(data) },
        right: { range: () => [0, linearTop(highest(data, true))] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 24,
          splits: (u, _axis, from, to) =>
            timeSplits(data.scope, from, to, u.bbox.width / 90 / devicePixelRatio),
          values: (_u, splits) => splits.map((moment) => momentText(data.scope, moment)),
        },
        {
          ...axis,
          grid,
          size: 52,
          ...(first.isLog && {
            splits: (_u, _axis, low, high) => logSplits(low, high),
            filter: (_u, splits) => splits,
          }),
          space: 32,
          values: (_u, splits) => splits.map((value) => data.format(value)),
        },
        ...(hasRight
          ? [
              {
                ...axis,
                side: 1,
                scale: "right",
                // Users are whole, and so are the labels of their axis.
                ...(first.lines.some((line) => line.isRight && line.isStepped) && {
                  incrs: WHOLE_STEPS,
                }),
                grid: { show: false },
                size: 52,
                space: 32,
                values: (_u: uPlot, splits: number[]) =>
                  splits.map((value) => (data.formatRight ?? formatNumber)(value)),
              },
            ]
          : []),
      ],
      series: [{}, ...first.lines.map(seriesOf)],
      bands: bandsOf(first.lines),
      hooks: {
        draw: [
          (u) =>
            drawMarks(u.ctx, data.scope, {
              top: u.bbox.top,
              height: u.bbox.height,
              ratio: devicePixelRatio,
              x: (moment) => u.valToPos(moment, "x", true),
            }),
        ],
        setSelect: [
          (u) => {
            const { left, width: wide } = u.select;
            if (wide > 4) {
              data.scope.onZoom({ from: u.posToVal(left, "x"), to: u.posToVal(left + wide, "x") });
            }
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
        setScale: [(u, scale) => scale === "x" && follow(u)],
        setCursor: [
          (u) => {
            if (isPointed) {
              const left = u.cursor.left ?? -1;
              data.scope.cursor.value = left < 0 ? null : u.posToVal(left, "x");
            }
          },
        ],
      },
    },
    drawn(data),
    into,
  );
  const stopFollowing = first.scope.cursor.subscribe(() => follow(chart));
  return {
    update(next) {
      data = next;
      chart.setData(drawn(next));
    },
    resize(wide, high) {
      if (chart.width !== wide || chart.height !== high) {
        chart.setSize({ width: wide, height: high });
      }
    },
    destroy() {
      stopFollowing();
      chart.destroy();
    },
  };
}

function drawn(data: PlotData): uPlot.AlignedData {
  const { time, columns } = thin(
    data.time,
    data.lines.map((line) => line.values),
    MAX_DRAWN,
  );
  return [time, ...columns] as uPlot.AlignedData;
}

function seriesOf(line: PlotLine): uPlot.Series {
  return {
    label: line.label,
    scale: line.isRight ? "right" : "y",
    stroke: color(line.color),
    width: line.width ?? 1.5,
    ...(line.dash && { dash: [...line.dash] }),
    ...(line.isStepped && {
      paths: uPlot.paths.stepped?.({ align: 1 }) as uPlot.Series.PathBuilder,
    }),
    spanGaps: false,
    points: { show: true, size: 4, filter: lonely },
  };
}

/** A value between two gaps has no line to be seen by: it is drawn as a point. */
function lonely(u: uPlot, line: number): number[] {
  const values = u.data[line] ?? [];
  const alone: number[] = [];
  for (let row = 0; row < values.length; row += 1) {
    const isAlone = values[row] != null && values[row - 1] == null && values[row + 1] == null;
    if (isAlone && values[row - 1] !== undefined && values[row + 1] !== undefined) {
      alone.push(row);
    }
  }
  return alone;
}

function bandsOf(lines: readonly PlotLine[]): uPlot.Band[] {
  return lines.flatMap((line, at) =>
    line.isStacked && at > 0 ? [{ series: [at + 1, at], fill: color(line.color) }] : [],
  ) as uPlot.Band[];
}

function highest(data: PlotData, isRight: boolean): number {
  const tops = data.lines
    .filter((line) => (line.isRight ?? false) === isRight)
    .map((line) => extent(visible(data, line.values))?.high ?? 0);
  return Math.max(0, ...tops);
}

/** Values inside the stretch that is shown. */
function visible(data: PlotData, values: Column): Column {
  const { from, to } = data.scope;
  return values.filter((_, row) => {
    const moment = data.time[row] ?? 0;
    return moment >= from && moment <= to;
  });
}

function leftRange(data: PlotData): [number, number] {
  if (!data.isLog) {
    return [0, linearTop(highest(data, false))];
  }
  const spans = data.lines.flatMap((line) => {
    const positive = visible(data, line.values).filter((value) => value != null && value > 0);
    return extent(positive) ?? [];
  });
  if (spans.length === 0) {
    return [1, 1000];
  }
  const low = Math.min(...spans.map((span) => span.low));
  const high = Math.max(...spans.map((span) => span.high));
  return logRange(low, high);
}
