// Pictures of a screen, read from PNG.

import { inflateSync } from "node:zlib";

/** Rows of red, green and blue, 0 to 255. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Bytes before the first chunk. */
const SIGNATURE = 8;

/** Reads a PNG of eight bits a channel, with or without transparency, as browsers write them. */
export function fromPng(png: Buffer): Picture {
  const data: Buffer[] = [];
  let head: Buffer = Buffer.alloc(13);
  for (let at = SIGNATURE; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at);
    const kind = png.toString("latin1", at + 4, at + 8);
    if (kind === "IHDR") {
      head = png.subarray(at + 8, end);
    } else if (kind === "IDAT") {
      data.push(png.subarray(at + 8, end));
    }
    at = end + 4;
  }
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const channels = { 2: 3, 6: 4 }[head[9] as number];
  if (head[8] !== 8 || channels === undefined || head[12] !== 0) {
    throw new Error("a PNG of another kind than browsers write");
  }
  const lines = inflateSync(Buffer.concat(data));
  unfilter(lines, width * channels, channels);
  const rgb = new Uint8Array(width * height * 3);
  let to = 0;
  for (let row = 0; row < height; row += 1) {
    let from = row * (width * channels + 1) + 1;
    for (let column = 0; column < width; column += 1, from += channels) {
      rgb[to++] = lines[from] as number;
      rgb[to++] = lines[from + 1] as number;
      rgb[to++] = lines[from + 2] as number;
    }
  }
  return { width, height, rgb };
}

/** Takes back in place what each line says of its neighbours: lines are a filter and `bytes` bytes. */
function unfilter(lines: Buffer, bytes: number, channels: number): void {
  const length = bytes + 1;
  for (let start = 1; start < lines.length; start += length) {
    const guess = GUESSES[lines[start - 1] as number];
    if (guess === undefined) {
      continue;
    }
    const hasAbove = start > length;
    for (let at = start; at < start + bytes; at += 1) {
      const isFirst = at - start < channels;
      const left = isFirst ? 0 : (lines[at - channels] as number);
      const above = hasAbove ? (lines[at - length] as number) : 0;
      const corner = isFirst || !hasAbove ? 0 : (lines[at - length - channels] as number);
      lines[at] = (lines[at] as number) + guess(left, above, corner);
    }
  }
}

/** What each filter takes a byte for, by the bytes around it. The first takes it for nothing. */
const GUESSES: readonly (((left: number, above: number, corner: number) => number) | undefined)[] =
  [undefined, (left) => left, (_, above) => above, (left, above) => (left + above) >> 1, paeth];

function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
}
