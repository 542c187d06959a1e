import type { Random } from '../../src/kit/backoff.ts';
import { between } from '../seeded-random.ts';
import type { Weather } from './scene-parts.ts';
import type { Raster } from './svg.ts';

export type Layers = {
  /** Opaque and larger than the frame, which pans over it. */
  readonly backdrop: Raster;
  /** Of the size of the frame; moves from side to side. */
  readonly figures: Raster;
  /** Of the size of the frame; does not move. */
  readonly print: Raster;
  /** The height of the frame above the caption. */
  readonly pictureHeight: number;
};

type Particle = {
  readonly x: number;
  readonly y: number;
  readonly speed: number;
  readonly sway: number;
  readonly size: number;
};

const falling: ReadonlySet<Weather> = new Set(['snow', 'rain', 'storm']);

/** Paints one frame after the other by moving the layers; each call paints into the same buffer. */
export class FramePainter {
  readonly #layers: Layers;
  readonly #weather: Weather;
  readonly #particles: readonly Particle[];
  readonly #frame: Uint8Array;

  constructor(layers: Layers, weather: Weather, random: Random) {
    this.#layers = layers;
    this.#weather = weather;
    this.#frame = new Uint8Array(layers.print.width * layers.print.height * 4);
    this.#particles = Array.from({ length: falling.has(weather) ? 90 : 26 }, () => ({
      x: random(),
      y: random(),
      speed: between(random, 0.5, 1.2),
      sway: between(random, 0, 2 * Math.PI),
      size: between(random, 0.8, 2),
    }));
  }

  /** Paints the frame at a time from 0 to 1 of the whole video. */
  paint(at: number): Uint8Array {
    const { figures, print } = this.#layers;
    this.#drawBackdrop(at);
    const lift = Math.sin(at * 4 * Math.PI) * print.height * 0.012;
    this.#drawLayer(figures, Math.round(Math.sin(at * 2 * Math.PI) * print.width * 0.016), Math.round(lift));
    this.#drawParticles(at);
    this.#drawLayer(print, 0, 0);
    return this.#frame;
  }

  /** Draws the backdrop with a slow pan and zoom, interpolated between its pixels. */
  #drawBackdrop(at: number): void {
    const { backdrop, print, pictureHeight } = this.#layers;
    const { pixels, width: stride } = backdrop;
    const frame = this.#frame;
    const zoom = 1 - 0.1 * at;
    const spareX = backdrop.width - 2 - print.width * zoom;
    const spareY = backdrop.height - 2 - pictureHeight * zoom;
    const left = spareX * (0.2 + 0.6 * at);
    const top = spareY * (0.6 - 0.2 * at);
    let out = 0;
    for (let y = 0; y < pictureHeight; y += 1) {
      const fromY = top + y * zoom;
      const row = Math.floor(fromY);
      const downShare = fromY - row;
      for (let x = 0; x < print.width; x += 1) {
        const fromX = left + x * zoom;
        const column = Math.floor(fromX);
        const rightShare = fromX - column;
        const here = (row * stride + column) * 4;
        const below = here + stride * 4;
        for (let channel = 0; channel < 3; channel += 1) {
          const upper = mix(pixels[here + channel] ?? 0, pixels[here + 4 + channel] ?? 0, rightShare);
          const lower = mix(pixels[below + channel] ?? 0, pixels[below + 4 + channel] ?? 0, rightShare);
          frame[out + channel] = upper + (lower - upper) * downShare;
        }
        frame[out + 3] = 255;
        out += 4;
      }
    }
  }

  #drawLayer(layer: Raster, dx: number, dy: number): void {
    const frame = this.#frame;
    const { width, height, pixels } = layer;
    for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y += 1) {
      for (let x = Math.max(0, -dx); x < Math.min(width, width - dx); x += 1) {
        const from = (y * width + x) * 4;
        const alpha = pixels[from + 3] ?? 0;
        if (alpha === 0) continue;
        const to = ((y + dy) * width + x + dx) * 4;
        for (let channel = 0; channel < 3; channel += 1) {
          frame[to + channel] = (pixels[from + channel] ?? 0) + ((frame[to + channel] ?? 0) * (255 - alpha)) / 255;
        }
      }
    }
  }

  /** Draws falling snow or rain, in fair weather rising bright particles. */
  #drawParticles(at: number): void {
    const { width, height } = this.#layers.print;
    const isRain = this.#weather === 'rain' || this.#weather === 'storm';
    const fall = this.#weather === 'snow' ? 0.7 : isRain ? 3.5 : -0.25;
    for (const particle of this.#particles) {
      const y = wrapped(particle.y + at * fall * particle.speed) * height;
      const swing = isRain ? -0.04 * at : 0.015 * Math.sin(at * 4 * Math.PI + particle.sway);
      const x = wrapped(particle.x + swing) * width;
      if (isRain) for (let step = 0; step < 6; step += 1) this.#drawParticle(x - step * 0.3, y + step, 0.7, 0.6);
      else if (this.#weather === 'snow') this.#drawParticle(x, y, particle.size, 0.95);
      else this.#drawParticle(x, y, particle.size * 0.8, 0.35 + 0.3 * Math.sin(at * 6 * Math.PI + particle.sway));
    }
  }

  #drawParticle(centreX: number, centreY: number, radius: number, strength: number): void {
    const { width, height } = this.#layers.print;
    for (let y = Math.max(0, Math.floor(centreY - radius)); y <= Math.min(height - 1, centreY + radius); y += 1) {
      for (let x = Math.max(0, Math.floor(centreX - radius)); x <= Math.min(width - 1, centreX + radius); x += 1) {
        const share = strength * Math.max(0, 1 - Math.hypot(x - centreX, y - centreY) / (radius + 0.5));
        const at = (y * width + x) * 4;
        for (let channel = 0; channel < 3; channel += 1)
          this.#frame[at + channel] = mix(this.#frame[at + channel] ?? 0, 255, share);
      }
    }
  }
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

function wrapped(value: number): number {
  return value - Math.floor(value);
}
