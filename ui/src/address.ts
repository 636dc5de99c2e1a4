// Addresses of the page: a copied link shows the same run, tab, filter, window and axis.

/** Tabs of a run, in the order in which they stand. */
export const TABS = ["overview", "endpoints", "failures", "workers", "log", "setup"] as const;

/** Name of a tab. */
export type Tab = (typeof TABS)[number];

/** What an address leads to. */
export type Place =
  | { readonly page: "home" | "login" | "new" | "runs" | "compare" | "unknown" }
  | { readonly page: "run"; readonly run: number; readonly tab: Tab };

/** Reads a path, without what the server puts before it. */
export function parsePlace(path: string): Place {
  const [first, second, third, ...rest] = path.split("/").filter((part) => part !== "");
  if (first === undefined) {
    return { page: "home" };
  }
  if (second === undefined && ["login", "new", "runs", "compare"].includes(first)) {
    return { page: first as "login" | "new" | "runs" | "compare" };
  }
  const tab = (third ?? "overview") as Tab;
  if (first === "runs" && /^\d{1,15}$/.test(second ?? "") && rest.length === 0) {
    return TABS.includes(tab) ? { page: "run", run: Number(second), tab } : { page: "unknown" };
  }
  return { page: "unknown" };
}

/** Path of a tab of a run. */
export function runPath(run: number, tab: Tab = "overview"): string {
  return `/runs/${run}/${tab}`;
}

/** A stretch of a run that charts and tables are narrowed to, in seconds since its start. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Reads `30-90`; anything else is no window. */
export function parseWindow(text: string | null | undefined): Window | null {
  const match = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text ?? "");
  if (!match) {
    return null;
  }
  const [from, to] = [Number(match[1]), Number(match[2])];
  return from < to ? { from, to } : null;
}

/** The window as it stands in an address. */
export function windowText(window: Window): string {
  return `${round(window.from)}-${round(window.to)}`;
}

/** A query with some fields changed; `null` and empty ones are left out. */
export function changeQuery(query: string, changes: Record<string, string | null>): string {
  const fields = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") {
      fields.delete(name);
    } else {
      fields.set(name, value);
    }
  }
  const text = fields.toString();
  return text === "" ? "" : `?${text}`;
}

/** Fields that are of all tabs of a run: the stretch, whether it is the last minutes, the axis. */
const SHARED = ["t", "live", "y"] as const;

/** What another tab of the same run takes over from a query, with further fields. */
export function sharedQuery(query: string, more: Record<string, string | null> = {}): string {
  const fields = new URLSearchParams(query);
  const shared = SHARED.map((name) => [name, fields.get(name)] as const);
  return changeQuery("", { ...Object.fromEntries(shared), ...more });
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
