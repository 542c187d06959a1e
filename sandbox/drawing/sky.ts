import type { Random } from '../../src/kit/backoff.ts';
import { between } from '../seeded-random.ts';
import { hex } from './colours.ts';
import type { Scene } from './scene.ts';
import type { Weather } from './scene-parts.ts';
import { round2, type Size } from './svg.ts';

/** The height of the horizon as a share of the picture. */
export const horizon = 0.6;

/** Draws the sky with sun or moon, stars and clouds. */
export function drawSky(scene: Scene, { width, height }: Size, random: Random): string {
  const [top, middle, bottom] = skyTones(scene);
  const unit = Math.min(width, height);
  const x = width * between(random, 0.16, 0.84);
  const y = height * between(random, 0.14, scene.sky === 'dusk' ? 0.46 : 0.26);
  const isCovered = covered.has(scene.weather);
  const glow = scene.hasMoon ? '#fdf6d8' : scene.sky === 'dusk' ? '#ffd9a0' : '#fff3c4';
  return `
  <defs>
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="${top}"/><stop offset=".45" stop-color="${middle}"/><stop offset=".7" stop-color="${bottom}"/>
    </linearGradient>
    <radialGradient id="glow">
      <stop offset="0" stop-color="${glow}" stop-opacity=".85"/><stop offset=".3" stop-color="${glow}" stop-opacity=".34"/>
      <stop offset="1" stop-color="${glow}" stop-opacity="0"/>
    </radialGradient>
  </defs>
  <rect width="${width}" height="${height}" fill="url(#sky)"/>
  ${scene.sky === 'night' ? stars(width, height, unit, random) : ''}
  <g${isCovered && !scene.hasMoon ? ' opacity=".35"' : ''}><circle cx="${round2(x)}" cy="${round2(y)}" r="${round2(unit * 0.3)}" fill="url(#glow)"/>
  <circle cx="${round2(x)}" cy="${round2(y)}" r="${round2(unit * 0.075)}" fill="${glow}"/></g>
  ${scene.hasMoon ? craters(x, y, unit) : ''}
  ${scene.weather === 'rainbow' ? rainbow(width, height) : ''}
  ${cloudsFor(scene, { width, height }, random)}`;
}

/** Weathers that hide most of the sun. */
const covered: ReadonlySet<Weather> = new Set(['cloudy', 'fog', 'rain', 'storm']);

function cloudsFor({ sky, weather }: Scene, { width, height }: Size, random: Random): string {
  const unit = Math.min(width, height);
  if (weather === 'storm') return clouds(width, height, unit, random, 9, '#3d4250');
  if (weather === 'cloudy' || weather === 'rain')
    return clouds(width, height, unit, random, 9, sky === 'night' ? '#5b6172' : '#c9ced8');
  return sky === 'night' ? '' : clouds(width, height, unit, random, 3, '#ffffff');
}

const bands = ['#e4574c', '#f2913d', '#f5d04e', '#63b95e', '#4d90d6', '#7a5cc0'];

function rainbow(width: number, height: number): string {
  const unit = Math.min(width, height);
  return bands
    .map((colour, index) => {
      const radius = unit * (0.56 - index * 0.026);
      return `<circle cx="${round2(width / 2)}" cy="${round2(height * (horizon + 0.06))}" r="${round2(radius)}" fill="none" stroke="${colour}" stroke-width="${round2(unit * 0.026)}" opacity=".7"/>`;
    })
    .join('');
}

function skyTones({ sky, hue, weather }: Scene): readonly [string, string, string] {
  const strength = weather === 'fair' || weather === 'rainbow' || weather === 'wind' ? 1 : 0.55;
  if (weather === 'storm' && sky !== 'night') return [hex(224, 0.22, 0.24), hex(218, 0.2, 0.38), hex(212, 0.2, 0.56)];
  switch (sky) {
    case 'day':
      return [
        hex(hue, 0.5 * strength, 0.62),
        hex(hue + 14, 0.55 * strength, 0.78),
        hex(hue + 40, 0.6 * strength, 0.92),
      ];
    case 'dusk': {
      const warm = 320 + 50 * Math.sin((hue * Math.PI) / 180);
      return [hex(warm - 60, 0.42, 0.36), hex(warm + 10, 0.6 * strength, 0.62), hex(34, 0.9 * strength, 0.74)];
    }
    case 'night': {
      const blue = 236 + 36 * Math.sin((hue * Math.PI) / 180);
      return [hex(blue, 0.55, 0.09), hex(blue + 8, 0.5, 0.18), hex(blue + 26, 0.45, 0.36)];
    }
  }
}

function craters(x: number, y: number, unit: number): string {
  return [
    [-0.028, -0.018, 0.016],
    [0.024, 0.02, 0.02],
    [0.01, -0.036, 0.009],
    [-0.02, 0.034, 0.011],
  ]
    .map(([dx = 0, dy = 0, r = 0]) => {
      return `<circle cx="${round2(x + dx * unit)}" cy="${round2(y + dy * unit)}" r="${round2(r * unit)}" fill="#d9cfa6" opacity=".6"/>`;
    })
    .join('');
}

function stars(width: number, height: number, unit: number, random: Random): string {
  return Array.from({ length: 90 }, () => {
    const x = round2(random() * width);
    const y = round2(random() ** 1.4 * height * 0.75);
    const radius = round2(unit * between(random, 0.0014, 0.0046));
    return `<circle cx="${x}" cy="${y}" r="${radius}" fill="#fffbe6" opacity="${round2(between(random, 0.35, 1))}"/>`;
  }).join('');
}

function clouds(width: number, height: number, unit: number, random: Random, count: number, colour: string): string {
  return Array.from({ length: count }, () => {
    const x = random() * width;
    const y = height * between(random, 0.08, 0.4);
    const scale = unit * between(random, 0.06, 0.11);
    const puffs = [
      [-1.25, 0.1, 0.62],
      [-0.45, -0.25, 0.85],
      [0.5, -0.1, 0.75],
      [1.3, 0.15, 0.5],
    ].map(([dx = 0, dy = 0, r = 0]) => {
      return `<circle cx="${round2(x + dx * scale)}" cy="${round2(y + dy * scale)}" r="${round2(r * scale)}"/>`;
    });
    const base = `<rect x="${round2(x - 1.9 * scale)}" y="${round2(y)}" width="${round2(3.7 * scale)}" height="${round2(0.68 * scale)}" rx="${round2(0.34 * scale)}"/>`;
    return `<g fill="${colour}" opacity="${round2(count > 3 ? between(random, 0.75, 0.95) : between(random, 0.4, 0.7))}">${puffs.join('')}${base}</g>`;
  }).join('');
}
