import type { Random } from '../../src/kit/backoff.ts';
import { between } from '../seeded-random.ts';
import { hex } from './colours.ts';
import { horizon } from './sky.ts';
import { type Size, round2 } from './svg.ts';
import { room } from './room.ts';
import type { Scene } from './scene.ts';

function mountains({ sky, hue }: Scene, { width, height }: Size, random: Random): string {
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
    const zigzag = `${round2(x + half * 0.14)} ${round2(capY - height * 0.012)} ${round2(x)} ${round2(capY + height * 0.025)} ${round2(x - half * 0.14)} ${round2(capY - height * 0.008)}`;
    return `<path d="M${round2(x)} ${round2(top)}L${round2(x + half)} ${round2(base)}H${round2(x - half)}Z" fill="${stone}"/>
    <path d="M${round2(x)} ${round2(top)}L${round2(x + half)} ${round2(base)}H${round2(x + half * 0.2)}Z" fill="${shade}"/>
    <path d="M${round2(x)} ${round2(top)}L${round2(capRight)} ${round2(capY)} ${zigzag} ${round2(capLeft)} ${round2(capY)}Z" fill="${snow}"/>`;
  };
  const far = [0.08, 0.38, 0.66, 0.95].map((at) =>
    peak(at + between(random, -0.06, 0.06), between(random, 0.2, 0.3), 0.26, 0),
  );
  const near = [0.22, 0.8].map((at) => peak(at + between(random, -0.07, 0.07), between(random, 0.32, 0.46), 0.34, 1));
  return `${far.join('')}${near.join('')}<rect y="${round2(base - 1)}" width="${width}" height="${round2(height - base + 1)}" fill="${hex(hue + 28, 0.24, 0.32 * light)}"/>`;
}

function forest({ width, height }: Size, tone: (depth: number) => string, random: Random): string {
  return Array.from({ length: 26 }, (_, index) => {
    const depth = index / 25;
    const x = random() * width;
    const foot = height * (horizon + 0.06 + 0.13 * depth);
    const tall = height * between(random, 0.13, 0.2) * (0.7 + 0.7 * depth);
    const tiers = [0, 1, 2].map((tier) => {
      const top = foot - tall * (1 - tier * 0.24);
      const bottom = foot - tall * (0.56 - tier * 0.23);
      const half = tall * (0.15 + tier * 0.065);
      return `M${round2(x)} ${round2(top)}L${round2(x + half)} ${round2(bottom)}H${round2(x - half)}Z`;
    });
    return `<path d="M${round2(x - tall * 0.03)} ${round2(foot - tall * 0.1)}h${round2(tall * 0.06)}V${round2(foot)}h${round2(-tall * 0.06)}Z" fill="#4a3527"/>
    <path d="${tiers.join('')}" fill="${tone(0.5 + depth * 0.8)}"/>`;
  }).join('');
}

function skyline({ sky, hue }: Scene, { width, height }: Size, random: Random): string {
  const light = { day: 1, dusk: 0.62, night: 0.36 }[sky];
  const base = height * (horizon + 0.24);
  const row = (depth: number) => {
    let drawn = '';
    for (let x = -0.02 * width; x < width;) {
      const wide = width * between(random, 0.055, 0.11);
      const tall = height * between(random, 0.16, 0.42) * (1.1 - 0.3 * depth);
      const colour = hex(hue + 15 + between(random, -8, 8), 0.2, (0.66 - 0.24 * depth) * light);
      drawn += `<rect x="${round2(x)}" y="${round2(base - tall)}" width="${round2(wide + 0.5)}" height="${round2(tall)}" fill="${colour}"/>`;
      drawn += windows(x, base - tall, wide, tall, sky === 'day' ? 0.25 : 0.6, random);
      x += wide + width * between(random, 0, 0.012) * depth;
    }
    return drawn;
  };
  return row(0) + row(1);
}

