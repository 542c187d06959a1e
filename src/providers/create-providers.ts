import type { Provider } from '../domain/provider.ts';
import { type ProviderName, providerNames } from '../domain/provider-name.ts';
import { createBytezProvider } from './bytez/bytez-provider.ts';
import type { HttpClient } from './http-client.ts';

export type ProviderAddresses = Readonly<Record<ProviderName, { readonly baseUrl: string }>>;
type Maker = (options: { readonly baseUrl: string; readonly http: HttpClient }) => Provider;

const makers: Readonly<Partial<Record<ProviderName, Maker>>> = { bytez: createBytezProvider };

/** Providers that this version can ask; keys of the others are read, and wait for a later version. */
export function isServed(provider: ProviderName): boolean {
  return makers[provider] !== undefined;
}

/** Every provider that this version can ask, over one client. */
export function createProviders(addresses: ProviderAddresses, http: HttpClient): ReadonlyMap<ProviderName, Provider> {
  return new Map(
    providerNames.flatMap((provider) => {
      const make = makers[provider];
      return make === undefined ? [] : [[provider, make({ baseUrl: addresses[provider].baseUrl, http })] as const];
    }),
  );
}
