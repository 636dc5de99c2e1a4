// A report on paper: light whatever the system is, all columns, and every chart, though nobody has
// scrolled to it.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve } from "../../ui/test/server.ts";
import { hasBrowser, isFirefox, openBrowser, openPage } from "./browser.ts";

/** The line of requests, light and dark. */
const LIGHT = [0, 114, 178] as const;
const DARK = [86, 180, 233] as const;
/** A4 between its margins, in pixels. */
const SHEET = 688;

describe.skipIf(!hasBrowser || isFirefox)("a report on paper", () => {
  const server = serve(0);
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await openBrowser();
    const base = await server.open();
    ({ page } = await openPage(browser, { scheme: "dark", height: 500 }));
    await page.goto(`${base}/api/v1/runs/42/report.html`);
  });
  afterAll(async () => {
    await browser?.close();
    await server.close();
  });

  test("is drawn before the browser goes on, and as it was afterwards", async () => {
    await expect.poll(() => pixels(page, DARK)).toBeGreaterThan(50);
    await page.evaluate(() => {
      window.addEventListener("beforeprint", () => {
        const blank = [...document.querySelectorAll("canvas")].map((canvas) =>
          canvas
            .getContext("2d")
            ?.getImageData(0, 0, canvas.width, canvas.height)
            .data.every((value) => value === 0),
        );
        document.body.dataset.blank = JSON.stringify(blank);
      });
    });
    expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(10_000);
    const blank = JSON.parse((await page.locator("body").getAttribute("data-blank")) ?? "[]");
    expect(blank.length).toBeGreaterThanOrEqual(5);
    expect(blank).not.toContain(true);
    await expect.poll(() => pixels(page, DARK)).toBeGreaterThan(50);
  });

  test("is light on a dark system, and has all columns on one sheet", async () => {
    await page.setViewportSize({ width: SHEET, height: 900 });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await expect.poll(() => pixels(page, LIGHT)).toBeGreaterThan(50);
    expect(await pixels(page, DARK)).toBe(0);
    const heads = page.getByRole("region", { name: "Endpoints" }).getByRole("columnheader");
    for (const title of ["Method", "Requests", "Failed %", "p50", "p99", "Max", "Req/s"]) {
      const head = heads.filter({ hasText: title }).first();
      const box = await head.boundingBox();
      expect(box, title).not.toBeNull();
      expect((box?.x ?? 0) + (box?.width ?? 0), title).toBeLessThanOrEqual(SHEET + 1);
    }
    await page.emulateMedia({ media: "screen", colorScheme: "dark" });
  });
});

/** Pixels of the first chart that have a colour. */
function pixels(page: Page, color: readonly number[]): Promise<number> {
  return page.evaluate((color) => {
    const canvas = document.querySelector<HTMLCanvasElement>(".chart canvas");
    const data = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let at = 0; data && at < data.length; at += 4) {
      const isNear = color.every((part, of) => Math.abs(part - (data[at + of] ?? 0)) < 6);
      count += isNear && (data[at + 3] ?? 0) > 200 ? 1 : 0;
    }
    return count;
  }, color);
}
