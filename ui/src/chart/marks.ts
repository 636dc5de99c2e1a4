// Marks across a chart: thin lines with a head, a triangle for trouble, a square for what people did.

import { color } from "./colors.ts";
import type { Scope } from "./scope.ts";

/** Where a chart has its moments, and how large one CSS pixel is there. */
export interface MarkFrame {
  readonly top: number;
  readonly height: number;
  readonly ratio: number;
  readonly x: (moment: number) => number;
}

/** Draws the marks of the stretch that is shown. */
export function drawMarks(ctx: CanvasRenderingContext2D, scope: Scope, frame: MarkFrame): void {
  const { top, height, ratio } = frame;
  ctx.save();
  for (const mark of scope.marks) {
    const moment = mark.time - scope.start;
    if (moment < scope.from || moment > scope.to) {
      continue;
    }
    const x = Math.round(frame.x(moment)) + 0.5;
    const isTrouble = mark.kind === "worker_lost" || mark.kind === "overloaded";
    ctx.strokeStyle = color(isTrouble ? "danger" : "secondary");
    ctx.fillStyle = ctx.strokeStyle;
    ctx.globalAlpha = 0.7;
    ctx.lineWidth = ratio;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
    ctx.beginPath();
    if (isTrouble) {
      ctx.moveTo(x - 4 * ratio, top);
      ctx.lineTo(x + 4 * ratio, top);
      ctx.lineTo(x, top - 7 * ratio);
    } else {
      ctx.rect(x - 2.5 * ratio, top - 5 * ratio, 5 * ratio, 5 * ratio);
    }
    ctx.fill();
  }
  ctx.restore();
}
