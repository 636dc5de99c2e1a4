// Names of kinds and states as tables and charts show them.

import type { FailureKind, WorkerState } from "./model.ts";

/** Names of the kinds of failures. */
export const KIND_NAMES: Record<FailureKind, string> = {
  client_error: "status 4xx",
  server_error: "status 5xx",
  timeout: "timeout",
  connection: "connection",
  check: "check in the script",
  blocked: "host not allowed",
  other: "other",
};

/** Names of the states of a worker. */
export const WORKER_STATES: Record<WorkerState, string> = {
  ready: "ready",
  spawning: "starting users",
  running: "running",
  cleanup: "clearing up",
  stopping: "stopping",
  stopped: "stopped",
  missing: "lost",
  gone: "left",
};