function windows(x: number, y: number, wide: number, tall: number, lit: number, random: Random): string {
  const gap = wide / 4;
  let panes = '';
  for (let top = y + gap * 0.7; top < y + tall - gap; top += gap * 1.3) {
    for (let column = 0; column < 3; column += 1) {
      if (random() > lit) continue;
      panes += `M${round2(x + gap * (0.65 + column))} ${round2(top)}h${round2(gap * 0.6)}v${round2(gap * 0.75)}h${round2(-gap * 0.6)}Z`;
    }
  }
  return `<path d="${panes}" fill="#ffe49a" opacity=".85"/>`;
}

function space({ hue }: Scene, { width, height }: Size, random: Random): string {
  const unit = Math.min(width, height);
  const x = width * between(random, 0.14, 0.3);
  const y = height * between(random, 0.2, 0.45);
  const radius = unit * between(random, 0.09, 0.14);
  const ring = `rx="${round2(radius * 1.9)}" ry="${round2(radius * 0.45)}" fill="none" stroke="${hex(hue + 50, 0.5, 0.75)}" stroke-width="${round2(radius * 0.16)}"`;
  const tilt = `transform="rotate(-18 ${round2(x)} ${round2(y)})"`;
  const surface = height * 0.8;
  const craters = Array.from({ length: 9 }, () => {
    const size = unit * between(random, 0.015, 0.045);
    return `<ellipse cx="${round2(random() * width)}" cy="${round2(height * between(random, 0.87, 0.98))}" rx="${round2(size)}" ry="${round2(size * 0.35)}"/>`;
  });
  return `
  <ellipse cx="${round2(x)}" cy="${round2(y)}" ${ring} ${tilt} opacity=".55"/>
  <circle cx="${round2(x)}" cy="${round2(y)}" r="${round2(radius)}" fill="${hex(hue + 150, 0.5, 0.56)}"/>
  <circle cx="${round2(x - radius * 0.25)}" cy="${round2(y - radius * 0.25)}" r="${round2(radius * 0.62)}" fill="${hex(hue + 140, 0.55, 0.68)}" opacity=".6"/>
  <path d="M0 ${height}V${round2(surface + height * 0.05)}Q${round2(width / 2)} ${round2(surface - height * 0.05)} ${width} ${round2(surface + height * 0.05)}V${height}Z" fill="${hex(hue + 20, 0.16, 0.46)}"/>
  <g fill="${hex(hue + 20, 0.18, 0.36)}">${craters.join('')}</g>`;
}

