// How far apart two colours look.

/** Red, green and blue, 0 to 1 and linear. */
export type Color = readonly [red: number, green: number, blue: number];

/** Lines of one chart are told apart at this distance, and at any greater one. */
export const APART = 18;

/** A colour as screens take it, each channel 0 to 255. */
export function linear(...channels: readonly [red: number, green: number, blue: number]): Color {
  return channels.map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Color;
}

/** Distance of two colours in Lab (ΔE of 1976). */
export function distance(a: Color, b: Color): number {
  const [one, other] = [lab(a), lab(b)];
  return Math.hypot(...one.map((value, at) => value - (other[at] ?? 0)));
}

function lab([red, green, blue]: Color): Color {
  const x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047;
  const y = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883;
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  return [116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))];
}
