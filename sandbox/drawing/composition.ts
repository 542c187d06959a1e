import type { Random } from '../../src/kit/backoff.ts';
import type { Caption } from './caption.ts';
import { between, randomFromText } from '../seeded-random.ts';
import { tonesOf } from './colours.ts';
import { figures, flying, swimming } from './figures/figures.ts';
import { drawGround } from './ground.ts';
import { readScene, type Scene, type SceneFigure } from './scene.ts';
import { drawSky } from './sky.ts';
import { drawWeather } from './weather.ts';
import { type Size, escapeXml, round2 } from './svg.ts';

export const paper = '#f7f2e8';
export const ink = '#2b2622';

/** The layers of a picture, back to front, as SVG fragments of the same size. */
export type Composition = {
  readonly scene: Scene;
  readonly backdrop: string;
  readonly figures: string;
  readonly weather: string;
};

/** Composes the picture of a prompt; the same prompt, seed and size give the same layers. */
export function compose(prompt: string, seed: number, size: Size): Composition {
  const random = randomFromText(`${seed}:${prompt.toWellFormed().trim()}`);
  const scene = readScene(prompt, random);
  return {
    scene,
    backdrop: drawSky(scene, size, random) + drawGround(scene, size, random) + vignette(size),
    figures: drawFigures(scene, size, random),
    weather: drawWeather(scene, size, random),
  };
}

/** Draws the white border of a print, and the strip with the caption below the picture. */
export function drawPrint({ width, height }: Size, caption: Caption): string {
  const border = Math.max(2, Math.round(Math.min(width, height) * 0.016));
  const top = height - Math.max(border, caption.stripHeight);
  const firstLine =
    top + (caption.stripHeight - caption.lines.length * caption.lineHeight) / 2 + caption.fontSize * 0.98;
  const lines = caption.lines.map((line, index) => {
    const y = round2(firstLine + index * caption.lineHeight);
    return `<text x="${round2(width / 2)}" y="${y}" text-anchor="middle" font-family="DejaVu Sans" font-size="${round2(caption.fontSize)}" fill="${ink}">${escapeXml(line)}</text>`;
  });
  return `<path d="M0 0H${width}V${height}H0ZM${border} ${border}V${top}H${width - border}V${border}Z" fill="${paper}"/>${lines.join('')}`;
}

function drawFigures(scene: Scene, { width, height }: Size, random: Random): string {
  const unit = Math.min(width, height);
  const share = [0.56, 0.44, 0.36][scene.figures.length - 1] ?? 0.36;
  return scene.figures
    .map((figure, index) => {
      const size = unit * share * (index === 0 ? 1 : 0.86);
      const across = (index + 1) / (scene.figures.length + 1) + between(random, -0.03, 0.03);
      return place(figure, across * width, height * footOf(figure, scene), size, isOnGround(figure, scene));
    })
    .join('');
}

function footOf({ name }: SceneFigure, { ground }: Scene): number {
  if (flying.has(name)) return name === 'heart' || name === 'balloon' || name === 'star' ? 0.64 : 0.56;
  if (swimming.has(name) && ground === 'sea') return 0.84;
  if (swimming.has(name) && ground === 'beach') return 0.76;
  return 0.92;
}

function isOnGround({ name }: SceneFigure, { ground }: Scene): boolean {
  return !flying.has(name) && !(swimming.has(name) && (ground === 'sea' || ground === 'beach'));
}

function place(figure: SceneFigure, x: number, foot: number, size: number, onGround: boolean): string {
  const shadow = !onGround
    ? ''
    : `<ellipse cx="${round2(x)}" cy="${round2(foot - size * 0.012)}" rx="${round2(size * 0.4)}" ry="${round2(size * 0.05)}" fill="#101020" opacity=".25"/>`;
  const scale = round2(size / 100);
  const drawn = figures[figure.name](tonesOf(figure.colour));
  return `${shadow}<g transform="translate(${round2(x - size / 2)} ${round2(foot - size)}) scale(${scale})">${drawn}</g>`;
}

function vignette({ width, height }: Size): string {
  return `<defs><radialGradient id="vignette" cx=".5" cy=".45" r=".8"><stop offset=".6" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#0a0818" stop-opacity=".38"/></radialGradient></defs><rect width="${width}" height="${height}" fill="url(#vignette)"/>`;
}
