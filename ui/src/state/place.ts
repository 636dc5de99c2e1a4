// Where the page is: the address is the state of everything that a link should carry.

import { computed, signal } from "@preact/signals";
import {
  changeQuery,
  parsePlace,
  parseWindow,
  runPath,
  sharedQuery,
  type Tab,
  type Window,
  windowText,
} from "../address.ts";
import { base } from "../api.ts";

const location_ = signal(read());

function read(): { path: string; query: string } {
  const { pathname, search } = window.location;
  const path = pathname.startsWith(base) ? pathname.slice(base.length) : pathname;
  return { path: path === "" ? "/" : path, query: search };
}

/** What the address leads to. */
export const place = computed(() => parsePlace(location_.value.path));

/** Fields of the address after the question mark. */
export const query = computed(() => new URLSearchParams(location_.value.query));

/** The stretch of the run that is shown; `null` for all of it. */
export const shownWindow = computed(() => parseWindow(query.value.get("t")));

/** Path and query as they stand, to come back to. */
export const here = computed(() => `${location_.value.path}${location_.value.query}`);

/** An address of the page as the browser knows it. */
export function href(path: string): string {
  return base + path;
}

/** Path of a tab of the run that is looked at: it shows the same stretch on the same axis. */
export function tabPath(run: number, tab: Tab, entry: string | null = null): string {
  return runPath(run, tab) + sharedQuery(location_.value.query, { entry });
}

/** Goes to another address of the page. */
export function go(path: string, replace = false): void {
  window.history[replace ? "replaceState" : "pushState"](null, "", href(path));
  location_.value = read();
}

/** Changes fields of the address in place; `null` takes one out. */
export function setQuery(changes: Record<string, string | null>): void {
  const { path, query: before } = location_.peek();
  const after = changeQuery(before, changes);
  if (after !== before) {
    go(path + after, true);
  }
}

/** Narrows charts and tables to a stretch of the run, or shows all of it. */
export function setWindow(shown: Window | null): void {
  setQuery({ t: shown && windowText(shown) });
}

/** Follows the browser's buttons, and links of the page without loading it again. */
export function followAddress(): void {
  window.addEventListener("popstate", () => {
    location_.value = read();
  });
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (
      !link ||
      !isPlain ||
      event.defaultPrevented ||
      link.target !== "" ||
      link.hasAttribute("download") ||
      link.origin !== window.location.origin ||
      link.getAttribute("href")?.startsWith("#") ||
      !link.pathname.startsWith(`${base}/`) ||
      link.pathname.startsWith(`${base}/api/`)
    ) {
      return;
    }
    event.preventDefault();
    go(link.pathname.slice(base.length) + link.search);
    window.scrollTo(0, 0);
  });
}
