// Single keys. None of them starts a test; a switch turns them off.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Tab } from "../address.ts";
import { stop } from "../state/commands.ts";
import { go, setQuery, setWindow, tabPath } from "../state/place.ts";
import { isLasting, state } from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import { hasKeys, isClock } from "../state/settings.ts";
import { copyLink } from "./run-header.tsx";
import { cursor, toggleLogAxis } from "./scope.ts";

const TABS: Record<string, Tab> = {
  o: "overview",
  e: "endpoints",
  f: "failures",
  w: "workers",
  l: "log",
  s: "setup",
};

/** Whether the list of keys is open. */
export const isListOpen = signal(false);

const GO_MS = 1500;
let goUntil = 0;

/** Keys of a run's page. */
export function useRunKeys(run: number, onNote: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event)) {
        return;
      }
      if (event.key === "Escape") {
        cursor.value = null;
        setWindow(null);
        setQuery({ entry: null, worker: null });
        return;
      }
      if (hasKeys.peek() && pressed(event.key, run, onNote)) {
        event.preventDefault();
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [run, onNote]);
}

/** Keys that work on every page. */
export function useKeys(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || !hasKeys.peek()) {
        return;
      }
      if (event.key === "/") {
        const filter = document.querySelector<HTMLElement>("[data-filter]");
        filter?.focus();
      } else if (event.key === "?") {
        isListOpen.value = true;
      } else if (event.key === "j" || event.key === "k") {
        document.querySelector<HTMLElement>("[data-rows]")?.focus();
        return;
      } else {
        return;
      }
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

/** Does what a key stands for; false if it stands for nothing. */
function pressed(key: string, run: number, onNote: () => void): boolean {
  if (Date.now() < goUntil) {
    goUntil = 0;
    const tab = TABS[key];
    if (tab) {
      go(tabPath(run, tab));
    } else if (key === "r") {
      go("/runs");
    }
    return tab !== undefined || key === "r";
  }
  const mayAct = isOperator.peek() && isLasting.peek();
  switch (key) {
    case "g":
      goUntil = Date.now() + GO_MS;
      return true;
    case "u":
      document.getElementById("change-users")?.click();
      return true;
    case "S":
      if (mayAct) {
        void stop(run, state.peek()?.phase === "stopping");
      }
      return mayAct;
    case "n":
      if (mayAct) {
        onNote();
      }
      return mayAct;
    case "y":
      toggleLogAxis();
      return true;
    case "t":
      isClock.value = !isClock.peek();
      return true;
    case "c":
      copyLink();
      return true;
    default:
      return false;
  }
}

/** Keys belong to whoever types, and to the browser's own combinations. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as Element | null;
  return (
    event.defaultPrevented ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    target?.closest?.("input, textarea, select, dialog, [contenteditable]") != null
  );
}
