// Contrast and distance of the real tokens: text can be read, and lines of one chart can be told apart
// with every common kind of colour vision.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { APART, type Color, distance, linear } from "./color.ts";

const TOKENS = readFileSync(join(import.meta.dirname, "../../ui/src/style/tokens.css"), "utf8");
const THEMES = ["light", "dark"] as const;

/** The colour of a token in a theme, 0 to 1 and linear. */
function token(name: string, theme: (typeof THEMES)[number]): Color {
  const pair = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(TOKENS);
  const hex = pair?.[theme === "light" ? 1 : 2];
  if (!hex) {
    throw new Error(`no token --${name}`);
  }
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return linear(red as number, green as number, blue as number);
}

function luminance([red, green, blue]: Color): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: Color, b: Color): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Machado, Oliveira and Fernandes (2009), severity 1. */
const VISIONS: Record<string, readonly Color[]> = {
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function seen(color: Color, vision: readonly Color[]): Color {
  const mixed = vision.map((row) =>
    row.reduce((sum, part, at) => sum + part * (color[at] ?? 0), 0),
  );
  return mixed.map((value) => Math.min(1, Math.max(0, value))) as unknown as Color;
}

describe.each(THEMES)("%s", (theme) => {
  test("text has a contrast of 4.5 at least", () => {
    for (const name of ["text", "secondary", "accent", "ok", "danger"]) {
      for (const ground of ["card", "page"]) {
        expect(contrast(token(name, theme), token(ground, theme)), name).toBeGreaterThanOrEqual(
          4.5,
        );
      }
    }
    expect(contrast(token("warning", theme), token("warning-ground", theme))).toBeGreaterThan(4.5);
    expect(contrast(token("danger", theme), token("danger-ground", theme))).toBeGreaterThan(4.5);
    expect(contrast(token("on-accent", theme), token("accent", theme))).toBeGreaterThan(4.5);
  });

  test("lines and edges of controls have a contrast of 3 at least", () => {
    for (const name of ["rps", "failed", "users", "p50", "p95", "p99", "a", "b", "control"]) {
      expect(contrast(token(name, theme), token("card", theme)), name).toBeGreaterThanOrEqual(3);
    }
  });

  test("lines of one chart can be told apart with every colour vision", () => {
    const charts = [
      ["rps", "users"],
      ["rps", "failed"],
      ["p50", "p95", "p99"],
      ["rps", "p99", "users"],
      ["a", "b"],
      // Of what is stacked, neighbours.
      ...[1, 2, 3, 4].map((kind) => [`kind-${kind}`, `kind-${kind + 1}`]),
    ];
    for (const [kind, vision] of Object.entries(VISIONS)) {
      for (const lines of charts) {
        const colors = lines.map((name) => seen(token(name, theme), vision));
        colors.forEach((color, at) => {
          for (const other of colors.slice(at + 1)) {
            expect(distance(color, other), `${lines} ${kind}`).toBeGreaterThanOrEqual(APART);
          }
        });
      }
    }
  });
});
