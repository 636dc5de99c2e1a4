// What axe has to complain of in a page.

import { source as axe } from "axe-core";
import type { Page } from "playwright-core";

/** Each complaint with the elements it is about, of all or of a part; empty if there is none. */
export async function violations(page: Page, part?: string): Promise<string[]> {
  // The policy of the page refuses scripts of others; the browser itself may run them.
  await page.evaluate(axe);
  const found = await page.evaluate(async (part) => {
    const { axe } = window as unknown as { axe: Axe };
    return (await axe.run(part ?? document)).violations;
  }, part);
  return found.map(
    (one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
  );
}

interface Axe {
  run(part: string | Document): Promise<{ violations: Found[] }>;
}

interface Found {
  readonly id: string;
  readonly nodes: { readonly html: string }[];
}
