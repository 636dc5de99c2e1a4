// The machines that the test runs on, where they are in a cloud, and the clock that they end by.

import { signal } from "@preact/signals";
import type { Cloud } from "../model.ts";

/** What is known of them; `null` where there is no cloud. */
export const cloud = signal<Cloud | null>(null);

/** Seconds by which the server's clock is ahead of this one. */
let ahead = 0;

/** Takes in the server's clock. */
export function takeClock(now: number): void {
  ahead = now - Date.now() / 1000;
}

/** The server's clock: the end of the machines is a moment on it. */
export function serverNow(): number {
  return Date.now() / 1000 + ahead;
}
