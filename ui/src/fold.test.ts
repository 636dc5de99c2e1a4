import { describe, expect, test } from "vitest";
import { folderOf, foldLines, splitTraceback } from "./fold.ts";
import type { LogLine } from "./model.ts";

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
