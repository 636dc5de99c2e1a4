// All endpoints: filter, folders, order; a row opens the panel with all about it.

import { useCallback, useMemo } from "preact/hooks";
import { formatCount } from "../format.ts";
import type { Order } from "../order.ts";
import { Button } from "../parts/button.tsx";
import { EntryTable } from "../parts/entry-table.tsx";
import { withTrends } from "../parts/entry-trends.tsx";
import { Choice, Filter } from "../parts/field.tsx";
import { type EntryRow, windowRows } from "../rows.ts";
import { matches, orderText, parseOrder } from "../search.ts";
import type { Answer } from "../state/commands.ts";
import { getTrends } from "../state/orders.ts";
import { query, setQuery } from "../state/place.ts";
import { entries, isLasting, names, overview, viewedRun } from "../state/run.ts";
import type { Column } from "../timeline.ts";
import { emptyText } from "../words.ts";
import { EntryPanel } from "./entry-panel.tsx";
import { Folders, type FoldersBy } from "./folders.tsx";
import { useSmallLines } from "./small-lines.ts";
import { ValuesFor } from "./values-for.tsx";
import { useWindow } from "./window.ts";

const BY_REQUESTS: Order = { column: "requests", isDown: true };
const FOLDERS_BY: readonly FoldersBy[] = ["path", "task"];
const isFoldersBy = (group: string | null): group is FoldersBy =>
  (FOLDERS_BY as readonly (string | null)[]).includes(group);
const NOTHING = { kind: "unreachable" } as const;

/** The tab of endpoints. */
export function Endpoints() {
  const chosen = useWindow();
  const all = chosen ? windowRows(chosen.window, names.value) : entries.value;
  const filter = query.value.get("q") ?? "";
  const method = query.value.get("method") ?? "";
  const group = query.value.get("group");
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
        {FOLDERS_BY.map((by) => (
          <Button
            key={by}
            kind="quiet"
            aria-pressed={group === by}
            onClick={() => setQuery({ group: group === by ? null : by })}
          >
            Group by {by}
          </Button>
        ))}
        <span class="note">
          {rows.length === count ? "" : `${formatCount(rows.length)} of ${formatCount(count)}`}
        </span>
        {chosen && <ValuesFor stretch={chosen} />}
      </div>
      <div class="panel-row">
        <div class="panel-main">
          {isFoldersBy(group) ? (
            <Folders
              key={group}
              by={group}
              rows={rows}
              total={all.get(0) ?? null}
              shared={shared}
              stretch={chosen?.window ?? null}
            />
          ) : (
            <EntryTable label="Endpoints" rows={rows} total={all.get(0) ?? null} {...shared} />
          )}
        </div>
        {open !== null && (
          <EntryPanel
            index={Number(open)}
            stretch={chosen && { ...chosen, row: all.get(Number(open)) ?? null }}
            onClose={() => setQuery({ entry: null })}
          />
        )}
      </div>
    </div>
  );
}

/** Small lines of p95 of the rows in sight. */
function useTrends(run: number | null) {
  const ask = useCallback(
    async (ids: number[]): Promise<Answer<readonly (readonly [number, Column])[]>> => {
      const answer = run === null ? NOTHING : await getTrends(run, ids);
      return answer.kind === "done"
        ? { kind: "done", value: answer.value.trends.map((one) => [one.index, one.p95_ms]) }
        : answer;
    },
    [run],
  );
  const { lines, onSight } = useSmallLines(ask);
  const onRows = useCallback(
    (rows: readonly EntryRow[]) =>
      onSight(rows.map((row) => row.index).filter((index) => index >= 0)),
    [onSight],
  );
  return { trends: lines, onSight: onRows };
}
