// How long something may take: as long as it is promised, and longer where more runs than there are cores,
// or where the machine has stood still.

import { cpus, loadavg } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** How long this process has been kept from what it had to do, since its tests began. */
const held = monitorEventLoopDelay({ resolution: 20 });
held.enable();

/** A promise in milliseconds as a machine with this load can keep it. */
export function allowed(milliseconds: number): number {
  const [load = 0] = loadavg();
  const crowd = Math.min(4, Math.max(1, load / cpus().length));
  // What is waited for passes through some processes, each of which may have been held like this one.
  return milliseconds * crowd + 4 * (held.max / 1e6);
}
