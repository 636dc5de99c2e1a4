// The cloud line with a provider and a clock that the test plays: each of its rows, its dialogs, and the
// end of everything in its order.

import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cloud } from "../../ui/src/model.ts";
import { cloudAt, ending } from "../../ui/test/cloud.ts";
import { serve } from "../../ui/test/server.ts";
import { violations } from "./axe.ts";
import { hasBrowser, openBrowser, openPage } from "./browser.ts";

/** What the provider tells at a moment, what the line says of it, and what can be done: a price grows as time goes by. */
const ROWS: readonly {
  name: string;
  cloud: (now: number) => Partial<Cloud>;
  text: RegExp;
  tone: string;
  buttons: (string | RegExp)[];
}[] = [
  {
    name: "normal",
    cloud: () => ({}),
    text: /AWS eu-north-1 · 200 × c7g\.large spot.*\$6\.10\/h, \$6\.10 so far.*all machines end in 00:47:\d\d even if this page is closed.*prices of 2026-11/,
    tone: "plain",
    buttons: ["Extend", "Tear down now"],
  },
  {
    name: "of an unknown price",
    cloud: () => ({ usd_per_hour: null }),
    text: /c7g\.large spot.*cost unknown.*all machines end in/,
    tone: "plain",
    buttons: ["Extend", "Tear down now"],
  },
  {
    name: "near the end",
    cloud: (now) => ({ condition: "ending_soon", ends_at: now + 492 }),
    text: /▲ Ends in 08:\d\d\./,
    tone: "warning",
    buttons: [/^Extend to 2 h \(\+\$11\.(3|4)\d\)$/, "Tear down now"],
  },
  {
    name: "in the last minutes",
    cloud: (now) => ({ condition: "last_minutes", ends_at: now + 72 }),
    text: /✕ Ends in 01:\d\d\. The test will be cut off\./,
    tone: "danger",
    buttons: [/^Extend to 2 h \(\+\$12\.(0|1)\d\)$/, "Tear down now"],
  },
  {
    name: "idle",
    cloud: (now) => ({ condition: "idle", idle_since: now - 730, idle_ends_at: now + 2870 }),
    text: /▲ Idle for 12 min at \$6\.10\/h\. Without a test everything ends in 47:\d\d\./,
    tone: "warning",
    buttons: ["Extend", "Tear down now"],
  },
  {
    name: "with machines that failed to start",
    cloud: () => ({ failed: [FAILED] }),
    text: /▲ 1 machine failed to start/,
    tone: "plain",
    buttons: ["▲ 1 machine failed to start", "Extend", "Tear down now"],
  },
  {
    name: "with machines that lack something",
    cloud: () => ({ limited: [{ ...FAILED, reason: "1024 files", log: "" }] }),
    text: /▲ 1 machine limited/,
    tone: "plain",
    buttons: ["▲ 1 machine limited", "Extend", "Tear down now"],
  },
  {
    name: "unreadable",
    cloud: () => ({ condition: "unreadable", problem: "EOF while parsing" }),
    text: /▲ Cloud facts unreadable: EOF while parsing\..*all machines end in 00:47/,
    tone: "warning",
    buttons: ["Extend", "Tear down now"],
  },
  {
    name: "tearing down",
    cloud: (now) => ({ condition: "tearing_down", teardown: ending(now, 112) }),
    text: /112 of 201 machines ended, checked \d\d:\d\d:\d\d\./,
    tone: "plain",
    buttons: [],
  },
  {
    name: "deaf while tearing down",
    cloud: (now) => ({
      condition: "tearing_down",
      problem: "no route to host",
      teardown: { ...ending(now, 0), checked_at: null },
    }),
    text: /0 of 201 machines ended\..*Not up to date since \d\d:\d\d:\d\d: no route to host\./,
    tone: "plain",
    buttons: [],
  },
  {
    name: "unconfirmed",
    cloud: (now) => ({
      condition: "unconfirmed",
      teardown: ending(now, 199, ["i-0a1", "i-0b2"]),
    }),
    text: /✕ 2 machines not confirmed gone: i-0a1, i-0b2\./,
    tone: "danger",
    buttons: ["Try again"],
  },
  {
    name: "done",
    cloud: (now) => ({ condition: "done", teardown: ending(now, 201) }),
    text: /✓ 0 machines left, checked \d\d:\d\d:\d\d\. Total \$6\.10 \(estimate\)\./,
    tone: "ok",
    buttons: [],
  },
];

const FAILED = {
  id: "i-0c3",
  role: "worker",
  reason: "the image has Python 3.13, and the packages are for 3.12",
  log: "gregaria: tried again: refused\n".repeat(40),
};

