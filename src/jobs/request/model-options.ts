import type { Candidate, Aspect, GenerationOptions, Job, OptionMistake, OptionName } from '../../domain/job.ts';
import type { GenerationRequest, ModelLookup, ImageSize } from '../../domain/provider.ts';

export type CheckedOptions =
  | { readonly ok: true; readonly options: GenerationOptions }
  | { readonly ok: false; readonly mistake: OptionMistake };

/** The model's size in another shape: about as many pixels as its own, each side a multiple that it can work with. */
export function sizeFor(candidate: Candidate, aspect: Aspect, models: ModelLookup): ImageSize | undefined {
  const { size } = models(candidate);
  if (size === undefined) return undefined;
  const [across = 1, down = 1] = aspect.split(':').map(Number);
  const side = (ratio: number) => Math.round(Math.sqrt(size.width * size.height * ratio) / size.step) * size.step;
  return { width: side(across / down), height: side(down / across) };
}

/** The part of the chain that can do what the options ask for; without options the whole of it. */
export function candidatesFor(
  chain: readonly Candidate[],
  options: GenerationOptions | undefined,
  models: ModelLookup,
): readonly Candidate[] {
  if (options === undefined) return chain;
  return chain.filter(
    (candidate) =>
      (options.model === undefined || options.model === candidate.model) &&
      asked(options).every((option) => taken(candidate, models).includes(option)),
  );
}

/** Finds the model that was named and whether somebody in the chain can do all that is asked for. */
export function checkOptions(
  chain: readonly Candidate[],
  options: GenerationOptions,
  models: ModelLookup,
): CheckedOptions {
  const candidate = options.model === undefined ? undefined : named(chain, options.model);
  if (options.model !== undefined && candidate === undefined) {
    const models = [...new Set(chain.map(({ model }) => model))];
    return { ok: false, mistake: { kind: 'unknown-model', written: options.model.trim(), models } };
  }
  const resolved = candidate === undefined ? options : { ...options, model: candidate.model };
  if (candidatesFor(chain, resolved, models).length > 0) return { ok: true, options: resolved };
  // Nobody takes all of it: judged by the one who takes the most, so that the answer is of use.
  const [best] = candidatesFor(chain, resolved.model === undefined ? {} : { model: resolved.model }, models).toSorted(
    (a, b) => missing(a, resolved, models).length - missing(b, resolved, models).length,
  );
  const takes = best === undefined ? [] : taken(best, models);
  const [option = 'model'] = best === undefined ? [] : missing(best, resolved, models);
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

function taken(candidate: Candidate, models: ModelLookup): readonly OptionName[] {
  const row = models(candidate);
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

function missing(candidate: Candidate, options: GenerationOptions, models: ModelLookup): readonly OptionName[] {
  return asked(options).filter((option) => !taken(candidate, models).includes(option));
}

/** The job as a request to the candidate's model, with the options that it follows. */
export function generationRequest(
  { kind, prompt, options }: Job,
  candidate: Candidate,
  models: ModelLookup,
): GenerationRequest {
  if (options === undefined) return { kind, model: candidate.model, prompt, inputs: [] };
  const { aspect, seed, negative } = options;
  const size = aspect === undefined ? undefined : sizeFor(candidate, aspect, models);
  return {
    kind,
    model: candidate.model,
    prompt,
    inputs: [],
    ...(size === undefined ? {} : { size }),
    ...(seed === undefined ? {} : { seed }),
    ...(negative === undefined ? {} : { negative }),
  };
}
