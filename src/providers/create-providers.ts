import type { Provider } from '../domain/provider.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import { createBytezProvider } from './bytez/bytez-provider.ts';
import type { HttpClient } from './http-client.ts';

export type ProviderAddresses = Readonly<Record<ProviderName, { readonly baseUrl: string }>>;

/** Every provider that this version can ask, over one client. */
export function createProviders(addresses: ProviderAddresses, http: HttpClient): ReadonlyMap<ProviderName, Provider> {
  return new Map<ProviderName, Provider>([['bytez', createBytezProvider({ baseUrl: addresses.bytez.baseUrl, http })]]);
}
