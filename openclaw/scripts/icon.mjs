// Draws `assets/icon.png`, the plugin's icon in OpenClaw: a comet, the same shape as in `assets/activity.svg`.
//
//   node scripts/icon.mjs [FILE]
//
// A drawing in code needs no graphics library, can be reviewed as text, and has no licence but the project's own. A
// test compares the PNG with it.

import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';

/** The size that OpenClaw wants, in pixels. */
export const SIZE = 512;

/** Samples in each direction of a pixel, for smooth edges. */
const SAMPLES = 4;

/** All lengths below are in units of the 24 × 24 grid of `assets/activity.svg`; the comet is a little smaller here. */
const GRID = 24;
const ZOOM = 0.8;

/** Corners of the background. */
const ROUNDING = 5.25;
const BACKGROUND = [
  [24, 27, 68],
  [86, 44, 142],
];

const HEAD = { x: 8, y: 16, radius: 4.5 };
const HEAD_COLOUR = [255, 244, 214];
/** @type {Tail[]} */
const TAILS = [
  { from: [12.5, 11.5], to: [20.5, 3.5] },
  { from: [8.5, 8.5], to: [13.5, 3.5] },
  { from: [15.5, 15.5], to: [20.5, 10.5] },
];
const TAIL_RADIUS = 1;
/** From the head to the end of a tail. */
const TAIL_COLOURS = [
  [255, 214, 130],
  [255, 120, 132],
];

/** @typedef {[x: number, y: number]} Point */
/** @typedef {{ from: Point, to: Point }} Tail */

/** @param {number[]} one @param {number[]} other @param {number} share */
const mixed = (one, other, share) => one.map((value, index) => value + (other[index] - value) * share);
/** @param {number} value */
const between = (value) => Math.min(1, Math.max(0, value));

/** Whether a point of the grid is inside the rounded square that fills it. @param {number} x @param {number} y */
function isInside(x, y) {
  const beyond = (/** @type {number} */ value) => Math.max(ROUNDING - value, value - (GRID - ROUNDING), 0);
  return Math.hypot(beyond(x), beyond(y)) <= ROUNDING;
}

/**
 * How far a point is along a tail, from 0 to 1, and its distance from it.
 *
 * @param {Tail} tail @param {number} x @param {number} y
 */
function alongTail({ from, to }, x, y) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const share = between(((x - from[0]) * dx + (y - from[1]) * dy) / (dx * dx + dy * dy));
  return { share, distance: Math.hypot(x - from[0] - share * dx, y - from[1] - share * dy) };
}

/** The colour of a point of the grid; nothing outside of the rounded square. @param {number} x @param {number} y */
function colourAt(x, y) {
  if (!isInside(x, y)) return undefined;
  const [cx, cy] = [x, y].map((value) => GRID / 2 + (value - GRID / 2) / ZOOM);
  if (Math.hypot(cx - HEAD.x, cy - HEAD.y) <= HEAD.radius) return HEAD_COLOUR;
  for (const tail of TAILS) {
    const { share, distance } = alongTail(tail, cx, cy);
    if (distance <= TAIL_RADIUS) return mixed(TAIL_COLOURS[0], TAIL_COLOURS[1], share);
  }
  return mixed(BACKGROUND[0], BACKGROUND[1], (x + GRID - y) / (2 * GRID));
}

/** The pixels, as red, green, blue and opacity. */
export function draw() {
  const pixels = Buffer.alloc(SIZE * SIZE * 4);
  const step = GRID / SIZE / SAMPLES;
  for (let index = 0; index < SIZE * SIZE; index += 1) {
    const [left, top] = [(index % SIZE) * SAMPLES, Math.floor(index / SIZE) * SAMPLES];
    const sum = [0, 0, 0];
    let covered = 0;
    for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
      const [x, y] = [left + (sample % SAMPLES) + 0.5, top + Math.floor(sample / SAMPLES) + 0.5];
      const colour = colourAt(x * step, y * step);
      if (colour === undefined) continue;
      covered += 1;
      for (const channel of [0, 1, 2]) sum[channel] += colour[channel];
    }
    if (covered === 0) continue;
    pixels.set([...sum.map((value) => Math.round(value / covered)), (covered * 255) / SAMPLES ** 2], index * 4);
  }
  return pixels;
}

/** The checksum of a PNG's parts. Node has it in version 22 and newer. @param {Buffer} bytes */
function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** A part of a PNG file. @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/**
 * The pixels as a PNG. Each byte is stored as its difference from that of the pixel to the left, which compresses well.
 *
 * @param {Buffer} pixels
 */
export function pngOf(pixels) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIZE, 0);
  header.writeUInt32BE(SIZE, 4);
  // 8 bits for each of four channels.
  header.set([8, 6], 8);
  const stride = SIZE * 4;
  const rows = Array.from({ length: SIZE }, (_, row) => {
    const line = pixels.subarray(row * stride, (row + 1) * stride);
    return Buffer.from([1, ...line.map((byte, index) => byte - (line[index - 4] ?? 0))]);
  });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(Buffer.concat(rows), { level: 9 });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

const script = fileURLToPath(import.meta.url);
if (process.argv[1] && resolve(process.argv[1]) === script) {
  await writeFile(process.argv[2] ?? join(dirname(script), '..', 'assets', 'icon.png'), pngOf(draw()));
}
