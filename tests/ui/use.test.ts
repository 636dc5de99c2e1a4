// A person at work: starting, changing, stopping, looking for something, by mouse and by keyboard.

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SCRIPT, serve } from "../../ui/test/server.ts";
import { hasBrowser, openBrowser, openPage, type Watched } from "./browser.ts";
import { cellsOf, goByKeys } from "./real/reading.ts";

describe.skipIf(!hasBrowser)("a person", () => {
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

  test("starts a run, and the server is told what was typed", async () => {
    const { page } = watched;
    await page.goto(`${base}/new`);
    await page.getByLabel("Users", { exact: true }).fill("300");
    await page.getByLabel("Run time").fill("1h 30m");
    await page.getByText("300 users after 6 s").waitFor();
    await page.getByText("300 users on 200 workers, 1 or 2 each.").waitFor();
    await page.getByRole("button", { name: "Start test" }).click();
    await page.waitForURL("**/runs/42/overview");
    expect(server.mood.commands[0]).toMatchObject({
      path: "/runs",
      body: { users: 300, spawn_rate: 50, run_time_seconds: 5400, confirmation: null },
    });
  });

  test("is told below the field what is wrong, and keeps what was typed", async () => {
    const { page } = watched;
    await page.goto(`${base}/new`);
    await page.getByLabel("Run time").fill("soon");
    await page.getByRole("button", { name: "Start test" }).click();
    await page.getByText("A length such as 90s, 20m or 1h 30m, or nothing.").waitFor();
    expect(await page.getByLabel("Run time").inputValue()).toBe("soon");
    expect(server.mood.commands).toEqual([]);
  });

  test("types the name of a host that may not be theirs", async () => {
    const { page } = watched;
    server.mood.asksForHost = true;
    await page.goto(`${base}/new`);
    await page.getByRole("button", { name: "Start test" }).click();
    const dialog = page.getByRole("dialog", { name: "Is shop.example yours to test?" });
    await dialog.waitFor();
    const cancel = dialog.getByRole("button", { name: "Cancel" });
    await expect
      .poll(() => cancel.evaluate((element) => element === document.activeElement))
      .toBe(true);
    const start = dialog.getByRole("button", { name: "Start test" });
    await dialog.getByLabel("Type shop.example to confirm").fill("other.example");
    await dialog.getByText("This is not shop.example.").waitFor();
    expect(await start.isDisabled()).toBe(true);
    await dialog.getByLabel("Type shop.example to confirm").fill("shop.example");
    await start.click();
    await page.waitForURL("**/runs/42/overview");
    expect(server.mood.commands[1]).toMatchObject({
      body: { confirmation: { token: "tok", host: "shop.example" } },
    });
  });

  test("reads why nothing can be started", async () => {
    const { page } = watched;
    server.mood.hasWorkers = false;
    await page.goto(`${base}/new`);
    await page.getByText("No workers connected.").waitFor();
    await page.getByText("--worker --master-host 10.0.0.5").waitFor();
    expect(await page.getByRole("button", { name: "Start test" }).isDisabled()).toBe(true);
  });

  test("stops by one click, and cuts off by another", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/overview`);
    await page.locator("#stop").click();
    await expect
      .poll(() => server.mood.commands)
      .toEqual([{ path: "/runs/42/stop", body: { now: false } }]);
    server.mood.state = (state) => ({ ...state, phase: "stopping", stopping_seconds: 3 });
    await page.getByText("Stopping 3 s").waitFor();
    await page.locator("#stop", { hasText: "Stop now" }).click();
    await expect
      .poll(() => server.mood.commands[1])
      .toEqual({
        path: "/runs/42/stop",
        body: { now: true },
      });
  });

  test("is asked before many more users are started", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/overview`);
    await page.getByRole("button", { name: "Change users" }).click();
    await page.getByLabel("Users", { exact: true }).fill("50000");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByText("Raise from 5,000 to 50,000 users?").waitFor();
    await page.getByRole("button", { name: "Raise" }).click();
    await expect
      .poll(() => server.mood.commands.at(-1))
      .toMatchObject({
        path: "/runs/42/users",
        body: { users: 50_000, confirmation: { token: "tok" } },
      });
  });

  test("goes everywhere by keys, and none of them starts a test", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/overview`);
    await page.getByText("● Running").waitFor();
    await goByKeys(page, "e", /\/endpoints$/);
    const filter = page.getByLabel("Filter endpoints");
    await filter.waitFor();
    await page.getByText("/item/[id]").first().waitFor();
    await page.keyboard.press("/");
    // What the key does is loaded with the first: nothing is typed before.
    const isFocused = () => filter.evaluate((field) => field === document.activeElement);
    await expect.poll(isFocused).toBe(true);
    await page.keyboard.type("checkout part-3");
    await expect.poll(() => page.locator("tbody tr").count()).toBeLessThan(20);
    await page.keyboard.press("Tab");
    await page.locator("[data-rows]").focus();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /checkout\/part-3/ }).waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("heading", { name: /part-3/ }).count()).toBe(0);
    expect(server.mood.commands).toEqual([]);
  });

  test("sees the four charts of one endpoint, which share cursor and stretch", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/endpoints?entry=4`);
    const figures = page.locator(".panel figure");
    await figures.first().waitFor();
    const titles = [
      "Throughput and users",
      "Response time",
      "Failures/s by type",
      "Latency heat map",
    ];
    const titlesOf = (some: typeof figures) => some.getByRole("heading").allInnerTexts();
    expect(await titlesOf(figures)).toEqual([...titles, "Distribution"]);
    const heat = page.getByRole("img", { name: "Latency heat map" });
    const figure = figures.filter({ has: heat });
    const words = figure.locator("p.unseen");
    const whole = await words.innerText();
    expect(whole).toMatch(/^[\d,]+ requests, most of them in .* to .*\.$/);
    await heat.press("ArrowRight");
    const pointed = figures.filter({ has: page.locator(".legend .moment") });
    await expect.poll(() => titlesOf(pointed)).toEqual(titles);
    await heat.press("Shift+ArrowRight");
    await heat.press("Shift+ArrowRight");
    await heat.press("Enter");
    await expect.poll(() => page.url()).toMatch(/t=10-20$/);
    await expect.poll(() => words.innerText()).not.toBe(whole);
    await figures.getByRole("button", { name: "Show as table" }).nth(3).click();
    const table = page.getByRole("region", { name: "Requests by response time" });
    await table.locator("tbody tr").first().waitFor();
  });

  test("sees how often each status came", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/endpoints?entry=4`);
    const counts = page.locator("section", { hasText: "Status codes" }).locator(".facts > div");
    await counts.first().waitFor();
    const texts = (await counts.allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
    expect(texts).toEqual(["200 9,000 90 %", "503 1,000 10 %"]);
  });

  test("sees single requests that were slow and that failed", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/endpoints?entry=4`);
    const rows = (title: string) =>
      page.locator("section.card", { hasText: title }).locator(".samples > li");
    await rows("Slowest requests").first().waitFor();
    expect(await rows("Slowest requests").count()).toBe(2);
    const texts = await rows("Failed requests").allInnerTexts();
    expect(texts).toHaveLength(1);
    expect(texts[0]?.replace(/\s+/g, " ")).toMatch(
      /^503 2\.1 s \d\d:\d\d:\d\d POST https:\S+token=\*\*\*&item=17 HTTPError/,
    );
    // What was answered is opened by whoever wants it, and is text, whatever it says.
    const answers = rows("Slowest requests").locator("details");
    expect(await answers.count()).toBe(1);
    await answers.getByText("Response").click();
    expect(await answers.locator("pre").innerText()).toBe('<b>Full</b> {"token":"***"}');
  });

  test("sees percentiles of whole folders, and none of parts of them", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/endpoints?group=path`);
    const folder = page.locator("tbody tr", { hasText: "/checkout (" }).first();
    await expect.poll(() => cellsOf(folder)).toHaveProperty("p95", expect.stringMatching(/ ms$/));
    await page.getByLabel("Filter endpoints").fill("part-3");
    await expect.poll(() => cellsOf(folder)).toHaveProperty("p95", "–");
  });

  test("sees endpoints in folders of the tasks that ask for them", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/endpoints`);
    await page.getByRole("button", { name: "Group by task" }).click();
    const rows = page.locator(".panel-main tbody tr");
    const folder = rows.filter({ hasText: "Shopper.buy (" }).first();
    await expect.poll(() => cellsOf(folder)).toHaveProperty("p95", expect.stringMatching(/ ms$/));
    const folded = await rows.count();
    await folder.click();
    await expect.poll(() => rows.count()).toBeGreaterThan(folded);
    expect(page.url()).toContain("group=task");
  });

  test("sees on how many workers something failed, and when", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/failures`);
    const row = page.getByRole("region", { name: "Failed requests" }).locator("tbody tr").first();
    await row.locator("canvas").waitFor();
    expect((await cellsOf(row)).Workers).toBe("2");
    await row.getByTitle("worker-1, worker-7").waitFor();
    await page.locator(".exception canvas").first().waitFor();
  });

  test("sees what failed in a stretch, and how often in it", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/failures?t=403-597`);
    // As far as the server has counted apart.
    const values = page.getByRole("button", { name: "Values for 06:40–10:00" });
    await values.waitFor();
    const rows = page.getByRole("region", { name: "Failed requests" }).locator("tbody tr");
    const first = await cellsOf(rows.first());
    expect(first).toMatchObject({ Count: "2,800", Share: "54.5 %" });
    expect(Object.keys(first)).not.toContain("Over time");
    expect(Object.keys(first)).not.toContain("Workers");
    await page.getByText("×400").waitFor();
    expect(await page.getByText(/^whole run/).count()).toBe(0);
    await page.getByLabel("Filter failures").fill("basket");
    await expect.poll(() => rows.count()).toBe(1);
    await page.getByLabel("Filter failures").fill("");
    await values.click();
    await expect.poll(async () => (await cellsOf(rows.first())).Workers).toBe("2");
    expect(page.url()).not.toContain("t=403");
  });

  test("reads the log in peace, and follows it again", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/log`);
    const log = page.getByRole("region", { name: "Log" });
    const newest = log.locator(".line").last();
    await newest.waitFor();
    const follow = page.getByRole("button", { name: /^(Follow|\d+ new lines?)$/ });
    await expect
      .poll(async () => {
        await log.evaluate((box) => {
          box.scrollTop = box.scrollHeight / 2;
        });
        return follow.count();
      })
      .toBe(1);
    const held = await newest.innerText();
    await expect.poll(() => follow.innerText()).toMatch(/^([2-9]|\d\d+) new lines$/);
    expect(await newest.innerText()).toBe(held);
    await follow.click();
    await expect.poll(() => newest.innerText()).not.toBe(held);
    await expect.poll(() => follow.count()).toBe(0);
  });

  test("sees markup in names and messages as text", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/failures`);
    await page.getByText('<b>"though"</b>').waitFor();
  });

  test("signs in and comes back to where they were", async () => {
    const { page } = watched;
    server.mood.needsLogin = true;
    await page.goto(`${base}/runs/42/log`);
    await page.waitForURL("**/login?next=*");
    await page.getByLabel("Name").fill("anna");
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("That name or password is not right.").waitFor();
    await page.getByLabel("Password").fill("right");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/runs/42/log");
    await page.getByText("looked at").first().waitFor();
    await page.getByRole("button", { name: "anna" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/login**");
  });

  test("signs in by a link that a browser reads as another site's, and stays on the page", async () => {
    const { page } = watched;
    server.mood.needsLogin = true;
    await page.goto(`${base}/login?next=/%09/x.example`);
    await page.getByLabel("Name").fill("anna");
    await page.getByLabel("Password").fill("right");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "anna" }).waitFor();
    expect(new URL(page.url()).origin).toBe(new URL(base).origin);
  });

  test("sees the same stretch again by a copied link", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/overview?t=60-200&y=linear`);
    await page.getByText("01:00–03:20 is shown").waitFor();
    await page.getByRole("button", { name: "linear axis" }).waitFor();
    await page.getByRole("link", { name: /^Failures/ }).click();
    await page.getByRole("button", { name: "Values for 01:00–03:20" }).waitFor();
    await page.getByText("No failures in this stretch.").waitFor();
    await page.getByText("No errors in the test script in this stretch.").waitFor();
    expect(page.url()).toContain("t=60-200&y=linear");
    await goByKeys(page, "o", /\/overview/);
    await page.getByRole("button", { name: /^Show all/ }).click();
    await expect.poll(() => page.url()).not.toContain("t=60");
  });

  test("writes a note at the cursor, wherever the pointer goes then", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/42/overview?t=60-200`);
    const plot = page.locator("figure", { hasText: "Response time" }).locator(".u-over");
    await plot.hover();
    await page.locator("figure .moment").first().waitFor();
    await page.keyboard.press("n");
    const dialog = page.getByRole("dialog", { name: "Add note" });
    await dialog.getByLabel("Note").fill("here");
    await page.mouse.move(2, 2);
    const at = /At (\d\d):(\d\d)\./.exec(await dialog.innerText());
    await dialog.getByRole("button", { name: "Add note" }).click();
    await expect.poll(() => server.mood.commands.length).toBe(1);
    const { time } = (server.mood.commands[0] as { body: unknown }).body as { time: number };
    expect(Math.floor(time - server.start)).toBe(Number(at?.[1]) * 60 + Number(at?.[2]));
    expect(time - server.start).toBeLessThan(201);
  });

  test("compares a run with its baseline, and asks before it is deleted", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs/41/overview`);
    await page.getByRole("link", { name: "Compare" }).click();
    await page.waitForURL("**/compare?b=41&a=40");
    const file = page.getByRole("link", { name: "Export" });
    expect(await file.getAttribute("href")).toBe("/api/v1/runs/41/report.html?against=40");
    await page.goBack();
    await page.goto(`${base}/runs/41/overview`);
    await page.getByRole("button", { name: "Set as baseline" }).click();
    await page.getByText("Run 41 is the baseline.").waitFor();
    await page.getByRole("button", { name: "No longer the baseline" }).waitFor();
    await page.getByRole("button", { name: "Export" }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /Close|Cancel/ })
      .click();
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("button", { name: "Discard run" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete run 41?" });
    expect(server.mood.commands.map((one) => one.path)).toEqual(["/runs/41/baseline"]);
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.waitForURL("**/runs");
  });

  test("picks two runs and compares them", async () => {
    const { page } = watched;
    await page.goto(`${base}/runs`);
    await page.getByLabel("Compare run 41").click();
    await page.getByLabel("Compare run 40").click();
    await page.getByRole("button", { name: "Compare 40 and 41" }).click();
    await page.getByText("Percentages are not like for like.").waitFor();
    await page.getByText("▲ +18 % worse").first().waitFor();
    // What has become slower stands first, until somebody wants another order.
    const first = page.locator("tbody tr").first();
    expect(await first.innerText()).toContain("▲ +35 % worse");
    await page.getByRole("button", { name: "Failed % Change" }).click();
    await expect.poll(() => first.innerText()).toContain("▲ from 0 worse");
    expect(page.url()).toContain("sort=-failed-change");
  });
});

describe.skipIf(!hasBrowser)("a night on which clocks are put back", () => {
  test("has an hour twice by the clock, and none by elapsed time", async () => {
    // In Berlin the hour from 02:00 came twice on 25 October 2026, the second time from 01:00 UTC on.
    const putBack = Date.UTC(2026, 9, 25, 1) / 1000;
    const server = serve(0, {}, putBack - SCRIPT.history + 10);
    const [browser, base] = await Promise.all([openBrowser(), server.open()]);
    const { page, complaints, context } = await openPage(browser, { timezone: "Europe/Berlin" });
    await page.goto(`${base}/runs/42/overview`);
    const chart = page.locator("figure", { hasText: "Response time" });
    await chart.getByRole("button", { name: "Show as table" }).click();
    const times = async () => {
      const texts = await chart.locator("tbody th").allInnerTexts();
      return texts.reverse().map((text) => text.trim());
    };
    await chart.locator("tbody th").first().waitFor();
    const elapsed = await times();
    expect(elapsed).toEqual([...elapsed].sort());
    expect(new Set(elapsed).size).toBe(elapsed.length);
    await page.getByRole("button", { name: "Elapsed time" }).click();
    await expect.poll(times).toContain("02:59:59");
    const clock = await times();
    expect(clock[clock.indexOf("02:59:59") + 1]).toBe("02:00:00");
    expect(complaints).toEqual([]);
    await context.close();
    await browser.close();
    await server.close();
  });
});
