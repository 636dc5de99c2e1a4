// A test that is missing, broken and mended, as somebody sees it who only looks at the page.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { violations } from "../axe.ts";
import { openBrowser, openPage } from "../browser.ts";
import { canServe, Folder } from "./command.ts";
import { button } from "./reading.ts";

const SHOP = `from locust import HttpUser, task

class Shop(HttpUser):
    host = "http://127.0.0.1:9"

    @task
    def front(self):
        self.client.get("/")
`;

describe.skipIf(!canServe)("a page without a test", () => {
  const folder = new Folder();
  const choosing = new Folder();
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([folder.close(), choosing.close()]);
  });

  test("says what is missing or broken, and goes on by itself when that has changed", async () => {
    const started = folder.gregaria("-P", "0");
    const [, url] = await started.says(/Starting web interface at (https?:\/\/\S+?)[.,]?\s/);
    const { page, complaints } = await openPage(browser);
    await page.goto(url as string);
    await page.waitForURL("**/new");
    await page.getByText("○ No test").waitFor();
    await page.getByText("it loads when it appears").waitFor();

    const file = join(folder.path, "locustfile.py");
    writeFileSync(file, SHOP.replace("def front(self):", "def front(self:"));
    await page.getByText("✕ Test has an error").waitFor();
    await page.getByText("SyntaxError").waitFor();
    expect(await button(page, "Start test").count()).toBe(0);

    writeFileSync(file, SHOP);
    await button(page, "Start test").waitFor();
    await page.getByText("Shop").first().waitFor();

    writeFileSync(file, SHOP.replaceAll("Shop", "Market"));
    await page.getByRole("button", { name: "Reload file" }).click();
    await page.getByText("Market").first().waitFor();
    expect(complaints).toEqual([]);
  });

  test("offers the files that lie there, and goes on with the one that is chosen", async () => {
    const started = choosing.gregaria("-P", "0");
    const [, url] = await started.says(/Starting web interface at (https?:\/\/\S+?)[.,]?\s/);
    const { page, complaints } = await openPage(browser);
    await page.goto(url as string);
    await page.getByText("○ No test").waitFor();
    const choose = page.getByRole("button", { name: "Choose file" });
    const dialog = page.getByRole("dialog", { name: "Choose file" });

    await choose.click();
    await dialog.getByText("There is no Python file in").waitFor();
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Cancel" }).click();

    // Not beside the file that is waited for: nothing begins anew by itself.
    mkdirSync(join(choosing.path, "load"));
    writeFileSync(join(choosing.path, "load", "helper.py"), "x = 1\n");
    writeFileSync(join(choosing.path, "load", "shop.py"), SHOP);
    await choose.click();
    const shop = dialog.getByRole("radio", { name: "load/shop.py" });
    await shop.waitFor();
    expect(await shop.isChecked()).toBe(true);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("ArrowDown");
    const helper = dialog.getByRole("radio", { name: "load/helper.py no locustfile by its look" });
    expect(await helper.isChecked()).toBe(true);
    await page.keyboard.press("Enter");
    await page.getByText("✕ Test has an error").waitFor();

    await choose.click();
    await shop.check();
    await dialog.getByRole("button", { name: "Use this file" }).click();
    await button(page, "Start test").waitFor();
    await page.getByText("Shop").first().waitFor();
    expect(complaints).toEqual([]);
  });
});
