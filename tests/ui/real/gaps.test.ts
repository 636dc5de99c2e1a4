// What the page says and draws when the way to the server is cut, held back or too narrow, when the
// server stands still, and when it is killed: never a figure that nobody has measured.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openBrowser, openPage, type Watched } from "../browser.ts";
import { canServe, Folder, freePort, hasNginx, NGINX, type Serving } from "./command.ts";
import { Gate } from "./gate.ts";
import { allowed } from "./patience.ts";
import { button, chartRows, elapsed, figure, pill, write } from "./reading.ts";

describe.skipIf(!canServe)("the page of a run", () => {
  const folder = new Folder();
  let browser: Browser;
  let serving: Serving;
  let watched: Watched;
  beforeAll(async () => {
    [browser, serving] = await Promise.all([openBrowser(), folder.serve("known.py")]);
  });
  afterAll(async () => {
    await browser?.close();
    await folder.close();
  });
  beforeEach(async () => {
    watched = await openPage(browser);
  });
  afterEach(async () => {
    await watched.context.close();
    await serving.form("/stop", {});
    expect(watched.complaints).toEqual([]);
  });

  /** Starts a run as a script does, and waits until there are figures of it. */
  async function run(): Promise<string> {
    const { run } = await serving.send<{ run: number }>("/api/v1/runs", {
      users: 1,
      spawn_rate: 100,
    });
    await expect.poll(() => seconds(run)).toBeGreaterThan(1);
    return `/runs/${run}/overview`;
  }

  async function seconds(run: number): Promise<number> {
    const { series } = await serving.json<{ series: { time: number[] } }>(`/api/v1/runs/${run}`);
    return series.time.length;
  }

  /** All that a page draws and says of a run, as rows of text. */
  async function shown(page: Page): Promise<string[]> {
    const rows = [];
    for (const title of ["Response time", "Throughput and users", "Failures/s"]) {
      rows.push(...(await chartRows(page, title)).map((row) => `${title}: ${row}`));
    }
    return [...rows, await page.locator(".figures").innerText()];
  }

  function stop(path: string): Promise<unknown> {
    return serving.send(`/api/v1${path.replace("overview", "stop")}`, {});
  }

  test("leaves a gap where the server stood still, and none in the next run", async () => {
    const { page } = watched;
    const path = await run();
    await page.goto(serving.url + path);
    await pill(page).getByText("Running").waitFor();
    serving.started.process.kill("SIGSTOP");
    await page.getByText(/No data since \d\d:\d\d:\d\d\. Retrying\./).waitFor();
    await page.locator(".figures.stale").waitFor();
    serving.started.process.kill("SIGCONT");
    await pill(page).getByText("Running").waitFor();
    await expect.poll(() => page.locator(".stale").count()).toBe(0);
    for (const title of ["Response time", "Throughput and users"]) {
      await expect.poll(() => chartRows(page, title)).toContainEqual(expect.stringMatching(GAP));
    }
    await page.reload();
    await expect
      .poll(() => chartRows(page, "Response time"))
      .toContainEqual(expect.stringMatching(GAP));
    await stop(path);
    await pill(page).getByText("Stopped").waitFor();

    const next = await run();
    await page.goto(serving.url + next);
    await pill(page).getByText("Running").waitFor();
    await expect
      .poll(async () => (await chartRows(page, "Response time")).length)
      .toBeGreaterThan(1);
    const rows = await chartRows(page, "Response time");
    expect(rows.length).toBeLessThanOrEqual((await elapsed(page)) + 1);
    await stop(next);
  });

  test("shows after ten seconds without a way the same as one that never lost it", async () => {
    const gate = new Gate(Number(serving.port));
    const far = await gate.open();
    const path = await run();
    const { page } = watched;
    const near = await openPage(browser);
    await Promise.all([page.goto(far + path), near.page.goto(serving.url + path)]);
    for (const each of [page, near.page]) {
      await pill(each).getByText("Running").waitFor();
    }
    gate.shut();
    const cut = Date.now();
    await page.getByText("Not connected").waitFor();
    await expect.poll(() => Date.now() - cut).toBeGreaterThan(10_000);
    gate.unlock();
    await page.getByText(/Back\. \d+ s were missing and have been loaded\./).waitFor();
    await stop(path);
    for (const each of [page, near.page]) {
      await pill(each).getByText("Stopped").waitFor();
    }
    // The last seconds may still be on their way to one of them.
    await expect
      .poll(async () => {
        const [far, always] = [await shown(page), await shown(near.page)];
        return [
          far.filter((row) => !always.includes(row)),
          always.filter((row) => !far.includes(row)),
        ];
      })
      .toEqual([[], []]);
    expect(near.complaints).toEqual([]);
    await near.context.close();
    await gate.close();
  });

  test.skipIf(!hasNginx)(
    "asks again and again behind a proxy that holds a stream back",
    async () => {
      const proxy = await Between.open(folder, serving.port);
      const path = await run();
      const { page } = watched;
      await page.goto(proxy.url + path);
      await page.getByText("Updates every 2 s").waitFor({ timeout: allowed(12_000) });
      await expect.poll(() => figure(page, "Users").innerText()).toBe("1");
      await button(page, "Stop test").click();
      await pill(page).getByText("Stopped").waitFor();
      proxy.close();
    },
  );

  test("is answered in eight tabs, and those that nobody sees hold no stream", async () => {
    const path = await run();
    const { context } = watched;
    // A browser has six connections to a server. Tabs that are opened behind this one are hidden.
    await context.addInitScript(() => {
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
    });
    const tabs: Page[] = [];
    for (let tab = 0; tab < 8; tab += 1) {
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      tabs.push(page);
      void page.goto(serving.url + path);
    }
    for (const tab of tabs) {
      await pill(tab).getByText("Running").waitFor();
    }
    const last = tabs.at(-1) as Page;
    await last.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: false, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    const before = await last.locator(".run-facts").innerText();
    await expect.poll(() => last.locator(".run-facts").innerText()).not.toBe(before);
    await button(last, "Stop test").click();
    await pill(last).getByText("Stopped").waitFor();
  });
});

