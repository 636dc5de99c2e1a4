// A canvas that is drawn when it is seen and when what it shows has changed.

import { useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { themeVersion } from "./colors.ts";
import { draw, drop } from "./frame.ts";
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
}) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const seen = useSeen(frame);
  const version = useComputed(() => themeVersion.value).value;
  useEffect(() => {
    if (seen?.isSeen && seen.width > 0) {
      draw(frame, () => {
        const context = canvas.current?.getContext("2d");
        if (canvas.current && context) {
          const ratio = window.devicePixelRatio;
          canvas.current.width = Math.round(seen.width * ratio);
          canvas.current.height = Math.round(seen.height * ratio);
          context.scale(ratio, ratio);
          props.paint(context, seen.width, seen.height);
        }
      });
    }
  }, [...props.shown, seen, version]);
  useEffect(() => () => drop(frame), []);
  const words = props.label
    ? {
        role: "img" as const,
        "aria-label": props.label,
        "aria-describedby": props.describedBy ?? "",
      }
    : { "aria-hidden": true as const };
  return (
    <div ref={frame} class={`canvas ${props.class}`} {...words}>
      <canvas ref={canvas} />
    </div>
  );
}
