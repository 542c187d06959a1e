import type { GenerationRequest, ImageSize } from '../../domain/provider.ts';
import type { InputFile } from '../input-files.ts';

const step = 64;
const [minSide, maxSide] = [step, 3_072];
const maxPixels = 1_048_576;
/** More than 50 need kudos in advance. */
const steps = 25;

const defaultSize: ImageSize = { width: 512, height: 512 };

/** How much of a picture that was sent may change, from 0 to 1. */
const strength = 0.6;

/**
 * The body of `POST /generate/async`, which refuses fields of another type. A picture that is to be changed goes along in
 * base64 and gives the result its shape.
 */
export function generationBody(request: GenerationRequest, picture?: InputFile): object {
  const { model, prompt, negative, seed, inputs } = request;
  const size = request.size ?? shapeOf(inputs[0]) ?? defaultSize;
  const changes =
    picture === undefined
      ? {}
      : { source_image: picture.bytes.toString('base64'), source_processing: 'img2img' as const };
  return {
    ...changes,
    prompt: negative === undefined ? plain(prompt) : `${plain(prompt)} ### ${plain(negative)}`,
    params: {
      ...fittedSize(size),
      steps,
      n: 1,
      sampler_name: 'k_euler',
      ...(picture === undefined ? {} : { denoising_strength: strength }),
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

/** As many pixels as the default, in the shape of the picture. */
function shapeOf({ width = 0, height = 0 }: Partial<ImageSize> = {}): ImageSize | undefined {
  if (width <= 0 || height <= 0) return undefined;
  const scale = Math.sqrt((defaultSize.width * defaultSize.height) / (width * height));
  return { width: width * scale, height: height * scale };
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
