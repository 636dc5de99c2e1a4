// Every state that a run can be in, on every size of screen and in both themes: nothing beside the edge,
// a way to stop what lasts, nothing for axe to complain of, nothing that moves where nobody wants it.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EndKind, State } from "../../ui/src/model.ts";
import { type Mood, SCRIPT, serve } from "../../ui/test/server.ts";
import { violations } from "./axe.ts";
import { hasBrowser, openBrowser, openPage } from "./browser.ts";

const WIDTHS = [320, 390, 768, 1280, 1920];

/** What the server does, what the page then says, and whether there is something to stop. */
const STATES: readonly (readonly [mood: Partial<Mood>, text: RegExp, lasts: boolean])[] = [
  [{}, /● Running/, true],
  [
    phase({ phase: "starting", users: { running: 1240, target: 5000, peak: 1240, by_class: [] } }),
    /◔ Starting 1,240\/5,000/,
    true,
  ],
  [{ script: { ...SCRIPT, lost: 3 } }, /▲ 3 of 200 workers lost/, true],
  [
    phase({ phase: "stopping", stopping_seconds: 16, still_running: ["a", "b"] }),
    /2 workers have not confirmed/,
    true,
  ],
  [ended("finished", "the run time is over"), /Finished at/, false],
  [ended("stopped", "stopped by 127.0.0.1"), /Stopped by 127\.0\.0\.1 at/, false],
  [
    ended("workers_lost", "no worker answered for 3 s"),
    /✕ Ended at .*: no worker answered for 3 s\./,
    false,
  ],
  [ended("error", "the shape raised an exception"), /Ended with an error at/, false],
  [ended("cut_off", "the master ended"), /Cut off at/, false],
];

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

  for (const [mood, text, lasts] of STATES) {
    test(`that says ${text.source} fits everywhere`, async () => {
      Object.assign(server.mood, { script: SCRIPT, state: null }, mood);
      await page.goto(`${base}/runs/42/overview`);
      await page.getByText(text).filter({ visible: true }).first().waitFor();
      await fits(lasts);
    });
  }

  for (const [kind, text, said] of [
    ["missing", "Could not find 'locustfile.py'.", /○ No test/],
    ["broken", 'Traceback:\n  File "locustfile.py", line 3\nSyntaxError', /✕ Test has an error/],
  ] as const) {
    test(`that cannot be for its test is ${kind} fits everywhere`, async () => {
      const test_error = { kind, path: "locustfile.py", text };
      Object.assign(server.mood, { script: SCRIPT }, phase({ phase: "ready", test_error }));
      await page.goto(`${base}/new`);
      await page.getByText(said).waitFor();
      await fits(false);
      await page.getByRole("button", { name: "Reload file" }).click();
      await expect.poll(() => server.mood.commands.at(-1)?.path).toBe("/form/reload");
      expect(await page.getByRole("button", { name: "Start test" }).count()).toBe(0);
    });
  }

  test("that is out of reach fits everywhere, and may be stopped all the same", async () => {
    Object.assign(server.mood, { script: SCRIPT, state: null });
    await page.goto(`${base}/runs/42/overview`);
    await page.getByText("● Running").waitFor();
    server.mood.isSilent = true;
    await page.getByText(/No data since/).waitFor();
    await fits(true);
    server.mood.isSilent = false;
  });

  test("moves nothing where that is not wanted", async () => {
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

function phase(changes: Partial<State>): Partial<Mood> {
  return { state: (state) => ({ ...state, ...changes }) };
}

function ended(kind: EndKind, reason: string): Partial<Mood> {
  const end = { kind, reason, time: Date.now() / 1000, by: null };
  return phase({ phase: "ended", end });
}
