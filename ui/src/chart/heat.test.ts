import { expect, test } from "vitest";
import type { Heat } from "../heat.ts";
import { beginOf, shownCounts } from "./heat.ts";

const DATA: Heat = {
  step: 5,
  edges: [1, 10],
  columns: [
    { time: 105, counts: [1, 10], failures: 0 },
    { time: 110, counts: [2, 20], failures: 0 },
    { time: 130, counts: [4, 40], failures: 0 },
  ],
};

test("the sums of a heat map are those of the stretch that is shown", () => {
  expect(shownCounts(DATA, { start: 100, from: 0, to: 60 })).toEqual([7, 70]);
  expect(shownCounts(DATA, { start: 100, from: 5, to: 12 })).toEqual([2, 20]);
  expect(shownCounts(DATA, { start: 100, from: 12, to: 20 })).toEqual([0, 0]);
});

test("a column after a gap begins a step before its end, and not where the gap does", () => {
  expect([0, 1, 2].map((at) => beginOf(DATA, at))).toEqual([100, 105, 125]);
});
