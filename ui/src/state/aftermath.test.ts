import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { aftermath, forgetAftermath, sayBack, sayRestarted } from "./aftermath.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  forgetAftermath();
  vi.useRealTimers();
});

test("that the server is back is said for a while", () => {
  sayBack(14);
  expect(aftermath.value?.text).toContain("14 s were missing");
  vi.advanceTimersByTime(60_000);
  expect(aftermath.value).toBeNull();
});

test("that a run was cut off stays, whatever was said before and is said after", () => {
  sayBack(14);
  sayRestarted(1000, { run: 42, last: 940, isSaved: true });
  vi.advanceTimersByTime(60_000);
  sayBack(3);
  vi.advanceTimersByTime(60_000);
  expect(aftermath.value).toMatchObject({ cut: 42 });
  expect(aftermath.value?.text).toContain("Run 42 was cut off");
});
