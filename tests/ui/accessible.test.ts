// Every screen in both themes, and on a phone: nothing for axe to complain of, nothing beside the edge,
// not too many elements, no error.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCRIPT, serve } from "../../ui/test/server.ts";
import { violations } from "./axe.ts";
import { hasBrowser, isFirefox, openBrowser, openPage } from "./browser.ts";
import { SCREENS } from "./screens.ts";
import { isAsWritten, tabStops, treeOf } from "./tree.ts";

const MOST_ELEMENTS = 1500;

interface Reading {
  readonly path: string;
  readonly name: string;
  /** What is drawn last. */
  readonly last: string;
  /** Where the way by keys begins. */
  readonly from: string;
  /** Stops that are told, where those after them are like them. */
  readonly most?: number;
}

/** Screens that are read aloud and gone through by keys, with what comes last of them. */
const READ: readonly Reading[] = [
  { path: "/new", name: "new", last: ".standing", from: ".skip" },
  { path: "/runs/42/overview", name: "overview", last: "tbody tr", from: ".skip" },
  {
    path: "/runs/42/endpoints?entry=4",
    name: "endpoints",
    last: ".samples > li",
    // The table before it has a stop for each of its rows.
    from: ".panel button",
  },
  { path: "/runs/42/failures", name: "failures", last: ".exception canvas", from: ".skip" },
  { path: "/runs/42/workers", name: "workers", last: "tbody tr", from: ".skip", most: 30 },
  { path: "/runs/42/log", name: "log", last: ".line", from: ".skip" },
  { path: "/runs/42/setup", name: "setup", last: "main pre", from: ".skip" },
  { path: "/runs", name: "runs", last: "tbody tr", from: ".skip", most: 30 },
  { path: "/compare?a=40&b=41", name: "compare", last: "tbody tr", from: ".skip" },
  { path: "/login", name: "login", last: "form button", from: "body input" },
];

describe.skipIf(!hasBrowser)("every screen", () => {
  // Time stands still: what is compared is the same at any hour.
  const server = serve(0, { second: SCRIPT.history });
  let browser: Browser;
  let base: string;
  beforeAll(async () => {
    base = await server.open();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server.close();
  });

  for (const scheme of ["light", "dark"] as const) {
    test(`has nothing that axe complains of, ${scheme}`, { timeout: 120_000 }, async () => {
      const { page, complaints, context } = await openPage(browser, { scheme });
      for (const [path, text] of SCREENS) {
        await show(page, base + path, text);
        expect(await violations(page), path).toEqual([]);
        const elements = await page.evaluate(() => document.querySelectorAll("*").length);
        expect(elements, path).toBeLessThanOrEqual(MOST_ELEMENTS);
      }
      expect(complaints).toEqual([]);
      await context.close();
    });
  }

  test.skipIf(isFirefox)(
    "is read and gone through as is written",
    { timeout: 300_000 },
    async () => {
      const { page, context } = await openPage(browser);
      for (const { path, name, last, from, most } of READ) {
        await page.goto(base + path);
        await page.locator(last).first().waitFor();
        await isAsWritten(`read/${name}`, () => treeOf(page));
        await isAsWritten(`by-tab/${name}`, () => tabStops(page, from, most));
      }
      await context.close();
    },
  );

  for (const width of [320, 390, 768, 1920]) {
    test(`fits ${width} pixels`, { timeout: 120_000 }, async () => {
      const { page, context } = await openPage(browser, { width });
      for (const [path, text] of SCREENS) {
        await show(page, base + path, text);
        const beyond = await page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        expect(beyond, path).toBeLessThanOrEqual(0);
      }
      await context.close();
    });
  }

  test("has a way to stop the run, on a phone, too", async () => {
    for (const width of [390, 1280]) {
      const { page, context } = await openPage(browser, { width });
      await page.goto(`${base}/runs/42/overview`);
      const stop = page.getByRole("button", { name: "Stop test" });
      await stop.first().waitFor();
      expect(await stop.filter({ visible: true }).count()).toBe(1);
      const box = await stop.filter({ visible: true }).boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(36);
      await context.close();
    }
  });

  test("of dialogs and menus has nothing that axe complains of", { timeout: 240_000 }, async () => {
    const { page, context } = await openPage(browser);
    await page.goto(`${base}/runs/42/overview`);
    await page.getByRole("button", { name: "Change users" }).click();
    await page.getByLabel("Users", { exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
    const stops = (from?: string, most?: number) => () => tabStops(page, from, most);
    if (!isFirefox) {
      await isAsWritten("by-tab/change-users", stops("form.change-users input", 6));
    }
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    expect(await violations(page)).toEqual([]);
    if (!isFirefox) {
      await isAsWritten("by-tab/shortcuts", stops("dialog input, dialog button"));
    }
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("button", { name: "Export" }).click();
    await page.getByRole("dialog").waitFor();
    expect(await violations(page)).toEqual([]);
    if (!isFirefox) {
      await isAsWritten("by-tab/export", stops("dialog input, dialog button"));
    }
    await context.close();
  });
});

async function show(page: Page, url: string, text: string): Promise<void> {
  await page.goto(url);
  await page.getByText(text).first().waitFor({ state: "attached" });
}
