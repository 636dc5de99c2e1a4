// People who sign in by a provider, which is another site: there, back again, and what may go wrong
// on the way.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, openPage } from "../browser.ts";
import { canServe, Folder, freePort, type Serving } from "./command.ts";
import { axeInBothThemes } from "./measures.ts";
import { CLIENT, type Served, serveProvider } from "./oidc-provider.ts";
import { button } from "./reading.ts";

describe.skipIf(!canServe)("people of a provider", () => {
  const folder = new Folder({ GREGARIA_OIDC_CLIENT_SECRET: CLIENT.secret });
  let browser: Browser;
  let provider: Served;
  let serving: Serving;
  /** The page by another name of this machine than the provider's: another site. */
  let home: string;
  beforeAll(async () => {
    const port = await freePort();
    home = `http://localhost:${port}/load`;
    provider = await serveProvider([`${home}/login/oidc/callback`]);
    [browser, serving] = await Promise.all([
      openBrowser(),
      folder.serve(
        "known.py",
        ...["-P", String(port), "--web-base-path", "/load", "--oidc-issuer", provider.issuer],
        ...["--oidc-client-id", CLIENT.id, "--oidc-name", "Example"],
        ...["--oidc-operators", "anna@shop.example", "--oidc-viewers", "@shop.example"],
      ),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await folder.close();
    await provider?.close();
  });

  /** From the page's sign-in to the provider and, signed in there, back. */
  async function signIn(page: Page, name: string): Promise<void> {
    await page.getByRole("link", { name: "Continue with Example" }).click();
    await page.waitForURL(`${provider.issuer}/**`);
    await page.getByPlaceholder("Enter any login").fill(name);
    await page.getByPlaceholder("and password").fill("any");
    await page.getByRole("button", { name: "Sign-in" }).click();
    const consent = page.getByRole("button", { name: "Continue" });
    await Promise.race([consent.click(), page.waitForURL(`${home}/**`)]);
    await page.waitForURL(`${home}/**`);
  }

  test("come back to where they were going, as operators and as viewers", async () => {
    for (const [name, role] of [
      ["anna@shop.example", "operator"],
      ["ben@shop.example", "read_only"],
    ] as const) {
      const { page, context, complaints } = await openPage(browser);
      await page.goto(`${home}/new`);
      await page.waitForURL(/\/load\/login\?next=%2Fnew$/);
      await page.getByRole("link", { name: "Continue with Example" }).waitFor();
      expect(await page.getByLabel("Password").count()).toBe(0);
      if (role === "operator") {
        expect(await axeInBothThemes(page)).toEqual([]);
      }
      await signIn(page, name);
      await page.waitForURL(`${home}/new`);
      await page.getByRole("heading", { name: "New test" }).waitFor();
      await button(page, name).waitFor();
      const session = await page.evaluate(async () => (await fetch("/load/api/v1/session")).json());
      expect(session).toMatchObject({ name, role, provider: "Example", has_passwords: false });
      const started = await page.evaluate(async () => {
        const headers = { "Content-Type": "application/json" };
        return (await fetch("/load/api/v1/runs", { method: "POST", headers, body: "{}" })).status;
      });
      expect(started === 403).toBe(role === "read_only");
      const cookies = (await context.cookies()).filter((one) => one.domain === "localhost");
      expect(cookies).toMatchObject([{ httpOnly: true, sameSite: "Strict", path: "/load" }]);
      await button(page, name).click();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL(/\/load\/login/);
      expect(await page.evaluate(async () => (await fetch("/load/api/v1/form")).status)).toBe(401);
      // A cookie of the past is none.
      await context.addCookies(cookies);
      expect(await page.evaluate(async () => (await fetch("/load/api/v1/form")).status)).toBe(401);
      expect(complaints).toEqual([]);
      await context.close();
    }
    await serving.started.says(/anna@shop\.example has signed in by Example from 127\.0\.0\.1/);
  });

  test("are told why they do not get in, and may come as somebody else", async () => {
    const { page, context } = await openPage(browser);
    await page.goto(`${home}/runs`);
    for (const [name, why] of [
      ["eve@evil.example", "Your account at Example is not among those who may sign in here."],
      ["new@shop.example", "Example has not verified your e-mail address."],
    ] as const) {
      await signIn(page, name);
      await page.getByRole("alert").getByText(why).waitFor();
      expect(await page.evaluate(async () => (await fetch("/load/api/v1/form")).status)).toBe(401);
    }
    await serving.started.says(/refused: no rule names `eve@evil\.example`/);
    // The provider remembers who was there last, and is told to ask again.
    await signIn(page, "ben@shop.example");
    await page.waitForURL(`${home}/runs`);
    await context.close();
  });

  test("get in neither twice by one answer nor by one that was meant for another browser", async () => {
    const { page, context } = await openPage(browser);
    const back: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("/callback?")) {
        back.push(request.url());
      }
    });
    await page.goto(`${home}/runs`);
    await signIn(page, "anna@shop.example");
    await page.waitForURL(`${home}/runs`);
    const stranger = await openPage(browser);
    await context.clearCookies();
    for (const each of [stranger.page, page]) {
      await each.goto(back[0] as string);
      await each.waitForURL(/\/load\/login\?next=%2F&problem=unknown$/);
    }
    await stranger.page.getByText("began in another window").waitFor();
    // One that the stranger has begun does not sign in whom they send the link to.
    const begun = await fetch(`${home}/login/oidc`, { redirect: "manual" });
    const state = new URL(begun.headers.get("location") as string).searchParams.get("state");
    await stranger.page.goto(`${home}/login/oidc/callback?state=${state}&code=theirs`);
    await stranger.page.waitForURL(/problem=unknown$/);
    await context.close();
    await stranger.context.close();
  });

  test("are not led to another site afterwards", async () => {
    const { page, context } = await openPage(browser);
    await page.goto(`${home}/login?next=${encodeURIComponent("/\\evil.example")}`);
    await signIn(page, "ben@shop.example");
    await page.waitForURL(/\/load\/(new|runs)/);
    await context.close();
    const next = encodeURIComponent("//evil.example/x");
    const led = await fetch(`${home}/login/oidc?next=${next}`, { redirect: "manual" });
    expect(led.headers.get("location")).toMatch(`${provider.issuer}/auth?`);
    expect(serving.started.said).not.toContain(CLIENT.secret);
  });
});
