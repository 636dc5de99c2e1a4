// What a page costs, as the browser counts it.

import type { CDPSession, Page } from "playwright-core";
import { expect } from "vitest";
import { violations } from "../axe.ts";
import { elapsed } from "./reading.ts";

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

  /** Bytes of all that the page has asked for since, live data included. */
  apiBytes(): number {
    return this.sum((path) => path.startsWith("/api/"));
  }

  /** What the live data of so many seconds of the run weighs. */
  async live(page: Page, seconds: number): Promise<{ bytesPerSecond: number }> {
    const reaches = async (second: number) => {
      await expect.poll(() => elapsed(page)).toBeGreaterThanOrEqual(second);
      return { second: await elapsed(page), bytes: this.apiBytes() };
    };
    // The first picture is not what comes every second.
    const first = await reaches((await elapsed(page)) + 1);
    const last = await reaches(first.second + seconds);
    return { bytesPerSecond: (last.bytes - first.bytes) / (last.second - first.second) };
  }

  /** Memory of its scripts after everything unused was thrown away. */
  async heapBytes(): Promise<number> {
    await this.session.send("HeapProfiler.collectGarbage");
    return (await this.session.send("Runtime.getHeapUsage")).usedSize;
  }

  /** Nodes of documents and listeners for events that the browser holds, in sight or left behind. */
  async held(): Promise<{ nodes: number; listeners: number }> {
    await this.session.send("HeapProfiler.collectGarbage");
    const { nodes, jsEventListeners } = await this.session.send("Memory.getDOMCounters");
    return { nodes, listeners: jsEventListeners };
  }

  private sum(isWanted: (path: string) => boolean): number {
    let sum = 0;
    for (const [id, bytes] of this.bytes) {
      sum += isWanted(this.kinds.get(id) ?? "") ? bytes : 0;
    }
    return sum;
  }
}
