// What a report says, in the order in which it is asked: how it ended, what was run, what was measured,
// where the trouble was.

import { signal } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import type { Window } from "./address.ts";
import { DistributionChart } from "./chart/distribution.tsx";
import type { Scope } from "./chart/scope.ts";
import { abortedText } from "./end-words.ts";
import { foldErrors } from "./fold.ts";
import {
  formatClock,
  formatCount,
  formatDate,
  formatElapsed,
  formatMs,
  formatNumber,
  zoneName,
} from "./format.ts";
import type { Compare, Report, WorkersCourse } from "./model.ts";
import type { Order } from "./order.ts";
import { CrewChart } from "./parts/busy-chart.tsx";
import { Charts } from "./parts/charts.tsx";
import { BY_P95_CHANGE, Comparison, comparisonScope } from "./parts/comparison.tsx";
import { EntryTable } from "./parts/entry-table.tsx";
import { ExceptionList, FailureTable } from "./parts/failure-table.tsx";
import { Filter } from "./parts/field.tsx";
import { KeyFigures } from "./parts/figures.tsx";
import { Pill } from "./parts/pill.tsx";
import { loadText, SetupRecord } from "./parts/setup-record.tsx";
import { fromSnapshot, type Picture } from "./picture.ts";
import { isLost, spread } from "./rows.ts";
import { matches } from "./search.ts";
import { emptyText, endPill, endSentence, noLinesText } from "./words.ts";

const cursor = signal<number | null>(null);
const comparedCursor = signal<number | null>(null);

/** The whole report. */
export function ReportPage(props: { report: Report }) {
  const { report } = props;
  const picture = useMemo(() => fromSnapshot(report.snapshot), [report]);
  const { run } = report;
  const [chosen, setChosen] = useState<Window | null>(null);
  const scope = reportScope(report, picture, chosen, setChosen);
  const aborted = abortedText(picture.overview?.aborted);
  return (
    <main class="content report">
      <header class="report-head">
        <div class="run-name">
          <h1>{run.name}</h1>
          <Pill {...endPill(run.end)} />
        </div>
        {run.end && <p>{endSentence(run.end)}</p>}
        {aborted && <p class="note">{aborted}</p>}
        {run.note && <p>{run.note}</p>}
      </header>
      <What report={report} />
      <Generator picture={picture} course={report.workers_course} scope={scope} />
      <KeyFigures
        users={run.peak_users}
        target={null}
        usersNote="peak"
        figures={picture.overview?.whole_run ?? null}
        span="whole run"
        isOver
        isStale={false}
      />
      <ReportCharts picture={picture} scope={scope} chosen={chosen} />
      <Entries picture={picture} />
      <Trouble picture={picture} />
      {report.compare && <WithBaseline compare={report.compare} />}
      <DistributionChart
        title="Distribution"
        shown={[{ label: "requests", color: "rps", data: report.distribution }]}
        percentiles={[
          { label: "p50", ms: run.p50_ms, color: "p50" },
          { label: "p95", ms: run.p95_ms, color: "p95" },
          { label: "p99", ms: run.p99_ms, color: "p99" },
        ]}
      />
      <section class="section">
        <header class="section-head">
          <h2>Setup</h2>
        </header>
        <SetupRecord setup={report.setup} />
      </section>
      {picture.log && picture.log.length > 0 && (
        <details class="card file">
          <summary>
            <h2>Log</h2>
          </summary>
          <pre tabIndex={0}>
            {picture.log
              .map((line) => `${formatClock(line.time)} ${line.source} ${line.level} ${line.text}`)
              .join("\n")}
          </pre>
        </details>
      )}
      <footer class="note">
        Written {formatDate(report.written_at)} by gregaria {report.setup.versions.gregaria}.
      </footer>
    </main>
  );
}

