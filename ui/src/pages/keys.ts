// What single keys stand for: loaded when the first is pressed.

import type { Tab } from "../address.ts";
import { stop } from "../state/commands.ts";
import { go, setQuery, setWindow, tabPath } from "../state/place.ts";
import { isLasting, state } from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import { isClock } from "../state/settings.ts";
import { copyLink } from "./run-header.tsx";
import { cursor, toggleLogAxis } from "./scope.ts";
import { isListOpen } from "./shortcuts.ts";

const TABS: Record<string, Tab> = {
  o: "overview",
  e: "endpoints",
  f: "failures",
  w: "workers",
  l: "log",
  s: "setup",
};

const GO_MS = 1500;
let goUntil = 0;

/** Undoes what is chosen on a run's page. */
export function pressEscape(): void {
  cursor.value = null;
  setWindow(null);
  setQuery({ entry: null, worker: null });
}

/** What a key does on every page. */
export function pressAnywhere(key: string): void {
  if (key === "/") {
    document.querySelector<HTMLElement>("[data-filter]")?.focus();
  } else if (key === "?") {
    isListOpen.value = true;
  } else if (key === "j" || key === "k") {
    document.querySelector<HTMLElement>("[data-rows]")?.focus();
  }
}

/** What a key does on a run's page. */
export function pressOnRun(key: string, run: number, onNote: () => void): void {
  if (Date.now() < goUntil) {
    goUntil = 0;
    const tab = TABS[key];
    if (tab) {
      go(tabPath(run, tab));
    } else if (key === "r") {
      go("/runs");
    }
    return;
  }
  const mayAct = isOperator.peek() && isLasting.peek();
  switch (key) {
    case "g":
      goUntil = Date.now() + GO_MS;
      return;
    case "u":
      document.getElementById("change-users")?.click();
      return;
    case "S":
      if (mayAct) {
        void stop(run, state.peek()?.phase === "stopping");
      }
      return;
    case "n":
      if (mayAct) {
        onNote();
      }
      return;
    case "y":
      toggleLogAxis();
      return;
    case "t":
      isClock.value = !isClock.peek();
      return;
    case "c":
      copyLink();
      return;
  }
}
