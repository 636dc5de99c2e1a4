// What a person reads off the page, by roles and labels alone.

import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** The value of one of the six figures. */
export function figure(page: Page, name: string): Locator {
  return page.locator(".figure", { has: page.getByText(name, { exact: true }) }).locator(".value");
}

/** The word that says how the run is. */
export function pill(page: Page): Locator {
  return page.locator(".run-header .pill");
}

/** A number as the page writes it: `1,234`, `12.5 %`, `1.25 s` and `40 ms` in milliseconds. */
export function numberOf(text: string): number {
  const found = /(-?[\d,.]+)\s*(ms|s|min)?/.exec(text);
  const scale = { s: 1000, min: 60_000 }[found?.[2] ?? ""] ?? 1;
  return Number((found?.[1] ?? "").replaceAll(",", "")) * scale;
}

/** The button that is seen; on a phone another one than beside a keyboard. */
export function button(page: Page, name: string | RegExp): Locator {
  return page.getByRole("button", { name }).filter({ visible: true }).first();
}

/** Types into a field in place of what is there, as by hand. */
export async function write(field: Locator, text: string): Promise<void> {
  await field.press("ControlOrMeta+a");
  await field.press("Delete");
  await field.pressSequentially(text);
}

/** Fills in the form and starts; ends on the overview of the run. */
export async function startTest(
  page: Page,
  load: { users: number; rate?: number; host?: string; length?: string },
): Promise<number> {
  await write(page.getByLabel("Users", { exact: true }), String(load.users));
  await write(page.getByLabel("Started a second"), String(load.rate ?? 100));
  await write(page.getByLabel("Run time"), load.length ?? "");
  if (load.host !== undefined) {
    await write(page.getByLabel("URL"), load.host);
  }
  await page.getByRole("button", { name: "Start test" }).click();
  await page.waitForURL(/\/runs\/\d+\/overview$/);
  return Number(/\/runs\/(\d+)\//.exec(page.url())?.[1]);
}

/** Goes to a screen by the two keys that lead there; again if they came too far apart to be one word. */
export async function goByKeys(page: Page, second: string, url: RegExp): Promise<void> {
  await expect
    .poll(async () => {
      await page.keyboard.press("g");
      await page.keyboard.press(second);
      return page.url();
    })
    .toMatch(url);
}

/** Seconds of the run, as its head says. */
export async function elapsed(page: Page): Promise<number> {
  const text = await page.locator(".run-facts").innerText();
  const clock = /· (\d+(?::\d\d)+)/.exec(text)?.[1] ?? "unknown";
  return clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Cells of a row of a table, by the titles above them. */
export async function cellsOf(row: Locator): Promise<Record<string, string>> {
  return row.evaluate((element) => {
    const heads = element.closest("table")?.querySelectorAll("thead tr:first-child > *") ?? [];
    return Object.fromEntries(
      [...element.children].map((cell, at) => [
        (heads[at]?.textContent ?? "").replace(/[▲▼\s]+$/, "").trim(),
        (cell as HTMLElement).innerText.trim(),
      ]),
    );
  });
}

/** A chart as a table: its rows as texts, the newest first. Waits until there is one. */
export async function chartRows(page: Page, title: string): Promise<string[]> {
  const chart = page.locator("figure", { has: page.getByRole("heading", { name: title }) });
  const show = chart.getByRole("button", { name: "Show as table" });
  await chart.getByRole("button", { name: /^Show as (table|chart)$/ }).waitFor();
  if (await show.isVisible()) {
    await show.click();
    await chart.locator("table").waitFor();
  }
  return chart.locator("tbody tr").allInnerTexts();
}
