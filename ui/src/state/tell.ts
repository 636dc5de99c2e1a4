// What is said once: short notices on the screen, and words for those who do not see it.

import { signal } from "@preact/signals";

/** A notice that goes away by itself. */
export interface Toast {
  readonly id: number;
  readonly text: string;
}

export const toasts = signal<readonly Toast[]>([]);
/** Read out when there is a pause. */
export const politely = signal("");
/** Read out at once. */
export const atOnce = signal("");

const TOAST_MS = 6000;
let next = 0;

/** Shows a notice for a few seconds. */
export function toast(text: string): void {
  next += 1;
  const id = next;
  toasts.value = [...toasts.value, { id, text }].slice(-3);
  setTimeout(() => dismiss(id), TOAST_MS);
}

/** Takes a notice away. */
export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** Has something read out. */
export function announce(text: string, isUrgent = false): void {
  (isUrgent ? atOnce : politely).value = text;
}
