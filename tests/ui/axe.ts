// What axe has to complain of in a page.

import { source as axe } from "axe-core";
import type { Page } from "playwright-core";

/** Each complaint with the elements it is about; empty if there is none. */
export async function violations(page: Page): Promise<string[]> {
  // The policy of the page refuses scripts of others; the browser itself may run them.
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: () => Promise<{ violations: Found[] }> } };
    return (await axe.run()).violations;
  });
  return found.map(
    (one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
  );
}

interface Found {
  readonly id: string;
  readonly nodes: { readonly html: string }[];
}