/** What was run: target, load, script, when, by whom. */
function What(props: { report: Report }) {
  const { run, setup } = props.report;
  const file = setup.files[0];
  const facts: [string, string][] = [
    ["Run", String(run.id)],
    ["Target", setup.host ?? "–"],
    ["Load", loadText(setup.load)],
    ["Started", `${formatDate(run.started_at)} ${zoneName(run.started_at)}`],
    ["Length", formatElapsed(run.length_seconds)],
    ["Workers", run.workers === null ? "one process" : formatCount(run.workers)],
    ["Script", file ? `${file.name}, ${file.sha256.slice(0, 12)}` : "–"],
    ["By", setup.started_by ?? "–"],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What is known about the machines that made the load. */
function Generator(props: { picture: Picture; course: WorkersCourse | null; scope: Scope }) {
  const { course } = props;
  const rows = [...(props.picture.workers?.values() ?? [])];
  if (rows.length === 0) {
    return null;
  }
  const lost = rows.filter((row) => isLost(row.state)).length;
  const peaks = spread(rows.map((row) => row.cpuPeak));
  const lags = spread(rows.map((row) => row.lag));
  return (
    <>
      <dl class="facts">
        <div>
          <dt>CPU of workers, peak</dt>
          <dd>
            {peaks ? `${formatNumber(peaks.most)} %, median ${formatNumber(peaks.median)} %` : "–"}
          </dd>
        </div>
        {lags && (
          <div>
            <dt>Lag</dt>
            <dd>up to {formatMs(lags.most)}</dd>
          </div>
        )}
        <div>
          <dt>Lost workers</dt>
          <dd class={lost > 0 ? "bad" : undefined}>{formatCount(lost)}</dd>
        </div>
      </dl>
      {course && course.time.length > 0 && (
        <CrewChart course={course} scope={props.scope} empty="Nothing was measured." />
      )}
    </>
  );
}

/** What all charts of the run share: the stretch that is shown, the cursor and the marks. */
function reportScope(
  report: Report,
  picture: Picture,
  chosen: Window | null,
  onZoom: (stretch: Window | null) => void,
): Scope {
  const start = report.run.started_at;
  const end = Math.max(60, (picture.timeline.time.at(-1) ?? start) - start);
  return {
    start,
    from: chosen?.from ?? 0,
    to: chosen?.to ?? end,
    isClock: false,
    cursor,
    marks: [...picture.marks.values()].filter(
      (mark) => mark.kind !== "start" && mark.kind !== "end",
    ),
    onZoom,
  };
}

function ReportCharts(props: { picture: Picture; scope: Scope; chosen: Window | null }) {
  const { picture, scope, chosen } = props;
  const [isLog, setIsLog] = useState(true);
  return (
    <>
      {chosen && (
        <button type="button" class="button plain" onClick={() => scope.onZoom(null)}>
          Show all ({formatElapsed(chosen.from)}–{formatElapsed(chosen.to)} is shown)
        </button>
      )}
      <Charts
        timeline={picture.timeline}
        scope={scope}
        heat={picture.heat ?? undefined}
        isLog={isLog}
        onLog={() => setIsLog(!isLog)}
        isStale={false}
        empty={noLinesText(picture.overview?.whole_run.requests ?? null, true)}
      />
    </>
  );
}

/** How it differs from the run that it was compared with. */
function WithBaseline(props: { compare: Compare }) {
  const { compare } = props;
  const [chosen, setChosen] = useState<Window | null>(null);
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState(BY_P95_CHANGE);
  return (
    <section class="section">
      <header class="section-head">
        <h2>Compared with run {compare.a.run.id}</h2>
      </header>
      <Comparison
        compare={compare}
        scope={comparisonScope(compare, chosen, { cursor: comparedCursor, onZoom: setChosen })}
        isLog
        filter={filter}
        onFilter={setFilter}
        order={order}
        onOrder={setOrder}
        isWhole
      />
    </section>
  );
}

function Entries(props: { picture: Picture }) {
  const { picture } = props;
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState<Order>({ column: "requests", isDown: true });
  const all = [...(picture.entries?.values() ?? [])];
  const rows = all.filter((row) => row.index !== 0 && matches(filter, row.method, row.name));
  const requests = picture.overview?.whole_run.requests ?? null;
  return (
    <section class="card section">
      <header class="section-head">
        <h2>Endpoints</h2>
        <Filter label="Filter endpoints" value={filter} onValue={setFilter} />
      </header>
      <EntryTable
        label="Endpoints"
        rows={rows}
        total={picture.entries?.get(0) ?? null}
        order={order}
        onOrder={setOrder}
        empty={
          filter === "" ? emptyText("requests", requests, true) : "No endpoint matches the filter."
        }
        isWhole
      />
    </section>
  );
}

function Trouble(props: { picture: Picture }) {
  const { picture } = props;
  const failures = [...(picture.failures?.values() ?? [])].sort(
    (a, b) => b.occurrences - a.occurrences,
  );
  const exceptions = foldErrors([...(picture.exceptions?.values() ?? [])]);
  const requests = picture.overview?.whole_run.requests ?? null;
  return (
    <>
      <section class="card section">
        <header class="section-head">
          <h2>Failed requests</h2>
        </header>
        <FailureTable rows={failures} empty={emptyText("failures", requests, true)} isWhole />
      </section>
      {exceptions.length > 0 && (
        <section class="section">
          <header class="section-head">
            <h2>Errors in the test script</h2>
          </header>
          <ExceptionList groups={exceptions} isWhole />
        </section>
      )}
    </>
  );
}
