// Every state that a run can be in, on every size of screen and in both themes, looks as it did when the
// pictures in `looks/` were taken: `npm run looks` takes them again. Time, figures and all that moves stand
// still. Pictures are compared as a person sees them from three steps away; where other fonts are
// installed, they are not compared at all, and the test says so. A hundred and sixty pictures take two
// minutes, so it is asked for: `make test-looks`.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, CDPSession, Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { SCRIPT, serve } from "../../ui/test/server.ts";
import { hasBrowser, isFirefox, openBrowser, openPage } from "./browser.ts";
import {
  complaint,
  drawn,
  fontsOf,
  isWriting,
  keepFonts,
  look,
  otherFonts,
  Sheet,
} from "./looks.ts";
import { toPng } from "./picture.ts";
import { CALM, LOST, STATES, WITHOUT_TEST } from "./states.ts";

const WIDTHS = [320, 390, 768, 1280, 1920];
const HEIGHT = 900;
const THEMES = ["light", "dark"] as const;
const ALL = [...STATES, ...WITHOUT_TEST, ...LOST];

/** When the run began, and when the pictures are taken. */
const BEGAN = Date.UTC(2026, 10, 22, 11, 24) / 1000;
const SECOND = SCRIPT.history;

/** A picture that is not the kept one may still be on its way to it for so long. */
const PATIENCE_MS = 40_000;
/** Pictures in a row that are the same before one is taken for what the page looks like. */
const ALIKE = 3;
/** What the page says for some seconds only, after a moment in which it was held. */
const BRIEF = /^Back\.|No data since|Updates every/;

