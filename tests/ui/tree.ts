// What somebody meets who does not see the page: its tree of roles and names, and the order of the Tab
// key, as texts that are compared with files. WRITE_TREES=1 writes the files anew.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** Rows and items of a list that are told; those after them are like them. */
const TOLD = 2;
/** Presses of the Tab key at most: more than a screen needs. */
const MOST_STOPS = 80;

/** Waits until a text is that of its file in `tests/ui/trees`. */
export async function isAsWritten(name: string, take: () => Promise<string>): Promise<void> {
  const path = join(import.meta.dirname, "trees", `${name}.txt`);
  if (process.env.WRITE_TREES) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await take());
  }
  await expect.poll(take, { message: name }).toBe(readFileSync(path, "utf8"));
}

/** Roles and names of all that is in an element, without its figures. */
export async function treeOf(page: Page, selector = "body"): Promise<string> {
  const all = masked(await page.locator(selector).ariaSnapshot()).split("\n");
  // What was announced last stays there, and may be of a connection that was slow.
  const lines = all.filter((line) => !/^- (status|alert)\b/.test(line));
  return `${shortened(lines).join("\n")}\n`;
}

/**
 * Where the Tab key leads, one stop a line: from an element on, or from where the focus is, to the end of
 * the page or around a dialog.
 */
export async function tabStops(page: Page, from?: string, most = MOST_STOPS): Promise<string> {
  if (from !== undefined) {
    await page.locator(from).first().focus();
  }
  const stops: string[] = [];
  while (stops.length < most) {
    const stop = await page.evaluate(takeFocused, stops.length > 0);
    if (stop === null) {
      break;
    }
    stops.push(masked(stop));
    await page.keyboard.press("Tab");
  }
  await page.evaluate(() => {
    for (const element of document.querySelectorAll("[data-passed]")) {
      element.removeAttribute("data-passed");
    }
  });
  return `${stops.join("\n")}\n`;
}

/** Role and name of what has the focus, in the browser; `null` if the way ends there or begins anew. */
function takeFocused(isPast: boolean): string | null {
  const element = document.activeElement as HTMLInputElement | null;
  if (!element || element === document.body || element.hasAttribute("data-passed")) {
    return null;
  }
  element.setAttribute("data-passed", "");
  const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.innerText;
  if (isPast && element.classList.contains("skip")) {
    return null;
  }
  const role = element.getAttribute("role") ?? element.tagName.toLowerCase();
  const name = (label ?? element.innerText).replace(/\s+/g, " ").trim();
  return `${role} ${name.slice(0, 60)}`;
}

/** Every figure and hash as a sign that does not change; `p95` is a name. */
function masked(text: string): string {
  const hash = /\b(?=\w*\d)[0-9a-f]{8}\b/g;
  return text.replace(hash, "#").replace(/(?<![a-z=\d])\d[\d.,:]*/g, "#");
}

/** Of rows and items that follow one another, the first ones. */
function shortened(lines: readonly string[]): string[] {
  const kept: string[] = [];
  /** Rows and items at each depth since something else came there. */
  const counts = new Map<number, number>();
  let skippedAt: number | null = null;
  for (const line of lines) {
    const depth = line.length - line.trimStart().length;
    if (skippedAt !== null && depth > skippedAt) {
      continue;
    }
    skippedAt = null;
    for (const deeper of [...counts.keys()].filter((at) => at > depth)) {
      counts.delete(deeper);
    }
    const isOne = /^\s*- (row|listitem)\b/.test(line);
    const count = isOne ? (counts.get(depth) ?? 0) + 1 : 0;
    counts.set(depth, count);
    if (count > TOLD) {
      skippedAt = depth;
      if (count === TOLD + 1) {
        kept.push(`${" ".repeat(depth)}- …`);
      }
    } else {
      kept.push(line);
    }
  }
  return kept;
}
