// All runs that are kept. Two of them can be compared.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Sparkline } from "../chart/sparkline.tsx";
import {
  formatBytes,
  formatCount,
  formatDate,
  formatElapsed,
  formatMs,
  formatNumber,
  formatRatio,
  plural,
  shortenMiddle,
} from "../format.ts";
import type { RunList, RunSummary } from "../model.ts";
import type { Order } from "../order.ts";
import { Button } from "../parts/button.tsx";
import { Filter } from "../parts/field.tsx";
import { Menu } from "../parts/menu.tsx";
import { Strip } from "../parts/pill.tsx";
import { Table, type TableColumn } from "../parts/table.tsx";
import { matches, orderText, parseOrder } from "../search.ts";
import { address, getRuns, isDone } from "../state/commands.ts";
import { baseline, pin, takeIn } from "../state/orders.ts";
import { go, href, query, setQuery } from "../state/place.ts";
import { server, viewedRun } from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import { toast } from "../state/tell.ts";
import { endPill } from "../words.ts";
import { DiscardDialog } from "./discard-dialog.tsx";

const NEWEST: Order = { column: "id", isDown: true };

/** The page of all runs. */
export function Runs() {
  const [list, setList] = useState<RunList | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [deleted, setDeleted] = useState<RunSummary | null>(null);
  const filter = query.value.get("q") ?? "";
  const order = parseOrder(query.value.get("sort") ?? undefined, NEWEST);
  const picked = (query.value.get("pick") ?? "").split(",").filter(Boolean).map(Number);
  const phase = server.value?.phase;
  const load = async () => {
    const answer = await getRuns();
    if (answer.kind === "refused" && answer.status !== 401) {
      setProblem(answer.problem.message);
    } else if (isDone(answer)) {
      setList(answer.value);
    }
  };
  useEffect(() => {
    viewedRun.value = null;
    document.title = "Runs · gregaria";
  }, []);
  useEffect(() => void load(), [phase]);
  const rows = useMemo(
    () =>
      (list?.runs ?? []).filter((run) =>
        matches(
          filter,
          run.name,
          run.host,
          run.note,
          formatDate(run.started_at),
          endPill(run.end).word,
        ),
      ),
    [list, filter],
  );
  const trends = useMemo(() => trendsOf(list?.runs ?? []), [list]);
  const pick = (run: number) => {
    const next = picked.includes(run)
      ? picked.filter((one) => one !== run)
      : [...picked, run].slice(-2);
    setQuery({ pick: next.join(",") });
  };
  const columns = useColumns(picked, pick, trends, setDeleted, load);
  const [a, b] = [...picked].sort((one, other) => one - other);
  return (
    <main
      class="content"
      id="main"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void importFiles(event.dataTransfer?.files, load);
      }}
    >
      <div class="bar">
        <h1>Runs</h1>
        <Filter label="Filter runs" value={filter} onValue={(q) => setQuery({ q })} />
        {a !== undefined && b !== undefined ? (
          <Button kind="main" onClick={() => go(`/compare?a=${a}&b=${b}`)}>
            Compare {a} and {b}
          </Button>
        ) : (
          <span class="note">
            {picked.length === 1 ? `Run ${picked[0]} and which other?` : "Pick two to compare."}
          </span>
        )}
      </div>
      {list && <StorageNotice list={list} />}
      {list === null ? (
        <p class={problem === null ? "waiting" : "card table-empty"}>{problem ?? "Loading…"}</p>
      ) : (
        <div class="card">
          <Table
            label="Runs"
            columns={columns}
            rows={rows}
            id={(run) => run.id}
            order={order}
            onOrder={(next) => setQuery({ sort: orderText(next) })}
            empty={list.runs.length === 0 ? "No run is kept." : "No run matches the filter."}
          />
        </div>
      )}
      {list && (
        <p class="note">
          {plural(list.total, "run")}, {formatBytes(list.storage.bytes)}
          {list.storage.path !== null && `, in ${list.storage.path}`}.{" "}
          {list.total > 0 && <ExportAll />}
          {isOperator.value && <Import onFiles={(files) => void importFiles(files, load)} />}
        </p>
      )}
      {deleted && (
        <DiscardDialog
          run={deleted.id}
          onClose={() => setDeleted(null)}
          onDone={() => void load()}
        />
      )}
    </main>
  );
}

function StorageNotice(props: { list: RunList }) {
  const { storage } = props.list;
  return (
    <>
      {storage.problem !== null && <Strip tone="warning">▲ {storage.problem}</Strip>}
      {storage.is_temporary && (
        <Strip tone="warning">
          ▲ Runs are lost when this machine ends. <ExportAll />
        </Strip>
      )}
    </>
  );
}

/** Everything in one file: `gregaria report --store` reads it anywhere. */
function ExportAll() {
  return (
    <a href={address("/runs.sqlite")} download="">
      Export all
    </a>
  );
}

/** For those who do not drop a file on the page. */
function Import(props: { onFiles: (files: FileList) => void }) {
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <>
      {" "}
      <Button kind="quiet" onClick={() => chooser.current?.click()}>
        Import reports
      </Button>{" "}
      or drop them here.
      <input
        ref={chooser}
        type="file"
        aria-label="Exported reports"
        accept=".html,.json"
        multiple
        hidden
        onChange={(event) => {
          const { files } = event.currentTarget;
          if (files !== null) {
            props.onFiles(files);
          }
        }}
      />
    </>
  );
}

