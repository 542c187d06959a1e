import type { Candidate, Chains } from './domain/candidate.ts';
import { isProviderName, type ProviderName, providerNames } from './domain/provider-name.ts';
import { bad, good, listOf, type Parsed, type Parser } from './config-grammar.ts';

/** What is asked for when the environment names no chain of its own. */
export const builtInChains: Chains = {
  image: [
    { provider: 'bytez', model: 'dreamlike-art/dreamlike-photoreal-2.0' },
    { provider: 'bytez', model: 'stabilityai/stable-diffusion-xl-base-1.0' },
    { provider: 'bytez', model: 'dreamlike-art/dreamlike-anime-1.0' },
  ],
  video: [
    { provider: 'bytez', model: 'ali-vilab/text-to-video-ms-1.7b' },
    { provider: 'bytez', model: 'cerspense/zeroscope_v2_576w' },
  ],
};

const servedProviders: readonly ProviderName[] = ['bytez'];
const example = 'bytez:dreamlike-art/dreamlike-photoreal-2.0';
const modelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}$/;

const candidate: Parser<Candidate> = (text) => {
  const colon = text.indexOf(':');
  const provider = text.slice(0, Math.max(0, colon));
  const model = text.slice(colon + 1);
  if (colon < 1 || !modelName.test(model)) return bad(`must be provider:model, for example ${example}`);
  if (!isProviderName(provider))
    return bad(`must begin with a provider (${providerNames.join(', ')}), for example ${example}`);
  if (!servedProviders.includes(provider)) {
    return bad(`names ${provider}, which cannot make this yet in this version; use ${servedProviders.join(', ')}`);
  }
  return good({ provider, model });
};

/** A chain as written in the environment: at least one candidate, none twice. */
export const chain: Parser<Chains['image']> = (text): Parsed<Chains['image']> => {
  const parsed = listOf(candidate)(text);
  if (!parsed.ok) return parsed;
  const [first, ...others] = parsed.value;
  if (first === undefined) return bad(`must name at least one provider:model, for example ${example}`);
  const names = new Set(parsed.value.map(({ provider, model }) => `${provider}:${model}`));
  if (names.size < parsed.value.length) return bad('names the same provider:model twice; name each once');
  return good([first, ...others]);
};
