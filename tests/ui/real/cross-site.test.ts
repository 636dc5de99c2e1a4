// What a page of another site can do to a person who has the page open and is signed in: nothing. The
// same attack works on the real Locust, which proves that it is one.

import { get } from "node:http";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFirefox, openBrowser } from "../browser.ts";
import { canServe, FILES, Folder, freePort, hasLocust, type Serving } from "./command.ts";
import { Elsewhere } from "./elsewhere.ts";

const PASSWORD = "a password of these tests";
const SCRIPT = { headers: { Authorization: `Bearer ${PASSWORD}` } };

describe.skipIf(!canServe || isFirefox)("a page of another site", () => {
  const folder = new Folder({ GREGARIA_WEB_PASSWORD: PASSWORD });
  const elsewhere = new Elsewhere();
  let browser: Browser;
  let serving: Serving;
  let context: BrowserContext;
  let port: number;
  beforeAll(async () => {
    port = await elsewhere.open();
    [browser, serving] = await Promise.all([
      // A name that the attacker has pointed at this machine after his page was loaded.
      openBrowser("--host-resolver-rules=MAP rebound.example 127.0.0.1"),
      folder.serve("known.py", "--web-login"),
    ]);
    context = await browser.newContext();
    await signIn(context, serving.url);
  });
  afterAll(async () => {
    await browser?.close();
    await folder.close();
    await elsewhere.close();
  });

  async function state(): Promise<{ state: string; user_count: number }> {
    const { state, user_count } = await serving.json<{ state: string; user_count: number }>(
      "/stats/requests",
      SCRIPT,
    );
    return { state, user_count };
  }

  // Another port of the same host is another origin, but the same site: the cookie is sent along.
  for (const host of ["127.0.0.1", "localhost"]) {
    test(`of ${host} cannot start a test`, async () => {
      const before = await state();
      const page = await context.newPage();
      await page.goto(`http://${host}:${port}/`);
      const attempts = await attack(page, serving.url);
      expect(new Set(Object.values(attempts))).toEqual(new Set(["refused"]));
      await submit(page, `${serving.url}/swarm`);
      expect(await page.innerText("body")).toContain("foreign_origin");
      expect(await state()).toEqual(before);
      await page.close();
    });

    test(`of ${host} cannot stop a test`, async () => {
      await serving.ask("/swarm", {
        ...SCRIPT,
        method: "POST",
        body: new URLSearchParams({ user_count: "2", spawn_rate: "100" }),
      });
      await expect.poll(async () => (await state()).user_count).toBe(2);
      const page = await context.newPage();
      await page.goto(`http://${host}:${port}/`);
      await attack(page, serving.url);
      await submit(page, `${serving.url}/stop`);
      await page.goto(`${serving.url}/stop`);
      expect(await state()).toMatchObject({ state: "running", user_count: 2 });
      await page.close();
      await serving.ask("/stop", { ...SCRIPT, method: "POST" });
      expect(await state()).toMatchObject({ state: "stopped", user_count: 0 });
    });
  }

  test("cannot show this one in a frame", async () => {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.evaluate((url) => {
      const frame = document.createElement("iframe");
      frame.src = url;
      const loaded = new Promise((settle) => frame.addEventListener("load", settle));
      document.body.append(frame);
      return loaded;
    }, serving.url);
    expect(page.frames()[1]?.url()).toBe("chrome-error://chromewebdata/");
    await page.close();
  });

  test("is not answered by a name that is not this server's", async () => {
    const page = await context.newPage();
    const answer = await page.goto(`http://rebound.example:${serving.port}/stats/requests`);
    expect(answer?.status()).toBe(421);
    const tried = await page.evaluate(async () => {
      const answer = await fetch("/swarm", {
        method: "POST",
        body: new URLSearchParams({ user_count: "1", spawn_rate: "1" }),
      });
      return answer.status;
    });
    expect(tried).toBe(421);
    await page.close();
    expect(await statusOf(serving.port, "evil.example")).toBe(421);
    expect(await state()).toMatchObject({ user_count: 0 });
  });

  test("is the only one refused: a script without an origin does all that", async () => {
    expect((await serving.ask("/stats/requests")).status).toBe(401);
    const started = await serving.ask("/api/v1/runs", {
      method: "POST",
      headers: { ...SCRIPT.headers, "Content-Type": "application/json" },
      body: JSON.stringify({ users: 1, spawn_rate: 1 }),
    });
    expect(started.status).toBe(201);
    await expect.poll(async () => (await state()).user_count).toBe(1);
    expect((await serving.ask("/stop", { ...SCRIPT, method: "POST" })).status).toBe(200);
  });
});

