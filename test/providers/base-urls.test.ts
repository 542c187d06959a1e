import { expect, test } from 'vitest';
import { jobKinds } from '../../src/domain/kinds.ts';
import type { GenerationRequest } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import type { HttpClient } from '../../src/providers/http/http-exchange.ts';
import { makes, type ProviderDefinition } from '../../src/providers/provider-definition.ts';
import { providerDefinitions } from '../../src/providers/registry.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { requiredExamples } from './provider-endings.ts';

const key = new Secret('canary-key-of-the-addresses-01');
const forever = new AbortController().signal;

/** Where the provider is asked, for each kind and by its free probe, when its base URL is this one. */
async function asked(definition: ProviderDefinition, baseUrl: string): Promise<readonly string[]> {
  const urls: string[] = [];
  const http: HttpClient = {
    call: async ({ url }) => {
      urls.push(url);
      return { kind: 'answer', status: 500, headers: {}, body: Buffer.from('{}') };
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const create = await definition.adapter?.load();
  const provider = create?.({ baseUrl, required: requiredExamples(definition), http, clock: fakeClock() });
  for (const kind of jobKinds) {
    const model = definition.models.find((row) => makes(row, kind))?.model;
    if (provider === undefined || model === undefined) continue;
    const request: GenerationRequest = { kind, model, prompt: 'a fox', inputs: [] };
    await ('generate' in provider ? provider.generate(request, key, forever) : provider.start(request, key, forever));
  }
  await provider?.probe(key, forever);
  return urls;
}

const hosted = providerDefinitions.filter(({ adapter, baseUrl }) => adapter !== undefined && baseUrl !== '');

test.each(hosted)('$name is asked at the same addresses with and without the version path', async (definition) => {
  const { origin, pathname } = new URL(definition.baseUrl);
  const usual = await asked(definition, definition.baseUrl);
  expect(usual.length).toBeGreaterThan(1);
  const withoutVersion = pathname.replace(/\/v\d\w*$/, '').replace(/\/$/, '');
  for (const path of new Set([`${pathname}/`, withoutVersion, '', '/'])) {
    expect([path, await asked(definition, `${origin}${path}`)]).toEqual([path, usual]);
  }
});
