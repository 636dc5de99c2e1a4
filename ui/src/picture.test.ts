import { describe, expect, test } from "vitest";
import { MAX_COLUMNS } from "./heat.ts";
import type { LogLine, Snapshot, Tick } from "./model.ts";
import { addAlert, addLog, addMark, addTick, fromSnapshot, MAX_LINES, NOTHING } from "./picture.ts";

const STATE = {
  phase: "running",
  run: 42,
  name: "checkout-peak",
  host: null,
  started_at: 0,
  ends_at: null,
  end: null,
  users: { running: 1, target: 1, peak: 1, by_class: [] },
  load: null,
  workers: null,
  stopping_seconds: null,
  still_running: [],
  cannot_start: null,
  test_error: null,
  notices: [],
} as const;

function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    seq: 10,
    now: 10,
    run: 42,
    state: { ...STATE, users: { ...STATE.users, by_class: [] }, still_running: [], notices: [] },
    overview: null,
    series: null,
    heat: {
      step_seconds: 5,
      edges_ms: [1, 10],
      columns: [{ time: 5, counts: [1, 2], failures: 0 }],
    },
    marks: [],
    alerts: [],
    names: [{ index: 1, method: "GET", name: "/a" }],
    entries: null,
    worker_names: null,
    workers: null,
    failures: null,
    exceptions: null,
    log: null,
    ...changes,
  };
}

function tick(seq: number, changes: Partial<Tick> = {}): Tick {
  return {
    seq,
    now: seq,
    overview: null,
    series: null,
    heat: [],
    names: [],
    entries: null,
    worker_names: [],
    workers: null,
    failures: [],
    exceptions: [],
    failure_rates: [],
    ...changes,
  };
}

function line(seq: number): LogLine {
  return { seq, time: seq, source: "master", level: "info", logger: "", text: String(seq) };
}

describe("a tick", () => {
  test("that was there before changes nothing", () => {
    const picture = fromSnapshot(snapshot());
    expect(addTick(picture, tick(10))).toBe(picture);
  });

  test("leaves the same objects where it says nothing", () => {
    const picture = fromSnapshot(snapshot());
    const after = addTick(picture, tick(11));
    expect(after.heat).toBe(picture.heat);
    expect(after.names).toBe(picture.names);
    expect(after.timeline).toBe(picture.timeline);
    expect(after.seq).toBe(11);
  });

  test("adds columns of the heat map once", () => {
    const column = { time: 10, counts: [3, 4], failures: 1 };
    const once = addTick(fromSnapshot(snapshot()), tick(11, { heat: [column] }));
    const twice = addTick(once, tick(12, { heat: [column] }));
    expect(twice.heat?.columns.map((one) => one.time)).toEqual([5, 10]);
  });
});

test("what was not sent is unknown and not empty", () => {
  const picture = fromSnapshot(snapshot());
  expect([picture.entries, picture.workers, picture.failures, picture.log]).toEqual(
    Array(4).fill(null),
  );
});

test("lines of the log come once, and the oldest go", () => {
  const first = addLog(NOTHING, [line(1), line(2)]);
  expect(addLog(first, [line(2), line(3)]).log?.map((one) => one.seq)).toEqual([1, 2, 3]);
  const many = Array.from({ length: MAX_LINES + 5 }, (_, at) => line(at));
  expect(addLog(NOTHING, many).log).toHaveLength(MAX_LINES);
});

test("an alert that is over is taken away", () => {
  const alert = { id: 1, since: 0, kind: "workers_lost", text: "lost", is_over: false } as const;
  const shown = addAlert(NOTHING, alert);
  expect([...shown.alerts.keys()]).toEqual([1]);
  expect(addAlert(shown, { ...alert, is_over: true }).alerts.size).toBe(0);
});

test("a mark with a known id takes the place of the earlier one", () => {
  const mark = { id: 1, time: 0, kind: "note", text: "a", by: null } as const;
  const marks = addMark(addMark(NOTHING, mark), { ...mark, text: "b" }).marks;
  expect([...marks.values()].map((one) => one.text)).toEqual(["b"]);
});

test("a picture that has lasted for an hour grows no further, and has its beginning", () => {
  const times = Array.from({ length: 3600 }, (_, at) => at + 1);
  const lines = (time: number[]) => ({
    step_seconds: 1,
    time,
    users: time,
    target_users: time,
    rps: time,
    failures_per_second: time,
    p50_ms: time,
    p95_ms: time,
    p99_ms: time,
    failures_by_kind: [],
  });
  let picture = fromSnapshot(
    snapshot({
      seq: 3600,
      series: lines(times),
      heat: {
        step_seconds: 1,
        edges_ms: [1],
        columns: times.map((time) => ({ time, counts: [1], failures: 0 })),
      },
      log: times.slice(-MAX_LINES).map((time) => line(time)),
    }),
  );
  const size = () => [
    picture.timeline.time.length,
    picture.timeline.lines.rps.length,
    picture.heat?.columns.length,
    picture.log?.length,
  ];
  for (let time = 3601; time <= 3700; time += 1) {
    const heat = [{ time, counts: [1], failures: 0 }];
    picture = addTick(picture, tick(time, { series: lines([time]), heat }));
    picture = addLog(picture, [line(time)]);
  }
  for (const [at, most] of [3600, 3600, MAX_COLUMNS, MAX_LINES].entries()) {
    expect(size()[at]).toBeLessThanOrEqual(most);
  }
  expect(picture.heat?.columns.reduce((sum, { counts }) => sum + (counts[0] ?? 0), 0)).toBe(3700);
  expect(picture.timeline.time[0]).toBeLessThanOrEqual(picture.timeline.step);
  expect(picture.timeline.time.at(-1)).toBe(3700);
});
