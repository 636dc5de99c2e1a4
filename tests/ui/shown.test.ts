// What is shown where there is little room or much to show: on a phone, in folders, with many errors,
// and what a server says against a start.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SCRIPT, serve } from "../../ui/test/server.ts";
import { violations } from "./axe.ts";
import { hasBrowser, openBrowser, openPage } from "./browser.ts";

describe.skipIf(!hasBrowser)("a page shows", () => {
  const server = serve(0);
  let browser: Browser;
  let base: string;
  let page: Page;
  let complaints: string[];
  beforeAll(async () => {
    [browser, base] = await Promise.all([openBrowser(), server.open()]);
    ({ page, complaints } = await openPage(browser));
  });
  beforeEach(async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
  });
  afterAll(async () => {
    await browser?.close();
    await server.close();
    expect(complaints).toEqual([]);
  });

  test("on a phone the rest of a row below it, the menu of a run among it", async () => {
    await page.setViewportSize({ width: 390, height: 900 });
    for (const [path, rest] of [
      ["/runs/42/failures", "First seen"],
      ["/compare?a=40&b=41", "p99 A → B"],
      ["/runs", "Peak users"],
    ] as const) {
      await page.goto(base + path);
      const toggle = page.getByRole("button", { name: "The rest of this row" }).nth(1);
      await toggle.click();
      await page.locator("tr.rest").getByText(rest, { exact: true }).waitFor();
      expect(await toggle.getAttribute("aria-expanded")).toBe("true");
      expect(await violations(page, ".table-frame"), path).toEqual([]);
    }
    await page.locator("tr.rest").getByRole("button", { name: "Actions of run 41" }).click();
    await page.getByRole("button", { name: "Keep" }).click();
    await expect.poll(() => server.mood.commands.at(-1)?.path).toBe("/runs/41/pin");
  });

  test("every refusal of a start: below its field, or above the form", async () => {
    for (const [field, message] of [
      ["note", "a note has at most 500 characters"],
      ["shape_class", "there is no shape `Wave`"],
      ["trace", "neither on nor off"],
      ["region", "not one of them"],
      ["what_no_form_has", "this cannot be"],
      [null, "a run lasts: stop it first"],
    ] as const) {
      await page.goto(`${base}/new`);
      await page.route("**/api/v1/runs", (route) =>
        route.fulfill({ status: 400, json: { code: "invalid", message, field } }),
      );
      await page.getByRole("button", { name: "Start test" }).click();
      const said = page.getByText(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
      await said.waitFor();
      const isTop = field === null || field === "what_no_form_has";
      expect(await page.getByRole("alert").count(), message).toBe(isTop ? 1 : 0);
      expect(await page.locator("[aria-invalid]").count(), message).toBe(isTop ? 0 : 1);
      await page.unroute("**/api/v1/runs");
    }
  });

  test("folders in the order of a column, below the sum of all", async () => {
    await page.goto(`${base}/runs/42/endpoints?group=path`);
    await page.locator("tr.pinned", { hasText: "All requests" }).waitFor();
    // At one moment: the figures go on.
    const isInOrder = (sign: number) =>
      page.evaluate((sign) => {
        const heads = [...document.querySelectorAll("thead tr:first-child th")];
        const at = heads.findIndex((head) => head.textContent?.startsWith("Requests"));
        const values = [...document.querySelectorAll("tbody tr:not(.spacer)")].map(
          (row) => sign * Number(row.children[at]?.textContent?.replaceAll(",", "")),
        );
        const isRising = values.every((value, row) => row === 0 || value >= (values[row - 1] ?? 0));
        return values.length > 2 && isRising;
      }, sign);
    await expect.poll(() => isInOrder(-1)).toBe(true);
    await page.getByRole("button", { name: "Requests", exact: true }).click();
    await expect.poll(() => isInOrder(1)).toBe(true);
  });

  test("fifty errors of the test's code, and more when asked", async () => {
    server.mood.script = { ...SCRIPT, errors: 120 };
    await page.goto(`${base}/runs/42/failures`);
    await page.getByRole("button", { name: "Show 50 more of 70" }).waitFor();
    expect(await page.locator(".exception").count()).toBe(50);
    const elements = await page.evaluate(() => document.querySelectorAll("*").length);
    expect(elements).toBeLessThanOrEqual(1500);
    await page.getByRole("button", { name: "Show 50 more of 70" }).click();
    await expect.poll(() => page.locator(".exception").count()).toBe(100);
    server.mood.script = SCRIPT;
  });

  test("in all charts where somebody points in the heat map, and the stretch they drag over", async () => {
    await page.goto(`${base}/runs/42/overview`);
    const heat = page.getByRole("img", { name: "Latency heat map" });
    await heat.scrollIntoViewIfNeeded();
    const box = (await heat.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const at = (part: number) => [box.x + box.width * part, box.y + box.height / 2] as const;
    await page.mouse.move(...at(0.4));
    await expect.poll(() => page.locator(".legend .moment").count()).toBe(4);
    await page.mouse.down();
    await page.mouse.move(...at(0.6), { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => page.url()).toMatch(/t=[\d.]+-[\d.]+/);
    const figure = page.locator("figure", { has: heat });
    const whole = await figure.locator("p.unseen").innerText();
    await heat.press("Escape");
    await expect.poll(() => page.url()).not.toContain("t=");
    await expect.poll(() => figure.locator("p.unseen").innerText()).not.toBe(whole);
    await heat.press("ArrowRight");
    await heat.press("Shift+ArrowRight");
    await heat.press("Shift+ArrowRight");
    await heat.press("Enter");
    await expect.poll(() => page.url()).toMatch(/t=[\d.]+-[\d.]+/);
  });

  test("a distribution in words and as a table", async () => {
    await page.goto(`${base}/compare?a=40&b=41`);
    const figure = page.locator("figure", { hasText: "Distribution" });
    expect(await figure.locator("p.unseen").innerText()).toMatch(/A, requests .* most of them in/);
    await figure.getByRole("button", { name: "Show as table" }).click();
    const heads = figure.getByRole("columnheader");
    expect(await heads.allInnerTexts()).toEqual(["Response time", "A, requests", "B, requests"]);
    expect(await violations(page, "figure")).toEqual([]);
  });

  test("which run is not there, where one shall be compared", async () => {
    await page.goto(`${base}/compare?a=40&b=99`);
    await page.getByText("There is no run 99.").waitFor();
  });
});
