// What the cloud line says: what machines there are, what they cost, when they end, how their end goes.
// The server says which of it matters most; the clock is handed in.

import { formatClock, formatSpan, plural } from "./format.ts";
import type { Cloud } from "./model.ts";

/** How grave it is. */
export type CloudTone = "plain" | "ok" | "warning" | "danger";

/** The line, in the order in which it is read. */
export interface CloudLine {
  readonly tone: CloudTone;
  /** What has to be known first; empty where nothing has. */
  readonly head: string;
  /** The rest, in a quieter voice. */
  readonly facts: readonly string[];
  /** What is not up to date, and why; `null` if all is. */
  readonly problem: string | null;
}

/** Machines that there are meant to be, this master among them; `null` if nobody knows. */
export function machineCount(cloud: Cloud): number | null {
  return cloud.teardown?.total ?? (cloud.workers === null ? null : cloud.workers + 1);
}

/** `$6.10`; small amounts keep the digits that count. */
export function formatUsd(amount: number): string {
  return `$${amount.toFixed(amount > 0 && amount < 0.1 ? 3 : 2)}`;
}

/** Time left as on a clock that runs down, `00:47:29`; below an hour without its hours if `isShort`. */
export function formatLeft(seconds: number, isShort = false): string {
  const all = Math.max(0, Math.ceil(seconds));
  const parts = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const shown = isShort && all < 3600 ? parts.slice(1) : parts;
  return shown.map((part) => String(part).padStart(2, "0")).join(":");
}

/** Dollars since the first of the machines began, and not beyond their end; `null` if the price is not known. */
export function usdSoFar(cloud: Cloud, now: number): number | null {
  if (cloud.usd_per_hour === null || cloud.started_at === null) {
    return null;
  }
  const end = Math.min(now, cloud.ends_at ?? now);
  const lately = (Math.max(0, end - cloud.started_at) / 3600) * cloud.usd_per_hour;
  return (cloud.usd_before ?? 0) + lately;
}

/** `AWS eu-north-1 · 200 × c7g.large spot`. */
export function machinesText(cloud: Cloud): string {
  const place = [cloud.provider, cloud.region].filter(Boolean).join(" ");
  const types = cloud.worker_types.join(" or ");
  const workers =
    cloud.workers === null ? "" : `${cloud.workers} × ${types || "workers"}${spot(cloud)}`;
  return [place, workers].filter(Boolean).join(" · ");
}

function spot(cloud: Cloud): string {
  return cloud.is_spot ? " spot" : "";
}

/** `$6.10/h, $1.27 so far`, or that nobody knows. */
export function costText(cloud: Cloud, now: number): string {
  const spent = usdSoFar(cloud, now);
  if (cloud.usd_per_hour === null) {
    return "cost unknown";
  }
  const rate = `${formatUsd(cloud.usd_per_hour)}/h`;
  return spent === null ? rate : `${rate}, ${formatUsd(spent)} so far`;
}

/** What the figures rest on. */
export function pricesText(cloud: Cloud): string {
  const date = cloud.prices_date === null ? "" : `prices of ${cloud.prices_date}, `;
  return `estimate, ${date}without transfer of data`;
}

/** The line at a moment of the server's clock. `isLost` while the server does not answer. */
export function cloudLine(cloud: Cloud, now: number, isLost: boolean): CloudLine {
  const facts = [machinesText(cloud), costText(cloud, now)].filter((fact) => fact !== "");
  const problem = problemText(cloud);
  const left = cloud.ends_at === null ? null : cloud.ends_at - now;
  const lasts =
    left === null ? [] : [`all machines end in ${formatLeft(left)} even if this page is closed`];
  switch (cloud.condition) {
    case "normal":
      return { tone: "plain", head: "", facts: [...facts, ...lasts], problem };
    case "ending_soon":
      return { tone: "warning", head: `Ends in ${formatLeft(left ?? 0, true)}.`, facts, problem };
    case "last_minutes": {
      const head = `Ends in ${formatLeft(left ?? 0, true)}. The test will be cut off.`;
      return { tone: "danger", head, facts, problem };
    }
    case "idle":
      return { tone: "warning", head: idleText(cloud, now), facts: [...facts, ...lasts], problem };
    case "unreadable":
      return {
        tone: "warning",
        head: `Cloud facts unreadable: ${cloud.problem ?? "nobody knows why"}.`,
        facts: [...facts, ...lasts],
        problem: null,
      };
    case "tearing_down":
    case "done":
    case "unconfirmed":
      return endLine(cloud, now, isLost, problem);
  }
}

