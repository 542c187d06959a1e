import type { ProviderName } from '../domain/ids.ts';
import type { FurtherUrls, ProviderDefinition } from '../providers/provider-definition.ts';
import { builtInChain, definitionsFor, isServed, providerNames } from '../providers/registry.ts';
import { bad, baseUrl, good, type Parser, wholeNumber, dollars, listOf, type Parsed } from './parsers.ts';
import { keylessVariable, keyVariables } from '../keys/sources/key-variables.ts';
import { unquoted } from '../kit/unquoted.ts';
import { type Candidate, candidateName, type Chains } from '../domain/job.ts';
import { perKind } from '../domain/kinds.ts';

export type ProviderConfig = {
  readonly baseUrl: string;
  /** Addresses beside the base URL, by the ending of their variable. */
  readonly furtherUrls?: FurtherUrls;
  /** Concurrent calls of one key. */
  readonly seatsPerKey: number;
  /** The same of a server with an address of its own while it has no key; absent for the provider's own address. */
  readonly seatsWithoutKey?: number;
  /** The most concurrent calls of one account, however many it could take. */
  readonly maxSeats: number | undefined;
  /** What may be spent there in one UTC day, in US dollars; absent is without limit. */
  readonly budgetPerDay?: number | undefined;
  /** Keys of one account, by their places in the order of the keys. */
  readonly keyGroups: readonly (readonly number[])[];
  /** The settings that its definition `requires`, under the ends of their names. */
  readonly required?: Readonly<Record<string, string>>;
};

export type ProvidersConfig = Readonly<Record<ProviderName, ProviderConfig>>;

/** Of a server without an address of its own. */
const exampleAddress = 'http://127.0.0.1:8080/v1';

function addressOf({ baseUrl: address, exampleUrl }: ProviderDefinition): Parser<string> {
  return exampleUrl === undefined ? baseUrl(address === '' ? exampleAddress : address) : baseUrl(exampleUrl, true);
}

const mostKeys = 100_000;

/** `1,2;3,4,5`: commas between the keys of one account, semicolons between accounts. */
const keyGroups: Parser<ProviderConfig['keyGroups']> = (text) => {
  const number = wholeNumber(1, mostKeys, 1);
  const seen = new Set<number>();
  const mistakes: string[] = [];
  const groups = text.split(';').map((group, groupIndex) =>
    group.split(',').flatMap((entry, index) => {
      if (entry.trim() === '') return [];
      const where = `group ${groupIndex + 1} position ${index + 1}`;
      const parsed = number(entry.trim());
      if (!parsed.ok) {
        mistakes.push(`${where} must be the number of a key, for example 1,2;3,4,5`);
        return [];
      }
      if (seen.has(parsed.value))
        mistakes.push(`${where} is a key that was named before; a key belongs to one account`);
      seen.add(parsed.value);
      return [parsed.value];
    }),
  );
  return mistakes.length > 0 ? bad(...mistakes) : good(groups.filter((group) => group.length > 0));
};

/** Reads the variables of every provider; mistakes carry their variable's name. */
export function readProviders(env: Readonly<Record<string, string | undefined>>): {
  readonly providers: ProvidersConfig;
  readonly mistakes: readonly string[];
} {
  const mistakes: string[] = [];
  const read = <Value>(
    { prefixes }: ProviderDefinition,
    ending: string,
    parse: Parser<Value>,
    otherwise: Value,
  ): Value => {
    const names = prefixes.map((prefix) => `${prefix}_${ending}`);
    const set = names.filter((name) => (env[name] ?? '') !== '');
    const [name] = set;
    if (name === undefined) return otherwise;
    if (set.length > 1) mistakes.push(`${set.join(' and ')} mean the same; set only one of them`);
    const parsed = parse(unquoted(env[name] ?? ''));
    if (parsed.ok) return parsed.value;
    mistakes.push(...parsed.mistakes.map((mistake) => `${name} ${mistake}`));
    return otherwise;
  };
  const hasKeys = (provider: ProviderDefinition) =>
    keyVariables(provider, Object.keys(env)).some(({ name }) => (env[name] ?? '').trim() !== '');
  const readRequired = (provider: ProviderDefinition, settings: NonNullable<ProviderDefinition['requires']>) => {
    const found = Object.entries(settings).map(([ending, { fits, is }]) => {
      const value = read(provider, ending, (text) => (fits.test(text) ? good(text) : bad(`must be ${is}`)), '');
      const variable = `${provider.prefixes.at(-1)}_${ending}`;
      const isKeyless = keylessVariable(provider, env) !== undefined;
      if ((env[variable] ?? '') === '' && value === '' && (isKeyless || hasKeys(provider))) {
        const what = isKeyless ? provider.name : `the keys of ${provider.name}`;
        mistakes.push(`${variable} is missing: without it ${what} cannot be used; it is ${is}`);
      }
      return [ending, value] as const;
    });
    return Object.fromEntries(found.filter(([, value]) => value !== ''));
  };
  const readFurther = (urls: FurtherUrls, provider: ProviderDefinition): FurtherUrls =>
    Object.fromEntries(Object.entries(urls).map(([end, url]) => [end, read(provider, end, baseUrl(url), url)]));
  const entries = definitionsFor(env).map((provider) => {
    const { seatsPerKey: seats, baseUrl: address } = provider;
    const ownSeats = read<number | undefined>(provider, 'SEATS_PER_KEY', wholeNumber(1, 1000, seats), undefined);
    const config: ProviderConfig = {
      baseUrl: read(provider, 'BASE_URL', addressOf(provider), address),
      ...(provider.furtherUrls === undefined ? {} : { furtherUrls: readFurther(provider.furtherUrls, provider) }),
      seatsPerKey: ownSeats ?? seats,
      ...(keylessVariable(provider, env) === undefined ? {} : { seatsWithoutKey: ownSeats ?? 1 }),
      maxSeats: read<number | undefined>(provider, 'SEATS_MAX', wholeNumber(1, 1000, seats), undefined),
      budgetPerDay: read<number | undefined>(provider, 'BUDGET_PER_DAY', dollars, undefined),
      keyGroups: read(provider, 'KEY_GROUPS', keyGroups, []),
      ...(provider.requires === undefined ? {} : { required: readRequired(provider, provider.requires) }),
    };
    if (config.maxSeats !== undefined && config.maxSeats < config.seatsPerKey) {
      const prefix = provider.prefixes.at(-1);
      mistakes.push(
        `${prefix}_SEATS_MAX must not be below ${prefix}_SEATS_PER_KEY (${seats} unless set); raise it or lower the other`,
      );
    }
    const [prefix] = provider.prefixes;
    if (provider.exampleUrl !== undefined && (env[`${prefix}_BASE_URL`] ?? '') === '' && hasKeys(provider)) {
      mistakes.push(
        `${prefix}_BASE_URL must be the address of the server that the keys of ${provider.name} are for, for example ${provider.exampleUrl}`,
      );
    }
    if (!providerNames.includes(provider.name) && (env[`${prefix}_BASE_URL`] ?? '') === '') {
      mistakes.push(
        `${prefix}_BASE_URL must be the address of "${provider.name}", which EXTRA_PROVIDERS names, for example ${exampleAddress}`,
      );
    }
    return [provider.name, config] as const;
  });
  return { providers: Object.fromEntries(entries), mistakes };
}

