// What the page looked like when somebody was content with it: one reduced picture of each state, side by
// side in a sheet for each width and theme; and the fonts that it was written with.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CDPSession, Page } from "playwright-core";
import { beside, columns, difference, fromPng, type Picture, reduced, toPng } from "./picture.ts";

/** Where the sheets are kept. */
const FOLDER = join(import.meta.dirname, "looks");
const FONTS = join(FOLDER, "fonts.json");

/** Pixels of a side of the squares that a picture is reduced to. */
const SQUARE = 10;
/** What a square may differ by, of 255: letters that are drawn otherwise do less. */
const TOLERANCE = 12;
/** Kept pictures know every fourth shade: they are half as large then. */
const SHADES = 4;
/** Part of the squares that may differ by more. */
const MOST = 0.0005;

/** Whether the sheets are written anew, and not compared with: by `npm run looks`. */
export const isWriting = process.env.LOOKS === "write";

/** The reduced picture of what a page shows in its window. */
export async function look(session: CDPSession): Promise<Picture> {
  const { data } = await session.send("Page.captureScreenshot", { optimizeForSpeed: true });
  return reduced(fromPng(Buffer.from(data, "base64")), SQUARE);
}

/** Waits until what was told to a page is drawn: charts follow a new size in the frame after it. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((settle) => {
        let frames = 3;
        const next = () => (frames-- > 0 ? requestAnimationFrame(next) : settle());
        next();
      }),
  );
}

/** What is wrong with a picture, beside the one that is kept; `null` if a person would see nothing. */
export function complaint(now: Picture, kept: Picture): string | null {
  const { share, where } = difference(now, kept, TOLERANCE);
  if (share <= MOST || where === null) {
    return null;
  }
  const [left, top] = [where.left * SQUARE, where.top * SQUARE];
  const [right, bottom] = [(where.right + 1) * SQUARE, (where.bottom + 1) * SQUARE];
  return `${(share * 100).toFixed(2)} % differ, between ${left},${top} and ${right},${bottom}`;
}

/** The pictures of one width and theme, in the order of the states. */
export class Sheet {
  private readonly path: string;
  private readonly kept: Picture | null;
  private readonly taken: Picture[] = [];

  constructor(
    name: string,
    private readonly width: number,
  ) {
    this.path = join(FOLDER, `${name}.png`);
    this.kept = isWriting ? null : fromPng(readFileSync(this.path));
  }

  /** The picture that is kept of a state. */
  of(state: number): Picture {
    if (this.kept === null) {
      throw new Error("nothing is kept while sheets are written");
    }
    const wide = Math.floor(this.width / SQUARE);
    return columns(this.kept, state * wide, wide);
  }

  /** Takes the picture of a state in place of what was kept. */
  take(state: number, picture: Picture): void {
    this.taken[state] = picture;
  }

  /** Keeps what was taken. */
  write(): void {
    const sheet = beside(this.taken);
    const rgb = sheet.rgb.map((value) => Math.min(255, Math.round(value / SHADES) * SHADES));
    writeFileSync(this.path, toPng({ ...sheet, rgb }));
  }
}

/** Texts whose size tells fonts apart: letters, figures, code, and the shapes of states. */
const SAMPLES = [
  ["400 14px var(--font)", "Throughput and users, checkout-peak"],
  ["600 24px var(--font)", "0123456789 % ms"],
  ["400 13px var(--mono)", "locustfile.py, line 3"],
  ["600 12px var(--font)", "○ ◔ ● ■ ✕ ⚠ ▲ ▼ ✓ · –"],
] as const;

/** Sizes of some texts in a page, in pixels. */
export type Fonts = Record<string, number>;

/** The fonts of a page. */
export function fontsOf(page: Page): Promise<Fonts> {
  return page.evaluate((samples) => {
    const sizes: Record<string, number> = {};
    for (const [font, text] of samples) {
      const sample = document.createElement("span");
      sample.style.cssText = "position: absolute; white-space: pre; visibility: hidden";
      sample.style.font = font;
      sample.textContent = text;
      document.body.append(sample);
      sizes[text] = Math.round(sample.getBoundingClientRect().width * 10) / 10;
      sample.remove();
    }
    return sizes;
  }, SAMPLES);
}

/** Keeps the fonts that the sheets are written with. */
export function keepFonts(fonts: Fonts): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(FONTS, `${JSON.stringify(fonts, null, 2)}\n`);
}

/** Why pictures cannot be compared with those that are kept; `null` if they can. */
export function otherFonts(fonts: Fonts): string | null {
  const kept = JSON.parse(readFileSync(FONTS, "utf8")) as Fonts;
  const text = Object.keys(kept).find((text) => fonts[text] !== kept[text]);
  return text === undefined
    ? null
    : `other fonts than those of the kept pictures: "${text}" is ${fonts[text]} pixels wide here, ${kept[text]} there`;
}
