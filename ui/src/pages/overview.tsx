// The first screen: what can be said in one sentence, six figures, four charts, the endpoints in trouble.

import { formatElapsed, zoneName } from "../format.ts";
import type { State } from "../model.ts";
import { Button } from "../parts/button.tsx";
import { Charts } from "../parts/charts.tsx";
import { EntryTable } from "../parts/entry-table.tsx";
import { KeyFigures } from "../parts/figures.tsx";
import { lazy } from "../parts/lazy.tsx";
import { byTrouble, windowRows } from "../rows.ts";
import { go, href, query, setQuery, setWindow, shownWindow, tabPath } from "../state/place.ts";
import {
  entries,
  heat,
  isLasting,
  isStale,
  marks,
  names,
  overview,
  state,
  timeline,
  viewedRun,
} from "../state/run.ts";
import { isClock } from "../state/settings.ts";
import { atOnce } from "../state/tell.ts";
import { emptyText, endSentence, noLinesText } from "../words.ts";
import { usersNote } from "./run-header.tsx";
import { isLogAxis, scopeOf, toggleLogAxis } from "./scope.ts";
import { useWindow } from "./window.ts";

const Kept = lazy(() => import("./kept.tsx").then((page) => page.Kept));

/** Endpoints at the foot of the overview. */
const IN_TROUBLE = 8;

/** The overview of a run. */
export function Overview() {
  const shown = state.value;
  const start = shown?.started_at ?? null;
  if (shown === null) {
    return null;
  }
  return (
    <>
      <Sentence shown={shown} />
      <FiguresNow shown={shown} />
      {start !== null && (
        <>
          <ChartBar start={start} />
          <AllCharts start={start} />
        </>
      )}
      <Trouble />
    </>
  );
}

/** What is certain, in one sentence. The verdicts have their place here. */
function Sentence(props: { shown: State }) {
  const { end, notices } = props.shown;
  const run = viewedRun.value;
  return (
    <div class="sentence">
      {end?.kind === "finished" && <p>{endSentence(end)}</p>}
      {notices.map((notice) => (
        <p key={notice} class="note">
          {notice}
        </p>
      ))}
      {end && run !== null && <Kept run={run} />}
    </div>
  );
}

function FiguresNow(props: { shown: State }) {
  const figures = overview.value;
  const chosen = useWindow();
  const isOver = !isLasting.value;
  const { users } = props.shown;
  const span = chosen
    ? `${formatElapsed(chosen.from)}–${formatElapsed(chosen.to)}`
    : isOver
      ? "whole run"
      : null;
  const shown = chosen?.window.total ?? (isOver ? figures?.whole_run : figures?.current) ?? null;
  return (
    <>
      <KeyFigures
        users={isOver ? users.peak : (figures?.users ?? users.running)}
        target={isOver ? null : users.target}
        usersNote={isOver ? "peak" : usersNote(props.shown)}
        figures={shown}
        span={span}
        isOver={isOver}
        isStale={isStale.value}
      />
      <button
        type="button"
        class="unseen-until-focus"
        onClick={() => {
          const cards = [...document.querySelectorAll(".figure")];
          atOnce.value = cards.map((card) => card.textContent).join(", ");
        }}
      >
        Read current figures
      </button>
    </>
  );
}

/** Which stretch is shown, and on which clock. */
function ChartBar(props: { start: number }) {
  const chosen = shownWindow.value;
  const isLastOnly = query.value.get("live") === "5m";
  return (
    <div class="chart-bar">
      {chosen ? (
        <Button onClick={() => setWindow(null)}>
          Show all ({formatElapsed(chosen.from)}–{formatElapsed(chosen.to)} is shown)
        </Button>
      ) : (
        <fieldset class="switch">
          <legend class="unseen">Stretch</legend>
          <Button kind="quiet" aria-pressed={!isLastOnly} onClick={() => setQuery({ live: null })}>
            Whole run
          </Button>
          <Button kind="quiet" aria-pressed={isLastOnly} onClick={() => setQuery({ live: "5m" })}>
            Last 5 min
          </Button>
        </fieldset>
      )}
      <Button
        kind="quiet"
        onClick={() => {
          isClock.value = !isClock.value;
        }}
      >
        {isClock.value ? `Clock (${zoneName(props.start)})` : "Elapsed time"}
      </Button>
    </div>
  );
}

function AllCharts(props: { start: number }) {
  return (
    <Charts
      timeline={timeline.value}
      scope={scopeOf(props.start, timeline.value, marks.value.values())}
      heat={heat.value}
      isLog={isLogAxis()}
      onLog={toggleLogAxis}
      isStale={isStale.value}
      empty={noLinesText(overview.value?.whole_run.requests ?? null, !isLasting.value)}
    />
  );
}

function Trouble() {
  const chosen = useWindow();
  const run = viewedRun.value;
  const all = chosen ? windowRows(chosen.window, names.value) : entries.value;
  if (all === null || run === null) {
    return null;
  }
  const rows = byTrouble(all.values());
  const requests = overview.value?.whole_run.requests ?? null;
  return (
    <section class="card section">
      <header class="section-head">
        <h2>Endpoints</h2>
        <span class="note">most failures first, then what has become slower, then the slowest</span>
        <a href={href(tabPath(run, "endpoints"))}>All {rows.length}</a>
      </header>
      <EntryTable
        label="Endpoints in trouble"
        rows={rows.slice(0, IN_TROUBLE)}
        empty={emptyText("requests", requests, !isLasting.value)}
        onOpen={(row) => go(tabPath(run, "endpoints", String(row.index)))}
      />
    </section>
  );
}
