import type { ModelTraits } from '../../domain/provider.ts';
import type { ProviderDefinition } from '../provider-definition.ts';
import { elevenlabsFailures } from './failure-table.ts';

const speech: ModelTraits = { seed: false, negative: false };
const music: ModelTraits = { seed: false, negative: false, song: ['title', 'instrumental'] };

/**
 * ElevenLabs: speech and songs, one synchronous call each. A speech model may name a voice after a slash:
 * `eleven_v3/JBFqnCBsd6RMkjVDRZzb`.
 */
export const elevenlabsDefinition: ProviderDefinition = {
  name: 'elevenlabs',
  prefixes: ['ELEVENLABS'],
  baseUrl: 'https://api.elevenlabs.io',
  /** What the free plan carries; its answers tell what a plan really carries. */
  seatsPerKey: 2,
  models: [
    { model: 'eleven_flash_v2_5', kind: 'speech', traits: speech },
    { model: 'eleven_v3', kind: 'speech', traits: speech },
    { model: 'music_v2_5', kind: 'music', traits: music },
  ],
  modelNames: /^[A-Za-z][\w.-]{0,63}(?:\/[A-Za-z0-9]{8,40})?$/,
  speaksIn: 'mp3',
  otherModels: speech,
  chains: { speech: ['eleven_flash_v2_5', 'eleven_v3'], music: ['music_v2_5'] },
  adapter: {
    failures: elevenlabsFailures,
    load: async () => {
      const { createElevenlabsProvider } = await import('./elevenlabs-provider.ts');
      return ({ baseUrl, http, clock }) => createElevenlabsProvider({ baseUrl, http, now: () => clock.now() });
    },
  },
};
