import { pngOf } from '../../kit/png.ts';

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
  return pngOf({ width, height, pixels, palette: colours });
}

function sumOf(bar: Bar): number {
  return bar[0] + bar[1] + bar[2];
}
