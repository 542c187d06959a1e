import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ProbeReply, ProviderReply } from '../../../src/domain/provider.ts';
import { Secret } from '../../../src/kit/secret.ts';
import type { HttpCall, HttpClient, HttpReply } from '../../../src/providers/http/http-exchange.ts';
import { createElevenlabsProvider } from '../../../src/providers/elevenlabs/elevenlabs-provider.ts';

const key = 'canary-key-of-the-voices-0123456789';
const prompt = 'a speech about insufficient credits and an invalid api key';
const speech = { kind: 'speech', model: 'eleven_v3', prompt, inputs: [] } as const;
const forever = new AbortController().signal;

const failure = z.strictObject({
  blame: z.string(),
  reason: z.string(),
  sureness: z.enum(['likely', 'guess']).optional(),
  credit: z.enum(['this-model', 'this-price', 'all']).optional(),
  retryAfterMs: z.int().optional(),
});
const fixture = z.strictObject({
  name: z.string(),
  on: z.enum(['run', 'probe']),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown().optional(),
  bodyBase64: z.string().optional(),
  expect: z.union([
    z.strictObject({ failure, seats: z.int().optional() }),
    z.strictObject({ bytes: z.int(), seats: z.int().optional() }),
    z.strictObject({ fine: z.literal(true) }),
  ]),
});
type Fixture = z.infer<typeof fixture>;

const folder = join(import.meta.dirname, '../../fixtures/elevenlabs');
const fixtures = readdirSync(folder)
  .toSorted()
  .map((file) => fixture.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));

test.each(fixtures)('createElevenlabsProvider() understands $name', async (given) => {
  const provider = providerWith(async () => answerOf(given));
  const secret = new Secret(key);
  const reply =
    given.on === 'probe' ? await provider.probe(secret, forever) : await provider.generate(speech, secret, forever);
  expect(shown(reply)).toEqual(given.expect);
  const told = JSON.stringify(reply);
  expect(told).not.toContain(key.slice(0, 8));
  expect(told).not.toContain(prompt);
});

test.each([
  [
    'speech in the usual voice',
    speech,
    '/text-to-speech/JBFqnCBsd6RMkjVDRZzb?output_format=mp3_44100_128',
    { text: prompt, model_id: 'eleven_v3' },
  ],
  [
    'speech in a voice of the operator’s choice',
    { ...speech, model: 'eleven_v3/21m00Tcm4TlvDq8ikWAM' },
    '/text-to-speech/21m00Tcm4TlvDq8ikWAM?output_format=mp3_44100_128',
    { text: prompt, model_id: 'eleven_v3' },
  ],
  [
    'a song that nobody sings',
    { ...speech, kind: 'music', model: 'music_v2_5', instrumental: true },
    '/music?output_format=auto',
    { prompt, model_id: 'music_v2_5', force_instrumental: true },
  ],
  [
    'a song',
    { ...speech, kind: 'music', model: 'music_v2_5' },
    '/music?output_format=auto',
    { prompt, model_id: 'music_v2_5' },
  ],
] as const)('the request for %s', async (_name, request, path, body) => {
  const asked: HttpCall[] = [];
  const provider = providerWith(async (call) => {
    asked.push(call);
    return { kind: 'timed-out' };
  });
  await provider.generate(request, new Secret(key), forever);
  expect(asked.map(({ url, headers }) => [url, headers['xi-api-key']])).toEqual([
    [`https://voices.example/v1${path}`, key],
  ]);
  expect(JSON.parse(String(asked[0]?.body))).toEqual(body);
});

test('the balance is what is left of the month', async () => {
  const body = Buffer.from(JSON.stringify({ character_count: 1_200, character_limit: 30_000 }));
  const provider = providerWith(async () => ({ kind: 'answer', status: 200, headers: {}, body }));
  expect(await provider.balance?.(new Secret(key), forever)).toEqual({ ok: true, amount: 28_800, unit: 'credits' });
});

function providerWith(call: HttpClient['call']) {
  const http: HttpClient = { call, [Symbol.asyncDispose]: async () => {} };
  return createElevenlabsProvider({ baseUrl: 'https://voices.example', http, now: () => 0 });
}

function answerOf({ status, headers, body, bodyBase64 }: Fixture): HttpReply {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const bytes = bodyBase64 === undefined ? Buffer.from(text) : Buffer.from(bodyBase64, 'base64');
  return { kind: 'answer', status, headers, body: bytes };
}

/** A reply in the form of the fixtures. */
function shown(reply: ProviderReply | ProbeReply): unknown {
  const seats = reply.seats === undefined ? {} : { seats: reply.seats };
  if (!reply.ok) {
    const { detail, ...rest } = reply.failure;
    expect(detail).not.toBe('');
    return { failure: rest, ...seats };
  }
  if (!('source' in reply)) return { fine: true };
  if (reply.source.kind !== 'bytes') throw new Error(`Expected bytes, got ${reply.source.kind}`);
  return { bytes: reply.source.bytes.byteLength, ...seats };
}
