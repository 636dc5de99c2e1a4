// Every state that a run can be in, on every size of screen and in both themes: nothing beside the edge,
// a way to stop what lasts, nothing for axe to complain of, nothing that moves where nobody wants it.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serve } from "../../ui/test/server.ts";
import { violations } from "./axe.ts";
import { hasBrowser, openBrowser, openPage } from "./browser.ts";
import { CALM, LOST, STATES, WITHOUT_TEST } from "./states.ts";

const WIDTHS = [320, 390, 768, 1280, 1920];

describe.skipIf(!hasBrowser)("a run", () => {
  const server = serve(0);
  let browser: Browser;
  let base: string;
  let page: Page;
  beforeAll(async () => {
    [browser, base] = await Promise.all([openBrowser(), server.open()]);
    ({ page } = await openPage(browser));
  });
  afterAll(async () => {
    await browser?.close();
    await server.close();
  });

  async function fits(lasts: boolean): Promise<void> {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const beyond = await page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      expect(beyond, `${width}`).toBeLessThanOrEqual(0);
      const stop = page
        .getByRole("button", { name: /^Stop (test|now)$/ })
        .and(page.locator(".stop"));
      expect(await stop.filter({ visible: true }).count(), `${width}`).toBe(lasts ? 1 : 0);
    }
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page), colorScheme).toEqual([]);
    }
  }

  for (const { mood, path, says, lasts } of STATES) {
    test(`that says ${says.source} fits everywhere`, async () => {
      Object.assign(server.mood, CALM, mood);
      await page.goto(base + path);
      await page.getByText(says).filter({ visible: true }).first().waitFor();
      await fits(lasts);
    });
  }

  for (const { mood, path, says } of WITHOUT_TEST) {
    test(`that cannot be and says ${says.source} fits everywhere`, async () => {
      Object.assign(server.mood, CALM, mood);
      await page.goto(base + path);
      await page.getByText(says).waitFor();
      await fits(false);
      await page.getByRole("button", { name: "Reload file" }).click();
      await expect.poll(() => server.mood.commands.at(-1)?.path).toBe("/form/reload");
      expect(await page.getByRole("button", { name: "Start test" }).count()).toBe(0);
    });
  }

  for (const { mood, path, meets, says, lasts } of LOST) {
    test(`that is out of reach and says ${says.source} fits everywhere`, async () => {
      Object.assign(server.mood, CALM, mood);
      await page.goto(base + path);
      await page.getByText("● Running").waitFor();
      meets?.(server);
      await page.getByText(says).waitFor();
      await fits(lasts);
    });
  }

  for (const [needsPassword, says] of [
    [true, "Your account at Example single sign-on is not among those who may sign in here."],
    [false, "Example single sign-on does not answer."],
  ] as const) {
    test(`that is seen by people of a provider and says ${says} fits everywhere`, async () => {
      const provider = "Example single sign-on";
      Object.assign(server.mood, CALM, { needsLogin: true, provider, needsPassword });
      const problem = needsPassword ? "unlisted" : "unavailable";
      await page.goto(`${base}/login?next=%2Fruns&problem=${problem}`);
      await page.getByRole("alert").getByText(says).waitFor();
      const link = page.getByRole("link", { name: `Continue with ${provider}` });
      const again = needsPassword ? "&again=1" : "";
      expect(await link.getAttribute("href")).toBe(`/login/oidc?next=%2Fruns${again}`);
      expect(await page.getByLabel("Password").count()).toBe(needsPassword ? 1 : 0);
      await fits(false);
    });
  }

  test("moves nothing where that is not wanted", async () => {
    Object.assign(server.mood, CALM);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(`${base}/runs/42/overview`);
    await page.getByText("● Running").waitFor();
    await page.getByRole("button", { name: "Change users" }).click();
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll("*")].filter((element) => {
          const { transitionDuration, animationName } = getComputedStyle(element);
          return animationName !== "none" || Number.parseFloat(transitionDuration) > 0.001;
        }).length,
    );
    expect(moving).toBe(0);
  });
});
