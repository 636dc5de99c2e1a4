// A chart as a figure: title, legend with values, drawing, a summary in words and a table in its place.

import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { formatNumber } from "../format.ts";
import { extent } from "../timeline.ts";
import { themeVersion } from "./colors.ts";
import { ChartFigure, ChartTable, Stroke } from "./figure.tsx";
import { draw, drop } from "./frame.ts";
import { usePaper } from "./paper.ts";
import { type Plot, type PlotData, type PlotLine, plot, structure } from "./plot.ts";
import { momentText, type Scope } from "./scope.ts";
import { useSeen } from "./seen.ts";

/** Rows of the table that stands in for a chart. */
const TABLE_ROWS = 30;

/** A chart of lines over time. */
export function LineChart(props: {
  title: string;
  /** What stands beside the title, such as the length of a step. */
  note?: ComponentChildren;
  data: PlotData;
  /** Lines of the legend and the summary, where they are not those that are drawn. */
  told?: readonly PlotLine[];
  /** What is said in place of lines that have no value. */
  empty: string;
  isStale?: boolean;
}) {
  const { data } = props;
  const told = props.told ?? data.lines;
  const isEmpty = told.every((line) => extent(line.values) === null);
  return (
    <ChartFigure
      title={props.title}
      note={props.note}
      summary={isEmpty ? props.empty : `${summaryText(told, data)}.`}
      isStale={props.isStale}
      table={() => <LineTable title={props.title} data={data} told={told} />}
    >
      {(summary) => (
        <>
          <Legend data={data} told={told} />
          <Drawing
            data={data}
            title={props.title}
            summary={summary}
            empty={isEmpty ? props.empty : null}
          />
        </>
      )}
    </ChartFigure>
  );
}

/** How a line's values are printed. */
function textOf(line: PlotLine, data: PlotData, value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return "–";
  }
  return line.isRight ? (data.formatRight ?? formatNumber)(value) : data.format(value);
}

function summaryText(told: readonly PlotLine[], data: PlotData): string {
  return told
    .flatMap((line) => {
      const span = extent(line.values);
      if (span === null) {
        return [];
      }
      const now = span.now === null ? "" : ` ${textOf(line, data, span.now)} now,`;
      return `${line.label}${now} ${textOf(line, data, span.low)} to ${textOf(line, data, span.high)}`;
    })
    .join("; ");
}

/** Names of the lines with their values where the cursor stands, or the newest ones. */
function Legend(props: { data: PlotData; told: readonly PlotLine[] }) {
  const { data, told } = props;
  const { scope, time } = data;
  const cursor = scope.cursor.value;
  const row = cursor === null ? lastShown(time, scope.to) : nearest(time, cursor);
  const moment = time[row];
  const mark = cursor === null ? undefined : markNear(scope, cursor);
  return (
    <div class="legend">
      {told.map((line) => (
        <span key={line.label}>
          <Stroke
            color={line.color}
            width={line.isStacked ? 8 : (line.width ?? 1.5) + 0.5}
            dash={line.dash}
          />
          {line.label} <b>{textOf(line, data, row < 0 ? null : line.values[row])}</b>
        </span>
      ))}
      {cursor !== null && moment !== undefined && (
        <span class="moment">
          {momentText(scope, moment)}
          {mark && ` · ${mark}`}
        </span>
      )}
    </div>
  );
}

/** The newest row of the stretch that is shown. */
function lastShown(time: readonly number[], to: number): number {
  const row = nearest(time, to);
  return (time[row] ?? 0) > to ? row - 1 : row;
}

/** What happened about where the cursor stands. */
export function markNear(scope: Scope, cursor: number): string | undefined {
  const reach = (scope.to - scope.from) / 80;
  return scope.marks.find((mark) => Math.abs(mark.time - scope.start - cursor) < reach)?.text;
}

/** Row whose moment is the nearest; -1 without rows. */
export function nearest(time: readonly number[], moment: number): number {
  let low = 0;
  let high = time.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((time[middle] as number) < moment) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const before = time[low - 1];
  const here = time[low];
  return before !== undefined && here !== undefined && moment - before < here - moment
    ? low - 1
    : low;
}

function Drawing(props: { data: PlotData; title: string; summary: string; empty: string | null }) {
  const { data } = props;
  const into = useRef<HTMLDivElement>(null);
  const made = useRef<{ plot: Plot; structure: string } | null>(null);
  const seen = useSeen(into);
  const version = useComputed(() => themeVersion.value).value;
  const drawNow = () => {
    const { clientWidth: width = 0, clientHeight: height = 0 } = into.current ?? {};
    if (!into.current || width === 0) {
      return;
    }
    const wanted = `${structure(data)}|${themeVersion.peek()}`;
    if (made.current !== null && made.current.structure === wanted) {
      made.current.plot.resize(width, height);
      made.current.plot.update(data);
      return;
    }
    made.current?.plot.destroy();
    made.current = { plot: plot(into.current, data, width, height), structure: wanted };
  };
  useEffect(() => {
    if (seen?.isSeen && seen.width > 0) {
      draw(into, drawNow);
    }
  }, [data, seen, version]);
  usePaper(drawNow);
  useEffect(
    () => () => {
      drop(into);
      made.current?.plot.destroy();
    },
    [],
  );
  const keys = useChartKeys(data);
  return (
    <div class="plot-frame">
      <div
        ref={into}
        class="plot"
        tabIndex={0}
        role="img"
        aria-label={props.title}
        aria-describedby={props.summary}
        {...keys}
      />
      {props.empty !== null && <p class="plot-empty">{props.empty}</p>}
    </div>
  );
}

/** Arrows move the cursor, with Shift they select, Enter shows the selection, Escape all. */
export function useChartKeys(data: Pick<PlotData, "scope" | "time">) {
  const anchor = useRef<number | null>(null);
  return {
    onKeyDown(event: KeyboardEvent) {
      const { scope, time } = data;
      const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
      if (step !== 0 && time.length > 0) {
        event.preventDefault();
        const from = scope.cursor.value ?? (step > 0 ? scope.from : scope.to);
        const fast = event.ctrlKey ? 10 : 1;
        const row = Math.min(time.length - 1, Math.max(0, nearest(time, from) + step * fast));
        anchor.current = event.shiftKey ? (anchor.current ?? from) : null;
        scope.cursor.value = time[row] ?? null;
      } else if (event.key === "Enter" && anchor.current !== null && scope.cursor.value !== null) {
        const ends = [anchor.current, scope.cursor.value].sort((a, b) => a - b) as [number, number];
        anchor.current = null;
        scope.onZoom({ from: ends[0], to: ends[1] });
      } else if (event.key === "Escape") {
        anchor.current = null;
        scope.cursor.value = null;
        scope.onZoom(null);
      }
    },
  };
}

/** The newest values of the stretch that is shown. */
function LineTable(props: { title: string; data: PlotData; told: readonly PlotLine[] }) {
  const { data, told } = props;
  const rows = data.time
    .map((moment, row) => ({ moment, row }))
    .filter(({ moment }) => moment >= data.scope.from && moment <= data.scope.to)
    .slice(-TABLE_ROWS)
    .reverse();
  return (
    <ChartTable
      label={`${props.title}, as a table`}
      caption={`${props.title}: the newest values first`}
      head={["Time", ...told.map((line) => line.label)]}
      rows={rows.map(({ moment, row }) => [
        momentText(data.scope, moment),
        ...told.map((line) => textOf(line, data, line.values[row])),
      ])}
    />
  );
}
