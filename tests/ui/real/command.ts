// gregaria as it is installed, in processes of its own: a page that is served, workers, what they say.

import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { hasBrowser } from "../browser.ts";

/** The repository. */
const ROOT = resolve(import.meta.dirname, "../../..");

/** The command under test: that of `make native`, or what GREGARIA names. */
const GREGARIA = process.env.GREGARIA ?? join(ROOT, ".venv/bin/gregaria");
/** What plays many workers: an example of crates/runner, or what GREGARIA_CROWD names. */
export const CROWD = process.env.GREGARIA_CROWD ?? join(ROOT, "target/debug/examples/workers");
/** The real Locust, for what is said of it. */
const LOCUST_PYTHON = process.env.GREGARIA_REAL_LOCUST ?? join(ROOT, ".venv-locust/bin/python");

/** Where Debian puts it. */
export const NGINX = "/usr/sbin/nginx";

/** Locustfiles of these tests. */
export const FILES = join(import.meta.dirname, "files");

/** What is not there within this is not coming. */
const LIMIT_MS = 60_000;

function isThere(path: string, what: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    process.stderr.write(`no ${what} at ${path}: tests that need it are left out\n`);
    return false;
  }
}

/** Whether there are a browser and a gregaria to test with. */
export const canServe = isThere(GREGARIA, "gregaria") && hasBrowser;
/** Whether many workers can be played. */
export const hasCrowd = isThere(CROWD, "player of workers");
/** Whether there is a real Locust to compare with. */
export const hasLocust = isThere(LOCUST_PYTHON, "real Locust");
/** Whether there is a proxy to put in between. */
export const hasNginx = isThere(NGINX, "nginx");

/** A process, and all that it has said. */
export class Started {
  readonly process: ChildProcess;
  said = "";
  private readonly over: Promise<number | null>;

  constructor(
    program: string,
    words: readonly string[],
    folder: string,
    variables: Readonly<Record<string, string>>,
  ) {
    const kept = Object.entries(process.env).filter(
      ([name]) => !/^(LOCUST_|GREGARIA_STORE|NODE_|VITEST)/.test(name),
    );
    this.process = spawn(program, words, {
      cwd: folder,
      env: {
        ...Object.fromEntries(kept),
        HOME: folder,
        XDG_STATE_HOME: join(folder, "state"),
        ...variables,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.said += text;
      });
    }
    this.over = new Promise((settle) => {
      this.process.once("error", (error) => {
        this.said += String(error);
        settle(null);
      });
      this.process.once("close", settle);
    });
  }

  /** Waits until it has said something that matches. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const end = Date.now() + LIMIT_MS;
    for (;;) {
      const found = pattern.exec(this.said);
      if (found) {
        return found;
      }
      if (Date.now() > end || this.process.exitCode !== null) {
        throw new Error(`has not said ${pattern}:\n${this.said}`);
      }
      await new Promise((wake) => setTimeout(wake, 20));
    }
  }

  /** Sends a signal and waits for the end; one that does not end is killed. */
  async end(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
    this.process.kill(signal);
    const timer = setTimeout(() => this.process.kill("SIGKILL"), LIMIT_MS);
    const code = await this.over;
    clearTimeout(timer);
    return code;
  }
}

/** A folder that is gone with the tests. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "gregaria-ui-"));
  private readonly started: Started[] = [];

  /** Its processes get these variables of the environment besides those that are there. */
  constructor(private readonly variables: Readonly<Record<string, string>> = {}) {}

  /** Starts gregaria in it. */
  gregaria(...words: string[]): Started {
    return this.run(GREGARIA, ...words);
  }

  /** Starts the real Locust in it. */
  locust(...words: string[]): Started {
    return this.run(LOCUST_PYTHON, "-m", "locust", ...words);
  }

  /** Starts a program in it. */
  run(program: string, ...words: string[]): Started {
    const started = new Started(program, words, this.path, this.variables);
    this.started.push(started);
    return started;
  }

  /** Starts gregaria and waits until it serves its page, at a free port unless one is named. */
  async serve(file: string, ...words: string[]): Promise<Serving> {
    const port = words.includes("-P") ? [] : ["-P", "0"];
    const started = this.gregaria("-f", join(FILES, file), ...port, ...words);
    const [, url] = await started.says(/Starting web interface at (https?:\/\/\S+?)[.,]?\s/);
    return new Serving(started, url as string, join(FILES, file));
  }

  /** Ends all that was started in it, the last first, and removes it. */
  async close(): Promise<void> {
    for (const each of this.started.reverse()) {
      await each.end();
    }
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Calls of a script to a page that is served. */
export class Serving {
  constructor(
    readonly started: Started,
    readonly url: string,
    readonly file: string,
  ) {}

  /** Asks for a path as a script does, and gives the answer as it is. */
  ask(path: string, request: RequestInit = {}): Promise<Response> {
    return fetch(this.url + path, { redirect: "manual", ...request });
  }

  /** Asks for JSON. */
  async json<Value>(path: string, request: RequestInit = {}): Promise<Value> {
    const answer = await this.ask(path, request);
    if (!answer.ok) {
      throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    }
    return (await answer.json()) as Value;
  }

  /** Sends JSON. */
  send<Value>(path: string, body: unknown): Promise<Value> {
    return this.json(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  /** Sends a form, as scripts for Locust do. */
  form(path: string, fields: Record<string, string>): Promise<Response> {
    return this.ask(path, { method: "POST", body: new URLSearchParams(fields) });
  }

  /** Port of the page. */
  get port(): string {
    return new URL(this.url).port;
  }
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((settle) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => settle(port));
    });
  });
}
