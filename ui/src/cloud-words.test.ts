import { describe, expect, test } from "vitest";
import { cloudAt, ending } from "../test/cloud.ts";
import {
  announcement,
  cloudLine,
  extensionText,
  extensionUsd,
  formatLeft,
  formatUsd,
  pricesText,
} from "./cloud-words.ts";
import { formatClock } from "./format.ts";

const NOW = 1_800_000_000;
const line = (changes: Parameters<typeof cloudAt>[1], isLost = false) =>
  cloudLine(cloudAt(NOW, changes), NOW, isLost);

test("money and time left are short", () => {
  expect([0, 0.0188, 0.139, 6.1, 1234.5].map(formatUsd)).toEqual([
    "$0.00",
    "$0.019",
    "$0.14",
    "$6.10",
    "$1234.50",
  ]);
  expect(formatLeft(2849)).toBe("00:47:29");
  expect(formatLeft(492, true)).toBe("08:12");
  expect(formatLeft(7261.2, true)).toBe("02:01:02");
  expect(formatLeft(-4)).toBe("00:00:00");
});

describe("the line", () => {
  test("tells machines, cost and end", () => {
    expect(line({})).toEqual({
      tone: "plain",
      head: "",
      facts: [
        "AWS eu-north-1 · 200 × c7g.large spot",
        "$6.10/h, $6.10 so far",
        "all machines end in 00:47:29 even if this page is closed",
      ],
      problem: null,
    });
    expect(pricesText(cloudAt(NOW))).toBe("estimate, prices of 2026-11, without transfer of data");
  });

  test("counts what earlier leases have cost", () => {
    expect(line({ usd_before: 4 }).facts).toContain("$6.10/h, $10.10 so far");
    const done = line({ usd_before: 4, condition: "done", teardown: ending(NOW, 201) });
    expect(done.head).toContain("Total $10.10 (estimate).");
  });

  test("calls an unknown price unknown, and never nothing", () => {
    const all = (["normal", "idle", "done"] as const).map((condition) => {
      const { head, facts } = line({ condition, usd_per_hour: null, idle_since: NOW - 720 });
      return [head, ...facts].join(" ");
    });
    expect(all[0]).toContain("cost unknown");
    expect(all[1]).toContain("at an unknown cost");
    expect(all[2]).toContain("Total unknown.");
    expect(all.join()).not.toContain("$");
  });

  test("warns before the end", () => {
    const soon = line({ condition: "ending_soon", ends_at: NOW + 492 });
    expect([soon.tone, soon.head]).toEqual(["warning", "Ends in 08:12."]);
    const last = line({ condition: "last_minutes", ends_at: NOW + 72 });
    expect([last.tone, last.head]).toEqual(["danger", "Ends in 01:12. The test will be cut off."]);
    const over = line({ condition: "last_minutes", ends_at: NOW - 5 });
    expect(over.head).toContain("Ends in 00:00.");
  });

  test("tells for how long nothing has run, and when that ends the machines", () => {
    const idle = line({ condition: "idle", idle_since: NOW - 720, idle_ends_at: NOW + 2880 });
    expect(idle.tone).toBe("warning");
    expect(idle.head).toBe("Idle for 12 min at $6.10/h. Without a test everything ends in 48:00.");
  });

  test("counts those that have ended, and calls nothing gone that is not confirmed", () => {
    const checked = `checked ${formatClock(NOW)}`;
    const some = line({ condition: "tearing_down", teardown: ending(NOW, 112) });
    expect([some.tone, some.head]).toEqual(["plain", `112 of 201 machines ended, ${checked}.`]);
    const lost = line({
      condition: "unconfirmed",
      teardown: ending(NOW, 199, ["i-0a", "i-0b"]),
    });
    expect([lost.tone, lost.head]).toEqual([
      "danger",
      "2 machines not confirmed gone: i-0a, i-0b.",
    ]);
    const done = line({ condition: "done", teardown: ending(NOW, 200) });
    expect([done.tone, done.head]).toEqual([
      "ok",
      `All machines but this master are gone, ${checked}, and it turns itself off now. Total $6.10 (estimate).`,
    ]);
    const all = line({ condition: "done", teardown: ending(NOW, 201) });
    expect(all.head).toBe(`0 machines left, ${checked}. Total $6.10 (estimate).`);
    const deaf = line({
      condition: "tearing_down",
      problem: "no route to host",
      teardown: { ...ending(NOW, 0), checked_at: null },
    });
    expect(deaf.head).toBe("0 of 201 machines ended.");
    expect(deaf.problem).toContain("no route to host");
    for (const each of [some, lost, done, deaf]) {
      expect(each.head).not.toContain("0 machines left");
    }
  });

  test("does not call a master broken that was told to end", () => {
    const away = line({ condition: "tearing_down", teardown: ending(NOW, 200) }, true);
    expect(away.facts).toContain("This master no longer answers: it was to end last.");
  });

  test("says what cannot be read, and what was known before", () => {
    const torn = line({ condition: "unreadable", problem: "EOF while parsing" });
    expect([torn.tone, torn.head]).toEqual([
      "warning",
      "Cloud facts unreadable: EOF while parsing.",
    ]);
    expect(torn.facts.at(-1)).toContain("00:47:29");
    const never = line({ condition: "unreadable", problem: "no such file", ends_at: null });
    expect(never.facts.join()).not.toContain("end in");
  });
});

test("more time says the new end and what comes on top", () => {
  const cloud = cloudAt(NOW, { ends_at: NOW + 3600 });
  expect(extensionUsd(cloud, NOW)).toBeCloseTo(6.1);
  expect(extensionText(cloud, NOW)).toBe(
    `Everything then ends 2 h after that: at ${formatClock(NOW + 7200)} if it is run now. That costs about $6.10 more than until the present end, $18.30 in all.`,
  );
  expect(extensionUsd({ ...cloud, usd_per_hour: null }, NOW)).toBeNull();
});

test("what has to be heard is said once", () => {
  const normal = cloudAt(NOW);
  const last = cloudAt(NOW, { condition: "last_minutes" });
  expect(announcement(normal, last)).toContain("less than two minutes");
  expect(announcement(last, last)).toBeNull();
  expect(announcement(null, normal)).toBeNull();
  const lost = cloudAt(NOW, {
    condition: "unconfirmed",
    teardown: ending(NOW, 199, ["i-0a"]),
  });
  expect(announcement(last, lost)).toBe("1 machine not confirmed gone: i-0a.");
});
