import { crc32, inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { drawBars } from '../../../src/bot/admins/bar-chart.ts';

/** The palette indices of a picture, row by row; checks every sum of the file. */
function read(png: Uint8Array): {
  readonly width: number;
  readonly height: number;
  readonly rows: readonly Uint8Array[];
} {
  const file = Buffer.from(png);
  expect(file.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at);
    const body = file.subarray(at + 4, at + 8 + length);
    expect(file.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.set(body.toString('latin1', 0, 4), body.subarray(4));
    at += 12 + length;
  }
  expect([...chunks.keys()]).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND']);
  const header = chunks.get('IHDR') ?? Buffer.alloc(8);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const pixels = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  expect(pixels.length).toBe((width + 1) * height);
  const rows = Array.from({ length: height }, (_, y) => pixels.subarray(y * (width + 1) + 1, (y + 1) * (width + 1)));
  return { width, height, rows };
}

test('drawBars() stacks the parts of each bar by their share of the highest one, and shows the smallest', () => {
  const { width, height, rows } = read(
    drawBars([
      [
        [100, 0, 0],
        [25, 25, 0],
        [0, 0, 0],
        [0, 1, 0],
      ],
      [],
    ]),
  );
  expect([width, height]).toEqual([720, 420]);
  /** How high each colour stands in the middle of a bar of the first panel. */
  const heights = (bar: number) => {
    const x = 20 + Math.round((bar + 0.5) * 170);
    const colours = rows.slice(20, 200).map((row) => row[x]);
    return [1, 2, 3].map((colour) => colours.filter((found) => found === colour).length);
  };
  expect([0, 1, 2, 3].map(heights)).toEqual([
    [180, 0, 0],
    [45, 45, 0],
    [0, 0, 0],
    [0, 2, 0],
  ]);
  // An empty panel shows its lines alone.
  expect(new Set(rows.slice(221).flatMap((row) => [...row]))).toEqual(new Set([0, 4]));
});
