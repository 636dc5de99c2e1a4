// A line as high as a row of a table: its shape, without axes. Gaps stay gaps.

import type { Column } from "../timeline.ts";
import { Canvas, type Painter } from "./canvas.tsx";
import { type Color, color } from "./colors.ts";

/** A small line from 0 to its highest value. It says nothing that the row does not say in figures. */
export function Sparkline(props: { values: Column; color: Color }) {
  return (
    <Canvas
      class="sparkline"
      shown={[props.values, props.color]}
      paint={painter(props.values, props.color)}
    />
  );
}

function painter(values: Column, line: Color): Painter {
  return (context, width, height) => {
    const top = Math.max(...values.map((value) => value ?? 0), 1e-9);
    const step = width / Math.max(1, values.length - 1);
    context.strokeStyle = color(line);
    context.lineWidth = 1.25;
    context.lineJoin = "round";
    context.beginPath();
    let isOn = false;
    values.forEach((value, at) => {
      if (value == null) {
        isOn = false;
        return;
      }
      const y = height - 1.5 - (value / top) * (height - 3);
      if (isOn) {
        context.lineTo(at * step, y);
      } else {
        context.moveTo(at * step, y);
        // A value between two gaps is seen as a dot.
        context.lineTo(at * step + 0.01, y);
      }
      isOn = true;
    });
    context.stroke();
  };
}