/** The names that `readProviders` reads for these providers. */
export function providerVariables(definitions: readonly ProviderDefinition[]): readonly string[] {
  return definitions.flatMap(({ prefixes, requires = {}, furtherUrls = {} }) => {
    const own = [...Object.keys(furtherUrls), ...Object.keys(requires)];
    const ends = ['BASE_URL', 'SEATS_PER_KEY', 'SEATS_MAX', 'KEY_GROUPS', 'BUDGET_PER_DAY', ...own];
    return prefixes.flatMap((prefix) => ends.map((end) => `${prefix}_${end}`));
  });
}

/** The provider whose models form the built-in chain of a kind when no provider with keys has a model for it. */
const firstProvider: ReadonlySet<ProviderName> = new Set(providerNames.slice(0, 1));

/** The chains where the environment sets none, before it is known which providers have keys; some are empty. */
export const builtInChains: Chains = perKind((kind) => builtInChain(kind, firstProvider));

/**
 * The chains with every built-in one made of the providers that have keys. A chain that the environment sets is another
 * value than the built-in one and stays, also when it names the same models.
 */
export function chainsFor(
  configured: Chains,
  withKeys: Iterable<ProviderName>,
  definitions?: readonly ProviderDefinition[],
): Chains {
  const providers = new Set(withKeys);
  return perKind((kind) => {
    const builtIn = builtInChain(kind, providers, definitions);
    return configured[kind] === builtInChains[kind] && builtIn.length > 0 ? builtIn : configured[kind];
  });
}

const example = builtInChains.image.map(candidateName)[0] ?? 'provider:model';
const modelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}$/;

/** Reads `provider:model`; the provider must be one of these, and one that this version can call. */
export function candidateOf(definitions: readonly ProviderDefinition[]): Parser<Candidate> {
  const names = definitions.map(({ name }) => name);
  return (text) => {
    const colon = text.indexOf(':');
    const provider = text.slice(0, Math.max(0, colon));
    const model = text.slice(colon + 1);
    const { modelNames = modelName } = definitions.find(({ name }) => name === provider) ?? {};
    if (colon < 1 || !modelNames.test(model)) return bad(`must be provider:model, for example ${example}`);
    if (!names.includes(provider)) {
      return bad(`must begin with a provider (${names.join(', ')}), for example ${example}`);
    }
    if (!isServed(provider)) {
      const served = names.filter(isServed).join(', ');
      return bad(`names ${provider}, which cannot make this yet in this version; use ${served}`);
    }
    return good({ provider, model });
  };
}

/** A chain as written in the environment: at least one candidate of these providers, none twice. */
export function chain(definitions: readonly ProviderDefinition[]): Parser<readonly Candidate[]> {
  const candidates = listOf(candidateOf(definitions));
  return (text): Parsed<readonly Candidate[]> => {
    const parsed = candidates(text);
    if (!parsed.ok) return parsed;
    if (parsed.value.length === 0) return bad(`must name at least one provider:model, for example ${example}`);
    const names = new Set(parsed.value.map(({ provider, model }) => `${provider}:${model}`));
    if (names.size < parsed.value.length) return bad('names the same provider:model twice; name each once');
    return parsed;
  };
}
