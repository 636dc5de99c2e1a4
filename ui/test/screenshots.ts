// `make screenshots`: runs the example shop with two workers, opens the page of that run in Chromium and
// writes what it looks like into docs/images. Everything in the pictures was measured while they were taken.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const ROOT = join(import.meta.dirname, "../..");
const IMAGES = join(ROOT, "docs/images");
const BIN = process.env.GREGARIA_BIN ?? join(ROOT, ".venv/bin");
const SHOP = join(ROOT, "python/gregaria/_examples/shop.py");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

const USERS = 120;
const MORE_USERS = 160;
/** Seconds of the run before the users are changed, and before the pictures are taken. */
const [CHANGE_AT, SHOOT_AT] = [40, 75];

/** Pictures: how wide and high, in which theme, and of which screen. */
const SHOTS = [
  { name: "page-light", width: 1280, height: 940, scheme: "light", path: "overview" },
  { name: "page-dark", width: 1280, height: 940, scheme: "dark", path: "overview" },
  { name: "page-phone", width: 390, height: 844, scheme: "light", path: "overview" },
] as const;

/** Quality of the pictures, 0 to 1: text stays sharp. */
const QUALITY = 0.85;

const folder = mkdtempSync(join(tmpdir(), "gregaria-shots-"));
const started: ChildProcess[] = [];

function start(program: string, ...words: string[]): ChildProcess {
  const child = spawn(join(BIN, program), words, {
    cwd: folder,
    env: { ...process.env, HOME: folder, XDG_STATE_HOME: folder },
    stdio: ["pipe", "pipe", "pipe"],
  });
  started.push(child);
  return child;
}

/** Waits until a process says something that matches. */
function says(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((settle, fail) => {
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const found = pattern.exec(said);
        if (found) {
          settle(found[1] ?? found[0]);
        }
      });
    }
    child.once("close", () => fail(new Error(`ended without saying ${pattern}:\n${said}`)));
  });
}

/** Waits until the run of a page has lasted so many seconds. */
async function runsFor(page: Page, seconds: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => {
      const text = document.querySelector(".run-facts")?.textContent ?? "";
      const [, minutes, rest] = /(\d\d):(\d\d)\s*$/.exec(text) ?? [];
      return Number(minutes) * 60 + Number(rest) >= wanted;
    },
    seconds,
    { timeout: (seconds + 60) * 1000, polling: 500 },
  );
}

/** Draws a PNG again as WebP, which takes a quarter of its bytes. */
async function webp(browser: Browser, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage();
  const url = await page.evaluate(
    async ([source, quality]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${source}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext("2d")?.drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", quality);
    },
    [png.toString("base64"), QUALITY] as const,
  );
  await page.close();
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

async function shoot(browser: Browser, url: string): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  for (const { name, width, height, scheme, path } of SHOTS) {
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: scheme,
      deviceScaleFactor: 1.5,
      hasTouch: width < 480,
    });
    const page = await context.newPage();
    await page.goto(`${url}/runs/1/${path}`);
    await page.locator("canvas").filter({ visible: true }).first().waitFor();
    await page.locator(".waiting").waitFor({ state: "detached" });
    // The charts that are in sight are drawn with the next tick.
    const facts = await page.locator(".run-facts").innerText();
    await page.waitForFunction(
      (before) => (document.querySelector(".run-facts") as HTMLElement).innerText !== before,
      facts,
    );
    const picture = await webp(browser, await page.screenshot());
    writeFileSync(join(IMAGES, `${name}.webp`), picture);
    console.log(`docs/images/${name}.webp ${Math.round(picture.length / 1000)} KB`);
    await context.close();
  }
}

async function main(): Promise<void> {
  const shop = await says(start("python", "-m", "gregaria._target"), /(http:\S+)/);
  const page = start("gregaria", ...["-f", SHOP, "-P", "0", "-H", shop, "--processes", "2"]);
  const url = await says(page, /Starting web interface at (http\S+?)\.?\s/);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  const form = await browser.newPage();
  form.setDefaultTimeout(60_000);
  await form.goto(`${url}/new`);
  await form.getByLabel("Users", { exact: true }).fill(String(USERS));
  await form.getByLabel("Started a second").fill("6");
  await form.getByText(/on 2 workers/).waitFor();
  await form.getByRole("button", { name: "Start test" }).click();
  await form.waitForURL("**/runs/1/overview");
  await runsFor(form, CHANGE_AT);
  await form.getByRole("button", { name: "Change users" }).click();
  await form.getByLabel("Users", { exact: true }).fill(String(MORE_USERS));
  await form.getByRole("button", { name: "Apply" }).click();
  await form.getByRole("button", { name: "Raise" }).click();
  await runsFor(form, SHOOT_AT);
  await shoot(browser, url);
  await form.locator("#stop").click();
  await browser.close();
}

try {
  await main();
} finally {
  for (const child of started.reverse()) {
    child.removeAllListeners("close");
    child.kill("SIGINT");
    await new Promise((settle) =>
      child.exitCode === null ? child.once("exit", settle) : settle(0),
    );
  }
  rmSync(folder, { recursive: true, force: true });
}
