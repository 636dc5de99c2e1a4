// Says where a chosen stretch of the run does not narrow what is shown.

import { formatElapsed } from "../format.ts";

/** What stands beside figures that a chosen stretch of the run does not narrow. */
export function wholeRunText(shown: { from: number; to: number }): string {
  return `whole run, not ${formatElapsed(shown.from)}–${formatElapsed(shown.to)}`;
}
