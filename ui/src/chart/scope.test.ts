import { signal } from "@preact/signals";
import { expect, test } from "vitest";
import { linearTop, logRange, logSplits, type Scope, timeSplits } from "./scope.ts";

function scope(changes: Partial<Scope> = {}): Scope {
  const cursor = signal<number | null>(null);
  return { start: 0, from: 0, to: 60, isClock: false, cursor, marks: [], onZoom() {}, ...changes };
}

test("a time axis has round moments", () => {
  expect(timeSplits(scope(), 0, 60, 6)).toEqual([0, 10, 20, 30, 40, 50, 60]);
  expect(timeSplits(scope(), 3, 47, 5)).toEqual([10, 20, 30, 40]);
});

test("on the clock, moments are round there", () => {
  const start = 1_700_000_007;
  const [first = 0] = timeSplits(scope({ start, isClock: true }), 0, 60, 6);
  expect((start + first) % 10).toBe(0);
});

test("a logarithmic axis has 1, 2 and 5 or, over many decades, powers of ten", () => {
  expect(logSplits(10, 100)).toEqual([10, 20, 50, 100]);
  expect(logSplits(1, 100_000)).toEqual([1, 10, 100, 1000, 10_000, 100_000]);
});

test("a logarithmic axis holds all values and is never empty", () => {
  expect(logRange(12, 160)).toEqual([10, 200]);
  expect(logRange(20, 20)).toEqual([10, 40]);
  const [low, high] = logRange(0.3, 0.31);
  expect(low).toBeLessThanOrEqual(0.3);
  expect(high).toBeGreaterThanOrEqual(0.31);
});

test("a linear axis ends a little above the highest value", () => {
  expect([0, 96, 2013, 4.9].map(linearTop)).toEqual([1, 100, 2500, 6]);
});
