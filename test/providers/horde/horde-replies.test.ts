import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ProbeReply, ProviderReply, StatusReply, Submitted } from '../../../src/domain/provider.ts';
import { Secret } from '../../../src/kit/secret.ts';
import type { HttpClient, HttpReply } from '../../../src/providers/http/http-exchange.ts';
import { createHordeProvider } from '../../../src/providers/horde/horde-provider.ts';

const key = 'canary-key-of-the-horde-0123456789';
const prompt = 'a sign saying that kudos are needed upfront, nsfw';
const id = '3c9a2e5e-7f0e-4d6b-9c5a-2f8f6d1f0a11';
const request = { kind: 'image', model: 'stable_diffusion', prompt, inputs: [] } as const;
const forever = new AbortController().signal;

const failure = z.strictObject({
  blame: z.string(),
  reason: z.string(),
  sureness: z.enum(['likely', 'guess']).optional(),
  credit: z.enum(['this-model', 'this-price', 'all']).optional(),
  retryAfterMs: z.int().optional(),
});
const source = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('url'), url: z.string() }),
  z.strictObject({ kind: z.literal('bytes'), base64: z.string() }),
]);
const running = z.strictObject({ ahead: z.int(), inMs: z.int(), askAgainInMs: z.int() });

const fixture = z.strictObject({
  name: z.string(),
  on: z.enum(['submit', 'check', 'status', 'probe']),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
  expect: z.union([
    z.strictObject({ submitted: z.string() }),
    z.strictObject({ running }),
    z.strictObject({ unclear: failure }),
    z.strictObject({ failure }),
    z.strictObject({ source, credits: z.number() }),
    z.strictObject({ fine: z.literal(true) }),
  ]),
});
type Fixture = z.infer<typeof fixture>;

const folder = join(import.meta.dirname, '../../fixtures/horde');
const fixtures = readdirSync(folder)
  .toSorted()
  .map((file) => fixture.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));

test.each(fixtures)('createHordeProvider() understands $name', async (given) => {
  const reply = await replyTo(given);
  expect(shown(reply)).toEqual(given.expect);
  const told = JSON.stringify(reply);
  expect(told).not.toContain(key.slice(0, 8));
  expect(told).not.toContain(prompt);
});

const wires: readonly (readonly [HttpReply, string])[] = [
  [{ kind: 'timed-out' }, 'timed-out'],
  [{ kind: 'unreachable', detail: 'cannot connect: ECONNREFUSED' }, 'unreachable'],
  [{ kind: 'cut', detail: 'the connection broke: ECONNRESET' }, 'unreachable'],
  [{ kind: 'malformed', detail: 'the answer is not HTTP' }, 'malformed'],
  [{ kind: 'too-large' }, 'malformed'],
];

test.each(wires)(
  'a wire that fails with $kind fails a submission and a probe, and no request under way',
  async (reply, reason) => {
    const provider = providerWith(async () => reply);
    const secret = new Secret(key);
    const failed = { blame: 'provider', reason };
    expect(shown(await provider.start(request, secret, forever))).toEqual({ failure: failed });
    expect(shown(await provider.probe(secret, forever))).toEqual({ failure: failed });
    expect(shown(await provider.status({ id }, secret, forever))).toEqual({ unclear: failed });
  },
);

test('a request that no worker takes is cancelled, so that it keeps no place of the account', async () => {
  const asked: string[] = [];
  const body = Buffer.from(JSON.stringify({ done: false, faulted: false, is_possible: false, processing: 0 }));
  const provider = providerWith(async ({ method, url }) => {
    asked.push(`${method} ${url}`);
    return { kind: 'answer', status: 200, headers: {}, body };
  });
  await provider.status({ id }, new Secret(key), forever);
  expect(asked).toEqual([
    `GET https://horde.example/api/v2/generate/check/${id}`,
    `DELETE https://horde.example/api/v2/generate/status/${id}`,
  ]);
});

test('the balance of a key is its kudos, also below zero', async () => {
  const body = Buffer.from(JSON.stringify({ username: 'Anonymous#0', kudos: -50 }));
  const provider = providerWith(async () => ({ kind: 'answer', status: 200, headers: {}, body }));
  expect(await provider.balance?.(new Secret(key), forever)).toEqual({ ok: true, amount: -50, unit: 'kudos' });
});

function providerWith(call: HttpClient['call']) {
  const http: HttpClient = { call, [Symbol.asyncDispose]: async () => {} };
  return createHordeProvider({ baseUrl: 'https://horde.example/api/v2', http, now: () => 0 });
}

async function replyTo({ on, status, headers, body }: Fixture) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer: HttpReply = { kind: 'answer', status, headers, body: Buffer.from(text) };
  const done: HttpReply = { ...answer, status: 200, body: Buffer.from('{"done":true}') };
  const provider = providerWith(async ({ url }) => (on === 'status' && url.includes('/check/') ? done : answer));
  const secret = new Secret(key);
  if (on === 'submit') return provider.start(request, secret, forever);
  return on === 'probe' ? provider.probe(secret, forever) : provider.status({ id }, secret, forever);
}

/** A reply in the form of the fixtures. */
function shown(reply: ProviderReply | Submitted | StatusReply | ProbeReply): unknown {
  if ('kind' in reply) {
    if (reply.kind === 'ended') return shown(reply.reply);
    if (reply.kind === 'unclear') return { unclear: withoutDetail(reply.failure) };
    const { kind: _, ...facts } = reply;
    return { running: facts };
  }
  if (!reply.ok) return { failure: withoutDetail(reply.failure) };
  if ('operation' in reply) return { submitted: reply.operation['id'] };
  if (!('source' in reply)) return { fine: true };
  const found = reply.source;
  const plain = found.kind === 'bytes' ? { kind: 'bytes', base64: Buffer.from(found.bytes).toString('base64') } : found;
  return { source: plain, credits: reply.usage?.credits };
}

function withoutDetail({ detail, ...rest }: { readonly detail: string }): object {
  expect(detail).not.toBe('');
  expect(detail.length).toBeLessThanOrEqual(200);
  return rest;
}
