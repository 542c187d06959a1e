import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { failureTraits, type AttemptFailure } from '../../../src/domain/failure.ts';
import type { SynchronousProvider } from '../../../src/domain/provider.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { createBytezProvider } from '../../../src/providers/bytez/bytez-provider.ts';
import type { HttpHeaders, HttpClient } from '../../../src/providers/http/http-exchange.ts';
import { runs } from '../../support/property-runs.ts';

const key = 'sk-0123456789abcdefFEDCBA9876543210';
const prompt = 'a red fox that holds a sign saying "credits, quota, unauthorized" in the snow';

/** What a service might say, with the person's words and the key somewhere in it. */
const saying = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom(key, key.toUpperCase(), encodeURIComponent(key), Buffer.from(`Key ${key}`).toString('base64')),
      fc.constantFrom(prompt, prompt.toUpperCase(), prompt.slice(0, 40), prompt.slice(20), JSON.stringify(prompt)),
      fc.constantFrom(
        'rate limit',
        'insufficient credits',
        'model',
        'plan',
        'nsfw',
        'rate_limit_exceeded',
        '<html>',
        'x'.repeat(1_990),
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(' '));

const name = fc.oneof(
  saying,
  fc.constantFrom('insufficient_quota', 'moderation_blocked', 'model_not_found'),
  fc.integer(),
);
const error = fc.oneof(
  saying,
  fc.record({ message: saying, code: name, type: name, status: fc.oneof(fc.integer(), saying) }, { requiredKeys: [] }),
  fc.array(fc.oneof(saying, fc.record({ msg: saying, type: name })), { maxLength: 4 }),
  fc.record({ error: fc.record({ message: saying, code: name }) }),
  saying.map((text) => JSON.stringify({ error: { message: text } })),
  fc.jsonValue(),
);
const failing = fc
  .record(
    { error, errors: error, output: fc.jsonValue(), status: fc.oneof(fc.integer(), name), message: saying, name },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value));
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.oneof(failing, fc.json(), saying).map((text) => Buffer.from(text)),
  fc.tuple(failing, fc.nat()).map(([text, at]) => Buffer.from(text.slice(0, at % (text.length + 1)))),
);
const header = fc.oneof(
  saying,
  fc.constantFrom('-1', '1e9', '5', '999999999999', 'Wed, 21 Oct 2026 07:28:00 GMT', 'x'),
);
const headers = fc.dictionary(
  fc.constantFrom('retry-after', 'retry-after-ms', 'ratelimit-reset', 'content-type'),
  fc.oneof(header, fc.array(header, { maxLength: 2 })),
);

test('createBytezProvider() understands every answer without throwing, and tells neither the key nor the prompt', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 200, max: 999 }), headers, body, async (status, headers, bytes) => {
      const provider = answering(status, headers, bytes);
      const { signal } = new AbortController();
      const request = { kind: 'image', model: 'a/b', prompt, inputs: [] } as const;
      const made = await provider.generate(request, new Secret(key), signal);
      const probed = await provider.probe(new Secret(key), signal);

      for (const reply of [made, probed]) if (!reply.ok) expectSound(reply.failure);
      const told = made.ok ? '' : made.failure.detail.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
      expect(told).not.toContain('aredfoxthatholdsasign');
      expect(told).not.toContain('unauthorizedinthesnow');
    }),
    { numRuns: runs(3_000) },
  );
});

function answering(status: number, headers: HttpHeaders, body: Uint8Array): SynchronousProvider {
  const http: HttpClient = {
    call: async () => ({ kind: 'answer', status, headers, body }),
    [Symbol.asyncDispose]: async () => {},
  };
  return createBytezProvider({ baseUrl: 'https://api.example/models/v2', http, now: Date.now });
}

function expectSound(failure: AttemptFailure): void {
  const told = failure.detail.toLowerCase();
  expect(told.length).toBeLessThanOrEqual(200);
  expect(told).not.toContain(key.slice(0, 12).toLowerCase());
  expect(told).not.toContain(key.slice(-12).toLowerCase());
  expect(failureTraits).toHaveProperty(failure.reason);
  expect([undefined, 'likely', 'guess']).toContain(failure.sureness);
  const waitMs = 'retryAfterMs' in failure ? (failure.retryAfterMs ?? 0) : 1_000;
  expect(waitMs >= 1_000 && waitMs <= 86_400_000).toBe(true);
}
