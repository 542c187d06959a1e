import { textOnly } from '../domain/provider.ts';
import type { ProviderDefinition } from './provider-definition.ts';

const keysOnly = { seatsPerKey: 4, models: [], otherModels: textOnly, chains: {} } as const;

/** Providers without an adapter in this version; their keys and settings are read and kept. */
export const keyOnlyDefinitions: readonly ProviderDefinition[] = [
  { name: 'kling', prefixes: ['KLING'], baseUrl: 'https://api-singapore.klingai.com', ...keysOnly },
];
