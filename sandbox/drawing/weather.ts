import type { Random } from '../../src/kit/backoff.ts';
import { between } from '../seeded-random.ts';
import type { Scene } from './scene.ts';
import { type Size, round2 } from './svg.ts';

/** Draws what falls or drifts in front of the picture. */
export function drawWeather({ weather }: Scene, size: Size, random: Random): string {
  switch (weather) {
    case 'fair':
    case 'cloudy':
    case 'rainbow':
      return '';
    case 'snow':
      return flakes(size, random);
    case 'rain':
      return drops(size, random);
    case 'storm':
      return lightning(size, random) + drops(size, random);
    case 'fog':
      return fog(size, random);
    case 'wind':
      return gusts(size, random);
  }
}

const maxMarks = 110;

function flakes({ width, height }: Size, random: Random): string {
  const unit = Math.min(width, height);
  return Array.from({ length: maxMarks }, () => {
    const [x, y] = [round2(random() * width), round2(random() * height)];
    return `<circle cx="${x}" cy="${y}" r="${round2(unit * between(random, 0.003, 0.009))}" fill="#fff" opacity=".9"/>`;
  }).join('');
}

function drops({ width, height }: Size, random: Random): string {
  const unit = Math.min(width, height);
  return Array.from({ length: maxMarks }, () => {
    const [x, y] = [round2(random() * width), round2(random() * height)];
    const long = unit * between(random, 0.003, 0.009);
    return `<path d="M${x} ${y}l${round2(-long * 1.4)} ${round2(long * 6)}" stroke="#dcecff" stroke-width="${round2(unit * 0.0035)}" opacity=".6"/>`;
  }).join('');
}

function lightning({ width, height }: Size, random: Random): string {
  let x = width * (random() < 0.5 ? between(random, 0.1, 0.25) : between(random, 0.75, 0.9));
  let bolt = `M${round2(x)} 0`;
  for (let step = 1; step <= 6; step += 1) {
    x += width * between(random, 0.015, 0.05) * (step % 2 === 0 ? 1 : -1);
    bolt += `L${round2(x)} ${round2((step / 6) * height * 0.56)}`;
  }
  const unit = Math.min(width, height);
  return `<path d="${bolt}" stroke="#bcd2ff" stroke-width="${round2(unit * 0.03)}" fill="none" opacity=".35"/><path d="${bolt}" stroke="#fffbe0" stroke-width="${round2(unit * 0.011)}" fill="none" stroke-linejoin="round"/>`;
}

function fog({ width, height }: Size, random: Random): string {
  const banks = Array.from({ length: 8 }, (_, index) => {
    const y = height * (0.3 + 0.085 * index);
    return `<ellipse cx="${round2(width * between(random, 0.1, 0.9))}" cy="${round2(y)}" rx="${round2(width * between(random, 0.5, 0.8))}" ry="${round2(height * 0.055)}" fill="#f2f4f6" opacity="${round2(between(random, 0.3, 0.5))}"/>`;
  });
  return `<rect width="${width}" height="${height}" fill="#e9ecef" opacity=".34"/>${banks.join('')}`;
}

function gusts({ width, height }: Size, random: Random): string {
  const unit = Math.min(width, height);
  return Array.from({ length: 7 }, () => {
    const [x, y] = [width * between(random, -0.1, 0.7), height * between(random, 0.12, 0.8)];
    const long = width * between(random, 0.2, 0.4);
    const curl = unit * 0.03;
    return `<path d="M${round2(x)} ${round2(y)}h${round2(long)}a${round2(curl)} ${round2(curl)} 0 1 0 ${round2(-curl)} ${round2(-curl)}" stroke="#fff" stroke-width="${round2(unit * 0.007)}" fill="none" stroke-linecap="round" opacity=".75"/>`;
  }).join('');
}
