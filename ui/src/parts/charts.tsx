// The four charts of a run or of one endpoint: the same in the page, in its panel and in the report.

import { useMemo } from "preact/hooks";
import { HeatMapChart } from "../chart/heat-map.tsx";
import { LineChart } from "../chart/line-chart.tsx";
import type { PlotLine } from "../chart/plot.ts";
import type { Scope } from "../chart/scope.ts";
import { formatCount, formatMs, formatNumber } from "../format.ts";
import type { Heat } from "../heat.ts";
import { KIND_NAMES } from "../names.ts";
import { stack, stepText, type Timeline } from "../timeline.ts";

const KIND_COLORS = ["kind-1", "kind-2", "kind-3", "kind-4", "kind-5"] as const;

/** What the charts are drawn from. */
export interface RunCharts {
  readonly timeline: Timeline;
  readonly scope: Scope;
  readonly isLog: boolean;
  readonly onLog: () => void;
  readonly isStale: boolean;
  /** What is said while there is nothing to draw. */
  readonly empty: string;
}

/** All four; the heat map only where there is one. */
export function Charts(props: RunCharts & { heat: Heat | null | undefined }) {
  const { timeline, scope } = props;
  const shared = { ...props, time: useElapsed(timeline, scope.start) };
  return (
    <div class="charts">
      <TrafficChart {...shared} />
      <LatencyChart {...shared} />
      <FailureChart {...shared} />
      {props.heat !== undefined && (
        <HeatMapChart data={props.heat} scope={scope} isStale={props.isStale} empty={props.empty} />
      )}
    </div>
  );
}

type Shared = RunCharts & { time: number[] };

/** Moments since the start, as charts take them. */
function useElapsed(timeline: Timeline, start: number): number[] {
  return useMemo(() => timeline.time.map((moment) => moment - start), [timeline, start]);
}

function TrafficChart(props: Shared) {
  const { lines, step } = props.timeline;
  const shown: PlotLine[] = [
    { label: "requests/s", color: "rps", values: lines.rps, width: 2 },
    {
      label: "users",
      color: "users",
      values: lines.users,
      dash: [5, 4],
      isStepped: true,
      isRight: true,
    },
  ];
  return (
    <LineChart
      title="Throughput and users"
      note={stepText(step)}
      empty={props.empty}
      isStale={props.isStale}
      data={{
        scope: props.scope,
        time: props.time,
        lines: shown,
        isLog: false,
        format: formatNumber,
        formatRight: formatCount,
      }}
    />
  );
}

function LatencyChart(props: Shared) {
  const { lines, step } = props.timeline;
  const shown: PlotLine[] = [
    { label: "p50", color: "p50", values: lines.p50_ms },
    { label: "p95", color: "p95", values: lines.p95_ms, width: 2 },
    { label: "p99", color: "p99", values: lines.p99_ms, dash: [4, 3] },
  ];
  return (
    <LineChart
      title="Response time"
      note={
        <>
          {stepText(step)}
          {" · "}
          <button type="button" class="text-button" onClick={props.onLog}>
            {props.isLog ? "log axis" : "linear axis"}
          </button>
        </>
      }
      empty={props.empty}
      isStale={props.isStale}
      data={{
        scope: props.scope,
        time: props.time,
        lines: shown,
        isLog: props.isLog,
        format: formatMs,
      }}
    />
  );
}

/** Failures a second, stacked by kind where kinds are known. */
export function FailureChart(props: Shared) {
  const { lines, step, kinds } = props.timeline;
  const hasKinds = kinds.size > 0;
  const { drawn, told } = useMemo(() => {
    const named = [...kinds].map(([kind, values]) => ({
      label: KIND_NAMES[kind as keyof typeof KIND_NAMES] ?? kind,
      values,
    }));
    const sums = stack(named.map((one) => one.values));
    const tell: PlotLine[] = named.map((one, at) => ({
      ...one,
      color: KIND_COLORS[Math.min(at, 4)] as (typeof KIND_COLORS)[number],
      isStacked: true,
    }));
    const zero = lines.failures_per_second.map((value) => (value == null ? null : 0));
    // The first line is the floor on which the others lie.
    const draw: PlotLine[] = [
      { label: "floor", color: "grid", values: zero, width: 0, isStacked: true },
      ...tell.map((line, at) => ({ ...line, values: sums[at] ?? [], width: 1 })),
    ];
    return { drawn: draw, told: tell };
  }, [kinds, lines]);
  const single: PlotLine[] = [
    { label: "failures/s", color: "failed", values: lines.failures_per_second, width: 2 },
  ];
  return (
    <LineChart
      title={hasKinds ? "Failures/s by type" : "Failures/s"}
      note={stepText(step)}
      empty={props.empty}
      isStale={props.isStale}
      told={hasKinds ? told : single}
      data={{
        scope: props.scope,
        time: props.time,
        lines: hasKinds ? drawn : single,
        isLog: false,
        format: formatNumber,
      }}
    />
  );
}

/** The chart of failures alone, for the page of failures. */
export function FailuresOverTime(props: RunCharts) {
  return <FailureChart {...props} time={useElapsed(props.timeline, props.scope.start)} />;
}
