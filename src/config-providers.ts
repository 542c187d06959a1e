import { type ProviderName, providerNames } from './domain/provider-name.ts';
import { variablePrefixes } from './keys/key-variables.ts';
import { baseUrl, type Parser, wholeNumber } from './config-grammar.ts';

export type ProviderConfig = {
  readonly baseUrl: string;
  /** Concurrent calls that one key may carry. */
  readonly seatsPerKey: number;
};

export type ProvidersConfig = Readonly<Record<ProviderName, ProviderConfig>>;

/** The public addresses and what one key carries there. */
export const providerDefaults: ProvidersConfig = {
  bytez: { baseUrl: 'https://api.bytez.com/models/v2', seatsPerKey: 1 },
  openai: { baseUrl: 'https://api.openai.com/v1', seatsPerKey: 4 },
  stability: { baseUrl: 'https://api.stability.ai', seatsPerKey: 4 },
  suno: { baseUrl: 'https://api.sunoapi.org', seatsPerKey: 4 },
  anthropic: { baseUrl: 'https://api.anthropic.com', seatsPerKey: 4 },
  deepseek: { baseUrl: 'https://api.deepseek.com', seatsPerKey: 4 },
  mistral: { baseUrl: 'https://api.mistral.ai', seatsPerKey: 4 },
  gemini: { baseUrl: 'https://generativelanguage.googleapis.com', seatsPerKey: 4 },
  cohere: { baseUrl: 'https://api.cohere.com', seatsPerKey: 4 },
};

/** Reads `<PROVIDER>_BASE_URL` and `<PROVIDER>_SEATS_PER_KEY` of every provider; mistakes carry their variable's name. */
export function readProviders(env: Readonly<Record<string, string | undefined>>): {
  readonly providers: ProvidersConfig;
  readonly mistakes: readonly string[];
} {
  const mistakes: string[] = [];
  const read = <Value>(provider: ProviderName, ending: string, parse: Parser<Value>, otherwise: Value): Value => {
    const names = variablePrefixes[provider].map((prefix) => `${prefix}_${ending}`);
    const set = names.filter((name) => (env[name] ?? '') !== '');
    const [name] = set;
    if (name === undefined) return otherwise;
    if (set.length > 1) mistakes.push(`${set.join(' and ')} mean the same; set only one of them`);
    const parsed = parse(env[name] ?? '');
    if (parsed.ok) return parsed.value;
    mistakes.push(...parsed.mistakes.map((mistake) => `${name} ${mistake}`));
    return otherwise;
  };
  const entries = providerNames.map((provider) => {
    const defaults = providerDefaults[provider];
    const config: ProviderConfig = {
      baseUrl: read(provider, 'BASE_URL', baseUrl(defaults.baseUrl), defaults.baseUrl),
      seatsPerKey: read(provider, 'SEATS_PER_KEY', wholeNumber(1, 1000, defaults.seatsPerKey), defaults.seatsPerKey),
    };
    return [provider, config] as const;
  });
  return { providers: Object.fromEntries(entries) as ProvidersConfig, mistakes };
}

/** The names that `readProviders` reads. */
export const providerVariables: readonly string[] = Object.values(variablePrefixes)
  .flat()
  .flatMap((prefix) => [`${prefix}_BASE_URL`, `${prefix}_SEATS_PER_KEY`]);