/** Draws the ground from the far distance to the foreground. */
export function drawGround(scene: Scene, size: Size, random: Random): string {
  const tone = (depth: number) => groundTone(scene, depth);
  switch (scene.ground) {
    case 'meadow':
      return hills(size, tone, random) + grass(size, tone(1.1), random);
    case 'mountain':
      return mountains(scene, size, random) + hills(size, tone, random, 1);
    case 'forest':
      return hills(size, tone, random) + forest(size, tone, random) + hills(size, tone, random, 2);
    case 'desert':
      return hills(size, tone, random);
    case 'city':
      return skyline(scene, size, random) + hills(size, tone, random, 2);
    case 'sea':
      return sea(scene, size, random);
    case 'beach':
      return sea(scene, size, random) + beach(scene, size, random);
    case 'room':
      return room(scene, size);
    case 'space':
      return space(scene, size, random);
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

function hills({ width, height }: Size, tone: Tone, random: Random, from = 0): string {
  let drawn = '';
  for (let layer = from; layer < layers; layer += 1) {
    const depth = layer / (layers - 1);
    const base = height * (horizon + 0.02 + 0.2 * depth);
    const swell = height * between(random, 0.025, 0.06) * (1.15 - 0.5 * depth);
    const waves = between(random, 0.8, 2.1);
    const shift = between(random, 0, 2 * Math.PI);
    const points = Array.from({ length: 33 }, (_, step) => {
      const across = step / 32;
      const lift =
        Math.sin(across * waves * 2 * Math.PI + shift) + 0.35 * Math.sin(across * waves * 5.1 * Math.PI + 2 * shift);
      return `${round2(across * width)} ${round2(base - lift * swell)}`;
    });
    drawn += `<path d="M0 ${height}L${points.join('L')}L${width} ${height}Z" fill="${tone(depth)}"/>`;
  }
  return drawn;
}

function grass({ width, height }: Size, colour: string, random: Random): string {
  const blades = Array.from({ length: 46 }, () => {
    const x = random() * width;
    const y = height * between(random, 0.86, 1);
    const tall = height * between(random, 0.015, 0.035);
    return `M${round2(x)} ${round2(y)}q${round2(tall * 0.1)} ${round2(-tall * 0.6)} ${round2(between(random, -0.4, 0.4) * tall)} ${round2(-tall)}`;
  });
  return `<path d="${blades.join('')}" stroke="${colour}" stroke-width="${round2(height * 0.004)}" fill="none" stroke-linecap="round"/>`;
}

function sea({ sky, hue }: Scene, { width, height }: Size, random: Random): string {
  const light = { day: 1, dusk: 0.78, night: 0.45 }[sky];
  const blue = 204 + 18 * Math.sin((hue * Math.PI) / 180);
  const top = height * horizon;
  const ripples = Array.from({ length: 60 }, (_, index) => {
    const depth = (index + 1) / 60;
    const y = top + (height - top) * depth ** 1.5;
    const long = width * between(random, 0.02, 0.05) * (0.5 + 1.6 * depth);
    return `M${round2(random() * width - long / 2)} ${round2(y)}q${round2(long / 2)} ${round2(-long * 0.12)} ${round2(long)} 0`;
  });
  return `
  <defs><linearGradient id="sea" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="${hex(blue - 12, 0.5, 0.7 * light)}"/><stop offset="1" stop-color="${hex(blue + 8, 0.62, 0.3 * light)}"/>
  </linearGradient></defs>
  <rect y="${round2(top)}" width="${width}" height="${round2(height - top)}" fill="url(#sea)"/>
  <path d="${ripples.join('')}" stroke="#ffffff" stroke-opacity=".42" stroke-width="${round2(height * 0.004)}" fill="none" stroke-linecap="round"/>`;
}

/** Waves that break on sand. */
function beach({ sky, weather }: Scene, { width, height }: Size, random: Random): string {
  const light = { day: 1, dusk: 0.8, night: 0.46 }[sky];
  const edge = (at: number, swell: number, waves: number, shift: number) =>
    Array.from({ length: 25 }, (_, step) => {
      const across = step / 24;
      return `${round2(across * width)} ${round2(height * (at + swell * Math.sin(across * waves * Math.PI + shift)))}`;
    });
  const shift = between(random, 0, 6);
  const rough = weather === 'storm' || weather === 'wind' ? 1.8 : 1;
  const crests = [0.66, 0.72, 0.79].map((at, index) => {
    const top = edge(at, 0.012 * rough, 5 - index, shift + index * 2);
    const bottom = edge(at + 0.016 * (index + 1), 0.008 * rough, 4 - index, shift + index).toReversed();
    return `<path d="M${top.join('L')}L${bottom.join('L')}Z" fill="#ffffff" opacity="${round2((0.5 + 0.16 * index) * Math.min(1, light + 0.2))}"/>`;
  });
  const sand = (at: number, colour: string) =>
    `<path d="M0 ${height}L${edge(at, 0.018, 3, shift).join('L')}L${width} ${height}Z" fill="${colour}"/>`;
  return `${crests.join('')}${sand(0.835, '#ffffff')}${sand(0.85, hex(36, 0.4, 0.55 * light))}${sand(0.875, hex(40, 0.58, 0.74 * light))}`;
}
