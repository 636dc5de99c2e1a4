// Failed requests and errors in the test's own code, with the first over time.

import { useMemo } from "preact/hooks";
import { matches, type Order, orderText, parseOrder } from "../order.ts";
import { FailuresOverTime } from "../parts/charts.tsx";
import { ExceptionList, FailureTable } from "../parts/failure-table.tsx";
import { Filter } from "../parts/field.tsx";
import { query, setQuery } from "../state/place.ts";
import {
  exceptions,
  failures,
  isLasting,
  isStale,
  marks,
  overview,
  state,
  timeline,
} from "../state/run.ts";
import { emptyText } from "../words.ts";
import { scopeOf } from "./scope.ts";

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
      [...(exceptions.value?.values() ?? [])]
        .filter((row) => matches(filter, row.message, row.error_type, row.traceback))
        .sort((a, b) => b.count - a.count),
    [exceptions.value, filter],
  );
  const requests = overview.value?.whole_run.requests ?? null;
  const start = state.value?.started_at ?? null;
  const isOver = !isLasting.value;
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
        />
      )}
      <section class="card section">
        <header class="section-head">
          <h2>Failed requests</h2>
        </header>
        <FailureTable
          rows={failed}
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
        </header>
        {errors.length > 0 ? (
          <ExceptionList groups={errors} />
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
