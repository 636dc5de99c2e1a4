// A server for the page's own tests: it speaks the API of model.ts about a scripted run, and can be told
// to fall silent, to restart, to ask for a sign-in or to lose its workers.

import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import type { Cloud, Compare, Delta, Event, Report, Snapshot, State, Tick } from "../src/model.ts";
import * as world from "./world.ts";

/** What the server does besides its script. Tests change it while it runs. */
export interface Mood {
  script: world.Script;
  /** The second of the run at which time stands still; `null` where it goes on by itself. */
  second: number | null;
  instance: string;
  /** What is said of the page that is sent; `null` as of a server that has none. */
  page: string | null;
  /** Nothing is sent, though connections are open. */
  isSilent: boolean;
  /** Streams are held back, as by a proxy. */
  isHeldBack: boolean;
  needsLogin: boolean;
  /** By whom people can sign in besides passwords. */
  provider: string | null;
  /** Whether somebody has a password. */
  needsPassword: boolean;
  /** The state in place of the scripted one. */
  state: ((state: State) => State) | null;
  /** The state of the run as it is kept, where the server has another one by now. */
  kept: ((state: State) => State) | null;
  asksForHost: boolean;
  /** What is known of the machines, at a moment of the server's clock. */
  cloud: ((now: number) => Cloud) | null;
  hasWorkers: boolean;
  /** Bodies of commands, for tests to look at. */
  commands: { path: string; body: unknown }[];
}