async function importFiles(files: FileList | undefined, load: () => Promise<void>): Promise<void> {
  for (const file of files ?? []) {
    const run = await takeIn(await file.text());
    if (run !== null) {
      toast(`Imported as run ${run}.`);
    }
  }
  await load();
}

/** The target without what all targets begin with. */
function hostOf(run: RunSummary): string {
  return run.host?.replace(/^https?:\/\//, "") ?? "–";
}

/** The last p95 of each test, oldest first: by name, as runs of one test have the same. */
function trendsOf(runs: readonly RunSummary[]): ReadonlyMap<string, (number | null)[]> {
  const trends = new Map<string, (number | null)[]>();
  for (const run of [...runs].sort((a, b) => a.id - b.id)) {
    trends.set(run.name, [...(trends.get(run.name) ?? []), run.p95_ms].slice(-20));
  }
  return trends;
}

function useColumns(
  picked: readonly number[],
  pick: (run: number) => void,
  trends: ReadonlyMap<string, (number | null)[]>,
  onDelete: (run: RunSummary) => void,
  load: () => Promise<void>,
): readonly TableColumn<RunSummary>[] {
  const chosen = picked.join();
  const mayAct = isOperator.value;
  return useMemo(
    () => [
      {
        id: "pick",
        title: "",
        name: "Compare",
        width: "40px",
        cell: (run) => (
          <input
            type="checkbox"
            aria-label={`Compare run ${run.id}`}
            checked={picked.includes(run.id)}
            onChange={() => pick(run.id)}
          />
        ),
      },
      {
        id: "id",
        title: "Run",
        value: (run) => run.id,
        isNumber: true,
        width: "64px",
        cell: (run) => run.id,
      },
      {
        id: "name",
        title: "Name",
        value: (run) => run.name,
        isHead: true,
        cell: (run) => (
          <>
            <a href={href(`/runs/${run.id}/overview`)}>{run.name}</a>
            {run.is_baseline && <span class="badge">baseline</span>}
            {run.is_pinned && <span class="badge">kept</span>}
            {run.is_imported && <span class="badge">imported</span>}
          </>
        ),
      },
      {
        id: "host",
        title: "Target",
        value: (run) => run.host,
        cell: (run) => shortenMiddle(hostOf(run), 28),
        isExtra: true,
      },
      {
        id: "start",
        title: "Start",
        value: (run) => run.started_at,
        cell: (run) => formatDate(run.started_at),
        isExtra: true,
        width: "136px",
      },
      figure("length", "Length", (run) => run.length_seconds, formatElapsed, true),
      figure("users", "Peak users", (run) => run.peak_users, formatCount, true),
      figure("rps", "Req/s", (run) => run.rps, formatNumber),
      figure("failed", "Failed %", (run) => run.failed_ratio, formatRatio),
      figure("p95", "p95", (run) => run.p95_ms, formatMs),
      {
        id: "trend",
        title: "p95 trend",
        cell: (run) => <Sparkline values={trends.get(run.name) ?? []} color="p95" />,
        isExtra: true,
        width: "108px",
      },
      {
        id: "end",
        title: "Ended",
        value: (run) => endPill(run.end).word,
        cell: (run) => {
          const pill = endPill(run.end);
          return (
            <span class={pill.tone === "danger" ? "bad" : undefined}>
              {pill.shape} {pill.word}
            </span>
          );
        },
      },
      {
        id: "note",
        title: "Note",
        value: (run) => run.note,
        cell: (run) =>
          run.note === null ? (
            ""
          ) : (
            <span class="clip" title={run.note}>
              {run.note}
            </span>
          ),
        isExtra: true,
      },
      ...(mayAct
        ? [
            {
              id: "more",
              title: "",
              name: "Actions",
              width: "48px",
              cell: (run: RunSummary) => <RowMenu run={run} onDelete={onDelete} load={load} />,
              isExtra: true,
            },
          ]
        : []),
    ],
    [chosen, trends, mayAct],
  );
}

function figure(
  id: string,
  title: string,
  value: (run: RunSummary) => number | null,
  format: (value: number | null) => string,
  isExtra = false,
): TableColumn<RunSummary> {
  return { id, title, value, cell: (run) => format(value(run)), isNumber: true, isExtra };
}

function RowMenu(props: {
  run: RunSummary;
  onDelete: (run: RunSummary) => void;
  load: () => Promise<void>;
}) {
  const { run, load } = props;
  const item = (text: string, work: () => Promise<unknown>, close: () => void) => (
    <button
      type="button"
      class="menu-item"
      onClick={async () => {
        close();
        await work();
        await load();
      }}
    >
      {text}
    </button>
  );
  return (
    <Menu label="⋯" name={`Actions of run ${run.id}`} kind="quiet">
      {(close) => (
        <>
          {item(
            run.is_baseline ? "Not the baseline" : "Set as baseline",
            () => baseline(run.id, !run.is_baseline),
            close,
          )}
          {item(
            run.is_pinned ? "Need not be kept" : "Keep",
            () => pin(run.id, !run.is_pinned),
            close,
          )}
          {run.end !== null && item("Delete", async () => props.onDelete(run), close)}
        </>
      )}
    </Menu>
  );
}
