import type { GenerationRequest } from '../../domain/provider.ts';
import { dataUri, type InputFile } from '../input-files.ts';

/** Models that take a list of pictures; every other one takes one. */
const takesSeveral = /(?:^|\/)(?:flux-2|nano-banana|seedream|gpt-image)|\/multi$|\/edit-multi$/;

/** Most models that speak take `text` (`@ai-sdk/fal` 3.0.41); every other one, Kokoro among them, takes `prompt`. */
const speaks = /(?:tts|speech|dia|voice)/;

/** True for a model that takes a list of pictures. */
export function takesSeveralPictures(model: string): boolean {
  return takesSeveral.test(model);
}

/** The body of a run: only what was asked for, since each model has a schema of its own. */
export function runBody({ kind, model, prompt, size, seed, negative }: GenerationRequest, files: readonly InputFile[]) {
  const words = prompt.toWellFormed();
  const isSpoken = kind === 'speech' && speaks.test(model);
  const [first] = files;
  const picture = takesSeveral.test(model)
    ? { image_urls: files.map(dataUri) }
    : first && { image_url: dataUri(first) };
  return {
    ...(isSpoken ? { text: words } : { prompt: words }),
    ...(kind === 'image' ? { num_images: 1 } : {}),
    ...(size === undefined ? {} : { image_size: { width: size.width, height: size.height } }),
    ...(seed === undefined ? {} : { seed }),
    ...(negative === undefined ? {} : { negative_prompt: negative.toWellFormed() }),
    ...(first === undefined ? {} : picture),
  };
}
