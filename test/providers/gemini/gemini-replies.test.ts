import { expect, test } from 'vitest';
import { Secret } from '../../../src/kit/secret.ts';
import { createGeminiProvider } from '../../../src/providers/gemini/gemini-provider.ts';
import type { HttpCall, HttpClient } from '../../../src/providers/http/http-exchange.ts';
import { type Asking, replyFixtures, understood } from '../reply-fixtures.ts';

const base = 'https://gemini.example/v1beta';
const operation = { id: 'models/veo-3.1-fast-generate-preview/operations/abc-1' };
const secret = new Secret('canary-key-of-gemini-0123456789');
const forever = new AbortController().signal;

/** Midnight in California is eight hours after midnight UTC. */
const asking: Asking = {
  models: { image: 'gemini-nano-banana-2.1', video: 'veo-3.1-fast-generate-preview', chat: 'gemini-3.8-flash' },
  create: (http) => createGeminiProvider({ baseUrl: base, http, now: () => Date.UTC(2026, 10, 30) }),
  operation,
};

const isOfOmni = ({ name }: { readonly name: string }) => /Omni|interaction|without an id/.test(name);
const fixtures = replyFixtures('gemini');

test.each(fixtures.filter((recorded) => !isOfOmni(recorded)))(
  'createGeminiProvider() understands $name ($status)',
  async (recorded) => {
    expect(await understood(recorded, asking)).toEqual(recorded.expect);
  },
);

test.each(fixtures.filter(isOfOmni))('createGeminiProvider() understands $name ($status)', async (recorded) => {
  const omni = { models: { video: 'gemini-omni-1.2-flash' }, operation: { id: 'interactions/v1_1' } };
  expect(await understood(recorded, { ...asking, ...omni })).toEqual(recorded.expect);
});

const file = `${base}/files/v-1:download?alt=media`;
const done = JSON.stringify({
  name: operation.id,
  done: true,
  response: { generateVideoResponse: { generatedSamples: [{ video: { uri: file } }] } },
});

function anAdapter(ofFile: { readonly status: number; readonly headers?: Readonly<Record<string, string>> }) {
  const calls: HttpCall[] = [];
  const http: HttpClient = {
    call: async (call) => {
      calls.push(call);
      const answer =
        call.url === file
          ? { headers: {}, body: Buffer.from('mp4'), ...ofFile }
          : { status: 200, headers: {}, body: Buffer.from(done) };
      return { kind: 'answer', ...answer };
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return { calls, adapter: createGeminiProvider({ baseUrl: base, http, now: () => 0 }) };
}

test('a finished video is fetched with the key in a header, within the limit of a video', async () => {
  const { calls, adapter } = anAdapter({ status: 200 });
  const source = { kind: 'bytes', bytes: Buffer.from('mp4') };
  expect(await adapter.status(operation, secret, forever)).toEqual({ kind: 'ended', reply: { ok: true, source } });
  expect(calls.map(({ url, headers }) => [url, headers['x-goog-api-key']])).toEqual([
    [`${base}/${operation.id}`, secret.reveal()],
    [file, secret.reveal()],
  ]);
  expect(calls[1]?.bodyLimitBytes).toBe(50_000_000);
});

test('a file that is sent on to another host is fetched from there without the key', async () => {
  const { adapter, calls } = anAdapter({ status: 302, headers: { location: 'https://files.example/v-1.mp4?sig=2' } });
  const source = { kind: 'url', url: 'https://files.example/v-1.mp4?sig=2' };
  expect(await adapter.status(operation, secret, forever)).toEqual({ kind: 'ended', reply: { ok: true, source } });
  expect(calls.length).toBe(2);
});

test('a file that cannot be fetched just now is asked for again', async () => {
  const { adapter } = anAdapter({ status: 503 });
  expect(await adapter.status(operation, secret, forever)).toMatchObject({
    kind: 'unclear',
    failure: { reason: 'overloaded' },
  });
});
