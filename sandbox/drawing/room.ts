import { hex } from './colours.ts';
import type { Scene } from './scene.ts';
import { type Size, round2 } from './svg.ts';

/** Draws a wall around the sky, which is seen through a window, and a sill in the foreground. */
export function room({ sky, hue }: Scene, { width, height }: Size): string {
  const light = { day: 1, dusk: 0.84, night: 0.55 }[sky];
  const [left, right, top, bottom] = [width * 0.14, width * 0.86, height * 0.08, height * 0.8];
  const frame = hex(30, 0.3, 0.86 * light);
  const bar = Math.max(2, Math.min(width, height) * 0.022);
  const pane = `M${round2(left)} ${round2(top)}V${round2(bottom)}H${round2(right)}V${round2(top)}Z`;
  const curtain = (from: number, to: number) =>
    `<path d="M${round2(from)} ${round2(top * 0.5)}H${round2(to)}C${round2(to)} ${round2(height * 0.4)} ${round2((from + to) / 2)} ${round2(height * 0.5)} ${round2(from)} ${round2(height * 0.74)}Z" fill="${hex(hue + 20, 0.42, 0.56 * light)}" opacity=".94"/>`;
  return `
  <path d="M0 0H${width}V${height}H0Z${pane}" fill="${hex(hue + 40, 0.24, 0.74 * light)}"/>
  <path d="${pane}M${round2(width / 2)} ${round2(top)}V${round2(bottom)}M${round2(left)} ${round2(height * 0.36)}H${round2(right)}" stroke="${frame}" stroke-width="${round2(bar)}" fill="none"/>
  ${curtain(width * 0.06, width * 0.3)}${curtain(width * 0.94, width * 0.7)}
  <path d="M0 ${round2(height * 0.8)}H${width}V${height}H0Z" fill="${hex(26, 0.36, 0.5 * light)}"/>
  <path d="M0 ${round2(height * 0.8)}H${width}V${round2(height * 0.825)}H0Z" fill="${hex(28, 0.36, 0.64 * light)}"/>`;
}
