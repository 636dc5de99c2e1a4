// Single keys. None of them starts a test; a switch turns them off. What they do is loaded with the first.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { hasKeys } from "../state/settings.ts";

/** Whether the list of keys is open. */
export const isListOpen = signal(false);

/** Has keys pressed that are for nobody else. */
function useKeydown(press: (event: KeyboardEvent) => void, by: readonly unknown[]): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!isTyping(event)) {
        press(event);
      }
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, by);
}

/** Keys of a run's page. */
export function useRunKeys(run: number, onNote: () => void): void {
  useKeydown(
    (event) => {
      if (event.key === "Escape") {
        void import("./keys.ts").then((keys) => keys.pressEscape());
      } else if (hasKeys.peek() && event.key.length === 1) {
        void import("./keys.ts").then((keys) => keys.pressOnRun(event.key, run, onNote));
      }
    },
    [run, onNote],
  );
}

/** Keys that work on every page. */
export function useKeys(): void {
  useKeydown((event) => {
    if (hasKeys.peek() && /^[/?jk]$/.test(event.key)) {
      // A slash is typed nowhere, and opens no search of the browser's.
      if (event.key === "/" || event.key === "?") {
        event.preventDefault();
      }
      void import("./keys.ts").then((keys) => keys.pressAnywhere(event.key));
    }
  }, []);
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
