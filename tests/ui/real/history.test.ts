// Runs that are kept: read again after the master was killed, compared, exported as one file that needs no
// server, and taken in again.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, openPage } from "../browser.ts";
import { canServe, Folder, type Serving } from "./command.ts";
import { axeInBothThemes } from "./measures.ts";
import { button, cellsOf, chartRows, figure, numberOf, pill, startTest } from "./reading.ts";

/** Largest report. */
const REPORT_BYTES = 300_000;

describe.skipIf(!canServe)("runs that are kept", () => {
  const folder = new Folder();
  let browser: Browser;
  let serving: Serving;
  let page: Page;
  let complaints: string[];
  beforeAll(async () => {
    [browser, serving] = await Promise.all([openBrowser(), folder.serve("known.py")]);
    ({ page, complaints } = await openPage(browser));
  });
  afterAll(async () => {
    await browser?.close();
    await folder.close();
  });

  async function run(users: number): Promise<number> {
    await page.goto(`${serving.url}/new`);
    const number = await startTest(page, { users });
    await expect.poll(() => figure(page, "p99").innerText()).toBe("400 ms");
    await expect
      .poll(async () => (await chartRows(page, "Response time")).length)
      .toBeGreaterThan(2);
    return number;
  }

  test("are listed, and shown as they were", async () => {
    const [first, second] = [await run(1), 2];
    await button(page, "Stop test").click();
    await pill(page).getByText("Stopped").waitFor();
    const drawn = await chartRows(page, "Response time");
    expect(await run(2)).toBe(second);
    await button(page, "Stop test").click();
    await pill(page).getByText("Stopped").waitFor();
    await page.goto(`${serving.url}/runs`);
    await page.getByRole("link", { name: "known.py" }).first().waitFor();
    await expect.poll(() => page.locator("tbody tr").count()).toBe(2);
    expect(await axeInBothThemes(page)).toEqual([]);
    await page.goto(`${serving.url}/runs/${first}/overview`);
    await pill(page).getByText("Stopped").waitFor();
    const kept = await chartRows(page, "Response time");
    expect(kept.filter((row) => !row.includes("–")).length).toBeGreaterThan(1);
    expect(Math.abs(kept.length - drawn.length)).toBeLessThanOrEqual(1);
    await page.getByRole("link", { name: /^Endpoints/ }).click();
    expect(numberOf((await cellsOf(page.locator("tr.pinned"))).Requests ?? "")).toBeGreaterThan(
      100,
    );
    expect(complaints).toEqual([]);
  });

  test("are compared, deleted, and one of them is the baseline", async () => {
    await page.goto(`${serving.url}/runs`);
    await page.getByLabel("Compare run 1").click();
    await page.getByLabel("Compare run 2").click();
    await page.getByRole("button", { name: "Compare 1 and 2" }).click();
    await page.waitForURL("**/compare?a=1&b=2");
    await page.getByText(/users/).first().waitFor();
    await page.locator("tbody tr").first().waitFor();
    expect(await axeInBothThemes(page)).toEqual([]);
    await page.goto(`${serving.url}/runs`);
    await page.getByRole("button", { name: "Actions of run 1" }).click();
    await page.getByRole("button", { name: "Set as baseline" }).click();
    await page.locator(".badge", { hasText: "baseline" }).waitFor();
    await page.goto(`${serving.url}/runs/2/overview`);
    await page.getByRole("link", { name: "Compare" }).click();
    await page.waitForURL("**/compare?b=2&a=1");
    await page.getByText("Endpoints").first().waitFor();
    expect(complaints).toEqual([]);
  });

  test("are a file that opens without a server and can be taken in again", async () => {
    const answer = await serving.ask("/api/v1/runs/2/report.html");
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text.length).toBeLessThanOrEqual(REPORT_BYTES);
    const path = join(folder.path, "report.html");
    writeFileSync(path, text);
    const other = await openPage(browser);
    await other.context.setOffline(true);
    const asked: string[] = [];
    other.page.on("request", (request) => asked.push(request.url()));
    await other.page.goto(`file://${path}`);
    await other.page.getByRole("heading", { name: "known.py", exact: true }).waitFor();
    await expect.poll(() => other.page.locator("canvas").count()).toBeGreaterThanOrEqual(4);
    await other.page.getByRole("heading", { name: "Compared with run 1" }).waitFor();
    expect(asked.filter((url) => !url.startsWith("data:"))).toEqual([`file://${path}`]);
    const { overview } = await serving.json<{ overview: { whole_run: { p95_ms: number } } }>(
      "/api/v1/runs/2",
    );
    expect(numberOf(await figure(other.page, "p95").innerText())).toBe(
      Math.round(overview.whole_run.p95_ms),
    );
    expect(await other.page.evaluate(() => "wasRun" in window)).toBe(false);
    expect(await axeInBothThemes(other.page)).toEqual([]);
    expect((await other.page.pdf({ format: "A4" })).length).toBeGreaterThan(10_000);
    expect(other.complaints).toEqual([]);
    await other.context.close();

    await page.goto(`${serving.url}/runs`);
    await page.getByRole("heading", { name: "Runs" }).waitFor();
    await page.locator("main").evaluate((main, report) => {
      const files = new DataTransfer();
      files.items.add(new File([report], "report.html", { type: "text/html" }));
      main.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true }));
    }, text);
    await page.getByText("Imported as run 3.").waitFor();
    await page.locator(".badge", { hasText: "imported" }).waitFor();
    const choosing = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Import reports" }).click();
    await (await choosing).setFiles(path);
    await page.getByText("Imported as run 4.").waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export all" }).click();
    const all = await (await download).path();
    expect(readFileSync(all).toString("latin1", 0, 15)).toBe("SQLite format 3");
    expect(complaints).toEqual([]);
  });

  test("are kept to the last second when the master is killed", async () => {
    const number = await run(1);
    await serving.started.end("SIGKILL");
    serving = await folder.serve("known.py", "-P", serving.port);
    await page.goto(`${serving.url}/runs/${number}/overview`);
    await pill(page).getByText("Cut off").waitFor();
    expect((await chartRows(page, "Response time")).length).toBeGreaterThan(1);
    expect(await axeInBothThemes(page)).toEqual([]);
    await page.goto(`${serving.url}/runs`);
    await page.getByRole("button", { name: `Actions of run ${number}` }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: `Delete run ${number}?` });
    await dialog.getByRole("button", { name: "Delete" }).click();
    await expect.poll(() => page.getByLabel(`Compare run ${number}`).count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
