// The page of a server that runs: GREGARIA_UI_URL names it, and these tests look and do nothing else.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { violations } from "./axe.ts";
import { hasBrowser, openBrowser, openPage } from "./browser.ts";

const URL_OF_SERVER = process.env.GREGARIA_UI_URL;
const TABS = ["overview", "endpoints", "failures", "log", "setup"];

describe.skipIf(!hasBrowser || !URL_OF_SERVER)("the page of a server that runs", () => {
  const base = (URL_OF_SERVER ?? "").replace(/\/$/, "");
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  for (const scheme of ["light", "dark"] as const) {
    test(`shows every screen without a complaint, ${scheme}`, async () => {
      const { page, complaints, context } = await openPage(browser, { scheme });
      await page.goto(`${base}/`);
      await page.waitForURL(/\/(new|runs\/\d+\/overview)$/);
      const run = /\/runs\/(\d+)\//.exec(page.url())?.[1];
      const paths = ["/new", "/runs", ...(run ? TABS.map((tab) => `/runs/${run}/${tab}`) : [])];
      for (const path of paths) {
        await page.goto(base + path);
        await page.locator("h1").first().waitFor();
        await page.locator(".waiting").waitFor({ state: "detached" });
        expect(await violations(page), path).toEqual([]);
      }
      expect(complaints).toEqual([]);
      await context.close();
    });
  }
});
