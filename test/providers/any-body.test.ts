import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { GenerationRequest, Provider } from '../../src/domain/provider.ts';
import { Secret } from '../../src/kit/secret.ts';
import type { HttpClient } from '../../src/providers/http/http-exchange.ts';
import { definitionOf, providerDefinitions } from '../../src/providers/registry.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { runs } from '../support/property-runs.ts';
import { addressOf, requiredExamples } from './provider-endings.ts';
import type { ProviderEndings } from './provider-endings.ts';

const key = 'sk-0123456789abcdefFEDCBA9876543210';
const prompt = 'a red fox that holds a sign saying "credits, quota, unauthorized" in the snow';
const secret = new Secret(key);
const forever = new AbortController().signal;
const served = providerDefinitions.filter(({ adapter }) => adapter !== undefined).map(({ name }) => name);

/** What an adapter may look at, each with a value of any kind. */
const fields = [
  'error',
  'message',
  'rc',
  'id',
  'done',
  'faulted',
  'is_possible',
  'processing',
  'queue_position',
  'wait_time',
  'generations',
  'data',
  'usage',
  'kudos',
  'username',
  'status',
  'request_id',
  'status_url',
  'images',
  'output',
  'urls',
  'result',
  'polling_url',
  'credits',
  'detail',
] as const;
const inner = fc.oneof(
  fc.jsonValue(),
  fc.boolean(),
  fc.constantFrom(key, prompt, `https://files.example/${key}.png`, 'KudosUpfront', 'insufficient_quota'),
  fc.constantFrom('COMPLETED', 'IN_QUEUE', 'succeeded', 'failed', 'processing', 'Ready', 'Pending'),
  fc.array(
    fc.record(
      { img: fc.oneof(fc.webUrl(), fc.jsonValue()), b64_json: fc.jsonValue(), url: fc.jsonValue() },
      { requiredKeys: [] },
    ),
  ),
  fc.record({ message: fc.constantFrom(key, prompt), code: fc.string(), param: fc.jsonValue() }, { requiredKeys: [] }),
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  fc.dictionary(fc.constantFrom(...fields), inner).map((value) => Buffer.from(JSON.stringify(value))),
);
const answers = fc.record({
  status: fc.oneof(fc.constantFrom(200, 202, 400, 401, 403, 404, 429, 500, 503), fc.integer({ min: 200, max: 599 })),
  body,
});

async function adapterOf(name: string, http: HttpClient): Promise<Provider> {
  const definition = definitionOf(name);
  const create = await definition?.adapter?.load();
  if (definition === undefined || create === undefined) throw new Error(`Cannot ask ${name}: it has no adapter`);
  const required = requiredExamples(definition);
  return create({ baseUrl: addressOf(definition), required, http, clock: fakeClock() });
}

/** What the adapter makes of an answer to a request of a person. */
async function repliesOf(adapter: Provider, request: GenerationRequest): Promise<readonly unknown[]> {
  if ('generate' in adapter) return [await adapter.generate(request, secret, forever)];
  const { endings } = (await import(`./${adapter.name}/endings.ts`)) as { readonly endings: ProviderEndings };
  const { operation = {} } = endings;
  const status = adapter.status(operation, secret, forever);
  const cancel = adapter.cancel?.(operation, secret, forever);
  return Promise.all([adapter.start(request, secret, forever), status, cancel]);
}

test.each(served)('%s makes something of every answer, and tells neither the key nor the prompt', async (name) => {
  let given: { readonly status: number; readonly body: Uint8Array } = { status: 200, body: Buffer.alloc(0) };
  const adapter = await adapterOf(name, {
    call: async () => ({ kind: 'answer', headers: {}, ...given }),
    [Symbol.asyncDispose]: async () => {},
  });
  const model = definitionOf(name)?.models[0]?.model ?? '';
  const request: GenerationRequest = { kind: 'image', model, prompt, inputs: [] };
  await fc.assert(
    fc.asyncProperty(answers, async (answer) => {
      given = answer;
      const told = JSON.stringify(await repliesOf(adapter, request));
      expect(told).not.toContain(prompt.slice(0, 30));
      const asked = [await adapter.probe(secret, forever), await adapter.balance?.(secret, forever)];
      expect(told + JSON.stringify(asked)).not.toContain(key);
    }),
    { numRuns: runs(500) },
  );
});

test.each([
  ['bytez', { error: null, output: `https://files.example/?k=${key}` }],
  [
    'gemini',
    {
      done: true,
      response: {
        generateVideoResponse: { generatedSamples: [{ video: { uri: `https://files.example/?k=${key}` } }] },
      },
    },
  ],
  ['horde', { done: true, generations: [{ img: `https://files.example/?k=${key}` }] }],
  ['openai', { data: [{ url: `https://files.example/?k=${encodeURIComponent(key)}` }] }],
  ['fal', { status: 'COMPLETED', images: [{ url: `https://files.example/?k=${key}` }] }],
  ['replicate', { id: 'r-1', status: 'succeeded', output: `https://files.example/?k=${key}` }],
  ['bfl', { id: 'r-1', status: 'Ready', result: { sample: `https://files.example/?k=${key}` } }],
])('%s gives out no address with the key in it', async (name, value) => {
  const adapter = await adapterOf(name, {
    call: async () => ({ kind: 'answer', status: 200, headers: {}, body: Buffer.from(JSON.stringify(value)) }),
    [Symbol.asyncDispose]: async () => {},
  });
  const request: GenerationRequest = { kind: 'image', model: 'a/b', prompt, inputs: [] };
  const replies = await repliesOf(adapter, request);
  const failures = replies.flatMap((reply) => failureIn(reply) ?? []);
  expect(failures.map(({ reason }) => reason)).toContain('result-forbidden');
  expect(JSON.stringify(replies)).not.toContain(key);
});

function failureIn(reply: unknown): AttemptFailure | undefined {
  const found = reply as { readonly failure?: AttemptFailure; readonly reply?: { readonly failure?: AttemptFailure } };
  return found?.failure ?? found?.reply?.failure;
}
