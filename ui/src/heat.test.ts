import { describe, expect, test } from "vitest";
import { addColumns, type Heat, MAX_COLUMNS } from "./heat.ts";
import type { HeatColumn } from "./model.ts";

const EDGES = [1, 10, 100];

/** What a second has counted. */
function second(at: number): HeatColumn {
  const counts = [at % 7, at % 5, at % 11 === 0 ? 1 : 0];
  return { time: at, counts, failures: at % 13 === 0 ? 1 : 0 };
}

/** One column of all the seconds after a moment and up to another. */
function column(from: number, time: number): HeatColumn {
  const all = Array.from({ length: time - from }, (_, at) => second(from + at + 1));
  return {
    time,
    counts: EDGES.map((_, row) => all.reduce((sum, one) => sum + (one.counts[row] as number), 0)),
    failures: all.reduce((sum, one) => sum + one.failures, 0),
  };
}

/** What a server sends of a run that lasts: the columns as they come, and what it would keep by then. */
function server(seconds: number): { sent: HeatColumn[]; kept: (moment: number) => Heat } {
  const steps: { since: number; step: number }[] = [{ since: 0, step: 10 }];
  const sent: HeatColumn[] = [];
  for (let [time, count, step] = [10, 1, 10]; time <= seconds; time += step, count += 1) {
    sent.push(column(time - step, time));
    if (count === MAX_COLUMNS) {
      [step, count] = [step * 2, count / 2];
      steps.push({ since: time, step });
    }
  }
  const kept = (moment: number) => {
    const step = steps.findLast(({ since }) => since <= moment)?.step as number;
    const count = Math.floor(moment / step);
    const columns = Array.from({ length: count }, (_, at) => column(at * step, (at + 1) * step));
    return { step, edges: EDGES, columns };
  };
  return { sent, kept };
}

const NOTHING: Heat = { step: 10, edges: EDGES, columns: [] };

describe("the heat map of a page that stays open", () => {
  const { sent, kept } = server(86_400);
  const open = sent.reduce((heat, one) => addColumns(heat, [one]), NOTHING);

  test("has the whole run in evenly long columns, and is no larger for it", () => {
    expect(open.columns.length).toBeLessThan(MAX_COLUMNS);
    expect(open.step).toBe(320);
    expect(open).toEqual(kept(86_400));
  });

  test("has counted every request once", () => {
    const { counts, failures } = column(0, 86_400);
    const sums = EDGES.map((_, row) =>
      open.columns.reduce((sum, one) => sum + (one.counts[row] as number), 0),
    );
    expect(sums).toEqual(counts);
    expect(open.columns.reduce((sum, one) => sum + one.failures, 0)).toBe(failures);
  });

  test("is the same as that of a page which was opened later", () => {
    for (const moment of [3590, 3600, 3620, 10_000, 50_000]) {
      const after = sent.filter((one) => one.time > moment);
      const late = after.reduce((heat, one) => addColumns(heat, [one]), kept(moment));
      expect(late, String(moment)).toEqual(open);
    }
  });
});

test("a column that comes twice is counted once", () => {
  const once = addColumns(NOTHING, [second(10)]);
  expect(addColumns(once, [second(10)]).columns).toEqual([second(10)]);
});
