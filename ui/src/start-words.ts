// What the form says about a start before it is one.

import { formatClock, formatCount, formatSpan, plural } from "./format.ts";
import type { Load, TargetStanding } from "./model.ts";
import type { Tone } from "./words.ts";

/** What a start would do: `5,000 users after 1 min 40 s, ends 14:52.` */
export function previewText(load: Load, now: number): string | null {
  const { users, spawn_rate: rate, run_time_seconds: length } = load;
  if (load.shape !== null) {
    return `The shape ${load.shape} says how many users run.`;
  }
  if (users === null || rate === null || users < 1 || rate <= 0) {
    return null;
  }
  const ramp = users / rate;
  const all = plural(users, "user");
  const ends = length === null ? "runs until it is stopped" : `ends ${clockMinute(now + length)}`;
  if (length !== null && ramp > length) {
    const reached = Math.floor(rate * length);
    return `Only ${formatCount(reached)} of ${formatCount(users)} users are started before it ${ends}.`;
  }
  return ramp < 1
    ? `${all} at once, ${ends}.`
    : `${all} after ${formatSpan(Math.ceil(ramp))}, ${ends}.`;
}

/** Above the button that starts: `5,000 users on 200 workers, 25 each.` */
export function spreadText(users: number | null, workers: number | null): string | null {
  if (users === null || users < 1) {
    return null;
  }
  if (workers === null || workers < 1) {
    return `${plural(users, "user")}.`;
  }
  const least = Math.floor(users / workers);
  const most = Math.ceil(users / workers);
  const each = least === most ? `${formatCount(most)} each` : `${least} or ${most} each`;
  return `${plural(users, "user")} on ${plural(workers, "worker")}, ${each}. Estimated worker CPU is not known yet.`;
}

/** What stands beside the host in the form. */
export function standingText(standing: TargetStanding): { mark: string; text: string; tone: Tone } {
  switch (standing) {
    case "private":
      return { mark: "✓", text: "private", tone: "ok" };
    case "allowed":
      return { mark: "✓", text: "allowed", tone: "ok" };
    case "confirmed":
      return { mark: "✓", text: "confirmed", tone: "ok" };
    case "asks":
      return { mark: "▲", text: "asks before start", tone: "warning" };
    case "refused":
      return { mark: "✕", text: "refused", tone: "danger" };
    case "unresolved":
      return { mark: "▲", text: "name leads nowhere", tone: "warning" };
    case "invalid":
      return { mark: "✕", text: "not a URL", tone: "danger" };
  }
}

function clockMinute(time: number): string {
  return formatClock(time).slice(0, 5);
}
