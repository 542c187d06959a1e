import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { JobKind } from '../../../src/domain/kinds.ts';
import type { ProviderReply } from '../../../src/domain/provider.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { createBytezProvider } from '../../../src/providers/bytez/bytez-provider.ts';
import type { HttpClient } from '../../../src/providers/http/http-exchange.ts';

const key = '0123456789abcdef0123456789abcdef';
const prompt = 'a sign saying insufficient credits, unauthorized, nsfw';

const media = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('url'), url: z.string() }),
  z.strictObject({ kind: z.literal('bytes'), base64: z.string() }),
  z.strictObject({ kind: z.literal('text'), text: z.string() }),
]);

const failure = z.strictObject({
  blame: z.string(),
  reason: z.string(),
  /** Sure when absent. */
  sureness: z.enum(['likely', 'guess']).optional(),
  retryAfterMs: z.int().optional(),
  detail: z.string().optional(),
});

const window = z.strictObject({ limit: z.int(), remaining: z.int(), resetsAtMs: z.int() });

const fixture = z.strictObject({
  name: z.string(),
  kind: z.enum(['image', 'video', 'music', 'speech', 'chat'] satisfies JobKind[]),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown().optional(),
  bodyBase64: z.string().optional(),
  expect: z.union([z.strictObject({ source: media }), z.strictObject({ failure, window: window.optional() })]),
});

type Fixture = z.infer<typeof fixture>;

const folder = join(import.meta.dirname, '../../fixtures/bytez');
const fixtures = readdirSync(folder)
  .toSorted()
  .map((file) => fixture.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
const results = fixtures.flatMap((each) => ('source' in each.expect ? [{ ...each, ...each.expect }] : []));
const failures = fixtures.flatMap((each) => ('failure' in each.expect ? [{ ...each, ...each.expect }] : []));

test.each(results)('createBytezProvider() finds $name', async ({ source, ...given }) => {
  const reply = await replyTo(given);

  const found = reply.ok ? reply.source : reply.failure;
  expect('bytes' in found ? { kind: 'bytes', base64: Buffer.from(found.bytes).toString('base64') } : found).toEqual(
    source,
  );
});

test.each(failures)('createBytezProvider() understands $name', async ({ failure, window, ...given }) => {
  const reply = await replyTo(given);

  expect(reply).toEqual({ ok: false, failure: { detail: expect.any(String) as unknown, ...failure }, window });
  const told = reply.ok ? '' : reply.failure.detail;
  expect(told.length).toBeLessThanOrEqual(200);
  expect(told).not.toMatch(/\p{Cc}/u);
  expect(told).not.toContain(key.slice(0, 8));
  expect(told).not.toContain(prompt);
});

async function replyTo(given: Omit<Fixture, 'expect'>): Promise<ProviderReply> {
  const text = typeof given.body === 'string' ? given.body : JSON.stringify(given.body);
  const body = Buffer.from(given.bodyBase64 ?? text, given.bodyBase64 === undefined ? 'utf8' : 'base64');
  const http: HttpClient = {
    call: async () => ({ kind: 'answer', status: given.status, headers: given.headers, body }),
    [Symbol.asyncDispose]: async () => {},
  };
  const provider = createBytezProvider({
    baseUrl: 'https://api.example/models/v2',
    http,
    now: () => Date.UTC(2026, 0, 1),
  });
  const request = { kind: given.kind, model: 'dreamlike-art/dreamlike-photoreal-2.0', prompt, inputs: [] };
  return await provider.generate(request, new Secret(key), new AbortController().signal);
}
