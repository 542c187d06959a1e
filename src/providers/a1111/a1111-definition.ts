import type { ModelTraits } from '../../domain/provider.ts';
import type { ProviderDefinition } from '../provider-definition.ts';
import { a1111Failures } from './failure-table.ts';

const traits: ModelTraits = { size: { width: 1_024, height: 1_024, step: 8 }, seed: true, negative: true };

/** The checkpoint that the server has loaded, whichever it is: `run-body.ts` names none then. */
const loadedModel = 'loaded-model';

/** A server of one's own with the routes of AUTOMATIC1111: that one, Forge, SD.Next, or stable-diffusion.cpp. */
export const a1111Definition: ProviderDefinition = {
  name: 'a1111',
  prefixes: ['A1111'],
  baseUrl: '',
  exampleUrl: 'http://127.0.0.1:7860',
  keyless: 'with-base-url',
  seatsPerKey: 1,
  models: [{ model: loadedModel, kind: 'image', edits: true, traits }],
  /** Checkpoints are named after their files, with the beginning of a hash or without: `sd_xl_base_1.0 [31e35c80fc]`. */
  modelNames: /^[A-Za-z0-9][\w.+()[\] /-]{0,150}$/,
  otherModels: traits,
  chains: { image: [loadedModel], edit: [loadedModel] },
  adapter: {
    failures: a1111Failures,
    load: async () => {
      const { createA1111Provider } = await import('./a1111-provider.ts');
      return ({ baseUrl, http, clock }) => createA1111Provider({ baseUrl, http, now: () => clock.now() });
    },
  },
};
