// Two runs side by side, on the page and in the report: which changes are more than what varies by itself.

import { useMemo } from "preact/hooks";
import { DistributionChart } from "../chart/distribution.tsx";
import { LineChart } from "../chart/line-chart.tsx";
import type { Scope } from "../chart/scope.ts";
import {
  formatChange,
  formatDate,
  formatElapsed,
  formatMs,
  formatNumber,
  formatRatio,
} from "../format.ts";
import type { Change, Compare, Compared, CompareEntry, WarningKind } from "../model.ts";
import type { Order } from "../order.ts";
import { matches } from "../search.ts";
import type { Column } from "../timeline.ts";
import { endPill } from "../words.ts";
import { Filter } from "./field.tsx";
import { Pill, Strip } from "./pill.tsx";
import { loadText } from "./setup-record.tsx";
import { Name, Table, type TableColumn } from "./table.tsx";

/** Warnings that are not about what was asked of the two. */
const OTHER_WARNINGS: ReadonlySet<WarningKind> = new Set(["incomplete", "noise"]);

/** What has become slower stands first. */
export const BY_P95_CHANGE: Order = { column: "p95-change", isDown: true };

/** How two runs differ. */
export function Comparison(props: {
  compare: Compare;
  scope: Scope;
  isLog: boolean;
  filter: string;
  onFilter: (filter: string) => void;
  order: Order;
  onOrder: (order: Order) => void;
  /** Address of a run; without it there is nothing to go to. */
  link?: (run: number) => string;
  /** All rows at once, as on paper. */
  isWhole?: boolean;
}) {
  const { compare, scope, filter } = props;
  const rows = useMemo(
    () => compare.entries.filter((entry) => matches(filter, entry.method, entry.name)),
    [compare, filter],
  );
  return (
    <>
      <div class="sides">
        <Side name="A" side={compare.a} link={props.link} />
        <Side name="B" side={compare.b} link={props.link} />
      </div>
      {compare.warnings.map((warning) => (
        <Strip key={warning.kind + warning.text} tone="warning">
          ▲ {warning.text.replace(/\.$/, "")}.
          {!OTHER_WARNINGS.has(warning.kind) && " Percentages are not like for like."}
        </Strip>
      ))}
      <div class="charts">
        <Overlay compare={compare} scope={scope} title="Requests/s" line="rps" isLog={false} />
        <Overlay compare={compare} scope={scope} title="p95" line="p95_ms" isLog={props.isLog} />
      </div>
      <DistributionChart
        title="Distribution"
        shown={[
          { label: "A, requests", color: "a", data: compare.a.distribution },
          { label: "B, requests", color: "b", data: compare.b.distribution, isDashed: true },
        ]}
        percentiles={[]}
      />
      <section class="card section">
        <header class="section-head">
          <h2>Endpoints</h2>
          <Filter label="Filter endpoints" value={filter} onValue={props.onFilter} />
        </header>
        <Table
          label="Endpoints in both runs"
          columns={COLUMNS}
          rows={rows}
          pinned={compare.total}
          order={props.order}
          onOrder={props.onOrder}
          id={(entry) => `${entry.method} ${entry.name}`}
          empty="No endpoint matches the filter."
          isWhole={props.isWhole ?? false}
        />
      </section>
    </>
  );
}

/** The stretch that is shown of both: the chosen one or all of the longer run. */
export function comparisonScope(
  compare: Compare,
  chosen: { from: number; to: number } | null,
  rest: Pick<Scope, "cursor" | "onZoom">,
): Scope {
  const ends = [compare.a, compare.b].map((side) => side.series.time.at(-1) ?? 0);
  return {
    start: 0,
    from: chosen?.from ?? 0,
    to: chosen?.to ?? Math.max(60, ...ends),
    isClock: false,
    marks: [],
    ...rest,
  };
}

function Side(props: {
  name: "A" | "B";
  side: Compared;
  link: ((run: number) => string) | undefined;
}) {
  const { run } = props.side;
  const title = `run ${run.id}, ${run.name}`;
  return (
    <section class={`card side side-${props.name.toLowerCase()}`}>
      <h2>
        <span class="side-name">{props.name}</span>{" "}
        {props.link ? <a href={props.link(run.id)}>{title}</a> : title}
        {run.is_baseline && <span class="badge">baseline</span>}
      </h2>
      <p>
        <Pill {...endPill(run.end)} /> {formatDate(run.started_at)},{" "}
        {formatElapsed(run.length_seconds)}
      </p>
      <p class="note">{run.load ? loadText(run.load) : "load unknown"}</p>
      {run.note && <p>{run.note}</p>}
    </section>
  );
}

