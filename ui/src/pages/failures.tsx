// Failed requests and errors in the test's own code, with the first over time.

import { useCallback, useEffect, useMemo } from "preact/hooks";
import { type FoldedFailure, foldErrors } from "../fold.ts";
import type { FailureCourses, GroupCourse, GroupWindow } from "../model.ts";
import type { Order } from "../order.ts";
import { FailuresOverTime } from "../parts/charts.tsx";
import { ExceptionList, FailureTable, SHOWN_ERRORS } from "../parts/failure-table.tsx";
import { Filter } from "../parts/field.tsx";
import { matches, orderText, parseOrder } from "../search.ts";
import type { Answer } from "../state/commands.ts";
import { getFailures, getGroups } from "../state/orders.ts";
import { query, setQuery, shownWindow } from "../state/place.ts";
import {
  exceptions,
  failures,
  isLasting,
  isStale,
  marks,
  overview,
  state,
  timeline,
  viewedRun,
} from "../state/run.ts";
import { errorsIn, failuresIn } from "../stretch.ts";
import { emptyText, noLinesText } from "../words.ts";
import { scopeOf } from "./scope.ts";
import { useSmallLines } from "./small-lines.ts";
import { ValuesFor } from "./values-for.tsx";
import { wholeRunText } from "./whole-run.ts";
import { useStretch } from "./window.ts";
import "../style/later.ts";

/** Errors whose lines are asked for at once. */
const MOST_ASKED = 100;

const BY_COUNT: Order = { column: "count", isDown: true };

/** The tab of failures. */
export function Failures() {
  const filter = query.value.get("q") ?? "";
  const order = parseOrder(query.value.get("sort") ?? undefined, BY_COUNT);
  const stretch = useStretch<GroupWindow>(getGroups);
  const came = stretch?.window ?? null;
  const isOfStretch = { failures: came !== null, errors: came?.exceptions != null };
  const allFailed = useMemo(() => {
    const all = failures.value ?? new Map();
    return came ? failuresIn(all, came.failures) : [...all.values()];
  }, [failures.value, came]);
  const allErrors = useMemo(() => {
    const all = exceptions.value ?? new Map();
    return came?.exceptions ? errorsIn(all, came.exceptions) : [...all.values()];
  }, [exceptions.value, came]);
  const failed = useMemo(
    () =>
      allFailed.filter((row) => matches(filter, row.method, row.name, row.message, row.error_type)),
    [allFailed, filter],
  );
  const errors = useMemo(
    () =>
      foldErrors(
        allErrors.filter((row) => matches(filter, row.message, row.error_type, row.traceback)),
      ),
    [allErrors, filter],
  );
  const courses = useCourses(viewedRun.value);
  // The lines of those that are shown at first: the most frequent.
  useEffect(() => {
    const ids = errors.slice(0, SHOWN_ERRORS).flatMap((row) => row.ids);
    courses.onErrors(ids.slice(0, MOST_ASKED));
  }, [errors]);
  const requests = overview.value?.whole_run.requests ?? null;
  const start = state.value?.started_at ?? null;
  const isOver = !isLasting.value;
  const chosen = shownWindow.value;
  const hasAny = (failures.value?.size ?? 0) > 0;
  return (
    <>
      <div class="bar">
        <Filter label="Filter failures" value={filter} onValue={(q) => setQuery({ q })} />
        {stretch && <ValuesFor stretch={stretch} />}
      </div>
      {start !== null && hasAny && (
        <FailuresOverTime
          timeline={timeline.value}
          scope={scopeOf(start, timeline.value, marks.value.values())}
          isLog={false}
          onLog={() => {}}
          isStale={isStale.value}
          empty={noLinesText(requests, isOver)}
        />
      )}
      <section class="card section">
        <header class="section-head">
          <h2>Failed requests</h2>
          {chosen && !isOfStretch.failures && <span class="note">{wholeRunText(chosen)}</span>}
        </header>
        <FailureTable
          rows={failed}
          {...(!isOfStretch.failures && {
            courses: courses.failures,
            onSight: courses.onFailures,
          })}
          order={order}
          onOrder={(next) => setQuery({ sort: orderText(next) })}
          empty={
            allFailed.length > 0
              ? "No failure matches the filter."
              : isOfStretch.failures
                ? "No failures in this stretch."
                : emptyText("failures", requests, isOver)
          }
        />
      </section>
      <section class="section">
        <header class="section-head">
          <h2>Errors in the test script</h2>
          {chosen && !isOfStretch.errors && <span class="note">{wholeRunText(chosen)}</span>}
        </header>
        {errors.length > 0 ? (
          <ExceptionList
            groups={errors}
            {...(!isOfStretch.errors && { courses: courses.errors })}
          />
        ) : (
          <p class="card table-empty">
            {allErrors.length > 0
              ? "No error matches the filter."
              : isOfStretch.errors
                ? "No errors in the test script in this stretch."
                : `No errors in the test script${isOver ? "." : " yet."}`}
          </p>
        )}
      </section>
    </>
  );
}

/** Small lines of failures in sight, and of errors. */
function useCourses(run: number | null) {
  const failures = useSmallLines(
    useCallback(
      async (ids: number[]) => byId(run && (await getFailures(run, ids, [])), "failures"),
      [run],
    ),
  );
  const errors = useSmallLines(
    useCallback(
      async (ids: number[]) => byId(run && (await getFailures(run, [], ids)), "exceptions"),
      [run],
    ),
  );
  const onFailures = useCallback(
    (rows: readonly FoldedFailure[]) => failures.onSight(rows.flatMap((row) => row.ids)),
    [failures.onSight],
  );
  return {
    failures: failures.lines,
    onFailures,
    errors: errors.lines,
    onErrors: errors.onSight,
  };
}

function byId(
  answer: Answer<FailureCourses> | null | 0,
  group: "failures" | "exceptions",
): Answer<readonly (readonly [number, GroupCourse])[]> {
  if (!answer) {
    return { kind: "unreachable" };
  }
  return answer.kind === "done"
    ? { kind: "done", value: answer.value[group].map((one) => [one.id, one]) }
    : answer;
}
