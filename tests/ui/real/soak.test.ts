// A page that stays open for a working day beside a real master with two hundred workers and five hundred
// endpoints: what it keeps does not grow for ever, and its master goes on answering. Every few minutes it is
// used as a person would, and its figures are written in a line. It is asked for: `make soak` takes eight hours, and
// `make soak HOURS=0.25` a quarter of one.

import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFirefox, openBrowser, openPage, type Watched } from "../browser.ts";
import { CROWD, canServe, Folder, freePort, hasCrowd, type Serving } from "./command.ts";
import { Load } from "./measures.ts";
import { elapsed, pill, startTest } from "./reading.ts";

const HOURS = Number(process.env.HOURS || 8);
const SECONDS = HOURS * 3600;
/** Seconds from one line to the next. */
const ROUND = Math.min(600, Math.max(60, SECONDS / 8), SECONDS);
/** Rounds before the first figures count: all that is made once has been made. */
const WARM = 1;

const WORKERS = 200;
const ENDPOINTS = 500;
const USERS = 400;
const TABS = ["Endpoints", "Failures", "Workers", "Log", "Setup", "Overview"];
/** Answers of the master that are timed for a line. */
const ASKED = 20;
/** Where nobody listens: requests fail at once. */
const NOWHERE = "http://127.0.0.1:1";

const HEAP_GROWTH = 20_000_000;
const HEAP = 25_000_000;
const MOST_ELEMENTS = 1500;
const BYTES_PER_SECOND = 8_000;

/** What is known at the end of a round. */
interface Figures {
  readonly second: number;
  readonly heap: number;
  readonly elements: number;
  /** Nodes and listeners that the browser holds, in the page or not. */
  readonly nodes: number;
  readonly listeners: number;
  readonly bytesPerSecond: number;
  readonly medianMs: number;
  readonly longestMs: number;
  readonly masterBytes: number;
}

describe.skipIf(!canServe || !hasCrowd || isFirefox || process.env.SOAK !== "real")(
  "a page that is open all day",
  () => {
    const folder = new Folder();
    let browser: Browser;
    let serving: Serving;
    let watched: Watched;
    let page: Page;
    let load: Load;
    beforeAll(async () => {
      if (!(HOURS > 0)) {
        throw new Error(`HOURS has to be a number above 0, not ${process.env.HOURS}`);
      }
      const port = String(await freePort());
      [browser, serving] = await Promise.all([
        openBrowser("--enable-precise-memory-info"),
        folder.serve(
          ...(["shop.py", "--master", "--master-bind-host", "127.0.0.1"] as const),
          ...["--master-bind-port", port, "--expect-workers", String(WORKERS), "-H", NOWHERE],
        ),
      ]);
      folder.run(CROWD, "127.0.0.1", port, String(WORKERS), "50", "1", String(ENDPOINTS));
      watched = await openPage(browser);
      page = watched.page;
      load = await Load.of(page);
    });
    afterAll(async () => {
      await browser?.close();
      await folder.close();
    });

    /** Waits until the page says that the run has come so far. */
    async function goOn(second: number): Promise<void> {
      for (let at = await elapsed(page); !(at >= second); at = await elapsed(page)) {
        await expect.poll(() => elapsed(page)).not.toBe(at);
      }
    }

    /** Looks at every screen, opens what can be opened there, and comes back. */
    async function use(): Promise<void> {
      for (const tab of TABS) {
        await page.getByRole("link", { name: new RegExp(`^${tab}`) }).click();
        if (tab === "Endpoints" || tab === "Workers") {
          await page.locator("tbody tr").nth(1).click();
          await goOn((await elapsed(page)) + 3);
          await page.keyboard.press("Escape");
        }
        await goOn((await elapsed(page)) + 2);
      }
      await page.getByRole("button", { name: "Change users" }).click();
      await page.getByLabel("Users", { exact: true }).waitFor();
      await page.keyboard.press("Escape");
      await page.getByLabel("Users", { exact: true }).waitFor({ state: "detached" });
      await page.emulateMedia({ colorScheme: "dark" });
      await page.emulateMedia({ colorScheme: "light" });
    }

    async function figures(before: { second: number; bytes: number }): Promise<Figures> {
      const times: number[] = [];
      for (let asked = 0; asked < ASKED; asked += 1) {
        const begin = performance.now();
        await serving.json("/stats/requests");
        times.push(performance.now() - begin);
      }
      times.sort((a, b) => a - b);
      let second = 0;
      await expect
        .poll(async () => {
          second = await elapsed(page);
          return second;
        })
        .toBeGreaterThan(before.second);
      const held = await load.held();
      return {
        second,
        heap: await load.heapBytes(),
        elements: await page.evaluate(() => document.querySelectorAll("*").length),
        ...held,
        bytesPerSecond: (load.apiBytes() - before.bytes) / (second - before.second),
        medianMs: times[times.length >> 1] as number,
        longestMs: times.at(-1) as number,
        masterBytes: residentBytes(serving.started.process.pid),
      };
    }

    test("keeps its size", { timeout: (SECONDS + 600) * 2000 }, async () => {
      await page.goto(`${serving.url}/new`);
      await page.getByText(`${WORKERS} workers`).first().waitFor();
      await startTest(page, { users: USERS, rate: 1000 });
      await pill(page).getByText("Running").waitFor();
      const rounds: Figures[] = [];
      for (let end = ROUND; end <= SECONDS; end += ROUND) {
        const before = { second: await elapsed(page), bytes: load.apiBytes() };
        await use();
        await goOn(end);
        const now = await figures(before);
        rounds.push(now);
        process.stderr.write(`${line(now)}\n`);
      }
      const first = rounds[Math.min(WARM, rounds.length - 1)] as Figures;
      const last = rounds.at(-1) as Figures;
      expect(last.heap - first.heap).toBeLessThan(HEAP_GROWTH);
      expect(Math.max(...rounds.map((round) => round.heap))).toBeLessThanOrEqual(HEAP);
      expect(Math.max(...rounds.map((round) => round.elements))).toBeLessThanOrEqual(MOST_ELEMENTS);
      // Nodes and listeners of the second round are there in the last one; no others have been left behind.
      expect(last.nodes).toBeLessThanOrEqual(first.nodes * 1.5);
      expect(last.listeners).toBeLessThanOrEqual(first.listeners * 1.5);
      // What each screen asks for when it is opened is in it.
      expect(last.bytesPerSecond).toBeLessThanOrEqual(BYTES_PER_SECOND);
      expect(watched.complaints).toEqual([]);
    });
  },
);

function line(of: Figures): string {
  const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return [
    `${(of.second / 60).toFixed(0)} min: heap ${mega(of.heap)}`,
    `${of.elements} elements, ${of.nodes} nodes, ${of.listeners} listeners`,
    `${(of.bytesPerSecond / 1000).toFixed(1)} KB/s`,
    `answers ${of.medianMs.toFixed(1)} ms, at most ${of.longestMs.toFixed(1)} ms`,
    `master ${mega(of.masterBytes)}`,
  ].join("; ");
}

/** Memory of a process; 0 where the system does not tell. */
function residentBytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
