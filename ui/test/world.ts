// A scripted run with known figures: what the page has to show is computed here by the same formulas as
// what it is sent. Times are seconds since the start of the run.

import type {
  Distribution,
  EntryColumns,
  EntryFolders,
  EntryName,
  ExceptionGroup,
  FailureCourses,
  FailureGroup,
  Figures,
  GroupWindow,
  HeatColumn,
  HeatMap,
  LogLine,
  Mark,
  Overview,
  RequestSample,
  RunSummary,
  Series,
  StartForm,
  State,
  WorkerColumns,
  WorkerName,
  WorkersCourse,
} from "../src/model.ts";

/** How large the scripted run is and what happens in it. */
export interface Script {
  readonly entries: number;
  readonly workers: number;
  readonly lost: number;
  /** Seconds of history before anybody looks. */
  readonly history: number;
  /** A stretch in which nothing was measured. */
  readonly gap: readonly [number, number] | null;
  readonly hasFailures: boolean;
  /** Different errors of the test's own code; 1 unless it is said. */
  errors?: number;
}

export const RUN = 42;
export const LOAD = { users: 5000, spawn_rate: 83.3, run_time_seconds: 1200, shape: null };
export const HOST = "https://staging.shop.example";
/** Rows of the heat map. */
export const EDGES = Array.from({ length: 24 }, (_, row) => 10 ** (row / 6));

/** A number that looks random and is the same each time. */
function wobble(seed: number): number {
  const value = Math.sin(seed * 12.9898) * 43758.5453;
  return value - Math.floor(value);
}

/** Three digits that count, as the server sends them. */
function short(value: number): number {
  return Number(value.toPrecision(3));
}

const PATHS = ["/", "/item/[id]", "/cart", "/checkout", "/search", "/account", "/api/v2/orders"];

/** Name of an endpoint; 0 is the total. */
export function entryName(index: number): EntryName {
  if (index === 0) {
    return { index, method: "", name: "Aggregated" };
  }
  const path = PATHS[(index - 1) % PATHS.length] as string;
  const round = Math.floor((index - 1) / PATHS.length);
  return {
    index,
    method: index % 3 === 0 ? "POST" : "GET",
    name: round ? `${path}/part-${round}` : path,
  };
}

/** What is true at a second of the run. */
export function second(script: Script, t: number) {
  const isGap = script.gap !== null && t >= script.gap[0] && t < script.gap[1];
  const ramp = Math.min(1, t / 60);
  const users = Math.round(5000 * ramp);
  const rps = isGap ? null : Math.round(2000 * ramp + 60 * wobble(t) + (t % 97 === 0 ? 400 : 0));
  const slow = t > 400 && t < 430 ? 6 : 1;
  const p50 = isGap || t < 1 ? null : 12 + 3 * wobble(t + 0.1);
  const p95 = p50 === null ? null : (48 + 12 * wobble(t + 0.2)) * slow;
  const p99 = p95 === null ? null : p95 * (2.2 + wobble(t + 0.3));
  const fails = !script.hasFailures || rps === null ? 0 : t > 300 ? 8 + 12 * wobble(t + 0.5) : 0;
  const brief = (value: number | null) => (value === null ? null : short(value));
  const times = { p50: brief(p50), p95: brief(p95), p99: brief(p99) };
  return { users, rps, ...times, fails: isGap ? null : short(fails) };
}

/** Lines of the charts between two seconds. */
export function series(script: Script, start: number, from: number, to: number): Series {
  const seconds = Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at + 1);
  const values = seconds.map((t) => second(script, t));
  const kinds = script.hasFailures && to > 300;
  return {
    step_seconds: 1,
    time: seconds.map((t) => start + t),
    users: values.map((value) => value.users),
    target_users: seconds.map(() => 5000),
    rps: values.map((value) => value.rps),
    failures_per_second: values.map((value) => value.fails),
    p50_ms: values.map((value) => value.p50),
    p95_ms: values.map((value) => value.p95),
    p99_ms: values.map((value) => value.p99),
    failures_by_kind: kinds
      ? [
          { kind: "server_error", per_second: values.map((v) => v.fails && short(v.fails * 0.6)) },
          { kind: "timeout", per_second: values.map((v) => v.fails && short(v.fails * 0.3)) },
          { kind: "check", per_second: values.map((v) => v.fails && short(v.fails * 0.1)) },
        ]
      : [],
  };
}