describe.skipIf(!canServe)("a page whose server is killed", () => {
  test("says so within four seconds, and that the run was cut off when it is back", async () => {
    const folder = new Folder();
    const port = String(await freePort());
    const [browser, serving] = await Promise.all([
      openBrowser(),
      folder.serve("known.py", "-P", port),
    ]);
    const { page, complaints } = await openPage(browser);
    await page.goto(`${serving.url}/new`);
    await write(page.getByLabel("Users", { exact: true }), "1");
    await page.getByRole("button", { name: "Start test" }).click();
    await pill(page).getByText("Running").waitFor();
    await expect.poll(() => figure(page, "p99").innerText()).toBe("400 ms");
    const killed = Date.now();
    await serving.started.end("SIGKILL");
    await page.getByText(/No data since \d\d:\d\d:\d\d\. Retrying\./).waitFor();
    expect(Date.now() - killed).toBeLessThan(allowed(4000));
    await pill(page).getByText("Not connected").waitFor();
    await page.locator(".figures.stale").waitFor();
    expect(await button(page, "Stop test").isEnabled()).toBe(true);
    const drawn = await chartRows(page, "Response time");

    await folder.serve("known.py", "-P", port);
    await page
      .getByText(/The master restarted at \d\d:\d\d\. Run 1 was cut off at \d\d:\d\d:\d\d/)
      .waitFor();
    expect(await chartRows(page, "Response time")).toEqual(drawn);
    expect(complaints).toEqual([]);
    await browser.close();
    await folder.close();
  });
});

/** A row of a chart without any value. */
const GAP = /^\d\d:\d\d(\s+–)+\s*$/;

/** nginx as somebody has set it up who has not thought of streams. */
class Between {
  private constructor(
    readonly url: string,
    private readonly place: string,
  ) {}

  static async open(folder: Folder, port: string): Promise<Between> {
    const place = mkdtempSync(join(tmpdir(), "gregaria-nginx-"));
    const own = await freePort();
    writeFileSync(
      join(place, "nginx.conf"),
      `daemon off;
pid ${place}/pid;
error_log stderr notice;
events {}
http {
  access_log off;
  client_body_temp_path ${place}/body;
  proxy_temp_path ${place}/proxy;
  fastcgi_temp_path ${place}/fastcgi;
  uwsgi_temp_path ${place}/uwsgi;
  scgi_temp_path ${place}/scgi;
  server {
    listen 127.0.0.1:${own};
    location / {
      proxy_pass http://127.0.0.1:${port};
      proxy_set_header Host $http_host;
      proxy_buffering on;
      proxy_buffers 8 1m;
      proxy_buffer_size 1m;
      proxy_busy_buffers_size 2m;
      proxy_ignore_headers X-Accel-Buffering;
    }
  }
}
`,
    );
    await folder.run(NGINX, "-p", place, "-c", "nginx.conf").says(/start worker process/);
    return new Between(`http://127.0.0.1:${own}`, place);
  }

  close(): void {
    rmSync(this.place, { recursive: true, force: true });
  }
}
