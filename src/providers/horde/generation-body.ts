import type { GenerationRequest, ImageSize } from '../../domain/provider.ts';

const step = 64;
const [minSide, maxSide] = [step, 3_072];
const maxPixels = 1_048_576;
/** More than 50 need kudos in advance. */
const steps = 25;

const defaultSize: ImageSize = { width: 512, height: 512 };

/** The body of `POST /generate/async`, which refuses fields of another type. */
export function generationBody({ model, prompt, negative, size = defaultSize, seed }: GenerationRequest): object {
  return {
    prompt: negative === undefined ? plain(prompt) : `${plain(prompt)} ### ${plain(negative)}`,
    params: {
      ...fittedSize(size),
      steps,
      n: 1,
      sampler_name: 'k_euler',
      ...(seed === undefined ? {} : { seed: String(seed) }),
    },
    models: [model],
    nsfw: false,
    censor_nsfw: true,
    r2: true,
  };
}

/** A person's words without what the Horde reads as its own: the mark before unwanted things, and broken characters. */
function plain(words: string): string {
  return words
    .toWellFormed()
    .replaceAll('\0', '')
    .replace(/#{3,}/g, (run) => Array.from(run, () => '#').join(' '));
}

/** The nearest size with sides in multiples of 64 and at most a megapixel. */
export function fittedSize({ width, height }: ImageSize): ImageSize {
  const scale = Math.min(1, Math.sqrt(maxPixels / (width * height)));
  const fitted = { width: side(width * scale), height: side(height * scale) };
  if (fitted.width * fitted.height <= maxPixels) return fitted;
  // Rounding up both sides may exceed the limit by a little.
  return fitted.width >= fitted.height
    ? { ...fitted, width: lowered(maxPixels / fitted.height) }
    : { ...fitted, height: lowered(maxPixels / fitted.width) };
}

function side(pixels: number): number {
  return Math.min(maxSide, Math.max(minSide, Math.round(pixels / step) * step));
}

function lowered(pixels: number): number {
  return Math.max(minSide, Math.floor(pixels / step) * step);
}
