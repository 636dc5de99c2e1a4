// A master with two hundred workers and five hundred endpoints: what its page weighs, what it says when
// a worker is lost, and when all are. Most workers are played by one process; three are real.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFirefox, openBrowser, openPage, type Watched } from "../browser.ts";
import { CROWD, canServe, FILES, Folder, freePort, hasCrowd, type Serving } from "./command.ts";
import { axeInBothThemes, Load } from "./measures.ts";
import { allowed } from "./patience.ts";
import { button, cellsOf, chartRows, figure, numberOf, pill, startTest, write } from "./reading.ts";

const WORKERS = 200;
const REAL = 3;
const USERS = 400;
/** Names of the played workers, and of the locustfile. */
const ENDPOINTS = 500;

describe.skipIf(!canServe || !hasCrowd)("the page of a large cluster", () => {
  const folder = new Folder();
  let browser: Browser;
  let serving: Serving;
  let watched: Watched;
  let page: Page;
  let port: string;
  let workers: ReturnType<Folder["gregaria"]>[];
  let crowd: ReturnType<Folder["run"]>;
  beforeAll(async () => {
    port = String(await freePort());
    [browser, serving] = await Promise.all([
      openBrowser("--enable-precise-memory-info"),
      folder.serve(
        ...(["shop.py", "--master", "--master-bind-host", "127.0.0.1"] as const),
        ...["--master-bind-port", port, "--expect-workers", String(WORKERS), "-H", NOWHERE],
      ),
    ]);
    watched = await openPage(browser);
    page = watched.page;
  });
  afterAll(async () => {
    await browser?.close();
    await folder.close();
  });

  test("waits for workers, and says how one is started", async () => {
    await page.goto(serving.url);
    await page.waitForURL("**/new");
    await page.getByText("No workers connected.").waitFor();
    await page.getByText(`0 of ${WORKERS} workers connected.`).waitFor();
    await page
      .getByText(new RegExp(`gregaria --worker --master-host [\\w.-]+ --master-port ${port} -f -`))
      .waitFor();
    expect(await button(page, "Start test").isDisabled()).toBe(true);
    expect(await axeInBothThemes(page)).toEqual([]);
  });

  test("starts when they are there", async () => {
    crowd = folder.run(
      ...[CROWD, "127.0.0.1", port, String(WORKERS - REAL), "10", "1", String(ENDPOINTS)],
    );
    workers = Array.from({ length: REAL }, () =>
      folder.gregaria("--worker", "--master-port", port, "-f", `${FILES}/shop.py`),
    );
    await write(page.getByLabel("Users", { exact: true }), String(USERS));
    await page.getByText(`${USERS} users on ${WORKERS} workers, 2 each.`).waitFor();
    await startTest(page, { users: USERS, rate: 1000 });
    await expect
      .poll(() => figure(page, "Users").innerText(), { timeout: 100_000 })
      .toBe(String(USERS));
    await pill(page).getByText("Running").waitFor();
    const tab = page.getByRole("link", { name: /^Endpoints/ });
    await expect
      .poll(async () => numberOf(await tab.innerText()))
      .toBeGreaterThanOrEqual(ENDPOINTS);
    const shown = page.getByRole("link", { name: /^Workers/ });
    await expect.poll(() => shown.innerText()).toContain(`${WORKERS}/${WORKERS}`);
  });

  test.skipIf(isFirefox)(
    "is light: bytes sent, live data, elements and memory",
    { timeout: 180_000 },
    async () => {
      const address = page.url();
      const fresh = await openPage(browser);
      const load = await Load.of(fresh.page);
      await fresh.page.goto(address);
      await pill(fresh.page).getByText("Running").waitFor();
      await fresh.page.getByText("Latency heat map").waitFor();
      expect(load.pageBytes()).toBeLessThanOrEqual(60_000);
      for (const tab of ["endpoints", "workers", "overview"]) {
        await fresh.page.goto(address.replace("overview", tab));
        await pill(fresh.page).getByText("Running").waitFor();
        const seen = await load.live(fresh.page, 5);
        expect(seen.bytesPerSecond, `live data of ${tab}`).toBeLessThanOrEqual(8_000);
        const elements = await fresh.page.evaluate(() => document.querySelectorAll("*").length);
        expect(elements, `elements of ${tab}`).toBeLessThanOrEqual(1500);
      }
      expect(await load.heapBytes()).toBeLessThanOrEqual(25_000_000);
      expect(fresh.complaints).toEqual([]);
      await fresh.context.close();
    },
  );

  test("says within five seconds that a worker is lost", async () => {
    const killed = Date.now();
    workers[0]?.process.kill("SIGKILL");
    await page.getByText(/▲ \d+ of 200 workers/).waitFor();
    expect(Date.now() - killed).toBeLessThan(allowed(5000));
    await pill(page).getByText("Running (degraded)").waitFor();
    await page.getByRole("link", { name: /^Workers/ }).click();
    await page.getByRole("searchbox").fill("lost");
    // On a machine that is held up, one of those that are played may be missed for a moment, too.
    const row = page.locator("tbody tr").filter({ hasNotText: /host\d{5}/ });
    await expect.poll(() => row.count()).toBe(1);
    const cells = await cellsOf(row.first());
    expect(cells.CPU).toBe("–");
    expect(cells.Users).toBe("0");
    expect(await axeInBothThemes(page)).toEqual([]);
    // Of those that tell it; the others have CPU alone.
    await expect
      .poll(async () => (await chartRows(page, "CPU of all workers and lag")).length)
      .toBeGreaterThan(0);
    await page.getByRole("link", { name: /^Overview/ }).click();
    // Its users run elsewhere.
    await expect
      .poll(() => figure(page, "Users").innerText(), { timeout: 100_000 })
      .toBe(String(USERS));
    const { marks } = await serving.json<{ marks: { kind: string; text: string }[] }>(
      `/api/v1/runs/1`,
    );
    expect(marks.map((mark) => mark.kind)).toContain("worker_lost");
  });

  test("says why the run ended when all of them are", async () => {
    for (const each of [crowd, ...workers]) {
      each.process.kill("SIGKILL");
    }
    await page.getByText(/✕ Ended at \d\d:\d\d:\d\d: .*worker/).waitFor();
    await pill(page).getByText("Ended").waitFor();
    await page.getByRole("button", { name: "Run again" }).waitFor();
    expect(await axeInBothThemes(page)).toEqual([]);
    expect(watched.complaints).toEqual([]);
  });
});

/** Where nobody listens: requests fail at once. */
const NOWHERE = "http://127.0.0.1:1";
