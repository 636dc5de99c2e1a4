// Users over time as somebody types: what the numbers mean, before they do anything.

import { Canvas } from "../chart/canvas.tsx";
import { color } from "../chart/colors.ts";
import { formatCount, formatElapsed } from "../format.ts";
import type { Load } from "../model.ts";

/** A small drawing of the load; empty while there is nothing to draw. */
export function LoadPreview(props: { load: Load }) {
  const { users, spawn_rate: rate, run_time_seconds: length } = props.load;
  return (
    <Canvas
      class="load-preview"
      shown={[users, rate, length]}
      paint={(context, width, height) => {
        if (!users || !rate) {
          return;
        }
        const ramp = users / rate;
        const total = length ?? Math.max(ramp * 1.6, 10);
        const top = Math.min(users, rate * total);
        const x = (seconds: number) => 2 + (seconds / total) * (width - 70);
        const y = (count: number) => height - 16 - (count / users) * (height - 22);
        context.font = "12px system-ui, 'Segoe UI', Roboto, sans-serif";
        context.strokeStyle = color("border");
        context.beginPath();
        context.moveTo(0, height - 15.5);
        context.lineTo(width, height - 15.5);
        context.stroke();
        context.strokeStyle = color("rps");
        context.lineWidth = 2;
        context.beginPath();
        context.moveTo(x(0), y(0));
        context.lineTo(x(Math.min(ramp, total)), y(top));
        context.lineTo(x(total), y(top));
        if (length !== null) {
          context.lineTo(x(total), y(0));
        }
        context.stroke();
        context.fillStyle = color("secondary");
        context.textBaseline = "middle";
        context.fillText(formatCount(Math.floor(top)), x(total) + 6, y(top));
        context.textBaseline = "bottom";
        if (ramp < total) {
          const text = formatElapsed(ramp);
          context.fillText(text, x(ramp), height);
        }
        if (length !== null) {
          context.textAlign = "right";
          context.fillText(formatElapsed(length), x(total) + 34, height);
        }
      }}
    />
  );
}
