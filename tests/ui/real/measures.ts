// What a page costs, as the browser counts it.

import type { CDPSession, Page } from "playwright-core";
import { violations } from "../axe.ts";

/** What axe complains of in the light and in the dark. */
export async function axeInBothThemes(page: Page): Promise<string[]> {
  const found = [];
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await violations(page)).map((one) => `${colorScheme}: ${one}`));
  }
  return found;
}

/** Bytes and memory of one page. Bytes are those on the wire: packed, with their heads. */
export class Load {
  private readonly kinds = new Map<string, string>();
  private readonly bytes = new Map<string, number>();

  private constructor(private readonly session: CDPSession) {}

  /** Begins to count. */
  static async of(page: Page): Promise<Load> {
    const session = await page.context().newCDPSession(page);
    const load = new Load(session);
    session.on("Network.requestWillBeSent", ({ requestId, request }) => {
      load.kinds.set(requestId, new URL(request.url).pathname);
    });
    const add = (id: string, bytes: number) =>
      load.bytes.set(id, (load.bytes.get(id) ?? 0) + bytes);
    session.on("Network.dataReceived", ({ requestId, encodedDataLength }) =>
      add(requestId, encodedDataLength),
    );
    // At its end, with its heads.
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      load.bytes.set(requestId, encodedDataLength);
    });
    await session.send("Network.enable");
    return load;
  }

  /** Bytes of the page itself: document, scripts and style. */
  pageBytes(): number {
    return this.sum((path) => !path.startsWith("/api/"));
  }

  /** What the live data of so many seconds weighs. */
  async live(page: Page, seconds: number): Promise<{ bytesPerSecond: number }> {
    const ofStream = (path: string) => path.startsWith("/api/");
    // The first picture is not what comes every second.
    const moment = () => page.locator(".run-facts").innerText();
    const first = await moment();
    await page.waitForFunction(
      (text) => (document.querySelector(".run-facts") as HTMLElement).innerText !== text,
      first,
    );
    const [bytes, begin] = [this.sum(ofStream), Date.now()];
    await page.waitForFunction((end) => Date.now() > end, begin + seconds * 1000, {
      timeout: seconds * 1000 + 10_000,
    });
    return { bytesPerSecond: (this.sum(ofStream) - bytes) / ((Date.now() - begin) / 1000) };
  }

  /** Memory of its scripts after everything unused was thrown away. */
  async heapBytes(): Promise<number> {
    await this.session.send("HeapProfiler.collectGarbage");
    return (await this.session.send("Runtime.getHeapUsage")).usedSize;
  }

  private sum(isWanted: (path: string) => boolean): number {
    let sum = 0;
    for (const [id, bytes] of this.bytes) {
      sum += isWanted(this.kinds.get(id) ?? "") ? bytes : 0;
    }
    return sum;
  }
}
