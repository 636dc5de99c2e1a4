// How busy workers are over time: all of them together, and one.

import { LineChart } from "../chart/line-chart.tsx";
import type { PlotLine } from "../chart/plot.ts";
import { formatMs, formatNumber } from "../format.ts";
import type { WorkerDetail, WorkersCourse } from "../model.ts";
import { getWorkersCourse } from "../state/orders.ts";
import { isLasting, marks, state } from "../state/run.ts";
import { emptyTimeline } from "../timeline.ts";
import { useAgain } from "./again.ts";
import { scopeOf } from "./scope.ts";

/** CPU and lag of all workers. */
export function WorkersChart() {
  const course = useAgain<WorkersCourse>(getWorkersCourse, "all");
  if (course === null) {
    return <p class="waiting">Loading…</p>;
  }
  return (
    <BusyChart
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

/** CPU and lag of one. */
export function WorkerChart(props: { detail: WorkerDetail }) {
  const { detail } = props;
  return (
    <BusyChart
      title="CPU"
      step={detail.step_seconds}
      time={detail.time}
      cpu={[{ label: "CPU", color: "rps", values: detail.cpu_percent, width: 2 }]}
      lag={detail.lag_ms}
    />
  );
}

function BusyChart(props: {
  title: string;
  step: number;
  time: readonly number[];
  cpu: readonly PlotLine[];
  lag: PlotLine["values"];
}) {
  const start = state.value?.started_at ?? props.time[0] ?? 0;
  const timeline = { ...emptyTimeline(), time: [...props.time] };
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
      note={`${props.step} s`}
      empty={
        isLasting.value ? "Drawn when its first seconds are complete." : "Nothing was measured."
      }
      data={{
        scope: scopeOf(start, timeline, marks.value.values()),
        time: props.time.map((moment) => moment - start),
        lines: hasLag ? [...props.cpu, lag] : props.cpu,
        isLog: false,
        format: (value) => `${formatNumber(value)} %`,
        formatRight: formatMs,
      }}
    />
  );
}
