import { describe, expect, test } from "vitest";
import {
  foldErrors,
  folderOf,
  foldFailures,
  foldLines,
  joinCourses,
  splitTraceback,
} from "./fold.ts";
import type { ExceptionGroup, FailureGroup, LogLine } from "./model.ts";

function line(seq: number, text: string, level: LogLine["level"] = "error"): LogLine {
  return { seq, time: seq, source: `w${seq}`, level, logger: "", text };
}

describe("folding", () => {
  test("lines that differ in numbers only are one with a count", () => {
    const folded = foldLines([line(1, "user 7 failed"), line(2, "user 8 failed")]);
    expect(folded).toEqual([{ line: line(2, "user 8 failed"), count: 2, since: 1 }]);
  });

  test("other lines and other levels stay apart", () => {
    expect(foldLines([line(1, "a"), line(2, "b"), line(3, "a", "info")])).toHaveLength(3);
  });

  test("lines far apart are not folded", () => {
    const between = Array.from({ length: 60 }, (_, at) => line(at + 2, "x".repeat(at + 1)));
    expect(foldLines([line(1, "a 1"), ...between, line(99, "a 2")])).toHaveLength(62);
  });
});

test("a folder is the first part of a path", () => {
  expect(
    ["/item/[id]?a=1", "https://a.example/item/3", "/", "login", "/item"].map(folderOf),
  ).toEqual(["/item", "/item", "/", "other", "/item"]);
});

test("a traceback is told apart into own frames and those of libraries", () => {
  const parts = splitTraceback(
    [
      "Traceback (most recent call last):",
      '  File "/usr/lib/python3.11/site-packages/a.py", line 1, in run',
      "    task()",
      '  File "/home/locustfile.py", line 23, in boom',
      "    raise KeyError",
      "KeyError: 'total'",
      "",
    ].join("\n"),
  );
  expect(parts.map((part) => part.isOwn)).toEqual([true, false, true]);
  expect(parts[2]?.text).toContain("KeyError: 'total'");
});

describe("failures", () => {
  function failure(id: number, message: string, rest: Partial<FailureGroup> = {}): FailureGroup {
    const plain = { method: "GET", name: "/", error_type: "E", kind: "other" as const };
    const seen = { occurrences: 2, first_seen: 10 - id, last_seen: 10 + id, worker_count: id };
    return { id, message, ...plain, ...seen, ...rest };
  }

  test("whose messages differ in numbers and ids are one", () => {
    const folded = foldFailures([
      failure(0, "order 7 of 1a2b3c4d-0000-1111-2222-333344445555 is gone"),
      failure(3, "order 19 of 9f8e7d6c-0000-1111-2222-333344445555 is gone"),
      failure(4, "order 19 of 9f8e7d6c-0000-1111-2222-333344445555 is gone", { name: "/cart" }),
      failure(5, "order is gone"),
    ]);
    expect(folded.map((row) => row.ids)).toEqual([[0, 3], [4], [5]]);
    expect(folded[0]).toMatchObject({ id: 0, occurrences: 4, first_seen: 7, last_seen: 13 });
    expect(folded[0]?.worker_count).toBe(3);
  });

  test("that are one have the course of all of them", () => {
    const courses = new Map([
      [0, { id: 0, per_second: [1, 0], workers: ["a"] }],
      [3, { id: 3, per_second: [2, 5], workers: ["b", "a"] }],
    ]);
    const joined = { id: 0, per_second: [3, 5], workers: ["a", "b"] };
    expect(joinCourses([0, 3], courses)).toEqual(joined);
    expect(joinCourses([0, 4], courses)).toBeUndefined();
  });
});

test("errors of the test's code are one where they differ in numbers, and not in their lines", () => {
  const error = (id: number, message: string, line: number): ExceptionGroup => ({
    id,
    count: id + 1,
    error_type: "KeyError",
    message,
    traceback: `Traceback\n  File "a.py", line ${line}, in boom\nKeyError: ${message}\n`,
    workers: [`w${id}`, "w9"],
    first_seen: 10 - id,
    last_seen: 10 + id,
  });
  const folded = foldErrors([
    error(0, "order 7 is gone", 23),
    error(1, "order 19 is gone", 23),
    error(2, "order 19 is gone", 41),
  ]);
  expect(folded.map((one) => [one.ids, one.count])).toEqual([
    [[0, 1], 3],
    [[2], 3],
  ]);
  expect(folded[0]).toMatchObject({ first_seen: 9, last_seen: 11, workers: ["w0", "w9", "w1"] });
});
