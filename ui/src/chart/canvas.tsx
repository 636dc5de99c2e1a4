// A canvas that is drawn when it is seen and when what it shows has changed.

import { useComputed } from "@preact/signals";
import type { HTMLAttributes } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { themeVersion } from "./colors.ts";
import { draw, drop } from "./frame.ts";
import { usePaper } from "./paper.ts";
import { useSeen } from "./seen.ts";

/** Draws in CSS pixels into an empty canvas of a size. */
export type Painter = (context: CanvasRenderingContext2D, width: number, height: number) => void;

/** A canvas as large as its frame. `shown` is what the painter draws: it paints again when that changes. */
export function Canvas(props: {
  class: string;
  label?: string;
  describedBy?: string;
  shown: readonly unknown[];
  paint: Painter;
  /** What it does with keys and a pointer. */
  hands?: HTMLAttributes<HTMLDivElement>;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const seen = useSeen(frame);
  const version = useComputed(() => themeVersion.value).value;
  const paint = () => {
    const context = canvas.current?.getContext("2d");
    if (frame.current && canvas.current && context) {
      const { clientWidth: width, clientHeight: height } = frame.current;
      const ratio = window.devicePixelRatio;
      canvas.current.width = Math.round(width * ratio);
      canvas.current.height = Math.round(height * ratio);
      context.scale(ratio, ratio);
      if (width > 0) {
        props.paint(context, width, height);
      }
    }
  };
  useEffect(() => {
    if (seen?.isSeen && seen.width > 0) {
      draw(frame, paint);
    }
  }, [...props.shown, seen, version]);
  usePaper(paint);
  useEffect(() => () => drop(frame), []);
  const words = props.label
    ? {
        role: "img" as const,
        "aria-label": props.label,
        "aria-describedby": props.describedBy ?? "",
      }
    : { "aria-hidden": true as const };
  return (
    <div ref={frame} class={`canvas ${props.class}`} {...words} {...props.hands}>
      <canvas ref={canvas} />
    </div>
  );
}
