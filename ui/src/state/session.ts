// Who looks at the page, and what they may do.

import { computed, signal } from "@preact/signals";
import { getSession } from "../api.ts";
import type { Session } from "../model.ts";
import { go, here } from "./place.ts";

/** `null` until the server has said. */
export const session = signal<Session | null>(null);

/** Whether runs may be started, changed and stopped. */
export const isOperator = computed(() => session.value?.role === "operator");

/** Whether the server tells anything. */
export const isSignedIn = computed(() => (session.value?.role ?? null) !== null);

/** Whether nothing can be seen without signing in. */
export const mustSignIn = computed(
  () => session.value?.is_login_required === true && session.value.role === null,
);

/** Asks who looks; the answer says whether the server was there. */
export async function loadSession(): Promise<boolean> {
  const answer = await getSession();
  if (answer.kind === "done") {
    session.value = answer.value;
  }
  return answer.kind === "done";
}

/** Shows the sign-in, which leads back to where the page is. */
export function askToSignIn(): void {
  go(`/login?next=${encodeURIComponent(here.peek())}`, true);
}
