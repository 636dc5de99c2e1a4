// What the page weighs, and that a report is one file that asks nobody for anything.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve } from "../../ui/test/server.ts";
import { hasBrowser, openBrowser, openPage } from "./browser.ts";

const PAGE_BYTES = 60_000;
const REPORT_BYTES = 300_000;

describe.skipIf(!hasBrowser)("the weight", () => {
  const server = serve(0);
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

  test("of the first screen stays within its budget", async () => {
    const { page, context } = await openPage(browser);
    const bodies: Promise<Buffer>[] = [];
    page.on("response", (response) => {
      if (!response.url().includes("/api/")) {
        bodies.push(response.body());
      }
    });
    await page.goto(`${base}/runs/42/overview`);
    await page.getByText("Latency heat map").waitFor();
    const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(PAGE_BYTES);
    await context.close();
  });

  test("of a report stays within its budget, and it opens without a server", async () => {
    const text = await (await fetch(`${base}/api/v1/runs/42/report.html`)).text();
    expect(text.length).toBeLessThanOrEqual(REPORT_BYTES);
    const folder = mkdtempSync(join(tmpdir(), "gregaria-report-"));
    writeFileSync(join(folder, "report.html"), text);
    const { page, complaints, context } = await openPage(browser);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`file://${folder}/report.html`);
    await page.getByRole("heading", { name: "checkout-peak" }).waitFor();
    await page.getByText('<b>"though"</b>').waitFor();
    await expect.poll(() => page.locator("canvas").count()).toBeGreaterThanOrEqual(5);
    const busy = page.getByRole("figure", { name: "CPU of all workers and lag" });
    await busy.locator("canvas").waitFor();
    const words = busy.getByText(/^CPU, median [\d.]+ % now, .*; CPU, busiest 9\d/);
    await words.waitFor({ state: "attached" });
    expect(asked.filter((url) => !url.startsWith("data:"))).toEqual([
      `file://${folder}/report.html`,
    ]);
    expect(complaints).toEqual([]);
    await context.close();
    rmSync(folder, { recursive: true });
  });
});