/** One column of the heat map. */
export function heatColumn(script: Script, start: number, t: number): HeatColumn {
  const { rps, p50, fails } = second(script, t);
  const middle = Math.log10(p50 ?? 1) * 6;
  const counts = EDGES.map((_, row) => {
    const distance = row - middle;
    const width = distance > 0 ? 18 : 3;
    return Math.round((rps ?? 0) * 0.25 * Math.exp(-(distance * distance) / width));
  });
  return { time: start + t, counts, failures: Math.round(fails ?? 0) };
}

/** The heat map until a second. */
export function heatMap(script: Script, start: number, t: number): HeatMap {
  const columns = Array.from({ length: Math.floor(t / 5) }, (_, at) =>
    heatColumn(script, start, (at + 1) * 5),
  );
  return { step_seconds: 5, edges_ms: EDGES, columns };
}

/** Rows of the table at a second. */
export function entries(script: Script, t: number, indexes: number[]): EntryColumns {
  const rows = indexes.map((index) => {
    const share = index === 0 ? 1 : 1 / (index * 0.7 + 3);
    const requests = Math.round(1500 * t * share);
    const fails = script.hasFailures && t > 300 && (index === 0 || index % 7 === 4);
    const p50 = 9 + (index % 11) * 2 + wobble(index + t);
    return {
      requests,
      failures: fails ? Math.round(requests * 0.012 * Math.min(1, (t - 300) / 300)) : 0,
      rps: short(2000 * share),
      p50: short(p50),
      p95: short(p50 * 4),
      p99: short(p50 * 9),
      max: short(p50 * 31),
    };
  });
  return {
    index: indexes,
    requests: rows.map((row) => row.requests),
    failures: rows.map((row) => row.failures),
    rps: rows.map((row) => row.rps),
    failures_per_second: rows.map((row) => short(row.failures / Math.max(1, t))),
    p50_ms: rows.map((row) => row.p50),
    p95_ms: rows.map((row) => row.p95),
    p95_change: indexes.map((index) => (index === 5 ? 0.34 : 0.01)),
    p99_ms: rows.map((row) => row.p99),
    max_ms: rows.map((row) => row.max),
    avg_ms: rows.map((row) => short(row.p50 * 1.3)),
    avg_bytes: rows.map(() => 2048),
  };
}

/** Name of a worker. */
export function workerName(index: number): WorkerName {
  return {
    index,
    id: `ip-10-0-${1 + (index % 3)}-${10 + index}_${index}`,
    host: `ip-10-0-${1 + (index % 3)}-${10 + index}`,
    zone: `eu-north-1${"abc"[index % 3]}`,
    version: "0.1.0",
    is_gregaria: true,
  };
}

/** Rows of the workers at a second. The first ones are lost. */
export function workers(script: Script, start: number, t: number): WorkerColumns {
  const all = Array.from({ length: script.workers }, (_, index) => index);
  const isLost = (index: number) => index < script.lost;
  const cpu = (index: number) =>
    (index % 40 === 7 ? 93 : index % 11 === 3 ? 78 : 34) + Math.round(wobble(index + t) * 10) / 10;
  return {
    index: all,
    state: all.map((index) => (isLost(index) ? "missing" : "running")),
    users: all.map((index) => (isLost(index) ? 0 : 25)),
    // Sent although the worker is lost: the page has to leave it out.
    cpu_percent: all.map(cpu),
    cpu_peak_percent: all.map((index) => (isLost(index) ? 41 : cpu(index) + 5)),
    memory_bytes: all.map((index) => (70 + (index % 9)) * 2 ** 20),
    network_errors: all.map((index) => (index % 50 === 7 ? 12 : 0)),
    lag_ms: all.map((index) => short(0.4 + wobble(index))),
    clock_offset_ms: all.map((index) => short(wobble(index) * 3)),
    last_seen: all.map((index) => start + (isLost(index) ? 120 : t)),
  };
}

