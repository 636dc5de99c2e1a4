// Workers: how many, how loaded, and which one is the odd one out.

import { useMemo } from "preact/hooks";
import {
  formatBytes,
  formatClock,
  formatCount,
  formatMs,
  formatNumber,
  plural,
  shortenMiddle,
} from "../format.ts";
import type { WorkerDetail } from "../model.ts";
import { WORKER_STATES } from "../names.ts";
import type { Order } from "../order.ts";
import { Button } from "../parts/button.tsx";
import { Panel } from "../parts/dialog.tsx";
import { Filter } from "../parts/field.tsx";
import { Table, type TableColumn } from "../parts/table.tsx";
import { isLost, spread, type WorkerRow } from "../rows.ts";
import { matches, orderText, parseOrder } from "../search.ts";
import { forgetWorker, getWorker } from "../state/orders.ts";
import { query, setQuery } from "../state/place.ts";
import { state, workers } from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import { useAgain } from "./again.ts";
import { LogLines } from "./log.tsx";
import { WorkerChart, WorkersChart } from "./worker-charts.tsx";

const BY_NAME: Order = { column: "name", isDown: false };

/** The tab of workers. */
export function Workers() {
  const all = workers.value;
  const filter = query.value.get("q") ?? "";
  const order = parseOrder(query.value.get("sort") ?? undefined, BY_NAME);
  const open = query.value.get("worker");
  const rows = useMemo(
    () =>
      [...(all?.values() ?? [])].filter((row) =>
        matches(filter, row.id, row.host, row.zone, WORKER_STATES[row.state]),
      ),
    [all, filter],
  );
  const left = untold(all?.values() ?? []);
  // The same list as before, unless it differs: rows are drawn anew when their columns are others.
  const columns = useMemo(
    () => COLUMNS.filter((column) => !left.split(",").includes(column.id)),
    [left],
  );
  if (state.value?.workers === null) {
    return <p class="card table-empty">This run is of one process: there are no workers.</p>;
  }
  if (all === null) {
    return <p class="waiting">Loading…</p>;
  }
  const everyone = [...all.values()];
  const opened = open === null ? undefined : all.get(Number(open));
  return (
    <div class={opened ? "with-panel" : ""}>
      <Summary rows={everyone} expected={state.value?.workers?.expected ?? null} />
      <Squares rows={everyone} />
      <WorkersChart />
      <div class="bar">
        <Filter label="Filter workers" value={filter} onValue={(q) => setQuery({ q })} />
      </div>
      <div class="panel-row">
        <div class="panel-main">
          <Table
            label="Workers"
            columns={columns}
            rows={rows}
            id={(row) => row.index}
            order={order}
            onOrder={(next) => setQuery({ sort: orderText(next) })}
            onOpen={(row) => setQuery({ worker: String(row.index) })}
            openId={open === null ? null : Number(open)}
            tone={(row) => (isLost(row.state) ? "lost" : undefined)}
            empty={
              everyone.length === 0 ? "No worker has joined." : "No worker matches the filter."
            }
          />
        </div>
        {opened && <WorkerPanel row={opened} onClose={() => setQuery({ worker: null })} />}
      </div>
    </div>
  );
}

function Summary(props: { rows: readonly WorkerRow[]; expected: number | null }) {
  const { rows, expected } = props;
  const alive = rows.filter((row) => !isLost(row.state));
  const lost = rows.filter((row) => row.state === "missing").length;
  const users = spread(alive.map((row) => row.users));
  const cpu = spread(alive.map((row) => row.cpu));
  const memory = spread(alive.map((row) => row.memory));
  const clocks = spread(alive.map((row) => row.clockOffset));
  const told = rows.map((row) => row.networkErrors).filter((count) => count !== null);
  const errors = told.length > 0 ? told.reduce((sum, count) => sum + count, 0) : null;
  const percent = (value: number) => `${formatNumber(value)} %`;
  return (
    <dl class="facts">
      <div>
        <dt class="unseen">Workers</dt>
        <dd>
          <b>{plural(alive.length, "running", "running")}</b>
          {lost > 0 && <b class="bad"> · ▲ {formatCount(lost)} lost</b>}
          {expected !== null && ` · ${formatCount(expected)} expected`}
        </dd>
      </div>
      <Range name="Users each" range={users} format={formatNumber} />
      <Range name="CPU" range={cpu} format={percent} />
      <Range name="Memory" range={memory} format={formatBytes} />
      <Range name="Clock difference" range={clocks} format={formatMs} />
      <div>
        <dt title="Requests without a whole answer: no connection, one that broke, or none in time">
          Network errors
        </dt>
        <dd class={errors ? "bad" : undefined}>{formatCount(errors)}</dd>
      </div>
    </dl>
  );
}

