import type { Candidate } from '../domain/candidate.ts';
import type { Aspect, GenerationOptions, OptionMistake, OptionName } from '../domain/generation-options.ts';
import type { ImageSize } from '../domain/provider.ts';

/** What one model takes beside the words; a parameter that it does not know makes its run fail. */
type ModelRow = {
  /** Its own size in pixels, and the multiple that its sides have to be of; absent where it has only one shape. */
  readonly size?: ImageSize & { readonly step: number };
  readonly seed: boolean;
  readonly negative: boolean;
};

const diffusion = (width: number, height: number, step = 8): ModelRow => ({
  size: { width, height, step },
  seed: true,
  negative: true,
});
const wordsOnly: ModelRow = { seed: false, negative: false };

const rows: ReadonlyMap<string, ModelRow> = new Map([
  ['dreamlike-art/dreamlike-photoreal-2.0', diffusion(768, 768)],
  ['dreamlike-art/dreamlike-anime-1.0', diffusion(768, 768)],
  ['dreamlike-art/dreamlike-diffusion-1.0', diffusion(640, 640)],
  ['stabilityai/stable-diffusion-xl-base-1.0', diffusion(1_024, 1_024)],
  ['Linaqruf/animagine-xl-3.0', diffusion(1_024, 1_024)],
  ['runwayml/stable-diffusion-v1-5', diffusion(512, 512)],
  // Distilled to one step without guidance: what should not be seen has no say.
  ['IDKiro/sdxs-512-0.9', { ...diffusion(512, 512), negative: false }],
  ['black-forest-labs/FLUX.1-schnell', { ...diffusion(1_024, 1_024, 16), negative: false }],
  ['black-forest-labs/FLUX.1-dev', { ...diffusion(1_024, 1_024, 16), negative: false }],
  ['black-forest-labs/FLUX.1-Krea-dev', { ...diffusion(1_024, 1_024, 16), negative: false }],
  ['ali-vilab/text-to-video-ms-1.7b', diffusion(256, 256)],
  ['cerspense/zeroscope_v2_576w', diffusion(576, 320)],
  ['camenduru/potat1', diffusion(1_024, 576)],
  ['Wan-AI/Wan2.1-T2V-1.3B', diffusion(832, 480, 16)],
  ['Lightricks/LTX-Video-0.9.7-dev', diffusion(704, 480, 32)],
]);

export type CheckedOptions =
  | { readonly ok: true; readonly options: GenerationOptions }
  | { readonly ok: false; readonly mistake: OptionMistake };

/** The model's size in another shape: about as many pixels as its own, each side a multiple that it can work with. */
export function sizeFor({ model }: Candidate, aspect: Aspect): ImageSize | undefined {
  const size = rowOf(model).size;
  if (size === undefined) return undefined;
  const [across = 1, down = 1] = aspect.split(':').map(Number);
  const side = (ratio: number) => Math.round(Math.sqrt(size.width * size.height * ratio) / size.step) * size.step;
  return { width: side(across / down), height: side(down / across) };
}

/** The part of the chain that can do what the options ask for; without options the whole of it. */
export function candidatesFor(chain: readonly Candidate[], options?: GenerationOptions): readonly Candidate[] {
  if (options === undefined) return chain;
  return chain.filter(
    (candidate) =>
      (options.model === undefined || options.model === candidate.model) &&
      asked(options).every((option) => taken(candidate).includes(option)),
  );
}

/** Finds the model that was named and whether somebody in the chain can do all that is asked for. */
export function checkOptions(chain: readonly Candidate[], options: GenerationOptions): CheckedOptions {
  const candidate = options.model === undefined ? undefined : named(chain, options.model);
  if (options.model !== undefined && candidate === undefined) {
    const models = [...new Set(chain.map(({ model }) => model))];
    return { ok: false, mistake: { kind: 'unknown-model', written: options.model.trim(), models } };
  }
  const resolved = candidate === undefined ? options : { ...options, model: candidate.model };
  if (candidatesFor(chain, resolved).length > 0) return { ok: true, options: resolved };
  // Nobody takes all of it: judged by the one who takes the most, so that the answer is of use.
  const [best] = candidatesFor(chain, resolved.model === undefined ? {} : { model: resolved.model }).toSorted(
    (a, b) => missing(a, resolved).length - missing(b, resolved).length,
  );
  const takes = best === undefined ? [] : taken(best);
  const [option = 'model'] = best === undefined ? [] : missing(best, resolved);
  return {
    ok: false,
    mistake: { kind: 'not-taken', option, takes, ...(candidate === undefined ? {} : { model: candidate.model }) },
  };
}

/** By the whole name, else by the part behind the slash where only one model has it. */
function named(chain: readonly Candidate[], name: string): Candidate | undefined {
  const exact = name.trim();
  const whole = chain.find(({ provider, model }) => model === exact || `${provider}:${model}` === exact);
  if (whole !== undefined) return whole;
  const short = chain.filter(({ model }) => model.slice(model.lastIndexOf('/') + 1) === exact);
  return new Set(short.map(({ model }) => model)).size === 1 ? short[0] : undefined;
}

function rowOf(model: string): ModelRow {
  return rows.get(model) ?? wordsOnly;
}

function taken({ model }: Candidate): readonly OptionName[] {
  const row = rowOf(model);
  return [
    ...(row.size === undefined ? [] : (['aspect'] as const)),
    ...(row.seed ? (['seed'] as const) : []),
    ...(row.negative ? (['no'] as const) : []),
  ];
}

function asked({ aspect, seed, negative }: GenerationOptions): readonly OptionName[] {
  return [
    ...(aspect === undefined ? [] : (['aspect'] as const)),
    ...(seed === undefined ? [] : (['seed'] as const)),
    ...(negative === undefined ? [] : (['no'] as const)),
  ];
}

function missing(candidate: Candidate, options: GenerationOptions): readonly OptionName[] {
  return asked(options).filter((option) => !taken(candidate).includes(option));
}
