// Ending all machines before their time: what was measured goes first.

import { address } from "../api.ts";
import { tearDown as postTeardown } from "../api-later.ts";
import { isDone, stop } from "./commands.ts";
import { server } from "./run.ts";

/** How far an end has come. */
export type EndStep = "stopping" | "exporting" | "ending";

/** Milliseconds in which a run stops by itself; then it is cut off, and then given up. */
const STOP_MS = 20_000;

/**
 * Stops the run, fetches its report, and only then ends all machines. Returns what went wrong, or
 * `null`; nothing is ended if something did.
 */
export async function exportAndTearDown(
  run: number,
  onStep: (step: EndStep) => void,
): Promise<string | null> {
  if (lastsNow()) {
    onStep("stopping");
    await stop(run, false);
    if (!(await hasStopped())) {
      await stop(run, true);
      if (!(await hasStopped())) {
        return "The test does not stop. Nothing was ended.";
      }
    }
  }
  onStep("exporting");
  const report = await fetchReport(run);
  if (report === null) {
    return `The report of run ${run} cannot be fetched. Nothing was ended.`;
  }
  save(report.file, report.name ?? `run-${run}.html`);
  return tearDown(null, onStep);
}

/** Ends all machines, after the run that is named. Returns what went wrong, or `null`. */
export async function tearDown(
  run: number | null,
  onStep: (step: EndStep) => void = () => {},
): Promise<string | null> {
  onStep("ending");
  const answer = await postTeardown({ run });
  return isDone(answer) ? null : "The machines are not being ended.";
}

/** The report as a file, if all of it has come. */
async function fetchReport(run: number): Promise<{ file: Blob; name: string | null } | null> {
  try {
    const url = address(`/runs/${run}/report.html`);
    const answer = await fetch(url, { credentials: "same-origin" });
    const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
    return answer.ok ? { file: await answer.blob(), name: named?.[1] ?? null } : null;
  } catch {
    return null;
  }
}

function lastsNow(): boolean {
  const phase = server.peek()?.phase;
  return phase === "starting" || phase === "running" || phase === "stopping";
}

function hasStopped(): Promise<boolean> {
  return new Promise((settle) => {
    const end = (is: boolean) => {
      clearTimeout(timer);
      forget();
      settle(is);
    };
    const timer = setTimeout(() => end(false), STOP_MS);
    let forget = () => {};
    forget = server.subscribe(() => {
      if (!lastsNow()) {
        queueMicrotask(() => end(true));
      }
    });
  });
}

function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