function Range(props: {
  name: string;
  range: { least: number; median: number; most: number } | null;
  format: (value: number) => string;
}) {
  const { range, format } = props;
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>
        {range === null
          ? "–"
          : range.least === range.most
            ? format(range.most)
            : `${format(range.least)} to ${format(range.most)}, median ${format(range.median)}`}
      </dd>
    </div>
  );
}

/** One square for each worker, filled by its CPU. */
function Squares(props: { rows: readonly WorkerRow[] }) {
  return (
    <div class="squares-row">
      <svg
        class="squares"
        role="img"
        aria-label="CPU of each worker"
        viewBox={`0 0 ${15 * Math.min(props.rows.length, 50) || 15} ${15 * Math.ceil(props.rows.length / 50)}`}
        style={{ width: `${15 * Math.min(props.rows.length, 50)}px` }}
      >
        {LOADS.map((load) => (
          <path
            key={load}
            class={`load-${load}`}
            d={props.rows
              .map((row, at) =>
                loadOf(row) === load
                  ? `M${(at % 50) * 15 + 1} ${Math.floor(at / 50) * 15 + 1}h12v12h-12z${load === "lost" ? "l12 12m0-12l-12 12" : ""}`
                  : "",
              )
              .join("")}
          />
        ))}
      </svg>
      <p class="squares-key note">
        <i class="load-low" /> below 70 % <i class="load-high" /> 70–90 % <i class="load-full" />{" "}
        above 90 % <i class="load-lost" /> lost <i class="load-unknown" /> unknown
      </p>
    </div>
  );
}

const LOADS = ["low", "high", "full", "lost", "unknown"] as const;

function loadOf(row: WorkerRow): (typeof LOADS)[number] {
  if (isLost(row.state)) {
    return "lost";
  }
  if (row.cpu === null) {
    return "unknown";
  }
  return row.cpu > 90 ? "full" : row.cpu >= 70 ? "high" : "low";
}

const percent = (value: number | null) => (value === null ? "–" : `${formatNumber(value)} %`);

const COLUMNS: readonly TableColumn<WorkerRow>[] = [
  {
    id: "name",
    title: "Worker",
    cell: (row) => <span title={row.id}>{shortenMiddle(row.id, 28)}</span>,
    value: (row) => row.id,
    isHead: true,
  },
  {
    id: "host",
    title: "Host",
    cell: (row) => row.host ?? "–",
    value: (row) => row.host,
    isExtra: true,
  },
  {
    id: "zone",
    title: "Zone",
    cell: (row) => row.zone ?? "–",
    value: (row) => row.zone,
    isExtra: true,
  },
  {
    id: "state",
    title: "State",
    cell: (row) =>
      isLost(row.state) ? (
        <b class="bad">▲ {WORKER_STATES[row.state]}</b>
      ) : (
        WORKER_STATES[row.state]
      ),
    value: (row) => WORKER_STATES[row.state],
  },
  number("users", "Users", (row) => row.users, formatCount),
  number("cpu", "CPU", (row) => row.cpu, percent),
  number("peak", "CPU peak", (row) => row.cpuPeak, percent, true),
  number("memory", "Memory", (row) => row.memory, formatBytes, true),
  number("lag", "Lag", (row) => row.lag, formatMs, true),
  number("network", "Network errors", (row) => row.networkErrors, formatCount, true),
  number("seen", "Last seen", (row) => row.lastSeen, formatClock, true),
  {
    id: "version",
    title: "Version",
    cell: (row) => row.version ?? "–",
    value: (row) => row.version,
    isExtra: true,
  },
];

/** Columns that are left out while no worker tells what they show, as a list with commas. */
function untold(rows: Iterable<WorkerRow>): string {
  const all = [...rows];
  const told = { zone: "zone", lag: "lag", network: "networkErrors", version: "version" } as const;
  return Object.entries(told)
    .filter(([, key]) => all.every((row) => row[key] === null))
    .map(([column]) => column)
    .join();
}

function number(
  id: string,
  title: string,
  value: (row: WorkerRow) => number | null,
  format: (value: number | null) => string,
  isExtra = false,
): TableColumn<WorkerRow> {
  return { id, title, value, cell: (row) => format(value(row)), isNumber: true, isExtra };
}

/** One worker over time, and its last lines of the log. */
function WorkerPanel(props: { row: WorkerRow; onClose: () => void }) {
  const { row } = props;
  const detail = useAgain<WorkerDetail>((run) => getWorker(run, row.index), row.index);
  return (
    <Panel title={row.id} onClose={props.onClose}>
      {row.state === "missing" && isOperator.value && (
        <Button
          onClick={async () => {
            if (await forgetWorker(row.id)) {
              props.onClose();
            }
          }}
        >
          Remove
        </Button>
      )}
      {detail ? <WorkerChart detail={detail} /> : <p class="waiting">Loading…</p>}
      {detail && (
        <section class="section">
          <header class="section-head">
            <h2>Log</h2>
          </header>
          <LogLines lines={detail.log} empty="It has said nothing." />
        </section>
      )}
    </Panel>
  );
}