/** One line of both runs over elapsed time. */
function Overlay(props: {
  compare: Compare;
  scope: Scope;
  title: string;
  line: "rps" | "p95_ms";
  isLog: boolean;
}) {
  const { compare, line } = props;
  const { time, a, b } = useMemo(() => aligned(compare, line), [compare, line]);
  return (
    <LineChart
      title={props.title}
      empty="No requests."
      data={{
        scope: props.scope,
        time,
        lines: [
          { label: "A", color: "a", values: a, width: 2 },
          { label: "B", color: "b", values: b, width: 2, dash: [5, 4] },
        ],
        isLog: props.isLog,
        format: line === "rps" ? formatNumber : formatMs,
      }}
    />
  );
}

/** Both lines on one time axis: where only one has a point, the other passes over it. */
function aligned(
  compare: Compare,
  line: "rps" | "p95_ms",
): { time: number[]; a: Column; b: Column } {
  const [first, second] = [compare.a.series, compare.b.series];
  const time = [...new Set([...first.time, ...second.time])].sort((x, y) => x - y);
  const column = (series: typeof first): Column => {
    const at = new Map(series.time.map((moment, row) => [moment, series[line][row] ?? null]));
    return time.map((moment) => (at.has(moment) ? at.get(moment) : undefined));
  };
  return { time, a: column(first), b: column(second) };
}

const COLUMNS: readonly TableColumn<CompareEntry>[] = [
  {
    id: "name",
    title: "Name",
    isHead: true,
    value: (entry) => `${entry.name} ${entry.method}`,
    cell: (entry) => (
      <>
        <Name text={entry.method === "" ? "All requests" : `${entry.method} ${entry.name}`} />
        {!entry.is_in_b && <span class="badge">only in A</span>}
        {!entry.is_in_a && <span class="badge">only in B</span>}
      </>
    ),
  },
  ...changes("rps", "Req/s", (entry) => entry.rps, formatNumber),
  ...changes("failed", "Failed %", (entry) => entry.failed_ratio, formatRatio),
  ...changes("p50", "p50", (entry) => entry.p50_ms, formatMs),
  ...changes("p95", "p95", (entry) => entry.p95_ms, formatMs),
  ...changes("p99", "p99", (entry) => entry.p99_ms, formatMs),
];

function changes(
  id: string,
  title: string,
  change: (entry: CompareEntry) => Change,
  format: (value: number | null) => string,
): TableColumn<CompareEntry>[] {
  return [
    {
      id,
      title: `${title} A → B`,
      isNumber: true,
      isExtra: id !== "p95",
      cell: (entry) => `${format(change(entry).a)} → ${format(change(entry).b)}`,
      value: (entry) => change(entry).b,
    },
    {
      id: `${id}-change`,
      title: (
        <>
          <span class="unseen">{title} </span>Change
        </>
      ),
      isNumber: true,
      isExtra: id !== "p95",
      cell: (entry) => <ChangeText change={change(entry)} />,
      value: (entry) => sizeOf(change(entry)),
    },
  ];
}

/** A change as tables are sorted by it: what varies by itself is no change. */
function sizeOf(change: Change): number | null {
  switch (change.judgement) {
    case "same":
      return 0;
    case "unknown":
      return null;
    default:
      // From nothing to something is more than any ratio.
      return change.ratio ?? ((change.b ?? 0) > 0 ? Number.MAX_VALUE : null);
  }
}

function ChangeText(props: { change: Change }) {
  const { judgement, ratio, noise_ratio: noise } = props.change;
  if (judgement === "same") {
    return <span class="note">same</span>;
  }
  if (judgement === "unknown") {
    return <span class="note">–</span>;
  }
  const more = (props.change.b ?? 0) - (props.change.a ?? 0);
  const arrow = more > 0 ? "▲" : more < 0 ? "▼" : "";
  const title = noise === null ? undefined : `varies by ${formatRatio(noise)} by itself`;
  const tone = { better: "good", worse: "bad", different: "" }[judgement];
  return (
    <span class={tone} title={title}>
      {arrow} {ratio === null ? "from 0" : formatChange(ratio)}{" "}
      {judgement === "different" ? "" : judgement}
    </span>
  );
}
