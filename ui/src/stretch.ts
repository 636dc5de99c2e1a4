// Failures and errors of a stretch of the run, in place of those of all of it.

import type { ExceptionGroup, FailureGroup, GroupCount } from "./model.ts";

/** Failures that came in a stretch, as they came there. On which workers is not known of a stretch. */
export function failuresIn(
  all: ReadonlyMap<number, FailureGroup>,
  came: readonly GroupCount[],
): FailureGroup[] {
  return came.flatMap(({ id, count, first_seen, last_seen }) => {
    const group = all.get(id);
    return group
      ? [{ ...group, occurrences: count, first_seen, last_seen, worker_count: null }]
      : [];
  });
}

/** Errors of the test's code that came in a stretch, likewise. */
export function errorsIn(
  all: ReadonlyMap<number, ExceptionGroup>,
  came: readonly GroupCount[],
): ExceptionGroup[] {
  return came.flatMap(({ id, count, first_seen, last_seen }) => {
    const group = all.get(id);
    return group ? [{ ...group, count, first_seen, last_seen, workers: [] }] : [];
  });
}
