// What people with each kind of colour vision see of the lines that are drawn: the browser shows the page
// as they see it, and the colours of the lines are read off its pixels.

import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCRIPT, serve } from "../../ui/test/server.ts";
import { hasBrowser, isFirefox, openBrowser, openPage } from "./browser.ts";
import { APART, type Color, distance, linear } from "./color.ts";
import { fromPng, type Picture } from "./picture.ts";

/** Where each chart is, its title, and the tokens of its lines. */
const CHARTS = [
  ["/runs/42/overview", "Throughput and users", ["rps", "users"]],
  ["/runs/42/overview", "Response time", ["p50", "p95", "p99"]],
  ["/runs/42/overview", "Failures/s by type", ["kind-1", "kind-2", "kind-3"]],
  ["/compare?a=40&b=41", "p95", ["a", "b"]],
] as const;

const VISIONS = ["protanopia", "deuteranopia", "tritanopia"] as const;

/** A pixel is one of a line if no channel is further from the line's colour: edges are mixtures. */
const SAME = 4;
/** With fewer pixels a line has not been found. */
const ENOUGH = 40;

describe.skipIf(!hasBrowser || isFirefox)("the lines of a chart", () => {
  const server = serve(0, { second: SCRIPT.history });
  let browser: Browser;
  let base: string;
  beforeAll(async () => {
    [browser, base] = await Promise.all([openBrowser(), server.open()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server.close();
  });

  for (const scheme of ["light", "dark"] as const) {
    test(`are apart for every kind of colour vision, ${scheme}`, async () => {
      const { page, context } = await openPage(browser, { scheme, scale: 2 });
      const session = await context.newCDPSession(page);
      for (const [path, title, lines] of CHARTS) {
        if (!page.url().endsWith(path)) {
          await page.goto(base + path);
        }
        const places = await found(page, title, lines);
        for (const vision of VISIONS) {
          const seen = await colors(page, session, title, vision, places);
          seen.forEach((color, at) => {
            for (const [next, other] of [...seen.entries()].slice(at + 1)) {
              const pair = `${title}: ${lines[at]} and ${lines[next]}, ${vision}`;
              expect(distance(color, other), pair).toBeGreaterThanOrEqual(APART);
            }
          });
        }
      }
      await context.close();
    });
  }
});

/** The drawing of a chart as it is seen. */
async function picture(page: Page, title: string): Promise<Picture> {
  const heading = page.getByRole("heading", { name: title, exact: true });
  const plot = page.locator("figure", { has: heading }).locator(".plot");
  await plot.locator("canvas").waitFor();
  return fromPng(await plot.screenshot({ animations: "disabled" }));
}

/** Where the pixels of each line are; waits until it is drawn. */
async function found(
  page: Page,
  title: string,
  lines: readonly string[],
): Promise<readonly number[][]> {
  const tokens = await page.evaluate((names) => {
    const probe = document.createElement("span");
    document.body.append(probe);
    const values = names.map((name) => {
      probe.style.color = `var(--${name})`;
      return (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map(Number);
    });
    probe.remove();
    return values;
  }, lines);
  let places: number[][] = [];
  await expect
    .poll(
      async () => {
        const { rgb } = await picture(page, title);
        places = tokens.map(() => []);
        for (let at = 0; at < rgb.length; at += 3) {
          const line = tokens.findIndex((token) =>
            token.every((value, channel) => Math.abs((rgb[at + channel] ?? 0) - value) <= SAME),
          );
          places[line]?.push(at);
        }
        return Math.min(...places.map((of) => of.length));
      },
      { message: `pixels of ${lines} in ${title}` },
    )
    .toBeGreaterThanOrEqual(ENOUGH);
  return places;
}

/** The colour that each line has for somebody with this kind of vision: the middle one of its pixels. */
async function colors(
  page: Page,
  session: CDPSession,
  title: string,
  type: (typeof VISIONS)[number],
  places: readonly number[][],
): Promise<Color[]> {
  await session.send("Emulation.setEmulatedVisionDeficiency", { type });
  const { rgb } = await picture(page, title);
  await session.send("Emulation.setEmulatedVisionDeficiency", { type: "none" });
  return places.map((of) => {
    const middle = (channel: number): number => {
      const values = of.map((at) => rgb[at + channel] as number).sort((a, b) => a - b);
      return values[values.length >> 1] as number;
    };
    return linear(middle(0), middle(1), middle(2));
  });
}
