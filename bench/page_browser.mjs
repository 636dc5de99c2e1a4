// What the page of a large run costs a browser: ours and Locust's, one after the other, with the same
// simulated workers behind both. The method is in bench/README.md; the exit code is 1 if a goal for
// bytes, elements or memory is missed. Times depend on the machine and are only reported.
//
//   node bench/page_browser.mjs --gregaria COMMAND --locust COMMAND --crowd PROGRAM [--output FILE]

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "../ui/node_modules/playwright-core/index.mjs";

const SCENARIO = join(import.meta.dirname, "scenarios/cluster.py");
/** Names in each report, and of all workers together. */
const [NAMES, OF] = [50, 500];
/** Seconds without which a start has failed. */
const LIMIT_SECONDS = 60;
/** What our page may cost at most: bytes sent for the first screen, bytes a second, elements, memory. */
const GOALS = { pageBytes: 60_000, liveBytes: 8_000, elements: 1_500, heapBytes: 25_000_000 };

const { values: options } = parseArgs({
  options: {
    gregaria: { type: "string", default: "gregaria" },
    locust: { type: "string" },
    crowd: { type: "string" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
    workers: { type: "string", default: "200" },
    seconds: { type: "string", default: "20" },
    repeats: { type: "string", default: "3" },
    output: { type: "string" },
  },
});

/** Masters, with the screens that are looked at. */
const MASTERS = [
  {
    name: "gregaria",
    command: options.gregaria,
    screens: { overview: "/", endpoints: "/runs/1/endpoints" },
    isReady: () => document.querySelectorAll("canvas, tbody tr").length > 3,
  },
  ...(options.locust
    ? [
        {
          name: "locust",
          command: options.locust,
          screens: { statistics: "/", charts: "/?tab=charts" },
          isReady: () => document.querySelectorAll("canvas, tbody tr").length > 0,
        },
      ]
    : []),
];

async function main() {
  const browser = await chromium.launch({
    executablePath: options.chromium,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  const results = [];
  for (const master of MASTERS) {
    results.push(...(await measureMaster(browser, master)));
  }
  await browser.close();
  tell(results);
  if (options.output) {
    writeFileSync(
      options.output,
      `${JSON.stringify({ workers: Number(options.workers), names: OF, seconds: Number(options.seconds), chromium: browser.version(), results }, null, 1)}\n`,
    );
  }
  process.exitCode = results.some((each) => each.missed.length > 0) ? 1 : 0;
}

/** Runs a master with its workers, and looks at each of its screens several times. */
async function measureMaster(browser, master) {
  const [port, web] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${web}`;
  const words = ["-f", SCENARIO, "--master", "--master-bind-host", "127.0.0.1"];
  words.push("--master-bind-port", `${port}`, "--web-host", "127.0.0.1", "--web-port", `${web}`);
  const process_ = spawn(master.command, words, { stdio: "ignore" });
  let crowd;
  try {
    await until("the master listens", () => isOpen(port));
    crowd = spawn(
      options.crowd,
      ["127.0.0.1", `${port}`, options.workers, `${NAMES}`, "2", `${OF}`],
      { stdio: "ignore" },
    );
    const stats = async () => (await fetch(`${url}/stats/requests`)).json();
    await until("the workers are there", async () => {
      const { workers } = await stats();
      return workers?.length === Number(options.workers);
    });
    const load = { user_count: options.workers, spawn_rate: options.workers, host: "http://h" };
    await fetch(`${url}/swarm`, { method: "POST", body: new URLSearchParams(load) });
    await until("every name is known", async () => (await stats()).stats.length > OF);
    const results = [];
    for (const [screen, path] of Object.entries(master.screens)) {
      const [runs, problems] = [[], []];
      for (let repeat = 0; repeat < Number(options.repeats); repeat += 1) {
        await look(browser, url + path, master.isReady).then(
          (run) => runs.push(run),
          (error) => problems.push(error.message.split("\n")[0]),
        );
      }
      if (runs.length > 0) {
        results.push(judge({ master: master.name, screen, ...median(runs), runs, problems }));
      } else {
        process.stdout.write(`${master.name} ${screen} does not count: ${problems}\n`);
      }
    }
    return results;
  } finally {
    crowd?.kill();
    await end(process_);
  }
}

/** Opens one screen in a fresh browser without a cache and watches it. */
async function look(browser, url, isReady) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    return await watch(context, url, isReady);
  } finally {
    await context.close();
  }
}

async function watch(context, url, isReady) {
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_SECONDS * 1000);
  const session = await context.newCDPSession(page);
  const sent = { page: 0, live: 0 };
  const live = new Set();
  session.on("Network.requestWillBeSent", ({ requestId, request, type }) => {
    if (type === "EventSource" || type === "Fetch" || type === "XHR") {
      live.add(requestId);
    }
  });
  // Of a stream, bytes are told as they come; of all else, at its end with its heads.
  const counted = new Map();
  const count = (id, bytes) => {
    sent[live.has(id) ? "live" : "page"] += bytes;
    counted.set(id, (counted.get(id) ?? 0) + bytes);
  };
  session.on("Network.dataReceived", ({ requestId, encodedDataLength }) =>
    count(requestId, encodedDataLength),
  );
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) =>
    count(requestId, encodedDataLength - (counted.get(requestId) ?? 0)),
  );
  await session.send("Network.enable");
  await session.send("Performance.enable");
  const began = Date.now();
  await page.goto(url, { waitUntil: "commit" });
  await page.waitForFunction(isReady, undefined, { polling: "raf", timeout: LIMIT_SECONDS * 1000 });
  const firstDrawn = Date.now() - began;
  await pause(2000);
  const pageBytes = sent.page;
  const before = { live: sent.live, metrics: await metrics(session) };
  const seen = await page.evaluate(watchFrames, Number(options.seconds) * 1000);
  const after = await metrics(session);
  return {
    pageBytes,
    liveBytes: Math.round((sent.live - before.live) / seen.seconds),
    firstDrawnMs: firstDrawn,
    framesPerSecond: seen.frames / seen.seconds,
    longestFrameMs: seen.longestFrame,
    longestBlockMs: seen.longestTask,
    scriptMsPerSecond:
      (1000 * (after.ScriptDuration - before.metrics.ScriptDuration)) / seen.seconds,
    taskMsPerSecond: (1000 * (after.TaskDuration - before.metrics.TaskDuration)) / seen.seconds,
    elements: await page.evaluate(() => document.querySelectorAll("*").length),
    heapBytes: await heap(session),
  };
}

/** Runs in the page: frames, the longest time between two, and the longest task. */
function watchFrames(milliseconds) {
  return new Promise((settle) => {
    let [frames, longestFrame, longestTask] = [0, 0, 0];
    const observer = new PerformanceObserver((list) => {
      for (const task of list.getEntries()) {
        longestTask = Math.max(longestTask, task.duration);
      }
    });
    observer.observe({ type: "longtask" });
    const begin = performance.now();
    let last = begin;
    const frame = (now) => {
      frames += 1;
      longestFrame = Math.max(longestFrame, now - last);
      last = now;
      if (now - begin < milliseconds) {
        requestAnimationFrame(frame);
      } else {
        settle({ frames, longestFrame, longestTask, seconds: (now - begin) / 1000 });
      }
    };
    requestAnimationFrame(frame);
  });
}

async function metrics(session) {
  const { metrics } = await session.send("Performance.getMetrics");
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

async function heap(session) {
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize;
}

/** The median of each figure. */
function median(runs) {
  return Object.fromEntries(
    Object.keys(runs[0]).map((name) => {
      const sorted = runs.map((run) => run[name]).sort((a, b) => a - b);
      return [name, sorted[Math.floor(sorted.length / 2)]];
    }),
  );
}

/** Names the goals that are missed; Locust has none. */
function judge(result) {
  const missed = Object.entries(GOALS)
    .filter(([name]) => name !== "pageBytes" || result.screen === "overview")
    .filter(([name, most]) => result.master === "gregaria" && result[name] > most)
    .map(([name, most]) => `${name} is ${result[name]}, not at most ${most}`);
  return { ...result, missed };
}

function tell(results) {
  const lines = [
    ["", (each) => `${each.master} ${each.screen}`],
    ["page, KB sent", (each) => (each.pageBytes / 1000).toFixed(1)],
    ["live data, KB/s", (each) => (each.liveBytes / 1000).toFixed(1)],
    ["first drawn, ms", (each) => each.firstDrawnMs.toFixed(0)],
    ["frames a second", (each) => each.framesPerSecond.toFixed(1)],
    ["longest frame, ms", (each) => each.longestFrameMs.toFixed(0)],
    ["longest block, ms", (each) => each.longestBlockMs.toFixed(0)],
    ["script, ms/s", (each) => each.scriptMsPerSecond.toFixed(1)],
    ["all work, ms/s", (each) => each.taskMsPerSecond.toFixed(1)],
    ["elements", (each) => `${each.elements}`],
    ["memory, MB", (each) => (each.heapBytes / 1e6).toFixed(1)],
  ];
  for (const [name, of] of lines) {
    process.stdout.write(
      `${name.padEnd(20)}${results.map((each) => of(each).padStart(22)).join("")}\n`,
    );
  }
  for (const each of results.flatMap((one) => one.missed)) {
    process.stdout.write(`missed: ${each}\n`);
  }
}

function freePort() {
  return new Promise((settle) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => settle(port));
    });
  });
}

async function isOpen(port) {
  const { connect } = await import("node:net");
  return new Promise((settle) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      settle(true);
    });
    socket.once("error", () => settle(false));
  });
}

async function until(what, isSo) {
  const last = Date.now() + LIMIT_SECONDS * 1000;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > last) {
      throw new Error(`not within ${LIMIT_SECONDS} s: ${what}`);
    }
    await pause(100);
  }
}

function end(process_) {
  return new Promise((settle) => {
    process_.once("close", settle);
    process_.kill("SIGINT");
    setTimeout(() => process_.kill("SIGKILL"), 10_000).unref();
  });
}

function pause(milliseconds) {
  return new Promise((settle) => setTimeout(settle, milliseconds));
}

await main();
