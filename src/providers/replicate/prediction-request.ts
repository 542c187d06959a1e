import type { GenerationRequest } from '../../domain/provider.ts';
import { nearestRatio } from '../picture-size.ts';
import { dataUri, type InputFile } from '../input-files.ts';

const ratios = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '21:9', '9:21', '4:5', '5:4'] as const;

/** The field in which a family of models takes its pictures; the first family that the name fits counts. */
const pictureFields: readonly { readonly names: RegExp; readonly field: string; readonly isList?: true }[] = [
  { names: /\/flux-2/, field: 'input_images', isList: true },
  { names: /\/(?:nano-banana|seedream)/, field: 'image_input', isList: true },
  { names: /\/gpt-image/, field: 'input_images', isList: true },
  { names: /kontext/, field: 'input_image' },
  { names: /^minimax\/video/, field: 'first_frame_image' },
];

/** How many pictures a model takes. */
export function maxPictures(model: string): number {
  return fieldOf(model).isList === true ? 4 : 1;
}

/** The path and body of the call that creates a prediction: an official model has a route, any other one a version. */
export function predictionRequest(
  request: GenerationRequest,
  files: readonly InputFile[],
): { readonly path: string; readonly body: object } {
  const input = inputOf(request, files);
  const [, name = '', version = ''] = /^([^:]*?):?([0-9a-f]{32,64})?$/.exec(request.model) ?? [];
  return version === ''
    ? { path: `/models/${name}/predictions`, body: { input } }
    : { path: '/predictions', body: { version, input } };
}

/** Only what was asked for: each model has a schema of its own. */
function inputOf(
  { kind, model, prompt, size, seed, negative }: GenerationRequest,
  files: readonly InputFile[],
): object {
  const words = prompt.toWellFormed();
  const { field, isList } = fieldOf(model);
  const [first] = files;
  return {
    ...(kind === 'speech' ? { text: words } : { prompt: words }),
    ...(size === undefined ? {} : { aspect_ratio: nearestRatio(size, ratios) }),
    ...(seed === undefined ? {} : { seed }),
    ...(negative === undefined ? {} : { negative_prompt: negative.toWellFormed() }),
    ...(first === undefined ? {} : { [field]: isList === true ? files.map(dataUri) : dataUri(first) }),
  };
}

function fieldOf(model: string): { readonly field: string; readonly isList?: true } {
  return pictureFields.find(({ names }) => names.test(model)) ?? { field: 'image' };
}
