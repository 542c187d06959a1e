import type { Random } from '../../kit/random.ts';
import { between } from './chance.ts';
import { hex } from './colours.ts';
import { forest, mountains, skyline, space } from './ground-features.ts';
import { horizon } from './sky.ts';
import type { Size } from './sky.ts';
import type { Scene } from './scene.ts';
import { short } from './xml.ts';

/** From the far distance to the grass in front: what the scene stands on. */
export function drawGround(scene: Scene, size: Size, chance: Random): string {
  const tone = (depth: number) => groundTone(scene, depth);
  switch (scene.ground) {
    case 'meadow':
      return hills(size, tone, chance) + grass(size, tone(1.1), chance);
    case 'mountain':
      return mountains(scene, size, chance) + hills(size, tone, chance, 1);
    case 'forest':
      return hills(size, tone, chance) + forest(size, tone, chance) + hills(size, tone, chance, 2);
    case 'desert':
      return hills(size, tone, chance);
    case 'city':
      return skyline(scene, size, chance) + hills(size, tone, chance, 2);
    case 'sea':
      return sea(scene, size, chance);
    case 'space':
      return space(scene, size, chance);
  }
}

/** Depth 0 is the far distance, 1 the foreground. */
function groundTone({ sky, ground, weather, hue }: Scene, depth: number): string {
  const light = { day: 1, dusk: 0.74, night: 0.42 }[sky];
  if (weather === 'snow') return hex(hue * 0.2 + 170, 0.24, (0.96 - 0.09 * depth) * Math.min(1, light + 0.16));
  if (ground === 'desert') return hex(36 - 10 * depth, 0.58, (0.78 - 0.28 * depth) * light);
  if (ground === 'city') return hex(hue + 20, 0.14, (0.5 - 0.2 * depth) * light);
  const green = 128 + 34 * Math.sin((hue * Math.PI) / 180);
  return hex(green - 12 * depth, 0.24 + 0.2 * depth, (0.66 - 0.3 * depth) * light);
}

type Tone = (depth: number) => string;

const layers = 4;

function hills({ width, height }: Size, tone: Tone, chance: Random, from = 0): string {
  let drawn = '';
  for (let layer = from; layer < layers; layer += 1) {
    const depth = layer / (layers - 1);
    const base = height * (horizon + 0.02 + 0.2 * depth);
    const swell = height * between(chance, 0.025, 0.06) * (1.15 - 0.5 * depth);
    const waves = between(chance, 0.8, 2.1);
    const shift = between(chance, 0, 2 * Math.PI);
    const points = Array.from({ length: 33 }, (_, step) => {
      const across = step / 32;
      const lift =
        Math.sin(across * waves * 2 * Math.PI + shift) + 0.35 * Math.sin(across * waves * 5.1 * Math.PI + 2 * shift);
      return `${short(across * width)} ${short(base - lift * swell)}`;
    });
    drawn += `<path d="M0 ${height}L${points.join('L')}L${width} ${height}Z" fill="${tone(depth)}"/>`;
  }
  return drawn;
}

function grass({ width, height }: Size, colour: string, chance: Random): string {
  const blades = Array.from({ length: 46 }, () => {
    const x = chance() * width;
    const y = height * between(chance, 0.86, 1);
    const tall = height * between(chance, 0.015, 0.035);
    return `M${short(x)} ${short(y)}q${short(tall * 0.1)} ${short(-tall * 0.6)} ${short(between(chance, -0.4, 0.4) * tall)} ${short(-tall)}`;
  });
  return `<path d="${blades.join('')}" stroke="${colour}" stroke-width="${short(height * 0.004)}" fill="none" stroke-linecap="round"/>`;
}

function sea({ sky, hue }: Scene, { width, height }: Size, chance: Random): string {
  const light = { day: 1, dusk: 0.78, night: 0.45 }[sky];
  const blue = 204 + 18 * Math.sin((hue * Math.PI) / 180);
  const top = height * horizon;
  const ripples = Array.from({ length: 60 }, (_, index) => {
    const depth = (index + 1) / 60;
    const y = top + (height - top) * depth ** 1.5;
    const long = width * between(chance, 0.02, 0.05) * (0.5 + 1.6 * depth);
    return `M${short(chance() * width - long / 2)} ${short(y)}q${short(long / 2)} ${short(-long * 0.12)} ${short(long)} 0`;
  });
  return `
  <defs><linearGradient id="sea" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="${hex(blue - 12, 0.5, 0.7 * light)}"/><stop offset="1" stop-color="${hex(blue + 8, 0.62, 0.3 * light)}"/>
  </linearGradient></defs>
  <rect y="${short(top)}" width="${width}" height="${short(height - top)}" fill="url(#sea)"/>
  <path d="${ripples.join('')}" stroke="#ffffff" stroke-opacity=".42" stroke-width="${short(height * 0.004)}" fill="none" stroke-linecap="round"/>`;
}
