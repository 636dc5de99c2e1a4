// How busy workers were over time: in the page, in the panel of one and in the report.

import { LineChart } from "../chart/line-chart.tsx";
import type { PlotLine } from "../chart/plot.ts";
import type { Scope } from "../chart/scope.ts";
import { formatMs, formatNumber } from "../format.ts";
import type { WorkersCourse } from "../model.ts";
import { stepText } from "../timeline.ts";

interface Shown {
  readonly scope: Scope;
  /** What is said while there is nothing to draw. */
  readonly empty: string;
}

/** CPU and lag of all workers. */
export function CrewChart(props: Shown & { course: WorkersCourse }) {
  const { course, ...shown } = props;
  return (
    <BusyChart
      {...shown}
      title="CPU of all workers"
      step={course.step_seconds}
      time={course.time}
      cpu={[
        { label: "CPU, median", color: "rps", values: course.cpu_median_percent, width: 2 },
        { label: "CPU, busiest", color: "p99", values: course.cpu_max_percent, width: 1.5 },
      ]}
      lag={course.lag_max_ms}
    />
  );
}

/** CPU, and lag on an axis of its own where it is told. */
export function BusyChart(
  props: Shown & {
    title: string;
    /** Seconds that each point stands for. */
    step: number;
    /** When each of them ends, in seconds since 1970. */
    time: readonly number[];
    cpu: readonly PlotLine[];
    lag: PlotLine["values"];
  },
) {
  const { scope } = props;
  const hasLag = props.lag.some((value) => value !== null);
  const lag: PlotLine = {
    label: "lag",
    color: "users",
    values: props.lag,
    dash: [5, 4],
    isRight: true,
  };
  return (
    <LineChart
      title={hasLag ? `${props.title} and lag` : props.title}
      note={stepText(props.step)}
      empty={props.empty}
      data={{
        scope,
        time: props.time.map((moment) => moment - scope.start),
        lines: hasLag ? [...props.cpu, lag] : props.cpu,
        isLog: false,
        format: (value) => `${formatNumber(value)} %`,
        formatRight: formatMs,
      }}
    />
  );
}