/** How busy all workers were until a second. */
export function workersCourse(start: number, t: number): WorkersCourse {
  const points = Array.from({ length: Math.max(0, Math.floor(t / 5)) }, (_, at) => at);
  return {
    step_seconds: 5,
    time: points.map((at) => start + 5 * at + 5),
    cpu_median_percent: points.map((at) => short(34 + wobble(at))),
    cpu_max_percent: points.map((at) => short(91 + 2 * wobble(at))),
    lag_max_ms: points.map((at) => Math.round(3 + wobble(at))),
  };
}

/** Figures over some seconds. */
export function figures(script: Script, t: number, window: number, isWhole: boolean): Figures {
  const { rps, p50, p95, p99, fails } = second(script, t);
  const [total] = [entries(script, t, [0])];
  const requests = isWhole ? (total.requests[0] ?? 0) : null;
  const failures = isWhole ? (total.failures[0] ?? 0) : null;
  return {
    window_seconds: window,
    requests,
    failures,
    rps: isWhole ? 1500 : rps,
    failures_per_second: fails,
    failed_ratio: isWhole
      ? (failures ?? 0) / Math.max(1, requests ?? 0)
      : rps
        ? (fails ?? 0) / rps
        : null,
    p50_ms: p50,
    p95_ms: p95,
    p99_ms: p99,
    p999_ms: p99 && p99 * 1.5,
    min_ms: 2,
    max_ms: p99 && p99 * 2,
    avg_ms: p50 && p50 * 1.3,
  };
}

/** The overview at a second. */
export function overview(script: Script, t: number, isOver: boolean): Overview {
  return {
    users: isOver ? 0 : second(script, t).users,
    current: isOver ? null : figures(script, t, 10, false),
    whole_run: figures(script, t, t, true),
    aborted: isOver ? 12 : null,
  };
}

/** The state of the running test. */
export function running(script: Script, start: number, t: number): State {
  const { users } = second(script, t);
  return {
    phase: users < 5000 ? "starting" : "running",
    run: RUN,
    name: "checkout-peak",
    host: HOST,
    started_at: start,
    ends_at: start + 1200,
    end: null,
    users: { running: users, target: 5000, peak: users, by_class: [{ name: "Shopper", users }] },
    load: { users: 5000, spawn_rate: 83.3, run_time_seconds: 1200, shape: null },
    workers: script.workers
      ? { active: script.workers - script.lost, missing: script.lost, expected: script.workers }
      : null,
    stopping_seconds: null,
    still_running: [],
    cannot_start: null,
    test_error: null,
    notices: [],
  };
}

/** What happened so far. */
export function marks(script: Script, start: number, t: number): Mark[] {
  const all: Mark[] = [
    { id: 0, time: start, kind: "start", text: "start", by: null },
    { id: 1, time: start + 60, kind: "all_users", text: "all users run", by: null },
    { id: 2, time: start + 250, kind: "users", text: "users 4,000 → 5,000", by: "ben" },
  ];
  const lost: Mark[] = script.lost
    ? [
        {
          id: 3,
          time: start + 120,
          kind: "worker_lost",
          text: `${script.lost} workers lost`,
          by: null,
        },
      ]
    : [];
  return [...all, ...lost].filter((mark) => mark.time <= start + t);
}

const MESSAGES = [
  ["server_error", "HTTPError", "503 Server Error: Service Unavailable for url: /checkout"],
  ["timeout", "ReadTimeout", "no answer within 5 s"],
  ["check", "CatchResponseError", 'the basket is empty <b>"though"</b> it should hold 3 items'],
] as const;

/** Failures so far. */
export function failures(script: Script, start: number, t: number): FailureGroup[] {
  if (!script.hasFailures || t <= 300) {
    return [];
  }
  return MESSAGES.map(([kind, type, message], id) => ({
    id,
    method: "POST",
    name: id === 2 ? "/cart" : "/checkout",
    error_type: type,
    kind,
    message,
    occurrences: Math.round(((t - 300) * 14) / (id + 1)),
    first_seen: start + 301 + id,
    last_seen: start + t,
    worker_count: id === 0 ? 200 : id,
  }));
}

