import { crc32, deflateSync } from 'node:zlib';

/** One bar: its parts from the bottom up, in the order of the colours. */
export type Bar = readonly [good: number, bad: number, other: number];

const width = 720;
const panelHeight = 180;
const gap = 20;
const colours = [
  [0xff, 0xff, 0xff],
  [0x2e, 0xa0, 0x5a],
  [0xd2, 0x4a, 0x43],
  [0xa8, 0xb0, 0xba],
  [0xe3, 0xe6, 0xea],
] as const;
const gridColour = 4;

/**
 * Draws panels of stacked bars, one above the other, each scaled to its highest bar, as a PNG with a palette. The picture
 * has no letters: its caption says what is shown. No package is needed for that; docs/decisions/0022 has the reasons.
 */
export function drawBars(panels: readonly (readonly Bar[])[]): Uint8Array {
  const height = panels.length * (panelHeight + gap) + gap;
  const pixels = new Uint8Array(width * height);
  const fill = (left: number, top: number, right: number, bottom: number, colour: number) => {
    for (let y = top; y < bottom; y += 1) pixels.fill(colour, y * width + left, y * width + right);
  };
  panels.forEach((bars, index) => {
    const top = gap + index * (panelHeight + gap);
    const bottom = top + panelHeight;
    for (let line = 0; line <= 4; line += 1) {
      const y = Math.min(bottom - 1, top + Math.round((line * panelHeight) / 4));
      fill(gap, y, width - gap, y + 1, gridColour);
    }
    const most = Math.max(1, ...bars.map(sumOf));
    const step = (width - 2 * gap) / Math.max(1, bars.length);
    bars.forEach((bar, place) => {
      const left = Math.round(gap + place * step + step * 0.15);
      const right = Math.round(gap + (place + 1) * step - step * 0.15);
      let base = 0;
      bar.forEach((part, colour) => {
        const y = (count: number) => bottom - Math.round((count / most) * panelHeight);
        // The smallest count is still to be seen.
        const from = Math.min(y(base + part), y(base) - (part > 0 ? 1 : 0));
        fill(left, Math.max(top, from), right, y(base), colour + 1);
        base += part;
      });
    });
  });
  return png(width, height, pixels);
}

function sumOf(bar: Bar): number {
  return bar[0] + bar[1] + bar[2];
}

/** An 8-bit palette PNG without filters (W3C PNG, third edition, 11.2 and 12). */
function png(wide: number, high: number, pixels: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(wide, 0);
  header.writeUInt32BE(high, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const rows = Buffer.alloc((wide + 1) * high);
  for (let y = 0; y < high; y += 1) rows.set(pixels.subarray(y * wide, (y + 1) * wide), y * (wide + 1) + 1);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(colours.flat())),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const whole = Buffer.alloc(named.length + 8);
  whole.writeUInt32BE(data.length, 0);
  named.copy(whole, 4);
  whole.writeUInt32BE(crc32(named), named.length + 4);
  return whole;
}
