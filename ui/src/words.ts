// What the page says about states: one place for its sentences, so that each is tested once.

import { formatClock, formatCount, formatElapsed, formatSpan } from "./format.ts";
import type { EndKind, RunEnd, State } from "./model.ts";

/** How a state looks: the shape never says less than the colour. */
export type Tone = "plain" | "ok" | "busy" | "warning" | "danger";

/** The pill beside the name of a run. */
export interface Pill {
  readonly shape: "○" | "◔" | "●" | "■" | "✕" | "⚠";
  readonly word: string;
  readonly tone: Tone;
}

/** What is known about the way to the server. */
export type Link =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "polling" }
  | { readonly kind: "lost"; readonly since: number | null }
  | { readonly kind: "signed_out" };

const ENDS: Record<EndKind, Pill> = {
  finished: { shape: "■", word: "Finished", tone: "plain" },
  stopped: { shape: "■", word: "Stopped", tone: "plain" },
  workers_lost: { shape: "✕", word: "Ended", tone: "danger" },
  error: { shape: "✕", word: "Ended with error", tone: "danger" },
  cut_off: { shape: "✕", word: "Cut off", tone: "danger" },
};

/** The pill of a run that was cut off while somebody looked at it. */
export const RESTARTED: Pill = { shape: "⚠", word: "Restarted", tone: "danger" };

/** The pill of a run that has ended. */
export function endPill(end: RunEnd | null): Pill {
  return end === null ? { shape: "●", word: "Running", tone: "ok" } : ENDS[end.kind];
}

/** The pill of a state. What the server cannot tell any more is not told as if it could. */
export function statePill(state: State, link: Link): Pill {
  if (link.kind === "lost" && state.end === null) {
    return { shape: "⚠", word: "Not connected", tone: "danger" };
  }
  const lost = state.workers?.missing ?? 0;
  switch (state.phase) {
    case "waiting_for_workers":
      return { shape: "○", word: "Waiting for workers", tone: "plain" };
    case "ready":
      return { shape: "○", word: "Ready", tone: "plain" };
    case "starting": {
      const { running, target } = state.users;
      const word = `Starting ${formatCount(running)}/${formatCount(target)}`;
      return { shape: "◔", word, tone: "busy" };
    }
    case "running":
      return lost > 0
        ? { shape: "●", word: "Running (degraded)", tone: "warning" }
        : { shape: "●", word: "Running", tone: "ok" };
    case "stopping": {
      const seconds = state.stopping_seconds;
      const word = seconds === null ? "Stopping" : `Stopping ${Math.floor(seconds)} s`;
      return { shape: "◔", word, tone: "busy" };
    }
    case "ended":
      return state.end === null
        ? { shape: "■", word: "Ended", tone: "plain" }
        : ENDS[state.end.kind];
  }
}

/** The run that goes on while another one is looked at; `null` if there is none. */
export function otherRun(server: State | null, viewed: number): number | null {
  return server !== null && server.end === null && server.run !== viewed ? server.run : null;
}

/** How and why a run ended, in one sentence. */
export function endSentence(end: RunEnd): string {
  const at = formatClock(end.time);
  const why = end.reason === "" ? "" : `: ${end.reason.replace(/\.$/, "")}`;
  switch (end.kind) {
    case "finished":
      return `Finished at ${at}${why}.`;
    case "stopped":
      // Where nobody signs in, the reason says from where it was stopped.
      return end.by === null && !end.reason.startsWith("stopped by ")
        ? `Stopped at ${at}${why}.`
        : `Stopped by ${end.by ?? end.reason.slice("stopped by ".length)} at ${at}.`;
    case "workers_lost":
      return `Ended at ${at}${why}.`;
    case "error":
      return `Ended with an error at ${at}${why}.`;
    case "cut_off":
      return `Cut off at ${at}${why}. Saved as incomplete.`;
  }
}

/** What a server says in lower case, as a sentence. Code and names at its begin stay as they are. */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  const first = /^[a-z]/.test(trimmed) ? trimmed.charAt(0).toUpperCase() : trimmed.charAt(0);
  return `${first}${trimmed.slice(1)}${/[.!?:…]$/.test(trimmed) || trimmed === "" ? "" : "."}`;
}

/** Elapsed time of the time that a run shall last: `12:31/20:00`. */
export function elapsedText(state: State, now: number): string {
  if (state.started_at === null) {
    return "";
  }
  const elapsed = formatElapsed((state.end?.time ?? now) - state.started_at);
  return state.ends_at === null
    ? elapsed
    : `${elapsed}/${formatElapsed(state.ends_at - state.started_at)}`;
}

/** When all users run, as far as the rate tells; `null` if nothing is being started. */
export function readyIn(state: State): string | null {
  const rate = state.load?.spawn_rate;
  const missing = state.users.target - state.users.running;
  if (state.phase !== "starting" || !rate || missing <= 0) {
    return null;
  }
  return `ready in about ${formatSpan(missing / rate)}`;
}

/** Why there is nothing in a table: the three are different facts. */
export function emptyText(what: string, requests: number | null, isOver: boolean): string {
  if (!requests) {
    return isOver ? "No requests in this run." : "No requests yet.";
  }
  return isOver ? `No ${what} in ${formatCount(requests)} requests.` : `No ${what} yet.`;
}

/** Why a chart has no lines: what a second has counted is known when it is over, and figures before it. */
export function noLinesText(requests: number | null, isOver: boolean): string {
  if (!requests) {
    return emptyText("requests", requests, isOver);
  }
  return isOver
    ? "The run was too short to be drawn."
    : "Drawn as soon as the first seconds are complete.";
}

/** The strip while nothing comes from the server. */
export function lostText(since: number | null): string {
  return since === null
    ? "No connection to the server. Retrying."
    : `No data since ${formatClock(since)}. Retrying.`;
}

/** The strip after the way to the server was open again. */
export function backText(missing: number): string {
  return `Back. ${formatSpan(missing)} were missing and have been loaded.`;
}

/**
 * The strip when another server answers than before, and what became of the run that the one before
 * had cut off: whether it is saved is said as soon as it is known.
 */
export function restartedText(
  now: number,
  cut: { run: number; last: number; isSaved?: boolean } | null,
): string {
  const restarted = `The master restarted at ${formatClock(now).slice(0, 5)}.`;
  if (cut === null) {
    return restarted;
  }
  const saved = cut.isSaved ? " and is saved as incomplete" : " and was not saved";
  const left = cut.isSaved === undefined ? "" : saved;
  return `${restarted} Run ${cut.run} was cut off at ${formatClock(cut.last)}${left}.`;
}

/** Title of the browser's tab. */
export function titleText(pill: Pill, rps: string | null, failed: string | null, name: string) {
  const figures = rps === null ? pill.word : `${rps} req/s · ${failed} failed`;
  return `${pill.shape} ${figures} · ${name}`;
}