/** Failures and errors of a stretch, which the server widens to ten seconds. */
export function groups(script: Script, asked: URLSearchParams, start: number): GroupWindow {
  const from = Math.floor((Number(asked.get("from")) - start) / 10) * 10;
  const to = Math.ceil((Number(asked.get("to")) - start) / 10) * 10;
  const before = new Map(failures(script, start, from).map((row) => [row.id, row.occurrences]));
  const came = failures(script, start, to).map((row) => ({
    id: row.id,
    count: row.occurrences - (before.get(row.id) ?? 0),
    first_seen: Math.max(row.first_seen, start + from),
    last_seen: row.last_seen,
  }));
  const raised = new Map(exceptions(script, start, from).map((row) => [row.id, row.count]));
  return {
    from: start + from,
    to: start + to,
    failures: came,
    exceptions: exceptions(script, start, to).map((row) => ({
      id: row.id,
      count: row.count - (raised.get(row.id) ?? 0),
      first_seen: Math.max(row.first_seen ?? 0, start + from),
      last_seen: start + to,
    })),
  };
}

/** Small lines of the groups that are asked for, with a rise in the middle. */
export function courses(asked: URLSearchParams, start: number): FailureCourses {
  const course = (id: number) => ({
    id,
    per_second: Array.from({ length: 60 }, (_, at) => (at > 20 && at < 40 ? 14 / (id + 1) : 1)),
    workers: ["worker-1", "worker-7"],
  });
  const group = (name: string) =>
    (asked.get(name) ?? "").split(",").filter(Boolean).map(Number).map(course);
  return {
    from: start,
    time: Array.from({ length: 60 }, (_, at) => start + (at + 1) * 10),
    failures: group("failures"),
    exceptions: group("exceptions"),
  };
}

const TASKS = ["Shopper.buy", "Shopper.look", "several tasks"] as const;

