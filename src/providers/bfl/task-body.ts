import type { GenerationRequest, ImageSize } from '../../domain/provider.ts';
import { nearestRatio } from '../picture-size.ts';
import type { InputFile } from '../input-files.ts';

/** Of the models that take a shape instead of pixels. */
const ratios = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '21:9', '9:21'] as const;
const videoRatios = ['1:1', '16:9', '9:16', '4:3', '3:4', '21:9'] as const;

const takesShape = /kontext|ultra/;
/** Sides in multiples of 32 from 256 to 1,440; FLUX.2 takes multiples of 16 up to four megapixels. */
const oldPixels = { step: 32, least: 256, most: 1_440 } as const;
const pixels = { step: 16, least: 64, most: 2_048 } as const;

/** How many pictures a model takes. */
export function maxPictures(model: string): number {
  return model.startsWith('flux-2') ? 8 : 1;
}

/** The body of `POST /v1/{model}`. */
export function taskBody(request: GenerationRequest, files: readonly InputFile[]): object {
  const { kind, model, prompt, size, seed } = request;
  const words = { prompt: prompt.toWellFormed(), ...(seed === undefined ? {} : { seed }) };
  const [first] = files;
  if (kind === 'video') {
    const shape = size === undefined ? {} : { aspect_ratio: nearestRatio(size, videoRatios) };
    return {
      ...words,
      ...shape,
      resolution: 'hd',
      ...(first === undefined ? {} : { keyframes: [first.bytes.toString('base64')] }),
    };
  }
  return { ...words, ...(size === undefined ? {} : sizeOf(model, size)), ...picturesOf(files) };
}

function sizeOf(model: string, size: ImageSize): object {
  if (takesShape.test(model)) return { aspect_ratio: nearestRatio(size, ratios) };
  const { step, least, most } = /^flux-(?:pro|dev)/.test(model) ? oldPixels : pixels;
  const side = (length: number) => Math.min(most, Math.max(least, Math.round(length / step) * step));
  return { width: side(size.width), height: side(size.height) };
}

/** `input_image`, `input_image_2` and so on, in base64 without a type. */
function picturesOf(files: readonly InputFile[]): object {
  return Object.fromEntries(
    files.map(({ bytes }, index) => [
      index === 0 ? 'input_image' : `input_image_${index + 1}`,
      bytes.toString('base64'),
    ]),
  );
}
