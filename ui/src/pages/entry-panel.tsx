// All about one endpoint: its charts, its response times, single requests and its failures.

import { useMemo } from "preact/hooks";
import { DistributionChart } from "../chart/distribution.tsx";
import { formatCount, formatElapsed, formatMs, formatRatio } from "../format.ts";
import { fromMap } from "../heat.ts";
import type { EntryDetail, Figures, StatusCount } from "../model.ts";
import { CopyButton } from "../parts/button.tsx";
import { Charts } from "../parts/charts.tsx";
import { Panel } from "../parts/dialog.tsx";
import { FailureTable } from "../parts/failure-table.tsx";
import { Samples } from "../parts/samples.tsx";
import type { EntryRow } from "../rows.ts";
import { getEntry } from "../state/orders.ts";
import { isLasting, isStale, marks, names, state } from "../state/run.ts";
import { fromSeries } from "../timeline.ts";
import { noLinesText } from "../words.ts";
import { useAgain } from "./again.ts";
import { isLogAxis, scopeOf, toggleLogAxis } from "./scope.ts";
import { wholeRunText } from "./whole-run.ts";

/** A stretch of the run that somebody chose, and the endpoint's figures of it. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** `null` if it had no requests then. */
  readonly row: EntryRow | null;
}

/** The panel beside the table. */
export function EntryPanel(props: { index: number; stretch: Stretch | null; onClose: () => void }) {
  const name = names.value.get(props.index);
  const detail = useAgain((run) => getEntry(run, props.index), props.index);
  const title = name ? `${name.method} ${name.name}`.trim() : "Endpoint";
  return (
    <Panel title={title} onClose={props.onClose}>
      {detail ? (
        <Detail detail={detail} stretch={props.stretch} />
      ) : (
        <p class="waiting">Loading…</p>
      )}
    </Panel>
  );
}

function Detail(props: { detail: EntryDetail; stretch: Stretch | null }) {
  const { detail, stretch } = props;
  const { whole_run: figures } = detail;
  const start = state.value?.started_at ?? null;
  const timeline = useMemo(() => fromSeries(detail.series), [detail]);
  const heat = useMemo(() => fromMap(detail.heat), [detail]);
  return (
    <>
      <p class="row">
        <span>{stretch ? stretchText(stretch) : figuresText(figures)}</span>
        <CopyButton text={detail.name.name} label="Copy name" />
      </p>
      {start !== null && (
        <Charts
          timeline={timeline}
          scope={scopeOf(start, timeline, marks.value.values())}
          heat={heat}
          isLog={isLogAxis()}
          onLog={toggleLogAxis}
          isStale={isStale.value}
          empty={noLinesText(figures.requests, !isLasting.value)}
        />
      )}
      {stretch && <p class="note">Below: {wholeRunText(stretch)}.</p>}
      <DistributionChart
        title="Distribution"
        shown={[{ label: "requests", color: "rps", data: detail.distribution }]}
        percentiles={[
          { label: "p50", ms: figures.p50_ms, color: "p50" },
          { label: "p95", ms: figures.p95_ms, color: "p95" },
          { label: "p99", ms: figures.p99_ms, color: "p99" },
        ]}
      />
      {detail.statuses.length > 0 && <Statuses counts={detail.statuses} />}
      {detail.slow.length > 0 && (
        <Samples title="Slowest requests" note="of its last minute" samples={detail.slow} />
      )}
      {detail.failed.length > 0 && (
        <Samples title="Failed requests" note="the last ones" samples={detail.failed} />
      )}
      {detail.failures.length > 0 && (
        <section class="card section">
          <header class="section-head">
            <h2>Failures</h2>
          </header>
          <FailureTable rows={detail.failures} empty="" />
        </section>
      )}
    </>
  );
}

/** How often each status came, of those requests that were answered. */
function Statuses(props: { counts: readonly StatusCount[] }) {
  const all = props.counts.reduce((sum, one) => sum + one.count, 0);
  return (
    <section class="card section">
      <header class="section-head">
        <h2>Status codes</h2>
      </header>
      <dl class="facts">
        {props.counts.map(({ status, count }) => (
          <div key={status}>
            <dt class={status >= 400 ? "bad" : undefined}>{status}</dt>
            <dd>
              {formatCount(count)} <span class="note">{formatRatio(count / all)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function figuresText(figures: Pick<Figures, "requests" | "failed_ratio" | "p95_ms" | "max_ms">) {
  const requests = `${formatCount(figures.requests)} requests`;
  const times = `p95 ${formatMs(figures.p95_ms)}, max ${formatMs(figures.max_ms)}`;
  return `${requests}, ${formatRatio(figures.failed_ratio)} failed, ${times}`;
}

function stretchText(stretch: Stretch): string {
  const { from, to, row } = stretch;
  const figures = row && {
    requests: row.requests,
    failed_ratio: row.failedRatio,
    p95_ms: row.p95,
    max_ms: row.max,
  };
  const span = `${formatElapsed(from)}–${formatElapsed(to)}`;
  return `${span}: ${figures ? figuresText(figures) : "no requests"}`;
}
