// What is printed: light, as wide as the sheet, and drawn before the browser goes on. Nobody scrolls a
// sheet of paper, and a browser that prints waits for no frame.

import { useEffect, useRef } from "preact/hooks";
import { forgetColors } from "./colors.ts";

/** What draws itself for paper, and again for the screen. */
const drawers = new Set<() => void>();

function turn(isPaper: boolean): void {
  const root = document.documentElement;
  if (root.hasAttribute("data-paper") !== isPaper) {
    root.toggleAttribute("data-paper", isPaper);
    forgetColors();
    for (const draw of drawers) {
      draw();
    }
  }
}

/** Follows the browser to paper and back. */
export function followPaper(): void {
  const paper = window.matchMedia("print");
  paper.addEventListener("change", () => turn(paper.matches));
  window.addEventListener("beforeprint", () => turn(true));
  window.addEventListener("afterprint", () => turn(false));
}

/** Has something drawn at once when the page goes to paper, and when it comes back. */
export function usePaper(draw: () => void): void {
  const newest = useRef(draw);
  newest.current = draw;
  useEffect(() => {
    const drawNewest = () => newest.current();
    drawers.add(drawNewest);
    return () => {
      drawers.delete(drawNewest);
    };
  }, []);
}
