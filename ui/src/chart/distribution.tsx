// How many requests took how long, over the whole run: bars on a logarithmic axis with marks at the
// percentiles. Two runs are laid over one another as outlines of parts, so that their sizes compare.

import { formatCount, formatMs, formatRatio } from "../format.ts";
import type { Distribution } from "../model.ts";
import { Canvas, type Painter } from "./canvas.tsx";
import { type Color, color } from "./colors.ts";
import { ChartFigure, ChartTable, Stroke } from "./figure.tsx";
import { logSplits } from "./scope.ts";

/** The outline of the second of two. */
const DASH = [4, 3];

/** A percentile to mark. */
export interface Percentile {
  readonly label: string;
  readonly ms: number | null;
  readonly color: Color;
}

/** One distribution among those that are shown. */
export interface Shown {
  readonly label: string;
  readonly color: Color;
  readonly data: Distribution;
  readonly isDashed?: boolean;
}

/** Bars of one distribution, or outlines of two. */
export function DistributionChart(props: {
  title: string;
  shown: readonly Shown[];
  percentiles: readonly Percentile[];
}) {
  const { shown, percentiles } = props;
  const isEmpty = shown.every((one) => total(one.data) === 0);
  return (
    <ChartFigure
      title={props.title}
      summary={isEmpty ? "No requests." : summaryText(shown, percentiles)}
      table={() => <DistributionTable title={props.title} shown={shown} />}
    >
      {(summary) => (
        <>
          <div class="legend">
            {shown.map((one) => (
              <span key={one.label}>
                {shown.length > 1 && (
                  <Stroke color={one.color} width={2} dash={one.isDashed ? DASH : undefined} />
                )}
                {one.label} <b>{formatCount(total(one.data))}</b>
              </span>
            ))}
            {percentiles.map((one) => (
              <span key={one.label}>
                {one.label} <b>{formatMs(one.ms)}</b>
              </span>
            ))}
          </div>
          <div class="plot-frame">
            <Canvas
              class="plot"
              label={props.title}
              describedBy={summary}
              shown={[shown, percentiles]}
              paint={painter(shown, percentiles)}
            />
            {isEmpty && <p class="plot-empty">No requests.</p>}
          </div>
        </>
      )}
    </ChartFigure>
  );
}

function summaryText(shown: readonly Shown[], percentiles: readonly Percentile[]): string {
  const parts = shown.map((one) => {
    const all = bars(one.data);
    const most = all.reduce((best, bar) => (bar.part > best.part ? bar : best), {
      low: 0,
      high: 0,
      part: 0,
    });
    return `${one.label} ${formatCount(total(one.data))}, most of them in ${rangeText(most)}`;
  });
  return `${[...parts, ...percentiles.map((one) => `${one.label} ${formatMs(one.ms)}`)].join("; ")}.`;
}

function rangeText(bar: { low: number; high: number }): string {
  return `${formatMs(bar.low)} to ${formatMs(bar.high)}`;
}

/** Requests of each bar; those of several distributions beside one another. */
function DistributionTable(props: { title: string; shown: readonly Shown[] }) {
  const { shown } = props;
  const counts = shown.map(({ data }) => {
    const all = bars(data).map((bar) => [bar.low, Math.round(bar.part * total(data))] as const);
    return new Map(all);
  });
  const highs = new Map(shown.flatMap(({ data }) => bars(data).map((bar) => [bar.low, bar.high])));
  const lows = [...highs.keys()].sort((a, b) => a - b);
  return (
    <ChartTable
      label={`${props.title}, as a table`}
      caption={`${props.title}: requests by response time`}
      head={["Response time", ...shown.map((one) => one.label)]}
      rows={lows.map((low) => [
        rangeText({ low, high: highs.get(low) ?? low }),
        ...counts.map((of) => formatCount(of.get(low) ?? 0)),
      ])}
    />
  );
}

function total(data: Distribution): number {
  return data.counts.reduce((sum, count) => sum + count, 0);
}

const LEFT = 52;
const RIGHT = 12;
const TOP = 16;
const BOTTOM = 24;

function painter(shown: readonly Shown[], percentiles: readonly Percentile[]): Painter {
  return (context, width, height) => {
    const filled = shown.filter((one) => total(one.data) > 0);
    const lows = filled.flatMap((one) => bars(one.data).map((bar) => bar.low));
    const highs = filled.flatMap((one) => bars(one.data).map((bar) => bar.high));
    if (lows.length === 0) {
      return;
    }
    const low = Math.max(1e-3, Math.min(...lows));
    const high = Math.max(...highs);
    const most = Math.max(...filled.flatMap((one) => bars(one.data).map((bar) => bar.part)));
    const bottom = height - BOTTOM;
    const x = (ms: number) =>
      LEFT + (Math.log(Math.max(ms, low) / low) / Math.log(high / low)) * (width - LEFT - RIGHT);
    const y = (part: number) => bottom - (part / most) * (bottom - TOP);

    context.font = "12px system-ui, 'Segoe UI', Roboto, sans-serif";
    context.fillStyle = color("secondary");
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const part of [most, most / 2]) {
      context.fillText(formatRatio(part), LEFT - 6, y(part));
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const ms of logSplits(low, high)) {
      context.fillText(formatMs(ms), x(ms), bottom + 8);
    }
    for (const one of filled) {
      context.fillStyle = color(one.color);
      context.strokeStyle = context.fillStyle;
      context.lineWidth = 2;
      context.setLineDash(one.isDashed ? DASH : []);
      context.beginPath();
      for (const bar of bars(one.data)) {
        const [from, to] = [x(bar.low), x(bar.high)];
        if (filled.length === 1) {
          context.fillRect(from, y(bar.part), Math.max(1, to - from - 1), bottom - y(bar.part));
        } else {
          context.lineTo(from, y(bar.part));
          context.lineTo(to, y(bar.part));
        }
      }
      if (filled.length > 1) {
        context.stroke();
      }
    }
    context.setLineDash([]);
    context.textBaseline = "bottom";
    for (const one of percentiles) {
      if (one.ms !== null) {
        const at = Math.round(x(one.ms));
        context.fillStyle = color(one.color);
        context.fillRect(at, TOP, 1.5, bottom - TOP);
        context.fillText(one.label, at, TOP - 1);
      }
    }
  };
}

/** Bars between the first and the last that hold something, as parts of all. */
function bars(data: Distribution): { low: number; high: number; part: number }[] {
  const first = data.counts.findIndex((count) => count > 0);
  const last = data.counts.findLastIndex((count) => count > 0);
  const all = total(data);
  return data.counts.slice(first, last + 1).map((count, at) => ({
    low: data.low_ms[first + at] as number,
    high: data.high_ms[first + at] as number,
    part: count / all,
  }));
}
