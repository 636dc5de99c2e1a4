// What is said about the server after it was away: that it is back, or that it is another one.

import { signal } from "@preact/signals";
import { backText, restartedText } from "../words.ts";

/** What is said, and the run that the end of the server cut off; `null` if there was none. */
export interface Aftermath {
  readonly text: string;
  readonly cut: number | null;
}

/** What is said now; `null` if nothing. */
export const aftermath = signal<Aftermath | null>(null);

const SHOWN_MS = 8000;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says for a while that the server is back. That it cut a run off is not taken back by it. */
export function sayBack(missing: number): void {
  if (aftermath.peek()?.cut == null) {
    say({ text: backText(missing), cut: null });
  }
}

/**
 * Says that another server answers than before. With a run that it cut off, seen last at a moment of
 * the server's clock, that stays until somebody opens the run; `isSaved` as soon as that is known.
 */
export function sayRestarted(
  now: number,
  cut: { run: number; last: number; isSaved?: boolean } | null,
): void {
  say({ text: restartedText(now, cut), cut: cut?.run ?? null });
}

/** Takes back what is said. */
export function forgetAftermath(): void {
  clearTimeout(timer);
  aftermath.value = null;
}

function say(next: Aftermath): void {
  forgetAftermath();
  aftermath.value = next;
  if (next.cut === null) {
    timer = setTimeout(forgetAftermath, SHOWN_MS);
  }
}
