import { expect, test } from "vitest";
import { durationText, parseDuration } from "./duration.ts";

test("a typed length is read in all its spellings", () => {
  expect(["90", "90s", "20m", "1h 30m", "1h30m10s", "1.5h"].map(parseDuration)).toEqual([
    90, 90, 1200, 5400, 5410, 5400,
  ]);
});

test("an empty length is none, and nonsense is told apart from it", () => {
  expect(parseDuration(" ")).toBeNull();
  expect(["abc", "-5", "5x", "0", "m"].map(parseDuration)).toEqual(Array(5).fill(undefined));
});

test("a length survives being typed again", () => {
  for (const seconds of [5, 60, 90, 3600, 5410]) {
    expect(parseDuration(durationText(seconds))).toBe(seconds);
  }
  expect(durationText(null)).toBe("");
});
