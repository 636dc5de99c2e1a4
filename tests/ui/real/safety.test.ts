// Who may do what: the question before a public host, signing in, roles, sessions that end in the middle;
// and names and messages that would like to be more than text.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, openPage } from "../browser.ts";
import { canServe, Folder, type Serving } from "./command.ts";
import { axeInBothThemes } from "./measures.ts";
import { button, figure, pill, startTest, write } from "./reading.ts";

/** Loopback, but the master is told to take it for a public address. */
const PUBLIC = "http://127.0.0.9:9";

describe.skipIf(!canServe)("a public host", () => {
  const folder = new Folder({ GREGARIA_TREAT_AS_PUBLIC: "127.0.0.9" });
  let browser: Browser;
  let serving: Serving;
  beforeAll(async () => {
    [browser, serving] = await Promise.all([openBrowser(), folder.serve("known.py")]);
  });
  afterAll(async () => {
    await browser?.close();
    await folder.close();
  });

  test("is asked about once, and its name has to be typed", async () => {
    const { page, complaints, context } = await openPage(browser);
    await page.goto(`${serving.url}/new`);
    await page.getByLabel("URL").fill(PUBLIC);
    await page.getByText("▲ asks before start").waitFor();
    await write(page.getByLabel("Users", { exact: true }), "1");
    await page.getByRole("button", { name: "Start test" }).click();
    const dialog = page.getByRole("dialog", { name: "Is 127.0.0.9 yours to test?" });
    await dialog.waitFor();
    await expect.poll(() => focused(page)).toBe("Cancel");
    expect(await axeInBothThemes(page)).toEqual([]);
    const typed = dialog.getByLabel("Type 127.0.0.9 to confirm");
    await typed.fill("127.0.0.8");
    expect(await dialog.getByRole("button", { name: "Start test" }).isDisabled()).toBe(true);
    await page.keyboard.press("Escape");
    await expect.poll(() => dialog.count()).toBe(0);
    expect((await serving.json<{ state: string }>("/stats/requests")).state).toBe("ready");
    await page.getByRole("button", { name: "Start test" }).click();
    await typed.fill("127.0.0.9");
    await dialog.getByRole("button", { name: "Start test" }).click();
    await page.waitForURL("**/runs/1/overview");
    await button(page, "Stop test").click();
    await pill(page).getByText("Stopped").waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("is remembered by another life of the server", async () => {
    await serving.started.end();
    serving = await folder.serve("known.py");
    const { page, context } = await openPage(browser);
    await page.goto(`${serving.url}/new`);
    await page.getByLabel("URL").fill(PUBLIC);
    await page.getByText("confirmed").waitFor();
    await startTest(page, { users: 1 });
    await button(page, "Stop test").click();
    await pill(page).getByText("Stopped").waitFor();
    await context.close();
  });

  test("that is not allowed is not started at all, by nobody", async () => {
    await serving.started.end();
    serving = await folder.serve("known.py", "--allowed-hosts", "127.0.0.1");
    const { page, context } = await openPage(browser);
    await page.goto(`${serving.url}/new`);
    await page.getByLabel("URL").fill(PUBLIC);
    await write(page.getByLabel("Users", { exact: true }), "1");
    await page.getByRole("button", { name: "Start test" }).click();
    await page.getByText("`127.0.0.9` is not among the hosts of --allowed-hosts").first().waitFor();
    expect(page.url()).toContain("/new");
    const answer = await serving.form("/swarm", { user_count: "1", spawn_rate: "1", host: PUBLIC });
    expect(await answer.json()).toMatchObject({ success: false });
    expect((await serving.json<{ state: string }>("/stats/requests")).state).toBe("ready");
    await context.close();
  });

  test("is named in one line where nobody can be asked", async () => {
    const run = folder.gregaria(
      ...["-f", serving.file, "--headless", "-u", "1", "-t", "1s", "-H", PUBLIC],
    );
    await run.says(/Load goes to 127\.0\.0\.9 \(127\.0\.0\.9\), a public host\./);
    await run.end();
    expect(run.said.match(/Load goes to/g)).toHaveLength(1);
  });
});

describe.skipIf(!canServe)("a person who has to sign in", () => {
  const folder = new Folder();
  let browser: Browser;
  let serving: Serving;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    const users = join(folder.path, "users");
    writeFileSync(users, "operator anna right\nread-only ben look\n", { mode: 0o600 });
    [browser, serving] = await Promise.all([
      openBrowser(),
      folder.serve("known.py", "--web-login", "--web-users", users),
    ]);
    ({ context, page } = await openPage(browser));
    page.on("pageerror", (error) => complaints.push(error.message));
  });
  afterAll(async () => {
    await browser?.close();
    await folder.close();
    expect(complaints).toEqual([]);
  });

  async function signIn(name: string, password: string): Promise<void> {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
  }

  test("is led to the form, and learns nothing before", async () => {
    await page.goto(`${serving.url}/runs/1/log`);
    await page.waitForURL("**/login?next=*");
    await page
      .getByRole("heading", { name: /Sign in|gregaria/ })
      .first()
      .waitFor();
    expect(await axeInBothThemes(page)).toEqual([]);
    for (const path of [
      ...["/stats/requests", "/exceptions", "/tasks", "/logs", "/worker-count", "/stats/report"],
      ...["/stats/requests/csv", "/stats/failures/csv", "/exceptions/csv"],
      ...["/stream", "/delta", "/form", "/log", "/log.txt", "/runs", "/runs/1", "/compare"].map(
        (path) => `/api/v1${path}`,
      ),
      ...["setup", "series", "entries/0", "trends", "window", "workers/0", "report.html"].map(
        (path) => `/api/v1/runs/1/${path}`,
      ),
    ]) {
      expect((await serving.ask(path)).status, path).toBe(401);
    }
    for (const path of ["/swarm", "/stop", "/stats/reset", "/user"]) {
      expect((await serving.form(path, {})).status, path).toBe(401);
    }
    for (const path of ["", "/1/users", "/1/stop", "/1/notes", "/1/baseline", "/1/pin"]) {
      const sent = serving.ask(`/api/v1/runs${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: "{}",
      });
      expect((await sent).status, path).toBe(401);
    }
  });

  test("is told of a wrong password, and after five to wait", async () => {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await signIn("anna", `wrong ${attempt}`);
      await page.getByText("That name or password is not right.").waitFor();
    }
    await signIn("anna", "wrong again");
    await page.getByText(/Too many attempts\. Try again in \d+ s\./).waitFor();
    expect(await axeInBothThemes(page)).toEqual([]);
    // The name is not locked for those who have signed in elsewhere, nor is another name.
    await serving.started.end();
    serving = await folder.serve(
      ...(["known.py", "--web-login", "--web-users", join(folder.path, "users")] as const),
      ...["-P", serving.port],
    );
  });

  test("comes back to where they were, and may start", async () => {
    await page.goto(`${serving.url}/new`);
    await page.waitForURL("**/login?next=*");
    await signIn("anna", "right");
    await page.waitForURL("**/new");
    await startTest(page, { users: 1 });
    await expect.poll(() => figure(page, "Users").innerText()).toBe("1");
    const cookie = (await context.cookies()).find((one) => one.httpOnly);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
  });

  test("may only look with the role that says so", async () => {
    const other = await openPage(browser);
    await other.page.goto(serving.url);
    await other.page.getByLabel("Name").fill("ben");
    await other.page.getByLabel("Password").fill("look");
    await other.page.getByRole("button", { name: "Sign in" }).click();
    await other.page.waitForURL("**/runs/1/overview");
    await pill(other.page).getByText("Running").waitFor();
    expect(await other.page.getByRole("button", { name: "Stop test" }).count()).toBe(0);
    expect(await other.page.getByRole("button", { name: "Change users" }).count()).toBe(0);
    const tried = await other.page.evaluate(async () => {
      const answer = await fetch("/api/v1/runs/1/stop", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: "{}",
      });
      return answer.status;
    });
    expect(tried).toBe(403);
    expect(await axeInBothThemes(other.page)).toEqual([]);
    await other.context.close();
  });

  test("is asked again when the session ends in the middle of a run", async () => {
    // Another tab of the same person signs out.
    const second = await context.newPage();
    await second.goto(`${serving.url}/runs`);
    await second.getByRole("button", { name: "anna" }).click();
    await second.getByRole("button", { name: "Sign out" }).click();
    await second.waitForURL("**/login**");
    await second.close();
    await page.waitForURL(/\/login\?next=%2Fruns%2F1%2Foverview/);
    await signIn("anna", "right");
    await page.waitForURL("**/runs/1/overview");
    await pill(page).getByText("Running").waitFor();
    await button(page, "Stop test").click();
    await page.getByText(/Stopped by anna at \d\d:\d\d:\d\d\./).waitFor();
  });
});

describe.skipIf(!canServe)("names and messages with markup", () => {
  test("are text everywhere, and no formula", async () => {
    const folder = new Folder();
    const [browser, serving] = await Promise.all([openBrowser(), folder.serve("known.py")]);
    const { page, complaints, context } = await openPage(browser);
    await serving.send("/api/v1/runs", { users: 2, spawn_rate: 100, note: "<b>note</b>" });
    await expect
      .poll(async () => (await serving.ask("/stats/requests/csv")).text())
      .toContain("/shop/part-494");
    await page.goto(`${serving.url}/runs/1/overview`);
    await pill(page).getByText("Running").waitFor();
    for (const [tab, text] of [
      ["overview", "Throughput and users"],
      ["endpoints?q=script", "<script>window.wasRun = true</script>"],
      ["endpoints?q=onerror", '"><img src=x onerror="window.wasRun = true">'],
      ["failures", "was refused"],
      ["failures", "<i>total</i>"],
      ["log", "Traceback"],
      ["setup", "<b>note</b>"],
    ] as const) {
      await page.goto(`${serving.url}/runs/1/${tab}`);
      await page.getByText(text).first().waitFor();
      expect(await page.locator("b, i, img", { hasText: /^(order|total|note)$/ }).count()).toBe(0);
      const beyond = await page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      expect(beyond, tab).toBeLessThanOrEqual(0);
      expect(await axeInBothThemes(page), tab).toEqual([]);
    }
    await page.goto(`${serving.url}/runs/1/endpoints?q=long`);
    await page.locator("[data-rows]").focus();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /long/ }).first().waitFor();
    expect(await page.evaluate(() => "wasRun" in window)).toBe(false);
    expect(complaints).toEqual([]);
    const csv = await (await serving.ask("/stats/requests/csv")).text();
    const formulas = csv.split("\r\n").filter((line) => /(^|,)"?[=+@]/.test(line));
    expect(formulas.map((line) => line.slice(0, 80))).toEqual([]);
    await context.close();
    await browser.close();
    await folder.close();
  });
});

/** Text of what has the focus. */
function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => document.activeElement?.textContent ?? null);
}
