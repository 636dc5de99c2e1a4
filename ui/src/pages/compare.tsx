// Two runs side by side. The server says which changes are more than what varies by itself.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { formatElapsed } from "../format.ts";
import type { Compare, RunSummary } from "../model.ts";
import { BY_P95_CHANGE, Comparison, comparisonScope } from "../parts/comparison.tsx";
import { orderText, parseOrder } from "../search.ts";
import { address, getRuns, isDone } from "../state/commands.ts";
import { getCompare } from "../state/orders.ts";
import { href, query, setQuery, setWindow, shownWindow } from "../state/place.ts";
import { viewedRun } from "../state/run.ts";
import { isLogAxis } from "./scope.ts";
import "../style/later.ts";

const cursor = signal<number | null>(null);

/** The page of a comparison. */
export function ComparePage() {
  const a = Number(query.value.get("a"));
  const b = Number(query.value.get("b"));
  const chosen = shownWindow.value;
  const [compare, setCompare] = useState<Compare | null>(null);
  const [isAlone, setIsAlone] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    viewedRun.value = null;
    document.title = `Compare ${a} and ${b} · gregaria`;
  }, [a, b]);
  // With one run named, the other is the baseline of the same name, or the run of it before.
  useEffect(() => {
    let isWanted = true;
    if (b > 0 && !(a > 0)) {
      void getRuns().then((answer) => {
        if (isWanted && isDone(answer)) {
          const other = counterpart(answer.value.runs, b);
          setIsAlone(other === null);
          if (other !== null) {
            setQuery({ a: String(other) });
          }
        }
      });
    }
    return () => {
      isWanted = false;
    };
  }, [a, b]);
  useEffect(() => {
    let isWanted = true;
    if (a > 0 && b > 0) {
      void getCompare(a, b, chosen?.from ?? null, chosen?.to ?? null).then((answer) => {
        if (!isWanted) {
          return;
        }
        if (answer.kind === "refused" && answer.status === 404) {
          void missingOf(a, b).then((text) => isWanted && setProblem(text));
        } else if (isDone(answer)) {
          setProblem(null);
          setCompare(answer.value);
        }
      });
    }
    return () => {
      isWanted = false;
    };
  }, [a, b, chosen]);
  return (
    <main class="content" id="main">
      <div class="bar">
        <h1>Compare</h1>
        {compare && (
          <a
            class="button plain"
            href={address(`/runs/${compare.b.run.id}/report.html`, { against: compare.a.run.id })}
            download=""
          >
            Export
          </a>
        )}
      </div>
      {isAlone || !(b > 0) ? (
        <p class="card table-empty">
          Pick two <a href={href("/runs")}>runs</a> to compare.
        </p>
      ) : problem !== null ? (
        <p class="card table-empty">
          {problem} Pick two <a href={href("/runs")}>runs</a> to compare.
        </p>
      ) : compare === null ? (
        <p class="waiting">Loading…</p>
      ) : (
        <>
          {chosen && (
            <div class="bar">
              <button type="button" class="button quiet" onClick={() => setWindow(null)}>
                Values for {formatElapsed(chosen.from)}–{formatElapsed(chosen.to)} ✕
              </button>
            </div>
          )}
          <Comparison
            compare={compare}
            scope={comparisonScope(compare, chosen, { cursor, onZoom: setWindow })}
            isLog={isLogAxis()}
            filter={query.value.get("q") ?? ""}
            onFilter={(q) => setQuery({ q })}
            order={parseOrder(query.value.get("sort") ?? undefined, BY_P95_CHANGE)}
            onOrder={(next) => setQuery({ sort: orderText(next) })}
            link={(run) => href(`/runs/${run}/overview`)}
          />
        </>
      )}
    </main>
  );
}

/** Which of two runs is not there. */
async function missingOf(a: number, b: number): Promise<string> {
  const answer = await getRuns();
  const known = new Set(answer.kind === "done" ? answer.value.runs.map((run) => run.id) : []);
  const missing = answer.kind === "done" ? [a, b].filter((run) => !known.has(run)) : [];
  return missing.length === 1
    ? `There is no run ${missing[0]}.`
    : missing.length === 2
      ? `There are no runs ${a} and ${b}.`
      : "One of the two runs is not there.";
}

/** What a run is compared with unless somebody says: the baseline of its test, else the run before. */
function counterpart(runs: readonly RunSummary[], b: number): number | null {
  const name = runs.find((run) => run.id === b)?.name;
  const others = runs.filter((run) => run.name === name && run.id !== b && run.end !== null);
  const before = others.filter((run) => run.id < b).map((run) => run.id);
  return others.find((run) => run.is_baseline)?.id ?? (before.length ? Math.max(...before) : null);
}
