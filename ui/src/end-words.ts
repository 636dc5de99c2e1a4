// What the end of a run leaves to be said.

import { formatCount } from "./format.ts";

/** What is counted nowhere else; `null` if it is nothing, or not known. */
export function abortedText(requests: number | null | undefined): string | null {
  if (!requests) {
    return null;
  }
  return requests === 1
    ? "1 request was cut off unanswered, and is counted nowhere else."
    : `${formatCount(requests)} requests were cut off unanswered, and are counted nowhere else.`;
}
