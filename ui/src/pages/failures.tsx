// Failed requests and errors in the test's own code, with the first over time.

import { useCallback, useEffect, useMemo } from "preact/hooks";
import { type FoldedFailure, foldErrors } from "../fold.ts";
import { formatCount, formatElapsed } from "../format.ts";
import type { FailureCourses, GroupCourse } from "../model.ts";
import type { Order } from "../order.ts";
import { FailuresOverTime } from "../parts/charts.tsx";
import { COLUMNS, EntryTable } from "../parts/entry-table.tsx";
import { ExceptionList, FailureTable, SHOWN_ERRORS } from "../parts/failure-table.tsx";
import { Filter } from "../parts/field.tsx";
import { byTrouble, windowRows } from "../rows.ts";
import { matches, orderText, parseOrder } from "../search.ts";
import type { Answer } from "../state/commands.ts";
import { getFailures } from "../state/orders.ts";
import { go, query, setQuery, shownWindow, tabPath } from "../state/place.ts";
import {
  exceptions,
  failures,
  isLasting,
  isStale,
  marks,
  names,
  overview,
  state,
  timeline,
  viewedRun,
} from "../state/run.ts";
import { emptyText, noLinesText } from "../words.ts";
import { scopeOf } from "./scope.ts";
import { useSmallLines } from "./small-lines.ts";
import { wholeRunText } from "./whole-run.ts";
import { useWindow } from "./window.ts";
import "../style/later.ts";

/** Errors whose lines are asked for at once. */
const MOST_ASKED = 100;

const BY_COUNT: Order = { column: "count", isDown: true };

/** The tab of failures. */
export function Failures() {
  const filter = query.value.get("q") ?? "";
  const order = parseOrder(query.value.get("sort") ?? undefined, BY_COUNT);
  const failed = useMemo(
    () =>
      [...(failures.value?.values() ?? [])].filter((row) =>
        matches(filter, row.method, row.name, row.message, row.error_type),
      ),
    [failures.value, filter],
  );
  const errors = useMemo(
    () =>
      foldErrors(
        [...(exceptions.value?.values() ?? [])].filter((row) =>
          matches(filter, row.message, row.error_type, row.traceback),
        ),
      ),
    [exceptions.value, filter],
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
      <FailedThen />
      <section class="card section">
        <header class="section-head">
          <h2>Failed requests</h2>
          {chosen && <span class="note">{wholeRunText(chosen)}</span>}
        </header>
        <FailureTable
          rows={failed}
          courses={courses.failures}
          onSight={courses.onFailures}
          order={order}
          onOrder={(next) => setQuery({ sort: orderText(next) })}
          empty={
            hasAny ? "No failure matches the filter." : emptyText("failures", requests, isOver)
          }
        />
      </section>
      <section class="section">
        <header class="section-head">
          <h2>Errors in the test script</h2>
          {chosen && <span class="note">{wholeRunText(chosen)}</span>}
        </header>
        {errors.length > 0 ? (
          <ExceptionList groups={errors} courses={courses.errors} />
        ) : (
          <p class="card table-empty">
            {(exceptions.value?.size ?? 0) > 0
              ? "No error matches the filter."
              : `No errors in the test script${isOver ? "." : " yet."}`}
          </p>
        )}
      </section>
    </>
  );
}

const COUNTS = COLUMNS.filter(({ id }) =>
  ["method", "name", "requests", "failed", "ratio"].includes(id),
);

/** Endpoints that failed in the stretch that is chosen: groups of failures are counted over the whole run. */
function FailedThen() {
  const chosen = useWindow();
  const run = viewedRun.value;
  if (chosen === null || run === null) {
    return null;
  }
  const all = windowRows(chosen.window, names.value);
  const span = `${formatElapsed(chosen.from)}–${formatElapsed(chosen.to)}`;
  return (
    <section class="card section">
      <header class="section-head">
        <h2>Endpoints that failed in {span}</h2>
      </header>
      <EntryTable
        label="Endpoints that failed in the chosen stretch"
        columns={COUNTS}
        rows={byTrouble(all.values()).filter((row) => row.failures > 0)}
        total={all.get(0) ?? null}
        isOrdered
        empty={`No failures in ${formatCount(all.get(0)?.requests ?? 0)} requests of this stretch.`}
        onOpen={(row) => go(tabPath(run, "endpoints", String(row.index)))}
      />
    </section>
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
