// Lengths of time as people type them: `20m`, `1h 30m`, `90`, as Locust reads them.

const UNITS: Record<string, number> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of a typed length; `null` for an empty one, `undefined` for what is none. */
export function parseDuration(text: string): number | null | undefined {
  const typed = text.trim().toLowerCase();
  if (typed === "") {
    return null;
  }
  if (!/^(\d+(\.\d+)?\s*[smhd]?\s*)+$/.test(typed)) {
    return undefined;
  }
  const parts = [...typed.matchAll(/(\d+(?:\.\d+)?)\s*([smhd]?)/g)];
  const seconds = parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ""] ?? 1),
    0,
  );
  return seconds > 0 ? seconds : undefined;
}

/** A length as it would be typed. */
export function durationText(seconds: number | null): string {
  if (seconds === null) {
    return "";
  }
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = seconds % 60;
  const parts = [hours && `${hours}h`, minutes && `${minutes}m`, rest && `${rest}s`];
  return parts.filter(Boolean).join(" ");
}
