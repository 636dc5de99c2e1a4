// One test from its start to its end and again, as a person drives it; its figures are those that the
// target has counted, or that the locustfile has said.

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openBrowser, openPage, type Watched } from "../browser.ts";
import { canServe, Folder, type Serving } from "./command.ts";
import { allowed } from "./patience.ts";
import { button, cellsOf, figure, goByKeys, numberOf, pill, startTest, write } from "./reading.ts";
import { Target } from "./target.ts";
import { Viewers } from "./viewers.ts";

describe.skipIf(!canServe)("a test that is driven by its page", () => {
  const folder = new Folder();
  const target = new Target();
  let browser: Browser;
  let serving: Serving;
  let host: string;
  let watched: Watched;
  beforeAll(async () => {
    host = await target.open();
    [browser, serving] = await Promise.all([openBrowser(), folder.serve("shop.py")]);
  });
  afterAll(async () => {
    await browser?.close();
    await folder.close();
    await target.close();
  });
  beforeEach(async () => {
    watched = await openPage(browser);
  });
  afterEach(async () => {
    await watched.context.close();
    expect(watched.complaints).toEqual([]);
  });

  test("starts, grows, stops, and has counted what the target has", async () => {
    const { page } = watched;
    await page.goto(serving.url);
    await page.waitForURL("**/new");
    await startTest(page, { users: 4, host });
    await expect.poll(() => figure(page, "Users").innerText()).toBe("4");
    await pill(page).getByText("Running").waitFor();
    await expect.poll(() => usersLine(page)).toEqual([4]);

    await page.getByRole("button", { name: "Change users" }).click();
    await write(page.getByLabel("Users", { exact: true }), "8");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByText("Raise from 4 to 8 users?").waitFor();
    await page.getByRole("button", { name: "Raise" }).click();
    await expect.poll(() => figure(page, "Users").innerText()).toBe("8");
    await expect
      .poll(async () => numberOf(await figure(page, "Requests/s").innerText()))
      .not.toBe(0);
    await expect.poll(() => usersLine(page)).toEqual([4, 8]);
    await page.getByText("Show all").or(page.locator("canvas").first()).first().waitFor();

    await button(page, "Stop test").click();
    const stopped = Date.now();
    await pill(page).getByText("Stopped").waitFor();
    await expect.poll(() => Date.now() - Math.max(stopped, target.lastAt)).toBeGreaterThan(1500);
    expect(target.lastAt - stopped).toBeLessThan(allowed(1000));
    const mean = page.locator(".figure", { has: page.getByText("Requests/s") });
    expect(await mean.locator(".note").innerText()).toBe("mean, whole run");

    await page.getByRole("link", { name: /^Endpoints/ }).click();
    const total = await cellsOf(page.locator("tr.pinned"));
    const uncounted = target.count - numberOf(total.Requests ?? "");
    // Each user may have been cut off in the middle of a request, which is then not counted.
    expect(uncounted).toBeGreaterThanOrEqual(0);
    expect(uncounted).toBeLessThanOrEqual(8);
    const missing = target.requests.get("/missing/page") ?? 0;
    expect(missing - numberOf(total.Failed ?? "")).toBeLessThanOrEqual(uncounted);
  });

  test("runs again with the same values, and stops at once before twenty viewers", async () => {
    const { page } = watched;
    const before = target.count;
    await page.goto(serving.url);
    await page.getByRole("button", { name: "Run again" }).click();
    await page.waitForURL("**/new?from=*");
    await expect.poll(() => page.getByLabel("URL").inputValue()).toBe(host);
    await page.getByRole("button", { name: "Start test" }).click();
    await page.waitForURL("**/runs/2/overview");
    const viewers = await Viewers.open(serving.url, 20);
    await expect.poll(() => target.count - before).toBeGreaterThan(50);
    await button(page, "Stop test").click();
    const stopped = Date.now();
    await pill(page).getByText("Stopped").waitFor();
    await expect.poll(() => Date.now() - Math.max(stopped, target.lastAt)).toBeGreaterThan(1500);
    expect(target.lastAt - stopped).toBeLessThan(allowed(1000));
    expect(viewers.ticks().every((ticks) => ticks > 0)).toBe(true);
    viewers.close();
    await page.getByRole("link", { name: /^Endpoints/ }).click();
    const total = await cellsOf(page.locator("tr.pinned"));
    const uncounted = target.count - before - numberOf(total.Requests ?? "");
    expect(uncounted).toBeGreaterThanOrEqual(0);
    expect(uncounted).toBeLessThanOrEqual(8);
  });

  test("says the same moments in the words of every time zone", async () => {
    const { state } = await serving.json<{ state: { end: { time: number } } }>("/api/v1/runs/2");
    for (const timezone of ["UTC", "Pacific/Kiritimati", "Pacific/Honolulu"]) {
      const { page, context, complaints } = await openPage(browser, { timezone });
      await page.goto(`${serving.url}/runs/2/overview`);
      const clock = new Date(Math.floor(state.end.time) * 1000).toLocaleTimeString("en-GB", {
        timeZone: timezone,
      });
      await page.getByText(`Stopped by 127.0.0.1 at ${clock}.`).waitFor();
      expect(complaints).toEqual([]);
      await context.close();
    }
  });

  test("is driven by keys alone", async () => {
    const { page } = watched;
    await page.goto(`${serving.url}/new`);
    await page.getByRole("button", { name: "Start test" }).waitFor();
    await tabTo(page, "Users");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("2");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/runs/3/overview");
    await expect.poll(() => figure(page, "Users").innerText()).toBe("2");
    await page.locator("#change-users").waitFor();
    await page.keyboard.press("u");
    await page.getByRole("button", { name: "Apply" }).waitFor();
    await expect.poll(() => focusedValue(page)).toBe("2");
    await page.keyboard.type("1");
    await page.keyboard.press("Enter");
    await expect.poll(() => figure(page, "Users").innerText()).toBe("1");
    await page.keyboard.press("Escape");
    await goByKeys(page, "e", /\/runs\/3\/endpoints$/);
    await page.keyboard.press("Shift+S");
    await pill(page).getByText("Stopped").waitFor();
  });
});