function idleText(cloud: Cloud, now: number): string {
  const minutes = Math.floor((now - (cloud.idle_since ?? now)) / 60);
  const rate =
    cloud.usd_per_hour === null ? "an unknown cost" : `${formatUsd(cloud.usd_per_hour)}/h`;
  const end =
    cloud.idle_ends_at === null
      ? ""
      : ` Without a test everything ends in ${formatLeft(cloud.idle_ends_at - now, true)}.`;
  return `Idle for ${minutes} min at ${rate}.${end}`;
}

/** The end, in what the provider has confirmed. Nothing is called gone for want of an answer. */
function endLine(cloud: Cloud, now: number, isLost: boolean, problem: string | null): CloudLine {
  const { teardown } = cloud;
  const ended = teardown?.ended ?? 0;
  const total = machineCount(cloud) ?? 0;
  const checked =
    teardown?.checked_at == null ? "" : `, checked ${formatClock(teardown.checked_at)}`;
  const spent = usdSoFar(cloud, now);
  const cost = spent === null ? "Total unknown." : `Total ${formatUsd(spent)} (estimate).`;
  const away = isLost ? "This master no longer answers: it was to end last." : "";
  if (cloud.condition === "unconfirmed") {
    const names = teardown?.unconfirmed ?? [];
    const head = `${plural(names.length, "machine")} not confirmed gone: ${names.join(", ")}.`;
    return { tone: "danger", head, facts: [away].filter(Boolean), problem };
  }
  if (cloud.condition === "done") {
    const head =
      ended >= total
        ? `0 machines left${checked}. ${cost}`
        : `All machines but this master are gone${checked}, and it turns itself off now. ${cost}`;
    return { tone: "ok", head, facts: [away].filter(Boolean), problem };
  }
  const why = teardown === null ? "" : teardown.reason;
  return {
    tone: "plain",
    head: `${ended} of ${plural(total, "machine")} ended${checked}.`,
    facts: [why, away].filter(Boolean),
    problem,
  };
}

function problemText(cloud: Cloud): string | null {
  if (cloud.problem === null) {
    return null;
  }
  const since = cloud.checked_at === null ? "" : ` since ${formatClock(cloud.checked_at)}`;
  return `Not up to date${since}: ${cloud.problem.replace(/\.$/, "")}.`;
}

/** What more time means: the end and the cost if the command is run now. */
export function extensionText(cloud: Cloud, now: number): string {
  const seconds = cloud.extension?.seconds ?? 0;
  const spent = usdSoFar(cloud, now);
  const more = extensionUsd(cloud, now);
  const cost =
    more === null || spent === null
      ? "What that costs is not known"
      : `That costs about ${formatUsd(more)} more than until the present end, ${formatUsd(spent + (cloud.usd_per_hour ?? 0) * (seconds / 3600))} in all`;
  return `Everything then ends ${formatSpan(seconds)} after that: at ${formatClock(now + seconds)} if it is run now. ${cost}.`;
}

/** Dollars that come on top if the machines get more time now; `null` if nobody knows. */
export function extensionUsd(cloud: Cloud, now: number): number | null {
  if (cloud.extension === null || cloud.usd_per_hour === null || cloud.ends_at === null) {
    return null;
  }
  const added = now + cloud.extension.seconds - Math.max(now, cloud.ends_at);
  return Math.max(0, added / 3600) * cloud.usd_per_hour;
}

/** What is read out when the condition becomes another one; `null` for nothing. */
export function announcement(before: Cloud | null, next: Cloud): string | null {
  if (before?.condition === next.condition) {
    return null;
  }
  switch (next.condition) {
    case "last_minutes":
      return "All machines end in less than two minutes. The test will be cut off.";
    case "tearing_down":
      return "All machines are being ended.";
    case "done":
    case "unconfirmed":
      return cloudLine(next, next.teardown?.checked_at ?? 0, false).head;
    default:
      return null;
  }
}
