// One run, live or over: head, strips, tabs, and the tab that is open.

import { useEffect, useState } from "preact/hooks";
import { runPath, TABS, type Tab } from "../address.ts";
import { formatCount } from "../format.ts";
import type { Topic } from "../model.ts";
import { Button } from "../parts/button.tsx";
import { lazy } from "../parts/lazy.tsx";
import { Strip } from "../parts/pill.tsx";
import { aftermath } from "../state/aftermath.ts";
import { cloud } from "../state/cloud.ts";
import { stop } from "../state/commands.ts";
import { go, href, tabPath } from "../state/place.ts";
import {
  alerts,
  entries,
  exceptions,
  failures,
  isCut,
  isKnown,
  isLasting,
  link,
  missing,
  now,
  server,
  state,
  topics,
  viewedRun,
} from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import { endSentence, lostText, otherRun } from "../words.ts";
import { Overview } from "./overview.tsx";
import { RunHeader } from "./run-header.tsx";
import { cursor } from "./scope.ts";
import { useRunKeys } from "./shortcuts.ts";

const CloudLine = lazy(() => import("./cloud-line.tsx").then((page) => page.CloudLine));
const Endpoints = lazy(() => import("./endpoints.tsx").then((page) => page.Endpoints));
const DiscardDialog = lazy(() => import("./discard-dialog.tsx").then((page) => page.DiscardDialog));
const ExportDialog = lazy(() => import("./export-dialog.tsx").then((page) => page.ExportDialog));
const Failures = lazy(() => import("./failures.tsx").then((page) => page.Failures));
const Log = lazy(() => import("./log.tsx").then((page) => page.Log));
const NoteDialog = lazy(() => import("./note-dialog.tsx").then((page) => page.NoteDialog));
const Setup = lazy(() => import("./setup.tsx").then((page) => page.Setup));
const Workers = lazy(() => import("./workers.tsx").then((page) => page.Workers));

const NEEDED: Record<Tab, readonly Topic[]> = {
  overview: ["overview", "entries", "failures"],
  endpoints: ["overview", "entries", "failures"],
  failures: ["overview", "entries", "failures"],
  workers: ["overview", "entries", "failures", "workers"],
  log: ["overview", "entries", "failures", "log"],
  setup: ["overview", "entries", "failures"],
};

/** The page of a run. */
export function Run(props: { run: number; tab: Tab }) {
  const { run, tab } = props;
  const [isExporting, setIsExporting] = useState(false);
  const [noting, setNoting] = useState<{ at: number | null } | null>(null);
  const [isDiscarding, setIsDiscarding] = useState(false);
  useEffect(() => {
    viewedRun.value = run;
    topics.value = NEEDED[tab];
  }, [run, tab]);
  // The moment is that of the question: the pointer leaves the chart to answer it.
  const onNote = () => setNoting({ at: cursor.peek() ?? sinceStart() });
  useRunKeys(run, onNote);
  return (
    <>
      <header class="run-top">
        <RunHeader
          onExport={() => setIsExporting(true)}
          onNote={onNote}
          onDiscard={() => setIsDiscarding(true)}
        />
        {cloud.value !== null && <CloudLine />}
        <Strips run={run} />
        <Tabs run={run} tab={tab} />
      </header>
      <main class={`content tab-${tab}`} id="main">
        {isKnown.value ? <Body tab={tab} /> : <Waiting />}
      </main>
      {isLasting.value && !isCut.value && isOperator.value && <PhoneStop run={run} />}
      {isExporting && <ExportDialog run={run} onClose={() => setIsExporting(false)} />}
      {isDiscarding && (
        <DiscardDialog
          run={run}
          onClose={() => setIsDiscarding(false)}
          onDone={() => go("/runs")}
        />
      )}
      {noting && <NoteDialog run={run} at={noting.at} onClose={() => setNoting(null)} />}
    </>
  );
}

/** How long the run has lasted by the server's clock; `null` if it has not begun. */
function sinceStart(): number | null {
  const start = state.peek()?.started_at ?? null;
  return start === null ? null : now.peek() - start;
}

function Body(props: { tab: Tab }) {
  switch (props.tab) {
    case "overview":
      return <Overview />;
    case "endpoints":
      return <Endpoints />;
    case "failures":
      return <Failures />;
    case "workers":
      return <Workers />;
    case "log":
      return <Log />;
    case "setup":
      return <Setup />;
  }
}

