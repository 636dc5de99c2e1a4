import { expect, test } from "vitest";
import type { ExceptionGroup, FailureGroup } from "./model.ts";
import { errorsIn, failuresIn } from "./stretch.ts";

const failure: FailureGroup = {
  id: 3,
  method: "GET",
  name: "/",
  error_type: null,
  kind: "check",
  message: "oh",
  occurrences: 90,
  first_seen: 100,
  last_seen: 500,
  worker_count: 7,
};
const error: ExceptionGroup = {
  id: 0,
  count: 40,
  error_type: "KeyError",
  message: "'total'",
  traceback: "",
  workers: ["a", "b"],
  first_seen: 100,
  last_seen: 500,
};
const came = (id: number) => [{ id, count: 4, first_seen: 200, last_seen: 230 }];

test("what came in a stretch has the counts and the moments of the stretch", () => {
  const all = new Map([[3, failure]]);
  expect(failuresIn(all, came(3))).toEqual([
    { ...failure, occurrences: 4, first_seen: 200, last_seen: 230, worker_count: null },
  ]);
  expect(errorsIn(new Map([[0, error]]), came(0))).toEqual([
    { ...error, count: 4, first_seen: 200, last_seen: 230, workers: [] },
  ]);
});

test("what has not come to the page yet is left out", () => {
  expect(failuresIn(new Map([[3, failure]]), came(4))).toEqual([]);
  expect(failuresIn(new Map([[3, failure]]), [])).toEqual([]);
});
