// A real master in a cloud that the test plays: its keeper's facts, and the file by which it is asked for
// the end of everything.

import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, openPage } from "../browser.ts";
import { canServe, Folder } from "./command.ts";
import { pill, startTest } from "./reading.ts";

describe.skipIf(!canServe)("the cloud line of a real master", () => {
  const cloud = mkdtempSync(join(tmpdir(), "gregaria-cloud-"));
  const [facts, end] = [join(cloud, "cloud.json"), join(cloud, "end")];
  const folder = new Folder({ GREGARIA_CLOUD: facts, GREGARIA_CLOUD_END: end });
  let browser: Browser;
  /** What the keeper of the node would write, as a whole as it does. */
  const keep = (changes: object) => {
    const now = Date.now() / 1000;
    const told = {
      ...{ provider: "AWS", region: "eu-north-1", worker_count: 2, worker_types: ["c7a.medium"] },
      ...{ usd_per_hour: 0.139, max_usd_in_all: 0.56, prices_date: "2026-11" },
      ...{ started_at: now - 3600, ends_at: now + 3600, checked_at: now, ...changes },
    };
    writeFileSync(`${facts}.new`, JSON.stringify(told));
    renameSync(`${facts}.new`, facts);
  };
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await folder.close();
    rmSync(cloud, { recursive: true });
  });

  test("goes with its machines from their first minute to their last", async () => {
    const serving = await folder.serve("shop.py", "-H", "http://127.0.0.1:1");
    const { page, complaints } = await openPage(browser);
    const line = page.getByRole("region", { name: "Cloud" });
    await page.goto(serving.url);
    await line.getByText(/Cloud facts unreadable: .*No such file/).waitFor();

    keep({ nodes: { "i-0c3": { role: "worker", state: "failed", reason: "no Python 3.12" } } });
    await line.getByText(/AWS eu-north-1 · 2 × c7a\.medium/).waitFor();
    await line.getByText(/\$0\.14\/h, \$0\.14 so far/).waitFor();
    await line.getByText(/all machines end in 00:59:\d\d/).waitFor();
    await line.getByRole("button", { name: "1 machine failed to start" }).click();
    await page.getByRole("dialog").getByText("no Python 3.12").waitFor();
    await page.keyboard.press("Escape");

    keep({ ends_at: Date.now() / 1000 + 115 });
    await line.getByText(/Ends in 01:\d\d\./).waitFor();
    const run = await startTest(page, { users: 3 });
    await pill(page).getByText("Running").waitFor();
    await line.getByText("The test will be cut off.").waitFor();

    await line.getByRole("button", { name: "Tear down now" }).click();
    const dialog = page.getByRole("dialog", { name: "Stop the test and end 3 machines?" });
    const download = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Export and tear down" }).click();
    const report = await download;
    expect(report.suggestedFilename()).toMatch(new RegExp(`_${run}_.*\\.html$`));
    expect(readFileSync(await report.path(), "utf8")).toContain('id="report"');
    await dialog.waitFor({ state: "detached" });
    await line.getByText("0 of 3 machines ended.").waitFor();
    expect(existsSync(end)).toBe(true);
    await pill(page).getByText("Stopped").waitFor();

    const teardown = { since: Date.now() / 1000 + 1, reason: "asked for", total: 3 };
    const checked_at = Date.now() / 1000;
    keep({ teardown: { ...teardown, ended: 1, unconfirmed: ["i-0c3"], checked_at } });
    await line.getByText("1 machine not confirmed gone: i-0c3.").waitFor();
    keep({ teardown: { ...teardown, ended: 2, unconfirmed: [], is_done: true, checked_at } });
    await line.getByText(/All machines but this master are gone, checked/).waitFor();
    await serving.started.end();
    await line.getByText("This master no longer answers: it was to end last.").waitFor();
    expect(complaints).toEqual([]);
  });
});