const ASSETS = join(import.meta.dirname, "../../crates/web/assets");
const KINDS: Record<string, string> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".html": "text/html",
};
/** The policy of the real server: what breaks it breaks here, too. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

export const SCRIPT: world.Script = {
  entries: 500,
  workers: 200,
  lost: 0,
  history: 751,
  gap: null,
  hasFailures: true,
};

/** Starts the server; port 0 takes a free one. `began` is when the run began by the server's clock. */
export function serve(port: number, changes: Partial<Mood> = {}, began?: number) {
  const mood: Mood = {
    script: SCRIPT,
    second: null,
    instance: "first",
    page: existsSync(join(ASSETS, "index.html")) ? "page" : null,
    isSilent: false,
    isHeldBack: false,
    needsLogin: false,
    provider: null,
    needsPassword: true,
    state: null,
    kept: null,
    asksForHost: false,
    cloud: null,
    hasWorkers: true,
    commands: [],
    ...changes,
  };
  const begin = Math.floor(Date.now() / 1000) - mood.script.history;
  const start = began ?? begin;
  const sessions = new Set<string>();
  const clock = () => mood.second ?? Math.floor(Date.now() / 1000) - begin;
  const listeners = new Set<() => void>();
  const tellAll = () => {
    if (!mood.isSilent) {
      for (const tell of listeners) {
        tell();
      }
    }
  };
  const timer = setInterval(tellAll, 1000);

  function state(t: number): State {
    const now = world.running(mood.script, start, t);
    return mood.state ? mood.state(now) : now;
  }

  function session(request: IncomingMessage) {
    const isIn = sessions.has(/session=(\w+)/.exec(request.headers.cookie ?? "")?.[1] ?? "");
    const role = !mood.needsLogin || isIn ? ("operator" as const) : null;
    return {
      is_login_required: mood.needsLogin,
      name: isIn ? "anna" : null,
      role,
      has_passwords: mood.needsLogin && mood.needsPassword,
      provider: mood.provider,
    };
  }

  function hello(request: IncomingMessage): Event {
    const t = clock();
    const data = {
      instance: mood.instance,
      version: "0.1.0",
      page: mood.page,
      seq: t,
      now: start + t,
      session: session(request),
      state: state(t),
      cloud: mood.cloud?.(start + t) ?? null,
    };
    return { event: "hello", data };
  }

  function snapshot(t: number, run = world.RUN): Event & { event: "snapshot" } {
    const { script } = mood;
    const isOver = run !== world.RUN || state(t).phase === "ended";
    const all = Array.from({ length: script.entries + 1 }, (_, index) => index);
    const data: Snapshot = {
      seq: t,
      now: start + t,
      run: run === world.RUN ? state(t).run : run,
      state:
        run === world.RUN
          ? state(t)
          : {
              ...state(t),
              run,
              phase: "ended",
              name: world.summary(run, start).name,
              end: world.summary(run, start).end,
            },
      overview: world.overview(script, t, isOver),
      series: world.series(script, start, 0, t),
      heat: world.heatMap(script, start, t),
      marks: world.marks(script, start, t),
      alerts: script.lost
        ? [
            {
              id: 1,
              since: start + 120,
              kind: "workers_lost",
              text: `${script.lost} of ${script.workers} workers lost at 12:28:07. ${script.lost * 25} users moved in 4 s.`,
              is_over: false,
            },
          ]
        : [],
      names: all.map(world.entryName),
      entries: world.entries(script, t, all),
      worker_names: Array.from({ length: script.workers }, (_, index) => world.workerName(index)),
      workers: world.workers(script, start, t),
      failures: world.failures(script, start, t),
      exceptions: world.exceptions(script, start, t),
      log: Array.from({ length: Math.min(t, 500) }, (_, at) =>
        world.logLine(start, t - Math.min(t, 500) + at + 1),
      ),
    };
    return { event: "snapshot", data };
  }

  function tick(t: number): Event[] {
    const { script } = mood;
    const changed = [
      0,
      ...Array.from({ length: 50 }, (_, at) => 1 + ((t * 7 + at) % script.entries)),
    ];
    const fails = world.second(script, t).fails ?? 0;
    const isOver = state(t).phase === "ended";
    const data: Tick = {
      seq: t,
      now: start + t,
      overview: world.overview(script, t, isOver),
      series: isOver ? null : world.series(script, start, t - 1, t),
      heat: t % 5 === 0 && !isOver ? [world.heatColumn(script, start, t)] : [],
      names: [],
      entries: isOver ? null : world.entries(script, t, changed),
      worker_names: [],
      workers: world.workers(script, start, t),
      failures: world.failures(script, start, t),
      exceptions: world.exceptions(script, start, t),
      failure_rates: fails
        ? [
            { kind: "server_error", per_second: fails * 0.6 },
            { kind: "timeout", per_second: fails * 0.3 },
            { kind: "check", per_second: fails * 0.1 },
          ]
        : [],
    };
    return [
      { event: "tick", data },
      { event: "state", data: state(t) },
      ...(mood.cloud ? [{ event: "cloud" as const, data: mood.cloud(start + t) }] : []),
      { event: "log", data: [world.logLine(start, t)] },
    ];
  }

  function stream(request: IncomingMessage, response: ServerResponse, since: number | null) {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    const send = (event: Event) => {
      const id = "seq" in event.data ? `id: ${event.data.seq}\n` : "";
      response.write(`${id}event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`);
    };
    if (mood.isHeldBack) {
      return;
    }
    send(hello(request));
    let last = clock();
    if (since === null || since > last || last - since > 120) {
      send(snapshot(last));
    } else {
      last = since;
    }
    const tell = () => {
      if (last === mood.second) {
        // The page shall know that the way is open, though nothing is new.
        send({ event: "state", data: state(last) });
      }
      for (; last < clock(); last += 1) {
        tick(last + 1).forEach(send);
      }
    };
    tell();
    listeners.add(tell);
    response.on("close", () => listeners.delete(tell));
  }

  function answer(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    body: string,
  ): void {
    const path = url.pathname.slice("/api/v1".length);
    const json = (value: unknown, status = 200, headers: Record<string, string> = {}) => {
      response.writeHead(status, { "Content-Type": "application/json", ...headers });
      response.end(JSON.stringify(value));
    };
    const problem = (status: number, code: string, message: string) =>
      json({ code, message, field: null }, status);
    const since = url.searchParams.has("since") ? Number(url.searchParams.get("since")) : null;
    const t = clock();
    if (path === "/session" && request.method === "POST") {
      const wanted = JSON.parse(body) as { name: string; password: string };
      if (wanted.password !== "right") {
        return problem(401, "wrong_login", "That name or password is not right.");
      }
      const token = `t${sessions.size}${start}`;
      sessions.add(token);
      return json({ ...session(request), name: wanted.name, role: "operator" }, 200, {
        "Set-Cookie": `session=${token}; Path=/; HttpOnly`,
      });
    }
    if (path === "/session" && request.method === "DELETE") {
      sessions.clear();
      return json({});
    }
    if (path === "/session") {
      return json(session(request));
    }
    if (session(request).role === null) {
      return problem(401, "sign_in", "Sign in first.");
    }
    if (request.method === "POST") {
      mood.commands.push({ path, body: JSON.parse(body || "null") });
    }
    const run = /^\/runs\/(\d+)/.exec(path)?.[1];
    const rest = run === undefined ? path : path.slice(`/runs/${run}`.length);
    if (path === "/stream") {
      return stream(request, response, since);
    }
    if (path === "/delta") {
      const events =
        since === null || t - since > 120
          ? [hello(request), snapshot(t)]
          : Array.from({ length: Math.max(0, t - since) }, (_, at) => tick(since + at + 1)).flat();
      return json({ seq: t, events } satisfies Delta);
    }
    if (path === "/runs" && request.method === "POST") {
      const wanted = JSON.parse(body) as { confirmation: { host: string } | null };
      if (mood.asksForHost && wanted.confirmation === null) {
        return json(
          {
            code: "confirm_required",
            kind: "host",
            message: "Is it yours?",
            token: "tok",
            host: "shop.example",
            addresses: ["93.184.x.x", "93.184.x.y"],
            from_users: null,
            to_users: null,
          },
          409,
        );
      }
      return json({ run: world.RUN });
    }
    if (path === "/form") {
      return json(world.form(mood.hasWorkers, start));
    }
    if (path === "/target") {
      const host = url.searchParams.get("host") ?? "";
      const isPublic = host.includes("//shop.example");
      return json({
        host,
        standing: isPublic ? "asks" : "private",
        addresses: [],
        message: isPublic ? "A public host that nobody has confirmed." : "",
      });
    }
    if (path === "/runs") {
      const runs = Array.from({ length: world.RUN }, (_, at) =>
        world.summary(world.RUN - at, start),
      );
      return json({
        runs,
        total: runs.length,
        storage: {
          path: "/var/lib/gregaria/runs.db",
          bytes: 41_000_000,
          is_temporary: false,
          problem: null,
        },
      });
    }
    if (path === "/compare" && Number(url.searchParams.get("b")) > world.RUN) {
      return problem(404, "unknown_run", "There is no such run.");
    }
    if (path === "/compare") {
      return json(compare(Number(url.searchParams.get("a")), Number(url.searchParams.get("b"))));
    }
    if (run !== undefined && Number(run) > world.RUN) {
      return problem(404, "unknown_run", "There is no such run.");
    }
    if (rest === "" && run !== undefined) {
      const { data } = snapshot(mood.script.history, Number(run));
      const kept = Number(run) === world.RUN ? mood.kept : null;
      return json(kept ? { ...data, run: world.RUN, state: kept(data.state) } : data);
    }
    if (
      rest === "/users" &&
      (JSON.parse(body) as { users: number; confirmation: unknown }).users > 10_000 &&
      (JSON.parse(body) as { confirmation: unknown }).confirmation === null
    ) {
      return json(
        {
          code: "confirm_required",
          kind: "users",
          message: "",
          token: "tok",
          host: null,
          addresses: [],
          from_users: 5000,
          to_users: (JSON.parse(body) as { users: number }).users,
        },
        409,
      );
    }
    if (rest === "/report.html") {
      const text = JSON.stringify(report()).replaceAll("<", "\\u003c");
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
      response.end(
        asset("report.html")
          .toString()
          .replace('id="report">null<', () => `id="report">${text}<`),
      );
      return;
    }
    if (rest === "/setup") {
      return json(setup());
    }
    if (rest === "/window") {
      const indexes = Array.from({ length: mood.script.entries }, (_, at) => at + 1);
      return json({
        from: Number(url.searchParams.get("from")),
        to: Number(url.searchParams.get("to")),
        total: world.figures(mood.script, 400, 140, true),
        entries: world.entries(
          mood.script,
          Math.round(Number(url.searchParams.get("to")) - start),
          indexes,
        ),
      });
    }
    if (rest === "/trends") {
      const wanted = (url.searchParams.get("entries") ?? "").split(",").map(Number);
      const trends = wanted.map((index) => ({
        index,
        p95_ms: Array.from({ length: 60 }, (_, at) =>
          at === 20 ? null : 40 + ((index * 13 + at * 7) % 23),
        ),
      }));
      return json({ step_seconds: 10, time: [], trends });
    }
    if (rest === "/folders") {
      return json(world.folders(mood.script, t, url.searchParams.get("by")));
    }
    if (rest === "/groups") {
      return json(world.groups(mood.script, url.searchParams, start));
    }
    if (rest === "/failures") {
      return json(world.courses(url.searchParams, start));
    }
    const entry = /^\/entries\/(\d+)$/.exec(rest)?.[1];
    if (entry !== undefined) {
      return json({
        name: world.entryName(Number(entry)),
        whole_run: world.figures(mood.script, t, t, true),
        series: world.series(mood.script, start, 0, t),
        heat: world.heatMap(mood.script, start, t),
        distribution: world.distribution(1),
        statuses: [
          { status: 200, count: 9000 },
          { status: 503, count: 1000 },
        ],
        slow: world.samples(t),
        failed: world.samples(t).filter((sample) => sample.error !== null),
        failures: world.failures(mood.script, start, t).slice(0, 2),
      });
    }
    if (rest === "/workers") {
      return json(world.workersCourse(start, t));
    }
    const worker = /^\/workers\/(\d+)$/.exec(rest)?.[1];
    if (worker !== undefined) {
      const seconds = Array.from({ length: 200 }, (_, at) => at * 3);
      return json({
        name: world.workerName(Number(worker)),
        step_seconds: 3,
        time: seconds.map((at) => start + at),
        cpu_percent: seconds.map((at) => (at > 300 && at < 330 ? null : 30 + (at % 17))),
        lag_ms: seconds.map((at) => 0.5 + (at % 7) / 10),
        log: [world.logLine(start, 10), world.logLine(start, 12)],
      });
    }
    return request.method === "GET"
      ? problem(404, "unknown_path", "There is no such path.")
      : json({});
  }

  function report(): Report {
    const all = snapshot(mood.script.history).data;
    return {
      format: 1,
      written_at: start,
      run: { ...world.summary(41, start), id: world.RUN, started_at: start },
      setup: setup(),
      snapshot: { ...all, log: null },
      distribution: world.distribution(1),
      workers_course: world.workersCourse(start, mood.script.history),
      compare: null,
    };
  }

  function setup() {
    return {
      run: world.RUN,
      name: "checkout-peak",
      files: [
        {
          name: "locustfile.py",
          sha256: "3f9a61c2d0e1".repeat(5),
          modified_at: start - 4000,
          text: 'from locust import HttpUser, task\n\n\nclass Shopper(HttpUser):\n    @task\n    def browse(self):\n        self.client.get("/")\n',
        },
      ],
      host: world.HOST,
      load: world.LOAD,
      user_classes: world.form(true, start).user_classes,
      parameters: { region: "eu", "api-key": "set" },
      options: ["--stop-timeout", "5"],
      versions: { gregaria: "0.1.0", locust: "2.47.0", python: "3.11.7" },
      workers: Array.from(
        { length: mood.script.workers },
        (_, index) => world.workerName(index).id,
      ),
      commit: null,
      started_by: "anna",
      started_from: "10.0.0.9",
      note: "with the new cache",
    };
  }

  function compare(a: number, b: number): Compare {
    const side = (id: number, scale: number) => {
      const all = world.series(mood.script, 0, 0, 600);
      return {
        run: world.summary(id, start),
        series: { ...all, p95_ms: all.p95_ms.map((ms) => ms && ms * scale) },
        distribution: world.distribution(scale),
      };
    };
    const change = (x: number, scale: number, judgement: "same" | "worse" | "better") => ({
      a: x,
      b: x * scale,
      ratio: scale - 1,
      noise_ratio: 0.03,
      judgement,
    });
    const entry = (index: number) => ({
      ...world.entryName(index),
      is_in_a: true,
      is_in_b: index % 9 !== 8,
      requests: change(1000, 1, "same"),
      rps: change(100 + index, 1, "same"),
      failed_ratio:
        index === 7
          ? { ...change(0, 1, "worse"), b: 0.02, ratio: null, noise_ratio: null }
          : change(0.002, 1, "same"),
      p50_ms: change(12, 1.01, "same"),
      p95_ms: change(48, index === 5 ? 1.35 : 1.18, "worse"),
      p99_ms: change(120, 0.86, "better"),
    });
    return {
      a: side(a, 1),
      b: side(b, 1.18),
      warnings: [{ kind: "users", text: "B used 20 % more users." }],
      total: { ...entry(0), method: "", name: "Aggregated" },
      entries: Array.from({ length: 30 }, (_, at) => entry(at + 1)),
    };
  }

  function file(response: ServerResponse, path: string): void {
    const name = path.startsWith("/assets/") ? path : "/index.html";
    const found = join(ASSETS, name);
    if (name.includes("..") || !existsSync(found)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "Content-Type": `${KINDS[extname(name)]}; charset=utf-8`,
      "Content-Security-Policy": POLICY,
    });
    createReadStream(found).pipe(response);
  }

  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (!url.pathname.startsWith("/api/v1/")) {
      file(response, url.pathname);
      return;
    }
    let body = "";
    request.on("data", (piece: Buffer) => {
      body += piece.toString();
    });
    request.on("end", () => answer(request, response, url, body));
  });
  return {
    mood,
    start,
    /** Begins to listen and says where. */
    async open(): Promise<string> {
      await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
      const at = server.address();
      return `http://127.0.0.1:${typeof at === "object" && at ? at.port : port}`;
    },
    /** Ends all connections and stops listening, as a server that is killed. */
    async close(): Promise<void> {
      clearInterval(timer);
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
    /** Streams that are open. */
    streams: () => listeners.size,
    /** Sends what is new at once. */
    tell: tellAll,
    /** Ends all connections and goes on listening. */
    cut(): void {
      server.closeAllConnections();
    },
  };
}

/** Text of a built file, for tests of sizes. */
export function asset(name: string): Buffer {
  return readFileSync(join(ASSETS, name));
}
