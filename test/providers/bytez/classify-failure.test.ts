import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProviderReply } from '../../../src/domain/provider.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { createBytezProvider } from '../../../src/providers/bytez/bytez-provider.ts';
import { classifyFailure } from '../../../src/providers/bytez/classify-failure.ts';
import type { HttpClient } from '../../../src/providers/http-client.ts';

test.each([
  ['401 stays a rejected key whatever it says', 401, 'Insufficient credits', 'key', 'rejected'],
  ['404 stays an unknown model whatever it says', 404, 'Unauthorized', 'model', 'unknown-model'],
  ['a 5xx stays the fault of the provider whatever it says', 503, 'Out of credits', 'provider', 'overloaded'],
  ['quota comes before the rate', 429, 'Rate limit exceeded: quota used up', 'key', 'out-of-credit'],
  ['concurrency comes before the rate', 429, 'Too many requests: concurrency 1', 'key', 'concurrency'],
  ['a 400 about a credit card is about the request', 400, 'Cannot draw a credit card', 'request', 'bad-request'],
  ['a 405 is not what the person can mend', 405, 'Method not allowed', 'provider', 'failed-run'],
])('classifyFailure(): %s', (_name, status, words, blame, reason) => {
  expect(classifyFailure({ status, words, isHtml: false })).toEqual({
    blame,
    reason,
    detail: `HTTP ${status}: ${words}`,
  });
});

test.each(['out of ', 'model ', 'a '.repeat(4), 'unauthorized!', 'insufficient_', 'exceed your ', 'safety_', ' '])(
  'H23 classifyFailure() reads 50 KB of "%s" in a moment',
  (part) => {
    const words = part.repeat(50_000 / part.length);
    const startedMs = performance.now();
    classifyFailure({ status: 200, words, isHtml: false });
    expect(performance.now() - startedMs).toBeLessThan(250);
  },
);

test('createBytezProvider() never throws and never loses the blame, whatever the status and the bytes', async () => {
  const good = JSON.stringify({ error: null, output: ['https://cdn.bytez.com/a.png', { url: 'x', base64: 'AAAA' }] });
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .record(
        { error: fc.jsonValue(), output: fc.jsonValue(), status: fc.jsonValue(), message: fc.jsonValue() },
        { requiredKeys: [] },
      )
      .map((value) => Buffer.from(JSON.stringify(value))),
    fc
      .tuple(fc.nat(good.length), fc.string())
      .map(([at, text]) => Buffer.from(good.slice(0, at) + text + good.slice(at + 1))),
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 200, max: 599 }), body, async (status, bytes) => {
      const reply = await answered(status, bytes);
      const blame = reply.ok ? 'nobody' : reply.failure.blame;
      const detail = reply.ok ? '' : reply.failure.detail;
      expect(['key', 'model', 'provider', 'request', ...(status < 300 ? ['nobody'] : [])]).toContain(blame);
      expect(detail.length).toBeLessThanOrEqual(200);
    }),
    { numRuns: 2000 },
  );
});

async function answered(status: number, body: Uint8Array): Promise<ProviderReply> {
  const http: HttpClient = {
    call: async () => ({ kind: 'answer', status, headers: {}, body }),
    [Symbol.asyncDispose]: async () => {},
  };
  const provider = createBytezProvider({ baseUrl: 'https://api.example/models/v2', http });
  const signal = new AbortController().signal;
  return await provider.generate(
    { kind: 'image', model: 'a/b', prompt: 'a red fox' },
    new Secret('k'.repeat(32)),
    signal,
  );
}
