// Ways of one's own to see a page: few colours that the system has chosen, and text with more room
// between its letters, words and lines (WCAG 2.2, 1.4.12).

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCRIPT, serve } from "../../ui/test/server.ts";
import { hasBrowser, isFirefox, openBrowser, openPage } from "./browser.ts";
import { SCREENS } from "./screens.ts";

/** What the success criterion asks a page to bear. */
const ROOMY = `* {
  line-height: 1.5 !important;
  letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important;
}
p { margin-bottom: 2em !important; }`;

/** Colours of lines, as tokens. */
const LINES = ["rps", "failed", "users", "p50", "p95", "p99", "a", "b"];

// Firefox cannot be told to choose colours.
describe.skipIf(!hasBrowser || isFirefox)("a page in its viewer's own way", () => {
  const server = serve(0, { second: SCRIPT.history });
  let browser: Browser;
  let base: string;
  beforeAll(async () => {
    base = await server.open();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server.close();
  });

  for (const scheme of ["light", "dark"] as const) {
    test(`shows lines and what is chosen in colours of the system, ${scheme}`, async () => {
      const { page, complaints, context } = await openPage(browser, { scheme });
      await page.emulateMedia({ forcedColors: "active", colorScheme: scheme });
      await page.goto(`${base}/runs/42/overview`);
      await page.locator("figure canvas").first().waitFor();
      const ground = await resolved(page, "Canvas");
      for (const line of LINES) {
        const seen = contrast(await resolved(page, `var(--${line})`), ground);
        expect(seen, line).toBeGreaterThanOrEqual(3);
      }
      // What is chosen differs from what is not by more than a ground, which is taken away.
      const tab = (name: string) => looks(page, `nav a:has-text("${name}")`);
      expect(await tab("Overview")).not.toEqual(await tab("Setup"));
      const pressed = (is: boolean) => looks(page, `.switch button[aria-pressed="${is}"]`);
      expect(await pressed(true)).not.toEqual(await pressed(false));
      await page.getByRole("button", { name: "Change users" }).focus();
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Tab");
      expect(await page.evaluate(outline)).not.toBe("none");
      expect(complaints).toEqual([]);
      await context.close();
    });
  }

  for (const width of [390, 1280]) {
    test(`loses no word when text has more room, ${width}`, { timeout: 120_000 }, async () => {
      const { page, context } = await openPage(browser, { width });
      for (const [path, text] of SCREENS) {
        await page.goto(base + path);
        await page.getByText(text).first().waitFor({ state: "attached" });
        // The policy of the page forbids styles of others, though not those of a tool.
        await page.evaluate(addStyle, ROOMY);
        const beyond = await page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        expect(beyond, path).toBeLessThanOrEqual(0);
        expect(await page.evaluate(cutOff), path).toEqual([]);
      }
      await context.close();
    });
  }
});

/** Red, green and blue of a colour as the browser resolves it, 0 to 255. */
async function resolved(page: Page, color: string): Promise<number[]> {
  const text = await page.evaluate((wanted) => {
    const probe = document.createElement("canvas");
    document.body.append(probe);
    // What is drawn on a canvas is not forced: neither is this.
    probe.style.forcedColorAdjust = "none";
    probe.style.color = wanted;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }, color);
  return (text.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
}

/** Contrast by WCAG 2.2 of two colours of sRGB. */
function contrast(a: readonly number[], b: readonly number[]): number {
  const luminance = (color: readonly number[]) => {
    const [red = 0, green = 0, blue = 0] = color.map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** What is left of an element's looks where grounds are forced. */
function looks(page: Page, selector: string): Promise<string[]> {
  return page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const { borderBottomColor, borderBottomWidth, color, fontWeight, textDecorationLine } =
        getComputedStyle(element);
      const after = getComputedStyle(element, "::after").borderBottomWidth;
      return [borderBottomColor, borderBottomWidth, color, fontWeight, textDecorationLine, after];
    });
}

function outline(): string {
  return getComputedStyle(document.activeElement as Element).outlineStyle;
}

function addStyle(text: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

/** Texts of which a part is not to be seen, in the browser: those that end in an ellipsis tell so. */
function cutOff(): string[] {
  const found: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement>(
    "button, a, label, legend, h1, h2, dt, dd, p, th, .pill, summary, option",
  )) {
    const style = getComputedStyle(element);
    const hides = style.overflowX !== "visible" || style.overflowY !== "visible";
    const isSeen = element.offsetWidth > 2 && style.visibility === "visible";
    const isCut =
      element.scrollWidth > element.clientWidth + 1 ||
      element.scrollHeight > element.clientHeight + 1;
    const scrolls = [style.overflowX, style.overflowY].some((flow) => flow === "auto");
    if (hides && isSeen && isCut && !scrolls && style.textOverflow !== "ellipsis") {
      found.push(`${element.tagName} ${element.innerText.slice(0, 60)}`);
    }
  }
  return found;
}
