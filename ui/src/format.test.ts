import { describe, expect, test } from "vitest";
import {
  formatBytes,
  formatChange,
  formatCount,
  formatElapsed,
  formatMs,
  formatNumber,
  formatRatio,
  formatSpan,
  shortenMiddle,
} from "./format.ts";

describe("numbers", () => {
  test("what is unknown is a dash and never a zero", () => {
    const formats = [formatCount, formatNumber, formatRatio, formatChange, formatMs, formatBytes];
    for (const format of [...formats, formatElapsed, formatSpan]) {
      expect(format(null)).toBe("–");
      expect(format(undefined)).toBe("–");
    }
  });

  test("thousands are separated and three digits count", () => {
    expect(formatCount(25212)).toBe("25,212");
    expect([0, 0.001, 0.42, 4.21, 48.26, 99.96, 2013.7].map(formatNumber)).toEqual([
      "0",
      "<0.01",
      "0.42",
      "4.2",
      "48.3",
      "100",
      "2,014",
    ]);
  });

  test("only nothing is 0 % and only everything is 100 %", () => {
    expect([0, 0.00001, 0.009, 0.25, 0.9999, 1].map(formatRatio)).toEqual([
      "0 %",
      "<0.01 %",
      "0.9 %",
      "25 %",
      ">99.9 %",
      "100 %",
    ]);
  });

  test("a change has a sign", () => {
    expect([0.12, -0.031, 0].map(formatChange)).toEqual(["+12 %", "−3.1 %", "0 %"]);
  });
});

describe("time", () => {
  test("milliseconds take the unit that fits", () => {
    expect([0.42, 4.2, 48, 999, 1234, 12_340, 125_000].map(formatMs)).toEqual([
      "0.42 ms",
      "4.2 ms",
      "48 ms",
      "999 ms",
      "1.23 s",
      "12.3 s",
      "2 min 5 s",
    ]);
  });

  test("a stretch reads as on a clock or in words", () => {
    expect([751, 3723, 0].map(formatElapsed)).toEqual(["12:31", "1:02:03", "00:00"]);
    expect([100, 38, 7200, 0].map(formatSpan)).toEqual(["1 min 40 s", "38 s", "2 h", "0 s"]);
  });
});

test("a long name keeps both ends and whole letters", () => {
  expect(shortenMiddle("/short", 10)).toBe("/short");
  expect(shortenMiddle("/shop/categories/item", 11)).toBe("/shop…/item");
  expect(shortenMiddle("🦊🦊🦊🦊🦊", 3)).toBe("🦊…🦊");
});

test("bytes take binary units", () => {
  expect([512, 13_500, 1_500_000_000].map(formatBytes)).toEqual(["512 B", "13.2 KiB", "1.4 GiB"]);
});
