// How busy workers are over time: all of them together, and one.

import { useEffect, useState } from "preact/hooks";
import { LineChart } from "../chart/line-chart.tsx";
import type { PlotLine } from "../chart/plot.ts";
import { formatMs, formatNumber } from "../format.ts";
import type { WorkerDetail, WorkersCourse } from "../model.ts";
import { isDone } from "../state/commands.ts";
import { getWorkersCourse } from "../state/orders.ts";
import { isLasting, marks, state, viewedRun } from "../state/run.ts";
import { emptyTimeline } from "../timeline.ts";
import { scopeOf } from "./scope.ts";

/** How often what no tick brings is asked for again while a run lasts. */
const AGAIN_MS = 5000;

type Answer<Value> = Parameters<typeof isDone<Value>>[0];

/** What an answer of the server says of the run, asked for again as long as the run lasts. */
export function useAgain<Value>(
  ask: (run: number) => Promise<Answer<Value>>,
  of: number | string,
): Value | null {
  const [value, setValue] = useState<Value | null>(null);
  const run = viewedRun.value;
  const lasts = isLasting.value;
  useEffect(() => setValue(null), [run, of]);
  useEffect(() => {
    let isWanted = true;
    const load = () => {
      if (run !== null) {
        void ask(run).then((answer) => {
          if (isWanted && isDone(answer)) {
            setValue(answer.value);
          }
        });
      }
    };
    load();
    const timer = lasts ? setInterval(load, AGAIN_MS) : undefined;
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [run, of, lasts]);
  return value;
}

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
