// All endpoints: filter, folders, order; a row opens the panel with all about it.

import { useCallback, useMemo, useRef, useState } from "preact/hooks";
import { folderOf } from "../fold.ts";
import { formatCount, formatElapsed } from "../format.ts";
import { matches, type Order, orderText, parseOrder } from "../order.ts";
import { Button } from "../parts/button.tsx";
import { EntryTable, withTrends } from "../parts/entry-table.tsx";
import { Choice, Filter } from "../parts/field.tsx";
import { type EntryRow, windowRows } from "../rows.ts";
import { getTrends } from "../state/commands.ts";
import { query, setQuery, setWindow } from "../state/place.ts";
import { entries, isLasting, names, overview, viewedRun } from "../state/run.ts";
import type { Column } from "../timeline.ts";
import { emptyText } from "../words.ts";
import { EntryPanel } from "./entry-panel.tsx";
import { useWindow } from "./window.ts";

const BY_REQUESTS: Order = { column: "requests", isDown: true };
/** Small lines are asked for again after this time, of the rows in sight alone. */
const TRENDS_MS = 10_000;

/** The tab of endpoints. */
export function Endpoints() {
  const chosen = useWindow();
  const all = chosen ? windowRows(chosen.window, names.value) : entries.value;
  const filter = query.value.get("q") ?? "";
  const method = query.value.get("method") ?? "";
  const isGrouped = query.value.get("group") === "path";
  const order = parseOrder(query.value.get("sort") ?? undefined, BY_REQUESTS);
  const open = query.value.get("entry");
  const { trends, onSight } = useTrends(viewedRun.value);
  const columns = useMemo(() => withTrends(trends), [trends]);
  const rows = useMemo(
    () =>
      [...(all?.values() ?? [])].filter(
        (row) =>
          row.index !== 0 &&
          (method === "" || row.method === method) &&
          (filter === "" || matches(filter, row.method, row.name)),
      ),
    [all, filter, method],
  );
  if (all === null) {
    return <p class="waiting">Loading…</p>;
  }
  const methods = [...new Set([...all.values()].map((row) => row.method))].filter(Boolean).sort();
  const count = all.size - (all.has(0) ? 1 : 0);
  const shared = {
    columns,
    order,
    onOrder: (next: Order) => setQuery({ sort: orderText(next) }),
    onOpen: (row: EntryRow) => setQuery({ entry: String(row.index) }),
    openId: open === null ? null : Number(open),
    onSight,
    empty:
      rows.length === 0 && count > 0
        ? "No endpoint matches the filter."
        : emptyText("requests", overview.value?.whole_run.requests ?? null, !isLasting.value),
  };
  return (
    <div class={open === null ? "" : "with-panel"}>
      <div class="bar">
        <Filter label="Filter endpoints" value={filter} onValue={(q) => setQuery({ q })} />
        {methods.length > 1 && (
          <Choice
            label="Method"
            isLabelUnseen
            value={method}
            options={[["", "All methods"], ...methods.map((name) => [name, name] as const)]}
            onValue={(value) => setQuery({ method: value })}
          />
        )}
        <Button
          kind="quiet"
          aria-pressed={isGrouped}
          onClick={() => setQuery({ group: isGrouped ? null : "path" })}
        >
          Group by path
        </Button>
        <span class="note">
          {rows.length === count ? "" : `${formatCount(rows.length)} of ${formatCount(count)}`}
        </span>
        {chosen && (
          <Button kind="quiet" onClick={() => setWindow(null)}>
            Values for {formatElapsed(chosen.from)}–{formatElapsed(chosen.to)} ✕
          </Button>
        )}
      </div>
      <div class="panel-row">
        <div class="panel-main">
          {isGrouped ? (
            <Folders rows={rows} shared={shared} />
          ) : (
            <EntryTable label="Endpoints" rows={rows} total={all.get(0) ?? null} {...shared} />
          )}
        </div>
        {open !== null && (
          <EntryPanel index={Number(open)} onClose={() => setQuery({ entry: null })} />
        )}
      </div>
    </div>
  );
}

type Shared = Omit<Parameters<typeof EntryTable>[0], "rows" | "total" | "label">;

/**
 * Endpoints in folders by the first part of their path. Of a closed folder the sums are shown, and no
 * percentiles: those of several endpoints are not to be had from those of each.
 */
function Folders(props: { rows: readonly EntryRow[]; shared: Shared }) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const folders = useMemo(() => {
    const found = new Map<string, EntryRow[]>();
    for (const row of props.rows) {
      const folder = folderOf(row.name);
      found.set(folder, [...(found.get(folder) ?? []), row]);
    }
    return [...found].map(([name, rows], at) => ({ name, rows, sum: sumOf(name, rows, -at - 1) }));
  }, [props.rows]);
  const shown = folders.flatMap((folder) =>
    opened.has(folder.name) ? [folder.sum, ...folder.rows] : [folder.sum],
  );
  const toggle = (name: string) => {
    const next = new Set(opened);
    if (!next.delete(name)) {
      next.add(name);
    }
    setOpened(next);
  };
  const { order: _order, onOrder: _onOrder, onOpen, ...shared } = props.shared;
  return (
    <EntryTable
      {...shared}
      label="Endpoints by path"
      rows={shown}
      onOpen={(row) =>
        row.index < 0 ? toggle(folders[-row.index - 1]?.name ?? "") : onOpen?.(row)
      }
    />
  );
}

function sumOf(name: string, rows: readonly EntryRow[], index: number): EntryRow {
  const sum = (value: (row: EntryRow) => number | null) => {
    const known = rows.map(value).filter((one) => one !== null);
    return known.length === 0 ? null : known.reduce((total, one) => total + one, 0);
  };
  const requests = sum((row) => row.requests) ?? 0;
  const failures = sum((row) => row.failures) ?? 0;
  return {
    index,
    method: "",
    name: `${name} (${rows.length})`,
    requests,
    failures,
    failedRatio: requests > 0 ? failures / requests : null,
    rps: sum((row) => row.rps),
    failuresPerSecond: sum((row) => row.failuresPerSecond),
    p50: null,
    p95: null,
    p99: null,
    max: rows.reduce<number | null>(
      (most, row) => ((row.max ?? 0) > (most ?? -1) ? row.max : most),
      null,
    ),
    avg: null,
  };
}

/** Small lines of the rows in sight. */
function useTrends(run: number | null) {
  const [trends, setTrends] = useState<ReadonlyMap<number, Column>>(new Map());
  const asked = useRef(new Map<number, number>());
  const onSight = useCallback(
    (rows: readonly EntryRow[]) => {
      const now = Date.now();
      const due = rows
        .map((row) => row.index)
        .filter((index) => index >= 0 && now - (asked.current.get(index) ?? 0) > TRENDS_MS);
      if (run === null || due.length === 0) {
        return;
      }
      for (const index of due) {
        asked.current.set(index, now);
      }
      void getTrends(run, due).then((answer) => {
        if (answer.kind === "done") {
          setTrends((known) => {
            const next = new Map(known);
            for (const trend of answer.value.trends) {
              next.set(trend.index, trend.p95_ms);
            }
            return next;
          });
        }
      });
    },
    [run],
  );
  return { trends, onSight };
}
