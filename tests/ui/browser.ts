// A real browser, and pages that write down what went wrong in them.

import { accessSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, firefox, type Page } from "playwright-core";

/** BROWSER=firefox drives Debian's Firefox in place of its Chromium. */
export const isFirefox = process.env.BROWSER === "firefox";

/** Where Debian puts it; another one is named by CHROMIUM or FIREFOX. */
const PATH = isFirefox
  ? (process.env.FIREFOX ?? "/usr/bin/firefox-esr")
  : (process.env.CHROMIUM ?? "/usr/bin/chromium");

/** What a browser needs in a container without a display, and what keeps it from calling home. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Whether there is a browser to test with. */
export const hasBrowser = ((): boolean => {
  try {
    accessSync(PATH);
    return true;
  } catch {
    process.stderr.write(`no browser at ${PATH}: tests in a browser are left out\n`);
    return false;
  }
})();

/** Starts the browser, with further flags of Chromium. */
export function openBrowser(...flags: string[]): Promise<Browser> {
  if (isFirefox) {
    const executablePath = join(import.meta.dirname, "firefox.mjs");
    return firefox.launch({ channel: "moz-firefox", executablePath });
  }
  return chromium.launch({ executablePath: PATH, args: [...FLAGS, ...flags] });
}

/** A page, and everything that it complained about. */
export interface Watched {
  readonly page: Page;
  readonly complaints: string[];
  readonly context: BrowserContext;
}

/** Opens a page that writes down errors and refusals of its policy. */
export async function openPage(
  browser: Browser,
  look: {
    width?: number;
    height?: number;
    /** Dots of the screen a pixel, along a side. */
    scale?: number;
    scheme?: "light" | "dark";
    timezone?: string;
  } = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: look.height ?? 900 },
    colorScheme: look.scheme ?? "light",
    ...(look.scale && { deviceScaleFactor: look.scale }),
    ...(look.timezone && { timezoneId: look.timezone }),
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // That a connection was refused is what some tests are about.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  page.setDefaultTimeout(40_000);
  return { page, complaints, context };
}
