// What the page says when the server falls silent, comes back, restarts or is held back by a proxy; and
// that it never draws what was not measured.

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SCRIPT, serve } from "../../ui/test/server.ts";
import { hasBrowser, openBrowser, openPage, type Watched } from "./browser.ts";
import { allowed } from "./real/patience.ts";

const OVERVIEW = "/runs/42/overview";

describe.skipIf(!hasBrowser)("the live page", () => {
  let browser: Browser;
  let server: ReturnType<typeof serve>;
  let base: string;
  let watched: Watched;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    server = serve(0);
    base = await server.open();
    watched = await openPage(browser);
  });
  afterEach(async () => {
    await watched.context.close();
    await server.close();
    expect(watched.complaints).toEqual([]);
  });

  test("says when nothing comes, and loads what was missing", async () => {
    const { page } = watched;
    await page.goto(base + OVERVIEW);
    await page.getByText("● Running").waitFor();
    server.mood.isSilent = true;
    await page
      .getByText(/No data since \d\d:\d\d:\d\d\. Retrying\./)
      .waitFor({ timeout: allowed(6000) });
    await page.getByText("Not connected").waitFor();
    await page.locator(".figures.stale").waitFor();
    const stop = page.getByRole("button", { name: "Stop test" }).filter({ visible: true });
    expect(await stop.isEnabled()).toBe(true);
    server.mood.isSilent = false;
    await page.getByText(/Back\. \d+ s were missing and have been loaded\./).waitFor();
    await page.getByText("● Running").waitFor();
    await expect.poll(() => page.locator(".stale").count()).toBe(0);
  });

  test("tells a master that restarted from one that was away", async () => {
    const { page } = watched;
    await page.goto(base + OVERVIEW);
    await page.getByText("● Running").waitFor();
    const end = { kind: "cut_off", time: server.start + 700, by: null, reason: "" } as const;
    server.mood.kept = (state) => ({ ...state, run: 42, phase: "ended", end });
    server.mood.state = (state) => ({ ...state, run: null, phase: "ready" });
    server.mood.instance = "second";
    server.cut();
    const said = page.getByText(
      /The master restarted at \d\d:\d\d\. Run 42 was cut off at .* and is saved as incomplete\./,
    );
    await said.waitFor();
    await page.getByText("⚠ Restarted").waitFor();
    expect(await page.getByRole("button", { name: /Stop test|Change users/ }).count()).toBe(0);
    expect(await page.locator(".figures.stale").count()).toBe(1);
    await page.getByRole("button", { name: "Open run" }).click();
    await page.getByText("✕ Cut off", { exact: true }).waitFor();
    expect(await said.count()).toBe(0);
    expect(await page.locator(".stale").count()).toBe(0);
  });

  test("says that it is older than the server, and is the new one when it is loaded again", async () => {
    const { page } = watched;
    await page.goto(base + OVERVIEW);
    await page.getByText("● Running").waitFor();
    const said = page.getByText("The page is older than the server.");
    expect(await said.count()).toBe(0);
    server.mood.page = "another";
    server.cut();
    await said.waitFor();
    await page.getByRole("button", { name: "Reload" }).click();
    await page.getByText("● Running").waitFor();
    await expect.poll(() => said.count()).toBe(0);
  });

  test("shows the end of a run that another one followed while nobody looked", async () => {
    const { page } = watched;
    await page.goto(base + OVERVIEW);
    await page.getByText("● Running").waitFor();
    await expect.poll(() => page.getByText("Run 42 is running.").count()).toBe(0);
    const end = { kind: "finished", time: server.start + 700, by: null, reason: "" } as const;
    server.mood.kept = (state) => ({ ...state, run: 42, phase: "ended", end });
    server.mood.state = (state) => ({ ...state, run: 43 });
    await page.getByText("■ Finished").waitFor();
    await page.getByText("Run 43 is running.").waitFor();
  });

  test("polls where a proxy holds the stream back", async () => {
    const { page } = watched;
    server.mood.isHeldBack = true;
    await page.goto(base + OVERVIEW);
    await page.getByText("Updates every 2 s").waitFor({ timeout: allowed(13_000) });
    await page.getByText("Throughput and users").waitFor();
  });

  test("leaves gaps where nothing was measured", async () => {
    const { page } = watched;
    server.mood.script = { ...SCRIPT, gap: [735, 748] };
    await page.goto(`${base}${OVERVIEW}?t=730-760`);
    const chart = page.locator("figure", { hasText: "Response time" });
    await chart.getByRole("button", { name: "Show as table" }).click();
    await chart.locator("tbody tr").first().waitFor();
    const rows = await chart.locator("tbody tr").allInnerTexts();
    const inGap = rows.filter((row) => /^12:(1[6-9]|2[0-7])/.test(row));
    expect(inGap.length).toBeGreaterThan(5);
    for (const row of inGap) {
      expect(row).toMatch(/–\s+–\s+–$/);
    }
    const users = page.locator("figure", { hasText: "Throughput" });
    await users.getByRole("button", { name: "Show as table" }).click();
    await users.locator("tbody tr").first().waitFor();
    expect(await users.locator("tbody").innerText()).not.toMatch(/12:20\s+0\b/);
  });

  test("closes its stream while nobody sees it", async () => {
    const { page } = watched;
    await page.goto(base + OVERVIEW);
    await page.getByText("● Running").waitFor();
    await hide(true);
    await expect.poll(() => server.streams()).toBe(0);
    await hide(false);
    await expect.poll(() => server.streams()).toBe(1);

    async function hide(isHidden: boolean): Promise<void> {
      await page.evaluate((hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, isHidden);
    }
  });

  test("a run that lost all workers says why it ended", async () => {
    const { page } = watched;
    server.mood.state = (state) => ({
      ...state,
      phase: "ended",
      end: {
        kind: "workers_lost",
        time: server.start + 700,
        by: null,
        reason: "no worker answered for 3 s",
      },
    });
    await page.goto(base + OVERVIEW);
    await page.getByText(/✕ Ended at \d\d:\d\d:\d\d: no worker answered for 3 s\./).waitFor();
    await page.getByRole("button", { name: "Run again" }).waitFor();
    expect(await page.getByRole("button", { name: "Stop test" }).count()).toBe(0);
  });

  test("lost workers are named, and have no CPU figure", async () => {
    const { page } = watched;
    server.mood.script = { ...SCRIPT, lost: 3 };
    await page.goto(`${base}/runs/42/workers`);
    await page.getByText("Running (degraded)").waitFor();
    await page.getByText(/▲ 3 of 200 workers lost/).waitFor();
    await page.getByRole("searchbox").fill("lost");
    const cells = page.locator("tbody tr").first().locator("td");
    await expect.poll(() => page.locator("tbody tr").count()).toBe(3);
    expect(await cells.nth(4).innerText()).toBe("–");
    // Seconds go on, and what they do not change is left alone.
    await page.evaluate(() => {
      const count = (found: Element | null, name: string) => {
        document.body.dataset[name] = "0";
        new MutationObserver((changes) => {
          const before = Number(document.body.dataset[name]);
          document.body.dataset[name] = String(before + changes.length);
        }).observe(found as Element, {
          subtree: true,
          childList: true,
          characterData: true,
          attributes: true,
        });
      };
      count(document.querySelector("tbody"), "rows");
      count(document.querySelector(".run-facts"), "head");
    });
    const changes = (name: string) =>
      page.evaluate((of) => Number(document.body.dataset[of]), name);
    await expect.poll(() => changes("head")).toBeGreaterThanOrEqual(3);
    expect(await changes("rows")).toBe(0);
  });

  test("figures are those that the server sent", async () => {
    const { page } = watched;
    await page.goto(base + OVERVIEW);
    const users = page.locator(".figure", { hasText: "Users" }).locator(".value");
    await expect.poll(() => users.innerText()).toBe("5,000");
    await expect
      .poll(() => page.title())
      .toMatch(/^● [\d,]+ req\/s · [\d.]+ % failed · checkout-peak$/);
  });
});
