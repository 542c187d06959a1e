import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/secret.ts';
import { createProviders } from '../../src/providers/create-providers.ts';
import { fakeClock } from '../support/fake-clock.ts';

const signal = new AbortController().signal;
const secret = new Secret('a-key-of-the-tests-77');

/** What the adapter makes of the answers to its questions, and what it asked for. */
async function listOf(name: string, ...answers: readonly (readonly [status: number, body: unknown])[]) {
  const left = [...answers];
  const urls: string[] = [];
  const http = {
    call: async ({ url }: { readonly url: string }) => {
      urls.push(url.replace(/^https:\/\/[^/]+/, ''));
      const [status, body] = left.shift() ?? [500, {}];
      return { kind: 'answer', status, headers: {}, body: Buffer.from(JSON.stringify(body)) } as const;
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const providers = await createProviders([name], { settings: {}, http, clock: fakeClock() });
  return { reply: await providers.get(name)?.listModels?.(secret, signal), urls };
}

test('OpenAI lists its models with the day on which each ends, however it writes it', async () => {
  const data = [
    { id: 'a-1', object: 'model' },
    { id: 'a-2', shutdown_date: '2026-12-01' },
    { id: 'a-3', shutdown_date: '2027-01-14T00:00:00Z' },
    { id: 'a-4', shutdown_date: Date.UTC(2027, 0, 22) / 1000 },
    { id: 'a-5', shutdown_date: null },
    { id: 7 },
    'text',
  ];
  const { reply, urls } = await listOf('openai', [200, { object: 'list', data }]);
  expect(urls).toEqual(['/v1/models']);
  expect(reply).toEqual({
    ok: true,
    models: [
      { model: 'a-1' },
      { model: 'a-2', endsOn: '2026-12-01' },
      { model: 'a-3', endsOn: '2027-01-14' },
      { model: 'a-4', endsOn: '2027-01-22' },
      { model: 'a-5' },
    ],
  });
});

test('Bytez lists its models for pictures and videos; none at all is a list, too', async () => {
  const { reply, urls } = await listOf(
    'bytez',
    [200, { error: null, output: [{ modelId: 'org/a', task: 'text-to-image' }] }],
    [200, { error: null, output: [] }],
  );
  expect(reply).toEqual({ ok: true, models: [{ model: 'org/a' }] });
  expect(urls.map((url) => url.replace(/^.*\//, ''))).toEqual([
    'models?task=text-to-image',
    'models?task=text-to-video',
  ]);
  expect((await listOf('bytez', [200, { output: [] }], [200, { output: [] }])).reply).toEqual({ ok: true, models: [] });
});

test.each([
  [500, { error: 'Expected parameter(s): modelId' }],
  [200, { error: null, output: null }],
  [404, { error: 'no such path' }],
  [401, { error: 'Unauthorized' }],
])('an answer of Bytez that is no list says nothing: %i %j', async (status, body) => {
  expect((await listOf('bytez', [status, body])).reply).toMatchObject({ ok: false });
});
