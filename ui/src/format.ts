// Numbers and moments as people read them. What was not measured is a dash, never a zero.

/** Stands for what is unknown. */
export const UNKNOWN = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 25212 → `25,212`. */
export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : whole.format(value);
}

/** Three digits that count: `0.42`, `4.2`, `48`, `2,014`. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return UNKNOWN;
  }
  const size = Math.abs(value);
  if (size === 0) {
    return "0";
  }
  if (size < 0.005) {
    return value < 0 ? ">-0.01" : "<0.01";
  }
  return trim(value, size < 0.9995 ? 2 : size < 99.95 ? 1 : 0);
}

/**
 * A part of a whole, from 0 to 1, in percent: `0.9 %`.
 *
 * Only nothing is `0 %` and only everything is `100 %`.
 */
export function formatRatio(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined) {
    return UNKNOWN;
  }
  const percent = ratio * 100;
  if (percent > 0 && percent < 0.005) {
    return "<0.01 %";
  }
  if (percent < 100 && percent > 99.95) {
    return ">99.9 %";
  }
  return `${trim(percent, percent < 0.995 ? 2 : 1)} %`;
}

/** A change as a part of what was before: `+12 %`, `−3.1 %`. */
export function formatChange(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined) {
    return UNKNOWN;
  }
  const percent = Math.abs(ratio) * 100;
  const sign = ratio > 0 ? "+" : ratio < 0 ? "−" : "";
  return `${sign}${trim(percent, percent < 9.95 ? 1 : 0)} %`;
}

/** Milliseconds in the unit that fits: `0.42 ms`, `48 ms`, `1.23 s`, `2 min 5 s`. */
export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) {
    return UNKNOWN;
  }
  if (ms < 0.995) {
    return `${trim(ms, 2)} ms`;
  }
  if (ms < 9.95) {
    return `${trim(ms, 1)} ms`;
  }
  if (ms < 999.5) {
    return `${trim(ms, 0)} ms`;
  }
  if (ms < 59_950) {
    return `${trim(ms / 1000, ms < 9_995 ? 2 : 1)} s`;
  }
  return formatSpan(ms / 1000);
}

/** A stretch of time as on a clock: `12:31`, `1:02:03`. */
export function formatElapsed(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) {
    return UNKNOWN;
  }
  const all = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(all / 60) % 60;
  const hours = Math.floor(all / 3600);
  const tail = `${pad(minutes)}:${pad(all % 60)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

/** A stretch of time in words: `38 s`, `1 min 40 s`, `2 h`. */
export function formatSpan(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) {
    return UNKNOWN;
  }
  const all = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(all / 3600), "h"],
    [Math.floor(all / 60) % 60, "min"],
    [all % 60, "s"],
  ];
  const said = parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount} ${unit}`);
  return said.slice(0, 2).join(" ") || "0 s";
}

/** A moment on the clock of whoever looks, `12:28:07`. */
export function formatClock(time: number | null | undefined): string {
  if (time === null || time === undefined) {
    return UNKNOWN;
  }
  const at = new Date(time * 1000);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** A day and a moment, `2026-11-22 12:28`. */
export function formatDate(time: number | null | undefined): string {
  if (time === null || time === undefined) {
    return UNKNOWN;
  }
  const at = new Date(time * 1000);
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${day} ${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

/** Name of the zone in which clocks are shown at a moment, such as `GMT+1`. */
export function zoneName(time: number): string {
  const parts = new Intl.DateTimeFormat("en", { timeZoneName: "short" }).formatToParts(time * 1000);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

/** `512 B`, `13.2 KiB`, `1.4 GiB`. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) {
    return UNKNOWN;
  }
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${trim(size, unit > 0 && size < 99.95 ? 1 : 0)} ${units[unit]}`;
}

/** A text that fits, shortened in the middle: both ends of a path tell more than its middle. */
export function shortenMiddle(text: string, limit: number): string {
  const letters = [...text];
  if (letters.length <= limit) {
    return text;
  }
  const head = Math.ceil((limit - 1) / 2);
  const tail = limit - 1 - head;
  return `${letters.slice(0, head).join("")}…${tail > 0 ? letters.slice(-tail).join("") : ""}`;
}

/** `1 worker`, `3 workers`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A number with at most so many decimals, without zeros at its end. */
function trim(value: number, decimals: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: decimals });
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
