import type { Random } from '../../kit/random.ts';
import { between } from '../seeded-random.ts';
import { hex } from './colours.ts';
import { horizon } from './sky.ts';
import { type Size, short } from './svg.ts';
import type { Scene } from './scene.ts';

export function mountains({ sky, hue }: Scene, { width, height }: Size, chance: Random): string {
  const light = { day: 1, dusk: 0.78, night: 0.5 }[sky];
  const base = height * (horizon + 0.12);
  const peak = (at: number, tall: number, wide: number, depth: number) => {
    const x = at * width;
    const top = base - tall * height;
    const half = wide * width;
    const cap = 0.3;
    const stone = hex(hue + 20, 0.2, (0.58 - 0.16 * depth) * light);
    const shade = hex(hue + 28, 0.24, (0.46 - 0.16 * depth) * light);
    const snow = hex(hue, 0.3, 0.95 * Math.min(1, light + 0.2));
    const capLeft = x - half * cap;
    const capRight = x + half * cap;
    const capY = top + (base - top) * cap;
    const zigzag = `${short(x + half * 0.14)} ${short(capY - height * 0.012)} ${short(x)} ${short(capY + height * 0.025)} ${short(x - half * 0.14)} ${short(capY - height * 0.008)}`;
    return `<path d="M${short(x)} ${short(top)}L${short(x + half)} ${short(base)}H${short(x - half)}Z" fill="${stone}"/>
    <path d="M${short(x)} ${short(top)}L${short(x + half)} ${short(base)}H${short(x + half * 0.2)}Z" fill="${shade}"/>
    <path d="M${short(x)} ${short(top)}L${short(capRight)} ${short(capY)} ${zigzag} ${short(capLeft)} ${short(capY)}Z" fill="${snow}"/>`;
  };
  const far = [0.08, 0.38, 0.66, 0.95].map((at) =>
    peak(at + between(chance, -0.06, 0.06), between(chance, 0.2, 0.3), 0.26, 0),
  );
  const near = [0.22, 0.8].map((at) => peak(at + between(chance, -0.07, 0.07), between(chance, 0.32, 0.46), 0.34, 1));
  return `${far.join('')}${near.join('')}<rect y="${short(base - 1)}" width="${width}" height="${short(height - base + 1)}" fill="${hex(hue + 28, 0.24, 0.32 * light)}"/>`;
}

export function forest({ width, height }: Size, tone: (depth: number) => string, chance: Random): string {
  return Array.from({ length: 26 }, (_, index) => {
    const depth = index / 25;
    const x = chance() * width;
    const foot = height * (horizon + 0.06 + 0.13 * depth);
    const tall = height * between(chance, 0.13, 0.2) * (0.7 + 0.7 * depth);
    const tiers = [0, 1, 2].map((tier) => {
      const top = foot - tall * (1 - tier * 0.24);
      const bottom = foot - tall * (0.56 - tier * 0.23);
      const half = tall * (0.15 + tier * 0.065);
      return `M${short(x)} ${short(top)}L${short(x + half)} ${short(bottom)}H${short(x - half)}Z`;
    });
    return `<path d="M${short(x - tall * 0.03)} ${short(foot - tall * 0.1)}h${short(tall * 0.06)}V${short(foot)}h${short(-tall * 0.06)}Z" fill="#4a3527"/>
    <path d="${tiers.join('')}" fill="${tone(0.5 + depth * 0.8)}"/>`;
  }).join('');
}

export function skyline({ sky, hue }: Scene, { width, height }: Size, chance: Random): string {
  const light = { day: 1, dusk: 0.62, night: 0.36 }[sky];
  const base = height * (horizon + 0.24);
  const row = (depth: number) => {
    let drawn = '';
    for (let x = -0.02 * width; x < width;) {
      const wide = width * between(chance, 0.055, 0.11);
      const tall = height * between(chance, 0.16, 0.42) * (1.1 - 0.3 * depth);
      const colour = hex(hue + 15 + between(chance, -8, 8), 0.2, (0.66 - 0.24 * depth) * light);
      drawn += `<rect x="${short(x)}" y="${short(base - tall)}" width="${short(wide + 0.5)}" height="${short(tall)}" fill="${colour}"/>`;
      drawn += windows(x, base - tall, wide, tall, sky === 'day' ? 0.25 : 0.6, chance);
      x += wide + width * between(chance, 0, 0.012) * depth;
    }
    return drawn;
  };
  return row(0) + row(1);
}

function windows(x: number, y: number, wide: number, tall: number, lit: number, chance: Random): string {
  const gap = wide / 4;
  let panes = '';
  for (let top = y + gap * 0.7; top < y + tall - gap; top += gap * 1.3) {
    for (let column = 0; column < 3; column += 1) {
      if (chance() > lit) continue;
      panes += `M${short(x + gap * (0.65 + column))} ${short(top)}h${short(gap * 0.6)}v${short(gap * 0.75)}h${short(-gap * 0.6)}Z`;
    }
  }
  return `<path d="${panes}" fill="#ffe49a" opacity=".85"/>`;
}

export function space({ hue }: Scene, { width, height }: Size, chance: Random): string {
  const unit = Math.min(width, height);
  const x = width * between(chance, 0.14, 0.3);
  const y = height * between(chance, 0.2, 0.45);
  const radius = unit * between(chance, 0.09, 0.14);
  const ring = `rx="${short(radius * 1.9)}" ry="${short(radius * 0.45)}" fill="none" stroke="${hex(hue + 50, 0.5, 0.75)}" stroke-width="${short(radius * 0.16)}"`;
  const tilt = `transform="rotate(-18 ${short(x)} ${short(y)})"`;
  const surface = height * 0.8;
  const craters = Array.from({ length: 9 }, () => {
    const size = unit * between(chance, 0.015, 0.045);
    return `<ellipse cx="${short(chance() * width)}" cy="${short(height * between(chance, 0.87, 0.98))}" rx="${short(size)}" ry="${short(size * 0.35)}"/>`;
  });
  return `
  <ellipse cx="${short(x)}" cy="${short(y)}" ${ring} ${tilt} opacity=".55"/>
  <circle cx="${short(x)}" cy="${short(y)}" r="${short(radius)}" fill="${hex(hue + 150, 0.5, 0.56)}"/>
  <circle cx="${short(x - radius * 0.25)}" cy="${short(y - radius * 0.25)}" r="${short(radius * 0.62)}" fill="${hex(hue + 140, 0.55, 0.68)}" opacity=".6"/>
  <path d="M0 ${height}V${short(surface + height * 0.05)}Q${short(width / 2)} ${short(surface - height * 0.05)} ${width} ${short(surface + height * 0.05)}V${height}Z" fill="${hex(hue + 20, 0.16, 0.46)}"/>
  <g fill="${hex(hue + 20, 0.18, 0.36)}">${craters.join('')}</g>`;
}

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
