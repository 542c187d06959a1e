import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ProbeReply, ProviderReply } from '../../../src/domain/provider.ts';
import { Secret } from '../../../src/kit/secret.ts';
import type { HttpClient, HttpReply } from '../../../src/providers/http/http-exchange.ts';
import { deepseekDialect } from '../../../src/providers/deepseek/deepseek-definition.ts';
import { mistralDialect } from '../../../src/providers/mistral/mistral-definition.ts';
import type { Dialect } from '../../../src/providers/openai/dialect.ts';
import { openaiDialect } from '../../../src/providers/openai/openai-dialect.ts';
import { openrouterDialect } from '../../../src/providers/openrouter/openrouter-definition.ts';
import { pollinationsDialect } from '../../../src/providers/pollinations/pollinations-definition.ts';
import { togetherDialect } from '../../../src/providers/together/together-definition.ts';
import { xaiDialect } from '../../../src/providers/xai/xai-definition.ts';
import { createOpenAiLikeProvider } from '../../../src/providers/openai/openai-like-provider.ts';

const key = 'sk-canary-key-of-openai-0123456789';
const prompt = 'a sign saying: insufficient_quota, your key was deactivated';
const request = { kind: 'image', model: 'gpt-image-2', prompt, inputs: [] } as const;
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
  z.strictObject({ kind: z.literal('text'), text: z.string(), isCut: z.literal(true).optional() }),
]);
const usage = z.strictObject({
  cost: z.number().optional(),
  inputTokens: z.int().optional(),
  outputTokens: z.int().optional(),
  images: z.int().optional(),
});

const fixture = z.strictObject({
  name: z.string(),
  on: z.enum(['images', 'speech', 'music', 'video', 'chat', 'models']),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown().optional(),
  bodyBase64: z.string().optional(),
  expect: z.union([
    z.strictObject({ failure }),
    z.strictObject({ source, usage: usage.optional() }),
    z.strictObject({ fine: z.literal(true) }),
  ]),
});

/** Every provider that speaks like OpenAI, with the model that its fixtures are about. */
const dialects = {
  openai: openaiDialect,
  pollinations: pollinationsDialect,
  together: togetherDialect,
  deepseek: deepseekDialect,
  mistral: mistralDialect,
  xai: xaiDialect,
  openrouter: openrouterDialect,
} as const satisfies Readonly<Record<string, Dialect>>;

const fixtures = Object.entries(dialects).flatMap(([of, dialect]) => {
  const folder = join(import.meta.dirname, '../../fixtures', of);
  return readdirSync(folder)
    .filter((file) => !file.startsWith('video-'))
    .toSorted()
    .map((file) => ({ of, dialect, ...fixture.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))) }));
});

test.each(fixtures)(
  'createOpenAiLikeProvider() understands $of: $name',
  async ({ dialect, on, status, headers, body, bodyBase64 = '', expect: expected }) => {
    const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? Buffer.from(bodyBase64, 'base64'));
    const provider = providerWith(async () => ({ kind: 'answer', status, headers, body: Buffer.from(text) }), dialect);
    const secret = new Secret(key);
    const reply = await (on === 'models'
      ? provider.probe(secret, forever)
      : provider.generate({ ...request, kind: on === 'images' ? 'image' : on }, secret, forever));
    expect(shown(reply)).toEqual(expected);
    const told = JSON.stringify(reply);
    expect(told).not.toContain(key.slice(0, 8));
    expect(told).not.toContain(prompt);
  },
);

const wires: readonly (readonly [HttpReply, string])[] = [
  [{ kind: 'timed-out' }, 'timed-out'],
  [{ kind: 'unreachable', detail: 'cannot connect: ECONNREFUSED' }, 'unreachable'],
  [{ kind: 'cut', detail: 'the connection broke: ECONNRESET' }, 'unreachable'],
  [{ kind: 'malformed', detail: 'the answer is not HTTP' }, 'malformed'],
  [{ kind: 'too-large' }, 'malformed'],
];

test.each(wires)('a wire that fails with $kind is the provider’s fault', async (reply, reason) => {
  const provider = providerWith(async () => reply);
  const secret = new Secret(key);
  const failed = { failure: { blame: 'provider', reason } };
  expect(shown(await provider.generate(request, secret, forever))).toEqual(failed);
  expect(shown(await provider.probe(secret, forever))).toEqual(failed);
});

test('an echo of the prompt decides nothing and is not told', async () => {
  const body = {
    error: { message: `Unsupported prompt: ${prompt}`, type: 'invalid_request_error', param: null, code: null },
  };
  const provider = providerWith(async () => ({
    kind: 'answer',
    status: 400,
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
  }));
  const reply = await provider.generate(request, new Secret(key), forever);
  expect(reply).toMatchObject({ ok: false, failure: { blame: 'request', reason: 'bad-request' } });
  expect(JSON.stringify(reply)).not.toContain('deactivated');
});

function providerWith(call: HttpClient['call'], dialect: Dialect = openaiDialect) {
  const http: HttpClient = { call, [Symbol.asyncDispose]: async () => {} };
  return createOpenAiLikeProvider({
    name: 'openai',
    dialect,
    baseUrl: 'https://openai.example/v1',
    http,
    now: () => 0,
  });
}

/** A reply in the form of the fixtures. */
function shown(reply: ProviderReply | ProbeReply): unknown {
  if (!reply.ok) {
    const { detail, ...rest } = reply.failure;
    expect(detail).not.toBe('');
    expect(detail.length).toBeLessThanOrEqual(200);
    return { failure: rest };
  }
  if (!('source' in reply)) return { fine: true };
  const found = reply.source;
  const plain = found.kind === 'bytes' ? { kind: 'bytes', base64: Buffer.from(found.bytes).toString('base64') } : found;
  return reply.usage === undefined ? { source: plain } : { source: plain, usage: reply.usage };
}