describe.skipIf(!canServe)("the figures", () => {
  const folder = new Folder();
  let browser: Browser;
  let serving: Serving;
  beforeAll(async () => {
    [browser, serving] = await Promise.all([openBrowser(), folder.serve("known.py")]);
  });
  afterAll(async () => {
    await browser?.close();
    await folder.close();
  });

  test("of known response times are true within one percent", async () => {
    const { page, complaints, context } = await openPage(browser);
    await page.goto(`${serving.url}/new`);
    const run = await startTest(page, { users: 2 });
    await expect.poll(async () => (await whole(serving, run)).requests).toBeGreaterThan(5000);
    await button(page, "Stop test").click();
    await pill(page).getByText("Stopped").waitFor();
    const shown = await whole(serving, run);
    for (const [name, known] of [
      ["p50", 20],
      ["p95", 100],
      ["p99", 400],
    ] as const) {
      const read = numberOf(await figure(page, name).innerText());
      expect(Math.abs(read - known) / known, `${name} is ${read}`).toBeLessThanOrEqual(0.01);
    }
    expect(shown.failures).toBe(Math.ceil(shown.requests / 100));
    expect(await figure(page, "Failed").innerText()).toBe("✕ 1 %");
    const { p999_ms, max_ms } = shown;
    expect(p999_ms).toBeLessThanOrEqual(max_ms);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

interface Whole {
  readonly requests: number;
  readonly failures: number;
  readonly p999_ms: number;
  readonly max_ms: number;
}

async function whole(serving: Serving, run: number): Promise<Whole> {
  const snapshot = await serving.json<{ overview: { whole_run: Whole } }>(`/api/v1/runs/${run}`);
  return snapshot.overview.whole_run;
}

/** Goes on by Tab until the field with this label has the focus. */
async function tabTo(page: Page, label: string): Promise<void> {
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press("Tab");
    const has = await page
      .getByLabel(label, { exact: true })
      .evaluate((field) => field === document.activeElement);
    if (has) {
      return;
    }
  }
  throw new Error(`Tab does not lead to ${label}`);
}

/** What stands in the field that has the focus. */
function focusedValue(page: Page): Promise<string | undefined> {
  return page.evaluate(() => (document.activeElement as HTMLInputElement | null)?.value);
}

/** How many users the chart says have run, each number once, oldest first: of whole seconds. */
async function usersLine(page: Page): Promise<number[]> {
  const chart = page.locator("figure", { hasText: "Throughput and users" });
  const asTable = chart.getByRole("button", { name: "Show as table" });
  if (await asTable.isVisible()) {
    await asTable.click();
  }
  const cells = await chart.locator("tbody tr > :last-child").allInnerTexts();
  const users = cells.reverse().map(numberOf);
  // The second in which the first users came may have had fewer.
  return users.filter((count, at) => count !== users[at - 1] && (at > 0 || count === 4));
}