describe.skipIf(!hasBrowser)("the cloud line", () => {
  const server = serve(0);
  let browser: Browser;
  let base: string;
  let page: Page;
  let line: Locator;
  let complaints: string[];
  const play = (cloud: (now: number) => Partial<Cloud>) => {
    server.mood.cloud = (now) => cloudAt(now, cloud(now));
  };
  beforeAll(async () => {
    [browser, base] = await Promise.all([openBrowser(), server.open()]);
    ({ page, complaints } = await openPage(browser));
    line = page.getByRole("region", { name: "Cloud" });
    play(() => ({}));
    await page.goto(`${base}/runs/42/overview`);
    await line.waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await server.close();
  });

  for (const row of ROWS) {
    test(`is told when it is ${row.name}`, async () => {
      play(row.cloud);
      await expect
        .poll(async () => (await line.innerText()).replaceAll("\n", " "))
        .toMatch(row.text);
      expect(await line.getAttribute("class")).toBe(`cloud ${row.tone}`);
      const buttons = row.buttons.map((one) =>
        typeof one === "string" ? one : expect.stringMatching(one),
      );
      expect(await line.getByRole("button").allInnerTexts()).toEqual(buttons);
      if (row.name !== "done") {
        expect(await line.innerText()).not.toContain("0 machines left");
      }
      for (const colorScheme of ["dark", "light"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await violations(page, ".cloud"), colorScheme).toEqual([]);
      }
      for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        const beyond = await page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        expect(beyond, `${width}`).toBeLessThanOrEqual(0);
      }
    });
  }

  test("counts down by itself, and says once that a test will be cut off", async () => {
    play((now) => ({ condition: "last_minutes", ends_at: now + 60 }));
    await page
      .getByText("All machines end in less than two minutes.")
      .waitFor({ state: "attached" });
    server.mood.isSilent = true;
    const shown = await line.innerText();
    await expect.poll(() => line.innerText()).not.toBe(shown);
    server.mood.isSilent = false;
  });

  test("is on every other page, too", async () => {
    play(() => ({}));
    await page.goto(`${base}/runs`);
    await line.getByText("all machines end in").waitFor();
    await page.goto(`${base}/runs/42/overview`);
  });

  test("gives the command for more time, and why it is none of its own", async () => {
    play(() => ({}));
    await line.getByRole("button", { name: "Extend" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("gregaria cloud up --var lease=2").waitFor();
    await dialog.getByText("no machine may prolong its own life").waitFor();
    await dialog.getByText(/That costs about \$7\.3\d more .* \$18\.30 in all\./).waitFor();
    expect(await violations(page, "dialog")).toEqual([]);
    await dialog.getByRole("button", { name: "Close" }).click();
  });

  test("says why a machine did not start", async () => {
    play(() => ({ failed: [FAILED] }));
    await line.getByRole("button", { name: "1 machine failed to start" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("i-0c3 (worker)").waitFor();
    await dialog.getByText("the image has Python 3.13").waitFor();
    await dialog.getByText("tried again: refused").waitFor();
    expect(await violations(page, "dialog")).toEqual([]);
    await page.keyboard.press("Escape");
  });

  test("ends nothing before the test has stopped and its report is here", async () => {
    play(() => ({}));
    server.mood.commands.length = 0;
    await line.getByRole("button", { name: "Tear down now" }).click();
    const dialog = page.getByRole("dialog", { name: "Stop the test and end 201 machines?" });
    const main = dialog.getByRole("button", { name: "Export and tear down" });
    await expect
      .poll(() => main.evaluate((button) => button === document.activeElement))
      .toBe(true);
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page, "dialog"), colorScheme).toEqual([]);
    }
    const download = page.waitForEvent("download");
    await main.click();
    await dialog.getByText("Stopping the test…").waitFor();
    await expect.poll(() => server.mood.commands.map((one) => one.path)).toEqual(["/runs/42/stop"]);
    const end = { kind: "stopped", reason: "", by: "anna", time: Date.now() / 1000 } as const;
    server.mood.state = (state) => ({ ...state, phase: "ended", end });
    expect((await download).suggestedFilename()).toBe("run-42.html");
    await dialog.waitFor({ state: "detached" });
    expect(server.mood.commands.slice(1)).toEqual([
      { path: "/cloud/teardown", body: { run: null } },
    ]);
    server.mood.state = null;
  });

  test("ends nothing when the report cannot be had", async () => {
    play(() => ({}));
    server.mood.commands.length = 0;
    const end = { kind: "stopped", reason: "", by: "anna", time: Date.now() / 1000 } as const;
    server.mood.state = (state) => ({ ...state, phase: "ended", end });
    await page.reload();
    await page.route("**/report.html*", (route) => route.fulfill({ status: 500, body: "{}" }));
    await line.getByRole("button", { name: "Tear down now" }).click();
    const dialog = page.getByRole("dialog", { name: "End 201 machines?" });
    await dialog.getByRole("button", { name: "Export and tear down" }).click();
    await dialog
      .getByText(/The report of run 42 cannot be fetched\..*Nothing was ended\./)
      .waitFor();
    expect(server.mood.commands).toEqual([]);
    await dialog.getByRole("button", { name: "Tear down without export" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(server.mood.commands).toEqual([{ path: "/cloud/teardown", body: { run: null } }]);
    await page.unroute("**/report.html*");
    server.mood.state = null;
  });

  test("tries again what was not confirmed", async () => {
    play((now) => ({ condition: "unconfirmed", teardown: ending(now, 200, ["i-0a1"]) }));
    server.mood.commands.length = 0;
    await line.getByRole("button", { name: "Try again" }).click();
    await expect
      .poll(() => server.mood.commands.map((one) => one.path))
      .toEqual(["/cloud/teardown"]);
  });

  test("does not call a master lost that was to end", async () => {
    play((now) => ({ condition: "tearing_down", teardown: ending(now, 200) }));
    await line.getByText("200 of 201 machines ended").waitFor();
    server.mood.isSilent = true;
    await line.getByText("This master no longer answers: it was to end last.").waitFor();
    server.mood.isSilent = false;
    expect(complaints).toEqual([]);
  });
});
