import { expect, test } from "vitest";
import type { EntryColumns, WorkerColumns } from "./model.ts";
import { byTrouble, mergeById, mergeEntries, mergeWorkers, slowdown, spread } from "./rows.ts";

const NAMES = new Map([[1, { index: 1, method: "GET", name: "/a" }]]);

function entries(requests: number[], failures: number[]): EntryColumns {
  const unknown = requests.map(() => null);
  return {
    index: requests.map((_, at) => at + 1),
    requests,
    failures,
    rps: unknown,
    failures_per_second: unknown,
    p50_ms: unknown,
    p95_ms: unknown,
    p95_change: unknown,
    p99_ms: unknown,
    max_ms: unknown,
    avg_ms: unknown,
    avg_bytes: unknown,
  };
}

test("rows that did not change stay the same objects", () => {
  const before = mergeEntries(new Map(), NAMES, entries([10, 20], [0, 1]));
  const after = mergeEntries(before, NAMES, entries([11], [0]));
  expect(after.get(2)).toBe(before.get(2));
  expect(after.get(1)).toMatchObject({ name: "/a", requests: 11, failedRatio: 0 });
});

test("a row without requests has no ratio", () => {
  const rows = mergeEntries(new Map(), NAMES, entries([0], [0]));
  expect(rows.get(1)?.failedRatio).toBeNull();
});

test("a lost worker has no CPU figure, whatever was sent", () => {
  const columns: WorkerColumns = {
    index: [0],
    state: ["missing"],
    users: [25],
    cpu_percent: [97],
    cpu_peak_percent: [99],
    memory_bytes: [1],
    lag_ms: [1],
    network_errors: [4],
    clock_offset_ms: [1],
    last_seen: [5],
  };
  const row = mergeWorkers(new Map(), new Map(), columns).get(0);
  expect(row).toMatchObject({ cpu: null, memory: null, lag: null, cpuPeak: 99, lastSeen: 5 });
});

test("trouble is failures first, then what slows down, then slowness; no total", () => {
  const rows = mergeEntries(new Map(), NAMES, entries([9, 9, 9], [0, 5, 1])).values();
  expect(byTrouble(rows).map((row) => row.index)).toEqual([2, 3, 1]);
  const quiet = { ...entries([9, 9, 9, 9], [0, 0, 0, 0]), p95_ms: [30, 900, 20, 10] };
  const slowed = { ...quiet, p95_change: [0.3, 0.1, null, 2] };
  const order = byTrouble(mergeEntries(new Map(), NAMES, slowed).values());
  expect(order.map((row) => [row.index, slowdown(row)])).toEqual([
    [4, 2],
    [1, 0.3],
    [2, null],
    [3, null],
  ]);
});

test("a later state of an item takes its place", () => {
  const first = mergeById(new Map(), [{ id: 1, count: 1 }]);
  expect([...mergeById(first, [{ id: 1, count: 2 }]).values()]).toEqual([{ id: 1, count: 2 }]);
});

test("a spread is of what is known", () => {
  expect(spread([3, null, 1, 2])).toEqual({ least: 1, median: 2, most: 3 });
  expect(spread([4, 1])).toEqual({ least: 1, median: 2.5, most: 4 });
  expect(spread([null])).toBeNull();
});
