import type { GenerationRequest, ImageSize } from '../../domain/provider.ts';

type SizeRule =
  /** Any size in steps, up to these many pixels and this much longer than wide. */
  | { readonly kind: 'free'; readonly step: number; readonly maxPixels: number; readonly maxRatio: number }
  | { readonly kind: 'one-of'; readonly sizes: readonly ImageSize[] };

type Family = {
  readonly names: RegExp;
  readonly sizes: SizeRule;
  /** GPT image models answer base64 and refuse the field. */
  readonly responseFormat?: 'b64_json';
};

const square: ImageSize = { width: 1_024, height: 1_024 };
const anySize: SizeRule = { kind: 'free', step: 16, maxPixels: 3_840 * 2_160, maxRatio: 3 };

/** What each family of models takes; the first that the name fits counts. */
const families: readonly Family[] = [
  { names: /^dall-e-2/, sizes: { kind: 'one-of', sizes: [square] }, responseFormat: 'b64_json' },
  {
    names: /^dall-e-3/,
    sizes: { kind: 'one-of', sizes: [square, { width: 1_792, height: 1_024 }, { width: 1_024, height: 1_792 }] },
    responseFormat: 'b64_json',
  },
  {
    names: /^(?:gpt-image-1|chatgpt-image)/,
    sizes: { kind: 'one-of', sizes: [square, { width: 1_536, height: 1_024 }, { width: 1_024, height: 1_536 }] },
  },
];

/** The body of `POST /images/generations`: the size only when one was asked for, and no field that the model refuses. */
export function imageBody({ model, prompt, size }: GenerationRequest): object {
  const { sizes, responseFormat } = families.find(({ names }) => names.test(model)) ?? { sizes: anySize };
  const fitted = size === undefined ? undefined : fittedSize(size, sizes);
  return {
    model,
    prompt: prompt.toWellFormed(),
    n: 1,
    ...(fitted === undefined ? {} : { size: `${fitted.width}x${fitted.height}` }),
    ...(responseFormat === undefined ? {} : { response_format: responseFormat }),
  };
}

function fittedSize(size: ImageSize, rule: SizeRule): ImageSize {
  const wanted = size.width / size.height;
  if (rule.kind === 'one-of') {
    const distance = ({ width, height }: ImageSize) => Math.abs(Math.log(width / height / wanted));
    return rule.sizes.reduce((best, other) => (distance(other) < distance(best) ? other : best), square);
  }
  const { step, maxPixels, maxRatio } = rule;
  const ratio = Math.min(maxRatio, Math.max(1 / maxRatio, wanted));
  const pixels = Math.min(maxPixels, size.width * size.height);
  const side = (length: number) => Math.max(step, Math.floor(length / step) * step);
  const [width, height] = [side(Math.sqrt(pixels * ratio)), side(Math.sqrt(pixels / ratio))];
  // Rounding down the shorter side may exceed the ratio by a little.
  return { width: Math.min(width, maxRatio * height), height: Math.min(height, maxRatio * width) };
}