describe.skipIf(!hasBrowser || isFirefox || !process.env.LOOKS)("the look", () => {
  const server = serve(0, { second: SECOND }, BEGAN);
  const sheets = new Map<string, Sheet>();
  let browser: Browser;
  let base: string;
  let page: Page;
  let session: CDPSession;
  let obstacle: string | null = null;
  const taken = new Set<number>();
  /** What the page has asked for and not yet got, its stream apart. */
  const asked = new Set<Request>();
  beforeAll(async () => {
    [browser, base] = await Promise.all([openBrowser(), server.open()]);
    ({ page } = await openPage(browser, { timezone: "UTC" }));
    await page.clock.setFixedTime((BEGAN + SECOND) * 1000);
    page.on("request", (request) => {
      if (!request.url().includes("/api/v1/stream")) {
        asked.add(request);
      }
    });
    for (const over of ["requestfinished", "requestfailed"] as const) {
      page.on(over as "requestfinished", (request) => asked.delete(request));
    }
    session = await page.context().newCDPSession(page);
    await page.goto(`${base}/runs`);
    const fonts = await fontsOf(page);
    if (isWriting) {
      keepFonts(fonts);
    } else {
      obstacle = otherFonts(fonts);
    }
    for (const name of WIDTHS.flatMap((width) => THEMES.map((theme) => `${width}-${theme}`))) {
      sheets.set(name, new Sheet(name, Number.parseInt(name, 10)));
    }
  });
  afterAll(async () => {
    await browser?.close();
    await server.close();
    if (taken.size === ALL.length) {
      for (const sheet of sheets.values()) {
        sheet.write();
      }
    }
  });

  /** Leaves a test out where it cannot be held, and says why. */
  function needsFonts(context: TestContext): void {
    if (obstacle !== null) {
      process.stderr.write(`${obstacle}: what the page looks like is not compared\n`);
      context.skip(obstacle);
    }
  }

  async function show(state: number): Promise<void> {
    const { mood, path, meets, says, last } = ALL[state] as (typeof ALL)[number];
    Object.assign(server.mood, CALM, mood);
    await page.setViewportSize({ width: 1280, height: HEIGHT });
    await page.goto(base + path);
    if (meets) {
      await page.getByText("● Running").waitFor();
      meets(server);
    }
    await page.getByText(says).filter({ visible: true }).first().waitFor();
    if (last) {
      await page.locator(last).waitFor();
    }
    await expect.poll(() => page.locator(".waiting").count()).toBe(0);
  }

  async function resize(width: number, colorScheme: (typeof THEMES)[number]): Promise<Sheet> {
    await page.setViewportSize({ width, height: HEIGHT });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await drawn(page);
    return sheets.get(`${width}-${colorScheme}`) as Sheet;
  }

  /** What is wrong with the page; looks again as long as something is, until its patience is at an end. */
  async function wrong(
    sheet: Sheet,
    state: number,
    patience = PATIENCE_MS,
  ): Promise<string | null> {
    const end = Date.now() + patience;
    for (;;) {
      const now = await look(session);
      const found = complaint(now, sheet.of(state));
      if (found === null || Date.now() > end) {
        return found && patience > 0 ? `${found}: ${keptAside(toPng(now))}` : found;
      }
      await drawn(page);
    }
  }

  ALL.forEach(({ says }, state) => {
    // Once more, for a page that was held so long that it asks its server in another way from then on.
    const title = `of the page that says ${says.source} is the one that is kept`;
    test(title, { retry: 1 }, async (context) => {
      needsFonts(context);
      await show(state);
      for (const width of WIDTHS) {
        for (const theme of THEMES) {
          const sheet = await resize(width, theme);
          if (isWriting) {
            sheet.take(state, await still(says));
          } else {
            expect(await wrong(sheet, state), `${width} ${theme}`).toBeNull();
          }
        }
      }
      if (isWriting) {
        taken.add(state);
      }
    });
  });

  /** The picture once nothing is on its way to the page and nothing in it changes any more. */
  async function still(says: RegExp) {
    const passing = page.locator(".toast").or(page.locator(".strip").filter({ hasText: BRIEF }));
    let before = await look(session);
    for (let alike = 1; alike < ALIKE; ) {
      await drawn(page);
      const now = await look(session);
      const isSame = Buffer.compare(before.rgb, now.rgb) === 0 && asked.size === 0;
      const isPassing = (await passing.filter({ hasNotText: says }).count()) > 0;
      alike = isSame && !isPassing ? alike + 1 : 1;
      before = now;
    }
    return before;
  }

  test.skipIf(isWriting)(
    "is another one when something has changed, however small",
    async (context) => {
      needsFonts(context);
      const running = ALL.findIndex(({ says }) => says.source === "● Running");
      await show(running);
      const sheet = await resize(1280, "light");
      for (const [what, change] of Object.entries(CHANGES)) {
        expect(await wrong(sheet, running), `before ${what}`).toBeNull();
        await page.evaluate(change);
        await drawn(page);
        expect(await wrong(sheet, running, 0), what).toMatch(/ % differ, between /);
        await page.evaluate(undo);
        await drawn(page);
      }
    },
  );
});

/** What nobody should do to the page unseen. */
const CHANGES: Readonly<Record<string, () => void>> = {
  "a card is hidden": () => {
    document.querySelectorAll<HTMLElement>(".figure")[2]?.style.setProperty("visibility", "hidden");
  },
  "the colour of what is well is another": () => {
    document.documentElement.style.setProperty("--ok", "#b3261e");
  },
  "a line of a chart has another colour": () => {
    document.documentElement.style.setProperty("--p95", "#0072b2");
    document.documentElement.dataset.theme = "light";
  },
  "cards stand four pixels lower": () => {
    document.querySelector<HTMLElement>("main")?.style.setProperty("margin-top", "4px");
  },
  "the stop button is gone": () => {
    document.querySelector<HTMLElement>("#stop")?.style.setProperty("visibility", "hidden");
  },
};

function undo(): void {
  for (const element of document.querySelectorAll<HTMLElement>("html, main, .figure, #stop")) {
    element.removeAttribute("style");
  }
  delete document.documentElement.dataset.theme;
}

/** Puts a picture where a person finds it. */
function keptAside(png: Buffer): string {
  const path = join(mkdtempSync(join(tmpdir(), "gregaria-look-")), "now.png");
  writeFileSync(path, png);
  return path;
}
