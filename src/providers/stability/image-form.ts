import type { GenerationRequest } from '../../domain/provider.ts';
import type { FormPart } from '../http/multipart.ts';
import type { InputFile } from '../input-files.ts';
import { nearestRatio } from '../picture-size.ts';

const ratios = ['1:1', '16:9', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21'] as const;

/** Seeds go up to one less. */
const seeds = 4_294_967_295;

/** How much of a picture that was sent may change, from 0 to 1. */
const strength = '0.7';

/** The route of a model below `/v2beta/stable-image`; undefined for a model that has none. */
export function routeOf(model: string): string | undefined {
  if (model === 'core' || model === 'ultra') return `generate/${model}`;
  if (/^sd3[\w.-]*$/.test(model)) return 'generate/sd3';
  if (model === 'structure' || model === 'sketch') return `control/${model}`;
  return model === 'upscale-fast' || model === 'upscale-conservative' ? model.replace('-', '/') : undefined;
}

/** The route of a model of sound below `/v2beta`; undefined for one of pictures. */
export function soundRouteOf(model: string): string | undefined {
  return /^stable-audio-2[\w.]*$/.test(model) ? 'audio/stable-audio-2/text-to-audio' : undefined;
}

/** The fields of a request for a song, as public clients send them; its length is the service's own choice. */
export function soundForm({ model, prompt, seed }: GenerationRequest): readonly FormPart[] {
  const texts = {
    prompt: prompt.toWellFormed(),
    model,
    ...(seed === undefined ? {} : { seed: String(seed % seeds) }),
    output_format: 'mp3',
  };
  return Object.entries(texts).map(([name, text]): FormPart => ({ name, text }));
}

/** The fields of a request for a picture, or for another one after a picture that was sent. */
export function imageForm(request: GenerationRequest, files: readonly InputFile[]): readonly FormPart[] {
  const { model, prompt, size, seed, negative } = request;
  const [picture] = files;
  const isUpscale = model.startsWith('upscale-');
  const isSd3 = model.startsWith('sd3');
  const isControl = model === 'structure' || model === 'sketch';
  const texts = {
    // The fast one looks at the picture alone.
    ...(model === 'upscale-fast' ? {} : { prompt: prompt.toWellFormed() }),
    ...(isSd3 ? { model, mode: picture === undefined ? 'text-to-image' : 'image-to-image' } : {}),
    ...(negative === undefined ? {} : { negative_prompt: negative.toWellFormed() }),
    ...(seed === undefined ? {} : { seed: String(seed % seeds) }),
    // A picture that was sent gives the result its shape.
    ...(size === undefined || picture !== undefined ? {} : { aspect_ratio: nearestRatio(size, ratios) }),
    ...(picture === undefined || isControl || isUpscale ? {} : { strength }),
    output_format: 'png',
  };
  const parts = Object.entries(texts).map(([name, text]): FormPart => ({ name, text }));
  if (picture === undefined) return parts;
  return [...parts, { name: 'image', bytes: picture.bytes, mime: picture.mime, fileName: 'image' }];
}
