import type { ModelTraits } from '../../domain/provider.ts';
import type { FailureTable } from '../classification/classify.ts';
import type { ModelDefinition, ProviderDefinition } from '../provider-definition.ts';
import { kieFailures, sunoFailures } from './failure-tables.ts';

const traits: ModelTraits = { seed: false, negative: true, song: ['title', 'style', 'instrumental'] };

/** A download is there two to three minutes after the submission. */
const usualMs = 150_000;

const models: readonly ModelDefinition[] = ['V5', 'V5_5', 'V4_5', 'V4_5PLUS', 'V4_5ALL'].map((model) => ({
  model,
  label: `Suno ${model.replace('_', '.')}`,
  kind: 'music',
  traits,
  usualMs,
}));

/** Suno itself has no public API; these two services resell it with the same paths and bodies. */
function resellerOf(
  facts: Pick<ProviderDefinition, 'name' | 'prefixes' | 'baseUrl'>,
  creditPath: string,
  failures: FailureTable,
): ProviderDefinition {
  return {
    ...facts,
    seatsPerKey: 4,
    models,
    /** New models appear under names like these: `V6`. */
    modelNames: /^[A-Za-z][\w.-]{0,63}$/,
    otherModels: traits,
    chains: { music: ['V5', 'V4_5'] },
    adapter: {
      failures,
      load: async () => {
        const { createSunoProvider } = await import('./suno-provider.ts');
        return ({ baseUrl, http, clock }) =>
          createSunoProvider({ name: facts.name, creditPath, failures, baseUrl, http, now: () => clock.now() });
      },
    },
  };
}

/** Songs of Suno through sunoapi.org. */
export const sunoDefinition = resellerOf(
  { name: 'suno', prefixes: ['SUNO'], baseUrl: 'https://api.sunoapi.org' },
  '/generate/credit',
  sunoFailures,
);

/** Songs of Suno through kie.ai. */
export const kieDefinition = resellerOf(
  { name: 'kie', prefixes: ['KIE'], baseUrl: 'https://api.kie.ai' },
  '/chat/credit',
  kieFailures,
);