describe.skipIf(!canServe || !hasLocust || isFirefox)("the same page, at the real Locust", () => {
  test("starts a test, reads its figures and stops it", async () => {
    const folder = new Folder();
    const elsewhere = new Elsewhere();
    const port = await elsewhere.open();
    const webPort = await freePort();
    const url = `http://127.0.0.1:${webPort}`;
    const locust = folder.locust(
      ...["-f", `${FILES}/known.py`, "--web-host", "127.0.0.1", "--web-port", String(webPort)],
    );
    const [browser] = await Promise.all([openBrowser(), locust.says(/Starting web interface/)]);
    const state = async () => (await fetch(`${url}/stats/requests`)).json();
    const page = await browser.newPage();
    await page.goto(`http://localhost:${port}/`);
    expect(await attack(page, url)).toMatchObject({ form: "sent", read: "read", stop: "sent" });
    await expect.poll(async () => (await state()).state).toBe("stopped");
    await page.evaluate(start, url);
    await expect.poll(async () => (await state()).state).toBe("running");
    await browser.close();
    await folder.close();
    await elsewhere.close();
  });
});

/** Signs in by the form; the cookie stays in the context. */
async function signIn(context: BrowserContext, url: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel("Name").fill("gregaria");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/(new|runs\/\d+\/overview)$/);
  await page.close();
}

function start(url: string): Promise<unknown> {
  return fetch(`${url}/swarm`, {
    method: "POST",
    mode: "no-cors",
    credentials: "include",
    body: new URLSearchParams({ user_count: "1", spawn_rate: "1", host: "http://127.0.0.1:1" }),
  });
}

/** All that a page can try by scripts: what came of each attempt as far as the page can tell. */
function attack(page: Page, url: string): Promise<Record<string, string>> {
  return page.evaluate(async (base) => {
    const tell = (sent: Promise<string>) => sent.catch(() => "refused");
    const send = (path: string, mode: RequestMode, body: BodyInit, type?: string) =>
      tell(
        fetch(base + path, {
          method: "POST",
          mode,
          credentials: "include",
          body,
          ...(type && { headers: { "Content-Type": type } }),
        }).then(() => "sent"),
      );
    const load = JSON.stringify({ users: 1, spawn_rate: 1 });
    const form = new URLSearchParams({
      user_count: "1",
      spawn_rate: "1",
      host: "http://127.0.0.1:1",
    });
    const tried: Record<string, string> = {};
    tried.form = await send("/swarm", "no-cors", form);
    tried.json = await send("/api/v1/runs", "cors", load, "application/json");
    tried.plain = await send("/api/v1/runs", "no-cors", load, "text/plain");
    const read = (credentials: RequestCredentials) =>
      tell(
        fetch(`${base}/stats/requests`, { credentials })
          .then((answer) => answer.json())
          .then(() => "read"),
      );
    tried.read = await read("omit");
    tried.readSignedIn = await read("include");
    tried.stream = await new Promise((settle) => {
      const stream = new EventSource(`${base}/api/v1/stream`, { withCredentials: true });
      stream.onopen = () => settle("read");
      stream.onerror = () => {
        stream.close();
        settle("refused");
      };
    });
    tried.stop = await send("/stop", "no-cors", "");
    return tried;
  }, url);
}

/** A form of the page that is sent to another site; ends on what that has answered. */
async function submit(page: Page, url: string): Promise<void> {
  await Promise.all([
    page.waitForURL(url),
    page.evaluate((action) => {
      const form = document.createElement("form");
      form.method = "post";
      form.action = action;
      for (const [name, value] of [
        ["user_count", "1"],
        ["spawn_rate", "1"],
      ] as const) {
        const field = document.createElement("input");
        field.name = name;
        field.value = value;
        form.append(field);
      }
      document.body.append(form);
      form.submit();
    }, url),
  ]);
}

/** Status of the page for whoever asks by this name. */
function statusOf(port: string, host: string): Promise<number | undefined> {
  return new Promise((settle, fail) => {
    get({ port, host: "127.0.0.1", path: "/", headers: { Host: host } }, (answer) => {
      answer.resume();
      settle(answer.statusCode);
    }).on("error", fail);
  });
}
