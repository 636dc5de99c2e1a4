// Facts of a cloud for the page's own tests: two hundred machines for a dollar an hour.

import type { Cloud } from "../src/model.ts";

/** When the machines began, by the clock of whoever asks: an hour before. */
const AGE = 3600;

/** The machines at a moment, with 47 minutes and 29 seconds left; `changes` may tell otherwise. */
export function cloudAt(now: number, changes: Partial<Cloud> = {}): Cloud {
  return {
    condition: "normal",
    problem: null,
    provider: "AWS",
    region: "eu-north-1",
    workers: 200,
    worker_types: ["c7g.large"],
    is_spot: true,
    usd_per_hour: 6.1,
    usd_before: 0,
    max_usd: 12.2,
    prices_date: "2026-11",
    prices_source: "https://aws.amazon.com/ec2/pricing/on-demand/",
    started_at: now - AGE,
    ends_at: now + 47 * 60 + 29,
    idle_since: null,
    idle_ends_at: null,
    extension: { command: "gregaria cloud up --var lease=2", seconds: 7200 },
    can_tear_down: true,
    failed: [],
    limited: [],
    teardown: null,
    checked_at: now,
    ...changes,
  };
}

/** An end that has come so far. */
export function ending(
  now: number,
  ended: number,
  unconfirmed: string[] = [],
): NonNullable<Cloud["teardown"]> {
  return {
    since: now - 60,
    reason: "asked for on the page by anna",
    ended,
    total: 201,
    unconfirmed,
    checked_at: now,
  };
}
