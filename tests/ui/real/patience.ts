// How long something may take: as long as it is promised, and longer where more runs than there are cores.

import { cpus, loadavg } from "node:os";

/** A promise in milliseconds as a machine with this load can keep it; at most four times as long. */
export function allowed(milliseconds: number): number {
  const [load = 0] = loadavg();
  return milliseconds * Math.min(4, Math.max(1, load / cpus().length));
}
