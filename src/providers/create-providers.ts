import type { Provider } from '../domain/provider.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { Clock } from '../kit/clock.ts';
import type { OwnRule } from '../domain/failure.ts';
import type { HttpClient } from './http/http-exchange.ts';
import type { AdapterOptions, ProviderDefinition } from './provider-definition.ts';
import { providerDefinitions } from './registry.ts';

export type ProvidersOptions = {
  /** The configured settings of each provider; an absent one uses its built-in URL. */
  readonly settings: Readonly<Record<ProviderName, Pick<AdapterOptions, 'baseUrl' | 'furtherUrls' | 'required'>>>;
  readonly http: HttpClient;
  /** Those of this version, unless given. */
  readonly definitions?: readonly ProviderDefinition[];
  readonly clock: Clock;
  /** The operator's own failure rules, of all providers, as they are at the moment. */
  readonly rules?: (() => readonly OwnRule[]) | undefined;
};

/** The loaded adapters, by name. The code of a provider without keys is not imported. */
export type Providers = ReadonlyMap<ProviderName, Provider> & {
  /** Loads the missing adapters of these providers; skips names without an adapter in this version. */
  load(names: Iterable<ProviderName>): Promise<void>;
};

/** Creates the adapters of the named providers over one HTTP client. */
export async function createProviders(
  names: Iterable<ProviderName>,
  { settings, http, clock, rules, definitions = providerDefinitions }: ProvidersOptions,
): Promise<Providers> {
  const loaded = new Map<ProviderName, Provider>();
  const load = async (wanted: Iterable<ProviderName>): Promise<void> => {
    for (const name of new Set(wanted)) {
      const definition = definitions.find((known) => known.name === name);
      if (definition?.adapter === undefined || loaded.has(name)) continue;
      const create = await definition.adapter.load();
      const own = rules && (() => rules().filter(({ provider }) => provider === name));
      const client = own === undefined ? http : { ...http, rules: own };
      loaded.set(name, create({ baseUrl: definition.baseUrl, ...settings[name], http: client, clock }));
    }
  };
  await load(names);
  return Object.assign(loaded, { load });
}
