import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type {
  AsynchronousProvider,
  ProbeReply,
  ProviderReply,
  StatusReply,
  Submitted,
} from '../../../src/domain/provider.ts';
import { Secret } from '../../../src/kit/secret.ts';
import type { HttpClient, HttpReply } from '../../../src/providers/http/http-exchange.ts';
import { definitionOf } from '../../../src/providers/registry.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const key = 'canary-key-of-the-songs-0123456789';
const prompt = 'a calm piano piece about insufficient credits and an invalid api key';
const id = '5c79a0b1c2d3e4f5a6b7c8d9e0f1beef';
const request = { kind: 'music', model: 'V5', prompt, inputs: [] } as const;
const forever = new AbortController().signal;

const failure = z.strictObject({
  blame: z.string(),
  reason: z.string(),
  sureness: z.enum(['likely', 'guess']).optional(),
  credit: z.enum(['this-model', 'this-price', 'all']).optional(),
  retryAfterMs: z.int().optional(),
});
const source = z.strictObject({ kind: z.literal('url'), url: z.string(), title: z.string() });

const fixture = z.strictObject({
  name: z.string(),
  on: z.enum(['submit', 'status', 'probe']),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
  expect: z.union([
    z.strictObject({ submitted: z.string() }),
    z.strictObject({ running: z.literal(true) }),
    z.strictObject({ unclear: failure }),
    z.strictObject({ failure }),
    z.strictObject({ sources: z.array(source), seconds: z.number() }),
    z.strictObject({ fine: z.literal(true) }),
  ]),
});
type Fixture = z.infer<typeof fixture>;

const given = ['suno', 'kie'].flatMap((provider) => {
  const folder = join(import.meta.dirname, '../../fixtures', provider);
  return readdirSync(folder)
    .toSorted()
    .map((file) => ({ provider, file, fixture: fixture.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))) }));
});

test.each(given)('$provider is understood: $file', async ({ provider, fixture: asked }) => {
  const reply = await replyTo(provider, asked);
  expect(shown(reply)).toEqual(asked.expect);
  const told = JSON.stringify(reply);
  expect(told).not.toContain(key.slice(0, 8));
  expect(told).not.toContain(prompt);
});

test('songs that could not be reported are waited for a quarter of an hour, then what is there counts', async () => {
  const clock = fakeClock();
  const record = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../fixtures/suno/record-callback-first.json'), 'utf8'),
  ) as Fixture;
  const provider = await providerWith('suno', async () => answerOf(record), clock);
  const submittedAtMs = clock.now();
  const look = () => provider.status({ id, submittedAtMs }, new Secret(key), forever);
  expect(await look()).toMatchObject({ kind: 'running' });
  await clock.advance(15 * 60_000 + 1);
  expect(await look()).toMatchObject({ kind: 'ended', reply: { ok: true, source: { kind: 'url' } } });
});

test('the key is sent to the service as a bearer, and the credits of an account are its balance', async () => {
  for (const [name, url] of [
    ['suno', 'https://api.sunoapi.org/api/v1/generate/credit'],
    ['kie', 'https://api.kie.ai/api/v1/chat/credit'],
  ] as const) {
    const asked: unknown[] = [];
    const provider = await providerWith(name, async (call) => {
      asked.push([call.url, call.headers['authorization']]);
      return { kind: 'answer', status: 200, headers: {}, body: Buffer.from('{"code":200,"msg":"success","data":88}') };
    });
    expect(await provider.balance?.(new Secret(key), forever)).toEqual({ ok: true, amount: 88, unit: 'credits' });
    expect(asked).toEqual([[url, `Bearer ${key}`]]);
  }
});

test('a song whose address holds the key is not fetched', async () => {
  const body = JSON.stringify({
    code: 200,
    data: { status: 'SUCCESS', response: { sunoData: [{ audioUrl: `https://songs.example/${key}.mp3` }] } },
  });
  const provider = await providerWith('suno', async () => ({
    kind: 'answer',
    status: 200,
    headers: {},
    body: Buffer.from(body),
  }));
  const reply = await provider.status({ id }, new Secret(key), forever);
  expect(shown(reply)).toEqual({ failure: { blame: 'provider', reason: 'result-forbidden' } });
});

async function providerWith(
  name: string,
  call: HttpClient['call'],
  clock = fakeClock(),
): Promise<AsynchronousProvider> {
  const http: HttpClient = { call, [Symbol.asyncDispose]: async () => {} };
  const definition = definitionOf(name);
  const create = await definition?.adapter?.load();
  const provider = create?.({ baseUrl: definition?.baseUrl ?? '', http, clock });
  if (provider === undefined || !('start' in provider)) throw new Error(`Cannot ask ${name}`);
  return provider;
}

function answerOf({ status, headers, body }: Fixture): HttpReply {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { kind: 'answer', status, headers, body: Buffer.from(text) };
}

async function replyTo(name: string, asked: Fixture) {
  const clock = fakeClock();
  const provider = await providerWith(name, async () => answerOf(asked), clock);
  const secret = new Secret(key);
  if (asked.on === 'submit') return provider.start(request, secret, forever);
  if (asked.on === 'probe') return provider.probe(secret, forever);
  return provider.status({ id, submittedAtMs: clock.now() }, secret, forever);
}

/** A reply in the form of the fixtures. */
function shown(reply: ProviderReply | Submitted | StatusReply | ProbeReply): unknown {
  if ('kind' in reply) {
    if (reply.kind === 'ended') return shown(reply.reply);
    return reply.kind === 'unclear' ? { unclear: withoutDetail(reply.failure) } : { running: true };
  }
  if (!reply.ok) return { failure: withoutDetail(reply.failure) };
  if ('operation' in reply) return { submitted: reply.operation['id'] };
  if (!('source' in reply)) return { fine: true };
  const sources = reply.source.kind === 'files' ? reply.source.sources : [reply.source];
  return { sources, seconds: reply.usage?.seconds };
}

function withoutDetail({ detail, ...rest }: { readonly detail: string }): object {
  expect(detail).not.toBe('');
  expect(detail.length).toBeLessThanOrEqual(200);
  return rest;
}
