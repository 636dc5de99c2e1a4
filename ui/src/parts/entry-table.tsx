// The table of endpoints: on its page, at the foot of the overview and in the report.

import { formatCount, formatMs, formatNumber, formatRatio } from "../format.ts";
import type { Order } from "../order.ts";
import { type EntryRow, slowdown } from "../rows.ts";
import { Name, Table, type TableColumn } from "./table.tsx";

const METHOD: TableColumn<EntryRow> = {
  id: "method",
  title: "Method",
  cell: (row) => <span class="method">{row.method}</span>,
  value: (row) => row.method,
  isExtra: true,
  width: "72px",
};

/** Columns of the table. */
export const COLUMNS: readonly TableColumn<EntryRow>[] = [
  METHOD,
  {
    id: "name",
    title: "Name",
    cell: (row) => <Name text={row.index === 0 ? "All requests" : row.name} />,
    value: (row) => row.name,
    isHead: true,
  },
  figure("requests", "Requests", (row) => row.requests, formatCount, true),
  figure("failed", "Failed", (row) => row.failures, formatCount, true),
  {
    ...figure("ratio", "Failed %", (row) => row.failedRatio, formatRatio),
    cell: (row) =>
      row.failures > 0 ? (
        <span class="bad">✕ {formatRatio(row.failedRatio)}</span>
      ) : (
        formatRatio(row.failedRatio)
      ),
  },
  figure("p50", "p50", (row) => row.p50, formatMs, true),
  {
    ...figure("p95", "p95", (row) => row.p95, formatMs),
    cell: (row) => {
      const slower = slowdown(row);
      return slower === null ? (
        formatMs(row.p95)
      ) : (
        <span title="The last minute beside the whole run">
          <b class="slower">▲ {formatRatio(slower)}</b> {formatMs(row.p95)}
        </span>
      );
    },
  },
  figure("p99", "p99", (row) => row.p99, formatMs, true),
  figure("max", "Max", (row) => row.max, formatMs, true),
  figure("rps", "Req/s", (row) => row.rps, formatNumber),
];

function figure(
  id: string,
  title: string,
  value: (row: EntryRow) => number | null,
  format: (value: number | null) => string,
  isExtra = false,
): TableColumn<EntryRow> {
  return { id, title, value, cell: (row) => format(value(row)), isNumber: true, isExtra };
}

/** Endpoints with the total on top. */
export function EntryTable(props: {
  label: string;
  rows: readonly EntryRow[];
  total?: EntryRow | null;
  columns?: readonly TableColumn<EntryRow>[];
  order?: Order;
  onOrder?: (order: Order) => void;
  isOrdered?: boolean;
  onOpen?: (row: EntryRow) => void;
  openId?: number | null;
  empty: string;
  onSight?: (rows: readonly EntryRow[]) => void;
  isWhole?: boolean;
}) {
  const { total, columns = COLUMNS, openId, ...rest } = props;
  return (
    <Table
      {...rest}
      columns={columns}
      pinned={total ?? null}
      openId={openId ?? null}
      id={(row) => row.index}
    />
  );
}
