import type { Provider } from '../domain/provider.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { Clock } from '../kit/clock.ts';
import type { HttpClient } from './http/http-exchange.ts';
import { definitionOf } from './registry.ts';

export type ProvidersOptions = {
  /** What is configured of a provider; the built-in address holds where nothing is. */
  readonly settings: Readonly<Record<ProviderName, { readonly baseUrl: string }>>;
  readonly http: HttpClient;
  readonly clock: Clock;
};

/** The adapters that are loaded, by name. One without keys is not even imported. */
export type Providers = ReadonlyMap<ProviderName, Provider> & {
  /** Loads what is missing of these; a name without an adapter in this version is passed over. */
  load(names: Iterable<ProviderName>): Promise<void>;
};

/** Adapters over one client, loaded for the providers named. */
export async function createProviders(
  names: Iterable<ProviderName>,
  { settings, http, clock }: ProvidersOptions,
): Promise<Providers> {
  const loaded = new Map<ProviderName, Provider>();
  const load = async (wanted: Iterable<ProviderName>): Promise<void> => {
    for (const name of new Set(wanted)) {
      const definition = definitionOf(name);
      if (definition?.adapter === undefined || loaded.has(name)) continue;
      const create = await definition.adapter.load();
      loaded.set(name, create({ baseUrl: settings[name]?.baseUrl ?? definition.baseUrl, http, clock }));
    }
  };
  await load(names);
  return Object.assign(loaded, { load });
}