/** Nothing is known of the run: because nothing was asked yet, or because nobody answers. */
function Waiting() {
  return (
    <p class="waiting" role="status">
      {missing.value ?? (link.value.kind === "lost" ? "The server does not answer." : "Loading…")}
    </p>
  );
}

/** What has to be known now, the newest first, and at most two of it. */
function Strips(props: { run: number }) {
  const shown = state.value;
  const elsewhere = otherRun(server.value, props.run);
  const strips = [];
  if (link.value.kind === "lost") {
    strips.push(
      <Strip tone="danger" key="lost">
        ⚠ {lostText(link.value.since)}
      </Strip>,
    );
  }
  if (aftermath.value !== null) {
    strips.push(
      <Strip tone="plain" key="aftermath">
        {aftermath.value.text}
      </Strip>,
    );
  }
  if (link.value.kind === "polling") {
    strips.push(
      <Strip tone="plain" key="polling">
        Updates every 2 s
      </Strip>,
    );
  }
  if (shown?.phase === "stopping" && (shown.stopping_seconds ?? 0) >= 15) {
    strips.push(<StillRunning key="stopping" workers={shown.still_running.length} />);
  }
  for (const alert of [...alerts.value.values()].sort((a, b) => b.since - a.since)) {
    strips.push(
      <Strip tone={alert.kind === "folded" ? "plain" : "warning"} key={`alert-${alert.id}`}>
        ▲ {alert.text}
      </Strip>,
    );
  }
  if (shown?.end && shown.end.kind !== "finished" && !isCut.value) {
    const isBad = shown.end.kind !== "stopped";
    strips.push(
      <Strip tone={isBad ? "danger" : "plain"} key="end">
        {isBad ? "✕ " : ""}
        {endSentence(shown.end)}
      </Strip>,
    );
  }
  if (elsewhere !== null) {
    strips.push(
      <Strip tone="plain" key="elsewhere">
        Run {elsewhere} is running. <a href={href(runPath(elsewhere))}>Open run {elsewhere}</a>
      </Strip>,
    );
  }
  return <div class="strips">{strips.slice(0, 2)}</div>;
}

function StillRunning(props: { workers: number }) {
  const run = viewedRun.value;
  return (
    <Strip tone="warning">
      {props.workers > 0
        ? `${formatCount(props.workers)} ${props.workers === 1 ? "worker has" : "workers have"} not confirmed. `
        : "Users have not all stopped. "}
      {run !== null && (
        <Button kind="quiet" onClick={() => void stop(run, true)}>
          Stop now
        </Button>
      )}
    </Strip>
  );
}

const TITLES: Record<Tab, string> = {
  overview: "Overview",
  endpoints: "Endpoints",
  failures: "Failures",
  workers: "Workers",
  log: "Log",
  setup: "Setup",
};

function Tabs(props: { run: number; tab: Tab }) {
  const isCluster = state.value === null || state.value.workers !== null;
  return (
    <nav class="tabs" aria-label="Run">
      {TABS.filter((tab) => tab !== "workers" || isCluster || props.tab === tab).map((tab) => (
        <a
          key={tab}
          href={href(tabPath(props.run, tab))}
          aria-current={props.tab === tab ? "page" : undefined}
        >
          {TITLES[tab]} <TabCount tab={tab} />
        </a>
      ))}
      <a href={href("/runs")} class="away">
        Runs
      </a>
    </nav>
  );
}

function TabCount(props: { tab: Tab }) {
  const text = countOf(props.tab);
  return text === null ? null : <span class="count">{text}</span>;
}

function countOf(tab: Tab): string | null {
  const workers = state.value?.workers;
  switch (tab) {
    case "endpoints":
      return (
        entries.value && formatCount([...entries.value.keys()].filter((at) => at !== 0).length)
      );
    case "failures": {
      const groups = (failures.value?.size ?? 0) + (exceptions.value?.size ?? 0);
      return groups > 0 ? formatCount(groups) : null;
    }
    case "workers":
      return workers
        ? `${formatCount(workers.active)}${workers.missing > 0 || workers.expected !== null ? `/${formatCount(workers.expected ?? workers.active + workers.missing)}` : ""}`
        : null;
    default:
      return null;
  }
}

/** On a phone, stopping is always at hand. */
function PhoneStop(props: { run: number }) {
  const isStopping = state.value?.phase === "stopping";
  return (
    <div class="phone-stop">
      <Button kind="stop" onClick={() => void stop(props.run, isStopping)}>
        {isStopping ? "Stop now" : "Stop test"}
      </Button>
    </div>
  );
}
