import type { ModelTraits } from '../../domain/provider.ts';
import type { ProviderDefinition } from '../provider-definition.ts';
import { hordeFailures } from './failure-table.ts';

/** Larger pictures need kudos in advance while the queue is long, which the anonymous key never has. */
const traits: ModelTraits = { size: { width: 512, height: 512, step: 64 }, seed: true, negative: true };

/**
 * The AI Horde: graphics cards of volunteers behind one queue. Free; `0000000000` is the anonymous key. What people send goes
 * to the machines of strangers, so that it changes their pictures only where `EDIT_CHAIN` names it.
 */
export const hordeDefinition: ProviderDefinition = {
  name: 'horde',
  prefixes: ['AI_HORDE', 'HORDE'],
  anonymousKey: '0000000000',
  baseUrl: 'https://stablehorde.net/api/v2',
  seatsPerKey: 4,
  models: [{ model: 'stable_diffusion', kind: 'image', edits: true, traits, usualMs: 120_000 }],
  /** `AlbedoBase XL (SDXL)`, `ICBINP - I Can't Believe It's Not Photography` */
  modelNames: /^[A-Za-z0-9][\w.+()!&:' -]{0,98}[\w)!]$/,
  otherModels: traits,
  chains: { image: ['stable_diffusion'] },
  adapter: {
    failures: hordeFailures,
    load: async () => {
      const { createHordeProvider } = await import('./horde-provider.ts');
      return ({ baseUrl, http, clock }) => createHordeProvider({ baseUrl, http, now: () => clock.now() });
    },
  },
};
