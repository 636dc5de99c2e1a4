// How busy workers are over time: all of them together, and one.

import type { WorkerDetail, WorkersCourse } from "../model.ts";
import { BusyChart, CrewChart } from "../parts/busy-chart.tsx";
import { getWorkersCourse } from "../state/orders.ts";
import { isLasting, marks, state } from "../state/run.ts";
import { emptyTimeline } from "../timeline.ts";
import { useAgain } from "./again.ts";
import { scopeOf } from "./scope.ts";

/** CPU and lag of all workers. */
export function WorkersChart() {
  const course = useAgain<WorkersCourse>(getWorkersCourse, "all");
  return course ? (
    <CrewChart course={course} {...shownOf(course.time)} />
  ) : (
    <p class="waiting">Loading…</p>
  );
}

/** CPU and lag of one. */
export function WorkerChart(props: { detail: WorkerDetail }) {
  const { detail } = props;
  return (
    <BusyChart
      {...shownOf(detail.time)}
      title="CPU"
      step={detail.step_seconds}
      time={detail.time}
      cpu={[{ label: "CPU", color: "rps", values: detail.cpu_percent, width: 2 }]}
      lag={detail.lag_ms}
    />
  );
}

/** The stretch that is shown of points at these moments, and what is said without any. */
function shownOf(time: readonly number[]) {
  const start = state.value?.started_at ?? time[0] ?? 0;
  const timeline = { ...emptyTimeline(), time: [...time] };
  return {
    scope: scopeOf(start, timeline, marks.value.values()),
    empty: isLasting.value ? "Drawn when its first seconds are complete." : "Nothing was measured.",
  };
}
