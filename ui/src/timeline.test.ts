import { describe, expect, test } from "vitest";
import type { Series } from "./model.ts";
import {
  append,
  cut,
  emptyTimeline,
  extent,
  fromSeries,
  MAX_POINTS,
  stack,
  stepText,
  thin,
} from "./timeline.ts";

function series(time: number[], rps: (number | null)[] = time, step = 1): Series {
  const gaps = time.map(() => null);
  return {
    step_seconds: step,
    time,
    users: gaps,
    target_users: gaps,
    rps,
    failures_per_second: rps.map((value) => (value === null ? null : 0)),
    p50_ms: gaps,
    p95_ms: gaps,
    p99_ms: gaps,
    failures_by_kind: [],
  };
}

describe("adding", () => {
  test("a repeated point is ignored", () => {
    const timeline = append(fromSeries(series([1, 2])), series([2, 3], [99, 30]), []);
    expect(timeline.time).toEqual([1, 2, 3]);
    expect(timeline.lines.rps).toEqual([1, 2, 30]);
  });

  test("a stretch without points becomes a gap", () => {
    const timeline = append(fromSeries(series([1, 2])), series([30]), []);
    expect(timeline.time).toEqual([1, 2, 3, 30]);
    expect(timeline.lines.rps).toEqual([1, 2, null, 30]);
  });

  test("a point that is late leaves no gap", () => {
    const timeline = append(fromSeries(series([1, 2])), series([3.9]), []);
    expect(timeline.time).toEqual([1, 2, 3.9]);
  });

  test("points of a coarser step are not taken for gaps", () => {
    const timeline = append(fromSeries(series([10, 20], undefined, 10)), series([30]), []);
    expect(timeline.time).toEqual([10, 20, 30]);
  });

  test("a long run keeps its beginning, its spike and its sum", () => {
    const time = Array.from({ length: MAX_POINTS }, (_, at) => at + 1);
    const known = series(
      time,
      time.map((at) => (at % 2 === 0 ? 30 : 10)),
    );
    const p99_ms = time.map((at) => (at === 777 ? 9000 : 5));
    const timeline = append(fromSeries({ ...known, p99_ms }), series([MAX_POINTS + 1], [20]), []);
    expect(timeline.step).toBe(2);
    expect(timeline.time).toHaveLength(MAX_POINTS / 2 + 1);
    expect([timeline.time[0], timeline.time.at(-1)]).toEqual([2, MAX_POINTS + 1]);
    expect(new Set(timeline.lines.rps)).toEqual(new Set([20]));
    expect(timeline.lines.p99_ms).toContain(9000);
  });

  test("a day of seconds is bounded, whole and evenly long", () => {
    let timeline = emptyTimeline();
    for (let from = 0; from < 86_400; from += 300) {
      const time = Array.from({ length: 300 }, (_, at) => from + at + 1);
      timeline = append(
        timeline,
        series(
          time,
          time.map(() => 7),
        ),
        [],
      );
      expect(timeline.time.length).toBeLessThanOrEqual(MAX_POINTS);
    }
    expect(timeline.time[0]).toBeLessThanOrEqual(timeline.step);
    expect(timeline.time.at(-1)).toBe(86_400);
    const steps = timeline.time.map((moment, at) => moment - (timeline.time[at - 1] ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(timeline.step);
    expect(timeline.lines.rps).not.toContain(null);
  });

  test("joining closes no gap", () => {
    const time = Array.from({ length: MAX_POINTS + 1 }, (_, at) => (at < 1001 ? at + 1 : at + 31));
    const { lines, time: joined } = fromSeries(series(time));
    const gap = lines.rps.indexOf(null);
    expect(joined.slice(gap - 1, gap + 2)).toEqual([1001, 1002, 1032]);
    expect(lines.rps.filter((value) => value === null)).toHaveLength(1);
  });

  test("a kind of failures that comes up late was zero where failures were counted", () => {
    const known = fromSeries(series([1, 2], [5, null]));
    const timeline = append(known, series([3]), [{ kind: "timeout", per_second: 4 }]);
    expect(timeline.kinds.get("timeout")).toEqual([0, null, 4]);
    const later = append(timeline, series([4]), []);
    expect(later.kinds.get("timeout")).toEqual([0, null, 4, 0]);
  });

  test("what was given is not changed", () => {
    const before = emptyTimeline();
    append(before, series([1]), []);
    expect(before.time).toEqual([]);
  });
});

describe("thinning", () => {
  const time = Array.from({ length: 3000 }, (_, at) => at);

  test("keeps a single spike and a single dip", () => {
    const column = time.map((at) => (at === 1234 ? 900 : at === 1240 ? 1 : 50));
    const drawn = thin(time, [column], 300);
    expect(drawn.time.length).toBeLessThanOrEqual(300);
    expect(Math.max(...(drawn.columns[0] ?? []).filter((value) => value != null))).toBe(900);
    expect(Math.min(...(drawn.columns[0] ?? []).filter((value) => value != null))).toBe(1);
  });

  test("keeps a gap of one point", () => {
    const column = time.map((at) => (at === 1500 ? null : 50));
    expect(thin(time, [column], 300).columns[0]).toContain(null);
  });

  test("draws no gap where there is none", () => {
    expect(thin(time, [time.map(() => 50)], 300).columns[0]).not.toContain(null);
  });

  test("time rises", () => {
    const drawn = thin(time, [time], 299).time;
    expect(drawn.every((moment, at) => at === 0 || moment >= (drawn[at - 1] as number))).toBe(true);
  });

  test("few points stay as they are", () => {
    expect(thin([1, 2], [[3, null]], 300)).toEqual({ time: [1, 2], columns: [[3, null]] });
  });
});

test("a cut has both ends in it", () => {
  expect(cut(fromSeries(series([1, 2, 3, 4])), 2, 3).time).toEqual([2, 3]);
  expect(cut(fromSeries(series([1, 2])), 5, 9).time).toEqual([]);
});

test("stacked columns are sums, and a gap stays one", () => {
  expect(
    stack([
      [1, null],
      [2, null],
    ]),
  ).toEqual([
    [1, null],
    [3, null],
  ]);
});

test("an extent says nothing of gaps", () => {
  expect(extent([null, 3, 1, null])).toEqual({ now: null, low: 1, high: 3 });
  expect(extent([null, null])).toBeNull();
});

test("a step is printed in seconds or minutes", () => {
  expect([1, 10, 60, 3.6].map(stepText)).toEqual(["1 s", "10 s", "1 min", "3.6 s"]);
});
