import { type Candidate, candidateName, type Chains } from './domain/candidate.ts';
import { perKind } from './domain/kind-traits.ts';
import { builtInChain, isServed, providerNames } from './providers/registry.ts';
import { bad, good, listOf, type Parsed, type Parser } from './config-grammar.ts';

/** What is asked for when the environment names no chain of its own. */
export const builtInChains: Chains = perKind((kind) => {
  const [first, ...others] = builtInChain(kind);
  if (first === undefined)
    throw new Error(`Cannot make the built-in chain for "${kind}": no provider has a model for it`);
  return [first, ...others];
});

const example = candidateName(builtInChains.image[0]);
const modelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}$/;

const candidate: Parser<Candidate> = (text) => {
  const colon = text.indexOf(':');
  const provider = text.slice(0, Math.max(0, colon));
  const model = text.slice(colon + 1);
  if (colon < 1 || !modelName.test(model)) return bad(`must be provider:model, for example ${example}`);
  if (!providerNames.includes(provider))
    return bad(`must begin with a provider (${providerNames.join(', ')}), for example ${example}`);
  if (!isServed(provider)) {
    return bad(
      `names ${provider}, which cannot make this yet in this version; use ${providerNames.filter(isServed).join(', ')}`,
    );
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
