// Pictures of a screen: read from PNG and written as such, reduced to the means of small squares, and
// compared. What is left after the reducing is what a person sees from three steps away: edges of letters
// that another version of the browser draws otherwise are gone, a card that is missing is not.

import { deflateSync, inflateSync } from "node:zlib";

/** Rows of red, green and blue, 0 to 255. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Where two pictures differ. */
export interface Difference {
  /** Part of the picture that differs, 0 to 1. */
  readonly share: number;
  /** The least rectangle that holds all of it, both ends included; `null` if nothing differs. */
  readonly where: { left: number; top: number; right: number; bottom: number } | null;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Reads a PNG of eight bits a channel, with or without transparency, as browsers write them. */
export function fromPng(png: Buffer): Picture {
  const data: Buffer[] = [];
  let head: Buffer = Buffer.alloc(13);
  for (let at = SIGNATURE.length; at < png.length; ) {
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

/** Writes a PNG: each line as its difference from the one above, which packs plain surfaces best. */
export function toPng({ width, height, rgb }: Picture): Buffer {
  const bytes = width * 3;
  const lines = Buffer.alloc((bytes + 1) * height);
  for (let row = 0; row < height; row += 1) {
    const [from, to] = [row * bytes, row * (bytes + 1)];
    lines[to] = 2;
    for (let at = 0; at < bytes; at += 1) {
      const above = row === 0 ? 0 : (rgb[from - bytes + at] as number);
      lines[to + 1 + at] = ((rgb[from + at] as number) - above) & 255;
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const packed = deflateSync(lines, { level: 9, memLevel: 9 });
  const parts = [chunk("IHDR", head), chunk("IDAT", packed), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([SIGNATURE, ...parts]);
}

function chunk(kind: string, data: Buffer): Buffer {
  const part = Buffer.alloc(data.length + 12);
  part.writeUInt32BE(data.length, 0);
  part.write(kind, 4, "latin1");
  data.copy(part, 8);
  part.writeUInt32BE(crc(part.subarray(4, data.length + 8)), data.length + 8);
  return part;
}

function crc(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
  }
  return ~sum >>> 0;
}

/** The means of all squares of so many pixels; what is left over on the right and below is left out. */
export function reduced({ width, height, rgb }: Picture, square: number): Picture {
  const [columns, rows] = [Math.floor(width / square), Math.floor(height / square)];
  const sums = new Uint32Array(columns * rows * 3);
  for (let y = 0; y < rows * square; y += 1) {
    let from = y * width * 3;
    const row = Math.floor(y / square) * columns;
    for (let x = 0; x < columns * square; x += 1) {
      const to = (row + Math.floor(x / square)) * 3;
      (sums[to] as number) += rgb[from++] as number;
      (sums[to + 1] as number) += rgb[from++] as number;
      (sums[to + 2] as number) += rgb[from++] as number;
    }
  }
  const means = Uint8Array.from(sums, (sum) => Math.round(sum / square ** 2));
  return { width: columns, height: rows, rgb: means };
}

/** Pictures of one height, side by side. */
export function beside(pictures: readonly Picture[]): Picture {
  const width = pictures.reduce((sum, one) => sum + one.width, 0);
  const height = pictures[0]?.height ?? 0;
  const rgb = new Uint8Array(width * height * 3);
  let left = 0;
  for (const one of pictures) {
    for (let row = 0; row < height; row += 1) {
      const line = one.rgb.subarray(row * one.width * 3, (row + 1) * one.width * 3);
      rgb.set(line, (row * width + left) * 3);
    }
    left += one.width;
  }
  return { width, height, rgb };
}

/** The columns of a picture from `left` on. */
export function columns(picture: Picture, left: number, width: number): Picture {
  const { height } = picture;
  const rgb = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row += 1) {
    const from = (row * picture.width + left) * 3;
    rgb.set(picture.rgb.subarray(from, from + width * 3), row * width * 3);
  }
  return { width, height, rgb };
}

/** Where some channel of two pictures is further apart than `tolerance`. Other sizes differ as a whole. */
export function difference(one: Picture, other: Picture, tolerance: number): Difference {
  const { width, height } = one;
  if (width !== other.width || height !== other.height) {
    return { share: 1, where: { left: 0, top: 0, right: width - 1, bottom: height - 1 } };
  }
  let count = 0;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let place = 0; place < width * height; place += 1) {
    const isApart = [0, 1, 2].some((channel) => {
      const at = place * 3 + channel;
      return Math.abs((one.rgb[at] as number) - (other.rgb[at] as number)) > tolerance;
    });
    if (isApart) {
      const [x, y] = [place % width, Math.floor(place / width)];
      count += 1;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  return { share: count / (width * height), where: count ? { left, top, right, bottom } : null };
}
