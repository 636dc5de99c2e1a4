// Colours for canvases, read from the tokens: a canvas cannot use custom properties by itself.

import { signal } from "@preact/signals";

/** Names of the tokens that charts draw with. */
export type Color =
  | "card"
  | "text"
  | "secondary"
  | "grid"
  | "border"
  | "accent"
  | "danger"
  | "rps"
  | "failed"
  | "users"
  | "p50"
  | "p95"
  | "p99"
  | "a"
  | "b"
  | "kind-1"
  | "kind-2"
  | "kind-3"
  | "kind-4"
  | "kind-5";

/** Rises when the theme changes: charts that read it draw again. */
export const themeVersion = signal(0);

const known = new Map<string, string>();
let probe: HTMLElement | null = null;

/** The colour of a token as the browser resolves it, `rgb(…)`. */
export function color(name: Color): string {
  const before = known.get(name);
  if (before !== undefined) {
    return before;
  }
  if (probe === null) {
    probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
    watch();
  }
  probe.style.color = `var(--${name})`;
  const resolved = getComputedStyle(probe).color;
  known.set(name, resolved);
  return resolved;
}

/** Red, green and blue of a token, 0 to 255. */
export function channels(name: Color): [number, number, number] {
  const [red = 0, green = 0, blue = 0] = (color(name).match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}

/** Reads all colours anew: others are in force. */
export function forgetColors(): void {
  known.clear();
  themeVersion.value += 1;
}

function watch(): void {
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    window.matchMedia(query).addEventListener("change", forgetColors);
  }
  new MutationObserver(forgetColors).observe(document.documentElement, {
    attributeFilter: ["data-theme"],
  });
}
