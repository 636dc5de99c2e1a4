// A run of eight hours, its seconds as fast as the page takes them: what the page keeps of it does not grow
// for ever. It is asked for: `make soak-played`, or `make soak-played HOURS=2` for two of them.
// `real/soak.test.ts` is the same at the pace of a real run.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatElapsed } from "../../ui/src/format.ts";
import { SCRIPT, serve } from "../../ui/test/server.ts";
import { hasBrowser, isFirefox, openBrowser, openPage } from "./browser.ts";
import { Load } from "./real/measures.ts";

const HOUR = 3600;
const HOURS = Number(process.env.HOURS || 8);
const SECONDS = HOURS * HOUR;
/** When the first figures are taken: all that is made once has been made. */
const WARM = 600;
/** Seconds that are sent before the page has to show that it has taken them. */
const STEP = 5;
/** Seconds on each of the other screens, every hour. */
const VISIT = 60;
const TABS = ["Endpoints", "Failures", "Workers", "Log", "Setup", "Overview"];

const HEAP_GROWTH = 20_000_000;
const HEAP = 25_000_000;
const MOST_ELEMENTS = 1500;

describe.skipIf(!hasBrowser || isFirefox || process.env.SOAK !== "played")(
  "a page that is open all day",
  () => {
    const server = serve(0, {
      second: 1,
      script: { ...SCRIPT, history: 1 },
      state: (state) => ({ ...state, ends_at: (state.started_at ?? 0) + SECONDS }),
    });
    let browser: Browser;
    let base: string;
    beforeAll(async () => {
      if (!Number.isInteger(HOURS) || HOURS < 1) {
        throw new Error(`HOURS has to be a whole number above 0, not ${process.env.HOURS}`);
      }
      [browser, base] = await Promise.all([openBrowser(), server.open()]);
    });
    afterAll(async () => {
      await browser?.close();
      await server.close();
    });

    /** Lets the run go on to a second. */
    async function goOn(page: Page, to: number): Promise<void> {
      for (let second = server.mood.second ?? 0; second < to; ) {
        second = Math.min(to, second + STEP);
        while ((server.mood.second ?? 0) < second) {
          server.mood.second = (server.mood.second ?? 0) + 1;
          server.tell();
        }
        await page.waitForFunction(
          (elapsed) => document.querySelector(".run-facts")?.textContent?.includes(`${elapsed}/`),
          formatElapsed(second),
        );
      }
    }

    test("keeps its size", { timeout: SECONDS * 1000 }, async () => {
      const { page, complaints } = await openPage(browser);
      const load = await Load.of(page);
      await page.goto(`${base}/runs/42/overview`);
      await page.getByText("Latency heat map").waitFor();
      await goOn(page, WARM);
      const first = await load.heapBytes();
      let last = first;
      let elements = 0;
      for (let hour = 1; hour <= HOURS; hour += 1) {
        await goOn(page, hour * HOUR - TABS.length * VISIT);
        for (const [visited, tab] of TABS.entries()) {
          await page.getByRole("link", { name: new RegExp(`^${tab}`) }).click();
          await goOn(page, hour * HOUR - (TABS.length - 1 - visited) * VISIT);
        }
        last = await load.heapBytes();
        elements = await page.evaluate(() => document.querySelectorAll("*").length);
        process.stderr.write(
          `after ${hour} h: heap ${(last / 1e6).toFixed(1)} MB, ${elements} elements\n`,
        );
      }
      expect(last - first).toBeLessThan(HEAP_GROWTH);
      expect(last).toBeLessThanOrEqual(HEAP);
      expect(elements).toBeLessThanOrEqual(MOST_ELEMENTS);
      expect(complaints).toEqual([]);
    });
  },
);