/** Endpoints by the first part of their path, or by task, as the server merges them. */
export function folders(script: Script, t: number, by: string | null): EntryFolders {
  const found = new Map<string, number[]>();
  for (let index = 1; index <= script.entries; index += 1) {
    const path = /^\/[^/?#]*/.exec(entryName(index).name)?.[0] ?? "other";
    const name = by === "task" ? (TASKS[index % TASKS.length] ?? path) : path;
    found.set(name, [...(found.get(name) ?? []), index]);
  }
  const figure = figures(script, t, t, true);
  return {
    from: null,
    to: null,
    folders: [...found].map(([name, entries]) => ({ name, entries, figures: figure })),
  };
}

const TRACEBACK = `Traceback (most recent call last):
  File "/opt/venv/lib/python3.11/site-packages/gregaria/locust/user/task.py", line 214, in run
    self.execute_next_task()
  File "/opt/venv/lib/python3.11/site-packages/gregaria/locust/user/task.py", line 250, in execute_next_task
    self.execute_task(task)
  File "locustfile.py", line 23, in boom
    total = order["total"]
            ~~~~~^^^^^^^^^
KeyError: no such field: 'total'
`;

/** Errors of the test's own code so far. */
export function exceptions(script: Script, start: number, t: number): ExceptionGroup[] {
  return script.hasFailures && t > 300
    ? Array.from({ length: script.errors ?? 1 }, (_, id) => ({
        id,
        count: Math.round((t - 300) * 2),
        error_type: "KeyError",
        message: `no such field: 'total'${"!".repeat(id)}`,
        traceback: TRACEBACK,
        workers: [workerName(4).id, workerName(9).id],
        first_seen: start + 302,
        last_seen: start + t,
      }))
    : [];
}

/** The line of the log at a second. */
export function logLine(start: number, t: number): LogLine {
  const isError = t % 3 === 0;
  return {
    seq: t,
    time: start + t,
    source: t % 5 === 0 ? "master" : workerName(t % 7).id,
    level: isError ? "error" : t % 10 === 1 ? "warning" : "info",
    logger: "gregaria",
    text: isError
      ? `KeyError: no such field: 'total' (user ${t})`
      : t % 10 === 1
        ? `the CPU of worker ${t % 7} is above 90 %`
        : `${"abcdefghij"[t % 10]}: ${entryName(1 + (t % 7)).name} looked at`,
  };
}

/** How long requests took. */
export function distribution(scale: number): Distribution {
  const low = Array.from({ length: 40 }, (_, at) => 2 * 1.2 ** at);
  return {
    low_ms: low,
    high_ms: low.map((ms) => ms * 1.2),
    counts: low.map((ms) =>
      Math.round(9000 * Math.exp(-((Math.log(ms / (12 * scale)) / 0.7) ** 2))),
    ),
  };
}

/** Two requests of the last seconds: a slow one that failed, and one that did not. */
export function samples(t: number): RequestSample[] {
  const url = "https://staging.shop.example/checkout?token=***&item=";
  const error = "HTTPError('503 Server Error: Service Unavailable for url: /checkout')";
  const body = '<b>Full</b> {"token":"***"}';
  const method = "POST";
  return [
    { method, url: `${url}17`, status: 503, time_ms: 2100, at: t - 9, error, body },
    { method, url: `${url}4`, status: 200, time_ms: 812, at: t - 31, error: null, body: null },
  ];
}

/** A row of the list of runs. */
export function summary(id: number, now: number): RunSummary {
  const isNow = id === RUN;
  const kinds = ["finished", "stopped", "workers_lost", "cut_off"] as const;
  const kind = id % 4 === 1 && id % 8 === 1 ? kinds[2] : id % 5 === 0 ? kinds[1] : kinds[0];
  return {
    id,
    name: id % 3 === 0 ? "browse" : "checkout-peak",
    host: HOST,
    file_hash: "3f9a",
    started_at: now - (RUN - id) * 7200,
    end: isNow
      ? null
      : {
          kind,
          time: now - (RUN - id) * 7200 + 1200,
          by: kind === "stopped" ? "anna" : null,
          reason: "its time was up",
        },
    length_seconds: 1200,
    load: { users: 5000, spawn_rate: 83.3, run_time_seconds: 1200, shape: null },
    peak_users: 5000,
    workers: 200,
    requests: 2_400_000 + id * 1000,
    failures: id % 4 === 0 ? 2100 : 0,
    rps: 2000 + id,
    failed_ratio: id % 4 === 0 ? 0.0009 : 0,
    p50_ms: 12,
    p95_ms: 46 + 9 * wobble(id),
    p99_ms: 130,
    note: id === 41 ? "with the new cache" : null,
    is_baseline: id === 40,
    is_pinned: id === 39,
    is_imported: id === 12,
  };
}

/** The form of a start. */
export function form(hasWorkers: boolean, now: number): StartForm {
  return {
    files: [
      {
        name: "locustfile.py",
        sha256: "3f9a61c2d0".repeat(6).slice(0, 64),
        modified_at: now - 4000,
        text: null,
      },
    ],
    user_classes: [
      { name: "Shopper", weight: 3, fixed_count: 0, host: null, tasks: ["browse", "buy"] },
      { name: "Admin", weight: 1, fixed_count: 1, host: null, tasks: ["report"] },
    ],
    shape_classes: [{ name: "DoubleWave", is_active: false }],
    picks_classes: true,
    picked_classes: null,
    name: "checkout-peak",
    host: HOST,
    is_host_required: true,
    load: { users: 5000, spawn_rate: 50, run_time_seconds: 1200, shape: null },
    shape_sets_users: false,
    parameters: [
      {
        name: "region",
        help: "where the shop stands",
        kind: "text",
        choices: ["eu", "us"],
        value: "eu",
        is_secret: false,
        is_required: false,
      },
      {
        name: "api-key",
        help: "of the shop",
        kind: "text",
        choices: [],
        value: "set",
        is_secret: true,
        is_required: false,
      },
      {
        name: "items",
        help: "in a basket",
        kind: "number",
        choices: [],
        value: 3,
        is_secret: false,
        is_required: true,
      },
      {
        name: "trace",
        help: "log each order",
        kind: "switch",
        choices: [],
        value: false,
        is_secret: false,
        is_required: false,
      },
    ],
    workers: hasWorkers ? 200 : 0,
    worker_command: "gregaria -f - --worker --master-host 10.0.0.5",
    cannot_start: hasWorkers ? null : "No workers connected.",
    last_run: summary(41, now),
  };
}
